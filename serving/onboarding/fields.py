"""A draft and the fields of its form: work-0-position and so on.

Belongs here: what a form that was sent changes in a draft, and its buttons add, remove, up and down. Not here: how a
field looks (`templates/onboarding_fields.html`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel

from serving.onboarding.draft import Certificate, Contact, Draft, Entry, KnownLanguage, Training

Sent = Mapping[str, Sequence[str]]  # each field with its values
Rows = list[BaseModel]

ROWS: Final[dict[str, type[BaseModel]]] = {
    "work": Entry,
    "education": Training,
    "languages": KnownLanguage,
    "certificates": Certificate,
}
# A page may have some of the sections only: each says so in a field `section`, so that a box that is not ticked and
# rows that are all gone are told from those that were not on the page.
_FIELDS: Final = {
    "about": ("headline", "summary"),
    "skills": ("skills",),
    "place": ("city", "region", "country"),
    "wishes": ("places", "minimum_pay"),
}
SECTIONS: Final = ("about", "work", "education", "skills", "languages", "certificates", "place", "wishes", "contact")
_ROW: Final = re.compile(r"(work|education|languages|certificates)-([0-9]{1,4})-([a-z_]{1,20})")
_TARGET: Final = re.compile(r"(work|education|languages|certificates)-([0-9]{1,4})")
# Beyond what anybody types; what is wrong with more than the allowed number is told at the section.
_MOST_SENT: Final = 400


def changed(draft: Draft, sent: Sent) -> tuple[Draft, str]:
    """The draft with what the form says and with what its button did to the rows; and the id on the page of what the
    button has changed, "" where it was none of the rows' buttons."""
    sections = [section for section in sent.get("section", ()) if section in SECTIONS]
    update: dict[str, Any] = {}
    place = ""
    for section in sections:
        update |= {name: _one(sent, name) for name in _FIELDS.get(section, ())}
    if "wishes" in sections:
        update["remote_only"] = bool(_one(sent, "remote_only"))
    if "contact" in sections:
        update["contact"] = Contact(**{name: _one(sent, f"contact-{name}") for name in Contact.model_fields})
    by_section = _rows_of(sent)
    for section in sections:
        if section in ROWS:
            rows, found = _after_button(section, by_section[section], sent)
            update[section] = tuple(rows)
            place = found or place
    return draft.model_copy(update=update), place


def _one(sent: Sent, name: str) -> str:
    values = sent.get(name) or ("",)
    # A browser sends line breaks as CR LF; what was typed had one character.
    return values[0].replace("\r\n", "\n").replace("\x00", "")


def _rows_of(sent: Sent) -> dict[str, dict[int, BaseModel]]:
    """By section and by the number in the field's name."""
    typed: dict[str, dict[int, dict[str, str]]] = {section: {} for section in ROWS}
    for name in sent:
        found = _ROW.fullmatch(name)
        if found and found[3] in ROWS[found[1]].model_fields:
            typed[found[1]].setdefault(int(found[2]), {})[found[3]] = _one(sent, name)
    return {
        section: {number: _row(section, rows[number]) for number in sorted(rows)[:_MOST_SENT]}
        for section, rows in typed.items()
    }


def _row(section: str, typed: dict[str, str]) -> BaseModel:
    if typed.get("kind") not in get_args(Entry.model_fields["kind"].annotation):
        typed.pop("kind", None)
    return ROWS[section](**typed)


def _after_button(section: str, numbered: dict[int, BaseModel], sent: Sent) -> tuple[Rows, str]:
    """The rows that are left, empty ones gone, and the id of the row or section to go on at."""
    numbers = list(numbered)
    place = ""
    for button, step in (("remove", 0), ("up", -1), ("down", 1)):
        target = _TARGET.fullmatch(_one(sent, button))
        if not target or target[1] != section or int(target[2]) not in numbers:
            continue
        at = numbers.index(int(target[2]))
        number = numbers.pop(at)
        if step:
            at = min(max(at + step, 0), len(numbers))
            numbers.insert(at, number)
        place = f"{section}-{at}" if step else section
    rows = [numbered[number] for number in numbers if not numbered[number].is_empty]  # type: ignore[attr-defined]
    if _one(sent, "add") == section:
        rows.append(ROWS[section]())
        place = f"{section}-{len(rows) - 1}"
    return rows, place
