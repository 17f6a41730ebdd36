"""Draws the CVs of `cvs/` as real files: PDF with coordinates, DOCX with tables, plain text.

The notation: "@ Name" is set large, "## Heading", "- bullet", a tab parts cells, ">>" sets the rest of the line at the
right edge, "[[left]]", "[[right]]" and "[[end]]" set columns beside one another, an empty line leaves room.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docx import Document
from docx.shared import Pt
from fpdf import FPDF

CVS = Path(__file__).parent / "cvs"
_SECOND_CELL = 66.0  # millimetres from the left edge
_MARGIN = 18.0
_NOT_IN_FONT = str.maketrans({"ı": "i", "●": "*", "○": "", "·": "·"})


class Block(NamedTuple):
    """Lines of one column; `side` is "" for the whole width."""

    side: str
    lines: list[str]


def names(prefix: str = "") -> list[str]:
    return sorted(path.stem for path in CVS.glob(f"{prefix}*.txt"))


def notation(name: str) -> str:
    return (CVS / f"{name}.txt").read_text("utf-8")


def blocks(source: str) -> Iterator[Block]:
    block = Block("", [])
    for line in source.splitlines():
        if line in ("[[left]]", "[[right]]", "[[end]]"):
            yield block
            block = Block("" if line == "[[end]]" else line.strip("[]"), [])
        else:
            block.lines.append(line)
    yield block


def as_text(source: str) -> bytes:
    """As somebody would paste it: headings on lines of their own, columns one after the other."""
    lines = []
    for block in blocks(source):
        for line in block.lines:
            if line.startswith("## "):
                lines += ["", line[3:]]
            else:
                lines.append(line.removeprefix("@ ").replace(" >> ", "     "))
        lines.append("")
    return "\n".join(lines).encode()


def as_pdf(source: str, photo: bytes | None = None) -> bytes:
    pdf = FPDF()
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(True, 15)
    pdf.add_page()
    if photo:
        pdf.image(io.BytesIO(photo), x=160, y=12, w=30)
    top, lowest = 0.0, 0.0
    for block in blocks(source):
        left, width = {"": (_MARGIN, 174.0), "left": (_MARGIN, 60.0), "right": (88.0, 104.0)}[block.side]
        if _wide_left(source) and block.side:
            left, width = {"left": (_MARGIN, 112.0), "right": (138.0, 55.0)}[block.side]
        if block.side == "left":
            top = pdf.get_y()
        elif block.side == "right":
            lowest = pdf.get_y()
            pdf.set_y(top)
        elif lowest:
            pdf.set_y(max(lowest, pdf.get_y()))
        for line in block.lines:
            _draw(pdf, line.translate(_NOT_IN_FONT), left, width)
    return bytes(pdf.output())


def _wide_left(source: str) -> bool:
    """Whether the wider column stands left, as where the jobs do."""
    return any(
        block.side == "left" and any(line.startswith("## Work") for line in block.lines) for block in blocks(source)
    )


def _draw(pdf: FPDF, line: str, left: float, width: float) -> None:
    pdf.set_x(left)
    if not line.strip():
        pdf.ln(3.5)
    elif line.startswith("@ "):
        pdf.set_font("Helvetica", "B", 18)
        pdf.multi_cell(width, 9, line[2:], new_x="LMARGIN", new_y="NEXT")
    elif line.startswith("## "):
        pdf.ln(3)
        pdf.set_x(left)
        pdf.set_font("Helvetica", "B", 12)
        pdf.multi_cell(width, 7, line[3:], new_x="LMARGIN", new_y="NEXT")
    elif line.startswith(("- ", "• ", "* ")):
        pdf.set_font("Helvetica", "", 10)
        pdf.set_x(left + 2)
        pdf.cell(4, 5, "•")
        pdf.multi_cell(width - 6, 5, line[2:], align="L", new_x="LMARGIN", new_y="NEXT")
    elif " >> " in line:
        first, second = line.split(" >> ")
        pdf.set_font("Helvetica", "B", 10)
        pdf.cell(width - 45, 5, first)
        pdf.set_font("Helvetica", "", 10)
        pdf.cell(45, 5, second, align="R", new_x="LMARGIN", new_y="NEXT")
    elif "\t" in line:
        first, second = line.split("\t", 1)
        pdf.set_font("Helvetica", "", 10)
        pdf.cell(_SECOND_CELL - _MARGIN, 5, first)
        pdf.multi_cell(
            width - (_SECOND_CELL - _MARGIN), 5, second.replace("\t", "   "), align="L", new_x="LMARGIN", new_y="NEXT"
        )
    else:
        pdf.set_font("Helvetica", "", 10)
        pdf.multi_cell(width, 5, line, align="L", new_x="LMARGIN", new_y="NEXT")


def as_docx(source: str, *, tables: bool) -> bytes:
    """With tables where cells stand beside one another, or with tabs."""
    document = Document()
    columns = None
    for block in blocks(source):
        if block.side and columns is None:
            columns = document.add_table(rows=1, cols=2).rows[0].cells
        target = document if not block.side else columns[0 if block.side == "left" else 1]
        rows: list[list[str]] = []
        for line in block.lines:
            cells = line.replace(" >> ", "\t").split("\t")
            if tables and len(cells) > 1 and not block.side:
                rows.append(cells)
                continue
            _add_table(document, rows)
            _add(target, line)
        _add_table(document, rows)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _add(target, line: str) -> None:
    if line.startswith("@ "):
        run = target.add_paragraph().add_run(line[2:])
        run.bold, run.font.size = True, Pt(20)
    elif line.startswith("## "):
        target.add_paragraph(line[3:], style="Heading 2")
    elif line.startswith(("- ", "• ", "* ")):
        target.add_paragraph(line[2:], style="List Bullet")
    else:
        target.add_paragraph(line.replace(" >> ", "\t"))


def _add_table(document, rows: list[list[str]]) -> None:
    if rows:
        table = document.add_table(rows=0, cols=max(map(len, rows)))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=False):
                cell.text = text
        rows.clear()
