"""A small replaced system: its tables in a Postgres, and the CSV files that this Postgres writes of them.

Each kind of bad row is there. What each table's rows come to is told beside them, for the tests.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

TABLES = (
    "postings", "embeddings", "berufenet", "berufenet_synonyms", "owl", "owl_names", "profiles",
    "profile_work_history", "profile_posting_matches",
)  # fmt: skip

SEEN = "2026-02-11 23:30:00+00"  # the 12th in Berlin


def posting(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "posting_id": number,
        "posting_name": "Nordlicht Küchen GmbH",
        "job_title": f"Koch/Köchin (m/w/d) {number}",
        "job_description": f'Wir kochen "frisch", jeden Tag.\r\n\tC:\\Küche, Zeile {number}\n- Kochen\n- Planen; 100 %',
        "source": "arbeitsagentur",
        "external_id": f"aa-{number}",
        "external_job_id": f"10001-{number}-S",
        "external_url": f"https://example.org/{number}",
        "beruf": "Koch/Köchin",
        "location_city": "Kiel",
        "location_country": "Deutschland",
        "posting_status": "active",
        "berufenet_id": "3726",
        "berufenet_score": 0.91,
        "domain_gate": json.dumps({"primary_domain": "hospitality", "a": 1}),
        "first_seen_at": SEEN,
        "last_seen_at": "2026-02-20 04:00:00+00",
        "source_metadata": json.dumps({"raw_api_response": {"x": [1, 2]}}),
        **changes,
    }


# Twelve usable rows; 10 is a later version of 9.
GOOD_POSTINGS = [
    *(posting(number) for number in range(1, 7)),
    posting(7, invalidated=True, invalidated_reason="404", posting_status="active"),
    posting(8, posting_status="filled"),
    posting(9, external_job_id="10001-same-S", last_seen_at="2026-02-13 04:00:00+00"),
    posting(
        10, external_job_id="10001-same-S", job_description="Die neue Fassung.", last_seen_at="2026-02-25 04:00+00"
    ),
    posting(11, external_id=None, external_job_id=None, location_remote_options=True, posting_name="Koch 11"),
    posting(12, first_seen_at="2025-11-03 10:00:00+00", job_title="Ärztin", source="deutsche_bank"),
]
BAD_POSTINGS = {
    21: posting(21, job_title="  "),
    22: posting(22, job_description=None),
    23: posting(23, job_description="Ein kaputtes Zeichen: \ufffd"),
    24: posting(24, first_seen_at="2091-01-01 00:00:00+00"),
    25: posting(25, job_title="x" * 2001),
    26: posting(26, source="s" * 513),
}


def old_hash(text: str) -> str:
    return hashlib.sha256(text.strip().lower().encode()).hexdigest()[:32]


def vector(seed: int, dimensions: int = 1024, scale: float = 1.0) -> list[float]:
    values = [math.sin(seed + 1.7 * n) for n in range(dimensions)]
    length = math.sqrt(sum(v * v for v in values))
    return [scale * v / length for v in values]


def embedding(text: str, numbers: Any, model: str = "bge-m3:567m", key: str | None = None) -> dict[str, Any]:
    return {"text_hash": key or old_hash(text), "text": text, "embedding": json.dumps(numbers), "model": model}


GOOD_EMBEDDINGS = [
    embedding("python", vector(1)),
    embedding("schweißen nach norm", vector(2, scale=3.0)),
    embedding("Schweißen  nach Norm ", vector(3), key="f" * 32),  # the same text to us, by another rule two
]
OWN_WORDS = "Ich leite seit zehn Jahren Küchen und suche etwas mit Menschen."
PRIVATE_EMBEDDINGS = [embedding(OWN_WORDS.lower(), vector(9))]
BAD_EMBEDDINGS = {
    "nan": embedding("nan", [float("nan"), *vector(4)[1:]]),
    "null": embedding("null", [None, *vector(4)[1:]]),
    "zero": embedding("zero", [0.0] * 1024),
    "short": embedding("short", vector(5, 768)),
    "object": embedding("object", {"vector": [1]}),
    "other model": embedding("other model", vector(6), model="nomic-embed-text"),
    "": embedding("", vector(7)),
}

BERUFENET = [
    {"berufenet_id": "3726", "name": "Koch/Köchin", "kldb": "B 29302"},
    {"berufenet_id": "15260", "name": "Data Engineer", "kldb": "B 43104"},
    {"berufenet_id": "15260.N17", "name": "Analytics Engineer", "kldb": "B 43104"},
    {"berufenet_id": "99", "name": "Kaputt", "kldb": "B 293"},
    {"berufenet_id": "100", "name": None, "kldb": "B 29302"},
]
SYNONYMS = [
    {"aa_beruf": "Smutje", "berufenet_id": "3726"},
    {"aa_beruf": "Nichts", "berufenet_id": "4711"},
]
OWL = [
    {"owl_id": 1, "owl_type": "berufenet", "metadata": json.dumps({"berufenet_id": 15260})},
    {"owl_id": 2, "owl_type": "city", "metadata": None},
    {"owl_id": 3, "owl_type": "berufenet", "metadata": json.dumps([1])},
]
OWL_NAMES = [
    {"owl_id": 1, "display_name": "Datenklempner", "confidence_source": "human"},
    {"owl_id": 1, "display_name": "Datenzauberer", "confidence_source": "llm_single"},
    {"owl_id": 2, "display_name": "Kiel", "confidence_source": "import"},
]
PROFILES = [
    {"profile_id": 1, "full_name": "Ada Beispiel", "email": "ada@example.org", "location": "Kiel",
     "current_title": "Küchenchefin", "profile_summary": OWN_WORDS,
     "skill_keywords": json.dumps(["Menüplanung", "HACCP", {"name": "Personalführung"}]),
     "desired_locations": ["Kiel", "Bad Segeberg"], "expected_salary_min": 42000},
    {"profile_id": 2, "full_name": "Ben Ohne Adresse", "current_title": "Data Engineer",
     "skill_keywords": json.dumps(["Python", "SQL"])},
    {"profile_id": 3, "full_name": "Leer"},
    {"profile_id": 4, "current_title": "X", "skill_keywords": json.dumps([["verschachtelt"]])},
    {"profile_id": 5, "current_title": "X", "email": "keine adresse"},
]  # fmt: skip
WORK_HISTORY = [
    {"work_history_id": 1, "profile_id": 1, "company_name": "Hotel am Meer", "job_title": "Köchin",
     "start_date": "2015-04-01", "end_date": "2019-12-31", "job_description": "Kalte und warme Küche",
     "achievements": ["Team von 8, geführt", 'Preis "Goldener Löffel"'], "technologies_used": ["iPad-Kasse"]},
    {"work_history_id": 2, "profile_id": 1, "company_name": "IHK", "job_title": "Küchenmeisterin",
     "start_date": "2013-01-01", "end_date": "2014-01-01", "entry_type": "education"},
    {"work_history_id": 3, "profile_id": 2, "company_name": "Werft", "job_title": "Data Engineer",
     "start_date": "2020-01-01", "is_current": True, "job_description": "Python und SQL"},
    {"work_history_id": 4, "profile_id": 2, "job_title": "Rückwärts", "start_date": "2020-01-01",
     "end_date": "2019-01-01"},
    {"work_history_id": 5, "profile_id": 77, "job_title": "Niemands"},
    {"work_history_id": 6, "profile_id": 4, "job_title": "Mit abgelehntem Profil"},
]  # fmt: skip
MATCHES = [
    {"match_id": 1, "profile_id": 1, "posting_id": 1, "user_rating": 9, "user_feedback": "Passt, genau",
     "user_decision": "apply", "rated_at": "2026-02-18 08:00:00+00"},
    {"match_id": 2, "profile_id": 1, "posting_id": 2, "user_rating": -1},
    {"match_id": 3, "profile_id": 2, "posting_id": 12, "user_feedback": "Zu weit weg"},
    {"match_id": 4, "profile_id": 2, "posting_id": 3, "skill_match_score": 0.7},
    {"match_id": 5, "profile_id": 1, "posting_id": 22, "user_rating": 5},
    {"match_id": 6, "profile_id": 3, "posting_id": 1, "user_rating": 5},
    {"match_id": 7, "profile_id": 2, "posting_id": 4, "user_rating": 11},
]  # fmt: skip

# read, stored, refused, left out; the rest of a first import is there already
EXPECTED = {
    "postings": (18, 12, 6, 0),
    "embeddings": (11, 2, 7, 1),
    "berufenet": (5, 3, 2, 0),
    "berufenet_synonyms": (2, 1, 1, 0),
    "owl": (3, 1, 1, 1),
    "owl_names": (3, 1, 0, 2),
    "profiles": (5, 2, 3, 0),
    "profile_work_history": (6, 3, 3, 0),
    "profile_posting_matches": (7, 3, 3, 1),
}


def rows() -> dict[str, list[dict[str, Any]]]:
    return {
        "postings": [*GOOD_POSTINGS, *BAD_POSTINGS.values()],
        "embeddings": [*GOOD_EMBEDDINGS, *PRIVATE_EMBEDDINGS, *BAD_EMBEDDINGS.values()],
        "berufenet": BERUFENET,
        "berufenet_synonyms": SYNONYMS,
        "owl": OWL,
        "owl_names": OWL_NAMES,
        "profiles": PROFILES,
        "profile_work_history": WORK_HISTORY,
        "profile_posting_matches": MATCHES,
    }


def create(url: str) -> None:
    """The old tables with their rows. JSON has no NaN, so in the database that vector holds the word."""
    with psycopg.connect(url) as connection:
        connection.execute(Path(__file__).with_name("old_schema.sql").read_text("utf-8"))  # type: ignore[arg-type]
        for table, values in rows().items():
            for row in values:
                insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join([sql.Placeholder()] * len(row)),
                )
                cells = [v.replace("NaN", '"NaN"') if isinstance(v, str) and "[NaN" in v else v for v in row.values()]
                connection.execute(insert, cells)


def export(url: str, folder: Path, tables: tuple[str, ...] = TABLES) -> Path:
    """What `\\copy table to table.csv csv header` writes."""
    folder.mkdir(exist_ok=True)
    with psycopg.connect(url) as connection:
        for table in tables:
            copy = sql.SQL("COPY {} TO STDOUT (FORMAT CSV, HEADER)").format(sql.Identifier(table))
            with connection.cursor().copy(copy) as stream, (folder / f"{table}.csv").open("wb") as file:
                for block in stream:
                    file.write(block)
    return folder
