"""A reasoning model is asked for what title and rules leave open: in order of use, within the night, each text once."""

import datetime as dt
import uuid

import pytest
from occupation_world import DAY, ScriptedModel, World

from ty_assets.berufenet.store import description_evidence, occupation_index
from ty_assets.berufenet.task import OccupationVerdict
from ty_assets.berufenet.web import query_of
from ty_assets.occupation_readings.asset import occupation_readings
from ty_assets.occupation_readings.reading import occupations_to_read, read_occupations
from ty_assets.readings.store import Budget
from ty_resources.inference.errors import ServerBusy, ServerDown
from ty_resources.postgres import Row

TEXT = "Wir sind ein nettes Team.\n- Wände streichen und Möbel tragen"
YES = OccupationVerdict(verdict="yes", kldb="33212", quote="Wände streichen und Möbel tragen")
# Candidates are the title's, those that the text names, and those that its tasks are nearest to.
NAMES_PAINTER = f"{TEXT}\n- Freude an Malerarbeiten"


def ask(world: World, model: ScriptedModel) -> dict[str, object]:
    return world.run([occupation_readings], engine=model, embedded=world.engine)


def readings(world: World) -> list[Row]:
    return world.select(
        "SELECT posting_id, verdict, kldb, quote, with_web, model FROM occupation_readings ORDER BY verdict"
    )


def wanted(world: World, model: ScriptedModel, **options: object) -> list[uuid.UUID]:
    chosen = {"refine": "all", "best": 500, **options}
    version = occupation_index(world.db, world.engine).catalogue.version
    return [row["posting_id"] for row in occupations_to_read(world.db, model, version, [DAY], **chosen)]  # type: ignore[arg-type]


def test_a_yes_with_a_quote_becomes_the_row_and_nobody_is_asked_twice(world: World) -> None:
    posting = world.add("Anpacker", NAMES_PAINTER)
    clear = world.add("Koch", "Sie kochen.")
    world.map()
    assert world.of(posting)["decision"] != "accepted"
    model = ScriptedModel(Anpacker=YES)
    told = ask(world, model)
    assert (told["derived"], told["yes"], model.calls) == (1, 1, 1)
    assert world.map()["derived"] == 1
    row = world.of(posting)
    assert (row["decision"], row["method"], row["kldb"], row["quote"]) == ("accepted", "model", "33212", YES.quote)
    assert row["answered_by"] == "scripted-reasoning"
    assert world.of(clear)["method"] == "lookup"
    ask(world, model)
    assert (world.map()["derived"], model.calls) == (0, 1)


def test_a_no_leaves_none_and_an_uncertain_answer_leaves_the_row_as_it_is(world: World) -> None:
    refused, unclear = world.add("Anpacker eins", TEXT), world.add("Anpacker zwei", TEXT + "\n- Putzen")
    world.map()
    before = world.of(unclear)
    model = ScriptedModel(eins=OccupationVerdict(verdict="no", kldb=None, quote=None))
    told = ask(world, model)
    assert (told["no"], told["uncertain"]) == (1, 1)
    world.map()
    assert {name: world.of(refused)[name] for name in ("decision", "method", "kldb", "verdict")} == {
        "decision": "none", "method": "model", "kldb": None, "verdict": "no",
    }  # fmt: skip
    after = world.of(unclear)
    assert {**after, "input_hash": 0} == {**before, "input_hash": 0}


@pytest.mark.parametrize(
    "claim",
    [
        OccupationVerdict(verdict="yes", kldb="33212", quote="Häuser bauen"),
        OccupationVerdict(verdict="yes", kldb="01104", quote=YES.quote),
    ],
)
def test_a_claim_without_evidence_is_removed_and_counted(world: World, claim: OccupationVerdict) -> None:
    world.add("Anpacker", NAMES_PAINTER)
    world.map()
    told = ask(world, ScriptedModel(Anpacker=claim))
    assert (told["yes"], told["uncertain"], told["removed claims"]) == (0, 1, 1)
    assert [row["verdict"] for row in readings(world)] == ["uncertain"]


def test_equal_titles_with_equal_texts_cost_one_call_and_a_changed_text_another(world: World) -> None:
    postings = [world.add("Anpacker", NAMES_PAINTER, employer=f"Betrieb {n}") for n in range(3)]
    world.map()
    model = ScriptedModel(Anpacker=YES)
    assert (ask(world, model)["derived"], model.calls) == (3, 1)
    world.map()
    world.rewrite(postings[0], TEXT)
    world.map()
    assert world.of(postings[0])["decision"] != "accepted", "a reading is of the very text"
    assert ask(world, model)["derived"] == 1
    assert model.calls == 2


