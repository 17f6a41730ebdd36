"""`ty batch scores` and `ty batch rubric`: from results to a ranked table, and what candidates are judged by.

Belongs here: these commands, and the app that the others join. Not here: `prepare` (`batch_prepare`), what needs a
server (`batch_remote`), and any rule (ty_assets/candidate_evaluations).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table as Shown

from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric, samples
from ty_assets.candidate_evaluations.scores import Ranking
from ty_jobs.batch_prepare import batch_prepare, read_rubric
from ty_jobs.batch_results import ResultsError, evaluations_of_files, rubric_of_requests
from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.inference.prompt_length import PromptLength

batch_app = typer.Typer(no_args_is_help=True, help="Batches of candidates: one rubric, many people.")
rubric_app = typer.Typer(no_args_is_help=True, help="What candidates are judged by.")
batch_app.add_typer(rubric_app, name="rubric")

batch_app.command("prepare")(batch_prepare)

_BATCH_ID: Final = "batch_"


@batch_app.command("scores")
def batch_scores(
    results: Annotated[str, typer.Argument(help="Output file of a batch, or the id of one in this database.")],
    rubric: Annotated[Path | None, typer.Option(help="Default: as the requests or the batch have it.")] = None,
    requests: Annotated[
        Path | None, typer.Option(help="The requests that were answered, to check quotes against the texts.")
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Error file of the batch: its candidates are listed, too.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV; default: scores.csv")] = None,
    delimiter: Annotated[str, typer.Option(help="Between columns; a semicolon brings decimal commas.")] = ",",
    as_json: Json = False,
) -> None:
    """Rank candidates by their overall score, with reasons and evidence, as CSV."""
    if len(delimiter) != 1:
        raise typer.BadParameter("expected one character", param_hint="--delimiter")
    given = read_rubric(rubric) if rubric is not None else None
    target = output or Path("scores.csv")
    with _ranked(results, given, requests, errors, quiet=as_json) as ranking:
        with _replacing(target) as file:
            for block in ranking.csv(delimiter):
                file.write(block)
        told = {
            "file": str(target),
            "candidates": len(ranking),
            "without_scores": ranking.failed,
            "quotes_checked": ranking.checked,
            "quotes_not_in_text": ranking.unsupported,
        }
    if as_json:
        print_json(told)
        return
    out.print(f"{escape(str(target))}: {told['candidates']:,} candidates, {told['without_scores']:,} without scores")
    if ranking.checked:
        share = ranking.unsupported / ranking.checked
        err.print(
            f"[dim]{ranking.checked:,} quotes looked up, {ranking.unsupported:,} ({share:.1%}) not in the text[/]"
        )


@rubric_app.command("check")
def rubric_check(
    file: Annotated[Path, typer.Argument(help="YAML.")],
    prompt: Annotated[bool, typer.Option("--prompt", help="Print what the model is told.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with a rubric, or what it asks and takes."""
    criteria = read_rubric(file)
    question = Question(criteria, "")
    if prompt:
        out.print(question.prefix, markup=False, soft_wrap=True)
        return
    told = {
        "name": criteria.name,
        "language": criteria.language,
        "prefix_tokens": PromptLength().tokens(len(question.prefix)),
        "answer_tokens": question.max_tokens,
        "criteria": [
            {"key": one.key, "name": one.name, "scale": str(criteria.scale_of(one)), "weight": one.weight}
            for one in criteria.criteria
        ],
    }
    if as_json:
        print_json(told)
        return
    shown = Shown("key", "criterion", "scale", "weight", "share", box=None)
    weights = sum(one.weight for one in criteria.criteria)
    for one in criteria.criteria:
        scale = str(criteria.scale_of(one))
        shown.add_row(one.key, escape(one.name), scale, f"{one.weight:g}", f"{one.weight / weights:.0%}")
    out.print(shown)
    out.print(
        f"about {told['prefix_tokens']:,} tokens before each candidate, {told['answer_tokens']:,} for an answer at most"
    )


@rubric_app.command("sample")
def rubric_sample(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(samples())}.")] = "general.en",
) -> None:
    """Print a rubric to start from."""
    found = samples()
    if name not in found:
        raise typer.BadParameter(f"expected one of {', '.join(found)}")
    out.print(found[name], markup=False, soft_wrap=True, end="")


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    """A file that takes the target's place when it is whole."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _ranked(
    results: str, rubric: Rubric | None, requests: Path | None, errors: Path | None, *, quiet: bool
) -> Iterator[Ranking]:
    """All candidates of a file, or of a batch of the database."""
    if results.startswith(_BATCH_ID) and not Path(results).exists():
        # Half a second, which commands that read files need not wait.
        from ty_assets.candidate_evaluations.quality import rubric_of
        from ty_assets.candidate_evaluations.stored_results import evaluations_of

        with opened(quiet=quiet) as db:
            row = db.row("batch_quality_row", batch_id=results)
            if row is None:
                raise ResultsError(f"no batch {results} in this database; name its output file instead")
            known = rubric or rubric_of(db, results)
            if known is None:
                raise ResultsError(f"{results} was not prepared from a rubric that is known; name one with --rubric")
            with Ranking(known) as ranking:
                for evaluation in evaluations_of(db, row, known):
                    ranking.add(evaluation)
                yield ranking
        return
    known = rubric or (rubric_of_requests(requests) if requests is not None else None)
    if known is None:
        raise ResultsError("name the rubric with --rubric, or the requests with --requests")
    with Ranking(known) as ranking:
        for evaluation in evaluations_of_files(known, [Path(results), *([errors] if errors else [])], requests):
            ranking.add(evaluation)
        yield ranking
