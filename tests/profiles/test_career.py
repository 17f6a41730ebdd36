"""Years of experience, degrees and fluency."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.profiles.career import DAYS_PER_YEAR, Interval, read_date, years_covered
from ty_assets.profiles.degrees import read_degree
from ty_assets.profiles.document import HistoryEntry
from ty_assets.profiles.fluency import cefr_of

START = date(1990, 1, 1)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = START + timedelta(days=draw(st.integers(0, 400)))
    return Interval(start, start + timedelta(days=draw(st.integers(0, 200))))


@settings(deadline=None)
@given(st.lists(intervals(), max_size=8))
def test_every_day_counts_once(jobs: list[Interval]) -> None:
    days = {job.start + timedelta(days=n) for job in jobs for n in range((job.end - job.start).days + 1)}
    assert years_covered(jobs) * DAYS_PER_YEAR == pytest.approx(len(days))


@settings(deadline=None)
@given(st.lists(intervals(), max_size=8), intervals())
def test_another_job_never_takes_experience_away(jobs: list[Interval], other: Interval) -> None:
    alone, together = years_covered([other]), years_covered([*jobs, other])
    assert max(alone, years_covered(jobs)) - 1e-9 <= together <= years_covered(jobs) + alone + 1e-9


@settings(deadline=None)
@given(st.dates(min_value=date(1000, 1, 1)))
def test_written_dates_read_back(day: date) -> None:
    assert read_date(day.isoformat(), end=False) == day
    first, last = read_date(f"{day:%Y-%m}", end=False), read_date(f"{day:%Y-%m}", end=True)
    assert first <= day <= last
    assert (first.day, last.month) == (1, day.month)


def test_a_job_without_end_lasts_until_today() -> None:
    entry = HistoryEntry(kind="work", position="Cook", started_on=date(2020, 1, 1))
    assert entry.interval(date(2021, 1, 1)) == Interval(date(2020, 1, 1), date(2021, 1, 1))


def test_a_job_that_lies_ahead_or_has_no_start_counts_nothing() -> None:
    ahead = HistoryEntry(kind="work", position="Cook", started_on=date(2030, 1, 1))
    undated = HistoryEntry(kind="work", position="Cook", ended_on=date(2020, 1, 1))
    assert ahead.interval(date(2026, 1, 1)) is None
    assert undated.interval(date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("written", "level", "kldb"),
    [
        ("Promotion Chemie", 4, 4),
        ("PhD Physics", 4, 4),
        ("M.Sc. Computer Science", 3, 4),
        ("Diplom-Ingenieur Maschinenbau", 3, 4),
        ("Zweites Staatsexamen", 3, 4),
        ("Bachelor of Arts", 2, 3),
        ("Industriemeister Metall", 2, 3),
        ("Geprüfte Bilanzbuchhalterin, Fachwirtin", 2, 3),
        ("Ausbildung zum Koch", 1, 2),
        ("Ausbildung mit Staatsexamen Krankenpflege", 1, 2),
        ("Diploma in Nursing", 1, 2),
        ("High school diploma", 1, 1),
        ("Abitur", 1, 1),
    ],
)
def test_degrees_are_read_in_german_and_english(written: str, level: int, kldb: int) -> None:
    assert read_degree(written) == (level, kldb)


def test_a_course_is_no_degree() -> None:
    assert read_degree("Kurs Fotografie") is None


@pytest.mark.parametrize(
    ("written", "cefr"),
    [
        ("Muttersprache", "C2"),
        ("Native speaker", "C2"),
        ("fließend in Wort und Schrift", "C1"),
        ("verhandlungssicher", "C1"),
        ("Full professional proficiency", "C1"),
        ("sehr gute Kenntnisse", "C1"),
        ("gut", "B2"),
        ("Professional working proficiency", "B2"),
        ("Upper intermediate", "B2"),
        ("intermediate", "B1"),
        ("gute Grundkenntnisse", "A2"),
        ("Grundkenntnisse", "A1"),
        ("Deutsch (C1)", "C1"),
        ("B2-C1", "B2"),
        ("not fluent", None),
        ("ja", None),
        (None, None),
    ],
)
def test_words_of_fluency_become_levels(written: str | None, cefr: str | None) -> None:
    assert cefr_of(written) == cefr
