"""Score every posting's requirements against one person, exactly.

Belongs here: the matrix product over unique terms, the rules for kinds whose wording proves nothing, and the
gathering per posting. Not here: titles, penalties and tiers (`scoring.py`), or what stops a match
(`gates.py`).

Method: max-sim (ColBERT; Khattab and Zaharia, 2020) with the document side deduplicated: each unique term
meets each skill once, the best cosine becomes credit by the model's calibration, and credits are gathered
per posting. Nothing is approximated, so there is no index to tune or to rebuild.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.person import STRUCTURED, Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.texts import HASH, Texts
from ty_assets.matching.views import CEFR, KIND_CODE
from ty_assets.postings.normalise import text_hash

# Rows of the product worked on at once: 8192 x 32 floats stay in a core's cache.
CHUNK = 8192

# "German" without a level asks for independent use.
DEFAULT_CEFR = CEFR["B1"]
# One step below the level asked for is half a credit, two steps are none.
CREDIT_PER_CEFR_STEP = 0.5

# A tool or a licence is held or not: what is merely worded alike (licence B and licence CE, PostgreSQL and
# MySQL) earns nothing. On the credit scale, so independent of the embedding model.
HELD_OR_NOT = {"tool": 0.8, "licence": 0.97}

# Another training or degree of the same field and level: most postings add "or comparable".
COMPARABLE_DEGREE = 0.8

# A domain the person has worked in, where none of the skills says more.
DOMAIN_CREDIT = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """Credits of L facets, N units and P postings; see Postings."""

    facet_credit: NDArray[np.float32]  # (L,) in [0, 1]
    facet_skill: NDArray[np.int64]  # (L,) the person's best skill, -1 where none earns the credit
    unit_credit: NDArray[np.float32]  # (N,) the best alternative's
    score: NDArray[np.float32]  # (P,) credited share of the weight; NaN for a posting without countable facets
    specific_score: NDArray[np.float32]  # (P,) the same of the trade's own terms; NaN where there are none
    weight: NDArray[np.float32]  # (P,) of all units
    transferable_weight: NDArray[np.float32]  # (P,) of all but language and soft skill
    specific_weight: NDArray[np.float32]  # (P,) of units that belong to a domain


def max_sim(
    texts: NDArray[np.float32], skills: NDArray[np.float32], chunk: int = CHUNK
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Best cosine and its skill for each text. texts (U, d), skills (S, d), unit length.

    Returns (U,) float32 and (U,) int64. Without skills: -1 and -1. Of equal skills the first wins.
    """
    if len(skills) == 0:
        return np.full(len(texts), -1.0, dtype=np.float32), np.full(len(texts), -1, dtype=np.int64)
    best = np.empty(len(texts), dtype=np.float32)
    which = np.empty(len(texts), dtype=np.int64)
    right = np.ascontiguousarray(skills.T)
    for start in range(0, len(texts), chunk):
        block = slice(start, min(start + chunk, len(texts)))
        cosines = texts[block] @ right
        top = cosines.argmax(axis=1)
        which[block] = top
        best[block] = cosines[np.arange(len(top)), top]
    return best, which


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """For each of U terms the nearest of the skills that are trusted alike."""

    trust: float
    credit: NDArray[np.float32]  # (U,) before trust
    skill: NDArray[np.int64]  # (U,)


def nearest(texts: Texts, person: Person, calibration: Calibration) -> list[Nearest]:
    """One product for each degree of trust (two or three): only within one, credit rises with the cosine.

    The same text is worth 1, whatever its vectors say.
    """
    comparable = np.array([skill.kind not in STRUCTURED for skill in person.profile.skills], dtype=bool)
    found = []
    for trust in np.unique(person.trust[comparable])[::-1]:
        members = np.flatnonzero(comparable & (person.trust == trust))
        best, which = max_sim(texts.vectors, person.vectors[members])
        credit, skill = calibration.credit(best), members[which]
        rows = texts.find(person.hashes[members])
        # Backwards, so that of two equal skills the first stays.
        for row, member in zip(rows[::-1], members[::-1], strict=True):
            if row >= 0:
                credit[row], skill[row] = 1.0, member
        for row, member in _covered(texts, person, members):
            if credit[row] < 1.0:
                credit[row], skill[row] = 1.0, member
        found.append(Nearest(float(trust), credit, skill))
    return found


