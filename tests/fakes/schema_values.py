"""The smallest value that a JSON schema accepts, with texts copied from the data that the question is about.

Belongs here: the part of JSON schema that pydantic writes. Not here: what the value means to anybody.
"""

import math
from collections.abc import Mapping
from typing import Any

_Schema = Mapping[str, Any]


def invented(schema: _Schema, data: Any) -> Any:
    """A value of the schema: required properties only, one element in each list that may have one, nulls where allowed.

    data: any JSON; a property whose name stands in it as well is copied (first found), other texts are its first line
    of prose, so that an answer quotes what it was asked about. None: constants.
    """
    return _Inventor(schema, data).value(schema, "")


class _Inventor:
    def __init__(self, root: _Schema, data: Any) -> None:
        self._definitions = {**root.get("definitions", {}), **root.get("$defs", {})}
        self._data = data
        self._line = _first_line(data)

    def value(self, schema: _Schema, name: str) -> Any:
        if "$ref" in schema:
            return self.value(self._definitions[schema["$ref"].rsplit("/", 1)[-1]], name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        for several in ("anyOf", "oneOf"):
            if several in schema:
                choices = schema[several]
                return self.value(next((one for one in choices if one.get("type") == "null"), choices[0]), name)
        if "allOf" in schema:
            merged: dict[str, Any] = {}
            for part in schema["allOf"]:
                merged.update(self._definitions[part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else part)
            return self.value(merged, name)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = "null" if "null" in kind else kind[0]
        return getattr(self, f"_{kind}")(schema, name)

    def _null(self, schema: _Schema, name: str) -> None:
        return None

    def _boolean(self, schema: _Schema, name: str) -> bool:
        return False

    def _integer(self, schema: _Schema, name: str) -> int:
        low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf) + 1)
        high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf) - 1)
        return int(min(max(self._known_number(name), low), high))

    def _number(self, schema: _Schema, name: str) -> float:
        low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf))
        high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
        value = min(max(self._known_number(name), low), high)
        if value in (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")):
            return (max(low, value - 1) + min(high, value + 1)) / 2
        return value

    def _known_number(self, name: str) -> float:
        """A number of that name in the data; `requirement_ordinal` may be an `ordinal` there."""
        return _find(self._data, name, (int, float), (name.rsplit("_", 1)[-1],)) or 0

    def _string(self, schema: _Schema, name: str) -> str:
        text = self._line if name == "quote" else _find(self._data, name, (str,)) or self._line
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
        while len(text) < shortest:
            text += text or "x"
        return text if longest is None else text[:longest].rstrip() or text[:longest]

    def _array(self, schema: _Schema, name: str) -> list[Any]:
        if "prefixItems" in schema:
            return [self.value(one, name) for one in schema["prefixItems"]]
        fewest, most = schema.get("minItems", 0), schema.get("maxItems", 1)
        number = max(fewest, min(1 if self._data is not None else 0, most))
        return [self.value(schema.get("items", {}), name) for _ in range(number)]

    def _object(self, schema: _Schema, name: str) -> dict[str, Any]:
        required = schema.get("required", [])
        return {key: self.value(one, key) for key, one in schema.get("properties", {}).items() if key in required}


def _find(data: Any, name: str, kinds: tuple[type, ...], aliases: tuple[str, ...] = ()) -> Any:
    """The first value under that name anywhere in the data, of one of the kinds."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in (name, *aliases) and isinstance(value, kinds) and not isinstance(value, bool):
                return value
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            found = _find(value, name, kinds, aliases)
            if found is not None:
                return found
    return None


def _first_line(data: Any) -> str:
    """The first line with several words of the longest text in the data."""
    texts = sorted(_texts(data), key=len, reverse=True)
    lines = [line.strip() for text in texts for line in text.split("\n") if line.strip()]
    return next((line for line in lines if " " in line), lines[0] if lines else "nothing")


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    values = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for value in values for text in _texts(value)]
