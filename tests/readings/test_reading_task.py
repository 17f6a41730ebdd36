"""The merged question: its parts are the stages' own, and its answer is checked as they check theirs."""

import pytest

from ty_assets.facets.task import Facet
from ty_assets.posting_analysis.task import PostingAnalysis
from ty_assets.readings.answer import PostingReading
from ty_assets.readings.task import PostingReadingTask
from ty_assets.requirements.task import Requirement, RequirementsTask
from ty_assets.summaries.task import PostingText, SummaryTask
from ty_resources.inference.embedded import EmbeddedEngine

TASK = PostingReadingTask()
POSTING = PostingText(
    title="Data Engineer (m/w/d)",
    language="de",
    description=(
        "Wir bauen die Datenplattform eines Stadtwerks.\nIhre Aufgaben\n- Aufbau von Datenpipelines\nIhr Profil\n"
        "- Abgeschlossenes Studium der Informatik\n- Sehr gute Kenntnisse in Python oder Java\n- Englisch fließend\n"
        "Wir bieten\n- Kantine und Jobticket"
    ),
)


def facet(ordinal: int, term: str, quote: str, **fields: object) -> Facet:
    known: dict[str, object] = {
        "kind": "tool", "cefr": None, "years": None, "level": None, "must": True, "negated": False,
        "alternative_group": None, "weight": 1.0,
    }  # fmt: skip
    return Facet.model_validate({"requirement_ordinal": ordinal, "term": term, "quote": quote, **known, **fields})


def requirement(text: str, quote: str | None = None) -> Requirement:
    return Requirement(text=text, quote=text if quote is None else quote, must=True, kind="skill")


def reading(requirements: list[Requirement], facets: list[Facet], **analysis: object) -> PostingReading:
    known: dict[str, object] = {
        "ideal_candidate": "Jemand mit Erfahrung.", "critical_skills": [], "nice_to_have": [], "domain_gates": [],
        "gap_templates": {},
    }  # fmt: skip
    return PostingReading(
        summary="Ein Stadtwerk sucht Verstärkung.",
        requirements=requirements,
        facets=facets,
        analysis=PostingAnalysis.model_validate({**known, **analysis}),
    )


def test_the_prompt_holds_the_prompts_of_the_four_stages() -> None:
    for part in (SummaryTask(), RequirementsTask()):
        assert part.prompt.strip() in TASK.prompt


def test_a_stage_s_prompt_is_part_of_the_reading_s_version(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a task of its own, before the change: a prompt is put together when it is first asked for.
    before = PostingReadingTask().prompt_version()
    monkeypatch.setattr(SummaryTask, "prompt", "Write a poem.")
    assert PostingReadingTask().prompt_version() != before


def test_the_rules_reading_is_what_the_stages_say_and_loses_nothing_when_verified() -> None:
    engine = EmbeddedEngine()
    answer = engine.run(TASK, [POSTING])[0].output
    assert answer is not None
    alone = engine.run(RequirementsTask(), [POSTING])[0].output
    assert alone is not None
    assert answer.requirements == alone.requirements
    assert TASK.verify(POSTING, answer) == (answer, 0)


def test_a_requirement_without_evidence_goes_and_takes_its_facets_along() -> None:
    answer = reading(
        [requirement("Promotion in Physik"), requirement("Englisch fließend")],
        [facet(0, "Physics", "Physik"), facet(1, "English", "Englisch", kind="language", cefr="C1")],
    )
    kept, removed = TASK.verify(POSTING, answer)
    assert [r.text for r in kept.requirements] == ["Englisch fließend"]
    assert [(f.requirement_ordinal, f.term) for f in kept.facets] == [(0, "English")]
    assert removed == 2


def test_a_facet_of_a_requirement_that_is_not_there_is_removed() -> None:
    kept, removed = TASK.verify(POSTING, reading([requirement("Englisch fließend")], [facet(7, "English", "Englisch")]))
    assert {f.requirement_ordinal for f in kept.facets} == {0}
    assert removed == 1


def test_terms_become_those_of_the_vocabulary_so_that_equal_demands_have_equal_rows() -> None:
    answer = reading(
        [requirement("Englisch fließend")], [facet(0, "Englische Sprache", "Englisch", kind="language", cefr="C1")]
    )
    assert [f.term for f in TASK.verify(POSTING, answer)[0].facets] == ["English"]


def test_a_requirement_the_model_took_nothing_from_gets_the_facets_of_the_rules() -> None:
    answer = reading(
        [requirement("Englisch fließend"), requirement("Sehr gute Kenntnisse in Python oder Java")],
        [facet(0, "English", "Englisch", kind="language", cefr="C1", alternative_group=0)],
    )
    facets = TASK.verify(POSTING, answer)[0].facets
    assert [f.term for f in facets] == ["English", "Python", "Java"]
    groups = [f.alternative_group for f in facets]
    assert groups[1] == groups[2] != groups[0], "the rules' group is not that of the model"


def test_an_answer_without_any_evidence_is_told_from_one_that_quotes() -> None:
    assert not TASK.quotes(POSTING, reading([requirement("Promotion in Physik")], []))
    assert TASK.quotes(POSTING, reading([requirement("Englisch fließend")], []))


def test_a_posting_is_split_between_lines_and_nothing_of_it_is_lost() -> None:
    long = POSTING.model_copy(update={"description": "\n".join(f"- Kenntnisse in Fach {n}" for n in range(80))})
    parts = TASK.split(long)
    assert len(parts) == 2
    assert [line for part in parts for line in part.description.split("\n")] == long.description.split("\n")
    assert TASK.split(POSTING) == [], "a short text is no matter of length"


def test_the_parts_answers_follow_one_another() -> None:
    first = reading(
        [requirement("Englisch fließend")],
        [facet(0, "English", "Englisch", alternative_group=0)],
        critical_skills=["English"],
    )
    second = reading(
        [requirement("Sehr gute Kenntnisse in Python oder Java")],
        [facet(0, "Python", "Python", alternative_group=0), facet(0, "Java", "Java", alternative_group=0)],
        critical_skills=["Python", "English"],
    )
    whole = TASK.merge(POSTING, [first, second])
    assert [r.text for r in whole.requirements] == ["Englisch fließend", "Sehr gute Kenntnisse in Python oder Java"]
    assert [(f.requirement_ordinal, f.term, f.alternative_group) for f in whole.facets] == [
        (0, "English", 0),
        (1, "Python", 1),
        (1, "Java", 1),
    ]
    assert whole.analysis.critical_skills == ["English", "Python"]
