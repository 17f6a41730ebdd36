"""What a person says of matches, as JSON: ratings, their history, what was learned, and what is hidden.

Belongs here: the routes and their shapes. Not here: what is learned (ty_assets/feedback), and pages (`feedback_page`).
A change is learned from before it is answered. Nothing of a comment is logged or repeated in an error.
"""

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from starlette.exceptions import HTTPException

from serving.accounts.identity import Me
from serving.dependencies import Reader
from serving.feedback_shapes import (
    Change,
    Evidence,
    Export,
    History,
    Learned,
    Lesson,
    PastChange,
    Rating,
    Switch,
    Undone,
    WhyNot,
)
from serving.hidden import HiddenCounts, HiddenReason, counts, lessons_by_name, reasons
from serving.language import Spoken
from serving.matches import Gate
from serving.same_site import same_site
from ty_assets.derive import day_subject
from ty_assets.feedback import store
from ty_assets.feedback.absence import absence
from ty_assets.feedback.learned import name_of
from ty_assets.feedback.steps import Result, Steps, ask
from ty_assets.feedback.store import NotThere, Overtaken
from ty_assets.feedback.wording import lesson_sentence
from ty_resources.postgres import Row

router = APIRouter(prefix="/api", tags=["feedback"], dependencies=[Depends(same_site)])

NO_PROFILE = "There is no such profile."
_SOURCE = "api"


@router.put("/matches/{posting_id}/rating")
async def put_rating(
    request: Request, reader: Reader, later: BackgroundTasks, profile_id: Me, posting_id: UUID, said: Change
) -> Rating:
    """Say this of a posting, and nothing else: fields that are not named are taken back."""
    return await rated(request, reader, later, profile_id, posting_id, said, whole=True)


@router.patch("/matches/{posting_id}/rating")
async def patch_rating(
    request: Request, reader: Reader, later: BackgroundTasks, profile_id: Me, posting_id: UUID, said: Change
) -> Rating:
    """Change the fields that are named; the others stay."""
    return await rated(request, reader, later, profile_id, posting_id, said, whole=False)


async def rated(
    request: Request,
    reader: Reader,
    later: BackgroundTasks,
    profile_id: UUID,
    posting_id: UUID,
    said: Change,
    *,
    whole: bool,
    source: str = _SOURCE,
) -> Rating:
    """Store, learn, and have a model read the comment once the answer is sent, where one is configured."""
    now = dt.datetime.now(dt.UTC)
    steps = store.rate(profile_id, posting_id, said.fields(now, whole=whole), now=now, source=source)
    given = await carried_out(reader, steps)
    if given.feedback.comment is not None and (comments := request.app.state.comments) is not None:
        later.add_task(comments.read, profile_id)
    return _rating(posting_id, given)


@router.delete("/matches/{posting_id}/rating", status_code=204)
async def delete_rating(reader: Reader, profile_id: Me, posting_id: UUID) -> None:
    """Take everything back that was said of a posting, with all that it taught."""
    await carried_out(reader, store.take_back(profile_id, posting_id, source=_SOURCE))


@router.get("/feedback/ratings")
async def ratings(reader: Reader, profile_id: Me) -> list[Rating]:
    """All feedback of a person, newest first."""
    await known(reader, profile_id)
    return [Rating(**row) for row in await reader.carry_out(ask("ratings_of_person", profile_id=profile_id))]


