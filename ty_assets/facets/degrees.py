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
_ACADEMIC = {
    _ANY_DEGREE: 2,
    "Bachelor's degree": 2,
    "Master's degree": 3,
    "Diploma degree": 3,
    "Doctorate": 4,
}
_TRAINING = "Vocational training"
_JOINS = re.compile(
    r"^[\s,(]*(?:(?:als|zum|zur|im|in|der|des|einer?|eines|beruf\w*|bereich|fach|as|an?|of|for|the|field|wie|z\.\s?b\."
    r"|dipl|eidg|staatlich|geprüfte[rn]?|anerkannte[rn]?|examinierte[rn]?)[\s,(/.]*)*$",
    re.IGNORECASE,
)
_SAME_IN_FEMININE = re.compile(r"\s*/?\s*(?:zu[rm]\s+|der\s+|die\s+)?")  # Kaufmann/zur Kauffrau
_OPEN_OCCUPATION = re.compile(
    r"^\s+(?:als|zum|zur|zur/zum|zum/zur|zum/-r|im Beruf|as an?|to become an?)\s+"
    r"(?:(?:[Dd]ipl|[Ee]idg)\.?\s+)?(?:(?:staatlich\s+)?(?:geprüfte[rn]?|anerkannte[rn]?|examinierte[rn]?)\s+)?"
    r"(?P<name>[A-ZÄÖÜ](?:(?!/zu[rm]\b)[\w/:*()-]){3,}(?:\s+für\s+[A-ZÄÖÜ][\w-]+(?:-?\s+und\s+[A-ZÄÖÜ][\w-]+)?)?"
    r"|(?<=as a )[a-z]{4,}(?:\s[a-z]{4,})?)"
)
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
    fields = [m for m in found if m.entry.term.endswith(" degree") and m.entry.term not in _ACADEMIC]
    named = {m.entry.term for m in found}
    exact_levels = [_ACADEMIC[t] for t in named if t in _ACADEMIC and t != _ANY_DEGREE]
    level_of_fields = min(exact_levels) if exact_levels else None
    result: list[Degree] = []
    for i, mention in enumerate(found):
        follower = found[i + 1] if i + 1 < len(found) else None
        generic = mention.entry.term in _ACADEMIC or mention.entry.term == _TRAINING
        if generic and fields and mention.entry.term in _ACADEMIC:
            continue
        if generic and follower and follower.entry.term not in _ACADEMIC and _joined(text, mention, follower):
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
        if mention in fields:
            level = level_of_fields or level
        start = mention.start
        before = found[i - 1] if i else None
        if before and not generic and (before.entry.term in _ACADEMIC or before.entry.term == _TRAINING):
            start = before.start if _joined(text, before, mention) else start
        result.append(Degree(start, mention.end, mention.entry.term, level))
    return result


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
