"""The life of a posting: stale when its source no longer lists it, never because a source was silent."""

import datetime as dt
import json
import uuid

import pytest

from ty_assets.life.sweep import Swept, change_statuses, sweep
from ty_assets.postings.store import store_postings
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)


def add_posting(db: Database, number: str, *, text: str = "", source: str = "board", **fields: object) -> uuid.UUID:
    payload = {"title": f"Koch {number}", "description": text or f"Wir suchen einen Koch {number}.", **fields}
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO raw_postings VALUES (%s, %s, %s, %s, now(), 'x', %s::jsonb)",
            (source, number, number.encode().ljust(16), DAY, json.dumps(payload, default=str)),
        )
        connection.execute(
            "INSERT INTO sightings (source, external_id, first_seen_on, last_seen_on, content_hash)"
            " VALUES (%s, %s, %s, %s, %s)",
            (source, number, DAY, DAY, number.encode().ljust(16)),
        )
    store_postings(db, [DAY], max_attempts=5)
    with db.transaction() as connection:
        row = connection.execute("SELECT posting_id FROM postings WHERE external_id = %s", (number,)).fetchone()
    assert row
    return row["posting_id"]


def listing(
    db: Database, day: int, *numbers: str, complete: bool = True, kind: str = "full", source: str = "board"
) -> int:
    """A round of the source on day `day` of the month that listed these postings."""
    with db.transaction() as connection:
        row = connection.execute(
            "INSERT INTO source_rounds (source, kind, day, finished_at, complete) VALUES (%s, %s, %s, now(), %s)"
            " RETURNING round_id",
            (source, kind, dt.date(2026, 3, day), complete),
        ).fetchone()
        assert row
        connection.execute(
            "UPDATE sightings SET last_round = %s, last_seen_on = %s WHERE source = %s AND external_id = ANY(%s)",
            (row["round_id"], dt.date(2026, 3, day), source, list(numbers)),
        )
    return row["round_id"]


def swept(db: Database, day: int, invalid_after: int = 30) -> Swept:
    return sweep(db, today=dt.date(2026, 3, day), missed=3, invalid_after=invalid_after)


def status(db: Database, posting_id: uuid.UUID) -> str:
    return db.row("posting_life_story", posting_id=posting_id)["status"]  # type: ignore[index]


def test_a_posting_is_stale_after_three_listings_without_it(db: Database) -> None:
    kept, gone = add_posting(db, "kept"), add_posting(db, "gone")
    listing(db, 2, "kept", "gone")
    for day in (3, 4):
        listing(db, day, "kept")
        assert swept(db, day) == Swept()
    listing(db, 5, "kept")
    assert swept(db, 5) == Swept(stale=1, days=[DAY])
    assert (status(db, kept), status(db, gone)) == ("active", "stale")
    assert "last 3 listings" in db.row("posting_life_story", posting_id=gone)["status_reason"]  # type: ignore[index]


def test_listings_of_one_day_count_once(db: Database) -> None:
    gone = add_posting(db, "gone")
    listing(db, 2, "gone")
    for _ in range(5):
        listing(db, 3)
    assert swept(db, 3) == Swept()
    assert status(db, gone) == "active"


@pytest.mark.parametrize("silence", [{"complete": False}, {"kind": "new"}])
def test_a_source_that_could_not_list_everything_makes_nothing_stale(db: Database, silence: dict[str, object]) -> None:
    add_posting(db, "here")
    listing(db, 2, "here")
    for day in range(3, 9):
        listing(db, day, **silence)  # type: ignore[arg-type]
        assert swept(db, day) == Swept()


def test_another_sources_listings_say_nothing_of_a_posting(db: Database) -> None:
    add_posting(db, "here")
    listing(db, 2, "here")
    for day in range(3, 9):
        listing(db, day, source="other")
    assert swept(db, 9) == Swept()


def test_postings_of_files_are_not_judged_by_listings(db: Database) -> None:
    add_posting(db, "from-a-file")
    for day in range(3, 9):
        listing(db, day)
    assert swept(db, 9) == Swept()


