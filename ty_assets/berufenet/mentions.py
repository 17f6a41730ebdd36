"""Occupations that a text names as the one that is sought, done or learned, by the words around them.

Belongs here: the contexts, and the lookup of what follows them. Not here: what a mention is worth (evidence.py), and
which names an occupation has (catalogue.py, labels.py).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ty_assets.berufenet.catalogue import Catalogue
from ty_assets.berufenet.labels import label_forms, match_key
from ty_assets.berufenet.titles import part_variants
from ty_assets.postings.normalise import normalise_title

# sought: "suchen wir einen Maler"; done: "als Maler streichen Sie"; learned: "Ausbildung zum Maler";
# kin: "Malerarbeiten"
Kind = Literal["sought", "done", "learned", "kin"]

_MOST_WORDS: Final = 6
_LONGEST_QUOTE: Final = 200
_TAIL: Final = 120
_BEGINNING: Final = 4  # letters of a name that no case and no gender changes

_SOUGHT = re.compile(
    r"\b(?:suchen|sucht|gesucht|stellen\s+\w+\s+ein|braucht|brauchen|looking\s+for|seeking|seeks|hiring|recruiting)\b",
    re.IGNORECASE,
)
_DONE = re.compile(r"\b(?:als|as\s+an?)\s+(?=\S)", re.IGNORECASE)
_LEARNED = re.compile(
    r"(?<![^\W\d_])(?:(?:berufs|fach|erst)?ausbildung|lehre|studium|examen|abschluss|gesellenbrief|qualifikation"
    r"|apprenticeship|training|degree|qualification)\b[^.;\n]{0,40}?\b(?:als|zum|zur|zu|im\s+beruf|as\s+an?|as)\s+"
    r"|(?<![^\W\d_])(?:gelernte[nr]?|ausgebildete[nr]?|examinierte[nr]?|staatlich\s+(?:anerkannte|geprüfte)[nr]?"
    r"|qualified|trained|certified|licen[sc]ed)\s+",
    re.IGNORECASE,
)
_KIN = re.compile(r"\b([A-ZÄÖÜ][a-zäöüß]{3,30}?)(arbeiten|tätigkeiten|kolonne|handwerk|(?:fach|meister)?betrieb)\b")
_LEARNED_BEFORE = re.compile(
    r"(?:ausbildung|lehre|studium|examen|abschluss|qualifikation|erfahrung|gelernt|kenntnisse|praxis|experience"
    r"|background|training|apprenticeship|degree|qualification|qualified|trained)\b[^.;\n]{0,120}$",
    re.IGNORECASE,
)
# To whom it is said; otherwise "als Projektleiter" in the middle of a duty is a part of the work.
_ADDRESSED = re.compile(
    r"\b(?:sie|du|dich|dir|ihr|ihre|deine|you|your|arbeiten|tätigkeit|einsatz|rolle|stelle|position|verstärkung|start"
    r"|einstieg|anstellung|job|karriere|herausforderung|role|join|work|working|suchen|sucht|team)\b",
    re.IGNORECASE,
)
_OPENING: Final = 25  # characters before it, of a sentence that begins so
# "Als Steuerberater betreuen wir": what the employer is, not whom it wants.
_EMPLOYER_AFTER = re.compile(r"^[^.,;\n]{0,50}\b(?:wir|we)\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:kein|keine|keinen|keiner|nicht|ohne|egal\s+ob|ob\s+du|no|not|without|weder|whether)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:zusammenarbeit|unterstützung|unterstützen|unterstützt|assistenz|zuarbeit|anleitung|ausbildung\s+von"
    r"|weiterbildung|fortbildung|aufstieg|entwickeln|berichten|schnittstelle|kunden|support(?:ing)?|reporting|alongside"
    r"|liaise|customers|clients|wurde|war|früher|gründer)\b[^.;\n]{0,60}$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?;\n]\s|\n")
_TOKEN = re.compile(r"\S+")
_END_OF_TAIL = re.compile(r"[.!?;:](?=\s|$)|\n|\s[–—|]\s")
# After these an occupation may begin; all words before it that are none of them are skipped in vain.
_OPENERS: Final = frozenset((
    "ein", "eine", "einen", "einer", "eine/n", "eine/einen", "einen/eine", "eine*n", "eine:n", "mehrere", "zwei",
    "drei", "vier", "weitere", "als", "wir", "sofort", "zeitpunkt", "a", "an", "for", "wird", "werden", "dich", "sie",
    "new", "our",
))  # fmt: skip
_BETWEEN: Final = frozenset(
    ("und", "oder", "bzw.", "bzw", "or", "and", "/", "beziehungsweise", "alternativ", "auch", "sowie")
)
_FILLER = re.compile(
    r"^(?:[a-zäöüß-]+(?:e|en|er|r|te|n|ed|ing|ly)|neue\w*|passionate|skilled|junior|senior|full-time|part-time"
    r"|zum|zur|als|eine?n?|eine/n|a|an|the|der|den|die|friendly|reliable|great)$"
)
_GENDERS = re.compile(r"[(/*:_|]|\wIn\b|-")
_ENDINGS: Final = ("innen", "n", "en", "s", "in")


@dataclass(frozen=True)
class Mention:
    """An occupation as a text names it. codes: all that the name stands for; quote: verbatim, with its context."""

    kind: Kind
    codes: tuple[str, ...]
    quote: str
    start: int


class OccupationNames:
    """The catalogue's names by match key: labels rule, synonyms speak where there is none."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        codes: dict[str, set[str]] = defaultdict(set)
        for key, found in catalogue.synonyms.items():
            codes[match_key(key)].update(found)
        labelled: dict[str, set[str]] = defaultdict(set)
        for key, occupations in catalogue.labels.items():
            labelled[match_key(key)].update(o.kldb for o in occupations)
        self._codes = {key: tuple(sorted(found)) for key, found in {**codes, **labelled}.items() if key}
        self._beginnings = {key[:_BEGINNING] for key in self._codes}
        self._short_beginnings = {key[:length] for key in self._beginnings for length in range(1, _BEGINNING)}

    def may_begin(self, word: str) -> bool:
        """Whether a name may begin with this word and what follows it: most do not, which is found out at once."""
        key = match_key(word)[:_BEGINNING]
        return key in self._beginnings or (len(key) < _BEGINNING and key in self._short_beginnings)

    def codes(self, phrase: str) -> tuple[str, ...]:
        """The codes of a phrase as running text has it; none where it is no name, or names no occupation alone."""
        for form in _forms(phrase):
            if found := self._codes.get(match_key(form)):
                return found if part_variants(form) else ()
        return ()


