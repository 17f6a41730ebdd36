"""The facets stage: weights, wishes, numbering, evidence."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.facets.reading import cases, facets_in
from ty_assets.facets.task import Facets, FacetsTask, PostingRequirements, RequirementLine, weight


def no_encoder(texts: Sequence[str]) -> NDArray[np.float32]:
    raise AssertionError("the rules need no encoder")


def posting(*lines: tuple[str, bool]) -> PostingRequirements:
    requirements = [RequirementLine(ordinal=n, text=text, must=must) for n, (text, must) in enumerate(lines)]
    return PostingRequirements(title="", language="de", requirements=requirements)


def answer(item: PostingRequirements) -> Facets:
    (result,) = FacetsTask().extract([item], no_encoder)
    return result


def test_a_demand_weighs_more_than_a_wish_and_a_skill_more_than_a_manner() -> None:
    assert weight("skill", True, False) > weight("skill", False, False) > weight("condition", False, False)
    assert weight("skill", True, False) > weight("experience", True, False) > weight("soft_skill", True, False)
    assert weight("licence", True, True) == 0.0


def test_must_comes_from_the_requirement_and_is_weakened_beside_a_wish() -> None:
    must = {f.term: f.must for f in answer(posting(("SQL, idealerweise auch Kafka", True), ("Docker", False))).facets}
    assert must == {"SQL": True, "Apache Kafka": False, "Docker": False}


@pytest.mark.parametrize(
    ("line", "wished"),
    [
        ("Python, Go von Vorteil", {"Go"}),
        ("Von Vorteil sind Kenntnisse in Grafana, Kafka und Docker", {"Grafana", "Apache Kafka", "Docker"}),
        ("Python is required, Kafka is a plus", {"Apache Kafka"}),
        ("Erfahrung mit SAP, aber kein Muss", {"SAP"}),
        ("Datenbanken (z. B. MySQL) wünschenswert", {"Databases", "MySQL"}),
        ("Preferably with Kafka, Docker and SQL", {"Apache Kafka", "Docker", "SQL"}),
        ("Python und SQL", set()),
    ],
)
def test_a_wish_governs_its_clause(line: str, wished: set[str]) -> None:
    assert {f.term for f in facets_in(line) if not f.must} == wished


def test_groups_of_alternatives_are_numbered_through_the_posting() -> None:
    facets = answer(posting(("Java oder Kotlin", True), ("Docker oder Podman", True), ("Git", True))).facets
    assert [f.alternative_group for f in facets] == [0, 0, 1, 1, None]


def test_a_term_is_listed_once_per_requirement_and_again_in_the_next() -> None:
    facets = answer(posting(("Python, Python und Python", True), ("Python", False))).facets
    assert [(f.requirement_ordinal, f.must) for f in facets] == [(0, True), (1, False)]


def test_a_wordless_or_instructing_line_has_no_facet_and_every_other_has_one() -> None:
    facets = answer(posting(("Bitte online bewerben", True), ("---", True), ("Erfahrung im Glasblasen", True))).facets
    assert [(f.requirement_ordinal, f.term) for f in facets] == [(2, "Glasblasen")]


def test_every_demand_of_the_table_yields_a_facet() -> None:
    for case in cases():
        assert bool(facets_in(case.line, case.language)) is bool(case.items), case.line


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=80) | st.sampled_from([c.line for c in cases()]), st.booleans()), max_size=4)
)
def test_the_rules_never_raise_and_their_own_answer_passes_verification(lines: list[tuple[str, bool]]) -> None:
    item = posting(*lines)
    facets = answer(item)
    assert FacetsTask().verify(item, facets) == (facets, 0)
    assert answer(item) == facets


def test_a_facet_without_its_quote_in_its_own_requirement_is_removed_and_counted() -> None:
    item = posting(("Kenntnisse in  SQL", True), ("Python", True))
    good = answer(item)
    invented = good.facets[0].model_copy(update={"quote": "Kubernetes"})
    elsewhere = good.facets[0].model_copy(update={"quote": "Python"})
    unknown = good.facets[0].model_copy(update={"requirement_ordinal": 7})
    kept, removed = FacetsTask().verify(item, Facets(facets=[*good.facets, invented, elsewhere, unknown]))
    assert (kept, removed) == (good, 3)


def test_quotes_are_compared_after_folding_white_space() -> None:
    item = posting(("Kenntnisse  in\u00a0SQL", True))
    spread = answer(item).facets[0].model_copy(update={"quote": "Kenntnisse in SQL"})
    assert FacetsTask().verify(item, Facets(facets=[spread]))[1] == 0


def test_weights_of_a_model_are_replaced_by_ours() -> None:
    item = posting(("SQL", False))
    loud = answer(item).facets[0].model_copy(update={"weight": 1.0})
    kept, _ = FacetsTask().verify(item, Facets(facets=[loud]))
    assert kept.facets[0].weight == weight("tool", False, False)


def test_a_change_of_the_vocabulary_changes_the_version_of_the_rules() -> None:
    task = FacetsTask()
    assert task.rules_version() != task.version
    assert task.prompt_version() != task.rules_version()
    assert "requirement_ordinal" in task.prompt
