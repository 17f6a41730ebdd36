"""Where each stage stands, what failed, how sources do and what is wrong: for `ty health`, the page and metrics.

Belongs here: reading it, in a handful of statements that use indexes alone. Not here: how it is shown, how fast a stage
is (`pace`), and who opens an incident (ty_jobs/alerting).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ty_assets.health.pace import Commit, Pace, pace_of
from ty_assets.health.refinement import Refinement, read_refinement
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

# In the order the data flows. What is counted by day, not by posting, has nothing pending and is left out.
STAGES = (
    "raw_postings", "postings", "posting_readings", "posting_summaries", "posting_requirements", "posting_facets",
    "embeddings", "berufenet_mapping", "posting_llm_analysis", "profiles", "profile_facets", "match_scores",
    "match_analyses",
)  # fmt: skip
READINGS = "posting_readings"
# One run works on these one after the other, so each waits while the others work.
_IN_TURNS = (
    "posting_summaries", "posting_requirements", "posting_facets", "berufenet_mapping", "posting_llm_analysis",
)  # fmt: skip
_IN_LEDGER = (*_IN_TURNS, "profile_facets")
# Rows looked at for a stage's pace: at the rules' speed some minutes, at a model's days.
_ROWS = 5_000


@dataclass(frozen=True)
class StageHealth:
    """One stage; rows, and None for what cannot be known.

    per_minute: over the last hour in which it worked. working: not standing still. eta_seconds: working time until
    nothing is pending. ends_at: when that is, if it goes on; for readings with the nights between.
    """

    stage: str
    done: int
    pending: int
    failed: int
    given_up: int
    per_minute: float | None
    working: bool
    eta_seconds: int | None
    ends_at: dt.datetime | None


@dataclass(frozen=True)
class ReadingTotals:
    """What models have read since there are any: postings, and the wall time they took."""

    postings: int
    seconds: float


@dataclass(frozen=True)
class HealthReport:
    """failures: the latest, without their messages; failed and given_up count all of them. incidents: open ones.
    batches: of candidates, by status.
    """

    at: dt.datetime
    stages: Sequence[StageHealth]
    refinement: Refinement | None
    sources: Sequence[Row]
    incidents: Sequence[Row]
    failures: Sequence[Row]
    reading: ReadingTotals
    batches: Sequence[Row]

    @property
    def failed(self) -> int:
        return sum(stage.failed for stage in self.stages)

    @property
    def given_up(self) -> int:
        return sum(stage.given_up for stage in self.stages)


def read_health(
    db: Database, engine: InferenceEngine | None, config: Settings, *, latest_failures: int = 20
) -> HealthReport:
    """How everything stands now. engine: asked only which models it has; None where nobody refines."""
    now = dt.datetime.now(config.zone)
    counts = {row["stage"]: (row["done"], row["pending"]) for row in _counts(db)}
    failed = {row["stage"]: row for row in db.rows("failure_counts")}
    paces = _paces(db, now)
    refinement = read_refinement(db, engine, config, paces.get(READINGS)) if engine else None
    unknown = sorted((set(counts) | set(failed)) - set(STAGES))
    stages = [
        _stage(name, counts.get(name), failed.get(name), paces.get(name), refinement, now)
        for name in (*STAGES, *unknown)
    ]
    return HealthReport(
        now,
        stages,
        refinement,
        db.rows("source_health"),
        db.rows("open_incidents"),
        db.rows("latest_failures", limit=latest_failures),
        ReadingTotals(**(db.row("reading_totals") or {"postings": 0, "seconds": 0.0})),
        db.rows("batch_health"),
    )


def _counts(db: Database) -> Iterator[Row]:
    """stage, done and pending; of stages in the ledger from how much there is to derive from."""
    made = {row["stage"]: row["made"] for row in db.rows("ledger_counts")}
    for row in db.rows("stage_health"):
        if row["wanted"] is None:
            yield row
        else:
            done = made.get(row["stage"], 0) - row["left_out"]
            yield {"stage": row["stage"], "done": done, "pending": max(0, row["wanted"] - done)}


def _paces(db: Database, now: dt.datetime) -> Mapping[str, Pace]:
    commits: defaultdict[str, list[Commit]] = defaultdict(list)
    for row in db.rows("recent_commits", stages=list(_IN_LEDGER), most=_ROWS):
        commits[row["stage"]].append(Commit(row["made_at"].timestamp(), row["rows"]))
    together = [commit.at for stage in _IN_TURNS for commit in commits.get(stage, ())]
    return {
        stage: pace_of(made, now.timestamp(), together if stage in _IN_TURNS else ()) for stage, made in commits.items()
    }


def _stage(
    name: str,
    counts: tuple[int, int] | None,
    failed: Row | None,
    pace: Pace | None,
    refinement: Refinement | None,
    now: dt.datetime,
) -> StageHealth:
    pace = pace or Pace(None, working=False)
    done, pending = counts or (0, 0)
    seconds = pace.seconds_for(pending)
    ends_at = now + dt.timedelta(seconds=seconds) if seconds else None
    if name == READINGS and refinement is not None:
        pending, seconds, ends_at = refinement.unread, refinement.eta_seconds, refinement.ends_at
    return StageHealth(
        name,
        done,
        pending,
        failed["failed"] if failed else 0,
        failed["given_up"] if failed else 0,
        None if pace.per_second is None else round(pace.per_second * 60, 2),
        pace.working,
        None if seconds is None else round(seconds),
        ends_at,
    )
