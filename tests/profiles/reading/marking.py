"""What share of a CV came out right, by kind of field.

An expected field is right where the row that fits best has it; a row too many counts as one wrong field.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple

from tests.profiles.reading.paper import CVS
from ty_assets.profiles.fluency import cefr_of

KINDS = ("positions", "employers", "dates", "degrees", "institutions", "skills", "languages", "certificates", "contact")


class Mark(NamedTuple):
    right: Counter[str]
    asked: Counter[str]
    faults: list[str]

    def share(self, kind: str) -> float:
        return self.right[kind] / self.asked[kind] if self.asked[kind] else 1.0


def expected(name: str) -> dict[str, Any]:
    return json.loads((CVS / f"{name}.json").read_text("utf-8"))


def marked(name: str, resume: dict[str, Any]) -> Mark:
    mark = Mark(Counter(), Counter(), [])
    wanted = expected(name)
    jobs = [
        (r.get("position", ""), r.get("name", ""), r.get("startDate"), r.get("endDate")) for r in resume.get("work", [])
    ]
    studies = [
        (
            f"{r.get('studyType', '')} {r.get('area', '')}",
            r.get("institution", ""),
            r.get("startDate"),
            r.get("endDate"),
        )
        for r in resume.get("education", [])
    ]
    _rows(mark, wanted["work"], jobs, ("positions", "employers", "dates"))
    _rows(mark, wanted["education"], studies, ("degrees", "institutions", "dates"))
    named = [name for row in resume.get("skills", []) for name in (row.get("keywords") or [row["name"]])]
    skills = {_key(skill) for skill in wanted["skills"]}
    # keywords carry their level in brackets
    shown = {_key(one) if _key(one) in skills else _key(re.sub(r" \([^)]*\)$", "", one)) for one in named}
    _set(mark, "skills", skills, shown)
    spoken = {f"{_key(row['language'])} {cefr_of(row.get('fluency'))}" for row in resume.get("languages", [])}
    _set(mark, "languages", {f"{_key(language)} {level}" for language, level in wanted["languages"]}, spoken)
    papers = {_key(row["name"]) for row in resume.get("certificates", [])}
    _set(mark, "certificates", {_key(one) for one in wanted["certificates"]}, papers)
    basics = resume["basics"]
    for field, got in (
        ("name", basics.get("name")), ("email", basics.get("email")), ("phone", basics.get("phone")),
        ("city", (basics.get("location") or {}).get("city")),
    ):  # fmt: skip
        if wanted[field] is not None:
            _count(mark, "contact", wanted[field] == got, f"{field}: {wanted[field]!r}, got {got!r}")
    return mark


def _key(text: str) -> str:
    return " ".join(re.sub(r"[^\w+#&/.-]", " ", text.casefold()).split()).strip(" .")


def _count(mark: Mark, kind: str, right: bool, fault: str) -> None:
    mark.asked[kind] += 1
    mark.right[kind] += right
    if not right:
        mark.faults.append(f"{kind}: {fault}")


def _rows(mark: Mark, wanted: list[list[Any]], got: list[tuple[Any, ...]], kinds: tuple[str, str, str]) -> None:
    left = list(got)
    for row in wanted:
        best = max(left, key=lambda one: _fit(row, one), default=None)
        if best is None or _fit(row, best) == 0:
            best = ("", "", None, None)
        else:
            left.remove(best)
        _count(mark, kinds[0], _key(row[0]) == _key(best[0]), f"{row[0]!r}, got {best[0]!r}")
        _count(mark, kinds[1], _key(row[1]) == _key(best[1]), f"{row[1]!r}, got {best[1]!r}")
        _count(mark, kinds[2], (row[2], row[3]) == best[2:], f"{row[2:]}, got {best[2:]} ({row[0]})")
    for row in left:
        _count(mark, kinds[0], False, f"a row too many: {row}")


def _fit(wanted: list[Any], got: tuple[Any, ...]) -> int:
    same = (_key(wanted[0]) == _key(got[0])) + (_key(wanted[1]) == _key(got[1]))
    return 2 * ((wanted[2], wanted[3]) == got[2:]) + same


def _set(mark: Mark, kind: str, wanted: set[str], got: set[str]) -> None:
    for one in sorted(wanted):
        _count(mark, kind, one in got, f"{one!r}, got {sorted(got - wanted)}")
    for one in sorted(got - wanted):
        _count(mark, kind, False, f"too many: {one!r}")
