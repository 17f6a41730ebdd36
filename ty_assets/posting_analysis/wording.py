"""German and English sentences about a posting's demands.

Belongs here: words and grammar. Not here: which demands count (`demands`) and what for (`task`).

German nouns would need their case after a preposition, and a vocabulary has no declensions. So terms stand where the
form does not change: in quotation marks, after a colon, or in a list after "in den Bereichen".
"""

from collections.abc import Sequence
from typing import Protocol

from ty_assets.facets.task import Facet
from ty_assets.facets.terms import ANY_EXPERIENCE, display, vocabulary

Unit = Sequence[Facet]  # alternatives of one kind: any of them is enough

_LONGEST_QUOTE = 200  # characters; a requirement line seldom has more, and the reader knows where to look
_MOST_NAMED = 5  # of one sort in the sentence about the ideal candidate; more is a list, not a sentence
_LONGEST_OPEN_TERM = 4  # words of the posting's own wording that still read as a name in a list


class Wording(Protocol):
    """The sentences of one language."""

    code: str
    either: str
    both: str

    def qualification(self, named: str, several: bool) -> str: ...
    def experience(self, years: float | None, field: str) -> str: ...
    def knowledge(self, named: str, several: bool) -> str: ...
    def tools(self, named: str) -> str: ...
    def sectors(self, named: str) -> str: ...
    def licence(self, named: str, several: bool) -> str: ...
    def person(self, parts: list[str]) -> str: ...
    def strengths(self, named: str) -> str: ...
    def requirement(self, quote: str) -> str: ...
    def nothing(self, title: str) -> str: ...
    def level(self, language: str, cefr: str | None) -> str: ...
    def languages(self, named: str, several: bool) -> str: ...
    def wishes(self, named: str) -> str: ...
    def gap(self, kind: str, name: str, requirement: str) -> str: ...


