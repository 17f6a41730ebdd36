"""Languages and how well somebody speaks them, from a list or among skills.

Not here: what a level in words is worth (ty_assets/profiles/fluency.py).
"""

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from ty_assets.profiles.fluency import cefr_of
from ty_assets.profiles.reading.headings import heading_kind
from ty_assets.profiles.reading.levels import distinct, without_stars
from ty_assets.profiles.reading.lines import Line

Fields = dict[str, Any]

_LANGUAGE_TAIL = re.compile(r"(?:kenntnisse|sprache|isch-deutsch)$", re.IGNORECASE)
_MOTHER = re.compile(
    r"^(?:muttersprache(?:n|\(n\))?|mother tongue(?:s|\(s\))?|native languages?|erstsprache)\s*:?\s*", re.IGNORECASE
)
_CEFR = re.compile(r"(?<![A-Za-z0-9])[ABC][12](?![A-Za-z0-9])")


def languages_of(lines: Sequence[Line]) -> list[Fields]:
    rows: list[Fields] = []
    for line in lines:
        mother = _MOTHER.match(line.text)
        text = _MOTHER.sub("", line.text) if mother else line.text
        for part in re.split(r"\s*[;•|·]\s*|,\s+(?![^()]*\))|\s+(?:und|and)\s+(?=\w+$)", text):
            found = _together(part)
            if mother:
                found = [{"language": row["language"], "fluency": "Muttersprache"} for row in found]
            if found:
                rows += found
            elif rows and not rows[-1].get("fluency") and cefr_of(part):
                # the level below or beside its language; of several skills the lowest
                rows[-1]["fluency"] = min(_CEFR.findall(part.upper()), default=" ".join(part.split()))
            elif _looks_like_language(part):
                rows.append(_unknown_language(part))
    return distinct(rows, "language")


def _together(part: str) -> list[Fields]:
    """ "English and Irish (native)": both with the level of the last."""
    rows = [row for one in re.split(r"\s+(?:und|and|&)\s+(?=[A-ZÄÖÜ])", part) for row in language_rows(one)]
    if rows and (fluency := rows[-1].get("fluency")):
        rows = [{**row, "fluency": row.get("fluency", fluency)} for row in rows]
    return rows


def spoken_in(items: Sequence[str]) -> int:
    """How many of the items are known languages."""
    return sum(language_in(item) is not None for item in items)


def language_rows(part: str) -> list[Fields]:
    """ "Deutsch (Muttersprache)", and of "Englisch / Französisch: gut" both."""
    row = language_in(part)
    if row is None:
        return []
    names = [name for name in re.split(r"\s?/\s?", str(row["language"])) if name]
    return [{**row, "language": name} for name in names]


def language_in(item: str) -> Fields | None:
    """One language with its fluency; None where no known language leads the text or follows a level."""
    text = " ".join(item.replace("\t", " ").split())
    text, stars = without_stars(text)
    words = re.match(r"[\w/-]+(?:\s?/\s?\w+)?", text)
    if words and all(_known_language(name) for name in re.split(r"\s?/\s?", words[0])):
        fluency = text[words.end() :].strip(" :()–—-,.\t")
        fluency = re.sub(r"^(?:kenntnisse|language)\s*[:–-]?\s*", "", fluency, flags=re.IGNORECASE)
        if fluency and not _is_fluency(fluency):
            return None
        names = "/".join(
            _LANGUAGE_TAIL.sub("", name) if name.endswith("kenntnisse") else name
            for name in re.split(r"\s?/\s?", words[0])
        )
        fluency = fluency or stars
        return {"language": names, "fluency": fluency} if fluency else {"language": names}
    found = re.match(r"^(?P<level>.{2,40}?)\s(?:in\s|kenntnisse in\s)?(?P<name>\w+?)(?:kenntnisse)?$", text)
    if found and _known_language(found["name"]) and cefr_of(found["level"]):
        return {"language": found["name"], "fluency": found["level"]}
    return None


def _is_fluency(text: str) -> bool:
    return bool(cefr_of(text)) or (
        len(text.split()) <= 6
        and bool(re.search(r"(?i)wort|schrift|level|niveau|c1|kenntnis|sprach|toefl|ielts|speak", text))
    )


def _looks_like_language(part: str) -> bool:
    part = part.strip()
    if re.fullmatch(r"[A-ZÄÖÜ][a-zäöüß]{3,14}", part):  # of a list of languages that need no levels
        return not cefr_of(part) and not heading_kind(part)
    return bool(re.match(r"^[A-ZÄÖÜ]\w{3,20}(?:\s?[(:–-].*|\s.*)?$", part)) and bool(cefr_of(part))


def _unknown_language(part: str) -> Fields:
    name = re.match(r"\w+", part.strip())
    assert name is not None  # as _looks_like_language has it
    return {"language": name[0], "fluency": part.strip()[name.end() :].strip(" :()–—-,\t")}


@cache
def _language_names() -> frozenset[str]:
    names = {
        "deutsch",
        "englisch",
        "german",
        "english",
        "latein",
        "latin",
        "hebräisch",
        "hebrew",
        "farsi",
        "dari",
        "paschtu",
        "swahili",
    }
    with files("ty_assets.facets").joinpath("vocabulary.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] != "language":
                continue
            names.update(word.casefold() for word in (row["term"], row["german"], *row["variants"].split("|")) if word)
    return frozenset(names)


def _known_language(name: str) -> bool:
    name = name.casefold()
    return name in _language_names() or name.removesuffix("kenntnisse") in _language_names()
