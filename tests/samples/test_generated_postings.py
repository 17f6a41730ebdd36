"""Generated postings are as many, as long and as different as a benchmark assumes."""

import json
import re
from collections import Counter
from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_jobs.benchmarks.generated_postings import generate_postings

POSTINGS = list(generate_postings(1000))


def test_a_seed_gives_the_same_postings_again_and_another_seed_others() -> None:
    assert list(generate_postings(30, seed=7)) == list(generate_postings(30, seed=7))
    first, second = generate_postings(1, seed=7), generate_postings(1, seed=8)
    assert next(first)["description"] != next(second)["description"]


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    assert list(islice(generate_postings(50), 10)) == list(generate_postings(10))


def test_no_two_postings_are_alike() -> None:
    assert len({p["external_id"] for p in POSTINGS}) == len({p["description"] for p in POSTINGS}) == len(POSTINGS)


def test_at_least_seventy_percent_of_the_lines_are_distinct() -> None:
    lines = [line.strip() for p in POSTINGS for line in p["description"].splitlines() if line.strip()]
    assert len(set(lines)) / len(lines) >= 0.7


def test_two_german_postings_come_to_each_english_one() -> None:
    english = sum(len(re.findall(r"\b(and|the|of|with)\b", p["description"])) > 5 for p in POSTINGS)
    assert english == pytest.approx(len(POSTINGS) / 3, rel=0.02)


def test_layouts_vary() -> None:
    bulleted = [p for p in POSTINGS if re.search(r"^[•\-–*✓·] ", p["description"], re.MULTILINE)]
    assert 0.6 < len(bulleted) / len(POSTINGS) < 0.8
    bullets = Counter(p["description"][p["description"].index("\n\n") :].lstrip()[0] for p in bulleted)
    assert len(bullets) > 6
    headed = [
        p for p in POSTINGS if re.search(r"(?i)^(Kontakt|Contact|Bewerbung|Apply now):?$", p["description"], re.M)
    ]
    assert headed
    assert len(headed) < len(POSTINGS) / 2


def test_no_slot_is_left_open() -> None:
    assert not [p for p in POSTINGS if re.search(r"[{}|]", json.dumps([*map(str, p.values())]))]


def test_the_record_has_the_shape_of_a_raw_posting() -> None:
    posting = next(generate_postings(1, day=date(2026, 5, 6)))
    assert posting["source"] == "generated"
    assert posting["first_seen_on"] == "2026-05-06"
    assert posting["published_on"] <= posting["first_seen_on"] < posting["valid_through"]
    assert json.loads(json.dumps(posting)) == posting


@given(seed=st.integers(), characters=st.integers(1200, 12_000))
@settings(max_examples=25, deadline=None)
def test_a_description_is_within_a_quarter_of_the_length_asked_for(seed: int, characters: int) -> None:
    for posting in generate_postings(3, seed=seed, characters=characters):
        assert 0.75 * characters <= len(posting["description"]) <= 1.25 * characters


def test_what_cannot_be_made_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="expected 0 or more"):
        generate_postings(-1)
    for characters in (1199, 100_001):
        with pytest.raises(ValueError, match="expected from 1200 to 100000"):
            generate_postings(1, characters=characters)


def test_the_longest_posting_is_made_too() -> None:
    (posting,) = generate_postings(1, characters=100_000)
    assert len(posting["description"]) == pytest.approx(100_000, rel=0.01)
