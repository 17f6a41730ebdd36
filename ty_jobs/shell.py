"""What the commands of the shell do: run days, import people, show matches."""

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.reading.sandbox import read_apart
from ty_assets.profiles.resume_file import ProfileError
from ty_assets.profiles.store import store_document
from ty_jobs.definitions import PIPELINE_ORDER
from ty_jobs.instance import instance
from ty_jobs.jobs import READINGS, REFINED
from ty_jobs.run import DaysError, RunResult, parse_days, run_job
from ty_resources import failures
from ty_resources.connect import default_engine, embedded_engine
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings
from ty_resources.sources.files import FileSource


def run_days(
    config: Settings,
    db: Database,
    console: Console,
    days: str,
    *,
    source: str = "",
    select: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Materialise the days, then other days that they touched; one entry for each run."""
    wanted = parse_days(days, config)
    engine = default_engine()
    # Chosen assets alone run as they are asked for; a whole day first by rules, then refined by the model.
    first_job = "refinement_job" if select and set(select) <= set(REFINED) else "postings_job"
    if source:
        FileSource(Path(source))  # a path that is not there is said before a run is started
        source = str(Path(source).resolve())
    told = []
    with instance(config) as dagster:
        first = run_with_progress(
            dagster,
            db,
            console,
            first_job,
            [d.isoformat() for d in wanted],
            source=source,
            select=select,
        )
        told.append(asdict(first))
        others = [day for day in first.other_days() if day >= config.start_date]
        for span in spans(others):
            started = dt.datetime.now(dt.UTC)
            again = run_with_progress(dagster, db, console, "postings_job", span, select=select)
            told.append(asdict(again))
            if again.success:
                db.execute("days_are_done", days=[dt.date.fromisoformat(day) for day in span], before=started)
        if engine.remote and not select and all(one["success"] for one in told):
            for span in spans([*wanted, *others]):
                told += _refine(dagster, db, console, span)
    return told


def _refine(dagster: dg.DagsterInstance, db: Database, console: Console, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Runs of these days until everything in use is read or the night's hours are spent."""
    told = []
    while True:
        refined = run_with_progress(dagster, db, console, "refinement_job", keys)
        told.append(asdict(refined))
        read = refined.metadata.get(READINGS, {})
        if not (refined.success and read.get("remaining") and read.get("derived") and read.get("budget seconds left")):
            return told


def spans(days: Iterable[dt.date]) -> list[list[str]]:
    """Partition keys in runs without gaps, each of which can be one range."""
    found: list[list[dt.date]] = []
    for day in sorted(set(days)):
        if found and day - found[-1][-1] == dt.timedelta(days=1):
            found[-1].append(day)
        else:
            found.append([day])
    return [[day.isoformat() for day in span] for span in found]


def run_with_progress(
    dagster: dg.DagsterInstance,
    db: Database,
    console: Console,
    job: str,
    keys: Sequence[str],
    *,
    source: str = "",
    select: Sequence[str] = (),
) -> RunResult:
    """One run with a line for the asset in hand; a line for each that is done stays on the screen."""
    span = keys[0] if len(keys) == 1 else f"{keys[0]}..{keys[-1]}"
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        line = bar.add_task(f"{job} {span}")

        def heard(asset: str, state: str) -> None:
            if state == "start":
                bar.update(line, description=f"{job} {span}: {asset}")
            elif state not in ("done", "failed"):
                bar.update(line, description=f"{job} {span}: {escape(state)}")

        engine = default_engine()
        engine.usage.start()
        overrides = {"db": db, "engine": engine, "embedded": embedded_engine()}
        told = run_job(dagster, job, keys, select=select, source=source, overrides=overrides, on_event=heard)
    _summarise(console, job, span, told)
    return told


def _summarise(console: Console, job: str, span: str, told: RunResult) -> None:
    state = "[green]done[/]" if told.success else "[bold red]failed[/]"
    console.print(f"{job} {span}: {state}")
    for asset in sorted(told.rows, key=PIPELINE_ORDER.index):
        rows = told.rows[asset]
        meta = told.metadata[asset]
        notes = [f"{meta[key]} {key}" for key in ("new", "derived", "unchanged", "failed", "given up") if meta.get(key)]
        console.print(f"  {asset:<24}{rows:>8} rows  [dim]{', '.join(notes)}[/]")
    if left := told.metadata.get("raw_postings", {}).get("other days"):
        console.print(f"  [yellow]{left} records belong to days outside of {span}; run those days to take them in[/]")
    for check in told.failed_checks:
        console.print(f"  [yellow]check {escape(check)}[/]")
    for message in told.errors:
        console.print(f"  [red]{escape(message)}[/]")


def import_profiles(
    config: Settings, db: Database, console: Console, files: Sequence[Path], *, match: bool
) -> dict[str, Any]:
    """Store each person's document, derive profile and facets, and match; a bad file does not stop the others."""
    imported, refused, buckets = [], [], set()
    for file in files:
        try:
            raw = _resume(file)
            document = parse_json_resume(raw, str(file.resolve()))
        except (ProfileError, DaysError, UnreadableCv) as error:
            refused.append(f"{file}: {error}" if isinstance(error, UnreadableCv) else str(error))
            failures.record(
                db,
                [failures.Failure.of("profiles", file.name, "import", error, None)],
                config.max_attempts,
            )
            continue
        store_document(db, document, raw, str(file.resolve()))
        failures.resolve(db, "profiles", [file.name])
        imported.append({"profile_id": str(document.profile_id), "headline": document.headline})
        buckets.add(document.bucket)
    if buckets:
        with instance(config) as dagster:
            for bucket in sorted(buckets):
                run_with_progress(dagster, db, console, "people_job", [f"{bucket:03d}"])
            days = [row["day"] for row in db.rows("active_days")]
            if match and days:
                all_days = [(days[0] + dt.timedelta(days=n)).isoformat() for n in range((days[-1] - days[0]).days + 1)]
                run_with_progress(dagster, db, console, "matches_job", all_days)
    return {"imported": imported, "refused": refused}


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DaysError(f"{file}: expected a CV that can be read; {error.strerror}") from None


def _resume(file: Path) -> bytes:
    """A JSON Resume as it stands; of any other CV what is read of it. Raises: DaysError, UnreadableCv."""
    raw = _read(file)
    # JSON Resume keeps its own messages, which name the line or field at fault
    if file.suffix.lower() == ".json" and b'"SkillsPassport"' not in raw:
        return raw
    return json.dumps(asyncio.run(read_apart(raw, file.name)).resume, ensure_ascii=False).encode()


def find_profile(db: Database, beginning: str) -> uuid.UUID:
    """The profile whose id begins so.

    Raises: DaysError when there is none, or more than one.
    """
    found: list[uuid.UUID] = [
        row["profile_id"] for row in db.rows("people") if str(row["profile_id"]).startswith(beginning)
    ]
    if len(found) != 1:
        raise DaysError(
            f"expected the beginning of one profile id, got {beginning!r}, which {len(found)} have; "
            "see `ty profile list`"
        )
    return found[0]


def matches_table(rows: Sequence[Row]) -> Table:
    """Ranked matches as a person reads them in a terminal."""
    table = Table(
        "",
        "score",
        "posting",
        "matched",
        "missing",
        "remarks",
        box=None,
        padding=(0, 2, 0, 0),
        show_lines=True,
        caption="In the person's own order: what their feedback moves is below the score, what it hides is left out."
        if any(round(row["adjustment"], 2) for row in rows)
        else None,
    )
    for place, row in enumerate(rows, 1):
        title = f"{escape(row['title'])}\n[dim]{escape(row['employer'] or '')}, {escape(row['city'] or '')}[/]"
        closed = [gate["reason"] for gate in row["gate_reasons"] if not gate["passed"]]
        table.add_row(
            str(place),
            f"{row['score']:.2f}" + (f"\n[dim]{moved:+.2f}[/]" if (moved := round(row["adjustment"], 2)) else ""),
            title,
            _terms(row["matched"], "green"),
            _terms(row["missing"], "red"),
            escape("; ".join(closed)) if closed else (row["recommendation"] or ""),
        )
    return table


def _terms(entries: Sequence[dict[str, Any]], colour: str) -> str:
    terms = list(dict.fromkeys(entry["facet"] for entry in entries))
    shown = ", ".join(escape(term) for term in terms[:6])
    return f"[{colour}]{shown}[/]" + (f" +{len(terms) - 6}" if len(terms) > 6 else "")
