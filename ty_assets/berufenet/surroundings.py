"""What stands around the work in a title: towns, employers and remarks that no occupation of the catalogue has.

Belongs here: telling those parts by the catalogue's own words, by towns and by legal forms. Not here: pay, hours,
dates and seniority (titles.py), which are known by their form.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Final

from ty_assets.postings.normalise import lookup_key

Known = Callable[[str], bool]

_WORD = re.compile(r"[^\W_][\w+#.&'’-]*")
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_PARTING = re.compile(r"\s+[-–—|•·/@]\s+|\s*[|;]\s*|(?<!-),\s+|:\s+|\s+[-–—]$")
_LEGAL_FORM: Final = (
    r"(?:gGmbH|GmbH|mbH|AG|SE|KGaA|KG|OHG|GbR|e\.?\s?V\.?|e\.?\s?K\.?|eG|UG|Ltd\.?|Inc\.?|LLC|PLC|S\.?A\.?|Sàrl|"
    r"Stiftung|Holding|Gruppe|Group)"
)
_HAS_LEGAL_FORM = re.compile(rf"(?<![\w-]){_LEGAL_FORM}(?![\w-])")
# "Koch der Gasthof Linde GmbH", "Koch Linde Gastro GmbH & Co. KG": from the preposition, or the names before the form
_EMPLOYER_AT_END = re.compile(
    r"(?:\s+(?:(?:bei|für|in|at|for)\s+)?(?:der|des|die|den|dem|the)\s+|\s+(?:bei|beim|für|von|by|with|im|at|@)\s+"
    r"|\s+)"
    rf"(?:[A-ZÄÖÜ0-9][\w.&'’-]*\s+(?:&\s+|und\s+)?){{1,4}}{_LEGAL_FORM}(?![\w-]).*$"
)
_IN = re.compile(r"\s+(?:in|nahe|near|im Raum|Raum|Nähe|Großraum)\s+((?:[A-ZÄÖÜ][\w./-]*\s*){1,4})$")
# "bei einer Bank" is about the work, "bei Linde Gastro" is not
_AT = re.compile(r"\s+(?:bei|beim|at)\s+(?=[^\W\d_])(.*)$", re.IGNORECASE)
_POSTCODE = re.compile(
    r"(?<![\w.,])(?:D-|A-|CH-)?\d{4,5}(?![\w.,])(?:\s+[A-ZÄÖÜ][\w-]+(?:\s+(?:am|an der|im)\s+[A-ZÄÖÜ]\w+)?)?"
)
_LINKS: Final = frozenset((
    "am", "an", "auf", "aus", "bei", "der", "des", "for", "für", "im", "in", "mit", "of", "und", "vom", "von", "zum",
    "zur",
))  # fmt: skip
_SHORTEST: Final = 3
_SHORTEST_HEAD: Final = 5  # letters of the last part of a compound


def without_surroundings(title: str, known: Known) -> str:
    """The title without brackets, parts, towns and employers that say nothing of the work; never empty.

    known: whether any text of the catalogue has a word. A part of known words stays, as does the first with any, and
    compounds are known by their last part.
    """
    text = _BRACKETS.sub(lambda match: f" {match[1]} " if _is_about_work(match[1], known) else " ", title)
    text = _EMPLOYER_AT_END.sub("", text) if _HAS_LEGAL_FORM.search(text) else text
    text = _POSTCODE.sub(" ", text)
    employer = _AT.search(text)
    if employer and not all(known(word) for word in _words(employer[1])):
        text = text[: employer.start()]
    parts = [part for part in _PARTING.split(text) if _WORD.search(part)]
    first = next((n for n, part in enumerate(parts) if _names_work(part, known)), 0)
    telling = [part for n, part in enumerate(parts) if n == first or (n > first and _is_about_work(part, known))]
    return " ".join(" ".join(_without_place(part, known) for part in telling).split()) or title


@cache
def towns() -> frozenset[str]:
    """Lookup keys of the larger towns of Germany, Austria and Switzerland, and of states and countries."""
    text = files("ty_assets.berufenet").joinpath("towns.txt").read_text("utf-8")
    return frozenset(lookup_key(line) for line in text.splitlines() if line and not line.startswith("#"))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if len(word) >= _SHORTEST]


def _is_known(word: str, known: Known) -> bool:
    """Whether the catalogue has the word, or one that it ends in: "Abbauhauer" is a Hauer."""
    if lookup_key(word) in towns():
        return False
    return known(word) or any(known(word[start:]) for start in range(2, len(word) - _SHORTEST_HEAD + 1))


def _names_work(part: str, known: Known) -> bool:
    return not _HAS_LEGAL_FORM.search(part) and any(_is_known(word, known) for word in _words(part))


def _is_about_work(part: str, known: Known) -> bool:
    """Whether all of its words are known."""
    words = _WORD.findall(part)
    return bool(words) and not _HAS_LEGAL_FORM.search(part) and all(_is_known(word, known) for word in words)


def _without_place(part: str, known: Known) -> str:
    """Without "in Hagen", towns at either end and names at the end that nothing links to the work."""
    place = _IN.search(part)
    if place and not all(known(word) and lookup_key(word) not in towns() for word in _words(place[1])):
        part = part[: place.start()]
    words = part.split()
    for count in (3, 2, 1):
        while len(words) > count and lookup_key(" ".join(words[-count:])) in towns():
            words = words[:-count]
        while len(words) > count and lookup_key(" ".join(words[:count])) in towns():
            words = words[count:]
    kept = list(words)
    while len(kept) > 1 and kept[-1][:1].isupper() and not _is_known(kept[-1], known):
        kept.pop()
    linked = lookup_key(kept[-1]) in _LINKS or kept[-1].endswith(("-", ","))
    if not linked and any(_is_known(word, known) for word in kept):
        words = kept
    return " ".join(words)
