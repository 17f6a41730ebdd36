"""CSV as people save it: any encoding, delimiter and size; a file that cannot be read is told with its line."""

import contextlib
import csv
import io
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.candidate_evaluations.columns import Columns, guess_columns
from ty_assets.candidate_evaluations.table import LONGEST_FIELD, OpenBytes, TableError, read_table, rows

ROWS = [["id", "Lebenslauf"], ["1", "Müller; „gut“, 5 €\nzweite Zeile"], ["2", "x|y\tz"]]


def opener(content: bytes, block: int = 7) -> OpenBytes:
    return lambda: (content[start : start + block] for start in range(0, len(content), block))


def written(table: Iterable[Iterable[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    return file.getvalue()


def read(content: bytes) -> list[list[str]]:
    opened = opener(content, 7 if len(content) < 10_000 else 65_536)
    table = read_table(opened)
    return [list(table.columns), *(list(one.values.values()) for one in rows(table, opened))]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32"])
def test_encoding_delimiter_and_line_ends_are_found_out(encoding: str, delimiter: str, end: str) -> None:
    content = written(ROWS, delimiter, end).encode(encoding)
    if encoding == "utf-32":
        content = content if content.startswith(b"\xff\xfe\0\0") else b"\xff\xfe\0\0" + content
    assert [[" ".join(cell.split()) for cell in row] for row in read(content)] == [
        [" ".join(cell.split()) for cell in row] for row in ROWS
    ]


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).map(str.strip).filter(bool)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=8), st.sampled_from(",;\t|"))
@settings(max_examples=100, deadline=None)
def test_what_a_spreadsheet_writes_is_read_as_it_was(table: list[tuple[str, str, str]], delimiter: str) -> None:
    content = written([("a", "b", "c"), *table], delimiter).encode()
    found = read_table(opener(content))
    if found.delimiter == delimiter:  # texts full of another sign may look like columns, and then say so below
        assert [tuple(one.values.values()) for one in rows(found, opener(content))] == table


def test_a_late_byte_of_windows_1252_decides() -> None:
    content = b"id,text\n" + b"".join(b"%d,plain\n" % n for n in range(50_000)) + "9,Müller\n".encode("cp1252")
    table = read_table(opener(content, 65_536))
    assert table.encoding == "cp1252"
    *_, last = rows(table, opener(content, 65_536))
    assert last.values["text"] == "Müller"


def test_excels_hint_is_followed() -> None:
    content = b"sep=|\r\nid|text\r\n1|a, b, c\r\n"
    assert read(content) == [["id", "text"], ["1", "a, b, c"]]
    table = read_table(opener(content))
    assert [one.line for one in rows(table, opener(content))] == [3]


def test_lines_are_those_of_the_file() -> None:
    content = b'id,text\n1,"a\nb"\n\n2,c\n'
    table = read_table(opener(content))
    assert [(one.line, one.values["id"]) for one in rows(table, opener(content))] == [(2, "1"), (5, "2")]


def test_columns_without_name_or_with_the_same_one_can_be_told_apart() -> None:
    table = read_table(opener(b"id,,text,text,,\n1,a,b,c,,\n"))
    assert table.columns == ("id", "column 2", "text", "text (2)")


def test_one_column_is_a_table() -> None:
    assert read(b"text\nhello world\n") == [["text"], ["hello world"]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"id,text\n", "no row"),
        (b"id,text\n,\n", "no row"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        (b"id,text\n1,a\n2,a,b\n", "line 3: 3 fields, but the header has 2 columns"),
        (b"id,text,more\n1,a,b\n2,a\n", "line 3: 2 fields, but the header has 3 columns"),
        (b'id,text\n1,a\n2,"never closed\n3,b\n', "line 3: a double quote"),
        (b'id,text\n1,"a" b\n', "line 2: text behind a closing double quote"),
        (b"id,text\n1,\x81\x8d\n", "neither UTF-8 nor Windows-1252"),
        (b"id,text\n1,a\0b\n", "no text"),
        (b"id,text\n1," + b"x" * (LONGEST_FIELD + 1) + b"\n", "line 2: a text of more than"),
        (b",\n1,2\n", "names of the columns"),
        (b"\xff\xfei\0d\0,\0t\0\n\0" + b"1\0,\0x\0\n", "breaks off"),
    ],
)
def test_what_is_no_table_is_told_with_its_line(content: bytes, told: str) -> None:
    with pytest.raises(TableError, match=told):
        read(content)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reading(content: bytes) -> None:
    with contextlib.suppress(TableError):
        read(content)


def test_memory_is_flat() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"id,text\n"
        for start in range(0, 6_000, 10):
            yield b"".join(b"%d,%s\n" % (n, b"word " * 1_000) for n in range(start, start + 10))

    tracemalloc.start()
    table = read_table(blocks)
    count = sum(1 for _ in rows(table, blocks))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 6_000  # 30 MB
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("header", "first", "expected"),
    [
        (
            "ID;Vorname;Nachname;E-Mail;Alter;Lebenslauf",
            "1;Anna;Weber;a@example.org;30;Pflegefachkraft",
            Columns("ID", ("Lebenslauf",), ("Vorname", "Nachname"), ("E-Mail",)),
        ),
        (
            "candidate_id;full name;cover letter;skills;years",
            "c1;Jo Smith;I want this job;Python;7",
            Columns("candidate_id", ("cover letter", "skills"), ("full name",), ()),
        ),
        ("text", "only a text here", Columns(None, ("text",))),
        ("id;text", ";a text without id", Columns(None, ("text",))),
        ("offer;id;number", "a long text;5;7", Columns("id", ("offer",))),
    ],
)
def test_columns_are_guessed_by_name_and_values(header: str, first: str, expected: Columns) -> None:
    table = read_table(opener(f"{header}\n{first}\n".encode()))
    assert guess_columns(table) == expected


def test_an_id_that_repeats_is_still_the_id_so_that_its_repeating_is_told() -> None:
    table = read_table(opener(b"id;text\n1;one text\n1;other text\n"))
    assert guess_columns(table).id == "id"
