"""Where each stage stands: true counts, and nothing of a person."""

import datetime as dt
import json
import uuid

from backlog import DAY, add_derivations, add_postings, select
from rich.console import Console

from ty_assets.health.report import STAGES, StageHealth, read_health
from ty_jobs.assets import PIPELINE_ORDER
from ty_jobs.health import as_json, print_health
from ty_resources import failures
from ty_resources.failures import Failure
from ty_resources.postgres import Database
from ty_resources.settings import settings

NOW = dt.datetime.now(dt.UTC)


def stages(db: Database) -> dict[str, StageHealth]:
    return {stage.stage: stage for stage in read_health(db, None, settings()).stages}


def test_stages_are_in_the_order_in_which_the_data_flows() -> None:
    assert tuple(name for name in PIPELINE_ORDER if name in STAGES) == STAGES


def test_an_empty_database_has_every_stage_at_nothing(db: Database) -> None:
    report = read_health(db, None, settings())
    assert [stage.stage for stage in report.stages] == list(STAGES)
    assert all((s.done, s.pending, s.failed, s.per_minute, s.eta_seconds) == (0, 0, 0, None, 0) for s in report.stages)
    assert (report.refinement, report.sources, report.incidents, report.failures) == (None, [], [], [])


def test_what_left_the_scope_or_turned_out_a_copy_is_neither_done_nor_pending(db: Database) -> None:
    ids = add_postings(db, 10)
    add_postings(db, 5, first=100, in_scope=False)
    add_derivations(db, "posting_summaries", [(one, NOW) for one in ids[:6]])
    assert (stages(db)["posting_summaries"].done, stages(db)["posting_summaries"].pending) == (6, 4)
    assert stages(db)["posting_facets"].pending == 10
    select(db, "UPDATE postings SET in_scope = false WHERE posting_id = %s RETURNING 1", ids[0])
    select(db, "UPDATE postings SET duplicate_of = %s WHERE posting_id = %s RETURNING 1", ids[2], ids[1])
    assert (stages(db)["posting_summaries"].done, stages(db)["posting_summaries"].pending) == (4, 4)
    assert stages(db)["posting_facets"].pending == 8


def test_the_rate_is_of_the_time_in_which_the_stage_worked(db: Database) -> None:
    ids, now = add_postings(db, 100), dt.datetime.now(dt.UTC)
    # Twelve rows a minute for five minutes, three hours ago and again just now; a full hour would say 2 a minute.
    for begin, some in ((now - dt.timedelta(hours=3), ids[:60]), (now - dt.timedelta(minutes=2), ids[60:84])):
        add_derivations(
            db, "posting_facets", [(one, begin + dt.timedelta(seconds=5 * n)) for n, one in enumerate(some)]
        )
    stage = stages(db)["posting_facets"]
    assert stage.per_minute == 12
    assert stage.working
    assert (stage.pending, stage.eta_seconds) == (16, 80)
    assert stage.ends_at is not None


def test_a_row_that_is_renewed_counts_for_the_rate_and_is_not_done_twice(db: Database) -> None:
    ids = add_postings(db, 1)
    add_derivations(db, "posting_facets", [(ids[0], NOW - dt.timedelta(days=3))])
    columns = ("stage", "subject", "model", "task_version", "input_hash", "row_count")
    db.upsert("derivations", columns, [("posting_facets", ids[0], "m", "2", b"x", 1)], ("stage", "subject"))
    (row,) = select(db, "SELECT made_at > now() - interval '1 minute' AS lately FROM derivations")
    assert row["lately"]
    assert stages(db)["posting_facets"].done == 1


def test_texts_without_a_vector_are_pending(db: Database) -> None:
    (posting,) = add_postings(db, 1)
    columns = (
        "posting_id", "ordinal", "requirement_ordinal", "kind", "term", "quote", "text_hash", "must", "weight", "model",
        "task_version", "input_hash",
    )  # fmt: skip
    rows = [(posting, n, 0, "skill", "t", "t", bytes([n // 2] * 16), True, 1.0, "m", "1", b"x") for n in range(8)]
    db.insert_new("posting_facets", columns, rows)
    db.insert_new(
        "embeddings",
        ("model", "text_hash", "text", "embedding", "needed_on"),
        [("usem3", bytes([0] * 16), "t", "[1,0]", DAY), ("usem3", bytes([255] * 16), "u", "[1,0]", DAY)],
    )
    assert (stages(db)["embeddings"].done, stages(db)["embeddings"].pending) == (2, 3)


def test_more_than_two_hundred_failures_are_all_counted(db: Database) -> None:
    ids = [str(uuid.uuid4()) for _ in range(350)]
    errors = [Failure("posting_facets", one, "1", "ValueError", f"message {one}", DAY) for one in ids]
    failures.record(db, errors[:100], max_attempts=1)
    failures.record(db, errors[100:], max_attempts=5)
    report = read_health(db, None, settings())
    assert (report.failed, report.given_up) == (250, 100)
    assert len(report.failures) == 20
    out = Console(record=True, width=200)
    print_health(out, report, db.rows("failure_messages", limit=5))
    assert "350 failures, the latest 5" in out.export_text()


def test_a_failure_s_message_stays_in_the_shell(db: Database) -> None:
    quoted = "expected a date, got 'Erika Mustermann, Heidestr. 17'"
    failures.record(db, [Failure("profiles", str(uuid.uuid4()), "1", "ValueError", quoted)], max_attempts=5)
    report = read_health(db, None, settings())
    assert report.failures[0]["error_class"] == "ValueError"
    assert "Mustermann" not in repr(report)
    told = as_json(report, db.rows("failure_messages", limit=5))
    assert "Mustermann" in json.dumps(told, default=str)


def test_sources_are_told_with_their_last_round(db: Database) -> None:
    select(
        db,
        "INSERT INTO source_states (source, polled_at, failures, silent_since) VALUES"
        " ('b', now(), 3, now() - interval '7 hours'), ('a', now(), 0, NULL) RETURNING 1",
    )
    select(
        db,
        "INSERT INTO source_rounds (source, kind, day, started_at, finished_at, complete, listed, new) VALUES"
        " ('a', 'full', '2026-03-01', now() - interval '1 day', now(), true, 100, 3),"
        " ('a', 'new', '2026-03-02', now(), NULL, false, 7, 2) RETURNING 1",
    )
    first, second = read_health(db, None, settings()).sources
    assert (first["source"], first["kind"], first["finished_at"], first["new"]) == ("a", "new", None, 2)
    assert (second["source"], second["failures"], second["kind"]) == ("b", 3, None)
    out = Console(record=True, width=200)
    print_health(out, read_health(db, None, settings()), [])
    assert "new, open" in out.export_text()
