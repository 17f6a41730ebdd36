"""What matching and models see holds nothing of who somebody is."""

import re
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.profiles.anonymise import _NEVER_ALONE, MARKER, anonymise, anonymised
from ty_assets.profiles.document import Contact
from ty_assets.profiles.json_resume import parse_json_resume

CONTACT = Contact(
    name="Dr. Jürgen von Müller-Koch",
    email="j.mueller@example.org",
    phone="+49 (176) 123 45 67",
    address="Hauptstr. 5a\n10115 Berlin",
    postal_code="10115",
    birth_date="1985-03-12",
    urls=("https://juergen.example.org/",),
    user_names=("jmk_85",),
)

LETTERS = st.text("abcdefghijklmnoprstuvwzäöüßéç", min_size=2, max_size=9)
NAMES = LETTERS.filter(lambda word: word not in _NEVER_ALONE).map(str.capitalize)
DIGITS = st.text("0123456789", min_size=7, max_size=12)


@st.composite
def contacts(draw: st.DrawFn) -> Contact:
    user, host = draw(LETTERS), draw(st.text("abcdefgh", min_size=3, max_size=8))
    phone = draw(st.sampled_from(["+49 ", "0", "(0", "00"])) + " ".join(re.findall("..?", draw(DIGITS)))
    postal_code = draw(st.text("123456789", min_size=5, max_size=5))
    return Contact(
        name=" ".join(draw(st.lists(NAMES, min_size=2, max_size=4))),
        email=f"{user}@{host}.example",
        phone=phone,
        address=f"{draw(NAMES)}weg {draw(st.integers(1, 999))}\n{postal_code} Bonn",
        postal_code=postal_code,
        birth_date=draw(st.dates(date(1940, 1, 1), date(2008, 1, 1))).isoformat(),
        urls=(f"https://{host}.example/{user}",),
        user_names=(f"{user}{draw(st.integers(10, 99))}",),
    )


@st.composite
def texts_with_contact(draw: st.DrawFn) -> tuple[str, Contact]:
    contact = draw(contacts())
    assert contact.name
    assert contact.address
    parts = contact.name.split()
    values = [
        contact.name, contact.name.upper(), f"{parts[-1]}, {' '.join(parts[:-1])}", *parts, f"{parts[0]}s",
        f"Frau {parts[-1]}", f"Herrn Dr. {parts[-1]}", contact.email, contact.phone, contact.birth_date,
        contact.address, *contact.urls, *contact.user_names,
    ]  # fmt: skip
    words = st.sampled_from(values) | st.sampled_from(["kocht", "mit", "Python,", "2013 - 2019", "\n- ", "(", ")."])
    return " ".join(word for word in draw(st.lists(words, max_size=12)) if word), contact


def holds(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


@settings(deadline=None)
@given(texts_with_contact())
def test_no_contact_value_is_left_in_a_text(given_text: tuple[str, Contact]) -> None:
    text, contact = given_text
    cleaned = anonymise(text, contact)
    assert contact.name
    assert contact.address
    digits = re.sub(r"\D", "", contact.phone or "")
    for whole in (contact.email, contact.phone, contact.birth_date, *contact.urls, *contact.user_names):
        assert whole
        assert whole not in cleaned
    assert digits not in re.sub(r"[^\d\n]", "", cleaned)
    assert contact.address.split("\n")[0] not in cleaned
    assert not holds(cleaned, contact.postal_code or "-")
    for part in (contact.name, *contact.name.split()):
        assert not holds(cleaned, part)
        assert not holds(cleaned, part.upper())


@settings(deadline=None)
@given(texts_with_contact())
def test_anonymising_twice_changes_nothing_more(given_text: tuple[str, Contact]) -> None:
    text, contact = given_text
    once = anonymise(text, contact)
    assert anonymise(once, contact) == once


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_anonymised(text: str) -> None:
    anonymise(text, CONTACT)
    anonymise(text, Contact(name=text[:40], email=text[40:60], phone=text[60:80], address=text[80:120]))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Frau Müller führt ein Team.", "[…] führt ein Team."),
        ("Jürgens Team lobt Herrn Dr. Mueller-Koch.", "[…] Team lobt […]."),
        ("JÜRGEN MÜLLER-KOCH, Lebenslauf", "[…], Lebenslauf"),
        ("müller-koch, jürgen von", "müller-koch, jürgen von"),
        ("Koch in der Kantine", "[…] in der Kantine"),
        ("Tel. 0176 1234567, heute 0049 176 1234567", "[…], heute […]"),
        ("Wohnhaft Hauptstraße 5a, 10115 Berlin", "Wohnhaft […] Berlin"),
        ("geboren am 12.03.1985 in Köln", "geboren am […] in Köln"),
        ("38 Jahre alt, verheiratet", "[…], verheiratet"),
        ("Siehe juergen.example.org und github.com/jmk_85", "Siehe […] und […]"),
        ("Frau Schmidt war meine Vorgesetzte", "[…] war meine Vorgesetzte"),
        ("Mail an a.b@firma.example oder a.b (at) firma.example", "Mail an […] oder […]"),
    ],
)
def test_names_and_contacts_are_found_in_their_usual_forms(text: str, cleaned: str) -> None:
    assert anonymise(text, CONTACT) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "2013 - 2019, 03/2015 - 04/2019, 01.02.2015 - 31.12.2019",
        "2020-03-01 / 2021-04-30",
        "ISO 27001:2013, 1.000.000 Euro, +30 % Umsatz, 0.5 - 1.5 Mio.",
        "ASP.NET, Node.js, C#, Ms Word und MS Excel",
        "10 Jahre Erfahrung, 20 years of experience",
        "Herr der Lage, von der Planung bis zum Bau, Arbeitsplatz 4.0",
        "Zuständig für 12000 Kunden in Berlin",
    ],
)
def test_what_only_looks_like_contact_data_stays(text: str) -> None:
    assert anonymise(text, CONTACT) == text


def test_a_name_that_is_an_occupation_stays_in_a_job_title_only() -> None:
    contact = Contact(name="Anna Koch")
    assert anonymise("Koch", contact, title=True) == "Koch"
    assert anonymise("Koch", contact) == MARKER
    assert anonymise("Anna Koch Catering", contact, title=True) == f"{MARKER} Catering"


def test_a_short_name_does_not_eat_the_sentence() -> None:
    assert anonymise("Arbeit an der Kasse, do it", Contact(name="An Do")) == "Arbeit an der Kasse, do it"


def test_an_anonymous_profile_has_no_contact_and_clean_texts(nurse: dict[str, Any]) -> None:
    profile = anonymised(parse_json_resume(nurse, "x"))
    assert not hasattr(profile, "contact")
    everything = profile.model_dump_json()
    for value in ("Jördis", "Müller", "Tannhof", "55 44", "5544", "Lindenhang", "04277", "example.org"):
        assert value not in everything
    assert profile.city == "Leipzig"
    assert profile.work_history[1].position == "Krankenpflegerin"


def test_a_hostile_text_costs_little_time() -> None:
    hostile = [
        "a" * 30_000,
        "A.a-" * 8_000,
        "Dr. " * 8_000,
        "1.1." * 8_000,
        "Jürgen " * 5_000,
        "www." * 8_000,
    ]
    started = time.perf_counter()
    for text in hostile:
        anonymise(text, CONTACT)
    assert time.perf_counter() - started < 10  # linear needs a tenth of it, quadratic minutes
