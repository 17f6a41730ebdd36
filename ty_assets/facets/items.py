"""The members of a requirement line: what stands between its commas, its "und" and its brackets.

Belongs here: where a member begins and ends, and which of them speak of something else than a demand: what the employer
gives or does, reasons, labels. Not here: what a member asks for (`open_terms`), and known terms (`terms`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ty_assets.facets.scope import Span, sentences

_MARK = re.compile(r"[,;:()\[\]/&+|•→►✓\n–—…]|\s-\s|\.\.|[.!?](?=\s|$)")
# Case is folded by hand and the words' edges are checked afterwards: without \\b and IGNORECASE the search is three
# times as fast, since it may then jump to the letters that one of the words begins with.
_WORDS = re.compile(
    r"(?:und/oder|and/or|und|oder|sowie|bzw\.?|beziehungsweise|respektive|and|or|as well as|plus(?=\s\w)|inkl\."
    r"|inklusive|including"
    r"|u\.(?=\s[A-ZÄÖÜ])|od\.|such as|z\.\s?B\.|e\.\s?g\.|zum Beispiel|for example|wie z\.\s?B\.|bspw\."
    r"|[Ii]dealerweise|[Ii]deally"
    r"|preferably|vorzugsweise|insbesondere|insb\.|especially|in particular|[Aa]lternativ(?:ely)?|wahlweise"
    r"|gerne? auch"
    r"|gerne?(?=\s(?:aus|im|in|mit)\b)|aber|but|sondern|jedoch|however|ggf\.|wünschenswert(?=\s[A-Za-z]))(?![-\w])"
)
# Given, done or taught by the employer, so that nobody has to bring it; an offer, not a demand.
_GIVEN = re.compile(
    r"\b(?:(?:zeigen|lernen|bringen|bieten|bilden|schulen|stellen|zahlen|übernehmen|bezahlen|unterstützen"
    r"|arbeiten|geben"
    r"|organisieren|finanzieren|fördern|nutzen|haben|verwenden|freuen|sagen|melden|kümmern) wir\b"
    r"|wir (?:zeigen|lernen|bringen|bieten|bilden|schulen|stellen|zahlen|übernehmen|bezahlen|unterstützen"
    r"|arbeiten|geben"
    r"|organisieren|finanzieren|fördern|haben|nutzen|verwenden|setzen|freuen|sind|melden|kümmern)\b(?! (?:auf|wert))"
    r"|lern(?:st du|en sie)(?: das| es| alles)? (?:bei uns|in (?:einer|der)|vor ort|on the job)"
    r"|(?:wird|werden) (?:\w+ ){0,3}(?:geteilt|gestellt|bezahlt|übernommen|vergütet|geboten|bereitgestellt)"
    r"|(?:gestellt|bezahlt|übernehmen) (?:wird|werden|wir)|(?:einarbeitung|schulung) (?:erfolgt|wird|gibt)"
    r"|we(?:['’]ll| will| can)? (?:provide|train|teach|offer|pay|supply|use|give|have|open|are|cover|support|run)\b"
    r"|you(?:['’]ll| will)? (?:shadow|learn (?:from|on)|receive|get (?:a|an|full|paid))\b"
    r"|(?:provided|supplied|offered|paid for|(?:is|are|be) given|arranged)\b"
    r"|(?:training|van|uniform|laptop|meals?|accommodation|cottage|equipment) (?:is |are )?(?:provided|given"
    r"|available)"
    r"|gehalt|salary|brutto|gross|dienstwagen vorhanden|firmenwagen|company car|lease car|by arrangement)\b",
    re.IGNORECASE,
)
_PAY = re.compile(r"\b(?:mindestgehalt|brutto|salary|gross salary|\w*gehalt|entlohnung)\b", re.IGNORECASE)
_WHOLE = 3  # letters on either side of a slash: Java/Kotlin, not Fachwirt/in
_GIVEN_HINTS = (
    "wir", "we ", "we'", "we’", "you", "lern", "werden", "gestellt", "bezahlt", "erfolgt", "provided", "supplied",
    "offered", "paid", "given", "available", "arrange", "gehalt", "salary", "brutto", "gross", "wagen", "company car",
    "lease",
)  # fmt: skip
_REASON = re.compile(
    r"\W*(?:wenn|falls|weil|da(?! )|damit|denn|um|so dass|sodass|obwohl|egal|hauptsache|sonst|dann|deshalb"
    r"|daher|because"
    r"|since|as (?:we|you|the|our|it)|if|when|where|so that|so (?:we|you|the|our|it|no)|which|that|who|whether"
    r"|even|once"
    r"|while|although|though|(?:die|der|das)(?=\s+(?:zu|in|mit|auf|für|an|sich|du|wir|sie|man|es|uns|dich|den"
    r"|dem|nicht|gerne?)\b)|welche\w*|denen?|there['’]s|there is|there are|it['’]s"
    r"|das ist|dies|auch|selbst|immer|gemeinsam|spätestens|höchstens|während|ohne|trotz|je nach|bis|ob|mit oder"
    r"|bei|nach Absprache|statt|instead|otherwise|then|after|before|for (?:our|the|your))\b",
    re.IGNORECASE,
)
_OF_THE_EMPLOYER = re.compile(
    r"\b(?:wir|uns|unser\w*|we|us|our|ours)\b(?! (?:suchen|erwarten|wünschen|setzen|look|expect|need|require|ask))",
    re.IGNORECASE,
)


_TO_BE_SAID = re.compile(
    r"(?:^|(?<=\W))(?:bereitschaft|fähigkeit|wille|lust|talent|motivation|interesse|freude|bereit|in der lage"
    r"|motiviert|gabe)$",
    re.IGNORECASE,
)


class Item(NamedTuple):
    """`line[start:end]` is a member. before, after: what parts it from its neighbours; sentence: its number."""

    start: int
    end: int
    before: str
    after: str
    sentence: int


def items(line: str) -> list[Item]:
    """The members of a line in order, without surrounding white space; together all of it but its separators."""
    found: list[Item] = []
    cuts = _cuts(line)
    for number, sentence in enumerate(sentences(line)):
        position, before = sentence.start, ""
        for start, end in cuts:
            if start < position or end > sentence.end:
                continue
            separator = line[start:end].strip()
            if separator == "." and end < sentence.end:
                continue  # mind., z. B. and the like end nothing
            _append(found, line, Item(position, start, before, separator, number))
            position, before = end, separator
        _append(found, line, Item(position, sentence.end, before, "", number))
    return _with_infinitives(line, found)


def _cuts(line: str) -> list[tuple[int, int]]:
    """Where separators stand, in order."""
    marks = [m.span() for m in _MARK.finditer(line) if _parts(line, *m.span())]
    words = [
        m.span()
        for m in _WORDS.finditer(line)
        if m.start() == 0 or not (line[m.start() - 1].isalnum() or line[m.start() - 1] == "-")
    ]
    return sorted(marks + words) if words else marks


_GENDER = re.compile(r"\((?:[mwfdxi](?:[/|*][mwfdxi])+|in|innen|r|n|e)\)", re.IGNORECASE)


def _parts(line: str, start: int, end: int) -> bool:
    """Whether a mark parts: no bracket within a word, no comma within a number, a slash only between whole words."""
    mark, before, after = line[start], line[start - 1 : start], line[end : end + 1]
    if mark in "([":
        return (not before or before.isspace()) and not _GENDER.match(line, start)
    if mark in ")]":
        opening = line.rfind("(", 0, start)
        return (not after or after in " ,;.:)") and not (opening >= 0 and _GENDER.match(line, opening))
    if mark == ",":
        return not after.isdigit()
    if mark == ":":
        return not after or after.isspace()
    if mark == "/":
        if before.isspace() and after.isspace():
            return True
        beside = line[max(0, start - _WHOLE) : start] + line[end : end + _WHOLE]
        return len(beside) == 2 * _WHOLE and beside.isalpha()
    if mark in "–—+&":
        return before.isspace() and (after.isspace() or mark == "&")
    return True


def _with_infinitives(line: str, found: Sequence[Item]) -> list[Item]:
    """ "Bereitschaft, sich fortzubilden" is one member."""
    result: list[Item] = []
    for item in found:
        last = result[-1] if result else None
        if (
            last
            and item.before == ","
            and last.sentence == item.sentence
            and _TO_BE_SAID.search(line, last.start, last.end)
        ):
            result[-1] = last._replace(end=item.end, after=item.after)
        else:
            result.append(item)
    return result


def _append(found: list[Item], line: str, item: Item) -> None:
    piece = line[item.start : item.end]
    start = item.start + len(piece) - len(piece.lstrip())
    end = item.end - (len(piece) - len(piece.rstrip()))
    if start < end:
        found.append(item._replace(start=start, end=end))


def given_spans(line: str) -> list[Span]:
    """The clauses of a line that say what the employer gives, teaches or does; what they name is no demand."""
    lowered = line.lower()
    if not any(hint in lowered for hint in _GIVEN_HINTS) or not _GIVEN.search(line):
        return []
    if _PAY.search(line):
        return [Span(0, len(line))]
    return [clause for clause in _clauses(line) if _GIVEN.search(line, *clause)]


def asides(line: str, parts: Sequence[Item]) -> set[int]:
    """Positions of the members that give a reason or speak of the employer, so that they demand nothing themselves."""
    ours = [m.start() for m in _OF_THE_EMPLOYER.finditer(line)]
    return {
        position
        for position, part in enumerate(parts)
        if _REASON.match(line, part.start, part.end) or (ours and any(part.start <= at < part.end for at in ours))
    }


_CLAUSE = re.compile(
    r"[;•\n()–—!?]|[.,:](?=\s|$)|\s-\s|\b(?:und|and|aber|but|so)\b(?=\s(?:wir|we|du|sie|you|a|an|the|your)\b)"
)


def _clauses(line: str) -> Sequence[Span]:
    spans: list[Span] = []
    start = 0
    for cut in _CLAUSE.finditer(line):
        spans.append(Span(start, cut.start()))
        start = cut.end()
    return [*spans, Span(start, len(line))]
