"""How near a title is to every KldB code, by letters and by meaning together.

Belongs here: the two scores over one set of labelled texts and their sum. Not here: what the texts are
(catalogue.py), and what follows from a score (candidates.py).

Letters: naive Bayes over the TF-IDF weights of character n-grams, one class per code. Meaning: soft nearest
neighbours, log of the sum of exp(sharpness * cosine) over a code's texts. Both are standardised over the
codes before they are added. Neither is trained, so a catalogue is ready seconds after it was read; on titles
kept apart the sum was right as often (0.59) as a softmax regression that takes a minute to fit (0.58).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SHARPNESS: Final = 15.0
SMOOTHING: Final = 0.001  # added to every n-gram's weight; small, since names of occupations are short
LETTERS_WEIGHT: Final = 0.7
_BLOCK: Final = 256  # titles at once: 256 x 30,000 cosines are 30 MB


@dataclass(frozen=True)
class Nearness:
    """Of q titles to c codes.

    `score`: (q, c), higher is nearer, comparable within a row. `cosine`: (q, c), the best of a code's texts.
    `letters_top`, `meaning_top`: (q,) the code each half alone would choose. `known`: (q,) share of the
    title's n-grams that the catalogue has at all.
    """

    score: NDArray[np.float32]
    cosine: NDArray[np.float32]
    letters_top: NDArray[np.intp]
    meaning_top: NDArray[np.intp]
    known: NDArray[np.float32]


class CodeSimilarity:
    """Texts with their codes, ready to be compared with titles.

    texts: n strings. codes: (n,) in 0 .. c-1, each occurring. vectors: (n, d), unit length.
    """

    def __init__(self, texts: Sequence[str], codes: NDArray[np.intp], vectors: NDArray[np.float32]) -> None:
        order = np.argsort(codes, kind="stable")
        self._texts = [texts[i] for i in order]
        self._codes = codes[order]
        self._count = int(self._codes[-1]) + 1
        self._starts = np.searchsorted(self._codes, np.arange(self._count))
        self._vectors = np.ascontiguousarray(vectors[order], dtype=np.float32)

    def nearness(self, titles: Sequence[str], vectors: NDArray[np.float32]) -> Nearness:
        """titles: q strings; vectors: (q, d) float32, unit length."""
        letters, known = self._letters(titles)
        meaning, cosine = self._meaning(vectors)
        return Nearness(
            score=LETTERS_WEIGHT * _standardised(letters) + _standardised(meaning),
            cosine=cosine,
            letters_top=letters.argmax(axis=1),
            meaning_top=meaning.argmax(axis=1),
            known=known,
        )

    def _meaning(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        soft = np.empty((len(vectors), self._count), dtype=np.float32)
        best = np.empty_like(soft)
        for start in range(0, len(vectors), _BLOCK):
            cosines = vectors[start : start + _BLOCK] @ self._vectors.T
            best[start : start + _BLOCK] = np.maximum.reduceat(cosines, self._starts, axis=1)
            np.exp(SHARPNESS * cosines, out=cosines)
            soft[start : start + _BLOCK] = np.log(np.add.reduceat(cosines, self._starts, axis=1))
        return soft, best

    def _letters(self, titles: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        vectorizer, gain, base = self._bayes
        weights = vectorizer.transform(titles)
        scores = (weights @ gain.T).toarray() + np.asarray(weights.sum(axis=1)) * base[None, :]
        analyse = vectorizer.build_analyzer()
        known = [
            sum(gram in vectorizer.vocabulary_ for gram in grams) / len(grams) if (grams := analyse(title)) else 0.0
            for title in titles
        ]
        return scores.astype(np.float32), np.asarray(known, dtype=np.float32)

    @cached_property
    def _bayes(self) -> tuple[Any, Any, NDArray[np.float32]]:
        """The vectorizer; log gain of an n-gram's presence in a code, sparse (c, v); the log base, (c,)."""
        # scikit-learn takes two seconds to import; a run in which every title is looked up does without.
        from scipy import sparse
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32)
        weights = vectorizer.fit_transform(self._texts)
        member = sparse.csr_matrix(
            (np.ones(len(self._codes), np.float32), (self._codes, np.arange(len(self._codes)))),
            shape=(self._count, len(self._codes)),
        )
        gain = (member @ weights).tocsr()
        total = np.asarray(gain.sum(axis=1)).ravel() + SMOOTHING * gain.shape[1]
        gain.data = np.log1p(gain.data / SMOOTHING)
        return vectorizer, gain, (np.log(SMOOTHING) - np.log(total)).astype(np.float32)


def _standardised(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    spread = scores.std(axis=1, keepdims=True)
    return (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 1e-6, spread, 1.0)
