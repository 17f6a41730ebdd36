"""Broken and hostile documents: mutated copies of good ones, and those that are built to harm.

Everything comes from a seed, so that a failure can be had again.
"""

import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from tests.profiles.conftest import NURSE
from tests.profiles.reading import paper

KINDS = ("pdf", "docx", "europass_xml", "europass_json", "json_resume", "text", "html")


@cache
def good(kind: str) -> bytes:
    from tests.profiles.reading.test_kinds_of_documents import EUROPASS_2, EUROPASS_3

    source = paper.notation("de_student")
    makers: dict[str, Callable[[], bytes]] = {
        "pdf": lambda: paper.as_pdf(paper.notation("de_sidebar")),
        "docx": lambda: paper.as_docx(source, tables=True),
        "europass_xml": lambda: EUROPASS_2.encode(),
        "europass_json": lambda: json.dumps(EUROPASS_3, ensure_ascii=False).encode(),
        "json_resume": lambda: json.dumps(NURSE, ensure_ascii=False).encode(),
        "text": lambda: paper.as_text(source),
        "html": lambda: "".join(f"<p>{line}</p>" for line in paper.as_text(source).decode().splitlines()).encode(),
    }
    return makers[kind]()


def mutated(kind: str, seed: int) -> bytes:
    dice = random.Random(f"{kind} {seed}")
    data = bytearray(good(kind))
    if kind == "docx" and dice.random() < 0.6:
        return _with_mutated_part(bytes(data), dice)
    if kind == "pdf" and dice.random() < 0.5:
        return _with_mutated_stream(bytes(data), dice)
    for _ in range(dice.randint(1, 3)):
        data = dice.choice(_CHANGES)(data, dice)
    return bytes(data)


def _flip(data: bytearray, dice: random.Random) -> bytearray:
    for _ in range(dice.choice((1, 3, 20, 200))):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return data


def _truncate(data: bytearray, dice: random.Random) -> bytearray:
    return data[: dice.randrange(len(data) + 1)]


def _splice(data: bytearray, dice: random.Random) -> bytearray:
    other = good(dice.choice(KINDS))
    at, start = dice.randrange(len(data) + 1), dice.randrange(len(other))
    return data[:at] + other[start : start + dice.randrange(4_000)] + data[at:]


def _repeat(data: bytearray, dice: random.Random) -> bytearray:
    start = dice.randrange(len(data) + 1)
    part = data[start : start + dice.randrange(1, 400)]
    return data[:start] + part * dice.choice((2, 50, 1_000)) + data[start:]


def _nuls(data: bytearray, dice: random.Random) -> bytearray:
    at = dice.randrange(len(data) + 1)
    return data[:at] + bytes(dice.choice((1, 8, 5_000))) + data[at:]


def _numbers(data: bytearray, dice: random.Random) -> bytearray:
    """Other numbers where numbers stand: lengths, offsets, sizes, dates."""
    spots = [found.span() for found in re.finditer(rb"\d+", bytes(data))]
    for start, end in sorted(dice.sample(spots, min(len(spots), 4)), reverse=True):
        data[start:end] = dice.choice((b"0", b"-1", b"99999999", b"4294967295", b"9" * 40, b"2147483648", b"1e308"))
    return data


def _brackets(data: bytearray, dice: random.Random) -> bytearray:
    spots = [index for index, byte in enumerate(data) if byte in b'<>[]{}()/"'] or [0]
    for index in sorted(dice.sample(spots, min(len(spots), 6)), reverse=True):
        data[index : index + 1] = dice.choice((b"", b"<<", b"[[[[", b"}", b'"', b"/"))
    return data


_CHANGES = (_flip, _truncate, _splice, _repeat, _nuls, _numbers, _brackets)


