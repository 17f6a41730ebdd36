"""`ty`, the command line. Each command prints which database and which engine it uses, and what it did."""

import gc
import logging
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape
from rich.table import Table

from ty_jobs.account_commands import account_app
from ty_jobs.agreement_commands import agreement
from ty_jobs.alert_commands import alerts_app
from ty_jobs.backup_commands import backup_app, restore
from ty_jobs.batch_commands import batch_app
from ty_jobs.batch_remote import REMOTE_COMMANDS
from ty_jobs.cache_commands import cache_app
from ty_jobs.catalogue_commands import catalogue_confirm, catalogue_reject, catalogue_review, catalogue_undo
from ty_jobs.evaluate_commands import calibrate, evaluate_app
from ty_jobs.feedback_commands import feedback_app
from ty_jobs.legacy_commands import import_app
from ty_jobs.models_commands import models_app
from ty_jobs.posting_commands import posting_app
from ty_jobs.service_commands import service
from ty_jobs.simulate_commands import simulate_command
from ty_jobs.source_commands import catalogue_fetch, source_app
from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.settings import SettingsError, settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Job postings in, ranked and explained matches out.",
)
profile_app = typer.Typer(no_args_is_help=True, help="People: import, list, matches.")
catalogue_app = typer.Typer(no_args_is_help=True, help="The occupation catalogue.")
_GROUPS = {
    "profile": profile_app, "account": account_app, "catalogue": catalogue_app, "models": models_app,
    "cache": cache_app, "alerts": alerts_app, "posting": posting_app, "source": source_app, "import": import_app,
    "evaluate": evaluate_app, "feedback": feedback_app, "batch": batch_app, "backup": backup_app,
}  # fmt: skip
for _name, _commands in _GROUPS.items():
    app.add_typer(_commands, name=_name)
for _name, _command in REMOTE_COMMANDS.items():
    batch_app.command(_name)(_command)
app.command("restore")(restore)
app.command("calibrate")(calibrate)
app.command("agreement")(agreement)
app.command("simulate")(simulate_command)
app.command("service")(service)
catalogue_app.command("fetch")(catalogue_fetch)
catalogue_app.command("review")(catalogue_review)
catalogue_app.command("confirm")(catalogue_confirm)
catalogue_app.command("reject")(catalogue_reject)
catalogue_app.command("undo")(catalogue_undo)


def main() -> None:
    """Entry point: an error that a person can mend is one message, without a traceback."""
    # Importing Dagster makes a million objects that stay; collecting among them over and over is a sixth of the time
    # of a run that finds everything current.
    gc.set_threshold(100_000, 50, 100)
    try:
        settings()
    except SettingsError as error:
        _refuse(error)
    from ty_resources.logs import configure_logs

    configure_logs(settings(), level=logging.WARNING)
    try:
        app()
    except _mendable() as error:
        _refuse(error)


def _refuse(error: Exception) -> NoReturn:
    err.print(f"[bold red]ty:[/] {escape(str(error))}", soft_wrap=True)
    sys.exit(2)


def _mendable() -> tuple[type[Exception], ...]:
    from psycopg import OperationalError
    from psycopg_pool import PoolTimeout

    from ty_assets.accounts.store import AccountError
    from ty_assets.berufenet.catalogue import CatalogueError
    from ty_assets.candidate_evaluations.prepare import PrepareError
    from ty_assets.candidate_evaluations.rubric_file import RubricError
    from ty_assets.candidate_evaluations.table import TableError
    from ty_assets.feedback.store import FeedbackError
    from ty_assets.legacy.tables import LegacyError
    from ty_assets.profiles.resume_file import ProfileError
    from ty_jobs.batch_api import ApiError
    from ty_jobs.batch_results import ResultsError
    from ty_jobs.evaluation.files import EvaluationError
    from ty_jobs.posting_story import PostingError
    from ty_jobs.run import DaysError
    from ty_jobs.services.errors import ServiceError
    from ty_resources.alerts import AlertError
    from ty_resources.backup import BackupError
    from ty_resources.inference.errors import EngineError
    from ty_resources.migrations import MigrationError
    from ty_resources.postgres_programs import ProgramError
    from ty_resources.sources.source import SourceError

    return (
        OSError,
        SettingsError,
        AccountError,
        AlertError,
        ApiError,
        BackupError,
        CatalogueError,
        DaysError,
        EngineError,
        EvaluationError,
        FeedbackError,
        LegacyError,
        MigrationError,
        OperationalError,
        PoolTimeout,
        PostingError,
        PrepareError,
        ProfileError,
        ResultsError,
        RubricError,
        ServiceError,
        ProgramError,
        SourceError,
        TableError,
    )


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    with opened() as db:
        version = db.value("schema_version")
        out.print(f"{escape(str(db))}: at {version}")


