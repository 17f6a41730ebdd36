"""Europass in, a JSON Resume out: XML of the versions 2 and 3, and JSON of version 3.

Belongs here: what the format's elements mean. Not here: XML and its dangers (xml_tree.py), Europass since 2020
(candidate.py).

The versions differ in case and in lists around the elements, so names are compared in lower case wherever they stand;
JSON becomes the same tree.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from ty_assets.profiles.reading.answer import Note
from ty_assets.profiles.reading.entries import with_whole_bullets
from ty_assets.profiles.reading.lines import lines_of_text
from ty_assets.profiles.reading.plain import text_of_html
from ty_assets.profiles.reading.skills import skills_of

Fields = dict[str, Any]

ROOTS = ("learnerinfo", "skillspassport")
_CEFR = re.compile(r"^[ABC][12]$")
_DEMOGRAPHICS = {"birthdate": "birth_date", "gender": "gender", "nationality": "nationality"}
_PROSE_WORDS = 9  # of a line; more are a sentence and no skill
_MARKUP = re.compile(r"<\s*/?\s*[a-zA-Z]")
_COUNTRIES = {"UK": "GB", "EL": "GR"}  # the European Union's own codes


def tree_of_json(value: Any, name: str = "skillspassport") -> Element:
    """JSON as the tree that XML would have given; lists become repeated elements."""
    element = Element(name.casefold())
    if isinstance(value, dict):
        for key, inner in value.items():
            for one in inner if isinstance(inner, list) else [inner]:
                element.append(tree_of_json(one, str(key)))
    elif isinstance(value, list):
        element.extend(tree_of_json(one, name) for one in value)
    elif value is not None:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    return element


def with_plain_names(root: Element) -> Element:
    """The same tree with names in lower case and without name spaces."""
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2].casefold()
        element.attrib = {key.rpartition("}")[2].casefold(): value for key, value in element.attrib.items()}
    return root


def resume_of_europass(root: Element) -> tuple[Fields, list[Note]]:
    """The resume of a tree with plain names."""
    resume: Fields = {"basics": _basics(root)}
    resume["work"] = [_job(element) for element in root.iter("workexperience")]
    resume["education"] = [_study(element) for element in root.iter("education")]
    resume["languages"] = list(_languages(root))
    skills, statements = _skills(root)
    resume["skills"] = skills
    resume["certificates"] = [*_licences(root), *_language_certificates(root)]
    summary = [str(resume["basics"].get("summary", "")), *statements]
    if text := "\n".join(part for part in summary if part):
        resume["basics"]["summary"] = text
    notes = [
        Note("private_left_out", {"what": what})
        for name, what in _DEMOGRAPHICS.items()
        if any(_all_text(element) not in ("", "NA") or element.attrib for element in root.iter(name))
    ]
    if any(_all_text(photo) for photo in root.iter("photo")):
        notes.append(Note("private_left_out", {"what": "photo"}))
    notes += _left_out(root)
    return {name: rows for name, rows in resume.items() if rows}, notes


def birth_dates(root: Element) -> Iterator[str]:
    for element in root.iter("birthdate"):
        year, month, day = (_part_of_date(element, part) for part in ("year", "month", "day"))
        if year and month and day:
            yield f"{year}-{int(month):02}-{int(day):02}"
        elif text := _all_text(element):
            yield text


def _left_out(root: Element) -> Iterator[Note]:
    for achievement in root.iter("achievement"):
        heading = _text(achievement, "title/label")
        code = _text(achievement, "title/code")
        section = {"publications": "publications", "references": "references", "honors_awards": "awards"}.get(
            code, "other"
        )
        yield Note("section_left_out", {"section": section, "heading": heading})


def _find(element: Element, path: str) -> Element | None:
    return element.find(path)


def _text(element: Element, path: str) -> str:
    found = _find(element, path)
    return " ".join((found.text or "").split()) if found is not None else ""


def _first(element: Element, name: str) -> str:
    """The text of the first element of this name, however deep."""
    found = next(element.iter(name), None)
    return " ".join((found.text or "").split()) if found is not None else ""


def _all_text(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _prose(element: Element, path: str) -> str:
    found = _find(element, path)
    text = (found.text or "") if found is not None else ""
    return text_of_html(text).strip() if _MARKUP.search(text) else text.strip()


def _basics(root: Element) -> Fields:
    basics: Fields = {}
    person = next(root.iter("identification"), None)
    if person is not None:
        first, last = _first(person, "firstname"), _first(person, "surname") or _first(person, "lastname")
        basics["name"] = f"{first} {last}".strip()
        email = next((_all_text(element) for element in person.iter("email")), "")
        basics["email"] = email.split()[0] if re.fullmatch(r"[^@\s]+@[^@\s]+(?:\s.*)?", email) else ""
        # version 2 has one element for each kind of phone, version 3 a list with the use of each
        phones = [_text(element, "contact") or (element.text or "").strip() for element in person.iter("telephone")]
        phones += [(element.text or "").strip() for element in person.iter("mobile")]
        basics["phone"] = next((phone for phone in phones if phone), "")
        basics["url"] = next((text for element in person.iter("website") if (text := _first(element, "contact"))), "")
        basics["location"] = _location(person)
    headline = next(root.iter("headline"), None)
    if headline is not None:
        text = _text(headline, "description/label")
        basics["summary" if "statement" in _text(headline, "type/code") else "label"] = text
    else:
        basics["label"] = next((_text(element, "label") for element in root.iter("application")), "")
    return {name: value for name, value in basics.items() if value}


def _location(person: Element) -> Fields:
    address = next(person.iter("address"), None)
    if address is None:
        return {}
    code = next((_text(country, "code") for country in address.iter("country")), "").upper()
    location = {
        "address": _first(address, "addressline"),
        "postalCode": _first(address, "postalcode"),
        "city": _first(address, "municipality"),
        "countryCode": _COUNTRIES.get(code, code),
    }
    return {name: value for name, value in location.items() if value}


def _part_of_date(element: Element, part: str) -> str:
    """ "--08" and "---01" are how XML Schema writes a month and a day."""
    return (element.attrib.get(part) or _text(element, part)).strip("- ")


def _date(element: Element | None) -> str:
    if element is None:
        return ""
    year, month = _part_of_date(element, "year"), _part_of_date(element, "month")
    if not re.fullmatch(r"(?:19|20)\d\d", year):
        return ""
    return f"{year}-{int(month):02}" if month.isascii() and month.isdigit() and 1 <= int(month[:4]) <= 12 else year


def _period(element: Element) -> Fields:
    period = _find(element, "period")
    if period is None:
        return {}
    start, end = _date(_find(period, "from")), _date(_find(period, "to"))
    shared = min(len(start), len(end))
    fields = {"startDate": start, "endDate": "" if start and end[:shared] < start[:shared] else end}
    return {name: value for name, value in fields.items() if value}


def _parts(text: str) -> tuple[str, list[str]]:
    """Running text, and its lines with bullets."""
    lines = with_whole_bullets(lines_of_text(text))
    bullets = [line.text.replace("\t", " ") for line in lines if line.bullet]
    return "\n".join(line.text.replace("\t", " ") for line in lines if not line.bullet), bullets


def _job(element: Element) -> Fields:
    summary, highlights = _parts(_prose(element, "activities"))
    employer = _find(element, "employer")
    fields: Fields = {
        "position": _text(element, "position/label"),
        "name": _text(element, "employer/name"),
        "location": _first(employer, "municipality") if employer is not None else "",
        **_period(element),
        "summary": summary,
        "highlights": highlights,
    }
    return {name: value for name, value in fields.items() if value}


def _study(element: Element) -> Fields:
    courses: list[str] = []
    for path in ("activities", "skills"):
        text, bullets = _parts(_prose(element, path))
        courses += [*(line for line in text.split("\n") if line), *bullets]
    fields: Fields = {
        "studyType": _text(element, "title"),
        "area": _text(element, "field/label") or _text(element, "educationalfield/label"),
        "institution": _text(element, "organisation/name"),
        **_period(element),
        "courses": courses,
    }
    return {name: value for name, value in fields.items() if value}


def _languages(root: Element) -> Iterator[Fields]:
    for element in root.iter("mothertongue"):
        if name := _first(element, "label"):
            yield {"language": name, "fluency": "mother tongue"}
    for element in root.iter("foreignlanguage"):
        if name := _text(element, "description/label"):
            yield _language(name, element)
    for element in root.iter("language"):
        if name := _text(element, "label"):
            mother = element.attrib.get("type", "").endswith("mother")
            yield {"language": name, "fluency": "mother tongue"} if mother else _language(name, element)


def _language(name: str, element: Element) -> Fields:
    levels = [text.upper() for inner in element.iter() if _CEFR.match(text := (inner.text or "").strip().upper())]
    # the lowest of understanding, speaking and writing: a claim should not grow by being read
    return {"language": name, "fluency": min(levels)} if levels else {"language": name}


def _skills(root: Element) -> tuple[list[Fields], list[str]]:
    """Short items as skills; sentences of the same fields for the summary."""
    texts = [(element.attrib.get("type", ""), _prose(element, ".")) for element in root.iter("skill")]
    for section in root.iter("skills"):
        texts += [
            (child.tag, _prose(child, "description")) for child in section if child.tag not in ("linguistic", "driving")
        ]
    skills: list[Fields] = []
    statements: list[str] = []
    for kind, text in texts:
        if kind == "other":  # interests
            continue
        for line in lines_of_text(text):
            if len(line.text.split()) > _PROSE_WORDS:
                statements.append(line.text.replace("\t", " "))
            else:
                skills += skills_of([line])[0]
    return skills, statements


def _licences(root: Element) -> Iterator[Fields]:
    names = [element.text or "" for element in root.iter("drivinglicence")]
    for driving in root.iter("driving"):
        names += [element.text or "" for element in driving.iter() if element.tag in ("licence", "description")]
    for name in dict.fromkeys(name.strip().upper() for name in names):
        if re.fullmatch(r"[A-Z]\d?E?|AM", name):
            yield {"name": f"Driving licence class {name}"}


def _language_certificates(root: Element) -> Iterator[Fields]:
    for language in root.iter("foreignlanguage"):
        for certificate in language.iter("certificate"):
            if title := _text(certificate, "title"):
                yield {"name": f"{_text(language, 'description/label')}: {title}"}
