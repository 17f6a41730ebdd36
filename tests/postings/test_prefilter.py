import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.postings.prefilter import prefilter


def test_an_ordinary_job_is_in_scope_without_reasons() -> None:
    scope = prefilter("Koch", "Du kochst mit uns. Wir zahlen nach Tarif.", "de")
    assert scope.in_scope
    assert scope.reasons == ()


@pytest.mark.parametrize("description", ["Koch", "x", "Tel. 0", "IT"])
def test_no_posting_is_dropped_for_being_short(description: str) -> None:
    assert prefilter("Koch", description, "und").in_scope


def test_a_language_we_cannot_read_is_named() -> None:
    scope = prefilter("Cuoco", "Cerchiamo una persona che ami la cucina e il pesce fresco. " * 3, "it")
    assert scope.reasons == ("language_not_supported",)


def test_a_few_words_are_not_enough_to_call_a_language_foreign() -> None:
    assert prefilter("Koch", "Koch Bistro Hamburg", "pl").in_scope


def test_a_text_without_a_letter_is_empty() -> None:
    assert prefilter("Koch", "12 - 34", "und").reasons == ("empty_after_normalising",)


def test_a_sales_job_with_commission_stays_and_network_marketing_does_not() -> None:
    assert prefilter("Vertrieb", "Fixum, dazu reine Provision auf Neukunden.", "de").in_scope
    scheme = "Network Marketing von zu Hause: passives Einkommen und finanzielle Freiheit!"
    assert prefilter("Partner", scheme, "de").reasons == ("network_marketing",)


def test_a_course_for_sale_is_no_job_but_an_apprenticeship_and_a_course_leader_are() -> None:
    sale = "Kursinhalte: Buchhaltung. Zahlbar mit Bildungsgutschein."
    assert prefilter("Weiterbildung Buchhaltung", sale, "de").reasons == ("training_offer",)
    assert prefilter("Ausbildung zum Buchhalter", "Wir bilden aus. Du lernst bei uns.", "de").in_scope
    assert prefilter("Weiterbildungskoordinator", "Du planst Kursinhalte.", "de").in_scope


def test_every_reason_is_given() -> None:
    scope = prefilter("Stellengesuch", "Suche Arbeit im Network-Marketing, passives Einkommen. " * 5, "fr")
    assert set(scope.reasons) == {"language_not_supported", "network_marketing", "job_wanted"}
    assert not scope.in_scope


@given(st.text(max_size=60), st.text(max_size=200), st.sampled_from(["de", "en", "und", "fr"]))
def test_in_scope_means_no_reason(title: str, description: str, code: str) -> None:
    scope = prefilter(title, description, code)
    assert scope.in_scope == (not scope.reasons)
