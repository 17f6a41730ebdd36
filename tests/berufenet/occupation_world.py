"""Postings of one day in a database, and the assets over them: what tests of whole mappings look at."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from ty_assets.berufenet.asset import berufenet_mapping
from ty_assets.berufenet.catalogue_asset import berufenet_catalogue
from ty_assets.berufenet.task import OccupationTask, OccupationVerdict
from ty_assets.postings import normalise
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.engine import Answer
from ty_resources.inference.task import Role, Task
from ty_resources.inference.usage import Usage
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)
_COLUMNS = [
    "posting_id", "source", "external_id", "content_hash", "raw_hash", "task_version", "first_seen_on", "last_seen_on",
    "title", "title_normalised", "title_hash", "description", "language", "employer", "occupation_hint", "in_scope",
]  # fmt: skip


class World:
    """A database with postings of DAY."""

    def __init__(self, db: Database, engine: EmbeddedEngine) -> None:
        self.db, self.engine = db, engine

    def add(
        self, title: str, description: str = "", *, employer: str | None = None, hint: str | None = None
    ) -> uuid.UUID:
        external = uuid.uuid4().hex
        posting_id = normalise.posting_id("test", external)
        plain = normalise.normalise_title(title)
        row = (
            posting_id, "test", external, normalise.content_hash(title, description), b"raw", "1", DAY, DAY, title,
            plain, normalise.text_hash(plain), description, "de", employer, hint, True,
        )  # fmt: skip
        self.db.insert_new("postings", _COLUMNS, [row])
        return posting_id

    def rewrite(self, posting_id: uuid.UUID, description: str) -> None:
        self.execute(
            "UPDATE postings SET description = %s, content_hash = %s WHERE posting_id = %s",
            description, normalise.content_hash("", description), posting_id,
        )  # fmt: skip

    def map(self) -> dict[str, Any]:
        """Run `berufenet_mapping`; its metadata."""
        return self.run([berufenet_mapping], embedded=self.engine)

    def renew_catalogue(self) -> dict[str, Any]:
        done = dg.materialize([berufenet_catalogue], resources={"db": self.db})
        return _metadata(done, "berufenet_catalogue")

    def run(self, assets: Sequence[dg.AssetsDefinition], **resources: Any) -> dict[str, Any]:
        done = dg.materialize(assets, partition_key=DAY.isoformat(), resources={"db": self.db, **resources})
        return _metadata(done, assets[0].key.to_user_string())

    def of(self, posting_id: uuid.UUID) -> dict[str, Any]:
        (row,) = self.select("SELECT * FROM posting_professions WHERE posting_id = %s", posting_id)
        return row

    def select(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        with self.db.transaction() as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def execute(self, statement: str, *parameters: object) -> None:
        with self.db.transaction() as connection:
            connection.execute(statement, parameters)  # type: ignore[arg-type]


def _metadata(done: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    assert done.success
    (made,) = done.asset_materializations_for_node(asset)
    return {name: value.value for name, value in made.metadata.items()}


class ScriptedModel:
    """A server that answers questions about occupations as it is told, and counts.

    answers: by a part of the text sent, the verdict, or an error; everything else is uncertain.
    """

    remote = True
    embedding_model = "scripted"

    def __init__(self, **answers: OccupationVerdict | Exception) -> None:
        self.answers = answers
        self.usage = Usage()
        self.calls = self.encoded = 0
        self.asked: list[str] = []

    def model(self, role: Role) -> str:
        return f"scripted-{role}"

    def task_version(self, task: Task[Any, Any]) -> str:
        return task.prompt_version()

    def run_each(self, task: Any, items: Iterable[Any], lane: str = "background") -> Iterator[tuple[int, Answer[Any]]]:
        assert isinstance(task, OccupationTask)
        for place, item in enumerate(items):
            self.calls += 1
            self.asked.append(task.render(item))
            said = next((answer for part, answer in self.answers.items() if part in self.asked[-1]), None)
            if isinstance(said, Exception):
                yield place, Answer(None, said)
            else:
                yield place, Answer(said or OccupationVerdict(verdict="uncertain", kldb=None, quote=None))

    def run(self, task: Any, items: Sequence[Any], lane: str = "background") -> list[Answer[Any]]:
        return [answer for _, answer in self.run_each(task, items)]

    def embed_each(self, texts: Iterable[str], lane: str = "background") -> Iterator[tuple[int, Any]]:
        raise AssertionError("titles are encoded by the packaged encoder")

    def embed(self, texts: Sequence[str], lane: str = "background") -> NDArray[np.float32]:
        raise AssertionError("titles are encoded by the packaged encoder")

    def reachable(self) -> bool:
        return True

    def warm_up(self, roles: Sequence[Role] = (), *, embedding: bool = False) -> None:
        pass
