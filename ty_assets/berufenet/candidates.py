"""Which occupation a posting's title names: the source's own label, the dictionary, then the nearest codes.

Belongs here: the order of the evidence, the calibrated probability and the decision. Not here: cleaning
(titles.py), the catalogue (catalogue.py), how near two texts are (similarity.py), and the database.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping as ReadMapping
from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz

from ty_assets.berufenet.catalogue import Catalogue, Occupation
from ty_assets.berufenet.labels import label_forms, match_key, plain_label
from ty_assets.berufenet.probability import Calibration, Features, default_calibration
from ty_assets.berufenet.similarity import CodeSimilarity
from ty_assets.berufenet.titles import part_variants, query_text, whole_variants, without_strange_words
from ty_resources.inference.task import Encode

RUNNER_UPS: Final = 4  # beside the chosen one: five are shown to a person or a reasoning model
MARGIN_CAP: Final = 6.0  # a nonsense title may be far ahead of nothing
NAMED_BONUS: Final = 1.0  # in standard deviations of a title's scores, for a code the dictionary finds in a part
GROUP: Final = 3  # digits of a KldB code that name the occupational group


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

    Cheap to create: vectors and n-grams wait for the first title that the dictionary does not have.
    vectors: label text -> (d,) unit vector, for texts whose vector is kept elsewhere (see `label_texts`); the
    others are encoded, in one call.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        encode: Encode,
        vectors: ReadMapping[str, NDArray[np.float32]] | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.catalogue = catalogue
        self._encode = encode
        self._kept = vectors or {}
        self._calibration = calibration or default_calibration()

    def decide(self, titles: Sequence[TitleItem]) -> list[Mapping]:
        """One mapping per title, in order; the same for a title whatever stands beside it in the batch."""
        unique = list(dict.fromkeys(titles))
        decided = {item: found for item in unique if (found := self._found(item)) is not None}
        rest = [item for item in unique if item not in decided]
        if rest:
            decided.update(zip(rest, self._nearest(rest), strict=True))
        return [decided[item] for item in titles]

    def label_texts(self) -> list[str]:
        """The texts of the catalogue to embed, unique, in a fixed order."""
        return list(dict.fromkeys(text for text, _ in self._labelled))

    def label_vectors(self) -> NDArray[np.float32]:
        """(n, d): the vector of every label text, those given and those encoded; for the caller to keep."""
        texts = self.label_texts()
        missing = [text for text in texts if text not in self._kept]
        if missing:
            self._kept = {**self._kept, **dict(zip(missing, self._encode(missing), strict=True))}
        return np.stack([np.asarray(self._kept[text], dtype=np.float32) for text in texts])

    # The dictionary

    def _found(self, item: TitleItem) -> Mapping | None:
        if item.occupation_hint:
            for form in label_forms(item.occupation_hint):
                if (found := self._in_dictionary(form, "hint", "hint")) and found.decision == "accepted":
                    return found
        for variant in whole_variants(item.title):
            found = self._in_dictionary(variant, "lookup", "title")
            if found is not None:
                return found
        known = without_strange_words(item.title, lambda word: match_key(word) in self._words)
        return self._in_dictionary(known, "lookup", "known_words") if known else None

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
        right = self._calibration.found[kind]
        sure = share > 0.5 and right >= self._calibration.accept
        decision: Literal["accepted", "uncertain"] = "accepted" if sure else "uncertain"
        chosen = self._standing(ranked[0], text)
        return Mapping(
            decision=decision,
            method=method,
            kldb=chosen.kldb,
            berufenet_id=chosen.berufenet_id,
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
        other: dict[str, dict[int, Occupation]] = defaultdict(dict)
        for key, codes in self.catalogue.synonyms.items():
            standing = [self.catalogue.by_kldb[code] for code in codes]
            other[match_key(key)].update({o.berufenet_id: o for o in standing})
        return {key: tuple(group.values()) for key, group in {**other, **labelled}.items() if key}

    # Candidates

    def _nearest(self, items: Sequence[TitleItem]) -> list[Mapping]:
        """The better of the title and, where there is one, the source's label."""
        queries = [[query_text(item.title)] for item in items]
        for texts, item in zip(queries, items, strict=True):
            if item.occupation_hint:
                texts.append(plain_label(item.occupation_hint))
        unique = list(dict.fromkeys(text for texts in queries for text in texts if any(map(str.isalpha, text))))
        answers = self._answers(unique) if unique else {}
        nothing = Mapping(decision="none", method="candidates")
        return [
            max((answers.get(text, nothing) for text in texts), key=lambda answer: answer.score) for texts in queries
        ]

    def _answers(self, texts: list[str]) -> dict[str, Mapping]:
        features, ranked = self.features(texts)
        chance = self._calibration.probability(features)
        return {text: self._answer(text, float(p), codes) for text, p, codes in zip(texts, chance, ranked, strict=True)}

    def _answer(self, text: str, chance: float, ranked: list[tuple[str, float]]) -> Mapping:
        listed = tuple(self._runner_up(code, text, chance * weight) for code, weight in ranked)
        score = round(chance, 4)
        if chance < self._calibration.uncertain:
            return Mapping(decision="none", method="candidates", score=score, runner_ups=listed)
        best = self._standing(ranked[0][0], text)
        return Mapping(
            decision="accepted" if chance >= self._calibration.accept else "uncertain",
            method="candidates",
            kldb=best.kldb,
            berufenet_id=best.berufenet_id,
            name=best.name,
            score=score,
            runner_ups=listed[1:],
        )

    def features(self, texts: list[str]) -> tuple[Features, list[list[tuple[str, float]]]]:
        """What the probability is made of, and per text the best codes with their weight, best first.

        Features, each (q,): margin to the second and to the fifth, the sum itself, the best cosine of the
        chosen code and of any, known n-grams, whether letters and meaning agree on the code and on the group,
        whether the dictionary knows a part of the title as this code or as another, size of the catalogue,
        length of the title.
        """
        near = self._similarity.nearness(texts, np.asarray(self._encode(texts), dtype=np.float32))
        scores = near.score.astype(np.float64)
        named = [self._named(text) for text in texts]
        for row, numbers in enumerate(named):
            scores[row, numbers] += NAMED_BONUS
        # Stable on the rounded scores, so that ties fall to the lower code on every machine.
        best = np.argsort(-scores.round(5), axis=1, kind="stable")[:, : RUNNER_UPS + 1]
        top = np.take_along_axis(scores, best, axis=1)
        rows = np.arange(len(texts))
        groups = np.asarray([code[:GROUP] for code in self._codes])
        chosen = best[:, 0]
        margin = np.minimum(top[:, 0] - top[:, min(1, top.shape[1] - 1)], MARGIN_CAP)
        best_cosine = near.cosine.max(axis=1).astype(np.float64)
        in_part = np.asarray([code in codes for code, codes in zip(chosen, named, strict=True)], dtype=float)
        features = {
            "margin_2": margin,
            "margin_5": np.minimum(top[:, 0] - top[:, -1], MARGIN_CAP),
            "margin_2_cosine": margin * best_cosine,
            "score": top[:, 0],
            "cosine": near.cosine[rows, chosen].astype(np.float64),
            "best_cosine": best_cosine,
            "known": near.known.astype(np.float64),
            "agree": (near.letters_top == near.meaning_top).astype(np.float64),
            "agree_group": (groups[near.letters_top] == groups[near.meaning_top]).astype(np.float64),
            "named": in_part,
            "named_other": np.asarray([bool(codes) for codes in named], dtype=float) - in_part,
            "log_codes": np.full(len(texts), np.log(len(self._codes))),
            "log_labels_per_code": np.full(len(texts), np.log(len(self._labelled) / len(self._codes))),
            "log_length": np.log([len(text) + 1 for text in texts]),
        }
        ranked = [
            [(self._codes[code], float(np.exp(score - values[0]))) for code, score in zip(codes, values, strict=True)]
            for codes, values in zip(best, top, strict=True)
        ]
        return features, ranked

    def _named(self, text: str) -> list[int]:
        """The codes of the first part of the title that the dictionary has: "Koch" in "Koch - Kantine"."""
        for part in part_variants(text):
            evidence = self._dictionary.get(match_key(part))
            if evidence:
                return sorted({self._place[occupation.kldb] for occupation in evidence})
        return []

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
        return {
            code: [(o, tuple(match_key(t) for t in (*label_forms(o.name), *o.synonyms))) for o in occupations]
            for code, occupations in group.items()
        }

    @cached_property
    def _codes(self) -> list[str]:
        return sorted({code for _, code in self._labelled})

    @cached_property
    def _place(self) -> dict[str, int]:
        return {code: number for number, code in enumerate(self._codes)}

    @cached_property
    def _labelled(self) -> list[tuple[str, str]]:
        """(text, code) of every label and synonym, in a fixed order."""
        labels = [(plain_label(o.name), o.kldb) for o in sorted(self.catalogue.occupations, key=lambda o: o.rank)]
        synonyms = [(plain_label(title), kldb) for title, kldb in self.catalogue.titles()]
        return [pair for pair in dict.fromkeys(labels + synonyms) if match_key(pair[0])]

    @cached_property
    def _similarity(self) -> CodeSimilarity:
        row = {text: number for number, text in enumerate(self.label_texts())}
        texts = [text for text, _ in self._labelled]
        codes = np.asarray([self._place[code] for _, code in self._labelled], dtype=np.intp)
        return CodeSimilarity(texts, codes, self.label_vectors()[[row[text] for text in texts]])
