"""What a section is about when its heading does not say: told by what stands in it.

Belongs here: counting the signs. Not here: known headings (headings.py).
"""

import re
from collections.abc import Sequence

from ty_assets.profiles.reading.entries import anchor
from ty_assets.profiles.reading.headings import Section, SectionKind
from ty_assets.profiles.reading.lines import Line
from ty_assets.profiles.reading.papers import is_licence
from ty_assets.profiles.reading.skills import items_in
from ty_assets.profiles.reading.spoken import spoken_in
from ty_assets.profiles.reading.wording import employer_weight, position_weight, school_weight, study_weight

_FEWEST_ITEMS = 3  # short items that make a list of skills
_ITEM_WORDS = 4.0  # on the average


def with_kinds(sections: Sequence[Section]) -> list[Section]:
    """The sections, each with a kind; a line that only might have been a heading goes back where it stood."""
    result: list[Section] = []
    for section in sections:
        if section.kind == "languages" and result and not _names_language(section):
            # "Sprachen: Go, Python" among skills
            text = "\t".join(line.text for line in section.lines)
            result[-1].lines.append(Line(f"{section.heading}: {text}"))
            continue
        if section.kind not in ("unknown", "unset"):
            result.append(section)
            continue
        kind = _kind_of(section.lines, first=not any(other.lines for other in result[1:]))
        if section.kind == "unset" and (kind is None or kind == result[-1].kind):
            result[-1].lines += [Line(section.heading, gap=True), *section.lines]
        else:
            result.append(Section(kind or "other", section.heading, section.lines))
    return result


def _names_language(section: Section) -> bool:
    return len(section.lines) != 1 or spoken_in(items_in(section.lines[0].text)) > 0


def _kind_of(lines: Sequence[Line], *, first: bool) -> SectionKind | None:
    plain = [line for line in lines if not line.bullet]
    if not lines:
        return None
    if all(is_licence(line.text) for line in lines):
        return "licences"
    items = [item for line in lines for item in items_in(line.text)]
    if items and spoken_in(items) >= 0.6 * len(items):
        return "languages"
    periods = [period for line in lines if (period := anchor(line, points=True))]
    if periods and len(periods) >= 0.2 * len(plain):
        jobs = sum(position_weight(line.text) + employer_weight(line.text) for line in plain)
        studies = sum(study_weight(line.text) + school_weight(line.text) for line in plain)
        if (
            all(period.point for period in periods)
            and len(periods) >= 0.8 * len(lines)
            and jobs + studies < 3 * len(lines)
        ):
            return "certificates"
        return None if jobs == studies == 0 else "education" if studies > jobs else "work"
    if len(items) >= _FEWEST_ITEMS and sum(len(item.split()) for item in items) <= _ITEM_WORDS * len(items):
        return "skills"
    sentences = sum(bool(re.search(r"[.!?]$", line.text)) for line in plain)
    return "summary" if first and sentences else None
