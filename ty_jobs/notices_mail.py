"""The job that sends people mail of new matches: who is due gets a digest into the outbox, and the outbox is sent.

Belongs here: the job. Not here: which matches are told (the asset `match_notices`), words, rows and the order of steps
(ty_assets/notices), and the clock (`schedules`).
"""

import asyncio
import datetime as dt
from dataclasses import asdict

import dagster as dg

from ty_assets.feedback.steps import Result, Steps, carry_out
from ty_assets.notices.sending import Sent, send_waiting
from ty_assets.notices.wording import Links
from ty_resources.mail import Mailer, mailer_of
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings


def make_digests(db: Database, now: dt.datetime) -> int:
    """For whom the hour has come, one a day; how many. now: in the time zone of the settings."""
    return len(db.rows("make_digests", hour=now.hour, today=now.date()))


async def _send(db: Database, mailer: Mailer, links: Links) -> Sent:
    async def in_transaction(steps: Steps[Result]) -> Result:
        return carry_out(db, steps)  # nothing else runs in this loop

    async with mailer:
        return await send_waiting(in_transaction, mailer, links)


def send_mail(db: Database, mailer: Mailer, config: Settings, now: dt.datetime) -> tuple[int, Sent]:
    """Digests made, and what became of everything that waited."""
    made = make_digests(db, now)
    return made, asyncio.run(_send(db, mailer, Links(config.view_url)))


@dg.op(description="Digests for whom the hour has come, then everything in the outbox that is due.")
def send_notices(context: dg.OpExecutionContext, db: dg.ResourceParam[Database]) -> None:
    config = settings()
    mailer = mailer_of(config)
    if mailer is None:
        context.log.info("TY_SMTP_URL is unset: nobody gets mail")
        return
    made, sent = send_mail(db, mailer, config, dt.datetime.now(config.zone))
    told = {"digests": made, **asdict(sent)}
    context.log.info(f"mail: {told}")
    context.add_output_metadata(told)


@dg.job(
    executor_def=dg.in_process_executor,
    description="Mail of new matches to who has asked for it, once a day at their hour (TY_SMTP_URL).",
)
def notices_mail_job() -> None:
    send_notices()
