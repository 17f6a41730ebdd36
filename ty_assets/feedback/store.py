"""A person's feedback in the database: writing it, learning from it at once, and taking it back.

Belongs here: the order of reads, pure calls and writes, as steps that serving, the command line and the assets share
(`steps`). Not here: what is learned (`learned`), what it does to a match (`verdicts`), and SQL (feedback.sql).
Nothing here logs a comment or a rating.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ty_assets.feedback.learned import VERSION, Learned, learn
from ty_assets.feedback.opinions import Feedback, Opinion, scale_of_old_ratings, utility
from ty_assets.feedback.order import judge_matches
from ty_assets.feedback.steps import Steps, ask
from ty_assets.feedback.task import CommentItem, CommentRules, CommentTask, extracted
from ty_resources.inference.embedded import RULES_MODEL
from ty_resources.postgres import Row

Action = Literal["rate", "delete", "undo"]
_FIELDS: Final = ("rating", "scale", "decision", "comment", "applied_at", "hidden_at")


class FeedbackError(ValueError):
    """What was asked for cannot be done; the message says what was expected."""


class NotThere(FeedbackError):
    """There is no such person, posting, rating, change or lesson."""


class Overtaken(FeedbackError):
    """A change that a later one has overtaken, or that is undone already."""


@dataclass(frozen=True, slots=True)
class Given:
    """Feedback as stored."""

    feedback: Feedback
    rated_at: dt.datetime
    source: str

    def as_json(self) -> str:
        return json.dumps(asdict(self.feedback) | {"rated_at": self.rated_at, "source": self.source}, default=_moment)


def _moment(value: Any) -> str:
    return str(value.isoformat())


def rate(
    profile_id: UUID, posting_id: UUID, changes: Mapping[str, Any], *, now: dt.datetime, source: str
) -> Steps[Given]:
    """Change what a person says of a posting, and learn from it.

    changes: fields of `Feedback` with their new values; None takes a field back, and what is not named stays. Raises
    NotThere for an unknown person or posting, FeedbackError where nothing would be left.
    """
    yield from _locked(profile_id, posting_id)
    was = yield from _given(profile_id, posting_id)
    before = was.feedback if was else Feedback()
    # Of a rating without a scale, the scale of the others: a field that is changed beside it must not lose it.
    after = Given(replace(before, **changes), now, source)
    if all(getattr(after.feedback, name) is None for name in _FIELDS):
        raise FeedbackError(
            "expected a rating, a decision, a comment, a date of application or to hide it; got nothing"
        )
    yield from _keep(profile_id, posting_id, after)
    yield from _note(profile_id, posting_id, "rate", was, after, source)
    yield from relearn(profile_id)
    return after


def take_back(profile_id: UUID, posting_id: UUID, *, source: str) -> Steps[None]:
    """Delete what a person said of a posting, with all that it taught. Raises NotThere where there is nothing."""
    yield from _locked(profile_id, posting_id)
    was = yield from _given(profile_id, posting_id)
    if was is None:
        raise NotThere("There is no feedback of this person on this posting.")
    yield from ask("drop_rating", profile_id=profile_id, posting_id=posting_id)
    yield from _note(profile_id, posting_id, "delete", was, None, source)
    yield from relearn(profile_id)


def undo(profile_id: UUID, event_id: int | None, *, source: str) -> Steps[tuple[UUID, Given | None]]:
    """Undo a change, the latest where none is named; the posting, and its feedback as it is now.

    Raises NotThere where there is no such change; Overtaken where it is undone already, or the posting was rated again
    since.
    """
    yield from ask("lock_feedback", profile_id=profile_id)
    found = yield from ask("change_to_undo", profile_id=profile_id, event_id=event_id)
    if not found:
        raise NotThere("There is no such change to undo.")
    change = found[0]
    if change["undone"] or change["overtaken"]:
        raise Overtaken(
            "This change is undone already."
            if change["undone"]
            else "This posting was rated again since: undo that first."
        )
    posting_id: UUID = change["posting_id"]
    is_now = yield from _given(profile_id, posting_id)
    restored = _read_back(change["was"])
    if restored is None:
        yield from ask("drop_rating", profile_id=profile_id, posting_id=posting_id)
    else:
        yield from _keep(profile_id, posting_id, restored)
    yield from ask("mark_undone", event_id=change["event_id"])
    yield from _note(profile_id, posting_id, "undo", is_now, restored, source)
    yield from relearn(profile_id)
    return posting_id, restored


def switch(profile_id: UUID, kind: str, key: str, *, on: bool) -> Steps[None]:
    """Switch a lesson on or off; matches follow at once. Raises NotThere where nothing of the kind was learned."""
    yield from ask("lock_feedback", profile_id=profile_id)
    lessons = yield from ask("learned_of_person", profile_id=profile_id)
    if not any(row["kind"] == kind and row["key"] == key for row in lessons):
        raise NotThere("Nothing of this kind has been learned from this person's feedback.")
    yield from ask("switch_on" if on else "switch_off", profile_id=profile_id, kind=kind, key=key)
    yield from judge_matches(profile_id)


def forget(profile_id: UUID) -> Steps[None]:
    """Delete all feedback of a person, its history, what was learned, and what a model answered to the comments."""
    yield from ask("lock_feedback", profile_id=profile_id)
    for query in ("forget_ratings", "forget_history", "forget_switches"):
        yield from ask(query, profile_id=profile_id)
    yield from ask("forget_cached_comments", profile_id=profile_id, task=CommentTask.name)
    yield from _nothing_learned(profile_id)


def relearn(profile_id: UUID) -> Steps[Learned]:
    """Learn from all feedback of a person anew, and judge their matches by it. Holds no lock of its own."""
    rows = yield from ask("opinions_of_person", profile_id=profile_id)
    if not rows:
        yield from _nothing_learned(profile_id)
        return Learned()
    readings = yield from _readings(profile_id, rows)
    titles = yield from ask("titles_of_rated", profile_id=profile_id)
    learned = learn(opinions(rows, readings), _vectors(titles))
    lessons = [{**asdict(lesson), "evidence": [str(one) for one in lesson.evidence]} for lesson in learned.lessons]
    yield from ask("forget_learned", profile_id=profile_id)
    yield from ask("keep_learned", profile_id=profile_id, rows=json.dumps(lessons))
    yield from ask("forget_directions", profile_id=profile_id)
    for model, found in learned.directions.items():
        told = {"centre": found.centre, "spread": found.spread, "trust": found.trust}
        vector = "[" + ",".join(f"{x:.6g}" for x in found.vector.tolist()) + "]"
        yield from ask("keep_direction", profile_id=profile_id, model=model, direction=vector, **told)
    yield from ask("keep_feedback_state", profile_id=profile_id, version=VERSION, ratings=len(rows))
    yield from judge_matches(profile_id)
    return learned


def locked_relearn(profile_id: UUID) -> Steps[Learned]:
    """`relearn`, alone: for who changes no rating."""
    yield from ask("lock_feedback", profile_id=profile_id)
    learned = yield from relearn(profile_id)
    return learned


def locked_judge(profile_id: UUID, days: Sequence[dt.date]) -> Steps[int]:
    """Judge the matches of these days; the number that changed."""
    yield from ask("lock_feedback", profile_id=profile_id)
    changed = yield from judge_matches(profile_id, days=list(days))
    return changed


def bring_up_to_date(profile_id: UUID) -> Steps[int]:
    """Judge what a run has made or changed since; the number that changed. Waits for nobody where there is nothing."""
    (found,) = yield from ask("has_stale_matches", profile_id=profile_id)
    if not found["stale"]:
        return 0
    yield from ask("lock_feedback", profile_id=profile_id)
    changed = yield from judge_matches(profile_id, stale_only=True)
    return changed


def keep_readings(
    profile_id: UUID, answers: Sequence[tuple[UUID, str, CommentRules, int]], *, model: str, version: str
) -> Steps[Learned]:
    """Store what a model read in comments, (posting, comment, verified rules, removed claims), and learn anew."""
    yield from ask("lock_feedback", profile_id=profile_id)
    said = yield from ask("opinions_of_person", profile_id=profile_id)
    now_said = {row["posting_id"]: row["comment"] for row in said}
    # A comment that was changed while the model read it waits for its own reading.
    rows = [
        _reading_row(posting_id, comment, rules, removed, model, version)
        for posting_id, comment, rules, removed in answers
        if now_said.get(posting_id) == comment
    ]
    yield from ask("keep_comment_readings", profile_id=profile_id, rows=json.dumps(rows))
    learned = yield from relearn(profile_id)
    return learned


def opinions(rows: Sequence[Row], readings: Mapping[UUID, CommentRules]) -> list[Opinion]:
    """From rows of `opinions_of_person`, in their order."""
    old_scale = scale_of_old_ratings(row["rating"] for row in rows if row["rating"] is not None and not row["scale"])
    found = []
    for row in rows:
        stated = readings[row["posting_id"]].rules if row["posting_id"] in readings else []
        rules = tuple(rule for rule in (one.rule() for one in stated) if rule is not None)
        found.append(
            Opinion(
                row["posting_id"],
                utility(Feedback(**{name: row[name] for name in _FIELDS}), old_scale),
                row["score"],
                row["kldb"],
                frozenset(row["terms"]),
                rules,
            )
        )
    return found


def _nothing_learned(profile_id: UUID) -> Steps[None]:
    for query in ("forget_learned", "forget_directions", "forget_feedback_state", "forget_personal_matches"):
        yield from ask(query, profile_id=profile_id)


def _locked(profile_id: UUID, posting_id: UUID) -> Steps[None]:
    yield from ask("lock_feedback", profile_id=profile_id)
    (known,) = yield from ask("feedback_subject", profile_id=profile_id, posting_id=posting_id)
    if not known["person"]:
        raise NotThere("There is no such profile.")
    if not known["posting"]:
        raise NotThere("There is no such posting.")


def _given(profile_id: UUID, posting_id: UUID) -> Steps[Given | None]:
    rows = yield from ask("rating_of", profile_id=profile_id, posting_id=posting_id)
    if not rows:
        return None
    row = rows[0]
    return Given(Feedback(**{name: row[name] for name in _FIELDS}), row["rated_at"], row["source"])


def _keep(profile_id: UUID, posting_id: UUID, given: Given) -> Steps[None]:
    told = {**asdict(given.feedback), "rated_at": given.rated_at, "source": given.source}
    yield from ask("keep_rating", profile_id=profile_id, posting_id=posting_id, **told)


def _note(
    profile_id: UUID, posting_id: UUID, action: Action, was: Given | None, became: Given | None, source: str
) -> Steps[None]:
    yield from ask(
        "note_rating",
        profile_id=profile_id,
        posting_id=posting_id,
        action=action,
        was=was.as_json() if was else None,
        became=became.as_json() if became else None,
        source=source,
    )


def _read_back(stored: dict[str, Any] | None) -> Given | None:
    if stored is None:
        return None
    said = Feedback(
        **{name: stored[name] for name in ("rating", "scale", "decision", "comment")},
        applied_at=_parsed(stored["applied_at"]),
        hidden_at=_parsed(stored["hidden_at"]),
    )
    return Given(said, dt.datetime.fromisoformat(stored["rated_at"]), stored["source"])


def _parsed(moment: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(moment) if moment else None


def _readings(profile_id: UUID, rows: Sequence[Row]) -> Steps[dict[UUID, CommentRules]]:
    """What each comment states: as it was read, or by patterns now where it is new or they have changed."""
    task, found, fresh = CommentTask(), dict[UUID, CommentRules](), []
    version = task.rules_version()
    for row in rows:
        posting_id, comment = row["posting_id"], row["comment"]
        if comment is None:
            continue
        by_patterns = row["read_by"] in (None, RULES_MODEL)
        is_read = row["comment_hash"] is not None and bytes(row["comment_hash"]) == comment_hash(comment)
        if is_read and not (by_patterns and row["read_version"] != version):
            found[posting_id] = CommentRules.model_validate({"rules": row["rules"]})
            continue
        item = CommentItem(comment=comment)
        found[posting_id], removed = task.verify(item, extracted(item))
        fresh.append(_reading_row(posting_id, comment, found[posting_id], removed, RULES_MODEL, version))
    if fresh:
        yield from ask("keep_comment_readings", profile_id=profile_id, rows=json.dumps(fresh))
    yield from ask("drop_unsaid_readings", profile_id=profile_id)
    return found


def _reading_row(
    posting_id: UUID, comment: str, rules: CommentRules, removed: int, model: str, version: str
) -> dict[str, Any]:
    return {
        "posting_id": str(posting_id),
        "comment_hash": comment_hash(comment).hex(),
        "rules": rules.model_dump(mode="json")["rules"],
        "removed": removed,
        "model": model,
        "task_version": version,
    }


def comment_hash(comment: str) -> bytes:
    return hashlib.sha256(comment.encode("utf-8", "surrogatepass")).digest()[:16]


def _vectors(rows: Sequence[Row]) -> dict[str, dict[UUID, NDArray[np.float32]]]:
    """By model, then by posting; from halfvec's wire form. A vector of length zero points nowhere and is left out."""
    found: dict[str, dict[UUID, NDArray[np.float32]]] = defaultdict(dict)
    for row in rows:
        vector = np.frombuffer(bytes(row["vector"]), ">f2", offset=4).astype(np.float32)
        length = float(np.linalg.norm(vector))
        if length > 0:
            found[row["model"]][row["posting_id"]] = vector / length
    return dict(found)
