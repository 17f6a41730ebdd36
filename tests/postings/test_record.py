import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.postings.record import RecordError, parse_record, to_posting

_TODAY = dt.date(2026, 3, 1)
_GOOD: dict[str, Any] = {"external_id": "7", "title": "Koch (m/w/d)", "description": "Gern kochen und planen."}


def _parse(**changes: Any) -> Any:
    return parse_record({**_GOOD, **changes}, _TODAY, 1_000)


def test_names_that_files_use_are_understood() -> None:
    record = parse_record(
        {
            "refnr": 12,
            "job_title": "Koch",
            "text": "Gern kochen.",
            "company": "Bistro",
            "location": "Kiel",
            "datePosted": "2026-02-01T10:00:00Z",
            "homeoffice": "nein",
        },
        _TODAY,
        1_000,
    )
    assert (record.external_id, record.title, record.description) == ("12", "Koch", "Gern kochen.")
    assert (record.employer, record.city, record.remote) == ("Bistro", "Kiel", False)
    assert record.published_on == dt.date(2026, 2, 1)


def test_whatever_else_was_sent_is_kept() -> None:
    assert _parse(salary={"min": 1}).payload["salary"] == {"min": 1}


def test_sections_are_joined_in_reading_order() -> None:
    record = parse_record(
        {"title": "Koch", "benefits": "Urlaub", "requirements": ["Lehre", "Geduld"], "tasks": "Kochen"}, _TODAY, 1_000
    )
    assert record.description == "Kochen\n\nLehre\nGeduld\n\nUrlaub"


def test_a_record_without_id_gets_one_from_its_content() -> None:
    first = parse_record({"title": "Koch", "description": "Kochen"}, _TODAY, 1_000)
    again = parse_record({"title": "koch ", "description": "<p>Kochen</p>"}, _TODAY, 1_000)
    other = parse_record({"title": "Koch", "description": "Backen"}, _TODAY, 1_000)
    assert first.external_id == again.external_id != other.external_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": None}, "title"),
        ({"title": "  "}, "title"),
        ({"title": 5}, "title"),
        ({"description": ""}, "description"),
        ({"description": ["a"]}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"description": "M\ufffdller"}, "description"),
        ({"title": "\ud800"}, "title"),
        ({"description": "a" * 1_001}, "description"),
        ({"published_on": "2026-03-02"}, "published_on"),
        ({"first_seen_on": dt.date(2026, 3, 2)}, "first_seen_on"),
        ({"published_on": "gestern"}, "published_on"),
        ({"published_on": 20260301}, "published_on"),
        ({"remote": "vielleicht"}, "remote"),
        ({"external_id": ["7"]}, "external_id"),
        ({"description": None, "tasks": 5}, "tasks"),
    ],
)
def test_a_broken_record_says_what_is_wrong_and_what_to_do(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordError, match=rf"^{field}: expected .+, got .+; .+") as caught:
        _parse(**changes)
    assert caught.value.field == field
    str(caught.value).encode("ascii")  # a log line or a terminal can always show it


def test_something_that_is_no_record_is_refused() -> None:
    with pytest.raises(RecordError, match="expected an object with named fields"):
        parse_record(["Koch"], _TODAY, 1_000)  # type: ignore[arg-type]


def test_a_posting_may_be_valid_until_a_day_to_come() -> None:
    assert _parse(valid_through="2026-12-31").valid_through == dt.date(2026, 12, 31)


_VALUES = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.booleans(), st.floats(), st.lists(st.text()))
_NAMES = st.sampled_from([*_GOOD, "id", "remote", "tasks", "published_on"])


@given(st.dictionaries(_NAMES, _VALUES))
def test_any_record_becomes_a_posting_or_is_refused(payload: dict[str, Any]) -> None:
    with contextlib.suppress(RecordError):
        posting = to_posting(parse_record(payload, _TODAY, 1_000), _TODAY)
        assert posting.title
        assert posting.external_id


def test_a_posting_is_normalised_but_keeps_its_title() -> None:
    description = "<p>Wir suchen für unser Bistro in Kiel eine Person, die mit uns kocht.</p><ul><li>Geduld</li></ul>"
    posting = to_posting(_parse(description=description, employer=" Bistro\u00a0 am Hafen "), _TODAY)
    assert posting.title == "Koch (m/w/d)"
    assert posting.title_normalised == "Koch"
    assert posting.description.endswith("\n\n- Geduld")
    assert posting.employer == "Bistro am Hafen"
    assert posting.language == "de"
    assert posting.in_scope
    assert posting.scope_reasons == []
    assert posting.first_seen_on == _TODAY


def test_the_day_a_record_names_wins_over_the_day_of_the_fetch() -> None:
    posting = to_posting(_parse(first_seen_on="2026-01-05"), _TODAY)
    assert posting.first_seen_on == dt.date(2026, 1, 5)
