"""What a language stage is: one typed question that a model's prompt or a rule can answer.

Belongs here: the `Task` base class and what every engine needs to know of it. Not here: how a model is
called (engine modules), and any single task (they lie next to their asset in `ty_assets`).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ty_resources.inference.fence import fenced

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

# n texts -> (n, d) float32 of unit length, in the order given
Encode = Callable[[Sequence[str]], NDArray[np.float32]]

Role = Literal["extraction", "reasoning"]


class Task(Generic[Item, Output]):
    """One question about one item, answered by a prompt (model engines) or by `extract` (embedded engine).

    Subclasses set the class attributes, and implement `render` and `extract`; `verify` where the output
    makes claims. A task has no state beyond its data files, so one instance serves all threads.
    """

    name: ClassVar[str]
    version: ClassVar[str]  # raise it when `extract`'s rules change their answers
    role: ClassVar[Role] = "extraction"
    output: ClassVar[type[BaseModel]]
    package: ClassVar[str]  # where prompt and data files lie, e.g. "ty_assets.summaries"
    prompt_file: ClassVar[str] = "prompt.md"
    data_files: ClassVar[tuple[str, ...]] = ()  # what the rules read; changing one re-derives the rows

    def render(self, item: Item) -> str:
        """The exact text sent beside the prompt; also what the cache key and the input hash are made of."""
        return json.dumps(item.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)

    def user_message(self, item: Item) -> str:
        """What a model is sent beside the prompt: the rendered item as fenced data."""
        return fenced(self.render(item))

    def split(self, item: Item) -> list[Item]:
        """Two or more smaller items for a model whose context this one does not fit; none where it has no parts."""
        return []

    def merge(self, item: Item, outputs: Sequence[Output]) -> Output:
        """One output from those of the parts that `split` made, in their order."""
        raise TypeError(f"task {self.name} splits its items and does not say how to merge their outputs")

    def extract(self, items: Sequence[Item], encode: Encode) -> list[Output]:
        """Answer by rules, one output per item, each independent of the others in the call."""
        raise TypeError(f"task {self.name} has no rules; it needs a model engine")

    def verify(self, item: Item, output: Output) -> tuple[Output, int]:
        """Remove claims that quote nothing in the item; the number removed. Runs on every engine's answer."""
        return output, 0

    @property
    def prompt(self) -> str:
        return files(self.package).joinpath(self.prompt_file).read_text("utf-8")

    def schema(self) -> dict[str, Any]:
        """JSON schema of the output, as sent to a model."""
        return _schema(self.output)

    def quotes(self, item: Item, output: Output) -> bool:
        """Whether any claim of a model's answer quotes the item; true where it makes none."""
        return True

    def unquoted(self, item: Item, output: Output) -> Output | None:
        """What is left of an answer that quotes nothing, asked again in vain; None: nothing, the item has failed."""
        return None

    def prompt_version(self) -> str:
        """Version of a model's answer: changes with the prompt and the output schema."""
        asked = self.prompt + json.dumps(self.schema(), sort_keys=True)
        return f"{self.version}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}"

    def rules_version(self) -> str:
        """Version of a rule's answer: changes with the data files the rules read."""
        if not self.data_files:
            return self.version
        digest = hashlib.sha256()
        for name in self.data_files:
            digest.update(files(self.package).joinpath(name).read_bytes())
        return f"{self.version}-{digest.hexdigest()[:8]}"


@cache
def _schema(output: type[BaseModel]) -> dict[str, Any]:
    # Made once: it is part of every cache key.
    return output.model_json_schema()
