"""Domains by state: sums that lose nothing, and quotients that say what they should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.demand.domains_by_state import REST, UNMAPPED, by_domain, key_of, quotients, rows_by_key
from ty_assets.facets.vocabulary import domains

COUNTS = st.lists(
    st.tuples(st.integers(0, 999).map("{:03d}".format) | st.just("---"), st.sampled_from(["BY", "BE", "unknown"]),
              st.integers(0, 5000)), max_size=60,
)  # fmt: skip


def test_every_domain_is_in_one_row() -> None:
    held = [name for row in rows_by_key().values() for name in row.names]
    assert sorted(held) == sorted(domains())


def test_domains_that_a_group_cannot_part_share_a_row() -> None:
    assert key_of("721") == "banking+insurance"
    assert rows_by_key()["banking+insurance"].name_de == "Bankwesen, Versicherungen"
    assert (key_of("011"), key_of("813"), key_of("999"), key_of("---")) == ("public_service", "nursing", REST, UNMAPPED)


@given(COUNTS)
def test_no_posting_is_lost_or_counted_twice(counts: list[tuple[str, str, int]]) -> None:
    table = by_domain(counts)
    assert sum(sum(row.values()) for row in table.values()) == sum(active for *_, active in counts)


@given(COUNTS)
def test_quotients_of_a_place_average_to_one(counts: list[tuple[str, str, int]]) -> None:
    """Weighted by what each domain is overall: that is what the location quotient means."""
    table = by_domain(counts)
    overall = sum(sum(row.values()) for row in table.values())
    cells = quotients(table)
    for place in {place for row in table.values() for place in row}:
        shown = [(sum(table[key].values()) / overall, row[place].quotient) for key, row in cells.items() if overall]
        if shown and all(quotient is not None for _, quotient in shown):
            assert sum(share * (quotient or 0) for share, quotient in shown) == pytest.approx(1)


def test_twice_as_frequent_is_two_and_too_few_is_nothing() -> None:
    counts = [("434", "BE", 400), ("813", "BE", 600), ("434", "BY", 600), ("813", "BY", 3400), ("531", "BE", 2)]
    cells = quotients(by_domain(counts))
    assert cells["it_software"]["BE"].quotient == pytest.approx((400 / 1002) / (1000 / 5002))
    assert cells["it_software"]["BE"].quotient == pytest.approx(2, abs=0.01)
    assert cells["security"]["BE"].quotient is None
    assert cells["security"]["BY"] == type(cells["security"]["BY"])(0, None)
