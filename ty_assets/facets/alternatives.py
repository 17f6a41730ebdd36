"""Which terms of a sentence are one of several: Java oder Kotlin, z. B. X, Y, Ausbildung oder Studium.

Belongs here: what joins alternatives. Not here: which terms there are (`mentions`), and negation (`scope`).
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from ty_assets.facets.scope import Span, hinted, sentences

_OR_HINTS = (
    "oder",
    "or ",
    "bzw",
    "beziehungsweise",
    "respektive",
    "alternativ",
    "wahlweise",
    "ersatzweise",
    "/",
    "o.",
)
_EXAMPLE_HINTS = (
    "z.",
    "e.g",
    "e. g",
    "zum beispiel",
    "beispielsweise",
    "for example",
    "such as",
    "etwa",
    "wie ",
    "like",
    "bspw",
)
_OR = re.compile(
    r"\b(?:oder|or|bzw|beziehungsweise|respektive|alternativ|alternatively|wahlweise|ersatzweise)\b"
    r"|^\W{0,2}/\W{0,2}$",
    re.IGNORECASE,
)
_AND = re.compile(r"\b(?:und|and|sowie|as well as|plus|mit|with|inklusive)\b(?!\s*/\s*(?:oder|or))|&", re.IGNORECASE)
_LIST_GAP = re.compile(r"[\s,/()„“\"'-]*")
_EXAMPLES = re.compile(
    r"(?:\bz\.\s?b\.|\be\.\s?g\.|\bzum beispiel\b|\bbeispielsweise\b|\bfor example\b|\bsuch as\b"
    r"|\betwa\b|\bwie(?: z\.\s?b\.)?"
    r"|\blike\b|\bbspw\.?)[\s:,(]*(?:\w+\s)?$",
    re.IGNORECASE,
)
_OR_SIMILAR = re.compile(
    r"^[\s,)]*(?:\([^)]*\)\s*)?(?:oder|or|bzw\.?|o\.)\s*(?:in\s+)?(?:ein(?:e[rnms]?)?\s+|a\s+"
    r"|an\s+)?(?:einschlägige[rnms]?\s+)?"
    r"(?:vergleichbar|ähnlich|gleichwertig|verwandt|andere|similar|equivalent|comparable|related|ä\."
    r"|anderweitig|entsprechend"
    r"|another|other|adäquat|artverwandt|analog)",
    re.IGNORECASE,
)
_LONGEST_OR_GAP = 70  # "Bachelor in Informatik oder eine abgeschlossene, mindestens dreijährige Ausbildung"
_LONGEST_LIST_GAP = 4


def alternative_groups(text: str, spans: Sequence[Span], linkable: Sequence[str]) -> list[int | None]:
    """For each span (in order, without overlaps) the number of the group of alternatives it belongs to, or None.

    Spans joined by "oder", "/" and the like are alternatives, with the members of the list before them if
    `linkable` (the family of a span's kind) is the same; so are examples (z. B. X, Y) and "X, Y oder ähnlich".
    """
    group: list[int | None] = [None] * len(spans)
    if not hinted(text, _OR_HINTS + _EXAMPLE_HINTS):
        return group
    number = 0
    bounds = sentences(text)
    sentence_of = [
        next(i for i, s in enumerate(bounds) if span.start < s.end or i == len(bounds) - 1) for span in spans
    ]
    gaps = [
        _gap(text[a.end : b.start], linkable[i] == linkable[i + 1]) if sentence_of[i] == sentence_of[i + 1] else ""
        for i, (a, b) in enumerate(pairwise(spans))
    ]
    first = 0
    while first < len(spans):
        last = first
        while last < len(gaps) and gaps[last] in ("or", "list"):
            last += 1
        if last > first:
            chain = _alternatives_in(text, spans, gaps, first, last, bounds[sentence_of[first]])
            for members in chain:
                for member in members:
                    group[member] = number
                number += 1
        first = last + 1
    return group


def _alternatives_in(
    text: str, spans: Sequence[Span], gaps: list[str], first: int, last: int, sentence: Span
) -> list[range]:
    """The alternatives among spans first..last, which commas and "or" join."""
    closed = bool(_OR_SIMILAR.match(text[spans[last].end : sentence.end]))
    examples = bool(_EXAMPLES.search(text[max(sentence.start, spans[first].start - 25) : spans[first].start]))
    if closed or examples or "or" in gaps[first:last]:
        return [range(first, last + 1)]
    return []


def _gap(between: str, same_family: bool) -> str:
    if len(between) > _LONGEST_OR_GAP:
        return ""
    if _OR.search(between) and not _AND.search(_OR_AND.sub(" oder ", between)):
        return "or"
    if same_family and len(between) <= _LONGEST_LIST_GAP and "," in between and _LIST_GAP.fullmatch(between):
        return "list"
    return ""


_OR_AND = re.compile(r"\b(?:und|and)\s*/\s*(?:oder|or)\b", re.IGNORECASE)
