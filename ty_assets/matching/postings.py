"""Many postings as arrays, so that one person is scored against all of them at once.

Belongs here: `Postings`, who asks for which term, and how it is built from columns or from views. Not here:
the terms (`texts.py`), the scoring (`screening.py`) and reading tables (`load.py`).

Counting rules, fixed when the arrays are built: negated facets ask for nothing and are left out; conditions
(shift work, travel) are no qualification and only feed the gates; the facets of one alternative group count
once, as one *unit*, with the largest weight among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.texts import HASH, Texts
from ty_assets.matching.views import CEFR, KIND_CODE, KINDS, PostingView

# How much a facet's kind says about being fit for this trade rather than any, on top of the facet's own weight
# (what a demand of its kind carries, `facets/task.py`). The trade's own terms dominate: "German, team spirit,
# project management" is half of all postings, and no reason to show a nurse an office job.
KIND_WEIGHT: Mapping[str, float] = {
    "skill": 1.0,
    "tool": 1.0,
    "licence": 1.0,
    "domain": 0.75,
    "degree": 0.5,
    "experience": 0.6,
    "language": 0.25,
    "soft_skill": 0.3,
    "condition": 0.0,
}
# A skill, tool or licence of no particular domain (project management, MS Office).
TRANSVERSAL = 0.5
# The training for one trade ("nurse", "electrician") rather than any degree.
TRADE_DEGREE = 2.0
# "Several years of professional experience" without saying in what.
GENERAL_EXPERIENCE = 0.4

_KIND_WEIGHTS = np.array([KIND_WEIGHT[kind] for kind in KINDS], dtype=np.float32)
_SPECIFIC_KINDS = np.array([kind not in ("language", "soft_skill", "condition") for kind in KINDS])
_TRANSVERSAL_KINDS = np.array([kind in ("skill", "tool", "licence") for kind in KINDS])


@dataclass(frozen=True, slots=True, eq=False)
class FacetColumns:
    """posting_facets as columns, rows in any order, each of length L."""

    posting: NDArray[np.int64]  # index into PostingColumns
    ordinal: NDArray[np.int16]
    requirement: NDArray[np.int16]
    group: NDArray[np.int16]  # alternative group within the requirement, -1 for none
    kind: NDArray[np.int8]  # KIND_CODE
    text_hash: NDArray[np.bytes_]  # S16
    cefr: NDArray[np.int8]  # 1 A1 .. 6 C2, 0 not stated
    years: NDArray[np.float32]  # NaN where not stated
    level: NDArray[np.int8]  # of a degree, 0 not stated
    must: NDArray[np.bool_]
    negated: NDArray[np.bool_]
    weight: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PostingColumns:
    """What gates and titles need of each posting, rows in any order, each of length P."""

    posting_ids: Sequence[UUID]
    title_hash: NDArray[np.bytes_]  # S16, of the normalised title; b'' for none
    kldb: NDArray[np.bytes_]  # S5, b'' for none
    city: Sequence[str | None]
    region: Sequence[str | None]
    remote: Sequence[bool | None]
    domain_gates: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """P postings ascending by posting_id, N units, L facets. CSR twice: posting -> units -> facets."""

    posting_ids: tuple[UUID, ...]
    posting_start: NDArray[np.int64]  # (P + 1,) into units
    unit_start: NDArray[np.int64]  # (N + 1,) into facets; no unit is empty
    unit_weight: NDArray[np.float32]
    unit_must: NDArray[np.bool_]
    unit_specific: NDArray[np.bool_]  # says something about one trade
    text: NDArray[np.int64]  # (L,) row in Texts
    kind: NDArray[np.int8]
    cefr: NDArray[np.int8]
    years: NDArray[np.float32]
    level: NDArray[np.int8]
    requirement: NDArray[np.int16]
    ordinal: NDArray[np.int16]
    condition_posting: NDArray[np.int64]  # conditions, outside of the units
    condition_text: NDArray[np.int64]
    title: NDArray[np.int64]  # (P,) row in the titles' Texts, -1 for none
    kldb: NDArray[np.bytes_]
    kldb_level: NDArray[np.int8]  # 0 where the occupation is not known
    city: tuple[str | None, ...]
    region: tuple[str | None, ...]
    remote: NDArray[np.bool_]  # offers it; not said is False
    gate_domains: tuple[str, ...]
    domain_gates: NDArray[np.bool_]  # (P, len(gate_domains))

    def __len__(self) -> int:
        return len(self.posting_ids)

    @property
    def unit_posting(self) -> NDArray[np.int64]:
        """(N,) posting of each unit."""
        return np.repeat(np.arange(len(self)), np.diff(self.posting_start))

    @classmethod
    def build(cls, heads: PostingColumns, facets: FacetColumns, texts: Texts, titles: Texts) -> "Postings":
        """Arrays from columns. ValueError where a facet's text is not in `texts`: embed before matching."""
        ids = heads.posting_ids
        order = np.array(sorted(range(len(ids)), key=lambda i: ids[i]), dtype=np.int64)
        rank = np.empty(len(ids), dtype=np.int64)
        rank[order] = np.arange(len(ids))

        text = texts.find(facets.text_hash)
        if (text < 0).any():
            raise ValueError(f"{int((text < 0).sum())} of {len(text)} facets have no row in texts; embed them first")
        asks = ~facets.negated
        condition = asks & (facets.kind == KIND_CODE["condition"])
        counts = asks & ~condition & (facets.weight > 0)

        row = np.flatnonzero(counts)
        posting = rank[facets.posting[row]]
        # A facet without a group is a group of its own: numbered after the real ones, by its ordinal.
        group = facets.group[row].astype(np.int64)
        group = np.where(group >= 0, group, 100_000 + facets.ordinal[row].astype(np.int64))
        by_unit = np.lexsort((facets.ordinal[row], group, facets.requirement[row], posting))
        row, posting, group = row[by_unit], posting[by_unit], group[by_unit]
        requirement = facets.requirement[row]
        new = np.ones(len(row), dtype=bool)
        new[1:] = (np.diff(posting) != 0) | (np.diff(requirement) != 0) | (np.diff(group) != 0)
        starts = np.flatnonzero(new)

        kind, text_of = facets.kind[row], text[row]
        specific = texts.specific[text_of] & _SPECIFIC_KINDS[kind]
        weight = facets.weight[row] * _importance(texts, kind, text_of)
        per_posting = (
            np.bincount(posting[starts], minlength=len(ids)) if len(row) else np.zeros(len(ids), dtype=np.int64)
        )

        names = tuple(sorted({name for gates in heads.domain_gates for name in gates}))
        column = {name: i for i, name in enumerate(names)}
        gates = np.zeros((len(ids), len(names)), dtype=bool)
        for i, listed in enumerate(heads.domain_gates):
            gates[rank[i], [column[name] for name in listed]] = True
        kldb = np.asarray(heads.kldb, dtype="S5")[order]
        return cls(
            posting_ids=tuple(ids[i] for i in order),
            posting_start=np.r_[0, np.cumsum(per_posting)].astype(np.int64),
            unit_start=np.r_[starts, len(row)].astype(np.int64),
            unit_weight=_reduce(np.maximum, weight, starts),
            unit_must=_reduce(np.logical_or, facets.must[row], starts),
            unit_specific=_reduce(np.logical_or, specific, starts),
            text=text_of,
            kind=kind,
            cefr=facets.cefr[row],
            years=facets.years[row],
            level=facets.level[row],
            requirement=requirement,
            ordinal=facets.ordinal[row],
            condition_posting=rank[facets.posting[condition]],
            condition_text=text[condition],
            title=titles.find(np.asarray(heads.title_hash, dtype=HASH)[order]),
            kldb=kldb,
            kldb_level=_fifth_digit(kldb),
            city=tuple(heads.city[i] for i in order),
            region=tuple(heads.region[i] for i in order),
            remote=np.array([heads.remote[i] is True for i in order], dtype=bool),
            gate_domains=names,
            domain_gates=gates,
        )

    @classmethod
    def from_views(cls, views: Sequence[PostingView], texts: Texts, titles: Texts) -> "Postings":
        """The same from views: for one posting at request time, and for tests."""
        rows = [(i, n, facet) for i, view in enumerate(views) for n, facet in enumerate(view.facets)]
        facets = [facet for _, _, facet in rows]
        groups = [-1 if f.alternative_group is None else f.alternative_group for f in facets]
        columns = FacetColumns(
            posting=np.array([i for i, _, _ in rows], dtype=np.int64),
            ordinal=np.array([n for _, n, _ in rows], dtype=np.int16),
            requirement=np.array([f.requirement_ordinal for f in facets], dtype=np.int16),
            group=np.array(groups, dtype=np.int16),
            kind=np.array([KIND_CODE[f.kind] for f in facets], dtype=np.int8),
            text_hash=np.array([f.text_hash for f in facets], dtype=HASH),
            cefr=np.array([CEFR[f.cefr] if f.cefr else 0 for f in facets], dtype=np.int8),
            years=np.array([np.nan if f.years is None else f.years for f in facets], dtype=np.float32),
            level=np.array([f.level or 0 for f in facets], dtype=np.int8),
            must=np.array([f.must for f in facets], dtype=bool),
            negated=np.array([f.negated for f in facets], dtype=bool),
            weight=np.array([f.weight for f in facets], dtype=np.float32),
        )
        heads = PostingColumns(
            posting_ids=[view.posting_id for view in views],
            title_hash=np.array([view.title_hash or b"" for view in views], dtype=HASH),
            kldb=np.array([(view.kldb or "").encode() for view in views], dtype="S5"),
            city=[view.city for view in views],
            region=[view.region for view in views],
            remote=[view.remote for view in views],
            domain_gates=[view.domain_gates for view in views],
        )
        return cls.build(heads, columns, texts, titles)


def _reduce(ufunc: np.ufunc, values: NDArray[Any], starts: NDArray[np.int64]) -> NDArray[Any]:
    return ufunc.reduceat(values, starts) if len(starts) else values[:0]


def _importance(texts: Texts, kind: NDArray[np.int8], text: NDArray[np.int64]) -> NDArray[np.float32]:
    """(L,) the factor on a facet's own weight."""
    importance = _KIND_WEIGHTS[kind].copy()
    importance[_TRANSVERSAL_KINDS[kind] & ~texts.specific[text]] *= TRANSVERSAL
    importance[(kind == KIND_CODE["degree"]) & texts.specific[text]] *= TRADE_DEGREE
    importance[(kind == KIND_CODE["experience"]) & texts.general_experience[text]] *= GENERAL_EXPERIENCE
    return importance


def _fifth_digit(kldb: NDArray[np.bytes_]) -> NDArray[np.int8]:
    if len(kldb) == 0:
        return np.zeros(0, dtype=np.int8)
    digit = np.ascontiguousarray(kldb).view(np.uint8).reshape(-1, 5)[:, 4].astype(np.int16) - ord("0")
    return np.where((digit >= 1) & (digit <= 4), digit, 0).astype(np.int8)
