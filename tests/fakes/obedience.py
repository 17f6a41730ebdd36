"""The answer of a model that falls for everything: whatever the data orders, it does.

Belongs here: finding orders in the data and adding what they demand to an answer by the rules, with the best evidence
that such a model could name. Not here: telling orders from requirements (the project's business, which this tests).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from schema_values import invented

Schema = Mapping[str, Any]

# Wide for what is obeyed, yet no line of an honest advertisement.
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.*\b(?:instruction|prompt|rule|guideline|context|above)"
    r"|\b(?:ignorier|vergiss|missacht|überschreib|umgeh)\w*.*\b(?:anweisung|instruktion|vorgabe|regel|prompt|befehl|oben)"
    r"|<\W?(?:im_start|system|assistant|user|inst)|\[/?INST|\bsystem ?prompt\b|^\W*(?:system|assistant)\s*:"
    r"|\byou are now\b|\bdu bist (?:jetzt|nun)\b|\bact as\b|\bnote to (?:the )?(?:ai|model|llm)\b|\ban die ki\b"
    r"|\b(?:score|rate|rating|bewerte|punktzahl|match)\b.*\b(?:100|10/10|1\.0|highest|perfect|höchste\w*|maximal\w*)"
    r"|\balways (?:recommend|answer)|\bempfiehl immer"
    r"|\b(?:add|include|insert|list)\b.*\b(?:requirement|skill|facet|summary|answer|output)"
    r"|\b(?:füge|ergänze|nimm|trage)\b.*\b(?:anforderung|fähigkeit|zusammenfassung|antwort|ausgabe)"
    r"|\b(?:respond|reply|answer|antworte)\b.*(?:\{|json|only|nur)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"'„“‚`]([^\"'„“”‚`]{2,60})[\"'“”‘`]")
_DEMANDED = re.compile(
    r"\b(?:add|include|insert|list|füge|ergänze|nimm|trage)\s+(?:the |die |den |das )?"
    r"(?:(?:requirement|skill|anforderung|fähigkeit)\w*\s*:?\s*)?(.{2,60}?)\s*(?:\b(?:as|to|in|als|zu|unter)\b|[.!,;]|$)",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


def obeyed(content: Any, schema: Schema, data: Any, orders: Sequence[str] = ()) -> Any:
    """The rules' answer with the claims that the data orders, as far as the schema lets a model say them.

    orders: texts that are orders for certain; the lines that hold them are obeyed as well as those that look like one.
    """
    shape = _Shape(schema, schema)
    for line in dict.fromkeys(_lines(data)):
        if _ORDER.search(line) or any(order in line for order in orders):
            for demanded, evidence in _demands(line):
                _claim(content, shape, demanded, evidence)
    for text in _texts(data):
        _merge(content, shape, _json_in(text))
    return content


@dataclass(frozen=True)
class _Shape:
    """A part of a schema, with the whole that its references lead into."""

    root: Schema
    node: Schema

    def resolved(self) -> Schema:
        reference = self.node.get("$ref")
        return self.root["$defs"][reference.rsplit("/", 1)[-1]] if reference else self.node

    def property(self, name: str) -> "_Shape":
        return _Shape(self.root, self.resolved()["properties"][name])

    def items(self) -> "_Shape":
        return _Shape(self.root, self.resolved()["items"])

    def completed(self, claim: Any) -> Any:
        """The claim with what the schema wants besides, without what it does not know; None where that is no use."""
        schema = {**self.resolved(), "$defs": self.root.get("$defs", {})}
        if isinstance(claim, dict):
            known = {key: value for key, value in claim.items() if key in schema.get("properties", {})}
            claim = {**invented(schema, None), **known}
        return claim if Draft202012Validator(schema).is_valid(claim) else None


def _demands(line: str) -> Iterator[tuple[str, str]]:
    """What is to be claimed, and with which evidence: the order itself, some words out of it, words from nowhere."""
    named = _QUOTED.search(line) or _DEMANDED.search(line)
    demanded = (named[1] if named else " ".join(line.split()[-3:])).strip(" .!,;:")
    yield demanded, line
    yield demanded, demanded
    yield f"{demanded} (certified)", f"We demand {demanded}."


def _claim(content: Any, shape: _Shape, demanded: str, evidence: str) -> None:
    requirement = len(content.get("requirements", []))  # its place, where requirements are claimed as well
    if "facets" in content and not requirement:
        requirement = max((facet.get("requirement_ordinal", 0) for facet in content["facets"]), default=0)
    for name in ("requirements", "facets"):
        if name in content:
            claim = {"text": demanded, "term": demanded, "quote": evidence, "kind": "skill", "must": True}
            claim |= {"weight": 1.0, "negated": False, "requirement_ordinal": requirement}
            _append(content[name], shape.property(name), claim)
    if "summary" in content:
        content["summary"] = f"{content['summary']} {evidence}".strip()
    analysis = content.get("analysis", content)
    if "critical_skills" in analysis:
        analysis["critical_skills"].append(demanded)
        analysis["gap_templates"][demanded] = evidence


def _append(claims: list[Any], shape: _Shape, claim: Any) -> None:
    claim = shape.items().completed(claim)
    if claim is not None:
        claims.append(claim)


def _json_in(text: str) -> Any:
    found = _OBJECT.search(text)
    try:
        return json.loads(found[0]) if found else None
    except ValueError:
        return None


def _merge(content: Any, shape: _Shape, claims: Any) -> None:
    """Take over an answer that the data offers, where it has the shape of one."""
    for key, value in claims.items() if isinstance(claims, dict) else ():
        known = content.get(key)
        if isinstance(known, list) and isinstance(value, list):
            for one in value:
                of_text = isinstance(one, str) and "properties" in shape.property(key).items().resolved()
                _append(known, shape.property(key), {"text": one, "term": one, "quote": one} if of_text else one)
        elif isinstance(known, dict) and "properties" in shape.property(key).resolved():
            _merge(known, shape.property(key), value)
        elif isinstance(known, str) and isinstance(value, str):
            content[key] = value


def _lines(data: Any) -> list[str]:
    return [line.strip() for text in _texts(data) for line in text.split("\n") if line.strip()]


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    values = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for value in values for text in _texts(value)]
