from collections import Counter
from pathlib import Path

import pytest

from ty_assets.berufenet.catalogue import (
    Catalogue,
    CatalogueError,
    read_catalogue,
    read_synonyms,
    starter_catalogue,
)
from ty_assets.berufenet.labels import match_key

HEADER = "id,kind,name,short_name,kldb,level\n"
BAKER = "3623,t,Bäcker/Bäckerin,Bäcker/in,29222,2\n"
COOK = "3722,t,Koch/Köchin,Koch/Köchin,29302,2\n"


def test_the_starter_has_the_breadth_of_the_labour_market() -> None:
    occupations = starter_catalogue().occupations
    assert len(occupations) >= 420
    assert len({o.kldb[:2] for o in occupations}) == 37  # every main group of the KldB 2010
    assert {o.level for o in occupations} == {1, 2, 3, 4}


def test_no_starter_row_contradicts_itself() -> None:
    occupations = starter_catalogue().occupations
    assert len({o.berufenet_id for o in occupations}) == len(occupations)
    assert len({o.short_name for o in occupations}) == len(occupations)
    for occupation in occupations:
        assert len(occupation.kldb) == 5
        assert occupation.kldb.isdigit()
        assert occupation.level == int(occupation.kldb[4])
        assert occupation.name
        assert len(occupation.synonyms) >= 2, occupation.short_name


def test_a_starter_synonym_belongs_to_one_occupation_and_is_no_other_occupations_label() -> None:
    catalogue = starter_catalogue()
    titles = Counter(match_key(title) for title, _ in catalogue.titles())
    assert [title for title, count in titles.items() if count > 1] == []
    labels = {match_key(key): {o.kldb for o in group} for key, group in catalogue.labels.items()}
    contradicting = [t for t, kldb in catalogue.titles() if kldb not in labels.get(match_key(t), {kldb})]
    assert contradicting == []


@pytest.mark.parametrize(
    ("title", "kldb"),
    [
        ("registered nurse", "81302"),
        ("krankenschwester", "81302"),
        ("altenpflegerin", "82102"),
        ("lkw-fahrer", "52122"),
        ("data engineer", "43104"),
        ("lagerhelfer", "51311"),
        ("grundschullehrer", "84114"),
        ("steuerberaterin", "72304"),
    ],
)
def test_the_starter_knows_what_people_post(title: str, kldb: str) -> None:
    catalogue = starter_catalogue()
    labelled = {o.kldb for o in catalogue.labels.get(title, ())}
    assert kldb in labelled | set(catalogue.synonyms.get(title, ()))


def test_a_full_catalogue_needs_no_synonyms() -> None:
    catalogue = read_catalogue(HEADER + BAKER + COOK)
    assert [o.berufenet_id for o in catalogue.occupations] == [3623, 3722]
    assert catalogue.labels["köchin"][0].kldb == "29302"
    assert catalogue.synonyms == {}


def test_a_file_is_read_whatever_begins_it(tmp_path: Path) -> None:
    file = tmp_path / "occupations.csv"
    file.write_text(HEADER + BAKER, "utf-8-sig")
    assert read_catalogue(file).origin == "occupations.csv"
    assert read_catalogue(str(file)).occupations[0].name == "Bäcker/Bäckerin"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEADER + BAKER.replace("29222", "2922"), ["line 2, column kldb", "five digits", "leading zero", "'2922'"]),
        (HEADER + BAKER.replace("29222", "29229"), ["line 2, column kldb", "level 1 to 4", "'29229'"]),
        (HEADER + BAKER + COOK + BAKER, ["line 4, column id", "not used before (line 2)", "'3623'"]),
        (HEADER + BAKER.replace("3623", "x"), ["line 2, column id", "positive whole number", "'x'"]),
        (HEADER + BAKER.replace(",t,", ",z,"), ["line 2, column kind", "'z'"]),
        (HEADER + BAKER.replace(",2\n", ",3\n"), ["line 2, column level", "expected 2", "'3'"]),
        (HEADER + BAKER.replace("Bäcker/Bäckerin", " "), ["line 2, column name", "a text"]),
        (HEADER + BAKER.replace(",2\n", "\n"), ["line 2", "expected 6 fields, got 5"]),
        (HEADER + BAKER.replace(",2\n", ",2,,\n"), ["line 2", "expected 6 fields, got 8"]),
        ("id;name\n1;Koch\n", ["line 1", "separated by commas", "id;name"]),
        (HEADER, ["at least one occupation"]),
        (HEADER + '3623,t,"Bäcker\n', ["expected CSV"]),
    ],
)
def test_an_error_says_where_what_was_expected_and_what_came(text: str, told: list[str]) -> None:
    with pytest.raises(CatalogueError) as error:
        read_catalogue(text)
    for part in told:
        assert part in str(error.value)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes((HEADER + BAKER).encode("latin-1"))
    with pytest.raises(CatalogueError, match=r"latin\.csv: expected UTF-8, got byte 0xe4"):
        read_catalogue(file)


def test_synonyms_for_codes_without_an_occupation_are_left_out() -> None:
    catalogue = read_catalogue(HEADER + BAKER)
    pairs = read_synonyms("title,kldb\nBrotmeister,29222\nSmutje,29302\n")
    assert list(catalogue.with_synonyms(pairs).titles()) == [("Brotmeister", "29222")]


def test_the_version_follows_the_content_not_the_order() -> None:
    one = read_catalogue(HEADER + BAKER + COOK)
    other = read_catalogue(HEADER + COOK + BAKER)
    assert one.version == other.version
    assert one.version != one.with_synonyms([("Smutje", "29302")]).version
    assert one.version != Catalogue(one.occupations[:1], one.origin).version
