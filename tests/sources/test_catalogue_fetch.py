"""The occupation catalogue from a simulated Berufenet: whole, politely, and changed only when an answer is."""

import datetime as dt
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_world import NOON, Select, Services

from ty_assets.berufenet.catalogue_asset import berufenet_catalogue
from ty_assets.berufenet.fetch import FetchedCatalogue, fetch_catalogue, occupation_of
from ty_assets.berufenet.store import load_catalogue
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.polite import Polite
from ty_resources.sources.source import SourceDown

ROWS = "SELECT xmin, * FROM occupations ORDER BY berufenet_id"


def _fetch(db: Database, hours: int = 0) -> FetchedCatalogue:
    config = settings()
    with Polite.of(config) as client:
        return fetch_catalogue(db, client, config.berufenet_url, NOON + dt.timedelta(hours=hours))


def test_the_catalogue_is_what_berufenet_lists(services: Services, db: Database) -> None:
    server = services(berufenet={"occupations": 57})
    done = _fetch(db)
    assert (done.listed, done.asked, done.occupations, done.changed) == (57, 57, 57, True)
    catalogue = load_catalogue(db)
    assert (catalogue.origin, catalogue.version) == ("berufenet", done.version)
    first = catalogue.occupations[0]
    assert (first.kind, first.short_name, first.kldb, first.level) == ("a", "Beruf0er/in", "10001", 1)
    assert server.stats()["requests"] == {"bnet search": 3, "bnet detail": 57}


def test_the_same_answers_change_no_row_and_are_not_sent_again(
    services: Services, db: Database, select: Select
) -> None:
    server = services(berufenet={"occupations": 30})
    _fetch(db)
    before = select(ROWS)
    again = _fetch(db, hours=48)
    assert (again.asked, again.unchanged, again.changed) == (30, 30, False)
    assert select(ROWS) == before
    server.control(berufenet={"names": {"1007": "Datenpfleger/in"}})
    changed = _fetch(db, hours=96)
    assert (changed.unchanged, changed.changed) == (29, True)
    assert select("SELECT name FROM occupations WHERE berufenet_id = 1007") == [{"name": "Datenpfleger/in (lang)"}]


def test_a_fetch_that_was_interrupted_asks_for_the_rest_only(services: Services, db: Database) -> None:
    server = services(
        berufenet={"occupations": 100}, faults=[{"at": "detail", "kind": "500", "after": 60, "times": -1}]
    )
    load_catalogue(db)
    with pytest.raises(SourceDown):
        _fetch(db)
    assert load_catalogue(db).origin == "starter"
    server.control(faults=[])
    assert _fetch(db, hours=1).asked <= 60
    assert load_catalogue(db).origin == "berufenet"
    assert max(map(int, server.stats()["details_asked"])) <= 2


def test_an_occupation_that_is_not_listed_any_more_leaves_the_catalogue(services: Services, db: Database) -> None:
    server = services(berufenet={"occupations": 25})
    _fetch(db)
    server.control(berufenet={"occupations": 22})
    assert _fetch(db, hours=1).occupations == 22


def test_a_key_that_is_refused_changes_nothing(
    services: Services, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    services(berufenet={"occupations": 25})
    monkeypatch.setattr("ty_assets.berufenet.fetch._KEY", {"X-API-Key": "other"})
    before = load_catalogue(db).version
    with pytest.raises(SourceDown, match="403"):
        _fetch(db)
    assert load_catalogue(db).version == before


@pytest.mark.parametrize("told", ["43104", 43104, "B 43104", {"codenr": "B 43104"}])
def test_a_code_is_read_however_it_is_written(told: Any) -> None:
    occupation = occupation_of({"id": 1, "kurzBezeichnungNeutral": "Data Engineer", "kldb2010": told})
    assert occupation is not None
    assert (occupation.kldb, occupation.level) == ("43104", 4)


@given(st.dictionaries(st.sampled_from(["kurzBezeichnungNeutral", "kldb2010", "codenr", "bezeichnungNeutral"]),
                       st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()))))  # fmt: skip
def test_whatever_is_said_of_an_occupation_it_has_a_whole_code_or_none(told: dict[str, Any]) -> None:
    occupation = occupation_of({"id": 1, **told})
    assert occupation is None or (len(occupation.kldb) == 5 and occupation.kldb[4] in "1234" and occupation.name)


@pytest.mark.parametrize("asked", [False, True])
def test_the_asset_asks_only_where_the_settings_say_so(services: Services, db: Database, asked: bool) -> None:
    server = services({"berufenet_fetch": asked}, berufenet={"occupations": 25})
    done = dg.materialize([berufenet_catalogue], resources={"db": db})
    assert done.success
    (made,) = done.asset_materializations_for_node("berufenet_catalogue")
    assert made.tags is not None
    assert made.tags["dagster/data_version"] == load_catalogue(db).version
    assert load_catalogue(db).origin == ("berufenet" if asked else "starter")
    assert bool(server.stats()["requests"]) == asked