def _with_mutated_part(data: bytes, dice: random.Random) -> bytes:
    """A sound archive with one broken part, which a flipped bit in packed bytes would never reach."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name in ("word/document.xml", "word/styles.xml") and dice.random() < 0.7:
                part = bytes(dice.choice(_CHANGES)(bytearray(part), dice))
            new.writestr(name, part)
    return stream.getvalue()


def _with_mutated_stream(data: bytes, dice: random.Random) -> bytes:
    """The operators of a page changed, not the bytes they are packed in."""
    found = list(re.finditer(rb"stream\n(.*?)\nendstream", data, re.DOTALL))
    for match in found:
        try:
            content = zlib.decompress(match[1])
        except zlib.error:
            continue
        packed = zlib.compress(bytes(dice.choice(_CHANGES)(bytearray(content), dice)))
        return data[: match.start(1)] + packed + data[match.end(1) :]
    return data


@cache
def hostile() -> dict[str, bytes]:
    return dict(_hostile())


def _hostile() -> Iterator[tuple[str, bytes]]:
    yield "a zip bomb as DOCX", _zip({"word/document.xml": b"<d>" + b"a" * 22_000_000 + b"</d>"})
    yield "a zip in a zip in a zip", _zip({"a.zip": _zip({"b.zip": _zip({"word/document.xml": b"<d/>"})})})
    yield "a directory that lies about sizes", _lying_zip()
    yield "thousands of entries", _zip({f"word/{n}.xml": b"" for n in range(3_000)} | {"word/document.xml": b"<d/>"})
    yield "two parts of one name", _zip({"word/document.xml": b"<d/>"}) * 2
    deep = b"<w:tbl><w:tr><w:tc>" * 3_000
    yield "tables in tables", _zip({"word/document.xml": b'<w:document xmlns:w="w"><w:body>' + deep})
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    yield (
        "billion laughs",
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><learnerinfo>&a11;</learnerinfo>'.encode(),
    )
    yield "deep XML", b"<?xml version='1.0'?><learnerinfo>" + b"<a>" * 300_000
    yield "wide XML", b"<?xml version='1.0'?><learnerinfo>" + b"<a/>" * 500_000 + b"</learnerinfo>"
    yield "an attribute of 2 MB", b"<?xml version='1.0'?><learnerinfo a='" + b"x" * 2_000_000 + b"'/>"
    yield "deep JSON", b'{"basics":' * 200_000
    yield "a long number", b'{"basics": {"a": ' + b"9" * 100_000 + b"}}"
    yield "half a surrogate", b'{"basics": {"name": "\\ud800"}}'
    pdf = good("pdf")
    yield "a cross reference that points nowhere", re.sub(rb"startxref\n\d+", b"startxref\n99999999", pdf)
    yield "a cross reference in a circle", re.sub(rb"(?<=trailer\n<<)", b"/Prev 0 ", pdf)
    yield "pages that hold themselves", re.sub(rb"/Kids \[[^\]]*\]", b"/Kids [1 0 R]", pdf)
    yield (
        "a picture of a billion dots",
        _pdf_of(b"/Im Do", b"/Subtype /Image /Width 999999 /Height 999999 /BitsPerComponent 8"),
    )
    yield (
        "a form that draws itself",
        _pdf_of(b"/Im Do", b"/Subtype /Form /Resources << /XObject << /Im 5 0 R >> >>", b"/Im Do"),
    )
    yield "a stream of 25 MB", _pdf_of(b"BT (a) Tj ET " * 2_000_000, b"/Subtype /Form")
    yield "thousands of operators", _pdf_of(b"BT /F 9 Tf (a) Tj ET q " * 50_000, b"/Subtype /Form")
    yield "text at the end of the world", _pdf_of(b"BT /F 9 Tf 1 0 0 1 1e30 1e30 Tm (a b c) Tj ET", b"/Subtype /Form")
    yield "a line of words without end", b"Berufserfahrung\n" + b"2015 - 2018 a, " * 12_000
    yield "dates and nothing else", b"Berufserfahrung\n" + b"01/2015 - 02/2016\n" * 3_000
    yield "brackets and dots", b"Kenntnisse\n" + (b"((((" * 200 + b"....," * 200 + b"\n") * 80
    yield "HTML that never closes", b"<p><div>" * 20_000
    yield "a page of spaces", b"<p><div>" + b" " * 150_000 + b"x" + b"\t" * 40_000


def _zip(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def _lying_zip() -> bytes:
    data = bytearray(_zip({"word/document.xml": b"<d>" + b"a" * 22_000_000 + b"</d>"}))
    size = (22_000_007).to_bytes(4, "little")
    while size in data:
        data[data.index(size) : data.index(size) + 4] = (100).to_bytes(4, "little")
    return bytes(data)


def _pdf_of(content: bytes, form: bytes, form_content: bytes = b"") -> bytes:
    """A page with this content and one object beside it."""
    packed, inner = zlib.compress(content), zlib.compress(form_content)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> "
        b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
        b"<< /Type /XObject %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (form, len(inner), inner),
    ]
    body = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(body),
    )
