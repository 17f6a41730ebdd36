"""How skills, levels and lists are named to a reader, in German and English.

Belongs here: words for one thing. Not here: sentences (`analysis.py`, `letters.py`) and what to name.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from ty_assets.facets.vocabulary import domains, vocabulary
from ty_assets.matching.scoring import Evidence
from ty_assets.matching.views import ProfileSkill, ProfileView

_AND = {"de": "und", "en": "and"}
# "Maschinelles Lernen", "Agile Methoden": within a sentence the adjective begins small.
_GERMAN_ADJECTIVE = re.compile(r"^[A-ZÄÖÜ][a-zäöüß]{2,}(?:e|er|es|en) [A-ZÄÖÜ]")
_FIXED_NAMES = frozenset({"Erste Hilfe"})


def written_language(language: str) -> str:
    """The language an explanation is written in: German for German postings, English for all others."""
    return "de" if language == "de" else "en"


def listed(names: Sequence[str], language: str) -> str:
    """ "A", "A und B", "A, B und C"."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {_AND[language]} {names[-1]}"


@lru_cache(maxsize=8192)
def term_name(term: str, language: str) -> str:
    """A canonical term as it stands within a sentence of the language."""
    known = vocabulary()
    shown = known.display(term, language)
    entry = known.get(term)
    # What has a German name of its own is a common noun; what is the same in both languages is a proper name.
    if entry is None or entry.kind in ("tool", "licence", "language") or entry.german in ("", term):
        return shown
    if language == "de":
        is_small = _GERMAN_ADJECTIVE.match(shown) is not None and shown not in _FIXED_NAMES
        return shown[0].lower() + shown[1:] if is_small else shown
    first = shown.split()[0]
    is_name = not first[1:].islower() or any(entry.kind == "tool" for entry in [known.get(first)] if entry)
    return shown if is_name or known.get(first, "language") else shown[0].lower() + shown[1:]


def skill_of(evidence: Evidence, profile: ProfileView) -> ProfileSkill | None:
    """The person's skill that an evidence rests on; None where it rests on a level, the years or a domain."""
    same = profile.skills_of.get(evidence.skill or "", ())
    return next((skill for skill in same if skill.kind == evidence.kind), same[0] if same else None)


def held_for(evidence: Evidence, profile: ProfileView) -> ProfileSkill | None:
    """As `skill_of`, and where a language's level is what counts, the profile's line on that language."""
    if evidence.kind == "language":
        spoken = (skill for skill in profile.skills if skill.kind == "language" and skill.term == evidence.facet)
        return next(spoken, None)
    return skill_of(evidence, profile)


def evidence_name(evidence: Evidence, profile: ProfileView, language: str) -> str:
    """What the person has to show for a requirement, e.g. "Wundversorgung", "Deutsch (C1)", "4 Jahre"."""
    if evidence.kind == "language":
        return language_name(evidence.facet, profile, language)
    if evidence.kind == "experience" and skill_of(evidence, profile) is None:
        return years_name(profile.years, language)
    if evidence.kind == "degree" and evidence.skill is None:
        return "ein Abschluss auf diesem Niveau" if language == "de" else "a degree of this level"
    if evidence.kind == "domain" and (domain := domains().get(evidence.skill or "")) is not None:
        return domain.name_de if language == "de" else domain.name_en
    return term_name(evidence.skill or evidence.facet, language)


def language_name(term: str, profile: ProfileView, language: str) -> str:
    level = profile.languages.get(term)
    return f"{term_name(term, language)} ({level})" if level else term_name(term, language)


def years_name(years: float, language: str) -> str:
    """Whole years, rounded down: a letter does not round up. "ein Jahr Berufserfahrung"."""
    whole = int(years)
    if language == "de":
        span = "weniger als ein Jahr" if whole < 1 else "ein Jahr" if whole == 1 else f"{whole} Jahre"
        return f"{span} Berufserfahrung"
    span = "less than a year" if whole < 1 else "one year" if whole == 1 else f"{whole} years"
    return f"{span} of professional experience"


def clipped(quote: str, limit: int = 160) -> str:
    """A quote for the middle of a sentence: one line, cut at a word, without a full stop at its end."""
    line = " ".join(quote.split()).rstrip(".;,: ")
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0].rstrip(".;,: ") + " …"


def quoted(text: str, language: str) -> str:
    return f"„{clipped(text)}“" if language == "de" else f"“{clipped(text)}”"
