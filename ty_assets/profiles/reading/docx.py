"""DOCX in, lines out: the archive and its XML under bounds, with tables, text boxes, tabs, bullets and headings.

Belongs here: Word's format. Not here: what the lines mean (free_text.py). Pictures stay packed.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException

from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.reading.dates import find_period, without_period
from ty_assets.profiles.reading.limits import (
    FREE_PART_BYTES,
    MAX_CHARACTERS,
    MAX_PART_BYTES,
    MAX_ZIP_ENTRIES,
    MAX_ZIP_RATIO,
    MAX_ZIP_UNCOMPRESSED,
)
from ty_assets.profiles.reading.lines import Line, line_of
from ty_assets.profiles.reading.xml_tree import parsed

DOCUMENT = "word/document.xml"
_STYLES = "word/styles.xml"
_CHUNK = 65_536
# What the standard library raises for an archive that is not as it says.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError,
    OverflowError, ParseError, DefusedXmlException,
)  # fmt: skip
_SIDE_BY_SIDE = 4  # paragraphs in each of two cells, from which on they are columns and not a row
_HEADING_STYLE = re.compile(r"^(?:heading|überschrift|berschrift|title|titel|subtitle)", re.IGNORECASE)


class DocxText(NamedTuple):
    lines: list[Line]
    has_photo: bool


def is_docx(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return DOCUMENT in archive.namelist()
    except _BROKEN:
        return False


def read_docx(data: bytes) -> DocxText:
    """Raises UnreadableCv: malformed, encrypted, unpacks_too_large, too_long, no_text."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive)
            names = archive.namelist()
            body = parsed(_part(archive, DOCUMENT), "docx")
            headings = _heading_styles(parsed(_part(archive, _STYLES), "docx")) if _STYLES in names else frozenset()
            headers = [name for name in sorted(names) if re.fullmatch(r"word/header\d+\.xml", name)][:4]
            above = [parsed(_part(archive, name), "docx") for name in headers]
            photo = any(re.match(r"word/media/.+\.(?:jpe?g|png|bmp|gif|webp)$", name.lower()) for name in names)
    except _BROKEN as error:
        raise UnreadableCv("malformed", kind="docx") from error
    reader = _Reader(headings)
    lines = [line for tree in (*above, body) for line in reader.blocks(tree)]
    if not lines:
        raise UnreadableCv("no_text", kind="docx", pages=1)
    return DocxText(lines, photo)


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ZIP_ENTRIES or size > MAX_ZIP_UNCOMPRESSED:
        raise UnreadableCv("unpacks_too_large", kind="docx")


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part, unpacked piece by piece, since the directory may lie about its size."""
    entry = archive.getinfo(name)
    if entry.flag_bits & 1:
        raise UnreadableCv("encrypted", kind="docx")
    limit = min(MAX_PART_BYTES, max(FREE_PART_BYTES, entry.compress_size * MAX_ZIP_RATIO))
    parts, size = [], 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise UnreadableCv("unpacks_too_large", kind="docx")
            parts.append(chunk)
    return b"".join(parts)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Element | None, name: str) -> str:
    if element is None:
        return ""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _child(element: Element | None, name: str) -> Element | None:
    return None if element is None else next((child for child in element if _name(child) == name), None)


def _heading_styles(styles: Element) -> frozenset[str]:
    found = set()
    for style in styles:
        if _name(style) == "style" and _HEADING_STYLE.match(_attribute(_child(style, "name"), "val")):
            found.add(_attribute(style, "styleId"))
    return frozenset(found)


class _Reader:
    """Goes through the body; the only state is how much has been read."""

    def __init__(self, headings: frozenset[str]) -> None:
        self._headings = headings
        self._characters = 0
        self._gap = False

    def blocks(self, parent: Element) -> Iterator[Line]:
        """Lines of all paragraphs and tables below, also in text boxes and controls."""
        for element in parent:
            name = _name(element)
            if name == "p":
                yield from self._paragraph(element)
            elif name == "tbl":
                yield from self._table(element)
            elif name in ("body", "sdt", "sdtContent", "ins", "customXml", "smartTag"):
                yield from self.blocks(element)

    def _paragraph(self, paragraph: Element) -> Iterator[Line]:
        boxes = [box for box in paragraph.iter() if _name(box) == "txbxContent"]
        # Word stores a box twice, once for old readers
        for box in boxes[:1] if len(boxes) == 2 and _content(boxes[0]) == _content(boxes[1]) else boxes[::2] or boxes:
            yield from self.blocks(box)
        text = "".join(_texts(paragraph))
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise UnreadableCv("too_long", characters=self._characters, limit=MAX_CHARACTERS)
        properties = _child(paragraph, "pPr")
        style = _attribute(_child(properties, "pStyle"), "val")
        bullet = _child(properties, "numPr") is not None or "list" in style.casefold()
        heading = style in self._headings or bool(_HEADING_STYLE.match(style))
        size, bold = _type_of(paragraph)
        if not text.strip():
            self._gap = True
            return
        for number, part in enumerate(text.split("\n")):
            gap = number == 0 and (self._gap or heading or _space_before(properties))
            line = line_of(part, gap=gap, size=size, strong=bold or heading, bullet=bullet and not heading)
            if line:
                self._gap = False
                yield line

    def _table(self, table: Element) -> Iterator[Line]:
        for row in (child for child in table.iter() if _name(child) == "tr" and _belongs(table, child)):
            all_cells = [list(self.blocks(cell)) for cell in _below(row, "tc")]
            cells = [cell for cell in all_cells if cell]
            if not cells:
                self._gap = True
                continue
            if len(cells) == 1 or (sum(len(cell) >= _SIDE_BY_SIDE for cell in cells) >= 2 and not _is_dated(cells[0])):
                for cell in cells:
                    # an empty cell before it: the row goes on with what the one above began
                    yield replace(cell[0], gap=bool(all_cells[0]))
                    yield from cell[1:]
            else:
                yield from _row(cells)


def _is_dated(cell: list[Line]) -> bool:
    text = " ".join(line.text for line in cell)
    period = find_period(text)
    return period is not None and len(without_period(text, period)) < 3


def _row(cells: list[list[Line]]) -> Iterator[Line]:
    """A row as one line with its cells, and below it what more stands in the widest of them."""
    cells = [_one_line(cell) if _is_dated(cell) else cell for cell in cells]
    firsts = [cell[0] for cell in cells]
    texts = "\t".join(line.text for line in firsts)
    yield Line(texts, False, True, firsts[-1].size, all(line.strong for line in firsts))
    for cell in cells:
        yield from cell[1:]


def _one_line(cell: list[Line]) -> list[Line]:
    return [Line(" ".join(line.text for line in cell), False, True, cell[0].size, cell[0].strong)]


def _below(row: Element, name: str) -> Iterator[Element]:
    for child in row:
        if _name(child) == name:
            yield child
        elif _name(child) in ("sdt", "sdtContent", "customXml"):
            yield from _below(child, name)


def _belongs(table: Element, row: Element) -> bool:
    """Whether the row is the table's own and not one of a table within it."""
    return any(child is row for child in _below(table, "tr"))


def _content(box: Element) -> str:
    return "".join(_texts(box))


def _texts(element: Element) -> Iterator[str]:
    """The characters of a paragraph without those of text boxes in it and of what was struck out."""
    for child in element:
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in ("tab", "ptab"):
            yield "\t"
        elif name in ("br", "cr"):
            yield "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name not in ("pPr", "rPr", "del", "txbxContent", "pict", "drawing", "AlternateContent", "instrText"):
            yield from _texts(child)


def _type_of(paragraph: Element) -> tuple[float, bool]:
    """Size and weight of the first run that shows letters."""
    for run in paragraph.iter():
        if _name(run) != "r" or not "".join(_texts(run)).strip():
            continue
        properties = _child(run, "rPr")
        size = _attribute(_child(properties, "sz"), "val")
        bold = _child(properties, "b")
        points = int(size) / 2 if size.isascii() and size.isdigit() and len(size) < 5 else 0.0
        return points, bold is not None and _attribute(bold, "val") not in ("0", "false")
    return 0.0, False


def _space_before(properties: Element | None) -> bool:
    before = _attribute(_child(properties, "spacing"), "before")
    return before.isascii() and before.isdigit() and int(before[:6]) >= 120
