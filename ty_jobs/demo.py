"""The demo: the project's own samples through every asset on whatever database and engine are configured."""

import datetime as dt
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ty_jobs.shell import import_profiles, matches_table, run_days
from ty_resources.postgres import Database
from ty_resources.settings import Settings

TOP = 5


def samples() -> Path:
    """The folder of the sample postings and profiles, which are packaged."""
    return Path(__file__).parent / "samples"


def run_demo(config: Settings, db: Database, out: Console, err: Console) -> bool:
    """People first, then their postings, then each person's top five with reasons; whether all went well."""
    postings = samples() / "postings"
    days = sorted(dt.date.fromisoformat(file.stem) for file in postings.glob("*.jsonl"))
    people = import_profiles(config, db, err, sorted((samples() / "profiles").glob("*.json")), match=False)
    told = run_days(config, db, err, f"{days[0]}..{days[-1]}", source=str(postings))
    for person in people["imported"]:
        out.print(f"\n[bold]{escape(person['headline'])}[/]  [dim]{person['profile_id']}[/]")
        out.print(matches_table(db.rows("top_matches", profile_id=person["profile_id"], limit=TOP)))
    out.print("\nNext: `make up` for the Dagster UI and the match view; `.venv/bin/ty --help` for the rest.")
    if people["imported"]:
        first = str(people["imported"][0]["profile_id"])[:8]
        out.print(f"To see what one of these people sees: `.venv/bin/ty account open {first}` while `make up` runs.")
    return all(one["success"] for one in told) and not people["refused"]
