"""Words of a text with their exact spans, and the key under which the vocabulary knows a word.

Belongs here: splitting, folding and a light stemmer for German and English, used alike for the vocabulary and
for the texts it is looked up in. Not here: what a word means (`vocabulary`) and how words form terms (`mentions`).
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# A word may hold digits, end in ++ or # (C++, C#), in .js/.NET, or in a gender form (:in, /-in, (in), *innen) or 's.
_WORD = re.compile(
    r"§|(?<!\w)\.NET\b|[^\W_]+(?:\.(?:js|JS|NET|net)\b)?"
    r"(?:\+\+|\#|(?:[:*_·]|/-?)(?:innen|in|frau|mann|person|r|n|e)\b(?!/)|\((?:innen|in|r|n|e)\)|['’]s\b)?"
    r"(?:[ ]?\([mwfd](?:[/|][mwfdxi])+\))?"
)
# sekretariat@example.org and https://example.org/verkauf name no skill; each is one word that nothing knows
_ADDRESS = r"(?:https?://|www\.)[^\s<>()]+|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+|"
_WORD_OR_ADDRESS = re.compile(_ADDRESS + _WORD.pattern)
_ADDRESS_HINTS = ("@", "://", "www.")
_PRONOUNS = frozenset({"it", "It"})  # not IT
_GLUE = " \t\u00a0\u2009\u202f-\u2010\u2011\u2013/&„“”\"'"
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'"})
_GENDER = re.compile(
    r"(?:(?:[:*_·]|/-?)(?:innen|in|frau|mann|person|r|n|e)|\((?:innen|in|r|n|e)\)|'s)?(?:[ ]?\([mwfd][^)]*\))?$"
)
_ADJECTIVE_ER = re.compile(r"(?:isch|lich|ig|en|iert|bar|sam|los|haft|net)e[rm]$")
_FEMININE = re.compile(r"(?:er|ist|or|ent|ant|eur|og)in(?:nen)?$")
_PERSONS = (
    ("kauffrau", "kaufmann"),
    ("kaufleut", "kaufmann"),
    ("fachfrau", "fachmann"),
    ("fachperson", "fachmann"),
)
SHORTEST_STEM = 4


class Token(NamedTuple):
    """One word: its span in the text, its folded form, its key; `glued` when only space or a hyphen precedes it."""

    start: int
    end: int
    folded: str
    key: str
    glued: bool


def fold(word: str) -> str:
    """Casefolded, umlauts and ß written out, other accents removed: Café -> cafe, Prüfung -> pruefung."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    folded = unicodedata.normalize("NFKC", folded).casefold().translate(_FOLD)
    if folded.isascii():
        return folded
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


def stem(folded: str) -> str:
    """The folded word without case, plural, adjective and feminine endings; words of up to four letters stay.

    Lighter than Snowball on purpose: Elektroniker must not meet Elektronik, so a noun keeps its -er.
    """
    word = _GENDER.sub("", folded)
    if len(word) <= SHORTEST_STEM or not word.isalpha():
        return word
    if word.endswith(("in", "innen")):
        feminine = _FEMININE.search(word)
        if feminine:
            word = word[: word.rindex("in", 0, len(word) - 3 if word.endswith("innen") else len(word))]
    if _ADJECTIVE_ER.search(word):
        word = word[:-2]
    else:
        word = _without_ending(word)
    for variant, person in _PERSONS:
        if word.endswith(variant):
            return word[: -len(variant)] + person
    return word


def _without_ending(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    for ending in ("en", "es"):
        if word.endswith(ending) and len(word) - 2 >= SHORTEST_STEM:
            return word[:-2]
    if len(word) - 1 < SHORTEST_STEM:
        return word
    last, before = word[-1], word[-2]
    if last == "e" or (last == "s" and before != "s") or (last == "n" and before in "erl"):
        return word[:-1]
    return word


@lru_cache(maxsize=65_536)
def _folded_and_key(word: str) -> tuple[str, str]:
    folded = fold(word)
    return folded, "" if word in _PRONOUNS else stem(folded)


def tokenise(text: str) -> list[Token]:
    """All words of the text in order; `text[token.start:token.end]` is the word as written."""
    tokens: list[Token] = []
    end_before = 0
    words = _WORD_OR_ADDRESS if any(hint in text for hint in _ADDRESS_HINTS) else _WORD
    for found in words.finditer(text):
        start, end = found.span()
        folded, key = _folded_and_key(found.group())
        gap = text[end_before:start]
        if tokens and gap in ("/", " / ", "/-") and tokens[-1].key == key:  # Fachfrau/Fachmann
            tokens[-1] = tokens[-1]._replace(end=end)
            end_before = end
            continue
        glued = bool(tokens) and (
            gap in (" ", "-", "") or not gap.strip(_GLUE) or (gap in (".-", ".", ". ") and len(tokens[-1].key) <= 4)
        )
        tokens.append(Token(start, end, folded, key, glued))
        end_before = end
    return tokens


def keys_of(phrase: str) -> tuple[str, ...]:
    """The keys of a vocabulary phrase, in order."""
    return tuple(token.key for token in tokenise(phrase))
