"""All sources of a person's facets as the rows of `profile_facets`.

Belongs here: what is stated outright, and the union of stated, extracted and implied. Not here: finding terms
(task.py) and the rules of what is implied (enrich.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from ty_assets.facets.vocabulary import Kind, vocabulary
from ty_assets.postings.normalise import lookup_key, normalise_title, text_hash
from ty_assets.profiles.career import years_covered
from ty_assets.profiles.degrees import is_finished, read_degree
from ty_assets.profiles.document import AnonymousProfile, HistoryEntry
from ty_assets.profiles.enrich import implied_facets, is_done, terms_of
from ty_assets.profiles.fluency import cefr_of
from ty_assets.profiles.positions import seniority_of
from ty_assets.profiles.task import ProfileFacet, ProfileFacets, profile_jobs

Source = Literal["stated", "extracted", "implied"]
SOURCES: tuple[Source, ...] = get_args(Source)  # best first

# What a source is worth against a stated skill. Implied is a guess that matching may lean on, not rest on.
WEIGHTS: dict[Source, float] = {"stated": 1.0, "extracted": 0.9, "implied": 0.5}
HEADING_WEIGHT = 0.6  # of a name over keywords that the vocabulary does not know: skill or mere heading
BEGINNER_WEIGHT = 0.6  # of a skill that the person calls basic: above a guess, below a use in a job
ENROLLED = "Current studies"  # the vocabulary's term for somebody who has no degree yet


class ProfileFacetRow(BaseModel):
    """One row of `profile_facets`, but for the provenance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ordinal: int
    kind: Kind
    term: str
    text_hash: bytes
    cefr: str | None
    years: float | None
    level: int | None
    source: Source
    reason: str
    quote: str  # verbatim in the anonymised profile; '' where implied
    weight: float


@dataclass(frozen=True)
class _Claim:
    """One mention of a term, before mentions of the same term become one row."""

    source: Source
    kind: Kind
    term: str
    reason: str
    quote: str = ""
    cefr: str | None = None
    years: float | None = None
    level: int | None = None
    entry: int | None = None  # index into work_history: where it was used
    weight: float = 1.0


def profile_facets(profile: AnonymousProfile, extracted: Sequence[ProfileFacets], today: date) -> list[ProfileFacetRow]:
    """One row per kind and term, in a fixed order: source, kind, term.

    extracted: the task's answers, one per item of `profile_jobs(profile)`, in that order; ValueError
    otherwise. A row takes reason and quote from its best source (stated, extracted, implied), and what that
    leaves open from the next. `years` is the time in work that used the term, overlaps counted once, or what
    the text says if that is more; None where nothing is known.
    """
    expected = len(profile_jobs(profile))
    if len(extracted) != expected:
        raise ValueError(f"expected {expected} results, one per item of profile_jobs, got {len(extracted)}")
    groups: dict[tuple[Kind, str], list[_Claim]] = {}
    for claim in _claims(profile, extracted, today):
        groups.setdefault((claim.kind, lookup_key(claim.term)), []).append(claim)
    rows = [_row(profile, claims, today) for claims in groups.values()]
    rows.sort(key=lambda row: (SOURCES.index(row.source), row.kind, lookup_key(row.term)))
    return [row.model_copy(update={"ordinal": ordinal}) for ordinal, row in enumerate(rows)]


def _claims(profile: AnonymousProfile, extracted: Sequence[ProfileFacets], today: date) -> Iterator[_Claim]:
    proven = [*_stated(profile, today), *_extracted(profile, extracted, today)]
    yield from proven
    yield from _certified(proven)
    yield from _implied(profile, today)


def _row(profile: AnonymousProfile, claims: list[_Claim], today: date) -> ProfileFacetRow:
    claims = sorted(claims, key=lambda claim: SOURCES.index(claim.source))  # stable: of equals the first
    best = claims[0]
    return ProfileFacetRow(
        ordinal=0,
        kind=best.kind,
        term=best.term,
        text_hash=text_hash(best.term),
        cefr=next((claim.cefr for claim in claims if claim.cefr), None),
        years=_years(profile, claims, today),
        level=next((claim.level for claim in claims if claim.level), None),
        source=best.source,
        reason=best.reason,
        quote=best.quote,
        weight=max(claim.weight for claim in claims),
    )


def _years(profile: AnonymousProfile, claims: list[_Claim], today: date) -> float | None:
    used = {claim.entry for claim in claims if claim.entry is not None}
    entries = [profile.work_history[index] for index in used if profile.work_history[index].kind == "work"]
    covered = years_covered([interval for entry in entries if (interval := entry.interval(today))])
    said = max((claim.years for claim in claims if claim.years), default=0.0)
    return round(max(covered, said), 1) or None


