"""People in the database: the document as it came, and the anonymous profile that is made of it.

Not here: facets, career and vectors (facets.py).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from ty_assets.derive import input_hash
from ty_assets.profiles.anonymise import anonymised
from ty_assets.profiles.document import AnonymousProfile, ProfileDocument
from ty_assets.profiles.json_resume import parse_json_resume
from ty_resources import failures
from ty_resources.postgres import Database, Row

STAGE = "profiles"
# Raise it when parsing or anonymising change their answers.
TASK_VERSION = "1"


@dataclass
class PeopleReport:
    """What one run did; people unless said otherwise."""

    people: int = 0
    unchanged: int = 0
    derived: int = 0
    by_rules: int = 0  # read by the rules because the model did not answer, or not usably
    rows: int = 0
    failed: int = 0


def store_document(db: Database, document: ProfileDocument, raw: bytes, origin: str) -> None:
    """Keep a person's document as it came, with name and contacts beside it, not in what matching reads.

    The same person again replaces the document; what was derived from the old one stays until the next run.
    """
    contact = document.contact
    with db.transaction() as connection:
        connection.execute(
            db.queries["store_document"],
            {
                "profile_id": document.profile_id,
                "bucket": document.bucket,
                "origin": origin,
                "document": raw.decode("utf-8-sig"),
            },
        )
        db.upsert(
            "profile_contacts",
            ["profile_id", "name", "email", "phone", "address"],
            [(document.profile_id, contact.name, contact.email, contact.phone, contact.address)],
            ["profile_id"],
            connection,
        )


def store_profiles(db: Database, buckets: Sequence[int], max_attempts: int) -> PeopleReport:
    """Write profile and work history of every document of these buckets that is new or has changed."""
    return _store(db, db.rows("documents_of_buckets", buckets=list(buckets)), max_attempts)


def store_profile(db: Database, profile_id: uuid.UUID, max_attempts: int) -> PeopleReport:
    """The same of one person, who waits for it."""
    return _store(db, db.rows("documents_of_people", profile_ids=[profile_id]), max_attempts)


def _store(db: Database, documents: Sequence[Row], max_attempts: int) -> PeopleReport:
    report = PeopleReport()
    for row in documents:
        report.people += 1
        try:
            profile = anonymous_profile(row)
        except ValueError as error:
            failed = failures.Failure.of(STAGE, row["profile_id"], TASK_VERSION, error, None)
            failures.record(db, [failed], max_attempts)
            report.failed += 1
            continue
        digest = input_hash(profile.model_dump_json())
        if row["known_hash"] == digest and row["known_version"] == TASK_VERSION:
            report.unchanged += 1
            continue
        _write_profile(db, profile, digest)
        report.derived += 1
        report.rows += 1 + len(profile.work_history)
    return report


def anonymous_profile(row: Row) -> AnonymousProfile:
    """Of a row of `documents_of_buckets`. Raises: ProfileError for a document that is no resume."""
    document = parse_json_resume(row["document"], row["origin"])
    # The id was given at the import; a rule that makes ids may change, a person's id may not.
    return anonymised(document.model_copy(update={"profile_id": row["profile_id"], "bucket": row["bucket"]}))


def _write_profile(db: Database, profile: AnonymousProfile, digest: bytes) -> None:
    with db.transaction() as connection:
        db.upsert(
            "profiles",
            [
                "profile_id",
                "bucket",
                "headline",
                "summary",
                "language",
                "city",
                "region",
                "country",
                "remote_only",
                "wished_places",
                "minimum_pay",
                "input_hash",
                "task_version",
            ],
            [
                (
                    profile.profile_id,
                    profile.bucket,
                    profile.headline,
                    profile.summary,
                    profile.language,
                    profile.city,
                    profile.region,
                    profile.country,
                    profile.wishes.remote_only,
                    list(profile.wishes.regions),
                    profile.wishes.minimum_pay,
                    digest,
                    TASK_VERSION,
                )
            ],
            ["profile_id"],
            connection,
        )
        db.replace(
            "profile_work_history",
            [
                "profile_id",
                "ordinal",
                "kind",
                "position",
                "organisation",
                "started_on",
                "ended_on",
                "description",
            ],
            [
                (
                    profile.profile_id,
                    i,
                    e.kind,
                    e.position,
                    e.organisation,
                    e.started_on,
                    e.ended_on,
                    e.description,
                )
                for i, e in enumerate(profile.work_history)
            ],
            {"profile_id": [profile.profile_id]},
            connection,
        )
        failures.resolve(db, STAGE, [profile.profile_id], connection)
