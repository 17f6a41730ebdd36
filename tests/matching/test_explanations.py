"""Reasons quote, matrices can be read, letters claim what the profile holds and nothing else."""

import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.matching.world import facet, person, play, posting, skill
from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.analysis import MAX_SKILLS, PARTLY, MatchAnalysis, analyse, standing
from ty_assets.matching.letters import cover_letter, nogo_narrative
from ty_assets.matching.scoring import MET, Match
from ty_assets.matching.sentences import Letter, Sentence
from ty_assets.matching.traces import traced
from ty_assets.matching.views import Job, PostingView, ProfileView, RequirementView
from ty_assets.matching.wording import listed, term_name


@dataclass(frozen=True)
class Gaps:
    gap_templates: dict[str, str] = field(default_factory=dict)


WARD = "work: Pflegefachkraft, Klinik am See"
NURSE = person(
    [
        skill("Wound care", reason=WARD, quote="Wundversorgung auf Station"),
        skill("Medication administration", source="implied", weight=0.5, reason="nurse: Pflegefachkraft"),
        skill("Registered nurse", "degree", reason="education: Ausbildung", quote="examinierte Pflegefachkraft"),
        skill("Reliability", "soft_skill", reason="skills", quote="zuverlässig"),
        skill("Python", "tool", reason="skills", quote="Python"),
    ],
    name="Kim Beispiel",
    domains=frozenset({"nursing"}),
    languages={"German": "C2", "English": "B1"},
    years=6.4,
    level=2,
    degree_level=1,
    kldb=("81302",),
    jobs=(Job("Pflegefachkraft", "Klinik am See", date(2019, 4, 1)),),
)
REQUIREMENTS = [
    RequirementView(
        0, "Abgeschlossene Ausbildung als Pflegefachkraft", "abgeschlossene Ausbildung als Pflegefachkraft"
    ),
    RequirementView(1, "Erfahrung in der Wundversorgung", "Erfahrung in der Wundversorgung"),
    RequirementView(2, "Sicher im Umgang mit Medikamenten", "sicher im Umgang mit Medikamenten"),
    RequirementView(3, "Deutsch B2", "Deutsch auf B2-Niveau"),
    RequirementView(4, "Dialyse", "Kenntnisse in der Dialyse", must=False),
    RequirementView(5, "Zuverlässigkeit", "Zuverlässigkeit"),
]
WARD_JOB = posting(
    "Pflegefachkraft (m/w/d)",
    [
        facet("Registered nurse", "degree", 0),
        facet("Wound care", requirement=1),
        facet("Medication administration", requirement=2),
        facet("German", "language", 3, cefr="B2"),
        facet("Dialyse", requirement=4, must=False),
        facet("Reliability", "soft_skill", 5),
    ],
    kldb="81302",
    domain_gates=("nursing",),
)
LAW_JOB = posting(
    "Legal Counsel",
    [facet("Contract law", requirement=0), facet("English", "language", 1, cefr="C2")],
    2,
    language="en",
    kldb="73104",
    domain_gates=("legal",),
)
LAW_REQUIREMENTS = [
    RequirementView(0, "Contract law", "profound knowledge of contract law"),
    RequirementView(1, "Fluent English", "fluent English"),
]


def told(
    profile: ProfileView, view: PostingView, requirements: list[RequirementView], gaps: Gaps | None = None
) -> tuple[Match, MatchAnalysis]:
    match = play(profile, [view]).match(view, requirements)
    return match, analyse(profile, view, requirements, view.facets, gaps, match)


