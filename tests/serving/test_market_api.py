"""Related occupations and demand over HTTP."""

import datetime as dt
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from serving_rows import Writer
from signing_in import signed_in

from serving.app import create_app
from ty_resources.postgres import with_schema

DAY = dt.date(2026, 3, 2)


@pytest.fixture(scope="module")
def market(served: Callable[[FastAPI], object], new_database: Callable[[], str]) -> Iterator[httpx.Client]:
    database = with_schema(new_database(), "ty")
    with psycopg.connect(database) as connection:
        writer = Writer(connection)
        for number, code in enumerate(("43414", "43412", "41194"), 1):
            writer.insert(
                "occupations", berufenet_id=number, kind="t", name=f"Occupation {code}", short_name=f"Name {code}",
                kldb=code, level=4, catalogue="test",
            )  # fmt: skip
        for day, similarity in ((DAY - dt.timedelta(days=1), 0.2), (DAY, 0.8)):
            pairs = (("43412", "43414", similarity), ("41194", "43414", 0.5), ("41194", "43412", 0.9))
            for a, b, value in pairs:
                writer.connection.execute(
                    "INSERT INTO profession_similarity VALUES (%s, %s, %s, %s, %s)", [day, a, b, value, ["SQL"]]
                )
        for number in range(5):
            day = DAY - dt.timedelta(days=number)
            for region, active in (("Kiel", 10 - number), ("", 1)):
                writer.insert(
                    "demand_snapshot", day=day, occupation_group="434", region=region, active=active, new=1, closed=0,
                    top_terms=[{"term": "SQL", "postings": active}],
                )  # fmt: skip
        posting = writer.posting("a job")
        provenance = {"model": "m", "task_version": "1", "input_hash": b"0"}
        writer.insert(
            "posting_professions", posting_id=posting, decision="accepted", method="lookup", kldb="43412", **provenance
        )
    with served(create_app(database)) as url, signed_in(database).client(url) as client:  # type: ignore[attr-defined]
        yield client


def test_related_occupations_come_from_both_sides_of_the_pairs_nearest_first(market: httpx.Client) -> None:
    told = market.get("/api/occupations/43414/related").json()
    assert (told["name"], told["day"]) == ("Name 43414", str(DAY))
    assert [(one["kldb"], round(one["similarity"], 2), one["active"]) for one in told["items"]] == [
        ("43412", 0.8, 1),
        ("41194", 0.5, 0),
    ]
    first = market.get("/api/occupations/43414/related", params={"limit": 1}).json()
    second = market.get("/api/occupations/43414/related", params={"limit": 1, "offset": first["next"]}).json()
    assert [one["kldb"] for page in (first, second) for one in page["items"]] == ["43412", "41194"]
    assert second["next"] is None
    before = market.get("/api/occupations/43414/related", params={"day": str(DAY - dt.timedelta(days=1))}).json()
    assert [one["kldb"] for one in before["items"]] == ["41194", "43412"]


def test_a_day_that_was_not_compared_has_no_related_occupations(market: httpx.Client) -> None:
    told = market.get("/api/occupations/43414/related", params={"day": "2020-01-01"}).json()
    assert (told["day"], told["items"], told["next"]) == (None, [], None)


def test_demand_is_summed_over_regions_and_paged_back_in_time(market: httpx.Client) -> None:
    told = market.get("/api/occupations/434/demand").json()
    assert [point["active"] for point in told["items"]] == [7, 8, 9, 10, 11], "the oldest first"
    assert told["change"] == pytest.approx(11 / 7 - 1, abs=1e-4)
    assert told["items"][0]["top_terms"] == [], "terms of several regions are not added up"
    page = market.get("/api/occupations/434/demand", params={"limit": 2}).json()
    assert [point["active"] for point in page["items"]] == [10, 11]
    older = market.get("/api/occupations/434/demand", params={"limit": 2, "until": page["next"]}).json()
    assert [point["active"] for point in older["items"]] == [8, 9]


def test_demand_of_one_region_has_its_terms(market: httpx.Client) -> None:
    told = market.get("/api/occupations/43414/demand", params={"region": "Kiel", "since": str(DAY)}).json()
    assert [(p["active"], p["top_terms"][0]["term"]) for p in told["items"]] == [(10, "SQL")]
    unknown = market.get("/api/occupations/434/demand", params={"region": "", "limit": 1}).json()
    assert [point["active"] for point in unknown["items"]] == [1]
    assert market.get("/api/occupations/434/demand", params={"region": "Atlantis"}).json()["items"] == []


def test_regions_of_the_latest_day_by_size(market: httpx.Client) -> None:
    told = market.get("/api/occupations/434/regions").json()
    assert (told["day"], [(one["region"], one["active"]) for one in told["items"]]) == (
        str(DAY),
        [("Kiel", 10), ("", 1)],
    )
    assert market.get("/api/occupations/434/regions", params={"limit": 1}).json()["next"] == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/occupations/99999/related", 404),
        ("/api/occupations/999/demand", 404),
        ("/api/occupations/434/related", 422),
        ("/api/occupations/4341/demand", 422),
        ("/api/occupations/43414/related?limit=0", 422),
        ("/api/occupations/43414/related?offset=-1", 422),
        ("/api/occupations/434/demand?since=2026-03-02&until=2026-03-01", 422),
        ("/api/occupations/434/demand?since=yesterday", 422),
        ("/api/occupations/434/demand?region=%00", 422),
    ],
)
def test_errors_of_the_market_are_problem_json(market: httpx.Client, path: str, status: int) -> None:
    answer = market.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
