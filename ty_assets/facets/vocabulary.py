"""The vocabulary: canonical terms, the words that name them, and what each term means for matching.

Belongs here: reading `vocabulary.csv`, `domains.csv` and `look_alikes.csv`, and everything that is looked up by
term. Not here: finding terms in running text (`mentions`, `terms`).

`vocabulary.csv` has one row per term:

    kind      skill, tool, language, degree, licence, soft_skill, condition or domain
    term      canonical, English or international; what is stored, embedded and compared
    german    what a German reader sees; empty where it is the same
    variants  further names, separated by |; the term and its German name need not be repeated
    domain    one of domains.csv, or empty for what belongs to all
    covers    narrower terms that whoever has this one has too, separated by |
    level     degrees only: 1 school or vocational training, 2 bachelor and its equals (Meister, Techniker,
              Fachwirt), 3 master, Diplom, state examination, 4 doctorate

A variant may begin with a mark. `=` only in exactly this spelling (React, not to react; Handel, not handeln); `?`
the same, and only in a line that shows what is meant (R, Go, events); `~` a field of study, only in a sentence that
speaks of a degree; `^` as a word of its own, not as the end of a compound (Führung, not Durchführung). Variants of
up to three capital letters are always exact: ALS, OR and MAG are acronyms, als, or and mag are not. A word that has
only four letters without its ending must keep the ending: Drehen is no Dreh, Backen not back, Reisen not Reise. `~=` is
a field of study in this spelling: Personal, not personal.

`look_alikes.csv` has phrases that hold a variant and mean something else; no term is found in them.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from ty_assets.facets.tokens import SHORTEST_STEM, fold, keys_of

Kind = Literal["skill", "tool", "language", "degree", "licence", "experience", "soft_skill", "condition", "domain"]
KINDS: tuple[str, ...] = get_args(Kind)
_MARKS = "=?~^"


@dataclass(frozen=True)
class Entry:
    """One row of the vocabulary."""

    kind: Kind
    term: str
    german: str
    variants: tuple[str, ...]  # with their marks
    domain: str
    covers: tuple[str, ...]
    level: int | None


@dataclass(frozen=True)
class Domain:
    """One row of domains.csv; `gate`: law or practice demands the qualification."""

    name: str
    name_en: str
    name_de: str
    gate: bool
    kldb_prefixes: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """One way to read a sequence of words as a term."""

    entry: Entry
    exact: str | None = None  # how the words must be written
    needs_context: bool = False
    field_of_study: bool = False
    form: str = ""  # what the folded word must begin with, where the key says too little


@dataclass
class Node:
    """A step in the tree of word keys."""

    children: dict[str, "Node"] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    look_alike: bool = False


class Vocabulary:
    """All terms, with the tree of their variants."""

    def __init__(self, entries: list[Entry], look_alikes: Sequence[str] = ()) -> None:
        self.entries = entries
        self.root = Node()
        self.single: dict[str, Reading] = {}  # free one-word variants by folded form: for compounds and elisions
        self.genus: dict[str, Reading] = {}  # those of them that a compound may end in
        self._by_term: dict[str, list[Entry]] = {}
        self._by_name: dict[str, Entry] = {}  # case folded
        for entry in entries:
            self._by_term.setdefault(entry.term, []).append(entry)
            self._by_name.setdefault(entry.term.casefold(), entry)
            for variant in phrases(entry):
                self._plant(entry, variant)
        for phrase in look_alikes:
            self._node(keys_of(phrase)).look_alike = True

    def _node(self, keys: Sequence[str]) -> Node:
        node = self.root
        for key in keys:
            node = node.children.setdefault(key, Node())
        return node

    def _plant(self, entry: Entry, variant: str) -> None:
        mark, phrase = split_mark(variant)
        keys = keys_of(phrase)
        exact = phrase.rstrip(".") if mark in ("=", "?", "~=") else None
        word = fold(phrase)
        form = word if len(keys) == 1 and len(keys[0]) <= SHORTEST_STEM < len(word) and word.isalpha() else ""
        reading = Reading(entry, exact, mark == "?", mark.startswith("~"), form)
        node = self._node(keys)
        node.readings.append(reading)
        node.readings.sort(key=lambda r: (not r.field_of_study, r.exact is None))
        if len(keys) > 1:
            return
        if mark in ("", "^") or (mark == "=" and len(word) > SHORTEST_STEM and entry.kind in ("skill", "tool")):
            self.single.setdefault(word, reading)
        if not mark:
            self.genus.setdefault(word, reading)

    def get(self, term: str, kind: str | None = None) -> Entry | None:
        """The row of a canonical term; of several kinds the first, unless `kind` says which."""
        rows = self._by_term.get(term, ())
        return next((row for row in rows if kind is None or row.kind == kind), None)

    def __contains__(self, term: object) -> bool:
        return term in self._by_term

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def named(self, term: str) -> Entry | None:
        """The row of a term however its letters are written: equal texts share one vector, and its first spelling."""
        return self.get(term) or self._by_name.get(term.casefold().strip())

    def domain_of(self, term: str) -> str | None:
        """The domain a term belongs to; None for general terms and for those not in the vocabulary."""
        entry = self.named(term)
        return (entry.domain or None) if entry else None

    def covers(self, term: str) -> frozenset[str]:
        """All narrower terms of a term, at any depth: Microsoft Office covers Microsoft Excel."""
        found: set[str] = set()
        open_terms = [term]
        while open_terms:
            entry = self.get(open_terms.pop())
            new = set(entry.covers) - found if entry else set()
            found |= new
            open_terms.extend(new)
        return frozenset(found - {term})

    def display(self, term: str, language: str) -> str:
        """The term as a reader of the language knows it; a term outside the vocabulary is shown as it is."""
        entry = self.get(term)
        return entry.german if entry and language == "de" and entry.german else term


def split_mark(variant: str) -> tuple[str, str]:
    """The mark of a variant ('' for none) and its words; up to three capitals count as exact."""
    phrase = variant.lstrip(_MARKS)
    if phrase != variant:
        return variant.removesuffix(phrase), phrase
    return ("=", variant) if len(variant) <= 3 and variant.isupper() else ("", variant)


def phrases(entry: Entry) -> list[str]:
    """Every name of an entry with its mark, once; a marked variant takes the place of the bare term."""
    marked = {v.lstrip(_MARKS) for v in entry.variants if v[0] in _MARKS}
    own = [name for name in (entry.term, entry.german) if name and name not in marked]
    return list(dict.fromkeys([*own, *entry.variants]))


def _rows(file: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(files("ty_assets.facets").joinpath(file).read_text("utf-8").splitlines())


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


@lru_cache(maxsize=1)
def domains() -> dict[str, Domain]:
    """The closed list of domains by name."""
    return {
        row["domain"]: Domain(
            row["domain"], row["name_en"], row["name_de"], row["gate"] == "true", _parts(row["kldb_prefixes"])
        )
        for row in _rows("domains.csv")
    }


def look_alikes() -> list[str]:
    """Phrases that hold a variant and mean something else."""
    return [row["phrase"] for row in _rows("look_alikes.csv")]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of the package; read once."""
    entries = []
    for row in _rows("vocabulary.csv"):
        if row["kind"] not in KINDS:
            raise ValueError(f"vocabulary.csv: kind of {row['term']!r} must be one of {KINDS}, is {row['kind']!r}")
        entries.append(
            Entry(
                kind=row["kind"],  # type: ignore[arg-type]
                term=row["term"],
                german=row["german"],
                variants=_parts(row["variants"]),
                domain=row["domain"],
                covers=_parts(row["covers"]),
                level=int(row["level"]) if row["level"] else None,
            )
        )
    return Vocabulary(entries, look_alikes())


def display(term: str, language: str) -> str:
    """See `Vocabulary.display`."""
    return vocabulary().display(term, language)
