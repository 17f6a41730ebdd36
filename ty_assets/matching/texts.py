"""The unique terms that postings ask for, with their vectors: what one matrix product is made of.

Belongs here: `Texts` and what follows from a term's wording alone. Not here: who asks for it (`postings.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.title_words import TitleWords

# One posting's terms against one person's: looked up one by one, faster than by any array.
_FEW = 256

HASH = np.dtype("S16")  # numpy pads and compares all 16 bytes, also where a hash ends in zeros

# "Several years of professional experience", without saying in what.
GENERAL_EXPERIENCE_TERMS = frozenset(
    {
        "",
        "experience",
        "professional experience",
        "work experience",
        "job experience",
        "berufserfahrung",
        "erfahrung",
    }
)

# Nearly every adult holds a car licence, or is given a certificate of conduct who asks for it; hardly any CV says so,
# and postings of all trades ask for them.
EVERYDAY_TERMS = frozenset({"driving licence b", "police clearance"})


@dataclass(frozen=True, eq=False)
class Texts:
    """U unique terms, ascending by hash, but for those that came later (`with_more`)."""

    hashes: NDArray[np.bytes_]  # (U,) S16, unique
    vectors: NDArray[np.float32]  # (U, d), unit length; a zero row (it could not be encoded) meets only itself
    terms: Sequence[str]
    domain_names: tuple[str, ...]  # the first is '': no domain
    domain: NDArray[np.int32]  # (U,) into domain_names
    specific: NDArray[np.bool_]  # (U,) says something about one trade
    general_experience: NDArray[np.bool_]  # (U,) asked for as experience, it is experience in anything
    may_close: NDArray[np.bool_]  # (U,) as a licence: the vocabulary knows it, and not nearly everybody has it
    sorted_rows: NDArray[np.int32] | None = None  # (U,) rows ascending by hash; None where they lie so
    words: TitleWords | None = None  # of titles that are kept in memory

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.hashes) or len(self.terms) != len(self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes, {len(self.vectors)} vectors, {len(self.terms)} terms")
        ascending = self._ascending
        if len(ascending) > 1 and not (ascending[:-1] < ascending[1:]).all():
            raise ValueError("hashes must be unique and ascending; use Texts.build")

    @cached_property
    def _ascending(self) -> NDArray[np.bytes_]:
        return self.hashes if self.sorted_rows is None else self.hashes[self.sorted_rows]

    @classmethod
    def build(
        cls,
        hashes: Sequence[bytes],
        terms: Sequence[str],
        vectors: NDArray[Any],
        domain_of: Callable[[str], str | None] | None = None,
    ) -> "Texts":
        """From rows in any order; a hash that occurs again is dropped. Vectors may be halves."""
        keys, first = np.unique(np.asarray(hashes, dtype=HASH), return_index=True)
        matrix = np.asarray(vectors)
        rows = np.ascontiguousarray(matrix[first], dtype=np.float32) if len(first) else matrix.astype(np.float32)
        return cls.of(keys, [terms[i] for i in first], rows, domain_of)

    @classmethod
    def of(
        cls,
        hashes: NDArray[np.bytes_],
        terms: Sequence[str],
        vectors: NDArray[np.float32],
        domain_of: Callable[[str], str | None] | None = None,
        names: tuple[str, ...] = ("",),
        sorted_rows: NDArray[np.int32] | None = None,
    ) -> "Texts":
        """From rows that are unique and ascending, or whose order is told.

        names: domains whose codes are given; others come after.
        """
        domains = [domain_of(term) or "" for term in terms] if domain_of else [""] * len(terms)
        known = (*names, *sorted(set(domains) - set(names)))
        code = {name: i for i, name in enumerate(known)}
        folded = [term.casefold().strip() for term in terms]
        everyday = np.array([f in EVERYDAY_TERMS for f in folded], dtype=bool)
        domain = np.array([code[name] for name in domains], dtype=np.int32)
        exact, in_any_case = _named()
        may_close = [t in exact or f in in_any_case for t, f in zip(terms, folded, strict=True)]
        return cls(
            hashes=hashes,
            vectors=vectors,
            terms=tuple(terms),
            domain_names=known,
            domain=domain,
            specific=(domain != code[""]) & ~everyday,
            general_experience=np.array([f in GENERAL_EXPERIENCE_TERMS for f in folded], dtype=bool),
            may_close=np.array(may_close, dtype=bool) & ~everyday,
            sorted_rows=sorted_rows,
        )

    def with_more(self, more: "Texts", vectors: NDArray[np.float32], words: TitleWords | None = None) -> "Texts":
        """These rows and behind them those of `more`, none of which is here; vectors: (U + more, d) of both.

        `more` begins its domains with the names of this one (`of`).
        """
        hashes = np.concatenate([self.hashes, more.hashes])
        return Texts(
            hashes=hashes,
            vectors=vectors,
            terms=(*self.terms, *more.terms),
            domain_names=more.domain_names,
            domain=np.concatenate([self.domain, more.domain]),
            specific=np.concatenate([self.specific, more.specific]),
            general_experience=np.concatenate([self.general_experience, more.general_experience]),
            may_close=np.concatenate([self.may_close, more.may_close]),
            sorted_rows=self._merged(more),
            words=words,
        )

    def _merged(self, more: "Texts") -> NDArray[np.int32]:
        """Rows by hash when those of `more`, which are ascending, come behind; without sorting what is sorted."""
        old = np.arange(len(self.hashes), dtype=np.int32) if self.sorted_rows is None else self.sorted_rows
        before = np.searchsorted(self._ascending, more.hashes)
        return np.insert(old, before, np.arange(len(old), len(old) + len(more.hashes), dtype=np.int32))

    def take(self, rows: NDArray[np.integer]) -> "Texts":
        """Some of the rows, ascending by hash. rows: unique, in any order."""
        rows = rows[np.argsort(self.hashes[rows])]
        return Texts(
            hashes=self.hashes[rows],
            vectors=self.vectors[rows],
            terms=tuple(self.terms[row] for row in rows.tolist()),
            domain_names=self.domain_names,
            domain=self.domain[rows],
            specific=self.specific[rows],
            general_experience=self.general_experience[rows],
            may_close=self.may_close[rows],
        )

    def find(self, hashes: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Row of each hash, -1 where it is not here."""
        ascending = self._ascending
        if len(ascending) == 0 or len(hashes) == 0:
            return np.full(len(hashes), -1, dtype=np.int64)
        if len(ascending) <= _FEW and len(hashes) <= _FEW:
            row_of = self._row_of
            return np.array([row_of.get(key, -1) for key in np.asarray(hashes, dtype=HASH).tolist()], dtype=np.int64)
        wanted = np.ascontiguousarray(hashes, dtype=HASH)
        # Their first eight bytes tell hashes apart, and comparing them takes a fifth of the time.
        at = np.minimum(np.searchsorted(self._heads, _heads(wanted)), len(ascending) - 1)
        other = np.flatnonzero(ascending[at] != wanted)
        if len(other):  # not here, or behind one that begins alike
            at[other] = np.minimum(np.searchsorted(ascending, wanted[other]), len(ascending) - 1)
            other = other[ascending[at[other]] != wanted[other]]
        rows = at if self.sorted_rows is None else self.sorted_rows[at].astype(np.int64)
        rows[other] = -1
        return rows

    @cached_property
    def _row_of(self) -> dict[bytes, int]:
        return {key: row for row, key in enumerate(self.hashes.tolist())}

    @cached_property
    def _heads(self) -> NDArray[np.uint64]:
        return _heads(self._ascending)


@lru_cache(maxsize=1)
def _named() -> tuple[frozenset[str], frozenset[str]]:
    """The terms that `vocabulary().named` knows, as they are written and folded."""
    terms = frozenset(entry.term for entry in vocabulary())
    return terms, frozenset(term.casefold() for term in terms)


def domain_of(term: str) -> str | None:
    """`vocabulary().domain_of`, at once for what it does not know: of hundreds of thousands of terms nearly all."""
    exact, in_any_case = _named()
    return vocabulary().domain_of(term) if term in exact or term.casefold().strip() in in_any_case else None


def _heads(hashes: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes).view(">u8").reshape(-1, 2)[:, 0].astype(np.uint64)
