"""A resume within the bounds of resume_schema.json, without what nobody asked for.

Belongs here: lengths, empty fields, a known birth date in texts. Not here: what the fields mean.
"""

import re
from collections.abc import Iterable
from typing import Any

from ty_assets.profiles.reading.answer import Note
from ty_assets.profiles.reading.limits import MAX_ENTRIES, MAX_LINE

_TEXTS = frozenset({"summary", "description"})
_TEXT_LISTS = frozenset({"highlights", "courses"})
_BIRTH_FIELDS = ("birthDate", "birthdate", "dateOfBirth", "birthday", "birth_date", "dob", "geburtsdatum")
_PRIVATE_FIELDS = {
    **dict.fromkeys(_BIRTH_FIELDS, "birth_date"),
    "image": "photo", "picture": "photo", "photo": "photo", "nationality": "nationality", "gender": "gender",
    "maritalStatus": "marital_status", "religion": "religion", "birthPlace": "birth_place", "age": "age",
}  # fmt: skip
_MAX_TEXT = 20_000  # characters of one summary; the document has at most MAX_CHARACTERS in all


def fitted(resume: dict[str, Any]) -> tuple[dict[str, Any], list[Note]]:
    """The resume with lines, texts and lists cut to what the schema takes, and without empty fields."""
    notes: list[Note] = []
    result: dict[str, Any] = {}
    for section, value in resume.items():
        if isinstance(value, list) and len(value) > MAX_ENTRIES:
            notes.append(Note("shortened", {"section": section, "limit": MAX_ENTRIES}))
        kept = _fitted(section, value)
        if kept or section == "basics":
            result[section] = kept
    return result, notes


def _fitted(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: _fitted(key, one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one}
    if isinstance(value, list):
        return [one for one in (_fitted(name, inner) for inner in value[:MAX_ENTRIES]) if one]
    if isinstance(value, str):
        limit = _MAX_TEXT if name in _TEXTS | _TEXT_LISTS else MAX_LINE
        value = "".join(character for character in value if character >= " " or character == "\n").strip()
        return value if len(value) <= limit else value[: limit - 1] + "…"
    return value


def without_private(resume: dict[str, Any]) -> tuple[dict[str, Any], list[Note], list[str]]:
    """The resume without birth date, photo and the like in its basics, what they were, and the birth dates."""
    basics = resume.get("basics") or {}
    found = {name: what for name, what in _PRIVATE_FIELDS.items() if basics.get(name)}
    dates = [str(basics[name]) for name in found if name in _BIRTH_FIELDS]
    if "basics" in resume:
        resume = {**resume, "basics": {key: value for key, value in basics.items() if key not in _PRIVATE_FIELDS}}
    return resume, [Note("private_left_out", {"what": what}) for what in dict.fromkeys(found.values())], dates


def without_dates(value: Any, written: Iterable[str]) -> Any:
    """The same value with these days removed from its texts, in the usual ways to write them."""
    forms = sorted({form for date in written for form in _forms(date)}, key=lambda form: -len(form))
    pattern = re.compile("|".join(rf"(?<!\d){re.escape(form)}(?!\d)" for form in forms)) if forms else None
    return _without(value, pattern) if pattern else value


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, pattern) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, pattern) for inner in value]
    return pattern.sub("[…]", value) if isinstance(value, str) else value


def _forms(written: str) -> list[str]:
    found = re.search(r"(\d{4})-(\d{1,2})-(\d{1,2})", written)
    german = re.search(r"(\d{1,2})[./]\s?(\d{1,2})[./]\s?(\d{4})", written)
    if found:
        year, month, day = (int(part) for part in found.groups())
    elif german:
        day, month, year = (int(part) for part in german.groups())
    else:
        return []
    two = (
        f"{day:02}.{month:02}.{year}",
        f"{day}.{month}.{year}",
        f"{day:02}/{month:02}/{year}",
        f"{day:02}. {month:02}. {year}",
    )
    return [*two, f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year % 100:02}"]