class TestAnalysis:
    def test_a_fitting_posting_is_recommended_with_quotes_of_both_sides(self) -> None:
        _, analysis = told(NURSE, WARD_JOB, REQUIREMENTS)
        assert (analysis.recommendation, analysis.decided_by, analysis.language) == ("apply", "rule", "de")
        first = next(r for r in analysis.go_reasons if "Wundversorgung" in r.text)
        assert first.posting_quote == "Erfahrung in der Wundversorgung"
        assert first.profile_quote == "Wundversorgung auf Station"
        assert "Deutsch (C2)" in " ".join(r.text for r in analysis.go_reasons)

    def test_what_is_only_implied_is_said_to_be_inferred(self) -> None:
        _, analysis = told(NURSE, WARD_JOB, REQUIREMENTS)
        reason = next(r for r in analysis.go_reasons if r.posting_quote == "sicher im Umgang mit Medikamenten")
        assert "geschlossen" in reason.text
        assert reason.profile_quote == ""

    def test_a_closed_gate_means_skip_and_is_the_first_reason_against(self) -> None:
        _, analysis = told(NURSE, LAW_JOB, LAW_REQUIREMENTS)
        assert (analysis.recommendation, analysis.language) == ("skip", "en")
        assert analysis.nogo_reasons[0].text.startswith("The posting is only for people from this field")
        assert {"profound knowledge of contract law", "fluent English"} <= {
            r.posting_quote for r in analysis.nogo_reasons
        }

    def test_a_language_below_the_level_asked_for_is_not_called_missing(self) -> None:
        _, analysis = told(NURSE, LAW_JOB, LAW_REQUIREMENTS)
        reason = next(r for r in analysis.nogo_reasons if r.posting_quote == "fluent English" and "level" in r.text)
        assert "English (B1)" in reason.text

    def test_a_degree_without_a_name_is_told_by_its_level(self) -> None:
        view = posting("Job", [facet("University degree", "degree", 0, level=2)])
        asked = [RequirementView(0, "Studium", "abgeschlossenes Studium")]
        _, analysis = told(person(degree_level=3), view, asked)
        assert "ein Abschluss auf diesem Niveau" in analysis.go_reasons[0].text

    def test_a_gap_is_told_in_the_words_of_the_postings_analysis(self) -> None:
        _, analysis = told(NURSE, WARD_JOB, REQUIREMENTS, Gaps({"dialyse": "Ohne Dialyse ist der Einsatz begrenzt."}))
        assert [r.text for r in analysis.nogo_reasons] == ["Ohne Dialyse ist der Einsatz begrenzt."]

    def test_a_posting_without_requirements_says_that_only_its_title_was_compared(self) -> None:
        _, analysis = told(NURSE, posting("Pflegefachkraft", language="de"), [])
        assert "nur der Titel" in analysis.nogo_reasons[-1].text
        assert analysis.similarity == {"requirements": [], "skills": [], "cells": []}

    def test_the_matrix_is_rectangular_readable_and_holds_the_credits(self) -> None:
        many = replace(NURSE, skills=(*NURSE.skills, *(skill(f"Wound care {n}") for n in range(20))))
        match, analysis = told(many, WARD_JOB, REQUIREMENTS)
        matrix = analysis.similarity
        assert matrix["requirements"] == [r.text for r in REQUIREMENTS]
        assert 0 < len(matrix["skills"]) <= MAX_SKILLS
        assert [len(row) for row in matrix["cells"]] == [len(matrix["skills"])] * len(REQUIREMENTS)
        assert all(0 <= cell <= 1 and round(cell, 3) == cell for row in matrix["cells"] for cell in row)
        credits = {e.requirement_ordinal: e.credit for e in match.matched}
        assert max(matrix["cells"][1]) == pytest.approx(credits[1], abs=1e-3)

    def test_everything_quoted_from_the_posting_stands_in_the_posting(self) -> None:
        words = " ".join([r.quote for r in REQUIREMENTS] + [WARD_JOB.title])
        _, analysis = told(person([skill("Python", "tool")]), WARD_JOB, REQUIREMENTS)
        assert analysis.recommendation == "skip"
        assert all(r.posting_quote in words for r in (*analysis.go_reasons, *analysis.nogo_reasons))


