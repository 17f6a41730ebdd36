"""Fingerprints of what a listing shows: while a hit's is the same, its detail need not be asked for."""

import hashlib
import json
from typing import Any


def mark_of(part: Any) -> bytes:
    """16 bytes of SHA-256 over the JSON value; the order of keys does not matter."""
    text = json.dumps(part, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).digest()[:16]
