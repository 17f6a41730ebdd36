"""What is known of each candidate code of a title, as numbers for the ranker.

Belongs here: choosing the candidates and their features. Not here: the scores over all codes (nearness.py), and
what the features are worth (ranker.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Postfix, Prefix

from ty_assets.berufenet.nearness import Codes, CodeSimilarity, Floats, Letters, Nearness

CANDIDATES: Final = 20  # the right code is among so many in 93 of 100 titles that the dictionary does not have
_TEMPERATURE: Final = 0.5
_BLOCK: Final = 256  # titles at once: 256 x 28,000 cosines are 30 MB
_WORD: Final = r"[^\W_][\w+#.]*"


@dataclass(frozen=True)
class Candidates:
    """Of q titles: codes (q, k), numbers in Codes.names, best first by plain score; features (q, k, f) float32."""

    codes: NDArray[np.intp]
    features: Floats


class CandidateFeatures:
    """Labelled texts made ready to find candidates and to describe them. Arguments as of `CodeSimilarity`."""

    def __init__(
        self,
        texts: Sequence[str],
        letters: Letters,
        codes: NDArray[np.intp],
        names: Codes,
        vectors: Floats,
        rows: NDArray[np.intp] | None = None,
    ) -> None:
        kept = np.arange(len(texts)) if rows is None else rows
        self._similarity = CodeSimilarity(letters, codes, names, vectors, kept)
        self._names = names
        self._texts = [text.lower() for text in texts]
        self._codes = codes
        self._kept = kept

    def of(self, titles: Sequence[str], vectors: Floats) -> Candidates:
        """titles: q strings; vectors: (q, d) float32, unit length."""
        found = [
            self._block(titles[start : start + _BLOCK], vectors[start : start + _BLOCK])
            for start in range(0, len(titles), _BLOCK)
        ]
        return Candidates(np.concatenate([f.codes for f in found]), np.concatenate([f.features for f in found]))

    def _block(self, titles: Sequence[str], vectors: Floats) -> Candidates:
        near = self._similarity.nearness(titles, vectors)
        # Stable on the rounded scores, so that ties fall to the lower code on every machine.
        codes = np.argsort(-near.score.round(4), axis=1, kind="stable")[:, :CANDIDATES]
        rows = np.arange(len(titles))[:, None]
        columns: list[Any] = []
        for scores in (near.letters, near.meaning, near.closeness, near.score):
            of = scores[rows, codes]
            columns += [of, of - scores.max(axis=1, keepdims=True)]
        for cosines in (near.letters_cosine, near.meaning_cosine):
            of, best = cosines[rows, codes], cosines.max(axis=1, keepdims=True)
            columns += [of, of - best, np.broadcast_to(best, of.shape)]
        columns += self._parts(near, codes, rows)
        columns += self._in_words(titles, codes, rows)
        columns += self._in_spelling(titles, codes, near.nearest[rows, codes])
        level = self._names.parts["level"][codes]
        columns += [level == value for value in range(4)]
        columns += [
            np.log1p(self._similarity.count[codes]),
            np.broadcast_to(np.log1p([[len(title)] for title in titles]), codes.shape),
            np.broadcast_to(near.known[:, None], codes.shape),
        ]
        return Candidates(codes, np.stack([np.asarray(column, np.float32) for column in columns], axis=-1))

    def _parts(self, near: Nearness, codes: NDArray[np.intp], rows: NDArray[np.intp]) -> list[Any]:
        """The title's nearness to the groups that a code belongs to, and the share of its likeliest codes in them."""
        likely = np.exp((near.score - near.score.max(axis=1, keepdims=True)) / _TEMPERATURE)
        likely /= likely.sum(axis=1, keepdims=True)
        columns = [likely[rows, codes]]
        everything = {**self._names.parts, "code": np.arange(len(self._names.names))}
        for part, (letters, ridge) in near.parts.items():
            number = self._names.parts[part]
            mass = np.stack(
                [np.bincount(number, weights=row, minlength=letters.shape[1]) for row in likely.astype(np.float64)]
            )
            mine = number[codes]
            columns.append(mass[rows, mine])
            for scores in (letters, ridge):
                columns += [scores[rows, mine], scores[rows, mine] - scores.max(axis=1, keepdims=True)]
        for voters, weights in near.votes:
            for number in everything.values():
                same = number[voters][:, None, :] == number[codes][:, :, None]
                columns.append((same * weights[:, None, :]).sum(axis=2))
        return columns

    def _in_words(self, titles: Sequence[str], codes: NDArray[np.intp], rows: NDArray[np.intp]) -> list[Any]:
        """How much of the title's words a code's texts have, rare words counting more; and its first word."""
        counter, has, share, weight = self._words
        words = counter.transform([title.lower() for title in titles])
        words.data[:] = 1.0
        weighted = words.multiply(weight[None, :]).tocsr()
        total = np.maximum(np.asarray(weighted.sum(axis=1)), 1e-6)
        covered = (weighted @ has).toarray() / total
        owned = (weighted @ share).toarray() / total
        first = [re.match(_WORD, title.lower()) for title in titles]
        alone = counter.transform([match[0] if match else "" for match in first])
        begins = (alone @ self._frequent).toarray()
        return [covered[rows, codes], owned[rows, codes], begins[rows, codes]]

    @cached_property
    def _words(self) -> tuple[Any, Any, Any, Floats]:
        """The counter; (w, c) whether a code has a word; (w, c) the share of the word's texts; (w,) weights."""
        counter, member, frequency = self._word_counts
        has = member.copy()
        has.data[:] = 1.0
        share = member.copy()
        share.data = share.data / frequency[share.indices]
        weight = np.log((len(self._kept) + 1) / (frequency + 0.5)).astype(np.float32)
        return counter, has.T.tocsr(), share.T.tocsr(), np.maximum(weight, 0.0)

    @cached_property
    def _frequent(self) -> Any:
        """(w, c) sparse: the share of a code's texts that have a word."""
        _, member, _ = self._word_counts
        share = member.copy()
        share.data = share.data / np.repeat(np.maximum(self._similarity.count, 1), np.diff(share.indptr))
        return share.T.tocsr()

    @cached_property
    def _word_counts(self) -> tuple[Any, Any, NDArray[np.float64]]:
        from scipy import sparse
        from sklearn.feature_extraction.text import CountVectorizer

        counter = CountVectorizer(token_pattern=_WORD, binary=True, dtype=np.float32, lowercase=False)
        words = counter.fit_transform([self._texts[row] for row in self._kept])
        codes = self._codes[self._kept]
        one = np.ones(len(codes), np.float32)
        member = sparse.csr_matrix((one, (codes, np.arange(len(codes)))), shape=(len(self._names.names), len(codes)))
        return counter, (member @ words).tocsr(), np.asarray(words.sum(axis=0)).ravel()

    def _in_spelling(self, titles: Sequence[str], codes: NDArray[np.intp], nearest: NDArray[np.intp]) -> list[Any]:
        """Edit distances to the code's nearest text, and the letters they share at the end and at the beginning."""
        mine = [title.lower() for title in titles for _ in range(codes.shape[1])]
        others = [self._texts[row] if row >= 0 else "" for row in nearest.ravel()]
        length = np.maximum([len(text) for text in mine], 1)
        columns = [
            process.cpdist(mine, others, scorer=fuzz.ratio) / 100,
            process.cpdist(mine, others, scorer=fuzz.token_set_ratio) / 100,
            process.cpdist(mine, others, scorer=Postfix.similarity) / length,
            process.cpdist(mine, others, scorer=Prefix.similarity) / length,
        ]
        return [np.asarray(column).reshape(codes.shape) for column in columns]
