"""Why to apply and why not: the second tier's answer for one person and one posting, by rule.

Belongs here: the recommendation, the reasons with their quotes, the standing of each demand, and the similarity matrix.
Not here: scores, gates, and the texts a person sends or reads at length (`letters.py`). Every reason quotes the
posting, and the profile where it has something to quote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from ty_assets.matching.scoring import MET, TIERS, Evidence, Match
from ty_assets.matching.views import FacetView, PostingView, ProfileView, RequirementView
from ty_assets.matching.wording import (
    evidence_name,
    held_for,
    quoted,
    skill_of,
    term_name,
    written_language,
    years_name,
)

# Below this the letter would have nothing to say.
APPLY_FROM = TIERS["partial"]
# From here on a demand that is not met is met in part: half of what is called met. Below, the nearest skill is of no
# use to a reader.
PARTLY = MET / 2
MAX_REASONS = 8
MAX_SKILLS = 10  # columns a person can still read


class GapTemplates(Protocol):
    """What is read of a PostingAnalysis: a text for each critical skill that somebody may lack."""

    @property
    def gap_templates(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    posting_quote: str  # verbatim in the posting, '' where the reason is about the posting as a whole
    profile_quote: str  # verbatim in the profile, '' where something is missing or only implied

    def as_row(self) -> dict[str, str]:
        return {"text": self.text, "posting_quote": self.posting_quote, "profile_quote": self.profile_quote}


Standing = Literal["matched", "partly", "missing"]


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that is asked for, how it stands, and the words of both sides."""

    evidence: Evidence
    standing: Standing
    shown: str  # what the person has to show, in the analysis's language; '' where nothing
    posting_quote: str
    profile_quote: str  # verbatim in the profile; '' where nothing is shown, or only implied
    gap: str  # what to say to who lacks it; '' where it is matched

    def as_row(self) -> dict[str, Any]:
        """As stored in match_analyses.points."""
        return {
            "ordinal": self.evidence.requirement_ordinal,
            "requirement": self.evidence.requirement,
            "facet": self.evidence.facet,
            "kind": self.evidence.kind,
            "must": self.evidence.must,
            "standing": self.standing,
            "credit": round(self.evidence.credit, 3),
            "shown": self.shown,
            "posting_quote": self.posting_quote,
            "profile_quote": self.profile_quote,
            "gap": self.gap,
        }


@dataclass(frozen=True, slots=True)
class MatchAnalysis:
    """As stored in match_analyses."""

    recommendation: Literal["apply", "skip"]
    decided_by: str
    language: str
    go_reasons: tuple[Reason, ...]
    nogo_reasons: tuple[Reason, ...]
    points: tuple[Point, ...]  # in the order of the posting
    similarity: dict[str, Any]  # {"requirements": [..], "skills": [..], "cells": [[..]]}


def analyse(
    profile: ProfileView,
    posting: PostingView,
    requirements: Sequence[RequirementView],
    facets: Sequence[FacetView],
    posting_analysis: GapTemplates | None,
    match: Match,
) -> MatchAnalysis:
    """Explain one match in the posting's language (German or English).

    The rule: apply when every gate is passed and the score reaches the partial tier. Gaps do not overrule it,
    since they are in the score already; they are named as reasons against it.
    """
    language = written_language(posting.language)
    quotes = _posting_quotes(requirements, facets)
    apply = match.passed_gates and match.score >= APPLY_FROM
    gaps = posting_analysis.gap_templates if posting_analysis else {}
    go = [_go(evidence, profile, quotes, language) for evidence in _most_telling(match.matched)]
    nogo = [_closed(row, profile, posting, match, quotes) for row in match.gate_reasons if not row["passed"]]
    nogo += [_gap(evidence, profile, quotes, gaps, language) for evidence in _most_telling(match.missing)]
    if match.basis == "title":
        nogo.append(_by_title(posting, language))
    return MatchAnalysis(
        recommendation="apply" if apply else "skip",
        decided_by="rule",
        language=language,
        go_reasons=tuple(dict.fromkeys(go))[:MAX_REASONS],
        nogo_reasons=tuple(dict.fromkeys(nogo))[:MAX_REASONS],
        points=tuple(_point(evidence, profile, quotes, gaps, language) for evidence in _in_order(match)),
        similarity=similarity(profile, requirements, facets, match, language),
    )


