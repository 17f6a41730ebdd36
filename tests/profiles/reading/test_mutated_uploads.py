"""Broken and hostile documents: each is read or refused with a cause, in bounded time and memory.

`TY_SOAK=1` takes 2,000 of each kind instead of a few.
"""

import asyncio
import os
from collections import Counter

import pytest

from tests.profiles.reading import mutations
from tests.profiles.reading.batch import Outcome, outcomes
from ty_assets.profiles.reading.answer import ReadCv, UnreadableCv
from ty_assets.profiles.reading.confinement import MEMORY_BYTES
from ty_assets.profiles.reading.sandbox import read_apart

SOAK = bool(os.environ.get("TY_SOAK"))
OF_EACH_KIND = 2_000 if SOAK else 10
AT_ONCE = 500  # documents of one process
# "crashed" is a fault in a reader, which ought to have said what is wrong with the document.
pytestmark = pytest.mark.xdist_group("hostile_documents")  # which take a while to build
FAULTS = ("hung", "crashed", "no resume")
THROUGH_THE_SANDBOX = ("a zip bomb as DOCX", "billion laughs", "a stream of 25 MB")


def all_outcomes(documents: list[bytes]) -> list[Outcome]:
    found: list[Outcome] = []
    for start in range(0, len(documents), AT_ONCE):
        found += outcomes(documents[start : start + AT_ONCE])
        assert len(found) == min(start + AT_ONCE, len(documents)), f"document {len(found)} has killed its process"
    return found


def test_mutated_documents_are_read_or_refused() -> None:
    named = [(kind, seed) for seed in range(OF_EACH_KIND) for kind in mutations.KINDS]

    found = all_outcomes([mutations.mutated(kind, seed) for kind, seed in named])

    assert [pair for pair, outcome in zip(named, found, strict=True) if outcome.code in FAULTS] == []
    assert max(outcome.megabytes for outcome in found) < MEMORY_BYTES / 2_000_000
    codes = Counter(outcome.code for outcome in found)
    assert codes["read"] > 0, codes
    assert codes["malformed"] > 0, codes


def test_hostile_documents_are_refused_or_read_without_harm() -> None:
    documents = mutations.hostile()
    found = dict(zip(documents, all_outcomes(list(documents.values())), strict=True))

    assert {name: outcome.code for name, outcome in found.items() if outcome.code in FAULTS} == {}
    assert found["a zip bomb as DOCX"].code == "unpacks_too_large"
    assert found["a directory that lies about sizes"].code in ("unpacks_too_large", "malformed")
    assert found["billion laughs"].code == "malformed"
    assert max(outcome.megabytes for outcome in found.values()) < MEMORY_BYTES / 2_000_000


@pytest.mark.parametrize("name", THROUGH_THE_SANDBOX)
def test_some_of_them_go_through_the_real_sandbox(name: str) -> None:
    with pytest.raises(UnreadableCv) as caught:
        asyncio.run(read_apart(mutations.hostile()[name], "cv.pdf"))

    assert caught.value.code in ("unpacks_too_large", "malformed", "too_long", "out_of_memory", "no_text", "timed_out")


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_the_good_ones_still_come_through_the_sandbox(kind: str) -> None:
    cv = asyncio.run(read_apart(mutations.good(kind), None))

    assert isinstance(cv, ReadCv)
    assert (cv.kind, len(cv.resume["work"])) == (kind, 3)
