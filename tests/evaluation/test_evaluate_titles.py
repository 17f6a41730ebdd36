"""`ty evaluate titles`: figures known by hand, titles that never find themselves, and noise that costs little."""

from pathlib import Path

import pytest

from ty_assets.berufenet.candidates import OccupationIndex, TitleItem
from ty_assets.berufenet.catalogue import CatalogueError, starter_catalogue
from ty_jobs.evaluation.title_noise import noisy
from ty_jobs.evaluation.titles import evaluate_titles
from ty_resources.inference.embedded import EmbeddedEngine

HEADER = "id,kind,name,short_name,kldb,level\n"


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


def test_figures_are_shares_of_the_titles(engine: EmbeddedEngine, tmp_path: Path) -> None:
    file = tmp_path / "titles.csv"
    file.write_text(
        "title,kldb\nKoch (m/w/d),29302\nTischler,22342\nTischler in Hagen,29302\nxyzzy qwop,29302\n", "utf-8"
    )
    told = evaluate_titles(file, engine)
    assert told.figures["n"] == 4
    assert told.figures["top1"] == 0.5
    assert told.figures["mapped_share"] == 0.75
    assert told.figures["mapped_precision"] == pytest.approx(2 / 3, abs=1e-3)
    assert {mistake.text for mistake in told.mistakes} == {"Tischler in Hagen", "xyzzy qwop"}
    assert sum(one.count for one in told.classes) == 4


def test_a_title_of_the_file_is_no_synonym_whatever_its_spelling(engine: EmbeddedEngine, tmp_path: Path) -> None:
    catalogue, synonyms, file = tmp_path / "catalogue.csv", tmp_path / "synonyms.csv", tmp_path / "titles.csv"
    catalogue.write_text(
        f"{HEADER}1,t,Koch/Köchin,Koch/Köchin,29302,2\n2,t,Bäcker/Bäckerin,Bäcker/in,29222,2\n", "utf-8"
    )
    synonyms.write_text("title,kldb\nSmutje Quux,29222\nGarer,29302\n", "utf-8")
    file.write_text("title,kldb\nSMUTJE-QUUX,29222\nGarer,29302\n", "utf-8")
    told = evaluate_titles(file, engine, catalogue, synonyms)
    assert told.figures["synonyms_left_out"] == 2
    assert told.figures["mapped_share"] == 0.0
    other = tmp_path / "other.csv"
    other.write_text("title,kldb\nGarer,29302\n", "utf-8")
    assert evaluate_titles(other, engine, catalogue, synonyms).figures["synonyms_left_out"] == 1


def test_a_broken_file_is_told_by_line_and_column(engine: EmbeddedEngine, tmp_path: Path) -> None:
    file = tmp_path / "titles.csv"
    file.write_text("title,kldb\nKoch,2930\n", "utf-8")
    with pytest.raises(CatalogueError, match="line 2, column kldb: expected five digits"):
        evaluate_titles(file, engine)


def test_noise_is_the_same_for_the_same_title_and_seed_and_keeps_the_title() -> None:
    texts = [noisy("Koch") for _ in range(3)]
    assert len(set(texts)) == 1
    assert all("koch" in noisy("Koch", seed).lower() for seed in range(200))
    assert len({noisy("Koch", seed) for seed in range(50)}) > 30


def test_titles_as_postings_write_them_lose_less_than_five_points(engine: EmbeddedEngine) -> None:
    """Labels and synonyms of the starter catalogue, with (m/w/d), seniority, pay, hours, places and employers."""
    catalogue = starter_catalogue()
    index = OccupationIndex(catalogue, engine.embed)
    pairs = [(o.name.split("/")[0], o.kldb) for o in catalogue.occupations if "/" in o.name and "," not in o.name]
    pairs += list(catalogue.titles())
    right = {}
    for name, write in (("plain", str), ("noisy", noisy)):
        mappings = index.decide([TitleItem(title=write(title)) for title, _ in pairs])
        first = [m.kldb or (m.runner_ups[0].kldb if m.runner_ups else None) for m in mappings]
        right[name] = sum(got == want for got, (_, want) in zip(first, pairs, strict=True)) / len(pairs)
    assert len(pairs) > 1500
    assert right["noisy"] > right["plain"] - 0.05, right
