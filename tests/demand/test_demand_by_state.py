"""The rows of `demand_by_state`: the snapshot's sums, exact terms, and days from before the table was."""

import datetime as dt
import uuid
from typing import Any

import pytest

from ty_assets.demand.asset import store_by_state
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 10)
_PROVENANCE = {"model": "m", "task_version": "1", "input_hash": b"0"}


def insert(db: Database, table: str, **row: Any) -> None:
    db.insert_new(table, list(row), [tuple(row.values())])


def rows(db: Database, statement: str) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        return connection.execute(statement).fetchall()  # type: ignore[call-overload, no-any-return]


def posting(db: Database, number: int, region: str | None, kldb: str | None, *terms: str) -> None:
    posting_id = uuid.UUID(int=number)
    insert(
        db, "postings", posting_id=posting_id, source="t", external_id=str(number), content_hash=b"0", raw_hash=b"0",
        title_hash=b"0", task_version="1", first_seen_on=DAY, last_seen_on=DAY, title="t", title_normalised="t",
        description="d", language="de", in_scope=True, region=region,
    )  # fmt: skip
    if kldb:
        insert(
            db, "posting_professions", posting_id=posting_id, decision="accepted", method="lookup", kldb=kldb,
            **_PROVENANCE,
        )  # fmt: skip
    for ordinal, term in enumerate(terms):
        insert(
            db, "posting_facets", posting_id=posting_id, ordinal=ordinal, requirement_ordinal=0, kind="skill",
            term=term, quote=term, text_hash=b"0", must=True, weight=1.0, **_PROVENANCE,
        )  # fmt: skip


@pytest.fixture
def counted(db: Database) -> Database:
    posting(db, 1, "Bayern", "43414", "SQL", "Python")
    posting(db, 2, "Bavaria", "43412", "SQL", "SQL")
    posting(db, 3, "Berlin", "43414", "Python")
    posting(db, 4, None, "81302", "Pflege")
    posting(db, 5, "Wien", None)
    snapshot = db.rows("demand_of_day", day=DAY)
    columns = ["day", "occupation_group", "region", "active", "new", "closed", "by_level", "top_terms"]
    made = [(DAY, *(row[name] if name != "top_terms" else "[]" for name in columns[1:])) for row in snapshot]
    db.replace("demand_snapshot", columns, made, {"day": [DAY]})
    return db


def test_regions_of_one_state_are_added_up_and_all_is_the_sum(counted: Database) -> None:
    store_by_state(counted, [DAY])
    found = {
        (row["occupation_group"], row["state"]): (row["active"], row["by_level"])
        for row in rows(counted, "SELECT * FROM demand_by_state")
    }
    assert found == {
        ("434", "BY"): (2, [0, 1, 0, 1]),
        ("434", "BE"): (1, [0, 0, 0, 1]),
        ("434", "all"): (3, [0, 1, 0, 2]),
        ("813", "unknown"): (1, [0, 1, 0, 0]),
        ("813", "all"): (1, [0, 1, 0, 0]),
        ("---", "other"): (1, [0, 0, 0, 0]),
        ("---", "all"): (1, [0, 0, 0, 0]),
    }


def test_terms_are_counted_by_posting_and_over_all_regions(counted: Database) -> None:
    store_by_state(counted, [DAY])
    (software,) = rows(
        counted, "SELECT top_terms FROM demand_by_state WHERE occupation_group = '434' AND state = 'all'"
    )
    assert software["top_terms"] == [{"term": "Python", "postings": 2}, {"term": "SQL", "postings": 2}]
    (bavaria,) = rows(counted, "SELECT top_terms FROM demand_by_state WHERE occupation_group = '434' AND state = 'BY'")
    assert bavaria["top_terms"] == [{"term": "SQL", "postings": 2}, {"term": "Python", "postings": 1}]


def test_days_that_were_counted_before_get_their_sums_without_levels(counted: Database) -> None:
    earlier = DAY - dt.timedelta(days=30)
    insert(
        counted, "demand_snapshot", day=earlier, occupation_group="434", region="Bayern", active=7, new=1, closed=0,
        top_terms="[]",
    )  # fmt: skip
    store_by_state(counted, [DAY])
    told = rows(counted, f"SELECT state, active, by_level FROM demand_by_state WHERE day = '{earlier}' ORDER BY state")
    assert told == [
        {"state": "BY", "active": 7, "by_level": None},
        {"state": "all", "active": 7, "by_level": None},
    ]
    before = rows(counted, "SELECT * FROM demand_by_state ORDER BY 1, 2, 3")
    store_by_state(counted, [DAY])
    assert rows(counted, "SELECT * FROM demand_by_state ORDER BY 1, 2, 3") == before, "a second run leaves the same"
