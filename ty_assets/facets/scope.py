"""What a sentence says about the terms in it: not needed, or only wished for.

Belongs here: cues of negation and of wishes, with the stretch of text each of them governs. Not here: which terms
there are (`mentions`) and which replace each other (`alternatives`).
"""

import re
from functools import lru_cache
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
    r"|do(?:es)? not (?:require|expect)|don[’']t (?:need|expect)|no need for|neither|weder|nor)\b",
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
    r"|(?:ist|sind) (?:(?:uns|für uns|hier|dabei) )*(?:nicht (?:so )?wichtig|egal|zweitrangig|nebensächlich"
    r"|unwichtig))"
)
_WAIVER = re.compile(rf"\b{_WAIVED}(?: (?:to|for) us| für uns)?\W*$", re.IGNORECASE)
_NO_AFTER = re.compile(
    r"\b(?:(?:sind|ist|wird|werden|are|is)?\s*\*{0,2}(?:nicht|not|keine|never|kein)\*{0,2}\s+(?:zwingend\s+"
    r"|unbedingt\s+|strictly\s+)?"
    r"(?:erforderlich|notwendig|nötig|vorausgesetzt|voraussetzung|bedingung|benötigt|verlangt|required"
    r"|necessary|needed"
    r"|mandatory|essential|a must|a requirement|expected|erwartet)|entbehrlich|unnötig|kein muss|nicht zwingend"
    r"|(?:is|are|do|does)n[’']t\s+(?:strictly\s+)?(?:required|necessary|needed|mandatory|essential|a must"
    r"|a requirement"
    r"|expected|need(?:ed)?)"
    r"|brauch(?:st|en|t)\s+(?:du|sie|ihr|es)?\s*(?:dafür\s+|dazu\s+|hier\s+)?(?:nicht|keine?)"
    r"|(?:musst|müssen|muss)\s+(?:du|sie|man|ihr)?\s*(?:dafür\s+|dazu\s+)?nicht\s+(?:können|haben|mitbringen"
    r"|sprechen|sein)"
    r"|(?:fallen|fällt)\s+nicht\s+an|entfällt|entfallen|fragen\s+nicht\s+danach|(?<!nicht )egal(?=\W|$)"
    rf"|{_WAIVED})\b",
    re.IGNORECASE,
)

_NEGATION_HINTS = (
    "kein", "ohne", "nicht", "no ", "not ", "not*", "nor ", "without", "neither", "weder", "noch ", "n't", "n’t",
    "entfäll", "entfall", "entbehrlich", "unnötig", "irrelevant", "secondary", "egal",
    "zweitrangig", "nebensächlich", "unwichtig",
)  # fmt: skip

_WISH_BEFORE = re.compile(
    r"\b(?:idealerweise|im idealfall|bestenfalls|vorzugsweise|optimalerweise|wünschenswerterweise|gerne? auch"
    r"|(?:von (?:großem )?vorteil|vorteilhaft|wünschenswert|erwünscht|ein (?:großes )?plus|hilfreich|pluspunkte?)"
    r"\s?(?:ist|sind|wäre[n]?|:)|ideally|preferably|as a bonus|good to have|a plus(?: is|:)|bonus(?: points)? for"
    r"|(?:desirable|preferred|advantageous|optional|nice[- ]to[- ]haves?)(?:\s(?=experience|skill|knowledge"
    r"|qualif)|:)"
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
    r"|preferable|helpful|not mandatory|would (?:be (?:great|nice|lovely|good|ideal|perfect|handy|useful|a)"
    r"|stand you|help)|begrüßt|bevorzugt|ist ideal"
    r"|wäre[n]? (?:\w+ ){0,2}(?:cool|klasse|stark|toll|super|gut|prima|schön|top|ideal|spitze|das|ein)"
    r"|find(?:en|et) wir (?:toll|gut|klasse|super|schön)"
    r"|gern(?:e)?(?=\s*[,.;!)]|\s*$)|(?:is|are) (?:nice|useful|handy|highly valued|highly desirable"
    r"|an? (?:\w+ )?bonus)|useful(?=\s*[,.;!)]|\s*$)|helps(?=\W|$)"
    r"|freiwillig|would be (?:great|nice))\b",
    re.IGNORECASE,
)

_BUT = re.compile(r",?\s*\b(?:aber|jedoch|but|allerdings)\s+(?:auch\s+|is\s+|ist\s+|sind\s+)?\Z", re.IGNORECASE)
_WISH_HINTS = (
    "ideal", "besten", "vorzug", "optim", "wünsch", "wunsch", "gern", "vorteil", "option", "prefer", "nice", "bonus",
    "desir", "plus", "möglichst", "schön", "freuen", "advantag", "good to", "nutzen", "willkommen", "muss", "zwingend",
    "hilfreich", "asset", "benefici", "welcome", "helpful", "not mandatory", "would be", "begrüßt",
    "bevorzugt", "gern", "wär", "finde", "useful", "would", "helps", "handy", "valued", "is nice", "freiwillig",
)  # fmt: skip

_LONGEST_CLAUSE = 300  # characters; a text without any sentence end must not cost its square
_LONGEST_AFTER_COLON = 20


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


def hinted(text: str, hints: tuple[str, ...]) -> bool:
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


def _subject(text: str, start: int, position: int) -> int:
    """Where that begins of which a cue says something; "SAP: nicht nötig" speaks of what stands before the colon."""
    begin = _to_the_left(text, start, position)
    if text[begin - 1 : begin] == ":" and position - begin <= _LONGEST_AFTER_COLON:
        return _to_the_left(text, start, begin - 1)
    return begin


def negated_spans(text: str, sentence: Span) -> list[Span]:
    """Where the sentence says that something is not needed: ohne X, X nicht erforderlich, no X required."""
    start, end = sentence
    if not hinted(text[start:end], _NEGATION_HINTS):
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
            Span(_subject(text, start, found.start()), found.end()) for found in _NO_AFTER.finditer(text, start, end)
        ]
    return spans


def is_waiver(text: str) -> bool:
    """Whether a sentence says of all it speaks of that it does not matter, so that it demands nothing."""
    found = _WAIVER.search(text)
    return bool(found) and not _CLAUSE_END.search(text, 0, found.start() if found else 0)


def wished_spans(text: str) -> list[Span]:
    """Where the text only wishes: idealerweise X, X von Vorteil. A list goes on over its commas to the cue's right."""
    spans: list[Span] = []
    if not hinted(text, _WISH_HINTS):
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
                spans.append(Span(_subject(text, start, cue), found.end()))
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
