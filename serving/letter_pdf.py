"""A letter as a PDF. Belongs here: the layout, and finding letters for every character. Not here: what stands in it.

PDF's own fonts know Latin-1 alone. The fonts are those of Debian's fonts-liberation and fonts-dejavu-core (SIL OFL,
and Bitstream Vera's licence), which a desktop has; where neither is there, Helvetica serves, and what it cannot write
is spelt in letters that it can.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from serving.letter_sheet import Sheet

_FOLDERS: Final = (
    Path("/usr/share/fonts/truetype"),
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
# The first that is there is written with; the others stand in for what it has not.
_FAMILIES: Final = (
    ("liberation", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("dejavu", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
)
_CORE: Final = "helvetica"
_UNKNOWN: Final = "?"
_LEFT, _RIGHT, _TOP, _BOTTOM = 25.0, 20.0, 20.0, 20.0  # millimetres; DIN 5008
_ADDRESS_FROM_TOP: Final = 50.0
_LINE: Final = 5.2
_ELSEWHERE: Final = str.maketrans("\u201e\u201c\u201d\u201a\u2018\u2019\u2013\u2014", "\"\"\"'''--") | {
    0x2026: "...",
    0x20AC: "EUR",
}


class Family(NamedTuple):
    name: str
    regular: Path
    bold: Path


@cache
def families() -> tuple[Family, ...]:
    """The fonts that are on this machine."""
    found = []
    for name, regular, bold in _FAMILIES:
        for folder in _FOLDERS:
            paths = [_file(folder, file) for file in (regular, bold)]
            if paths[0] is not None and paths[1] is not None:
                found.append(Family(name, paths[0], paths[1]))
                break
    return tuple(found)


def _file(folder: Path, name: str) -> Path | None:
    """In the folder or in one below it, as Debian has them."""
    return next((path for pattern in (name, f"*/{name}") for path in folder.glob(pattern)), None)


def as_pdf(sheet: Sheet, fonts: Sequence[Family] | None = None) -> bytes:
    """A4, in the order of DIN 5008. Takes a tenth of a second: not for an event loop. fonts: of this machine."""
    pdf = FPDF(format="A4")
    pdf.set_margins(_LEFT, _TOP, _RIGHT)
    pdf.set_auto_page_break(True, _BOTTOM)
    pdf.set_title(_latin(sheet.subject) or " ")
    pdf.set_lang("de-DE" if sheet.language == "de" else "en-GB")
    known = families() if fonts is None else tuple(fonts)
    for family in known:
        pdf.add_font(family.name, "", family.regular)
        pdf.add_font(family.name, "B", family.bold)
    if known:
        pdf.set_fallback_fonts([family.name for family in known[1:]], exact_match=False)
    writer = _Writer(pdf, known[0].name if known else _CORE)
    pdf.add_page()
    writer.lines([sheet.sender], align="R", style="B")
    writer.lines(sheet.sender_lines, align="R", size=9.5)
    pdf.set_y(max(_ADDRESS_FROM_TOP, pdf.get_y() + 8))
    writer.lines(sheet.recipient)
    pdf.set_y(pdf.get_y() + 12)
    writer.lines([sheet.place_and_date], align="R")
    pdf.set_y(pdf.get_y() + 8)
    if sheet.subject:
        writer.lines([sheet.subject], style="B")
        pdf.set_y(pdf.get_y() + 6)
    for paragraph in sheet.paragraphs:
        writer.lines([paragraph])
        pdf.set_y(pdf.get_y() + 3)
    return bytes(pdf.output())


class _Writer:
    def __init__(self, pdf: FPDF, family: str) -> None:
        self._pdf, self._family = pdf, family

    def lines(self, lines: Sequence[str], *, align: str = "L", style: str = "", size: float = 11) -> None:
        self._pdf.set_font(self._family, style, size)
        for line in filter(None, lines):
            text = self._writable(line)
            self._pdf.multi_cell(0, _LINE, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _writable(self, text: str) -> str:
        """What some font has; else its parts ("ệ" is e with two marks); else a question mark, so that it is seen."""
        known = [font.cmap for font in self._pdf.fonts.values() if isinstance(font, TTFFont)]
        if not known:
            return _latin(text)
        return "".join(
            char if char == "\n" or any(ord(char) in cmap for cmap in known) else _latin(char) for char in text
        )


def _latin(text: str) -> str:
    return "".join(_latin_char(char) for char in text)


def _latin_char(char: str) -> str:
    if ord(char) < 256:
        return char
    if ord(char) in _ELSEWHERE:
        return char.translate(_ELSEWHERE)
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return ""
    parts = "".join(part for part in unicodedata.normalize("NFKD", char) if ord(part) < 256)
    return parts or _UNKNOWN
