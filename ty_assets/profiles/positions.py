"""What a job title says: roles, their domains and levels, and seniority. German and English.

Belongs here: reading titles of a person's jobs by the words of `positions.csv`. Not here: the occupation
codes of postings (ty_assets/berufenet), which need a catalogue.

`positions.csv`: role, domain (one of facets/domains.csv), level (KldB 2010 requirement level usual for the
role, 1 helper, 2 skilled, 3 specialist, 4 expert) and words separated by |. A word matches the beginning of a
word of the title; `*` before it: anywhere inside one; `$` after it: up to the word's end.
"""

import csv
import re
from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple

from ty_assets.postings.normalise import lookup_key, normalise_title

Seniority = Literal["trainee", "junior", "senior", "lead"]

# The first that matches counts: a trainee of the head office leads nobody.
_SENIORITY: dict[Seniority, re.Pattern[str]] = {
    "trainee": re.compile(
        r"\bpraktik(?:ant|um)|schülerpraktik|\bintern\b|\binternship|\btrainee|\bauszubild|\bazubi|"
        r"\bausbildung\b|werkstudent|working student|\blehrling|\bapprentice|\bvolont|\breferendar|"
        r"\bstudentisch|\bstudent\b"
    ),
    "lead": re.compile(
        r"(?<!halb)(?<!projekt)leit(?:er|erin|ung|ende|end)\b|\blead\b(?! gen)|\bhead of\b|team ?lead|"
        r"chef(?:in)?\b|\bsupervisor|\bforeman|\bvorarbeiter|\bpolier\b|\bdirector\b|geschäftsführ|"
        r"\bvorstand|\bc[etfo]o\b|\bchief\b|\bpresident\b|\bengineering manager|\bteam manager"
    ),
    "senior": re.compile(r"\bsenior\b|\bsr\b|\bprincipal\b|\bstaff engineer"),
    "junior": re.compile(r"\bjunior\b|\bjr\b|berufseinsteig|\bentry[- ]level"),
}
# Time without a job: what was done in it is no trade of the person's.
_BREAK = re.compile(
    r"\b(?:auszeit|elternzeit|erziehungszeit|familienzeit|familienphase|familienpause|pflegezeit|sabbatical|sabbatjahr"
    r"|mutterschutz|arbeitssuchend|arbeitslos|karrierepause|career break|parental leave|maternity leave|paternity leave"
    r"|family leave|gap year|unemployed|job ?seeking|stay[- ]at[- ]home)\b"
    r"|^pflege (?:des|der|meine[rs]|von) (?:\w+ )?(?:vater|mutter|eltern|angehörig|großvater|großmutter|mannes|frau)\w*"
    r"|^(?:caring|care) for (?:(?:a|an|my|elderly) )*(?:father|mother|parents?|relatives?|family|children)\b"
)
_HELPER = re.compile(r"\w*(?:helfer|hilfskraft|hilfsarbeit|aushilf)\w*|\bhelper\b|\blabou?rer\b")
# "Software developer for accounting systems" is no accountant: what follows such a word says where, not what.
_WHERE = re.compile(r"\b(?:für|im|in|bei|mit|for|at|with|am|an|to|des vorstands)\b|\bder geschäfts")


class Position(NamedTuple):
    role: str
    domain: str
    level: int  # KldB requirement level, 1 .. 4


class _Word(NamedTuple):
    stem: str
    pattern: re.Pattern[str]
    length: int
    position: Position


def read_positions(title: str) -> list[Position]:
    """The roles that a title names, each once, in the order of the title; [] where none is known.

    Of overlapping words the longest counts: "Data Engineer" is not also an engineer.
    """
    key = lookup_key(normalise_title(title))
    found = sorted(
        ((match.span(), word) for word in _words() for match in word.pattern.finditer(key)),
        key=lambda hit: (-hit[1].length, hit[0]),
    )
    taken: list[tuple[tuple[int, int], Position]] = []
    for (start, end), word in found:
        if all(end <= other[0] or start >= other[1] for other, _ in taken):
            taken.append(((start, end), word.position))
    taken.sort(key=lambda hit: hit[0])
    where = _WHERE.search(key)
    if where and taken and taken[0][0][0] < where.start():
        taken = [hit for hit in taken if hit[0][0] < where.start()]
    return list(dict.fromkeys(position for _, position in taken))


@lru_cache(maxsize=16_384)
def position_of_word(word: str) -> Position | None:
    """The role that a single word names; of several the one with the longest stem."""
    key = lookup_key(word)
    by_beginning = _by_beginning()
    # A hundred thousand titles have nearly as many words, and each of them begins few of the known ones.
    near = {n for i in range(len(key)) for n in by_beginning.get(key[i : i + _BEGINNING], ())}
    words = _words()
    best: _Word | None = None
    for n in sorted(near.union(by_beginning[""])):
        known = words[n]
        longer = best is None or known.length > best.length
        if longer and known.stem in key and known.pattern.search(key):
            best = known
    return best.position if best else None


@cache
def phrases() -> dict[str, list[tuple[str, Position]]]:
    """The roles that only several words together name, by the first of these: the others as they follow it."""
    found: defaultdict[str, list[tuple[str, Position]]] = defaultdict(list)
    for known in _words():
        first, _, others = known.stem.partition(" ")
        if others:
            found[first].append((others, known.position))
    return dict(found)


def seniority_of(title: str) -> Seniority | None:
    """How far up the title stands; None where it does not say."""
    key = lookup_key(normalise_title(title))
    if _SENIORITY["trainee"].search(key):  # also behind: "Erzieherin in Ausbildung"
        return "trainee"
    where = _WHERE.search(key)
    head = key[: where.start()] if where and where.start() else key
    return next((seniority for seniority, pattern in _SENIORITY.items() if pattern.search(head)), None)


def is_break(title: str) -> bool:
    """Whether an entry of a work history says that there was no job: parental leave, care for one's own family."""
    return bool(_BREAK.search(lookup_key(title)))


def title_level(title: str) -> int | None:
    """The KldB level of a title: its role's, one more where it leads people (at least 3), 1 for helpers."""
    seniority = seniority_of(title)
    if seniority == "trainee":
        return None
    if _HELPER.search(lookup_key(title)):
        return 1
    levels = [position.level for position in read_positions(title)]
    if seniority == "lead":
        # KldB 2010 puts supervisors on level 3 and managers on level 4
        return min(4, max([*levels, 2]) + 1)
    return max(levels, default=None)


_BEGINNING = 3  # letters


@cache
def _by_beginning() -> dict[str, list[int]]:
    """Places in `_words()` by the first letters of the stem; those that are shorter under ""."""
    found: defaultdict[str, list[int]] = defaultdict(list, {"": []})
    for place, known in enumerate(_words()):
        found[known.stem[:_BEGINNING] if len(known.stem) >= _BEGINNING else ""].append(place)
    return dict(found)


@cache
def _words() -> tuple[_Word, ...]:
    words = []
    text = files("ty_assets.profiles").joinpath("positions.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        position = Position(row["role"], row["domain"], int(row["level"]))
        for written in row["words"].split("|"):
            stem = lookup_key(written.strip("*$"))
            before = r"\b\w*" if written.startswith("*") else r"\b"
            after = r"(?!\w)" if written.endswith("$") else r"\w*"
            words.append(_Word(stem, re.compile(before + re.escape(stem) + after), len(stem), position))
    return tuple(words)
