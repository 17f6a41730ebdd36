"""What an editor has to decide: titles without an accepted occupation, by how many open postings they concern.

Not here: how it is shown and asked (ty_jobs/catalogue_commands.py), and the decisions (decisions.py).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from ty_assets.berufenet.decisions import load_decisions, title_key
from ty_assets.postings.normalise import normalise_title
from ty_resources.postgres import Database, Row

_EXAMPLES = 2
_CANDIDATES = 5


@dataclass
class OpenCase:
    """Titles that are the same to an editor. candidates: {"kldb", "name", "score"}, the best first, without those that
    an editor has rejected; examples: {"posting_id", "title", "employer", "city", "description"}."""

    title: str
    postings: int = 0
    spellings: list[str] = field(default_factory=list)
    candidates: list[Row] = field(default_factory=list)
    examples: list[Row] = field(default_factory=list)


def open_cases(db: Database, limit: int) -> list[OpenCase]:
    """The cases that concern most postings; of titles that are confirmed since the last run, none."""
    decisions = load_decisions(db)
    cases: dict[str, OpenCase] = {}
    wanted: dict[str, list[object]] = {}
    for row in db.rows("titles_to_review"):
        key = title_key(row["title"])
        if not key or key in decisions.confirmed:
            continue
        case = cases.setdefault(key, OpenCase(row["title"]))
        case.postings += row["postings"]
        case.spellings.append(row["title"])
        wanted.setdefault(key, []).append(row["example"])
    first = sorted(cases, key=lambda key: (-cases[key].postings, key))[:limit]
    ids = [posting_id for key in first for posting_id in wanted[key][:_EXAMPLES]]
    rows = {row["posting_id"]: row for row in db.rows("reviewed_examples", posting_ids=ids)}
    for key in first:
        known = [rows[posting_id] for posting_id in wanted[key][:_EXAMPLES] if posting_id in rows]
        rejected = decisions.rejected.get(key, frozenset())
        cases[key].candidates = [one for one in _candidates(known) if one["kldb"] not in rejected][:_CANDIDATES]
        cases[key].examples = [
            {name: row[name] for name in ("posting_id", "title", "employer", "city", "description")} for row in known
        ]
    return [cases[key] for key in first]


def _candidates(rows: Iterable[Row]) -> list[Row]:
    best: dict[str, Row] = {}
    for row in rows:
        chosen = [{name: row[name] for name in ("kldb", "name", "score")}] if row["kldb"] else []
        for one in [*chosen, *row["runner_ups"]]:
            if one["kldb"] not in best or one["score"] > best[one["kldb"]]["score"]:
                best[one["kldb"]] = one
    return sorted(best.values(), key=lambda one: (-one["score"], one["kldb"]))


def days_to_renew(db: Database, titles: Iterable[str]) -> list[dt.date]:
    """Days with postings whose occupation is another one by now, as far as they are written like these titles."""
    spellings = sorted({spelling for title in titles for spelling in (title, normalise_title(title))})
    return [row["day"] for row in db.rows("days_of_titles", titles=spellings)]
