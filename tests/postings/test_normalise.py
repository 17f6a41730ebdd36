import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.postings.normalise import (
    content_hash,
    lookup_key,
    normalise_text,
    normalise_title,
    posting_id,
    text_hash,
)

_FRAGMENTS = [
    "<p>", "</p>", "<li>", "<br>", "&amp;", "&lt;", "&gt;", "p>", "<!--", "-->", "- ", "•", "\n", "\r\n", " ", "*",
    "<div hidden>", "<style>.a{display:none}", "<b", "&nbsp;", "&#8203;", "a", "–", "<script>", "&am", "p;", "e\u0301",
    "<span style='color:#fff'>", "\x85", "\ud800", "\u00ad", "Profil", "<ul><li>", "\x00",
]  # fmt: skip
_CROOKED = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(_FRAGMENTS)), max_size=25).map("".join)


@given(_CROOKED)
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = normalise_text(raw)
    assert normalise_text(once) == once


@given(_CROOKED)
def test_no_text_holds_control_characters_or_surplus_space(raw: str) -> None:
    text = normalise_text(raw)
    assert not set(text) & {"\x00", "\r", "\t", "\u00a0", "\u00ad", "\u200b", "\ufeff"}
    assert "\n\n\n" not in text
    assert all(line == line.strip() for line in text.split("\n"))
    text.encode("utf-8")


def test_html_becomes_lines_and_bullets() -> None:
    raw = "<h2>Ihr&nbsp;Profil</h2><ul><li>Meisterbrief</li><li><p>R&amp;D</p></li></ul><p>Gern<br/>bald</p>"
    assert normalise_text(raw) == "Ihr Profil\n\n- Meisterbrief\n- R&D\n\nGern\nbald"


def test_escaped_html_is_html_too() -> None:
    assert normalise_text("&lt;p&gt;Gern&lt;/p&gt;&lt;p&gt;bald&lt;/p&gt;") == "Gern\n\nbald"


@pytest.mark.parametrize("text", ["C < D and A > B", "Alter <30 oder >50", "a <b and c> d", "R&D bei A&B; gut"])
def test_angle_brackets_and_ampersands_of_prose_stay(text: str) -> None:
    assert normalise_text(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<div style='display: none'>GIFT</div>",
        "<div style='visibility:hidden'>GIFT</div>",
        "<div hidden>GIFT</div>",
        "<span aria-hidden='true'>GIFT</span>",
        "<span style='font-size:0px'>GIFT</span>",
        "<span style='opacity: 0;'>GIFT</span>",
        "<span style='color:#ffffff'>GIFT</span>",
        "<div style='background:#123456'><span style='color:#123457'>GIFT</span></div>",
        "<font color='white'>GIFT</font>",
        "<span style='position:absolute;left:-9999px'>GIFT</span>",
        "<div style='height:0;overflow:hidden'>GIFT</div>",
        "<style>.x { display : none }</style><p class='x'>GIFT</p>",
        "<!-- GIFT -->",
        "<script>GIFT</script>",
        "<template>GIFT</template>",
        "<div hidden><p hidden aria-hidden='true'>GIFT</p></div>",
    ],
)
def test_what_a_reader_cannot_see_is_left_out(hidden: str) -> None:
    assert normalise_text(f"<p>Vorher</p>{hidden}<p>Nachher</p>").split() == ["Vorher", "Nachher"]


@pytest.mark.parametrize(
    "shown",
    [
        "<span style='font-size:0.9em;opacity:0.8'>da</span>",
        "<div style='background-color:#000'><b style='color:white'>da</b></div>",
        "<span style='color:#333'>da</span>",
        "<div style='max-height:0.5em'>da</div>",
    ],
)
def test_what_a_reader_can_see_stays(shown: str) -> None:
    assert normalise_text(f"<p>ja</p>{shown}").split() == ["ja", "da"]


def test_bullets_of_every_kind_become_one() -> None:
    raw = "• eins\n– zwei\n*\tdrei\n✓ vier\n· fünf\n\uf0b7sechs\n-sieben\n●\nacht"
    assert normalise_text(raw).split("\n") == [
        "- eins", "- zwei", "- drei", "- vier", "- fünf", "- sechs", "- sieben", "- acht",
    ]  # fmt: skip


def test_numbers_below_zero_are_no_bullets() -> None:
    assert normalise_text("-5 Grad im Kühlhaus") == "-5 Grad im Kühlhaus"


def test_invisible_characters_go_and_newlines_stay() -> None:
    raw = "\ufeffTeam\u00adfähig\u200bkeit\u202e\r\nStra\u00dfe\u00a0 1\x00\U000e0041\n\n\n\nEnde "
    assert normalise_text(raw) == "Teamfähigkeit\nStraße 1\n\nEnde"


