"""The quick way and the careful way are one: same rows, same bytes, or the quick one leaves it to the other."""

import csv
import datetime as dt
import io
import json
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.legacy.chunks import Chunk, careful_rows, cut, quick_rows
from ty_assets.legacy.occupations import OldOccupations
from ty_assets.legacy.people import history_entry, resume
from ty_assets.legacy.postings import Reading, status_of
from ty_assets.legacy.quick_postings import QuickReading
from ty_assets.legacy.ratings import read_rating
from ty_assets.legacy.tables import POSTINGS, RowError
from ty_assets.legacy.vectors import read_vector
from ty_assets.postings.ingest import checked
from ty_assets.postings.normalise import posting_id, posting_id_bytes

_TODAY = dt.date(2026, 3, 10)
_READING = Reading(_TODAY, dt.date(2026, 1, 1), ZoneInfo("Europe/Berlin"), 300)
_COLUMNS = [*POSTINGS.needed, *POSTINGS.known, "unknown_column"]

_CELL = st.text(alphabet=st.sampled_from('ab,"\n\r\t\\äß€ \x00\x01\x85\u2028\ufffd;1'), max_size=12)
_TIMES = st.sampled_from([
    "", "2026-02-11 23:30:00+00", "2026-02-11 23:30:00.123456+01", "2026-02-11 23:59:59", "2026-02-11",
    "2025-06-01 00:00:00+05:30", "2026-02-30 10:00:00+00", "2026-03-11 00:00:00+01", "gestern", "2026-02-11T10:00:00Z",
])  # fmt: skip