class TestPoints:
    def test_every_demand_is_matched_or_partly_or_missing_with_the_words_of_both_sides(self) -> None:
        match, analysis = told(NURSE, WARD_JOB, REQUIREMENTS)
        points = {point.evidence.facet: point for point in analysis.points}
        assert set(points) == {f.term for f in WARD_JOB.facets}
        assert [p.evidence.requirement_ordinal for p in analysis.points] == sorted(
            e.requirement_ordinal for e in (*match.matched, *match.missing)
        )
        care = points["Wound care"]
        assert (care.standing, care.gap) == ("matched", "")
        assert (care.posting_quote, care.profile_quote) == (
            "Erfahrung in der Wundversorgung",
            "Wundversorgung auf Station",
        )
        dialysis = points["Dialyse"]
        assert (dialysis.standing, dialysis.profile_quote, dialysis.shown) == ("missing", "", "")
        assert "Dialyse" in dialysis.gap

    def test_what_comes_near_is_met_in_part_and_says_what_it_falls_short_of(self) -> None:
        near = posting("Job", [facet("Python", "tool", 0, cefr=None)])
        match, _ = told(NURSE, near, [RequirementView(0, "Python", "Python")])
        half = replace(match, matched=(), missing=(replace(match.matched[0], credit=0.3, facet="Rust"),))
        asked = [RequirementView(0, "Rust", "Rust", must=True)]
        (point,) = analyse(NURSE, near, asked, near.facets, None, half).points
        assert (point.standing, point.profile_quote) == ("partly", "Python")
        assert "Rust" in point.gap
        assert "Python" in point.gap

    @pytest.mark.parametrize(
        ("credit", "expected"),
        [
            (1.0, "matched"),
            (MET, "matched"),
            (MET - 0.001, "partly"),
            (PARTLY, "partly"),
            (PARTLY - 0.001, "missing"),
            (0.0, "missing"),
        ],
    )
    def test_the_three_classes_lie_between_two_thresholds(self, credit: float, expected: str) -> None:
        assert standing(credit) == expected

    def test_a_language_quotes_the_profile_s_own_line(self) -> None:
        spoken = replace(NURSE, skills=(*NURSE.skills, skill("German", "language", quote="Deutsch: Muttersprache")))
        _, analysis = told(spoken, WARD_JOB, REQUIREMENTS)
        (german,) = (point for point in analysis.points if point.evidence.kind == "language")
        assert german.profile_quote == "Deutsch: Muttersprache"

    def test_two_demands_that_one_thing_meets_are_one_reason(self) -> None:
        twice = posting("Job", [facet("Wound care", requirement=0), facet("Wound care", requirement=0, weight=0.5)])
        match, _ = told(NURSE, twice, [RequirementView(0, "Wundversorgung", "Wundversorgung")])
        doubled = replace(match, matched=(match.matched[0], match.matched[0]))
        asked = [RequirementView(0, "Wundversorgung", "Wundversorgung")]
        assert len(analyse(NURSE, twice, asked, twice.facets, None, doubled).go_reasons) == 1