def quoted(text: str, language: str) -> str:
    """The text in the quotation marks of the language, shortened at a word."""
    flat = " ".join(text.split()).strip(" .;,")
    if len(flat) > _LONGEST_QUOTE:
        flat = flat[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
    return f"„{flat}“" if language == "de" else f"“{flat}”"


def named(term: str, language: str) -> str:
    """The term as the reader knows it; in quotation marks where it is the posting's own wording."""
    return display(term, language) if term in vocabulary() else quoted(term, language)


def enumeration(items: Sequence[str], word: str) -> str:
    """a, b and c; the word may be "und", "oder", "and" or "or"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def ideal_candidate(title: str, language: str, demands: Sequence[Unit], fallback: str) -> str:
    """One to three sentences on who fits.

    demands: units of alternatives, the decisive first (`demands.units`). fallback: the first requirement, quoted
    where no demand can be put into words of ours; may be empty.
    """
    words = wording(language)
    must = [unit for unit in demands if unit[0].must]
    sentences = [_opening(words, title, must, fallback)]
    languages = [unit for unit in must if unit[0].kind == "language"][:_MOST_NAMED]
    if languages:
        levels = [
            enumeration([words.level(named(f.term, words.code), f.cefr) for f in unit], words.either)
            for unit in languages
        ]
        several = len(languages) > 1 or languages[0][0].term == "Foreign languages"
        sentences.append(words.languages(enumeration(levels, words.both), several))
    wishes = _of_kind(words, [u for u in demands if not u[0].must], "skill", "tool", "degree", "licence", "language")
    if wishes:
        sentences.append(words.wishes(enumeration(wishes[:3], words.both)))
    return " ".join(sentences)


def gap(facet: Facet, alternatives: Sequence[str], requirement: str, language: str) -> str:
    """One sentence for whoever lacks the term: why it matters, with the requirement quoted."""
    words = wording(language)
    name = words.level(named(facet.term, words.code), facet.cefr)
    if facet.kind in ("degree", "licence") and facet.term in vocabulary():
        name = quoted(name, words.code)
    if alternatives:
        others = [named(term, words.code) for term in alternatives]
        name += f" ({words.either} {enumeration(others, words.either)})"
    return words.gap(facet.kind, name, quoted(requirement, words.code))


def wording(language: str) -> Wording:
    """German for German postings, English for all others."""
    return German() if language == "de" else English()


def _opening(words: Wording, title: str, must: Sequence[Unit], fallback: str) -> str:
    parts = []
    degrees = _of_kind(words, must, "degree", quote=True)[:2]
    if degrees:
        parts.append(words.qualification(enumeration(degrees, words.both), len(degrees) > 1))
    experience = next((f for unit in must for f in unit if f.kind == "experience"), None)
    if experience:
        field = "" if experience.term == ANY_EXPERIENCE else named(experience.term, words.code)
        parts.append(words.experience(experience.years, field))
    skills = _of_kind(words, must, "skill")
    if skills:
        parts.append(words.knowledge(enumeration(skills, words.both), len(skills) > 1))
    tools = _of_kind(words, must, "tool")
    if tools:
        parts.append(words.tools(enumeration(tools, words.both)))
    sectors = _of_kind(words, must, "domain")
    if sectors and not skills:
        parts.append(words.sectors(enumeration(sectors, words.both)))
    licences = _of_kind(words, must, "licence", quote=True)[:3]
    if licences:
        parts.append(words.licence(enumeration(licences, words.both), len(licences) > 1))
    if parts:
        return words.person(parts)
    strengths = _of_kind(words, must, "soft_skill")[:3]
    if strengths:
        return words.strengths(enumeration(strengths, words.both))
    return words.requirement(quoted(fallback, words.code)) if fallback else words.nothing(quoted(title, words.code))


def _of_kind(words: Wording, demands: Sequence[Unit], *kinds: str, quote: bool = False) -> list[str]:
    """The units of these kinds in words; alternatives joined by "or", unwieldy ones left to the list of skills."""
    result = []
    for unit in demands:
        members = [f for f in unit if f.kind in kinds and _reads_as_a_name(f.term, words.code)]
        if members:
            names = [named(f.term, words.code) for f in members]
            if quote:
                names = [quoted(name.strip("„“”"), words.code) for name in names]
            result.append(enumeration(names, words.either))
    return result[:_MOST_NAMED]


def _reads_as_a_name(term: str, language: str) -> bool:
    if term in vocabulary():
        return True
    nominal = language != "de" or term[0].isupper() or term[0].isdigit()
    return nominal and len(term.split()) <= _LONGEST_OPEN_TERM


def _years(years: float) -> str:
    return f"{years:g}"


class English:
    """Sentences in English."""

    code = "en"
    either = "or"
    both = "and"

    def qualification(self, named: str, several: bool) -> str:
        return f"the {'qualifications' if several else 'qualification'} {named}"

    def experience(self, years: float | None, field: str) -> str:
        where = f" in the field of {field}" if field else ""
        if years is None:
            return f"professional experience{where}"
        if years < 1:
            return f"at least {round(years * 12)} months of experience{where}"
        return f"at least {_years(years)} {'year' if years == 1 else 'years'} of experience{where}"

    def knowledge(self, named: str, several: bool) -> str:
        return f"skills in the {'fields' if several else 'field'} of {named}"

    def tools(self, named: str) -> str:
        return f"a good command of {named}"

    def sectors(self, named: str) -> str:
        return f"knowledge of the sector ({named})"

    def licence(self, named: str, several: bool) -> str:
        return f"the {'certificates' if several else 'certificate'} {named}"

    def person(self, parts: list[str]) -> str:
        if len(parts) > 1:
            return f"The ideal candidate has {', '.join(parts[:-1])}, as well as {parts[-1]}."
        return f"The ideal candidate has {parts[0]}."

    def strengths(self, named: str) -> str:
        return f"The posting demands no formal qualification; personal strengths count: {named}."

    def requirement(self, quote: str) -> str:
        return f"The ideal candidate meets this requirement: {quote}."

    def nothing(self, title: str) -> str:
        return f"The posting names no professional demands; what counts is interest in the role {title}."

    def level(self, language: str, cefr: str | None) -> str:
        return f"{language} at level {cefr}" if cefr else language

    def languages(self, named: str, several: bool) -> str:
        return f"{named} {'are' if several else 'is'} required."

    def wishes(self, named: str) -> str:
        return f"An advantage, but not a must: {named}."

    def gap(self, kind: str, name: str, requirement: str) -> str:
        return {
            "tool": f"The work is done with {name}, and the posting takes it for granted: {requirement}.",
            "degree": f"The qualification {name} is a formal condition of this posting: {requirement}.",
            "licence": f"Without the certificate {name} part of the work must not or cannot be done: {requirement}.",
            "language": f"{name} is needed to get along with colleagues, customers or texts here: {requirement}.",
        }.get(kind, f"{name} is at the core of what the posting asks for: {requirement}.")


class German:
    """Sentences in German; all parts of `person` stand in the dative."""

    code = "de"
    either = "oder"
    both = "und"

    def qualification(self, named: str, several: bool) -> str:
        return f"{'den Qualifikationen' if several else 'der Qualifikation'} {named}"

    def experience(self, years: float | None, field: str) -> str:
        where = f" im Bereich {field}" if field else ""
        if years is None:
            return f"Berufserfahrung{where}"
        if years < 1:
            return f"mindestens {round(years * 12)} Monaten Erfahrung{where}"
        length = "einem Jahr" if years == 1 else f"{_years(years).replace('.', ',')} Jahren"
        return f"mindestens {length} Erfahrung{where}"

    def knowledge(self, named: str, several: bool) -> str:
        return f"Kenntnissen {'in den Bereichen' if several else 'im Bereich'} {named}"

    def tools(self, named: str) -> str:
        return f"Übung im Umgang mit {named}"

    def sectors(self, named: str) -> str:
        return f"Kenntnis der Branche ({named})"

    def licence(self, named: str, several: bool) -> str:
        return f"{'den Nachweisen' if several else 'dem Nachweis'} {named}"

    def person(self, parts: list[str]) -> str:
        if len(parts) > 1:
            return f"Gesucht wird eine Person mit {', '.join(parts[:-1])} sowie {parts[-1]}."
        return f"Gesucht wird eine Person mit {parts[0]}."

    def strengths(self, named: str) -> str:
        return f"Einen formalen Abschluss verlangt die Anzeige nicht; es zählen persönliche Stärken: {named}."

    def requirement(self, quote: str) -> str:
        return f"Gesucht wird eine Person, die diese Anforderung erfüllt: {quote}."

    def nothing(self, title: str) -> str:
        return f"Die Anzeige nennt keine fachlichen Voraussetzungen; es zählt das Interesse an der Stelle {title}."

    def level(self, language: str, cefr: str | None) -> str:
        return f"{language} auf dem Niveau {cefr}" if cefr else language

    def languages(self, named: str, several: bool) -> str:
        return f"Verlangt {'werden' if several else 'wird'} {named}."

    def wishes(self, named: str) -> str:
        return f"Als Vorteil nennt die Anzeige: {named}."

    def gap(self, kind: str, name: str, requirement: str) -> str:
        return {
            "tool": f"Zum Arbeitsalltag gehört der Umgang mit {name}, und die Anzeige setzt ihn voraus: {requirement}.",
            "degree": f"Die Qualifikation {name} ist formale Voraussetzung für diese Stelle: {requirement}.",
            "licence": f"Ohne {name} darf oder kann ein Teil der Arbeit nicht getan werden: {requirement}.",
            "language": f"{name} braucht es hier für die Verständigung: {requirement}.",
        }.get(kind, f"{name} gehört zum Kern dessen, was die Anzeige verlangt: {requirement}.")
