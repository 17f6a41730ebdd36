"""What a source delivers, checked; and the posting that is made of it.

Belongs here: field names and their aliases, what makes a record unusable and how to say so, the columns of a
posting that follow from the record alone. Not here: fetching (ty_resources.sources) and the database.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ty_assets.postings.job_facts import place_key
from ty_assets.postings.language import detect_language
from ty_assets.postings.normalise import content_hash, normalise_text, normalise_title, posting_id
from ty_assets.postings.pay import most_offered
from ty_assets.postings.prefilter import prefilter
from ty_assets.postings.remote import offers_remote

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "source": (),
    "external_id": ("id", "refnr", "job_id", "jobId", "reference_number"),
    "title": ("job_title", "titel", "jobTitle"),
    "description": ("text", "job_description", "beschreibung", "jobDescription"),
    "employer": ("company", "arbeitgeber", "organization", "company_name"),
    "city": ("location", "ort"),
    "region": ("state", "bundesland"),
    "country": ("land", "country_code"),
    "remote": ("homeoffice", "is_remote"),
    "url": ("link", "job_url"),
    "occupation_hint": ("beruf", "occupation"),
    "published_on": ("date_posted", "datePosted", "published_at"),
    "valid_through": ("validThrough", "expires_on"),
    "first_seen_on": ("first_seen",),
}
_SECTIONS: Final = ("introduction", "tasks", "requirements", "benefits")  # joined in this order
_DATES: Final = ("published_on", "valid_through", "first_seen_on")
# valid_through lies in the future by nature
_PAST_DATES: Final = ("published_on", "first_seen_on")
_YES = frozenset({"true", "yes", "ja", "1", "y", "j"})
_NO = frozenset({"false", "no", "nein", "0", "n"})
_LONGEST_KEY = 512  # a key's row in a Postgres index has to fit in a third of a page
_LONGEST_LINE = 2000  # of a title, a name, an address, a link: what is longer is text in the wrong field
_SHOWN = 60  # characters of a wrong value in an error message
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class RecordError(ValueError):
    """A record that cannot become a posting. `field` names what is wrong with it; '' for the whole record."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class RawPosting(BaseModel):
    """A posting as a source delivered it, checked but not normalised. `payload` is everything it sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    external_id: str
    title: str
    description: str
    employer: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    remote: bool | None = None
    url: str | None = None
    occupation_hint: str | None = None
    published_on: dt.date | None = None
    valid_through: dt.date | None = None
    first_seen_on: dt.date | None = None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Posting:
    """The columns of table `postings` that need no database; status, sightings, duplicates come later."""

    posting_id: UUID
    source: str
    external_id: str
    content_hash: bytes
    first_seen_on: dt.date
    title: str
    title_normalised: str
    description: str
    language: str
    employer: str | None
    city: str | None
    region: str | None
    country: str | None
    remote: bool | None
    url: str | None
    occupation_hint: str | None
    published_on: dt.date | None
    valid_through: dt.date | None
    in_scope: bool
    scope_reasons: list[str]
    pay: float | None  # the most it offers, euros gross a year; None where it does not say


def parse_record(payload: Mapping[str, Any], today: dt.date, max_chars: int) -> RawPosting:
    """Check what a source delivered. `today` is the day of the fetch; `max_chars` the longest text accepted.

    Raises RecordError for a record without title or description, with NUL bytes, characters that were broken
    on their way, a date in the future, a text over `max_chars` or a value of the wrong type. A record without
    an id gets one from its content, so the same text is the same posting.
    """
    if not isinstance(payload, Mapping):
        raise _wrong("record", "an object with named fields", _show(payload), "write one JSON object per line")
    given = _by_field(payload)
    if not given.get("description"):
        given["description"] = _join_sections(payload)
    values: dict[str, Any] = {
        field: _text(field, given.get(field), max_chars) for field in _ALIASES if field not in (*_DATES, "remote")
    }
    for field, remedy in (
        ("title", "give the job title in `title`"),
        (
            "description",
            "give the advertisement's text in `description` or as sections " + ", ".join(_SECTIONS),
        ),
    ):
        if not values[field]:
            raise _wrong(field, "a text that is not empty", _show(given.get(field)), remedy)
    for field in _DATES:
        values[field] = _date(field, given.get(field), today)
    values["remote"] = _flag("remote", given.get("remote"))
    values["source"] = values["source"] or "file"
    values["external_id"] = values["external_id"] or content_hash(values["title"], values["description"]).hex()
    return RawPosting(payload=dict(payload), **values)


def to_posting(record: RawPosting, first_seen_on: dt.date) -> Posting:
    """Normalise a checked record. The record's own `first_seen_on` wins over the day given. Pure."""
    title = _one_line(record.title) or record.title
    description = normalise_text(record.description)
    language = detect_language(f"{title}\n{description}")
    scope = prefilter(title, description, language)
    return Posting(
        posting_id=posting_id(record.source, record.external_id),
        source=record.source,
        external_id=record.external_id,
        content_hash=content_hash(title, description, place_key(record.city) or ""),
        first_seen_on=record.first_seen_on or first_seen_on,
        title=title,
        title_normalised=normalise_title(title),
        description=description,
        language=language,
        employer=_one_line(record.employer),
        city=_one_line(record.city),
        region=_one_line(record.region),
        country=_one_line(record.country),
        remote=(offers_remote(title, description) or None) if record.remote is None else record.remote,
        url=record.url,
        occupation_hint=_one_line(record.occupation_hint),
        published_on=record.published_on,
        valid_through=record.valid_through,
        in_scope=scope.in_scope,
        scope_reasons=list(scope.reasons),
        pay=most_offered(f"{title}\n{description}"),
    )


