"""The whole mapping of a day through its asset: which evidence decides, what is stale, what stays open."""

import pytest
from occupation_world import DAY, World

from ty_assets.berufenet.checks import check_mapping
from ty_resources.settings import settings

PAINTER = "Wir renovieren Wohnungen.\nWir suchen einen Maler (m/w/d).\n- Streichen und Tapezieren von Wänden"


def test_a_vague_title_is_decided_by_its_description_and_says_by_which_words(world: World) -> None:
    vague = world.add("Mitarbeiter im Handwerk", PAINTER)
    plain = world.add("Koch (m/w/d)", "Sie kochen.")
    hinted = world.add("Mitarbeiter im Handwerk", PAINTER + " ", hint="Maurer/in")
    told = world.map()
    row = world.of(vague)
    assert (row["decision"], row["method"], row["kldb"], row["verdict"]) == (
        "accepted", "description", "33212", "yes",
    )  # fmt: skip
    assert row["quote"] == "suchen einen Maler (m/w/d)"
    assert row["answered_by"] == "embedded-rules"
    assert "Maler" in row["name"]
    assert row["berufenet_id"]
    assert [world.of(one)["method"] for one in (plain, hinted)] == ["lookup", "hint"]
    assert world.of(plain)["quote"] is None
    assert {name: told[name] for name in told if name.startswith("accepted by")} == {
        "accepted by description": 1, "accepted by hint": 1, "accepted by lookup": 1,
    }  # fmt: skip
    assert all(check.passed for check in check_mapping(world.db, [DAY]))


def test_what_nothing_decides_stays_open_and_offers_what_the_text_names(world: World) -> None:
    several = world.add("Handwerker verschiedener Gewerke", "Wir suchen Maler, Elektriker und Dachdecker.")
    nothing = world.add("Komm zu uns", "Wir sind ein nettes Team.")
    world.map()
    row = world.of(several)
    assert (row["decision"] == "accepted", row["verdict"], row["quote"]) == (False, "uncertain", None)
    assert {"33212", "32142"} & {runner["kldb"] for runner in row["runner_ups"]}
    assert len(row["runner_ups"]) <= 5
    assert world.of(nothing)["decision"] != "accepted"


def test_an_unchanged_day_is_not_touched_and_a_changed_description_renews_its_row(world: World) -> None:
    posting = world.add("Mitarbeiter im Handwerk", PAINTER)
    other = world.add("Koch", "Sie kochen.")
    world.map()
    calls = world.engine.calls
    assert world.map()["derived"] == 0
    assert world.engine.calls == calls
    world.rewrite(posting, "Wir suchen einen Dachdecker.\n- Dächer decken")
    assert world.map()["derived"] == 1
    assert world.of(posting)["kldb"] == "32142"
    assert world.of(other)["kldb"] == "29302"


def test_a_quote_that_is_not_in_its_posting_is_found_by_the_check(world: World) -> None:
    posting = world.add("Mitarbeiter im Handwerk", PAINTER)
    world.map()
    world.execute("UPDATE posting_professions SET quote = 'Dächer decken' WHERE posting_id = %s", posting)
    (check,) = [c for c in check_mapping(world.db, [DAY]) if c.check_name == "occupations_quote_their_posting"]
    assert not check.passed


def test_descriptions_of_titles_that_are_clear_are_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add("Koch", "Sie kochen.")
    world.map()  # the catalogue is made ready
    world.add("Bäcker", "Sie backen.")
    encoded = world.engine.encoded
    assert world.map()["derived"] == 1
    assert world.engine.encoded == encoded
    assert settings().web_search_url is None
