"""Bad input: told with file and line, kept in `failures`, seen in `ty health`, and the rest goes on."""

import json
from pathlib import Path
from typing import Any

import pytest
from sample_pipeline import Pipeline

from ty_assets.derive import Method, derive
from ty_assets.facets.task import FacetsTask
from ty_assets.health.report import read_health
from ty_assets.stages import SUMMARIES
from ty_assets.summaries.task import PostingText, Summary
from ty_jobs.health import as_json
from ty_resources.inference.engine import Answer
from ty_resources.settings import settings

TEXT = "Wir suchen Verstärkung.\n\nIhr Profil:\n- Ausbildung als Koch\n- Gute Deutschkenntnisse\n"


def record(**changes: object) -> str:
    whole = {
        "external_id": "1",
        "title": "Koch (m/w/d)",
        "description": TEXT,
        "first_seen_on": "2026-03-02",
        **changes,
    }
    return json.dumps({key: value for key, value in whole.items() if value is not None})


def health_of(pipeline: Pipeline) -> dict[str, Any]:
    """As `ty health --json` tells it."""
    report = read_health(pipeline.db, pipeline.engine, settings())
    return as_json(report, pipeline.db.rows("failure_messages", limit=1000))


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    lines = [
        record(external_id="good-1").encode(),
        b'{"external_id": "broken", "title": ',
        record(external_id="no-title", title=None).encode(),
        record(external_id="no-text", description="  ").encode(),
        record(external_id="nul", description="Koch\x00in gesucht").encode(),
        record(external_id="latin-1").encode().replace(b"Koch (m", b"K\xf6chin (m"),
        record(external_id="future", published_on="2999-01-01").encode(),
        record(external_id="huge", description="Koch " * 1_000_000).encode(),
        record(external_id="good-2", title="Köchin").encode(),
    ]
    file = tmp_path / "feed.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


def test_broken_records_are_named_with_file_and_line_and_the_rest_goes_on(pipeline: Pipeline, feed: Path) -> None:
    told = pipeline.postings(["2026-03-02"], feed)
    assert told.success, told.errors
    assert told.rows["postings"] == 2
    assert told.metadata["raw_postings"]["failed"] == 7
    health = health_of(pipeline)
    raw = next(stage for stage in health["stages"] if stage["stage"] == "raw_postings")
    assert raw["failed"] == 7
    messages = {row["subject"]: row["message"] for row in health["failures"]}
    assert set(messages) == {f"feed.jsonl:{line}" for line in (2, 3, 4, 5, 6, 7, 8)}
    for line, expected in {
        2: "column",
        3: "title",
        4: "description",
        5: "NUL",
        6: "UTF-8",
        7: "2999",
        8: "1,000,000",
    }.items():
        message = messages[f"feed.jsonl:{line}"]
        assert message.startswith(f"feed.jsonl:{line}: ")
        assert expected in message
        assert "expected" in message


def test_what_was_received_is_kept_with_the_failure(pipeline: Pipeline, feed: Path) -> None:
    pipeline.postings(["2026-03-02"], feed)
    rows = pipeline.select("SELECT subject, payload FROM failures ORDER BY subject")
    assert all(row["payload"] for row in rows)
    assert b"broken" in bytes(rows[0]["payload"])


def test_a_mended_file_takes_its_failures_away(pipeline: Pipeline, feed: Path) -> None:
    pipeline.postings(["2026-03-02"], feed)
    feed.write_text(record(external_id="good-1") + "\n" + record(external_id="mended") + "\n", "utf-8")
    told = pipeline.postings(["2026-03-02"], feed)
    assert told.rows["postings"] == 3
    assert pipeline.select("SELECT * FROM failures") == []


