"""Rows and sign-in are those that the match view is tested with."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "serving"))
