"""From the rows of a table to candidates: an id and the text that is judged.

Belongs here: which text a row becomes, what is taken out of it, and what is wrong with a row. Not here: the table
(table.py), which column is what (columns.py), and the request that is made of a candidate (question.py).

No row is left out without a word: one that cannot be judged ends the preparation with its line, unless its sender wants
such rows left out, and then it is counted and named.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ty_assets.candidate_evaluations.columns import Columns
from ty_assets.candidate_evaluations.table import OpenBytes, Table, rows
from ty_assets.postings.normalise import normalise_text
from ty_assets.profiles.anonymise import MARKER, anonymise
from ty_assets.profiles.document import Contact
from ty_assets.profiles.reading.contact import read_person
from ty_assets.profiles.reading.lines import lines_of_text
from ty_assets.requirements.instructions import without_orders

LONGEST_ID: Final = 512  # characters
_FAULTS: Final = 100  # that are told; the rest is counted
_NAMED: Final = 10  # ids that a warning names
_TOP: Final = 8  # lines of a CV in which its name stands
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE: Final = re.compile(r"[+(]?\d[\d\s()/.-]{5,}")
_BIRTH: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_URL: Final = re.compile(r"(?:https?://|www\.)\S+|\S+\.\w{2,}/\S*")


class PrepareError(ValueError):
    """Rows that no batch can be made of. `faults`: (line, message) of the first hundred; str() tells them."""

    def __init__(self, faults: list[tuple[int, str]], more: int = 0) -> None:
        self.faults = tuple(faults)
        self.more = more
        told = [f"  line {line}: {message}" for line, message in faults]
        told += [f"  and {more:,} more"] if more else []
        count = len(faults) + more
        super().__init__("\n".join([f"{count:,} row{'s' if count > 1 else ''} cannot be prepared", *told]))


@dataclass(frozen=True)
class Candidate:
    """line: of the file where the row begins. text: as it is judged."""

    line: int
    custom_id: str
    text: str


@dataclass
class Report:
    """What became of the rows; filled while they are read."""

    candidates: int = 0
    anonymised: int = 0  # texts that something of the person was taken out of
    with_orders: list[str] = field(default_factory=list)  # ids of the first texts with orders to a machine
    orders: int = 0
    empty: int = 0
    empty_lines: list[int] = field(default_factory=list)
    longest: int = 0  # characters

    def warnings(self) -> list[str]:
        """What whoever prepares the file should look at."""
        told = []
        if self.orders:
            ids = ", ".join(self.with_orders) + (", ..." if self.orders > len(self.with_orders) else "")
            told.append(f"{self.orders:,} texts give orders to whoever reads them; the orders were taken out: {ids}")
        if self.empty:
            lines = ", ".join(map(str, self.empty_lines)) + (", ..." if self.empty > len(self.empty_lines) else "")
            told.append(f"{self.empty:,} rows without text were left out: lines {lines}")
        return told


def candidates(
    table: Table,
    open_bytes: OpenBytes,
    columns: Columns,
    *,
    keep_names: bool = False,
    skip_empty: bool = False,
    report: Report | None = None,
) -> Iterator[Candidate]:
    """All candidates of a file in its order.

    keep_names: leave names and contact data in the texts. skip_empty: leave rows without text out, and count them.
    Memory: about 150 bytes for each id, to find the second of two.

    Raises: PrepareError at the end of the file, with every row that is no candidate; TableError for what is no row.
    """
    told = report if report is not None else Report()
    seen: dict[str, int] = {}
    faults = _Faults()
    for number, record in enumerate(rows(table, open_bytes), 1):
        custom_id = record.values[columns.id] if columns.id else f"candidate-{number}"
        if fault := _fault_of_id(custom_id, columns.id, seen.setdefault(custom_id, record.line), record.line):
            faults.add(record.line, fault)
            continue
        text = text_of(record.values, columns, keep_names=keep_names)
        cleaned = without_orders(text)
        if not cleaned:
            if skip_empty:
                told.empty += 1
                told.empty_lines += [record.line] if told.empty <= _NAMED else []
            else:
                faults.add(record.line, "has no text; fill it in, or leave such rows out with --skip-empty")
            continue
        told.candidates += 1
        told.anonymised += MARKER in cleaned
        told.longest = max(told.longest, len(cleaned))
        if cleaned != text:
            told.orders += 1
            told.with_orders += [custom_id] if told.orders <= _NAMED else []
        yield Candidate(record.line, custom_id, cleaned)
    faults.end()


def text_of(values: dict[str, str], columns: Columns, *, keep_names: bool = False) -> str:
    """The text that a row becomes: the columns' values, each behind its name where there are several."""
    parts = [(column, normalise_text(values[column])) for column in columns.text]
    parts = [(column, text) for column, text in parts if text]
    if not keep_names:
        contact = _contact(values, columns, parts)
        parts = [(column, anonymise(text, contact)) for column, text in parts]
    if len(columns.text) == 1:
        return "".join(text for _, text in parts)
    return "\n".join(f"{column}:\n{text}" if "\n" in text else f"{column}: {text}" for column, text in parts)


def _contact(values: dict[str, str], columns: Columns, parts: list[tuple[str, str]]) -> Contact:
    """Who the person is, by the columns that say so; the name otherwise by the top of what reads as a CV."""
    name = " ".join(filter(None, (values[column] for column in columns.name)))
    known: dict[str, str] = {}
    urls = []
    for column in columns.contact:
        value = values[column]
        if _EMAIL.fullmatch(value):
            known.setdefault("email", value)
        elif _BIRTH.fullmatch(value):
            known.setdefault("birth_date", value)
        elif _PHONE.fullmatch(value):
            known.setdefault("phone", value)
        elif _URL.fullmatch(value):
            urls.append(value)
        elif value:
            known.setdefault("address", value)
    if not name:
        name = next(filter(None, (_name_at_top(text) for _, text in parts)), "")
    return Contact(name=name or None, urls=tuple(urls), **known)


def _name_at_top(text: str) -> str:
    head = text.split("\n", _TOP)[:_TOP]
    if len(head) < 3:
        return ""
    return str(read_person(lines_of_text("\n".join(head))).basics.get("name", ""))


def _fault_of_id(custom_id: str, column: str | None, first: int, line: int) -> str | None:
    if not custom_id:
        return f"has no id in {column!r}; fill it in, or have the rows numbered: no id column"
    if len(custom_id) > LONGEST_ID:
        return f"has an id of {len(custom_id):,} characters; {LONGEST_ID} at most"
    if first != line:
        return f"has the id {custom_id!r} of line {first}; ids have to differ"
    return None


class _Faults:
    """The first faults in full, the others counted."""

    def __init__(self) -> None:
        self._told: list[tuple[int, str]] = []
        self._more = 0

    def add(self, line: int, message: str) -> None:
        if len(self._told) < _FAULTS:
            self._told.append((line, message))
        else:
            self._more += 1

    def end(self) -> None:
        if self._told:
            raise PrepareError(self._told, self._more)
