import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.requirements.fake_encoder import encode
from ty_assets.postings.normalise import normalise_text
from ty_assets.requirements.cues import heading_of
from ty_assets.requirements.prototypes import line_model
from ty_assets.requirements.segments import segment, segment_all
from ty_resources.inference.task import Encode

_AD = """Wir sind eine Schreinerei mit zwölf Leuten in Fulda.

Deine Aufgaben
- Möbel nach Maß bauen
- Treppen beim Kunden montieren

Das bringst du mit
- Gesellenbrief als Tischler
- Führerschein Klasse B

Darauf kannst du dich freuen
- 30 Tage Urlaub
- Werkzeug nach Wahl

Interesse?
Ruf Frau Holz an."""


def _by_label(description: str, encoder: Encode | None = encode) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in segment(description, "de", encoder):
        found.setdefault(part.label, []).extend(line.text for line in part.lines)
    return found


def _refuse(texts: Sequence[str]) -> NDArray[np.float32]:
    raise AssertionError("the encoder was asked")


def test_headings_divide_an_advertisement() -> None:
    assert _by_label(_AD) == {
        "introduction": ["Wir sind eine Schreinerei mit zwölf Leuten in Fulda."],
        "tasks": ["Möbel nach Maß bauen", "Treppen beim Kunden montieren"],
        "requirements": ["Gesellenbrief als Tischler", "Führerschein Klasse B"],
        "benefits": ["30 Tage Urlaub", "Werkzeug nach Wahl"],
        "contact": ["Ruf Frau Holz an."],
    }


def test_where_headings_decide_the_encoder_is_not_asked() -> None:
    assert segment(_AD, "de", _refuse)


def test_undecided_descriptions_of_a_batch_go_to_the_encoder_in_one_call() -> None:
    calls: list[int] = []

    def counting(texts: Sequence[str]) -> NDArray[np.float32]:
        calls.append(len(texts))
        return encode(texts)

    line_model(counting)  # the prototypes, which this encoder has no packaged weights for
    calls.clear()
    segment_all(["Du planst das Lager.\nDu hast Geduld.", _AD, "Du fährst Rad.\nDu bist wach."], counting)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("Ihr Profil", "requirements"),
        ("DEIN PROFIL:", "requirements"),
        ("🎯 Dein Profil", "requirements"),
        ("**Anforderungen**", "requirements"),
        ("Was Sie auszeichnet", "requirements"),
        ("Das bringst du mit", "requirements"),
        ("Damit überzeugst du uns", "requirements"),
        ("Überzeugend: Ihr Profil", "requirements"),
        ("Ihre Fähigkeiten und Erfahrungen", "requirements"),
        ("Your skills and experience", "requirements"),
        ("What you bring", "requirements"),
        ("Who you are", "requirements"),
        ("Nice to have", "requirements"),
        ("Weitere Erwartungen", "requirements"),
        ("Formale Voraussetzungen", "requirements"),
        ("Further expectations", "requirements"),
        ("🎁 DAS KRIEGST DU 🎁", "benefits"),
        ("Was Sie erwarten dürfen", "benefits"),
        ("What we give back", "benefits"),
        ("Ihre Aufgaben", "tasks"),
        ("Was dich erwartet", "tasks"),
        ("Your key responsibilities", "tasks"),
        ("What you'll do", "tasks"),
        ("Wir bieten Ihnen", "benefits"),
        ("Darauf können Sie sich freuen", "benefits"),
        ("What we offer", "benefits"),
        ("Why join us?", "benefits"),
        ("Über uns", "introduction"),
        ("About us", "introduction"),
        ("Ihr Kontakt", "contact"),
        ("Haben wir Ihr Interesse geweckt?", "contact"),
        ("How to apply", "contact"),
    ],
)
def test_common_headings_are_known(heading: str, label: str) -> None:
    found = heading_of(heading)
    assert found is not None
    assert found.label == label


@pytest.mark.parametrize(
    "line",
    [
        "Sehr gute Kenntnisse in Excel",
        "Kenntnisse und Erfahrung in Java",
        "Erfahrung und Umsicht sind nötig.",
        "Abwechslungsreiche Aufgaben",
        "Java",
        "Freude an neuen Aufgaben",
        "",
    ],
)
def test_lines_that_only_mention_a_heading_word_are_none(line: str) -> None:
    assert heading_of(line) is None


def test_a_heading_nobody_has_heard_of_goes_with_the_lines_below_it() -> None:
    text = "Deine Werkbank:\n- Kenntnisse in CAD\n- Führerschein Klasse B\n- Erfahrung im Treppenbau"
    (part,) = segment(text, "de", encode)
    assert (part.label, part.heading, len(part.lines)) == ("requirements", "Deine Werkbank:", 3)


def test_numbers_of_a_list_are_bullets_and_dates_are_not() -> None:
    lines = "Anforderungen\n1. Meisterbrief\n2) Geduld\n1. August frei"
    assert _by_label(lines)["requirements"] == ["Meisterbrief", "Geduld", "1. August frei"]


def test_letters_of_a_list_are_bullets_and_a_heading_above_them_is_no_requirement() -> None:
    lines = "Anforderungen\na) Meisterbrief\nb) Geduld\n\nAusserdem gern gesehen\na) CAD-Kenntnisse\nb) Deutsch B2"
    assert _by_label(lines)["requirements"] == ["Meisterbrief", "Geduld", "CAD-Kenntnisse", "Deutsch B2"]


