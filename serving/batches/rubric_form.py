"""A rubric as a form has it: every field as it was typed, criteria in rows that come and go.

Belongs here: from a rubric to its form and back, and what is wrong with what was typed, by field. Not here: what a
rubric is (ty_assets/candidate_evaluations/rubric.py), how a field looks (`templates/evaluation_rubric.html`), routes
(`rubric_page.py`). Nobody who fills in the form has to know YAML.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from serving.language import Language
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_assets.candidate_evaluations.rubric_file import Fault, RubricError

Sent = Mapping[str, Sequence[str]]  # each field with its values
Scale = tuple[int, int]

_FIELDS: Final = ("name", "language", "role", "instructions", "minimum", "maximum", "quotes")
_ROW: Final = re.compile(r"criteria-([0-9]{1,3})-(name|key|description|weight|scale|anchors)")
_BUTTON: Final = re.compile(r"criteria-([0-9]{1,3})")
_ANCHOR: Final = re.compile(r"\s*(-?[0-9]{1,4})\s*[:=–-]\s*(.*\S)\s*")
_OWN_SCALE: Final = re.compile(r"\s*([0-9]{1,4})\s*(?:\.\.|[-–]|to|bis)\s*([0-9]{1,4})\s*")
_PLACE: Final = re.compile(r"(?:criteria\[([0-9]+)\](?:\.([a-z]+))?|([a-z]+))(?:[.\[].*)?")
# Rows of a form that somebody has made by hand; a rubric has far fewer.
_MOST_ROWS: Final = 40


@dataclass(frozen=True)
class CriterionRow:
    name: str = ""
    key: str = ""  # kept, so that a criterion that is renamed stays the same
    description: str = ""
    weight: str = "1"
    scale: str = ""  # "" is the rubric's
    anchors: str = ""  # a line for each score: "10: has led a team for years"

    @property
    def is_empty(self) -> bool:
        return not (self.name.strip() or self.description.strip() or self.anchors.strip())


@dataclass(frozen=True)
class RubricForm:
    name: str = ""
    language: str = "en"
    role: str = ""
    instructions: str = ""
    minimum: str = "1"
    maximum: str = "10"
    quotes: str = "1"
    reasons: bool = True
    criteria: tuple[CriterionRow, ...] = field(default=(CriterionRow(),))


def form_of(rubric: Rubric) -> RubricForm:
    return RubricForm(
        name=rubric.name,
        language=rubric.language,
        role=rubric.role,
        instructions=rubric.instructions,
        minimum=str(rubric.scale.minimum),
        maximum=str(rubric.scale.maximum),
        quotes=str(rubric.quotes),
        reasons=rubric.reasons,
        criteria=tuple(
            CriterionRow(
                one.name,
                one.key,
                one.description,
                f"{one.weight:g}",
                f"{one.scale.minimum}–{one.scale.maximum}" if one.scale else "",
                "\n".join(f"{score}: {' '.join(text.split())}" for score, text in one.anchors.items()),
            )
            for one in rubric.criteria
        ),
    )


def sent_rubric(sent: Sent) -> tuple[RubricForm, str]:
    """The form as it was sent, after its button; and the id of what the button has changed, "" for other buttons."""
    typed: dict[int, dict[str, str]] = {}
    for name in sent:
        if found := _ROW.fullmatch(name):
            typed.setdefault(int(found[1]), {})[found[2]] = _one(sent, name)
    rows = {number: CriterionRow(**typed[number]) for number in sorted(typed)[:_MOST_ROWS]}
    criteria, place = _after_button(rows, sent)
    values = {name: _one(sent, name) for name in _FIELDS if name in sent}
    return RubricForm(**values, reasons=bool(_one(sent, "reasons")), criteria=criteria), place


def _one(sent: Sent, name: str) -> str:
    values = sent.get(name) or ("",)
    # A browser sends line breaks as CR LF; what was typed had one character.
    return values[0].replace("\r\n", "\n").replace("\x00", "")


def _after_button(rows: Mapping[int, CriterionRow], sent: Sent) -> tuple[tuple[CriterionRow, ...], str]:
    numbers, place = list(rows), ""
    for button, step in (("remove", 0), ("up", -1), ("down", 1)):
        target = _BUTTON.fullmatch(_one(sent, button))
        if not target or int(target[1]) not in numbers:
            continue
        at = numbers.index(int(target[1]))
        number = numbers.pop(at)
        if step:
            at = min(max(at + step, 0), len(numbers))
            numbers.insert(at, number)
        place = f"criteria-{at}" if step else "criteria"
    kept = [rows[number] for number in numbers]
    if _one(sent, "add"):
        kept.append(CriterionRow())
        place = f"criteria-{len(kept) - 1}"
    return tuple(kept), place


@dataclass(frozen=True)
class Read:
    """rubric: None where something is wrong. faults: what, by the id of the field; "" for the whole."""

    rubric: Rubric | None
    faults: Mapping[str, str]


def read(form: RubricForm, t: Language) -> Read:
    """The rubric that the form says. Rows in which nothing stands are left out."""
    kept = [number for number, row in enumerate(form.criteria) if not row.is_empty]
    form = replace(form, criteria=tuple(form.criteria[number] for number in kept))
    value, faults = _value(form, t)
    rubric = None
    if not faults:
        try:
            rubric = Rubric.of(value)
        except RubricError as error:
            for fault in error.faults:
                faults.setdefault(_field_of(fault), fault.message)
    return Read(rubric, {_numbered(name, kept): told for name, told in faults.items()})


def _numbered(name: str, kept: Sequence[int]) -> str:
    """The field's id with the number that the row has on the page, where empty rows count."""
    section, _, rest = name.partition("-")
    number, _, of_row = rest.partition("-")
    return f"criteria-{kept[int(number)]}-{of_row}" if section == "criteria" and number else name


