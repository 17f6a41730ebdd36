"""Somebody new sees ranked matches on the first page, screened from memory, as a run will write them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from fastapi.testclient import TestClient
from signing_in import signed_in

from serving.app import create_app
from serving.screening import Screening
from tests.matching.tables import DAY, MODEL, set_status, statement, write_person, write_posting
from tests.matching.world import CALIBRATION, facet, person, posting, skill
from ty_assets.matching import asset, newcomers
from ty_assets.matching.calibration_store import store_calibration
from ty_assets.matching.newcomers import WarmIndexes, screen_newcomer
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

NURSE = person([skill("Wound care"), skill("Medication administration")], domains=frozenset({"nursing"}), years=3.0)


@pytest.fixture
def market(db: Database) -> Database:
    """Three postings of two days, and a calibration of their model."""
    store_calibration(db, CALIBRATION)
    wanted = [
        ("Nurse", ["Wound care", "Medication administration"]),
        ("Nurse", ["Wound care", "Python"]),
        ("Coder", ["Python"]),
    ]
    for number, (title, terms) in enumerate(wanted, start=1):
        asked = [facet(term, requirement=n) for n, term in enumerate(terms)]
        day = DAY + dt.timedelta(days=number % 2)
        write_posting(db, posting(title, asked, number, city="Kiel"), day=day)
    return db


@pytest.fixture
def view(market: Database) -> Iterator[TestClient]:
    screening = Screening(Database(market.url), MODEL, settings())
    nurse = signed_in(market.conninfo, NURSE.profile_id)
    app = create_app(market.conninfo, screening=screening)
    with TestClient(app, base_url="http://127.0.0.1", **nurse.browser) as client:
        yield client


def rows(db: Database) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        return connection.execute(
            "SELECT * FROM profile_posting_matches ORDER BY passed_gates DESC, score DESC, posting_id"
        ).fetchall()


def test_a_newcomers_first_page_has_ranked_matches_and_the_rows_are_stored(market: Database, view: TestClient) -> None:
    write_person(market, NURSE)
    listed = view.get("/api/matches").json()["items"]
    assert [uuid.UUID(item["posting_id"]).int for item in listed] == [1, 2, 3]
    assert "Nurse" in view.get("/matches").text
    stored = rows(market)
    assert [row["posting_id"].int for row in stored] == [1, 2, 3]
    assert stored[0]["tier"] == "strong"
    assert [item["facet"] for item in stored[0]["matched"]] == ["Wound care", "Medication administration"]


def test_a_posting_that_came_after_the_start_is_there_and_one_that_is_closed_is_not(
    market: Database, view: TestClient
) -> None:
    write_person(market, NURSE)
    write_posting(market, posting("Nurse", [facet("Wound care")], 4))
    set_status(market, uuid.UUID(int=1), available=False)
    listed = view.get("/api/matches").json()["items"]
    assert sorted(uuid.UUID(item["posting_id"]).int for item in listed) == [2, 3, 4]


def test_a_run_writes_the_very_rows_that_the_newcomer_saw(market: Database) -> None:
    write_person(market, NURSE)
    assert screen_newcomer(WarmIndexes(market, MODEL), NURSE.profile_id, keep=10) == 3
    first = rows(market)
    engine = cast(InferenceEngine, SimpleNamespace(embedding_model=MODEL))
    days = sorted({row["day"] for row in first})
    assert asset.store_scores(market, engine, engine, days, keep=10) == (2, 0)
    assert rows(market) == first


def test_who_has_matches_already_is_left_alone_and_so_is_who_has_no_vectors(market: Database) -> None:
    indexes = WarmIndexes(market, MODEL)
    write_person(market, NURSE)
    assert screen_newcomer(indexes, NURSE.profile_id, keep=1) == 1
    kept = rows(market)
    assert screen_newcomer(indexes, NURSE.profile_id, keep=10) == 0
    assert rows(market) == kept
    bare = dataclasses.replace(NURSE, profile_id=uuid.UUID(int=77), skills=())
    write_person(market, bare)
    assert screen_newcomer(indexes, bare.profile_id, keep=10) == 0


def test_days_matched_in_vectors_that_the_person_lacks_are_screened_in_the_packaged_ones(market: Database) -> None:
    write_person(market, NURSE)
    statement(
        market,
        "INSERT INTO derivations (stage, subject, model, task_version, input_hash, row_count) "
        "VALUES ('match_scores', %s, 'server-model', '1', '', 0)",
        newcomers.day_subject(DAY),
    )
    assert screen_newcomer(WarmIndexes(market, MODEL), NURSE.profile_id, keep=10) == 3
    assert {row["model"] for row in rows(market)} == {MODEL}


def test_many_who_open_a_newcomers_list_at_once_cause_one_screening(
    market: Database, view: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(indexes: WarmIndexes, profile_id: uuid.UUID, keep: int) -> int:
        calls.append(profile_id)
        return screen_newcomer(indexes, profile_id, keep)

    monkeypatch.setattr("serving.screening.screen_newcomer", counted)
    write_person(market, NURSE)
    with ThreadPoolExecutor(8) as pool:
        url = "/api/matches"
        answers = list(pool.map(lambda _: view.get(url).json()["items"], range(8)))
    assert calls == [NURSE.profile_id]
    assert all(len(listed) == 3 for listed in answers)


def test_a_screening_that_fails_leaves_the_page_as_it_is_and_says_nothing_of_the_person(
    market: Database, view: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> int:
        raise psycopg.OperationalError("about Mira Beispiel")

    monkeypatch.setattr("serving.screening.screen_newcomer", broken)
    write_person(market, NURSE)
    answer = view.get("/api/matches")
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert "OperationalError" in caplog.text
    assert "Mira" not in caplog.text


def test_a_stranger_has_nobody_screened(market: Database, view: TestClient) -> None:
    write_person(market, NURSE)
    view.cookies.clear()
    assert view.get("/api/matches").status_code == 401
    assert rows(market) == []