def _covered(texts: Texts, person: Person, members: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Rows of the terms that a skill has in it (Microsoft Office has Excel, licence CE has B), with the skill."""
    for member in members.tolist():
        hashes = _hashes_covered(person.profile.skills[member].term)
        if len(hashes):
            rows = texts.find(hashes)
            yield from ((row, member) for row in rows[rows >= 0].tolist())


@lru_cache(maxsize=4096)
def _hashes_covered(term: str) -> NDArray[np.bytes_]:
    return np.array([text_hash(narrower) for narrower in sorted(vocabulary().covers(term))], dtype=HASH)


def text_credits(found: list[Nearest], size: int, least: float = 0.0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Credit of each of `size` terms and the skill that earns it (-1 for none); below `least` it is 0."""
    credit, skill = np.zeros(size, dtype=np.float32), np.full(size, -1, dtype=np.int64)
    for group in found:
        earned = np.where(group.credit >= least, group.credit * np.float32(group.trust), np.float32(0.0))
        better = earned > credit
        credit[better], skill[better] = earned[better], group.skill[better]
    return credit, skill


def screen(postings: Postings, texts: Texts, person: Person, calibration: Calibration) -> Screened:
    """Score every posting's requirements against one person, exactly.

    postings: P postings in CSR form over units and facets. texts: U unique terms (U, d) float32. person: S
    skills (S, d). A unit (one facet, or alternatives of which any does) is worth its best facet's credit; a
    posting's score is sum(weight * credit) / sum(weight), NaN without countable facets.
    """
    found = nearest(texts, person, calibration)
    credit, skill = text_credits(found, len(texts.hashes))
    facet_credit, facet_skill = credit[postings.text], skill[postings.text]
    for kind, least in HELD_OR_NOT.items():
        rows = np.flatnonzero(postings.kind == KIND_CODE[kind])
        credit, skill = text_credits(found, len(texts.hashes), least)
        facet_credit[rows], facet_skill[rows] = credit[postings.text[rows]], skill[postings.text[rows]]
    _languages(postings, texts, person, facet_credit)
    own = _own_domain(texts, person)
    _degrees(postings, texts, person, own, facet_credit)
    _domains(postings, own, facet_credit)
    _experience(postings, texts, person, own, calibration, facet_credit, facet_skill)
    facet_credit[_of_another_field(postings, texts, own)] = 0.0
    facet_skill = np.where(facet_credit > 0, facet_skill, -1)
    structured = np.isin(postings.kind, [KIND_CODE[kind] for kind in STRUCTURED])
    facet_skill[structured] = -1

    starts = postings.unit_start[:-1]
    unit_credit = np.maximum.reduceat(facet_credit, starts) if len(starts) else facet_credit
    unit_posting = postings.unit_posting
    weight = postings.unit_weight.astype(np.float64)

    def total(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(unit_posting, weights=values, minlength=len(postings)).astype(np.float64)

    specific = weight * postings.unit_specific
    earned, all_weight, specific_weight = total(weight * unit_credit), total(weight), total(specific)
    transferable = weight * _transferable(postings)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(all_weight > 0, earned / all_weight, np.nan)
        specific_score = np.where(specific_weight > 0, total(specific * unit_credit) / specific_weight, np.nan)
    return Screened(
        facet_credit=facet_credit,
        facet_skill=facet_skill,
        unit_credit=unit_credit,
        score=np.clip(score, 0.0, 1.0).astype(np.float32),
        specific_score=np.clip(specific_score, 0.0, 1.0).astype(np.float32),
        weight=all_weight.astype(np.float32),
        transferable_weight=total(transferable).astype(np.float32),
        specific_weight=specific_weight.astype(np.float32),
    )


def cells(texts: Texts, rows: NDArray[np.int64], person: Person, calibration: Calibration) -> NDArray[np.float32]:
    """Credits (len(rows), S) of some terms against every skill, for the similarity matrix of one match."""
    credit = calibration.credit(texts.vectors[rows] @ person.vectors.T)
    comparable = np.array([skill.kind not in STRUCTURED for skill in person.profile.skills], dtype=bool)
    same = texts.hashes[rows][:, None] == person.hashes[None, :]
    credit[same & comparable[None, :]] = 1.0
    place = {int(row): at for at, row in enumerate(rows)}
    for row, member in _covered(texts, person, np.flatnonzero(comparable)):
        if row in place:
            credit[place[row], member] = 1.0
    return credit * person.trust[None, :]


def _transferable(postings: Postings) -> NDArray[np.bool_]:
    """(N,) whether a unit asks for more than a language or a manner."""
    generic = np.isin(postings.kind, [KIND_CODE["language"], KIND_CODE["soft_skill"]])
    starts = postings.unit_start[:-1]
    return np.logical_or.reduceat(~generic, starts) if len(starts) else ~generic


def language_levels(postings: Postings, texts: Texts, person: Person) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Facets that ask for a language, and by how many CEFR steps the person falls short (<= 0: enough)."""
    rows = np.flatnonzero(postings.kind == KIND_CODE["language"])
    spoken = np.zeros(len(texts.hashes), dtype=np.int64)
    at = texts.find(person.language_hashes)
    np.maximum.at(spoken, at[at >= 0], person.language_levels[at >= 0])
    asked = np.where(postings.cefr[rows] > 0, postings.cefr[rows], DEFAULT_CEFR).astype(np.int64)
    return rows, asked - spoken[postings.text[rows]]


def _languages(postings: Postings, texts: Texts, person: Person, credit: NDArray[np.float32]) -> None:
    """By level: a language is not spoken by resembling another one."""
    rows, short = language_levels(postings, texts, person)
    credit[rows] = np.clip(1.0 - CREDIT_PER_CEFR_STEP * np.maximum(short, 0), 0.0, 1.0)


def _degrees(
    postings: Postings, texts: Texts, person: Person, own: NDArray[np.bool_], credit: NDArray[np.float32]
) -> None:
    """The very degree, or a comparable one: high enough, and in a field of the person where one is named."""
    rows = np.flatnonzero(postings.kind == KIND_CODE["degree"])
    text = postings.text[rows]
    held = np.zeros(len(texts.hashes), dtype=bool)
    degrees = np.array([skill.kind == "degree" for skill in person.profile.skills], dtype=bool)
    at = texts.find(person.hashes[degrees])
    held[at[at >= 0]] = True
    named = texts.domain[text] != 0
    high_enough = person.profile.degree_level >= np.maximum(postings.level[rows], 1)
    comparable = np.where(named, own[text] * COMPARABLE_DEGREE, 1.0) * high_enough
    credit[rows] = np.where(held[text], 1.0, comparable)


def _domains(postings: Postings, own: NDArray[np.bool_], credit: NDArray[np.float32]) -> None:
    """A domain (health care, banking) is known by having worked in it, or by a skill of that name."""
    rows = np.flatnonzero(postings.kind == KIND_CODE["domain"])
    credit[rows] = np.maximum(credit[rows], own[postings.text[rows]] * np.float32(DOMAIN_CREDIT))


def _experience(
    postings: Postings,
    texts: Texts,
    person: Person,
    own: NDArray[np.bool_],
    calibration: Calibration,
    credit: NDArray[np.float32],
    skill: NDArray[np.int64],
) -> None:
    """The years' share, at most 1, times the credit for what they were spent on.

    Experience in general is met by any career; experience in a field by a career in that field (its domain)
    or by a skill that says it, with that skill's own years where the profile tells them. All skills are
    tried, not only the nearest: a nearer one with fewer years must not hide one that does.
    """
    rows = np.flatnonzero(postings.kind == KIND_CODE["experience"])
    if len(rows) == 0:
        return
    text = postings.text[rows]
    asked = np.nan_to_num(postings.years[rows].astype(np.float64), nan=0.0)
    known = np.where(asked > 0, asked, 1.0)
    career = float(person.profile.years)

    has_worked = career > 0 or bool(person.profile.jobs)
    anywhere = texts.general_experience[text] | own[text]
    earned = np.where(asked > 0, np.minimum(career / known, 1.0), 1.0) * (anywhere & has_worked)
    of_career = earned > 0
    skill[rows] = -1
    if len(person.hashes):
        unique, at = np.unique(text, return_inverse=True)
        by_skill = cells(texts, unique, person, calibration)[at]
        share = np.minimum(person.years[None, :] / known[:, None], 1.0)
        by_skill = by_skill * np.where(asked[:, None] > 0, share, 1.0)
        best = by_skill.argmax(axis=1)
        top = by_skill[np.arange(len(rows)), best]
        skill[rows] = np.where((top > earned) | ~of_career, best, -1)
        earned = np.maximum(earned, top)
    credit[rows] = earned


def _of_another_field(postings: Postings, texts: Texts, own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(L,) degrees and experience of no field that stand beside those of a field the person does not know.

    "Trained cook or professional experience" means experience as a cook, not any.
    """
    starts = postings.unit_start[:-1]
    if len(starts) == 0:
        return np.zeros(0, dtype=bool)
    sizes = np.diff(postings.unit_start)
    known = np.repeat(np.logical_or.reduceat(own[postings.text], starts), sizes)
    open_to_all = (
        ((postings.kind == KIND_CODE["degree"]) | (postings.kind == KIND_CODE["experience"]))
        & ((texts.domain[postings.text] == 0) | texts.general_experience[postings.text])
    )  # fmt: skip
    return open_to_all & np.repeat(postings.unit_specific, sizes) & ~known


def _own_domain(texts: Texts, person: Person) -> NDArray[np.bool_]:
    """(U,) whether a term belongs to a domain of the person."""
    own = np.array([name != "" and name in person.profile.domains for name in texts.domain_names], dtype=bool)
    return own[texts.domain]
