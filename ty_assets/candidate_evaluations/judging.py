"""A rubric's criteria by rules: how much of a candidate's text bears on each of them, with the sentences that do.

Belongs here: from sentences to scores. Not here: the form of request and answer (by_rules.py).

A sentence bears on a criterion by what it is about (similarity of sentence embeddings, across languages) and by naming
what the criterion names (the vocabulary of skills, tools, degrees, languages). The best few sentences make the score;
where anchors ask for years and the text gives some, these count too. It is a first reading, good enough to put
relevant candidates before others; it does not weigh what a sentence claims, as a model does.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ty_assets.candidate_evaluations.counterfactuals import gendered
from ty_assets.candidate_evaluations.question import QUOTE_LENGTH
from ty_assets.candidate_evaluations.rubric import Criterion, Rubric
from ty_assets.facets.terms import find_terms
from ty_assets.requirements.instructions import is_instruction
from ty_assets.requirements.lines import split_sentences
from ty_resources.inference.task import Encode

# Cosines of the packaged encoder between a criterion and a sentence: below the first they are chance (nonsense and
# other trades reach 0.2), from the second on they say the same.
_COSINES: Final = (0.22, 0.52)
_NAMED: Final = 0.7  # what a sentence is worth at least that names what the criterion names
_PLACES: Final = np.array([0.7, 0.2, 0.1])  # what the best, the second and the third sentence count for
_BY_NAMES: Final = 0.25  # of the score: how many of the criterion's terms are named
_ENOUGH_NAMES: Final = 3
_BY_YEARS: Final = 0.5  # of the score, where both anchors and text tell of years
_RELEVANT: Final = 0.3  # worth from which on a sentence's years are years of this
_MOST_SENTENCES: Final = 1_000  # of one text: more would be encoded for minutes, and no candidate writes so much
_LONGEST_LINE: Final = 2_000  # characters; a longer one is read in pieces, for time that grows with its length
_RUBRICS: Final = 8

_REFERS = re.compile(r"\b(?:position|role|job|stelle|tätigkeit)\b", re.IGNORECASE)
_NAME_LINE = re.compile(r"^(?:full |first |last |vor|nach)?name\s*:", re.IGNORECASE)
_NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        ("one ein einem eins", "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben"
         , "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwölf"),
        1,
    )
    for word in words.split()
}  # fmt: skip
_YEARS = re.compile(
    rf"(?<![\w.,])(\d{{1,2}}|{'|'.join(_NUMBERS)})(?:\s*\+|\s+to\s+\w+|\s+bis\s+\w+)?\s+(?:\w+\s+)?(?:years?|jahren?|jährig)",
    re.IGNORECASE,
)


class Sentence(NamedTuple):
    """quoted: as it stands in the text. read: with a man's words for all, so that gender changes no score."""

    quoted: str
    read: str


@dataclass(frozen=True)
class _Sought:
    """A criterion as the rules see it. vectors: of what it says, (n, d). years: by the share of the scale."""

    criterion: Criterion
    vectors: NDArray[np.float32]
    terms: frozenset[str]
    years: tuple[tuple[float, float], ...]


