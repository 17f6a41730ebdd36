"""How well a language is to be known: CEFR levels from letters and from words, German and English.

Belongs here: telling a language (Englisch) from an adjective (English law), and the level meant for each. Not here:
the list of languages (`vocabulary.csv`).

Words are mapped as postings use them, a little below the self-assessment grid of the Common European Framework of
Reference (Council of Europe, 2001): Muttersprache C2; verhandlungssicher, fließend, sehr gut C1; gut, in Wort und
Schrift B2; Kenntnisse without more, konversationssicher B1; Grundkenntnisse A2. Of a range (B1-B2) the lower counts.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ty_assets.facets.mentions import Mention
from ty_assets.facets.scope import Span, sentences

CEFR = ("A1", "A2", "B1", "B2", "C1", "C2")

_LETTERS = re.compile(r"(?<![\w-])([ABC][12])(?![\w])")
_WORDS = (
    (
        "C2",
        r"muttersprach\w*|native(?:[- ]level|[- ]like|[- ]speaker)?|near[- ]native|mother tongue"
        r"|erstsprache|bilingual\w*|zweisprachig\w*",
    ),
    (
        "C1",
        r"verhandlungssicher\w*|(?:business[- ])?fluen(?:t|cy)|fließend\w*|fliessend\w*|sehr gute?\w*"
        r"|ausgezeichnete?\w*"
        r"|hervorragende?\w*|exzellente?\w*|perfekte?\w*|einwandfreie?\w*|stilsicher\w*|excellent"
        r"|proficien\w+|very good|strong"
        r"|advanced|full professional|outstanding|negotiation[- ]level|business[- ]level"
        r"|verhandlungsfähig\w*|sehr sicher\w*|beste|exceptional"
        r"|complete command|professional level|vertragssicher\w*|versiert\w*|fundierte\w*",
    ),
    (
        "B2",
        r"gute[nrs]?|gut|good|sichere?[rns]?|in wort und schrift|written and spoken|spoken and written"
        r"|solide\w*|solid|working knowledge"
        r"|professional working|business english|wirtschaftsenglisch|upper[- ]intermediate|gängig\w*"
        r"|arbeitssicher\w*|schriftlich und mündlich"
        r"|mündlich und schriftlich|ausreichend gut\w*|aktive|confident",
    ),
    (
        "B1",
        r"konversationssicher\w*|conversational|intermediate|befriedigend\w*|alltagstauglich\w*"
        r"|ausreichende?\w*|mittlere\w*|passive",
    ),
    (
        "A2",
        r"grundkenntnisse\w*|grundlegende?\w*|grundlagen|basiskenntnisse\w*|basic\w*|elementary|einfache\w*"
        r"|erste|geringe\w*|beginner",
    ),
)
_LEVEL = re.compile(
    r"\b(?:" + "|".join(f"(?P<{level}>{words})" for level, words in _WORDS) + r")(?![\w])", re.IGNORECASE
)
_KNOWN = re.compile(r"kenntnis|sprach|\bskills|knowledge|command|speak|language|beherrsch|verständig", re.IGNORECASE)
_KNOWN_BEFORE = re.compile(
    r"\b(?:\w*kenntnisse|knowledge)\s+(?:in|of|der|des)\s+(?:[\w-]+(?:,\s*|\s+(?:und|oder|and|or|sowie)\s+))*$",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"\s*(?:,|&|/|und|and|sowie)\s*")
_ENGLISH_CUE = re.compile(
    r"fluen|proficien|languag|speak|spoken|written|native|skills|command|bilingual|communicat"
    r"|multilingual|mother tongue"
    r"|\b[ABC][12]\b|kenntnis|sprach|wort und schrift|\bplus\b|advantage|good|excellent|basic"
    r"|knowledge of|required|asset",
    re.IGNORECASE,
)
# a noun after the name makes it an adjective: German tax law, Deutsche Bank
_NOT_A_LANGUAGE = re.compile(
    r"^[ \t\u00a0]+(?!(?:and|or|und|oder|is|are|as|at|to|in|on|level|skills?|language|speaker|speaking|a|an"
    r"|would|b[12]|c[12]|a[12]|both|with"
    r"|plus|for|of|proficiency|fluency|knowledge|native|fluent|fluently|preferred|required|desirable"
    r"|beneficial|essential|ist|sind|auf"
    r"|fließend|fliessend|gut|sehr|sicher|verhandlungssicher|mind|mindestens|wünschenswert|von|sowie"
    r"|bzw|als|mündlich|schriftlich|written"
    r"|spoken|perfekt|zu|sprechen|sprichst|wird|beherrschst|beherrschen|hilfreich|erforderlich|nicht"
    r"|kein|not|no|erwünscht|advantageous|must|nice|mandatory"
    r"|helpful|vorausgesetzt|setzen|sollte|muss|müssen|will|can|if|auch|are|oral|verbal|welcome"
    r"|business|optional|aber|but|vorteilhaft|am|beim|we|well|like)\b)"
    r"[A-Za-zÄÖÜäöüß]",
    re.IGNORECASE,
)
# "Gute Deutschkenntnisse, Englisch von Vorteil": the wish has no level of its own
_ONLY_WISHED = re.compile(
    r"[\w-]*\s*(?:ist|sind|is|are|wäre)?\s*(?:von vorteil|(?:er)?wünsch|a plus|an advantage|ein plus|vorteilhaft"
    r"|desirable|beneficial|an asset|welcome)",
    re.IGNORECASE,
)


# "Unsere Kunden sprechen auch Tschechisch" says what others speak
_OF_OTHERS = re.compile(
    r"\b(?:kund|gäst|patient|klient|bewohner|customer|guest|client|resident)\w*\s+(?:(?:auch|also|often|oft|meist)\s+)?"
    r"(?:sprechen|spricht|speaks?)\b[^,.;:]*$",
    re.IGNORECASE,
)


class _Cue(NamedTuple):
    start: int
    end: int
    level: str
    letters: bool


def speaks_of_a_language(text: str, mention: Mention, sentence: Span) -> bool:
    """Whether the name of a language means the language here, not a country, a people or their law."""
    written = text[mention.start : mention.end]
    if _OF_OTHERS.search(text, sentence.start, mention.start):
        return False
    if len(written.split()) > 1 or len(written) > len(mention.entry.german or mention.entry.term) + 5:
        return True  # Englische Sprache, Deutschkenntnisse, deutschsprachig
    if not written[0].isupper():
        return bool(_ENGLISH_CUE.search(text, sentence.start, sentence.end)) and not _NOT_A_LANGUAGE.match(
            text[mention.end : mention.end + 20]
        )
    follows = text[mention.end : mention.end + 20]
    if written.endswith(("e", "er", "es")) and follows[:1] == " ":
        return bool(re.match(r"\s+(?:sprach|muttersprach|und \w+ sprach)", follows, re.IGNORECASE))
    return written != mention.entry.term or not _NOT_A_LANGUAGE.match(follows)


def levels(text: str, languages: Sequence[Mention]) -> list[str | None]:
    """The CEFR level of each mention (in order); None where the text names none."""
    result: list[str | None] = [None] * len(languages)
    for sentence in sentences(text):
        inside = [i for i, m in enumerate(languages) if sentence.start <= m.start < sentence.end]
        if inside:
            cues = _cues(text, sentence)
            for index, level in zip(inside, _assign(text, [languages[i] for i in inside], cues), strict=True):
                if level is None and (
                    _KNOWN.search(text, languages[index].start, languages[index].end + 14)
                    or _KNOWN_BEFORE.search(text, sentence.start, languages[index].start)
                ):
                    level = "B1"
                result[index] = level
    return result


def _cues(text: str, sentence: Span) -> list[_Cue]:
    cues = [_Cue(*m.span(), m.group(1), True) for m in _LETTERS.finditer(text, *sentence)]
    cues += [
        _Cue(*m.span(), m.lastgroup or "B2", False)
        for m in _LEVEL.finditer(text, *sentence)
        if not any(c.start <= m.start() < c.end for c in cues)
    ]
    cues.sort()
    merged: list[_Cue] = []
    for cue in cues:
        if merged and cue.start - merged[-1].end <= 5 and "," not in text[merged[-1].end : cue.start]:
            before = merged[
                -1
            ]  # B1-B2: the lower; "sehr gut (C1)", "gut in Wort und Schrift": the first or the letters
            if before.letters and cue.letters:
                merged[-1] = before._replace(end=cue.end, level=min(before.level, cue.level))
                continue
            if not cue.letters or not before.letters:
                merged[-1] = (cue if cue.letters else before)._replace(start=before.start, end=cue.end)
                continue
        merged.append(cue)
    return merged


def _assign(text: str, languages: Sequence[Mention], cues: list[_Cue]) -> list[str | None]:
    """Letters in brackets belong to the name before them; words follow the order the sentence begins with."""
    found: list[str | None] = [None] * len(languages)
    own: set[_Cue] = set()
    for i, language in enumerate(languages):
        until = languages[i + 1].start if i + 1 < len(languages) else len(text)
        after = next((c for c in cues if language.end <= c.start < until), None)
        if (
            after
            and after not in own
            and re.fullmatch(
                r"[\s\w-]{0,16}?[\s:(,–-]*(?:auf|at|mind(?:estens|\.)?|min\.?|level|niveau|ist|is"
                r"|[\s(:–-])*(?:level|niveau)?[\s(:-]*",
                text[language.end : after.start],
                re.IGNORECASE,
            )
            and (after.letters or text[language.end : after.start].strip() in ("(", ":", "–", "-"))
        ):
            found[i] = after.level
            own.add(after)
    free = [c for c in cues if c not in own]
    if not free:
        return [level or _of_the_next(text, languages, i, found) for i, level in enumerate(found)]
    names_first = languages[0].start < free[0].start
    for i, language in enumerate(languages):
        if found[i] is not None:
            continue
        shared = _of_the_next(text, languages, i, found)
        if shared is not None:
            found[i] = shared
            continue
        before = [c for c in free if c.start <= language.start]
        later = [c for c in free if c.start >= language.end]
        within = [c for c in free if language.start <= c.start < language.end]
        if within:
            found[i] = within[0].level
        elif names_first and later:
            found[i] = later[0].level
        elif before and not ("," in text[before[-1].end : language.start] and _ONLY_WISHED.match(text, language.end)):
            found[i] = before[-1].level
        elif later:
            found[i] = later[0].level
    return found


def _of_the_next(text: str, languages: Sequence[Mention], i: int, found: Sequence[str | None]) -> str | None:
    """The level of "Deutsch & Englisch auf C1-Niveau" for the first: the one that stands after the last of them."""
    last = i
    while last + 1 < len(languages) and _TOGETHER.fullmatch(text[languages[last].end : languages[last + 1].start]):
        last += 1
    return found[last] if last > i and _LETTERS.search(text, languages[last].end, languages[last].end + 16) else None
