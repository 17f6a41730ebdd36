"""Orders in a posting that are meant for the machine that reads it.

Belongs here: telling such a line from a requirement, and which part of a text it takes. Not here: how orders look
(orders_to_*.py, prompt_marks.py, disguises.py), hidden text (postings/markup.py drops it) and what becomes of the
part (the tasks leave it out and count it).
"""

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Final

from ty_assets.requirements.disguises import is_enciphered, plain_forms
from ty_assets.requirements.lines import split_sentences
from ty_assets.requirements.order_wording import find_first
from ty_assets.requirements.orders_to_machines import ADDRESSES, OVERRIDES
from ty_assets.requirements.orders_to_scorers import OUTPUTS, SCORES
from ty_assets.requirements.prompt_marks import Span, enclosed_rows, find_mark, has_dialogue, objects, rows_of

_WORDINGS: Final = (*OVERRIDES, *ADDRESSES, *SCORES, *OUTPUTS)
_MOST_OF_IT: Final = 0.5  # a row that holds more of the text is the text: of it, only sentences are cut out
_CLAUSE = re.compile(r"[,;(\[]\s?|\s[–—-]\s")
_EMPTY_LINES = re.compile(r"\n{3,}")
_TITLE_PARTS = re.compile(r"\s[|–—-]\s|\s?[|:;]\s|(?<=[.!?])\s")


# Summaries and requirements ask of the same lines, a requirement of its text and of its quote, which are mostly equal.
@lru_cache(maxsize=16_384)
def is_instruction(text: str) -> bool:
    """Whether a line gives orders to a reader, a scorer or a model instead of saying what a person must bring."""
    return _order_at(text) is not None


def without_orders(text: str) -> str:
    """A normalised text as it would be if nobody had written orders into it; as it is where there are none.

    What stands before and after an order is not joined: every line of the result is a part of a line of the text.
    """
    spans = order_spans(text)
    if not spans:
        return text
    kept, position = [], 0
    for start, end in spans:
        within_a_row = start and text[start - 1] != "\n" and end < len(text) and text[end] != "\n"
        kept += [text[position:start], "\n" if within_a_row else ""]
        position = end
    rows = (row.strip() for row in "".join([*kept, text[position:]]).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(rows)).strip()


def title_without_orders(title: str) -> str:
    """The parts of a title before the first that is an order; the whole where nothing would be left."""
    if not is_instruction(title):
        return title
    start = end_of_kept = 0
    for border in [*_TITLE_PARTS.finditer(title), None]:
        end = len(title) if border is None else border.start()
        if is_instruction(title[start:end]):
            break
        end_of_kept, start = end, len(title) if border is None else border.end()
    return title[:end_of_kept] or title


@lru_cache(maxsize=512)
def order_spans(text: str) -> tuple[Span, ...]:
    """Offsets of the parts of a normalised text that give orders, ascending, not overlapping.

    A row that begins with an order goes as a whole, with its newline; of any other, and of one that is most of the
    text, the sentences from the first order to the last. Rows between two marks of a chat template or a prompt, turns
    of a made-up dialogue and JSON objects go as well.
    """
    if _order_at(text) is None and "{" not in text and not has_dialogue(text):
        return ()
    spans = _merged([*objects(text), *enclosed_rows(text)])
    starts = [start for start, _ in spans]
    for start, end in rows_of(text):
        around = bisect_right(starts, start) - 1
        if around < 0 or spans[around][1] < end:
            spans += _orders_of_row(text, start, end)
    return tuple(_with_newline(text, span) for span in _merged(spans))


def _order_at(text: str) -> int | None:
    """Where the first order begins; 0 for one in disguise."""
    plain = [at for at in (find_first(text, _WORDINGS), find_mark(text)) if at is not None]
    if plain:
        return min(plain)
    if is_enciphered(text):
        return 0
    disguised = any(
        find_first(form, _WORDINGS) is not None or find_mark(form) is not None for form in plain_forms(text)
    )
    return 0 if disguised else None


def _orders_of_row(text: str, start: int, end: int) -> list[Span]:
    row = text[start:end]
    if _order_at(row) is None:
        return []
    orders = [(a, b, at) for a, b in split_sentences(row) if (at := _order_at(row[a:b])) is not None]
    if not orders:  # it reaches over the border of two sentences
        return [(start, end)]
    (a, b, at), last = orders[0], orders[-1][1]
    if a == 0 and end - start <= _MOST_OF_IT * len(text):
        last = end - start
    kept = _before(row[a:b], at) if row.startswith("- ") else 0
    return [(start + a + kept, start + last)]


def _before(sentence: str, order: int) -> int:
    """How much of a bullet is a requirement, to which an order was added after a comma, a dash or a bracket."""
    for border in reversed([match.start() for match in _CLAUSE.finditer(sentence, 2, order + 1)]):
        if sentence[:border].strip("- ") and _order_at(sentence[:border]) is None:
            return border
    return 0


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _with_newline(text: str, span: Span) -> Span:
    """A row that goes leaves no empty line behind."""
    start, end = span
    if (start == 0 or text[start - 1] == "\n") and text[end : end + 1] == "\n":
        return start, end + 1
    return span
