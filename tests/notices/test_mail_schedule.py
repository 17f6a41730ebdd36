"""When the round of mail runs: only where a server is set up, somebody is due or something waits."""

import datetime as dt

import dagster as dg
import pytest
from notice_world import TODAY, NoticeWorld
from smtp_inbox import SmtpInbox

from ty_jobs.definitions import build_definitions
from ty_jobs.schedules import mail_round
from ty_resources.settings import settings


@pytest.fixture
def set_up(inbox: SmtpInbox, monkeypatch: pytest.MonkeyPatch) -> SmtpInbox:
    monkeypatch.setenv("TY_SMTP_URL", inbox.url)
    monkeypatch.setenv("TY_MAIL_FROM", "jobs@example.net")
    settings.cache_clear()
    return inbox


def tick(world: NoticeWorld, hour: int) -> str | None:
    """The run's key, or None where there is nothing to do."""
    at = dt.datetime.combine(TODAY, dt.time(hour, 5), settings().zone)
    context = dg.build_schedule_context(scheduled_execution_time=at, resources={"db": world.db})
    asked = mail_round(context)
    return asked.run_key if isinstance(asked, dg.RunRequest) else None


def test_without_a_server_nothing_runs(notice_world: NoticeWorld) -> None:
    notice_world.want_mail(notice_world.account("mira"))
    assert tick(notice_world, 12) is None


def test_it_runs_when_somebody_s_hour_has_come_and_when_a_mail_waits(
    notice_world: NoticeWorld, set_up: SmtpInbox
) -> None:
    mira = notice_world.confirmed(set_up, "mira", hour=9)
    assert tick(notice_world, 12) is None, "nothing new"
    notice_world.match(mira, "new")
    notice_world.look()
    assert tick(notice_world, 8) is None
    assert tick(notice_world, 9) == "2026-03-10T09:05+0100"
    notice_world.want_mail(notice_world.account("ben"))
    assert tick(notice_world, 3) is not None, "the first mail waits for no hour"


def test_the_job_makes_digests_and_sends_them(notice_world: NoticeWorld, set_up: SmtpInbox) -> None:
    mira = notice_world.confirmed(set_up, "mira", hour=0)
    notice_world.match(mira, "Developer", settings().today())
    notice_world.look(settings().today(), today=settings().today())
    job = build_definitions({"db": notice_world.db}).resolve_job_def("notices_mail_job")
    assert job.execute_in_process().success
    assert "Developer" in set_up.messages[0].get_content()
    assert job.execute_in_process().success
    assert len(set_up.messages) == 1
