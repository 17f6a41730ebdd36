"""`ty evaluate` and `ty calibrate`: quality as a command, for the engine in use."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ty_jobs.evaluation.evaluation import Evaluation
from ty_jobs.terminal import Json, err, opened, out, print_json

evaluate_app = typer.Typer(no_args_is_help=True, help="Quality, measured on labelled files, with the engine in use.")

Report = Annotated[Path | None, typer.Option(help="Write a page with classes, confusions and mistakes: FILE.html.")]
_CONFUSED = 5  # shown in the terminal; all are in the report


@evaluate_app.command()
def titles(
    file: Annotated[Path, typer.Argument(help="CSV with title, kldb.")],
    catalogue: Annotated[Path | None, typer.Option(help="Catalogue CSV; default: the starter's.")] = None,
    synonyms: Annotated[Path | None, typer.Option(help="CSV with title, kldb; those in FILE are left out.")] = None,
    noise: Annotated[
        bool, typer.Option("--noise", help="Also as postings write them: (m/w/d), place, pay, ...")
    ] = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """How often a title is mapped to its occupation: top-1, top-5, three digits, and what is accepted."""
    from ty_jobs.evaluation.titles import evaluate_titles
    from ty_resources.connect import embedded_engine

    # Titles are mapped with the packaged encoder whatever the engine: see berufenet_mapping.
    told = evaluate_titles(
        file, embedded_engine(), catalogue, synonyms, noise=noise, tell=lambda line: err.print(f"[dim]{line}[/]")
    )
    _tell(told, report, as_json)


@evaluate_app.command()
def sections(
    file: Annotated[
        Path | None,
        typer.Argument(help="JSON Lines with introduction, tasks, requirements, benefits; default: the project's."),
    ] = None,
    headings: Annotated[bool, typer.Option("--headings", help="Put usual headings above the sections.")] = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Which lines of an advertisement are called requirements: precision, recall and F1 by line."""
    from ty_jobs.evaluation.sections import evaluate_sections
    from ty_resources.connect import default_engine

    _tell(evaluate_sections(file, default_engine(), headings), report, as_json)


@evaluate_app.command()
def facets(
    file: Annotated[Path | None, typer.Argument(help="JSON Lines of sections; default: the project's.")] = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """How well requirements are taken apart into facets: precision, recall, alternatives, canonical terms."""
    from ty_jobs.evaluation.facets import evaluate_facets
    from ty_resources.connect import default_engine

    _tell(evaluate_facets(file, default_engine()), report, as_json)


@evaluate_app.command()
def ranking(
    run: Annotated[Path | None, typer.Argument(help="TREC run: topic Q0 document rank score tag.")] = None,
    qrels: Annotated[Path | None, typer.Argument(help="TREC judgements: topic iteration document grade.")] = None,
    run_file: Annotated[Path | None, typer.Option("--write-run", help="Write matching's ranking: TREC run.")] = None,
    held_out: Annotated[bool, typer.Option("--held-out", help="The judged set that no rule was tuned on.")] = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """nDCG@10, MAP and recall@10: of a ranking by its judgements; without files, of matching on the judged set."""
    if run is not None and qrels is not None:
        from ty_jobs.evaluation.ranking import evaluate_ranking

        _tell(evaluate_ranking(run, qrels), report, as_json)
        return
    if run is not None or qrels is not None:
        raise typer.BadParameter("expected RUN and QRELS, or neither (the project's judged set); got one of them")
    from ty_jobs.evaluation.judged_set import evaluate_judged_set
    from ty_resources.settings import settings

    told = evaluate_judged_set(settings(), lambda line: err.print(f"[dim]{line}[/]"), run_file, held_out=held_out)
    _tell(told, report, as_json)


@evaluate_app.command()
def raters(
    postings: Annotated[int, typer.Option(min=100, max=5000, help="Generated postings that are rated.")] = 600,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """What learning from 5, 20 and 50 ratings is worth, by simulated people who rate with sense or at random."""
    from ty_jobs.evaluation.rated_matches import evaluate_on_real_matches
    from ty_resources.settings import settings

    told = evaluate_on_real_matches(settings(), postings, lambda line: err.print(f"[dim]{line}[/]"))
    _tell(told, report, as_json)


def calibrate(
    pairs: Annotated[Path | None, typer.Option(help="CSV with text_a, text_b, label; default: the project's.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Store it; matches are scored anew by the next run.")] = False,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Fit what a similarity of the embedding model in use is worth, and tell how well it holds."""
    from ty_jobs.evaluation.calibrate import evaluate_calibration, replace_calibration
    from ty_resources.connect import default_engine

    calibration, told = evaluate_calibration(default_engine(), pairs)
    if write:
        with opened(quiet=as_json) as db:
            replace_calibration(db, calibration)
    _tell(told, report, as_json)
    if not as_json:
        out.print("stored" if write else "not stored; --write does")


def _tell(told: Evaluation, report: Path | None, as_json: bool) -> None:
    if report:
        from ty_jobs.evaluation.report import write_report

        write_report(told, report)
    if as_json:
        print_json(_as_json(told))
        return
    from ty_jobs.evaluation.report import shown

    table = Table("figure", "value", box=None)
    for name, value in told.figures.items():
        table.add_row(escape(name), shown(value))
    out.print(f"{escape(told.source)} with {escape(told.engine)}")
    out.print(table)
    for note in told.notes:
        out.print(escape(note))
    if told.confusions:
        out.print(f"most often taken for something else (all {len(told.confusions)} in --report FILE.html):")
        for one in told.confusions[:_CONFUSED]:
            out.print(f"  {one.count} x {escape(one.expected)} -> {escape(one.got)}")
    if report:
        out.print(f"report: {escape(str(report))}")


def _as_json(told: Evaluation) -> dict[str, Any]:
    """The figures, flat, with subject, source and engine; classes beside them."""
    classes = [
        {"name": c.name, "count": c.count, "precision": c.precision, "recall": c.recall, "f1": c.f1}
        for c in told.classes
    ]
    return {
        "subject": told.subject, "source": told.source, "engine": told.engine, **told.figures,
        "classes": classes, "notes": list(told.notes),
    }  # fmt: skip
