"""Classes of driving licences: Führerschein Klasse C/CE, Kategorien B, BE, class B driving licence.

Belongs here: reading the classes beside a licence. Not here: licences that have a name of their own (`vocabulary.csv`).
"""

import re
from typing import NamedTuple

from ty_assets.facets.scope import sentences

_CLASS = r"(?:C1E|C1|CE|BE|DE|D1|AM|A1|A2|A|B|C|D|T|L|E|[23])"
_LICENCE = (
    r"(?:[\w-]*führerschein\w*|führerausweis\w*|fahrerlaubnis\w*|fahrausweis\w*"
    r"|driv(?:ing|er[’']?s?) licen[cs]es?|licen[cs]e)"
)
_LIST = (
    rf"{_CLASS}(?:\)?(?:\s*(?:,|/|und|and|oder|or|bzw\.?|\+|&|sowie)"
    rf"\s*\(?(?:klassen?|class|kategorien?)?\s*{_CLASS}\b)*)"
)
_AFTER = re.compile(
    rf"\b{_LICENCE}\s*\(?(?:der|die|in|mit|for|of|,|:)?\s*\(?(?:(?:führerschein)?klassen?|kl\.?"
    rf"|kategorien?|kat\.?|class(?:es)?|category|categories)?"
    rf"\s*[:„\"(]?\s*(?-i:(?P<classes>{_LIST}))(?![\w-])\)?",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"\b(?:class|category|klasse)\s+(?-i:(?P<classes>{_LIST}))\s+{_LICENCE}"
    rf"|\b(?-i:(?P<short>{_CLASS}))-führerschein\w*",
    re.IGNORECASE,
)
_SEPARATE = re.compile(_CLASS)
_ALONE = re.compile(r"(?<![\w-])(?:BE|C1E|CE|DE)(?![\w-])")  # C1 may be a level of a language
_SURE = re.compile(r"(?<![\w-])(?:BE|C1E|CE)(?![\w-])")  # DE may be a language
# Without any word for a licence: "CE oder C", "Klasse CE und Module". One of the classes has to be unmistakable.
_BARE = re.compile(
    rf"(?:^\W*|\b(?:[Kk]lassen?|[Kk]at\.|[Kk]ategorien?|[Cc]lass|[Cc]ategory)\s+)(?P<classes>{_LIST})(?![\w-])(?!\.\w)"
)
_OLD = {"3": "B", "2": "C", "E": "CE"}  # German classes before 1999
_HINTS = ("führer", "fahrerlaubnis", "fahrausweis", "licence", "license")
KNOWN = ("A", "B", "BE", "C", "C1", "C1E", "CE", "D", "DE", "T")


class LicenceClass(NamedTuple):
    """`text[start:end]` names the class; the first of a list spans from the word for the licence."""

    start: int
    end: int
    term: str


def licence_classes(text: str) -> list[LicenceClass]:
    """The driving licences that the text names by class, in order."""
    lowered = text.lower()
    named, unmistakable = any(hint in lowered for hint in _HINTS), bool(_SURE.search(text))
    if not named and not unmistakable:
        return []
    found: list[LicenceClass] = []
    for pattern in (_AFTER, _BEFORE, _BARE) if unmistakable else (_AFTER, _BEFORE):
        for match in pattern.finditer(text):
            if pattern is _BARE and not _SURE.search(match["classes"]):
                continue
            group = "classes" if match.groupdict().get("classes") else "short"
            begin = match.start(group)
            for number, one in enumerate(_SEPARATE.finditer(match.group(group))):
                name = _OLD.get(one.group(), one.group())
                if name not in KNOWN or any(f.start <= begin + one.start() < f.end for f in found):
                    continue
                start = match.start() if number == 0 else begin + one.start()
                found.append(LicenceClass(start, begin + one.end(), f"Driving licence {name}"))
    return sorted(found + _further(text, found))


def _further(text: str, found: list[LicenceClass]) -> list[LicenceClass]:
    """Classes that stand alone later in a sentence that names one: "Klasse B, ideal CE"."""
    result: list[LicenceClass] = []
    for sentence in sentences(text) if found else ():
        first = next((f for f in found if sentence.start <= f.start < sentence.end), None)
        for match in _ALONE.finditer(text, first.end, sentence.end) if first else ():
            if not any(f.start <= match.start() < f.end for f in found):
                result.append(LicenceClass(*match.span(), f"Driving licence {match.group()}"))
    return result
