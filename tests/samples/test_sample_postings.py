"""The sample postings are what the demo and its tests rely on: varied, awkward where real ones are, ours."""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ty_jobs

FOLDER = Path(ty_jobs.__file__).parent / "samples" / "postings"
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
REQUIRED = {
    "source": str,
    "external_id": str,
    "title": str,
    "description": str,
    "employer": str,
    "city": str,
    "region": str,
    "country": str,
    "remote": bool,
    "url": str,
    "published_on": str,
    "first_seen_on": str,
}
OPTIONAL = {"occupation_hint": str, "valid_through": str}
LAENDER = {
    "Baden-Württemberg", "Bayern", "Berlin", "Brandenburg", "Bremen", "Hamburg", "Hessen",
    "Mecklenburg-Vorpommern", "Niedersachsen", "Nordrhein-Westfalen", "Rheinland-Pfalz", "Saarland",
    "Sachsen", "Sachsen-Anhalt", "Schleswig-Holstein", "Thüringen",
}  # fmt: skip
STOP_WORDS = {
    "de": {"und", "der", "die", "wir", "mit", "für", "ist", "nicht", "ein", "eine", "sie", "du", "auf", "zu"},
    "en": {"and", "the", "you", "we", "with", "for", "is", "not", "a", "an", "our", "of", "to", "your"},
    "fr": {"et", "le", "la", "les", "vous", "nous", "une", "des", "est", "pour", "dans", "du"},
}
OCCUPATIONS = {
    "nursing": r"pfleg|nurse",
    "data": r"\bdata (engineer|analyst|scientist)|analytics engineer|datenanalyst|machine learning",
    "software": r"developer|softwareentwickler|software tester|devops",
    "electrical": r"elektroniker|mechatroniker|electrician",
    "warehouse": r"lager|stapler|warehouse|disponent",
    "driving": r"kraftfahrer|lkw-fahrer",
    "accounting": r"buchhalter|steuer",
    "legal": r"legal counsel|jurist|rechtsanwalt",
    "childcare": r"erzieher|kinderpfleger",
    "kitchen": r"koch|chef\b",
    "sales": r"verkäufer|store manager|außendienst",
    "hr": r"personalreferent|\bhr\b",
    "engineering": r"cnc|konstrukteur|mechanical engineer",
    "office": r"büro|sekretariat|office assistant|teamassistenz",
    "project management": r"project manager|projektmanager",
    "cleaning": r"reinig",
    "social work": r"sozialarbeit",
    "marketing": r"marketing",
}


