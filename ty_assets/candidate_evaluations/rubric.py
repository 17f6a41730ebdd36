"""The rubric that all candidates of a batch are judged by: criteria with scales, anchors and weights, written in YAML.

Belongs here: its shape, reading it with every fault named by line and field, writing it, and the overall score that its
weights make of the criteria's. Not here: YAML itself (rubric_file.py), what a model is asked (question.py), and what it
answers (answers.py).
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ty_assets.candidate_evaluations.rubric_file import Fault, RubricError, read_yaml, write_yaml

_SCALE = re.compile(r"(-?\d+)\s*(?:\.\.|to|bis|-|–)\s*(-?\d+)")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
OVERALL = "overall"
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


# Other kinds of line ends, and signs that nobody sees: YAML writes them so that they read as something else.
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")


def _plain(value: object) -> object:
    return _INVISIBLE.sub("", _LINE_ENDS.sub("\n", value)) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_plain)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Scale(_Model):
    """Whole numbers from minimum to maximum; the maximum is the best. Written "1..10"."""

    minimum: int = Field(ge=0, le=1000)
    maximum: int = Field(ge=1, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: object) -> object:
        if isinstance(value, str) and (found := _SCALE.fullmatch(value.strip())):
            return {"minimum": int(found[1]), "maximum": int(found[2])}
        if isinstance(value, list | tuple) and len(value) == 2:
            return {"minimum": value[0], "maximum": value[1]}
        if not isinstance(value, Mapping | Scale):
            raise ValueError("expected a scale such as 1..10")
        return value

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not 1 <= self.maximum - self.minimum <= 100:
            raise ValueError("expected 2 to 101 steps, the lowest first, such as 1..10")
        return self

    @model_serializer
    def _as_written(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.minimum}..{self.maximum}"

    @property
    def span(self) -> int:
        return self.maximum - self.minimum

    def share(self, score: float) -> float:
        """Where a score stands on the scale, from 0 to 1."""
        return (score - self.minimum) / self.span


class Criterion(_Model):
    """One thing that is judged. key: its name in the answers, made of the name where none is given."""

    name: Text = Field(min_length=1, max_length=120)
    key: str = ""
    description: Text = Field("", max_length=4000)
    scale: Scale | None = None  # None: the rubric's
    weight: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False)
    anchors: dict[int, Text] = Field(default_factory=dict, max_length=101)

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, key: str) -> str:
        if key and (not _KEY.fullmatch(key) or key == OVERALL):
            raise ValueError("expected a letter and then small letters, digits and _, 40 at most, and not 'overall'")
        return key

    @field_validator("anchors")
    @classmethod
    def _in_order(cls, anchors: dict[int, Text]) -> dict[int, str]:
        if empty := [score for score, text in anchors.items() if not text]:
            raise ValueError(f"expected a text for each score; {empty[0]} has none")
        return dict(sorted(anchors.items()))

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "key": self.key}
        told |= {"description": self.description} if self.description else {}
        told |= {"scale": str(self.scale)} if self.scale else {}
        told |= {"weight": int(self.weight) if self.weight.is_integer() else self.weight}
        return told | ({"anchors": self.anchors} if self.anchors else {})


class Rubric(_Model):
    """What all candidates are judged by.

    quotes: passages of the candidate's text that the answer quotes for each criterion, at most. reasons: whether it
    gives a short reason for each as well. Both cost time: an answer is written token by token.
    """

    name: Text = Field(min_length=1, max_length=120)
    language: Literal["de", "en"] = "en"  # of the question and of the reasons; candidates may write in any
    role: Text = Field(min_length=1, max_length=20_000)
    instructions: Text = Field("", max_length=10_000)
    scale: Scale = Scale(minimum=1, maximum=10)
    quotes: int = Field(1, ge=0, le=3)
    reasons: bool = True
    criteria: tuple[Criterion, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        taken: dict[str, int] = {}
        for position, criterion in enumerate(self.criteria):
            key = criterion.key or _key(criterion.name) or f"criterion_{position + 1}"
            if key in taken:
                told = f"has the same key ({key}) as criterion {taken[key] + 1}; name one of them otherwise"
                raise _misplaced(("criteria", position, "name"), told)
            taken[key] = position
            scale = criterion.scale or self.scale
            if off := [score for score in criterion.anchors if not scale.minimum <= score <= scale.maximum]:
                raise _misplaced(("criteria", position, "anchors", off[0]), f"is not on the scale {scale}")
        keyed = tuple(one.model_copy(update={"key": key}) for one, key in zip(self.criteria, taken, strict=True))
        object.__setattr__(self, "criteria", keyed)  # frozen for all others
        return self

    @classmethod
    def parse(cls, text: str, origin: str = "rubric") -> Self:
        """Read YAML. Raises: RubricError with every fault, its field and its line."""
        value, line_of = read_yaml(text, origin)
        return cls._checked(value, origin, line_of)

    @classmethod
    def of(cls, value: Mapping[str, Any], origin: str = "rubric") -> Self:
        """A rubric from what a form has collected. Raises: RubricError."""
        return cls._checked(value, origin, {})

    @classmethod
    def _checked(cls, value: object, origin: str, line_of: Mapping[tuple[str, ...], int]) -> Self:
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise RubricError(origin, _faults(error, line_of)) from None

    def yaml(self) -> str:
        """As it is written, in one spelling: `Rubric.parse` of it gives the same rubric."""
        return write_yaml(self.model_dump())

    def scale_of(self, criterion: Criterion) -> Scale:
        return criterion.scale or self.scale

    @cached_property
    def by_key(self) -> dict[str, Criterion]:
        return {criterion.key: criterion for criterion in self.criteria}

    def overall(self, scores: Mapping[str, float]) -> float:
        """The weighted mean of all criteria's scores, on the rubric's own scale, to two places.

        A criterion on another scale counts by where its score stands on that one. A model is never asked for the sum:
        it would be one more number to get wrong.
        """
        weights = sum(one.weight for one in self.criteria)
        share = sum(one.weight * self.scale_of(one).share(scores[one.key]) for one in self.criteria) / weights
        return round(self.scale.minimum + self.scale.span * share, 2)


def samples() -> dict[str, str]:
    """The rubrics that come with the project, by the name of their file: YAML to start from."""
    folder = files("ty_assets").joinpath("candidate_evaluations", "rubric_samples")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return {one.name.removesuffix(".yaml"): one.read_text("utf-8") for one in found}


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().translate(_WRITTEN_OUT))
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].rstrip("_")
    if key == OVERALL or (key and not key[0].isalpha()):
        key = f"criterion_{key}"[:40]
    return key


def _misplaced(place: tuple[str | int, ...], message: str) -> PydanticCustomError:
    """A fault of one field that is only seen when all are there. A custom error takes no place of its own."""
    return PydanticCustomError("misplaced", "{message}", {"message": message, "place": place})


def _faults(error: ValidationError, line_of: Mapping[tuple[str, ...], int]) -> list[Fault]:
    problems = error.errors(include_url=False)
    # Criteria with faults are not counted, so that there seem to be none.
    inside = any(len(problem["loc"]) > 1 and problem["loc"][0] == "criteria" for problem in problems)
    return [
        _fault(problem, line_of)
        for problem in problems
        if not (inside and problem["loc"] == ("criteria",) and problem["type"] == "too_short")
    ]


def _fault(problem: Any, line_of: Mapping[tuple[str, ...], int]) -> Fault:
    place = tuple(part for part in problem.get("ctx", {}).get("place", problem["loc"]) if part != "[key]")
    written = tuple(map(str, place))
    nearest = next((line_of[written[:end]] for end in range(len(place), -1, -1) if written[:end] in line_of), None)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        model: type[BaseModel] = Criterion if place[:1] == ("criteria",) else Rubric
        article = "a criterion" if model is Criterion else "a rubric"
        message = f"is no field of {article}; expected {', '.join(model.model_fields)}"
    elif problem["type"] == "missing":
        message = "is missing"
    return Fault("".join(map(_step, place)).removeprefix("."), nearest, message)


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"
