"""Posting files: what is read, what is named as broken, what is left for later."""

import json
import threading
import time
from pathlib import Path

import pytest

from ty_resources.sources.files import FileSource
from ty_resources.sources.source import Received, SourceError


def read(path: Path, settle: float = 0.0) -> list[Received]:
    return list(FileSource(path, settle).receive())


def test_every_line_of_a_jsonl_file_is_one_record_with_its_origin(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"title": "Koch"}\r\n\r\n{"title": "K\xc3\xb6chin"}')
    assert [(r.origin, r.payload) for r in read(file)] == [
        ("a.jsonl:1", {"title": "Koch"}),
        ("a.jsonl:3", {"title": "Köchin"}),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"title": "Koch"', "column"),
        (b"[1, 2]", "got list"),
        (b'{"title": "K\xf6chin"}', "0xf6"),
        (b'"just text"', "got str"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_read(tmp_path: Path, line: bytes, told: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"title": "A"}\n' + line + b'\n{"title": "B"}\n')
    first, broken, last = read(file)
    assert (first.payload, last.payload) == ({"title": "A"}, {"title": "B"})
    assert broken.payload is None
    assert broken.raw == line
    assert str(broken.error).startswith("a.jsonl:2: expected")
    assert told in str(broken.error)


def test_csv_rows_become_records_and_multi_line_cells_stay_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('title,description,city\n"Koch, Köchin","Zeile 1\nZeile ""2""",\nBäcker,x,Ulm\n', "utf-8")
    assert [r.payload for r in read(file)] == [
        {"title": "Koch, Köchin", "description": 'Zeile 1\nZeile "2"'},
        {"title": "Bäcker", "description": "x", "city": "Ulm"},
    ]


def test_a_csv_row_with_wrong_columns_or_bytes_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"title,description\nA,x\nB\nC,\xff\nD,y\n")
    good = [r.payload for r in read(file) if r.payload]
    bad = [str(r.error) for r in read(file) if r.error]
    assert good == [{"title": "A", "description": "x"}, {"title": "D", "description": "y"}]
    assert bad[0] == "a.csv:3: expected 2 columns as in the header, got 1"
    assert bad[1].startswith("a.csv:4: expected UTF-8, got byte 0xff")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("Koch (m/w/d),Wir suchen einen Koch.\nKellner,x\n", "got 'Koch (m/w/d)'"),
        ("title,description,title\nA,x,B\n", "got title twice"),
        ('title,description\nA,"x\nB,y\n', "not closed"),
    ],
)
def test_a_csv_file_of_another_shape_is_told_once_and_not_half_read(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.csv").write_text(text, "utf-8")
    (only,) = read(tmp_path / "a.csv")
    assert told in str(only.error)


def test_csv_with_semicolons_and_capital_names_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ID;Title;Description\n7;Koch;a, b\n", "utf-8")
    assert [r.payload for r in read(tmp_path / "a.csv")] == [{"id": "7", "title": "Koch", "description": "a, b"}]


def test_a_folder_is_read_in_the_order_of_names_without_unfinished_files(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", ".hidden.jsonl", "c.jsonl.part", "d.tmp"):
        (tmp_path / name).write_text(json.dumps({"title": name}) + "\n")
    (tmp_path / "notes.txt").write_text("hello")
    told = read(tmp_path)
    assert [r.payload["title"] for r in told if r.payload] == ["a.jsonl", "b.jsonl"]
    assert [str(r.error) for r in told if r.error] == ["notes.txt: expected one of .jsonl, .ndjson, .csv, got .txt"]


def test_a_file_that_still_grows_is_left_for_the_next_run(tmp_path: Path) -> None:
    growing, done = tmp_path / "growing.jsonl", tmp_path / "done.jsonl"
    done.write_text('{"title": "A"}\n')
    growing.write_text('{"title": "B"}\n')
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with growing.open("a") as stream:
                stream.write('{"title": "C"}\n')
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        told = read(tmp_path, settle=0.4)
    finally:
        stop.set()
        writer.join()
    assert [r.payload for r in told if r.payload] == [{"title": "A"}]
    assert [r.origin for r in told if r.error] == ["growing.jsonl:0"]
    assert "still being written" in str(told[-1].error)
    assert len([r for r in read(tmp_path, settle=0) if r.payload]) > 2


def test_a_path_that_is_not_there_or_of_no_known_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        FileSource(tmp_path / "no.jsonl")
    (tmp_path / "a.xlsx").write_text("")
    with pytest.raises(SourceError, match=r"got \.xlsx"):
        FileSource(tmp_path / "a.xlsx")
