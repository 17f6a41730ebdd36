"""A draft and the JSON Resume document that it says.

Belongs here: from the one to the other, and what a typed skill, sum or list of places means. Not here: the draft itself
(`draft.py`), and what is wrong with it (`faults.py`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from serving.onboarding.draft import Certificate, Contact, Draft, Entry, KnownLanguage, Training
from serving.onboarding.typed_dates import as_typed, iso_date
from ty_assets.profiles.anonymise import without_known
from ty_assets.profiles.career import read_date
from ty_assets.profiles.document import Contact as KnownContact
from ty_assets.profiles.fluency import cefr_of
from ty_assets.profiles.json_resume import birth_date_of

Fields = Mapping[str, Any]

_MOTHER_TONGUE: Final = re.compile(r"mutter\s?sprach|\bnative|mother tongue|erstsprache", re.IGNORECASE)
_BULLET: Final = re.compile(r"^\s*[-–•*]\s+")
_LEVEL: Final = re.compile(r"^(?P<name>.*\S)\s*\((?P<level>[^()]{1,60})\)$")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_LONGEST_EMAIL: Final = 320


# From JSON Resume


def draft_of(resume: Fields) -> Draft:
    """The draft of a document that the schema accepts."""
    basics = resume.get("basics") or {}
    location = basics.get("location") or {}
    wishes = (resume.get("meta") or {}).get("ty") or {}
    pay = wishes.get("minimum_pay")
    draft = Draft(
        headline=_text(basics, "label"),
        summary=_text(basics, "summary"),
        city=_text(location, "city"),
        region=_text(location, "region"),
        country=_text(location, "countryCode"),
        work=tuple(_entries(resume)),
        education=tuple(_training(row) for row in _rows(resume, "education")),
        skills="\n".join(_skill_line(row) for row in _rows(resume, "skills")),
        languages=tuple(_language(row) for row in _rows(resume, "languages")),
        certificates=tuple(
            Certificate(name=_text(row, "name"), issuer=_text(row, "issuer"), date=_text(row, "date"))
            for row in _rows(resume, "certificates")
        ),
        remote_only=bool(wishes.get("remote_only")),
        places=", ".join(wishes.get("regions") or ()),
        minimum_pay=f"{pay:.0f}" if pay is not None else "",
        contact=Contact(
            name=_text(basics, "name"),
            email=_text(basics, "email"),
            phone=_text(basics, "phone"),
            street=_text(location, "address"),
            postal_code=_text(location, "postalCode"),
            links="\n".join(_links(basics)),
        ),
    )
    born = birth_date_of(basics)
    return _without_birth_date(draft, born) if born else draft


def _without_birth_date(draft: Draft, born: str) -> Draft:
    """Where it is written in a text as well it goes there, too: once it is forgotten nobody could find it."""
    known = KnownContact(birth_date=born)
    entries = [row.model_copy(update={"description": without_known(row.description, known)}) for row in draft.work]
    return draft.model_copy(update={"summary": without_known(draft.summary, known), "work": tuple(entries)})


def _text(row: Fields, name: str) -> str:
    return (row.get(name) or "").strip()


def _rows(resume: Fields, section: str) -> list[Fields]:
    return resume.get(section) or []


def _described(row: Fields, *paragraphs: str, bullets: str = "highlights") -> str:
    listed = [f"- {_BULLET.sub('', text).strip()}" for text in row.get(bullets) or () if text and text.strip()]
    return "\n".join([*(text for text in paragraphs if text), *listed])


def _entries(resume: Fields) -> Iterator[Entry]:
    for row in _rows(resume, "work"):
        # As matching reads them: the description is about the employer, unless nothing else is there.
        told = _described(row, _text(row, "summary")) or _text(row, "description")
        yield Entry(position=_text(row, "position"), organisation=_text(row, "name"), description=told, **_period(row))
    for row in _rows(resume, "volunteer"):
        yield Entry(
            kind="volunteer",
            position=_text(row, "position"),
            organisation=_text(row, "organization"),
            description=_described(row, _text(row, "summary")),
            **_period(row),
        )
    for row in _rows(resume, "projects"):
        roles, name = ", ".join(filter(None, row.get("roles") or ())), _text(row, "name")
        words = ", ".join(filter(None, row.get("keywords") or ()))
        told = _described(row, name if roles else "", _text(row, "description"))
        yield Entry(
            kind="project",
            position=roles or name,
            organisation=_text(row, "entity"),
            description="\n".join(filter(None, (told, words))),
            **_period(row),
        )


def _period(row: Fields) -> dict[str, str]:
    started, ended = _text(row, "startDate"), _text(row, "endDate")
    return {"started": as_typed(started), "ended": as_typed(ended, end=True)}


def _training(row: Fields) -> Training:
    study, area = _text(row, "studyType"), _text(row, "area")
    return Training(
        qualification=area if study in area else f"{study} {area}".strip(),
        institution=_text(row, "institution"),
        description=_described(row, bullets="courses"),
        **_period(row),
    )


def _skill_line(row: Fields) -> str:
    name, level = _text(row, "name"), _text(row, "level")
    words = ", ".join(word.strip() for word in row.get("keywords") or () if word and word.strip())
    # A level that nobody understands says nothing, and would be read as part of the name.
    shown = f"{name} ({level})" if name and cefr_of(level) and "(" not in level else name
    return f"{shown}: {words}" if shown and words else shown or words


def _language(row: Fields) -> KnownLanguage:
    name, fluency = _text(row, "language"), _text(row, "fluency")
    native = _MOTHER_TONGUE.search(fluency)
    return KnownLanguage(name=name, level="native" if native else cefr_of(fluency) or cefr_of(name) or "")


def _links(basics: Fields) -> Iterator[str]:
    profiles = basics.get("profiles") or ()
    said = [_text(basics, "url"), *(_text(row, "url") or _text(row, "username") for row in profiles)]
    yield from dict.fromkeys(filter(None, said))


# To JSON Resume


def resume_of(draft: Draft) -> dict[str, Any]:
    """The document that the draft says. What cannot be read, such as a date of another form, is left out."""
    links = [line.strip() for line in draft.contact.links.splitlines() if line.strip()]
    basics = {
        "name": draft.contact.name,
        "label": draft.headline,
        "email": draft.contact.email if is_email(draft.contact.email.strip()) else "",
        "phone": draft.contact.phone,
        "summary": draft.summary,
        "location": _said(
            address=draft.contact.street,
            postalCode=draft.contact.postal_code,
            city=draft.city,
            region=draft.region,
            countryCode=draft.country,
        ),
        "profiles": [{"url": link} if "." in link or "/" in link else {"username": link} for link in links],
    }
    sections: dict[str, Any] = {"basics": _said(**basics)}
    for section, rows in _sections(draft).items():
        if rows:
            sections[section] = rows
    pay = read_pay(draft.minimum_pay)
    wishes = {"remote_only": draft.remote_only, "regions": places_of(draft), "minimum_pay": pay}
    return sections | {"meta": {"ty": wishes}}


def _sections(draft: Draft) -> dict[str, list[dict[str, Any]]]:
    work = [row for row in draft.work if not row.is_empty]
    return {
        "work": [_said(name=e.organisation, position=e.position, **_told(e)) for e in work if e.kind == "work"],
        "volunteer": [
            _said(organization=e.organisation, position=e.position, **_told(e)) for e in work if e.kind == "volunteer"
        ],
        "projects": [
            _said(entity=e.organisation, name=e.position, **_told(e, "description"))
            for e in work
            if e.kind == "project"
        ],
        "education": [
            _said(area=t.qualification, institution=t.institution, **_dates(t), courses=_lines(t.description))
            for t in draft.education
            if not t.is_empty
        ],
        "skills": list(_skills(draft.skills)),
        "languages": [_said(language=k.name, fluency=k.level) for k in draft.languages if not k.is_empty],
        "certificates": [
            _said(name=c.name, issuer=c.issuer, date=iso_date(c.date)) for c in draft.certificates if not c.is_empty
        ],
    }


def _said(**fields: Any) -> dict[str, Any]:
    """The fields that say something."""
    trimmed = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    return {name: value for name, value in trimmed.items() if value}


def _dates(row: Entry | Training) -> dict[str, str | None]:
    started, ended = iso_date(row.started), iso_date(row.ended)
    return {"startDate": started, "endDate": None if is_reversed(row) else ended}


def is_reversed(row: Entry | Training) -> bool:
    """Whether it ends before it begins."""
    started, ended = iso_date(row.started), iso_date(row.ended)
    return bool(started and ended and read_date(ended, end=True) < read_date(started, end=False))


def is_email(typed: str) -> bool:
    return len(typed) <= _LONGEST_EMAIL and _EMAIL.fullmatch(typed) is not None


def _told(entry: Entry, paragraph: str = "summary") -> dict[str, Any]:
    """Dates and text; the lines at the end that begin with a dash are its highlights."""
    lines = entry.description.strip().splitlines()
    first = len(lines)
    while first and (not lines[first - 1].strip() or _BULLET.match(lines[first - 1])):
        first -= 1
    listed = [_BULLET.sub("", line).strip() for line in lines[first:] if line.strip()]
    return {**_dates(entry), paragraph: "\n".join(lines[:first]), "highlights": listed}


def _lines(text: str) -> list[str]:
    return [_BULLET.sub("", line).strip() for line in text.splitlines() if line.strip()]


def _skills(text: str) -> Iterator[dict[str, Any]]:
    for line in _lines(text):
        name, colon, words = line.partition(": ")
        if colon:
            yield _skill(name.strip()) | {"keywords": [word.strip() for word in words.split(",") if word.strip()]}
        else:
            yield from (_skill(part.strip()) for part in re.split(r"[,;](?![^()]*\))", line) if part.strip())


def _skill(written: str) -> dict[str, Any]:
    found = _LEVEL.match(written)
    if found and cefr_of(found["level"]):
        return {"name": found["name"], "level": found["level"]}
    return {"name": written}


def skill_names(text: str) -> list[str]:
    """The names and words of the skills that were typed."""
    return [name for row in _skills(text) for name in (row["name"], *row.get("keywords", ()))]


def places_of(draft: Draft) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in re.split(r"[,;\n]", draft.places) if part.strip()))


def read_pay(text: str) -> float | None:
    """Euros a year: "45000", "45.000 €", "45,000"; None for nothing and for what is no sum."""
    digits = re.sub(r"(?:€|euro?s?|eur)|[\s.,'’](?=\d{3}(?!\d))|\s", "", text.strip(), flags=re.IGNORECASE)
    digits = re.sub(r"[.,]\d{1,2}$", "", digits)
    return float(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else None
