"""Feedback in the database: given, learned from at once, taken back, undone, and gone with the person."""

import threading
import uuid

import pytest
from feedback_world import NOW, FeedbackWorld

from ty_assets.feedback import store
from ty_assets.feedback.steps import carry_out
from ty_assets.feedback.task import CommentRule, CommentRules


def test_a_comment_hides_what_it_rules_out_at_once_and_brings_it_back_when_it_is_taken_back(
    feedback_world: FeedbackWorld,
) -> None:
    said = feedback_world.match("said", 0.5)
    shifts = feedback_world.match("shifts", 0.6, description="Im Dreischichtbetrieb mit Zulage.")
    plain = feedback_world.match("plain", 0.4)
    feedback_world.say(said, comment="Keine Schichtarbeit bitte!")
    assert feedback_world.hidden() == {shifts: ["rule:no_condition:Shift work"]}
    assert feedback_world.lessons()["rule:no_condition:Shift work"]["evidence"] == [said]
    carry_out(feedback_world.db, store.take_back(feedback_world.person, said, source="test"))
    assert feedback_world.hidden() == {}
    assert feedback_world.select("SELECT FROM personal_matches") == [], (
        "without feedback there is no order of one's own"
    )
    assert feedback_world.select("SELECT FROM feedback_states") == []
    assert plain not in feedback_world.hidden()


def test_pay_and_days_in_the_office_are_held_against_what_was_said(feedback_world: FeedbackWorld) -> None:
    said = feedback_world.match("said", 0.5)
    poor = feedback_world.match("poor", 0.6, pay=45_000.0)
    rich = feedback_world.match("rich", 0.6, pay=70_000.0, description="Four days in the office.")
    feedback_world.match("silent", 0.6)
    feedback_world.say(said, comment="too little pay, at least 60k; not more than two days in the office")
    assert feedback_world.hidden() == {poor: ["rule:min_pay:60000"], rich: ["rule:max_office_days:2"]}


def test_the_stored_score_never_changes(feedback_world: FeedbackWorld) -> None:
    ids = [feedback_world.match(f"p{n}", n / 10, kldb="61122", vector=[n, 1]) for n in range(1, 9)]
    before = feedback_world.select("SELECT * FROM profile_posting_matches ORDER BY posting_id")
    for n, posting in enumerate(ids):
        feedback_world.say(posting, 1 if n < 4 else 10)
    assert feedback_world.select("SELECT * FROM profile_posting_matches ORDER BY posting_id") == before


def test_an_occupation_is_hidden_after_repeated_low_ratings_unless_one_of_it_is_liked(
    feedback_world: FeedbackWorld,
) -> None:
    sales = [feedback_world.match(f"sales {n}", 0.5, kldb="61122") for n in range(7)]
    others = [feedback_world.match(f"data {n}", 0.5, kldb="43414") for n in range(6)]
    for posting in others[:5]:
        feedback_world.say(posting, 9)
    for posting in sales[:2]:
        feedback_world.say(posting, 1)
    assert feedback_world.hidden() == {}, "two are no pattern"
    for posting in sales[2:5]:
        feedback_world.say(posting, 2)
    assert set(feedback_world.hidden()) == set(sales), "those that were not rated as well"
    feedback_world.say(sales[5], 9)
    assert "occupation:61122" not in feedback_world.lessons()
    assert feedback_world.hidden() == {}


def test_what_is_switched_off_stays_off_when_it_is_learned_again_and_can_be_switched_on(
    feedback_world: FeedbackWorld,
) -> None:
    said = feedback_world.match("said", 0.5)
    night = feedback_world.match("night", 0.6, terms=["Night shift"], kind="condition")
    feedback_world.say(said, comment="no night shifts")
    assert set(feedback_world.hidden()) == {night}
    off = store.switch(feedback_world.person, "rule", "no_condition:Night shift", on=False)
    carry_out(feedback_world.db, off)
    assert feedback_world.hidden() == {}
    feedback_world.say(said, 7)
    assert feedback_world.hidden() == {}
    on = store.switch(feedback_world.person, "rule", "no_condition:Night shift", on=True)
    carry_out(feedback_world.db, on)
    assert set(feedback_world.hidden()) == {night}
    with pytest.raises(store.NotThere):
        carry_out(feedback_world.db, store.switch(feedback_world.person, "rule", "no_agency", on=False))


