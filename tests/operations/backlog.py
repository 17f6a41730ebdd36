"""Postings written straight into the tables, and an engine over a simulated server: a backlog without a pipeline."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from handle import SimulatedServer

from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)
TEXT = "Wir suchen Verstärkung.\n\nIhr Profil:\n- Erfahrung mit Python\n- Gute Kenntnisse in SQL, Nummer {n}\n"


def add_postings(
    db: Database, count: int, *, day: dt.date = DAY, first: int = 0, in_scope: bool = True, text: str = TEXT
) -> list[uuid.UUID]:
    """So many postings of one day; their ids in order."""
    ids = [uuid.uuid5(uuid.NAMESPACE_URL, f"posting {n}") for n in range(first, first + count)]
    columns = (
        "posting_id", "source", "external_id", "content_hash", "raw_hash", "task_version", "first_seen_on",
        "last_seen_on", "title", "title_normalised", "title_hash", "description", "language", "in_scope",
    )  # fmt: skip
    rows = [
        (
            posting_id, "test", str(n), posting_id.bytes, posting_id.bytes, "2", day, day, f"Entwicklerin {n}",
            f"entwicklerin {n}", posting_id.bytes, text.format(n=n), "de", in_scope,
        )
        for n, posting_id in enumerate(ids, first)
    ]  # fmt: skip
    db.insert_new("postings", columns, rows)
    return ids


def change_text(db: Database, posting_id: uuid.UUID, text: str) -> None:
    select(db, "UPDATE postings SET description = %s WHERE posting_id = %s RETURNING 1", text, posting_id)


def add_derivations(db: Database, stage: str, made: Sequence[tuple[uuid.UUID, dt.datetime]]) -> None:
    columns = ("stage", "subject", "model", "task_version", "input_hash", "row_count", "made_at")
    db.insert_new("derivations", columns, [(stage, subject, "m", "1", b"x", 1, at) for subject, at in made])


def select(db: Database, statement: str, *parameters: object) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]


def model_engine(server: SimulatedServer, **options: Any) -> ModelEngine:
    known: dict[str, Any] = {
        "extraction_model": "qwen2.5-coder:7b", "reasoning_model": "qwen2.5:7b", "embedding_model": "bge-m3",
        "workers": None, "context_tokens": 8192, "max_answer_tokens": 3072, "patience": 30.0,
    }  # fmt: skip
    client = OllamaClient([server.url], context_tokens=8192, keep_alive="30m", request_timeout=60.0)
    return ModelEngine(client, **{**known, **options})