@router.get("/feedback/history")
async def history(
    reader: Reader,
    profile_id: Me,
    posting_id: UUID | None = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> History:
    """Every change, newest first."""
    await known(reader, profile_id)
    steps = ask("rating_history", profile_id=profile_id, posting_id=posting_id, before=before, row_limit=limit + 1)
    rows = await reader.carry_out(steps)
    shown = [PastChange(**row) for row in rows[:limit]]
    return History(items=shown, next=shown[-1].event_id if len(rows) > limit else None)


@router.post("/feedback/undo")
async def undo(reader: Reader, profile_id: Me, event_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None) -> Undone:
    """Undo a change, the latest one where none is named."""
    await known(reader, profile_id)
    posting_id, given = await carried_out(reader, store.undo(profile_id, event_id, source=_SOURCE))
    return Undone(posting_id=posting_id, rating=_rating(posting_id, given) if given else None)


@router.get("/feedback/learned")
async def learned(reader: Reader, t: Spoken, profile_id: Me) -> Learned:
    """What was learned, from which ratings, and what it hides."""
    await known(reader, profile_id)
    return await what_was_learned(reader, profile_id, t.code)


@router.put("/feedback/learned")
async def switch(reader: Reader, t: Spoken, profile_id: Me, wanted: Switch) -> Learned:
    """Switch something that was learned on or off. Off, it stays off when it is learned again."""
    await carried_out(reader, store.switch(profile_id, wanted.kind, wanted.key, on=wanted.enabled))
    return await what_was_learned(reader, profile_id, t.code)


@router.get("/feedback")
async def export(reader: Reader, t: Spoken, profile_id: Me) -> Export:
    """Everything that is kept of a person's feedback, to be taken away."""
    await known(reader, profile_id)
    everything = ask("rating_history", profile_id=profile_id, posting_id=None, before=None, row_limit=None)
    return Export(
        ratings=await ratings(reader, profile_id),
        history=[PastChange(**row) for row in await reader.carry_out(everything)],
        learned=await what_was_learned(reader, profile_id, t.code),
    )


@router.delete("/feedback", status_code=204)
async def forget(reader: Reader, profile_id: Me) -> None:
    """Delete all feedback, its history and what was learned from it. It cannot be undone."""
    await known(reader, profile_id)
    await reader.carry_out(store.forget(profile_id))


@router.get("/hidden")
async def hidden(reader: Reader, t: Spoken, profile_id: Me, gates: Literal["all", "passed"] = "all") -> HiddenCounts:
    """How many matches the list leaves out, and what each thing hides. gates=passed: failed gates leave out too."""
    await known(reader, profile_id)
    return await hidden_counts(reader, profile_id, t.code, gates=gates == "passed", gate_text=t("hidden.gates"))


@router.get("/matches/{posting_id}/why")
async def why_not(reader: Reader, t: Spoken, profile_id: Me, posting_id: UUID) -> WhyNot:
    """Why a posting is not in the person's list, or that it is."""
    await known(reader, profile_id)
    return await why(reader, profile_id, posting_id, t.code)


async def known(reader: Reader, profile_id: UUID) -> None:
    """Raises 404 where there is no such person."""
    (found,) = await reader.carry_out(ask("feedback_subject", profile_id=profile_id, posting_id=None))
    if not found["person"]:
        raise HTTPException(404, NO_PROFILE)


async def carried_out(reader: Reader, steps: Steps[Result]) -> Result:
    """Work on feedback; what it raises becomes the answer's status."""
    try:
        return await reader.carry_out(steps)
    except NotThere as error:
        raise HTTPException(404, str(error)) from None
    except Overtaken as error:
        raise HTTPException(409, str(error)) from None
    except store.FeedbackError as error:
        raise HTTPException(422, str(error)) from None


async def what_was_learned(reader: Reader, profile_id: UUID, language: str) -> Learned:
    """Raises nothing for a person without feedback: then nothing is learned."""
    state = await reader.carry_out(ask("feedback_state", profile_id=profile_id))
    rows = await reader.carry_out(ask("learned_of_person", profile_id=profile_id))
    counted = await reader.carry_out(ask("hidden_counts", profile_id=profile_id, gates_hide=False))
    hiding = {row["name"]: row["matches"] for row in counted}
    said = {row["posting_id"]: row for row in await reader.carry_out(ask("ratings_of_person", profile_id=profile_id))}
    return Learned(
        learned_at=state[0]["learned_at"] if state else None,
        ratings=state[0]["ratings"] if state else 0,
        lessons=[_lesson(row, said, hiding, language) for row in rows],
    )


def _lesson(row: Row, said: dict[UUID, Row], hiding: dict[str, int], language: str) -> Lesson:
    evidence = [said[one] for one in row["evidence"] if one in said]
    return Lesson(
        kind=row["kind"],
        key=row["key"],
        text=lesson_sentence(row["kind"], row["key"], row["value"], language, row["name"]),
        value=row["value"],
        enabled=row["enabled"],
        hides=hiding.get(name_of(row["kind"], row["key"]), 0),
        evidence=[Evidence(**{name: one[name] for name in Evidence.model_fields}) for one in evidence],
    )


async def hidden_counts(
    reader: Reader, profile_id: UUID, language: str, *, gates: bool, gate_text: str
) -> HiddenCounts:
    """gates: matches that fail a gate are left out as well."""
    rows = await reader.carry_out(ask("hidden_counts", profile_id=profile_id, gates_hide=gates))
    lessons = await reader.carry_out(ask("learned_of_person", profile_id=profile_id)) if len(rows) > 1 else []
    return counts(rows, lessons_by_name(lessons), language, gate_text)


async def why(reader: Reader, profile_id: UUID, posting_id: UUID, language: str) -> WhyNot:
    """Raises 404 where there is no such posting."""
    day = await reader.carry_out(ask("day_of_posting", posting_id=posting_id))
    if not day:
        raise HTTPException(404, "There is no such posting.")
    subject = day_subject(day[0]["day"])
    asked = ask("why_not_listed", profile_id=profile_id, posting_id=posting_id, day_subject=subject)
    (row,) = await reader.carry_out(asked)
    told = absence(row, language)
    found: list[HiddenReason] = []
    if row["matched"]:
        lessons = lessons_by_name(await reader.carry_out(ask("learned_of_person", profile_id=profile_id)))
        failed = [Gate.model_validate(gate) for gate in row["gate_reasons"]]
        found = reasons(row["score"], row["hidden_by"] or (), failed, lessons, language, gates=True)
    return WhyNot(
        posting_id=posting_id, title=row["title"], why=told.why, text=told.text, details=told.details, reasons=found
    )


def _rating(posting_id: UUID, given: store.Given) -> Rating:
    return Rating(posting_id=posting_id, rated_at=given.rated_at, source=given.source, **asdict(given.feedback))
