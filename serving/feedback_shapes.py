"""The shapes of feedback as JSON: what may be said of a match, and what is told of it.

Belongs here: fields and their checks. Not here: the routes (`feedback`).
"""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from serving.hidden import HiddenReason
from serving.matches import Said
from ty_assets.feedback.task import LONGEST_COMMENT
from ty_resources.settings import settings

_EARLIEST = 1950  # a year: what a date field sends while somebody types is no time of theirs


class Change(BaseModel):
    """What is said of a match; a field that is null is taken back. rating and thumb exclude each other."""

    model_config = ConfigDict(extra="forbid")

    rating: Annotated[int, Field(ge=1, le=10)] | None = None
    thumb: Literal["up", "down"] | None = None
    decision: Literal["apply", "skip", "maybe"] | None = None
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
    applied_at: dt.datetime | None = None
    hide: bool | None = None

    @field_validator("comment")
    @classmethod
    def _said(cls, comment: str | None) -> str | None:
        """Without NUL, which no text column takes; white space alone says nothing."""
        plain = (comment or "").replace("\x00", "").strip()
        return plain or None

    @field_validator("applied_at")
    @classmethod
    def _past(cls, moment: dt.datetime | None) -> dt.datetime | None:
        if moment is None:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=settings().zone)
        if moment > dt.datetime.now(dt.UTC) + dt.timedelta(days=1):
            raise ValueError("expected a time that has been, got one to come")
        if moment.year < _EARLIEST:
            raise ValueError(f"expected a time since {_EARLIEST}, got one in {moment.year}")
        return moment

    @model_validator(mode="after")
    def _one_scale(self) -> "Change":
        if self.rating is not None and self.thumb is not None:
            raise ValueError("expected rating or thumb, got both")
        return self

    def fields(self, now: dt.datetime, *, whole: bool) -> dict[str, Any]:
        """As `store.rate` takes them. whole: what is not named is taken back as well."""
        named = set(type(self).model_fields) if whole else self.model_fields_set
        changed: dict[str, Any] = {name: getattr(self, name) for name in named & {"decision", "comment", "applied_at"}}
        if named & {"rating", "thumb"}:
            thumb = None if self.thumb is None else 1 if self.thumb == "up" else -1
            changed["rating"] = self.rating if self.rating is not None else thumb
            changed["scale"] = "points" if self.rating is not None else "thumbs" if thumb is not None else None
        if "hide" in named:
            changed["hidden_at"] = now if self.hide else None
        return changed


class Rating(Said):
    """Feedback as it is stored now."""

    posting_id: UUID
    title: str | None = None
    rated_at: dt.datetime
    source: str


class PastChange(BaseModel):
    """was and became: the feedback before and after; null where there was, or is, none."""

    event_id: int
    posting_id: UUID
    title: str | None
    action: Literal["rate", "delete", "undo"]
    was: dict[str, Any] | None
    became: dict[str, Any] | None
    source: str
    happened_at: dt.datetime
    undone_at: dt.datetime | None


class History(BaseModel):
    items: list[PastChange]
    next: int | None  # `before` of the next page; null on the last one


class Undone(BaseModel):
    posting_id: UUID
    rating: Rating | None  # as it is now; null: there is none any more


class Evidence(BaseModel):
    posting_id: UUID
    title: str | None
    rating: int | None
    comment: str | None


class Lesson(BaseModel):
    """Something that was learned. hides: matches that it hides now; a direction moves matches and hides none."""

    kind: Literal["cutoff", "occupation", "term", "direction", "rule"]
    key: str
    text: str
    value: dict[str, Any]
    enabled: bool
    hides: int
    evidence: list[Evidence]


class Learned(BaseModel):
    learned_at: dt.datetime | None  # null: nothing was said yet
    ratings: int
    lessons: list[Lesson]


class Switch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["cutoff", "occupation", "term", "direction", "rule"]
    key: str = Field(default="", max_length=300)
    enabled: bool


class WhyNot(BaseModel):
    """why: `listed`, `hidden`, or what keeps the posting from being a match. reasons: of what is hidden."""

    posting_id: UUID
    title: str
    why: str
    text: str
    details: dict[str, Any]
    reasons: list[HiddenReason]


class Export(BaseModel):
    """Everything that is kept of a person's feedback."""

    ratings: list[Rating]
    history: list[PastChange]
    learned: Learned
