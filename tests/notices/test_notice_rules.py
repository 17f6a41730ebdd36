"""What is worth a notice: each reason against it by itself, and that nothing else keeps one back."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.notices.rules import NEWS, Candidate, again_after, verdict

TODAY = dt.date(2026, 3, 10)
GOOD = Candidate(
    tier="strong", passed_gates=True, hidden=False, judged=True, rated=False, available=True, valid_through=None,
    first_seen_on=TODAY,
)  # fmt: skip


def test_a_new_strong_match_is_told() -> None:
    assert verdict(GOOD, TODAY, TODAY) == "told"
    assert verdict(replace(GOOD, valid_through=TODAY), TODAY, TODAY) == "told", "open to the end of its last day"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tier": "partial"}, "weak"),
        ({"passed_gates": False}, "gate"),
        ({"hidden": True}, "hidden"),
        ({"judged": False}, "not judged"),
        ({"rated": True}, "rated"),
        ({"available": False}, "closed"),
        ({"valid_through": TODAY - dt.timedelta(days=1)}, "closed"),
        ({"first_seen_on": TODAY - dt.timedelta(days=6)}, "known"),
    ],
)
def test_each_reason_keeps_a_notice_back(change: dict[str, object], why: str) -> None:
    assert verdict(replace(GOOD, **change), TODAY - dt.timedelta(days=5), TODAY) == why


def test_what_came_more_than_two_weeks_ago_is_no_news() -> None:
    long_ago = TODAY - dt.timedelta(days=365)
    assert verdict(replace(GOOD, first_seen_on=TODAY - NEWS), long_ago, TODAY) == "told"
    assert verdict(replace(GOOD, first_seen_on=TODAY - NEWS - dt.timedelta(days=1)), long_ago, TODAY) == "old"


@given(
    st.builds(
        Candidate, tier=st.sampled_from(["strong", "partial", "weak", "none"]), passed_gates=st.booleans(),
        hidden=st.booleans(), judged=st.booleans(), rated=st.booleans(), available=st.booleans(),
        valid_through=st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 1)),
        first_seen_on=st.dates(dt.date(2026, 1, 1), TODAY),
    ),
    st.dates(dt.date(2026, 1, 1), TODAY),
)  # fmt: skip
def test_nobody_is_told_of_what_they_would_not_see_in_their_list(match: Candidate, known_from: dt.date) -> None:
    if verdict(match, known_from, TODAY) == "told":
        assert match.passed_gates
        assert not match.hidden
        assert match.available
        assert known_from <= match.first_seen_on


def test_a_mail_waits_longer_each_time_and_is_given_up_after_a_day_or_so() -> None:
    waits = [again_after(attempts) for attempts in range(1, 12)]
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert known[0] == dt.timedelta(minutes=5)
    assert dt.timedelta(hours=12) < sum(known, dt.timedelta()) < dt.timedelta(days=2)
    assert waits[-1] is None