@app.command()
def run(
    days: Annotated[
        str, typer.Option(help="today, yesterday, 2026-03-02 or a range 2026-03-02..2026-03-04.")
    ] = "today",
    source: Annotated[str, typer.Option(help="A JSONL or CSV file, or a folder; default: the drop folder.")] = "",
    select: Annotated[list[str] | None, typer.Option(help="Only this asset; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Materialise days of postings, with progress; what is current already is not touched."""
    from ty_jobs import shell

    with opened() as db:
        told = shell.run_days(settings(), db, err, days, source=source, select=select or ())
    if as_json:
        print_json(told)
    if not all(one["success"] for one in told):
        raise typer.Exit(1)


@app.command()
def demo() -> None:
    """Sample postings and people through every asset; each person's top matches at the end."""
    from ty_jobs import demo as sample

    with opened() as db:
        if not sample.run_demo(settings(), db, out, err):
            raise typer.Exit(1)


@app.command()
def up() -> None:
    """Dagster UI, daemon and match view together, until Ctrl-C."""
    from ty_jobs.services.together import run_all

    with opened() as db:
        raise typer.Exit(run_all(settings(), db, out))


@app.command()
def health(
    failures: Annotated[bool, typer.Option("--failures", help="List the latest thousand failures.")] = False,
    as_json: Json = False,
) -> None:
    """For each stage: done, pending, failed, given up, rate over the last hour, predicted end."""
    from ty_assets.health.report import read_health
    from ty_jobs.health import as_json as health_json
    from ty_jobs.health import print_health
    from ty_resources.connect import default_engine

    with opened(quiet=as_json) as db:
        told = read_health(db, default_engine(), settings())
        shown = db.rows("failure_messages", limit=1000 if failures or as_json else 5)
    if as_json:
        print_json(health_json(told, shown))
    else:
        print_health(out, told, shown)


@profile_app.command("import")
def profile_import(
    files: Annotated[list[Path], typer.Argument(help="CVs: JSON Resume, Europass, PDF, DOCX, text or HTML.")],
    match: Annotated[bool, typer.Option(help="Match at once against the postings of all active days.")] = True,
    as_json: Json = False,
) -> None:
    """Import people from their CVs, and match them. The same person again updates the profile."""
    from ty_jobs import shell

    with opened(quiet=as_json) as db:
        told = shell.import_profiles(settings(), db, err, files, match=match)
    if as_json:
        print_json(told)
    else:
        for one in told["imported"]:
            out.print(f"{one['profile_id']}  {escape(one['headline'])}")
    for message in told["refused"]:
        err.print(f"[bold red]refused:[/] {escape(message)}")
    if told["refused"]:
        raise typer.Exit(1)


@profile_app.command("list")
def profile_list(as_json: Json = False) -> None:
    """All people: id, headline, facets and matches."""
    with opened(quiet=as_json) as db:
        rows = db.rows("people")
    if as_json:
        print_json(rows)
        return
    table = Table("profile", "headline", "facets", "matches", "strong", box=None)
    for row in rows:
        table.add_row(
            str(row["profile_id"]),
            escape(row["headline"]),
            str(row["facets"]),
            str(row["matches"]),
            str(row["strong"]),
        )
    out.print(table)


@profile_app.command("matches")
def profile_matches(
    profile_id: Annotated[str, typer.Argument(help="Profile id, or the beginning of one.")],
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    as_json: Json = False,
) -> None:
    """A person's ranked matches, with what is matched and what is missing."""
    from ty_jobs.shell import find_profile, matches_table

    with opened(quiet=as_json) as db:
        profile = find_profile(db, profile_id)
        rows = db.rows("top_matches", profile_id=profile, limit=limit)
    if as_json:
        print_json(rows)
    else:
        out.print(matches_table(rows))


@catalogue_app.command("import")
def catalogue_import(
    file: Annotated[Path, typer.Argument(help="CSV with id, kind, name, short_name, kldb, level.")],
    synonyms: Annotated[Path | None, typer.Option(help="CSV with title, kldb.")] = None,
) -> None:
    """Replace the occupation catalogue; mappings that depend on it are renewed by the next run."""
    from ty_assets.berufenet.store import import_catalogue, kept_ranker
    from ty_assets.embeddings.store import keeping
    from ty_resources.connect import embedded_engine

    def tell(line: str) -> None:
        err.print(f"[dim]{escape(line)}[/]")

    with opened() as db:
        stored = import_catalogue(db, file, synonyms)
        kept_ranker(db, keeping(db, engine := embedded_engine(), settings().today()), engine.embedding_model, tell)
    out.print(f"{stored.occupations} occupations and {stored.synonyms} synonyms from {escape(str(file))}")


@app.command()
def demand(
    day: Annotated[str, typer.Option(help="today, yesterday or 2026-03-02; default: the latest there is.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for spreadsheets.")] = False,
) -> None:
    """What the market asks for: active postings by occupation group and region on one day."""
    from ty_jobs.demand_table import demand_table, read_demand

    with opened(quiet=as_csv) as db:
        told = read_demand(db, settings(), day)
    if as_csv:
        told.table.to_csv(sys.stdout)
    else:
        out.print(demand_table(told))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="A benchmark's name, or all.")],
    postings: Annotated[int, typer.Option(min=10, help="Size of the larger benchmarks.")] = 1000,
    texts: Annotated[int | None, typer.Option(min=10, help="Unique terms of the screening benchmark.")] = None,
    people: Annotated[int | None, typer.Option(min=1, help="People of the serving benchmark.")] = None,
    as_json: Json = False,
) -> None:
    """Measure against a baseline in the same run; on noisy machines only the ratios mean something."""
    from ty_jobs.benchmarks import registry

    def tell(line: str) -> None:
        err.print(f"[dim]{escape(line)}[/]")

    rows = registry.run(name, postings=postings, texts=texts, people=people, tell=tell)
    if as_json:
        print_json(rows)
        return
    table = Table("name", "value", "unit", "baseline", "baseline value", "ratio", box=None)
    for row in rows:
        table.add_row(*(f"{v:,.3f}" if isinstance(v, float) else str(v) for v in row.values()))
    out.print(table)
