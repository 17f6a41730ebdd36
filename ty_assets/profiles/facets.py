"""What people can do, in the database: facets, career and vectors, brought up to date with all that they rest on.

Not here: documents and profiles (store.py), and what the rows are made of (rows.py, enrich.py).
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pgvector import HalfVector

from ty_assets.berufenet.candidates import OccupationIndex, TitleItem
from ty_assets.berufenet.store import private_index
from ty_assets.derive import PROVENANCE, input_hash
from ty_assets.matching.person import texts_to_encode
from ty_assets.matching.views import Job, ProfileSkill, ProfileView
from ty_assets.profiles.document import AnonymousProfile
from ty_assets.profiles.enrich import domains_of, kldb_level
from ty_assets.profiles.rows import ProfileFacetRow, profile_facets
from ty_assets.profiles.store import PeopleReport, anonymous_profile
from ty_assets.profiles.task import ProfileFacetsTask, profile_jobs
from ty_resources import failures
from ty_resources.inference.cache import run_cached
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database, Row

_log = logging.getLogger("ty.profiles")

STAGE = "profile_facets"
# From this probability on a job's occupation is compared with postings': a person's titles are few, so that a code
# which is right more often than not says more than none.
LIKELY_CODE = 0.5
_COLUMNS = [
    "ordinal", "kind", "term", "text_hash", "cefr", "years", "level", "source", "reason", "quote", "weight",
]  # fmt: skip


Tell = Callable[[int], None]  # is told how many facets were found, before their vectors are made


@dataclass(frozen=True)
class Readers:
    """Who reads people: the configured engine, and the rules and the encoder that are always there."""

    engine: InferenceEngine
    embedded: InferenceEngine

    @property
    def spaces(self) -> list[InferenceEngine]:
        """Engines whose vectors a person needs: matching takes the configured model's when a day has them all."""
        return [self.embedded, self.engine] if self.engine.remote else [self.embedded]


def store_facets(
    db: Database,
    readers: Readers,
    index: OccupationIndex,
    buckets: Sequence[int],
    *,
    today: dt.date,
    max_attempts: int,
) -> PeopleReport:
    """Write facets, career and vectors of the people of these buckets where anything they rest on has changed.

    A person waits for this, so where the model does not answer, or not usably, the rules do: their rows say so, and the
    next run asks the model again. Time in a job is counted up to the first of the month, so that rows change with
    the month and not each day.
    """
    rows = db.rows("documents_of_buckets", buckets=list(buckets))
    return _store(db, readers, index, rows, today, max_attempts, _untold)


def store_facets_of(
    db: Database,
    readers: Readers,
    index: OccupationIndex,
    profile_id: uuid.UUID,
    *,
    today: dt.date,
    max_attempts: int,
    tell: Tell,
) -> PeopleReport:
    """The same of one person, who waits for it and is told how far it is."""
    rows = db.rows("documents_of_people", profile_ids=[profile_id])
    return _store(db, readers, index, rows, today, max_attempts, tell)


def _untold(facets: int) -> None:
    """Nobody waits."""


def _store(
    db: Database,
    readers: Readers,
    index: OccupationIndex,
    documents: Sequence[Row],
    today: dt.date,
    max_attempts: int,
    tell: Tell,
) -> PeopleReport:
    as_of = today.replace(day=1)
    report = PeopleReport()
    for row in documents:
        report.people += 1
        try:
            profile = anonymous_profile(row)
            try:
                _bring_up_to_date(db, readers, index, row, profile, as_of, report, tell)
            except EngineError as error:
                # By class only: an answer that cannot be used may quote the person.
                _log.warning("profile %s is read by the rules: %s", profile.profile_id, type(error).__name__)
                rules = Readers(readers.embedded, readers.embedded)
                _bring_up_to_date(db, rules, index, row, profile, as_of, report, tell)
                report.by_rules += 1
        except Exception as error:
            failed = failures.Failure.of(STAGE, row["profile_id"], ProfileFacetsTask.version, error, None)
            failures.record(db, [failed], max_attempts)
            report.failed += 1
    return report


