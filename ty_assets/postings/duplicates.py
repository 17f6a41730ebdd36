"""Which postings say the same, and which of them speaks for the others.

Belongs here: the choice of the canonical posting of each group of exact duplicates. Not here: what counts as
equal (normalise.content_hash) and what becomes of the others (they stay, and point at the canonical one).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """One posting as far as duplicates are concerned."""

    posting_id: UUID
    content_hash: bytes
    first_seen_on: dt.date


def find_duplicates(postings: Iterable[Candidate]) -> dict[UUID, UUID | None]:
    """posting_id -> posting_id of the canonical posting of its group; None for the canonical ones themselves.

    Canonical is who was seen first, then who has the smallest id, so the answer does not depend on the order
    of the input, and a later copy never takes over.
    """
    candidates = list(postings)
    canonical: dict[bytes, Candidate] = {}
    for posting in candidates:
        leader = canonical.setdefault(posting.content_hash, posting)
        if (posting.first_seen_on, posting.posting_id) < (leader.first_seen_on, leader.posting_id):
            canonical[posting.content_hash] = posting
    return {
        posting.posting_id: None if leader.posting_id == posting.posting_id else leader.posting_id
        for posting in candidates
        for leader in (canonical[posting.content_hash],)
    }
