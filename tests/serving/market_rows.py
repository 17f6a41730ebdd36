"""Made-up demand over three months, as runs would have counted it."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from serving_rows import Writer

DAY = dt.date(2026, 3, 31)
# Group, active postings now, and how many more there are each day.
GROUPS = (("434", 900, 4), ("813", 1400, -3), ("721", 300, 0), ("112", 40, 1), ("531", 12, 0), ("---", 210, 0))
# State and its share of everything.
STATES = (("BY", 0.3), ("NW", 0.4), ("BE", 0.2), ("SL", 0.01), ("unknown", 0.09))
TERMS = (("SQL", 400), ("Python", 350), ("Projektmanagement", 120), ("English", 80))


def rows_of(day: dt.date, back: int) -> Iterator[tuple[Any, ...]]:
    for group, now, slope in GROUPS:
        active = max(0, now - slope * back)
        terms = Jsonb([{"term": term, "postings": count} for term, count in TERMS])
        parts = [
            (state, round(active * share * (2.5 if (group, state) == ("434", "BE") else 1))) for state, share in STATES
        ]
        for state, count in [("all", sum(count for _, count in parts)), *parts]:
            levels = None if group == "---" else [count // 10, count // 2, count // 4, count // 8]
            yield day, group, state, count, count // 20 + day.day % 3, count // 25, levels or [0, 0, 0, 0], terms


def write_demand(connection: psycopg.Connection[Any], days: Sequence[dt.date]) -> None:
    writer = Writer(connection)
    for number, (code, name) in enumerate(
        (("43414", "Softwareentwickler/in"), ("43412", "Informatiker/in"), ("81302", "Pflegefachmann/-frau"),
         ("72112", "Bankkaufmann/-frau"), ("11212", "Tierwirt/in")), 1,
    ):  # fmt: skip
        writer.insert(
            "occupations",
            berufenet_id=number,
            kind="t",
            name=name,
            short_name=name,
            kldb=code,
            level=4,
            catalogue="test",
        )
    with connection.cursor() as cursor:
        for day in days:
            cursor.executemany(
                "INSERT INTO demand_by_state VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                list(rows_of(day, (DAY - day).days)),
            )
        for a, b, value in (("43412", "43414", 0.81), ("11212", "43414", 0.2)):
            cursor.execute(
                "INSERT INTO profession_similarity VALUES (%s, %s, %s, %s, %s)", [DAY, a, b, value, ["SQL", "Python"]]
            )


def days_back(count: int, without: Sequence[int] = ()) -> list[dt.date]:
    """The last days, the oldest first; without: how many days ago nothing was counted."""
    return [DAY - dt.timedelta(days=back) for back in range(count - 1, -1, -1) if back not in without]
