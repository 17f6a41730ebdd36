"""A database as large as a real one for the benchmark of the match view, and people who are signed in to it.

Belongs here: filling it. What only has to be there in number is generated in SQL; matches to open are those of sample
people and a sample day, made as runs make them, since their analyses have to be current. Not here: measuring.
"""

import json
import uuid
from typing import Final, NamedTuple

import psycopg

from ty_assets.accounts.tokens import new_token, token_hash
from ty_jobs.benchmarks.analyses import matched_day, sample_people
from ty_resources.connect import embedded_engine
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# The view's cookie, over http (serving/accounts/cookies.py).
SESSION: Final = "ty_session"
_SAMPLE_PEOPLE: Final = 10
_OPENED: Final = 6  # of each of them
_WITH_FEEDBACK: Final = 0.3  # of the people
_CITIES: Final = (
    "Berlin", "Hamburg", "München", "Köln", "Frankfurt am Main", "Stuttgart", "Düsseldorf", "Leipzig", "Dortmund",
    "Essen", "Bremen", "Dresden", "Hannover", "Nürnberg", "Duisburg", "Bochum", "Wuppertal", "Bielefeld", "Bonn",
    "Münster", "Mannheim", "Karlsruhe", "Augsburg", "Wiesbaden", "Kiel", "Aachen", "Magdeburg", "Freiburg", "Lübeck",
    "Erfurt",
)  # fmt: skip


class Visit(NamedTuple):
    """Somebody who is signed in. is_filled: with generated matches."""

    profile_id: uuid.UUID
    cookie: str
    is_filled: bool


def opened_matches(config: Settings, db: Database) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(person, posting) of matches that a run has made; opening one makes its analysis, opening it again reads it."""
    people = sample_people(config, db, embedded_engine(), _SAMPLE_PEOPLE)
    matched_day(config, db, people)
    return [
        (person, row["posting_id"])
        for person in people
        for row in db.rows("top_matches", profile_id=person, limit=_OPENED)
    ]


def fill(db: Database, postings: int, people: int, matches: int) -> None:
    """matches: of each person."""
    cities = list(_CITIES)
    db.execute("bench_postings", postings=postings, cities=cities)
    db.execute("bench_professions", postings=postings)
    db.execute("bench_documents", people=people)
    db.execute("bench_profiles", people=people, cities=cities)
    db.execute("bench_matches", people=people, matches=min(matches, postings), postings=postings)
    with_feedback = round(people * _WITH_FEEDBACK)
    db.execute("bench_feedback", people=with_feedback)
    db.execute("bench_feedback_states", people=with_feedback)
    with psycopg.connect(db.conninfo, autocommit=True) as connection:
        connection.execute(db.queries["bench_gather"])  # as autovacuum would have, a minute later


def sign_in(db: Database) -> list[Visit]:
    """A session for everybody."""
    filled = {row["profile_id"] for row in db.rows("bench_people")}
    ids = [row["profile_id"] for row in db.rows("bench_everybody")]
    accounts = {person: uuid.uuid4() for person in ids}
    tokens = {person: new_token() for person in ids}
    rows = [{"account_id": str(accounts[person]), "profile_id": str(person)} for person in ids]
    db.execute("bench_account", rows=json.dumps(rows))
    hashes = [{"account_id": str(accounts[p]), "token_hash": token_hash(tokens[p]).hex()} for p in ids]
    db.execute("bench_sessions", rows=json.dumps(hashes))
    return [Visit(person, f"{SESSION}={tokens[person]}", person in filled) for person in ids]