def find_mentions(text: str, names: OccupationNames) -> list[Mention]:
    """All mentions of a normalised text, in order; what a sentence denies or says of others is none."""
    found: dict[int, Mention] = {}
    for kind, context, begin in _contexts(text):
        for start, end, codes in _named_after(text, begin, kind, names):
            kept = found.get(start)
            if kept is None or _rank(kind) < _rank(kept.kind):
                quote = text[context:end] if end - context <= _LONGEST_QUOTE else text[start:end]
                found[start] = Mention(kind, codes, quote, start)
    for match in _KIN.finditer(text):
        if match.start() not in found and names.may_begin(match[1]) and (codes := names.codes(match[1])):
            found[match.start()] = Mention("kin", codes, match[0], match.start())
    return [found[start] for start in sorted(found)]


def _rank(kind: Kind) -> int:
    return ("learned", "sought", "done", "kin").index(kind)


def _contexts(text: str) -> Iterator[tuple[Kind, int, int]]:
    """(kind, where the context begins, where what follows it begins)."""
    for match in _LEARNED.finditer(text):
        if not _is_of_others(text, match.start(), match.end()):
            yield "learned", match.start(), match.end()
    for match in _SOUGHT.finditer(text):
        if not _NOT.search(_before(text, match.start())):
            yield "sought", match.start(), match.end()
    for match in _DONE.finditer(text):
        before = _before(text, match.start())
        if _is_of_others(text, match.start(), match.end()) or _EMPLOYER_AFTER.match(text[match.end() :][:80]):
            continue
        if _LEARNED_BEFORE.search(before):
            yield "learned", match.start(), match.end()
        else:
            is_said = len(before.strip()) <= _OPENING or _ADDRESSED.search(before)
            yield ("done" if is_said else "kin"), match.start(), match.end()


