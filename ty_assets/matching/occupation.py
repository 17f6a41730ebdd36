"""How near a posting's occupation is to what a person did or seeks, by title and KldB code.

Belongs here: the closeness of occupations, one number a posting. Not here: how much it weighs (`scoring.py`), and how
a title gets its code (`ty_assets.berufenet`).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.person import Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.texts import Texts
from ty_assets.postings.normalise import normalise_title

# KldB 2010: digits of area, main group, group, subgroup, level. The last only says how demanding the job is.
KLDB_CLOSENESS = (0.0, 0.1, 0.4, 0.75, 0.95, 1.0)
# What titles that sound alike are worth when the codes say they are different trades.
TITLE_AGAINST_CODE = 0.5

# Titles of which one holds all words of the other: "Data Engineer", "Senior Data Engineer – Energy". Sentence
# encoders see the rest of a long title more than its head.
SAME_WORDS = 0.9
_TITLE_TAIL = re.compile(r" [–—|-] |[,|(:]| (?:für|fuer|im|in|mit|bei|am|zur|zum|for|at|with|of) ")
_WORD = re.compile(r"[^\W\d_][\w+#.-]*")
_RANKS = frozenset(
    ["senior", "junior", "sr", "sr.", "jr", "jr.", "lead", "principal", "leitender", "leitende", "erfahrener"]
)
# Alone, these name no trade.
_ANY_OCCUPATION = frozenset(
    [
        "manager",
        "mitarbeiter",
        "fachkraft",
        "assistant",
        "assistent",
        "assistenz",
        "specialist",
        "spezialist",
        "leiter",
        "leitung",
        "sachbearbeiter",
        "berater",
        "consultant",
        "engineer",
        "ingenieur",
        "helfer",
        "aushilfe",
        "expert",
        "experte",
        "techniker",
        "trainee",
        "werkstudent",
        "referent",
        "koordinator",
        "coordinator",
        "team",
        "analyst",
        "und",
        "and",
    ]
)


def occupation_closeness(
    postings: Postings, titles: Texts, person: Person, calibration: Calibration
) -> NDArray[np.float32]:
    """How near each posting's title and KldB code are to what the person did or seeks; (P,) in [0, 1].

    The code decides where both are known; a title counts in full only where the codes do not object.
    """
    by_title = np.append(_title_closeness(titles, person, calibration), np.float32(0.0))[postings.title]
    by_code = _code_closeness(postings.kldb, person.profile.kldb)
    objection = TITLE_AGAINST_CODE + (1.0 - TITLE_AGAINST_CODE) * by_code
    known = ~np.isnan(by_code)
    both = np.maximum(np.nan_to_num(by_code), by_title * np.where(known, objection, 1.0))
    return np.where(known, both, by_title).astype(np.float32)


def _title_closeness(titles: Texts, person: Person, calibration: Calibration) -> NDArray[np.float32]:
    """(U,) best weighted credit of each unique title against the person's titles."""
    if len(person.title_hashes) == 0 or len(titles.hashes) == 0:
        return np.zeros(len(titles.hashes), dtype=np.float32)
    credit = calibration.credit(titles.vectors @ person.title_vectors.T)
    credit[titles.hashes[:, None] == person.title_hashes[None, :]] = 1.0
    own = [title_words(normalise_title(title)) for title, _ in person.profile.titles()]
    for row, words in enumerate(_words_of(titles)):
        for column, mine in enumerate(own):
            if words and mine and (words <= mine or mine <= words):
                credit[row, column] = max(credit[row, column], SAME_WORDS)
    best: NDArray[np.float32] = (credit * person.title_weights[None, :]).max(axis=1)
    return best


@lru_cache(maxsize=2)
def _words_of(titles: Texts) -> list[frozenset[str]]:
    """Once for all people."""
    return [title_words(title) for title in titles.terms]


def title_words(title: str) -> frozenset[str]:
    """The words of a title that name the occupation: its head, without rank; empty where none is left."""
    head = _TITLE_TAIL.split(title.casefold(), maxsplit=1)[0]
    words = frozenset(_WORD.findall(head)) - _RANKS
    return frozenset() if words <= _ANY_OCCUPATION else words


def _code_closeness(kldb: NDArray[np.bytes_], own: Iterable[str]) -> NDArray[np.float64]:
    """(P,) by the digits shared from the left; NaN where either side has no code."""
    codes = [code.encode() for code in own if len(code) == 5]
    if not codes or len(kldb) == 0:
        return np.full(len(kldb), np.nan)
    unique, at = np.unique(kldb, return_inverse=True)
    digits = np.ascontiguousarray(unique).view(np.uint8).reshape(-1, 5)
    shared = np.zeros(len(unique), dtype=np.int64)
    for code in set(codes):
        same = digits == np.frombuffer(code, dtype=np.uint8)
        shared = np.maximum(shared, np.cumprod(same, axis=1).sum(axis=1))
    closeness = np.array(KLDB_CLOSENESS)[shared]
    closeness[unique == b""] = np.nan
    return closeness[at]
