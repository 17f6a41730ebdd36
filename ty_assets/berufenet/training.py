"""Training the ranker on a catalogue's own titles, each judged as if the catalogue did not have it.

Belongs here: which titles are asked of which part of the catalogue, and from what probability on a code is accepted.
Not here: the network (ranker.py) and its features (features.py).
"""

import os
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ty_assets.berufenet.features import CandidateFeatures
from ty_assets.berufenet.labels import match_key
from ty_assets.berufenet.nearness import Codes, Floats, Letters
from ty_assets.berufenet.ranker import Ranker, fit_networks

# Raise it when features, network or training change, so that rankers are trained anew.
VERSION: Final = "1"
# Of what is accepted nine in ten are to be right; a point more is asked for here, since the labels among the titles
# are easier than what postings bring.
PRECISION: Final = 0.91

_FOLDS: Final = 10
_AT_MOST: Final = 40_000  # titles asked; a longer list would take more than a few minutes
_ALL_CODES: Final = 1300  # KldB 2010 has about so many
# Titles of occupations that the catalogue does not have are asked too, so that "none" is learned: as many as a short
# catalogue lacks, and a few for a full one.
_HIDDEN: Final = (0.01, 0.25)


def train(
    texts: Sequence[str],
    codes: NDArray[np.intp],
    names: Codes,
    vectors: Floats,
    letters: Letters,
    tell: Callable[[str], None] = lambda line: None,
) -> Ranker:
    """A ranker for these labelled texts; seconds for the starter catalogue, about two minutes for a full one.

    Arguments as of `CandidateFeatures`. The texts are parted in ten by their match key; each part is asked of the
    other nine. So no title is compared with itself in another spelling.
    """
    features, right = _asked_of_the_others(texts, codes, names, vectors, letters, tell)
    tell(f"networks learn from {len(features)} titles")
    ranker = fit_networks(features, right)
    accept, figures = _threshold(features, right)
    return replace(ranker, accept=accept, figures=figures)


def _asked_of_the_others(
    texts: Sequence[str],
    codes: NDArray[np.intp],
    names: Codes,
    vectors: Floats,
    letters: Letters,
    tell: Callable[[str], None],
) -> tuple[Floats, NDArray[np.bool_]]:
    fold = np.array([_number(match_key(text)) % _FOLDS for text in texts])
    missing = float(np.clip(1 - len(names.names) / _ALL_CODES, *_HIDDEN))
    # The last ones are synonyms, which are more like titles of postings than labels are.
    spare = max(0, len(texts) - _AT_MOST)
    asked_for = np.ones(len(texts), bool)
    asked_for[np.random.default_rng(5).permutation(min(len(texts), 2 * spare))[:spare]] = False
    # Every fold hides other codes as a whole, with all their titles.
    lot = np.array([_number(f"code {name}") % 10_000 for name in names.names]) / 10_000 * _FOLDS

    def ask(part: int) -> tuple[Floats, NDArray[np.bool_]] | None:
        hidden = ((lot >= part) & (lot < part + missing))[codes]
        known = np.flatnonzero((fold != part) & ~hidden)
        rows = np.flatnonzero(asked_for & ((fold == part) | (hidden & (fold == (part + 1) % _FOLDS))))
        if not len(rows) or not len(known):
            return None
        described = CandidateFeatures(texts, letters, codes, names, vectors, known)
        found = described.of([texts[int(row)] for row in rows], vectors[rows])
        tell(f"titles compared, part {part + 1} of {_FOLDS}")
        # A hidden code has no text, so it is no answer even where it is among the candidates.
        return found.features, (found.codes == codes[rows][:, None]) & ~hidden[rows][:, None]

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        told = [answer for answer in threads.map(ask, range(_FOLDS)) if answer is not None]
    return np.concatenate([features for features, _ in told]), np.concatenate([right for _, right in told])


def _threshold(features: Floats, right: NDArray[np.bool_]) -> tuple[float, dict[str, float]]:
    """The least probability from which on nine in ten are right, on the half that the network has not seen."""
    count = len(features)
    half = np.random.default_rng(7).permutation(count) % 2 == 0
    chance = np.zeros(count, np.float32)
    correct = np.zeros(count, bool)

    def judge(mine: NDArray[np.bool_]) -> None:
        if not mine.any() or mine.all():
            return
        told = fit_networks(features[~mine], right[~mine], networks=1).probabilities(features[mine])
        best = told.argmax(axis=1)
        chance[mine] = told.max(axis=1)
        correct[mine] = right[mine][np.arange(len(best)), best]

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(judge, (half, ~half)))
    order = np.argsort(-chance, kind="stable")
    precision = np.cumsum(correct[order]) / np.arange(1, count + 1)
    good = np.flatnonzero(precision >= PRECISION)
    last = int(good[-1]) if len(good) else -1
    accept = float(chance[order[last]]) if last >= 0 else 2.0
    figures = {
        "titles": float(count),
        "right": float(correct.mean()),
        "accepted": (last + 1) / count,
        "accepted_right": float(precision[last]) if last >= 0 else 0.0,
    }
    return accept, {name: round(value, 4) for name, value in figures.items()}


def _number(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))
