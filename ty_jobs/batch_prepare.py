"""`ty batch prepare`: from a table of candidates to the requests of a batch.

Belongs here: the command, its files and what it prints. Not here: any rule (ty_assets/candidate_evaluations).
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ty_assets.candidate_evaluations.columns import Columns, guess_columns
from ty_assets.candidate_evaluations.prepare import PrepareError, Report, candidates
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Fault, Rubric, RubricError
from ty_assets.candidate_evaluations.splitting import split
from ty_assets.candidate_evaluations.table import OpenBytes, Table, TableError, read_table
from ty_jobs.terminal import Json, err, out, print_json
from ty_resources.inference.prompt_length import PromptLength
from ty_resources.settings import Settings, settings

_BLOCK: Final = 1_048_576
_NO_LIMIT: Final = 10**18
RubricFile = Annotated[Path, typer.Option("--rubric", help="YAML; `ty batch rubric sample` prints one to start from.")]


def batch_prepare(
    table: Annotated[Path, typer.Argument(help="CSV of candidates; delimiter and encoding are found out.")],
    rubric: RubricFile,
    identity: Annotated[
        str | None, typer.Option("--id", help='Column of the id; default: what is called so. "": rows are numbered.')
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Column that is judged; may be repeated. Default: all that is text.")
    ] = None,
    name: Annotated[list[str] | None, typer.Option(help="Column of the name, to take it out of the text.")] = None,
    contact: Annotated[list[str] | None, typer.Option(help="Column of mail, phone, address, ..., likewise.")] = None,
    model: Annotated[str, typer.Option(help="The model that is asked; default: TY_REASONING_MODEL.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Default: the table's name, .jsonl.")] = None,
    keep_names: Annotated[bool, typer.Option("--keep-names", help="Leave names and contact in the text.")] = False,
    skip_empty: Annotated[
        bool, typer.Option("--skip-empty", help="Leave out rows without text, and count them.")
    ] = False,
    in_parts: Annotated[
        bool, typer.Option("--split", help="Several files where one would be over the limits of a batch.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the requests of a batch from a table of candidates."""
    config = settings()
    criteria = read_rubric(rubric)
    form = _read(table)
    columns = _columns(form, identity, text, name, contact)
    if not as_json:
        _tell_columns(form, columns, keep_names)
    question = Question(criteria, model or (config.reasoning_model if config.engine != "embedded" else "rules"))
    report, lengths = Report(), _Lengths(question, config)
    target = output or table.with_suffix(".jsonl")
    limits = (config.batch_max_requests, config.batch_max_bytes) if in_parts else (_NO_LIMIT, _NO_LIMIT)
    with _reading(table) as blocks:
        found = candidates(form, blocks, columns, keep_names=keep_names, skip_empty=skip_empty, report=report)
        lines = (lengths.seen(one.line, question.line(one.custom_id, one.text)) for one in found)
        files = _write(split(lines, *limits), target, in_parts)
    warnings = [*report.warnings(), *lengths.warnings(files, in_parts)]
    if as_json:
        print_json(
            {
                "files": [{"file": str(file), "requests": count, "bytes": size} for file, count, size in files],
                "candidates": report.candidates,
                "anonymised": report.anonymised,
                "model": question.model,
                "columns": {"id": columns.id, "text": columns.text, "name": columns.name, "contact": columns.contact},
                "warnings": warnings,
            }
        )
        return
    for file, count, size in files:
        out.print(f"{escape(str(file))}: {count:,} requests, {size:,} bytes")
    if not keep_names:
        err.print(f"[dim]{report.anonymised:,} texts had names or contact data, which were taken out[/]")
    for warning in warnings:
        err.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)


