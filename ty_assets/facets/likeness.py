"""What kind of demand an unknown phrase is, by its likeness to the phrases of the vocabulary.

Belongs here: Naive Bayes over words and their endings, learned from `vocabulary.csv` at first use (0.1 s). It
knows from Organisationstalent and Verhandlungsgeschick what Improvisationstalent is, and from forklift certificate
what a VNA certificate is. Not here: kinds that the words around a phrase tell (`open_terms`).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from ty_assets.facets.tokens import tokenise
from ty_assets.facets.vocabulary import Kind, phrases, split_mark, vocabulary

_SMOOTHING: Final = 0.3
_ENDINGS: Final = (4, 5, 6, 8)  # letters
# Of what the vocabulary does not know, far more is knowledge than anything else.
_PRIOR: Final[dict[Kind, float]] = {"skill": 0.0, "soft_skill": -2.0, "licence": -3.0}
_BESIDE: Final = 2.0  # what stands in a list is what its neighbour is; a single word says little else
_AS_SKILL: Final = ("skill", "tool", "domain")


@lru_cache(maxsize=8_192)
def likely_kind(phrase: str, beside: Kind | None = None) -> Kind:
    """skill (of any knowledge), soft_skill or licence. beside: the kind of what stands in one list with it."""
    weights = _learned()
    scores = dict(_PRIOR)
    if beside in scores:
        scores[beside] += _BESIDE if " " in phrase else 2 * _BESIDE
    for feature in _features(phrase):
        for kind, weight in weights.get(feature, {}).items():
            scores[kind] += weight
    return max(scores, key=lambda kind: scores[kind])


def _features(phrase: str) -> Iterator[str]:
    """Words, with more weight on the last word of a phrase, which in both languages says what it is."""
    tokens = tokenise(phrase)
    for token in tokens:
        yield f"w {token.key}"
    if tokens:
        last = tokens[-1].folded
        yield f"l {tokens[-1].key}"
        for length in _ENDINGS:
            if len(last) > length:
                yield f"e {last[-length:]}"


@lru_cache(maxsize=1)
def _learned() -> Mapping[str, Mapping[Kind, float]]:
    """Log likelihood of each feature per kind, against its mean over the kinds."""
    seen: dict[Kind, Counter[str]] = {kind: Counter() for kind in _PRIOR}
    for entry in vocabulary():
        kind: Kind = "skill" if entry.kind in _AS_SKILL else entry.kind
        if kind in seen:
            for variant in phrases(entry):
                seen[kind].update(set(_features(split_mark(variant)[1])))
    features = set().union(*seen.values())
    weights: dict[str, dict[Kind, float]] = defaultdict(dict)
    for kind, counts in seen.items():
        total = counts.total() + _SMOOTHING * len(features)
        for feature in features:
            weights[feature][kind] = math.log((counts[feature] + _SMOOTHING) / total)
    for values in weights.values():
        mean = sum(values.values()) / len(values)
        for kind in values:
            values[kind] -= mean
    return weights
