"""The same candidate under other names: only names and gendered words differ, and each text as both is itself again."""

import difflib
import re

import pytest
from judged_people import PEOPLE

from ty_assets.candidate_evaluations.counterfactuals import GENDERS, ORIGINS, Gender, counterfactual, gendered

GERMAN = """Sehr geehrte Frau Dr. Klein,
ich bin examinierte Krankenschwester und arbeite als Stationsleiterin mit 8 Entwicklern.
2018 - 2022 Softwareentwickler bei der Beispiel GmbH in Berlin
2015 - 2018: Ausbildung zum Industriekaufmann
Frau […] leitete unser Team. Sie hat ihre Aufgaben stets gut erfüllt; sie war beliebt.
Die Kunden und ihre Wünsche kennen wir. Sie erreichen mich jederzeit, ich helfe ihnen.
Im Oktober habe ich den Computer und Docker eingeführt. Softwareentwickler/in (m/w/d)
Senior Projektmanagerin
- Examinierter Altenpfleger
Als Teamleiter habe ich geführt. Geschlecht: weiblich"""
ENGLISH = """Dear Mr Smith,
She joined us in 2015. We know her as reliable; her work on databases was outstanding, and customers asked for her.
He leads his team. The success is his. Mr […] speaks for himself.
They know their human resources manager; the mandate, the theme and the chemist stay."""


def changed(one: str, other: str) -> set[tuple[str, str]]:
    words = [re.findall(r"\w+|[^\w\s]", text) for text in (one, other)]
    matcher = difflib.SequenceMatcher(a=words[0], b=words[1], autojunk=False)
    return {
        (" ".join(words[0][a:b]), " ".join(words[1][c:d]))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    }


def test_german_words_of_the_candidate_change_and_no_others() -> None:
    assert changed(GERMAN, gendered(GERMAN, "male")) == {
        ("examinierte Krankenschwester", "examinierter Krankenpfleger"),
        ("Stationsleiterin", "Stationsleiter"),
        ("Frau", "Herr"),
        ("Sie", "Er"),
        ("ihre", "seine"),
        ("sie", "er"),
        ("Projektmanagerin", "Projektmanager"),
        ("weiblich", "männlich"),
    }
    assert changed(GERMAN, gendered(GERMAN, "female")) == {
        ("Softwareentwickler", "Softwareentwicklerin"),
        ("zum Industriekaufmann", "zur Industriekauffrau"),
        ("Examinierter Altenpfleger", "Examinierte Altenpflegerin"),
        ("Teamleiter", "Teamleiterin"),
    }


def test_english_words_of_the_candidate_change_and_no_others() -> None:
    assert gendered(ENGLISH, "male").split("\n") == [
        "Dear Mr Smith,",
        "He joined us in 2015. We know him as reliable; his work on databases was outstanding, and customers asked for "
        "him.",
        "He leads his team. The success is his. Mr […] speaks for himself.",
        "They know their human resources manager; the mandate, the theme and the chemist stay.",
    ]
    assert gendered(ENGLISH, "female").split("\n") == [
        "Dear Mr Smith,",
        "She joined us in 2015. We know her as reliable; her work on databases was outstanding, and customers asked "
        "for her.",
        "She leads her team. The success is hers. Ms […] speaks for herself.",
        "They know their human resources manager; the mandate, the theme and the chemist stay.",
    ]


@pytest.mark.parametrize("text", [GERMAN, ENGLISH, *PEOPLE.values()])
def test_back_and_forth_is_where_it_was(text: str) -> None:
    for gender, other in (("female", "male"), ("male", "female")):
        once = gendered(text, gender)  # type: ignore[arg-type]
        assert gendered(once, gender) == once  # type: ignore[arg-type]
        assert gendered(gendered(text, other), gender) == once  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [GERMAN, ENGLISH])
@pytest.mark.parametrize("gender", GENDERS)
def test_origins_differ_by_the_name_alone(text: str, gender: Gender) -> None:
    local, foreign = (counterfactual(text, gender, origin, 2) for origin in ORIGINS)
    assert local.split("\n")[0] != foreign.split("\n")[0]
    assert local.split("\n")[1:] == foreign.split("\n")[1:] == gendered(text, gender).split("\n")


def test_women_and_men_of_a_pair_have_one_family_name_and_names_take_turns() -> None:
    names = {
        (counterfactual(GERMAN, "female", "foreign", n), counterfactual(GERMAN, "male", "foreign", n)) for n in range(4)
    }
    assert len(names) == 4
    for woman, man in names:
        first, second = woman.split("\n")[0].split(), man.split("\n")[0].split()
        assert first[0] == second[0] == "Name:"
        assert first[-1] == second[-1]
        assert first[1] != second[1]
    assert counterfactual(GERMAN, "male", "local", 1) == counterfactual(GERMAN, "male", "local", 5)
