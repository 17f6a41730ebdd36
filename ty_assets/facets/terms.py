"""The terms that a text names, with all the text says of them: the one reading of postings and of profiles.

Belongs here: putting the parts together. Not here: the parts (`mentions`, `languages`, `degrees`, `licences`,
`experience`, `scope`) and what a term is worth (`task`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ty_assets.facets.alternatives import alternative_groups
from ty_assets.facets.degrees import degrees
from ty_assets.facets.experience import object_end, periods
from ty_assets.facets.languages import levels, speaks_of_a_language
from ty_assets.facets.licences import licence_classes
from ty_assets.facets.mentions import Mention, mentions
from ty_assets.facets.phrases import open_span
from ty_assets.facets.scope import Span, negated_spans, sentences
from ty_assets.facets.tokens import tokenise
from ty_assets.facets.vocabulary import Kind, Vocabulary, display, vocabulary

__all__ = ["ANY_EXPERIENCE", "FoundTerm", "Vocabulary", "display", "find_terms", "vocabulary"]

ANY_EXPERIENCE = "Professional experience"  # experience of which the text does not say in what

_AS_OCCUPATION = re.compile(
    r"(?:erfahrung(?:en)?|experience|tätigkeit|praxis|gearbeitet|worked|working|tätig)\s+(?:als|as(?:\s+an?)?)\s+"
    r"(?:[\wäöü*:/-]+\s+)?$",
    re.IGNORECASE,
)
_COUNTERPART = re.compile(
    r"\b(?:mit|with|zwischen|between|gegenüber|zu|to|von|by|for|für)\s+(?:(?!als\b|as\b)[\w-]+,?\s+){0,4}$",
    re.IGNORECASE,
)
_DEMANDED = re.compile(
    r"ausbildung|abschluss|studium|studi|examin|qualifi|degree|diplom|abgeschlossen|gelernt|zertifi|certif"
    r"|licen|anerkannt"
    r"|geprüft|training|weiterbildung|fachausweis|\bals\b|\bas\b|bachelor|master|meister|beruf|apprenticeship",
    re.IGNORECASE,
)
# Frau Schneider and Herr Dr. Koch are no tailor and no cook
_ADDRESSED = re.compile(r"\b(?:Frau|Herrn?|Mrs?\.?|Ms\.?|Dr\.)\s+(?:[A-ZÄÖÜ][\w.-]*\s+)?$")
_FAMILY = {"skill": "knowledge", "tool": "knowledge", "domain": "knowledge", "experience": "knowledge"}
_NAMED = re.compile(r"erfahrung|experience|praxis|tätigkeit", re.IGNORECASE)
_REACH_OF_EXPERIENCE = 45  # characters after "Jahre Erfahrung" in which it is said in what


class FoundTerm(NamedTuple):
    """A canonical term and where it stands: `text[start:end]` is the evidence, verbatim.

    cefr: languages only, A1 .. C2. years: experience only; None when no length is given. level: degrees only, 1 ..
    4. negated: the text says that it is not needed. alternative_group: terms of one number replace each other.
    """

    kind: Kind
    term: str
    start: int
    end: int
    cefr: str | None = None
    years: float | None = None
    level: int | None = None
    negated: bool = False
    alternative_group: int | None = None


def find_terms(text: str, language: str) -> list[FoundTerm]:
    """All terms in the text, in order of their start. Deterministic; never raises on any text.

    text: a line, a section or a whole document; sentences and lines are told apart here.
    language: ISO 639-1; postings mix German and English, so both are read in any text, and an unknown language is
    read by the same vocabulary, which knows the international terms.
    """
    return related(text, plain_terms(text))


def plain_terms(text: str) -> list[FoundTerm]:
    """The terms of a text, in order of their start, without what the text says of them together; see `related`."""
    tokens = tokenise(text)
    if not tokens:
        return []
    all_mentions = mentions(text, tokens)
    classes = licence_classes(text)
    found = [FoundTerm("licence", c.term, c.start, c.end) for c in classes]
    rest = [m for m in all_mentions if not any(c.start < m.end and m.start < c.end for c in classes)]
    bounds = sentences(text)
    found += _languages(text, [m for m in rest if m.entry.kind == "language"], bounds)
    found += _education(text, [m for m in rest if m.entry.kind == "degree"], bounds)
    plain = [m for m in rest if m.entry.kind not in ("language", "degree")]
    found += [FoundTerm(m.entry.kind, m.entry.term, m.start, m.end) for m in plain]
    found += _experience(text, plain, found, bounds)
    return sorted(set(found), key=lambda t: (t.start, t.end, t.kind, t.term))


def related(text: str, found: list[FoundTerm]) -> list[FoundTerm]:
    """The terms (in order) with what is not needed marked, and alternatives grouped."""
    return _grouped(text, _negated(text, found, sentences(text)))


def _inside(items: Sequence[Mention], sentence: Span) -> list[Mention]:
    return [m for m in items if sentence.start <= m.start < sentence.end]


def _languages(text: str, named: list[Mention], bounds: Sequence[Span]) -> list[FoundTerm]:
    meant = [m for s in bounds for m in _inside(named, s) if speaks_of_a_language(text, m, s)]
    return [
        FoundTerm("language", m.entry.term, m.start, m.end, cefr=cefr)
        for m, cefr in zip(meant, levels(text, meant), strict=True)
    ]


def _education(text: str, named: list[Mention], bounds: Sequence[Span]) -> list[FoundTerm]:
    """Degrees; an occupation after "Erfahrung als" is experience in it, not a certificate."""
    result: list[FoundTerm] = []
    for sentence in bounds:
        certified: list[Mention] = []
        for mention in _inside(named, sentence):
            if _ADDRESSED.search(text, max(sentence.start, mention.start - 40), mention.start):
                continue
            if _AS_OCCUPATION.search(text, sentence.start, mention.start):
                occupation = mention.entry.term.removesuffix(" qualification").removesuffix(" examination")
                result.append(FoundTerm("experience", occupation, mention.start, mention.end))
            elif not _is_a_counterpart(text, mention, sentence):
                certified.append(mention)
        if certified:
            result += [
                FoundTerm("degree", d.term, d.start, d.end, level=d.level) for d in degrees(text, certified, sentence)
            ]
    return result


def _is_a_counterpart(text: str, mention: Mention, sentence: Span) -> bool:
    """Whether an occupation names those one works with (Austausch mit Ärzten), not what one must be."""
    if mention.field_of_study or _DEMANDED.search(text, *sentence):
        return False
    return bool(_COUNTERPART.search(text, sentence.start, mention.start))


def _experience(text: str, plain: list[Mention], found: list[FoundTerm], bounds: Sequence[Span]) -> list[FoundTerm]:
    """Periods with what they are in: the first skill, tool or sector beside them, an occupation, or their own words."""
    result: list[FoundTerm] = []
    for period in periods(text):
        end_of_sentence = next((s.end for s in bounds if period.start < s.end), len(text))
        reach = min(period.end + _REACH_OF_EXPERIENCE, end_of_sentence)
        jobs = [t for t in found if t.kind == "experience" and period.start <= t.start < reach]
        what = [m for m in plain if m.entry.kind in ("skill", "tool", "domain") and period.start <= m.start < reach]
        end = object_end(text, period, end_of_sentence) if period.years is not None else period.end
        if jobs:
            found.remove(jobs[0])
            result.append(jobs[0]._replace(start=period.start, end=max(jobs[0].end, end), years=period.years))
        elif period.years is not None or not what:
            term = what[0].entry.term if what else _own_words(text, period.end, end) or ANY_EXPERIENCE
            result.append(FoundTerm("experience", term, period.start, end, years=period.years))
            if not what and term != ANY_EXPERIENCE and _NAMED.search(text, period.start, period.end):
                result.append(FoundTerm("skill", term, *(open_span(text, period.end, end) or (period.start, end))))
    return result


def _own_words(text: str, start: int, end: int) -> str:
    """What `text[start:end]`, that which follows "drei Jahre Erfahrung", names, without fillers; empty for nothing."""
    span = open_span(text, start, end)
    return re.sub(r"\s+", " ", text[span[0] : span[1]]) if span else ""


def _negated(text: str, found: list[FoundTerm], bounds: Sequence[Span]) -> list[FoundTerm]:
    spans = [span for sentence in bounds for span in negated_spans(text, sentence)]
    if not spans:
        return found
    return [t._replace(negated=True) if any(_is_inside(text, t, span) for span in spans) else t for t in found]


_HOLDS_A_NEGATION = re.compile(r"(?:kein|ohne|nicht|no|without)\w*\b", re.IGNORECASE)


def _is_inside(text: str, term: FoundTerm, span: Span) -> bool:
    """A condition that holds the negation itself, as "keine Vorstrafen" does, is not negated by it."""
    if not (span.start < term.end and term.start < span.end):
        return False
    return term.kind != "condition" or not _HOLDS_A_NEGATION.match(text, term.start)


def _grouped(text: str, found: list[FoundTerm]) -> list[FoundTerm]:
    if len(found) < 2:
        return found
    families = [_FAMILY.get(t.kind, t.kind) for t in found]
    groups = alternative_groups(text, [Span(t.start, t.end) for t in found], families)
    # what an experience is in goes with it: "Ausbildung oder Erfahrung im Vertrieb" does not demand Vertrieb as well
    by_experience = {t.term: g for t, g in zip(found, groups, strict=True) if t.kind == "experience" and g is not None}
    return [
        t if g is None else t._replace(alternative_group=g)
        for t, g in ((t, by_experience.get(t.term) if g is None else g) for t, g in zip(found, groups, strict=True))
    ]
