"""A person's list of matches: what may be asked of it, and one page of the answer.

Belongs here: search, filters, order and cursor, from what was asked to rows. Not here: SQL (`sql/queries/serving.sql`),
how far a city is (`nearness.py`), and how a list looks (`pages.py`, `api.py`).
"""

import asyncio
import datetime as dt
import re
from typing import Annotated, Any, Final, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from serving.dependencies import PASSED_GATES, GateFilter
from serving.hidden import ListedMatch, lessons_by_name, reasons
from serving.matches import Hidden, Matches
from serving.nearness import NOWHERE, Choices, Nearness, nearness
from serving.paging import as_real, decode, encode, finite
from ty_assets.feedback.steps import ask
from ty_assets.feedback.store import bring_up_to_date
from ty_resources.settings import settings

Sort = Literal["fit", "newest", "distance", "pay"]
Status = Literal["any", "unrated", "rated", "applied", "hidden"]
Remote = Literal["any", "also", "only"]

LONGEST_SEARCH: Final = 200
# A place without a distance means the place and what is around it.
AROUND_KM: Final = 25

_NEVER: Final = ""  # no title is like this pattern

# An emptied field of a form arrives as "" and means that nothing is asked.
_EMPTY: Final = BeforeValidator(lambda value: None if value == "" else value)
# NUL is no text to Postgres.
Words = Annotated[
    str | None,
    BeforeValidator(lambda value: " ".join(str(value).replace("\x00", " ").split()) or None if value else None),
]


class Asked(BaseModel):
    """What a list is narrowed to and ordered by; all of it is optional."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    q: Words = Field(None, max_length=LONGEST_SEARCH, description="words in title, employer or text")
    place: Words = Field(None, max_length=100, description="a city or region; without it the person's own city")
    within: Annotated[int | None, _EMPTY] = Field(None, ge=1, le=1000, description="kilometres from the place")
    remote: Remote = Field("any", description="also: remote postings wherever they are; only: no others")
    occupation: Annotated[str | None, _EMPTY] = Field(None, pattern=r"^[0-9]{3}$", description="a group of KldB 2010")
    days: Annotated[int | None, _EMPTY] = Field(None, ge=1, le=3650, description="published in the last so many days")
    gates: GateFilter = "all"
    status: Status = Field("any", description="what the person has said of it")
    hidden: Hidden = Field("without", description="what feedback has hidden: left out, alone, or included")
    sort: Sort = "fit"
    after: Annotated[str | None, _EMPTY] = Field(None, description="`next` of the page before")

    @property
    def least_score(self) -> float:
        """0 .. 1."""
        return 0.0

    @property
    def shows_hidden(self) -> Hidden:
        return "only" if self.status == "hidden" else self.hidden

    @property
    def is_plain(self) -> bool:
        """Whether the list is asked for as it is; nothing in it is hidden then."""
        return not self.model_fields_set - {"after", "limit"} or not self.model_dump(
            exclude_defaults=True, exclude={"after", "limit"}
        )

    @property
    def needs_distance(self) -> bool:
        return self.within is not None or self.place is not None or self.sort == "distance"


class AskedOfProgram(Asked):
    limit: int = Field(25, ge=1, le=100)
    min_score: float = Field(0.0, ge=0, le=1, allow_inf_nan=False, description="of the score itself, inclusive")

    @property
    def least_score(self) -> float:
        return self.min_score


class AskedOfPage(Asked):
    """With the score in percent, as people read it."""

    min_score: Annotated[int, BeforeValidator(lambda value: value or 0)] = Field(0, ge=0, le=100)

    @property
    def least_score(self) -> float:
        return self.min_score / 100

    def query(self, **changes: object) -> dict[str, object]:
        """What stands in the address of this list, with these fields changed; None leaves a field out."""
        given = self.model_dump(exclude_defaults=True, exclude={"after"}) | changes
        return {name: value for name, value in given.items() if value is not None}

    @property
    def filters(self) -> list[str]:
        """The fields that narrow the list, by name."""
        return list(self.model_dump(exclude_defaults=True, exclude={"sort", "after"}))


class PlacedMatch(ListedMatch):
    """A match and its place in the order, for the cursor."""

    key: float = Field(exclude=True)
    fit: float = Field(exclude=True)


class Found(NamedTuple):
    """A page of a list. total: of all pages; strong: of these; left_out: what the list hides, with the same filters."""

    rows: list[PlacedMatch]
    next: str | None
    total: int
    strong: int
    left_out: int
    near: Nearness


_ROWS: Final = TypeAdapter(list[PlacedMatch])


class Looked(NamedTuple):
    """What the tables say of a page: everything that it is made of, and nothing made of it yet. rows: JSON."""

    rows: str
    total: int
    strong: int
    left_out: int
    near: Nearness


async def find(
    reader: Matches,
    profile_id: UUID,
    asked: Asked,
    language: str,
    *,
    choices: Choices | None = None,
    limit: int,
) -> Found:
    """`look`, and what it says.

    choices: of the person, where the list needs to know how far cities are. Raises CursorError.
    """
    looked = await look(reader, profile_id, asked, choices=choices, limit=limit)
    return await read(reader, looked, profile_id, asked, language, limit=limit)


async def look(
    reader: Matches, profile_id: UUID, asked: Asked, *, choices: Choices | None = None, limit: int
) -> Looked:
    """One statement; another before it where a person's matches are searched, or have not been judged since a run."""
    near = NOWHERE
    if asked.needs_distance:
        within = asked.within or (AROUND_KM if asked.place else None)
        # In a thread: the first to ask has the map read, which takes a second.
        near = await asyncio.to_thread(nearness, asked.place, within, choices)
    after = _after(asked.after, asked.sort)
    params: dict[str, Any] = {"profile_id": profile_id, "row_limit": limit + 1}
    query = "match_list"
    if asked.is_plain:
        query, params = "best_matches", params | {name: after[name] for name in ("after_fit", "after_id")}
    else:
        params |= _conditions(asked, settings().today()) | _distances(near, asked) | after
    if asked.q is not None:
        await reader.run("keep_words_of_matches", profile_id=profile_id)
    row = await reader.one(query, **params)
    if row["stale"] and asked.after is None:
        await reader.carry_out(bring_up_to_date(profile_id))
        row = await reader.one(query, **params)
    if asked.is_plain:
        row |= await reader.counts.of(profile_id, row["state"])
    return Looked(row["rows"] or "[]", row["total"], row["strong"], row["left_out"], near)