def test_what_is_in_use_comes_first_and_what_nobody_needs_is_left(world: World) -> None:
    first, second, third = (world.add(f"Anpacker {n}", f"{TEXT} {n}") for n in range(3))
    world.map()
    person = uuid.uuid4()
    world.execute(
        "INSERT INTO profile_documents (profile_id, bucket, format, origin, document) VALUES (%s, 1, 'x', 'x', '{}')",
        person,
    )
    world.execute(
        "INSERT INTO profiles (profile_id, bucket, headline, summary, language, input_hash, task_version)"
        " VALUES (%s, 1, '', '', 'de', '', '')",
        person,
    )
    for posting, score in ((second, 0.5), (third, 0.9)):
        world.execute(
            "INSERT INTO profile_posting_matches (profile_id, posting_id, day, score, tier, passed_gates, basis,"
            " matched, missing, model, task_version, input_hash)"
            " VALUES (%s, %s, %s, %s, '', true, '', '[]', '[]', '', '', '')",
            person, posting, DAY, score,
        )  # fmt: skip
    model = ScriptedModel()
    assert wanted(world, model, refine="used") == [third, second]
    assert wanted(world, model, refine="used", best=1) == [third]
    world.db.execute("request_reading", posting_id=first)
    assert wanted(world, model, refine="used") == [first, third, second]


def test_the_night_s_hours_end_the_asking_and_the_rest_waits(world: World) -> None:
    for n in range(12):
        world.add(f"Anpacker {n}", f"{TEXT} {n}")
    world.map()
    model, seconds = ScriptedModel(), iter(range(10_000))
    index = occupation_index(world.db, world.engine)
    rows = occupations_to_read(world.db, model, index.catalogue.version, [DAY], refine="all", best=500)
    budget = Budget(hours=6 / 3600, now=dt.datetime(2026, 3, 2, 23))
    report = read_occupations(
        world.db, model, index, description_evidence(world.db, world.engine), rows, budget, max_attempts=5,
        clock=lambda: float(next(seconds)),
    )  # fmt: skip
    assert 0 < report.derived < 12
    assert report.remaining == 12 - report.derived == len(wanted(world, model))
    assert budget.left(world.db) == 0


def test_a_posting_that_the_model_cannot_answer_fails_alone_and_waits(world: World) -> None:
    bad, good = world.add("Anpacker eins", TEXT), world.add("Anpacker zwei", TEXT)
    world.map()
    model = ScriptedModel(eins=ValueError("no JSON"))
    told = ask(world, model)
    assert (told["failed"], told["derived"]) == (1, 1)
    assert [row["posting_id"] for row in readings(world)] == [good]
    assert wanted(world, model) == [], "its next try is in a minute"
    world.execute("UPDATE failures SET next_try_at = now() - interval '1 second'")
    assert wanted(world, model) == [bad]


@pytest.mark.parametrize("error", [ServerDown("nobody answers"), ServerBusy("come back later")])
def test_no_posting_is_to_blame_for_a_server(world: World, error: Exception) -> None:
    for n in range(20):
        world.add(f"Anpacker {n}", f"{TEXT} {n}")
    world.map()

    class Away(ScriptedModel):
        def run_each(self, task, items, lane="background"):  # type: ignore[no-untyped-def]
            if isinstance(error, ServerDown):
                raise error
            return super().run_each(task, items, lane)

    with pytest.raises(type(error)):
        ask(world, Away(Anpacker=error))
    assert world.select("SELECT * FROM failures") == []
    assert world.map()["derived"] == 0, "the rules' rows stay"


def test_what_a_model_is_uncertain_of_is_asked_again_with_what_the_web_says(world: World) -> None:
    posting = world.add("Wareneule", "Wir sind ein nettes Team.")
    world.map()
    model = ScriptedModel()
    ask(world, model)
    assert (wanted(world, model), model.calls) == ([], 1)
    found = '[{"title": "Berufsbild", "text": "Eine Wareneule ist ein Kommissionierer der Nacht", "url": ""}]'
    world.execute("INSERT INTO web_searches (query, snippets) VALUES (%s, %s)", query_of("Wareneule"), found)
    assert wanted(world, model) == [posting]
    ask(world, model)
    assert "search_results" in model.asked[-1]
    assert "search_results" not in model.asked[0]
    assert [row["with_web"] for row in readings(world)] == [True]
    assert wanted(world, model) == []


def test_the_embedded_engine_asks_nobody(world: World) -> None:
    world.add("Anpacker", TEXT)
    world.map()
    told = world.run([occupation_readings], engine=world.engine, embedded=world.engine)
    assert (told["postings"], readings(world)) == (0, [])
