import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ty_assets.facets.task import Facet, Facets
from ty_assets.requirements.task import Requirement, Requirements
from ty_jobs.evaluation.facet_match import Annotated, Found, matched, without_repeats
from ty_jobs.evaluation.facets import evaluate_facets
from ty_jobs.evaluation.files import EvaluationError
from ty_resources.inference.embedded import RULES_MODEL, EmbeddedEngine
from ty_resources.inference.engine import Answer

_TEXT = "Java oder Kotlin\nEnglisch B2\n3 Jahre Erfahrung im Vertrieb"


def _facet(quote: str, kind: str, term: str = "", **values: Any) -> dict[str, Any]:
    nothing = {"cefr": None, "years": None, "level": None, "must": True, "negated": False, "alternative_group": None}
    return {"quote": quote, "kind": kind, "term": term or quote, **nothing, **values}


_ANNOTATED = [
    _facet("Java", "tool", alternative_group=0),
    _facet("Kotlin", "tool", alternative_group=0),
    _facet("Englisch", "language", "English", cefr="B2"),
    _facet("3 Jahre Erfahrung im Vertrieb", "experience", "sales", years=3),
]


def _file(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "sections.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def _row(**values: Any) -> dict[str, Any]:
    return {"id": "1", "language": "de", "title": "Entwickler", "text": _TEXT, "facets": _ANNOTATED, **values}


class _Answering:
    """An engine that calls every line a requirement and finds in it what it was told to."""

    remote = True

    def __init__(self, *facets: tuple[int, dict[str, Any]]) -> None:
        self.facets = facets

    def model(self, role: str) -> str:
        return "answering:1"

    def warm_up(self, roles: Sequence[str] = (), *, embedding: bool = False) -> None:
        assert not embedding

    def run(self, task: Any, items: Iterable[Any], lane: str = "background") -> list[Answer[Any]]:
        if task.name == "posting_requirements":
            return [Answer(self._requirements(item.description)) for item in items]
        found = [
            Facet(requirement_ordinal=ordinal, weight=1.0, **facet)  # type: ignore[arg-type]
            for ordinal, facet in self.facets
        ]
        return [Answer(Facets(facets=found)) for _ in items]

    def _requirements(self, description: str) -> Requirements:
        lines = description.split("\n")[1:]
        return Requirements(requirements=[Requirement(text=x, quote=x, must=True, kind="other") for x in lines])


def _figures(folder: Path, *facets: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    return evaluate_facets(_file(folder, _row()), _Answering(*facets)).figures  # type: ignore[arg-type]


_ALL = [(0, _ANNOTATED[0]), (0, _ANNOTATED[1]), (1, _ANNOTATED[2]), (2, _ANNOTATED[3])]


def test_the_annotation_itself_is_perfect(tmp_path: Path) -> None:
    figures = _figures(tmp_path, *_ALL)
    assert (figures["precision"], figures["recall"], figures["f1"]) == (1, 1, 1)
    assert figures["f1_with_need"] == 1
    assert figures["alternatives_f1"] == 1
    assert figures["in_requirements"] == 1


def test_figures_are_those_counted_by_hand(tmp_path: Path) -> None:
    wrong_level = {**_ANNOTATED[2], "cefr": "C1"}
    surplus = _facet("Vertrieb", "condition")
    only_wished = {**_ANNOTATED[0], "must": False}
    figures = _figures(tmp_path, (0, only_wished), (1, wrong_level), (2, _ANNOTATED[3]), (2, surplus))
    assert figures["found"] == 4
    assert figures["precision"] == pytest.approx(2 / 4)
    assert figures["recall"] == pytest.approx(2 / 4)
    assert figures["precision_with_need"] == pytest.approx(1 / 4)
    evaluation = evaluate_facets(
        _file(tmp_path, _row()),
        _Answering((0, only_wished), (1, wrong_level), (2, _ANNOTATED[3]), (2, surplus)),  # type: ignore[arg-type]
    )
    assert {(m.text, m.expected, m.got) for m in evaluation.mistakes} == {
        ("Kotlin", "tool", "nothing"),
        ("Englisch", "language B2", "language C1"),
        ("Vertrieb", "nothing", "condition"),
    }
    tools = next(c for c in evaluation.classes if c.name == "tool")
    assert (tools.count, tools.precision, tools.recall) == (2, 1, 0.5)


def test_alternatives_are_counted_by_pairs(tmp_path: Path) -> None:
    apart = [(o, {**f, "alternative_group": None}) for o, f in _ALL]
    assert _figures(tmp_path, *apart)["alternatives_recall"] == 0
    all_together = [(o, {**f, "alternative_group": 1}) for o, f in _ALL]
    figures = _figures(tmp_path, *all_together)
    assert figures["alternatives_recall"] == 1
    assert figures["alternatives_precision"] == pytest.approx(1 / 6)


def test_equal_terms_should_be_equal_and_different_ones_different(tmp_path: Path) -> None:
    rows = [
        _row(id=str(i), text=text, facets=[_facet(text, "skill", term)])
        for i, (text, term) in enumerate(
            [("Einkauf", "purchasing"), ("Beschaffung", "purchasing"), ("Verkauf", "sales")]
        )
    ]

    class _ByText(_Answering):
        def run(self, task: Any, items: Iterable[Any], lane: str = "background") -> list[Answer[Any]]:
            if task.name == "posting_requirements":
                return super().run(task, items, lane)
            terms = {"Einkauf": "Purchasing", "Beschaffung": "Procurement", "Verkauf": "Purchasing"}
            texts = [item.requirements[0].text for item in items]
            return [
                Answer(Facets(facets=[Facet(requirement_ordinal=0, weight=1.0, **_facet(t, "skill", terms[t]))]))  # type: ignore[arg-type]
                for t in texts
            ]

    figures = evaluate_facets(_file(tmp_path, *rows), _ByText()).figures  # type: ignore[arg-type]
    assert figures["canonical_consistency"] == 0  # one pair of equal terms, found as two
    assert figures["term_collisions"] == 0.5  # one of two pairs of different terms was found as one


def _annotated(quote: str, start: int, kind: str = "skill", **values: Any) -> Annotated:
    return Annotated(start=start, end=start + len(quote), **_facet(quote, kind, **values))


def _found(quote: str, start: int, kind: str = "skill", ordinal: int = 0, **values: Any) -> Found:
    facet = Facet(requirement_ordinal=ordinal, weight=1.0, **_facet(quote, kind, **values))  # type: ignore[arg-type]
    return Found(facet, start, start + len(quote))


@pytest.mark.parametrize(
    ("wanted", "found", "match"),
    [
        (_annotated("SAP", 0), _found("SAP-Kenntnisse", 0), True),
        (_annotated("SAP", 0), _found("SAP", 20), False),
        (_annotated("abcdef", 0), _found("efghij", 4), False),
        (_annotated("ISO 9001", 0), _found("ISO 9001", 0, "tool"), True),
        (_annotated("Vertrieb", 0), _found("Vertrieb", 0, "soft_skill"), False),
        (_annotated("Vertrieb", 0), _found("Vertrieb", 0, "experience"), True),
        (_annotated("Vertrieb", 0), _found("Vertrieb", 0, "experience", years=3.0), False),
        (_annotated("Vertrieb", 0, "experience", years=3), _found("Vertrieb", 0, "experience", years=3.0), True),
        (_annotated("Vertrieb", 0, "experience", years=3), _found("Vertrieb", 0, "experience"), False),
        (_annotated("Englisch", 0, "language"), _found("Englisch", 0, "language", cefr="B2"), True),
        (_annotated("Englisch", 0, "language", cefr="C1"), _found("Englisch", 0, "language", cefr="B2"), False),
        (_annotated("Lehre", 0, "degree", level=1), _found("Lehre", 0, "degree", level=2), False),
        (_annotated("Java", 0, negated=True), _found("Java", 0), False),
        (_annotated("Java", 0, must=False), _found("Java", 0), True),
    ],
)
def test_what_matches(wanted: Annotated, found: Found, match: bool) -> None:
    assert bool(matched([wanted], [found]).pairs) is match


def test_each_is_matched_once_and_as_many_as_possible() -> None:
    wanted = [_annotated("Lager und Versand", 0), _annotated("Versand", 10)]
    found = [_found("Lager und Versand", 0), _found("Lager", 0)]
    assert sorted(matched(wanted, found).pairs) == [(0, 1), (1, 0)]


def test_what_an_experience_is_in_counts_once() -> None:
    experience = _found("3 Jahre im Vertrieb", 0, "experience", term="Sales", years=3.0)
    same_term, inside = _found("Verkauf", 40, term="Sales"), _found("Vertrieb", 11, term="Selling")
    elsewhere = _found("Verkauf", 40, term="Sales", ordinal=1)
    assert without_repeats([experience, same_term, inside, elsewhere]) == [experience, elsewhere]


def test_the_rules_read_a_plain_section_and_files_come_with_the_project(tmp_path: Path) -> None:
    evaluation = evaluate_facets(_file(tmp_path, _row()), EmbeddedEngine())
    assert evaluation.engine == RULES_MODEL
    assert evaluation.figures["recall"] == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (_row(facets=[_facet("Scala", "tool")]), "'Scala' does not stand in the text"),
        (_row(facets=[_facet("Java", "gadget")]), "'gadget' is none of skill"),
        (_row(facets=[{"quote": "Java"}]), "facet 1: without kind"),
        (_row(facets=[_facet("Java", "tool", must=1)]), "`must` is 1, expected bool"),
        (_row(facets=["Java"]), "facet 1: str, an object is expected"),
        (_row(facets="Java"), "`facets` is str"),
        (_row(text=None), "`text` is NoneType"),
        (_row(facets=[]), "nothing to find"),
        ({"id": "1"}, "without language, title, text, facets"),
    ],
)
def test_a_malformed_file_is_an_error_that_says_where(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluate_facets(_file(tmp_path, row), EmbeddedEngine())


def test_a_failed_item_is_told_and_not_hidden(tmp_path: Path) -> None:
    class _Failing(_Answering):
        def run(self, task: Any, items: Iterable[Any], lane: str = "background") -> list[Answer[Any]]:
            return [Answer(None, TimeoutError("too slow")) for _ in items]

    evaluation = evaluate_facets(_file(tmp_path, _row()), _Failing())  # type: ignore[arg-type]
    assert evaluation.figures["failed"] == 2
    assert evaluation.figures["recall"] == 0
    assert any("too slow" in note for note in evaluation.notes)
