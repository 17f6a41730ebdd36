"""Secrets that open something: how they are made, and the hash that stands for them in the tables.

Belongs here: only that. Not here: what one opens (`store.py`) and where a browser keeps it (serving/accounts).
"""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
API_PREFIX: Final = "ty_"  # so that scanners of repositories and logs find one that was lost


def new_token(prefix: str = "") -> str:
    """256 random bits, to be handed out once."""
    return prefix + secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> bytes:
    """What is stored of a token. It needs no salt and no slow hash: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode()).digest()