def _before(text: str, at: int) -> str:
    """The sentence up to there."""
    part = text[max(0, at - 160) : at]
    ends = [match.end() for match in _SENTENCE.finditer(part)]
    return part[ends[-1] :] if ends else part


def _is_of_others(text: str, start: int, end: int) -> bool:
    """Whether the sentence denies it, or says it of colleagues, customers or a time to come."""
    before = _before(text, start)
    sentence = text[end : end + _TAIL]
    after = _END_OF_TAIL.split(sentence, maxsplit=1)[0]
    return bool(_NOT.search(before + text[start:end]) or _NOT.search(after) or _OTHERS.search(before))


def _named_after(
    text: str, begin: int, kind: Kind, names: OccupationNames
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(start, end, codes) of the names that follow a context: one, or several joined by "oder" and commas."""
    tail = text[begin : begin + _TAIL]
    if end := _END_OF_TAIL.search(tail, 1):
        tail = tail[: end.start()]
    tokens = [(match.start(), match.end(), match[0]) for match in _TOKEN.finditer(tail)]
    at = _first(tokens) if kind == "sought" else 0
    while at < len(tokens) and not match_key(tokens[at][2]):  # the colon of "Gesucht: Koch"
        at += 1
    more = True
    while at < len(tokens) and more:
        at = _skip_fillers(tokens, at, tail, names)
        hit = _longest(tail, tokens, at, names)
        if hit is None:
            return
        last, codes = hit
        stop = tokens[last][1] - (len(tokens[last][2]) - len(tokens[last][2].rstrip(",")))
        yield begin + tokens[at][0], begin + stop, codes
        more = tokens[last][2].endswith(",")
        at = last + 1
        while at < len(tokens) and (tokens[at][2].lower() in _BETWEEN or tokens[at][2].startswith("(")):
            more, at = more or tokens[at][2].lower() in _BETWEEN, at + 1


def _first(tokens: list[tuple[int, int, str]]) -> int:
    """Where an occupation may begin after "suchen": after the last article or other opener before a capital."""
    for place, (_, _, word) in enumerate(tokens):
        if word.lower().strip(",:") in _OPENERS and place + 1 < len(tokens):
            following = tokens[place + 1][2]
            if following.lower() not in _OPENERS and not following.lower().startswith(("ab", "zu", "für", "in", "zur")):
                return place + 1
    return 0


def _skip_fillers(tokens: list[tuple[int, int, str]], at: int, tail: str, names: OccupationNames) -> int:
    """Past adjectives and articles, as far as no name begins with them."""
    for _ in range(4):
        if at + 1 < len(tokens) and _FILLER.match(tokens[at][2]) and _longest(tail, tokens, at, names) is None:
            at += 1
    return at


def _longest(
    tail: str, tokens: list[tuple[int, int, str]], at: int, names: OccupationNames
) -> tuple[int, tuple[str, ...]] | None:
    if not names.may_begin(tokens[at][2]):
        return None
    for last in range(min(len(tokens), at + _MOST_WORDS) - 1, at - 1, -1):
        phrase = tail[tokens[at][0] : tokens[last][1]].rstrip(",")
        if not phrase or not (
            phrase[-1].isalnum() or phrase[-1] in ")+#."
        ):  # half a pair: "Rechtsanwalts- und Notar..."
            continue
        if codes := names.codes(phrase):
            return last, codes
    return None


def _forms(phrase: str) -> Iterator[str]:
    """The phrase, and as it would stand alone: one gender, no ending of a case."""
    yield phrase
    bare = phrase
    if _GENDERS.search(phrase):
        bare = normalise_title(phrase)
        yield bare
        yield from label_forms(phrase)
    words = bare.split(" ")
    if len(words) > 1 and words[0].endswith("en"):  # einen technischen Zeichner
        rest = " ".join(words[1:])
        yield f"{words[0][:-1]}r {rest}"
        yield f"{words[0][:-1]} {rest}"
    for ending in _ENDINGS:
        stem = bare.removesuffix(ending)
        if stem != bare and len(stem) >= 4 and stem[-1] != " ":
            yield stem
