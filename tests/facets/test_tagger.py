"""The tagger lets the rules' terms pass where they are demands, and never invents what a line does not say."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.facets.tagger import (
    Stretch,
    features_of,
    labels_of,
    packaged_tagger,
    stretches_of,
    words_of,
)
from ty_assets.facets.task import rule_terms
from ty_jobs.evaluation.facets import evaluate_facets
from ty_jobs.evaluation.tagger_training import Line, train, training_sections
from ty_resources.inference.embedded import EmbeddedEngine

LINE = "Erfahrung mit Kubernetes und Helm, gerne auch Terraform; die Einarbeitung übernehmen wir"


def test_labels_say_the_stretches_again() -> None:
    words = words_of(LINE)
    stretches = [Stretch(14, 24, "tool"), Stretch(29, 33, "tool"), Stretch(46, 55, "tool")]
    assert stretches_of(LINE, words, labels_of(words, stretches)) == stretches


def test_neighbours_of_one_kind_stay_two() -> None:
    words = words_of("Java Kotlin")
    stretches = [Stretch(0, 4, "tool"), Stretch(5, 11, "tool")]
    assert stretches_of("Java Kotlin", words, labels_of(words, stretches)) == stretches


def test_what_is_no_demand_goes_and_what_is_stays() -> None:
    found = [term.term for term in packaged_tagger().revised(LINE, rule_terms(LINE, "de"), "de")]
    assert {"Kubernetes", "Terraform"} <= set(found)
    assert not any("Einarbeitung" in term for term in found)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=120), st.sampled_from(["de", "en", "xx"]))
def test_every_term_of_any_text_stands_in_it(line: str, language: str) -> None:
    for term in packaged_tagger().revised(line, rule_terms(line, language), language):
        assert 0 <= term.start < term.end <= len(line)


def test_a_line_too_long_for_a_requirement_is_left_to_the_rules() -> None:
    line = "Python und " * 300
    found = rule_terms(line, "de")
    assert packaged_tagger().revised(line, found, "de") == found


def test_threads_read_alike() -> None:
    tagger = packaged_tagger()
    lines = [f"{LINE} {number}" for number in range(40)]

    def read(line: str) -> object:
        return tagger.revised(line, rule_terms(line, "de"), "de")

    alone = [read(line) for line in lines]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, lines)) == alone


def test_training_gives_the_same_model_for_the_same_lines() -> None:
    words = words_of(LINE)
    line = Line(features_of(words, [], "de"), labels_of(words, [Stretch(14, 24, "tool")]))
    assert train([[line]]) == train([[line]])


def test_the_packaged_model_was_trained_with_the_rules_and_features_of_today() -> None:
    # On sections it has learned from it is nearly always right; a model of other features is not. Where this fails,
    # run `python -m ty_jobs.evaluation.tagger_training`.
    from importlib.resources import as_file, files

    assert len(training_sections()) >= 400
    with as_file(files("ty_jobs.evaluation").joinpath("facet_sections_dev.jsonl")) as file:
        figures = evaluate_facets(file, EmbeddedEngine()).figures
    assert float(figures["precision"]) > 0.93
    assert float(figures["recall"]) > 0.9
