"""Who the person is: name, e-mail, phone, address, links; and what is left out because nobody may ask for it.

Belongs here: the top of a CV and its personal section. Not here: removing the person from other texts
(ty_assets/profiles/anonymise.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ty_assets.profiles.contact_forms import SHORTEST_PHONE
from ty_assets.profiles.reading.address import find_address
from ty_assets.profiles.reading.lines import Line
from ty_assets.profiles.reading.names import take_name

EMAIL = re.compile(r"[\w.+'-]{1,64}\s?(?:@|\(at\)|\[at\])\s?(?:[\w-]{1,63}\.){1,5}[a-zA-Z]{2,24}")
URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"|,;]{3,200}"
    r"|\b(?:[\w-]{1,40}\.)?(?:linkedin|xing|github|gitlab|bitbucket|twitter|facebook|instagram|behance|dribbble|medium"
    r"|stackoverflow|orcid|researchgate)\.(?:com|net|org|io|de)/[^\s<>\"|,;]{1,200}"
    r"|(?<![@\w.])[\w-]{2,40}(?:\.[\w-]{2,40}){0,2}\.(?:de|com|dev|io|net|org|me|eu|at|ch|uk)(?:/[^\s"
    r"|,;]{0,100})?(?![\w.@])",
    re.IGNORECASE,
)
PHONE = re.compile(
    r"(?<![\w.,/(-])(?:\(?\+|00|\(?0|\(\d{2,5}\))[\d \t()/.–-]{5,24}\d(?!\w)|(?<![\d-])\d{3}[-. ]\d{3}[-. ]\d{4}(?!\d)"
)
_ANY_PHONE = re.compile(r"\(?\+?\d[\d \t()/.–-]{5,24}\d")
_LABELS: dict[str, str] = {
    "name": "name|vor und nachname|vorname und nachname|full name|vor und zuname|name vorname",
    "first_name": "vorname|first name|given name",
    "last_name": "nachname|familienname|surname|last name|zuname|family name",
    "email": "e mail|email|mail|e mail adresse|email address|e mail address",
    "phone": "telefon|tel|mobil|handy|phone|mobile|telephone|telefonnummer|cell|fon|mobile phone"
    "|mobiltelefon|m|t|phone number|handynummer|mobilnummer|rufnummer|fax|whatsapp",
    "address": "adresse|anschrift|address|wohnort|wohnhaft|wohnhaft in|wohnadresse|location|home address|ort|residence"
    "|strasse|straße|postal address|standort|erreichbar unter",
    "url": "web|website|webseite|homepage|linkedin|xing|github|portfolio|url|internet|profil|blog|gitlab",
    "birth_date": "geburtsdatum|geboren|geboren am|geb|geburtstag|date of birth|birth date|birthdate|born|dob|geb am"
    "|geburtsdatum und ort|geburtsdatum ort|geburtsdatum geburtsort|geburtsdatum und geburtsort"
    "|date and place of birth",
    "birth_place": "geburtsort|place of birth|birthplace|geboren in|geburtsland",
    "nationality": "nationalität|staatsangehörigkeit|staatsbürgerschaft|nationality|citizenship"
    "|aufenthaltsstatus|aufenthaltstitel"
    "|visa status|visum|visa|herkunft|staatsang",
    "marital_status": "familienstand|marital status|personenstand|zivilstand|civil status",
    "children": "kinder|children|anzahl der kinder",
    "religion": "konfession|religion|religionszugehörigkeit|bekenntnis|denomination|glaubensbekenntnis",
    "gender": "geschlecht|gender|sex",
    "age": "alter|age",
    "parents": "eltern|vater|mutter|parents|father|mother|geschwister|siblings",
    "photo": "foto|lichtbild|bewerbungsfoto|photo|bewerbungsbild",
}
_FIELD = {term: name for name, terms in _LABELS.items() for term in terms.split("|")}
PRIVATE = (
    "birth_date",
    "birth_place",
    "nationality",
    "marital_status",
    "children",
    "religion",
    "gender",
    "age",
    "parents",
)
# Said without a label: "geb. am 12.03.1985 in Köln, ledig, deutsch"
_UNLABELLED: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "birth_date": r"(?:\b(?:geboren|geb\.|born)\b|(?<!\w)\*)\s*:?\s*(?:am|on|in|im)?\s*(?:\d|[A-Z])[^|•\t\n]{3,40}",
        "marital_status": r"\b(?:ledig|verheiratet|geschieden|verwitwet|unmarried|married|divorced)\b(?:\s+mit\s+[^,"
        r"|•\t]+)?",
        "nationality": r"\b(?:(?:deutsche|österreichische|schweizer|german|british|us|eu|indian|turkish|polish)r?[ -]"
        r"(?:staatsangehörige?r?|staatsangehörigkeit|staatsbürger\w*|citizen|national|nationality))\b",
        "children": r"\b(?:\d|ein|eine|zwei|drei|vier|one|two|three|no|keine)\s(?:kind(?:er)?|child(?:ren)?"
        r"|söhne|töchter)\b",
        "religion": r"\b(?:römisch-katholisch|evangelisch(?:-lutherisch)?|katholisch|röm\.-kath\."
        r"|konfessionslos|muslimisch)\b",
        "age": r"\b\d{2}\s(?:jahre alt|years old)\b",
    }.items()
}
_SENTENCE = 60  # characters from which a line at the top may be a sentence about the person


@dataclass
class Person:
    """What the top of a CV told."""

    basics: dict[str, Any] = field(default_factory=dict)
    private: list[str] = field(default_factory=list)  # kinds of data left out, each once
    secrets: set[str] = field(default_factory=set)  # their values, which may stand elsewhere too
    left_over: list[Line] = field(default_factory=list)  # lines that say nothing of contact

    def leave_out(self, what: str, value: str) -> None:
        if what not in self.private:
            self.private.append(what)
        if len(value) >= 6 and what in ("birth_date", "birth_place", "parents"):
            self.secrets.add(value)


def read_person(lines: Sequence[Line]) -> Person:
    """Name and contact from the lines at the top and of the personal section."""
    person = Person()
    pending: str | None = None  # a label whose value stands in the next line
    labelled: dict[str, str] = {}
    rest: list[Line] = []
    for line in _unwrapped(lines):
        for piece in _pieces(line):
            name, value = _label(piece)
            if name is None and pending and not _label(piece)[0]:
                name, value = pending, piece
            pending = name if name and not value else None
            if name and value:
                _take(person, name, value, labelled)
            elif name is None:
                left = _take_unlabelled(person, piece)
                if left:
                    rest.append(Line(left, line.bullet, line.gap, line.size, line.strong, line.indent))
    if name := take_name(labelled, rest, str(person.basics.get("email", ""))):
        person.basics["name"] = name
    person.left_over = rest
    return person


def contact_in(person: Person, text: str) -> str:
    """The text without e-mail, phone and links, which fill what the person lacks. For a footer or a margin."""
    return _take_unlabelled(person, text)


def _unwrapped(lines: Sequence[Line]) -> list[Line]:
    """A row of contacts parted by bars that goes on in the next line, as one line."""
    result: list[Line] = []
    for line in lines:
        if result and " | " in result[-1].text and " | " in line.text and not line.gap and line.size == result[-1].size:
            result[-1] = replace(result[-1], text=f"{result[-1].text} {line.text}")
        else:
            result.append(line)
    return result


def _pieces(line: Line) -> list[str]:
    """A line in its parts: "Label<tab>value" stays together, "mail | phone | street" comes apart."""
    cells = line.cells
    if len(cells) == 2 and _key(cells[0]) in _FIELD:
        return [f"{cells[0].rstrip(' :')}: {cells[1]}"]
    return [
        piece for cell in cells for part in re.split(r"\s+[|•·∙●–—]\s+|\s\|\s?|•|;\s", cell) if (piece := part.strip())
    ]


def _key(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold().replace("/", " ")).split())


def _label(piece: str) -> tuple[str | None, str]:
    label, colon, value = piece.partition(":")
    if colon and (name := _FIELD.get(_key(label))):
        return name, value.strip()
    if name := _FIELD.get(_key(piece)):
        return name, ""
    # "Tel. 0341 123456", "geboren am 12.03.1985"
    if found := re.match(
        r"((?:Tel|Telefon|Mobil|Handy|Phone|Mobile|Fon|Fax|E-?Mail|Email|Adresse|Anschrift|Geburtsdatum|Geburtsort"
        r"|Nationalität"
        r"|Staatsangehörigkeit|Familienstand|Konfession)\b\.?)\s+(?=\S)(.+)$",
        piece,
        re.IGNORECASE,
    ):
        return _FIELD.get(_key(found[1])), found[2].strip()
    return None, ""


def _take(person: Person, name: str, value: str, labelled: dict[str, str]) -> None:
    if name in PRIVATE:
        person.leave_out(name, value)
        for other in ("marital_status", "nationality", "children", "religion"):
            if _UNLABELLED[other].search(value):
                person.leave_out(other, "")
    elif name in ("name", "first_name", "last_name"):
        labelled.setdefault(name, value)
    elif name == "phone":
        if found := _ANY_PHONE.search(value):
            person.basics.setdefault("phone", found[0].strip())
            person.secrets.add(found[0].strip())
        _take_unlabelled(person, value)
    elif name == "address":
        _take_unlabelled(person, _without_address(person, value, certain=True))
    elif name == "photo":
        person.leave_out("photo", "")
    else:
        left = _take_unlabelled(person, value)
        if name == "url" and left and " " not in left:
            _add_url(person, left)


def _take_unlabelled(person: Person, piece: str) -> str:
    """What is left of the text when everything that is contact or private has been taken out."""
    basics, left = person.basics, piece
    if found := EMAIL.search(left):
        written = re.sub(r"\s?(?:\(at\)|\[at\])\s?|\s?@\s?", "@", found[0])
        basics.setdefault("email", written)
        person.secrets.update((found[0], written))
        left = f"{left[: found.start()]} {left[found.end() :]}"
    for found in list(URL.finditer(left)):
        if not re.fullmatch(r"(?i)(?:asp|node|vue|next|react|nuxt|d3|three)\.(?:net|js|io)", found[0]):
            _add_url(person, found[0].rstrip(".)"))
            left = left.replace(found[0], " ")
    for name, pattern in _UNLABELLED.items():
        if found := pattern.search(left):
            person.leave_out(name, found[0])
            left = left.replace(found[0], " ")
            for other in _UNLABELLED:  # "geboren am 5. Juni 1990 in Berlin, ledig"
                if _UNLABELLED[other].search(found[0]):
                    person.leave_out(other, "")
    if (found := PHONE.search(left)) and len(re.sub(r"\D", "", found[0])) >= SHORTEST_PHONE:
        basics.setdefault("phone", found[0].strip())
        person.secrets.add(found[0].strip())
        left = f"{left[: found.start()]} {left[found.end() :]}"
    left = re.sub(
        r"(?i)\b(?:tel(?:efon)?|mobil(?:e)?|phone|e-?mail|fax|handy|web|linkedin|xing|github)\b\.?\s*:?\s*(?=$|[|,])",
        " ",
        left,
    )
    if re.search(r"\d|,", left):
        left = _without_address(person, left, certain=False)
    return " ".join(left.split()).strip(" ,;|:·•-–")


def _without_address(person: Person, text: str, *, certain: bool) -> str:
    found = find_address(text, certain=certain)
    if found is None:
        return text
    location = person.basics.setdefault("location", {})
    for name, value in found.location.items():
        location.setdefault(name, value)
    if found.street:
        person.secrets.add(found.street)
    return found.rest


def _add_url(person: Person, url: str) -> None:
    person.secrets.add(url)
    network = re.search(
        r"(linkedin|xing|github|gitlab|twitter|facebook|instagram|behance|dribbble|medium|orcid)\.", url, re.I
    )
    if not network:
        person.basics.setdefault("url", url)
        return
    user = url.rstrip("/").rsplit("/", 1)[-1]
    account = {"network": network[1].capitalize(), "url": url, "username": user}
    accounts = person.basics.setdefault("profiles", [])
    if account not in accounts and len(accounts) < 10:
        accounts.append(account)
