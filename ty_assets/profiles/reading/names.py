"""The line of a CV that is the person's name.

Not here: the rest of who a person is (contact.py).
"""

import re
from itertools import pairwise

from ty_assets.profiles.reading.headings import heading_kind, is_title
from ty_assets.profiles.reading.lines import Line

_NAME_WORD = r"(?:[A-ZÄÖÜÀ-Þ][\w’'.-]*|[A-ZÄÖÜÀ-Þ]{2,}|von|van|de|der|den|zu|della|di|da|el|al|bin|la|le|dos|y)"
_NAME = re.compile(
    rf"^(?:(?:Dr|Prof|Dipl|Mag|Ing|med|rer|nat|phil|h|c)\b\.?-?\s?)*{_NAME_WORD}(?:\s{_NAME_WORD}){{1,4}}$"
)
_NO_NAME = re.compile(
    r"\d|@|\b(?:gmbh|ag|kg|inc|ltd|straße|lebenslauf|curriculum|vitae|resume|cv|profil|profile|bewerbung"
    r"|entwickler\w*|developer|engineer|manager\w*|berater\w*|consultant|kauf(?:mann|frau)\w*|assistent\w*|analyst"
    r"|designer\w*|lehrer\w*|pfleg\w*|leiter\w*|leitung"
    r"|techniker\w*|mechaniker\w*|meister\w*|deutschland|germany|universität|university|administrator\w*"
    r"|spezialist\w*|specialist"
    r"|fach\w+|student\w*|controller\w*|architekt\w*|scientist|director|officer|assistant|nurse|teacher|accountant"
    r"|vertrieb\w*"
    r"|sachbearbeiter\w*|projekt\w*|project|und|and|für|for|of|in|im|mit|with)\b",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(rf"({_NAME_WORD}(?:\s{_NAME_WORD}){{1,2}})\s*(?:,|\||–|-)\s+(.+)$")
_TITLE_BEFORE = re.compile(
    r"^(?:tabellarischer )?(?:lebenslauf|curriculum vitae|cv|resume|résumé)\s*(?:von|of|[-–|:])?\s*", re.IGNORECASE
)
_DEGREE_BEHIND = re.compile(
    r",?\s+(?:\(?(?:M\.?\s?Sc|B\.?\s?Sc|M\.?\s?A|B\.?\s?A|MBA|Ph\.?\s?D|B\.?\s?Eng|M\.?\s?Eng|LL\.?\s?M)\.?\)?)$"
)


def take_name(labelled: dict[str, str], rest: list[Line], email: str) -> str:
    """The name, from its labels or from the first lines; its line is taken from `rest`. "" where there is none."""
    if labelled.get("name"):
        name = labelled["name"]
    else:
        name = " ".join(labelled[part] for part in ("first_name", "last_name") if part in labelled)
    if name and "," in name:  # "Müller, Anna"
        last, _, first = name.partition(",")
        name = f"{first.strip()} {last.strip()}"
    if not name:
        name = _name_line(rest, email)
    if name.isupper():
        name = re.sub(r"[^\W\d_]+", lambda found: found[0].capitalize(), name)
    name = " ".join(name.split())
    # the name once more in the top lines, e.g. in a running title
    rest[:] = [line for line in rest if line.text.casefold() != name.casefold()]
    return name


def _name_line(rest: list[Line], email: str) -> str:
    """The line that is the name: of the first lines the one set largest that reads as a name."""
    candidates = []
    for index, line in enumerate(rest[:12]):
        text = _TITLE_BEFORE.sub("", line.text)
        text = _DEGREE_BEHIND.sub("", text.replace("\t", " ")).strip(" ,|-–")
        if _NAME.match(text) and not _NO_NAME.search(text) and not heading_kind(text) and not is_title(text):
            candidates.append((-line.size, not _in_email(text, email), index, text, line))
    if not candidates:
        return _name_in_two_lines(rest)
    *_, text, line = min(candidates, key=lambda candidate: candidate[:3])
    rest.remove(line)
    return text


def _name_in_two_lines(rest: list[Line]) -> str:
    """A name set as two large lines, or two words beside a job title."""
    for first, second in pairwise(rest[:7]):
        words = [first.text, second.text]
        if (
            all(re.fullmatch(r"[A-ZÄÖÜÀ-Þ][\w’'-]+", word) and not _NO_NAME.search(word) for word in words)
            and first.size == second.size
        ):
            rest.remove(first)
            rest.remove(second)
            return " ".join(words)
    found = _NAME_BEFORE.match(rest[0].text) if rest else None
    if found and not _NO_NAME.search(found[1]):
        rest[0] = Line(found[2], size=rest[0].size, gap=rest[0].gap)
        return found[1]
    return ""


def _in_email(name: str, email: str) -> bool:
    local = email.partition("@")[0].casefold()
    plain = name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return any(len(word) > 2 and word in local for word in plain.split())
