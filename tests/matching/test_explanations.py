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
from ty_assets.matching.analysis import MAX_SKILLS, MatchAnalysis, analyse
from ty_assets.matching.letters import cover_letter, nogo_narrative
from ty_assets.matching.scoring import Match
from ty_assets.matching.sentences import Letter
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