def read_rubric(file: Path) -> Rubric:
    """Raises: RubricError."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError(str(file), [Fault("", None, f"not UTF-8 at byte {error.start}; save it as UTF-8")]) from None
    return Rubric.parse(text, str(file))


def _read(file: Path) -> Table:
    try:
        return read_table(lambda: _blocks(file))
    except TableError as error:
        raise TableError(f"{file}: {error}") from None


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened_file:
        while block := opened_file.read(_BLOCK):
            yield block


def _columns(
    table: Table, identity: str | None, text: list[str] | None, name: list[str] | None, contact: list[str] | None
) -> Columns:
    """As given, and for the rest as they seem to be."""
    given = [*([identity] if identity else []), *(text or []), *(name or []), *(contact or [])]
    for column in given:
        if column not in table.columns:
            raise TableError(f"no column {column!r}; there are {', '.join(map(repr, table.columns))}")
    guess = guess_columns(table)
    columns = Columns(
        id=(identity or None) if identity is not None else guess.id if guess.id not in given else None,
        text=tuple(text or (column for column in guess.text if column not in given)),
        name=tuple(name if name is not None else guess.name),
        contact=tuple(contact if contact is not None else guess.contact),
    )
    if not columns.text:
        raise TableError(f"no column looks like text; name one with --text: {', '.join(map(repr, table.columns))}")
    return columns


def _tell_columns(table: Table, columns: Columns, keep_names: bool) -> None:
    about = {
        "id": columns.id or "none: rows are numbered",
        "text": ", ".join(columns.text),
        **(
            {}
            if keep_names
            else {"taken out": ", ".join([*columns.name, *columns.contact]) or "what looks like contact"}
        ),
        "left aside": ", ".join(
            one for one in table.columns if one not in (columns.id, *columns.text, *columns.name, *columns.contact)
        ),
    }
    told = "; ".join(f"{what}: {value}" for what, value in about.items() if value)
    err.print(f"[dim]{table.encoding}, separated by {table.delimiter!r}; {escape(told)}[/]", soft_wrap=True)


@contextmanager
def _reading(file: Path) -> Iterator[OpenBytes]:
    """The file's bytes with a bar of how much is read."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("prepare", total=file.stat().st_size)

        def blocks() -> Iterator[bytes]:
            progress.reset(task)
            for block in _blocks(file):
                yield block
                progress.advance(task, len(block))

        yield blocks


class _Lengths:
    """What may be too much for a batch or a model, seen line by line."""

    def __init__(self, question: Question, config: Settings) -> None:
        self._config, self._question = config, question
        self._faults: list[tuple[int, str]] = []
        self._too_long = 0
        self._length = PromptLength()

    def seen(self, number: int, line: bytes) -> bytes:
        """The line. number: of the table's row. Raises: PrepareError for one longer than a request may be."""
        if len(line) > self._config.batch_line_bytes:
            most = f"TY_BATCH_LINE_BYTES is {self._config.batch_line_bytes:,}"
            raise PrepareError([(number, f"makes a request of {len(line):,} bytes; {most}")])
        # The schema is no part of the prompt, but of the line.
        characters = len(line) - len(json.dumps(self._question.schema))
        tokens = self._length.at_least(characters) + self._length.at_least(self._question.max_tokens)
        self._too_long += self._config.engine != "embedded" and tokens > self._config.context_tokens
        return line

    def warnings(self, files: list[tuple[Path, int, int]], in_parts: bool) -> list[str]:
        config, told = self._config, []
        over = any(count > config.batch_max_requests or size > config.batch_max_bytes for _, count, size in files)
        if over and not in_parts:
            told.append(
                f"this is more than a batch may have ({config.batch_max_requests:,} requests, "
                f"{config.batch_max_bytes:,} bytes): use --split, or raise TY_BATCH_MAX_REQUESTS and "
                f"TY_BATCH_MAX_BYTES on the server"
            )
        if self._too_long:
            told.append(
                f"{self._too_long:,} candidates hardly fit into TY_CONTEXT_TOKENS={config.context_tokens:,} with "
                f"rubric and answer; the model server will refuse those it cannot take"
            )
        return told


def _write(files: Iterable[Iterator[bytes]], target: Path, in_parts: bool) -> list[tuple[Path, int, int]]:
    """Path, lines and bytes of each file. All are there in the end, or none: a fault of the last row comes late."""
    written: list[tuple[int, int]] = []
    try:
        for lines in files:
            written.append((0, 0))
            count = size = 0
            with _part(target, len(written)).open("wb") as file:
                for line in lines:
                    file.write(line)
                    count, size = count + 1, size + len(line)
            written[-1] = (count, size)
        if not written:
            raise TableError("the table has no candidates")
        paths = [target]
        if in_parts and len(written) > 1:
            paths = [target.with_name(f"{target.stem}-{n:03}{target.suffix}") for n in range(1, len(written) + 1)]
        for number, path in enumerate(paths, 1):
            _part(target, number).replace(path)
    finally:
        for number in range(1, len(written) + 1):
            _part(target, number).unlink(missing_ok=True)
    return [(path, *told) for path, told in zip(paths, written, strict=True)]


def _part(target: Path, number: int) -> Path:
    """What a file is called until it is whole."""
    return target.with_name(f".{target.name}.{os.getpid()}-{number}.part")
