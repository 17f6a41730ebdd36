"""Lines of a CV in, a JSON Resume out.

Belongs here: going through the sections and putting the resume together. Not here: what each part means (contact.py,
jobs.py, studies.py, items.py) and where lines come from (pdf.py, docx.py, plain.py).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ty_assets.profiles.reading.answer import Note
from ty_assets.profiles.reading.contact import Person, contact_in, read_person
from ty_assets.profiles.reading.entries import Entry, entries_of
from ty_assets.profiles.reading.headings import Section, is_title, sections_of
from ty_assets.profiles.reading.jobs import jobs_of, projects_of, volunteering_of
from ty_assets.profiles.reading.lines import Line, joined
from ty_assets.profiles.reading.papers import certificates_of, licences_of
from ty_assets.profiles.reading.skills import skills_of
from ty_assets.profiles.reading.spoken import languages_of
from ty_assets.profiles.reading.studies import studies_of
from ty_assets.profiles.reading.unheaded import with_kinds
from ty_assets.profiles.reading.wording import position_weight

Resume = dict[str, Any]

_PAGE = re.compile(r"^(?:(?:seite|page)\s)?[-–]?\s?\d{1,2}\s?(?:(?:von|of|/)\s?\d{1,2})?\s?[-–]?$", re.IGNORECASE)
_PAGE_BEHIND = re.compile(r"[\s\t|·–-]*\b(?:seite|page)\s\d{1,2}(?:\s?(?:von|of|/)\s?\d{1,2})?$", re.IGNORECASE)
_SIGNED = re.compile(r"^[A-ZÄÖÜ][\w .-]{2,30},\s(?:den\s)?\d{1,2}\.\s?(?:\d{1,2}\.|\w+)\s?\d{4}$")
_LEFT_OUT = ("interests", "references", "publications", "awards", "other")
_POINTS = ("education", "volunteer", "projects")  # sections where one date alone heads an entry
_SUMMARY = 40  # characters from which on a line at the top is about the person


def resume_of(lines: Sequence[Line]) -> tuple[Resume, list[Note]]:
    """The resume and what is to be said about it. Never raises for any text."""
    sections = with_kinds(sections_of(_without_furniture(lines)))
    notes: list[Note] = []
    if len(sections) < 2:
        notes.append(Note("no_headings"))
    personal = [line for section in sections if section.kind in ("top", "personal") for line in section.lines]
    person = read_person(personal)
    sections = [_without_contact(person, section) for section in sections]
    resume: Resume = {"basics": person.basics}
    left_out = _about(person, sections, len(sections) < 2)
    for section in sections:
        _add_section(resume, section, notes)
    if left_out:
        notes.append(Note("lines_left_out", {"count": left_out}))
    notes += [Note("private_left_out", {"what": what}) for what in person.private]
    return resume, [*notes, *_missing(resume)]


def _without_furniture(lines: Sequence[Line]) -> list[Line]:
    """Without page numbers, the title, running heads, and the place and day above a signature."""
    counts = Counter(line.text for line in lines)
    kept: list[Line] = []
    seen: set[str] = set()
    for line in lines:
        text = _PAGE_BEHIND.sub("", line.text)
        repeated = counts[line.text] > 1 and text != line.text
        if (
            _PAGE.match(line.text)
            or is_title(text)
            or not text
            or repeated
            or (_SIGNED.match(text) and not line.bullet)
        ):
            continue
        if text != line.text and text in seen:
            continue
        seen.add(text)
        kept.append(replace(line, text=text))
    return kept


def _without_contact(person: Person, section: Section) -> Section:
    """Contact that stands in another section goes to the person; a footer with the name goes altogether."""
    if section.kind in ("top", "personal"):
        return section
    name = str(person.basics.get("name", "")).casefold()
    kept = []
    for line in section.lines:
        text = line.text
        if name and text.casefold().strip(" ,.-–|\t") == name:
            continue
        if re.search(r"@|www\.|https?:|\.(?:com|de|org)/|\+\d\d|(?i:geboren|geb\.)", text) or any(
            s in text for s in person.secrets
        ):
            cells = [contact_in(person, cell) for cell in text.split("\t")]
            text = "\t".join(cell for cell in cells if cell)
        if re.search(r"\w", text):
            kept.append(replace(line, text=text))
    return Section(section.kind, section.heading, kept)


def _about(person: Person, sections: Sequence[Section], unheaded: bool) -> int:
    """Headline and summary from the top; how many lines there said nothing we know."""
    basics = person.basics
    rest = [line for line in person.left_over if not is_title(line.text)]
    headline = next(
        (line for line in rest[:6] if len(line.text) <= 100 and position_weight(line.text) and not line.bullet), None
    )
    if headline:
        basics["label"] = headline.text.replace("\t", " | ")
        rest.remove(headline)
    prose = [line.text.replace("\t", " ") for line in rest if len(line.text) >= _SUMMARY]
    told = [line for section in sections if section.kind == "summary" for line in section.lines]
    if not prose and unheaded:
        prose = [line.text.replace("\t", " ") for line in rest]
    summary = [joined(line.text.replace("\t", " ") for line in told if not line.bullet) or joined(prose)]
    summary += [f"- {line.text}" for line in told if line.bullet]
    if text := "\n".join(part for part in summary if part):
        basics["summary"] = text
    return 0 if unheaded else sum(1 for line in rest if len(line.text) < _SUMMARY)


def _add_section(resume: Resume, section: Section, notes: list[Note]) -> None:
    lines = section.lines
    if section.kind in _LEFT_OUT:
        if section.kind != "other" or lines:
            notes.append(Note("section_left_out", {"section": section.kind, "heading": section.heading}))
    elif section.kind == "skills":
        skills, languages, licences = skills_of(lines)
        _extend(resume, "skills", skills)
        _extend(resume, "languages", languages)
        _extend(resume, "certificates", licences)
    elif section.kind == "languages":
        _extend(resume, "languages", languages_of(lines))
    elif section.kind == "certificates":
        _extend(resume, "certificates", certificates_of(lines))
    elif section.kind == "licences":
        _extend(resume, "certificates", licences_of([section.heading, *(line.text for line in lines)]))
    elif section.kind in ("work", "education", "volunteer", "projects"):
        entries = entries_of(lines, points=section.kind in _POINTS)
        _add_entries(resume, section.kind, entries, notes)


def _add_entries(resume: Resume, kind: str, entries: list[Entry], notes: list[Note]) -> None:
    guessed = 0
    if kind == "work":
        rows, guessed = jobs_of(entries)
    elif kind == "education":
        rows, guessed = studies_of(entries)
    else:
        rows = volunteering_of(entries) if kind == "volunteer" else projects_of(entries)
    _extend(resume, kind, rows)
    if undated := sum(1 for entry in entries if entry.period is None):
        notes.append(Note("without_date", {"section": kind, "count": undated}))
    if guessed:
        notes.append(Note("order_guessed", {"section": kind, "count": guessed}))
    # of the dates alone, since the words beside them may be anybody's
    for entry in entries:
        if entry.period and entry.period.is_reversed:
            notes.append(Note("date_ignored", {"text": f"{entry.period.start} – {entry.period.end}"}))


def _extend(resume: Resume, section: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        resume.setdefault(section, []).extend(row for row in rows if row not in resume.get(section, []))


def _missing(resume: Resume) -> list[Note]:
    missing = [section for section in ("work", "education", "skills") if not resume.get(section)]
    if not resume["basics"].get("name"):
        missing.insert(0, "name")
    return [Note("nothing_found", {"section": section}) for section in missing]