def test_undo_restores_what_was_said_and_what_it_taught(feedback_world: FeedbackWorld) -> None:
    said = feedback_world.match("said", 0.5)
    shifts = feedback_world.match("shifts", 0.6, terms=["Shift work"], kind="condition")
    first = feedback_world.say(said, 3, comment="no shift work")
    feedback_world.say(said, comment=None, rating=8)
    assert feedback_world.hidden() == {}
    posting, restored = carry_out(feedback_world.db, store.undo(feedback_world.person, None, source="test"))
    assert (posting, restored) == (said, first)
    assert set(feedback_world.hidden()) == {shifts}
    posting, restored = carry_out(feedback_world.db, store.undo(feedback_world.person, None, source="test"))
    assert restored is None
    assert feedback_world.select("SELECT FROM match_ratings") == []
    with pytest.raises(store.NotThere):
        carry_out(feedback_world.db, store.undo(feedback_world.person, None, source="test"))


def test_a_change_that_a_later_one_has_overtaken_is_not_undone(feedback_world: FeedbackWorld) -> None:
    said = feedback_world.match("said", 0.5)
    feedback_world.say(said, 3)
    feedback_world.say(said, 4)
    events = feedback_world.select("SELECT event_id FROM match_rating_events ORDER BY event_id")
    with pytest.raises(store.Overtaken, match="rated again"):
        carry_out(feedback_world.db, store.undo(feedback_world.person, events[0]["event_id"], source="test"))
    assert feedback_world.select("SELECT rating FROM match_ratings") == [{"rating": 4}]
    carry_out(feedback_world.db, store.undo(feedback_world.person, events[1]["event_id"], source="test"))
    with pytest.raises(store.Overtaken, match="undone already"):
        carry_out(feedback_world.db, store.undo(feedback_world.person, events[1]["event_id"], source="test"))


def test_nothing_of_a_person_is_left_when_the_person_goes(feedback_world: FeedbackWorld) -> None:
    ids = [feedback_world.match(f"p{n}", n / 10, kldb="61122", vector=[n, 3 - n]) for n in range(1, 9)]
    for n, posting in enumerate(ids):
        feedback_world.say(posting, 1 if n < 4 else 10, comment="no overtime, nur Berlin")
    carry_out(feedback_world.db, store.switch(feedback_world.person, "rule", "no_condition:Overtime", on=False))
    tables = [
        "match_ratings", "match_rating_events", "comment_readings", "feedback_states", "learned_preferences",
        "switched_off_preferences", "preference_directions", "personal_matches",
    ]  # fmt: skip
    for table in tables:
        assert feedback_world.select(f"SELECT FROM {table}"), f"{table} is empty: this test shows nothing of it"
    owned = feedback_world.select(
        "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attname = 'profile_id' "
        "AND c.relkind = 'r' AND c.relnamespace = current_schema::regnamespace"
    )
    feedback_world.select("DELETE FROM profile_documents RETURNING profile_id")
    for table in {row["relname"] for row in owned}:
        assert feedback_world.select(f"SELECT FROM {table}") == [], table


def test_forgetting_leaves_nothing_but_the_person(feedback_world: FeedbackWorld) -> None:
    said = feedback_world.match("said", 0.5)
    feedback_world.say(said, 3, comment="no overtime")
    feedback_world.insert(
        "inference_cache", key=b"k", task="comment_rules", task_version="1", model="m", output="{}",
        owner=feedback_world.person,
    )  # fmt: skip
    carry_out(feedback_world.db, store.forget(feedback_world.person))
    for table in ("match_ratings", "match_rating_events", "comment_readings", "learned_preferences", "inference_cache"):
        assert feedback_world.select(f"SELECT FROM {table}") == [], table
    assert len(feedback_world.select("SELECT FROM profile_posting_matches")) == 1


def test_matches_that_come_or_change_later_are_judged_and_those_that_go_are_forgotten(
    feedback_world: FeedbackWorld,
) -> None:
    said = feedback_world.match("said", 0.5)
    feedback_world.say(said, comment="nur Berlin")
    late = feedback_world.match("late", 0.7, city="Hamburg")
    changed = carry_out(feedback_world.db, store.bring_up_to_date(feedback_world.person))
    assert changed == 1
    assert feedback_world.hidden()[late] == ["rule:only_place:Berlin"]
    assert carry_out(feedback_world.db, store.bring_up_to_date(feedback_world.person)) == 0
    feedback_world.rescore(late, 0.2)
    carry_out(feedback_world.db, store.bring_up_to_date(feedback_world.person))
    rows = feedback_world.select("SELECT score FROM personal_matches WHERE posting_id = %s", late)
    assert rows == [{"score": pytest.approx(0.2)}]
    feedback_world.select("DELETE FROM profile_posting_matches WHERE posting_id = %s RETURNING 1", late)
    feedback_world.say(said, 5)
    assert feedback_world.select("SELECT FROM personal_matches WHERE posting_id = %s", late) == []


