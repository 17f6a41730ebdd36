"""What headings and single words say about a line, read from headings.csv and cues.csv.

Belongs here: the five labels, the two files and how they are looked up. Not here: how the evidence of several
lines is weighed (segments.py).
"""

import csv
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, get_args

Label = Literal["introduction", "tasks", "requirements", "benefits", "contact"]
LABELS: Final[tuple[Label, ...]] = get_args(Label)
INDEX: Final = {label: index for index, label in enumerate(LABELS)}

_LONGEST_HEADING = 70
_MANY_WORDS = 12
_TOKEN = re.compile(r"[^\W_]+")
_DRESS = re.compile(r"^[^\w(]+|[^\w)!?]+$")  # bullets, emoji, Markdown stars, colons around a heading
_HERE = re.compile(r"^(?:here['’]?s |here is |hier (?:ist|sind) )")
_GENDER_FORM = re.compile(r"\s?\((?:[mwdfx](?:\s?[/|]\s?|(?=\)))){2,3}\)")

_Hit = tuple[int, float]


class Heading(NamedTuple):
    """What a heading announces."""

    label: Label
    nice: bool  # requirements that are welcome, not needed


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of one of this folder's data files."""
    return list(csv.DictReader(files("ty_assets.requirements").joinpath(name).read_text("utf-8").splitlines()))


@lru_cache(maxsize=20_000)
def heading_of(text: str) -> Heading | None:
    """What a line announces if it is a heading by its wording; None for any other line."""
    if len(text) > _LONGEST_HEADING or (text.endswith(".") and not text.endswith("..")):
        return None
    key = _DRESS.sub("", _GENDER_FORM.sub("", text.casefold().replace("ß", "ss"))).strip(" !?.…")
    key = _HERE.sub("", key)
    for heading, pattern in _headings():
        if pattern.fullmatch(key):
            return heading
    return None


@cache
def _headings() -> list[tuple[Heading, re.Pattern[str]]]:
    merged: dict[Heading, list[str]] = {}
    for row in read_rows("headings.csv"):
        label: Label = LABELS[INDEX[row["label"]]]  # type: ignore[index]
        merged.setdefault(Heading(label, row["nice"] == "1"), []).append(row["pattern"].replace("ß", "ss"))
    # What is nice to have would pass for a requirement, so it is asked first.
    order = sorted(merged, key=lambda heading: not heading.nice)
    return [(heading, re.compile("|".join(merged[heading]))) for heading in order]


class _Cues(NamedTuple):
    words: dict[str, list[_Hit]]
    suffixes: dict[str, list[_Hit]]
    prefixes: dict[str, list[_Hit]]
    phrases: dict[str, list[_Hit]]  # two or three words
    starts: dict[str, list[_Hit]]  # one or two words that begin the line ("^planung")
    start_stems: tuple[tuple[str, list[_Hit]], ...]  # ("^gute*")
    phrase_starts: frozenset[str]
    lengths: tuple[int, ...]


@cache
def _cues() -> _Cues:
    words: dict[str, list[_Hit]] = {}
    suffixes: dict[str, list[_Hit]] = {}
    prefixes: dict[str, list[_Hit]] = {}
    phrases: dict[str, list[_Hit]] = {}
    starts: dict[str, list[_Hit]] = {}
    start_stems: dict[str, list[_Hit]] = {}
    for row in read_rows("cues.csv"):
        phrase, hit = row["phrase"], (INDEX[row["label"]], float(row["weight"]))  # type: ignore[index]
        if phrase.startswith("^"):
            table = start_stems if phrase.endswith("*") else starts
        elif phrase.startswith("*"):
            table = suffixes
        elif " " in phrase:
            table = phrases
        else:
            table = prefixes if phrase.endswith("*") else words
        table.setdefault(phrase.strip("^*"), []).append(hit)
    first_words = frozenset(phrase.split(" ")[0] for phrase in phrases)
    lengths = tuple(sorted({len(stem) for stem in (*prefixes, *suffixes)}))
    return _Cues(words, suffixes, prefixes, phrases, starts, tuple(start_stems.items()), first_words, lengths)


@lru_cache(maxsize=50_000)
def _word_hits(word: str) -> tuple[_Hit, ...]:
    cues = _cues()
    hits = list(cues.words.get(word, ()))
    for length in cues.lengths:
        if length > len(word):
            break
        hits += cues.prefixes.get(word[:length], ())
        hits += cues.suffixes.get(word[-length:], ())
    return tuple(hits)


def cue_scores(text: str) -> list[float]:
    """Summed weights of the cues in a line, in the order of LABELS."""
    cues = _cues()
    words = _TOKEN.findall(text.lower())
    scores = [0.0] * len(LABELS)
    hits: list[_Hit] = []
    for position, word in enumerate(words):
        hits += _word_hits(word)
        if word in cues.phrase_starts:
            for length in (2, 3):
                hits += cues.phrases.get(" ".join(words[position : position + length]), ())
    start = " ".join(words[:2])
    hits += cues.starts.get(start, ())
    if len(words) > 1:
        hits += cues.starts.get(words[0], ())
    for stem, stem_hits in cues.start_stems:
        if start.startswith(stem):
            hits += stem_hits
    for label, weight in hits:
        scores[label] += weight
    _add_grammar(text, words, scores)
    # A long sentence collects cues of every kind; what counts is which kind prevails.
    if len(words) > _MANY_WORDS:
        scale = (_MANY_WORDS / len(words)) ** 0.5
        return [score * scale for score in scores]
    return scores


_NOUN_OF_DOING = re.compile(r"[A-ZÄÖÜ][\w-]{4,}ung(?:en)? (?:und|der|des|von|unserer|einer|eines|bei|aller|sowie)\b")
_INFINITIVE_LAST = re.compile(r"(?:^|[ ,])[a-zäöü]{3,}(?:en|ern|eln)[.)]*$")


def _add_grammar(text: str, words: list[str], scores: list[float]) -> None:
    """German duties are nouns of doing ("Planung der ...") or end in an infinitive ("... erstellen")."""
    if _NOUN_OF_DOING.match(text) or (len(words) > 2 and _INFINITIVE_LAST.search(text)):
        scores[INDEX["tasks"]] += 1.5
