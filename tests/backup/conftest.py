"""The rows of everybody's every table are those that deletion is tested with."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "serving"))