class Rules:
    """Judges texts by rubrics. Thread-safe as far as `encode` is."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: OrderedDict[str, list[_Sought]] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(texts)

    def judge(self, rubric: Rubric, text: str) -> dict[str, dict[str, Any]]:
        """By key of the criterion: evidence, reason and score, as the question asks for them."""
        sentences = sentences_of(text)
        vectors = self._encode([one.read for one in sentences])
        named = [_terms(one.read) for one in sentences]
        return {
            sought.criterion.key: self._judged(rubric, sought, sentences, vectors, named)
            for sought in self._sought(rubric)
        }

    def _judged(
        self,
        rubric: Rubric,
        sought: _Sought,
        sentences: Sequence[Sentence],
        vectors: NDArray[np.float32],
        named: Sequence[frozenset[str]],
    ) -> dict[str, Any]:
        worth = _worth(sought, vectors, named)
        order = np.argsort(-worth, kind="stable")
        relevant = [place for place in order if worth[place] > 0]
        share = _share(sought, worth[order], frozenset().union(*named))
        years = max((_years(sentences[place].read) for place in relevant if worth[place] >= _RELEVANT), default=0.0)
        if sought.years and years:
            reached = max((level for level, least in sought.years if least <= years), default=0.0)
            share = (1 - _BY_YEARS) * share + _BY_YEARS * reached
        scale = rubric.scale_of(sought.criterion)
        told: dict[str, Any] = {}
        if rubric.quotes:
            told["evidence"] = [_quote(sentences[place].quoted) for place in relevant[: rubric.quotes]]
        if rubric.reasons:
            told["reason"] = _reason(rubric.language, len(relevant), float(worth.max(initial=0.0)))
        return told | {"score": scale.minimum + round(scale.span * min(share, 1.0))}

    def _sought(self, rubric: Rubric) -> list[_Sought]:
        key = rubric.model_dump_json()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = [self._read(rubric, criterion) for criterion in rubric.criteria]
        with self._lock:
            self._known[key] = found
            if len(self._known) > _RUBRICS:
                self._known.popitem(last=False)
        return found

    def _read(self, rubric: Rubric, criterion: Criterion) -> _Sought:
        scale = rubric.scale_of(criterion)
        good = [text for score, text in criterion.anchors.items() if scale.share(score) > 0.5]
        said = [f"{criterion.name}: {criterion.description}" if criterion.description else criterion.name, *good]
        if _REFERS.search(" ".join(said)):  # "what the position asks for": it says what that is
            said += [one.quoted for one in sentences_of(rubric.role)]
        years = {scale.share(score): _years(text) for score, text in criterion.anchors.items() if _years(text)}
        return _Sought(
            criterion, self._encode(said), frozenset().union(*map(_terms, said)), tuple(sorted(years.items()))
        )


def sentences_of(text: str) -> list[Sentence]:
    """The sentences that may be evidence, each once: none that gives orders to its reader, and no name."""
    found: dict[str, Sentence] = {}
    text = "\n".join(piece for line in text.split("\n") for piece in _pieces(line))
    for line, read in zip(text.split("\n"), gendered(text, "male").split("\n"), strict=True):
        if _NAME_LINE.match(line):
            continue
        cut, cut_read = _cut(line), _cut(read)
        if len(cut) != len(cut_read):
            cut, cut_read = [line.strip()], [read.strip()]
        for quoted, one in zip(cut, cut_read, strict=True):
            if any(map(str.isalnum, one)) and not is_instruction(quoted):
                found.setdefault(one, Sentence(quoted, one))
        if len(found) >= _MOST_SENTENCES:
            break
    return list(found.values())


def _pieces(line: str) -> list[str]:
    return [line[start : start + _LONGEST_LINE] for start in range(0, len(line), _LONGEST_LINE)]


def _cut(line: str) -> list[str]:
    return [line[start:end].strip() for start, end in split_sentences(line)]


def _terms(text: str) -> frozenset[str]:
    return frozenset(term.term for term in find_terms(text, "de") if not term.negated and term.kind != "experience")


def _worth(sought: _Sought, vectors: NDArray[np.float32], named: Sequence[frozenset[str]]) -> NDArray[np.float64]:
    """What each sentence is worth to the criterion, from 0 to 1."""
    if not len(vectors):
        return np.zeros(0)
    cosines = (vectors @ sought.vectors.T).max(axis=1)
    near = np.interp(cosines, _COSINES, (0.0, 1.0))
    names = np.array([_NAMED if sought.terms & terms else 0.0 for terms in named])
    return np.maximum(near, names)


def _share(sought: _Sought, ranked: NDArray[np.float64], named: frozenset[str]) -> float:
    """Where on the scale the text stands, from 0 to 1. ranked: worths of its sentences, the best first."""
    best = np.zeros(len(_PLACES))
    best[: min(len(ranked), len(best))] = ranked[: len(best)]
    # One sentence that says it all is most of it: alone it may reach four fifths.
    share = float(best @ _PLACES) + 0.1 * float(best[0])
    if not sought.terms:
        return share
    covered = min(1.0, len(sought.terms & named) / min(_ENOUGH_NAMES, len(sought.terms)))
    return (1 - _BY_NAMES) * share + _BY_NAMES * covered


def _years(text: str) -> float:
    """The most years that a text tells of; 0 without."""
    found = (match[1].lower() for match in _YEARS.finditer(text))
    return float(max((_NUMBERS.get(word) or int(word) for word in found), default=0))


def _quote(sentence: str) -> str:
    if len(sentence) <= QUOTE_LENGTH:
        return sentence
    return sentence[: QUOTE_LENGTH + 1].rsplit(" ", 1)[0][:QUOTE_LENGTH]


def _reason(language: str, relevant: int, closest: float) -> str:
    if not relevant:
        return "Nichts im Text spricht dafür." if language == "de" else "Nothing in the text bears on it."
    if language == "de":
        stellen = "1 Stelle spricht" if relevant == 1 else f"{relevant} Stellen sprechen"
        return f"Nach Regeln: {stellen} dafür, die deutlichste zu {closest:.0%}.".replace("%", " %")
    passages = "1 passage bears" if relevant == 1 else f"{relevant} passages bear"
    return f"By rules: {passages} on it, the closest by {closest:.0%}."
