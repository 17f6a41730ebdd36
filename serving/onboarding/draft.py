"""A profile as somebody is typing it: every field as it was typed, right or wrong, so that nothing is lost.

Belongs here: what there is to type. Not here: the document that a draft says (`resume.py`), what is wrong with it
(`faults.py`), the form's field names (`fields.py`) and where it is kept (`drafts.py`). A draft has no birth date and no
picture, so that neither is kept.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Typed(BaseModel):
    # A draft may be older than the form: what it has and the form has no longer does no harm.
    model_config = ConfigDict(extra="ignore", frozen=True)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed; a choice from a list alone is nothing."""
        return not any(
            value.strip() for name, value in self if isinstance(value, str) and name not in ("kind", "level")
        )


class Entry(_Typed):
    """A job, voluntary work or a project."""

    kind: Literal["work", "volunteer", "project"] = "work"
    position: str = ""
    organisation: str = ""
    started: str = ""
    ended: str = ""
    description: str = ""


class Training(_Typed):
    qualification: str = ""
    institution: str = ""
    started: str = ""
    ended: str = ""
    description: str = ""


class KnownLanguage(_Typed):
    name: str = ""
    level: str = ""  # native, C2 .. A1, or nothing


class Certificate(_Typed):
    name: str = ""
    issuer: str = ""
    date: str = ""


class Contact(_Typed):
    """Kept apart from what matching and models see."""

    name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    links: str = ""  # a URL or user name a line


class Draft(_Typed):
    headline: str = ""
    summary: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    work: tuple[Entry, ...] = ()
    education: tuple[Training, ...] = ()
    skills: str = ""  # one a line: name (level): word, word
    languages: tuple[KnownLanguage, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    remote_only: bool = False
    places: str = ""  # by commas or lines
    minimum_pay: str = ""
    contact: Contact = Contact()
    occupation: str = ""  # code chosen in the guided profile; leads to suggestions and is no part of the profile
