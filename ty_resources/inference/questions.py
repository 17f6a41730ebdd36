"""One task about one item, asked of a chat model: what is sent, and what an answer has to be like.

Belongs here: length, splitting, the schema, quotes. Not here: retries of a request that met no answer (`model_queue`),
how a server is asked (the clients), and what a task wants to know (`ty_assets`).
"""

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ty_resources.inference.client import ChatRequest, Completion, ModelClient
from ty_resources.inference.errors import EngineError, NothingQuoted, PromptTooLong, SchemaViolation, TruncatedAnswer
from ty_resources.inference.lanes import Caller
from ty_resources.inference.model_queue import ModelQueue, Told
from ty_resources.inference.prompt_length import PromptLength
from ty_resources.inference.task import Task

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

_SEEDS = (0, 1)  # a bad answer is asked for once again
_DEEPEST_SPLIT = 6
# Answers are made of the posting's or the person's text, which has no place in a message.
_TOLD_CHARACTERS = 200
# A prompt is read in one pass and an answer written token by token. Only the spread of latencies depends on it.
_READ_WEIGHT = 0.1

_FENCE = re.compile(r"\s*```(?:json)?\s*\n?(.*?)\n?\s*```\s*", re.S | re.I)


class Questions(Generic[Item, Output]):
    """Asks one task. asked: called for each question put to the model; its retries are the same question.

    context_tokens: for prompt and answer together; answer_tokens: of these, the answer's. Thread-safe.
    """

    def __init__(
        self,
        task: Task[Item, Output],
        model: str,
        client: ModelClient,
        queue: ModelQueue,
        length: PromptLength,
        *,
        context_tokens: int,
        answer_tokens: int,
        asked: Callable[[], None],
    ) -> None:
        self._task = task
        self._model = model
        self._client = client
        self._queue = queue
        self._length = length
        self._context_tokens = context_tokens
        self._answer_tokens = answer_tokens
        self._asked = asked
        self._system = task.prompt
        self._schema = task.schema()

    def answer(self, item: Item, caller: Caller, depth: int = 0) -> Output:
        """The output for an item, put together from its parts where it is too long.

        Raises: PromptTooLong or TruncatedAnswer where it cannot be split, SchemaViolation, NothingQuoted, and what the
        queue raises.
        """
        user = self._task.user_message(item)
        too_long: EngineError | None = self._too_long(user)
        parts = self._split(item, depth) if too_long else []
        if too_long is None or not (parts or self._hopeless(user)):
            try:
                return self._ask(item, user, caller)
            except PromptTooLong as error:
                self._length.exceeded(len(self._system) + len(user), self._context_tokens)
                too_long = error
            except TruncatedAnswer as error:
                too_long = error
            parts = self._split(item, depth)
        if not parts:
            raise too_long
        return self._task.merge(item, [self.answer(part, caller, depth + 1) for part in parts])

    def _too_long(self, user: str) -> PromptTooLong | None:
        tokens = self._length.tokens(len(self._system) + len(user))
        if tokens + self._answer_tokens <= self._context_tokens:
            return None
        return PromptTooLong(
            f"{self._task.name}: a prompt of about {tokens} tokens and {self._answer_tokens} for the answer do not fit "
            f"into {self._context_tokens}. Raise TY_CONTEXT_TOKENS, or lower TY_MAX_ANSWER_TOKENS."
        )

    def _hopeless(self, user: str) -> bool:
        """Whether it will not fit even if the estimate errs; otherwise what cannot be split is left to the server."""
        return self._length.at_least(len(self._system) + len(user)) + self._answer_tokens > self._context_tokens

    def _split(self, item: Item, depth: int) -> list[Item]:
        parts = self._task.split(item) if depth < _DEEPEST_SPLIT else []
        return parts if len(parts) > 1 else []

    def _ask(self, item: Item, user: str, caller: Caller) -> Output:
        unquoted: Output | None = None
        failure: EngineError | None = None
        for seed in _SEEDS:
            try:
                output = self._parsed(self._completion(user, seed, caller))
            except SchemaViolation as error:
                failure = error
                continue
            if self._task.quotes(item, output):
                return output
            unquoted = output
        if unquoted is None:
            assert failure is not None
            raise failure
        rest = self._task.unquoted(item, unquoted)
        if rest is None:
            raise NothingQuoted(
                f"{self._task.name}: twice, {self._model} quoted nothing of the text it was asked about"
            )
        return rest

    def _completion(self, user: str, seed: int, caller: Caller) -> Completion:
        request = ChatRequest(
            model=self._model,
            system=self._system,
            user=user,
            schema_name=self._task.name,
            schema=self._schema,
            max_tokens=self._answer_tokens,
            seed=seed,
        )
        self._asked()
        completion = self._queue.ask(caller, lambda: self._client.complete(request), _told)
        self._length.learn(len(self._system) + len(user), completion.prompt_tokens)
        if completion.finish == "length":
            raise TruncatedAnswer(
                f"{self._task.name}: {self._model} broke off after {completion.output_tokens or 'some'} tokens, "
                f"{len(completion.text)} characters. Raise TY_MAX_ANSWER_TOKENS."
            )
        return completion

    def _parsed(self, completion: Completion) -> Output:
        """Raises: SchemaViolation."""
        text = completion.text
        fence = _FENCE.fullmatch(text)
        output_type: type[Output] = self._task.output  # type: ignore[assignment]
        try:
            return output_type.model_validate_json(fence[1] if fence else text)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            told = "; ".join(_problem(problem) for problem in problems[:3])
            raise SchemaViolation(
                f"{self._task.name}: expected JSON of {self._task.output.__name__}, {self._model} answered "
                f"{len(text)} characters with {len(problems)} problems: {told[:_TOLD_CHARACTERS]}"
            ) from None


def _problem(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])


def _told(completion: Completion) -> Told:
    read, written = completion.prompt_tokens, completion.output_tokens
    work = 1.0 if written is None else max(written + _READ_WEIGHT * (read or 0), 1.0)
    return Told(work, completion.load_seconds, read, written)
