"""People with accounts and matches, and a mailbox on this machine."""

from collections.abc import Iterator

import pytest
from notice_world import NoticeWorld
from smtp_inbox import SmtpInbox, smtp_server

from ty_resources.postgres import Database


@pytest.fixture
def notice_world(db: Database) -> NoticeWorld:
    return NoticeWorld(db)


@pytest.fixture
def inbox() -> Iterator[SmtpInbox]:
    with smtp_server() as found:
        yield found
