"""Which stretches of a line are demands, learned from annotated sections: a linear-chain CRF over the line's words.

Belongs here: the features of a word, what the model says of each stretch, and what that does to the terms that the
rules have found. Not here: the rules (terms.py, open_terms.py), and how the model is trained (ty_jobs.evaluation).

The rules propose: what they found at a word, and whether the vocabulary knows it, are features beside the words
themselves. So the model learns where the rules can be believed (Lafferty, McCallum and Pereira, 2001; stacked as in
Cohen and Carvalho, 2005). What it finds is demanded; what it is sure of not being one goes.
"""

import re
import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import Any, Final, NamedTuple

from ty_assets.facets.degree_words import open_degree
from ty_assets.facets.lists import folded
from ty_assets.facets.terms import FoundTerm
from ty_assets.facets.vocabulary import Kind, vocabulary

MODEL: Final = "tagger.crfsuite"
OUTSIDE: Final = "O"

# A term of the rules that overlaps no stretch stays from this probability on that one of its words belongs to a demand:
# sooner where the vocabulary knows it.
_BELIEVED: Final = 0.3
_BELIEVED_KNOWN: Final = 0.15
_KNOWLEDGE: Final = ("skill", "tool", "domain", "experience")
# Kinds that a stretch can have by its words alone; the others come with a value that only the rules read.
_PLAIN: Final[dict[str, Kind]] = {
    "skill": "skill", "tool": "skill", "domain": "skill", "experience": "skill", "soft_skill": "soft_skill",
    "licence": "licence", "condition": "condition",
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W_]+(?:[.&+#'’][^\W_]+)*[+#]*|[^\w\s]")
_LISTS: Final = re.compile(r"[,/&]|\b(?:und|oder|sowie|bzw|and|or)\b", re.IGNORECASE)
_ENDINGS: Final = (2, 3, 4, 5)
_BEGINNINGS: Final = (3, 4)
_REACH: Final = 3  # words to either side
_STEPS: Final = tuple(step for step in range(-_REACH, _REACH + 1) if step)
_LONGEST: Final = 400  # words; a longer line is no requirement, and the rules alone read it


class Word(NamedTuple):
    """`line[start:end]`."""

    start: int
    end: int
    text: str


class Stretch(NamedTuple):
    """A demand in the line, with its kind."""

    start: int
    end: int
    kind: str


def words_of(line: str) -> list[Word]:
    """The words and marks of a line, in order."""
    return [Word(match.start(), match.end(), match[0]) for match in _WORD.finditer(line)]


def labels_of(words: Sequence[Word], stretches: Sequence[Stretch]) -> list[str]:
    """One label a word, in the model's alphabet: O, and B- and I- with the kind; of two that overlap the shorter."""
    labels = [OUTSIDE] * len(words)
    for stretch in sorted(stretches, key=lambda s: s.start - s.end):
        inside = [i for i, word in enumerate(words) if word.start < stretch.end and stretch.start < word.end]
        for place, i in enumerate(inside):
            labels[i] = f"{'I' if place else 'B'}-{stretch.kind}"
    return labels


def features_of(words: Sequence[Word], found: Sequence[FoundTerm], language: str) -> list[list[str]]:
    """For each word the names of its features."""
    own = [_own(word.text) for word in words]
    rules = _rule_marks(words, found)
    inside = _in_brackets([each.lower for each in own])
    size = "n=" + ("s" if len(words) < 9 else "m" if len(words) < 20 else "l")
    rows = []
    for i, each in enumerate(own):
        row = [
            *each.features, size, f"s={each.shape}{language}", f"r={rules[i]}", f"rs={rules[i]}{each.shape}",
            f"({inside[i]}", f"p={min(i, 2)}",
        ]  # fmt: skip
        for step in _STEPS:
            j = i + step
            if not 0 <= j < len(words):
                row.append(f"w{step}=")
                continue
            other = own[j]
            row.append(f"r{step}={rules[j]}")
            if abs(step) < _REACH:
                row += (f"w{step}={other.lower}", f"s{step}={other.shape}")
            if abs(step) == 1:
                row += (
                    f"e{step}={other.lower[-4:]}", f"ww{step}={each.lower}|{other.lower}",
                    f"rr{step}={rules[i]}|{rules[j]}",
                )  # fmt: skip
        rows.append(row)
    return rows


class _Own(NamedTuple):
    """What a word is by itself."""

    lower: str
    shape: str
    features: tuple[str, ...]


@lru_cache(maxsize=65_536)
def _own(word: str) -> _Own:
    lower = word.lower()
    ends = [f"e{k}={lower[-k:]}" for k in _ENDINGS if len(lower) > k]
    begins = [f"a{k}={lower[:k]}" for k in _BEGINNINGS if len(lower) > k]
    return _Own(lower, _shape(word), ("b", f"w={lower}", *ends, *begins))


def _shape(word: str) -> str:
    if any(letter.isdigit() for letter in word):
        return "9"
    if not word[0].isalpha():
        return "."
    if word.isupper() and len(word) > 1:
        return "AA"
    return ("A" if word[0].isupper() else "a") + ("X" if any(letter.isupper() for letter in word[1:]) else "")


def _rule_marks(words: Sequence[Word], found: Sequence[FoundTerm]) -> list[str]:
    """What the rules found at each word: O, or B or I with kind, and ? where the vocabulary does not know it."""
    known = vocabulary()
    marks = [OUTSIDE] * len(words)
    for term in found:
        doubt = "" if term.kind == "experience" or term.term in known else "?"
        inside = [i for i, word in enumerate(words) if word.start < term.end and term.start < word.end]
        for place, i in enumerate(inside):
            marks[i] = f"{'I' if place else 'B'}{term.kind}{doubt}"
    return marks


def _in_brackets(words: Sequence[str]) -> list[int]:
    depth, result = 0, []
    for word in words:
        depth += word in ("(", "[")
        result.append(min(depth, 1))
        depth = max(0, depth - (word in (")", "]")))
    return result


class Tagger:
    """A trained model. Thread-safe: each thread has a reader of its own, since one keeps the line it reads."""

    def __init__(self, model: bytes) -> None:
        self._model = model
        self._own = threading.local()

    def revised(self, line: str, found: Sequence[FoundTerm], language: str) -> list[FoundTerm]:
        """The rules' terms of a line without those that are no demand, and with those that they had missed."""
        words = words_of(line)
        if not words or len(words) > _LONGEST:
            return list(found)
        reader = self._reader()
        reader.set(features_of(words, found, language))
        stretches = stretches_of(line, words, reader.tag())
        known = vocabulary()
        result = [
            t
            for t in found
            if not _overlapping(t, stretches)
            and _chance(reader, words, t) >= (_BELIEVED_KNOWN if t.term in known else _BELIEVED)
        ]
        for stretch in stretches:
            beside = [t for t in found if _meet(t, stretch)]
            result += [t for t in _named(line, stretch, beside) if t not in result]
        return sorted(result, key=lambda t: (t.start, t.end))

    def _reader(self) -> Any:
        if not hasattr(self._own, "reader"):
            import pycrfsuite

            self._own.reader = pycrfsuite.Tagger()
            self._own.reader.open_inmemory(self._model)
        return self._own.reader


@cache
def packaged_tagger() -> Tagger:
    """The model that comes with the project."""
    with as_file(files("ty_assets.facets").joinpath(MODEL)) as file:
        return Tagger(file.read_bytes())


def stretches_of(line: str, words: Sequence[Word], labels: Sequence[str]) -> list[Stretch]:
    """The stretches that the labels mark."""
    found: list[Stretch] = []
    open_kind = ""
    for word, label in zip(words, labels, strict=True):
        kind = label[2:]
        if label == OUTSIDE:
            open_kind = ""
        elif label[0] == "B" or kind != open_kind:
            found.append(Stretch(word.start, word.end, kind))
            open_kind = kind
        else:
            found[-1] = found[-1]._replace(end=word.end)
    return found


def _named(line: str, stretch: Stretch, beside: Sequence[FoundTerm]) -> list[FoundTerm]:
    """The terms of a stretch; beside: what the rules found in it.

    One of its kind, and an experience beside the knowledge it is in; several where the stretch lists them. Where the
    rules had missed it, or taken it for another kind in words the vocabulary does not know, its own words.
    """
    known = vocabulary()
    alike = [t for t in beside if _family(t.kind) == _family(stretch.kind)]
    if alike:
        spent = [t for t in alike if t.kind == "experience"]
        rest = [t for t in alike if t.kind != "experience"]
        if len(rest) > 1 and not _LISTS.search(line, stretch.start, stretch.end):
            rest = [max(rest, key=lambda t: (t.term in known, _shared(t, stretch), t.start - t.end))]
        return spent + rest
    certain = [t for t in beside if t.kind in ("language", "experience") or t.term in known]
    if certain:
        return certain
    text = line[stretch.start : stretch.end]
    if stretch.kind == "degree":
        level = open_degree(text, "degree")
        return [FoundTerm("degree", folded(text), stretch.start, stretch.end, level=level)] if level else list(beside)
    kind = _PLAIN.get(stretch.kind)
    return [FoundTerm(kind, folded(text), stretch.start, stretch.end)] if kind else list(beside)


def _shared(term: FoundTerm, stretch: Stretch) -> int:
    return min(term.end, stretch.end) - max(term.start, stretch.start)


def _family(kind: str) -> str:
    return "knowledge" if kind in _KNOWLEDGE else kind


def _meet(term: FoundTerm, stretch: Stretch) -> bool:
    return term.start < stretch.end and stretch.start < term.end


def _overlapping(term: FoundTerm, stretches: Sequence[Stretch]) -> bool:
    return any(_meet(term, stretch) for stretch in stretches)


def _chance(reader: Any, words: Sequence[Word], term: FoundTerm) -> float:
    """The highest probability, of a term's words in the line that the reader has, to belong to a demand."""
    inside = (i for i, word in enumerate(words) if word.start < term.end and term.start < word.end)
    return max((1.0 - reader.marginal(OUTSIDE, i) for i in inside), default=0.0)
