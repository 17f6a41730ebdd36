"""A letter as a Word document. Belongs here: the layout. Not here: what stands in it (`letter_sheet.py`)."""

import io
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from serving.letter_sheet import Sheet

_FONT: Final = "Arial"
_LOCALES: Final = {"de": "de-DE", "en": "en-GB"}


def as_docx(sheet: Sheet) -> bytes:
    """A4, in the order of DIN 5008: sender, recipient, date, subject, text."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.5), Cm(2.0)
    section.top_margin, section.bottom_margin = Cm(2.0), Cm(2.0)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(8)
    _language(style, _LOCALES[sheet.language])
    document.core_properties.title = sheet.subject
    document.core_properties.author = sheet.sender
    document.core_properties.comments = ""

    head = document.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    head.paragraph_format.space_after = Pt(30)
    if sheet.sender:
        head.add_run(sheet.sender).bold = True
    for line in sheet.sender_lines:
        head.add_run("\n" + line if head.runs else line).font.size = Pt(9.5)
    if sheet.recipient:
        document.add_paragraph("\n".join(sheet.recipient)).paragraph_format.space_after = Pt(30)
    date = document.add_paragraph(sheet.place_and_date)
    date.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if sheet.subject:
        subject = document.add_paragraph()
        subject.paragraph_format.space_before, subject.paragraph_format.space_after = Pt(12), Pt(14)
        subject.add_run(sheet.subject).bold = True
    for paragraph in sheet.paragraphs:
        document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _language(style: Any, locale: str) -> None:
    """What a spelling checker takes the text for; the template says American English."""
    properties = style.element.get_or_add_rPr()
    found = properties.find(qn("w:lang"))
    if found is None:
        found = properties.makeelement(qn("w:lang"), {})
        properties.append(found)
    found.set(qn("w:val"), locale)
