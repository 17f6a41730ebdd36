"""Which posting is meant, and how its text has changed since it came."""

import datetime as dt
import difflib
import uuid
from collections.abc import Sequence
from typing import Any

from ty_assets.postings.normalise import normalise_text
from ty_assets.postings.record import parse_record
from ty_resources.postgres import Database, Row


class PostingError(ValueError):
    """No one posting is meant: what was expected, what came."""


def find_posting(db: Database, beginning: str) -> uuid.UUID:
    """Raises: PostingError where the beginning fits no posting, or several."""
    found = db.rows("find_postings", beginning=beginning)
    if len(found) != 1:
        got = "none" if not found else f"several, such as {found[0]['posting_id']} and {found[1]['posting_id']}"
        raise PostingError(f"posting {beginning!r}: expected the beginning of one id or a source's number, got {got}")
    posting_id: uuid.UUID = found[0]["posting_id"]
    return posting_id


def text_changes(versions: Sequence[Row]) -> list[dict[str, Any]]:
    """Each version with the lines that it added (+) and removed (-) against the one before it."""
    told: list[dict[str, Any]] = []
    before: list[str] | None = None
    for version in versions:
        lines = _lines(version["payload"])
        changes: list[str] = []
        if before is not None:
            compared = difflib.unified_diff(before, lines, lineterm="", n=0)
            changes = [line for line in compared if line[:1] in "+-" and not line.startswith(("+++", "---"))]
        told.append({"fetched_on": version["fetched_on"], "origin": version["origin"], "changes": changes})
        before = lines
    return told


def _lines(payload: dict[str, Any]) -> list[str]:
    record = parse_record({"source": "", "external_id": "", **payload}, dt.date.max, max_chars=2**31)
    return [record.title, *normalise_text(record.description).splitlines()]
