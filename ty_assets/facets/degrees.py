"""What education a sentence asks for: level words, fields of study and named occupations put together.

Belongs here: "Master in Informatik" as one computer science degree of level 3, "Ausbildung zum Elektroniker" as the
electronics technician, an occupation the vocabulary does not know as itself. Not here: the list of degrees
(`vocabulary.csv`, with the levels in `vocabulary`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ty_assets.facets.mentions import Mention
from ty_assets.facets.scope import Span

_ANY_DEGREE = "University degree"
ACADEMIC = {
    _ANY_DEGREE: 2,
    "Bachelor's degree": 2,
    "Master's degree": 3,
    "Diploma degree": 3,
    "Doctorate": 4,
}
_WITH_A_FIELD = ("Technician", "Master craftsperson", "Business specialist", "Higher national certificate")
_TRAINING = "Vocational training"
_JOINS = re.compile(
    r"^[\s,(]*(?:(?:als|zum|zur|im|in|der|des|einer?|eines|beruf\w*|bereich|fach|as|an?|of|for|the|field|wie"
    r"|z\.\s?b\."
    r"|dipl|eidg|staatlich|geprüfte[rn]?|anerkannte[rn]?|examinierte[rn]?)[\s,(/.]*)*$",
    re.IGNORECASE,
)
_SAME_IN_FEMININE = re.compile(r"\s*/?\s*(?:zu[rm]\s+|der\s+|die\s+)?")  # Kaufmann/zur Kauffrau
_OPEN_OCCUPATION = re.compile(
    r"^\s+(?:(?:als|zum|zur|zur/zum|zum/zur|zum/-r|im Beruf|as an?|to become an?)\s+|(?=[A-ZÄÖÜ][a-zäöüß]{3}))"
    r"(?:(?:[Dd]ipl|[Ee]idg)\.?\s+)?(?:(?:staatlich\s+)?(?:geprüfte[rn]?|anerkannte[rn]?|examinierte[rn]?)\s+)?"
    r"(?P<name>[A-ZÄÖÜ](?:(?!/zu[rm]\b)[\w/:*()-]){3,}(?:\s+für\s+[A-ZÄÖÜ][\w-]+(?:-?\s+und\s+[A-ZÄÖÜ][\w-]+)?)?"
    r"|(?<=as a )[a-z]{4,}(?:\s[a-z]{4,})?)"
)
# "Studium der Glaziologie", "degree in glaciology": a field the vocabulary does not know
_OPEN_FIELD = re.compile(
    r"\s+(?:(?:der|des|in|im Bereich|im Fach|im Studiengang|Fachrichtung"
    r"|mit Schwerpunkt)\s+(?P<name>[A-ZÄÖÜ][\w-]{3,}(?:\s(?:und\s)?[A-ZÄÖÜ][\w-]+)?))"
)
_FARTHEST_FIELD, _NEAR = 60, 25  # characters after and before the word for a level
_OR = re.compile(r"\s*(?:or|oder|/|bzw\.?)\s*(?:an?\s+)?", re.IGNORECASE)
_NOT_A_DEGREE = re.compile(r"^\s+of\b(?!\s+(?:science|arts|engineering|business|laws))", re.IGNORECASE)
_TEMPERATURE = re.compile(r"(?:\d|\bminus \w+)\s$")
_NAME = re.compile(r"^\.?\s+(?:(?:med|phil|rer|nat|jur|oec|ing|h|c)\.\s*)*[A-ZÄÖÜ]")  # Dr. Carola Weidenfels
_AND_RESEARCH = re.compile(r"\s*(?:,|und|&)\s*Forschung")  # the teaching of a university
_RESEARCH_AND = re.compile(r"Forschung\s*(?:,|und|&)\s*$|universitäre[nr]?\s$")
_OF_OTHERS = re.compile(
    r"^\s+(?:von|unsere[rs]?|neue[rn]?|und betreuung|der (?:mitarbeit|lernend|lehrling|azubi|auszubild|nachwuchs))",
    re.IGNORECASE,
)


class Degree(NamedTuple):
    """`text[start:end]` asks for `term` of `level` (1 .. 4)."""

    start: int
    end: int
    term: str
    level: int


def degrees(text: str, found: Sequence[Mention], sentence: Span) -> list[Degree]:
    """The degrees that one sentence names. found: its mentions of kind degree, in order."""
    found = [m for m in found if not _means_something_else(text, m)]
    fields = [m for m in found if m.entry.term.endswith(" degree") and m.entry.term not in ACADEMIC]
    named = {m.entry.term for m in found}
    exact_levels = [ACADEMIC[t] for t in named if t in ACADEMIC and t != _ANY_DEGREE]
    level_of_fields = min(exact_levels) if exact_levels else None
    result: list[Degree] = []
    merged: set[Mention] = set()
    for i, mention in enumerate(found):
        follower = found[i + 1] if i + 1 < len(found) else None
        if follower in fields and _is_followed(text, mention, follower):
            result.append(Degree(mention.start, follower.end, mention.entry.term, mention.entry.level or 2))
            merged.add(follower)
            continue
        if mention in merged:
            continue
        generic = mention.entry.term in ACADEMIC or mention.entry.term == _TRAINING
        field = _OPEN_FIELD.match(text, mention.end, sentence.end) if mention.entry.term in ACADEMIC else None
        if field and not (follower and follower.start < field.end()):
            result.append(Degree(mention.start, field.end(), f"{field['name']} degree", mention.entry.level or 2))
            continue
        if generic and _is_told_by_another(text, mention, follower, fields):
            continue
        if mention.entry.term == _TRAINING:
            occupation = _OPEN_OCCUPATION.match(text[mention.end : sentence.end])
            if occupation and follower:
                gap = text[mention.end + occupation.end("name") : follower.start]
                if _SAME_IN_FEMININE.fullmatch(gap):
                    continue
            if occupation:
                end = mention.end + occupation.end("name")
                result.append(Degree(mention.start, end, occupation.group("name").rstrip("/:*(-)"), 1))
                continue
        level = mention.entry.level or 2
        before = found[i - 1] if i else None
        if mention in fields:
            joined = before and before.entry.term in ACADEMIC and _joined(text, before, mention)
            own = ACADEMIC[before.entry.term] if before and joined and before.entry.term != _ANY_DEGREE else None
            level = own or level_of_fields or level
        start = mention.start
        if before and not generic and (before.entry.term in ACADEMIC or before.entry.term == _TRAINING):
            start = before.start if _joined(text, before, mention) else start
        result.append(Degree(start, mention.end, mention.entry.term, level))
    return result


def _is_followed(text: str, mention: Mention, field: Mention) -> bool:
    """Techniker Elektrotechnik is one degree."""
    return mention.entry.term in _WITH_A_FIELD and not text[mention.end : field.start].strip()


def _is_told_by_another(text: str, mention: Mention, follower: Mention | None, fields: Sequence[Mention]) -> bool:
    """Whether a general word, such as Bachelor or Ausbildung, only says what the degree beside it says as well."""
    if follower and follower.entry.term in ACADEMIC and _OR.fullmatch(text[mention.end : follower.start]):
        return mention.entry.term == _ANY_DEGREE  # BSc or MSc in physics: two
    if mention.entry.term in ACADEMIC and _has_field(text, mention, fields):
        return True
    return bool(follower and follower.entry.term not in ACADEMIC and _joined(text, mention, follower))


def _has_field(text: str, level: Mention, fields: Sequence[Mention]) -> bool:
    """Whether a word for a level belongs to a field near it, of which the degree is told; else it stands for itself."""
    return any(0 <= f.start - level.end <= _FARTHEST_FIELD or 0 <= level.start - f.end <= _NEAR for f in fields)


def _joined(text: str, first: Mention, second: Mention) -> bool:
    return bool(_JOINS.match(text[first.end : second.start]))


def _means_something_else(text: str, mention: Mention) -> bool:
    """A degree of independence, twenty degrees, the training of others, teaching, the title of somebody."""
    word = text[mention.start : mention.end].casefold()
    precedes = text[max(0, mention.start - 24) : mention.start]
    follows = text[mention.end : mention.end + 24]
    if word in ("degree", "degrees"):
        return bool(_NOT_A_DEGREE.match(follows) or _TEMPERATURE.search(precedes))
    if word == "lehre":
        return bool(_AND_RESEARCH.match(follows) or _RESEARCH_AND.search(precedes))
    return bool((word == "ausbildung" and _OF_OTHERS.match(follows)) or (word == "dr" and _NAME.match(follows)))
