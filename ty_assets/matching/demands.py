"""What postings ask for, each distinct demand once, and who asks for it: the arrays that a screening gathers by.

Belongs here: what follows from the postings alone and is the same for every person, so that a screening works out each
credit once and then only adds up. Not here: credits (`screening.py`) and how the arrays of postings are built
(`postings.py`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ty_assets.matching.texts import Texts
from ty_assets.matching.views import KIND_CODE

if TYPE_CHECKING:
    from ty_assets.matching.postings import Postings

_COMPARED_AT_ONCE = 1 << 18
_OPEN_KINDS = (KIND_CODE["degree"], KIND_CODE["experience"])
_GENERIC_KINDS = (KIND_CODE["language"], KIND_CODE["soft_skill"])


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """D demands: a term, asked for as one kind, level and length. 260,000 postings have eight times as many facets."""

    text: NDArray[np.int32]  # (D,) row in Texts
    kind: NDArray[np.int8]
    cefr: NDArray[np.int8]
    years: NDArray[np.float32]
    level: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.text)

    def rows(self, kind: str) -> NDArray[np.int64]:
        return np.flatnonzero(self.kind == KIND_CODE[kind])

    @classmethod
    def of(
        cls,
        text: NDArray[np.integer],
        kind: NDArray[np.int8],
        cefr: NDArray[np.int8],
        years: NDArray[np.float32],
        level: NDArray[np.int8],
    ) -> tuple["Demands", NDArray[np.int32]]:
        """The distinct ones of L facets, and (L,) which of them each facet is."""
        stated = np.flatnonzero(~np.isnan(years))  # few: only experience is asked for in years
        lengths, length = np.unique(years[stated], return_inverse=True)
        # One number for each facet, worked on in place: of two million of them every copy counts.
        key = text.astype(np.int64)
        key *= len(lengths) + 1
        key[stated] += 1 + length
        for values, bits in ((kind, 4), (cefr, 3), (level, 4)):
            key <<= bits
            key |= values
        del stated, length
        order = np.argsort(key, kind="stable").astype(np.int32)
        new = np.ones(len(key), dtype=bool)
        for start in range(1, len(key), _COMPARED_AT_ONCE):
            some = slice(start - 1, start - 1 + _COMPARED_AT_ONCE + 1)
            ascending = key[order[some]]
            np.not_equal(ascending[1:], ascending[:-1], out=new[start : start + _COMPARED_AT_ONCE])
        del key
        which = np.empty(len(order), dtype=np.int32)
        which[order] = np.cumsum(new, dtype=np.int32) - 1
        first = order[new]
        return cls(text[first].astype(np.int32), kind[first], cefr[first], years[first], level[first]), which

    def with_more(self, more: "Demands") -> "Demands":
        """Those of `more` behind these; one that is here already is there twice, which costs its credit again."""
        both = ((getattr(self, name), getattr(more, name)) for name in ("text", "kind", "cefr", "years", "level"))
        return Demands(*map(np.concatenate, both))


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """M units by themselves: CSR over their K facets."""

    unit: NDArray[np.int32]  # (M,) ascending
    start: NDArray[np.int32]  # (M,) into the facets
    facet: NDArray[np.int32]  # (K,)
    demand: NDArray[np.int32]  # (K,)

    def reduce(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """(M,) over each unit's facets. values: (K,)."""
        return ufunc.reduceat(values, self.start) if len(self.start) else values[:0]

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """(K,) each unit's value at all of its facets."""
        return np.repeat(values, np.diff(self.start, append=len(self.facet)))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What a screening of P postings needs of their N units, worked out once for all people.

    A unit of one facet is worth its demand's credit. The others are `joined`: their credits stand behind those of the
    demands, and `column` says where each unit's is. The sums over a posting are products of a sparse matrix (P, D + M).
    """

    column: NDArray[np.int32]  # (N,)
    joined: Units
    joined_open: NDArray[np.bool_]  # (K,) a degree or experience of no field beside those of one; see screening
    joined_domain: NDArray[np.int32]  # (K,) of the facet's term
    languages: Units  # musts that ask for nothing but languages
    experience_terms: NDArray[np.int32]  # (E,) rows in Texts that are asked for as experience, ascending
    experience_at: NDArray[np.int32]  # which of these each demand for experience is
    licences: NDArray[np.int32]  # units: musts that ask for nothing but licences that are stated
    all: sparse.csr_matrix  # weights of all units
    specific: sparse.csr_matrix  # of those that belong to a domain
    must: sparse.csr_matrix
    weight: NDArray[np.float32]  # (P,) of all units
    specific_weight: NDArray[np.float32]
    must_weight: NDArray[np.float32]
    transferable_weight: NDArray[np.float32]  # of all but language and soft skill

    @classmethod
    def of(cls, postings: "Postings", texts: Texts) -> "Layout":
        demands = postings.demands
        sizes = np.diff(postings.unit_start)
        open_demand = np.isin(demands.kind, _OPEN_KINDS) & (
            (texts.domain[demands.text] == 0) | texts.general_experience[demands.text]
        )
        single = postings.demand[postings.unit_start[:-1]]
        lone_open = (sizes == 1) & postings.unit_specific & open_demand[single]
        joined = _units(postings, np.flatnonzero((sizes > 1) | lone_open))
        column = single.copy()
        column[joined.unit] = len(demands) + np.arange(len(joined.unit), dtype=np.int32)
        total = len(demands) + len(joined.unit)
        posting_start = postings.posting_start

        def weights(chosen: NDArray[np.bool_] | None) -> sparse.csr_matrix:
            if chosen is None:
                data, at, start = postings.unit_weight, column, posting_start
            else:
                data, at = postings.unit_weight[chosen], column[chosen]
                start = np.concatenate([[0], np.cumsum(chosen, dtype=np.int32)]).astype(np.int32)[posting_start]
            return sparse.csr_matrix((data, at, start), shape=(len(postings), total))

        def sums(matrix: sparse.csr_matrix) -> NDArray[np.float32]:
            found: NDArray[np.float32] = matrix @ np.ones(total, dtype=np.float32)
            return found

        def all_of(demand: NDArray[np.bool_]) -> NDArray[np.bool_]:
            """(N,) whether it holds for all facets of a unit."""
            units = demand[single]
            units[joined.unit] = joined.reduce(np.logical_and, demand[joined.demand])
            return units

        licence = (demands.kind == KIND_CODE["licence"]) & texts.may_close[demands.text]
        speaks = all_of(demands.kind == KIND_CODE["language"])
        only_generic = all_of(np.isin(demands.kind, _GENERIC_KINDS))
        experience_terms, experience_at = np.unique(demands.text[demands.rows("experience")], return_inverse=True)
        every, specific = weights(None), weights(postings.unit_specific)
        must = weights(postings.unit_must)
        return cls(
            column=column,
            joined=joined,
            joined_open=open_demand[joined.demand] & joined.spread(postings.unit_specific[joined.unit]),
            joined_domain=texts.domain[demands.text[joined.demand]],
            languages=_units(postings, np.flatnonzero(speaks & postings.unit_must)),
            experience_terms=experience_terms,
            experience_at=experience_at.astype(np.int32),
            licences=np.flatnonzero(all_of(licence) & postings.unit_must).astype(np.int32),
            all=every,
            specific=specific,
            must=must,
            weight=sums(every),
            specific_weight=sums(specific),
            must_weight=sums(must),
            transferable_weight=sums(weights(~only_generic)),
        )


def _units(postings: "Postings", chosen: NDArray[np.int64]) -> Units:
    first = postings.unit_start[chosen]
    facet, start = members(first, postings.unit_start[chosen + 1] - first)
    return Units(chosen.astype(np.int32), start, facet, postings.demand[facet])


def members(first: NDArray[np.integer], sizes: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Of some ranges (first, size) all indices, one after another, and where each range begins among these."""
    ends = np.cumsum(sizes, dtype=np.int32)
    starts = (ends - sizes).astype(np.int32)
    total = int(ends[-1]) if len(ends) else 0
    every = np.arange(total, dtype=np.int32) + np.repeat((first - starts).astype(np.int32), sizes)
    return every, starts
