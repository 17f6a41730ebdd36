"""From loaded postings and people to the rows of `profile_posting_matches`."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ty_assets.matching import gates, scoring
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.load import Day
from ty_assets.matching.person import Person
from ty_assets.matching.screening import screen

# Raise it when screening, scoring or gates change their answers.
VERSION = "2"
COLUMNS = [
    "profile_id", "posting_id", "day", "score", "tier", "passed_gates", "gate_reasons", "basis", "matched",
    "missing", "model", "task_version", "input_hash",
]  # fmt: skip


def match_rows(
    day: Day, person: Person, person_hash: bytes, calibration: Calibration, keep: int
) -> Iterator[tuple[Any, ...]]:
    """The person's best `keep` postings, best first: all are scored exactly, these are explained.

    Scores are rounded to four digits, far finer than they mean, so that the order of additions inside a matrix
    product leaves no trace in the rows.
    """
    screened = screen(day.postings, day.texts, person, calibration)
    scores = scoring.score(day.postings, screened, day.titles, person, calibration)
    gated = gates.gate(day.postings, day.texts, screened, person)
    version = f"{VERSION}-{calibration.version}"
    for index in scoring.ranking(scores, gated.passed)[:keep].tolist():
        posting_id = day.postings.posting_ids[index]
        head = day.heads[posting_id]
        told = day.requirements.get(posting_id, {})
        matched, missing = scoring.evidence(day.postings, day.texts, scores, person, index, told)
        reasons = gates.reasons(day.postings, day.texts, gated, person, index, head["language"])
        yield (
            person.profile.profile_id,
            posting_id,
            head["first_seen_on"],
            round(float(scores.score[index]), 4),
            scores.tier(index),
            bool(gated.passed[index]),
            _json([reason.as_row() for reason in reasons]),
            scores.basis(index),
            _json([item.as_row() for item in matched]),
            _json([item.as_row() for item in missing]),
            calibration.model,
            version,
            _input_hash(head, person_hash),
        )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _input_hash(head: dict[str, Any], person_hash: bytes) -> bytes:
    """Over what the match rests on: the posting's facets, analysis and occupation, and the person."""
    digest = hashlib.sha256(person_hash)
    for stage in ("facets", "analysis", "profession"):
        made_by = f"{head[f'{stage}_model'] or ''} {head[f'{stage}_version'] or ''}"
        digest.update(bytes(head[f"{stage}_hash"] or b"") + made_by.encode())
    return digest.digest()[:16]


def day_hash(
    heads: Sequence[dict[str, Any]],
    people: Sequence[dict[str, Any]],
    keep: int,
    others: Iterable[uuid.UUID] = (),
) -> bytes:
    """16 bytes over all that a day's matches rest on: its postings, the people with their wishes, how many to keep.

    others: people who are compared in other vectors than the day's.
    """
    digest = hashlib.sha256(f"{keep} {sorted(map(str, others))}".encode())
    for head in heads:
        place = f"{head['posting_id']} {head['city']} {head['region']} {head['remote']} {head['title_normalised']}"
        digest.update(place.encode("utf-8", "replace") + _input_hash(head, b""))
    for person in people:
        wishes = f"{person['profile_id']} {person['remote_only']} {person['wished_places']} {person['city']}"
        digest.update(wishes.encode("utf-8", "replace") + bytes(person["input_hash"]) + person["task_version"].encode())
    return digest.digest()[:16]
