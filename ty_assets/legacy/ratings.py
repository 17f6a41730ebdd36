"""A row of the old `profile_posting_matches` as a person's rating. Not here: the database (importer.py)."""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from ty_assets.legacy.tables import RowError

_RATINGS = range(-1, 11)  # 1 to 10, and thumbs: 1 and -1
_WHEN = ("rated_at", "updated_at", "computed_at", "created_at")


class Rating(NamedTuple):
    """Columns of match_ratings but the source."""

    profile_id: UUID
    posting_id: UUID
    rating: int | None
    decision: str | None
    comment: str | None
    rated_at: dt.datetime


def is_rated(cells: Mapping[str, str]) -> bool:
    """Most matches were made by machine and looked at by nobody."""
    return any(cells.get(name, "").strip() for name in ("user_rating", "user_feedback", "user_decision"))


def read_rating(
    cells: Mapping[str, str],
    profiles: Mapping[str, UUID],
    postings: Mapping[str, UUID],
    zone: ZoneInfo,
    now: dt.datetime,
) -> Rating:
    """profiles, postings: old id -> ours. Raises: RowError."""
    profile, posting = cells.get("profile_id", "").strip(), cells.get("posting_id", "").strip()
    if profile not in profiles:
        raise RowError(f"profile_id: expected a profile that was taken over, got {profile[:40]!a}")
    if posting not in postings:
        raise RowError(f"posting_id: expected a posting that was taken over, got {posting[:40]!a}")
    text = cells.get("user_rating", "").strip()
    try:
        rating = int(text) if text else None
    except ValueError:
        rating = 99
    if rating is not None and rating not in _RATINGS:
        raise RowError(f"user_rating: expected 1 to 10, or -1 for a thumb down, got {text[:40]!a}")
    return Rating(
        profiles[profile],
        postings[posting],
        rating,
        cells.get("user_decision", "").strip() or None,
        cells.get("user_feedback", "").replace("\x00", "").strip() or None,
        _moment(cells, zone, now),
    )


def _moment(cells: Mapping[str, str], zone: ZoneInfo, now: dt.datetime) -> dt.datetime:
    for name in _WHEN:
        if cells.get(name):
            try:
                moment = dt.datetime.fromisoformat(cells[name])
            except ValueError:
                raise RowError(
                    f"{name}: expected a time such as 2026-02-11 03:12:44, got {cells[name][:40]!a}"
                ) from None
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return now
