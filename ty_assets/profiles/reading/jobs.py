"""Entries of work, volunteering and projects as JSON Resume: position, employer, place, period, text.

Not here: where entries begin (entries.py), what is position and what employer (heads.py), and studies (studies.py).
"""

import re
from collections.abc import Sequence
from typing import Any

from ty_assets.profiles.positions import is_break
from ty_assets.profiles.reading.dates import Period
from ty_assets.profiles.reading.entries import Entry
from ty_assets.profiles.reading.heads import Kinds, heads_of
from ty_assets.profiles.reading.wording import employer_weight, position_weight

Fields = dict[str, Any]

_KINDS = Kinds(position_weight, employer_weight)

_GENDER = re.compile(r"\s*[(\[]\s?[mwdfxi]\s?[/|,]\s?[mwdfxi](?:\s?[/|,]\s?[mwdfxi*])?\s?[)\]]", re.IGNORECASE)


def dated(period: Period | None) -> Fields:
    """startDate and endDate; one date alone is the end."""
    if period is None:
        return {}
    fields = {}
    if period.start:
        fields["startDate"] = period.start
    if period.end and not period.is_reversed:
        fields["endDate"] = period.end
    return fields


def jobs_of(entries: Sequence[Entry]) -> tuple[list[Fields], int]:
    """Rows of `work`, and in how many the order was guessed."""
    rows: list[Fields] = []
    guessed = 0
    employer_above = ""
    for entry, head in zip(entries, heads_of(entries, _KINDS), strict=True):
        position, employer = _GENDER.sub("", head.first).strip(), head.second
        # several positions below one employer
        if not employer and employer_above and entry.period and not is_break(position):
            employer = employer_above
        employer_above = employer
        row: Fields = {"position": position, "name": employer, "location": head.place, **dated(entry.period)}
        summary = "\n".join(part for part in (*head.more, entry.summary) if part)
        row |= {"summary": summary, "highlights": entry.highlights}
        row = {name: value for name, value in row.items() if value}
        if row.keys() & {"position", "name", "summary"}:
            rows.append(row)
            guessed += not head.sure
    return rows, guessed


def volunteering_of(entries: Sequence[Entry]) -> list[Fields]:
    rows, _ = jobs_of(entries)
    return [
        {("organization" if name == "name" else name): value for name, value in row.items() if name != "location"}
        for row in rows
    ]


def projects_of(entries: Sequence[Entry]) -> list[Fields]:
    rows: list[Fields] = []
    for entry in entries:
        name, *more = entry.head or [""]
        row: Fields = {"name": name.replace("\t", " "), "description": "\n".join([*more, entry.summary]).strip()}
        row |= {"highlights": entry.highlights, **dated(entry.period)}
        if row["name"] or row["description"]:
            rows.append({name: value for name, value in row.items() if value})
    return rows
