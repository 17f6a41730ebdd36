"""Which occupation a sentence names as the one that is sought, done or learned, and which it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.berufenet.catalogue import starter_catalogue
from ty_assets.berufenet.mentions import OccupationNames, find_mentions

NAMES = OccupationNames(starter_catalogue())


def found(text: str) -> list[tuple[str, str]]:
    return [(mention.kind, code) for mention in find_mentions(text, NAMES) for code in mention.codes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Für unser Team suchen wir ab sofort einen erfahrenen Maler (m/w/d), der anpackt.", [("sought", "33212")]),
        ("Gesucht: Altenpfleger:in", [("sought", "82102")]),
        ("Salon sucht eine Friseurin oder einen Friseur.", [("sought", "82312"), ("sought", "82312")]),
        ("We are looking for an experienced electrician to join us.", [("sought", "26212")]),
        ("We are hiring a forklift driver for nights.", [("sought", "52531")]),
        ("zur Unterstützung unserer Köche suchen wir eine Spülkraft", [("sought", "29301")]),
        ("Wir suchen Verstärkung als Lagerist (m/w/d)", [("sought", "51312")]),
        ("Als Maurer mauern Sie Wände.", [("done", "32122")]),
        ("As a nurse you care for patients.", [("done", "81302")]),
        ("Sie suchen eine neue Herausforderung als Mechatroniker?", [("done", "26112")]),
        ("Abgeschlossene Ausbildung als Koch/Köchin oder Bäcker", [("learned", "29302"), ("learned", "29222")]),
        ("Ausbildung zum/zur Gesundheits- und Krankenpfleger/in", [("learned", "81302")]),
        ("Als gelernter Elektroniker für Betriebstechnik", [("learned", "26252")]),
        ("Berufserfahrung als Staplerfahrer", [("learned", "52531")]),
        ("Ausbildung als Maler, Trockenbaumonteur oder Fliesenleger",
         [("learned", "33212"), ("learned", "33302"), ("learned", "33112")]),
        ("Sie übernehmen Malerarbeiten an Fassaden.", [("kin", "33212")]),
        ("Beschaffungen führen wir rechtskonform und in hoher Güte durch, als Koch in der Küche", [("kin", "29302")]),
    ],
)  # fmt: skip
def test_what_is_sought_done_or_learned_is_named(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Als Steuerberater betreuen wir Mandanten in ganz Hessen.",
        "Eine Ausbildung als Koch ist nicht erforderlich.",
        "Egal ob du als Koch oder Maler kommst: bei uns zählst du.",
        "Sie unterstützen unsere Köche und Elektriker.",
        "In Zusammenarbeit mit dem Team als Koch",
        "Nach zwei Jahren: Weiterbildung zum Koch",
        "Unser Gründer begann als Schlosser.",
        "Our customers are nurses and physicians.",
        "Als Familienbetrieb suchen wir Mitarbeiter.",
        "Ausbildung als Rechtsanwalts- und",
        "",
    ],
)
def test_what_is_denied_or_said_of_others_is_none(text: str) -> None:
    assert found(text) == []


@given(st.lists(st.sampled_from([
    "suchen", "wir", "einen", "als", "Maler", "Koch,", "oder", "Ausbildung", "zum", "(m/w/d)", "/", "-", "\n", ".", "ä",
    "gelernter", "kein", "and", "as a", "nurse", "Malerarbeiten", "\u2028", "Bürokauffrau/-mann",
]), max_size=30).map(" ".join))  # fmt: skip
def test_quotes_stand_in_the_text_and_codes_in_the_catalogue(text: str) -> None:
    for mention in find_mentions(text, NAMES):
        assert mention.quote in text
        assert mention.codes
        assert set(mention.codes) <= set(starter_catalogue().by_kldb)
