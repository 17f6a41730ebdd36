"""What many cosines are worth, by a model's calibration, without asking for those that are worth nothing.

Belongs here: the short cut. Not here: the curve (`calibration.py`).
"""

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration

# Fewer are interpolated before those above the first knot are found.
_FEW = 4096


def worth(calibration: Calibration, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """`calibration.credit` of each cosine, any shape; interpolated only above the curve's first knot.

    Most terms are far from all that a person can do: interpolating those as well costs as much as the product.
    """
    if cosines.size < _FEW:
        return calibration.credit(cosines)
    credit = np.full(cosines.shape, calibration.credits[0], dtype=np.float32)
    above = np.flatnonzero(cosines.ravel() > calibration.cosines[0])
    credit.reshape(-1)[above] = calibration.credit(cosines.ravel()[above])
    return credit
