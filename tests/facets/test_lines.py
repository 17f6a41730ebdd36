"""What a careful reader takes from a requirement line, the rules take too: lines.txt."""

import pytest

from tests.facets.reading import Case, alternatives, cases, facets_in, notation
from ty_assets.facets.vocabulary import vocabulary


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.line[:60])
def test_a_line_yields_the_facets_a_careful_reader_takes_from_it(case: Case) -> None:
    known = vocabulary()
    written = [(f, notation(f, f.kind == "experience" or f.term in known)) for f in facets_in(case.line, case.language)]
    assert {text for _, text in written} == set(case.items)
    assert alternatives(written) == case.alternatives


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(cases()) >= 60
    assert {case.language for case in cases()} == {"de", "en"}
