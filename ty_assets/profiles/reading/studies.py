"""Entries of education as JSON Resume: kind of study, subject, institution, period.

Belongs here: degrees and schools. Not here: where entries begin (entries.py), and the level of a degree (degrees.py).
"""

import re
from collections.abc import Sequence
from typing import Any

from ty_assets.profiles.reading.entries import Entry
from ty_assets.profiles.reading.heads import Kinds, heads_of
from ty_assets.profiles.reading.jobs import dated
from ty_assets.profiles.reading.wording import employer_weight, position_weight, school_weight, study_weight


def _learned_weight(text: str) -> float:
    """Degrees, and the occupations that are learned."""
    return study_weight(text) + 0.5 * position_weight(text)


def _teacher_weight(text: str) -> float:
    """Schools, and the companies that train."""
    return school_weight(text) + 0.5 * employer_weight(text)


_KINDS = Kinds(_learned_weight, _teacher_weight)
_DEGREE = re.compile(
    r"^(?P<study>(?:(?:Bachelor|Master)(?: of (?:Science|Arts|Engineering|Laws|Education"
    r"|Business Administration))?(?:\s\([^)]{2,12}\))?"
    r"|(?:B|M)\.?\s?(?:Sc|A|Eng|Ed)\.?|BSc|MSc|BA|MA|BEng|MEng|LL\.?\s?[BM]\.?|MBA|Ph\.?\s?D\.?|Diplom"
    r"|Dipl\.-\w+\.?|Magister|Promotion"
    r"|Staatsexamen|Ausbildung|Berufsausbildung|Lehre|Umschulung|Duale Ausbildung|Studium|Duales Studium"
    r"|Apprenticeship|Diploma)(?:\s*\((?:Hons|FH|TU|Univ\.|IHK|with honours)\)|\s-\s(?:B|M)\w{1,3})?)"
    r"(?:\s+(?:in|of|der|des|zum|zur|als|im Fach|Studiengang|as(?: an?)?)\s+|\s*[:,–]\s*|\s+-\s+|\s+)(?P<area>.{3,})$",
    re.IGNORECASE,
)
_GRADE = re.compile(
    r"[,;(]?\s*\b(?:abschlussnote|gesamtnote|note|notendurchschnitt|grade|gpa|final grade"
    r"|durchschnitt)\b\s*:?\s*\(?(?P<score>[\d.,/ ]{1,10}\d)\)?",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"^(?:abschluss|degree|grad)\s*:\s*", re.IGNORECASE)


def studies_of(entries: Sequence[Entry]) -> tuple[list[dict[str, Any]], int]:
    """Rows of `education`, and in how many the order was guessed."""
    rows: list[dict[str, Any]] = []
    guessed = 0
    for entry, head in zip(entries, heads_of(entries, _KINDS), strict=True):
        study, school, more = head.first, head.second, list(head.more)
        if not study and more:
            study = more.pop(0)
        texts = [*more, *entry.summary.split("\n"), *entry.highlights]
        if study and not study_weight(study):
            # the subject stands first and the degree behind it: "Wirtschaftsinformatik", "Bachelor of Science"
            degree = next((text for text in texts if study_weight(text) and len(text) < 80), None)
            if degree is not None:
                texts.remove(degree)
                study = f"{_LEVEL.sub('', degree)} {study}"
        study, score = _without_grade(study)
        texts, found = _grade_in(texts)
        row: dict[str, Any] = {**_parted(study), "institution": school, "score": score or found, **dated(entry.period)}
        row["courses"] = [text for text in texts if text]
        row = {name: value for name, value in row.items() if value}
        if row.keys() & {"studyType", "area", "institution"}:
            rows.append(row)
            guessed += not head.sure
    return rows, guessed


def _parted(study: str) -> dict[str, str]:
    if found := _DEGREE.match(study):
        return {"studyType": found["study"].strip(), "area": found["area"].strip()}
    return {"studyType": study} if study_weight(study) else {"area": study}


def _without_grade(text: str) -> tuple[str, str]:
    found = _GRADE.search(text)
    if not found:
        return text, ""
    return (text[: found.start()] + text[found.end() :]).strip(" ,;()"), found["score"].strip()


def _grade_in(texts: Sequence[str]) -> tuple[list[str], str]:
    kept, score = [], ""
    for text in texts:
        left, found = _without_grade(text)
        score = score or found
        kept.append(left)
    return kept, score
