"""Real matches for simulated raters: generated postings and the judged set through the whole pipeline.

Belongs here: the scratch server and what is read of it. Not here: the raters (raters.py) and the judged set's own
measures (judged_set.py).
"""

import datetime as dt
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.evaluation.evaluation import Evaluation
from ty_jobs.evaluation.files import EvaluationError
from ty_jobs.evaluation.judged_set import JudgedSet
from ty_jobs.evaluation.raters import Candidate, Shelf, evaluate_raters
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import connect, embedded_engine
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

# From this grade on a judge wants the posting: 2 of 3 is "would apply".
WANTED: Final = 2


def evaluate_on_real_matches(config: Settings, postings: int, tell: Callable[[str], None]) -> Evaluation:
    """Raters with drawn tastes on generated postings; and on the judged set, where the grades are the taste.

    postings: generated ones, of which each person's best matches are kept as on any day (TY_MATCHES_PER_DAY). The
    people are the judged set's, the scores the pipeline's, by the packaged encoder whatever the settings. Raises
    EvaluationError when the pipeline fails.
    """
    judged = JudgedSet.packaged()
    tell(f"{postings} generated and {len(judged.postings)} judged postings, {len(judged.people)} people: the pipeline")
    home = Path(tempfile.mkdtemp(prefix="ty-raters-"))
    scratch = config.model_copy(update={"home": home, "postgres_url": None, "engine": "embedded"})
    try:
        with connect(scratch) as db:
            generated, graded = _matched(db, scratch, home, judged, postings)
            people = {row["profile_id"]: Path(row["origin"]).stem for row in db.rows("origins_of_people")}
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    tell("the raters rate")
    told = evaluate_raters(_shelves(generated, people, {}), f"{postings} generated postings")
    # Thirty-six grades a person: fifty ratings would leave none to be measured on.
    shelves = _shelves(graded, people, judged.qrels)
    second = evaluate_raters(shelves, "the judged set", prefix="judged_", counts=(5, 10, 20))
    return Evaluation(
        "raters",
        f"{told.source}; {second.source}",
        "embedded",
        told.figures | second.figures,
        notes=[*told.notes, "judged_: the taste is a grade of 2 or 3, and what has no grade is left out."],
    )


def _matched(
    db: Database, config: Settings, home: Path, judged: JudgedSet, postings: int
) -> tuple[list[Row], list[Row]]:
    """Rows of candidates_of_day: of the generated postings, which came yesterday, and of the judged ones."""
    today = config.today()
    yesterday = today - dt.timedelta(days=1)
    resumes = []
    for person in judged.people:
        file = home / f"{person['id']}.json"
        file.write_text(json.dumps({k: v for k, v in person.items() if k != "id"}, ensure_ascii=False), "utf-8")
        resumes.append(file)
    embedded = embedded_engine()
    imported = import_profiles(config, db, Console(quiet=True), resumes, match=False)
    if imported["refused"]:
        raise EvaluationError(f"the judged set's people cannot be read: {imported['refused']}")
    graded = (
        {
            "external_id": posting["id"],
            "published_on": today.isoformat(),
            **{k: v for k, v in posting.items() if k != "id"},
        }
        for posting in judged.postings
    )
    found = []
    overrides = {"db": db, "engine": embedded, "embedded": embedded}
    for day, rows in ((yesterday, generate_postings(postings, seed=6, day=yesterday)), (today, graded)):
        feed = home / f"{day}.jsonl"
        feed.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        with instance(config) as dagster:
            told = run_job(dagster, "postings_job", [day.isoformat()], source=str(feed), overrides=overrides)
        if not told.success:
            raise EvaluationError(f"the pipeline failed on the raters' postings: {told.errors}")
        found.append(db.rows("candidates_of_day", day=day))
    return found[0], found[1]


def _shelves(rows: Sequence[Row], people: Mapping[Any, str], qrels: Mapping[str, Mapping[str, int]]) -> list[Shelf]:
    """By person, best first. qrels: where given, only what has a grade, and the grade is the taste."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    for row in rows:
        person = people[row["profile_id"]]
        grade = qrels.get(person, {}).get(row["external_id"])
        if qrels and grade is None:
            continue
        vector = None if row["vector"] is None else np.frombuffer(bytes(row["vector"]), ">f2", offset=4)
        found[person].append(
            Candidate(
                posting_id=row["posting_id"],
                score=row["score"],
                kldb=row["kldb"],
                terms=frozenset(row["terms"]),
                title=None if vector is None else vector.astype(np.float32),
                wanted=None if grade is None else grade >= WANTED,
            )
        )
    return [Shelf(person, found[person]) for person in sorted(found)]