def _one_line(text: str | None) -> str | None:
    return (" ".join(normalise_text(text).split()) or None) if text else None


def _by_field(payload: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for field, aliases in _ALIASES.items():
        for name in (field, *aliases):
            if payload.get(name) not in (None, ""):
                given[field] = payload[name]
                break
    return given


def _join_sections(payload: Mapping[str, Any]) -> str | None:
    sections = []
    for name in _SECTIONS:
        section = payload.get(name)
        if isinstance(section, list) and all(isinstance(line, str) for line in section):
            section = "\n".join(section)
        if section is not None and not isinstance(section, str):
            raise _wrong(name, "a text or a list of texts", _show(section), "write the section as text")
        if section and section.strip():
            sections.append(section)
    return "\n\n".join(sections) or None


def _text(field: str, value: Any, max_chars: int) -> str | None:
    if value is None:
        return None
    if field == "external_id" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _wrong(field, "a text", _show(value), f"write `{field}` as a string")
    if field in ("source", "external_id") and len(value) > _LONGEST_KEY:
        remedy = "give a short, stable identifier"
        raise _wrong(field, f"at most {_LONGEST_KEY} characters", f"{len(value):,}", remedy)
    max_chars = max_chars if field == "description" else _LONGEST_LINE
    if len(value) > max_chars:
        longest = "check the source, or raise TY_MAX_POSTING_CHARS"
        remedy = longest if field == "description" else "check whether text came in the wrong field"
        raise _wrong(field, f"at most {max_chars:,} characters", f"{len(value):,}", remedy)
    if "\x00" in value:
        remedy = "remove them where the text was exported"
        raise _wrong(field, "text without NUL bytes", f"one at character {value.index(chr(0))}", remedy)
    if broken := _LONE_SURROGATE.search(value) or re.search("\ufffd", value):
        remedy = "read the source in its own encoding and deliver UTF-8"
        got = f"a broken character at {broken.start()}: {_show(value[max(0, broken.start() - 15) :])}"
        raise _wrong(field, "valid UTF-8", got, remedy)
    return value.strip() or None


def _date(field: str, value: Any, today: dt.date) -> dt.date | None:
    if value is None:
        return None
    remedy = "write dates as YYYY-MM-DD"
    if isinstance(value, dt.datetime):
        day = value.date()
    elif isinstance(value, dt.date):
        day = value
    elif isinstance(value, str):
        try:
            day = dt.datetime.fromisoformat(value.strip()).date()
        except ValueError:
            raise _wrong(field, "a date", _show(value), remedy) from None
    else:
        raise _wrong(field, "a date", _show(value), remedy)
    if field in _PAST_DATES and day > today:
        raise _wrong(field, f"a day up to {today}", str(day), "correct the date or deliver it on its day")
    return day


def _flag(field: str, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise _wrong(field, "true or false", _show(value), "write true, false or leave it out")


def _wrong(field: str, expected: str, got: str, remedy: str) -> RecordError:
    return RecordError(field, f"expected {expected}, got {got}; {remedy}")


def _show(value: Any) -> str:
    if value is None:
        return "nothing"
    shown = ascii(value) if isinstance(value, str) else f"{type(value).__name__} {value!a}"
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
