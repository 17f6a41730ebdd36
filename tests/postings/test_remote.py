"""Remote work is read from an advertisement's words, where no field says it."""

import pytest

from ty_assets.postings.remote import offers_remote


@pytest.mark.parametrize(
    ("title", "description"),
    [
        ("Data Engineer (remote)", ""),
        ("Support Agent", "The position is fully remote within the EU."),
        ("Sachbearbeiter", "Sie arbeiten vollständig remote."),
        ("Entwickler", "100 % Homeoffice ist möglich."),
        ("Entwickler", "Arbeitsort: frei wählbar"),
    ],
)
def test_work_from_anywhere_is_told_by_words(title: str, description: str) -> None:
    assert offers_remote(title, description)


@pytest.mark.parametrize(
    ("title", "description"),
    [
        ("Remote Sensing Scientist", ""),
        ("Controller", "Zwei Tage Homeoffice in der Woche."),
        ("Controller", "Vollständig remote ist die Stelle nicht."),
        ("Controller", "This role is not fully remote."),
        ("Controller", "Hybrid with three office days."),
    ],
)
def test_days_at_home_and_denials_are_not_remote_work(title: str, description: str) -> None:
    assert not offers_remote(title, description)
