"""JSON Resume 1.0 in, a ProfileDocument out.

Belongs here: what each field of the format means for a profile. Not here: whether the file is sound
(resume_file.py) and what is derived from a profile (enrich.py). Awards, publications, interests and
references are kept in the stored document and not read: they name other people or say little of a job.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, Literal

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from ty_assets.postings.normalise import normalise_text
from ty_assets.profiles.career import read_date
from ty_assets.profiles.document import (
    Certificate,
    Contact,
    EntryKind,
    HistoryEntry,
    ProfileDocument,
    StatedLanguage,
    StatedSkill,
    Wishes,
    bucket_of,
    profile_id_of,
)
from ty_assets.profiles.fluency import cefr_of
from ty_assets.profiles.positions import is_break
from ty_assets.profiles.resume_file import ProfileError, Violation, read_resume

__all__ = ["ProfileError", "birth_date_of", "parse_json_resume"]

Fields = dict[str, Any]

# Exporters write a birth date under one of these, although the format has none.
_BIRTH_FIELDS = ("birthDate", "birthdate", "dateOfBirth", "birthday", "birth_date", "dob", "geburtsdatum")
_LANGUAGE_SAMPLE = 5000  # characters; more does not change the answer


def parse_json_resume(document: bytes | str | dict[str, Any], origin: str) -> ProfileDocument:
    """Read one résumé.

    origin: where it comes from, for messages and, if it names no e-mail address, for the identity; give a
    stable one such as an absolute path. Raises ProfileError, which lists all violations.
    """
    resume = read_resume(document, origin)
    violations = list(_reversed_periods(resume))
    if violations:
        raise ProfileError(origin, violations)
    basics = resume.get("basics") or {}
    location = basics.get("location") or {}
    contact = _contact(basics, location)
    profile_id = profile_id_of(contact.email, contact.name, origin)
    history = (*_work(resume), *_education(resume), *_volunteer(resume), *_projects(resume))
    headline, summary = _line(basics.get("label")), _text(basics.get("summary"))
    country = _line(location.get("countryCode")) or None
    texts = [headline, summary, *(f"{entry.position}\n{entry.description}" for entry in history)]
    return ProfileDocument(
        profile_id=profile_id,
        bucket=bucket_of(profile_id),
        contact=contact,
        headline=headline,
        summary=summary,
        language=_language("\n".join(text for text in texts if text.strip()), country),
        city=_line(location.get("city")) or None,
        region=_line(location.get("region")) or None,
        country=country,
        wishes=Wishes(**((resume.get("meta") or {}).get("ty") or {})),
        work_history=history,
        skills=tuple(_skills(resume)),
        languages=tuple(_languages(resume)),
        certificates=tuple(_certificates(resume)),
    )


def _text(value: str | None) -> str:
    return normalise_text(value) if value and value.strip() else ""


def _line(value: str | None) -> str:
    return " ".join(_text(value).split())


def _lines(values: list[str | None] | None) -> tuple[str, ...]:
    return tuple(line for line in map(_line, values or ()) if line)


def _rows(resume: Fields, section: str) -> list[Fields]:
    return resume.get(section) or []


def _day(value: str | None, *, end: bool) -> date | None:
    return read_date(value, end=end) if value and value.strip() else None


def _reversed_periods(resume: Fields) -> Iterator[Violation]:
    for section in ("work", "volunteer", "education", "projects"):
        for index, row in enumerate(_rows(resume, section)):
            start, end = _day(row.get("startDate"), end=False), _day(row.get("endDate"), end=True)
            if start and end and end < start:
                expected = f"a day on or after startDate {row['startDate']}"
                advice = "correct one of the two dates"
                yield Violation(f"$.{section}[{index}].endDate", expected, f'"{row["endDate"]}"', advice)


def _contact(basics: Fields, location: Fields) -> Contact:
    postal_code, street = _line(location.get("postalCode")), _line(location.get("address"))
    place = " ".join(part for part in (postal_code, _line(location.get("city"))) if part)
    accounts = basics.get("profiles") or []
    urls = _lines([basics.get("url"), *(account.get("url") for account in accounts)])
    return Contact(
        name=_line(basics.get("name")) or None,
        email=_line(basics.get("email")) or None,
        phone=_line(basics.get("phone")) or None,
        address="\n".join(part for part in (street, place) if part) if street or postal_code else None,
        postal_code=postal_code or None,
        birth_date=birth_date_of(basics),
        urls=urls,
        user_names=_lines([account.get("username") for account in accounts]),
    )


def birth_date_of(basics: Mapping[str, Any]) -> str | None:
    """As it is written; None where there is none."""
    return next((_line(str(basics[name])) for name in _BIRTH_FIELDS if basics.get(name)), None)


def _entry(kind: EntryKind, row: Fields, position: str, organisation: str, parts: list[str]) -> HistoryEntry:
    return HistoryEntry(
        kind=kind,
        position=position or organisation,
        organisation=organisation or None,
        started_on=_day(row.get("startDate"), end=False),
        ended_on=_day(row.get("endDate"), end=True),
        description="\n".join(part for part in parts if part),
    )


def _bullets(texts: list[str | None] | None) -> str:
    return "\n".join(f"- {re.sub(r'^[-•*] ', '', text)}" for text in map(_text, texts or ()) if text)


def _work(resume: Fields) -> Iterator[HistoryEntry]:
    for row in _rows(resume, "work"):
        own = [_text(row.get("summary")), _bullets(row.get("highlights"))]
        # the format's `description` is about the company, but some put their own text there and nowhere else
        parts = own if any(own) else [_text(row.get("description"))]
        position = _line(row.get("position"))
        yield _entry("break" if is_break(position) else "work", row, position, _line(row.get("name")), parts)


def _education(resume: Fields) -> Iterator[HistoryEntry]:
    for row in _rows(resume, "education"):
        study, area = _line(row.get("studyType")), _line(row.get("area"))
        position = area if study in area else f"{study} {area}".strip()
        yield _entry("education", row, position, _line(row.get("institution")), [_bullets(row.get("courses"))])


def _volunteer(resume: Fields) -> Iterator[HistoryEntry]:
    for row in _rows(resume, "volunteer"):
        parts = [_text(row.get("summary")), _bullets(row.get("highlights"))]
        yield _entry("volunteer", row, _line(row.get("position")), _line(row.get("organization")), parts)


def _projects(resume: Fields) -> Iterator[HistoryEntry]:
    for row in _rows(resume, "projects"):
        roles, name = ", ".join(_lines(row.get("roles"))), _line(row.get("name"))
        keywords = ", ".join(_lines(row.get("keywords")))
        parts = [
            name if roles else "",
            _text(row.get("description")),
            _bullets(row.get("highlights")),
            keywords,
        ]
        yield _entry("project", row, roles or name, _line(row.get("entity")), parts)


def _skills(resume: Fields) -> Iterator[StatedSkill]:
    for row in _rows(resume, "skills"):
        name, keywords = _line(row.get("name")), _lines(row.get("keywords"))
        if name or keywords:
            yield StatedSkill(name=name, keywords=keywords, level=_line(row.get("level")) or None)


def _languages(resume: Fields) -> Iterator[StatedLanguage]:
    for row in _rows(resume, "languages"):
        language, fluency = _line(row.get("language")), _line(row.get("fluency"))
        if language:
            yield StatedLanguage(language=language, fluency=fluency or None, cefr=cefr_of(fluency) or cefr_of(language))


def _certificates(resume: Fields) -> Iterator[Certificate]:
    for row in _rows(resume, "certificates"):
        if name := _line(row.get("name")):
            awarded_on = _day(row.get("date"), end=False)
            yield Certificate(name=name, issuer=_line(row.get("issuer")) or None, awarded_on=awarded_on)


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(["de", "en"])
    return identifier


def _language(text: str, country: str | None) -> Literal["de", "en"]:
    """By the text; where there is none, by the country."""
    if not text:
        return "de" if (country or "").upper() in ("", "DE", "AT", "CH", "LI", "LU") else "en"
    return "de" if _identifier().classify(text[:_LANGUAGE_SAMPLE])[0] == "de" else "en"
