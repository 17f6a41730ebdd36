"""A person, some postings and their matches, and a reasoning model that answers what a test tells it to."""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from psycopg.types.json import Jsonb

from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.store import store_document, store_profiles
from ty_assets.verdicts.task import Verdict, VerdictItem, VerdictReason
from ty_resources.inference.engine import Answer
from ty_resources.inference.usage import Usage
from ty_resources.postgres import Database

MODEL = "thinker:1"
DEMAND = "sicherer Umgang mit SQL"
SHOWN = "Auswertungen in SQL geschrieben"
RESUME = {
    "basics": {"name": "Kim Beispiel", "email": "kim@example.org", "label": "Controllerin"},
    "work": [
        {"name": "Hochbau Nord", "position": "Controllerin", "startDate": "2016-04-01", "summary": SHOWN},
    ],
}
PROVENANCE = {"model": "usem3", "task_version": "1", "input_hash": b"\0" * 16}


def applies(item: VerdictItem) -> Verdict:
    reason = VerdictReason(speaks_for="apply", text="SQL ist da.", posting_quote=DEMAND, profile_quote=SHOWN)
    return Verdict(reasons=[reason], decision="apply", confidence=0.75)


def skips(item: VerdictItem) -> Verdict:
    reason = VerdictReason(speaks_for="skip", text="Es fehlt an allem.", posting_quote=DEMAND, profile_quote="")
    return Verdict(reasons=[reason], decision="skip", confidence=0.5)


class ScriptedModel:
    """A remote engine with one answer for everything. items: what it was asked, lanes: how urgently."""

    remote = True
    embedding_model = "usem3"
    encoded = 0

    def __init__(self, answer: Callable[[VerdictItem], Verdict] = applies, name: str = MODEL) -> None:
        self.answer, self.name = answer, name
        self.items: list[VerdictItem] = []
        self.lanes: list[str] = []
        self.usage = Usage()

    @property
    def calls(self) -> int:
        return len(self.items)

    def model(self, role: str) -> str:
        return self.name

    def task_version(self, task: Any) -> str:
        return str(task.prompt_version())

    def run_each(
        self, task: Any, items: Iterable[VerdictItem], lane: str = "background"
    ) -> Iterator[tuple[int, Answer[Verdict]]]:
        for place, item in enumerate(items):
            if task.name != "match_verdict":
                yield place, Answer(None, ValueError("it only decides"))
                continue
            self.items.append(item)
            self.lanes.append(lane)
            try:
                yield place, Answer(self.answer(item))
            except ValueError as error:
                yield place, Answer(None, error)

    def embed(self, texts: Sequence[str], lane: str = "background") -> NDArray[np.float32]:
        raise AssertionError("nothing is embedded for a verdict")

    def reachable(self) -> bool:
        return True

    def warm_up(self, roles: Sequence[str] = (), *, embedding: bool = False) -> None: ...


def insert(db: Database, table: str, **row: Any) -> None:
    values = [Jsonb(value) if isinstance(value, (dict, list)) else value for value in row.values()]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join([sql.Placeholder()] * len(row)),
    )
    with db.transaction() as connection:
        connection.execute(statement, values)


def person(db: Database, email: str = "kim@example.org", summary: str = "") -> uuid.UUID:
    resume = RESUME | {"basics": RESUME["basics"] | {"email": email, "summary": summary}}  # type: ignore[operator]
    raw = json.dumps(resume, ensure_ascii=False).encode()
    document = parse_json_resume(raw, "test")
    store_document(db, document, raw, "test")
    store_profiles(db, [document.bucket], 1)
    return document.profile_id


def posting(db: Database, number: int, description: str = f"Das bringen Sie mit:\n- {DEMAND}") -> uuid.UUID:
    posting_id = uuid.UUID(int=number)
    insert(
        db,
        "postings",
        posting_id=posting_id,
        source="test",
        external_id=str(number),
        content_hash=number.to_bytes(16, "big"),
        raw_hash=b"\0" * 16,
        title_hash=b"\0" * 16,
        task_version="1",
        first_seen_on="2026-03-02",
        last_seen_on="2026-03-02",
        title="Controllerin",
        title_normalised="Controllerin",
        description=description,
        language="de",
        in_scope=True,
    )
    insert(
        db, "posting_requirements", posting_id=posting_id, ordinal=0, text=DEMAND, quote=DEMAND, must=True,
        kind="skill", **PROVENANCE,
    )  # fmt: skip
    return posting_id


def match(
    db: Database,
    profile_id: uuid.UUID,
    posting_id: uuid.UUID,
    score: float,
    recommendation: str | None = None,
    *,
    passed: bool = True,
    day: str = "2026-03-02",
) -> None:
    insert(
        db, "profile_posting_matches", profile_id=profile_id, posting_id=posting_id, day=day, score=score,
        tier="partial", passed_gates=passed, gate_reasons=[], basis="requirements", matched=[], missing=[],
        **PROVENANCE,
    )  # fmt: skip
    if recommendation:
        insert(
            db, "match_analyses", profile_id=profile_id, posting_id=posting_id, recommendation=recommendation,
            decided_by="rule", go_reasons=[], nogo_reasons=[], similarity={}, language="de",
            nogo_narrative="Passt nicht.", **PROVENANCE,
        )  # fmt: skip
