"""A polished letter: off unless asked for, never waited for, shown with its sources, and the draft where it lies."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
from decided_world import ScriptedModel, match, person, posting
from psycopg.types.json import Jsonb

from serving.app import create_app
from serving.opened import OpenedMatches
from tests.serving.signing_in import signed_in
from ty_assets.polish.task import PolishedLetter
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.engine import Answer
from ty_resources.postgres import Database
from ty_resources.settings import settings

SOURCE = {"field": "profile: skill SQL", "quote": "Auswertungen in SQL"}
DRAFT = [
    {"text": "Sehr geehrte Damen und Herren,", "paragraph": 0, "sources": [{"field": "template", "quote": ""}]},
    {"text": "Zu meinen Kenntnissen zählt SQL.", "paragraph": 1, "sources": [SOURCE]},
]
SMOOTH = "SQL zählt zu meinen Kenntnissen."


class Polisher(ScriptedModel):
    """Answers with these sentences, and nothing else."""

    def __init__(self, *sentences: str) -> None:
        super().__init__()
        self.sentences = list(sentences)
        self.polished = 0

    def run_each(self, task: Any, items: Iterable[Any], lane: str = "background") -> Iterator[tuple[int, Answer[Any]]]:
        for place, _ in enumerate(items):
            if task.name != "letter_polish":
                yield place, Answer(None, ValueError("it only polishes"))
                continue
            self.polished += 1
            self.lanes.append(lane)
            yield place, Answer(PolishedLetter(sentences=self.sentences))


def opened_until_settled(db: Database, model: Polisher, *, polish: bool) -> list[dict[str, Any]]:
    """The letter at the first opening, and after what is asked in the background has ended."""
    profile_id, posting_id = person(db), posting(db, 1)
    match(db, profile_id, posting_id, 0.9, "apply")
    with db.transaction() as connection:
        connection.execute("UPDATE match_analyses SET sentences = %s", [Jsonb({"de": DRAFT, "en": DRAFT})])
    config = settings().model_copy(update={"polish_letters": polish})

    async def run() -> list[dict[str, Any]]:
        opened = OpenedMatches(Database(db.url), model, EmbeddedEngine(), config)
        app = create_app(db.conninfo, opened)
        transport = httpx.ASGITransport(app)
        member = signed_in(db.conninfo, profile_id)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60, **member.browser) as client,
        ):
            path = f"/api/matches/{posting_id}/analysis"
            first = (await client.get(path)).json()["letter"]
            for _ in range(200):
                if not opened.is_polishing:
                    break
                await asyncio.sleep(0.02)
            return [first, (await client.get(path)).json()["letter"]]

    return asyncio.run(run())


def test_a_smoother_letter_takes_the_draft_s_place_with_its_sources(db: Database) -> None:
    model = Polisher(DRAFT[0]["text"], SMOOTH)  # type: ignore[arg-type]
    first, second = opened_until_settled(db, model, polish=True)
    assert first["polished_by"] is None
    assert [sentence["text"] for sentence in first["sentences"]] == [sentence["text"] for sentence in DRAFT]
    assert second["polished_by"] == model.name
    assert second["sentences"][1] == {"text": SMOOTH, "paragraph": 1, "sources": [SOURCE]}
    assert (model.polished, model.lanes) == (1, ["person"])


def test_a_letter_that_claims_more_keeps_its_draft_and_is_not_asked_for_again(db: Database) -> None:
    model = Polisher(DRAFT[0]["text"], "Zu meinen Kenntnissen zählen SQL und Python.")  # type: ignore[arg-type]
    letters = opened_until_settled(db, model, polish=True)
    assert all(letter["polished_by"] is None for letter in letters)
    assert letters[1]["sentences"] == DRAFT
    assert model.polished == 1


def test_it_is_off_by_default(db: Database) -> None:
    assert not settings().polish_letters
    model = Polisher(SMOOTH)
    letters = opened_until_settled(db, model, polish=settings().polish_letters)
    assert letters[0] == letters[1]
    assert model.polished == 0
