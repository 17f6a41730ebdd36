"""How well somebody says to know something: dots and stars as words.

Not here: the levels of languages (ty_assets/profiles/fluency.py).
"""

import re
from typing import Any

Fields = dict[str, Any]

DOTS = re.compile(r"\s*(?P<full>[●⬤■★✦▮•◉]{1,10})(?P<empty>[○◯□☆▯◦]{0,10})\s*$")
_GERMAN_SCALE = ("Grundkenntnisse", "Grundkenntnisse", "gute Kenntnisse", "sehr gute Kenntnisse", "Experte")


def without_stars(item: str) -> tuple[str, str]:
    found = DOTS.search(item)
    if not found or not item[: found.start()].strip():
        return item, ""
    total = len(found["full"]) + len(found["empty"])
    step = round(5 * len(found["full"]) / max(total, 5)) if total else 0
    return item[: found.start()].strip(" :\t"), _GERMAN_SCALE[max(0, min(4, step - 1))]


def distinct(rows: list[Fields], key: str) -> list[Fields]:
    """The first row of each name, in any case."""
    seen: dict[str, Fields] = {}
    for row in rows:
        seen.setdefault(str(row[key]).casefold(), row)
    return list(seen.values())
