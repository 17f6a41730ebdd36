"""Pay is read where a posting says it, converted to a year, and where in doubt not read at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.postings.pay import most_offered


@pytest.mark.parametrize(
    ("text", "a_year"),
    [
        ("Jahresgehalt von 45.000 bis 60.000 € brutto", 60_000),
        ("Gehalt: 45.000,00 - 52.500,50 EUR brutto/Jahr", 52_500.5),
        ("Wir bieten ein Bruttogehalt ab 3.200 € im Monat.", 38_400),
        ("Vergütung 2.800–3.400 Euro brutto mtl.", 40_800),
        ("Stundenlohn 17,50 € plus Zulagen fürs Team", None),  # beside other money
        ("Ihr Stundenlohn beträgt 17,50 €", 36_400),
        ("Bezahlung: 15 bis 18 Euro pro Stunde", 37_440),
        ("Salary: €55,000 - €70,000 per year", 70_000),
        ("Annual salary of EUR 48,000", 48_000),
        ("We pay 55k to 65k € gross per annum", 65_000),
        ("Gehaltsspanne 50.000 € - 65.000 €", 65_000),
        ("Gehalt: bis zu 70 T€ im Jahr", 70_000),
    ],
)
def test_pay_is_read_in_euros_a_year(text: str, a_year: float | None) -> None:
    assert most_offered(text) == (None if a_year is None else pytest.approx(a_year))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Attraktives Gehalt nach Tarif",
        "Umsatz von 45.000.000 € im Jahr",
        "Prämie von 1.500 € brutto für jede Empfehlung",
        "Gehalt: 3.200 €",  # a month's, surely, but it does not say
        "Gehalt: 60.000 CHF im Jahr",
        "Salary up to $120,000 a year",
        "Weihnachtsgeld 2.000 € brutto im Jahr",
        "Ausbildungsvergütung: 1.100 € brutto im Monat",
        "Verdienst bis 538 Euro im Monat",  # below what a year of full work pays
        "Rufen Sie an: 0341 45000, Gehalt nach Vereinbarung in Euro",
        "Gehalt 3.000 € im Monat oder 20 € je Stunde",  # which is which is not clear
    ],
)
def test_what_is_no_pay_or_in_doubt_is_not_read(text: str) -> None:
    assert most_offered(text) is None


def test_the_highest_of_several_lines_counts() -> None:
    text = "Gehalt als Einsteiger: 40.000 € im Jahr\nGehalt als Profi: 60.000 € im Jahr\n"
    assert most_offered(text) == 60_000


@given(st.text(alphabet="Gehalt €EURbruto kT0123456789.,-–'/\n", max_size=80))
def test_any_text_gives_a_plausible_pay_or_none(text: str) -> None:
    found = most_offered(text)
    assert found is None or 10_000 <= found <= 500_000
