"""From screened requirements to the score, the tier and the evidence a person sees.

Belongs here: how requirements and occupation are weighed, penalties, tiers, matched and missing. Not here:
the screening (`screening.py`) and what stops a match whatever its score (`gates.py`).

All numbers below are on the credit scale, where 1 is "has it" and 0 "no better than chance"; none is a
cosine, so none changes with the embedding model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.nearest import cells
from ty_assets.matching.occupation import occupation_closeness
from ty_assets.matching.person import STRUCTURED, Person
from ty_assets.matching.places import place_factors
from ty_assets.matching.postings import Postings
from ty_assets.matching.screening import HELD_OR_NOT, Screened
from ty_assets.matching.texts import HASH, Texts
from ty_assets.matching.views import KINDS, PostingView

Tier = Literal["strong", "partial", "weak", "none"]
Basis = Literal["requirements", "title"]

# Three quarters requirements, one quarter occupation, once two terms' worth of the trade is asked for. A
# posting that asks for less says little ("German, team spirit"): what it asks counts less, and its title
# more.
REQUIREMENT_SHARE = 0.75
GENERIC_SHARE = 0.1
ENOUGH_WEIGHT = 2.0

# A score by title alone is a guess: it is damped below the strong tier.
TITLE_ONLY = 0.5

# All missing musts together cost at most a quarter: extraction marks too much as a must to let it cost more.
MUST_PENALTY = 0.25

# A posting of a foreign trade whose few common terms the person happens to have ("project management,
# Excel"). Belonging is the occupation's closeness or the coverage of the trade's own terms, whichever is
# better.
FOREIGN = 0.55

# About: six tenths of what is asked and the same occupation; half of it or a neighbouring one; something in
# common.
TIERS: Mapping[Tier, float] = MappingProxyType({"strong": 0.6, "partial": 0.4, "weak": 0.2, "none": 0.0})

# From here on a requirement is called met.
MET = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What P postings are worth to one person."""

    screened: Screened
    occupation: NDArray[np.float32]  # (P,) closeness of title and KldB code, in [0, 1]
    score: NDArray[np.float32]  # (P,) in [0, 1]
    by_title: NDArray[np.bool_]  # (P,) without countable facets

    def tier(self, index: int) -> Tier:
        return tier(float(self.score[index]))

    def basis(self, index: int) -> Basis:
        return "title" if self.by_title[index] else "requirements"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing a posting asks for, and what the person has to show for it."""

    requirement_ordinal: int
    requirement: str
    facet: str  # the alternative that was met best
    kind: str
    skill: str | None  # of the person; None where nothing earns credit, or a level without a name of its own
    credit: float
    must: bool

    def as_row(self) -> dict[str, Any]:
        """As stored in profile_posting_matches.matched and .missing."""
        return {
            "ordinal": self.requirement_ordinal,
            "requirement": self.requirement,
            "facet": self.facet,
            "kind": self.kind,
            "skill": self.skill,
            "credit": round(self.credit, 3),
            "must": self.must,
        }


def tier(score: float) -> Tier:
    return next(name for name, least in TIERS.items() if score >= least)


def tiers(scores: NDArray[np.float32]) -> list[Tier]:
    """The tier of each score."""
    names: list[Tier] = list(TIERS)
    least = np.array([TIERS[name] for name in names])
    return [names[i] for i in (scores[:, None] >= least[None, :]).argmax(axis=1)]


def score(
    postings: Postings,
    screened: Screened,
    titles: Texts,
    person: Person,
    calibration: Calibration,
    occupation: NDArray[np.float32] | None = None,
) -> Scores:
    """Combine requirements and occupation, (P,) float32 in [0, 1]; never NaN.

    Never falls when a skill is added: the shares depend on the posting alone, and every factor rises with
    credit. occupation: (P,) of occupation_closeness, where it is known already.
    """
    if occupation is None:
        occupation = occupation_closeness(postings, titles, person, calibration)
    by_title = np.isnan(screened.score)
    strength = np.minimum(screened.transferable_weight / np.float32(ENOUGH_WEIGHT), np.float32(1.0))
    share = np.where(by_title, np.float32(0.0), GENERIC_SHARE + (REQUIREMENT_SHARE - GENERIC_SHARE) * strength)
    certainty = TITLE_ONLY + (1.0 - TITLE_ONLY) * np.where(by_title, np.float32(0.0), strength)
    base = share * np.where(by_title, np.float32(0.0), screened.score) + (1.0 - share) * occupation
    belonging = np.fmax(occupation, screened.specific_score)  # a NaN is nothing beside a number
    total = base * certainty * must_factor(screened) * (FOREIGN + (1.0 - FOREIGN) * belonging)
    total *= place_factor(postings, person)
    return Scores(screened, occupation, np.clip(total, 0.0, 1.0).astype(np.float32), by_title)


def must_factor(screened: Screened) -> NDArray[np.float32]:
    """(P,) 1 without a gap in the musts, 1 - MUST_PENALTY when all are missing; in between by weight."""
    return 1.0 - MUST_PENALTY * screened.must_missing


def place_factor(postings: Postings, person: Person) -> NDArray[np.float32]:
    """(P,) less than 1 for what is far from home; 1 for remote work, and where people name places or would move."""
    if person.profile.wished_places or person.profile.remote_only or person.profile.moves:
        return np.ones(len(postings), dtype=np.float32)
    cities = [city for city, _ in postings.places]
    factors = place_factors(person.profile.city, cities)
    for town in person.profile.named_places if person.profile.city else ():
        factors = np.maximum(factors, place_factors(town, cities))
    return np.where(postings.remote, np.float32(1.0), factors[postings.place] if len(factors) else np.float32(1.0))


def ranking(scores: Scores, passed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Indices of postings, best first: those that pass the gates, then by score, ties by posting_id."""
    return np.lexsort((np.arange(len(scores.score)), -scores.score, ~passed))


