"""Which of a title's candidate codes is right, with its probability: a small network over the candidates together.

Belongs here: the network, its fit, and its file. Not here: the candidates' features (features.py), what it is trained
on (training.py), and what follows from a probability (candidates.py).

Each candidate's features go through the same two hidden layers to one score; the softmax over a title's scores and
that of "none of these" is the probability (listwise cross-entropy: Cao et al., Learning to Rank, ICML 2007). Trained
with Adam (Kingma and Ba, 2015), dropout in the first layer, the rate falling as a cosine; several networks are
averaged. Written in numpy, since the arrays are then all there is to keep.
"""

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ty_assets.berufenet.nearness import Floats

_HIDDEN: Final = (64, 32)
NETWORKS: Final = 3
_BATCH: Final = 256
_RATE: Final = 4e-3
_DECAY: Final = 1e-4
_DROPOUT: Final = 0.1
_LIMIT: Final = 4.0  # standard deviations; what is further out says no more
_EPOCHS: Final = 10
_LEAST_STEPS: Final = 600  # a short catalogue is gone through more often


@dataclass(frozen=True)
class Ranker:
    """networks: arrays of each; mean, spread: (2 f,) of the features it was trained on.

    accept: from this probability on, nine in ten are right. figures: measured on titles kept apart, for the reader.
    """

    networks: tuple[tuple[Floats, ...], ...]
    mean: Floats
    spread: Floats
    accept: float
    figures: dict[str, float]

    def probabilities(self, features: Floats) -> Floats:
        """features: (q, k, f). (q, k): of each candidate that it is the right one; what is left is for none."""
        scaled = _scaled(_beside_the_best(features), self.mean, self.spread)
        told = np.mean([_softmax(_forward(network, scaled)[-1], network[-1]) for network in self.networks], axis=0)
        return np.asarray(told[:, :-1], dtype=np.float32)

    def to_bytes(self) -> bytes:
        """The arrays as NumPy's .npz, with the rest as JSON: nothing in it is code."""
        arrays = {
            f"network_{n}_{a}": array for n, network in enumerate(self.networks) for a, array in enumerate(network)
        }
        rest = json.dumps({"accept": self.accept, "figures": self.figures, "networks": len(self.networks)})
        file = io.BytesIO()
        named: dict[str, Any] = {**arrays, "mean": self.mean, "spread": self.spread}
        np.savez_compressed(file, rest=np.array(rest), **named)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Ranker":
        """What `to_bytes` has written. Raises ValueError or KeyError for anything else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            rest = json.loads(str(file["rest"]))
            networks = tuple(tuple(file[f"network_{n}_{a}"] for a in range(_ARRAYS)) for n in range(rest["networks"]))
            return cls(networks, file["mean"], file["spread"], rest["accept"], rest["figures"])


@cache
def packaged_ranker() -> Ranker:
    """The ranker that comes with the project, trained on the starter catalogue with the packaged encoder."""
    return Ranker.from_bytes(files("ty_assets.berufenet").joinpath("starter_ranker.npz").read_bytes())


_ARRAYS: Final = 7  # two hidden layers and the score, each with its constant, and the score of none


def fit_networks(features: Floats, right: NDArray[np.bool_], *, networks: int = NETWORKS) -> Ranker:
    """A ranker without an acceptance threshold (nothing is accepted).

    features: (q, k, f). right: (q, k), at most one True per title; none where the right code is no candidate.
    The same input gives the same ranker.
    """
    features = _beside_the_best(features)
    mean = features.reshape(-1, features.shape[-1]).mean(axis=0)
    spread = features.reshape(-1, features.shape[-1]).std(axis=0) + np.float32(1e-6)
    scaled = _scaled(features, mean, spread)
    target = np.concatenate([right, ~right.any(axis=1, keepdims=True)], axis=1).astype(np.float32)
    # The products are small: threads inside them would wait for each other, so each network has one of its own.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        fitted = tuple(threads.map(lambda seed: _fit(scaled, target, np.random.default_rng(seed)), range(networks)))
    return Ranker(fitted, mean, spread, accept=2.0, figures={})


def _beside_the_best(features: Floats) -> Floats:
    """(q, k, 2 f): each feature, and by how much it is less than the title's best."""
    return np.concatenate([features, features - features.max(axis=1, keepdims=True)], axis=-1)