def test_failures_of_a_file_that_is_empty_now_or_has_a_colon_in_its_name_are_taken_away(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    file = tmp_path / "09:30.jsonl"
    file.write_text("broken\n", "utf-8")
    pipeline.run("postings_job", ["2026-03-02"], source=str(file), select=["raw_postings"])
    assert [row["subject"] for row in pipeline.select("SELECT subject FROM failures")] == ["09:30.jsonl:1"]
    file.write_text("", "utf-8")
    pipeline.run("postings_job", ["2026-03-02"], source=str(file), select=["raw_postings"])
    assert pipeline.select("SELECT subject FROM failures") == []


def test_a_posting_that_breaks_a_stage_is_recorded_and_the_others_are_done(pipeline: Pipeline, feed: Path) -> None:
    pipeline.run("postings_job", ["2026-03-02"], source=str(feed), select=["raw_postings", "postings"])

    def answer(items: list[PostingText]) -> list[Answer[Summary]]:
        return [
            Answer(None, ValueError("the model said nothing"))
            if "Köchin" in item.title
            else Answer(Summary(summary="s"))
            for item in items
        ]

    method = Method(model="m", task_version="1", text=PostingText.model_dump_json, answer=answer)
    days = [row["first_seen_on"] for row in pipeline.select("SELECT DISTINCT first_seen_on FROM postings")]
    for attempt in (1, 2, 3):
        report = derive(pipeline.db, SUMMARIES, method, days, chunk_size=10, max_attempts=3)
        assert report.failed == 1
        (failure,) = pipeline.select("SELECT * FROM failures WHERE stage = 'posting_summaries'")
        assert failure["attempts"] == attempt
        assert failure["given_up"] == (attempt == 3)
        assert failure["message"] == "the model said nothing"
    report = derive(pipeline.db, SUMMARIES, method, days, chunk_size=10, max_attempts=3)
    assert (report.failed, report.given_up, report.unchanged) == (0, 1, 1)
    healed = Method(
        model="m",
        task_version="2",
        text=method.text,
        answer=lambda items: [Answer(Summary(summary="s"))] * len(items),
    )
    assert derive(pipeline.db, SUMMARIES, healed, days, chunk_size=10, max_attempts=3).derived == 2
    assert pipeline.select("SELECT * FROM failures WHERE stage = 'posting_summaries'") == []


def test_a_failed_posting_is_a_check_and_not_a_failed_run(
    pipeline: Pipeline, feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = FacetsTask.extract

    def broken(self: FacetsTask, items: list[object], encode: object) -> list[object]:
        if any("Köchin" in item.title for item in items):  # type: ignore[attr-defined]
            raise RuntimeError("a rule broke")
        return rules(self, items, encode)  # type: ignore[arg-type]

    monkeypatch.setattr(FacetsTask, "extract", broken)
    told = pipeline.postings(["2026-03-02"], feed)
    assert told.success
    assert any("posting_facets.few_failures" in check for check in told.failed_checks)
    (failure,) = pipeline.select("SELECT * FROM failures WHERE stage = 'posting_facets'")
    assert failure["error_class"] == "RuntimeError"
    assert told.rows["posting_facets"] > 0


def test_a_file_that_is_still_being_written_is_told_in_health(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "slow.jsonl"
    file.write_text(record() + "\n", "utf-8")
    states = iter([(1, 1), (2, 2)])
    monkeypatch.setattr("ty_resources.sources.files._state", lambda file: next(states))
    monkeypatch.setattr("ty_resources.sources.files.time.sleep", lambda seconds: None)
    monkeypatch.setenv("TY_FILE_SETTLE_SECONDS", "600")
    settings.cache_clear()
    try:
        file.touch()
        told = pipeline.postings(["2026-03-02"], file)
    finally:
        settings.cache_clear()
    assert told.success
    assert told.rows["raw_postings"] == 0
    (failure,) = health_of(pipeline)["failures"]
    assert "still being written" in failure["message"]


def test_an_unknown_asset_is_refused_with_the_names_there_are(pipeline: Pipeline, feed: Path) -> None:
    with pytest.raises(ValueError, match="expected assets of postings_job: berufenet_mapping"):
        pipeline.run("postings_job", ["2026-03-02"], source=str(feed), select=["postngs"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (record(external_id="nan").replace("}", ', "salary": NaN}'), "NaN"),
        (record(external_id="infinite").replace("}", ', "salary": 1e400}'), "Out of range"),
        (record(external_id="nul", note="a\x00b"), "NUL"),
        (record(external_id="nul-key", **{"a\x00b": "x"}), "NUL"),
        (record(external_id="surrogate", note="\ud800"), "surrogates"),
        (record(external_id="x" * 9000), "512"),
        (record(external_id="deep").replace("}", ', "deep": ' + "[" * 100_000 + "]" * 100_000 + "}"), "depth"),
        (record(external_id="long").replace("}", ', "n": ' + "9" * 5000 + "}"), "digits"),
    ],
)
def test_a_record_that_postgres_could_not_hold_is_named_and_harms_no_other(
    pipeline: Pipeline, tmp_path: Path, line: str, expected: str
) -> None:
    file = tmp_path / "poison.jsonl"
    harmless = record(external_id="backslash", note="\\u0000 is text here")
    file.write_text(f"{record(external_id='before')}\n{line}\n{harmless}\n", "utf-8")
    told = pipeline.run("postings_job", ["2026-03-02"], source=str(file), select=["raw_postings"])
    assert told.success, told.errors
    assert told.rows["raw_postings"] == 2
    (failure,) = health_of(pipeline)["failures"]
    assert failure["subject"] == "poison.jsonl:2"
    assert "expected" in failure["message"]
    assert expected in failure["message"]
