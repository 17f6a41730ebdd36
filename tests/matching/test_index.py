"""What is kept in memory follows the tables: after any changes a refresh knows what reading everything would."""

import uuid
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.matching.tables import MODEL, set_status, statement, write_posting, write_vectors
from tests.matching.world import CALIBRATION, DIMENSION, encode, facet, person, posting, skill
from ty_assets.matching.index import ScreeningIndex, Snapshot, load_snapshot
from ty_assets.matching.person import Person, texts_to_encode
from ty_assets.matching.rank import rank
from ty_assets.matching.views import PostingView, ProfileView
from ty_resources.postgres import Database

WORDS = ["python", "pythons", "wound care", "welding", "welder", "sql", "mysql", "Driving licence CE", "forklift"]
TITLES = ["Cook", "Python Developer", "Developer", "Nurse (m/w/d)", "Welder"]
NUMBERS = range(6)

facets = st.builds(
    facet,
    st.sampled_from(WORDS),
    kind=st.sampled_from(["skill", "tool", "licence", "experience", "degree", "domain", "condition", "language"]),
    requirement=st.integers(0, 2),
    must=st.booleans(),
    weight=st.sampled_from([0.5, 1.0, 2.0]),
    negated=st.sampled_from([False, False, False, True]),
    alternative_group=st.sampled_from([None, None, 0]),
    cefr=st.sampled_from([None, "B1", "C2"]),
    years=st.sampled_from([None, 2.0, 5.0]),
)
views = st.builds(
    posting,
    st.sampled_from(TITLES),
    st.lists(facets, max_size=5),
    st.sampled_from(NUMBERS),
    kldb=st.sampled_from([None, "71301", "43414"]),
    city=st.sampled_from([None, "Berlin", "Köln"]),
    remote=st.sampled_from([None, True, False]),
    pay=st.sampled_from([None, 30_000.0, 60_000.0]),
    domain_gates=st.sampled_from([(), ("nursing",), ("legal", "tax")]),
)
changes = st.one_of(
    st.tuples(st.just("write"), views),
    st.tuples(st.just("write without vectors"), views),
    st.tuples(
        st.sampled_from(["close", "open", "delete", "forget occupation", "forget facets"]), st.sampled_from(NUMBERS)
    ),
    st.tuples(st.just("copy of"), st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))),
    st.tuples(st.just("encode"), st.none()),
)

PEOPLE = [
    person([skill("python"), skill("sql", "tool")], years=4.0, headline="Developer", wished_places=("Berlin",)),
    person(
        [skill("welding"), skill("wound care", source="implied", weight=0.5), skill("Driving licence CE", "licence")],
        languages={"python": "B2"},
        domains=frozenset({"nursing"}),
        kldb=("71302",),
        level=1,
        minimum_pay=40_000.0,
        unwanted_conditions=frozenset({"forklift"}),
    ),
]


def known(profile: ProfileView) -> Person:
    wanted = texts_to_encode(profile)
    return Person.of(profile, dict(zip(wanted, encode(list(wanted.values())), strict=True)), DIMENSION)


def apply(db: Database, what: str, value: object) -> None:
    match what, value:
        case "write", PostingView() as view:
            write_posting(db, view)
        case "write without vectors", PostingView() as view:
            write_posting(db, view, embedded=False)
        case "encode", _:
            write_vectors(db, [*WORDS, *(title.split(" (")[0] for title in TITLES)])
        case "close" | "open", int(number):
            set_status(db, uuid.UUID(int=number), available=what == "open")
        case "delete", int(number):
            statement(db, "DELETE FROM postings WHERE posting_id = %s", uuid.UUID(int=number))
        case "forget occupation", int(number):
            statement(db, "DELETE FROM posting_professions WHERE posting_id = %s", uuid.UUID(int=number))
        case "forget facets", int(number):
            statement(db, "DELETE FROM derivations WHERE subject = %s", uuid.UUID(int=number))
        case "copy of", (int(copy), int(first)):
            statement(
                db,
                "UPDATE postings SET duplicate_of = (SELECT p.posting_id FROM postings p WHERE p.posting_id = %s) "
                "WHERE posting_id = %s",
                uuid.UUID(int=first) if first != copy else None,
                uuid.UUID(int=copy),
            )


