"""The project's own judged set of people and postings, ranked by matching and by what matching has to beat.

Belongs here: the set through the whole pipeline on a scratch server, and three plain rankings of the same texts and
vectors. Not here: the measures (ranking.py), and how matching scores (ty_assets.matching).

Both sets were written and graded by people who had not seen the rules: people as JSON Resume, postings, `qrels.txt` in
TREC's form, and reasons. Matching has been tuned on `ranking_set/`. Of the held-out `ranking_set_2/` the mistakes of
half the people (p01, p03, ... p11) have led to rules since; of the others' ranking only the mean has been looked at.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console

from ty_assets.matching.calibration_store import load_calibration
from ty_assets.matching.load import load_day, load_people
from ty_jobs.evaluation.evaluation import Evaluation, Figure, Mistake
from ty_jobs.evaluation.files import EvaluationError
from ty_jobs.evaluation.ranking import CUTOFF, Qrels, Run, average_precision, ndcg, read_qrels, recall
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import connect, embedded_engine, make_engine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import Settings

MATCHING: Final = "matching"
PLAIN: Final = ("mean cosine", "keyword overlap", "BM25")


@dataclass(frozen=True)
class JudgedSet:
    """people: JSON Resume, with the id that the judgements name; postings: as a posting file has them."""

    people: Sequence[Mapping[str, Any]]
    postings: Sequence[Mapping[str, Any]]
    qrels: Qrels

    @classmethod
    def packaged(cls, held_out: bool = False) -> "JudgedSet":
        """A set that comes with the project: the one that matching was tuned on, or the held-out one."""
        folder = Path(str(files("ty_jobs.evaluation").joinpath("ranking_set_2" if held_out else "ranking_set")))
        people, postings = (
            [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
            for name in ("people.jsonl", "postings.jsonl")
        )
        return cls(people, postings, read_qrels(folder / "qrels.txt"))


def evaluate_judged_set(
    config: Settings, tell: Callable[[str], None], run_file: Path | None = None, *, held_out: bool = False
) -> Evaluation:
    """nDCG@10, MAP and recall@10 of matching and of the plain rankings, over a packaged set.

    run_file: where matching's ranking is written to, in TREC's form. Raises EvaluationError when the pipeline fails.
    """
    judged = JudgedSet.packaged(held_out)
    tell(f"{len(judged.postings)} postings and {len(judged.people)} people through the pipeline")
    runs = rankings(judged, config)
    if run_file is not None:
        run_file.write_text("".join(_trec_lines(runs[MATCHING])), "utf-8")
    figures: dict[str, Figure] = {"n": len(judged.qrels)}
    for name, run in runs.items():
        prefix = "" if name == MATCHING else f"{name.lower().replace(' ', '_')}_"
        for measure, value in measures(run, judged.qrels).items():
            figures[f"{prefix}{measure}"] = round(value, 4)
    ours = runs[MATCHING]
    grades = {topic: ndcg(ours.get(topic, []), judged.qrels[topic]) for topic in judged.qrels}
    return Evaluation(
        subject="ranking",
        source="the held-out judged set" if held_out else "the packaged judged set",
        engine=config.engine,
        figures=figures,
        mistakes=list(_mistakes(judged, ours, grades)),
        notes=[f"nDCG@{CUTOFF} by person: " + ", ".join(f"{topic} {value:.2f}" for topic, value in grades.items())],
    )


def measures(run: Run, qrels: Qrels) -> dict[str, float]:
    """Means over the topics; see `ranking`. Documents that nobody has judged count as not relevant."""
    counts = {f"ndcg@{CUTOFF}": ndcg, "map": average_precision, f"recall@{CUTOFF}": recall}
    return {
        name: float(np.mean([measure(run.get(topic, []), grades) for topic, grades in qrels.items()]))
        for name, measure in counts.items()
    }


def rankings(judged: JudgedSet, config: Settings) -> dict[str, Run]:
    """Each method's ranking of all postings for each person; on a scratch server that is removed again."""
    home = Path(tempfile.mkdtemp(prefix="ty-judged-"))
    scratch = config.model_copy(update={"home": home, "postgres_url": None, "matches_per_day": len(judged.postings)})
    dagster_home = os.environ.get("DAGSTER_HOME")
    try:
        with connect(scratch) as db:
            return _ranked(judged, scratch, home, db)
    finally:
        # The scratch instance goes: nothing later in this process may look for it.
        if dagster_home is None:
            os.environ.pop("DAGSTER_HOME", None)
        else:
            os.environ["DAGSTER_HOME"] = dagster_home
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)


def _ranked(judged: JudgedSet, config: Settings, home: Path, db: Database) -> dict[str, Run]:
    day = config.today()
    feed = home / "postings.jsonl"
    feed.write_text(
        "".join(json.dumps(_posting(p, str(day)), ensure_ascii=False) + "\n" for p in judged.postings), "utf-8"
    )
    resumes = []
    for person in judged.people:
        file = home / f"{person['id']}.json"
        file.write_text(json.dumps({k: v for k, v in person.items() if k != "id"}, ensure_ascii=False), "utf-8")
        resumes.append(file)
    embedded = embedded_engine()
    engine = make_engine(config, embedded)
    people = import_profiles(config, db, Console(quiet=True), resumes, match=False)
    with instance(config) as dagster:
        overrides = {"db": db, "engine": engine, "embedded": embedded}
        told = run_job(dagster, "postings_job", [day.isoformat()], source=str(feed), overrides=overrides)
    if not told.success or people["refused"]:
        raise EvaluationError(f"the pipeline failed on the judged set: {told.errors or people['refused']}")
    person_of = {row["profile_id"]: Path(row["origin"]).stem for row in db.rows("origins_of_people")}
    posting_of = {row["posting_id"]: row["external_id"] for row in db.rows("external_ids_of_day", day=day)}
    matching: Run = {topic: [] for topic in judged.qrels}
    for profile_id, topic in person_of.items():
        rows = db.rows("top_matches", profile_id=profile_id, limit=len(judged.postings))
        matching[topic] = [posting_of[row["posting_id"]] for row in rows]
    return {
        MATCHING: matching,
        "mean cosine": _by_mean_cosine(db, embedded, config, person_of, posting_of),
        "keyword overlap": _by_keyword_overlap(judged),
        "BM25": _by_bm25(judged),
    }