def test_the_last_line_is_never_a_heading() -> None:
    assert _by_label("Anforderungen\n- Geduld\nErfahrung") == {"requirements": ["Geduld", "Erfahrung"]}


def test_a_heading_may_stand_before_its_text_on_one_line() -> None:
    found = _by_label("Ihr Profil: Gesellenbrief als Tischler\nWir bieten: 30 Tage Urlaub")
    assert found == {"requirements": ["Gesellenbrief als Tischler"], "benefits": ["30 Tage Urlaub"]}


def test_text_whose_newlines_were_lost_is_cut_again() -> None:
    glued = (
        "Schreinerei Fulda Deine AufgabenMöbel nach Maß bauenTreppen beim Kunden montieren"
        "Dein ProfilGesellenbrief als TischlerFührerschein Klasse BWas wir bieten30 Tage Urlaub"
    )
    found = _by_label(glued)
    assert "Gesellenbrief als Tischler" in found["requirements"]
    assert "Möbel nach Maß bauen" in found["tasks"]


def test_names_with_inner_capitals_are_not_cut() -> None:
    glued = (
        "Dein ProfilErfahrung mit JavaScript und PowerPointFreude an ServiceNow für MitarbeiterInnenGeduld im Betrieb"
    )
    assert _by_label(glued)["requirements"] == [
        "Erfahrung mit JavaScript und PowerPoint",
        "Freude an ServiceNow für MitarbeiterInnen",
        "Geduld im Betrieb",
    ]


def test_prose_is_cut_into_sentences_and_abbreviations_end_none() -> None:
    prose = (
        "Wir sind eine Schreinerei in Fulda. Du baust Möbel, z.B. Tische u.a. Dinge, mit Dr. Holz. "
        "Du hast eine abgeschlossene Ausbildung als Tischler und mindestens zwei Jahre Erfahrung. "
        "Wir bieten dir 30 Tage Urlaub und ein gutes Gehalt."
    )
    found = _by_label(prose)
    assert found["requirements"] == [
        "Du hast eine abgeschlossene Ausbildung als Tischler und mindestens zwei Jahre Erfahrung."
    ]
    assert "Wir bieten dir 30 Tage Urlaub und ein gutes Gehalt." in found["benefits"]
    assert any("z.B. Tische u.a. Dinge, mit Dr. Holz." in line for lines in found.values() for line in lines)


def test_requirements_without_any_heading_are_found_by_their_words() -> None:
    lines = [
        "- Betreuung der Kunden am Telefon",
        "- Erstellung von Angeboten und Rechnungen",
        "- Abgeschlossene kaufmännische Ausbildung",
        "- Sehr gute Deutschkenntnisse in Wort und Schrift",
        "- Teamfähigkeit und Belastbarkeit",
        "- 30 Tage Urlaub und flexible Arbeitszeiten",
        "- Betriebliche Altersvorsorge",
    ]
    assert _by_label("\n".join(lines), None)["requirements"] == [line[2:] for line in lines[2:5]]


def test_a_text_of_one_line_still_has_its_requirement() -> None:
    assert _by_label("Koch gesucht. Erfahrung und Führerschein sind nötig.", None)["requirements"] == [
        "Erfahrung und Führerschein sind nötig."
    ]


def test_a_text_that_asks_for_nothing_has_no_requirements() -> None:
    assert "requirements" not in _by_label("Ihre Aufgaben\n- Regale einräumen\n\nWir bieten\n- Urlaub")


def test_the_heading_says_what_is_only_nice_to_have() -> None:
    parts = segment("Requirements\n- Java\nNice to have\n- Kotlin\nBenefits\n- Fruit", "en", encode)
    assert [(part.lines[0].text, part.nice) for part in parts if part.label == "requirements"] == [
        ("Java", False),
        ("Kotlin", True),
    ]


_PIECES = [
    "Ihr Profil", "Ihre Aufgaben", "Wir bieten", "\n", "- ", ": ", ". ", "Erfahrung in Java", "Du hast", "z.B.", "ä",
    "A",
    "aB", "• ", " – ", "\n\n", "Your skills and experience", "...", "?", "(", "; ", "Kontakt",
]  # fmt: skip
_TEXTS = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(_PIECES)), max_size=30).map("".join)


@settings(deadline=None)
@given(_TEXTS)
def test_every_line_is_verbatim_in_order_and_inside_its_segment(raw: str) -> None:
    for description in (raw, normalise_text(raw)):
        position = 0
        for part in segment(description, "de", None):
            assert part.lines
            assert part.start <= part.lines[0].start
            assert part.end == part.lines[-1].end
            for line in part.lines:
                assert description[line.start : line.end] == line.text
                assert position <= line.start < line.end
                position = line.end


def test_a_batch_and_its_single_descriptions_have_the_same_segments() -> None:
    texts = [_AD, "Du planst das Lager.\nDu hast Geduld.", ""]
    assert segment_all(texts, encode) == [segment(text, "de", encode) for text in texts]


@pytest.mark.parametrize(
    "raw",
    ["." * 100_000, "aB" * 20_000, "a: " * 30_000, "Erfahrung " * 20_000, "(" * 100_000],
    ids=["dots", "joints", "colons", "cues", "brackets"],
)
def test_hostile_text_does_not_keep_us_busy(raw: str) -> None:
    started = time.process_time()
    segment(raw, "de", None)
    assert time.process_time() - started < 3
