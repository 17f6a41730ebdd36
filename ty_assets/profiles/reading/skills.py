"""Skills as CVs list them, with labels and levels.

Belongs here: parting a list and reading one item. Not here: languages (spoken.py), licences (papers.py), and matching a
skill with the vocabulary (ty_assets/facets).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ty_assets.profiles.reading.headings import heading_kind
from ty_assets.profiles.reading.levels import DOTS, distinct, without_stars
from ty_assets.profiles.reading.lines import Line, joined
from ty_assets.profiles.reading.papers import IS_CLASS, NAMES_LICENCE, licences_of
from ty_assets.profiles.reading.spoken import language_in, language_rows

Fields = dict[str, Any]

_LEVEL_WORDS = (
    r"(?:sehr gute?|gute|gut|fundierte?|solide|erweiterte?|vertiefte?|umfassende?|ausgezeichnete?|hervorragende?"
    r"|exzellente?)"
    r"(?: ?(?:kenntnisse|grundkenntnisse))?"
    r"|grundkenntnisse|grundlagen|basiskenntnisse|basis|anfänger\w*|fortgeschritten\w*|expert\w*|experte|expertin"
    r"|profi|sicher"
    r"|professionell|beginner|basic(?:s| knowledge)?|intermediate|advanced|proficient|expert|fluent|excellent"
    r"|very good|good|strong"
    r"|working knowledge|familiar|erste erfahrungen?|kenntnisse|tägliche anwendung|routiniert"
    r"|\d{1,2}\+? ?(?:jahre?|years?|yrs)(?: erfahrung| of experience| experience)?|\d{1,3} ?%|\d ?/ ?(?:5|10)"
)
_BRACKETED = re.compile(r"^(?P<name>.+?)\s*\((?P<level>[^()]{1,60})\)$")
_BEHIND = re.compile(rf"^(?P<name>.+?)\s*(?:\t|[:–—]|\s-\s|,)\s*(?P<level>{_LEVEL_WORDS})$", re.IGNORECASE)
_SPACED = re.compile(rf"^(?P<name>.+?)\s+(?P<level>{_LEVEL_WORDS})$", re.IGNORECASE)
_LEVEL_FIRST = re.compile(
    rf"^(?P<level>{_LEVEL_WORDS})\s+(?:kenntnisse\s+)?(?:in|im|mit|von|of|with)\s+(?:der\s|dem\s|den\s)?(?P<name>.+)$",
    re.IGNORECASE,
)
_IS_LEVEL = re.compile(rf"^(?:{_LEVEL_WORDS})$", re.IGNORECASE)
_SPLIT = re.compile(r"\s*[;•·|●▪]\s*|\s/\s|\s*\t\s*|,\s+(?![^()]*\))|,(?=[^\s\d])(?![^()]*\))")
_SENTENCE_WORDS = 9  # more words than this are a sentence and stay one item


def skills_of(lines: Sequence[Line]) -> tuple[list[Fields], list[Fields], list[Fields]]:
    """Rows of `skills`, and the languages and licences that stand among them."""
    skills: list[Fields] = []
    languages: list[Fields] = []
    licences: list[Fields] = []
    for label, items in _groups(lines):
        kind = heading_kind(label) if label else None
        if kind == "languages" and not any(language_in(item) for item in items):
            kind = None  # languages of programming
        known = [item for item in items if kind == "languages" or language_in(item)]
        if known and (kind == "languages" or len(known) == len(items)):
            languages += [row for item in known for row in language_rows(item)]
            continue
        if kind == "licences" or any(NAMES_LICENCE.search(item) for item in [label, *items]):
            licences += licences_of([f"{label} {item}" for item in items])
            items = [
                item
                for item in items
                if kind != "licences" and not NAMES_LICENCE.search(item) and not IS_CLASS.fullmatch(item)
            ]
        # among skills a language is one only with its level: "German" may stand for a market, too
        spoken = {item: row for item in items if (row := language_in(item)) and row.get("fluency")}
        languages += spoken.values()
        items = [item for item in items if item not in spoken]
        rows = [row for item in items if (row := _skill(item))]
        if label and _IS_LEVEL.match(label):  # "Experte: Python, SQL"
            skills += [{**row, "level": row.get("level", label)} for row in rows]
        elif label and rows and kind is None:
            skills.append({"name": label, "keywords": [_with_level(row) for row in rows]})
        else:
            skills += rows
    return distinct(skills, "name"), distinct(languages, "language"), licences


def _groups(lines: Sequence[Line]) -> Iterator[tuple[str, list[str]]]:
    """Labels and the items behind them; "" for items without a label."""
    for label, text in _labelled(lines):
        items = items_in(text)
        if len(items) > 1 and len(items[0].split()) > _SENTENCE_WORDS:
            items = [text]
        yield label, _with_their_levels(items)


def _with_their_levels(items: list[str]) -> list[str]:
    """A level that became an item of its own belongs to the one before: "Excel<tab>sehr gut"."""
    result: list[str] = []
    for item in items:
        if result and (_IS_LEVEL.match(item) or re.fullmatch(r"[●⬤■★✦▮•◉○◯□☆▯◦ ]+", item)):
            result[-1] = f"{result[-1]}\t{item}"
        else:
            result.append(item)
    return result


def _labelled(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    pending = ""  # a label on a line of its own, or a list that goes on
    text = ""
    previous: Line | None = None
    for line in lines:
        label, rest = _label(line)
        if label is None and previous and not line.bullet and text and _wraps(text, line):
            text = joined([text, rest])
            previous = line
            continue
        if text:
            yield pending, text
        if label is not None:
            pending, text = label, rest
        else:
            # items below a label of their own line belong to it until room is left
            pending = (
                pending if previous and (not line.gap or line.bullet) and _on_its_own(previous, pending, line) else ""
            )
            text = rest
        previous = line
    if text:
        yield pending, text


def _on_its_own(previous: Line, pending: str, line: Line) -> bool:
    return bool(pending) and (previous.text.rstrip(" :") == pending or (line.bullet and previous.bullet))


def _wraps(text: str, line: Line) -> bool:
    return (
        text.endswith((",", "-", "–", "/", "&"))
        or line.text[0].islower()
        or bool(line.text.count("(") < line.text.count(")"))
    )


def _label(line: Line) -> tuple[str | None, str]:
    """The label of a line and what stands behind it: "Programmiersprachen: Python, Java"."""
    cells = line.cells
    if len(cells) >= 2 and not _IS_LEVEL.match(cells[1]) and not DOTS.match(cells[1]) and not language_in(cells[0]):
        several = re.search(r"[,;•|]", "\t".join(cells[1:]))
        if several and not re.search(r"[,;]", cells[0]) and len(cells[0]) <= 40:
            return cells[0].rstrip(" :"), "\t".join(cells[1:])
    label, colon, rest = line.text.partition(":")
    label = label.strip()
    if colon and len(label) <= 45 and not re.search(r"[,;(\t]", label):
        rest = rest.strip()
        if not rest:
            return label, ""
        if not _IS_LEVEL.match(rest) and not language_in(line.text):
            return label, rest
        return None, f"{label} ({rest})" if _IS_LEVEL.match(rest) else line.text
    if line.strong and not line.bullet and heading_kind(line.text):
        return line.text, ""
    return None, line.text


def _skill(item: str) -> Fields | None:
    item, level = without_stars(item)
    for pattern in (_BRACKETED, _BEHIND, _LEVEL_FIRST, _SPACED):
        found = pattern.match(item)
        if found and (pattern is not _BRACKETED or _IS_LEVEL.match(found["level"])):
            item, level = found["name"].strip(" :,-–\t"), found["level"].strip()
            break
    item = " ".join(item.split()).strip(" ,;:.-–")
    if len(item) < 1 or not re.search(r"\w", item) or _IS_LEVEL.match(item):
        return None
    return {"name": item, "level": level} if level else {"name": item}


def _with_level(row: Fields) -> str:
    return f"{row['name']} ({row['level']})" if row.get("level") else row["name"]


def items_in(text: str) -> list[str]:
    return [item for part in _SPLIT.split(text) if (item := part.strip(" ,;.–-"))]
