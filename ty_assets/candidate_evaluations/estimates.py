"""A number that a sample tells, with the interval that it most likely lies in.

Belongs here: means and slopes with 95 % intervals. Not here: what they are of (drift.py, consistency.py, bias.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # the quantile of Student's t; scipy.stats takes a second to load

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """value with its interval low..high at 95 %, which is nan for fewer than three. count: what it is made of."""

    value: float
    low: float
    high: float
    count: int

    @property
    def is_not_zero(self) -> bool:
        """Whether chance alone would hardly make it so: the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def mean(values: Sequence[float]) -> Estimate:
    """The mean, by Student's t. Of no values: nan."""
    sample = np.asarray(values, dtype=np.float64)
    count = len(sample)
    if not count:
        return Estimate(math.nan, math.nan, math.nan, 0)
    middle = float(sample.mean())
    if count < 3:
        return Estimate(middle, math.nan, math.nan, count)
    return _around(middle, float(sample.std(ddof=1)) / math.sqrt(count), count - 1, count)


def slope(places: Sequence[float], values: Sequence[float]) -> Estimate:
    """How much the value changes from place 0 to place 1, by least squares.

    The interval holds for spreads that differ along the way (HC3: MacKinnon and White, 1985).
    """
    x, y = np.asarray(places, dtype=np.float64), np.asarray(values, dtype=np.float64)
    count = len(x)
    centred = x - x.mean() if count else x
    square = float(centred @ centred)
    if count < 3 or square == 0:
        return Estimate(math.nan, math.nan, math.nan, count)
    steepness = float(centred @ y) / square
    rest = y - y.mean() - steepness * centred
    leverage = np.minimum(1 / count + centred**2 / square, 1 - 1e-9)
    error = math.sqrt(float(((centred * rest / (1 - leverage)) ** 2).sum())) / square
    return _around(steepness, error, count - 2, count)


def _around(value: float, error: float, freedom: int, count: int) -> Estimate:
    width = float(stdtrit(freedom, (1 + _CONFIDENCE) / 2)) * error
    return Estimate(value, value - width, value + width, count)