def _csv(rows: list[list[str]]) -> bytes:
    """As Postgres quotes."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text

    return "".join(",".join(map(cell, row)) + "\n" for row in rows).encode()


@given(st.lists(st.lists(_CELL, min_size=3, max_size=3), max_size=8))
def test_rows_cut_at_quotes_are_those_of_the_csv_module(rows: list[list[str]]) -> None:
    data = _csv(rows)
    assert quick_rows(data, 3) == [[cell.encode() for cell in row] for row in rows]


@given(st.binary(max_size=60))
def test_cutting_at_quotes_never_takes_what_is_no_csv(data: bytes) -> None:
    found = quick_rows(data, 2)
    if found is not None:
        text = data.decode("latin-1")
        told = [row for row in csv.reader(io.StringIO(text, newline="\n"), strict=True) if row]
        assert [[cell.decode("latin-1") for cell in row] for row in found] == told


@given(
    st.lists(st.lists(_CELL, min_size=2, max_size=2), min_size=1, max_size=12), st.integers(1, 60), st.integers(1, 50)
)
def test_chunks_end_where_rows_end_and_lose_nothing(rows: list[list[str]], size: int, block: int) -> None:
    data = _csv(rows)
    chunks = list(cut((data[n : n + block] for n in range(0, len(data), block)), 2, size))
    assert b"".join(chunk.data for chunk in chunks) == data
    assert len({chunk.name for chunk in chunks}) == len(chunks)
    line = 2
    for chunk in chunks:
        assert chunk.line == line
        assert list(csv.reader(io.StringIO(chunk.data.decode(), newline="\n"), strict=True))
        line += chunk.data.count(b"\n")


@st.composite
def _old_row(draw: st.DrawFn) -> list[str]:
    usual = {
        "posting_id": draw(st.sampled_from(["1", "7", "a b", ""])),
        "source": draw(st.sampled_from(["arbeitsagentur", "deutsche_bank", ' x"', "", "ä"])),
        "external_job_id": draw(st.sampled_from(["10001-1-S", "", " 5 ", 'q"q', "back\\slash"])),
        "external_id": draw(st.sampled_from(["aa-1", ""])),
        "job_title": draw(st.sampled_from(["Koch", "", "Ärztin", '"Koch"\n', "x" * 2001]) | _CELL),
        "job_description": draw(st.sampled_from(["Kochen", "Ü" * 200, "é" * 301]) | _CELL),
        "first_seen_at": draw(_TIMES),
        "last_seen_at": draw(_TIMES),
        "posting_name": draw(st.sampled_from(["Koch", "Bistro Nord", ""]) | _CELL),
        "organization_name": draw(st.sampled_from(["", "", "Bistro Süd"])),
        "invalidated": draw(st.sampled_from(["t", "f", "", "true", "vielleicht"])),
        "location_remote_options": draw(st.sampled_from(["t", "f", "", "ja"])),
    }
    others = draw(st.lists(_CELL, min_size=3, max_size=3))  # one for each column would take long to draw
    return [usual.get(name, others[n % 4] if n % 4 < 3 else "") for n, name in enumerate(_COLUMNS)]


@given(_old_row())
def test_the_quick_way_gives_the_careful_ways_bytes(row: list[str]) -> None:
    quick = QuickReading(_READING, _COLUMNS)
    for _ in range(2):  # the second time from what it has kept
        found = quick.row([cell.encode() for cell in row])
        if (
            found is None
            or any(c < 32 and c not in b"\n\r\t" for c in "".join(row).encode())
            or "\ufffd" in "".join(row)
        ):
            return  # Postgres refuses the first kind, and the taker does not ask for the second
        assert found == _READING.row({name: cell for name, cell in zip(_COLUMNS, row, strict=True) if cell})


def test_usual_rows_take_the_quick_way() -> None:
    row = dict.fromkeys(_COLUMNS, "") | {
        "posting_id": "1", "source": "arbeitsagentur", "external_job_id": "10001-1-S", "job_title": "Ärztin (m/w/d)",
        "posting_name": "Klinik",
        "job_description": "Über uns: \"wir\"\r\n\t\\o/", "first_seen_at": "2026-02-11 23:30:00.5+00",
        "domain_gate": '{"a": "b"}', "invalidated": "t", "location_remote_options": "f", "berufenet_score": "0.91",
    }  # fmt: skip
    found = QuickReading(_READING, _COLUMNS).row([cell.encode() for cell in row.values()])
    assert found is not None
    record, text = checked(json.loads(found.payload), "any", _TODAY, 300)
    assert text.encode() == found.payload, "keys in order, written as a file's record is"
    assert record.first_seen_on == dt.date(2026, 2, 12)
    assert record.payload["legacy"]["status"] == "invalidated"


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=20), st.text("abc:1", max_size=9))
def test_an_id_in_bytes_is_the_id(external_id: str, source: str) -> None:
    assert posting_id_bytes(source.encode(), external_id.encode()) == posting_id(source, external_id).bytes


def test_a_broken_row_does_not_take_the_next_one_with_it() -> None:
    data = b'1,a,b,c\n2,"x\ny",b,c\n3,a,b\n4,\xff,b,c\n5,a,b,c\n'
    rows = list(careful_rows(POSTINGS, Chunk("", data, 10), ["posting_id", "x", "y", "z"]))
    assert [row.place for row in rows] == [f"postings.csv:{n}" for n in (10, 11, 13, 14, 15)]
    assert [row.error is None for row in rows] == [True, True, False, False, True]
    assert rows[1].cells["x"] == "x\ny"


@pytest.mark.parametrize(
    ("word", "invalidated", "ours"),
    [("active", False, "active"), ("", False, "active"), ("Filled", False, "stale"), ("active", True, "invalidated")],
)
def test_their_status_is_one_of_ours(word: str, invalidated: bool, ours: str) -> None:
    assert status_of(word, invalidated) == ours


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4))
def test_a_vector_has_unit_length_or_is_refused(values: list[float]) -> None:
    cells = {"text": "a", "model": "bge-m3:567m", "embedding": json.dumps(values)}
    if np.linalg.norm(values) <= np.finfo(np.float32).tiny:
        with pytest.raises(RowError, match="of the length"):
            read_vector(cells, "bge-m3", 4)
    else:
        assert abs(np.linalg.norm(read_vector(cells, "bge-m3", 4).vector) - 1) < 1e-5


@pytest.mark.parametrize(
    "text", ["[NaN,1,1,1]", "[Infinity,1,1,1]", "[1,2,3]", "[null,1,1,1]", "{}", "", "[[1],2,3,4]"]
)
def test_what_is_no_vector_is_refused(text: str) -> None:
    with pytest.raises(RowError, match="embedding: expected"):
        read_vector({"text": "a", "model": "bge-m3", "embedding": text}, "bge-m3", 4)


def test_a_code_is_read_with_and_without_its_letter() -> None:
    old = OldOccupations()
    old.occupation({"berufenet_id": "1", "name": "Koch", "kldb": "29302"})
    old.occupation({"berufenet_id": "2", "name": "Köchin", "kldb": "B 29304"})
    assert [o.kldb for o in old.occupations.values()] == ["29302", "29304"]
    with pytest.raises(RowError, match="each id once"):
        old.occupation({"berufenet_id": "2", "name": "Bäcker", "kldb": "29302"})


def test_lists_are_read_as_postgres_and_as_json_write_them() -> None:
    entry = history_entry({"job_title": "Koch", "achievements": '{"a, b","say \\"x\\"",plain,NULL}'})
    assert entry["fields"]["highlights"] == ["a, b", 'say "x"', "plain"]
    document = resume({"current_title": "Koch", "skill_keywords": '["a", {"skill": "b"}, "a"]'}, [])
    assert document["skills"] == [{"name": "a"}, {"name": "b"}]


def test_a_rating_outside_of_the_scale_is_refused() -> None:
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    number = posting_id("a", "b")
    cells = {"profile_id": "1", "posting_id": "1", "user_rating": "99"}
    with pytest.raises(RowError, match=r"user_rating: expected 1 to 10.*got '99'"):
        read_rating(cells, {"1": number}, {"1": number}, ZoneInfo("UTC"), now)
