"""Postings with some taken out and others put in, as if all had been built at once.

Belongs here: joining the arrays of two `Postings`. Not here: what has changed (`index.py`).
"""

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.demands import members
from ty_assets.matching.postings import Ids, Postings
from ty_assets.matching.texts import Texts

Value = TypeVar("Value", bound=Hashable)


def merged(old: Postings, kept: NDArray[np.bool_], new: Postings, texts: Texts) -> tuple[Postings, NDArray[np.int64]]:
    """The kept postings of `old` and all of `new`, ascending by posting_id, and where each of them was.

    texts: of both; rows of the texts of `old` are as they were. The second answer is (P,), from len(old) on in `new`.
    No posting may be in both.
    """
    source = np.concatenate([np.flatnonzero(kept), len(old) + np.arange(len(new))])
    if len(new):
        stays = len(source) - len(new)
        before = np.searchsorted(old.posting_ids.raw[kept], new.posting_ids.raw)
        source = np.insert(source[:stays], before, source[stays:])

    # Units and facets of both one behind the other, then taken in the new order of the postings.
    unit_first = np.concatenate([old.posting_start[:-1], new.posting_start[:-1] + len(old.unit_weight)])[source]
    unit_count = np.concatenate([np.diff(old.posting_start), np.diff(new.posting_start)])[source]
    units, _ = members(unit_first, unit_count)
    facet_first = np.concatenate([old.unit_start[:-1], new.unit_start[:-1] + len(old.demand)])[units]
    facet_count = np.concatenate([np.diff(old.unit_start), np.diff(new.unit_start)])[units]
    facets, _ = members(facet_first, facet_count)

    place = np.full(len(old) + len(new), -1, dtype=np.int32)
    place[source] = np.arange(len(source), dtype=np.int32)
    condition = place[np.concatenate([old.condition_posting, new.condition_posting + len(old)])]
    condition_text = np.concatenate([old.condition_text, new.condition_text])
    places, of_place = _joined(old.places, new.places)
    guards, of_guard = _joined(old.guards, new.guards)
    codes, of_code = _joined(old.kldb_codes.tolist(), new.kldb_codes.tolist())

    def both(name: str, at: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = np.concatenate([getattr(old, name), getattr(new, name)])[at]
        return found

    def numbers(name: str, renamed: NDArray[np.int32]) -> NDArray[np.int32]:
        found: NDArray[np.int32] = np.concatenate([getattr(old, name), renamed[getattr(new, name)]])[source]
        return found

    return Postings(
        posting_ids=Ids(np.concatenate([old.posting_ids.raw, new.posting_ids.raw])[source]),
        posting_start=_ends(unit_count),
        unit_start=_ends(facet_count),
        unit_weight=both("unit_weight", units),
        unit_must=both("unit_must", units),
        unit_specific=both("unit_specific", units),
        demands=old.demands.with_more(new.demands),
        demand=np.concatenate([old.demand, new.demand + np.int32(len(old.demands))])[facets],
        requirement=both("requirement", facets),
        ordinal=both("ordinal", facets),
        condition_posting=condition[condition >= 0],
        condition_text=condition_text[condition >= 0],
        title=both("title", source),
        kldb_codes=np.array(codes, dtype="S5"),
        kldb_code=numbers("kldb_code", of_code),
        kldb_level=both("kldb_level", source),
        places=places,
        place=numbers("place", of_place),
        remote=both("remote", source),
        guards=guards,
        guard=numbers("guard", of_guard),
        texts=texts,
        pay=both("pay", source),
    ), source


def taken(
    postings: Postings, texts: Texts, titles: Texts, indices: Sequence[int] | NDArray[np.integer]
) -> tuple[Postings, Texts, Texts]:
    """Some postings by themselves, ascending, with the texts and titles they name: what is explained of many."""
    source = np.sort(np.asarray(indices, dtype=np.int64))
    unit_count = np.diff(postings.posting_start)[source]
    units, _ = members(postings.posting_start[source], unit_count)
    facet_count = np.diff(postings.unit_start)[units]
    facets, _ = members(postings.unit_start[units], facet_count)
    which, demand = np.unique(postings.demand[facets], return_inverse=True)
    demands = postings.demands
    conditions = np.flatnonzero(np.isin(postings.condition_posting, source))
    condition_text = postings.condition_text[conditions]
    few, row = _few(texts, np.concatenate([demands.text[which], condition_text]))
    known_titles, title = _few(titles, postings.title[source])
    return (
        Postings(
            posting_ids=Ids(postings.posting_ids.raw[source]),
            posting_start=_ends(unit_count),
            unit_start=_ends(facet_count),
            unit_weight=postings.unit_weight[units],
            unit_must=postings.unit_must[units],
            unit_specific=postings.unit_specific[units],
            demands=type(demands)(
                row[: len(which)], demands.kind[which], demands.cefr[which], demands.years[which], demands.level[which]
            ),
            demand=demand.astype(np.int32),
            requirement=postings.requirement[facets],
            ordinal=postings.ordinal[facets],
            condition_posting=np.searchsorted(source, postings.condition_posting[conditions]).astype(np.int32),
            condition_text=row[len(which) :],
            title=title,
            kldb_codes=postings.kldb_codes,
            kldb_code=postings.kldb_code[source],
            kldb_level=postings.kldb_level[source],
            places=postings.places,
            place=postings.place[source],
            remote=postings.remote[source],
            guards=postings.guards,
            guard=postings.guard[source],
            texts=few,
            pay=postings.pay[source],
        ),
        few,
        known_titles,
    )


def _few(texts: Texts, rows: NDArray[np.integer]) -> tuple[Texts, NDArray[np.int32]]:
    """The texts of some rows, and the place of each row in them; -1 stays -1."""
    few = texts.take(np.unique(rows[rows >= 0]))
    place = np.full(len(rows), -1, dtype=np.int32)
    place[rows >= 0] = few.find(texts.hashes[rows[rows >= 0]])
    return few, place


def _ends(counts: NDArray[np.integer]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _joined(old: Sequence[Value], new: Sequence[Value]) -> tuple[tuple[Value, ...], NDArray[np.int32]]:
    """The values of both, each once, those of `old` where they were; and the new number of each of `new`."""
    number = {value: i for i, value in enumerate(old)}
    renamed = np.array([number.setdefault(value, len(number)) for value in new], dtype=np.int32)
    return tuple(number), renamed
