"""What is wrong with a draft: which field, and what was expected.

Belongs here: the rules. Not here: their wording in two languages (`locales/*/onboarding.json`, `fault.CODE`), and how a
field is shown. A draft without faults is a document that `parse_json_resume` takes.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from serving.onboarding.draft import Certificate, Draft, Entry, KnownLanguage, Training
from serving.onboarding.resume import is_email, is_reversed, places_of, read_pay, resume_of, skill_names
from serving.onboarding.typed_dates import is_date
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.resume_file import ProfileError

LONGEST_LINE: Final = 1_000  # as the schema of documents has it
LONGEST_TEXT: Final = 20_000
MOST_ROWS: Final = 100
MOST_SKILLS: Final = 200
_TEXTS: Final = ("summary", "description", "skills", "places")


class Fault(NamedTuple):
    field: str  # its name in the form; "" where it is about the whole
    code: str
    values: dict[str, Any] = {}  # noqa: RUF012  (nobody changes it)


def faults(draft: Draft) -> list[Fault]:
    """All of them, in the order of the form."""
    found = [*_of_fields(draft, ""), *_of_rows(draft), *_of_wishes(draft), *_of_contact(draft)]
    if not found and _says_nothing(draft):
        found.append(Fault("headline", "nothing"))
    if not found:
        found.extend(_of_document(draft))
    return found


def _says_nothing(draft: Draft) -> bool:
    rows = any(not row.is_empty for row in (*draft.work, *draft.education))
    return not (rows or draft.headline.strip() or skill_names(draft.skills))


def _of_fields(row: BaseModel, prefix: str) -> Iterator[Fault]:
    for name, value in row:
        if not isinstance(value, str):
            continue
        longest = LONGEST_TEXT if name in _TEXTS else LONGEST_LINE
        if len(value) > longest and name != "links":
            yield Fault(prefix + name, "too_long", {"length": len(value), "longest": longest})


def _of_rows(draft: Draft) -> Iterator[Fault]:
    sections: dict[str, Sequence[Entry | Training | KnownLanguage | Certificate]] = {
        "work": draft.work,
        "education": draft.education,
        "languages": draft.languages,
        "certificates": draft.certificates,
    }
    for section, rows in sections.items():
        if len(rows) > MOST_ROWS:
            yield Fault(section, "too_many", {"most": MOST_ROWS})
        for index, row in enumerate(rows):
            yield from _of_row(row, f"{section}-{index}-")
    if len(skill_names(draft.skills)) > MOST_SKILLS:
        yield Fault("skills", "too_many", {"most": MOST_SKILLS})


def _of_row(row: Entry | Training | KnownLanguage | Certificate, prefix: str) -> Iterator[Fault]:
    yield from _of_fields(row, prefix)
    if row.is_empty:
        return
    if isinstance(row, Entry):
        if not row.position.strip() and not row.organisation.strip():
            yield Fault(f"{prefix}position", "position_missing")
        yield from _of_period(row, prefix)
    elif isinstance(row, Training):
        if not row.qualification.strip() and not row.institution.strip():
            yield Fault(f"{prefix}qualification", "qualification_missing")
        yield from _of_period(row, prefix)
    elif isinstance(row, Certificate):
        if not row.name.strip():
            yield Fault(f"{prefix}name", "name_missing")
        if not is_date(row.date):
            yield Fault(f"{prefix}date", "date")


def _of_period(row: Entry | Training, prefix: str) -> Iterator[Fault]:
    if not is_date(row.started):
        yield Fault(f"{prefix}started", "date")
    if not is_date(row.ended, end=True):
        yield Fault(f"{prefix}ended", "end_date")
    if is_reversed(row):
        yield Fault(f"{prefix}ended", "reversed")


def _of_wishes(draft: Draft) -> Iterator[Fault]:
    if draft.minimum_pay.strip() and read_pay(draft.minimum_pay) is None:
        yield Fault("minimum_pay", "pay")
    if any(len(place) > 200 for place in places_of(draft)):
        yield Fault("places", "place_too_long")
    if len(places_of(draft)) > MOST_ROWS:
        yield Fault("places", "too_many", {"most": MOST_ROWS})


def _of_contact(draft: Draft) -> Iterator[Fault]:
    yield from _of_fields(draft.contact, "contact-")
    links = draft.contact.links.splitlines()
    if len(links) > MOST_ROWS:
        yield Fault("contact-links", "too_many", {"most": MOST_ROWS})
    if (longest := max(map(len, links), default=0)) > LONGEST_LINE:
        yield Fault("contact-links", "too_long", {"length": longest, "longest": LONGEST_LINE})
    email = draft.contact.email.strip()
    if email and not is_email(email):
        yield Fault("contact-email", "email")


def _of_document(draft: Draft) -> Iterator[Fault]:
    """What the rules above have missed: the reader of documents has the last word."""
    try:
        parse_json_resume(resume_of(draft), "profile")
    except ProfileError:
        yield Fault("", "document")
