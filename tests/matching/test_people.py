"""The people of a posting are ranked by the scores that the posting has in each person's own list."""

import dataclasses
import json
import uuid

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from serving.app import create_app
from tests.matching.tables import DAY, MODEL, set_status, statement, write_person, write_posting
from tests.matching.world import CALIBRATION, DIMENSION, encode, facet, person, posting, skill
from tests.serving.signing_in import signed_in
from ty_assets.derive import day_subject
from ty_assets.matching.calibration_store import store_calibration
from ty_assets.matching.index import Snapshot, load_snapshot
from ty_assets.matching.merge import taken
from ty_assets.matching.people import people_for, people_of_posting
from ty_assets.matching.person import Person, texts_to_encode
from ty_assets.matching.postings import Postings
from ty_assets.matching.rank import rank
from ty_assets.matching.scores import Told
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import PostingView, ProfileView
from ty_assets.postings.normalise import text_hash
from ty_jobs.cli import app
from ty_resources.postgres import Database
from ty_resources.settings import settings as settings_of_project

WORDS = ["Wound care", "Python", "SQL", "Driving licence CE", "Welding"]
POSTINGS = [
    posting("Nurse", [facet("Wound care"), facet("Driving licence CE", "licence", 1)], 1, domain_gates=("nursing",)),
    posting("Coder", [facet("Python"), facet("SQL", "tool", 1, must=False)], 2, kldb="43414"),
    posting("Welder", [facet("Welding"), facet("English", "language", 1, cefr="C1")], 3, city="Kiel"),
]

profiles = st.builds(
    person,
    st.lists(st.sampled_from(WORDS).map(skill), max_size=4),
    domains=st.sampled_from([frozenset(), frozenset({"nursing"})]),
    level=st.sampled_from([None, 1, 4]),
    wished_places=st.sampled_from([(), ("Berlin",)]),
    years=st.sampled_from([0.0, 5.0]),
)


def snapshot(views: list[PostingView]) -> Snapshot:
    terms = sorted({f.term for view in views for f in view.facets})
    texts = Texts.build([text_hash(term) for term in terms], terms, encode(terms))
    titles = Texts.build(
        [view.title_hash or b"" for view in views], [v.title for v in views], encode([v.title for v in views])
    )
    postings = Postings.from_views(views, texts, titles)
    return Snapshot("fake", postings, texts, titles, np.zeros(len(views), dtype=np.int32), "")


def known(profile: ProfileView) -> Person:
    wanted = texts_to_encode(profile)
    return Person.of(profile, dict(zip(wanted, encode(list(wanted.values())), strict=True)), DIMENSION)


