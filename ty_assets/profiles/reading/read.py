"""A document in, a resume out: PDF, DOCX, Europass, JSON Resume, plain text, HTML.

Belongs here: telling the kind by the content, and which reader takes which. Not here: keeping a hostile document from
doing harm (sandbox.py); call `read_apart` there for whatever a stranger has sent.

Readers are loaded when their kind comes, since the process that reads a document starts anew for each.
"""

import re
from collections.abc import Callable

from ty_assets.profiles.reading.answer import Kind, Note, ReadCv, UnreadableCv
from ty_assets.profiles.reading.limits import MAX_CHARACTERS, MAX_UPLOAD_BYTES
from ty_assets.profiles.reading.lines import Line
from ty_assets.profiles.reading.plain import decoded, is_html, looks_binary, text_of_html

__all__ = ["Note", "ReadCv", "UnreadableCv", "read_cv"]

# What starts with these is told by its name, so that the page can say what to do instead.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "legacy_word"), (b"{\\rtf", "rtf"), (b"\xff\xd8\xff", "image"), (b"\x89PNG", "image"),
    (b"GIF8", "image"), (b"II*\0", "image"), (b"MM\0*", "image"), (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"), (b"%!PS", "postscript"), (b"MZ", "binary"), (b"\x7fELF", "binary"),
)  # fmt: skip
_PDF_WITHIN = 1024  # bytes before "%PDF-", as readers of PDF allow
_XML = re.compile(r"<\?xml|<(?:\w+:)?(?:learnerinfo|SkillsPassport|Candidate)\b", re.IGNORECASE)
_XHTML = re.compile(r"<\?xml[^>]{0,200}>\s*<(?:!doctype\s+)?html", re.IGNORECASE)


def read_cv(data: bytes, filename: str | None, language: str | None = None) -> ReadCv:
    """Read one CV in this process.

    The kind is told by the content; filename and language ("de" or "en", of the reader) decide nothing today and are
    there so that callers need not change when they do. Raises UnreadableCv; a MemoryError goes through.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableCv("empty")
    if len(data) > MAX_UPLOAD_BYTES:
        raise UnreadableCv("too_large", bytes=len(data), limit=MAX_UPLOAD_BYTES)
    return _reader_of(data)(data)


def _reader_of(data: bytes) -> Callable[[bytes], ReadCv]:
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return _read_pdf
    if data.startswith(b"PK"):
        return _read_zip
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise UnreadableCv("not_supported", kind=kind)
    if looks_binary(data):
        raise UnreadableCv("not_supported", kind="binary")
    return _read_text


def _read_pdf(data: bytes) -> ReadCv:
    from ty_assets.profiles.reading.pdf import read_pdf

    found = read_pdf(data)
    notes = [Note("pages_without_text", {"count": found.empty_pages})] if found.empty_pages else []
    return _of_lines("pdf", found.lines, found.pages, notes, photo=found.has_photo)


def _read_zip(data: bytes) -> ReadCv:
    from ty_assets.profiles.reading.docx import is_docx, read_docx

    if not is_docx(data):
        raise UnreadableCv("not_supported", kind="opendocument" if b"opendocument" in data[:200] else "archive")
    found = read_docx(data)
    return _of_lines("docx", found.lines, 1, [], photo=found.has_photo)


def _read_text(data: bytes) -> ReadCv:
    from ty_assets.profiles.reading.structured import read_json, read_xml

    text, encoding = decoded(data)
    start = text.lstrip("\ufeff \t\r\n")
    if _XML.match(start) and not _XHTML.match(start):
        return read_xml(start.encode() if data.startswith((b"\xff\xfe", b"\xfe\xff")) else data.strip())
    if start.startswith(("{", "[")) and re.match(r"[{\[]\s*(?:[\"{\[}\]]|$)", start):
        return read_json(start)
    kind: Kind = "html" if is_html(text) else "text"
    if kind == "html":
        text = text_of_html(text)
    if len(text) > MAX_CHARACTERS:
        raise UnreadableCv("too_long", characters=len(text), limit=MAX_CHARACTERS)
    from ty_assets.profiles.reading.lines import lines_of_text

    lines = lines_of_text(text)
    if not lines:
        raise UnreadableCv("no_text", kind=kind, pages=1)
    notes = [Note("encoding_guessed", {"encoding": encoding})] if encoding else []
    return _of_lines(kind, lines, 1, notes, photo=False)


def _of_lines(kind: Kind, lines: list[Line], pages: int, notes: list[Note], *, photo: bool) -> ReadCv:
    from ty_assets.profiles.reading.fit import fitted
    from ty_assets.profiles.reading.free_text import resume_of

    resume, more = resume_of(lines)
    resume, shortened = fitted(resume)
    notes = [*notes, *more, *shortened]
    if photo and not any(note.parameters.get("what") == "photo" for note in notes):
        notes.append(Note("private_left_out", {"what": "photo"}))
    return ReadCv(kind, resume, tuple(notes), pages, sum(len(line.text) for line in lines))
