"""Which occupation a posting's title names: the source's own label, the dictionary, then the likeliest codes.

Belongs here: the order of the evidence and the decision. Not here: cleaning (titles.py), the catalogue
(catalogue.py), what is known of a candidate (features.py) and how likely it is (ranker.py), and the database.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz

from ty_assets.berufenet.catalogue import NO_ID, Catalogue, Occupation
from ty_assets.berufenet.features import CandidateFeatures
from ty_assets.berufenet.labels import label_forms, match_key, plain_label
from ty_assets.berufenet.nearness import Codes, Letters
from ty_assets.berufenet.ranker import Ranker, packaged_ranker
from ty_assets.berufenet.titles import lookup_texts, ranked_text
from ty_assets.berufenet.training import train
from ty_resources.inference.task import Encode

RUNNER_UPS: Final = 4  # beside the chosen one: five are shown to a person or a reasoning model
GROUP: Final = 3  # digits of a KldB code that name the occupational group
UNCERTAIN: Final = 0.25  # a best candidate less probable than this is called none
# With fewer labelled texts a ranker learns their accidents; the packaged one has learned from the starter catalogue.
ENOUGH_TO_TRAIN: Final = 6000
# Share right of what the dictionary answers: a source's own coding is now and then careless; a title that is a label
# letter by letter is right but for labels with several meanings.
# "part": words of the title were left out to find it, and the ranker, which is shown them, names the same code. (On
# held-out titles 38 of 46; where it names another, 2 of 26 are as the dictionary says and 15 as the ranker does.)
_RIGHT: Final = {"hint": 0.95, "title": 0.97, "part": 0.83}
_ACCEPT: Final = 0.9


class TitleItem(BaseModel):
    """A posting's title and, where the source has one, its own occupation label."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    occupation_hint: str | None = None


class RunnerUp(BaseModel):
    """Another code in question; its score is comparable with the mapping's."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kldb: str
    name: str
    score: float


class Mapping(BaseModel):
    """What a title was mapped to; the columns of posting_professions.

    `score` is the calibrated probability that the code is right, 0 .. 1. Where the decision is none, the
    fields of the occupation are empty, and the runner-ups begin with the best candidate, whose score it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    decision: Literal["accepted", "uncertain", "none"]
    method: Literal["hint", "lookup", "candidates"]
    kldb: str | None = None
    berufenet_id: int | None = None
    name: str | None = None
    score: float = 0.0
    runner_ups: tuple[RunnerUp, ...] = ()


