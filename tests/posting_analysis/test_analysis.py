"""The analysis of a posting: readable sentences, terms of its facets, gates, reasons that quote."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.facets.reading import cases
from ty_assets.facets.task import Facet, PostingRequirements, RequirementLine, facets_of
from ty_assets.facets.vocabulary import domains
from ty_assets.posting_analysis.task import AnalysisItem, AnalysisTask, PostingAnalysis

_LINES = [(case.language, case.line) for case in cases()]


def item(title: str, language: str, *lines: str, nice: tuple[str, ...] = ()) -> AnalysisItem:
    texts = [(text, True) for text in lines] + [(text, False) for text in nice]
    requirements = [RequirementLine(ordinal=n, text=text, must=must) for n, (text, must) in enumerate(texts)]
    facets = facets_of(PostingRequirements(title=title, language=language, requirements=requirements))
    return AnalysisItem(title=title, language=language, summary="", requirements=requirements, facets=facets)


def analysed(posting: AnalysisItem) -> PostingAnalysis:
    (analysis,) = AnalysisTask().extract([posting], lambda texts: pytest.fail("the rules need no encoder"))
    return analysis


def nurse() -> AnalysisItem:
    return item(
        "Pflegefachkraft (m/w/d)",
        "de",
        "Abgeschlossene Ausbildung als examinierte Pflegefachkraft",
        "Mindestens zwei Jahre Berufserfahrung",
        "Sicher in Wundversorgung und Pflegedokumentation",
        "Deutschkenntnisse auf dem Niveau B2",
        nice=("Weiterbildung zum Praxisanleiter",),
    )


def developer() -> AnalysisItem:
    return item(
        "Data Engineer",
        "en",
        "Bachelor's degree in computer science or a completed apprenticeship",
        "At least 3 years of experience with Python and SQL",
        "Fluent English",
        nice=("Kafka or RabbitMQ",),
    )


def test_the_ideal_candidate_reads_as_german() -> None:
    assert analysed(nurse()).ideal_candidate == (
        "Gesucht wird eine Person mit der Qualifikation „Pflegefachkraft“, mindestens 2 Jahren Erfahrung sowie "
        "Kenntnissen in den Bereichen Wundversorgung und Pflegedokumentation. Verlangt wird Deutsch auf dem Niveau B2. "
        "Als Vorteil nennt die Anzeige: Praxisanleiter."
    )


def test_the_ideal_candidate_reads_as_english() -> None:
    assert analysed(developer()).ideal_candidate == (
        "The ideal candidate has the qualification “Computer science degree” or “Vocational training”, at least 3 "
        "years of experience in the field of Python, as well as a good command of Python and SQL. English at level "
        "C1 is required. An advantage, but not a must: Apache Kafka or RabbitMQ."
    )


def test_a_posting_that_asks_for_manners_only_says_so() -> None:
    posting = item("Aushilfe", "de", "Zuverlässigkeit und Pünktlichkeit")
    assert "persönliche Stärken: Zuverlässigkeit und Pünktlichkeit" in analysed(posting).ideal_candidate


def test_a_posting_without_demands_still_has_a_sentence() -> None:
    analysis = analysed(item("Küchenhilfe", "de"))
    assert "„Küchenhilfe“" in analysis.ideal_candidate
    assert analysis.critical_skills == analysis.nice_to_have == analysis.domain_gates == []
    assert analysis.gap_templates == {}


def test_demands_in_words_of_the_posting_are_quoted_not_bent() -> None:
    posting = item("Orgelbauer", "de", "Fähigkeit, auch in hektischen Lagen freundlich zu bleiben und vieles mehr")
    assert "„" in analysed(posting).ideal_candidate or "Stärken" in analysed(posting).ideal_candidate


def test_critical_skills_are_the_musts_and_nice_to_have_the_wishes() -> None:
    analysis = analysed(nurse())
    assert analysis.critical_skills == ["Registered nurse", "Wound care", "Nursing documentation", "German"]
    assert analysis.nice_to_have == ["Practice instructor"]


def test_what_is_not_needed_is_neither() -> None:
    analysis = analysed(item("Fahrer", "de", "Python, SQL von Vorteil, kein Führerschein nötig"))
    assert (analysis.critical_skills, analysis.nice_to_have) == (["Python"], ["SQL"])


def test_every_critical_skill_has_a_reason_that_quotes_its_requirement() -> None:
    analysis = analysed(nurse())
    assert list(analysis.gap_templates) == analysis.critical_skills
    assert "„Sicher in Wundversorgung und Pflegedokumentation“" in analysis.gap_templates["Wound care"]
    assert analysis.gap_templates["Wound care"].startswith("Wundversorgung gehört zum Kern")


def test_a_reason_names_what_would_do_instead() -> None:
    reasons = analysed(developer()).gap_templates
    assert "(or Vocational training)" in reasons["Computer science degree"]


@pytest.mark.parametrize(
    ("title", "lines", "gates"),
    [
        ("Pflegefachkraft (m/w/d)", (), ["nursing"]),
        ("Legal Counsel", (), ["legal"]),
        ("Steuerberater", (), ["tax"]),
        ("Elektroniker für Betriebstechnik", (), ["electrical"]),
        ("Mitarbeiter (m/w/d)", ("Approbation als Arzt",), ["medicine"]),
        ("Mitarbeiter (m/w/d)", ("Führerschein Klasse CE und Schlüsselzahl 95",), ["driving"]),
        (
            "Mitarbeiter (m/w/d)",
            ("Abgeschlossene Ausbildung als Finanzbuchhalter", "Kenntnisse in HGB"),
            ["accounting"],
        ),
        ("Mitarbeiter (m/w/d)", ("Abgeschlossene Ausbildung als Finanzbuchhalter",), []),
        ("Mitarbeiter Vertrieb", ("Führerschein Klasse B",), []),
        ("Softwareentwickler", ("Kenntnisse im Datenschutz", "Kenntnisse im Arbeitsrecht"), []),
        ("Pflegehelfer (m/w/d)", (), []),
        ("Mitarbeiter Empfang", ("Pflegefachkraft oder Kauffrau für Büromanagement", "Erfahrung in der Pflege"), []),
        ("Lagerhelfer", ("Kein Führerschein Klasse C nötig",), []),
    ],
)
def test_a_gate_needs_a_licence_a_title_or_two_signals(title: str, lines: tuple[str, ...], gates: list[str]) -> None:
    assert analysed(item(title, "de", *lines)).domain_gates == gates


@settings(max_examples=60, deadline=None)
@given(title=st.text(max_size=40), language=st.sampled_from(["de", "en", "fr", ""]), data=st.data())
def test_the_rules_never_raise_and_their_own_answer_passes_verification(
    title: str, language: str, data: st.DataObject
) -> None:
    line = st.text(max_size=80) | st.sampled_from([text for _, text in _LINES])
    posting = item(
        title, language, *data.draw(st.lists(line, max_size=4)), nice=tuple(data.draw(st.lists(line, max_size=2)))
    )
    analysis = analysed(posting)
    assert analysis.ideal_candidate.strip().endswith((".", "…"))
    assert AnalysisTask().verify(posting, analysis) == (analysis, 0)
    assert analysed(posting) == analysis
    assert set(analysis.domain_gates) <= {name for name, domain in domains().items() if domain.gate}


def test_claims_of_a_model_without_a_facet_are_removed_and_counted() -> None:
    posting = nurse()
    good = analysed(posting)
    claimed = good.model_copy(
        update={
            "critical_skills": [*good.critical_skills, "Python"],
            "nice_to_have": [*good.nice_to_have, "Kubernetes"],
            "domain_gates": [*good.domain_gates, "wizardry", "logistics"],
            "gap_templates": {**good.gap_templates, "Python": "Python matters.", "German": "It matters."},
        }
    )
    kept, removed = AnalysisTask().verify(posting, claimed)
    assert kept.critical_skills == good.critical_skills
    assert kept.domain_gates == good.domain_gates
    assert "German" not in kept.gap_templates
    assert removed == 6


def test_no_sentence_shows_a_placeholder_or_a_canonical_name_where_a_german_one_exists() -> None:
    for language, line in _LINES:
        if language == "de":
            analysis = analysed(item("Stelle", "de", line))
            text = analysis.ideal_candidate + " ".join(analysis.gap_templates.values())
            assert "{" not in text
            assert "None" not in text
            assert "Driving licence" not in text


def test_long_requirements_are_quoted_in_part() -> None:
    long = "Kenntnisse in Python " + "und in vielen weiteren Dingen " * 20
    reason = analysed(item("Stelle", "de", long)).gap_templates["Python"]
    assert len(reason) < 400
    assert reason.count("„") == reason.count("“") == 1


def test_a_prompt_lies_beside_the_task() -> None:
    assert "gap_templates" in AnalysisTask().prompt
    assert all(isinstance(f, Facet) for f in nurse().facets)