def _posting_quotes(requirements: Sequence[RequirementView], facets: Sequence[FacetView]) -> Mapping[int, str]:
    """Requirement ordinal -> its words in the posting."""
    quotes = {facet.requirement_ordinal: facet.quote for facet in facets if facet.quote}
    return quotes | {requirement.ordinal: requirement.quote for requirement in requirements if requirement.quote}


def _most_telling(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Musts first, the trade's own terms before languages and manners, then the order of the text."""
    generic = ("language", "soft_skill", "experience")
    return sorted(evidence, key=lambda e: (e.kind in generic, not e.must, e.requirement_ordinal))


def standing(credit: float) -> Standing:
    """matched from MET credit on, partly from PARTLY on, else missing."""
    return "matched" if credit >= MET else "partly" if credit >= PARTLY else "missing"


def _in_order(match: Match) -> list[Evidence]:
    return sorted((*match.matched, *match.missing), key=lambda evidence: evidence.requirement_ordinal)


def _point(
    evidence: Evidence,
    profile: ProfileView,
    quotes: Mapping[int, str],
    gaps: Mapping[str, str],
    language: str,
) -> Point:
    stands = standing(evidence.credit)
    skill = held_for(evidence, profile) if stands != "missing" else None
    return Point(
        evidence=evidence,
        standing=stands,
        shown=evidence_name(evidence, profile, language) if stands != "missing" else "",
        posting_quote=quotes.get(evidence.requirement_ordinal, evidence.requirement),
        profile_quote=skill.quote if skill else "",
        gap="" if stands == "matched" else _gap(evidence, profile, quotes, gaps, language).text,
    )


def _go(evidence: Evidence, profile: ProfileView, quotes: Mapping[int, str], language: str) -> Reason:
    quote = quotes.get(evidence.requirement_ordinal, evidence.requirement)
    shown = evidence_name(evidence, profile, language)
    skill = held_for(evidence, profile)
    if language == "de":
        text = f"Gefragt ist {quoted(quote, language)}; im Profil: {shown}."
        hint = " Das ist aus dem Werdegang geschlossen, nicht ausdrücklich genannt."
    else:
        text = f"Asked for: {quoted(quote, language)}; in the profile: {shown}."
        hint = " This is inferred from the career and not stated."
    if skill is not None and skill.source == "implied":
        text += hint
    return Reason(text, quote, skill.quote if skill else "")


def _closed(
    row: Mapping[str, Any],
    profile: ProfileView,
    posting: PostingView,
    match: Match,
    quotes: Mapping[int, str],
) -> Reason:
    """A gate's own sentence; where a requirement closed it, with that requirement's words."""
    if row["gate"] == "place":
        return Reason(row["reason"], posting.city or posting.region or "", "")
    if row["gate"] == "conditions":
        unwanted = [f for f in posting.facets if f.kind == "condition" and f.term in profile.unwanted_conditions]
        return Reason(row["reason"], unwanted[0].quote if unwanted else "", "")
    missing = [e for e in match.missing if e.kind == row["gate"] and e.must]
    if missing:
        return Reason(row["reason"], quotes.get(missing[0].requirement_ordinal, ""), "")
    return Reason(row["reason"], posting.title, profile.jobs[0].position if profile.jobs else "")


def _gap(
    evidence: Evidence,
    profile: ProfileView,
    quotes: Mapping[int, str],
    templates: Mapping[str, str],
    language: str,
) -> Reason:
    quote = quotes.get(evidence.requirement_ordinal, evidence.requirement)
    known = {key.casefold(): text for key, text in templates.items()}
    name = term_name(evidence.facet, language)
    keys = (evidence.facet, name, evidence.requirement)
    template = next((known[key.casefold()] for key in keys if known.get(key.casefold())), None)
    skill = skill_of(evidence, profile) if evidence.credit > 0 else None
    return Reason(template or _gap_text(evidence, profile, quote, language), quote, skill.quote if skill else "")


def _gap_text(evidence: Evidence, profile: ProfileView, quote: str, language: str) -> str:
    asked, name = quoted(quote, language), term_name(evidence.facet, language)
    german = language == "de"
    if evidence.kind == "experience" and profile.years > 0:
        shown = years_name(profile.years, language)
        return (
            f"Gefragt ist {asked}; im Profil: {shown}." if german else f"Asked for: {asked}; in the profile: {shown}."
        )
    if evidence.kind == "language" and evidence.facet in profile.languages:
        shown = evidence_name(evidence, profile, language)
        if german:
            return f"Gefragt ist {asked}; im Profil steht ein niedrigeres Niveau: {shown}."
        return f"Asked for: {asked}; the profile shows a lower level: {shown}."
    if evidence.credit > 0 and evidence.skill:
        near = evidence_name(evidence, profile, language)
        if german:
            return f"Gefragt ist {asked}; im Profil kommt {near} dem am nächsten, deckt es aber nicht ab."
        return f"Asked for: {asked}; the nearest in the profile is {near}, which does not cover it."
    if german:
        kind = "Pflicht" if evidence.must else "Wunsch"
        return f"Im Profil steht nichts zu: {name}. Die Anzeige nennt es als {kind}: {asked}."
    kind = "required" if evidence.must else "desirable"
    return f"The profile shows nothing on: {name}. The posting names it as {kind}: {asked}."


def _by_title(posting: PostingView, language: str) -> Reason:
    title = quoted(posting.title, language)
    if language == "de":
        return Reason(
            f"Die Anzeige nennt keine Anforderungen; verglichen wurde nur der Titel {title}.",
            posting.title,
            "",
        )
    return Reason(f"The posting names no requirements; only its title {title} was compared.", posting.title, "")


def similarity(
    profile: ProfileView,
    requirements: Sequence[RequirementView],
    facets: Sequence[FacetView],
    match: Match,
    language: str,
) -> dict[str, Any]:
    """Requirements by skills, cells are credits with three digits.

    A requirement's cell is the best of its facets. Columns are the skills that earn most, and what meets a
    requirement without being a skill (a language, the years). A requirement without countable facets has no
    row.
    """
    texts = {requirement.ordinal: requirement.text for requirement in requirements}
    evidence = [*match.matched, *match.missing]
    ordinals = sorted({e.requirement_ordinal for e in evidence})
    row_of = {ordinal: row for row, ordinal in enumerate(ordinals)}
    columns: dict[str, list[float]] = {}

    def put(name: str, row: int, credit: float) -> None:
        column = columns.setdefault(name, [0.0] * len(ordinals))
        column[row] = max(column[row], credit)

    if match.cells is not None:
        names = [term_name(skill.term, language) for skill in profile.skills]
        for facet, credits in zip(facets, match.cells.tolist(), strict=True):
            row = row_of.get(facet.requirement_ordinal)
            if row is None:
                continue
            for name, credit in zip(names, credits, strict=True):
                if credit:
                    put(name, row, credit)
    for item in evidence:
        if item.credit > 0:
            put(evidence_name(item, profile, language), row_of[item.requirement_ordinal], item.credit)

    skills = _telling_columns(columns, len(ordinals))
    worded = {e.requirement_ordinal: e.requirement for e in evidence} | texts
    return {
        "requirements": [worded[ordinal] for ordinal in ordinals],
        "skills": skills,
        "cells": [[round(columns[name][row], 3) for name in skills] for row in range(len(ordinals))],
    }


def _telling_columns(columns: Mapping[str, Sequence[float]], rows: int) -> list[str]:
    """The columns that a person is shown, the most useful first.

    Each next one adds most to what the rows show already, so that a requirement which is met has a column that
    says by what, before a second skill for another is shown.
    """
    names = sorted(columns)
    if not names:
        return []
    matrix = np.array([columns[name] for name in names]).T
    totals = matrix.sum(axis=0)
    shown = np.zeros(rows)
    chosen: list[int] = []
    while len(chosen) < min(MAX_SKILLS, len(names)):
        gains = np.maximum(matrix - shown[:, None], 0).sum(axis=0)
        gains[chosen] = -1.0
        most = np.flatnonzero(gains == gains.max())
        best = int(most[totals[most].argmax()])  # of equal gain the greater in all, of equals the first
        shown = np.maximum(shown, matrix[:, best])
        chosen.append(best)
    return [names[place] for place in chosen]
