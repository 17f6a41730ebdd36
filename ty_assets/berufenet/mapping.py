"""From a posting to its occupation: an editor's word, the title, a model's reading, the description, the web.

Belongs here: the order in which these are asked, and the row that comes of it. Not here: each of them (decisions.py,
candidates.py, occupation_readings, evidence.py, web.py), and how rows are kept up to date (asset.py).
"""

import datetime as dt
import uuid
from collections.abc import Mapping as ReadMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ty_assets.berufenet.candidates import RUNNER_UPS, Mapping, OccupationIndex, RunnerUp, TitleItem
from ty_assets.berufenet.decisions import Decisions, load_decisions, title_key
from ty_assets.berufenet.evidence import DescriptionEvidence, OpenTitle, without_codes
from ty_assets.berufenet.task import (
    ACCEPT,
    OccupationItem,
    OccupationTask,
    Verdict,
    probabilities,
    tasks_may_decide,
)
from ty_assets.berufenet.web import snippets_of
from ty_assets.summaries.task import PostingText
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row

Found = Literal["hint", "lookup", "candidates", "description", "web", "model", "editor"]

# Of what a person has decided, and of a model's yes with a quote. The second is no measured share.
_EDITOR_SCORE, _MODEL_SCORE = 1.0, ACCEPT
# What a confirmed synonym's title is worth beside a description that names another occupation.
_DOUBTED: Final = 0.3
_NAMED_AT_MOST: Final = 2  # of the runner-ups, codes that only the description names


class Reading(BaseModel):
    """What a model said of this very text."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    verdict: Verdict
    kldb: str | None
    quote: str | None
    with_web: bool
    model: str


class PostingTitle(BaseModel):
    """All that a posting's occupation is decided by; the description by its hash. The id names it and decides nothing.

    snippets: what a search for the title found; None where nobody has searched.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    posting_id: uuid.UUID = Field(exclude=True)
    title: str
    occupation_hint: str | None
    content_hash: str
    confirmed: tuple[str, str] | None = None  # code and who said so
    rejected: tuple[str, ...] = ()
    reading: Reading | None = None
    snippets: tuple[str, ...] | None = None


class Profession(BaseModel):
    """A row of posting_professions; as of `Mapping`, and what decided it beside the title."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    decision: Literal["accepted", "uncertain", "none"]
    method: Found
    kldb: str | None = None
    berufenet_id: int | None = None
    name: str | None = None
    score: float = 0.0
    runner_ups: tuple[RunnerUp, ...] = ()
    verdict: Verdict | None = None
    quote: str | None = None
    answered_by: str | None = None
    title_kldb: str | None = None


@dataclass(frozen=True)
class Known:
    """What is known beside the postings' titles, read once for a run."""

    decisions: Decisions
    readings: dict[uuid.UUID, Reading]
    snippets: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, db: Database, days: Sequence[dt.date]) -> "Known":
        searched = db.value("anything_searched")
        titles = [row["title"] for row in db.rows("posting_titles", days=list(days))] if searched else []
        readings = {
            row["posting_id"]: Reading(**{name: row[name] for name in Reading.model_fields})
            for row in db.rows("occupation_readings_of_days", days=list(days))
        }
        return cls(load_decisions(db), readings, snippets_of(db, titles))

    def item(self, row: Row) -> PostingTitle:
        """From a row of `posting_titles`."""
        # Cleaning a title takes as long as all the rest of this.
        key = title_key(row["title"]) if self.decisions.confirmed or self.decisions.rejected else ""
        return PostingTitle(
            posting_id=row["posting_id"],
            title=row["title"],
            occupation_hint=row["occupation_hint"],
            content_hash=bytes(row["content_hash"]).hex(),
            confirmed=self.decisions.confirmed.get(key),
            rejected=tuple(sorted(self.decisions.rejected.get(key, ()))),
            reading=self.readings.get(row["posting_id"]),
            snippets=self.snippets.get(row["title"]),
        )


