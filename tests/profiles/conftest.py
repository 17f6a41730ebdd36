"""A nurse and a developer, invented, as JSON Resume objects that a test may change."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

NURSE: dict[str, Any] = {
    "basics": {
        "name": "Jördis Müller-Tannhof",
        "label": "Pflegefachkraft",
        "email": "Joerdis.Tannhof@example.org",
        "phone": "+49 (176) 55 44 33 22",
        "url": "https://tannhof.example.org/joerdis",
        "summary": "Ich bin Jördis und pflege gern. Mit Frau Müller erreichen Sie mich unter 0176 55443322.",
        "location": {
            "address": "Am Lindenhang 12b",
            "postalCode": "04277",
            "city": "Leipzig",
            "region": "Sachsen",
            "countryCode": "DE",
        },
        "profiles": [{"network": "LinkedIn", "username": "jtannhof85", "url": "https://linkedin.com/in/jtannhof85"}],
    },
    "work": [
        {
            "name": "Klinik am Ring",
            "position": "Stationsleitung Intensivpflege",
            "startDate": "2019-04",
            "summary": "Leitung von zwölf Pflegekräften, Dienstplanung.",
            "highlights": ["Einführung der digitalen Pflegedokumentation"],
        },
        {
            "name": "Haus Abendsonne",
            "position": "Krankenpflegerin",
            "startDate": "2012-01-01",
            "endDate": "2019-03-31",
            "summary": "Grundpflege und Behandlungspflege, Wundversorgung.",
        },
    ],
    "education": [
        {
            "institution": "Berufsfachschule für Pflege",
            "studyType": "Ausbildung",
            "area": "Gesundheits- und Krankenpflegerin",
            "startDate": "2008-09",
            "endDate": "2011-08",
        }
    ],
    "skills": [{"name": "Wundmanagement", "level": "Expertin", "keywords": ["Hygiene"]}],
    "languages": [
        {"language": "Deutsch", "fluency": "Muttersprache"},
        {"language": "Englisch", "fluency": "gute Kenntnisse"},
    ],
    "certificates": [{"name": "Wundexpertin ICW", "date": "2016", "issuer": "ICW"}],
    "meta": {"ty": {"remote_only": False, "regions": ["Sachsen"], "minimum_pay": 42000}},
}

DEVELOPER: dict[str, Any] = {
    "basics": {"name": "Tom Okafor", "email": "tom@okafor.example", "label": "Data Engineer"},
    "work": [
        {
            "name": "Northwind Analytics",
            "position": "Data Engineer",
            "startDate": "2020",
            "endDate": "2021",
            "summary": "Built pipelines in Python and SQL.",
        },
        {
            "name": "Freelance",
            "position": "Software Developer",
            "startDate": "2021-01",
            "endDate": "2022-12",
            "summary": "Services in Python with Docker.",
        },
    ],
    "education": [{"institution": "TU", "studyType": "M.Sc.", "area": "Computer Science", "endDate": "2019-09"}],
    "skills": [{"name": "Programming", "keywords": ["Python", "Erlang of a rare dialect"]}],
}


@pytest.fixture
def nurse() -> dict[str, Any]:
    return deepcopy(NURSE)


@pytest.fixture
def developer() -> dict[str, Any]:
    return deepcopy(DEVELOPER)


@pytest.fixture
def today() -> date:
    return date(2026, 3, 1)
