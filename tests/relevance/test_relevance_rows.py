import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from tests.jobs.sample_pipeline import SAMPLE_DAYS, Pipeline
from ty_assets.readings.store import postings_to_read
from ty_assets.relevance.relevance import NOBODY
from ty_assets.relevance.store import store_relevance
from ty_jobs.demo import samples
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database

_DAY = SAMPLE_DAYS[0]
_BEST = 3  # a sample day has too few postings to leave out any but the best fifty
_PROFILES = sorted((samples() / "profiles").glob("*.json"))


@pytest.fixture(scope="module")
def judged(new_database: Callable[[], str]) -> Iterator[Pipeline]:
    """One sample day, and one person. Tests leave it as they found it."""
    with Database(new_database()) as db:
        made = Pipeline(db, EmbeddedEngine())
        assert all(told.success for told in made.people(_PROFILES[:1]))
        told = made.postings([_DAY], samples() / "postings")
        assert told.success, told.errors
        assert told.rows["posting_relevance"] > 0
        assert "out" not in _decisions(made).values()
        assert store_relevance(db, made.engine, [_DAY], _BEST) == (1, 0)
        yield made


def _decisions(pipeline: Pipeline) -> dict[object, str]:
    return {
        r["posting_id"]: r["decision"] for r in pipeline.select("SELECT posting_id, decision FROM posting_relevance")
    }


def _to_read(pipeline: Pipeline, refine: str, best: int = 500) -> list[object]:
    rows = postings_to_read(pipeline.db, pipeline.engine, [_DAY], refine=refine, best=best)  # type: ignore[arg-type]
    return [row["posting_id"] for row in rows]


def test_every_posting_that_is_matched_has_a_decision_with_its_reason(judged: Pipeline) -> None:
    heads = {row["posting_id"] for row in judged.db.rows("posting_heads", days=[_DAY])}
    rows = judged.select("SELECT * FROM posting_relevance")
    assert {row["posting_id"] for row in rows} == heads
    assert all(row["reason"] and 0.0 <= row["relevance"] <= 1.0 for row in rows)
    assert set(_decisions(judged).values()) == {"first", "later", "out"}


def test_a_second_run_judges_nothing_and_encodes_nothing(judged: Pipeline) -> None:
    before = judged.engine.encoded
    assert store_relevance(judged.db, judged.engine, [_DAY], _BEST) == (0, 1)
    assert judged.engine.encoded == before


def test_none_of_anybody_s_best_matches_is_out(judged: Pipeline) -> None:
    assert judged.db.rows("best_matches_left_out", days=[_DAY], best=_BEST) == [{"matches": _BEST, "out": 0}]


def test_what_is_near_is_read_before_the_rest_and_what_is_far_not_at_all(judged: Pipeline) -> None:
    decision = _decisions(judged)
    wanted = _to_read(judged, "all", best=1)
    assert set(wanted) == {posting for posting, told in decision.items() if told != "out"}
    told = [decision[posting] for posting in wanted[1:]]  # after the best match of all
    assert told == sorted(told)


def test_what_is_far_is_read_when_somebody_opens_it(judged: Pipeline) -> None:
    out = next(posting for posting, told in _decisions(judged).items() if told == "out")
    assert out not in _to_read(judged, "all", best=1)
    with judged.db.transaction() as connection:
        connection.execute("INSERT INTO reading_requests (posting_id) VALUES (%s)", [out])
    try:
        assert _to_read(judged, "all", best=1)[0] == out
        assert _to_read(judged, "used", best=1)[0] == out
    finally:
        judged.db.execute("forget_reading_requests", posting_ids=[out])


def test_what_is_far_but_among_somebody_s_best_is_read_all_the_same(judged: Pipeline) -> None:
    assert "out" in {_decisions(judged)[posting] for posting in _to_read(judged, "used", best=500)}


def test_without_people_everything_is_read_later(db: Database) -> None:
    made = Pipeline(db, EmbeddedEngine())
    assert made.postings([_DAY], samples() / "postings").success
    rows = made.select("SELECT DISTINCT decision, reason FROM posting_relevance")
    assert rows == [{"decision": "later", "reason": NOBODY}]
    assert made.people(_PROFILES[:1])[0].success
    assert store_relevance(db, made.engine, [_DAY, dt.date(2026, 5, 1)]) == (2, 0)
    assert "first" in _decisions(made).values()


def test_what_becomes_a_copy_has_no_decision_of_its_own(judged: Pipeline) -> None:
    assert judged.select("SELECT 1 FROM posting_relevance JOIN postings USING (posting_id) WHERE NOT in_scope") == []
    copies = "SELECT 1 FROM posting_relevance JOIN postings USING (posting_id) WHERE duplicate_of IS NOT NULL"
    assert judged.select(copies) == []
