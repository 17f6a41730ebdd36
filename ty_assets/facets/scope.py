"""What a sentence says about the terms in it: not needed, only wished for, or one of several.

Belongs here: cues of negation, of wishes and of alternatives, with the stretch of text each of them governs. Not
here: which terms there are (`mentions`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text, end exclusive."""

    start: int
    end: int


_ABBREVIATION = re.compile(
    r"(?:\b(?:mind|min|max|bzw|ca|inkl|ggf|evtl|etc|vgl|abgeschl|kl|nr|dr|dipl|ing|st|eidg|insb|sog"
    r"|zzgl|z|b|u|a|d|h|e|g|i"
    r"|m|n|incl|approx|yrs|eng|sc|ph|prof|gem|lt|allg|techn|kfm|staatl|gepr)|\d)$",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?](?=\s)|[;\n•·]")
_CLAUSE_END = re.compile(r"[;\n•,():–]|\s-\s|\b(?:aber|sondern|jedoch|but|however|dafür|allerdings)\b", re.IGNORECASE)

_NO_BEFORE = re.compile(
    r"\b(?:kein(?:e|en|er|em|es|erlei)?|ohne|without|no|not (?:require|need)|nicht (?:nötig"
    r"|erforderlich|notwendig) (?:ist|sind)"
    r"|do(?:es)? not require|don[’']t need|neither|weder|nor)\b",
    re.IGNORECASE,
)
# "keine Scheu vor Excel" asks for Excel; "kein Muss" makes it a wish, see _WISH_AFTER
_NO_NEGATION = re.compile(
    r"\s+(?:angst|scheu|berührungs|problem|hemmung|bedenken|muss\b|fremdwort|fear|stranger|matter|less"
    r"|later|longer than"
    r"|limit|frage|unbekannt|zwingend|zwang|exceptions?|grenzen|neuland|vorurteil|hürde|doubt|ausnahme)",
    re.IGNORECASE,
)
# "Abschlüsse spielen keine Rolle", "formal qualifications do not matter to us": not needed, not even welcome
_WAIVED = (
    r"(?:do(?:es)?(?: not|n[’']t) matter|(?:is|are) (?:not important|irrelevant|of no importance|secondary)"
    r"|spiel(?:t|en) (?:(?:für|bei) uns |hier |dabei )*keine (?:große |entscheidende )?rolle"
    r"|(?:ist|sind) (?:(?:uns|für uns|hier|dabei) )*(?:nicht (?:so )?wichtig|egal|zweitrangig|nebensächlich|unwichtig))"
)
_WAIVER = re.compile(rf"\b{_WAIVED}(?: (?:to|for) us| für uns)?\W*$", re.IGNORECASE)
_NO_AFTER = re.compile(
    r"\b(?:(?:sind|ist|wird|werden|are|is)?\s*\*{0,2}(?:nicht|not|keine|never|kein)\*{0,2}\s+(?:zwingend\s+"
    r"|unbedingt\s+|strictly\s+)?"
    r"(?:erforderlich|notwendig|nötig|vorausgesetzt|voraussetzung|bedingung|benötigt|verlangt|required|necessary|needed"
    r"|mandatory|essential|a must|a requirement|expected|erwartet)|entbehrlich|unnötig|kein muss|nicht zwingend"
    rf"|{_WAIVED})\b",
    re.IGNORECASE,
)

_NEGATION_HINTS = (
    "kein", "ohne", "nicht", "no ", "not ", "not*", "nor ", "without", "neither", "weder", "noch ", "n't", "n’t",
    "entbehrlich", "unnötig", "irrelevant", "secondary", "egal", "zweitrangig", "nebensächlich", "unwichtig",
)  # fmt: skip

_WISH_BEFORE = re.compile(
    r"\b(?:idealerweise|im idealfall|bestenfalls|vorzugsweise|optimalerweise|wünschenswerterweise|gerne? auch"
    r"|(?:von (?:großem )?vorteil|vorteilhaft|wünschenswert|erwünscht|ein (?:großes )?plus|hilfreich|pluspunkte?)"
    r"\s?(?:ist|sind|wäre[n]?|:)|ideally|preferably|as a bonus|good to have|a plus(?: is|:)|bonus(?: points)? for"
    r"|(?:desirable|preferred|advantageous|optional|nice[- ]to[- ]haves?)(?:\s(?=experience|skill|knowledge|qualif)|:)"
    r"|im besten fall|möglichst|schön wäre[n]?|wir freuen uns über)",
    re.IGNORECASE,
)

_WISH_AFTER = re.compile(
    r"\b(?:(?:sehr )?von (?:großem )?(?:vorteil|nutzen)|(?:ein|einen|als|sind ein|ist ein) (?:plus"
    r"|pluspunkt|vorteil|bonus)|wünschenswert"
    r"|erwünscht|vorteilhaft|willkommen|kein muss|nicht zwingend|gern(?:e)? gesehen|hilfreich|(?:(?:is"
    r"|are|be|as|considered) )?(?:a |an )"
    r"(?:\w+ )?(?:plus|advantage|asset|bonus)|advantageous|beneficial|desirable|desired|preferred"
    r"|nice[- ]to[- ]have|welcome|optional"
    r"|preferable|helpful|not mandatory|not essential|would be (?:great|nice)|begrüßt|bevorzugt|ist ideal)\b",
    re.IGNORECASE,
)

