"""The assets of feedback over a real database: facts of advertisements, and the order of who has said something."""

import datetime as dt

import dagster as dg
from feedback_world import DAY, NOW, FeedbackWorld

from ty_assets.feedback.asset import personal_matches, posting_facts


def run(world: FeedbackWorld, asset: dg.AssetsDefinition) -> dict[str, object]:
    done = dg.materialize([asset], partition_key=DAY.isoformat(), resources={"db": world.db})
    assert done.success
    (event,) = done.asset_materializations_for_node(asset.key.to_user_string())
    return {name: value.value for name, value in event.metadata.items()}


def test_advertisements_are_read_once_and_again_when_their_text_changes(feedback_world: FeedbackWorld) -> None:
    posting = feedback_world.match("hybrid", 0.5, description="38 Stunden pro Woche, zwei Tage Homeoffice.")
    feedback_world.match("silent", 0.5)
    assert run(feedback_world, posting_facts)["read"] == 2
    (row,) = feedback_world.select("SELECT * FROM posting_facts WHERE posting_id = %s", posting)
    assert (row["hours"], row["office_days"]) == (38, 3)
    assert run(feedback_world, posting_facts)["read"] == 0
    feedback_world.select(
        "UPDATE postings SET description = %s, content_hash = %s WHERE posting_id = %s RETURNING 1",
        "Nur vor Ort.", b"other", posting,
    )  # fmt: skip
    assert run(feedback_world, posting_facts)["read"] == 1
    (row,) = feedback_world.select("SELECT office_days FROM posting_facts WHERE posting_id = %s", posting)
    assert row["office_days"] == 5


def test_a_new_day_is_judged_for_who_has_feedback_and_nobody_else_has_rows(feedback_world: FeedbackWorld) -> None:
    other = feedback_world.add_person("Bo")
    said = feedback_world.match("said", 0.5)
    feedback_world.say(said, comment="nur Berlin")
    late = feedback_world.match("late", 0.7, city="Hamburg")
    feedback_world.rescore(late, 0.7, person=other)
    told = run(feedback_world, personal_matches)
    assert (told["people with feedback"], told["changed"]) == (1, 1)
    assert late in feedback_world.hidden()
    assert feedback_world.select("SELECT FROM personal_matches WHERE profile_id = %s", other) == []
    assert run(feedback_world, personal_matches)["changed"] == 0


def test_ratings_that_were_taken_over_are_learned_from_by_the_next_run(feedback_world: FeedbackWorld) -> None:
    said = feedback_world.match("said", 0.5)
    hamburg = feedback_world.match("late", 0.7, city="Hamburg")
    feedback_world.insert(
        "match_ratings", profile_id=feedback_world.person, posting_id=said, rating=3, comment="nur Berlin",
        rated_at=NOW - dt.timedelta(days=300), source="legacy",
    )  # fmt: skip
    assert run(feedback_world, personal_matches)["learned anew"] == 1
    assert set(feedback_world.hidden()) == {said, hamburg}
    assert run(feedback_world, personal_matches)["learned anew"] == 0


def test_a_day_without_postings_is_no_error(feedback_world: FeedbackWorld) -> None:
    for asset in (posting_facts, personal_matches):
        assert run(feedback_world, asset)["dagster/row_count"] == 0
