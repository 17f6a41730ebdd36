"""A person with matches of one day, as runs would have written them, and feedback on them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from pgvector import HalfVector

from ty_assets.feedback import store
from ty_assets.feedback.learned import name_of
from ty_assets.feedback.steps import carry_out
from ty_assets.postings.normalise import text_hash
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC)
MODEL = "fake"
_PROVENANCE = {"model": MODEL, "task_version": "1", "input_hash": b"\x00" * 16}


class FeedbackWorld:
    """Writes rows that runs would have written, and says things of them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.person = self.add_person("Ada")
        self.minutes = 0
        db.insert_new(
            "calibrations",
            ["model", "cosines", "credits", "pairs", "version"],
            [(MODEL, [0.0, 1.0], [0.0, 1.0], 1, "1")],
        )

    def insert(self, table: str, **row: Any) -> None:
        self.db.insert_new(table, list(row), [tuple(row.values())])

    def add_person(self, name: str) -> uuid.UUID:
        profile_id = uuid.uuid5(uuid.NAMESPACE_URL, name)
        self.insert(
            "profile_documents", profile_id=profile_id, bucket=1, format="json-resume", origin="t", document="{}"
        )
        self.insert(
            "profiles", profile_id=profile_id, bucket=1, headline=name, summary="", language="de",
            input_hash=b"\x00", task_version="1",
        )  # fmt: skip
        return profile_id

    def match(
        self,
        name: str,
        score: float,
        *,
        kldb: str | None = None,
        terms: Sequence[str] = (),
        kind: str = "skill",
        vector: Sequence[float] | None = None,
        passed: bool = True,
        model: str = MODEL,
        person: uuid.UUID | None = None,
        **posting: Any,
    ) -> uuid.UUID:
        posting_id = uuid.uuid5(uuid.NAMESPACE_OID, name)
        row = {
            "posting_id": posting_id, "source": "t", "external_id": name, "content_hash": text_hash(name),
            "raw_hash": b"0", "title_hash": text_hash(name), "task_version": "1", "first_seen_on": DAY,
            "last_seen_on": DAY, "title": name, "title_normalised": name, "description": f"Text of {name}",
            "language": "de", "city": "Kiel", "in_scope": True,
        }  # fmt: skip
        self.insert("postings", **(row | posting))
        if kldb:
            self.insert(
                "posting_professions", posting_id=posting_id, decision="accepted", method="lookup", kldb=kldb,
                **_PROVENANCE,
            )  # fmt: skip
        for ordinal, term in enumerate(terms):
            self.insert(
                "posting_facets", posting_id=posting_id, ordinal=ordinal, requirement_ordinal=0, kind=kind, term=term,
                quote=term, text_hash=text_hash(term), must=True, weight=1.0, **_PROVENANCE,
            )  # fmt: skip
        if vector is not None:
            unit = np.asarray(vector, dtype=np.float32)
            unit /= np.linalg.norm(unit)
            self.insert(
                "embeddings",
                model=model,
                text_hash=text_hash(name),
                text=name,
                embedding=HalfVector(unit),
                needed_on=DAY,
            )
        self.rescore(posting_id, score, passed=passed, person=person, model=model)
        return posting_id

    def rescore(
        self,
        posting_id: uuid.UUID,
        score: float,
        *,
        passed: bool = True,
        person: uuid.UUID | None = None,
        model: str = MODEL,
    ) -> None:
        """As a run does: the row is written anew."""
        row = {
            "profile_id": person or self.person, "posting_id": posting_id, "day": DAY, "score": score, "tier": "weak",
            "passed_gates": passed, "gate_reasons": "[]", "basis": "requirements", "matched": "[]", "missing": "[]",
            "model": model, "task_version": "1", "input_hash": b"0",
        }  # fmt: skip
        self.db.upsert("profile_posting_matches", list(row), [tuple(row.values())], ["profile_id", "posting_id"])

    def say(self, posting_id: uuid.UUID, rating: int | None = None, **changes: Any) -> store.Given:
        """A minute after what was said before."""
        self.minutes += 1
        if rating is not None:
            changes |= {"rating": rating, "scale": "points"}
        now = NOW + dt.timedelta(minutes=self.minutes)
        return carry_out(self.db, store.rate(self.person, posting_id, changes, now=now, source="test"))

    def select(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        with self.db.transaction() as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def lessons(self) -> dict[str, dict[str, Any]]:
        rows = self.db.rows("learned_of_person", profile_id=self.person)
        return {name_of(row["kind"], row["key"]): row for row in rows}

    def hidden(self) -> dict[uuid.UUID, list[str]]:
        rows = self.select(
            "SELECT posting_id, hidden_by FROM personal_matches WHERE profile_id = %s AND hidden", self.person
        )
        return {row["posting_id"]: row["hidden_by"] for row in rows}
