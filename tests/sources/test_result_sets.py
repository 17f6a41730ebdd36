"""Listing more than a service hands out: every hit once where parts add up, and never a page beyond the limits."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from ty_resources.sources.result_sets import Limits, Query, ResultSets, page_name, parting
from ty_resources.sources.source import Hit, Listed, Page

LIMITS = Limits(page_size=5, most=20)
PARAMS = {"kind": "kind", "field": "field", "place": "wo"}
Job = Mapping[str, list[str]]


class Service:
    """Jobs with values of facets; a page beyond the limits is an error of the caller."""

    def __init__(self, jobs: list[Job]) -> None:
        self.jobs = jobs
        self.asked: list[str] = []

    def ask(self, query: Query, number: int, name: str, search: str) -> Page | None:
        assert number >= 1
        assert number * LIMITS.page_size <= LIMITS.most
        self.asked.append(name)
        found = [
            index
            for index, job in enumerate(self.jobs)
            if all(
                value in job.get("place" if key == "wo" else key, [])
                for key, value in query.items()
                if key != "umkreis"
            )
        ]
        facets: dict[str, dict[str, int]] = {}
        for facet in PARAMS:
            for index in found:
                for value in self.jobs[index].get(facet, []):
                    facets.setdefault(facet, {})[value] = facets.get(facet, {}).get(value, 0) + 1
        shown = found[(number - 1) * LIMITS.page_size : number * LIMITS.page_size]
        return Page(name, search, [Hit(str(index), b"", {}) for index in shown], len(found), facets)


def _list(service: Service, listed: Mapping[str, Listed]) -> list[Page]:
    sets = ResultSets(service.ask, LIMITS, PARAMS, listed)
    return list(sets.pages({}, page_name({}, 1)))


def _ids(pages: list[Page]) -> list[str]:
    return [hit.external_id for page in pages for hit in page.hits]


def _facet(values: str) -> st.SearchStrategy[list[str]]:
    return st.sampled_from(values).map(lambda value: [value])


EXACT = st.fixed_dictionaries({"kind": _facet("ab"), "field": _facet("klm"), "place": _facet("xyz")})
ANY = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from("abc"), max_size=2, unique=True) for name in ("kind", "field", "place")}
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EXACT, max_size=120))
def test_every_hit_is_reached_where_the_parts_add_up_and_fit(jobs: list[Job]) -> None:
    service = Service(jobs)
    pages = _list(service, {})
    largest = max(
        [sum(job == other for other in jobs) for job in jobs],
        default=0,
    )
    if largest <= LIMITS.most:
        assert set(_ids(pages)) == {str(index) for index in range(len(jobs))}
    assert len(service.asked) == len(set(service.asked))


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, max_size=120), st.data())
def test_a_listing_that_was_cut_asks_for_no_page_again_and_ends_the_same(jobs: list[Job], data: st.DataObject) -> None:
    whole = _list(Service(jobs), {})
    cut = data.draw(st.integers(0, len(whole)))
    service = Service(jobs)
    rest = _list(service, {page.name: page.listed() for page in whole[:cut]})
    assert [page.name for page in whole[:cut] + rest] == [page.name for page in whole]
    assert not set(service.asked) & {page.name for page in whole[:cut]}


def test_the_parting_with_the_fewest_parts_that_fit_is_taken() -> None:
    facets = {"kind": {"a": 10, "b": 20}, "field": {"k": 10, "l": 10, "m": 10}, "place": {"x": 29, "y": 1}}
    assert parting(facets, 30, 20, {}, PARAMS) == ["kind"]


def test_where_none_fits_the_one_with_the_smallest_largest_part_is_taken() -> None:
    facets = {"kind": {"a": 90, "b": 10}, "field": {"k": 40, "l": 60}}
    assert parting(facets, 100, 20, {}, PARAMS) == ["field"]


def test_counts_that_leave_something_out_are_the_last_resort() -> None:
    facets = {"kind": {"a": 20, "b": 20}, "field": {"k": 30, "l": 30}}
    assert parting(facets, 50, 20, {}, PARAMS) == ["field", "kind"]


def test_a_facet_that_was_asked_for_already_parts_nothing() -> None:
    assert parting({"place": {"x": 15, "y": 15}}, 30, 20, {"wo": "x"}, PARAMS) == []


def test_what_one_facet_leaves_out_is_looked_for_by_the_next_and_in_the_set_itself() -> None:
    jobs: list[Job] = [{"kind": ["ab"[n % 2]]} for n in range(15)]
    jobs += [{"field": ["klm"[n % 3]]} for n in range(15)]
    assert set(_ids(_list(Service(jobs), {}))) == {str(index) for index in range(30)}
    # Neither facet has the first five: the set's own first pages do.
    assert set(_ids(_list(Service([{}] * 5 + jobs), {}))) == {str(index) for index in range(35)}
