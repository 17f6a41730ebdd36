"""The XML of the Europass portal since 2020 in, a JSON Resume out.

Belongs here: the elements of `Candidate`. Not here: Europass before (europass.py).
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from ty_assets.profiles.reading.answer import Note
from ty_assets.profiles.reading.lines import lines_of_text
from ty_assets.profiles.reading.plain import text_of_html

Fields = dict[str, Any]

CANDIDATE = "candidate"
_CEFR = re.compile(r"^[ABC][12]$")
_PRIVATE = {"birthdate": "birth_date", "gendercode": "gender", "nationalitycode": "nationality"}


def resume_of_candidate(root: Element) -> tuple[Fields, list[Note]]:
    """The resume of a tree with plain names (europass.with_plain_names)."""
    person = next(root.iter("candidateperson"), root)
    resume: Fields = {
        "basics": _basics(person),
        "work": [job for employer in root.iter("employerhistory") for job in _jobs(employer)],
        "education": [_study(element) for element in root.iter("educationorganizationattendance")],
        "languages": list(_languages(root, person)),
        "certificates": list(_certificates(root)),
    }
    notes = [
        Note("private_left_out", {"what": what})
        for name, what in _PRIVATE.items()
        if next(root.iter(name), None) is not None
    ]
    return {name: rows for name, rows in resume.items() if rows}, notes


def _first(element: Element | None, *names: str) -> str:
    if element is None:
        return ""
    for name in names:
        for found in element.iter(name):
            if text := " ".join((found.text or "").split()):
                return text
    return ""


def _kept(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value}


def _basics(person: Element) -> Fields:
    name = next(person.iter("personname"), None)
    basics: Fields = {"name": f"{_first(name, 'givenname')} {_first(name, 'familyname')}".strip()}
    for channel in person.iter("communication"):
        code = _first(channel, "channelcode").casefold()
        if "mail" in code:
            address = _first(channel, "uri").removeprefix("mailto:")
            basics.setdefault("email", address if re.fullmatch(r"[^@\s]+@[^@\s]+", address) else "")
        elif "telephone" in code or "phone" in code:
            number = " ".join(
                part for part in (_first(channel, "countrydialing"), _first(channel, "dialnumber")) if part
            )
            basics.setdefault("phone", f"+{number}" if _first(channel, "countrydialing").isdigit() else number)
        address_element = next(channel.iter("address"), None)
        if address_element is not None:
            basics["location"] = _kept(
                {
                    "address": _first(address_element, "addressline"),
                    "postalCode": _first(address_element, "postalcode"),
                    "city": _first(address_element, "cityname"),
                    "countryCode": _first(address_element, "countrycode").upper()[:2],
                }
            )
    return _kept(basics)


def _date(element: Element | None) -> str:
    found = re.match(r"(\d{4})(?:-(\d{2}))?", _first(element, "formatteddatetime"))
    return "-".join(part for part in found.groups() if part) if found else ""


def _period(element: Element) -> Fields:
    start, end = _date(next(element.iter("startdate"), None)), _date(next(element.iter("enddate"), None))
    shared = min(len(start), len(end))
    return _kept({"startDate": start, "endDate": "" if start and end[:shared] < start[:shared] else end})


def _prose(element: Element) -> tuple[str, list[str]]:
    found = next(element.iter("description"), None)
    lines = lines_of_text(text_of_html((found.text or "") if found is not None else ""))
    return "\n".join(line.text for line in lines if not line.bullet), [line.text for line in lines if line.bullet]


def _jobs(employer: Element) -> Iterator[Fields]:
    for position in employer.iter("positionhistory"):
        summary, highlights = _prose(position)
        yield _kept(
            {
                "position": _first(position, "positiontitle"),
                "name": _first(employer, "organizationname"),
                "location": _first(employer, "cityname"),
                **_period(position),
                "summary": summary,
                "highlights": highlights,
            }
        )


def _study(element: Element) -> Fields:
    summary, highlights = _prose(element)
    return _kept(
        {
            "studyType": _first(element, "degreename"),
            "institution": _first(element, "organizationname"),
            **_period(element),
            "courses": [*(line for line in summary.split("\n") if line), *highlights],
        }
    )


def _languages(root: Element, person: Element) -> Iterator[Fields]:
    for element in person.iter("primarylanguagecode"):
        if element.text:
            yield {"language": element.text.strip(), "fluency": "mother tongue"}
    for competency in root.iter("personcompetency"):
        if _first(competency, "taxonomyid").casefold() != "language":
            continue
        levels = [
            text for inner in competency.iter("scoretext") if _CEFR.match(text := (inner.text or "").strip().upper())
        ]
        name = _first(competency, "competencyname") or _first(competency, "competencyid")
        yield _kept({"language": name, "fluency": min(levels, default="")})


def _certificates(root: Element) -> Iterator[Fields]:
    for element in root.iter("certification"):
        if name := _first(element, "certificationname", "certificationtypecode"):
            yield _kept({"name": name, "date": _date(next(element.iter("firstissueddate"), None))})
    for element in root.iter("license"):
        if name := _first(element, "licensename", "licensetypecode"):
            yield {"name": f"Driving licence class {name.upper()}" if len(name) <= 3 else name}