def _stated(profile: AnonymousProfile, today: date) -> Iterator[_Claim]:
    for skill in profile.skills:
        beginner = cefr_of(skill.level) in ("A1", "A2")
        weight = BEGINNER_WEIGHT if beginner else WEIGHTS["stated"]
        for written in filter(None, (skill.name, *skill.keywords)):
            for claim in _named(written, "skill", "skills", profile.language):
                is_heading = written == skill.name == claim.term and skill.keywords
                yield replace(claim, weight=min(weight, HEADING_WEIGHT) if is_heading else weight)
    for language in profile.languages:
        for claim in _named(language.language, "language", "languages", profile.language):
            if claim.kind == "language":
                yield replace(claim, cefr=language.cefr or claim.cefr)
    for certificate in profile.certificates:
        yield from _named(certificate.name, "licence", "certificates", profile.language)
    for index, entry in enumerate(profile.work_history):
        if entry.kind == "education":
            yield from _degrees(entry, index, profile.language, today)
        elif entry.kind == "work" and seniority_of(entry.position) != "trainee":
            title = normalise_title(entry.position)
            if _says_something(title):
                yield _Claim("stated", "experience", title, _job(entry), entry.position, entry=index)


def _degrees(entry: HistoryEntry, index: int, language: str, today: date) -> Iterator[_Claim]:
    degree = read_degree(entry.position)
    if degree is None:
        return
    if not is_finished(entry.started_on, entry.ended_on, today):
        if degree.level > 1:
            yield _Claim("stated", "degree", ENROLLED, _job(entry), entry.position, entry=index)
        return
    title = entry.position
    named = [found for found in terms_of(title, language) if found.kind == "degree"]
    terms = [(found.term, title[found.start : found.end]) for found in named] or [(title, title)]
    for term, quote in terms:
        yield _Claim("stated", "degree", term, _job(entry), quote, level=degree.level, entry=index)


def _named(written: str, kind: Kind, section: str, language: str) -> Iterator[_Claim]:
    """The terms that a stated name holds, and the name itself where they leave most of it unread.

    A degree counts among certificates only: "Promotion" in a list of skills is no doctorate.
    """
    found = [term for term in terms_of(written, language) if term.kind != "degree" or kind == "licence"]
    for term in found:
        quote = written[term.start : term.end]
        yield _Claim("stated", term.kind, term.term, section, quote, term.cefr, term.years, term.level)
    read = sum(term.end - term.start for term in found)
    if 2 * read < len(written) and _says_something(written):
        yield _Claim("stated", kind, written, section, written)


def _extracted(profile: AnonymousProfile, extracted: Sequence[ProfileFacets], today: date) -> Iterator[_Claim]:
    for index, facets in enumerate(extracted):
        entry = profile.work_history[index] if index < len(profile.work_history) else None
        if entry is not None and entry.kind == "break":
            continue
        for facet in facets.facets:
            level = _degree_level(facet, entry, today)
            if facet.kind == "degree" and level is None:
                continue
            yield _Claim(
                "extracted",
                facet.kind,
                facet.term,
                _job(entry) if entry else "summary",
                facet.quote,
                facet.cefr,
                facet.years,
                level or None,
                index if entry else None,
                WEIGHTS["extracted"],
            )


def _degree_level(facet: ProfileFacet, entry: HistoryEntry | None, today: date) -> int | None:
    """The level that a degree is taken for, 0 for an occupation without its proof; None: it is not theirs.

    A finished training proves it. A summary speaks of a degree where the quote itself does, and else of an
    occupation: "eight years in logistics" is no degree in logistics. A job's title names an occupation that
    the person had; its text may speak of other people's degrees.
    """
    if facet.kind != "degree":
        return facet.level or 0
    if entry is None:
        if read_degree(facet.quote):
            return facet.level or 0
        return None if read_degree(facet.term) else 0
    if entry.kind == "education":
        return (facet.level or 0) if is_done(entry, today) else None
    is_own_title = entry.kind == "work" and facet.quote in entry.position
    return 0 if is_own_title and seniority_of(entry.position) != "trainee" else None


def _certified(claims: Sequence[_Claim]) -> Iterator[_Claim]:
    """Licences that a training ends with: who is a nurse has passed the state's examination."""
    known = vocabulary()
    for claim in claims:
        if claim.kind != "degree":
            continue
        for term in sorted(known.covers(claim.term)):
            entry = known.get(term)
            if entry is not None and entry.kind == "licence":
                yield replace(claim, kind="licence", term=term, level=None)


def _implied(profile: AnonymousProfile, today: date) -> Iterator[_Claim]:
    for implied in implied_facets(profile, today):
        kind, term, reason, entry = implied
        yield _Claim("implied", kind, term, reason, entry=entry, weight=WEIGHTS["implied"])


def _says_something(text: str) -> bool:
    """False for what anonymising left nothing of."""
    return any(character.isalnum() for character in text)


def _job(entry: HistoryEntry) -> str:
    where = f"{entry.position}, {entry.organisation}" if entry.organisation else entry.position
    return f"{entry.kind}: {where}"
