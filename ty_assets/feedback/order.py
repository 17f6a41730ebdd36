"""A person's own order: every match judged by the lessons, written where a verdict has changed.

Belongs here: reading what the lessons need to know of the matches, and writing personal_matches. Not here: the verdicts
themselves (`verdicts`), and the list that is read from the rows (serving).
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np

from ty_assets.feedback import facts
from ty_assets.feedback.direction import Direction
from ty_assets.feedback.learned import Lesson
from ty_assets.feedback.opinions import Feedback, scale_of_old_ratings, utility
from ty_assets.feedback.rules import PostingFacts
from ty_assets.feedback.steps import Steps, ask
from ty_assets.feedback.verdicts import JudgedMatch, judge_by
from ty_assets.matching.places import distance
from ty_resources.postgres import Row

# Advertisements read at once, best matches first, where the asset has not read them yet; somebody waits for it. The
# rest counts as silent until the asset has.
_READ_AT_ONCE: Final = 50


def judge_matches(profile_id: UUID, *, days: Sequence[dt.date] | None = None, stale_only: bool = False) -> Steps[int]:
    """Bring a person's order up to date; the number of rows that changed.

    days: of the postings; None for all. stale_only: only matches that have come or changed since.
    """
    rows = yield from ask("matches_to_judge", profile_id=profile_id, days=days, stale_only=stale_only)
    if not rows:
        return 0
    learned = yield from ask("learned_of_person", profile_id=profile_id)
    lessons = [
        Lesson(row["kind"], row["key"], row["value"], tuple(row["evidence"])) for row in learned if row["enabled"]
    ]
    directions = {}
    if any(lesson.kind == "direction" for lesson in lessons):
        stored = yield from ask("directions_of_person", profile_id=profile_id)
        directions = {row["model"]: _direction(row) for row in stored}
    known = yield from _facts(rows, lessons)
    others = yield from ask("ratings_of_person", profile_id=profile_id)
    old_scale = scale_of_old_ratings(r["rating"] for r in others if r["rating"] is not None and not r["scale"])
    judge = judge_by(lessons, directions)
    changed = []
    for row in rows:
        verdict = judge(_judged(row, known.get(row["posting_id"], PostingFacts()), old_scale))
        told = (row["score"], row["passed_gates"], verdict.adjustment, list(verdict.hidden_by))
        if told != _as_known(row):
            changed.append(_row(row["posting_id"], *told))
    if changed:
        yield from ask("keep_personal_matches", profile_id=profile_id, rows=json.dumps(changed))
    if days is None and not stale_only:
        yield from ask("drop_gone_personal_matches", profile_id=profile_id)
    return len(changed)


def _as_known(row: Row) -> tuple[Any, ...]:
    adjustment = row["known_adjustment"]
    rounded = None if adjustment is None else round(adjustment, 4)
    return row["known_score"], row["known_passed"], rounded, row["known_hidden_by"]


def _row(posting_id: UUID, score: float, passed: bool, moved: float, hidden_by: list[str]) -> dict[str, Any]:
    return {
        "posting_id": str(posting_id), "score": score, "passed_gates": passed, "adjustment": moved,
        "hidden_by": hidden_by,
    }  # fmt: skip


def _direction(row: Row) -> Direction:
    """Without its vector: the similarities come from the database."""
    return Direction(np.zeros(0, np.float32), row["centre"], row["spread"], row["trust"])


def _judged(row: Row, known: PostingFacts, old_scale: Any) -> JudgedMatch:
    said = Feedback(row["rating"], row["scale"], row["decision"], None, row["applied_at"], row["hidden_at"])
    return JudgedMatch(
        posting_id=row["posting_id"],
        score=row["score"],
        model=row["model"],
        kldb=row["kldb"],
        similarity=row["similarity"],
        utility=utility(said, old_scale),
        hidden=row["hidden_at"] is not None,
        facts=known,
    )


def _facts(rows: Sequence[Row], lessons: Sequence[Lesson]) -> Steps[dict[UUID, PostingFacts]]:
    """What rules and terms are judged by; nothing is read where no lesson asks for it."""
    terms = sorted(
        {lesson.key for lesson in lessons if lesson.kind == "term"}
        | {lesson.value["value"] for lesson in lessons if lesson.value.get("kind") == "no_term"}
    )
    rules = [lesson.value["kind"] for lesson in lessons if lesson.kind == "rule"]
    if not terms and not rules:
        return {}
    conditions = facts.ALL_CONDITIONS if {"no_condition", "permanent_only"} & set(rules) else ()
    ids = [row["posting_id"] for row in sorted(rows, key=lambda row: -row["score"])]
    asked = {"posting_ids": ids, "terms": [*terms, *conditions], "version": facts.VERSION}
    found = yield from ask("facts_of_postings", **asked)
    unread = {row["posting_id"] for row in found if not row["known"]}
    if rules and unread:
        yield from read_facts([posting_id for posting_id in ids if posting_id in unread][:_READ_AT_ONCE])
        found = yield from ask("facts_of_postings", **asked)
    codes = {row["posting_id"]: row["kldb"] for row in rows}
    home = rows[0]["home"] if "max_distance" in rules else None  # the map of towns is read for nobody else
    return {row["posting_id"]: _posting_facts(row, codes[row["posting_id"]], home) for row in found}


def _posting_facts(row: Row, kldb: str | None, home: str | None) -> PostingFacts:
    named = frozenset(row["named"] or ())
    common: Mapping[str, Any] = {
        "title": row["title"], "kldb": kldb, "city": row["city"], "region": row["region"],
        "remote": bool(row["remote"]), "terms": named, "pay": row["pay"],
        "kilometres": distance(home, row["city"]) if home else None,
    }  # fmt: skip
    if not row["known"]:
        return PostingFacts(**common, conditions=named)
    return PostingFacts(
        **common,
        conditions=named | frozenset(row["conditions"]),
        working_times=frozenset(row["working_times"]),
        hours=row["hours"],
        office_days=row["office_days"],
        agency=row["agency"],
    )


def read_facts(posting_ids: Sequence[UUID]) -> Steps[int]:
    """Read what advertisements state, and keep it; the number of postings."""
    rows = yield from ask("texts_for_facts", posting_ids=list(posting_ids))
    read = []
    for row in rows:
        stated = facts.stated_facts(row["title"], row["description"], row["employer"])
        read.append(
            {
                "posting_id": str(row["posting_id"]),
                "conditions": sorted(stated.conditions),
                "working_times": sorted(stated.working_times),
                "hours": stated.hours,
                "office_days": stated.office_days,
                "agency": stated.agency,
                "task_version": facts.VERSION,
                "input_hash": bytes(row["content_hash"]).hex(),
            }
        )
    if read:
        yield from ask("keep_facts", rows=json.dumps(read))
    return len(read)
