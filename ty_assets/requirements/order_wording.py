"""A way of wording an order: a pattern, behind words that are cheap to look for.

Belongs here: how wordings are looked for, and the parts that several share. Not here: the wordings themselves
(orders_to_machines.py, orders_to_scorers.py).
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final, NamedTuple

_WORD = re.compile(r"[^\W_]+")


class Wording(NamedTuple):
    """A pattern, and sets of lower-case words: a text that it matches has at least one of each."""

    needs: tuple[frozenset[str], ...]
    pattern: re.Pattern[str]


def wording(pattern: str, *needs: str) -> Wording:
    """needs: alternatives as they stand in the pattern; of each, its longest word is needed."""
    words = (frozenset(_longest_word(alternative) for alternative in need.split("|")) for need in needs)
    return Wording(tuple(words), re.compile(pattern, re.IGNORECASE | re.MULTILINE))


def _longest_word(alternative: str) -> str:
    return max(reversed(_WORD.findall(alternative)), key=len)


def find_first(text: str, wordings: Collection[Wording]) -> int | None:
    """Where the first match of any wording begins; None without one."""
    words = _words_of(text)
    starts = [
        match.start()
        for needs, pattern in wordings
        if not any(need.isdisjoint(words) for need in needs) and (match := pattern.search(text))
    ]
    return min(starts, default=None)


@lru_cache(maxsize=256)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


# What a posting asks for, in the words of who analyses postings.
WANTED: Final = (
    r"(?:requirements?|(?:pflicht|muss-?)?anforderung\w*|voraussetzung\w*|skills?|fähigkeit\w*|kompetenz\w*"
    r"|qualifi[ck]ation\w*"
    r"|facets?|facetten)\b"
)
GAP: Final = r"(?:(?!(?:and|und|or|oder)\b)\w+\W+)"  # a word between two that belong together
