"""Where the vocabulary's terms are mentioned in a text: longest match on word keys, compounds, elided compounds.

Belongs here: from tokens to mentions with exact spans. Not here: what the sentence says of a mention, such as
negation, level or alternatives (`scope`, `levels`, `terms`).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ty_assets.facets.scope import sentences
from ty_assets.facets.tokens import Token, stem
from ty_assets.facets.vocabulary import Entry, Node, Reading, vocabulary

# A German compound means its last part, so SAP-Kenntnisse is about SAP: these tails only say "knows it".
_TAILS = [
    "grundkenntnisse",
    "fachkenntnisse",
    "kenntnisse",
    "kenntnissen",
    "kenntnis",
    "erfahrungen",
    "erfahrung",
    "fachwissen",
    "wissen",
    "knowhow",
    "praxis",
    "bereich",
    "bereichs",
    "umfeld",
    "umgebung",
    "umgebungen",
    "systeme",
    "systemen",
    "system",
    "software",
    "tools",
    "tool",
    "programme",
    "anwendungen",
    "entwicklung",
    "programmierung",
    "administration",
    "kompetenz",
    "kompetenzen",
    "technologien",
    "themen",
    "thematik",
    "prozesse",
    "prozessen",
    "aufgaben",
    "taetigkeit",
    "taetigkeiten",
    "arbeiten",
    "arbeit",
    "projekte",
    "projekten",
    "abteilung",
    "branche",
    "sektor",
    "experte",
    "spezialist",
    "zertifikat",
    "zertifizierung",
    "zertifizierungen",
    "abschluss",
    "bereitschaft",
    "faehigkeit",
    "faehigkeiten",
    "skills",
    "affinitaet",
    "affin",
    "landschaft",
    "vorschriften",
    "richtlinien",
    "normen",
    "verfahren",
    "maschinen",
    "anlagen",
    "dienst",
    "modul",
    "module",
    "modulen",
    "modulen",
]
_TAIL = re.compile(r"(?:" + "|".join(sorted(set(_TAILS), key=len, reverse=True)) + r")$")
_FARTHEST_CONTEXT = 300  # characters
_CONNECTORS = frozenset({"und", "oder", "bzw", "sowie", "and", "or"})
_SHORTEST_PART = 3  # SAP, CRM, PHP
_LONGEST_SUFFIX_WASTE = 8  # a known term of this length or more at the end of a compound names its genus
_CUE_BEFORE = re.compile(
    r"(?:\b(?:in|mit|with|using|programmiersprachen?|sprachen?|languages?|wie|like|as|of|und|oder|and|or|bzw\.?)"
    r"\s*[:(]?\s*|[,/(]\s*)$",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"^(?:\s*[-/,)]|\s+(?:und|oder|and|or|bzw|programming|developer|development|entwickl|programmier|kenntnis|skills))"
)
# Go Sooners and go-live: with what follows another name
_OTHER_NAME = re.compile(r"-(?:live|to-)|[ ](?!Program|Develop|Entwickl|Engineer|Skill|Kenntnis|Code|Und\b|Oder\b)[A-ZÄÖÜ]", 0)
_ENDING = re.compile(r"(?:e?s|(?<![lr])n|['’]s)?(?![^\W_])")  # of a word whose spelling is fixed: Handels, not handeln
_LONELY = " \t-–•*·,;"
_PROGRAMMING = re.compile(
    r"programmi|programming|entwickl|developer|software|python|\bsql\b|java|\bsas\b|statisti|data|daten|devops|ansible|docker|kubernetes|cloud|\bci\b|\baws\b|azure|terraform"
    r"|golang|kotlin|\bgit\b|rust|scala|c\+\+|c#",
    re.IGNORECASE,
)
_DEGREE_WORD = re.compile(
    r"studium|studien(?:gang|gänge|abschluss|richtung)|studier|abschluss|degree|bachelor"
    r"|(?<!scrum )\bmaster(?! data)|masterabschluss"
    r"|diplom(?!at)|\bphd\b|absolvent|graduate|\bm\.?sc\b|\bb\.?sc\b|fachrichtung|hochschul|universit"
    r"|doktor|doctorate|(?-i:\bPromotion\b)|promoviert|studied|studies in",
    re.IGNORECASE,
)
_FARTHEST_DEGREE = 150  # characters between a field of study and the word for the degree in the same sentence
_OBJECT_OF_EXPERIENCE = re.compile(
    r"(?:erfahrung(?:en)?|experiences?|\w*kenntnissen?|knowledge|praxis|interesse|interest|background|years)"
    r"(?:\s+(?!(?:und|oder|and|or)\b)[\w-]+)?\s+(?:in|im|mit|of|with|für|an|bei)\s+(?:(?:der|dem|den|the|Bereich)\s+){0,2}$",
    re.IGNORECASE,
)
# What shows that an ambiguous word means the term, by the domain of the term.
_CONTEXTS = {
    domain: re.compile(words, re.IGNORECASE)
    for domain, words in {
        "legal": r"jur(?:is|a\b)|recht|anwalt|richter|\blaws?\b|legal|lawyer|counsel|negotiat|draft|review|clause|compliance",
        "medicine": r"zahn|dental|kieferorth|mundhyg|\boral|\bz(?:fa|mp|mf)\b",
        "kitchen": r"küche|koch|köch|lebensmittel|gastro|speise|restaurant|fleisch|bäcker|catering|haccp|kitchen|food|cook|chef",
        "administration": r"organis|organiz|planung|planen|\bplan|veranstalt|catering|messe|conferenc|konferenz|hospitality"
        r"|festival|konzert|marketing|\bhost|management|sponsor|hotel|gäste|guests",
        "driving": r"driver|courier|parcel|\bvans?\b|truck|fahr|paket|\bgoods|food|ware|tour|logisti|post\b",
        "laboratory": r"\bg[ml]p\b|gxp|pharma|labor|medizin|medical|method|steril|\bfda\b|qualifizierung|reinraum|prozess|\bprocess",
        "electrical": r"\bsps\b|\bplc\b|steuerung|anlage|maschine|elektr|electr|antrieb|industri|sensor|mechatron|robot|fertigung"
        r"|produktion|gebäude|machine|\bplant|bahn",
        "engineering": r"manufactur|factor(?:y|ies)|\bplants?\b|machine|maschin|anlage|fertigung|industri|assembl|montage|shift"
        r"|schicht|\bcnc\b|quality|warehouse|lean\b|helper|operator",
    }.items()
}
_COMPUTING = re.compile(
    _PROGRAMMING.pattern + r"|server|network|netzwerk|firewall|v?lan\b|\bIT\b|\bapis?\b|system|linux|prometheus|grafana"
    r"|\bsap\b|excel|kpi|kennzahl|report|\brest\b|web|applikation|anwendung|application|digital",
    re.IGNORECASE,
)
_QUALIFICATION = re.compile(
    r"ausbildung|abschluss|studium|studier|examen|examin|prüf|qualif|degree|diplom|zertif|certif|licen[cs]e|lehre\b|bachelor"
    r"|master|absolv|graduat|trained|training|gelernt|geselle|\bcfa\b|\bals\b|as an?\b|beruf|erfahrung|experience|charter",
    re.IGNORECASE,
)


class Mention(NamedTuple):
    """A term where it stands: `text[start:end]` names it."""

    entry: Entry
    start: int
    end: int
    field_of_study: bool = False


def mentions(text: str, tokens: list[Token]) -> list[Mention]:
    """All terms of the vocabulary in the text, in order, without overlaps; the longest match wins."""
    root = vocabulary().root
    found: list[Mention] = []
    position = 0
    while position < len(tokens):
        match = _longest(root, text, tokens, position)
        if match:
            reading, width = match
            start, end = tokens[position].start, tokens[position + width - 1].end
            if reading is not None:
                found.append(Mention(reading.entry, start, end, reading.field_of_study))
            position += width
            continue
        found.extend(_elided(text, tokens, position))
        position += 1
    return found


def _longest(root: Node, text: str, tokens: list[Token], first: int) -> tuple[Reading | None, int] | None:
    """The longest term that begins at a token, with its width in tokens; without a reading, what looks like a term."""
    best: tuple[Reading | None, int] | None = None
    node: Node | None = root
    position = first
    while position < len(tokens):
        token = tokens[position]
        if position > first and not token.glued:
            break
        node = node.children.get(token.key) if node else None
        if node is None:
            break
        position += 1
        if node.look_alike:
            best = (None, position - first)
            continue
        for reading in node.readings:
            if _holds(reading, text, tokens[first].start, token.end, token.folded):
                best = (reading, position - first)
                break
    if best is None:
        compound = _compound(tokens[first].folded)
        if compound is not None:
            return compound, 1
    return best


def _holds(reading: Reading, text: str, start: int, end: int, last_word: str) -> bool:
    if reading.form and not last_word.startswith(reading.form):
        return False
    if reading.field_of_study:
        return _studied(reading, text, start, end)
    if reading.exact is None:
        return True
    if not text.startswith(reading.exact, start):
        return False
    if not _ENDING.match(text, start + len(reading.exact), end):
        return False
    return not reading.needs_context or _in_context(reading.entry, text, start, start + len(reading.exact))


def _studied(reading: Reading, text: str, start: int, end: int) -> bool:
    """Whether a field is one of study: its sentence speaks of a degree near it, and not of experience in it."""
    if text[start - 1 : start] == "-" and text[start - 2 : start - 1].isalpha():  # UX-Design, SAP-Logistik
        return False
    first, last = _line(text, start, end)
    bounds = sentences(text)
    sentence = bounds[bisect_right(bounds, start, key=lambda span: span.start) - 1]
    first = max(first, sentence.start, start - _FARTHEST_DEGREE)
    last = min(last, sentence.end, end + _FARTHEST_DEGREE)
    if not _DEGREE_WORD.search(text, first, last):
        return False
    return not _OBJECT_OF_EXPERIENCE.search(text, first, start)


def _in_context(entry: Entry, text: str, start: int, end: int) -> bool:
    """Whether the line shows that a word with several meanings means this term."""
    first, last = _line(text, start, end)
    if text[start:end].isupper() and end - start > 2 and not (text[first:start] + text[end:last]).strip(_LONELY):
        return True  # GCP as the only word of a line in a CV
    if entry.kind == "tool":
        context = _PROGRAMMING
        if not _stands_in_a_list(text, first, start, end, last):
            return False
    elif entry.kind == "degree" or (entry.kind == "licence" and entry.domain not in _CONTEXTS):
        context = _QUALIFICATION
    else:
        context = _CONTEXTS.get(entry.domain, _COMPUTING)
    return bool(context.search(text, first, start) or context.search(text, end, last))


def _stands_in_a_list(text: str, first: int, start: int, end: int, last: int) -> bool:
    """Whether a name like R or Go is a member of a list or the object of a preposition; Go Sooners is neither."""
    after = text[end : min(last, end + 20)]
    if _OTHER_NAME.match(after):
        return False
    return bool(_CUE_BEFORE.search(text, first, start) or _CUE_AFTER.search(after))


def _line(text: str, start: int, end: int) -> tuple[int, int]:
    """The line a mention stands in, but no farther than a long sentence reaches."""
    first, last = max(0, start - _FARTHEST_CONTEXT), min(len(text), end + _FARTHEST_CONTEXT)
    after = text.find("\n", end, last)
    return max(first, text.rfind("\n", first, start) + 1), last if after < 0 else after


@lru_cache(maxsize=65_536)
def _compound(folded: str) -> Reading | None:
    """The term a one-word compound stands for: its head before a tail like -kenntnisse, or its known genus."""
    single, genus = vocabulary().single, vocabulary().genus
    if not folded.isalpha() or len(folded) < _SHORTEST_PART + 4:
        return None
    tail = _TAIL.search(folded)
    if tail:
        head = folded[: tail.start()]
        for candidate in (head, head.removesuffix("s"), head.removesuffix("n"), head + "e"):
            if len(candidate) >= _SHORTEST_PART and candidate in single:
                return single[candidate]
    for cut in range(4, len(folded) - _LONGEST_SUFFIX_WASTE + 1):
        reading = genus.get(folded[cut:])
        if reading and reading.entry.kind in ("skill", "tool", "degree", "licence"):
            return reading
    return None


@lru_cache(maxsize=1)
def _sorted_singles() -> list[str]:
    return sorted(vocabulary().single)


def _elided(text: str, tokens: list[Token], position: int) -> Iterator[Mention]:
    """Terms whose last part stands with another word: Wund- und Schmerzversorgung, X und -geist, first of two
    adjectives before one noun (kaufmännische oder technische Ausbildung)."""
    token = tokens[position]
    if text[token.end : token.end + 1] == "-" and text[token.end + 1 : token.end + 2] in (" ", ",", "/"):
        for other in tokens[position + 1 : position + 4]:
            if "\n" in text[token.end : other.start]:
                break
            reading = _completed(token.folded, other.key)
            if reading:
                yield Mention(reading.entry, token.start, other.end)
                return
    if position and text[token.start - 1 : token.start] == "-" and text[token.start - 2 : token.start - 1] == " ":
        for other in reversed(tokens[max(0, position - 3) : position]):
            for cut in range(_SHORTEST_PART, len(other.folded)):
                reading = vocabulary().single.get(other.folded[:cut] + token.folded)
                if reading:
                    yield Mention(reading.entry, token.start - 1, token.end)
                    return
    if position + 3 < len(tokens) and tokens[position + 1].folded in _CONNECTORS and tokens[position + 3].glued:
        phrase = vocabulary().root.children.get(token.key)
        node = phrase.children.get(tokens[position + 3].key) if phrase else None
        reading = next((r for r in node.readings if r.exact is None and not r.field_of_study), None) if node else None
        if reading:
            yield Mention(reading.entry, token.start, token.end)


@lru_cache(maxsize=8_192)
def _completed(first: str, compound: str) -> Reading | None:
    """The known word that begins with `first` and ends as the key `compound` does; None when there is none."""
    words = _sorted_singles()
    for index in range(bisect_left(words, first), len(words)):
        word = words[index]
        if not word.startswith(first):
            return None
        rest = stem(word[len(first) :].removeprefix("s"))
        if len(rest) >= _SHORTEST_PART and compound.endswith(rest):
            return vocabulary().single[word]
    return None
