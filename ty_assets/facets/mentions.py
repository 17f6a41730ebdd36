"""Where the vocabulary's terms are mentioned in a text: longest match on word keys, compounds, elided compounds.

Belongs here: from tokens to mentions with exact spans. Not here: what the sentence says of a mention, such as
negation, level or alternatives (`scope`, `levels`, `terms`), and whether an ambiguous word means a term (`contexts`).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ty_assets.facets.contexts import in_context, studied
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
_CONNECTORS = frozenset({"und", "oder", "bzw", "sowie", "and", "or"})
_SHORTEST_PART = 3  # SAP, CRM, PHP
_LONGEST_SUFFIX_WASTE = 8  # a known term of this length or more at the end of a compound names its genus
_ENDING = re.compile(r"(?:e?s|(?<![lr])n|['’]s)?(?![^\W_])")  # of a word whose spelling is fixed: Handels, not handeln


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
    hyphens = "- " in text or "-," in text or "-/" in text or " -" in text
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
        follower = tokens[position + 1].folded if position + 1 < len(tokens) else ""
        if hyphens or follower in _CONNECTORS:
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
    if reading.exact is not None:
        if not text.startswith(reading.exact, start):
            return False
        if not _ENDING.match(text, start + len(reading.exact), end):
            return False
        if reading.needs_context:
            return in_context(reading.entry, text, start, start + len(reading.exact))
    return not reading.field_of_study or studied(text, start, end)


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
        if text[token.end : tokens[position + 1].start] != " ":
            return
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


_HEADS = re.compile(
    r"(?:technik|recht|arbeiten|arbeit|leitung|versorgung|pflege|prüfung|planung|steuerung|entwicklung"
    r"|verwaltung|management"
    r"|wesen|systeme|anlagen|maschinen|heizungen|buchhaltung|kenntnisse|verfahren|führung|beratung|bau|kunde|analyse"
    r"|prophylaxe|vertrieb|betreuung|abwicklung|bearbeitung|sicherheit|software|wirtschaft|therapie|erziehung"
    r"|handel|pentests?)"
    r"(?![^\W_])"
)


def elided_head(text: str, start: int, end: int) -> str | None:
    """The whole of a first half: Antriebstechnik for "Antriebs-" before "und Sicherheitstechnik"; None if unclear."""
    if text[end - 1 : end] != "-" and text[end : end + 1] != "-":
        return None
    first = text[start:end].rstrip("-")
    after = re.match(r"-?(?:,\s*\w+-)*,?\s*(?:und|oder|sowie|bzw\.?|&|/)\s*(?P<second>[\w-]+)", text[end : end + 60])
    head = _HEADS.search(after.group("second")) if after else None
    return first + head.group() if head else None
