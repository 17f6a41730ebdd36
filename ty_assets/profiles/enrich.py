"""What follows from a career by rule: implied skills, the person's domains and occupational level.

Belongs here: the rules. Not here: what texts say (task.py) and how all sources become rows (rows.py).
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple, cast

from ty_assets.facets.terms import FoundTerm, find_terms
from ty_assets.facets.vocabulary import KINDS, Kind, domains, vocabulary
from ty_assets.profiles.career import Interval, years_covered
from ty_assets.profiles.degrees import is_finished, read_degree
from ty_assets.profiles.document import AnonymousProfile, HistoryEntry
from ty_assets.profiles.positions import read_positions, seniority_of, title_level
from ty_assets.profiles.task import ProfileFacets

# A title says what somebody was, a term only what they had to do with.
TITLE_WEIGHT = 3.0
TERM_WEIGHT = 1.0
# A domain needs as much as one title, and a tenth of everything: three mentions of bookkeeping in a long
# career elsewhere make no accountant.
DOMAIN_MINIMUM = 3.0
DOMAIN_SHARE = 0.1
# Years in titles of a level or above before the career supports it without a degree; our choice: nobody is a
# helper for lack of time, and what is claimed higher up has outlasted a probation and a first yearly review.
LEVEL_YEARS = {1: 0.0, 2: 1.0, 3: 2.0, 4: 2.0}
UNDATED_YEARS = 1.0  # what a job without dates counts for


class Rule(NamedTuple):
    name: str
    when: str  # role, domain or seniority
    value: str
    kind: Kind
    terms: tuple[str, ...]  # of the vocabulary


class ImpliedFacet(NamedTuple):
    kind: Kind
    term: str
    reason: str  # the rule's name and the job it fired on
    entry: int  # index into work_history


def implied_facets(profile: AnonymousProfile, today: date) -> list[ImpliedFacet]:
    """Skills that a role, domain or seniority brings along, by `implied_skills.csv`.

    Rules fire on work, voluntary work and finished training; not on traineeships, which prove no more than
    their text says, and not on projects. Seniority counts in work and voluntary work only.
    """
    implied: list[ImpliedFacet] = []
    for index, entry in enumerate(profile.work_history):
        job = f"{entry.position}, {entry.organisation}" if entry.organisation else entry.position
        for rule in _rules_for(entry, today):
            reason = f"{rule.name}: {job}"
            implied.extend(ImpliedFacet(rule.kind, term, reason, index) for term in rule.terms)
    return implied


def domains_of(profile: AnonymousProfile, extracted: Sequence[ProfileFacets]) -> list[str]:
    """Domains where the person has worked or trained, the weightiest first.

    extracted: one per entry of `profile_jobs(profile)`. Titles of jobs and trainings weigh 3, terms of the
    text 1 (for voluntary work and projects half of it). Where law or practice demands a qualification
    (`gate` in domains.csv) terms do not suffice: a title or a certified occupation must name the domain.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    proven: set[str] = set()
    known = vocabulary()
    for entry, facets in zip(profile.work_history, extracted, strict=False):
        if entry.kind == "break":
            continue
        professional = entry.kind in ("work", "education")
        share = 1.0 if professional else 0.5
        for domain in _title_domains(entry, facets):
            weights[domain] += TITLE_WEIGHT * share
            if professional:
                proven.add(domain)
        for facet in facets.facets:
            of_term = known.domain_of(facet.term)
            if of_term and facet.kind != "degree":
                weights[of_term] += TERM_WEIGHT * share
    for certificate in profile.certificates:
        for found in terms_of(certificate.name, profile.language):
            # a recognised occupation; a licence is none, or whoever may drive a car would be a driver
            if found.kind == "degree" and (trained_in := known.domain_of(found.term)):
                weights[trained_in] += TITLE_WEIGHT
                proven.add(trained_in)
    total = sum(weights.values())
    gated = {name for name, domain in domains().items() if domain.gate}
    kept = [name for name, weight in weights.items() if weight >= max(DOMAIN_MINIMUM, DOMAIN_SHARE * total)]
    entered = [name for name in kept if name in proven or name not in gated]
    return sorted(entered, key=lambda domain: (-weights[domain], domain))


def kldb_level(profile: AnonymousProfile, today: date) -> int | None:
    """The highest requirement level of KldB 2010 that the career supports, 1 .. 4; None where nothing says.

    The higher of two: the level that the best finished degree is the usual entry to, and the highest level
    for which titles of that level or above cover `LEVEL_YEARS`; a job without dates counts one year.
    """
    levels = []
    jobs: list[tuple[int, Interval | None]] = []
    for entry in profile.work_history:
        if entry.kind == "education" and is_finished(entry.started_on, entry.ended_on, today):
            degree = read_degree(entry.position)
            levels += [degree.kldb_level] if degree else []
        elif entry.kind == "work" and (level := title_level(entry.position)):
            jobs.append((level, entry.interval(today)))
    for level in sorted({level for level, _ in jobs}):
        held = [interval for other, interval in jobs if other >= level]
        years = years_covered([interval for interval in held if interval]) + UNDATED_YEARS * held.count(None)
        # too short for the title's own level, it still supports the one below
        levels.append(level if years >= LEVEL_YEARS[level] else max(1, level - 1))
    return max(levels, default=None)


def terms_of(text: str, language: str) -> list[FoundTerm]:
    """What the vocabulary knows in a short text, without what is denied."""
    return [found for found in find_terms(text, language) if not found.negated]


def is_done(entry: HistoryEntry, today: date) -> bool:
    """Whether the entry proves something: every job does, a training once it is finished."""
    return entry.kind != "education" or is_finished(entry.started_on, entry.ended_on, today)


def _title_domains(entry: HistoryEntry, facets: ProfileFacets) -> set[str]:
    read = {position.domain for position in read_positions(entry.position)}
    # occupations and degrees of the vocabulary, where they stand in the title itself
    named = {
        vocabulary().domain_of(facet.term)
        for facet in facets.facets
        if facet.kind == "degree" and facet.quote in entry.position
    }
    return read | {domain for domain in named if domain}


def _rules_for(entry: HistoryEntry, today: date) -> Iterator[Rule]:
    seniority = seniority_of(entry.position)
    if entry.kind in ("project", "break") or not is_done(entry, today):
        return
    if seniority == "trainee" and entry.kind != "education":  # "Ausbildung" is there the finished training
        return
    positions = read_positions(entry.position)
    facts = {("role", position.role) for position in positions}
    facts |= {("domain", position.domain) for position in positions}
    if seniority and entry.kind != "education":
        facts.add(("seniority", seniority))
    yield from (rule for rule in rules() if (rule.when, rule.value) in facts)


@cache
def rules() -> tuple[Rule, ...]:
    """The rows of `implied_skills.csv`; each says when it fires and which terms it adds."""
    text = files("ty_assets.profiles").joinpath("implied_skills.csv").read_text("utf-8")
    return tuple(
        Rule(row["rule"], row["when"], row["value"], _kind(row["kind"]), tuple(row["terms"].split("|")))
        for row in csv.DictReader(text.splitlines())
    )


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ValueError(f"implied_skills.csv: kind must be one of {KINDS}, is {name!r}")
    return cast(Kind, name)