def test_a_stale_posting_is_invalidated_at_last_and_reopened_when_it_is_listed_again(db: Database) -> None:
    gone = add_posting(db, "gone")
    listing(db, 2, "gone")
    for day in (3, 4, 5):
        listing(db, day)
    assert swept(db, 5, invalid_after=4).stale == 1
    assert swept(db, 8, invalid_after=4) == Swept()
    assert swept(db, 9, invalid_after=4).invalidated == 1
    listing(db, 10, "gone", kind="new")
    assert swept(db, 10, invalid_after=4) == Swept(reopened=1, days=[DAY])
    history = db.rows("posting_status_history", posting_id=gone)
    assert [(row["was"], row["status"]) for row in history] == [
        ("active", "stale"),
        ("stale", "invalidated"),
        ("invalidated", "active"),
    ]


def test_one_that_its_source_calls_gone_is_stale_after_one_listing(db: Database) -> None:
    add_posting(db, "gone")
    listing(db, 2, "gone")
    with db.transaction() as connection:
        connection.execute("UPDATE sightings SET gone_at = now()")
    assert swept(db, 2) == Swept()  # listed, though its page is not there: partners' postings have none
    listing(db, 3)
    assert swept(db, 3).stale == 1


def test_what_no_listing_ever_had_is_stale_when_it_is_unseen_for_so_many_days(db: Database) -> None:
    add_posting(db, "from-a-file")
    told = {"missed": 3, "invalid_after": 30, "unseen": 5}
    assert sweep(db, today=dt.date(2026, 3, 7), **told) == Swept()
    assert sweep(db, today=dt.date(2026, 3, 8), **told).stale == 1


def test_a_posting_that_has_run_out_is_stale_the_day_after(db: Database) -> None:
    add_posting(db, "until-the-fifth", valid_through="2026-03-05")
    assert swept(db, 5) == Swept()
    assert swept(db, 6).stale == 1


def test_a_sweep_over_nothing_new_changes_nothing(db: Database) -> None:
    add_posting(db, "gone")
    listing(db, 2, "gone")
    for day in (3, 4, 5):
        listing(db, day)
    assert swept(db, 5).stale == 1
    assert swept(db, 5) == Swept()


def test_a_persons_word_stays_until_it_is_taken_back(db: Database) -> None:
    posting = add_posting(db, "fraud")
    change_statuses(db, [(posting, "invalidated", "a fraud")], today=DAY, decided_by="person")
    listing(db, 3, "fraud")
    assert swept(db, 3).reopened == 0
    assert status(db, posting) == "invalidated"
    assert change_statuses(db, [(posting, "active", "it was not")], today=DAY, decided_by="person") == [DAY]
    assert swept(db, 4) == Swept()
    assert status(db, posting) == "active"


def test_what_was_taken_over_as_closed_stays_closed_until_it_is_seen(db: Database) -> None:
    posting = add_posting(db, "old")
    change_statuses(db, [(posting, "invalidated", "closed there")], today=dt.date(2026, 3, 3), decided_by="import")
    assert swept(db, 4).reopened == 0
    listing(db, 5, "old")
    assert swept(db, 5).reopened == 1


def test_a_job_is_open_while_any_copy_of_it_is(db: Database) -> None:
    first, copy = (
        add_posting(db, "first", text="derselbe Text", title="Koch"),
        add_posting(db, "copy", text="derselbe Text", title="Koch"),
    )
    links = {row["posting_id"]: row["duplicate_of"] for row in _links(db)}
    canonical, other = (first, copy) if links[copy] else (copy, first)
    assert links[other] == canonical
    assert change_statuses(db, [(canonical, "stale", "gone")], today=DAY, decided_by="sweep") == []
    assert change_statuses(db, [(other, "stale", "gone")], today=DAY, decided_by="sweep") == [DAY]
    assert not db.row("posting_life_story", posting_id=canonical)["available"]  # type: ignore[index]
    assert change_statuses(db, [(other, "active", "back")], today=DAY, decided_by="sweep") == [DAY]


def _links(db: Database) -> list[dict[str, object]]:
    with db.transaction() as connection:
        return connection.execute("SELECT posting_id, duplicate_of FROM postings").fetchall()


def test_a_status_that_is_taken_over_with_a_posting_counts(db: Database) -> None:
    closed = add_posting(db, "closed", legacy={"status": "invalidated"})
    add_posting(db, "open", legacy={"status": "active"})
    story = db.row("posting_life_story", posting_id=closed)
    assert story
    assert (story["status"], story["status_by"], story["available"]) == ("invalidated", "import", False)
    assert swept(db, 4) == Swept()