def test_composed_and_decomposed_umlauts_are_equal() -> None:
    assert normalise_text("Pru\u0308fer") == "Prüfer"


def test_a_soft_line_break_in_html_is_a_space_but_a_pasted_list_stays_a_list() -> None:
    assert normalise_text("<p>erste\nzweite</p>") == "erste zweite"
    assert normalise_text("<p>Profil:\n- eins\n- zwei</p>") == "Profil:\n- eins\n- zwei"


@pytest.mark.parametrize(
    "raw",
    ["<div>" * 20_000, "<" * 50_000, "&amp;" * 50_000, "\n" * 200_000 + "-", "•\n" * 50_000],
    ids=["nested", "angles", "entities", "newlines", "bullets"],
)
def test_hostile_markup_does_not_keep_us_busy(raw: str) -> None:
    started = time.process_time()
    normalise_text(raw)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("title", "base"),
    [
        ("Krankenpfleger:in (m/w/d)", "Krankenpfleger"),
        ("Krankenpfleger/-in", "Krankenpfleger"),
        ("Krankenpfleger / Krankenpflegerin", "Krankenpfleger"),
        ("Entwickler*in Java (all genders)", "Entwickler Java"),
        ("Sachbearbeiter_in (gn)", "Sachbearbeiter"),
        ("Berater(in) [w|m|x]", "Berater"),
        ("MitarbeiterInnen Verkauf", "Mitarbeiter Verkauf"),
        ("Ärzt:in Innere Medizin", "Arzt Innere Medizin"),
        ("Psycholog*in in Teilzeit", "Psychologe"),
        ("Kaufmann/-frau Büromanagement", "Kaufmann Büromanagement"),
        ("Pflegefachfrau/-mann HF 80-100%", "Pflegefachmann HF"),
        ("Facharzt/-ärztin Chirurgie", "Facharzt Chirurgie"),
        ("Angestellte*r im Service", "Angestellte im Service"),
        ("Steuerfachangestellte(r)", "Steuerfachangestellte"),
        ("Head of Sales m/f/d", "Head of Sales"),
        ("Data Scientist (f/m/x) - ab sofort", "Data Scientist"),
        ("Koch gesucht!", "Koch"),
        ("LinkedIn Manager", "LinkedIn Manager"),
        ("C/C++ Entwickler", "C/C++ Entwickler"),
        ("R/Python Developer", "R/Python Developer"),
        ("Ingenieur (FH)", "Ingenieur (FH)"),
        ("Check-in Agent", "Check-in Agent"),
        ("(m/w/d)", "(m/w/d)"),
        ("", ""),
    ],
)
def test_titles_lose_gender_forms_and_hiring_noise(title: str, base: str) -> None:
    assert normalise_title(title) == base


_TITLE_PARTS = [
    "Entwickler", "in", "*", "/", "-", "(m/w/d)", "(", "r", ")", " ", "mann", "frau", "m/w", "gesucht", "Teilzeit",
    "Ärzt",
    ":in", "e", "100%", "|", "In", "»",
]  # fmt: skip


@given(st.lists(st.one_of(st.text(max_size=5), st.sampled_from(_TITLE_PARTS)), max_size=12).map("".join))
def test_normalising_a_title_twice_changes_nothing(title: str) -> None:
    once = normalise_title(title)
    assert normalise_title(once) == once


@given(st.text())
def test_lookup_keys_are_stable_and_hashes_depend_on_nothing_else(text: str) -> None:
    key = lookup_key(text)
    assert lookup_key(key) == key
    assert text_hash(text) == text_hash(f"  {key}\n")
    assert len(text_hash(text)) == 16


def test_lookup_keys_fold_case_width_and_space() -> None:
    assert lookup_key("  MS\u00a0Office \n STRASSE ﬁt") == lookup_key("ms office straße fit")


def test_content_is_equal_whatever_its_markup() -> None:
    assert content_hash("Koch", "<p>Gern  kochen</p>") == content_hash(" koch ", "Gern kochen")
    assert content_hash("Koch", "Gern kochen") != content_hash("Koch Gern", "kochen")


def test_posting_ids_are_fixed_for_ever() -> None:
    assert posting_id("file", "7") == posting_id("file", "7")
    assert isinstance(posting_id("file", "7"), uuid.UUID)
    assert posting_id("file", "7") == uuid.UUID("e16b50fc-3850-5e31-b1e2-cd740c77a88e")


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=6), st.text(max_size=6))
def test_posting_ids_differ_when_source_or_external_id_differ(a: str, b: str, c: str, d: str) -> None:
    assert (posting_id(a, b) == posting_id(c, d)) == ((a, b) == (c, d))
