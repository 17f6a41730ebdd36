import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.postings import language
from ty_assets.postings.language import UNDETERMINED, detect_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wir suchen für unser Team in Kassel eine Person, die mit uns den Einkauf und das Lager plant.", "de"),
        ("We are looking for a person who will plan the stock with us and run the shop in the centre.", "en"),
        ("Nous recherchons pour notre atelier à Lyon une personne qui sait réparer des vélos.", "fr"),
        ("Cerchiamo per la nostra cucina una persona con esperienza che ami il pesce fresco.", "it"),
        ("Wij zoeken voor ons magazijn een medewerker die graag met mensen werkt en vroeg opstaat.", "nl"),
        ("Szukamy do naszego zespołu osoby, która chętnie pracuje z ludźmi i zna język angielski.", "pl"),
    ],
)
def test_running_text_is_recognised(text: str, code: str) -> None:
    assert detect_language(text) == code


def test_english_terms_in_german_text_do_not_make_it_english() -> None:
    text = (
        "Als Senior Backend Engineer bist du für unsere Cloud verantwortlich und arbeitest mit Kubernetes, Go und AWS."
    )
    assert detect_language(text) == "de"


@pytest.mark.parametrize("text", ["", "12345", "--- !!! 2026-03-01"])
def test_nothing_to_go_by_is_undetermined(text: str) -> None:
    assert detect_language(text) == UNDETERMINED


def test_clear_german_and_english_never_load_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("the language model was loaded")

    monkeypatch.setattr(language, "_identifier", refuse)
    assert (
        detect_language("Du planst mit uns die Woche und bist für das Lager und den Hof da. Wir sind ein Team.") == "de"
    )
    assert detect_language("You plan the week with us and you are responsible for the yard of our house.") == "en"


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert 2 <= len(detect_language(text)) <= 3
