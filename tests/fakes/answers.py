"""What the simulated chat models answer, by the four ways that the configuration names.

Belongs here: choosing the way, and reading the question out of the messages. Not here: inventing values for a schema
(`schema_values`), the project's rules (`rule_answers`) and obedience (`obedience`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from schema_values import invented

# The project's own fence: the data between two equal marks, see ty_resources/inference/fence.py.
_FENCED = re.compile(r"^(DATA-[0-9a-f]+)\n(.*)\n\1$", re.MULTILINE | re.DOTALL)

Schema = Mapping[str, Any]

_canned: dict[str, str] = {}


def answer(way: str, schema: Schema | None, user: str, orders: Sequence[str] = ()) -> str:
    """The content of the assistant's message.

    way: as configured. schema: None where the request names no format. orders: see `obedience`.
    """
    if schema is None:
        return f"You said: {user[:200]}"
    if way == "canned":
        return _canned_answer(schema)
    data = asked_about(user)
    if way == "echo":
        return _as_json(invented(schema, data if data is not None else user))
    # Late, since it loads the project and its vocabulary: a benchmark of plain requests starts without them.
    from rule_answers import answer_by_rules

    content = answer_by_rules(schema, data)
    if content is None:
        content = invented(schema, data if data is not None else user)
    if way == "obey" and isinstance(content, dict):
        from obedience import obeyed

        content = obeyed(content, schema, data, orders)
    return _as_json(content)


def asked_about(user: str) -> Any:
    """The JSON between the marks, or the whole message if that is JSON; None for anything else."""
    fenced = _FENCED.search(user)
    try:
        return json.loads(fenced[2] if fenced else user)
    except ValueError:
        return None


def _canned_answer(schema: Schema) -> str:
    key = json.dumps(schema, sort_keys=True)
    if key not in _canned:
        _canned[key] = _as_json(invented(schema, None))
    return _canned[key]


def _as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)
