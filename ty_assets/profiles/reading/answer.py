"""What reading a CV ends in: a resume with notes, or a cause why it could not be read.

Belongs here: the types that pages, the sandbox and the readers share, and the list of codes. Not here: their wording,
which is the pages' (two languages), and reading itself (read.py).
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["pdf", "docx", "europass_xml", "europass_json", "json_resume", "text", "html"]

# Each code with its parameters; a page says them in two languages.
UNREADABLE_CODES: dict[str, tuple[str, ...]] = {
    "empty": (),
    "too_large": ("bytes", "limit"),
    "too_many_pages": ("pages", "limit"),
    "too_long": ("characters", "limit"),
    "encrypted": ("kind",),
    "no_text": ("kind", "pages"),  # a scan
    "malformed": ("kind",),
    "not_supported": ("kind",),  # image, legacy_word, opendocument, rtf, archive, xml, json, binary
    "unpacks_too_large": ("kind",),  # a zip bomb, or a file of unusual size
    "invalid_resume": ("problems",),  # a list of sentences in English, as of ProfileError
    "timed_out": ("seconds",),
    "out_of_memory": ("megabytes",),
    "crashed": (),
    "busy": (),  # too many others are waiting
}
NOTE_CODES: dict[str, tuple[str, ...]] = {
    # birth_date, birth_place, age, nationality, marital_status, children, religion, gender, parents, photo
    "private_left_out": ("what",),
    "section_left_out": ("section", "heading"),  # references, interests, publications, awards, other
    "nothing_found": ("section",),  # name, work, education, skills
    "no_headings": (),
    "without_date": ("section", "count"),
    "order_guessed": ("section", "count"),  # which words are the position and which the employer
    "date_ignored": ("text",),  # an end before its start
    "lines_left_out": ("count",),
    "pages_without_text": ("count",),
    "encoding_guessed": ("encoding",),
    "shortened": ("section", "limit"),
}


@dataclass(frozen=True)
class Note:
    """Something that could not be read, was left out or was guessed."""

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadCv:
    kind: Kind
    resume: dict[str, Any]  # valid by resume_schema.json; parse_json_resume takes it
    notes: tuple[Note, ...]
    pages: int  # 1 for kinds without pages
    characters: int  # of the text that was read


class UnreadableCv(Exception):
    """A document that is no CV we can read. `code` is one of UNREADABLE_CODES; the message holds nothing personal."""

    def __init__(self, code: str, **parameters: Any) -> None:
        self.code = code
        self.parameters = parameters
        told = ", ".join(f"{name}={value}" for name, value in parameters.items() if name != "problems")
        super().__init__(f"{code} ({told})" if told else code)
