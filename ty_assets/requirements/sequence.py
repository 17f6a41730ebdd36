"""From scores of single lines to the likeliest run of labels through an advertisement.

Belongs here: the order in which advertisements say things, and the price of leaving it. Not here: the scores.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ty_assets.requirements.cues import LABELS
from ty_assets.requirements.drafts import Draft

# What it costs to begin with a label, and to change to it on the next line. The usual order is introduction, tasks,
# requirements, benefits, contact: steps along it are cheap, leaps over a part dearer, and steps back the dearest.
_START: Final = (0.0, 1.0, 2.5, 3.0, 4.0)
_CHANGE: Final = (
    # to introduction, tasks, requirements, benefits, contact
    (0.0, 2.0, 3.0, 4.0, 5.0),
    (5.0, 0.0, 2.0, 3.0, 4.5),
    (6.0, 4.5, 0.0, 2.0, 3.0),
    (6.0, 4.0, 3.5, 0.0, 2.0),
    (6.0, 6.0, 6.0, 4.0, 0.0),
)
_NEW_BLOCK: Final = 1.5  # a change costs so much less after an empty line or at an unknown heading
_NEW_FORM: Final = 1.0  # ... and where bullets begin or end, and from sentence to sentence of a paragraph


def _prices(discount: float) -> list[list[float]]:
    """[to][from], less the discount."""
    return [[max(0.0, _CHANGE[a][b] - discount) for a in range(len(LABELS))] for b in range(len(LABELS))]


_PRICES: Final = _prices(0.0)
_FORM_PRICES: Final = _prices(_NEW_FORM)
_BLOCK_PRICES: Final = _prices(_NEW_BLOCK)
_NO_PRICES: Final = _prices(max(map(max, _CHANGE)))


def decode(draft: Draft, scores: NDArray[np.float32]) -> list[int]:
    """The best sequence of labels for (n, 5) scores: Viterbi (1967), with a price on every change of label."""
    if not draft.lines:
        return []
    rows = (scores + draft.context).tolist()
    best = [score - price for score, price in zip(rows[0], _START, strict=True)]
    back: list[list[int]] = []
    for index in range(1, len(rows)):
        into = _prices_at(draft, index)
        through = [[value - price for value, price in zip(best, prices, strict=True)] for prices in into]
        best = [max(options) + score for options, score in zip(through, rows[index], strict=True)]
        back.append([options.index(max(options)) for options in through])
    labels = [best.index(max(best))]
    for origins in reversed(back):
        labels.append(origins[labels[-1]])
    labels.reverse()
    return labels


def _prices_at(draft: Draft, index: int) -> list[list[float]]:
    if draft.headings[index]:
        return _NO_PRICES
    if draft.lines[index].fresh or draft.unknown[index]:
        return _BLOCK_PRICES
    if draft.lines[index].bullet != draft.lines[index - 1].bullet or not draft.lines[index].own:
        return _FORM_PRICES
    return _PRICES
