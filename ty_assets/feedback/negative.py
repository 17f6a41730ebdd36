"""Which occupations and terms a person has turned down again and again.

Belongs here: how much evidence a filter needs. Not here: what it hides (`verdicts`).

A filter needs dislikes that chance explains badly, and no like at all: a person who dislikes nine of ten postings has
disliked three of one kind by chance. The test is the binomial's: with a person's share of dislikes d, n of n disliked
happen by chance with probability d to the n.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from ty_assets.feedback.opinions import Opinion

# Of some dozen occupations that are looked at, and of some hundred terms.
_BY_CHANCE_OCCUPATION: Final = 0.1
_BY_CHANCE_TERM: Final = 0.02
_LEAST_OCCUPATION: Final = 3
_LEAST_TERM: Final = 4
# Of a KldB code: an occupation, and its group. A group needs two occupations of it, or it says no more than the one.
_OCCUPATION, _GROUP = 5, 3


class Turned(NamedTuple):
    """An occupation's code, or its first digits, or a term; and the disliked postings that say so."""

    key: str
    evidence: tuple[UUID, ...]


def disliked_occupations(opinions: Sequence[Opinion]) -> list[Turned]:
    """KldB codes of five digits, or of three where several occupations of a group are disliked and none is liked."""
    share = _dislike_share(opinions)
    groups = _repeated(
        opinions, lambda o: [o.kldb[:_GROUP]] if o.kldb else [], share, _LEAST_OCCUPATION, _BY_CHANCE_OCCUPATION
    )
    codes = {o.posting_id: o.kldb for o in opinions}
    groups = [g for g in groups if len({codes[posting] for posting in g.evidence}) > 1]
    covered = tuple(g.key for g in groups)
    single = _repeated(opinions, lambda o: [o.kldb] if o.kldb else [], share, _LEAST_OCCUPATION, _BY_CHANCE_OCCUPATION)
    return [*groups, *(one for one in single if not one.key.startswith(covered or ("-",)))]


def disliked_terms(opinions: Sequence[Opinion], occupations: Sequence[Turned] = ()) -> list[Turned]:
    """Canonical terms. occupations: filters that are known; a term that says no more than they do is left out."""
    explained = {posting for one in occupations for posting in one.evidence}
    found = _repeated(opinions, lambda o: sorted(o.terms), _dislike_share(opinions), _LEAST_TERM, _BY_CHANCE_TERM)
    return [one for one in found if sum(p not in explained for p in one.evidence) >= _LEAST_TERM - 1]


def _dislike_share(opinions: Sequence[Opinion]) -> float:
    """Smoothed by one of each (Laplace), so that it is never 0 or 1."""
    disliked, liked = sum(o.disliked for o in opinions), sum(o.liked for o in opinions)
    return (disliked + 1) / (disliked + liked + 2)


def _repeated(
    opinions: Sequence[Opinion],
    keys_of: Callable[[Opinion], Iterable[str]],
    share: float,
    least: int,
    by_chance: float,
) -> list[Turned]:
    disliked: dict[str, list[UUID]] = defaultdict(list)
    liked: set[str] = set()
    for opinion in opinions:
        if opinion.liked:
            liked.update(keys_of(opinion))
        elif opinion.disliked:
            for key in keys_of(opinion):
                disliked[key].append(opinion.posting_id)
    return [
        Turned(key, tuple(sorted(postings)))
        for key, postings in sorted(disliked.items())
        if key not in liked and len(postings) >= least and share ** len(postings) <= by_chance
    ]