async def read(reader: Matches, looked: Looked, profile_id: UUID, asked: Asked, language: str, *, limit: int) -> Found:
    """limit: as it was looked with."""
    rows = _ROWS.validate_json(looked.rows)
    shown = await _with_reasons(reader, rows[:limit], profile_id, language, asked.gates)
    following = _cursor(asked.sort, shown[-1]) if len(rows) > limit else None
    return Found(shown, following, looked.total, looked.strong, looked.left_out, looked.near)


def _conditions(asked: Asked, today: dt.date) -> dict[str, Any]:
    passed = PASSED_GATES[asked.gates]
    gates_hide = passed is True and asked.shows_hidden != "include"
    return {
        **search(asked.q)._asdict(),
        "passed_gates": None if gates_hide else passed,
        "gates_hide": gates_hide,
        "hidden": asked.shows_hidden,
        "status": asked.status,
        "min_score": as_real(asked.least_score),
        "since": today - dt.timedelta(days=asked.days) if asked.days else None,
        "remote": asked.remote,
        "occupation": asked.occupation,
        "sort": asked.sort,
    }


def _distances(near: Nearness, asked: Asked) -> dict[str, Any]:
    return {
        "cities": near.cities,
        "kilometres": near.kilometres,
        "within": near.within,
        "place": asked.place.lower() if asked.place else None,
    }


class Search(NamedTuple):
    """patterns: each word anywhere in title or employer; beginnings: each word as the beginning of one in the text.

    German writes compounds as one word, so "Daten" finds "Datenbank", and in a title "bank" does.
    """

    words: str | None
    patterns: list[str]
    beginnings: str | None


def search(words: str | None) -> Search:
    """A search with operators ("-", quotation marks) is left to the text search, which understands them."""
    if words is None:
        return Search(None, [], None)
    if '"' in words or re.search(r"(^|\s)-\w", words):
        return Search(words, [_NEVER], None)
    beginnings = " & ".join(f"{word}:*" for word in re.findall(r"\w+", words))
    found = ["%" + re.sub(r"([%_\\])", r"\\\1", word) + "%" for word in words.split()]
    return Search(words, found, beginnings or None)


def _cursor(sort: Sort, last: PlacedMatch) -> str:
    return encode(sort, last.key, last.fit, last.posting_id)


def _after(cursor: str | None, sort: Sort) -> dict[str, Any]:
    """A cursor is of one order: in another it would begin anywhere."""

    def same(text: str) -> str:
        if text != sort:
            raise ValueError(f"expected a cursor of the order {sort}")
        return text

    _, key, fit, posting_id = decode(cursor, same, finite, finite, UUID) if cursor else (None, None, None, None)
    return {"after_key": key, "after_fit": fit, "after_id": posting_id}


async def _with_reasons(
    reader: Matches, rows: list[PlacedMatch], profile_id: UUID, language: str, gates: GateFilter
) -> list[PlacedMatch]:
    """Each match with what hides it from the list of the same gates."""
    hide = gates == "passed"
    if not any(row.hidden_by or (hide and not row.passed_gates) for row in rows):
        return rows
    lessons = lessons_by_name(await reader.carry_out(ask("learned_of_person", profile_id=profile_id)))
    return [
        row.model_copy(
            update={"reasons": reasons(row.score, row.hidden_by, row.gate_reasons, lessons, language, gates=hide)}
        )
        for row in rows
    ]
