"""How near a posting's occupation is to what a person did or seeks, by title and KldB code.

Belongs here: the closeness of occupations, one number a posting. Not here: how much it weighs (`scoring.py`), and how
a title gets its code (`ty_assets.berufenet`).
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.credit import worth
from ty_assets.matching.person import Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.product import best_cosines
from ty_assets.matching.texts import Texts
from ty_assets.matching.title_words import TitleWords, plain_title, title_roles, title_words

# KldB 2010: digits of area, main group, group, subgroup, level. The last only says how demanding the job is.
KLDB_CLOSENESS = (0.0, 0.1, 0.4, 0.75, 0.95, 1.0)
# What titles that sound alike are worth when the codes say they are different trades.
TITLE_AGAINST_CODE = 0.5

# Titles of which one holds all words of the other: "Data Engineer", "Senior Data Engineer – Energy". Sentence
# encoders see the rest of a long title more than its head.
SAME_WORDS = 0.9

# Titles that name the same trade in other words: "Sozialarbeiter" and "Sozialpädagogin". Nearly a KldB group.
SAME_ROLE = 0.7


def occupation_closeness(
    postings: Postings,
    titles: Texts,
    person: Person,
    calibration: Calibration,
    nearest: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """How near each posting's title and KldB code are to what the person did or seeks; (P,) in [0, 1].

    The code decides where both are known; a title counts in full only where the codes do not object. nearest: the best
    cosines of `title_groups`, where they are known already.
    """
    by_title = np.append(_title_closeness(titles, person, calibration, nearest), np.float32(0.0))[postings.title]
    by_code = _code_closeness(postings.kldb_codes, person.profile.kldb)[postings.kldb_code]
    objection = TITLE_AGAINST_CODE + (1.0 - TITLE_AGAINST_CODE) * by_code
    known = ~np.isnan(by_code)
    both = np.maximum(np.where(known, by_code, np.float32(0.0)), by_title * np.where(known, objection, np.float32(1.0)))
    return np.where(known, both, by_title).astype(np.float32)


def title_groups(person: Person) -> list[NDArray[np.float32]]:
    """The person's title vectors, those of one weight together: only within one, credit rises with the cosine."""
    return [vectors for _, vectors in person.titles_alike]


def _title_closeness(
    titles: Texts, person: Person, calibration: Calibration, nearest: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """(U,) best weighted credit of each unique title against the person's titles."""
    best = np.zeros(len(titles.hashes), dtype=np.float32)
    if len(person.title_hashes) == 0 or len(titles.hashes) == 0:
        return best
    if nearest is None:
        nearest, _ = best_cosines(titles.vectors, title_groups(person))
    for (weight, _), cosines in zip(person.titles_alike, nearest, strict=True):
        np.maximum(best, worth(calibration, cosines) * weight, out=best)
    words = titles.words or _words_of(titles)
    own = [title_words(plain_title(title)) for title, _ in person.profile.titles()]
    for mine, weight in zip(own, person.title_weights, strict=True):
        rows = words.sharing(mine)
        best[rows] = np.maximum(best[rows], np.float32(SAME_WORDS) * weight)
    for (title, _), weight in zip(person.profile.titles(), person.title_weights, strict=True):
        for position in title_roles(plain_title(title)):
            rows = words.of_role(position.role)
            best[rows] = np.maximum(best[rows], np.float32(SAME_ROLE) * weight)
    same = titles.find(person.title_hashes)
    for row, weight in zip(same.tolist(), person.title_weights, strict=True):
        if row >= 0:
            best[row] = max(best[row], weight)
    return best


@lru_cache(maxsize=2)
def _words_of(titles: Texts) -> TitleWords:
    """Once for all people."""
    return TitleWords.of(titles.terms)


def _code_closeness(codes: NDArray[np.bytes_], own: Iterable[str]) -> NDArray[np.float32]:
    """(C,) by the digits shared from the left; NaN where either side has no code."""
    mine = [code.encode() for code in own if len(code) == 5]
    if not mine or len(codes) == 0:
        return np.full(len(codes), np.nan, dtype=np.float32)
    digits = np.ascontiguousarray(codes).view(np.uint8).reshape(-1, 5)
    shared = np.zeros(len(codes), dtype=np.int64)
    for code in set(mine):
        same = digits == np.frombuffer(code, dtype=np.uint8)
        shared = np.maximum(shared, np.cumprod(same, axis=1).sum(axis=1))
    closeness = np.array(KLDB_CLOSENESS, dtype=np.float32)[shared]
    closeness[codes == b""] = np.nan
    return closeness