def assert_alike(followed: Snapshot, read: Snapshot) -> None:
    """Same postings, same scores, same gates: the arrays may number demands and places otherwise."""
    assert followed.postings.posting_ids == read.postings.posting_ids
    assert followed.first_seen_on.tolist() == read.first_seen_on.tolist()
    if not read.dimension:
        return
    people = [known(profile) for profile in PEOPLE]
    for one, other in zip(rank(followed, people, CALIBRATION), rank(read, people, CALIBRATION), strict=True):
        assert one.scores.score == pytest.approx(other.scores.score, abs=1e-6)
        assert one.scores.occupation == pytest.approx(other.scores.occupation, abs=1e-6)
        assert (one.gated.by_gate == other.gated.by_gate).all()
        assert one.scores.screened.weight == pytest.approx(other.scores.screened.weight, rel=1e-6)


@pytest.fixture(scope="module")
def module_db(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as database:
        yield database


@given(st.lists(st.lists(changes, min_size=1, max_size=5), min_size=1, max_size=4))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_refreshes_after_any_changes_give_what_reading_everything_gives(
    module_db: Database, rounds: Sequence[Sequence[tuple[str, object]]]
) -> None:
    statement(module_db, "DELETE FROM postings")
    statement(module_db, "DELETE FROM embeddings")
    statement(module_db, "DELETE FROM derivations")
    for number in (1, 4):
        write_posting(module_db, posting("Cook", [facet("python"), facet("sql", "tool", 1)], number))
    index = ScreeningIndex(module_db, MODEL)
    index.snapshot()
    for some in rounds:
        for what, value in some:
            apply(module_db, what, value)
        assert not index.refresh().whole
        assert_alike(index.snapshot(), load_snapshot(module_db, MODEL))


def test_a_snapshot_that_somebody_reads_stays_as_it_is(db: Database) -> None:
    write_posting(db, posting("Cook", [facet("python")], 1))
    index = ScreeningIndex(db, MODEL)
    before = index.snapshot()
    vectors, terms = before.texts.vectors.copy(), before.texts.terms
    ranked = next(rank(before, [known(PEOPLE[0])], CALIBRATION)).scores.score.tolist()
    write_posting(db, posting("Developer", [facet("welding"), facet("sql", "tool", 1)], 2))
    set_status(db, uuid.UUID(int=1), available=False)
    told = index.refresh()
    assert (told.put_in, told.taken_out, told.whole) == (1, 1, False)
    assert index.snapshot().postings.posting_ids == (uuid.UUID(int=2),)
    assert before.postings.posting_ids == (uuid.UUID(int=1),)
    assert (before.texts.vectors == vectors).all()
    assert before.texts.terms == terms
    assert next(rank(before, [known(PEOPLE[0])], CALIBRATION)).scores.score.tolist() == ranked


def test_a_refresh_without_changes_reads_nothing_and_that_a_posting_was_seen_again_is_none(db: Database) -> None:
    write_posting(db, posting("Cook", [facet("python")], 1))
    index = ScreeningIndex(db, MODEL)
    postings = index.snapshot().postings
    statement(db, "UPDATE postings SET last_seen_on = last_seen_on + 1")
    told = index.refresh()
    assert (told.put_in, told.taken_out) == (0, 0)
    assert index.snapshot().postings is postings


def test_a_change_that_is_committed_after_a_later_one_was_read_is_not_missed(db: Database) -> None:
    write_posting(db, posting("Cook", [facet("python")], 1, city="Berlin"))
    write_posting(db, posting("Cook", [facet("python")], 2, city="Berlin"))
    index = ScreeningIndex(db, MODEL)
    index.snapshot()
    with db.transaction() as slow:
        slow.execute("UPDATE postings SET city = 'Kiel' WHERE posting_id = %s", (uuid.UUID(int=1),))
        statement(db, "UPDATE postings SET city = 'Bonn' WHERE posting_id = %s", uuid.UUID(int=2))
        assert index.refresh().put_in == 1
    assert index.refresh().put_in == 1
    postings = index.snapshot().postings
    assert [postings.places[place][0] for place in postings.place] == ["Kiel", "Bonn"]


def test_a_refresh_that_breaks_off_is_followed_by_one_that_reads_everything(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_posting(db, posting("Cook", [facet("python")], 1))
    index = ScreeningIndex(db, MODEL)
    before = index.snapshot()
    write_posting(db, posting("Developer", [facet("welding")], 2))

    def broken(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("ty_assets.matching.index.merged", broken)
        with pytest.raises(MemoryError):
            index.refresh()
    assert index.snapshot() is before
    assert index.refresh().whole
    assert_alike(index.snapshot(), load_snapshot(db, MODEL))


def test_only_the_days_that_are_asked_for_are_kept(db: Database) -> None:
    import datetime as dt

    for number in (1, 2):
        write_posting(db, posting("Cook", [facet("python")], number), day=dt.date(2026, 3, number))
    snapshot = load_snapshot(db, MODEL, [dt.date(2026, 3, 2)])
    assert snapshot.postings.posting_ids == (uuid.UUID(int=2),)
    assert snapshot.on(dt.date(2026, 3, 2)).tolist() == [0]
    assert len(snapshot.on(dt.date(2026, 3, 1))) == 0


def test_vectors_that_no_open_posting_asks_for_change_nothing(db: Database) -> None:
    for number, title in enumerate(TITLES):
        write_posting(db, posting(title, [facet(WORDS[number]), facet("sql", "tool", 1)], number))
    before = load_snapshot(db, MODEL)
    assert len(before.texts.hashes), "something is asked for"
    write_vectors(db, [f"long forgotten {n}" for n in range(3 * len(before.texts.hashes) + 50)])
    after = load_snapshot(db, MODEL)
    for one, other in ((before.texts, after.texts), (before.titles, after.titles)):
        assert dict(zip(one.terms, one.vectors.tolist(), strict=True)) == dict(
            zip(other.terms, other.vectors.tolist(), strict=True)
        )
        assert np.abs(other.vectors).sum(axis=1).all()


def test_vectors_of_one_model_are_not_compared_by_another_models_calibration(db: Database) -> None:
    with pytest.raises(ValueError, match="vectors of other are not compared"):
        next(rank(load_snapshot(db, "other"), [known(PEOPLE[0])], CALIBRATION))


def test_many_people_at_once_are_ranked_as_each_alone(db: Database) -> None:
    for number, title in enumerate(TITLES):
        asked = [
            facet(word, kind, n)
            for n, (word, kind) in enumerate(zip(WORDS[number:], ["skill", "tool", "licence"], strict=False))
        ]
        write_posting(db, posting(title, asked, number))
    snapshot = load_snapshot(db, MODEL)
    people = [known(profile) for profile in PEOPLE] * 6
    for one, ranked in zip(people, rank(snapshot, people, CALIBRATION), strict=True):
        alone = next(rank(snapshot, [one], CALIBRATION))
        assert ranked.scores.score == pytest.approx(alone.scores.score, abs=1e-6)
        assert (ranked.gated.by_gate == alone.gated.by_gate).all()
        assert ranked.best(3).tolist() == alone.best(3).tolist()
        assert (
            ranked.best(2, np.array([1, 3, 4])).tolist() == [i for i in ranked.best(5).tolist() if i in (1, 3, 4)][:2]
        )
