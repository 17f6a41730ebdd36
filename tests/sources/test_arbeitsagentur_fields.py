"""What the Jobsuche's fields mean for a posting, and that the names of earlier versions are refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_resources.settings import SettingsError
from ty_resources.sources.arbeitsagentur import parse_searches
from ty_resources.sources.arbeitsagentur_fields import (
    OLD_NAMES,
    posting_of,
    readable_country,
    readable_region,
    refuse_old_names,
    stable_part,
)
from ty_resources.sources.marks import mark_of
from ty_resources.sources.source import Hit, SourceChanged

DETAIL: dict[str, Any] = {
    "referenznummer": "1-2-S",
    "stellenangebotsTitel": "Koch (m/w/d)",
    "stellenangebotsBeschreibung": "Kochen.\nGern.",
    "firma": "Gasthof",
    "hauptberuf": "Koch/Köchin",
    "stellenlokationen": [
        {"adresse": {"strasse": "null", "ort": "Linz", "region": "OBEROESTERREICH", "land": "OESTERREICH"}}
    ],
    "homeofficemoeglich": False,
    "datumErsteVeroeffentlichung": "2026-11-20",
    "vertragsdauer": "KEINE_ANGABE",
}  # fmt: skip


def test_a_detail_becomes_a_record_in_our_names_with_the_original_beside_it() -> None:
    assert posting_of(DETAIL, Hit("1-2-S", b"", {"entfernung": 3})) == {
        "external_id": "1-2-S",
        "title": "Koch (m/w/d)",
        "description": "Kochen.\nGern.",
        "employer": "Gasthof",
        "city": "Linz",
        "region": "Oberösterreich",
        "country": "AT",
        "remote": False,
        "url": "https://www.arbeitsagentur.de/jobsuche/jobdetail/1-2-S",
        "occupation_hint": "Koch/Köchin",
        "published_on": "2026-11-20",
        "arbeitsagentur": DETAIL,
    }


@pytest.mark.parametrize("nothing", ["KEINE_ANGABE", "KEINE_ANGABEN", "null", "", None])
def test_what_says_nothing_is_left_out(nothing: str | None) -> None:
    record = posting_of({**DETAIL, "firma": nothing, "hauptberuf": nothing}, Hit("1-2-S", b"", {}))
    assert "employer" not in record
    assert "occupation_hint" not in record


def test_what_the_detail_leaves_out_is_taken_from_the_hit_but_never_the_text() -> None:
    hit = Hit("1-2-S", b"", {"firma": "Gasthof", "stellenangebotsBeschreibung": "Anriss"})
    record = posting_of({"stellenangebotsTitel": "Koch"}, hit)
    assert record["employer"] == "Gasthof"
    assert "description" not in record


def test_a_link_of_its_own_goes_before_the_agency_s_page() -> None:
    record = posting_of({**DETAIL, "externeURL": "https://example.org/1"}, Hit("1-2-S", b"", {}))
    assert record["url"] == "https://example.org/1"


def test_regions_and_countries_are_readable() -> None:
    assert readable_region("BADEN_WUERTTEMBERG") == "Baden-Württemberg"
    assert readable_region("NEUES_LAND") == "Neues Land"
    assert readable_region(None) is None
    assert readable_country("DEUTSCHLAND") == "DE"
    assert readable_country("NEUSEELAND") == "Neuseeland"


@pytest.mark.parametrize("old", sorted(OLD_NAMES))
def test_each_old_name_is_refused_with_the_new_one(old: str) -> None:
    with pytest.raises(SourceChanged, match=rf"{old} \(now {OLD_NAMES[old]}\)"):
        refuse_old_names({old: "x"}, "https://example.org")


def test_an_answer_with_both_names_is_taken() -> None:
    refuse_old_names({"titel": "x", "stellenangebotsTitel": "x"}, "https://example.org")


def test_the_distance_of_a_hit_does_not_change_its_mark() -> None:
    assert mark_of(stable_part({**DETAIL, "entfernung": 1})) == mark_of(stable_part({**DETAIL, "entfernung": 40}))
    assert mark_of(stable_part(DETAIL)) != mark_of(stable_part({**DETAIL, "aenderungsdatum": "2026-11-21"}))


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.none())), st.randoms())
def test_a_mark_does_not_depend_on_the_order_of_keys(told: dict[str, Any], random: Any) -> None:
    keys = list(told)
    random.shuffle(keys)
    assert mark_of(told) == mark_of({key: told[key] for key in keys})


def test_searches_are_written_as_in_an_address() -> None:
    assert parse_searches("was=Pflege, wo=Berlin,umkreis=50 ; berufsfeld=Informatik") == [
        {"was": "Pflege", "wo": "Berlin", "umkreis": "50"},
        {"berufsfeld": "Informatik"},
    ]
    assert parse_searches("") == parse_searches(" ; ") == [{}]


@pytest.mark.parametrize("wrong", ["ort=Berlin", "was", "was=", "size=500"])
def test_a_search_that_there_is_not_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(SettingsError, match=f"TY_ARBEITSAGENTUR_SEARCHES.*{wrong}"):
        parse_searches(wrong)


@given(st.text())
def test_any_text_is_searches_or_an_error_that_names_it(text: str) -> None:
    told = ""
    try:
        searches = parse_searches(text)
    except SettingsError as error:
        searches, told = [], str(error)
    assert bool(searches) != ("TY_ARBEITSAGENTUR_SEARCHES" in told)