_BUT = re.compile(r",?\s*\b(?:aber|jedoch|but|allerdings)\s+(?:auch\s+|is\s+|ist\s+|sind\s+)?\Z", re.IGNORECASE)
_WISH_HINTS = (
    "ideal", "besten", "vorzug", "optim", "wünsch", "wunsch", "gern", "vorteil", "option", "prefer", "nice", "bonus",
    "desir", "plus", "möglichst", "schön", "freuen", "advantag", "good to", "nutzen", "willkommen", "muss", "zwingend",
    "hilfreich", "asset", "benefici", "welcome", "helpful", "not mandatory", "not essential", "would be", "begrüßt",
    "bevorzugt",
)  # fmt: skip

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
    r"\b(?:oder|or|bzw|beziehungsweise|respektive|alternativ|alternatively|wahlweise|ersatzweise)\b|^\W{0,2}/\W{0,2}$",
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
_LONGEST_CLAUSE = 300  # characters; a text without any sentence end must not cost its square
_LONGEST_OR_GAP = 70  # "Bachelor in Informatik oder eine abgeschlossene, mindestens dreijährige Ausbildung"
_LONGEST_LIST_GAP = 4


@lru_cache(maxsize=256)
def sentences(text: str) -> tuple[Span, ...]:
    """The sentences and lines of a text, in order, covering all of it; z. B., mind. and the like end none."""
    spans: list[Span] = []
    start = 0
    for found in _END.finditer(text):
        if found.group() == "." and _ABBREVIATION.search(text, max(start, found.start() - 9), found.start()):
            continue
        spans.append(Span(start, found.end()))
        start = found.end()
    if start < len(text) or not spans:
        spans.append(Span(start, len(text)))
    return tuple(spans)


def _hinted(text: str, hints: tuple[str, ...]) -> bool:
    """Whether any hint is in the text: far cheaper than the pattern, which then rarely has to run."""
    lowered = text.lower()
    for hint in hints:  # noqa: SIM110, a generator would double the time
        if hint in lowered:
            return True
    return False


def _to_the_right(text: str, position: int, end: int) -> int:
    found = _CLAUSE_END.search(text, position, end)
    return found.start() if found else end


def _to_the_left(text: str, start: int, position: int) -> int:
    """Where the clause before a cue begins; what stands in brackets belongs to what stands before them."""
    last = start = max(start, position - _LONGEST_CLAUSE)
    before_bracket: list[int] = []
    for found in _CLAUSE_END.finditer(text, start, position):
        if found.group() == "(":
            before_bracket.append(last)
        last = before_bracket.pop() if found.group() == ")" and before_bracket else found.end()
    return last


def negated_spans(text: str, sentence: Span) -> list[Span]:
    """Where the sentence says that something is not needed: ohne X, X nicht erforderlich, no X required."""
    start, end = sentence
    if not _hinted(text[start:end], _NEGATION_HINTS):
        return []
    wished = bool(_WISH_AFTER.search(text, start, end))
    spans = [
        Span(found.start(), _to_the_right(text, found.end(), end))
        for found in _NO_BEFORE.finditer(text, start, end)
        if not _NO_NEGATION.match(text, found.end())
        and not re.match(r"\s+(?:voraussetzung|bedingung|must)\b", text[found.end() : end], re.IGNORECASE)
    ]
    if not wished:
        spans += [
            Span(_to_the_left(text, start, found.start()), found.end())
            for found in _NO_AFTER.finditer(text, start, end)
        ]
    return spans


def is_waiver(text: str) -> bool:
    """Whether a sentence says of all it speaks of that it does not matter, so that it demands nothing."""
    found = _WAIVER.search(text)
    return bool(found) and not _CLAUSE_END.search(text, 0, found.start() if found else 0)


def wished_spans(text: str) -> list[Span]:
    """Where the text only wishes: idealerweise X, X von Vorteil. A list goes on over its commas to the cue's right."""
    spans: list[Span] = []
    if not _hinted(text, _WISH_HINTS):
        return spans
    for sentence in sentences(text):
        start, end = sentence
        before = list(_WISH_BEFORE.finditer(text, start, end))
        spans += [Span(found.start(), _end_of_list(text, found.end(), end)) for found in before]
        for found in _WISH_AFTER.finditer(text, start, end):
            if not any(other.start() < found.end() and found.start() < other.end() for other in before):
                # "SAP, aber kein Muss" speaks of what is before the comma
                but = _BUT.search(text, max(start, found.start() - 20), found.start())
                cue = but.start() if but else found.start()
                spans.append(Span(_to_the_left(text, start, cue), found.end()))
    return spans


def _end_of_list(text: str, position: int, end: int) -> int:
    """A comma followed by one or two words and another comma, "und" or the end continues the list."""
    stop = _to_the_right(text, position, end)
    while stop < end and text[stop] in ",:":
        if text[stop] == ":":
            stop = _to_the_right(text, stop + 1, end)
            continue
        item = re.match(
            r",\s*[\w#+./-]+(?:\s[\w#+./-]+){0,2}\s*(?=,|\b(?:und|oder|and|or)\b|[.;)\n]|$)", text[stop:end]
        )
        if not item:
            return stop
        stop = _to_the_right(text, stop + item.end(), end)
    return stop


def alternative_groups(text: str, spans: Sequence[Span], linkable: Sequence[str]) -> list[int | None]:
    """For each span (in order, without overlaps) the number of the group of alternatives it belongs to, or None.

    Spans joined by "oder", "/" and the like are alternatives, with the members of the list before them if
    `linkable` (the family of a span's kind) is the same; so are examples (z. B. X, Y) and "X, Y oder ähnlich".
    """
    group: list[int | None] = [None] * len(spans)
    if not _hinted(text, _OR_HINTS + _EXAMPLE_HINTS):
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
