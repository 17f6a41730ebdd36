"""Text of any usual encoding, and HTML that was pasted.

Belongs here: bytes to text. Not here: what the text means (free_text.py).
"""

import re
from html.parser import HTMLParser

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_IS_HTML = re.compile(
    r"<(?:!doctype html|html|head|body|div|p|br|ul|ol|li|table|h[1-6]|span|section|article)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "div",
        "dl",
        "dt",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
        "br",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_CELLS = frozenset(["td", "th", "dd"])
_HIDDEN = frozenset(["script", "style", "head", "template", "noscript", "title", "svg"])
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link"])


def decoded(data: bytes) -> tuple[str, str | None]:
    """The text, and the encoding where it had to be guessed. None of them raises: Windows-1252 reads every byte."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff"), None
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace").replace("\ufffd", ""), "Windows-1252"


def looks_binary(data: bytes) -> bool:
    """Whether this is no text: NUL bytes or many control characters, without a mark of UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    sample = data[:20_000]
    controls = sum(1 for byte in sample if byte < 9 or 13 < byte < 27 or 27 < byte < 32)
    return b"\0" in sample or controls > len(sample) / 50


def is_html(text: str) -> bool:
    return len(_IS_HTML.findall(text[:20_000])) >= 2


def text_of_html(markup: str) -> str:
    """What a browser would show, one line per block; nothing is loaded and nothing is run."""
    reader = _Visible()
    reader.feed(markup)
    reader.close()
    return "\n".join(line.strip(" ") for line in "".join(reader.parts).split("\n"))


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "li":
            self.parts.append("\n• ")
        elif tag in _HEADINGS:
            self.parts.append("\n\n")
        elif tag in _CELLS:
            self.parts.append("\t")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS and tag not in _VOID:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
