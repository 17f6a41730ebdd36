"""The drift checks over real tables: what is counted, and that they warn."""

import datetime as dt
import json
import uuid
from collections.abc import Callable

import dagster as dg
import pytest

from ty_assets.drift.checks import check_drift, drift
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 29)
PROVENANCE = ["model", "task_version", "input_hash"]


def fill(
    db: Database,
    day: dt.date,
    size: int,
    *,
    language: Callable[[int], str] = lambda n: "de",
    requirements: Callable[[int], int] = lambda n: 5,
    score: Callable[[int], float] = lambda n: 0.5,
    version: str = "1",
    people: tuple[uuid.UUID, ...] = (),
) -> None:
    """A day's postings; of each person a match with every one."""
    ids = [uuid.uuid4() for _ in range(size)]
    db.upsert(
        "postings",
        ["posting_id", "source", "external_id", "content_hash", "raw_hash", "task_version", "first_seen_on",
         "last_seen_on", "title", "title_normalised", "title_hash", "description", "language", "in_scope"],
        [
            (i, "s", str(i), i.bytes, i.bytes, "1", day, day, "Koch", "Koch", i.bytes, "Text", language(n), True)
            for n, i in enumerate(ids)
        ],
        ["posting_id"],
    )  # fmt: skip
    db.upsert(
        "derivations",
        ["stage", "subject", *PROVENANCE, "row_count"],
        [("posting_requirements", i, "m", version, b"x", requirements(n)) for n, i in enumerate(ids)],
        ["stage", "subject"],
    )
    db.upsert(
        "profile_posting_matches",
        ["profile_id", "posting_id", "day", "score", "tier", "passed_gates", "basis", "matched", "missing",
         *PROVENANCE],
        [
            (who, i, day, score(n), "weak", True, "requirements", "[]", "[]", "m", version, b"x")
            for who in people
            for n, i in enumerate(ids)
        ],
        ["profile_id", "posting_id"],
    )  # fmt: skip


def someone(db: Database) -> uuid.UUID:
    who = uuid.uuid4()
    db.execute("store_document", profile_id=who, bucket=1, origin="x.json", document=json.dumps({"x": str(who)}))
    columns = ["profile_id", "bucket", "headline", "summary", "language", "input_hash", "task_version"]
    db.upsert("profiles", columns, [(who, 1, "Koch", "", "de", b"x", "1")], ["profile_id"])
    columns = ["profile_id", "domains", "kldb", "years", "degree_level", *PROVENANCE]
    db.upsert("profile_careers", columns, [(who, [], [], 1.0, 0, "m", "1", b"x")], ["profile_id"])
    return who


def weeks(db: Database, **options: object) -> None:
    for age in range(1, 29):
        fill(db, DAY - dt.timedelta(days=age), 60, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "steady", "moved"),
    [
        (
            "languages_are_steady",
            {"language": lambda n: "en" if n % 10 == 0 else "de"},
            {"language": lambda n: "fr" if n % 2 else "de"},
        ),
        (
            "requirement_counts_are_steady",
            {"requirements": lambda n: n % 9},
            {"requirements": lambda n: n % 9 // 8},
        ),
    ],
)
def test_a_day_that_moved_warns_and_a_steady_one_passes(
    db: Database, name: str, steady: dict[str, object], moved: dict[str, object]
) -> None:
    weeks(db, **steady)
    fill(db, DAY, 60, **steady)  # type: ignore[arg-type]
    result = check_drift(db, DAY, name)
    assert result.passed, result.description
    assert "as on 28 days before" in (result.description or "")
    tomorrow = DAY + dt.timedelta(days=1)
    fill(db, tomorrow, 60, **moved)  # type: ignore[arg-type]
    result = check_drift(db, tomorrow, name)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "have moved" in (result.description or "")
    assert "instead of" in (result.description or "")


def test_best_scores_are_those_of_the_best_hundredth_of_a_days_postings(db: Database) -> None:
    people = tuple(someone(db) for _ in range(60))
    for age in range(1, 10):
        fill(db, DAY - dt.timedelta(days=age), 10, score=lambda n: 0.8 if n == 3 else 0.1, people=people)
    fill(db, DAY, 10, score=lambda n: 0.8 if n == 5 else 0.7, people=people)
    result = check_drift(db, DAY, "best_scores_are_steady")
    assert result.passed, result.description
    assert result.metadata["size"].value == 60
    tomorrow = DAY + dt.timedelta(days=1)
    fill(db, tomorrow, 10, score=lambda n: 0.4, people=people)
    result = check_drift(db, tomorrow, "best_scores_are_steady")
    assert not result.passed
    assert "0.4: 100% instead of 0%" in (result.description or "")


def test_other_rules_are_not_compared_with_the_old_ones(db: Database) -> None:
    weeks(db, requirements=lambda n: 2)
    fill(db, DAY, 60, requirements=lambda n: 12, version="2")
    result = check_drift(db, DAY, "requirement_counts_are_steady")
    assert result.passed
    assert "0 days before it have" in (result.description or "")


def test_without_postings_the_checks_pass_and_say_so_for_the_day_that_is_asked_for(db: Database) -> None:
    job = dg.define_asset_job("j", selection=dg.AssetSelection.checks(drift))
    definitions = dg.Definitions(asset_checks=[drift], resources={"db": db}, jobs=[job])
    (name,) = (node.name for node in definitions.resolve_job_def("j").nodes)
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = definitions.resolve_job_def("j").execute_in_process(
            instance=instance, run_config={"ops": {name: {"config": {"day": "2026-03-29"}}}}
        )
    evaluations = outcome.get_asset_check_evaluations()
    assert len(evaluations) == 3
    assert all(
        one.passed and "2026-03-29: not compared, 0 are too few" in (one.description or "") for one in evaluations
    )
