"""The few postings of a snapshot that are shown, with what their scores rest on.

Belongs here: taking them out and screening them once more by themselves, with the skills behind each credit. Not here:
the rows that are stored (`scores.py`), and the analysis of a match (`analysis.py`).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching import gates, scoring
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.index import Snapshot
from ty_assets.matching.merge import taken
from ty_assets.matching.person import Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.screening import screen
from ty_assets.matching.texts import Texts


@dataclass(frozen=True, eq=False)
class Explained:
    """One person against a few postings."""

    postings: Postings
    texts: Texts
    person: Person
    scores: scoring.Scores
    gated: gates.Gated
    place: Mapping[uuid.UUID, int]

    def evidence(
        self, posting_id: uuid.UUID, requirement_texts: Mapping[int, str]
    ) -> tuple[list[scoring.Evidence], list[scoring.Evidence]]:
        """What is matched and what is missing; see scoring.evidence."""
        place = self.place[posting_id]
        return scoring.evidence(self.postings, self.texts, self.scores, self.person, place, requirement_texts)

    def reasons(self, posting_id: uuid.UUID, language: str) -> list[gates.GateResult]:
        """A sentence for each gate; see gates.reasons."""
        return gates.reasons(self.postings, self.texts, self.gated, self.person, self.place[posting_id], language)


def explained(
    snapshot: Snapshot,
    person: Person,
    indices: NDArray[np.int64],
    calibration: Calibration,
    terms: Mapping[bytes, str],
) -> Explained:
    """terms: by hash, as the postings spell them; one vector stands for all spellings."""
    postings, texts, titles = taken(snapshot.postings, snapshot.texts, snapshot.titles, indices)
    spelt = (terms.get(key, term) for key, term in zip(texts.hashes.tolist(), texts.terms, strict=True))
    texts = replace(texts, terms=tuple(spelt))
    screened = screen(postings, texts, person, calibration)
    return Explained(
        postings,
        texts,
        person,
        scoring.score(postings, screened, titles, person, calibration),
        gates.gate(postings, texts, screened, person),
        {posting_id: place for place, posting_id in enumerate(postings.posting_ids)},
    )