@given(st.lists(profiles, min_size=1, max_size=12), st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_scores_gates_and_order_are_those_of_everybodys_own_list(people: list[ProfileView], which: int) -> None:
    whom = [known(dataclasses.replace(one, profile_id=uuid.UUID(int=n))) for n, one in enumerate(people)]
    every = snapshot(POSTINGS)
    alone = snapshot([POSTINGS[which]])
    told = Told({POSTINGS[which].posting_id: {"language": "en"}}, {}, {})
    found = people_for(alone, whom, CALIBRATION, told, limit=100)
    assert sorted(one.profile_id.int for one in found) == list(range(len(people)))
    assert found == sorted(found, key=lambda one: one.rank)
    lists = {one.profile.profile_id: ranked for one, ranked in zip(whom, rank(every, whom, CALIBRATION), strict=True)}
    for one in found:
        ranked = lists[one.profile_id]
        assert one.score == pytest.approx(float(ranked.scores.score[which]), abs=1e-4)
        assert one.passed_gates == ranked.passed[which]
        assert all(reason["passed"] for reason in one.gate_reasons) == one.passed_gates
        assert len(one.matched) + len(one.missing) == 2


def test_only_one_posting_is_ranked_for() -> None:
    with pytest.raises(ValueError, match="expected a snapshot of one posting, got 3"):
        people_for(snapshot(POSTINGS), [], CALIBRATION, Told({}, {}, {}), 5)


def test_some_postings_taken_out_are_scored_as_among_all() -> None:
    every = snapshot(POSTINGS)
    someone = known(person([skill("Python"), skill("Wound care")], years=3.0))
    whole = next(rank(every, [someone], CALIBRATION))
    few = Snapshot("fake", *taken(every.postings, every.texts, every.titles, [2, 0]), every.first_seen_on[[0, 2]], "")
    part = next(rank(few, [someone], CALIBRATION))
    assert few.postings.posting_ids == (uuid.UUID(int=1), uuid.UUID(int=3))
    assert part.scores.score == pytest.approx(whole.scores.score[[0, 2]], abs=1e-6)
    assert (part.gated.by_gate == whole.gated.by_gate[[0, 2]]).all()


@pytest.fixture
def market(db: Database) -> Database:
    store_calibration(db, CALIBRATION)
    for view in POSTINGS:
        write_posting(db, view)
    people = [person([skill(word)], headline=word) for word in ("Python", "Wound care", "Welding")]
    for number, one in enumerate(people, start=1):
        write_person(db, dataclasses.replace(one, profile_id=uuid.UUID(int=number)))
    return db


def test_the_people_of_a_stored_posting_come_with_their_reasons(market: Database) -> None:
    found = people_of_posting(market, MODEL, uuid.UUID(int=2), limit=2)
    assert found is not None
    assert found[0].headline == "Python"
    assert len(found) == 2
    assert [item["facet"] for item in found[0].matched] == ["Python"]
    assert [item["facet"] for item in found[0].missing] == ["SQL"]
    alone = next(rank(load_snapshot(market, MODEL), [known(person([skill("Python")], headline="Python"))], CALIBRATION))
    assert found[0].score == pytest.approx(float(alone.scores.score[1]), abs=1e-4)


def test_nobody_is_ranked_for_what_is_closed_or_not_there(market: Database) -> None:
    set_status(market, uuid.UUID(int=2), available=False)
    assert people_of_posting(market, MODEL, uuid.UUID(int=2), limit=2) is None
    assert people_of_posting(market, MODEL, uuid.UUID(int=99), limit=2) is None


def test_a_posting_without_any_term_or_title_that_has_a_vector_ranks_people_too(market: Database) -> None:
    bare = dataclasses.replace(
        POSTINGS[0], posting_id=uuid.UUID(int=77), facets=(), title="Ohne Vektor", title_hash=b"t" * 16
    )
    write_posting(market, bare)
    statement(market, "DELETE FROM embeddings WHERE text_hash = %s", b"t" * 16)
    found = people_of_posting(market, MODEL, uuid.UUID(int=77), limit=5)
    assert found is not None
    assert [one.score for one in found] == [0.0, 0.0, 0.0]


def test_who_has_no_vectors_of_the_days_model_is_compared_in_the_packaged_ones(market: Database) -> None:
    statement(
        market,
        "INSERT INTO derivations (stage, subject, model, task_version, input_hash, row_count) "
        "SELECT 'match_scores', %s, 'server-model', '1', '', 0",
        day_subject(DAY),
    )
    found = people_of_posting(market, MODEL, uuid.UUID(int=2), limit=5)
    assert found is not None
    assert {one.model for one in found} == {MODEL}
    assert len(found) == 3


def test_the_api_ranks_people_and_says_when_there_is_no_posting(
    market: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = create_app(market.conninfo)
    administrator = signed_in(market.conninfo, admin=True)
    with TestClient(view, base_url="http://127.0.0.1", **administrator.browser) as client:
        monkeypatch.setattr(view.state.people, "_packaged_model", MODEL)
        answer = client.get(f"/api/admin/postings/{uuid.UUID(int=1)}/people", params={"limit": 1})
        assert answer.status_code == 200
        (item,) = answer.json()["items"]
        assert item["headline"] == "Wound care"
        assert {reason["gate"] for reason in item["gate_reasons"]} >= {"domain", "pay"}
        missing = client.get(f"/api/admin/postings/{uuid.uuid4()}/people")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        assert client.get(f"/api/admin/postings/{uuid.UUID(int=1)}/people", params={"limit": 0}).status_code == 422


def test_the_command_prints_the_people_of_a_posting(market: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = "INSERT INTO derivations (stage, subject, model, task_version, input_hash, row_count) "
    statement(market, ledger + "VALUES ('match_scores', %s, %s, '1', '', 0)", day_subject(DAY), MODEL)
    monkeypatch.setenv("TY_POSTGRES_URL", market.url)
    settings_of_project.cache_clear()
    told = CliRunner().invoke(app, ["posting", "people", str(uuid.UUID(int=2)), "--limit", "2", "--json"])
    assert told.exit_code == 0, told.output
    people = json.loads(told.stdout)
    assert [one["headline"] for one in people][:1] == ["Python"]
    assert len(people) == 2
    assert "Python" in CliRunner().invoke(app, ["posting", "people", str(uuid.UUID(int=2))]).stdout
    set_status(market, uuid.UUID(int=2), available=False)
    assert "Nobody is ranked" in CliRunner().invoke(app, ["posting", "people", str(uuid.UUID(int=2))]).stdout
