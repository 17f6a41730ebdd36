"""A row of the old `postings` as a record of ours, read carefully.

Not here: the quick way for rows that are as usual (quick_postings.py), and the database (posting_rows.py).
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ty_assets.legacy.tables import RowError
from ty_assets.postings.ingest import checked
from ty_assets.postings.normalise import posting_id

# Ours -> theirs, the first that has a value.
FIELDS = {
    "city": ("location_city",),
    "country": ("location_country",),
    "description": ("job_description",),
    "employer": ("organization_name", "posting_name"),
    "external_id": ("external_job_id", "external_id"),
    "occupation_hint": ("beruf",),
    "region": ("location_state",),
    "remote": ("location_remote_options",),
    "source": ("source",),
    "title": ("job_title",),
    "url": ("external_url",),
}
# Kept under `legacy` as they were. Times are not: a database and its export write them differently, and the same row
# has to be the same content from both.
KEPT = (
    "berufenet_id", "berufenet_kldb", "berufenet_name", "berufenet_score", "berufenet_verified", "domain_gate",
    "external_id", "extracted_summary", "invalidated", "invalidated_reason", "location_postal_code", "posting_id",
    "posting_status", "qualification_level", "source_language",
)  # fmt: skip
FIRST_SEEN = ("first_seen_at", "created_at", "imported_at")
LAST_SEEN = ("last_seen_at",)
_TRUE, _FALSE = frozenset({"t", "true"}), frozenset({"f", "false", ""})
_OPEN = frozenset({"", "active", "new", "open", "pending"})
_INVALID = frozenset({"invalid", "invalidated"})


class PostingRow(NamedTuple):
    """A posting to be stored, as bytes in UTF-8. payload: JSON; digest: its content hash, as a file's record has it."""

    old_id: bytes
    posting_id: bytes
    source: bytes
    external_id: bytes
    digest: bytes
    first_day: dt.date
    last_day: dt.date
    clamped: bool  # its first day was before the first partition
    payload: bytes


@dataclass(frozen=True)
class Reading:
    """What reading depends on. start: the first partition; zone: of a day; max_chars: of a description."""

    today: dt.date
    start: dt.date
    zone: ZoneInfo
    max_chars: int

    def row(self, cells: Mapping[str, str]) -> PostingRow:
        """Raises: RowError, RecordError or SourceError for what cannot become a posting."""
        old_id = cells.get("posting_id", "").strip()
        if not old_id:
            raise RowError("posting_id: expected the old id, got nothing")
        first, last = self._day(cells, FIRST_SEEN), self._day(cells, LAST_SEEN)
        payload = {ours: value for ours, names in FIELDS.items() if (value := _first(cells, names))}
        if payload.get("employer") == payload.get("title"):  # their name of a posting without an employer
            payload.pop("employer", None)
        record: dict[str, object] = {**payload}
        record.setdefault("external_id", f"legacy-{old_id}")
        record.setdefault("source", "legacy")
        if "remote" in payload:
            record["remote"] = _flag("location_remote_options", payload["remote"])
        if first is not None:
            record["first_seen_on"] = first.isoformat()
        kept: dict[str, object] = {name: cells[name] for name in KEPT if cells.get(name)}
        if kept.get("external_id") == record["external_id"]:
            kept.pop("external_id", None)
        kept["invalidated"] = invalidated = _flag("invalidated", cells.get("invalidated", ""))
        kept["status"] = status_of(cells.get("posting_status", ""), invalidated)
        record["legacy"] = kept
        checked_record, text = checked(record, "legacy", self.today, self.max_chars)
        source, external_id = checked_record.source, checked_record.external_id
        keys = (old_id.encode(), posting_id(source, external_id).bytes, source.encode(), external_id.encode())
        return self.stored(keys, first, last, text.encode())

    def stored(
        self, keys: tuple[bytes, bytes, bytes, bytes], first: dt.date | None, last: dt.date | None, payload: bytes
    ) -> PostingRow:
        """The row of a payload: its hash, and its days within the partitions there are."""
        seen = first or self.today
        first_day = seen if seen > self.start else self.start
        last_day = min(max(last or first_day, first_day), self.today)
        digest = hashlib.sha256(payload).digest()[:16]
        return PostingRow(*keys, digest, first_day, last_day, seen < self.start, payload)

    def _day(self, cells: Mapping[str, str], names: Sequence[str]) -> dt.date | None:
        for name in names:
            if cells.get(name):
                try:
                    return self.local_day(cells[name])
                except ValueError:
                    raise RowError(
                        f"{name}: expected a time such as 2026-02-11 03:12:44+01, got {cells[name][:40]!a}"
                    ) from None
        return None

    def local_day(self, text: str) -> dt.date:
        """Raises: ValueError."""
        moment = dt.datetime.fromisoformat(text)
        return moment.date() if moment.tzinfo is None else moment.astimezone(self.zone).date()


def status_of(posting_status: str, invalidated: bool) -> str:
    """Our word for theirs: active, stale (filled, closed, ...) or invalidated."""
    word = posting_status.strip().casefold()
    if invalidated or word in _INVALID:
        return "invalidated"
    return "active" if word in _OPEN else "stale"


def _first(cells: Mapping[str, str], names: Sequence[str]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def _flag(name: str, text: str) -> bool:
    word = text.strip().casefold()
    if word not in _TRUE and word not in _FALSE:
        raise RowError(f"{name}: expected t or f, got {text[:40]!a}")
    return word in _TRUE
