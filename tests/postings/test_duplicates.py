import datetime as dt
import random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ty_assets.postings.duplicates import Candidate, find_duplicates
from ty_assets.postings.record import parse_record, to_posting

_DAY = dt.date(2026, 3, 2)
_CANDIDATES = st.lists(
    st.builds(
        Candidate,
        posting_id=st.integers(0, 40).map(lambda number: UUID(int=number)),
        content_hash=st.sampled_from([b"a", b"b", b"c"]),
        first_seen_on=st.integers(0, 3).map(lambda days: _DAY + dt.timedelta(days=days)),
    ),
    unique_by=lambda candidate: candidate.posting_id,
)


def test_the_posting_seen_first_speaks_for_its_copies() -> None:
    late = Candidate(UUID(int=1), b"same", _DAY + dt.timedelta(days=1))
    early = Candidate(UUID(int=9), b"same", _DAY)
    alone = Candidate(UUID(int=5), b"other", _DAY)
    assert find_duplicates([late, early, alone]) == {
        late.posting_id: early.posting_id,
        early.posting_id: None,
        alone.posting_id: None,
    }


def test_of_postings_seen_on_one_day_the_smallest_id_speaks() -> None:
    second, first = Candidate(UUID(int=2), b"x", _DAY), Candidate(UUID(int=1), b"x", _DAY)
    assert find_duplicates([second, first]) == {second.posting_id: first.posting_id, first.posting_id: None}


@given(_CANDIDATES, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(candidates: list[Candidate], dice: random.Random) -> None:
    shuffled = candidates.copy()
    dice.shuffle(shuffled)
    assert find_duplicates(shuffled) == find_duplicates(candidates)


@given(_CANDIDATES)
def test_a_duplicate_points_at_a_canonical_posting_of_the_same_content(candidates: list[Candidate]) -> None:
    found = find_duplicates(candidates)
    content = {candidate.posting_id: candidate.content_hash for candidate in candidates}
    assert found.keys() == content.keys()
    for posting, canonical in found.items():
        assert canonical is None or (found[canonical] is None and content[canonical] == content[posting])
    assert sum(canonical is None for canonical in found.values()) == len(set(content.values()))


def test_the_same_words_about_two_cities_are_two_jobs() -> None:
    berlin, again, hamburg = (
        to_posting(
            parse_record(
                {"title": "Koch", "description": "Wir suchen einen Koch.", "id": str(n), "city": city}, _DAY, 9999
            ),
            _DAY,
        )
        for n, city in enumerate(("Berlin", "10115 Berlin", "Hamburg"))
    )
    assert berlin.content_hash == again.content_hash != hamburg.content_hash
