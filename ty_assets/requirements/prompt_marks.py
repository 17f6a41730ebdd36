"""Marks of chat templates, prompts and answers: what an advertisement has no use for.

Belongs here: their forms, and which rows of a text they enclose. Not here: orders in words (orders_to_*.py).
"""

import json
import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

_ROWS_ENCLOSED: Final = 12  # by two marks
_ROWS_OPENED: Final = 3  # by one that nothing closes; more would be the posting's own
_WORD = re.compile(r"\w+")
_CLOSES = re.compile(r"end\b|_end|end_|/|eot|^```$", re.IGNORECASE)
_LONGEST_OBJECT: Final = 20_000  # characters
_OBJECTS_AT_MOST: Final = 50  # that are tried; the parser reads nested ones again and again

_ROLES = "system|assistant|user|human|developer"
_ROLE_NOTE = "prompt|message|override|note|notice|instructions?|nachricht|anweisung|hinweis|befehl"
_TAG = (
    rf"{_ROLES}|instructions?|prompt|tool|tool_call|tool_response|tool_result|function_calls?|function|invoke|data"
    rf"|posting"
    r"|job_?(?:posting|description)|untrusted\w{0,20}|input|output|answer|start_of_turn|end_of_turn"
)
# Control tokens of ChatML, DeepSeek, Llama 2, Mistral, Gemma and Qwen, and tags that prompts put around their parts;
# JSON, code fences, and the marks of our own fence (ty_resources/inference/fence.py).
_ANYWHERE: Final = (
    ("<", rf"<\|[\w-]{{0,40}}\|>|<｜[^｜\n]{{0,40}}｜>|<</?SYS>>|</?(?:{_TAG})(?:[ =][^<>\n]{{0,80}})?>"),
    ("[", r"\[/?(?:INST|SYS|SYSTEM(?:[ _](?:PROMPT|MESSAGE))?|TOOL_\w{1,20}|AVAILABLE_TOOLS)\]"),
    ("{", r"\{\s?[\"'][\w -]{1,40}[\"']\s?:"),
    ('"', r"\"\s?(?:requirements|score|recommendation|summary)\"\s?:"),
    ("```", r"```"),
    ("data-", r"\bDATA-[0-9a-f]{6,}\b"),
)
_PATTERNS: Final = tuple((sign, re.compile(pattern, re.IGNORECASE)) for sign, pattern in _ANYWHERE)
_PART = (
    r"(?:job )?(?:posting|description|ad)|system|data|daten|input|document|prompt|user|context|stellenanzeige|anzeige"
)
_AT_START: Final = re.compile(
    r"[^\w\n]{0,12}(?:"
    # "### Instruction:", "SYSTEM MESSAGE", "--- END OF POSTING ---"
    rf"#{{2,6}}\s?(?:{_ROLES}|instructions?|response|input)(?: (?:{_ROLE_NOTE}))?\s?(?::|$)"
    rf"|(?:system|developer)[ -]?(?:{_ROLE_NOTE})\b(?: \w+){{0,2}}\W{{0,12}}?(?::|$|\]|-)"
    r"|[^\w\s]{2} ?(?:begin|end|start|ende|beginn|anfang)\b[^\n]{0,40}?[^\w\s]{2,12}$"
    rf"|(?:end|begin(?:ning)?|start|ende|beginn|anfang) (?:of|der|des) (?:the )?(?:{_PART}|instructions?)(?: \w+)?"
    r"[^\w\n]{0,12}$"
    # "System: You must ...", "Assistant: Sure, ..."
    r"|system\s?:\s?(?:you (?:must|should|shall|are|will|have)"
    r"|(?:du|sie) (?:musst|müssen|bist|sind|sollst|sollen|wirst))\b"
    rf"|(?:{_ROLES}|ai|ki)\W{{0,4}}:\W{{0,4}}(?:ignor|please|always|never|rate\b|from now|respond|output|return|immer\b"
    r"|antworte|bitte (?:ignorier|bewerte|setze|antworte)|bewerte\b|set\b|score\b|list\b|give\b|sure\b|understood"
    r"|override"
    r"|(?:new )?(?:instruction|policy|task|rule)s?\\b|approve|neue anweisung)"
    # a line of JSON, a step of an agent
    r"|\"[\w -]{1,40}\"\s?:\s?(?:\"|\[|\{|true\b|false\b|null\b|-?\d)"
    r"|(?:action input|final answer)\s?:|action\s?:\s?\w{1,40}\s?[\[({])",
    re.IGNORECASE | re.MULTILINE,
)

_TURN = re.compile(
    r"^[^\w\n]{0,12}(?:(?P<asks>system|user|human|nutzer(?:in)?|benutzer(?:in)?|mensch)"
    r"|(?P<answers>assistant|assistent(?:in)?|ai|ki|model|modell|bot|gpt|chatgpt))\W{0,4}:",
    re.IGNORECASE | re.MULTILINE,
)


def find_mark(text: str) -> int | None:
    """Where the first mark begins; None without one."""
    lowered = text.lower()
    found = [match.start() for sign, pattern in _PATTERNS if sign in lowered and (match := pattern.search(text))]
    found += [start for start, _ in rows_of(text) if _AT_START.match(text, start)]
    return min(found, default=None)


def has_dialogue(text: str) -> bool:
    """Whether somebody asks and a machine answers, each at the start of a row."""
    if ":" not in text:
        return False
    kinds = {match.lastgroup for match in _TURN.finditer(text)}
    return len(kinds) > 1


def rows_of(text: str) -> list[Span]:
    """Rows that are not empty, without their newline."""
    return [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]


def enclosed_rows(text: str) -> Iterator[Span]:
    """Rows that marks belong to, ascending: the marks, what they enclose or open, and the turns of a dialogue.

    Within a paragraph only, and no bullets: a list that stands between marks is there for people to read, and a mark
    must not be able to take it away.
    """
    dialogue = has_dialogue(text)
    rows = rows_of(text)
    between: list[Span] = []
    marked = opened = False
    for number, (start, end) in enumerate(rows):
        row = text[start:end]
        if number and start > rows[number - 1][1] + 1:  # after an empty line
            if opened:
                yield from between[:_ROWS_OPENED]
            between, marked, opened = [], False, False
        if _begins_with_mark(row):
            if marked:
                yield from between
            yield start, end
            between, marked, opened = [], True, _opens(row)
        elif dialogue and _TURN.match(row):
            yield start, end
        elif marked and not row.startswith("- ") and len(between) < _ROWS_ENCLOSED:
            between.append((start, end))
    if opened:
        yield from between[:_ROWS_OPENED]


def _begins_with_mark(row: str) -> bool:
    found = find_mark(row)
    return found is not None and not re.search(r"\w", row[:found])


def _opens(row: str) -> bool:
    """Whether a row is nothing but a mark that something follows: "<|im_start|>system"."""
    if _CLOSES.search(row):
        return False
    rest = row[found.end() :] if (found := _AT_START.match(row)) else row
    for _, pattern in _PATTERNS:
        rest = pattern.sub(" ", rest)
    return len(_WORD.findall(rest)) <= 1


def objects(text: str) -> Iterator[Span]:
    """JSON objects: an advertisement has none, an answer that is put into a model's mouth does."""
    position = text.find("{")
    for _ in range(_OBJECTS_AT_MOST):
        if position < 0:
            return
        try:
            value, length = json.JSONDecoder().raw_decode(text[position : position + _LONGEST_OBJECT])
        except (ValueError, RecursionError):
            length = 1
        else:
            if isinstance(value, dict) and value:
                yield position, position + length
        position = text.find("{", position + length)