def _posting(posting: Mapping[str, Any], day: str) -> dict[str, Any]:
    return {"external_id": posting["id"], "published_on": day, **{k: v for k, v in posting.items() if k != "id"}}


# The plain rankings


def _by_mean_cosine(
    db: Database, engine: InferenceEngine, config: Settings, person_of: Mapping[Any, str], posting_of: Mapping[Any, str]
) -> Run:
    """By the mean, over a posting's terms, of the best cosine to any of the person's: the same terms and vectors that
    matching has, without calibration, weights, kinds, occupation and gates. Postings without terms come last."""
    calibration = load_calibration(db, engine)
    day = load_day(db, calibration.model, [config.today()])
    run: Run = {}
    for person, _ in load_people(db, calibration.model, day.dimension):
        best = (day.texts.vectors @ person.vectors.T).max(axis=1, initial=-1.0)
        sums, counts = np.zeros(len(day.postings)), np.zeros(len(day.postings))
        of = np.repeat(day.postings.unit_posting, np.diff(day.postings.unit_start))
        np.add.at(sums, of, best[day.postings.text])
        np.add.at(counts, of, 1.0)
        means = np.divide(sums, counts, out=np.full(len(sums), -1.0), where=counts > 0)
        order = np.argsort(-means, kind="stable")
        run[person_of[person.profile.profile_id]] = [posting_of[day.postings.posting_ids[i]] for i in order]
    return run


def _by_keyword_overlap(judged: JudgedSet) -> Run:
    """By the share of a posting's distinct words that the person's résumé has (case folded, no stop words)."""
    words = {posting["id"]: set(_words(_text_of_posting(posting))) for posting in judged.postings}
    run: Run = {}
    for person in judged.people:
        own = set(_words(_text_of_person(person)))
        share = {key: len(own & theirs) / len(theirs) if theirs else 0.0 for key, theirs in words.items()}
        run[person["id"]] = sorted(share, key=lambda key: (-share[key], key))
    return run


def _by_bm25(judged: JudgedSet) -> Run:
    """Okapi BM25 (Robertson and Zaragoza, 2009; k1 1.5, b 0.75) of the résumé as query over the whole postings."""
    import bm25s

    ids = [posting["id"] for posting in judged.postings]
    index = bm25s.BM25(method="robertson", k1=1.5, b=0.75)
    index.index([_words(_text_of_posting(posting)) for posting in judged.postings], show_progress=False)
    run: Run = {}
    for person in judged.people:
        scores = index.get_scores(_words(_text_of_person(person)))
        run[person["id"]] = [ids[i] for i in np.argsort(-scores, kind="stable")]
    return run


def _words(text: str) -> list[str]:
    stop = _stop_words()
    return [word for word in _WORD.findall(text.casefold()) if word not in stop]


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS | _GERMAN_STOP_WORDS


_WORD: Final = re.compile(r"[^\W\d_][\w+#]*")
_GERMAN_STOP_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """der die das den dem des ein eine einer eines einem einen und oder in im an am auf aus bei mit von vom zu zum
        zur für ist sind sie wir ihr ihre ihren unser unsere unserem unseren du dein deine dich dir es als auch nach
        über unter nicht sich werden wird haben hat sowie bis durch""",
    )
)


def _text_of_posting(posting: Mapping[str, Any]) -> str:
    return f"{posting['title']}\n{posting['description']}"


def _text_of_person(person: Mapping[str, Any]) -> str:
    """Every text of the résumé but for name, address and contacts."""
    basics = {key: person["basics"].get(key, "") for key in ("label", "summary")}
    rest = {key: value for key, value in person.items() if key not in ("id", "basics")}
    return "\n".join(_texts([basics, rest]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


# What a reader of the report sees


def _trec_lines(run: Run) -> Iterator[str]:
    for topic, ranked in run.items():
        for rank, document in enumerate(ranked, 1):
            yield f"{topic} Q0 {document} {rank} {1 / rank:.6f} {MATCHING}\n"


def _mistakes(judged: JudgedSet, run: Run, grades: Mapping[str, float]) -> Iterator[Mistake]:
    """Of each person, the weakest first: good postings below the first ten, and poor ones among them."""
    titles = {posting["id"]: posting["title"] for posting in judged.postings}
    for topic in sorted(grades, key=lambda name: grades[name]):
        place = {document: rank for rank, document in enumerate(run[topic], 1)}
        for document, grade in sorted(judged.qrels[topic].items(), key=lambda item: -item[1]):
            rank = place.get(document)
            shown = rank is not None and rank <= CUTOFF
            if (grade >= 2) != shown and (grade >= 2 or shown):
                where = f"rank {rank}" if rank else "not ranked"
                yield Mistake(f"{topic}: {titles[document]}", f"grade {grade}", where, document)