class TestTraces:
    def test_every_sentence_of_a_letter_is_traced_to_words_of_the_profile_or_the_posting(self) -> None:
        match, _ = told(NURSE, WARD_JOB, REQUIREMENTS)
        for language in ("de", "en"):
            letter = cover_letter(NURSE, WARD_JOB, match, language)
            rows = traced(letter, NURSE, WARD_JOB, REQUIREMENTS, match)
            assert [row["text"] for row in rows] == [sentence.text for sentence in letter.sentences]
            sources = {s["field"]: s["quote"] for row in rows for s in row["sources"]}
            assert sources["profile: skill Wound care"] == "Wundversorgung auf Station"
            assert sources["profile: job 0"] == "Pflegefachkraft, Klinik am See, 2019-04-01 –"
            assert sources["profile: name"] == "Kim Beispiel"
            assert sources["posting: title"] == WARD_JOB.title
            assert all(quote for field, quote in sources.items() if field != "template")

    def test_a_narrative_is_traced_to_gates_and_demands(self) -> None:
        match, analysis = told(NURSE, LAW_JOB, LAW_REQUIREMENTS)
        story = nogo_narrative(NURSE, LAW_JOB, LAW_REQUIREMENTS, match, analysis)
        rows = traced(story, NURSE, LAW_JOB, LAW_REQUIREMENTS, match)
        sources = {s["field"]: s["quote"] for row in rows for s in row["sources"]}
        assert sources["posting: requirement 0"] == "profound knowledge of contract law"
        assert sources["gate: domain"].startswith("The posting is only for people from this field")

    @pytest.mark.parametrize("source", ["profile: skill Kitesurfing", "profile: shoe size", "hearsay"])
    def test_a_sentence_that_rests_on_nothing_is_not_stored(self, source: str) -> None:
        match, _ = told(NURSE, WARD_JOB, REQUIREMENTS)
        letter = Letter("de", (Sentence("Ich kann alles.", (source,), 0),))
        with pytest.raises(ValueError, match="rest"):
            traced(letter, NURSE, WARD_JOB, REQUIREMENTS, match)

    def test_a_letter_is_in_the_language_that_the_person_chooses(self) -> None:
        match, _ = told(NURSE, WARD_JOB, REQUIREMENTS)
        assert "Dear hiring team," in cover_letter(NURSE, WARD_JOB, match, "en").text
        assert "Sehr geehrte Damen und Herren," in cover_letter(NURSE, WARD_JOB, match).text


terms = [entry.term for entry in vocabulary() if entry.kind in ("skill", "tool")]
some_terms = st.lists(st.sampled_from(terms), max_size=6, unique=True)

PLACEHOLDER = re.compile(r"[{}\[\]<>]|None|XXX|  ")


def check(letter: Letter) -> None:
    assert not PLACEHOLDER.search(letter.text), letter.text
    assert all(sentence.sources for sentence in letter.sentences)
    assert all(sentence.text == sentence.text.strip() and sentence.text for sentence in letter.sentences)


