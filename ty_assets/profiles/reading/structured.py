"""CVs that are data already: JSON Resume, and Europass as JSON or XML.

Belongs here: telling them apart and handing them to their reader. Not here: what their fields mean.
"""

import json
from collections.abc import Iterator
from typing import Any

from ty_assets.profiles.career import read_date
from ty_assets.profiles.reading.answer import Kind, Note, ReadCv, UnreadableCv
from ty_assets.profiles.reading.candidate import CANDIDATE, resume_of_candidate
from ty_assets.profiles.reading.europass import (
    ROOTS,
    birth_dates,
    resume_of_europass,
    tree_of_json,
    with_plain_names,
)
from ty_assets.profiles.reading.fit import fitted, without_dates, without_private
from ty_assets.profiles.reading.limits import MAX_CHARACTERS, MAX_JSON_DEPTH
from ty_assets.profiles.reading.xml_tree import parsed

_SHOWN_PROBLEMS = 10


def read_xml(data: bytes) -> ReadCv:
    root = with_plain_names(parsed(data, "europass_xml"))
    if root.tag == CANDIDATE:
        resume, notes = resume_of_candidate(root)
    elif root.tag in ROOTS:
        resume, notes = resume_of_europass(root)
    else:
        raise UnreadableCv("not_supported", kind="xml")
    return _read("europass_xml", without_dates(resume, birth_dates(root)), notes)


def read_json(text: str) -> ReadCv:
    """Raises UnreadableCv: malformed, invalid_resume, not_supported."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise UnreadableCv("malformed", kind="json") from error
    except ValueError as error:
        raise UnreadableCv("malformed", kind="json") from error
    if not isinstance(value, dict) or _depth(value) > MAX_JSON_DEPTH:
        raise UnreadableCv("malformed", kind="json")
    if "SkillsPassport" in value or "LearnerInfo" in value:
        root = tree_of_json(value)
        resume, notes = resume_of_europass(root)
        return _read("europass_json", without_dates(resume, birth_dates(root)), notes)
    return _read_json_resume(text, value)


def _read(kind: Kind, resume: dict[str, Any], notes: list[Note]) -> ReadCv:
    characters = len(json.dumps(resume, ensure_ascii=False))
    if characters > MAX_CHARACTERS:
        raise UnreadableCv("too_long", characters=characters, limit=MAX_CHARACTERS)
    resume, shortened = fitted({"basics": {}, **resume})
    missing = [
        Note("nothing_found", {"section": name}) for name in ("work", "education", "skills") if not resume.get(name)
    ]
    return ReadCv(kind, resume, (*notes, *shortened, *missing), 1, characters)


def _read_json_resume(text: str, value: dict[str, Any]) -> ReadCv:
    # Only here, since the schema's checker takes a third of a second to load.
    from ty_assets.profiles.resume_file import MAX_BYTES, ProfileError, read_resume

    # A photo as text makes a file large that is fine without it.
    kept, notes, dates = without_private(value)
    try:
        # The text has doubled fields still, which a parsed object has lost.
        if len(text.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
            read_resume(text, "resume")
        resume = read_resume(without_dates(kept, dates), "resume")
    except ProfileError as error:
        problems = [str(violation) for violation in error.violations[:_SHOWN_PROBLEMS]]
        raise UnreadableCv("invalid_resume", problems=problems) from error
    if problems := list(_reversed(resume)):
        raise UnreadableCv("invalid_resume", problems=problems[:_SHOWN_PROBLEMS])
    characters = len(json.dumps(resume, ensure_ascii=False))
    if characters > MAX_CHARACTERS:
        raise UnreadableCv("too_long", characters=characters, limit=MAX_CHARACTERS)
    return ReadCv("json_resume", resume, tuple(notes), 1, characters)


def _reversed(resume: dict[str, Any]) -> Iterator[str]:
    """Periods that end before they start, which parse_json_resume refuses (it takes a second to load)."""
    for section in ("work", "volunteer", "education", "projects"):
        for index, row in enumerate(resume.get(section) or []):
            start, end = (str(row.get(name) or "").strip() for name in ("startDate", "endDate"))
            if start and end and read_date(end, end=True) < read_date(start, end=False):
                yield f"$.{section}[{index}].endDate: expected a day on or after startDate {start}, got {end}"


def _depth(value: Any) -> int:
    """How deep objects and lists lie in one another, counted without recursion."""
    deepest, pending = 0, [(value, 1)]
    while pending:
        one, depth = pending.pop()
        deepest = max(deepest, depth)
        if depth > MAX_JSON_DEPTH:
            return depth
        if isinstance(one, dict):
            pending += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, list):
            pending += [(inner, depth + 1) for inner in one]
    return deepest