def test_vectors_of_two_models_are_never_compared(feedback_world: FeedbackWorld) -> None:
    """The same titles under another model, of another width: each match goes by its own model's direction."""
    feedback_world.insert("calibrations", model="other", cosines=[0.0, 1.0], credits=[0.0, 1.0], pairs=1, version="1")
    liked = [feedback_world.match(f"liked {n}", 0.5, vector=[1, n / 20]) for n in range(6)]
    disliked = [feedback_world.match(f"disliked {n}", 0.5, vector=[n / 20, 1]) for n in range(6)]
    near, far = feedback_world.match("near", 0.5, vector=[1, 0.1]), feedback_world.match("far", 0.5, vector=[0.1, 1])
    # in the other model's space there is nothing rated: it has no direction, and moves nothing
    elsewhere = feedback_world.match("elsewhere", 0.5, vector=[1, 0, 0], model="other")
    for posting in liked:
        feedback_world.say(posting, 10)
    for posting in disliked:
        feedback_world.say(posting, 1)
    assert [row["model"] for row in feedback_world.select("SELECT model FROM preference_directions")] == ["fake"]
    rows = feedback_world.select("SELECT posting_id, adjustment FROM personal_matches")
    moved = {row["posting_id"]: row["adjustment"] for row in rows}
    assert moved[near] > 0 > moved[far]
    assert moved[elsewhere] == 0


def test_a_model_s_reading_of_a_comment_takes_the_patterns_place_until_the_comment_changes(
    feedback_world: FeedbackWorld,
) -> None:
    said = feedback_world.match("said", 0.5)
    feedback_world.say(said, comment="shifts are nothing for me")
    assert feedback_world.lessons() == {}
    rules = CommentRules(
        rules=[CommentRule(kind="no_condition", value="Shift work", quote="shifts are nothing for me")]
    )
    kept = store.keep_readings(
        feedback_world.person, [(said, "shifts are nothing for me", rules, 0)], model="llm", version="1-x"
    )
    carry_out(feedback_world.db, kept)
    assert list(feedback_world.lessons()) == ["rule:no_condition:Shift work"]
    feedback_world.say(said, 4)
    assert list(feedback_world.lessons()) == ["rule:no_condition:Shift work"], "the comment is the same"
    feedback_world.say(said, comment="nur Berlin")
    assert list(feedback_world.lessons()) == ["rule:only_place:Berlin"]
    stale = store.keep_readings(
        feedback_world.person, [(said, "shifts are nothing for me", rules, 0)], model="llm", version="1-x"
    )
    carry_out(feedback_world.db, stale)
    assert list(feedback_world.lessons()) == ["rule:only_place:Berlin"], "an answer to a comment that is no more"


def test_unknown_people_postings_and_empty_feedback_are_refused(feedback_world: FeedbackWorld) -> None:
    posting = feedback_world.match("said", 0.5)
    for person, which, message in (
        (uuid.uuid4(), posting, "no such profile"),
        (feedback_world.person, uuid.uuid4(), "no such posting"),
    ):
        with pytest.raises(store.NotThere, match=message):
            carry_out(feedback_world.db, store.rate(person, which, {"rating": 3}, now=NOW, source="t"))
    with pytest.raises(store.FeedbackError, match="got nothing"):
        feedback_world.say(posting, rating=None)
    with pytest.raises(store.NotThere, match="no feedback"):
        carry_out(feedback_world.db, store.take_back(feedback_world.person, posting, source="t"))
    assert feedback_world.select("SELECT FROM match_rating_events") == []


def test_ratings_that_were_taken_over_are_learned_from_with_thumbs_told_by_their_company(
    feedback_world: FeedbackWorld,
) -> None:
    posting = feedback_world.match("old", 0.5)
    other = feedback_world.match("other", 0.6)
    for which, rating in ((posting, 1), (other, -1)):
        feedback_world.insert(
            "match_ratings",
            profile_id=feedback_world.person,
            posting_id=which,
            rating=rating,
            rated_at=NOW,
            source="legacy",
        )
    rows = feedback_world.db.rows("opinions_of_person", profile_id=feedback_world.person)
    found = {opinion.posting_id: opinion.utility for opinion in store.opinions(rows, {})}
    assert found[posting] is not None
    assert found[posting] > 0 > (found[other] or 0)


def test_ratings_that_come_at_once_are_all_learned_from(feedback_world: FeedbackWorld) -> None:
    said = {
        feedback_world.match(f"p{n}", n / 10): comment
        for n, comment in enumerate(["no overtime", "no shift work", "no night shifts", "nur Berlin"])
    }
    together = threading.Barrier(len(said))
    failed: list[Exception] = []

    def say(posting: uuid.UUID, comment: str) -> None:
        together.wait()
        try:
            feedback_world.say(posting, comment=comment)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=say, args=told) for told in said.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(feedback_world.lessons()) == 4, "the last one has seen all of them"