class TestLetters:
    def test_a_german_letter_names_the_person_the_job_and_the_skills_where_they_were_used(self) -> None:
        letter = cover_letter(NURSE, WARD_JOB, told(NURSE, WARD_JOB, REQUIREMENTS)[0])
        check(letter)
        assert letter.text.startswith("Bewerbung: Pflegefachkraft\n\nSehr geehrte Damen und Herren,")
        assert "Seit 2019 arbeite ich als Pflegefachkraft bei Klinik am See." in letter.text
        assert "Zu meiner Arbeit als Pflegefachkraft bei Klinik am See gehörte Wundversorgung." in letter.text
        assert "6 Jahre Berufserfahrung" in letter.text
        assert "Deutsch (C2)" in letter.text
        assert letter.text.endswith("Mit freundlichen Grüßen\n\nKim Beispiel")

    def test_an_english_letter_answers_an_english_posting(self) -> None:
        view = replace(WARD_JOB, language="en", title="Registered Nurse")
        letter = cover_letter(NURSE, view, told(NURSE, view, REQUIREMENTS)[0])
        check(letter)
        assert "Dear hiring team," in letter.text
        assert "My work as Pflegefachkraft at Klinik am See included wound care." in letter.text
        assert "I speak German (C2)." in letter.text

    def test_what_is_implied_or_not_asked_for_is_not_claimed(self) -> None:
        letter = cover_letter(NURSE, WARD_JOB, told(NURSE, WARD_JOB, REQUIREMENTS)[0])
        for term in ("Medikamentengabe", "Dialyse", "Python", "Englisch"):
            assert term not in letter.text

    def test_an_occupation_that_only_a_job_title_names_is_no_qualification(self) -> None:
        worked = replace(NURSE, skills=(skill("Registered nurse", "degree", reason=WARD, quote="Pflegefachkraft"),))
        letter = cover_letter(worked, WARD_JOB, told(worked, WARD_JOB, REQUIREMENTS)[0])
        assert "Abschlüssen" not in letter.text

    def test_without_a_name_the_letter_ends_with_the_greeting(self) -> None:
        nameless = replace(NURSE, name=None)
        assert cover_letter(nameless, WARD_JOB, told(nameless, WARD_JOB, REQUIREMENTS)[0]).text.endswith("Grüßen")

    def test_a_bare_profile_still_gives_a_whole_letter(self) -> None:
        bare = person(languages={})
        for view in (WARD_JOB, LAW_JOB):
            letter = cover_letter(bare, view, told(bare, view, REQUIREMENTS)[0])
            check(letter)
            assert not any(s.startswith("profile:") for sentence in letter.sentences for s in sentence.sources)

    def test_letters_of_different_matches_are_not_all_worded_alike(self) -> None:
        match, _ = told(NURSE, WARD_JOB, REQUIREMENTS)
        views = [replace(WARD_JOB, posting_id=uuid.UUID(int=n)) for n in range(20)]
        assert len({cover_letter(NURSE, view, match).text for view in views}) > 5
        assert cover_letter(NURSE, views[0], match) == cover_letter(NURSE, views[0], match)

    @settings(max_examples=40, deadline=None)
    @given(some_terms, some_terms, st.sampled_from(["de", "en"]))
    def test_every_skill_a_letter_names_is_one_of_the_profile(
        self, own: list[str], asked: list[str], language: str
    ) -> None:
        profile = person([skill(term) for term in own], languages={})
        view = posting("Job", [facet(t, requirement=n) for n, t in enumerate([*asked, *own[:2]])], language=language)
        letter = cover_letter(profile, view, told(profile, view, [])[0])
        check(letter)
        # but for the letter's own word for the posting
        names = {term_name(term, language) for term in own} - {"Ausschreibung"}
        for sentence in letter.sentences:
            claimed = [source.removeprefix("profile: skill ") for source in sentence.sources if "skill" in source]
            assert set(claimed) <= set(own)
            assert all(term_name(term, language) in sentence.text for term in claimed)
            if not claimed:
                assert not any(re.search(rf"\b{re.escape(n)}\b", sentence.text) for n in names if len(n) > 4)

    @pytest.mark.parametrize("language", ["de", "en"])
    def test_the_narrative_says_what_is_missing_in_the_postings_words(self, language: str) -> None:
        view = replace(LAW_JOB, language=language)
        match, analysis = told(NURSE, view, LAW_REQUIREMENTS)
        story = nogo_narrative(NURSE, view, LAW_REQUIREMENTS, match, analysis)
        check(story)
        assert "profound knowledge of contract law" in story.text
        assert "Legal Counsel" in story.text
        assert ("Recht" if language == "de" else "law") in story.text
        assert "!" not in story.text

    def test_the_narrative_also_names_what_does_fit(self) -> None:
        view = replace(WARD_JOB, domain_gates=("legal",))
        match, analysis = told(NURSE, view, REQUIREMENTS)
        assert "Wundversorgung" in nogo_narrative(NURSE, view, REQUIREMENTS, match, analysis).text


class TestWording:
    def test_lists_read_as_lists(self) -> None:
        assert [listed(["A", "B", "C"][:n], "de") for n in range(4)] == ["", "A", "A und B", "A, B und C"]
        assert listed(["A", "B"], "en") == "A and B"

    @pytest.mark.parametrize(
        ("term", "german", "english"),
        [
            ("Wound care", "Wundversorgung", "wound care"),
            ("Python", "Python", "Python"),
            ("German", "Deutsch", "German"),
        ],
    )
    def test_terms_stand_as_words_of_the_sentence(self, term: str, german: str, english: str) -> None:
        assert (term_name(term, "de"), term_name(term, "en")) == (german, english)
