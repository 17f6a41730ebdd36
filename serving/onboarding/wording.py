"""What reading a CV and checking a form ended in, in the reader's language.

Belongs here: from codes to sentences of `locales/*/onboarding.json`. Not here: the codes
(ty_assets/profiles/reading/answer.py, `faults.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from serving.language import Language
from serving.onboarding.drafts import Note
from serving.onboarding.faults import Fault
from ty_assets.profiles.anonymise import MARKER
from ty_assets.profiles.reading.answer import UnreadableCv

_SIZES: Final = ("bytes", "limit")
_MEGABYTE: Final = 1_000_000
# Parameters whose values have names of their own.
_NAMED: Final = {"kind": "cv.kind", "section": "cv.section", "what": "cv.private"}


# Fields whose label has another name than they have.
_LABELS: Final = {("languages", "name"): "language", ("certificates", "name"): "certificate"}


@dataclass(frozen=True)
class Problem:
    """Why a CV could not be read, what to do, and the places where it is wrong."""

    title: str
    advice: str
    details: tuple[str, ...] = ()


def problem_of(t: Language, error: UnreadableCv) -> Problem:
    values = _values(t, error.parameters, sizes=error.code == "too_large")
    details = tuple(str(line) for line in error.parameters.get("problems", ()))[:20]
    code = f"unreadable.{error.code}"
    if f"{code}.title" not in t.strings:
        code = "unreadable.other"
    return Problem(t(f"{code}.title", **values), t(f"{code}.advice", **values), details)


def note_told(t: Language, note: Note) -> str:
    """A note of the reader; one that nobody knows is told by its code."""
    key = f"note.{note.code}"
    if note.code == "section_left_out" and note.parameters.get("heading"):
        key += ".headed"
    if key not in t.strings:
        return note.code.replace("_", " ")
    try:
        return t(key, **_values(t, note.parameters))
    except (KeyError, IndexError):  # it has other parameters than this view knows
        return note.code.replace("_", " ")


def _values(t: Language, parameters: Mapping[str, Any], *, sizes: bool = False) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in parameters.items():
        if name in _NAMED:
            values[name] = t.name(_NAMED[name], str(value))
        elif sizes and name in _SIZES:
            values[name] = t.number(round(int(value) / _MEGABYTE, 1))
        else:
            values[name] = t.number(value) if isinstance(value, int | float) else value
    return values


def faults_told(t: Language, faults: Iterable[Fault]) -> dict[str, str]:
    """The message of each field that has one; of several the first."""
    told: dict[str, str] = {}
    for fault in faults:
        values = {name: t.number(value) if isinstance(value, int) else value for name, value in fault.values.items()}
        told.setdefault(fault.field, t(f"fault.{fault.code}", **values))
    return told


def field_called(t: Language, name: str) -> str:
    """What a field of the form is called, with the row that it is in: "Experience 2, From"."""
    section, _, rest = name.partition("-")
    number, _, field = rest.partition("-")
    if section == "contact":
        return t(f"field.{rest}")
    if not rest:
        return t(f"part.{section}") if f"part.{section}" in t.strings else t(f"field.{section}")
    return f"{t(f'part.{section}')} {int(number) + 1}, {t(f'field.{_LABELS.get((section, field), field)}')}"


def reason_told(t: Language, reason: str) -> str:
    """Where a facet comes from: a section of the document, an entry of the history, or the rule's own words."""
    section, colon, rest = reason.partition(": ")
    called = t.strings.get(f"profile.reason.{section}")
    return reason if called is None else f"{called}: {rest}" if colon else called


def without_person(text: str) -> Markup:
    """A text of the anonymised view; what was removed stands out."""
    return Markup('<span class="gone">{}</span>').format(MARKER).join(escape(part) for part in text.split(MARKER))
