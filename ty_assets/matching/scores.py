"""From loaded postings and people to the rows of `profile_posting_matches`."""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.explained import explained
from ty_assets.matching.index import Snapshot
from ty_assets.matching.rank import Ranked
from ty_resources.postgres import Database, Row

# Raise it when screening, scoring or gates change their answers.
VERSION = "5"
COLUMNS = [
    "profile_id", "posting_id", "day", "score", "tier", "passed_gates", "gate_reasons", "basis", "matched",
    "missing", "model", "task_version", "input_hash",
]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What the rows of some postings need beside the arrays.

    heads: by posting_id. requirements: texts by posting and ordinal. terms: by hash, as the postings spell them.
    """

    heads: Mapping[uuid.UUID, Row]
    requirements: Mapping[uuid.UUID, Mapping[int, str]]
    terms: Mapping[bytes, str]


def told_of(db: Database, ids: Sequence[uuid.UUID]) -> Told:
    requirements: dict[uuid.UUID, dict[int, str]] = defaultdict(dict)
    for row in db.rows("requirement_texts_of_postings", ids=list(ids)):
        requirements[row["posting_id"]][row["ordinal"]] = row["text"]
    return Told(
        {row["posting_id"]: row for row in db.rows("heads_of_postings", ids=list(ids))},
        requirements,
        {bytes(row["text_hash"]).rstrip(b"\0"): row["term"] for row in db.rows("terms_of_postings", ids=list(ids))},
    )


def match_rows(
    snapshot: Snapshot,
    ranked: Ranked,
    indices: NDArray[np.int64],
    person_hash: bytes,
    calibration: Calibration,
    told: Told,
) -> Iterator[tuple[Any, ...]]:
    """The rows of some postings, in the given order: all are scored exactly, these are explained.

    Scores are rounded to four digits, far finer than they mean, so that the order of additions inside a matrix
    product leaves no trace in the rows. A posting that has gone since the snapshot has no row.
    """
    person = ranked.person
    few = explained(snapshot, person, indices, calibration, told.terms)
    version = f"{VERSION}-{calibration.version}"
    for index in indices.tolist():
        posting_id = snapshot.postings.posting_ids[index]
        head = told.heads.get(posting_id)
        if head is None:
            continue
        matched, missing = few.evidence(posting_id, told.requirements.get(posting_id, {}))
        yield (
            person.profile.profile_id,
            posting_id,
            head["first_seen_on"],
            round(float(ranked.scores.score[index]), 4),
            ranked.scores.tier(index),
            bool(ranked.passed[index]),
            _json([reason.as_row() for reason in few.reasons(posting_id, head["language"])]),
            ranked.scores.basis(index),
            _json([item.as_row() for item in matched]),
            _json([item.as_row() for item in missing]),
            calibration.model,
            version,
            input_hash(head, person_hash),
        )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def input_hash(head: dict[str, Any], person_hash: bytes) -> bytes:
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
        place += f" {head['pay']}"
        digest.update(place.encode("utf-8", "replace") + input_hash(head, b""))
    for person in people:
        wishes = f"{person['profile_id']} {person['remote_only']} {person['wished_places']} {person['city']}"
        wishes += f" {person['minimum_pay']}"
        digest.update(wishes.encode("utf-8", "replace") + bytes(person["input_hash"]) + person["task_version"].encode())
    return digest.digest()[:16]
