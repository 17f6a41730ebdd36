"""The unique terms that postings ask for, with their vectors: what one matrix product is made of.

Belongs here: `Texts` and what follows from a term's wording alone. Not here: who asks for it (`postings.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

# Nearly every adult holds a car licence, hardly any CV says so, and postings of all trades ask for it.
EVERYDAY_TERMS = frozenset({"driving licence b"})


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """U unique terms, ascending by hash."""

    hashes: NDArray[np.bytes_]  # (U,) S16, ascending, unique
    vectors: NDArray[np.float32]  # (U, d), unit length; a zero row (it could not be encoded) meets only itself
    terms: tuple[str, ...]
    domain_names: tuple[str, ...]  # the first is '': no domain
    domain: NDArray[np.int64]  # (U,) into domain_names
    specific: NDArray[np.bool_]  # (U,) says something about one trade
    general_experience: NDArray[np.bool_]  # (U,) asked for as experience, it is experience in anything

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.hashes) or len(self.terms) != len(self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes, {len(self.vectors)} vectors, {len(self.terms)} terms")
        if len(self.hashes) > 1 and not (self.hashes[:-1] < self.hashes[1:]).all():
            raise ValueError("hashes must be unique and ascending; use Texts.build")

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
        kept = tuple(terms[i] for i in first)
        domains = [(domain_of(term) or "") if domain_of else "" for term in kept]
        names = ("", *sorted(set(domains) - {""}))
        code = {name: i for i, name in enumerate(names)}
        folded = [term.casefold().strip() for term in kept]
        matrix = np.asarray(vectors)
        rows = np.ascontiguousarray(matrix[first], dtype=np.float32) if len(first) else matrix.astype(np.float32)
        return cls(
            hashes=keys,
            vectors=rows,
            terms=kept,
            domain_names=names,
            domain=np.array([code[name] for name in domains], dtype=np.int64),
            specific=np.array(
                [d != "" and f not in EVERYDAY_TERMS for d, f in zip(domains, folded, strict=True)],
                dtype=bool,
            ),
            general_experience=np.array([f in GENERAL_EXPERIENCE_TERMS for f in folded], dtype=bool),
        )

    def find(self, hashes: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Row of each hash, -1 where it is not here."""
        if len(self.hashes) == 0 or len(hashes) == 0:
            return np.full(len(hashes), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, at, -1).astype(np.int64)
