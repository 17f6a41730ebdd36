import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.berufenet.titles import clean_title, lookup_texts, part_variants, ranked_text

LETTER = re.compile(r"[^\W\d_]")
WORDS = ["Koch", "Köchin", "in", "für", "bei", "Berlin", "Standort", "(m/w/d)", "Vollzeit", "Senior", "-", "|", "/",
         "Helfer", "ab", "15,50 €/h", "Ref. 1234", "Ausbildung", "zum", "2026", "*in", "GmbH", "20 Std./Woche", "80331",
         "Minijob", "als", "(", ")", "Data", "Engineer", "&", "!", "C++"]  # fmt: skip
TITLES = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join))


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("Pflegefachkraft (m/w/d) für den Standort Köln", "Pflegefachkraft"),
        ("Lkw-Fahrer/in CE (m/w/d) - ab 18,50 €/h - Vollzeit", "Lkw-Fahrer CE"),
        ("Koch / Köchin (m/w/d) bei Hotel Adler GmbH", "Koch"),
        ("Verkäufer (w/m/d) Teilzeit 20 Std./Woche, 80331 München Ref. 12345", "Verkäufer"),
        ("Quereinsteiger als Sicherheitsmitarbeiter JR-123456", "Sicherheitsmitarbeiter"),
        ("Erfahrene:r Elektroniker:in (unbefristet)", "Elektroniker"),
        ("Reinigungskraft 520-Euro-Job", "Reinigungskraft"),
        ("Gesucht: Dachdecker ab 01.08.2026", "Dachdecker"),
        ("Helfer in der Küche", "Helfer in der Küche"),
        ("Fachkraft für Lagerlogistik", "Fachkraft für Lagerlogistik"),
        ("Head of HR", "Head of HR"),
    ],
)
def test_a_title_is_freed_of_what_does_not_describe_the_work(title: str, cleaned: str) -> None:
    assert clean_title(title) == cleaned


CATALOGUE = {
    "koch", "bank", "stanzer", "holz", "holzverarbeitung", "meister", "lehrer", "pflegefachkraft", "fachkraft", "data",
    "engineer", "hauer", "ba", "betriebswirt", "kaufmann", "büromanagement", "versicherung", "für", "der", "einer",
}  # fmt: skip


def known(word: str) -> bool:
    return word.lower() in CATALOGUE


def test_the_most_literal_text_is_looked_up_first() -> None:
    title = "Senior Data Engineer (m/w/d) in Berlin"
    assert lookup_texts(title, ranked_text(title, known)) == (
        "Senior Data Engineer (m/w/d) in Berlin",
        "Senior Data Engineer in Berlin",
        "Data Engineer",
    )


@pytest.mark.parametrize(
    ("title", "ranked"),
    [
        ("Ausbildung zum Kaufmann für Büromanagement 2026", "Kaufmann für Büromanagement"),
        ("Pflegefachkraft (m/w/d) Bad Zwischenahn", "Pflegefachkraft"),
        ("Koch (m/w/d) bei Gasthof Linde GmbH & Co. KG", "Koch"),
        ("Koch | Klinikum Ostalb | 97941 Quakenbrück", "Koch"),
        ("Köln: Koch in Essen ab 3.000 € im Monat", "Koch"),
        ("Werden Sie Koch (befristet) inkl. Firmenwagen", "Koch"),
        # what belongs to the work stays: remarks the catalogue knows, linked words, compounds known by their end
        ("Meister (Holz)", "Meister Holz"),
        ("Betriebswirt (BA) bei einer Bank", "Betriebswirt BA bei einer Bank"),
        ("Stanzer in der Holzverarbeitung", "Stanzer in der Holzverarbeitung"),
        ("TOP-JOB: Abbauhauer (d/m/w)", "Abbauhauer"),
        ("Wolkenschieber", "Wolkenschieber"),
    ],
)
def test_what_the_catalogue_does_not_know_around_the_work_is_left_out(title: str, ranked: str) -> None:
    assert ranked_text(title, known) == ranked


@pytest.mark.parametrize("title", ["Erzieher / Kinderpfleger", "Erzieher - Kinderpfleger", "Erzieher | Kinderpfleger"])
def test_a_joined_title_is_split(title: str) -> None:
    assert {"Erzieher", "Kinderpfleger"} <= set(part_variants(title))


def test_a_word_that_names_no_occupation_alone_is_no_part() -> None:
    assert "Helfer" not in part_variants("Helfer in der Küche")


@given(TITLES)
def test_cleaning_is_idempotent_and_keeps_letters(title: str) -> None:
    cleaned = clean_title(title)
    assert clean_title(cleaned) == cleaned
    assert LETTER.search(cleaned) or not LETTER.search(title)


@given(TITLES)
def test_variants_are_unique_texts_and_begin_with_the_title(title: str) -> None:
    ranked = ranked_text(title, known)
    variants = lookup_texts(title, ranked)
    assert len(set(variants)) == len(variants)
    assert all(any(c.isalnum() for c in variant) for variant in variants)
    assert LETTER.search(ranked) or not LETTER.search(title)


@pytest.mark.parametrize(
    "part", ["1,1", "1 - ", "a ", "in Berlin ", "A/B/", "x/-", "(", "ab 1 ", "bei Koch ", "Aa & ", "12345 Aa "]
)
def test_a_text_in_the_field_of_a_title_takes_no_longer_than_a_title(part: str) -> None:
    started = time.process_time()
    title = "Koch " + part * 3000
    lookup_texts(title, ranked_text(title, known))
    ranked_text("Koch " + part * 20 + " GmbH", known)
    assert time.process_time() - started < 1