class Occupations:
    """Decides postings. Descriptions are read for those alone that nothing before them decides.

    engine: the embedded one, whose rules answer for all.
    """

    def __init__(
        self, db: Database, index: OccupationIndex, evidence: DescriptionEvidence, engine: InferenceEngine
    ) -> None:
        self._db, self._index, self._evidence, self._engine = db, index, evidence, engine
        self._task = OccupationTask()
        self._synonyms = frozenset(row["title_key"] for row in db.rows("confirmed_synonyms"))

    def decide(self, items: Sequence[PostingTitle]) -> list[Profession]:
        """One for each, in order."""
        done: dict[uuid.UUID, Profession] = {}
        left: list[tuple[PostingTitle, Mapping]] = []
        for item, mapping in zip(items, self._by_index(items), strict=True):
            if item.confirmed is not None:
                done[item.posting_id] = self._by_editor(item, *item.confirmed)
            elif mapping.decision == "accepted" and not self._is_doubted(item, mapping):
                done[item.posting_id] = _by_title(item, mapping)
            elif (read := self._by_reading(item, mapping)) is not None:
                done[item.posting_id] = read
            else:
                left.append((item, mapping))
        done.update(self._by_text(left))
        return [done[item.posting_id] for item in items]

    def _by_index(self, items: Sequence[PostingTitle]) -> list[Mapping]:
        titles = [TitleItem(title=item.title, occupation_hint=item.occupation_hint) for item in items]
        mappings = self._index.decide(titles)
        return [without_codes(m, frozenset(item.rejected)) for item, m in zip(items, mappings, strict=True)]

    def _is_doubted(self, item: PostingTitle, mapping: Mapping) -> bool:
        """A confirmed synonym is believed unless the description names another occupation."""
        return bool(self._synonyms) and mapping.method == "lookup" and title_key(item.title) in self._synonyms

    def _by_editor(self, item: PostingTitle, kldb: str, who: str) -> Profession:
        if kldb not in self._index.catalogue.by_kldb:  # dropped since; nobody else may decide this title
            return Profession(decision="none", method="editor", answered_by=who)
        chosen = self._evidence.standing(kldb, item.title)
        return Profession(
            decision="accepted", method="editor", kldb=kldb, berufenet_id=chosen.berufenet_id, name=chosen.name,
            score=_EDITOR_SCORE, answered_by=who,
        )  # fmt: skip

    def _by_reading(self, item: PostingTitle, mapping: Mapping) -> Profession | None:
        reading = item.reading
        if reading is None or reading.verdict == "uncertain":
            return None
        method: Found = "web" if reading.with_web else "model"
        if reading.verdict == "no":
            return Profession(
                decision="none", method=method, score=mapping.score, runner_ups=_offered(mapping)[: RUNNER_UPS + 1],
                verdict="no", answered_by=reading.model, title_kldb=_best_by_title(item, mapping),
            )  # fmt: skip
        if reading.kldb is None or reading.kldb not in self._index.catalogue.by_kldb or reading.kldb in item.rejected:
            return None
        return self._accepted(item, mapping, reading.kldb, method, _MODEL_SCORE, reading.quote or "", reading.model)

    def _by_text(self, left: Sequence[tuple[PostingTitle, Mapping]]) -> dict[uuid.UUID, Profession]:
        """By the rules: first by the posting alone, then with what the web says of its title."""
        ids = [item.posting_id for item, _ in left]
        texts = {
            row["posting_id"]: PostingText(title=row["title"], description=row["description"], language=row["language"])
            for row in (self._db.rows("texts_of_postings", posting_ids=ids) if ids else ())
        }
        done: dict[uuid.UUID, Profession] = {}
        # A posting that has gone since it was listed has no text, and its row goes with it.
        asked = [
            (item, mapping, OpenTitle(texts[item.posting_id], self._doubting(item, mapping), frozenset(item.rejected)))
            for item, mapping in left
            if item.posting_id in texts
        ]
        done.update(self._asked("description", asked))
        done.update((i.posting_id, _by_title(i, m)) for i, m in left if i.posting_id not in texts)
        searched = [
            (item, mapping, replace(title, snippets=item.snippets))
            for item, mapping, title in asked
            if item.snippets and done[item.posting_id].decision != "accepted"
        ]
        done.update(self._asked("web", searched))
        return done

    def _doubting(self, item: PostingTitle, mapping: Mapping) -> Mapping:
        if not self._is_doubted(item, mapping):
            return mapping
        return mapping.model_copy(update={"score": min(mapping.score, _DOUBTED)})

    def _asked(
        self, method: Literal["description", "web"], asked: Sequence[tuple[PostingTitle, Mapping, OpenTitle]]
    ) -> dict[uuid.UUID, Profession]:
        contexts = self._evidence.items([title for _, _, title in asked], tasks_may_decide)
        answers = self._engine.run(self._task, contexts) if contexts else []
        who = self._engine.model(self._task.role)
        done = {}
        for (item, mapping, _), context, answer in zip(asked, contexts, answers, strict=True):
            if answer.output is None:
                raise answer.error or RuntimeError("the rules gave neither an answer nor an error")
            verdict, _removed = self._task.verify(context, answer.output)
            chances = dict(zip((c.kldb for c in context.candidates), probabilities(context), strict=True))
            if verdict.kldb is None or (mapping.decision, mapping.kldb) == ("accepted", verdict.kldb):
                done[item.posting_id] = _open(item, mapping, context, chances, who)
            else:
                score = round(chances[verdict.kldb], 4)
                done[item.posting_id] = self._accepted(
                    item, mapping, verdict.kldb, method, score, verdict.quote or "", who
                )
        return done

    def _accepted(
        self, item: PostingTitle, mapping: Mapping, kldb: str, method: Found, score: float, quote: str, who: str
    ) -> Profession:
        if mapping.kldb == kldb:
            number, name = mapping.berufenet_id, mapping.name
        else:
            chosen = self._evidence.standing(kldb, quote or item.title)
            number, name = chosen.berufenet_id, chosen.name
        return Profession(
            decision="accepted", method=method, kldb=kldb, berufenet_id=number, name=name, score=score,
            runner_ups=tuple(runner for runner in _offered(mapping) if runner.kldb != kldb)[:RUNNER_UPS],
            verdict="yes", quote=quote, answered_by=who, title_kldb=_best_by_title(item, mapping),
        )  # fmt: skip


