"""YAML as people write it for a rubric: read with the line of every field, written in one spelling.

Belongs here: YAML and the faults that have a line. Not here: what a rubric consists of (rubric.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LARGEST = 100_000  # characters; the longest rubric that makes sense has a fifth
_DEEPEST = 12
_TOLD = 50
# The reader in C where there is one: a rubric is read while somebody waits. What is written is hashed and sent, so that
# only one writer will do.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENS = (
    yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken, yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken,
)  # fmt: skip
_CLOSES = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


@dataclass(frozen=True)
class Fault:
    """What is wrong. path: of the field, "" for the whole; line: of the file, None where there is none."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = ", ".join([*([f"line {self.line}"] if self.line else []), *([self.path] if self.path else [])])
        return f"{place}: {self.message}" if place else self.message


class RubricError(ValueError):
    """A rubric that nobody can be judged by. `faults` holds every fault found; str() tells them all."""

    def __init__(self, origin: str, faults: list[Fault]) -> None:
        self.origin = origin
        self.faults = tuple(faults)
        count = "1 problem" if len(faults) == 1 else f"{len(faults)} problems"
        told = [f"  {fault}" for fault in self.faults[:_TOLD]]
        super().__init__("\n".join([f"{origin}: {count}", *told]))


Place = tuple[str, ...]  # names of fields and positions in lists


def read_yaml(text: str, origin: str) -> tuple[Any, dict[Place, int]]:
    """The document's value, and for each field its line, from 1.

    Raises RubricError for what is no YAML, is empty, too large or too deep, names a field twice, or refers to other
    parts of itself: a few such references make a value that fills all memory.
    """
    if len(text) > LARGEST:
        raise RubricError(origin, [Fault("", None, f"{len(text):,} characters are too many; {LARGEST:,} at most")])
    text = text.removeprefix("\ufeff")
    lines: dict[Place, int] = {}
    faults: list[Fault] = []
    try:
        _look_over(text, origin)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise RubricError(origin, [Fault("", None, "the file is empty")])
        _walk(node, (), lines, faults)
        value = loader.construct_document(node) if not faults else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = f"no YAML: {error.problem or error.context or 'cannot be read'}"
        raise RubricError(origin, [Fault("", mark.line + 1 if mark else None, told)]) from None
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, RubricError):
            raise
        raise RubricError(origin, [Fault("", None, f"no YAML: {str(error).splitlines()[0]}")]) from None
    if faults:
        raise RubricError(origin, faults)
    if not isinstance(value, dict):
        message = "expected fields such as `name: ...`, `role: ...` and `criteria: ...`"
        raise RubricError(origin, [Fault("", 1, message)])
    return value, lines


def _look_over(text: str, origin: str) -> None:
    """Raises: RubricError for what must not even be read. A pile of open brackets takes for ever, a reference grows."""
    depth = 0
    for token in yaml.scan(text, _Loader):
        if isinstance(token, yaml.AliasToken):
            line = token.start_mark.line + 1
            raise RubricError(origin, [Fault("", line, "references (*name) are not taken; write the text out")])
        depth += isinstance(token, _OPENS) - isinstance(token, _CLOSES)
        if depth > _DEEPEST:
            raise RubricError(origin, [Fault("", token.start_mark.line + 1, "too many fields within fields")])


def write_yaml(value: Mapping[str, Any]) -> str:
    """The same value gives the same text; what has several lines stands as it would be typed."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int], faults: list[Fault]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            _walk(child, (*place, str(position)), lines, faults)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                faults.append(Fault(name, line, "is there twice"))
            seen.add(name)
            lines[*place, name] = line
            _walk(child, (*place, name), lines, faults)


class _Dumper(yaml.SafeDumper):
    pass


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