def best(score: NDArray[np.float32], passed: NDArray[np.bool_], limit: int) -> NDArray[np.int64]:
    """The first `limit` of the ranking, without sorting the others."""
    first = _best_of(np.flatnonzero(passed), score, limit)
    if len(first) == limit or len(first) == len(score):
        return first
    return np.concatenate([first, _best_of(np.flatnonzero(~passed), score, limit - len(first))])


def _best_of(rows: NDArray[np.int64], score: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    found = -score[rows]
    if 0 < limit < len(rows):
        kept = found <= np.partition(found, limit - 1)[limit - 1]
        rows, found = rows[kept], found[kept]
    return rows[np.argsort(found, kind="stable")][:limit]


def evidence(
    postings: Postings,
    texts: Texts,
    scores: Scores,
    person: Person,
    index: int,
    requirement_texts: Mapping[int, str],
) -> tuple[list[Evidence], list[Evidence]]:
    """What of one posting is matched and what is missing, each in the order of the text.

    requirement_texts: the posting's requirement texts by ordinal. A unit is matched from MET credit on.
    """
    screened = scores.screened
    matched: list[Evidence] = []
    missing: list[Evidence] = []
    for unit in range(postings.posting_start[index], postings.posting_start[index + 1]):
        first, end = postings.unit_start[unit], postings.unit_start[unit + 1]
        best = int(first + screened.facet_credit[first:end].argmax())
        ordinal, term = int(postings.requirement[best]), texts.terms[postings.text[best]]
        credit = float(screened.facet_credit[best])
        item = Evidence(
            requirement_ordinal=ordinal,
            requirement=requirement_texts.get(ordinal, term),
            facet=term,
            kind=KINDS[postings.kind[best]],
            skill=_shown(postings, texts, scores, person, best),
            credit=credit,
            must=bool(postings.unit_must[unit]),
        )
        (matched if credit >= MET else missing).append(item)
    return matched, missing


def _shown(postings: Postings, texts: Texts, scores: Scores, person: Person, facet: int) -> str | None:
    """The person's side of one facet, in words of the profile."""
    if scores.screened.facet_credit[facet] <= 0:
        return None
    skill = int(scores.screened.facet_skill[facet])
    if skill >= 0:
        return person.profile.skills[skill].term
    kind, term = KINDS[postings.kind[facet]], texts.terms[postings.text[facet]]
    if kind == "language":
        level = person.profile.languages.get(term, "")
        return f"{term} {level}".strip()
    if kind == "degree":
        degrees = [s.term for s in person.profile.skills if s.kind == "degree"]
        return term if term in degrees else next(iter(degrees), None)
    if kind == "experience":
        return f"{person.profile.years:.1f} years"
    return texts.domain_names[texts.domain[postings.text[facet]]] or term


@dataclass(frozen=True, slots=True)
class Match:
    """One person and one posting: everything the explanations are made of."""

    score: float
    tier: Tier
    basis: Basis
    passed_gates: bool
    gate_reasons: tuple[Mapping[str, Any], ...]  # {"gate":, "passed":, "reason":}
    matched: tuple[Evidence, ...]
    missing: tuple[Evidence, ...]
    # credits of the posting's facets (in the posting's order) against the person's skills
    cells: NDArray[np.float32] | None = None


def facet_cells(posting: PostingView, texts: Texts, person: Person, calibration: Calibration) -> NDArray[np.float32]:
    """(facets of the posting, S) credits by wording, for Match.cells.

    All zero for a text that is not in `texts`, and for kinds that are met by level or years.
    """
    rows = texts.find(np.array([facet.text_hash for facet in posting.facets], dtype=HASH))
    result = np.zeros((len(rows), len(person.hashes)), dtype=np.float32)
    result[rows >= 0] = cells(texts, rows[rows >= 0], person, calibration)
    for row, facet in enumerate(posting.facets):
        if facet.kind in STRUCTURED or facet.kind == "experience" or facet.negated:
            result[row] = 0.0
        else:
            result[row, result[row] < HELD_OR_NOT.get(facet.kind, 0.0) * person.trust] = 0.0
    return result