def _bring_up_to_date(
    db: Database,
    readers: Readers,
    index: OccupationIndex,
    row: Row,
    profile: AnonymousProfile,
    as_of: dt.date,
    report: PeopleReport,
    tell: Tell,
) -> None:
    task, engine = ProfileFacetsTask(), readers.engine
    spaces = " ".join(space.embedding_model for space in readers.spaces)
    digest = input_hash(f"{as_of} {spaces} {profile.model_dump_json()}")
    provenance = (engine.model(task.role), f"{engine.task_version(task)}-{index.catalogue.version}", digest)
    if (row["facets_model"], row["facets_version"], row["facets_hash"]) == provenance:
        report.unchanged += 1
        return
    report.rows += _derive_facets(db, readers, index, task, profile, as_of, provenance, tell)
    report.derived += 1


def _derive_facets(
    db: Database,
    readers: Readers,
    index: OccupationIndex,
    task: ProfileFacetsTask,
    profile: AnonymousProfile,
    as_of: dt.date,
    provenance: tuple[str, str, bytes],
    tell: Tell,
) -> int:
    jobs = profile_jobs(profile)
    outputs = []
    answers = run_cached(db, readers.engine, task, jobs, owner=profile.profile_id, lane="person")
    for job, answer in zip(jobs, answers, strict=True):
        if answer.output is None:
            raise answer.error or RuntimeError(f"no answer for {job.position}")
        outputs.append(task.verify(job, answer.output)[0])
    facets = profile_facets(profile, outputs, as_of)
    tell(len(facets))
    titles = [entry.position for entry in profile.work_history if entry.kind == "work"] or [profile.headline]
    mapped = private_index(index, readers.embedded).decide([TitleItem(title=title) for title in titles if title])
    codes = list(dict.fromkeys(m.kldb for m in mapped if m.kldb and m.score >= LIKELY_CODE))
    career = (
        profile.profile_id, domains_of(profile, outputs), codes, kldb_level(profile, as_of),
        round(profile.professional_years(as_of), 1), profile.degree_level(as_of), *provenance,
    )  # fmt: skip
    texts = texts_to_encode(_view(profile, facets))
    vectors = {space.embedding_model: _vectors(db, space, texts) for space in readers.spaces}
    with db.transaction() as connection:
        rows = [(profile.profile_id, *(getattr(facet, name) for name in _COLUMNS), *provenance) for facet in facets]
        whose = {"profile_id": [profile.profile_id]}
        db.replace("profile_facets", ["profile_id", *_COLUMNS, *PROVENANCE], rows, whose, connection)
        db.replace(
            "profile_careers",
            ["profile_id", "domains", "kldb", "kldb_level", "years", "degree_level", *PROVENANCE],
            [career],
            whose,
            connection,
        )
        db.replace(
            "profile_embeddings",
            ["profile_id", "model", "text_hash", "embedding"],
            [
                (profile.profile_id, model, key, vector)
                for model, of_model in vectors.items()
                for key, vector in of_model.items()
            ],
            whose,
            connection,
        )
        db.upsert(
            "derivations",
            ["stage", "subject", *PROVENANCE, "row_count"],
            [(STAGE, profile.profile_id, *provenance, len(facets))],
            ["stage", "subject"],
            connection,
        )
        failures.resolve(db, STAGE, [profile.profile_id], connection)
    return len(facets)


def _vectors(db: Database, engine: InferenceEngine, texts: dict[bytes, str]) -> dict[bytes, HalfVector]:
    """A vector for each text that has one, taken from the postings' where they have the same text.

    A text that the model cannot encode is compared by its words alone.
    """
    stored = db.vectors("embeddings_of", model=engine.embedding_model, hashes=list(texts))
    vectors = {key: HalfVector(vector) for key, vector in zip(stored.hashes, stored.vectors, strict=True)}
    missing = [key for key in texts if key not in vectors]
    for position, vector in engine.embed_each([texts[key] for key in missing], lane="person"):
        if isinstance(vector, Exception):
            _log.warning("a term of a profile has no vector by %s: %s", engine.embedding_model, type(vector).__name__)
        else:
            vectors[missing[position]] = HalfVector(vector)
    return vectors


def _view(profile: AnonymousProfile, facets: Sequence[ProfileFacetRow]) -> ProfileView:
    return ProfileView(
        profile_id=uuid.UUID(str(profile.profile_id)),
        headline=profile.headline,
        skills=tuple(ProfileSkill(term=f.term, kind=f.kind, text_hash=f.text_hash) for f in facets),
        jobs=tuple(Job(e.position) for e in profile.work_history if e.kind == "work"),
    )
