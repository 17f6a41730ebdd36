"""Finding terms: spans, word boundaries, inflection, and the promise never to raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.facets.reading import cases
from ty_assets.facets.terms import ANY_EXPERIENCE, FoundTerm, find_terms, vocabulary
from ty_assets.facets.vocabulary import KINDS

_LINES = [case.line for case in cases()]
_PIECES = st.lists(st.sampled_from(_LINES) | st.text(max_size=20), max_size=4)


def terms(text: str, kind: str | None = None) -> list[str]:
    return [t.term for t in find_terms(text, "de") if kind is None or t.kind == kind]


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    find_terms(text, "de")


@settings(max_examples=60, deadline=None)
@given(pieces=_PIECES, joiner=st.sampled_from(["\n", ", ", " und ", "; ", " oder ", "/"]))
def test_every_span_lies_in_the_text_and_every_value_in_its_range(pieces: list[str], joiner: str) -> None:
    text = joiner.join(pieces)
    for found in find_terms(text, "de"):
        assert 0 <= found.start < found.end <= len(text)
        assert text[found.start : found.end].strip()
        assert found.kind in KINDS
        assert found.term
        assert found.cefr is None or found.kind == "language"
        assert found.years is None or (found.kind == "experience" and 0 <= found.years <= 60)
        assert found.level is None or (found.kind == "degree" and 1 <= found.level <= 4)


@settings(max_examples=40, deadline=None)
@given(_PIECES)
def test_the_same_text_yields_the_same_terms(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    assert find_terms(text, "de") == find_terms(text, "de")


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(_LINES), st.sampled_from(_LINES))
def test_a_line_below_changes_nothing_in_the_line_above(first: str, second: str) -> None:
    alone = find_terms(first, "de")
    above = [t for t in find_terms(f"{first}\n{second}", "de") if t.end <= len(first)]
    assert [t[:8] for t in above] == [t[:8] for t in alone]


@pytest.mark.parametrize(
    "text",
    [
        "Teamfähigkeit",
        "TEAMFÄHIGKEIT",
        "Teamfaehigkeit",
        "teamfähig",
        "teamfähige",
        "Teamplayer:in",
        "team spirit",
        "Teamgeist",
        "ability to work in a team",
    ],
)
def test_german_and_english_variants_meet_on_one_term(text: str) -> None:
    assert terms(text) == ["Team player"]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("SAP-Kenntnisse", "SAP"),
        ("Excelkenntnissen", "Microsoft Excel"),
        ("CRM-Systemen", "CRM system"),
        ("Vertriebserfahrung", "Sales"),
        ("im Schaltschrankbau", "Control cabinet construction"),
        ("Elektroniker/-in (m/w/d) für Betriebstechnik", "Electronics technician for industrial engineering"),
        ("Kauffrau/-mann für Büromanagement", "Office management clerk"),
        ("Pflegefachfrau / Pflegefachmann", "Registered nurse"),
        ("Fachkräfte für Lagerlogistik", None),
        ("§ 34a GewO", "Security guard licence § 34a"),
        ("C#", "C#"),
        ("C++", "C++"),
        (".NET", ".NET"),
        ("Node.js", "Node.js"),
        ("CI/CD-Pipelines", "CI/CD"),
    ],
)
def test_inflections_compounds_and_gender_forms_are_read(text: str, term: str | None) -> None:
    assert term is None or term in terms(text)


@pytest.mark.parametrize(
    "text",
    [
        "We like to go to the office and react fast",
        "Es ist wichtig, mehr als andere zu wissen",
        "Rufen Sie uns an oder schreiben Sie",
        "Das mag so sein",
        "You have access to word of mouth",
        "Die Deutsche Bank sucht Verstärkung für unsere Teams",
        "a degree of freedom",
    ],
)
def test_common_words_are_no_terms(text: str) -> None:
    assert [t for t in find_terms(text, "de") if t.kind in ("tool", "licence", "language", "degree")] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Die Reise", []),
        ("Bereitschaft zu Reisen", ["Willingness to travel"]),
        ("It supports many", []),
        ("IT support", ["IT support"]),
        ("we come back at night", []),
        ("zwei Drehs am Tag", []),
        ("Drehen und Fräsen", ["CNC turning", "CNC milling"]),
        ("staff flats next door", []),
        ("canoe trips", []),
        ("window functions", []),
        ("Durchführung", []),
        ("Führung und Motivation", ["People management", "Motivation"]),
        ("Handelserfahrung", ["Retail trade"]),
        ("the rest is safe", []),
        ("genau richtig bei uns", []),
        ("Industrie- und Handelskammer", []),
        ("GCP", ["Google Cloud"]),
        ("Studien nach GCP", []),
    ],
)
def test_everyday_words_are_told_from_terms_of_the_same_stem(text: str, found: list[str]) -> None:
    assert terms(text) == found


def test_addresses_name_no_skills() -> None:
    assert terms("verkauf@example.org, https://example.org/marketing/python und www.example.org/java") == []


@pytest.mark.parametrize("text", ["Frau Schneider", "Herr Dr. Koch", "Herrn Alexander Bäcker", "Dr. Anna Sommer"])
def test_a_name_is_no_occupation(text: str) -> None:
    assert terms(f"Ihre Fragen beantwortet {text}", "degree") == []


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("Bachelor in Logistik", ["Logistics degree"]),
        ("Bachelor, dazu Erfahrung in Logistik", ["Bachelor's degree"]),
        ("Studium mit Schwerpunkt Personal", ["Human resources degree"]),
        ("A degree and your personal style", ["University degree"]),
        ("Bachelor. Wir lieben Logistik", ["Bachelor's degree"]),
        ("laundry at 20 degrees", []),
        ("ein Institut für Forschung und Lehre", []),
        ("Abgeschlossene Lehre", ["Vocational training"]),
        ("Ausbildung zum Kaufmann/zur Kauffrau im Einzelhandel", ["Retail sales clerk"]),
        ("Wir suchen Talente, die den Alltag meistern", []),
    ],
)
def test_a_degree_is_told_from_its_look_alikes(text: str, degrees: list[str]) -> None:
    assert terms(text, "degree") == degrees


def test_a_compound_never_reaches_into_the_next_line() -> None:
    found = find_terms("Wissen im Bank- oder Finanzwesen\n- Erfahrungen im Vertrieb", "de")
    assert all(
        "\n" not in "Wissen im Bank- oder Finanzwesen\n- Erfahrungen im Vertrieb"[t.start : t.end] for t in found
    )


def test_the_longest_match_wins() -> None:
    assert terms("SAP EWM") == ["SAP EWM"]
    assert terms("Deutsch als Fremdsprache") == ["German as a foreign language"]
    assert terms("Microsoft Office") == ["Microsoft Office"]


def test_one_letter_languages_need_company() -> None:
    assert "R" in terms("Kenntnisse in R oder Python")
    assert "R" not in terms("Abteilung R")
    assert "C programming" not in terms("Führerschein Klasse C")
    assert terms("Führerschein Klasse C") == ["Driving licence C"]


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("3-5 Jahre Berufserfahrung", 3),
        ("mindestens zwei Jahre Berufserfahrung", 2),
        ("5+ years of experience", 5),
        ("at least three to five years of professional experience", 3),
        ("1,5 Jahre Erfahrung", 1.5),
        ("18 Monate Berufserfahrung", 1.5),
        ("mehrjährige Berufserfahrung", 3),
        ("langjährige Berufserfahrung", 5),
        ("erste Berufserfahrung", 1),
        ("Berufserfahrung", None),
    ],
)
def test_years_are_read_from_digits_and_words(text: str, years: float | None) -> None:
    (found,) = find_terms(text, "de")
    assert (found.kind, found.term, found.years) == ("experience", ANY_EXPERIENCE, years)


@pytest.mark.parametrize(
    "text", ["dreijährige Ausbildung", "mindestens 18 Jahre alt", "befristet auf 2 Jahre", "seit 30 Jahren am Markt"]
)
def test_other_years_are_no_experience(text: str) -> None:
    assert terms(text, "experience") == []


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("Deutsch C1, Englisch B2", ["C1", "B2"]),
        ("Deutsch (mind. B2) und Englisch", ["B2", None]),
        ("Verhandlungssichere Deutsch- und Englischkenntnisse", ["C1", "C1"]),
        ("Deutsch und Englisch fließend", ["C1", "C1"]),
        ("fluent in English and German", ["C1", "C1"]),
        ("Grundkenntnisse in Italienisch", ["A2"]),
        ("Muttersprache Deutsch", ["C2"]),
        ("Deutschkenntnisse auf dem Niveau B1-B2", ["B1"]),
        ("Englischkenntnisse", ["B1"]),
        ("Gute Deutschkenntnisse, Englisch von Vorteil", ["B2", None]),
    ],
)
def test_language_levels_come_from_letters_and_words(text: str, levels: list[str | None]) -> None:
    assert [t.cefr for t in find_terms(text, "de") if t.kind == "language"] == levels


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Hauptschulabschluss", 1),
        ("abgeschlossene Berufsausbildung", 1),
        ("Bachelor in Informatik", 2),
        ("Industriemeister", 2),
        ("staatlich geprüfter Techniker", 2),
        ("Wirtschaftsfachwirt", 2),
        ("Master in Informatik", 3),
        ("Diplom in Physik", 3),
        ("PhD in physics", 4),
    ],
)
def test_degrees_have_the_level_they_name(text: str, level: int) -> None:
    (found,) = [t for t in find_terms(text, "de") if t.kind == "degree"]
    assert found.level == level


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("kein Führerschein nötig", False),
        ("ohne SAP-Kenntnisse", False),
        ("SAP-Kenntnisse sind nicht erforderlich", False),
        ("weder SAP noch DATEV", False),
        ("no driving licence required", False),
        ("Python is not necessary", False),
        ("keine Angst vor Python", True),
        ("nicht nur Python", True),
        ("kein Problem mit Nachtschicht", True),
    ],
)
def test_negation_is_told_from_its_look_alikes(text: str, needed: bool) -> None:
    found = find_terms(text, "de")
    assert found
    assert all(t.negated is not needed for t in found)


def test_negation_ends_with_its_clause() -> None:
    negated = {t.term: t.negated for t in find_terms("Kein Führerschein nötig, SAP-Kenntnisse setzen wir voraus", "de")}
    assert negated == {"Driving licence B": True, "SAP": False}


def groups(found: list[FoundTerm]) -> list[set[str]]:
    numbers = sorted({t.alternative_group for t in found if t.alternative_group is not None})
    return [{t.term for t in found if t.alternative_group == number} for number in numbers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Java oder Kotlin", [{"Java", "Kotlin"}]),
        ("Java/Kotlin", [{"Java", "Kotlin"}]),
        ("Java, Kotlin oder Scala", [{"Java", "Kotlin", "Scala"}]),
        ("Java und Kotlin", []),
        ("either Python or Java", [{"Python", "Java"}]),
        ("Java oder Kotlin. Docker und Kubernetes", [{"Java", "Kotlin"}]),
        ("Java oder Kotlin; Docker oder Podman", [{"Java", "Kotlin"}, {"Docker", "Podman"}]),
        ("CI-Werkzeuge (z. B. Jenkins, TeamCity)", [{"Jenkins", "TeamCity"}]),
        ("Ausbildung oder Studium", [{"Vocational training", "University degree"}]),
    ],
)
def test_alternatives_share_a_group(text: str, expected: list[set[str]]) -> None:
    assert groups(find_terms(text, "de")) == expected


def test_profiles_are_read_with_the_same_terms() -> None:
    text = "2019-2024: 5 Jahre Erfahrung mit Python, PostgreSQL und Docker.\nLanguages: German (native), English C1"
    found = {t.term: t for t in find_terms(text, "en")}
    assert {"Python", "PostgreSQL", "Docker", "German", "English"} <= set(found)
    assert (found["German"].cefr, found["English"].cefr) == ("C2", "C1")
    assert "SQL" in vocabulary().covers("PostgreSQL")


def test_two_levels_of_one_field_are_two_degrees_of_which_one_is_enough() -> None:
    found = find_terms("Bachelor or Master in computer science", "en")
    assert [(t.term, t.level) for t in found] == [("Bachelor's degree", 2), ("Computer science degree", 3)]
    assert found[0].alternative_group is not None
    assert found[0].alternative_group == found[1].alternative_group
