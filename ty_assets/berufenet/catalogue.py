"""The occupation catalogue: what occupations there are, what else they are called, where a file is wrong.

Belongs here: reading and checking a catalogue (the starter that comes with the project, or a full one) and
the dictionary from title to KldB codes. Not here: forms of a label (labels.py), search for what the
dictionary does not hold (candidates.py).

KldB 2010 is the German classification of occupations; its five digits nest, the fifth is the requirement
level (1 helper, 2 skilled, 3 specialist, 4 expert). Ids, codes and labels are those of the Federal
Employment Agency.
"""

import csv
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from ty_assets.berufenet.labels import label_forms, match_key
from ty_assets.postings.normalise import lookup_key

STARTER: Final = "starter"
NO_ID: Final = 0  # Berufenet numbers from 1
COLUMNS: Final = ("id", "kind", "name", "short_name", "kldb", "level")
SYNONYMS: Final = "synonyms"  # optional seventh column, "|" between titles

_KLDB = re.compile(r"\d{4}[1-4]", re.ASCII)


class CatalogueError(ValueError):
    """A catalogue file that cannot be read; says where, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Occupation:
    """One row of a catalogue. `kind`: t an occupation that is practised, a a training or degree."""

    berufenet_id: int
    kind: str
    name: str
    short_name: str
    kldb: str
    level: int
    synonyms: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, int]:
        """Which of several occupations with one code stands for it: what is practised, then the lower id."""
        return (self.kind != "t", self.berufenet_id)


@dataclass(frozen=True)
class Catalogue:
    """Occupations with their titles.

    `origin` is 'starter' or the file's name; `extra` are imported or confirmed (title, KldB) pairs.
    """

    occupations: tuple[Occupation, ...]
    origin: str
    extra: tuple[tuple[str, str], ...] = field(default=())

    @cached_property
    def version(self) -> str:
        """Hash of the content: the same rows in any order have the same version."""
        digest = hashlib.sha256()
        for row in sorted(map(repr, self.occupations)) + sorted(map(repr, self.extra)):
            digest.update(row.encode("utf-8", "replace") + b"\n")
        return digest.hexdigest()[:12]

    @cached_property
    def labels(self) -> dict[str, tuple[Occupation, ...]]:
        """Lookup key of every form of every official label -> the occupations called so, best rank first."""
        found: dict[str, dict[int, Occupation]] = defaultdict(dict)
        for occupation in self.occupations:
            for label in {occupation.name, occupation.short_name}:
                for form in label_forms(label, bare=False):
                    found[lookup_key(form)][occupation.berufenet_id] = occupation
        return {key: tuple(sorted(group.values(), key=lambda o: o.rank)) for key, group in found.items()}

    @cached_property
    def synonyms(self) -> dict[str, tuple[str, ...]]:
        """Lookup key of every other title -> the KldB codes it stands for, ascending."""
        found: dict[str, list[str]] = defaultdict(list)
        for title, kldb in self.titles():
            for form in (title, *label_forms(title, bare=False)):
                found[lookup_key(form)].append(kldb)
        return {key: tuple(sorted(set(codes))) for key, codes in found.items()}

    @cached_property
    def by_kldb(self) -> dict[str, Occupation]:
        """The occupation that stands for a code; of a code that only synonyms have, the first of them by alphabet."""
        best: dict[str, Occupation] = {}
        for occupation in sorted(self.occupations, key=lambda o: o.rank):
            best.setdefault(occupation.kldb, occupation)
        for title, kldb in sorted(self.extra):
            best.setdefault(kldb, Occupation(NO_ID, "t", title, title, kldb, int(kldb[4])))
        return best

    def titles(self) -> Iterator[tuple[str, str]]:
        """Every synonym with its code: those of the file, then the imported ones."""
        for occupation in self.occupations:
            for synonym in occupation.synonyms:
                yield synonym, occupation.kldb
        yield from self.extra

    def with_synonyms(self, pairs: Iterable[tuple[str, str]], *, new_codes: bool = False) -> "Catalogue":
        """The same catalogue with further (title, KldB) pairs.

        new_codes: also for codes that no occupation of the catalogue has; otherwise those pairs are left out. Of the
        1,300 codes in use the catalogue of 2024 has an occupation for 1,230.
        """
        known = [(title, kldb) for title, kldb in pairs if (new_codes or kldb in self.by_kldb) and match_key(title)]
        return replace(self, extra=tuple(dict.fromkeys((*self.extra, *known))))


@lru_cache(maxsize=1)
def starter_catalogue() -> Catalogue:
    """The catalogue that comes with the project: what is posted most, in all areas of the classification."""
    text = files("ty_assets.berufenet").joinpath("starter.csv").read_text("utf-8")
    return Catalogue(tuple(_occupations(text, STARTER)), STARTER)


def read_catalogue(path_or_text: Path | str) -> Catalogue:
    """A catalogue from a CSV file (UTF-8, comma) or from CSV text (a string with a line break).

    Columns: id, kind, name, short_name, kldb, level; `synonyms` may follow. Raises CatalogueError that names
    file, line and column, and OSError when the file cannot be opened.
    """
    text, origin = _text(path_or_text)
    occupations = tuple(_occupations(text, origin))
    if not occupations:
        raise CatalogueError(f"{origin}: expected at least one occupation below the header, got none")
    return Catalogue(occupations, origin)


def read_synonyms(path_or_text: Path | str) -> list[tuple[str, str]]:
    """(title, KldB) pairs from a CSV with the columns title and kldb. Raises like `read_catalogue`."""
    text, origin = _text(path_or_text)
    pairs = []
    for line, row in _rows(text, origin, ("title", "kldb")):
        pairs.append((_filled(row, "title", origin, line), _kldb(row, origin, line)))
    return pairs


def _text(path_or_text: Path | str) -> tuple[str, str]:
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return path_or_text.removeprefix("\ufeff"), "<text>"
    path = Path(path_or_text)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"{error.object[error.start]:#04x} at position {error.start}"
        raise CatalogueError(f"{path.name}: expected UTF-8, got byte {byte}") from None
    if "\x00" in text:
        raise CatalogueError(f"{path.name}: expected text without NUL bytes, got one; export the file anew")
    return text, path.name


def _rows(text: str, origin: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = reader.fieldnames or []
        missing = [name for name in columns if name not in header]
        if missing:
            raise CatalogueError(
                f"{origin}, line 1: expected the columns {', '.join(columns)}, separated by commas; "
                f"got {', '.join(header) or 'nothing'}"
            )
        for row in reader:
            surplus = row.get(None, [])
            if surplus or None in row.values():
                got = len(header) + len(surplus) - list(row.values()).count(None)
                raise CatalogueError(f"{origin}, line {reader.line_num}: expected {len(header)} fields, got {got}")
            yield reader.line_num, row
    except csv.Error as error:
        raise CatalogueError(f"{origin}, line {reader.line_num}: expected CSV, got {error}") from None


def _occupations(text: str, origin: str) -> Iterator[Occupation]:
    seen: dict[int, int] = {}
    for line, row in _rows(text, origin, COLUMNS):
        number, kind, kldb = row["id"].strip(), row["kind"].strip(), _kldb(row, origin, line)
        if not (number.isascii() and number.isdigit() and 0 < int(number) < 2**31):
            raise _unexpected(origin, line, "id", "a positive whole number", row["id"])
        if int(number) in seen:
            raise _unexpected(origin, line, "id", f"an id not used before (line {seen[int(number)]})", number)
        seen[int(number)] = line
        if kind not in ("t", "a"):
            raise _unexpected(origin, line, "kind", "t (occupation) or a (training)", row["kind"])
        if row["level"].strip() != kldb[4]:
            raise _unexpected(origin, line, "level", f"{kldb[4]}, the fifth digit of {kldb}", row["level"])
        yield Occupation(
            berufenet_id=int(number),
            kind=kind,
            name=_filled(row, "name", origin, line),
            short_name=_filled(row, "short_name", origin, line),
            kldb=kldb,
            level=int(kldb[4]),
            synonyms=tuple(s for part in row.get(SYNONYMS, "").split("|") if (s := " ".join(part.split()))),
        )


def _filled(row: dict[str, str], column: str, origin: str, line: int) -> str:
    text = " ".join(row[column].split())
    if not text:
        raise _unexpected(origin, line, column, "a text", row[column])
    return text


def _kldb(row: dict[str, str], origin: str, line: int) -> str:
    kldb = row["kldb"].strip()
    if not _KLDB.fullmatch(kldb):
        hint = "; a spreadsheet may have dropped the leading zero" if re.fullmatch(r"\d{4}", kldb) else ""
        raise _unexpected(origin, line, "kldb", f"five digits, the last one the level 1 to 4{hint}", row["kldb"])
    return kldb


def _unexpected(origin: str, line: int, column: str, expected: str, got: str) -> CatalogueError:
    return CatalogueError(f"{origin}, line {line}, column {column}: expected {expected}; got {got!r}")
