"""An editor's word wins over everything, outlives imports and runs, and can be taken back."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
import typer
from occupation_world import ScriptedModel, World
from rich.console import Console
from typer.testing import CliRunner

from ty_assets.berufenet.candidates import TitleItem
from ty_assets.berufenet.catalogue import CatalogueError, starter_catalogue
from ty_assets.berufenet.decisions import confirm, load_decisions, reject, title_key, undo
from ty_assets.berufenet.review import open_cases
from ty_assets.berufenet.store import occupation_index, private_index, store_catalogue
from ty_assets.occupation_readings.reading import occupations_to_read
from ty_jobs import catalogue_commands
from ty_resources.settings import settings

app = typer.Typer()
for name in ("review", "confirm", "reject", "undo"):
    app.command(name)(getattr(catalogue_commands, f"catalogue_{name}"))

PAINTER = "Wir suchen einen Maler (m/w/d).\n- Wände streichen"


@pytest.fixture
def shell(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`ty catalogue` over the world's database: what it prints; raises what it raises."""
    monkeypatch.setenv("TY_POSTGRES_URL", world.db.url)
    settings.cache_clear()

    def run(*arguments: str, keys: str = "", code: int = 0) -> str:
        done = CliRunner().invoke(app, list(arguments), input=keys)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_a_confirmed_title_outlives_an_import_and_every_run(world: World) -> None:
    posting = world.add("Mitarbeiter im Handwerk (m/w/d)", PAINTER, hint="Dachdecker/in")
    other = world.add("MITARBEITER im Handwerk, Vollzeit", "Wir sind nett.")
    world.map()
    assert world.of(posting)["method"] == "hint"
    confirm(world.db, "mitarbeiter im  Handwerk", "32122", "ada")
    assert world.map()["derived"] == 2, "the rows of the title, and no others"
    for one in (posting, other):
        row = world.of(one)
        assert (row["decision"], row["method"], row["kldb"], row["score"]) == ("accepted", "editor", "32122", 1.0)
        assert row["answered_by"] == "ada"
    store_catalogue(world.db, starter_catalogue())
    world.renew_catalogue()
    assert world.map()["derived"] == 0
    assert world.of(other)["method"] == "editor"
    (row,) = world.select("SELECT decided_by, decided_at IS NOT NULL AS at FROM occupation_decisions")
    assert row == {"decided_by": "ada", "at": True}
    assert world.renew_catalogue()["observations"] == 0, "an editor's word is no observation"


def test_a_label_of_the_catalogue_gives_way_to_an_editor(world: World) -> None:
    posting = world.add("Koch", "Sie kochen.")
    confirm(world.db, "Koch", "29301", "ada")
    world.map()
    assert world.of(posting)["kldb"] == "29301"


def test_a_rejected_code_is_never_accepted_for_the_title_again(world: World) -> None:
    described = world.add("Mitarbeiter im Handwerk", PAINTER)
    labelled = world.add("Koch", "Sie kochen.")
    hinted = world.add("Mitarbeiter am Bau", "Sie packen an.", hint="Maurer/in")
    for title, code in (("Mitarbeiter im Handwerk", "33212"), ("Koch", "29302"), ("Mitarbeiter am Bau", "32122")):
        reject(world.db, title, code, "ada")
    world.map()
    store_catalogue(world.db, starter_catalogue())
    world.map()
    for posting, code in ((described, "33212"), (labelled, "29302"), (hinted, "32122")):
        row = world.of(posting)
        assert row["decision"] != "accepted" or row["kldb"] != code
        assert row["kldb"] != code
        assert code not in {runner["kldb"] for runner in row["runner_ups"]}


def test_a_later_word_replaces_an_earlier_one_and_undone_ones_are_kept(world: World) -> None:
    world.map()  # installs the starter catalogue
    reject(world.db, "Wareneule", "51312", "ada")
    confirm(world.db, "Wareneule (m/w/d)", "51312", "bea")
    assert load_decisions(world.db).rejected == {}
    confirm(world.db, "WARENEULE", "51311", "cyd")
    key = title_key("Wareneule")
    assert load_decisions(world.db).confirmed == {key: ("51311", "cyd")}
    reject(world.db, "Wareneule", "51311", "dot")
    assert load_decisions(world.db).confirmed == {}
    assert load_decisions(world.db).rejected == {key: frozenset({"51311"})}
    assert undo(world.db, "wareneule", "eve") == 1
    assert undo(world.db, "wareneule", "eve") == 0
    rows = world.select("SELECT decided_by, undone_by FROM occupation_decisions ORDER BY decision_id")
    assert [(row["decided_by"], row["undone_by"]) for row in rows] == [
        ("ada", "bea"), ("bea", "cyd"), ("cyd", "dot"), ("dot", "eve"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "code", "message"), [("Wareneule", "99999", "KldB"), ("Wareneule", "x", "KldB"), ("!!", "51312", "title")]
)
def test_a_code_or_title_that_cannot_be_is_refused(world: World, title: str, code: str, message: str) -> None:
    for decide in (confirm, reject):
        with pytest.raises(CatalogueError, match=message):
            decide(world.db, title, code, "ada")
    assert world.select("SELECT * FROM occupation_decisions") == []


