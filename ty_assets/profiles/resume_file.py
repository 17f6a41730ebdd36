"""From bytes to a checked JSON Resume object, with every fault named.

Belongs here: size, encoding, JSON, schema, and how faults are told. Not here: what the fields mean
(json_resume.py).
"""

import json
import math
from collections import deque
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from ty_assets.profiles.career import read_date

MAX_BYTES = 1_000_000  # a long résumé has 50 kB; whatever is larger holds pictures or is no résumé
SHOWN_CHARACTERS = 60  # of a wrong value: enough to find it again

_ADVICE = {
    "format": "write the date in one of these forms; leave endDate out for what goes on to this day",
    "required": "add the field",
    "anyOf": "check that this is a JSON Resume file, see https://jsonresume.org/schema",
    "additionalProperties": "remove or rename the field",
    "maxLength": "shorten the text; long text belongs into summary or highlights",
    "maxItems": "shorten the list",
    "pattern": "correct the address or leave the field out",
}


class Violation(NamedTuple):
    path: str  # JSON path, `$` for the whole document
    expected: str
    got: str
    advice: str
    line: int | None = None  # only where the file is no JSON

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else self.path
        return f"{place}: expected {self.expected}, got {self.got}; {self.advice}"


class ProfileError(ValueError):
    """A résumé that cannot be read. `violations` holds every fault found; str() tells them all."""

    def __init__(self, origin: str, violations: list[Violation]) -> None:
        self.origin = origin
        self.violations = violations
        count = "1 problem" if len(violations) == 1 else f"{len(violations)} problems"
        super().__init__("\n".join([f"{origin}: {count}", *(f"  {violation}" for violation in violations)]))


def read_resume(document: bytes | str | dict[str, Any], origin: str) -> dict[str, Any]:
    """The résumé's JSON object, valid by resume_schema.json.

    Raises ProfileError for more than 1 MB, for what is not UTF-8, not JSON, or not by the schema, and for
    characters that Postgres cannot store.
    """
    resume = document if isinstance(document, dict) else _parse(_decode(document, origin), origin)
    violations = [*_unstorable(resume)]
    if violations:
        # such values may also break the schema check, and jsonb refuses them in any case
        raise ProfileError(origin, violations)
    if isinstance(document, dict):
        _check_size(len(json.dumps(resume, ensure_ascii=False, default=str).encode()), origin)
    errors = sorted(_validator().iter_errors(resume), key=lambda error: [str(p) for p in error.absolute_path])
    if errors:
        raise ProfileError(origin, [_told(error) for error in errors])
    return resume


def _fail(origin: str, expected: str, got: str, advice: str, *, line: int | None = None) -> ProfileError:
    return ProfileError(origin, [Violation("$", expected, got, advice, line)])


def _check_size(size: int, origin: str) -> None:
    if size > MAX_BYTES:
        advice = "remove pictures and attachments from the file"
        raise _fail(origin, f"at most {MAX_BYTES:,} bytes", f"{size:,} bytes", advice)


def _decode(document: bytes | str, origin: str) -> str:
    if isinstance(document, str):
        _check_size(len(document.encode("utf-8", "surrogatepass")), origin)
        return document.removeprefix("\ufeff")
    _check_size(len(document), origin)
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = document.count(b"\n", 0, error.start) + 1
        got = f"the byte 0x{document[error.start]:02x} at position {error.start}"
        raise _fail(origin, "UTF-8 text", got, "save the file with the encoding UTF-8", line=line) from error


def _parse(text: str, origin: str) -> dict[str, Any]:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        advice = "save the file as plain UTF-8 text, without NUL characters"
        raise _fail(origin, "JSON text", "a NUL character (or UTF-16 text)", advice, line=line)
    try:
        resume = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        got = f"{_shown(text[error.pos : error.pos + 20])} at column {error.colno} ({error.msg})"
        raise _fail(origin, "JSON", got, "correct the file at this place", line=error.lineno) from error
    except RecursionError as error:
        raise _fail(origin, "JSON", "lists or objects nested too deeply", "flatten the file") from error
    except _DoubleKeyError as error:
        advice = "keep one of them, since the other would be lost"
        raise _fail(origin, "each field once per object", f"{_shown(str(error))} twice", advice) from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise _fail(origin, "JSON", f"a number that is too long ({error})", "correct the number") from error
    if not isinstance(resume, dict):
        advice = "check that this is a JSON Resume file, see https://jsonresume.org/schema"
        raise _fail(origin, "a JSON object", f"a JSON {type(resume).__name__}", advice)
    return resume


class _DoubleKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DoubleKeyError(next(name for name in names if names.count(name) > 1))
    return fields


def _unstorable(resume: dict[str, Any]) -> Iterator[Violation]:
    """What JSON can say and jsonb cannot hold: NUL, half characters (lone surrogates), NaN and infinity."""
    # a queue instead of recursion, since the nesting is the sender's choice
    pending: deque[tuple[str, Any]] = deque([("$", resume)])
    while pending:
        path, value = pending.popleft()
        if isinstance(value, dict):
            for key, inner in value.items():
                pending.append((f"{path}.{key}", inner))
                yield from _faulty_text(f"{path} (a field name)", str(key))
        elif isinstance(value, list | tuple):
            pending.extend((f"{path}[{index}]", inner) for index, inner in enumerate(value))
        elif isinstance(value, str):
            yield from _faulty_text(path, value)
        elif isinstance(value, float) and not math.isfinite(value):
            yield Violation(path, "a finite number", str(value), "correct the number or leave it out")


def _faulty_text(path: str, text: str) -> Iterator[Violation]:
    path = path.encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")
    if "\0" in text:
        yield Violation(path, "text without NUL", "a NUL character (\\u0000)", "remove the character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        advice = "correct or remove the character"
        yield Violation(path, "complete characters", "half a surrogate pair", advice)


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(files("ty_assets.profiles").joinpath("resume_schema.json").read_text("utf-8"))
    formats = FormatChecker(formats=())
    formats.checks("resume-date", raises=ValueError)(_is_date)
    return Draft202012Validator(schema, format_checker=formats)


def _is_date(value: object) -> bool:
    # exporters write "" for a date that was left open
    return not isinstance(value, str) or not value.strip() or isinstance(read_date(value, end=False), date)


def _told(error: ValidationError) -> Violation:
    keyword = str(error.validator)
    schema = error.schema if isinstance(error.schema, dict) else {}
    expected = str(schema.get("description") or error.message)
    instance: Any = error.instance
    got = _shown(instance)
    if keyword == "additionalProperties":
        unknown = sorted(set(instance) - set(schema["properties"]))
        got = f"the unknown field {', '.join(unknown)}"
    elif keyword in ("maxItems", "maxLength"):
        expected = f"at most {error.validator_value} {'entries' if keyword == 'maxItems' else 'characters'}"
        got = f"{len(instance)}"
    elif keyword in ("minimum", "maximum"):
        expected = f"{expected}, {keyword} {error.validator_value}"
    elif keyword == "anyOf":
        got = f"an object with {', '.join(sorted(instance)[:5]) or 'nothing in it'}"
    advice = _ADVICE.get(keyword, "correct the value or leave it out")
    return Violation(error.json_path, expected, got, advice)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text
