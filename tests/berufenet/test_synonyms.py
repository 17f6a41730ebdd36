"""Titles become synonyms by two independent observations, and stop being some when one contradicts."""

import uuid

import pytest
from occupation_world import World

from ty_assets.berufenet.catalogue import starter_catalogue
from ty_assets.berufenet.decisions import Decisions, confirm, reject
from ty_assets.berufenet.store import catalogue_in_use, load_catalogue, store_catalogue
from ty_assets.berufenet.synonyms import Observation, confirmed_by, independent, withdrawn

TITLE = "Wandgestalter für Altbauten"


def observation(number: int, **changes: object) -> Observation:
    fields: dict[str, object] = {
        "posting_id": uuid.UUID(int=number), "title": TITLE, "kldb": "33212", "title_kldb": "33212",
        "evidence": "description" if number % 2 else "hint", "employer": f"Betrieb {number}",
        "text_hash": bytes([number]), "quote": f"Satz {number}" if number % 2 else None,
    }  # fmt: skip
    return Observation(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "same",
    [
        {"employer": "BETRIEB 1"},
        {"evidence": "description"},
        {"text_hash": bytes([1])},
        {"evidence": "model", "quote": "satz 1!"},
    ],
)
def test_one_employer_one_evidence_or_one_text_twice_is_one_observation(same: dict[str, object]) -> None:
    first = observation(1)
    assert independent(first, observation(2))
    assert not independent(first, observation(2, **same))
    assert confirmed_by([first, observation(2, **same)]) == {}


def test_two_independent_observations_confirm_a_title_however_it_is_spelt() -> None:
    found = confirmed_by([observation(1), observation(2, title=f"{TITLE} (m/w/d)")])
    ((key, synonym),) = found.items()
    assert (key, synonym.kldb) == ("wandgestalterfueraltbauten", "33212")
    assert synonym.evidence == (uuid.UUID(int=1), uuid.UUID(int=2))


@pytest.mark.parametrize(
    "third",
    [
        {"kldb": "32122"},  # the title is used for other work as well
        {"title_kldb": "32122"},  # the title by itself is nearer to another occupation
    ],
)
def test_disagreement_confirms_nothing(third: dict[str, object]) -> None:
    assert confirmed_by([observation(1), observation(2), observation(3, **third)]) == {}


def test_a_vague_title_is_no_synonym_of_what_its_descriptions_say() -> None:
    seen = [observation(n, title="Mitarbeiter im Handwerk", title_kldb=None) for n in (1, 2)]
    assert confirmed_by(seen) == {}, "nobody knows that the title itself says so"


@pytest.mark.parametrize(
    ("seen", "known", "decisions", "reason"),
    [
        ([observation(3, kldb="32122")], [], Decisions(), "observed as 32122"),
        ([], ["wandgestalterfueraltbauten"], Decisions(), "the catalogue has the title"),
        ([], [], Decisions(rejected={"wandgestalterfueraltbauten": frozenset({"33212"})}), "an editor has rejected it"),
        ([], [], Decisions(confirmed={"wandgestalterfueraltbauten": ("32122", "x")}), "an editor has confirmed 32122"),
    ],
)
def test_what_contradicts_a_synonym_withdraws_it_with_the_reason(
    seen: list[Observation], known: list[str], decisions: Decisions, reason: str
) -> None:
    in_force = [("wandgestalterfueraltbauten", "33212")]
    assert withdrawn(in_force, [observation(1), observation(2)], [], Decisions()) == {}
    assert withdrawn(in_force, [observation(1), *seen], known, decisions) == {"wandgestalterfueraltbauten": reason}


