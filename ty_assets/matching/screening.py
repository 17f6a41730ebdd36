"""Score every posting's requirements against one person, exactly.

Belongs here: credit for each distinct demand, and the gathering per posting. Not here: the nearest skills
(`nearest.py`), kinds whose wording proves nothing (`structured.py`), titles, penalties and tiers (`scoring.py`), or
what stops a match (`gates.py`).

Method: max-sim (ColBERT; Khattab and Zaharia, 2020) with the document side deduplicated: each unique term
meets each skill once, the best cosine becomes credit by the model's calibration, and credits are gathered
per posting. Nothing is approximated, so there is no index to tune or to rebuild.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.demands import Units
from ty_assets.matching.nearest import Nearest, credit_of_terms, max_sim, members_of, nearest
from ty_assets.matching.person import STRUCTURED, Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.product import best_cosines
from ty_assets.matching.structured import (
    CREDIT_PER_CEFR_STEP,
    career_credit,
    degree_credit,
    language_levels,
    own_domain,
    share_of_years,
)
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import KINDS

# A tool or a licence is held or not: what is merely worded alike (licence B and licence CE, PostgreSQL and
# MySQL) earns nothing. On the credit scale, so independent of the embedding model.
HELD_OR_NOT = {"tool": 0.8, "licence": 0.97}
_LEAST = {"": 0.0, **HELD_OR_NOT}
_LEAST_OF_KIND = np.array([list(_LEAST).index(kind) if kind in _LEAST else 0 for kind in KINDS])
_STRUCTURED_KINDS = np.array([kind in STRUCTURED for kind in KINDS])

# A domain the person has worked in, where none of the skills says more.
DOMAIN_CREDIT = 1.0


@dataclass(frozen=True, eq=False)
class Screened:
    """One person against P postings; see Postings for L facets and N units."""

    score: NDArray[np.float32]  # (P,) credited share of the weight; NaN for a posting without countable facets
    specific_score: NDArray[np.float32]  # (P,) the same of the trade's own terms; NaN where there are none
    must_missing: NDArray[np.float32]  # (P,) share of the musts' weight that earns no credit; 0 without musts
    weight: NDArray[np.float32]  # (P,) of all units
    transferable_weight: NDArray[np.float32]  # (P,) of all but language and soft skill
    specific_weight: NDArray[np.float32]  # (P,) of units that belong to a domain
    earned: "Earned"

    # What a posting is explained by; asked for the few that are shown, since it is many times as long.

    @cached_property
    def facet_credit(self) -> NDArray[np.float32]:
        """(L,) in [0, 1]."""
        return self.earned.by_facet()

    @cached_property
    def facet_skill(self) -> NDArray[np.int64]:
        """(L,) the person's best skill, -1 where none earns the credit."""
        return np.where(self.facet_credit > 0, self.earned.skills(), -1)

    @cached_property
    def unit_credit(self) -> NDArray[np.float32]:
        """(N,) the best alternative's."""
        return self.earned.of_units(slice(None))


def screen(postings: Postings, texts: Texts, person: Person, calibration: Calibration) -> Screened:
    """Score every posting's requirements against one person, exactly.

    postings: P postings in CSR form over units and facets. texts: U unique terms (U, d) float32. person: S
    skills (S, d). A unit (one facet, or alternatives of which any does) is worth its best facet's credit; a
    posting's score is sum(weight * credit) / sum(weight), NaN without countable facets.
    """
    (work,) = screen_people(postings, texts, [person], calibration)
    return work()


def screen_people(
    postings: Postings, texts: Texts, people: Sequence[Person], calibration: Calibration
) -> list[Callable[[], Screened]]:
    """The same for some people in one product, which is done when this returns: their terms are read once for all.

    What is left of each is theirs to call for, each in a thread of its own if one likes. Keeps (U,) cosines for each
    person and degree of trust, so a dozen people at a time are enough.
    """
    terms = postings.layout.experience_terms
    groups = [[person.vectors[members] for _, members in person.trusted_alike] for person in people]
    # All skills are tried for experience, not only the nearest; those that are not compared have zero vectors.
    best, every = best_cosines(texts.vectors, [group for of_one in groups for group in of_one], terms)

    def of_one(person: Person, its_groups: slice, its_skills: slice) -> Screened:
        near = nearest(texts, person, calibration, best[its_groups])
        credit = _demand_credit(postings, texts, person, calibration, near, every[its_skills])
        return _added_up(postings, texts, person, calibration, near, credit)

    found: list[Callable[[], Screened]] = []
    group = skill = 0
    for person, theirs in zip(people, groups, strict=True):
        last_group, last_skill = group + len(theirs), skill + sum(map(len, theirs))
        found.append(partial(of_one, person, slice(group, last_group), slice(skill, last_skill)))
        group, skill = last_group, last_skill
    return found


