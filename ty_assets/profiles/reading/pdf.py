"""PDF in, lines out; nothing is decoded but the streams of text, and every step is bounded.

Belongs here: what is asked of pypdf. Not here: the order of what stands on a page (layout.py).
"""

import io
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from pypdf import PageObject, PdfReader, apply_configuration
from pypdf._text_extraction import _layout_mode
from pypdf.generic import ArrayObject, ContentStream, StreamObject

from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.reading.layout import Piece, lines_of_page
from ty_assets.profiles.reading.limits import MAX_CHARACTERS, MAX_PAGES, MAX_PDF_OPERATIONS, MAX_PDF_STREAM_BYTES
from ty_assets.profiles.reading.lines import Line, lines_of_text

_LIMITS: dict[str, Any] = {
    "maximum_declared_stream_length": MAX_PDF_STREAM_BYTES,
    "array_based_stream_maximum_output_length": MAX_PDF_STREAM_BYTES,
    "zlib_maximum_output_length": MAX_PDF_STREAM_BYTES,
    "lzw_maximum_output_length": MAX_PDF_STREAM_BYTES,
    "run_length_maximum_output_length": MAX_PDF_STREAM_BYTES,
    "brotli_maximum_output_length": MAX_PDF_STREAM_BYTES,
    "jbig2_maximum_output_length": 0,
    "image_maximum_buffer_size": 1,
    "stream_filters_maximum_length": 4,
    "stream_decoding_work_maximum_length": 3 * MAX_PDF_STREAM_BYTES,
    "stream_parsing_work_maximum_count": 2 * MAX_PDF_OPERATIONS,
    "array_maximum_element_count": 50_000,
    "page_tree_maximum_entries": 1_000,
    "page_tree_maximum_page_entries": 20_000,
    "page_tree_maximum_depth": 20,
    "jbig2dec_binary": None,  # no other program is started
}
# Less than this of what pypdf's plain reading finds means that the text lies where the layout does not look.
_ENOUGH = 0.6
_FEW = 200  # characters on a page, from which on that is checked
_WIDE = 2_000.0  # points; a page of 70 cm

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the document


class PdfText(NamedTuple):
    lines: list[Line]
    pages: int
    empty_pages: int
    has_photo: bool


def read_pdf(data: bytes) -> PdfText:
    """Raises UnreadableCv: encrypted, too_many_pages, too_long, no_text, malformed."""
    with apply_configuration(**_LIMITS):
        try:
            reader = PdfReader(io.BytesIO(data), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise UnreadableCv("encrypted", kind="pdf")
            pages = len(reader.pages)
            if pages > MAX_PAGES:
                raise UnreadableCv("too_many_pages", pages=pages, limit=MAX_PAGES)
            return _read(reader, pages)
        except (UnreadableCv, MemoryError):
            raise
        except Exception as error:  # pypdf raises what Python raises where a document is not as it expects
            raise UnreadableCv("malformed", kind="pdf") from error


def _read(reader: PdfReader, pages: int) -> PdfText:
    lines: list[Line] = []
    characters = empty = 0
    photo = False
    for number in range(pages):
        page = reader.pages[number]
        found = _lines_of(page)
        characters += sum(len(line.text) for line in found)
        if characters > MAX_CHARACTERS:
            raise UnreadableCv("too_long", characters=characters, limit=MAX_CHARACTERS)
        empty += not found
        photo |= number == 0 and _shows_picture(page)
        lines += found
    if not lines:
        raise UnreadableCv("no_text", kind="pdf", pages=pages)
    return PdfText(lines, pages, empty, photo)


def _lines_of(page: PageObject) -> list[Line]:
    """By place on the page; by the order in the file where that finds far less, as with text in drawn forms."""
    pieces = list(_pieces(page))
    found = sum(len(piece.text) for piece in pieces)
    if found < _FEW:
        plain = page.extract_text()
        if len(plain) > MAX_CHARACTERS:
            raise UnreadableCv("too_long", characters=len(plain), limit=MAX_CHARACTERS)
        if found < _ENOUGH * len(plain.strip()):
            return lines_of_text(plain)
    return lines_of_page(pieces)


def _pieces(page: PageObject) -> Iterator[Piece]:
    contents = page.get("/Contents")
    contents = contents.get_object() if contents is not None else None
    if not isinstance(contents, ArrayObject | StreamObject):
        return
    operations = iter(ContentStream(contents, page.pdf, "bytes").operations)
    groups = _layout_mode.text_show_operations(operations, page._layout_mode_fonts())
    total = 0
    for group in groups:
        text = group["text"]
        total += len(text)
        if total > 2 * MAX_CHARACTERS:
            raise UnreadableCv("too_long", characters=total, limit=MAX_CHARACTERS)
        height = abs(group["font_height"]) or 10.0
        if text.strip() and abs(group["tx"]) < _WIDE and abs(group["ty"]) < 10 * _WIDE and height < _WIDE:
            # room before and behind the letters is not part of them
            end = max(group["displaced_tx"], group["tx"])
            y = group["ty"] * group["flip_sort"]
            yield Piece(group["tx"], end, y, height, text.rstrip())


def _shows_picture(page: PageObject) -> bool:
    """Whether the first page names a picture that may be a photo; it is never decoded."""
    resources = page.get("/Resources")
    resources = resources.get_object() if resources is not None else {}
    objects = resources.get("/XObject") if hasattr(resources, "get") else None
    objects = objects.get_object() if objects is not None else {}
    if not hasattr(objects, "values"):
        return False
    for one in list(objects.values())[:50]:
        picture = one.get_object()
        if hasattr(picture, "get") and picture.get("/Subtype") == "/Image":
            width, height = picture.get("/Width", 0), picture.get("/Height", 0)
            if isinstance(width, int) and isinstance(height, int) and width >= 60 and height >= 60:
                return True
    return False