def _scaled(features: Floats, mean: Floats, spread: Floats) -> Floats:
    return np.clip((features - mean) / spread, -_LIMIT, _LIMIT).astype(np.float32)


def _forward(network: tuple[Floats, ...], features: Floats, mask: Floats | None = None) -> tuple[Floats, ...]:
    """Both hidden layers and the scores (q, k)."""
    first = np.maximum(features @ network[0] + network[1], 0)
    if mask is not None:
        first = first * mask
    second = np.maximum(first @ network[2] + network[3], 0)
    return first, second, (second @ network[4])[..., 0] + network[5]


def _softmax(scores: Floats, none: Floats) -> Floats:
    """(q, k + 1) of (q, k) scores and that of none."""
    logits = np.concatenate([scores, np.broadcast_to(none, (len(scores), 1))], axis=1)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _fit(features: Floats, target: Floats, random: np.random.Generator) -> tuple[Floats, ...]:
    network = _initial(features.shape[-1], random)
    momentum = [np.zeros_like(array) for array in network]
    variance = [np.zeros_like(array) for array in network]
    count = len(features)
    batch = min(_BATCH, count)
    epochs = max(_EPOCHS, -(-_LEAST_STEPS // (count // batch)))
    steps = epochs * (count // batch)
    step = 0
    for _ in range(epochs):
        order = random.permutation(count)
        for start in range(0, count - batch + 1, batch):
            rows = order[start : start + batch]
            gradients = _gradients(network, features[rows], target[rows], random)
            step += 1
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for number, gradient in enumerate(gradients):
                momentum[number] = 0.9 * momentum[number] + 0.1 * gradient
                variance[number] = 0.999 * variance[number] + 0.001 * gradient**2
                move = momentum[number] / (1 - 0.9**step) / (np.sqrt(variance[number] / (1 - 0.999**step)) + 1e-8)
                network[number] = (network[number] - rate * (move + _DECAY * network[number])).astype(np.float32)
    return tuple(network)


def _initial(width: int, random: np.random.Generator) -> list[Floats]:
    """He et al. (2015): variance 2 / inputs."""
    network: list[Floats] = []
    for inputs, outputs in ((width, _HIDDEN[0]), _HIDDEN, (_HIDDEN[1], 1)):
        network.append((random.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)).astype(np.float32))
        network.append(np.zeros(outputs, np.float32))
    return [*network, np.zeros(1, np.float32)]


def _gradients(network: list[Floats], features: Floats, target: Floats, random: np.random.Generator) -> tuple[Any, ...]:
    """Of the mean cross-entropy, for each of the network's arrays."""
    count, width = features.shape[:2]
    kept = random.random((count, width, _HIDDEN[0]), dtype=np.float32) > _DROPOUT
    mask = kept.astype(np.float32) / np.float32(1 - _DROPOUT)
    first, second, scores = _forward(tuple(network), features, mask)
    error = (_softmax(scores, network[-1]) - target) / np.float32(count)
    of_score = error[:, :width, None]
    of_second = (of_score @ network[4].T) * (second > 0)
    of_first = (of_second @ network[2].T) * (first > 0) * mask
    return (
        features.reshape(-1, features.shape[-1]).T @ of_first.reshape(-1, _HIDDEN[0]),
        of_first.sum(axis=(0, 1)),
        first.reshape(-1, _HIDDEN[0]).T @ of_second.reshape(-1, _HIDDEN[1]),
        of_second.sum(axis=(0, 1)),
        second.reshape(-1, _HIDDEN[1]).T @ of_score.reshape(-1, 1),
        of_score.sum(axis=(0, 1)),
        error[:, width].sum(keepdims=True),
    )
