"""A letter as it is laid out on paper: from whom, to whom, when, about what, and its paragraphs.

Belongs here: taking a letter's text apart, and the plain text of the whole sheet. Not here: files (`letter_docx.py`,
`letter_pdf.py`) and what the letter says (ty_assets/matching/letters.py).
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from serving.language import Language, strings

# A first paragraph that is longer is no subject.
_LONGEST_SUBJECT: Final = 160
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines are plain text without control characters; a paragraph may have line breaks."""

    language: str
    sender: str  # name; '' where the profile has none
    sender_lines: tuple[str, ...]  # address, telephone, e-mail
    recipient: tuple[str, ...]
    place_and_date: str
    subject: str  # '' where the letter begins without one
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole sheet as plain text."""
        head = [line for line in (self.sender, *self.sender_lines) if line]
        blocks = ["\n".join(head), "\n".join(self.recipient), self.place_and_date, self.subject, *self.paragraphs]
        return "\n\n".join(block for block in blocks if block) + "\n"


def sheet(row: Mapping[str, Any], text: str, language: str, today: dt.date) -> Sheet:
    """row: of `letter_of_match`. text: paragraphs with an empty line between them, the subject first."""
    subject, paragraphs = _parts(text)
    day = Language(language, strings(language)).day(today)
    home = plain(row["home"])
    address = [plain(line) for line in re.split(r"[\n;]+|,\s", row["address"] or "")]
    contact = [*address, plain(row["phone"]), plain(row["email"])]
    return Sheet(
        language=language,
        sender=plain(row["name"]),
        sender_lines=tuple(filter(None, contact)),
        recipient=tuple(filter(None, (plain(row["employer"]), plain(row["city"])))),
        place_and_date=f"{home}, {day}" if home else day,
        subject=subject,
        paragraphs=tuple(paragraphs),
    )


def _parts(text: str) -> tuple[str, list[str]]:
    """The subject and the paragraphs: a first line by itself is the subject, unless it greets somebody."""
    blocks = [_clean(block) for block in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))]
    blocks = [block for block in blocks if block]
    if len(blocks) < 2 or "\n" in blocks[0] or len(blocks[0]) > _LONGEST_SUBJECT or blocks[0].endswith((",", "!")):
        return "", blocks
    return blocks[0], blocks[1:]


def _clean(block: str) -> str:
    return "\n".join(plain(line) for line in block.strip("\n").split("\n")).strip()


def plain(line: str | None) -> str:
    """Without control characters and lone surrogates, which neither a document nor a file takes; white space folded."""
    kept = "".join(" " if _is_control(char) else char for char in line or "")
    return " ".join(kept.split())


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co")


def file_name(row: Mapping[str, Any], language: str, kind: str) -> str:
    """Letters, digits and hyphens of ASCII alone, so that no header and no file system takes it for something else."""
    words = "Anschreiben" if language == "de" else "Letter"
    who = plain(row["employer"]) or plain(row["title"])
    for umlaut, spelt in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"), ("ß", "ss")):
        who = who.replace(umlaut, spelt)
    ascii_only = unicodedata.normalize("NFKD", who).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-")[:_LONGEST_NAME].strip("-")
    return f"{words}-{safe}.{kind}" if safe else f"{words}.{kind}"
