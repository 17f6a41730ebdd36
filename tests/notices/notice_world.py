"""Writes accounts, people and strong matches as sign-up and runs would have written them."""

import asyncio
import datetime as dt
import uuid
from typing import Any

from smtp_inbox import SmtpInbox

from ty_assets.feedback.steps import carry_out
from ty_assets.notices import store
from ty_assets.notices.sending import Sent, send_waiting
from ty_assets.notices.store import Noted
from ty_assets.notices.wording import Links
from ty_jobs.notices_mail import make_digests
from ty_resources.mail import Mailer, SmtpServer
from ty_resources.postgres import Database

TODAY = dt.date(2026, 3, 10)
NOON = dt.datetime(2026, 3, 10, 12)
_PROVENANCE = {"model": "m", "task_version": "1", "input_hash": b"0"}


class NoticeWorld:
    def __init__(self, db: Database) -> None:
        self.db = db

    def insert(self, table: str, **row: Any) -> None:
        self.db.insert_new(table, list(row), [tuple(row.values())])

    def select(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        with self.db.transaction() as connection:
            cursor = connection.execute(statement, parameters)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def account(self, name: str) -> uuid.UUID:
        """Its profile has the same id."""
        one = uuid.uuid5(uuid.NAMESPACE_URL, name)
        email = f"{name}@example.org"
        self.insert("accounts", account_id=one, profile_id=one, email=email, email_key=email)
        self.insert("profile_documents", profile_id=one, bucket=1, format="json-resume", origin="t", document="{}")
        self.insert(
            "profiles", profile_id=one, bucket=1, headline=name, summary="", language="de", input_hash=b"0",
            task_version="1",
        )  # fmt: skip
        return one

    def match(
        self, person: uuid.UUID, title: str, day: dt.date = TODAY, *, score: float = 0.9, tier: str = "strong",
        passed: bool = True, **posting: Any,
    ) -> uuid.UUID:  # fmt: skip
        posting_id = uuid.uuid5(uuid.NAMESPACE_OID, title)
        row = {
            "posting_id": posting_id, "source": "t", "external_id": title, "content_hash": b"0", "raw_hash": b"0",
            "title_hash": b"0", "task_version": "1", "first_seen_on": day, "last_seen_on": day, "title": title,
            "title_normalised": title, "description": "text", "language": "de", "in_scope": True,
        }  # fmt: skip
        self.insert("postings", **(row | posting))
        self.insert(
            "profile_posting_matches", profile_id=person, posting_id=posting_id, day=day, score=score, tier=tier,
            passed_gates=passed, gate_reasons="[]", basis="requirements", matched="[]", missing="[]", **_PROVENANCE,
        )  # fmt: skip
        return posting_id

    def look(self, *days: dt.date, today: dt.date = TODAY) -> Noted:
        """As the asset does."""
        return carry_out(self.db, store.note(list(days) or [today], today))

    def titles(self, person: uuid.UUID) -> list[str]:
        """Of what a person was told, by the alphabet."""
        told = "SELECT title FROM notices JOIN postings USING (posting_id) WHERE account_id = %s AND NOT known"
        return sorted(row["title"] for row in self.select(told, person))

    def states(self) -> list[str]:
        return [row["state"] for row in self.select("SELECT state FROM mail_outbox ORDER BY mail_id")]

    def want_mail(self, person: uuid.UUID, hour: int = 7, language: str = "en") -> None:
        carry_out(self.db, store.want_mail(person, hour, language, TODAY))

    def confirm(self, token: str) -> bool:
        return carry_out(self.db, store.confirm(token)) is not None

    def send(self, inbox: SmtpInbox, url: str | None = None) -> Sent:
        """The outbox, as the job does."""
        mailer = Mailer(SmtpServer.parse(url or inbox.url), "Jobs <jobs@example.net>", timeout=5)

        async def in_transaction(steps: Any) -> Any:
            return carry_out(self.db, steps)

        async def work() -> Sent:
            async with mailer:
                return await send_waiting(in_transaction, mailer, Links("https://jobs.example.net"))

        return asyncio.run(work())

    def digests(self, at: dt.datetime = NOON) -> int:
        return make_digests(self.db, at)

    def due_again(self) -> None:
        """Time goes by."""
        self.select("UPDATE mail_outbox SET next_try_at = now() WHERE state = 'waiting'")

    def confirmed(self, inbox: SmtpInbox, name: str, hour: int = 7, language: str = "en") -> uuid.UUID:
        """Somebody who gets mail, whose matches have been looked at, and an emptied inbox."""
        person = self.account(name)
        self.match(person, f"known to {name}", tier="weak", score=0.1)
        self.look()
        self.want_mail(person, hour, language)
        self.send(inbox)
        assert self.confirm(inbox.token("confirm"))
        inbox.messages.clear()
        return person