def test_a_code_that_the_catalogue_has_dropped_leaves_the_title_to_nobody_else(world: World) -> None:
    posting = world.add("Koch", "Sie kochen.")
    confirm(world.db, "Koch", "29301", "ada")
    starter = starter_catalogue()
    kept = tuple(o for o in starter.occupations if o.kldb != "29301")
    store_catalogue(world.db, type(starter)(kept, "shorter"))
    world.map()
    assert (world.of(posting)["decision"], world.of(posting)["method"]) == ("none", "editor")


def test_nobody_asks_a_model_what_an_editor_has_decided(world: World) -> None:
    world.add("Anpacker", "Wir sind nett.")
    world.map()
    model = ScriptedModel()
    version = occupation_index(world.db, world.engine).catalogue.version
    days = [row["first_seen_on"] for row in world.select("SELECT first_seen_on FROM postings")]
    assert len(occupations_to_read(world.db, model, version, days, refine="all", best=1)) == 1
    confirm(world.db, "Anpacker", "33212", "ada")
    assert occupations_to_read(world.db, model, version, days, refine="all", best=1) == []
    world.map()
    assert occupations_to_read(world.db, model, version, days, refine="all", best=1) == []


def test_cases_are_in_the_order_of_their_postings_with_spellings_together(world: World) -> None:
    world.add("Zupacker", "Wir sind nett.")
    for n in range(3):
        world.add(
            "Anpacker (m/w/d)" if n else "Anpacker", f"Wir suchen Maler, Maurer und Dachdecker. {n}", employer=f"B{n}"
        )
    world.add("Koch", "Sie kochen.")
    world.map()
    first, second = open_cases(world.db, 10)
    assert (first.postings, second.postings) == (3, 1)
    assert title_key(first.title) == "anpacker"
    assert 1 <= len(first.candidates) <= 5
    assert {"posting_id", "title", "employer", "city", "description"} == set(first.examples[0])
    code = first.candidates[0]["kldb"]
    reject(world.db, "Anpacker", code, "ada")
    assert code not in {one["kldb"] for one in open_cases(world.db, 1)[0].candidates}
    confirm(world.db, "Anpacker", code, "ada")
    assert [case.title for case in open_cases(world.db, 10)] == ["Zupacker"]


def test_the_shell_lists_confirms_rejects_and_undoes(world: World, shell: Callable[..., str]) -> None:
    posting = world.add("Anpacker", "Wir suchen Maler, Maurer und Dachdecker.")
    world.map()
    assert "Anpacker" in shell("review")
    (case,) = json.loads(shell("review", "--json", "--limit", "5"))
    assert (case["title"], case["postings"]) == ("Anpacker", 1)
    told = shell("confirm", "Anpacker", "33212", "--by", "ada")
    assert "ty run --days 2026-03-02..2026-03-02 --select berufenet_mapping" in " ".join(told.split())
    assert "Every title has an accepted occupation" in shell("review")
    world.map()
    assert world.of(posting)["method"] == "editor"
    shell("undo", "anpacker (m/w/d)")
    assert "nothing is decided" in shell("undo", "Anpacker", code=1)
    shell("reject", "Anpacker", "33212")
    assert load_decisions(world.db).rejected == {"anpacker": frozenset({"33212"})}
    with pytest.raises(CatalogueError):
        shell("confirm", "Anpacker", "99999")


def test_keys_decide_one_case_after_the_other(world: World, shell: Callable[..., str]) -> None:
    for number, title in enumerate(("Anpacker", "Zupacker", "Draufgänger", "Tausendsassa")):
        for copy in range(4 - number):
            world.add(title, f"Wir suchen Maler, Maurer und Dachdecker. {copy}")
    world.map()
    cases = {case.title: [one["kldb"] for one in case.candidates] for case in open_cases(world.db, 10)}
    told = shell("review", "-i", "--by", "ada", keys="x1sn q")
    assert "4 of 4" in told
    decided = load_decisions(world.db)
    assert decided.confirmed == {"anpacker": (cases["Anpacker"][0], "ada")}
    assert decided.rejected == {"draufgaenger": frozenset(cases["Draufgänger"])}
    assert "ty run --days" in told


def test_a_terminal_that_is_gone_ends_the_review(world: World) -> None:
    world.add("Anpacker", "Wir sind nett.")
    world.map()
    console = Console(file=StringIO())
    assert catalogue_commands.review(world.db, console, open_cases(world.db, 5), "ada", lambda: "\x04") == []


def test_people_s_titles_are_mapped_with_the_same_catalogue_and_nothing_of_them_is_kept(world: World) -> None:
    world.map()
    index = private_index(occupation_index(world.db, world.engine), world.engine)
    before = world.select("SELECT count(*) AS n FROM embeddings")
    (mapping,) = index.decide([TitleItem(title="Koch")])
    assert mapping.kldb == "29302"
    index.decide([TitleItem(title="Wareneule der ersten Stunde")])
    assert world.select("SELECT count(*) AS n FROM embeddings") == before
