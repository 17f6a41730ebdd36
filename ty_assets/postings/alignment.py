"""Two texts laid over each other, whatever the order of their parts: what they share, and where they differ.

Belongs here: greedy string tiling over words (Wise, 1993) and the pairing of what lies between the tiles. Not here:
what a difference means (near_duplicates.py).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

# Three words in a row are seldom shared by chance, and a typo leaves most of them standing.
_SHORTEST_TILE = 3
# A row of words that comes so often ("und bei der") finds no place; what surrounds it does.
_MOST_PLACES = 24
_CONTEXT = 5
# Of the shorter side of a gap; fewer equal words are there by chance, and the two sides are other texts.
_LEAST_SHARED = 0.5

Words = Sequence[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Words that stand opposite each other, either side possibly empty.

    before: the shared words in front of it. head, tail: one of the two texts begins or ends here. moved: what follows
    it in one text follows something else in the other.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    before: tuple[str, ...] = ()
    head: bool = False
    tail: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Alignment:
    """shared: words that both have; differences: all others, each once."""

    shared: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Tile:
    ours: int
    theirs: int
    length: int


_NOWHERE = _Tile(-1, -1, 0)


@dataclass(slots=True)
class _Gap:
    """Between two tiles of one text; None: the text's begin or end."""

    left: _Tile | None
    right: _Tile | None
    words: tuple[str, ...]


def align(ours: Words, theirs: Words) -> Alignment:
    """Lay two texts over each other; symmetric but for the sides."""
    tiles = _tiles(ours, theirs)
    mine = _gaps(ours, sorted(tiles, key=lambda t: t.ours), [t.ours for t in sorted(tiles, key=lambda t: t.ours)])
    in_order = sorted(tiles, key=lambda t: t.theirs)
    other = _gaps(theirs, in_order, [t.theirs for t in in_order])
    shared = sum(tile.length for tile in tiles)
    differences: list[Difference] = []
    for one, two, before in _paired(mine, other, ours):
        matched, found = _inside(one, two, before)
        shared += matched
        differences += found
    return Alignment(shared, tuple(differences))


def _tiles(ours: Words, theirs: Words) -> list[_Tile]:
    """Rows of equal words, the longest first, none overlapping another."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for j in range(len(theirs) - _SHORTEST_TILE + 1):
        places[tuple(theirs[j : j + _SHORTEST_TILE])].append(j)
    runs = []
    for i in range(len(ours) - _SHORTEST_TILE + 1):
        found = places.get(tuple(ours[i : i + _SHORTEST_TILE]), ())
        for j in found if len(found) <= _MOST_PLACES else ():
            if i and j and ours[i - 1] == theirs[j - 1] and len(places[tuple(theirs[j - 1 : j + 2])]) <= _MOST_PLACES:
                continue  # within a run that began before
            n = _SHORTEST_TILE
            while i + n < len(ours) and j + n < len(theirs) and ours[i + n] == theirs[j + n]:
                n += 1
            runs.append(_Tile(i, j, n))
    # Of equal length the one nearest to the same place: a phrase that comes twice stays where it is.
    runs.sort(key=lambda t: (-t.length, abs(t.ours - t.theirs), t.ours))
    used_ours, used_theirs = bytearray(len(ours)), bytearray(len(theirs))
    tiles = []
    for run in runs:
        for tile in _free(run, used_ours, used_theirs):
            tiles.append(tile)
            used_ours[tile.ours : tile.ours + tile.length] = b"\x01" * tile.length
            used_theirs[tile.theirs : tile.theirs + tile.length] = b"\x01" * tile.length
    return tiles


def _free(run: _Tile, used_ours: bytearray, used_theirs: bytearray) -> list[_Tile]:
    """The parts of a run that no longer tile has taken."""
    parts, start = [], None
    for k in range(run.length + 1):
        free = k < run.length and not used_ours[run.ours + k] and not used_theirs[run.theirs + k]
        if free and start is None:
            start = k
        elif not free and start is not None:
            if k - start >= _SHORTEST_TILE:
                parts.append(_Tile(run.ours + start, run.theirs + start, k - start))
            start = None
    return parts


def _gaps(words: Words, tiles: Sequence[_Tile], starts: Sequence[int]) -> list[_Gap]:
    """What lies before, between and after the tiles of one text, also where it is nothing."""
    gaps, end, left = [], 0, None
    for tile, start in zip(tiles, starts, strict=True):
        gaps.append(_Gap(left, tile, tuple(words[end:start])))
        left, end = tile, start + tile.length
    gaps.append(_Gap(left, None, tuple(words[end:])))
    return gaps


def _paired(mine: list[_Gap], other: list[_Gap], ours: Words) -> list[tuple[_Gap, _Gap, tuple[str, ...]]]:
    """Each gap with the one opposite it: between the same tiles, else beside the same tile."""
    by_left = {gap.left: gap for gap in other}
    by_right = {gap.right: gap for gap in other}
    taken: set[int] = set()
    pairs = []

    def take(one: _Gap, two: _Gap) -> None:
        taken.update((id(one), id(two)))
        tile = next((t for t in (one.left, two.left) if t is not None and t is not _NOWHERE), None)
        before = tuple(ours[max(0, tile.ours + tile.length - _CONTEXT) : tile.ours + tile.length]) if tile else ()
        pairs.append((one, two, before))

    for one in mine:
        two = by_left.get(one.left)
        if two is not None and two.right == one.right:
            take(one, two)
    for one in mine:
        if id(one) in taken:
            continue
        beside = [by_left.get(one.left) if one.left else None, by_right.get(one.right) if one.right else None]
        free = [gap for gap in beside if gap is not None and id(gap) not in taken]
        if free:
            # A part that has moved leaves two neighbours: the words belong to the one whose words are nearest.
            take(one, min(free, key=lambda gap: Levenshtein.normalized_distance(one.words, gap.words)))
        else:
            take(one, _Gap(_NOWHERE, _NOWHERE, ()))
    for two in other:
        if id(two) not in taken:
            take(_Gap(_NOWHERE, _NOWHERE, ()), two)
    return pairs


def _inside(one: _Gap, two: _Gap, before: tuple[str, ...]) -> tuple[int, list[Difference]]:
    """Single words that a gap shares, and the differences between them."""
    if not one.words and not two.words:
        return 0, []
    at_head = one.left is None or two.left is None
    at_tail = one.right is None or two.right is None
    moved = (one.left, one.right) != (two.left, two.right)
    shared, found, start = 0, [], (0, 0)
    blocks = [b for b in Levenshtein.opcodes(one.words, two.words) if b.tag == "equal"]
    ends = [(b.src_start, b.dest_start, b.src_end, b.dest_end) for b in blocks]
    if sum(i_end - i for i, _, i_end, _ in ends) < _LEAST_SHARED * min(len(one.words), len(two.words)):
        ends = []
    for number, (i, j, after_i, after_j) in enumerate([*ends, (len(one.words), len(two.words), 0, 0)]):
        ours, theirs = one.words[start[0] : i], two.words[start[1] : j]
        if ours or theirs:
            nearest = (*before, *one.words[: start[0]])[-_CONTEXT:]
            first, last = number == 0, number == len(ends)
            found.append(Difference(ours, theirs, nearest, at_head and first, at_tail and last, moved))
        shared += after_i - i if number < len(ends) else 0
        start = (after_i, after_j)
    return shared, found
