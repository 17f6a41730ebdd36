"""A database with an engine and the jobs over them: how tests run the pipeline."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.store import store_document
from ty_jobs.run import RunResult, run_job
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database

SAMPLE_DAYS = [dt.date(2026, 3, day) for day in (2, 3, 4)]

# Every table that a run writes; what makes up "the same rows".
TABLES = (
    "raw_postings", "sightings", "postings", "posting_signatures", "posting_links", "posting_relevance",
    "derivations", "posting_summaries", "posting_requirements",
    "posting_facets", "embeddings", "posting_professions", "posting_llm_analysis", "demand_snapshot", "demand_by_state",
    "profession_similarity", "profiles", "profile_work_history", "profile_facets", "profile_careers",
    "profile_embeddings", "posting_readings", "profile_posting_matches", "match_analyses", "failures",
    "posting_facts", "personal_matches", "notices",
    "inference_cache",
)  # fmt: skip


@dataclass
class Pipeline:
    """A database with an engine, and the jobs over them."""

    db: Database
    engine: EmbeddedEngine
    models: InferenceEngine | None = None  # what TY_ENGINE would name; None: the embedded engine itself

    def run(self, job: str, keys: Sequence[object], **options: Any) -> RunResult:
        with dg.DagsterInstance.ephemeral() as instance:
            overrides = {"db": self.db, "engine": self.models or self.engine, "embedded": self.engine}
            return run_job(instance, job, [str(key) for key in keys], overrides=overrides, **options)

    def postings(self, days: Sequence[dt.date], source: Path) -> RunResult:
        return self.run("postings_job", days, source=str(source))

    def people(self, files: Sequence[Path]) -> list[RunResult]:
        buckets = set()
        for file in files:
            document = parse_json_resume(file.read_bytes(), str(file))
            store_document(self.db, document, file.read_bytes(), str(file))
            buckets.add(document.bucket)
        return [self.run("people_job", [f"{bucket:03d}"]) for bucket in sorted(buckets)]

    def checksums(self) -> dict[str, str]:
        """One checksum for each table, over all columns of all rows in a fixed order."""
        with self.db.transaction() as connection:
            return {
                table: connection.execute(
                    f"SELECT md5(COALESCE(string_agg(t::text, '\n' ORDER BY t::text COLLATE \"C\"), '')) AS sum"
                    f" FROM {table} t"  # type: ignore[arg-type]
                ).fetchone()["sum"]
                for table in TABLES
            }

    def select(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        with self.db.transaction() as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]