def _value(form: RubricForm, t: Language) -> tuple[dict[str, Any], dict[str, str]]:
    faults: dict[str, str] = {}
    for name in ("name", "role"):
        if not getattr(form, name).strip():
            faults[name] = t(f"rubric.fault.{name}")
    scale = _scale(form.minimum, form.maximum)
    if scale is None:
        faults["minimum"] = t("rubric.fault.scale")
    if not form.criteria:
        faults["criteria"] = t("rubric.fault.criteria")
    criteria, names = [], set[str]()
    for number, row in enumerate(form.criteria):
        told, wrong = _criterion(row, t, scale)
        name = str(told["name"]).casefold()
        if name in names:
            wrong.setdefault("name", t("rubric.fault.same"))
        names.add(name)
        criteria.append(told)
        faults |= {f"criteria-{number}-{name}": message for name, message in wrong.items()}
    value = {
        "name": " ".join(form.name.split()),
        "language": form.language,
        "role": form.role,
        "instructions": form.instructions,
        "scale": _written(scale),
        "quotes": _whole(form.quotes) or 0,
        "reasons": form.reasons,
        "criteria": criteria,
    }
    return value, faults


def _criterion(row: CriterionRow, t: Language, scale: Scale | None) -> tuple[dict[str, Any], dict[str, str]]:
    faults: dict[str, str] = {}
    if not row.name.strip():
        faults["name"] = t("rubric.fault.criterion")
    weight = _number(row.weight)
    if weight is None or not 0 < weight <= 1000:
        faults["weight"] = t("rubric.fault.weight")
    own = _OWN_SCALE.fullmatch(row.scale)
    if own:
        scale = _scale(*own.groups())
    if row.scale.strip() and (own is None or scale is None):
        faults["scale"] = t("rubric.fault.own_scale")
    anchors: dict[int, str] = {}
    for line in filter(str.strip, row.anchors.splitlines()):
        found = _ANCHOR.fullmatch(line)
        if not found:
            faults["anchors"] = t("rubric.fault.anchor", line=line.strip()[:60])
        elif int(found[1]) in anchors:
            faults["anchors"] = t("rubric.fault.anchor_twice", score=found[1])
        elif scale is not None and not scale[0] <= int(found[1]) <= scale[1]:
            faults["anchors"] = t("rubric.fault.anchor_off", score=found[1])
        else:
            anchors[int(found[1])] = found[2]
    value: dict[str, Any] = {"name": " ".join(row.name.split()), "description": row.description, "weight": weight}
    value |= {"key": row.key} if row.key else {}
    value |= {"scale": _written(scale)} if own else {}
    return value | ({"anchors": anchors} if anchors else {}), faults


def _scale(low: str, high: str) -> Scale | None:
    least, most = _whole(low), _whole(high)
    if least is None or most is None or not (0 <= least < most <= 1000 and most - least <= 100):
        return None
    return least, most


def _written(scale: Scale | None) -> str:
    return f"{scale[0]}..{scale[1]}" if scale else ""


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _number(text: str) -> float | None:
    """As it is typed in English or German: 1.5, 1,5; nothing typed is 1."""
    text = text.strip().replace(",", ".")
    if not text:
        return 1.0
    return float(text) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) else None


def _field_of(fault: Fault) -> str:
    found = _PLACE.fullmatch(fault.path)
    if found is None:
        # What concerns several fields tells their place in its message.
        found = _PLACE.match(fault.message)
    if found is None:
        return ""
    number, of_row, plain = found.groups()
    if number is not None:
        return f"criteria-{number}-{of_row or 'name'}"
    return {"scale": "minimum"}.get(plain, plain) if plain in (*_FIELDS, "scale", "criteria") else ""


def faults_of(error: RubricError) -> Iterator[str]:
    """What is wrong with a file that was uploaded, a line each."""
    yield from (str(fault) for fault in error.faults)
