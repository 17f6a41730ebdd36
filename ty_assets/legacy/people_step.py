"""The old people, each with their work history, become documents as an imported résumé does."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from ty_assets.legacy.chunks import OldRow
from ty_assets.legacy.people import history_entry, private_texts, resume
from ty_assets.legacy.posting_rows import store_ids
from ty_assets.legacy.tables import RowError
from ty_assets.legacy.takers import Parsed, each
from ty_assets.postings.normalise import text_hash
from ty_assets.profiles.document import ProfileDocument, bucket_of
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.store import store_document
from ty_resources.postgres import Database


@dataclass(frozen=True)
class OldPerson:
    old_id: str
    document: ProfileDocument
    raw: bytes
    entries: int  # rows of work history in it


@dataclass
class OldPeople:
    """Everybody, as read. private: hashes of texts that people wrote about themselves."""

    people: list[OldPerson] = field(default_factory=list)
    private: set[bytes] = field(default_factory=set)
    profiles: Parsed = field(default_factory=Parsed)
    history: Parsed = field(default_factory=Parsed)


def read_people(db: Database, profiles: list[OldRow], history: list[OldRow]) -> OldPeople:
    """Ids stay what they were at an earlier import, also where an address has changed since."""
    told = OldPeople()
    known = {row.cells.get("profile_id", "").strip() for row in profiles} - {""}
    ids: dict[str, UUID] = {
        row["old_id"]: row["new_id"] for row in db.rows("legacy_ids_of", kind="profile", old_ids=list(known))
    }
    entries: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)

    def take_entry(place: str, cells: Mapping[str, str]) -> None:
        owner = cells.get("profile_id", "").strip()
        if owner not in known:
            raise RowError(f"profile_id: expected one of the table profiles, got {owner[:40]!a}")
        entry = history_entry(cells)
        if text := cells.get("job_description"):
            told.private.add(text_hash(text))
        entries[owner].append((place, entry))

    for row in history:
        each(told.history, [row], partial(take_entry, row.place))
    seen: set[str] = set()

    def take_profile(cells: Mapping[str, str]) -> None:
        old_id = cells.get("profile_id", "").strip()
        if not old_id or old_id in seen:
            raise RowError(f"profile_id: expected an id that no other row has, got {old_id[:40]!a}")
        told.private.update(text_hash(text) for text in private_texts(cells))
        person = _person(cells, old_id, [entry for _, entry in entries[old_id]], ids.get(old_id))
        seen.add(old_id)
        told.people.append(person)

    each(told.profiles, profiles, take_profile)
    for owner, mine in entries.items():
        if owner not in seen:
            for place, _ in mine:
                told.history.refuse(place, RowError(f"profile_id: its profile {owner[:40]!a} was refused"))
    return told


def _person(cells: Mapping[str, str], old_id: str, history: list[dict[str, Any]], known: UUID | None) -> OldPerson:
    raw = json.dumps(resume(cells, history), ensure_ascii=False).encode()
    # Not the folder's name: the same person is read again from another export, or from the database.
    document = parse_json_resume(raw, origin(old_id))
    if known is not None:
        document = document.model_copy(update={"profile_id": known, "bucket": bucket_of(known)})
    return OldPerson(old_id, document, raw, len(history))


def origin(old_id: str) -> str:
    """As profile_documents names where a document is from; of a person without an address, part of the identity."""
    return f"legacy profile {old_id}"


def store_people(db: Database, told: OldPeople, *, write: bool) -> None:
    """Store each document that is new or has changed, and count it."""
    for person in told.people:
        number = person.document.profile_id
        there = db.value("legacy_document_is", profile_id=number, document=person.raw.decode())
        for counts, rows in ((told.profiles.counts, 1), (told.history.counts, person.entries)):
            if there:
                counts.already_there += rows
            else:
                counts.stored += rows
        if write:
            if not there:
                store_document(db, person.document, person.raw, origin(person.old_id))
            store_ids(db, "profile", [(person.old_id, number)])