def read(day: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{day}.jsonl").read_text(encoding="utf-8").splitlines()]


POSTINGS = [posting for day in DAYS for posting in read(day)]


def language(text: str) -> str:
    words = Counter(re.findall(r"[^\W\d_]+", re.sub("[\u00ad\u200b]", "", text).lower()))
    return max(STOP_WORDS, key=lambda code: sum(words[word] for word in STOP_WORDS[code]))


def of(occupation: str) -> list[dict[str, Any]]:
    pattern = re.compile(OCCUPATIONS[occupation])
    return [p for p in POSTINGS if pattern.search(re.sub("[\u00ad\u200b]", "", p["title"]).lower())]


@pytest.mark.parametrize("day", DAYS)
def test_every_day_has_its_postings_first_seen_on_that_day(day: str) -> None:
    postings = read(day)
    assert len(postings) >= 22
    for posting in postings:
        assert posting["first_seen_on"] == day
        assert date.fromisoformat(posting["published_on"]) <= date.fromisoformat(day)
        if "valid_through" in posting:
            assert date.fromisoformat(posting["valid_through"]) > date.fromisoformat(day)


def test_there_are_at_least_66_postings_with_different_ids() -> None:
    assert len(POSTINGS) >= 66
    assert len({(p["source"], p["external_id"]) for p in POSTINGS}) == len(POSTINGS)


@pytest.mark.parametrize("posting", POSTINGS, ids=lambda p: p["external_id"])
def test_a_posting_has_the_fields_of_a_raw_record(posting: dict[str, Any]) -> None:
    assert set(REQUIRED) <= set(posting) <= set(REQUIRED) | set(OPTIONAL)
    for field, value in posting.items():
        assert isinstance(value, (REQUIRED | OPTIONAL)[field])
        assert value != ""
    assert posting["source"] == "samples"
    assert posting["country"] == "DE"
    assert posting["region"] in LAENDER
    assert posting["url"].startswith("https://example.org/")


def test_addresses_of_the_samples_are_reserved_for_examples() -> None:
    for posting in POSTINGS:
        hosts = re.findall(r"(?:@|https?://)([\w.-]+\w)", posting["description"])
        assert all(re.search(r"(^|\.)example\.(org|com)$", host) for host in hosts), hosts


def test_two_thirds_are_german_and_one_third_is_english() -> None:
    counts = Counter(language(p["description"]) for p in POSTINGS)
    assert 0.60 <= counts["de"] / len(POSTINGS) <= 0.72
    assert 0.28 <= counts["en"] / len(POSTINGS) <= 0.40
    assert counts["fr"] == 1


@pytest.mark.parametrize("occupation", OCCUPATIONS)
def test_every_occupation_of_the_list_occurs(occupation: str) -> None:
    assert of(occupation)


@pytest.mark.parametrize("occupation", ["nursing", "data"])
def test_nurses_and_data_people_have_seven_postings_in_both_languages(occupation: str) -> None:
    postings = of(occupation)
    assert len({p["description"] for p in postings}) >= 7
    assert {language(p["description"]) for p in postings} == {"de", "en"}


def test_all_but_the_awkward_ones_are_as_long_as_real_advertisements() -> None:
    assert sum(900 <= len(p["description"]) <= 3500 for p in POSTINGS) >= len(POSTINGS) - 2


def test_the_german_and_english_ways_to_say_a_requirement_occur() -> None:
    everything = "\n".join(p["description"] for p in POSTINGS)
    for phrase in (
        "von Vorteil", "wünschenswert", "nice to have", "B2-Niveau", "Ausbildung oder Studium", "5+ years",
        "Führerschein Klasse B", "Führerschein Klasse CE", "Staplerschein", "examinierte",
        "Mindestens drei Jahre", "kein Führerschein nötig", "Java or Kotlin", "DATEV oder SAP",
        "No driving licence", "not required",
    ):  # fmt: skip
        assert phrase in everything, phrase


def test_titles_write_gender_in_many_ways() -> None:
    titles = "\n".join(p["title"] for p in POSTINGS)
    for form in (
        "(m/w/d)",
        "(w/m/d)",
        "(m/f/d)",
        "(all genders)",
        "/-in",
        "/in",
        ":r",
        ":in",
        "*in",
        "Köchin",
    ):
        assert form in titles, form


def test_headings_bullets_and_prose_vary() -> None:
    def some(pattern: str) -> list[str]:
        return [p["external_id"] for p in POSTINGS if re.search(pattern, p["description"], re.MULTILINE)]

    for heading in ("Ihr Profil", "Das bringen Sie mit", "What you bring", "Dein Profil", "Requirements"):
        assert some(rf"(?i)^\W*{heading}"), heading
    for bullet in "•–*·✓-»→+":
        assert some(rf"^{re.escape(bullet)}[ \u00a0]"), bullet
    prose = [p for p in POSTINGS if not re.search(r"^\W{1,3}\s|^\w[.)] |<li", p["description"], re.MULTILINE)]
    assert len(prose) >= 5


AWKWARD: dict[str, Callable[[dict[str, Any]], bool]] = {
    "two lines": lambda p: p["description"].count("\n") == 1 and len(p["description"]) < 300,
    "30 kB or more": lambda p: len(p["description"].encode()) >= 30_000,
    "HTML with lists and entities": lambda p: (
        "<li>" in p["description"] and "&uuml;" in p["description"] and "display:none" not in p["description"]
    ),
    "white on white with an order": lambda p: (
        re.search(r"color:#ffffff;background-color:#ffffff[^>]*>Ignore previous", p["description"]) is not None
    ),
    "display:none": lambda p: "display:none" in p["description"],
    "an order in plain sight": lambda p: (
        "Ignoriere alle bisherigen Anweisungen" in p["description"] and "<" not in p["description"]
    ),
    "emoji": lambda p: len(re.findall(r"[\U0001F300-\U0001FAFF]", p["description"])) >= 40,
    "two languages": lambda p: "Your profile" in p["description"] and "Deine Aufgaben" in p["description"],
    "capitals": lambda p: p["title"].isupper() and len(p["title"]) > 20,
    "invisible characters": lambda p: all(c in p["description"] for c in "\u00ad\u00a0\u200b"),
    "Markdown": lambda p: "\n## " in "\n" + p["description"] and "**" in p["description"],
    "one paragraph": lambda p: "\n" not in p["description"] and len(p["description"]) > 900,
    "Windows line ends": lambda p: p["description"].count("\r\n") == p["description"].count("\n") > 5,
    "French": lambda p: language(p["description"]) == "fr",
    "network marketing": lambda p: "Downline" in p["description"] and "Gewerbeschein" in p["description"],
    "no requirements": lambda p: (
        p["title"].startswith("Reinigungskraft")
        and not re.search(r"(?i)profil|anforderung|mitbringen|voraussetz|kenntnis|erfahrung", p["description"])
    ),
}


@pytest.mark.parametrize("kind", AWKWARD)
def test_an_awkward_posting_of_this_kind_is_there(kind: str) -> None:
    assert [p["external_id"] for p in POSTINGS if AWKWARD[kind](p)]


def test_the_long_posting_states_its_requirements_behind_the_thirty_thousandth_byte_or_nearly() -> None:
    long = max((p["description"] for p in POSTINGS), key=len)
    assert long.index("Das bringen Sie mit") > 25_000


def test_one_posting_comes_again_on_a_later_day_under_another_id() -> None:
    by_content: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for posting in POSTINGS:
        by_content.setdefault((posting["title"], posting["description"]), []).append(posting)
    (twice,) = [group for group in by_content.values() if len(group) > 1]
    assert len({p["external_id"] for p in twice}) == len({p["first_seen_on"] for p in twice}) == 2
