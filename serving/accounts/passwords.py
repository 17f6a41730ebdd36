"""Passwords: what may be one, and their Argon2id hashes.

Belongs here: hashing and checking, in threads, since each takes a tenth of a second and much memory on purpose. Not
here: whose password it is (`signing.py`).
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from ty_assets.accounts.tokens import new_token

SHORTEST: Final = 10
# NIST SP 800-63B wants at least 64; a bound at all, since every byte is hashed.
LONGEST: Final = 256
_FEWEST_CHARACTERS: Final = 5
# Each takes TY_PASSWORD_MEMORY_KIB; more at a time would only make the machine swap.
_AT_ONCE: Final = 2


class PasswordError(ValueError):
    """Not to be used as a password. reason: short, long, simple."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"expected a password of {SHORTEST} to {LONGEST} characters, at least {_FEWEST_CHARACTERS} different ones "
            "among them, that is not the mail address"
        )
        self.reason = reason


def acceptable(password: str, email_key: str) -> str:
    """The password as it is hashed. Raises PasswordError.

    Length counts, and no mixture of kinds of characters is asked for (NIST SP 800-63B).
    """
    if len(password) > LONGEST:
        raise PasswordError("long")
    password = _normal(password)
    if len(password) < SHORTEST:
        raise PasswordError("short")
    if len(set(password)) < _FEWEST_CHARACTERS or password.casefold() in (email_key, email_key.partition("@")[0]):
        raise PasswordError("simple")
    return password


def _normal(password: str) -> str:
    """The same characters, however a keyboard has put them together."""
    return unicodedata.normalize("NFKC", password)


class Passwords:
    """Hashes and checks. Used from one event loop; close at the end.

    memory_kib: what one hash takes; a password that was hashed with other parameters is hashed anew when it is used.
    """

    def __init__(self, memory_kib: int) -> None:
        self._hasher = PasswordHash((Argon2Hasher(memory_cost=memory_kib, parallelism=1),))
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """password: one that is acceptable."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether it is the one, and its new hash where the parameters have changed.

        stored: None where there is no account or it has no password. That takes as long as a wrong password: else the
        time would tell which addresses have an account.
        """
        if len(password) > LONGEST:
            password = ""  # no password of ours; it still takes its time
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, _normal(password), stored)

    def _verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        if stored is None:
            if self._nobodys is None:
                self._nobodys = self._hasher.hash(new_token())
            self._hasher.verify(password, self._nobodys)
            return False, None
        try:
            return self._hasher.verify_and_update(password, stored)
        except UnknownHashError:
            return False, None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
