import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.berufenet.labels import label_forms, match_key, plain_label


@pytest.mark.parametrize(
    ("label", "forms"),
    [
        ("Verkäufer/in", ["Verkäufer", "Verkäuferin"]),
        ("Krankenschwester/Krankenpfleger", ["Krankenschwester", "Krankenpfleger"]),
        ("Krankenschwester/-pfleger", ["Krankenschwester", "Krankenpfleger"]),
        ("Kaufmann/-frau - Büromanagement", ["Kaufmann - Büromanagement", "Kauffrau - Büromanagement"]),
        ("Kaufmann/Kauffrau für Büromanagement", ["Kaufmann für Büromanagement", "Kauffrau für Büromanagement"]),
        ("Assistenzarzt/-ärztin", ["Assistenzarzt", "Assistenzärztin"]),
        ("Arzt/Ärztin", ["Arzt", "Ärztin"]),
        ("Koch/Köchin", ["Koch", "Köchin"]),
        ("Heilpädagoge/-pädagogin", ["Heilpädagoge", "Heilpädagogin"]),
        ("Medizinische/r Fachangestellte/r", ["Medizinischer Fachangestellter", "Medizinische Fachangestellte"]),
        ("Steuerfachangestellter/Steuerfachangestellte", ["Steuerfachangestellter", "Steuerfachangestellte"]),
        (
            "Technischer Redakteur/Technische Redakteurin für Software",
            ["Technischer Redakteur für Software", "Technische Redakteurin für Software"],
        ),
        ("Data Engineer", ["Data Engineer"]),
    ],
)
def test_a_label_stands_for_both_genders(label: str, forms: list[str]) -> None:
    assert list(label_forms(label))[:2] == forms


def test_a_remark_in_brackets_may_be_left_out() -> None:
    assert "Beamtin - Zolldienst" in label_forms("Beamt(er/in) - Zolldienst (mittl. Dienst)")


def test_the_text_to_embed_is_one_plain_form() -> None:
    assert plain_label("Kaufmann/-frau - Büromanagement (Ausbildung)") == "Kaufmann Büromanagement Ausbildung"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Data-Analyst", "data analyst"), ("Verkäufer", "VERKAEUFER"), ("Straßenbauer", "Strassenbauer")],
)
def test_spelling_does_not_change_the_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


def test_c_plus_plus_is_not_c() -> None:
    assert len({match_key(title) for title in ("C-Entwickler", "C++-Entwickler", "C#-Entwickler")}) == 3


@given(st.text(max_size=60))
def test_any_label_has_forms_without_duplicates_that_can_be_found(label: str) -> None:
    forms = label_forms(label)
    assert len(set(forms)) == len(forms)
    assert all(match_key(form) for form in forms)
    assert forms or not match_key(label)