def _demand_credit(
    postings: Postings,
    texts: Texts,
    person: Person,
    calibration: Calibration,
    near: list[Nearest],
    cosines: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(D,) by the rules of each kind. cosines: of the skills and the terms that are asked for as experience."""
    demands = postings.demands
    by_wording = np.zeros(len(texts.hashes), dtype=np.float32)
    for group in near:
        np.maximum(by_wording, group.credit * np.float32(group.trust), out=by_wording)
    credit = by_wording[demands.text]
    for kind, least in HELD_OR_NOT.items():
        rows = demands.rows(kind)
        credit[rows] = 0.0
        for group in near:
            alike = group.credit[demands.text[rows]]
            alike[alike < least] = 0.0
            credit[rows] = np.maximum(credit[rows], alike * np.float32(group.trust))
    rows, short = language_levels(demands, texts, person)
    # By level: a language is not spoken by resembling another one.
    credit[rows] = np.clip(1.0 - CREDIT_PER_CEFR_STEP * np.maximum(short, 0), 0.0, 1.0)
    own = own_domain(texts, person)
    degree_credit(demands, texts, person, own, credit)
    # A domain (health care, banking) is known by having worked in it, or by a skill of that name.
    rows = demands.rows("domain")
    credit[rows] = np.maximum(credit[rows], own[texts.domain[demands.text[rows]]] * np.float32(DOMAIN_CREDIT))
    rows = demands.rows("experience")
    if len(rows):
        layout = postings.layout
        by_term = credit_of_terms(layout.experience_terms, calibration, near, cosines)
        credit[rows] = career_credit(demands, texts, person, own)
        # Skills of equal years as one: of them the best for a term is the best for each who asks for it.
        years = person.years[members_of(near)]
        for some in np.unique(years):
            best = by_term[years == some].max(axis=0)[layout.experience_at]
            credit[rows] = np.maximum(credit[rows], best * share_of_years(some, demands.years[rows]))
    return credit


def _added_up(
    postings: Postings,
    texts: Texts,
    person: Person,
    calibration: Calibration,
    near: list[Nearest],
    credit: NDArray[np.float32],
) -> Screened:
    layout = postings.layout
    earned = Earned(postings, texts, person, calibration, near, credit)
    values = earned.values
    all_weight, specific_weight, must_weight = layout.weight, layout.specific_weight, layout.must_weight
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.clip(layout.all @ values / all_weight, 0.0, 1.0)
        specific_score = np.clip(layout.specific @ values / specific_weight, 0.0, 1.0)
        missing = np.clip(1.0 - layout.must @ values / must_weight, 0.0, 1.0)
    return Screened(
        score=score,
        specific_score=specific_score,
        must_missing=np.where(np.isnan(missing), np.float32(0.0), missing),
        weight=all_weight,
        transferable_weight=layout.transferable_weight,
        specific_weight=specific_weight,
        earned=earned,
    )


@dataclass(frozen=True, eq=False)
class Earned:
    """A person's credits where the postings' sums find them, and what they came from."""

    postings: Postings
    texts: Texts
    person: Person
    calibration: Calibration
    near: list[Nearest]
    by_demand: NDArray[np.float32]  # (D,)

    @cached_property
    def values(self) -> NDArray[np.float32]:
        """(D + M,) see Layout."""
        joined = self.postings.layout.joined
        facets = self._closed(joined, self.by_demand[joined.demand])
        return np.concatenate([self.by_demand, joined.reduce(np.maximum, facets)])

    def of_units(self, units: NDArray[np.integer] | slice) -> NDArray[np.float32]:
        """Credits of some units."""
        return self.values[self.postings.layout.column[units]]

    def by_facet(self) -> NDArray[np.float32]:
        """(L,)."""
        credit = self.by_demand[self.postings.demand]
        joined = self.postings.layout.joined
        credit[joined.facet] = self._closed(joined, credit[joined.facet])
        return credit

    def _closed(self, joined: Units, credit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Without degrees and experience of no field that stand beside those of a field the person does not know.

        "Trained cook or professional experience" means experience as a cook, not any.
        """
        own = own_domain(self.texts, self.person)[self.postings.layout.joined_domain]
        known = joined.spread(joined.reduce(np.logical_or, own))
        credit[self.postings.layout.joined_open & ~known] = 0.0
        return credit

    def skills(self) -> NDArray[np.int64]:
        """(L,) the skill behind each facet's credit, -1 where it is none's."""
        demands = self.postings.demands
        rows, at = np.unique(demands.text, return_inverse=True)
        skill = np.full((len(_LEAST), len(rows)), -1, dtype=np.int64)
        earned = np.zeros((len(_LEAST), len(rows)), dtype=np.float32)
        for group in self.near:
            _, which = max_sim(self.texts.vectors[rows], self.person.vectors[group.members])
            which = group.members[which]
            for place, row in enumerate(rows.tolist()):
                which[place] = group.skill.get(row, which[place])
            credit = group.credit[rows]
            for of_kind, least in enumerate(_LEAST.values()):
                here = np.where(credit >= least, credit * np.float32(group.trust), np.float32(0.0))
                better = here > earned[of_kind]
                earned[of_kind, better], skill[of_kind, better] = here[better], which[better]
        by_demand = skill[_LEAST_OF_KIND[demands.kind], at]
        by_demand[_STRUCTURED_KINDS[demands.kind]] = -1
        experience = demands.rows("experience")
        if len(experience):
            by_demand[experience] = self._experienced(rows)
        return by_demand[self.postings.demand]

    def _experienced(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """The skill that shows each experience, -1 where the career does."""
        demands, members = self.postings.demands, members_of(self.near)
        asking = demands.rows("experience")
        of_career = career_credit(demands, self.texts, self.person, own_domain(self.texts, self.person))
        if len(members) == 0:
            return np.full(len(asking), -1, dtype=np.int64)
        cosines = self.person.vectors[members] @ self.texts.vectors[rows].T
        by_term = credit_of_terms(rows, self.calibration, self.near, cosines)
        by_skill = by_term[:, np.searchsorted(rows, demands.text[asking])]
        by_skill *= share_of_years(self.person.years[members][:, None], demands.years[asking][None, :])
        best = by_skill.argmax(axis=0)
        top = by_skill[best, np.arange(len(best))]
        return np.where((top > of_career) | (of_career <= 0), members[best], -1)