def observe(world: World, **changes: object) -> uuid.UUID:
    """A posting of TITLE, mapped by evidence that is not the dictionary's."""
    posting = world.add(TITLE, f"Text {uuid.uuid4()}", employer=str(changes.pop("employer", uuid.uuid4())))
    row = {"method": "description", "kldb": "33212", "title_kldb": "33212", "quote": str(uuid.uuid4()), **changes}
    world.execute(
        "INSERT INTO posting_professions (posting_id, decision, method, kldb, title_kldb, quote, model, task_version,"
        " input_hash) VALUES (%s, 'accepted', %s, %s, %s, %s, '', '', '')",
        posting, row["method"], row["kldb"], row["title_kldb"], row["quote"],
    )  # fmt: skip
    return posting


def test_a_synonym_outlives_imports_and_runs_and_is_no_observation_of_itself(world: World) -> None:
    observe(world)
    observe(world, method="hint", title_kldb=None, quote=None)
    before = load_catalogue(world.db).version
    told = world.renew_catalogue()
    assert (told["synonyms confirmed"], told["observations"]) == (1, 2)
    version = catalogue_in_use(world.db).version
    assert version != before == load_catalogue(world.db).version

    new = world.add(f"{TITLE} (m/w/d) in Ulm", "Wir sind nett.", employer="ein dritter")
    world.map()
    row = world.of(new)
    assert (row["decision"], row["method"], row["kldb"]) == ("accepted", "lookup", "33212")
    assert {r["method"] for r in world.select("SELECT method FROM posting_professions")} == {"lookup"}
    told = world.renew_catalogue()
    assert (told["observations"], told["synonyms confirmed"], told["synonyms in force"]) == (2, 0, 1)

    store_catalogue(world.db, starter_catalogue())
    assert catalogue_in_use(world.db).version == version
    assert world.map()["derived"] == 0
    # What was confirmed is not written into the imported catalogue.
    assert all(row["title"] != TITLE for row in world.db.rows("occupation_synonyms"))


def test_a_description_that_names_another_occupation_overrules_a_synonym_and_withdraws_it(world: World) -> None:
    observe(world)
    observe(world, method="hint", title_kldb=None, quote=None)
    world.renew_catalogue()
    other = world.add(TITLE, "Wir suchen einen Maurer (m/w/d).\n- Wände mauern", employer="ein dritter")
    world.map()
    assert (world.of(other)["method"], world.of(other)["kldb"]) == ("description", "32122")
    told = world.renew_catalogue()
    assert (told["synonyms withdrawn"], told["synonyms in force"]) == (1, 0)
    (row,) = world.select("SELECT reason, withdrawn_at IS NOT NULL AS gone FROM confirmed_synonyms")
    assert row == {"reason": "observed as 32122", "gone": True}
    assert catalogue_in_use(world.db).version == load_catalogue(world.db).version
    assert world.renew_catalogue()["synonyms confirmed"] == 0, "it does not come back by itself"


def test_a_source_s_own_label_contradicts_a_synonym_as_well(world: World) -> None:
    observe(world)
    observe(world, method="hint", title_kldb=None, quote=None)
    world.renew_catalogue()
    world.add(TITLE, "Wir sind nett.", employer="ein dritter", hint="Maurer/in")
    world.map()
    assert world.renew_catalogue()["synonyms withdrawn"] == 1


def test_a_title_that_the_catalogue_has_is_never_confirmed(world: World) -> None:
    posting = observe(world)
    observe(world, method="hint", title_kldb=None, quote=None)
    world.execute("UPDATE postings SET title = 'Koch'")
    assert world.renew_catalogue()["synonyms confirmed"] == 0
    assert world.of(posting)["kldb"] == "33212"


def test_an_editor_s_rejection_withdraws_and_a_confirmation_needs_no_synonym(world: World) -> None:
    observe(world)
    observe(world, method="hint", title_kldb=None, quote=None)
    assert world.renew_catalogue()["synonyms in force"] == 1
    reject(world.db, TITLE, "33212", "ada")
    assert world.renew_catalogue()["synonyms in force"] == 0
    confirm(world.db, TITLE, "33212", "ada")
    assert world.renew_catalogue()["synonyms in force"] == 0
