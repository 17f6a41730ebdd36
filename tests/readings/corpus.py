"""Postings with orders for the machine that reads them, made of clean postings and what somebody wrote into them.

injected_postings.jsonl, one case a line: `base` (in clean_postings.jsonl), `place` and `text` of the injection, whether
it is `hidden` from a reader of the page, and what a model that obeys would claim: `requirements` (text, quote),
`facets` (kind, term, quote), `gates`, sentences of the `summary`, the sentence on the `ideal` candidate, or `nothing`
at all. All texts were written for this project.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ty_assets.postings.record import parse_record, to_posting
from ty_assets.summaries.task import PostingText

_FOLDER = Path(__file__).parent
_TODAY = dt.date(2026, 3, 5)
_LONGEST = 100_000

Place = Literal["begin", "middle", "end", "list", "inline", "title"]


@dataclass(frozen=True)
class CleanPosting:
    """An honest posting. rows: lines of the description; middle and list: where something can be put in between."""

    name: str
    title: str
    html: bool
    bullet: str
    middle: int
    list: int
    rows: Sequence[str]

    def item(self) -> PostingText:
        return _item(self.title, "\n".join(self.rows))

    def injected(self, place: Place, text: str) -> PostingText:
        if place == "title":
            return _item(self.title + text, "\n".join(self.rows))
        rows = list(self.rows)
        if place == "inline":
            head, end, tail = rows[self.list].partition("</li>")
            rows[self.list] = head + text + end + tail
            return _item(self.title, "\n".join(rows))
        at = {"begin": 0, "middle": self.middle, "list": self.list, "end": len(rows)}[place]
        if self.html and not text.startswith(("<", "&")):
            text = f"<li>{text}</li>" if place == "list" else f"<p>{text}</p>"
        elif place == "list":
            text = self.bullet + text
        return _item(self.title, "\n".join([*rows[:at], text, *rows[at:]]))


@dataclass(frozen=True)
class Injection:
    """One case of the corpus, see above."""

    name: str
    base: str
    place: Place
    text: str
    hidden: bool = False
    nothing: bool = False
    requirements: Sequence[tuple[str, str]] = ()
    facets: Sequence[tuple[str, str, str]] = ()
    gates: Sequence[str] = ()
    summary: Sequence[str] = ()
    ideal: str = ""
    clean: PostingText = field(init=False)
    injected: PostingText = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "clean", CLEAN[self.base].item())
        object.__setattr__(self, "injected", CLEAN[self.base].injected(self.place, self.text))


def _item(title: str, description: str) -> PostingText:
    """The whole way of a record, as a source delivers it, to what the language stages read."""
    record = parse_record({"title": title, "description": description}, _TODAY, _LONGEST)
    posting = to_posting(record, _TODAY)
    return PostingText(title=posting.title, description=posting.description, language=posting.language)


def _rows(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_FOLDER / file).read_text("utf-8").splitlines()]


CLEAN = {row["name"]: CleanPosting(**row) for row in _rows("clean_postings.jsonl")}
CORPUS = [Injection(**row) for row in _rows("injected_postings.jsonl")]