class OccupationIndex:
    """A catalogue made ready to decide titles.

    Cheap to create: vectors, n-grams and the ranker wait for the first title that the dictionary does not have.
    vectors: label text -> (d,) unit vector, of texts whose vector is known (see `label_texts`); the others are encoded,
    in one call, and added. ranker: gives one that is kept; without it one is trained, or the packaged one
    serves a catalogue too short to train on. tell: is told how training goes.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        encode: Encode,
        vectors: dict[str, NDArray[np.float32]] | None = None,
        ranker: Callable[[], Ranker] | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.catalogue = catalogue
        self._encode = encode
        self._kept = {} if vectors is None else vectors
        self._given = ranker
        self._tell = tell

    def decide(self, titles: Sequence[TitleItem]) -> list[Mapping]:
        """One mapping per title, in order; the same for a title whatever stands beside it in the batch."""
        unique = list(dict.fromkeys(titles))
        texts = {item: ranked_text(item.title, self._knows) for item in unique}
        decided = {item: found for item in unique if (found := self._found(item, texts[item])) is not None}
        rest = [item for item in unique if item not in decided]
        if rest:
            of_part = {item: found for item in rest if (found := self._found_in_part(item, texts[item])) is not None}
            asked = [_whole(item.title) if item in of_part else texts[item] for item in rest]
            for item, answer in zip(rest, self._nearest(rest, asked), strict=True):
                part = of_part.get(item)
                decided[item] = answer if part is None or part.kldb != _best_of(answer) else _the_surer(part, answer)
        return [decided[item] for item in titles]

    def encoding_with(self, encode: Encode) -> "OccupationIndex":
        """The same index, ready as it is, that encodes titles in another way."""
        self.label_vectors()
        other = OccupationIndex(self.catalogue, encode, self._kept, lambda: self.ranker, self._tell)
        for name in ("_dictionary", "_by_code", "_labelled", "_names", "_letters", "_words"):
            other.__dict__[name] = getattr(self, name)
        return other

    def label_texts(self) -> list[str]:
        """The texts of the catalogue to embed, unique, in a fixed order."""
        return list(dict.fromkeys(text for text, _ in self._labelled))

    def label_vectors(self) -> NDArray[np.float32]:
        """(n, d): the vector of every label text, those given and those encoded; for the caller to keep."""
        texts = self.label_texts()
        missing = [text for text in texts if text not in self._kept]
        if missing:
            self._kept.update(zip(missing, self._encode(missing), strict=True))
        return np.stack([np.asarray(self._kept[text], dtype=np.float32) for text in texts])

    @property
    def is_trainable(self) -> bool:
        """Whether the catalogue has enough titles for a ranker of its own."""
        return len(self._labelled) >= ENOUGH_TO_TRAIN

    @cached_property
    def ranker(self) -> Ranker:
        """The one that is kept, or else trained now, or the packaged one."""
        if self._given is not None:
            return self._given()
        if not self.is_trainable:
            return packaged_ranker()
        texts, codes = self._texts_and_codes
        return train(texts, codes, self._names, self._text_vectors, self._letters, self._tell)

    # The dictionary

    def _found(self, item: TitleItem, ranked: str) -> Mapping | None:
        if item.occupation_hint:
            for form in label_forms(item.occupation_hint):
                if (found := self._in_dictionary(form, "hint", "hint")) and found.decision == "accepted":
                    return found
        return self._looked_up(lookup_texts(item.title, _whole(item.title)), "title")

    def _found_in_part(self, item: TitleItem, ranked: str) -> Mapping | None:
        """What the dictionary says of the title without words that it does not know."""
        return self._looked_up(lookup_texts(item.title, ranked), "part")

    def _looked_up(self, variants: Sequence[str], kind: str) -> Mapping | None:
        found = (self._in_dictionary(variant, "lookup", kind) for variant in variants)
        return next((mapping for mapping in found if mapping is not None), None)

    def _knows(self, word: str) -> bool:
        return match_key(word) in self._words

    @cached_property
    def _words(self) -> frozenset[str]:
        """Every word of every label and synonym, as match keys."""
        texts = (text for text, _ in self._labelled)
        return frozenset(match_key(word) for text in texts for word in text.split(" "))

    def _in_dictionary(self, text: str, method: Literal["hint", "lookup"], kind: str) -> Mapping | None:
        """Accepted where all or most evidence agrees. Otherwise uncertain: the code with most evidence
        in the group with most. None when the text is in neither labels nor synonyms."""
        evidence = self._dictionary.get(match_key(text))
        if not evidence:
            return None
        codes = Counter(occupation.kldb for occupation in evidence)
        groups = Counter(occupation.kldb[:GROUP] for occupation in evidence)
        ranked = sorted(codes, key=lambda code: (-groups[code[:GROUP]], -codes[code], code))
        share = codes[ranked[0]] / len(evidence)
        right = _RIGHT[kind]
        sure = share > 0.5
        decision: Literal["accepted", "uncertain"] = "accepted" if sure else "uncertain"
        chosen = self._standing(ranked[0], text)
        return Mapping(
            decision=decision,
            method=method,
            kldb=chosen.kldb,
            berufenet_id=_id_of(chosen),
            name=chosen.name,
            score=round(right * share, 4),
            runner_ups=tuple(
                self._runner_up(code, text, right * codes[code] / len(evidence)) for code in ranked[1 : RUNNER_UPS + 1]
            ),
        )

    @cached_property
    def _dictionary(self) -> dict[str, tuple[Occupation, ...]]:
        """Match key -> the occupations called so; labels rule, synonyms speak where there is none."""
        labelled: dict[str, dict[int, Occupation]] = defaultdict(dict)
        for key, occupations in self.catalogue.labels.items():
            labelled[match_key(key)].update({o.berufenet_id: o for o in occupations})
        other: dict[str, dict[tuple[int, str], Occupation]] = defaultdict(dict)
        for key, codes in self.catalogue.synonyms.items():
            standing = [self.catalogue.by_kldb[code] for code in codes]
            other[match_key(key)].update({(o.berufenet_id, o.kldb): o for o in standing})
        found = {key: tuple(group.values()) for key, group in other.items()}
        found.update((key, tuple(group.values())) for key, group in labelled.items())
        found.pop("", None)
        return found

    # Candidates

    def _nearest(self, items: Sequence[TitleItem], ranked: Sequence[str]) -> list[Mapping]:
        """The better of the title and, where there is one, the source's label."""
        queries = [[text] for text in ranked]
        for texts, item in zip(queries, items, strict=True):
            if item.occupation_hint:
                texts.append(plain_label(item.occupation_hint))
        unique = list(dict.fromkeys(text for texts in queries for text in texts if any(map(str.isalpha, text))))
        answers = {text: self._answer(text, ranked) for text, ranked in self._ranked(unique).items()}
        nothing = Mapping(decision="none", method="candidates")
        return [
            max((answers.get(text, nothing) for text in texts), key=lambda answer: answer.score) for texts in queries
        ]

    def _ranked(self, texts: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
        """Per text its candidate codes with their probability, best first; equally probable ones by code."""
        if not texts:
            return {}
        found = self._features.of(texts, np.asarray(self._encode(texts), dtype=np.float32))
        # Rounded, so that a title has the same answer alone and among others, whose matrix products differ in bits.
        chances = self.ranker.probabilities(found.features).astype(np.float64).round(3)
        order = np.lexsort((found.codes, -chances), axis=1)
        return {
            text: [(self._names.names[codes[place]], float(chance[place])) for place in places]
            for text, codes, chance, places in zip(texts, found.codes, chances, order, strict=True)
        }

    def _answer(self, text: str, ranked: list[tuple[str, float]]) -> Mapping:
        listed = tuple(self._runner_up(code, text, chance) for code, chance in ranked[: RUNNER_UPS + 1])
        code, chance = ranked[0]
        if chance < UNCERTAIN:
            return Mapping(decision="none", method="candidates", score=chance, runner_ups=listed)
        best = self._standing(code, text)
        return Mapping(
            decision="accepted" if chance >= self.ranker.accept else "uncertain",
            method="candidates",
            kldb=best.kldb,
            berufenet_id=_id_of(best),
            name=best.name,
            score=chance,
            runner_ups=listed[1:],
        )

    def _runner_up(self, kldb: str, text: str, score: float) -> RunnerUp:
        return RunnerUp(kldb=kldb, name=self._standing(kldb, text).name, score=round(score, 4))

    def _standing(self, kldb: str, text: str) -> Occupation:
        """Of the occupations with a code the one whose label is most like the title; practised ones first."""
        group = self._by_code[kldb]
        if len(group) == 1:
            return group[0][0]
        key = match_key(text)
        return max(group, key=lambda entry: max(fuzz.ratio(key, form) for form in entry[1]))[0]

    @cached_property
    def _by_code(self) -> dict[str, list[tuple[Occupation, tuple[str, ...]]]]:
        """Code -> (occupation, match keys of its names), best rank first; trainings only where nothing else is."""
        group: dict[str, list[Occupation]] = defaultdict(list)
        for occupation in sorted(self.catalogue.occupations, key=lambda o: o.rank):
            if occupation.kind == "t" or all(o.kind != "t" for o in group[occupation.kldb]):
                group[occupation.kldb].append(occupation)
        for kldb, occupation in self.catalogue.by_kldb.items():
            group.setdefault(kldb, [occupation])
        return {
            code: [(o, tuple(match_key(t) for t in (*label_forms(o.name), *o.synonyms))) for o in occupations]
            for code, occupations in group.items()
        }

    @cached_property
    def _labelled(self) -> list[tuple[str, str]]:
        """(text, code) of every label and synonym, in a fixed order."""
        ranked = sorted(self.catalogue.occupations, key=lambda o: o.rank)
        labels = [(plain_label(label), o.kldb) for o in ranked for label in (o.name, o.short_name)]
        synonyms = [(plain_label(title), kldb) for title, kldb in self.catalogue.titles()]
        return [pair for pair in dict.fromkeys(labels + synonyms) if match_key(pair[0])]

    @cached_property
    def _names(self) -> Codes:
        return Codes.of([code for _, code in self._labelled])

    @cached_property
    def _letters(self) -> Letters:
        return Letters([text for text, _ in self._labelled])

    @cached_property
    def _texts_and_codes(self) -> tuple[list[str], NDArray[np.intp]]:
        place = {code: number for number, code in enumerate(self._names.names)}
        return [text for text, _ in self._labelled], np.asarray([place[code] for _, code in self._labelled], np.intp)

    @property
    def _text_vectors(self) -> NDArray[np.float32]:
        row = {text: number for number, text in enumerate(self.label_texts())}
        return self.label_vectors()[[row[text] for text, _ in self._labelled]]

    @cached_property
    def _features(self) -> CandidateFeatures:
        texts, codes = self._texts_and_codes
        return CandidateFeatures(texts, self._letters, codes, self._names, self._text_vectors)


def _whole(title: str) -> str:
    """The title's `ranked_text` as if the catalogue knew every word, so that none is left out for being unknown."""
    return ranked_text(title, lambda word: True)


def _best_of(mapping: Mapping) -> str | None:
    """Its code, or the best candidate where the decision is none."""
    return mapping.kldb or (mapping.runner_ups[0].kldb if mapping.runner_ups else None)


def _the_surer(one: Mapping, other: Mapping) -> Mapping:
    return one if one.score >= other.score else other


def _id_of(occupation: Occupation) -> int | None:
    return None if occupation.berufenet_id == NO_ID else occupation.berufenet_id
