"""Screening as its definition says it: one posting, one facet, one skill at a time, in plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tests.matching.world import CALIBRATION, DOMAINS, encode
from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.person import STRUCTURED
from ty_assets.matching.postings import GENERAL_EXPERIENCE, KIND_WEIGHT, TRADE_DEGREE, TRANSVERSAL
from ty_assets.matching.screening import HELD_OR_NOT
from ty_assets.matching.structured import COMPARABLE_DEGREE
from ty_assets.matching.texts import EVERYDAY_TERMS, GENERAL_EXPERIENCE_TERMS
from ty_assets.matching.views import CEFR, FacetView, PostingView, ProfileSkill, ProfileView
from ty_assets.postings.normalise import text_hash


@dataclass(frozen=True)
class Reference:
    """NaN without anything to count."""

    score: float
    specific_score: float
    must_missing: float


def reference(profile: ProfileView, view: PostingView) -> Reference:
    units: dict[object, list[FacetView]] = {}
    for number, item in enumerate(view.countable()):
        if item.kind != "condition":
            group = ("alone", number) if item.alternative_group is None else item.alternative_group
            units.setdefault((item.requirement_ordinal, group), []).append(item)
    told = [
        (max(weight(i) for i in unit), earned(profile, unit), any(map(specific, unit)), any(i.must for i in unit))
        for unit in units.values()
    ]

    def share(chosen: Iterable[tuple[float, float]]) -> float:
        pairs = list(chosen)
        total = sum(w for w, _ in pairs)
        return sum(w * c for w, c in pairs) / total if total else float("nan")

    musts = share((w, c) for w, c, _, must in told if must)
    return Reference(
        score=share((w, c) for w, c, _, _ in told),
        specific_score=share((w, c) for w, c, of_trade, _ in told if of_trade),
        must_missing=0.0 if np.isnan(musts) else 1.0 - musts,
    )


def earned(profile: ProfileView, unit: list[FacetView]) -> float:
    known = any(own(profile, item) for item in unit)
    closed = any(map(specific, unit)) and not known
    return max(0.0 if closed and open_to_all(item) else credit(profile, item) for item in unit)


def credit(profile: ProfileView, item: FacetView) -> float:
    if item.kind == "language":
        spoken = {text_hash(term): level for term, level in profile.spoken().items()}
        short = (CEFR[item.cefr] if item.cefr else CEFR["B1"]) - spoken.get(item.text_hash, 0)
        return min(max(1.0 - 0.5 * max(short, 0), 0.0), 1.0)
    if item.kind == "degree":
        if any(s.kind == "degree" and s.text_hash == item.text_hash for s in profile.skills):
            return 1.0
        enough = profile.degree_level >= max(item.level or 0, 1)
        return enough * (1.0 if item.term not in DOMAINS else COMPARABLE_DEGREE * own(profile, item))
    least = HELD_OR_NOT.get(item.kind, 0.0)
    compared = [skill for skill in profile.skills if skill.kind not in STRUCTURED]
    worths = [(alike(skill, item), skill) for skill in compared]
    by_wording = max((c * s.trust for c, s in worths if c >= least), default=0.0)
    if item.kind == "domain":
        return max(by_wording, float(own(profile, item)))
    if item.kind == "experience":
        worked = profile.years > 0 or bool(profile.jobs)
        of_career = (general(item) or own(profile, item)) and worked
        by_skill = (c * s.trust * part(profile.years if s.years is None else s.years, item.years) for c, s in worths)
        return max([part(profile.years, item.years) * of_career, *by_skill])
    return by_wording


def alike(skill: ProfileSkill, item: FacetView) -> float:
    covered = {text_hash(narrower) for narrower in vocabulary().covers(skill.term)}
    if item.text_hash == skill.text_hash or item.text_hash in covered:
        return 1.0
    one, other = encode([skill.term, item.term])
    return float(CALIBRATION.credit(float(one @ other)))


def part(years: float, asked: float | None) -> float:
    return min(years / asked, 1.0) if asked else 1.0


def own(profile: ProfileView, item: FacetView) -> bool:
    return DOMAINS.get(item.term) in profile.domains


def general(item: FacetView) -> bool:
    return item.term.casefold().strip() in GENERAL_EXPERIENCE_TERMS


def of_domain(item: FacetView) -> bool:
    return item.term in DOMAINS and item.term.casefold() not in EVERYDAY_TERMS


def specific(item: FacetView) -> bool:
    return of_domain(item) and item.kind not in ("language", "soft_skill", "condition")


def open_to_all(item: FacetView) -> bool:
    return item.kind in ("degree", "experience") and (item.term not in DOMAINS or general(item))


def weight(item: FacetView) -> float:
    importance = item.weight * KIND_WEIGHT[item.kind]
    if item.kind in ("skill", "tool", "licence") and not of_domain(item):
        importance *= TRANSVERSAL
    if item.kind == "degree" and of_domain(item):
        importance *= TRADE_DEGREE
    if item.kind == "experience" and general(item):
        importance *= GENERAL_EXPERIENCE
    return importance
