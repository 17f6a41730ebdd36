"""The other direction: the people ranked for a posting, by the engine that ranks postings for a person.

Belongs here: one posting against everybody, with the same scores, gates and reasons. Not here: people against all
postings (`rank.py`). Nothing is stored.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ty_assets.derive import day_subject
from ty_assets.matching import scores
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.explained import explained
from ty_assets.matching.index import Snapshot, snapshot_of
from ty_assets.matching.load import load_some
from ty_assets.matching.newcomers import calibration_of, spaces
from ty_assets.matching.person import Person
from ty_assets.matching.rank import rank
from ty_resources.postgres import Database


@dataclass(frozen=True)
class Candidate:
    """One person for one posting; see profile_posting_matches for the parts."""

    profile_id: uuid.UUID
    name: str | None
    headline: str
    score: float
    tier: str
    basis: str
    passed_gates: bool
    gate_reasons: Sequence[Mapping[str, Any]]
    matched: Sequence[Mapping[str, Any]]
    missing: Sequence[Mapping[str, Any]]
    model: str  # whose vectors were compared

    @property
    def rank(self) -> tuple[bool, float, uuid.UUID]:
        """Ascending: best first."""
        return not self.passed_gates, -self.score, self.profile_id


def people_for(
    snapshot: Snapshot, people: Sequence[Person], calibration: Calibration, told: scores.Told, limit: int
) -> list[Candidate]:
    """The best `limit` people for the one posting of a snapshot: those that pass the gates, by score, ties by id.

    Everybody is scored exactly; the best are explained. ValueError for a snapshot of more or fewer postings.
    """
    if len(snapshot.postings) != 1:
        raise ValueError(f"expected a snapshot of one posting, got {len(snapshot.postings)}")
    (posting_id,) = snapshot.postings.posting_ids
    # Only what is ordered by is kept of each: there may be thousands.
    found = []
    for place, ranked in enumerate(rank(snapshot, people, calibration)):
        score = round(float(ranked.scores.score[0]), 4)
        found.append((not ranked.passed[0], -score, people[place].profile.profile_id, place))
    best = []
    only = np.zeros(1, dtype=np.int64)
    language = told.heads[posting_id]["language"]
    for failed, negative, profile_id, place in sorted(found)[:limit]:
        person = people[place]
        few = explained(snapshot, person, only, calibration, told.terms)
        matched, missing = few.evidence(posting_id, told.requirements.get(posting_id, {}))
        best.append(
            Candidate(
                profile_id=profile_id,
                name=person.profile.name,
                headline=person.profile.headline,
                score=-negative,
                tier=few.scores.tier(0),
                basis=few.scores.basis(0),
                passed_gates=not failed,
                gate_reasons=[reason.as_row() for reason in few.reasons(posting_id, language)],
                matched=[item.as_row() for item in matched],
                missing=[item.as_row() for item in missing],
                model=calibration.model,
            )
        )
    return best


def people_of_posting(db: Database, packaged_model: str, posting_id: uuid.UUID, limit: int) -> list[Candidate] | None:
    """The same from the tables: everybody who has facets. None where the posting is not there to be matched.

    In the vectors that the posting's day was matched in, and who has none of those in the packaged model's, as a run
    does it.
    """
    told = scores.told_of(db, [posting_id])
    if posting_id not in told.heads:
        return None
    own_model = spaces(db).get(day_subject(told.heads[posting_id]["first_seen_on"]), packaged_model)
    everybody = [row["profile_id"] for row in db.rows("people_to_match")]
    others = {row["profile_id"] for row in db.rows("people_without_vectors", model=own_model)}
    found: list[Candidate] = []
    for model, whom in (
        (own_model, [i for i in everybody if i not in others]),
        (packaged_model, [i for i in everybody if i in others]),
    ):
        calibration = calibration_of(db, model, packaged_model)
        if calibration is None or (not whom and model != own_model):
            continue
        snapshot = snapshot_of(db, model, [posting_id])
        if len(snapshot.postings) == 0:
            return None
        people = [person for person, _ in load_some(db, model, snapshot.dimension, whom)]
        found += people_for(snapshot, people, calibration, told, limit)
    return sorted(found, key=lambda candidate: candidate.rank)[:limit]
