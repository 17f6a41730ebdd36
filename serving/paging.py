"""Pages of a long list, by an opaque cursor: the sort key of the last row that was shown.

Belongs here: cursors and what is in them. Not here: any list (`matches`).
"""

import base64
import binascii
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

Read = TypeVar("Read", bound=BaseModel)


class CursorError(ValueError):
    """A page cursor that this program did not make."""


class Page(NamedTuple, Generic[Read]):
    rows: list[Read]
    next: str | None  # the cursor of the page after this one


def page(rows: Sequence[Read], limit: int, cursor: Callable[[Read], str]) -> Page[Read]:
    """rows: up to limit + 1 of them; the one too many says that there is a next page."""
    shown = list(rows[:limit])
    return Page(shown, cursor(shown[-1]) if len(rows) > limit else None)


def encode(*parts: object) -> str:
    """An opaque cursor, so that nobody builds one by hand and the sort key may change."""
    return base64.urlsafe_b64encode(" ".join(map(str, parts)).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: Callable[[str], Any]) -> tuple[Any, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(" ")
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, binascii.Error):
        raise CursorError("this page cursor is not one of ours; start again at the first page") from None


def finite(text: str) -> float:
    """A number of a sort key as it was encoded."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected a number, got {text}")
    return number


def as_real(value: float) -> float:
    """The nearest single-precision number, as a score is stored; Postgres would refuse to cast 1e-46."""
    return float(struct.unpack("f", struct.pack("f", value))[0])
