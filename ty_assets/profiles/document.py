"""What is known of a person, whatever file it came from.

Belongs here: the types every reader of a profile shares, and the identity of a profile. Not here: reading
a file format (json_resume.py), removing the person from the text (anonymise.py), deriving (enrich.py).
"""

import hashlib
import uuid
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ty_assets.profiles.career import Interval, years_covered
from ty_assets.profiles.degrees import is_finished, read_degree

EntryKind = Literal["work", "education", "volunteer", "project", "break"]

BUCKETS = 256  # partitions of people: enough to spread a backfill, few enough for one glance at the UI

# Made once for this project, so that the same person has the same id on every machine.
_NAMESPACE = uuid.UUID("6f0c2a5e-61d6-5a3c-9c63-0b6a3f6f2d11")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contact(_Model):
    """Who the person is and how to reach them; kept apart from all that matching and models read."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None  # lines: street, then postal code and city
    postal_code: str | None = None
    birth_date: str | None = None  # as written
    urls: tuple[str, ...] = ()
    user_names: tuple[str, ...] = ()


class Wishes(_Model):
    remote_only: bool = False
    regions: tuple[str, ...] = ()
    minimum_pay: float | None = None  # euros gross per year


class HistoryEntry(_Model):
    kind: EntryKind
    position: str
    organisation: str | None = None
    started_on: date | None = None
    ended_on: date | None = None  # None: to this day
    description: str = ""  # summary and highlights, one per line

    def interval(self, today: date) -> Interval | None:
        """From start to end, or to today where it goes on; None where the start is unknown or lies ahead."""
        end = min(self.ended_on or today, today)
        if self.started_on is None or self.started_on > end:
            return None
        return Interval(self.started_on, end)


class StatedSkill(_Model):
    name: str
    keywords: tuple[str, ...] = ()
    level: str | None = None


class StatedLanguage(_Model):
    language: str
    fluency: str | None = None
    cefr: str | None = None


class Certificate(_Model):
    name: str
    issuer: str | None = None
    awarded_on: date | None = None


class _Person(_Model):
    profile_id: uuid.UUID
    bucket: int
    headline: str = ""
    summary: str = ""
    language: Literal["de", "en"]
    city: str | None = None
    region: str | None = None
    country: str | None = None
    wishes: Wishes = Wishes()
    work_history: tuple[HistoryEntry, ...] = ()
    skills: tuple[StatedSkill, ...] = ()
    languages: tuple[StatedLanguage, ...] = ()
    certificates: tuple[Certificate, ...] = ()

    def professional_years(self, today: date) -> float:
        """Years of work, overlapping jobs counted once; entries without a start count nothing."""
        intervals = (entry.interval(today) for entry in self.work_history if entry.kind == "work")
        return years_covered([interval for interval in intervals if interval])

    def degree_level(self, today: date) -> int:
        """The highest finished degree: 0 none, else a `Degree.level`."""
        levels = [0]
        for entry in self.work_history:
            degree = read_degree(entry.position) if entry.kind == "education" else None
            if degree and is_finished(entry.started_on, entry.ended_on, today):
                levels.append(degree.level)
        return max(levels)


class ProfileDocument(_Person):
    """A person as read from a file, with name and contact. Only the contact table and letters may see it."""

    contact: Contact = Field(default_factory=Contact)


class AnonymousProfile(_Person):
    """The same person without name and contact: what matching and models see. Made by `anonymised` alone.

    It is a type of its own, so that a type checker refuses a ProfileDocument where a model reads.
    """


def profile_id_of(email: str | None, name: str | None, origin: str) -> uuid.UUID:
    """The person's id: from the e-mail address if there is one, else from name and origin.

    So a new version of the same résumé updates the same profile. `origin` should be stable between
    imports, e.g. an absolute path; two people of one name from two files stay two people.
    """
    if email:
        return uuid.uuid5(_NAMESPACE, f"email:{email.strip().casefold()}")
    return uuid.uuid5(_NAMESPACE, f"name:{' '.join((name or '').split()).casefold()}\norigin:{origin}")


def bucket_of(profile_id: uuid.UUID) -> int:
    """The partition, 0 .. 255; the same on every machine and in every Python."""
    return hashlib.sha256(profile_id.bytes).digest()[0] % BUCKETS