def _by_title(item: PostingTitle, mapping: Mapping) -> Profession:
    return Profession(**dict(mapping), title_kldb=_best_by_title(item, mapping))


def _open(
    item: PostingTitle, mapping: Mapping, context: OccupationItem, chances: ReadMapping[str, float], who: str
) -> Profession:
    """As the title alone leaves it; codes that only the description names are among the runner-ups, for an editor."""
    shown = _by_title(item, mapping)
    if mapping.decision == "accepted":
        return shown
    there = {mapping.kldb, *(runner.kldb for runner in mapping.runner_ups)}
    named = sorted(
        (c for c in context.candidates if c.kldb not in there and c.is_named), key=lambda c: -chances[c.kldb]
    )
    added = tuple(RunnerUp(kldb=c.kldb, name=c.name, score=round(chances[c.kldb], 4)) for c in named[:_NAMED_AT_MOST])
    most = RUNNER_UPS + (mapping.kldb is None) - len(added)
    return shown.model_copy(
        update={"runner_ups": (*mapping.runner_ups[:most], *added), "verdict": "uncertain", "answered_by": who}
    )


def _offered(mapping: Mapping) -> tuple[RunnerUp, ...]:
    """All codes of the mapping, the chosen one first."""
    if mapping.kldb is None or mapping.name is None:
        return mapping.runner_ups
    return (RunnerUp(kldb=mapping.kldb, name=mapping.name, score=mapping.score), *mapping.runner_ups)


def _best_by_title(item: PostingTitle, mapping: Mapping) -> str | None:
    """None where the source's label decided, or may have."""
    if mapping.method == "hint" or (mapping.method == "candidates" and item.occupation_hint):
        return None
    return next((runner.kldb for runner in _offered(mapping)), None)
