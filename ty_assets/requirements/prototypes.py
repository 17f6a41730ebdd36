"""What the encoder thinks a line is about, learned from the hand-written sentences of prototypes.csv.

Belongs here: the regression on the prototypes. Not here: how its answer is weighed against headings and cue words
(segments.py).
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ty_assets.requirements.cues import INDEX, LABELS, read_rows
from ty_resources.inference.task import Encode

_SPREAD: Final = 0.15  # ridge of the regression on the prototypes; cosines of one class are about 0.3 to 0.5


@lru_cache(maxsize=4)
def prototype_weights(encode: Encode) -> NDArray[np.float32]:
    """(d, 5): ridge regression of the labels on the prototypes' vectors, one against the rest."""
    rows = read_rows("prototypes.csv")
    vectors = np.asarray(encode([row["text"] for row in rows]), np.float32)
    labels = np.array([INDEX[row["label"]] for row in rows])  # type: ignore[index]
    targets = np.where(labels[:, None] == np.arange(len(LABELS)), 1.0, 0.0)
    # each class pulls alike, however many prototypes it has
    weights = (1.0 / np.bincount(labels, minlength=len(LABELS)))[labels] * len(rows) / len(LABELS)
    gram = vectors @ vectors.T + np.diag(_SPREAD * len(rows) / 10 / weights)
    return np.asarray(vectors.T @ np.linalg.solve(gram, targets), np.float32)
