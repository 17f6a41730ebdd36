"""Many postings as arrays, so that one person is scored against all of them at once.

Belongs here: `Postings`, who asks for which term, and how it is built from columns or from views. Not here:
the terms (`texts.py`), the scoring (`screening.py`) and reading tables (`load.py`).

Counting rules, fixed when the arrays are built: negated facets ask for nothing and are left out; conditions
(shift work, travel) are no qualification and only feed the gates; the facets of one alternative group count
once, as one *unit*, with the largest weight among them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, SupportsIndex, TypeVar, overload
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.demands import Demands, Layout
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


Place = tuple[str | None, str | None]  # city, region
Guard = tuple[str, ...]
T = TypeVar("T")


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
    text_row: NDArray[np.integer] | None = None  # row in Texts, where it is known already


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
    pay: Sequence[float | None] | None = None  # the most it offers, euros gross a year


class Ids(Sequence[UUID]):
    """Many ids in 16 bytes each; a UUID is made where one is asked for, since 260,000 of them take a second."""

    def __init__(self, raw: NDArray[np.bytes_]) -> None:
        self.raw = raw  # (n,) S16

    @classmethod
    def of(cls, ids: Sequence[UUID]) -> "Ids":
        return ids if isinstance(ids, Ids) else cls(np.array([i.bytes for i in ids], dtype=HASH))

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, at: SupportsIndex) -> UUID: ...
    @overload
    def __getitem__(self, at: slice) -> "Ids": ...
    def __getitem__(self, at: SupportsIndex | slice) -> "UUID | Ids":
        if isinstance(at, slice):
            return Ids(self.raw[at])
        # NumPy drops zeros at the end.
        return UUID(bytes=bytes(self.raw[at]).ljust(HASH.itemsize, b"\0"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Postings:
    """P postings ascending by posting_id, N units, L facets. CSR twice: posting -> units -> facets.

    What many postings have alike (demands, places, occupations, guarded domains) is kept once, with its number at
    each: a person is judged against the few, and the answers are gathered.
    """

    posting_ids: Ids
    posting_start: NDArray[np.int32]  # (P + 1,) into units
    unit_start: NDArray[np.int32]  # (N + 1,) into facets; no unit is empty
    unit_weight: NDArray[np.float32]
    unit_must: NDArray[np.bool_]
    unit_specific: NDArray[np.bool_]  # says something about one trade
    demands: Demands
    demand: NDArray[np.int32]  # (L,) into demands
    requirement: NDArray[np.int16]
    ordinal: NDArray[np.int16]
    condition_posting: NDArray[np.int32]  # conditions, outside of the units
    condition_text: NDArray[np.int32]
    title: NDArray[np.int32]  # (P,) row in the titles' Texts, -1 for none
    kldb_codes: NDArray[np.bytes_]  # (C,) S5, b'' for none
    kldb_code: NDArray[np.int32]  # (P,) into kldb_codes
    kldb_level: NDArray[np.int8]  # 0 where the occupation is not known
    places: tuple[Place, ...]
    place: NDArray[np.int32]  # (P,) into places
    remote: NDArray[np.bool_]  # offers it; not said is False
    guards: tuple[Guard, ...]  # domains that let no outsiders in; of several, any
    guard: NDArray[np.int32]  # (P,) into guards
    texts: Texts
    pay: NDArray[np.float32]  # (P,) the most it offers, euros gross a year; NaN where it does not say

    def __len__(self) -> int:
        return len(self.posting_ids)

    @cached_property
    def layout(self) -> Layout:
        """What screenings add up by; made with the first of them."""
        return Layout.of(self, self.texts)

    @cached_property
    def place_of_name(self) -> Mapping[str, Sequence[int]]:
        """The places of which a city or region, folded, is called so; '' for those without a name."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, place in enumerate(self.places):
            names = {name.casefold() for name in place if name}
            for name in names or {""}:
                found[name].append(number)
        return found

    def index_of(self, ids: Collection[UUID]) -> NDArray[np.int64]:
        """Where some ids are, ascending; without those that are not here."""
        wanted = np.frombuffer(b"".join(sorted(i.bytes for i in ids)), dtype=HASH)
        if len(self) == 0:
            return np.zeros(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.posting_ids.raw, wanted), len(self) - 1)
        return at[self.posting_ids.raw[at] == wanted]

    # Of each facet, for the few postings that are explained; a screening works with the demands.

    @cached_property
    def text(self) -> NDArray[np.int32]:
        """(L,) row in Texts."""
        return self.demands.text[self.demand]

    @cached_property
    def kind(self) -> NDArray[np.int8]:
        return self.demands.kind[self.demand]

    @cached_property
    def cefr(self) -> NDArray[np.int8]:
        return self.demands.cefr[self.demand]

    @property
    def unit_posting(self) -> NDArray[np.int64]:
        """(N,) posting of each unit."""
        return np.repeat(np.arange(len(self)), np.diff(self.posting_start))

    def posting_of(self, units: NDArray[np.integer]) -> NDArray[np.int64]:
        """The posting of each of some units."""
        return np.searchsorted(self.posting_start, units, side="right") - 1

    @classmethod
    def build(cls, heads: PostingColumns, facets: FacetColumns, texts: Texts, titles: Texts) -> "Postings":
        """Arrays from columns. ValueError where a facet's text is not in `texts`: embed before matching."""
        ids = heads.posting_ids
        order = _sorted(ids)
        rank = np.empty(len(ids), dtype=np.int32)
        rank[order] = np.arange(len(ids), dtype=np.int32)

        text = facets.text_row if facets.text_row is not None else texts.find(facets.text_hash)
        if (text < 0).any():
            raise ValueError(f"{int((text < 0).sum())} of {len(text)} facets have no row in texts; embed them first")
        asks = ~facets.negated
        condition = asks & (facets.kind == KIND_CODE["condition"])
        counts = asks & ~condition & (facets.weight > 0)

        # Of millions of facets every array counts: small numbers, and let go as soon as they have served.
        row = np.flatnonzero(counts).astype(np.int32)
        row, unit = _by_unit(row, rank[facets.posting[row]], facets)
        new = np.ones(len(row), dtype=bool)
        np.not_equal(unit[1:], unit[:-1], out=new[1:])
        del unit, counts, asks
        starts = np.flatnonzero(new).astype(np.int32)
        posting = rank[facets.posting[row[starts]]]

        kind, text_of = facets.kind[row], text[row]
        unit_specific = _reduce(np.logical_or, texts.specific[text_of] & _SPECIFIC_KINDS[kind], starts)
        unit_weight = _reduce(np.maximum, facets.weight[row] * _importance(texts, kind, text_of), starts)
        per_posting = np.bincount(posting, minlength=len(ids)) if len(row) else np.zeros(len(ids), dtype=np.int64)
        demands, demand = Demands.of(text_of, kind, facets.cefr[row], facets.years[row], facets.level[row])
        codes, code = np.unique(np.asarray(heads.kldb, dtype="S5")[order], return_inverse=True)
        places, place = _numbered(zip(heads.city, heads.region, strict=True), order)
        guards, guard = _numbered((tuple(sorted(set(names))) for names in heads.domain_gates), order)
        pay = [np.nan if heads.pay is None or heads.pay[i] is None else heads.pay[i] for i in order.tolist()]
        return cls(
            posting_ids=Ids(Ids.of(ids).raw[order]),
            posting_start=np.r_[0, np.cumsum(per_posting)].astype(np.int32),
            unit_start=np.r_[starts, len(row)].astype(np.int32),
            unit_weight=unit_weight,
            unit_must=_reduce(np.logical_or, facets.must[row], starts),
            unit_specific=unit_specific,
            demands=demands,
            demand=demand,
            requirement=facets.requirement[row],
            ordinal=facets.ordinal[row],
            condition_posting=rank[facets.posting[condition]],
            condition_text=text[condition].astype(np.int32),
            title=titles.find(np.asarray(heads.title_hash, dtype=HASH)[order]).astype(np.int32),
            kldb_codes=codes,
            kldb_code=code.astype(np.int32),
            kldb_level=_fifth_digit(codes)[code],
            places=places,
            place=place,
            remote=np.array([heads.remote[i] is True for i in order.tolist()], dtype=bool),
            guards=guards,
            guard=guard,
            texts=texts,
            pay=np.array(pay, dtype=np.float32),
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
            pay=[view.pay for view in views],
        )
        return cls.build(heads, columns, texts, titles)


