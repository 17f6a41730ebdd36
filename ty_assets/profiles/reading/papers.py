"""Certificates and driving licences as rows of `certificates`.

Not here: classes of licences in postings (ty_assets/facets/licences.py).
"""

import re
from collections.abc import Sequence
from typing import Any

from ty_assets.profiles.reading.dates import find_period, without_period
from ty_assets.profiles.reading.lines import Line, joined

Fields = dict[str, Any]

NAMES_LICENCE = re.compile(
    r"\b(?:führerschein\w*|fahrerlaubnis|führerausweis|(?:full |clean |uk |eu )*driv(?:ing|er[’']?s) licen[cs]e)\b",
    re.IGNORECASE,
)
IS_CLASS = re.compile(r"(?<![\w-])(C1E|CE|BE|DE|C1|D1|AM|A1|A2|A|B|C|D|T|L)(?![\w-])")
_ISSUER = re.compile(r"\s*(?:\t|\s[|–—-]\s|,\s+)\s*(?P<issuer>[^\t|–—]{2,60})$")


def is_licence(text: str) -> bool:
    return bool(NAMES_LICENCE.search(text)) and len(text) < 80


def licences_of(texts: Sequence[str]) -> list[Fields]:
    """One row per class of driving licence."""
    joined_text = " ".join(texts)
    classes = list(dict.fromkeys(IS_CLASS.findall(joined_text)))
    german = not re.search(r"driv|licen[cs]e", joined_text, re.IGNORECASE)
    if not classes and NAMES_LICENCE.search(joined_text):
        return [{"name": "Führerschein" if german else "Driving licence"}]
    return [{"name": f"Führerschein Klasse {name}" if german else f"Driving licence class {name}"} for name in classes]


def certificates_of(lines: Sequence[Line]) -> list[Fields]:
    rows: list[Fields] = []
    for line in _whole(lines):
        if is_licence(line.text):
            rows += licences_of([line.text])
            continue
        for text in line.text.split(";"):
            if row := _certificate(text):
                rows.append(row)
    return rows


def _whole(lines: Sequence[Line]) -> list[Line]:
    """Wrapped lines joined, and a date that stands alone beside what follows."""
    result: list[Line] = []
    for line in lines:
        alone = result and (period := find_period(result[-1].text)) and not without_period(result[-1].text, period)
        if result and (alone or (not line.bullet and line.text[0].islower() and not line.gap)):
            result[-1] = Line(joined([result[-1].text, line.text]), result[-1].bullet, result[-1].gap)
        else:
            result.append(line)
    return result


def _certificate(text: str) -> Fields | None:
    period = find_period(text)
    name = without_period(text, period) if period else text
    row: Fields = {}
    found = _ISSUER.search(name)
    if found and len(name[: found.start()].strip()) > 3:
        name, row["issuer"] = name[: found.start()], found["issuer"].strip(" ,()")
    row["name"] = " ".join(name.split()).strip(" ,;:-–")
    if not re.search(r"[^\W\d_]{2}", row["name"]):
        return None
    date = period and (period.end or period.start)
    return {**row, "date": date} if date else row