def _sorted(ids: Sequence[UUID]) -> NDArray[np.int64]:
    """Positions of the ids, ascending: by their bytes, which are in the order of the ids, eight at a time."""
    halves = Ids.of(ids).raw.view(">u8").reshape(-1, 2).astype(np.uint64)
    return np.lexsort((halves[:, 1], halves[:, 0]))


def _by_unit(
    row: NDArray[np.int32], posting: NDArray[np.int32], facets: FacetColumns
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Rows in the order of posting, requirement, group and ordinal, and a number for each row's unit, ascending."""
    # A facet without a group is a group of its own: numbered after the real ones, by its ordinal.
    ordinal = facets.ordinal[row]
    group = facets.group[row].astype(np.int32)
    alone = group < 0
    group[alone] = (1 << 16) + ordinal[alone].astype(np.int32)
    unit = posting.astype(np.int64)
    unit <<= 16
    unit |= facets.requirement[row]
    unit <<= 18
    unit |= group
    del group, alone
    if len(unit) and not ((unit[1:] > unit[:-1]) | ((unit[1:] == unit[:-1]) & (ordinal[1:] >= ordinal[:-1]))).all():
        by_unit = np.lexsort((ordinal, unit))
        row, unit = row[by_unit], unit[by_unit]
    return row, unit


def _numbered(values: Iterable[T], order: NDArray[np.int64]) -> tuple[tuple[T, ...], NDArray[np.int32]]:
    """The distinct values, and in the given order the number of each."""
    number: dict[T, int] = {}
    numbers = np.array([number.setdefault(value, len(number)) for value in values], dtype=np.int32)
    return tuple(number), numbers[order] if len(numbers) else numbers


def _reduce(ufunc: np.ufunc, values: NDArray[Any], starts: NDArray[np.int32]) -> NDArray[Any]:
    return ufunc.reduceat(values, starts) if len(starts) else values[:0]


def _importance(texts: Texts, kind: NDArray[np.int8], text: NDArray[np.integer]) -> NDArray[np.float32]:
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
