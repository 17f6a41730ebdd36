"""A real SMTP server on the loopback address (aiosmtpd) that keeps what it takes, and refuses as it is told to."""

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class SmtpInbox:
    """answers: to the next messages, e.g. "451 try later"; "hang up": the connection ends behind the message.

    receivers: what is answered to a receiver, e.g. {"gone@example.org": "550 nobody here"}.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.messages: list[EmailMessage] = []
        self.answers: list[str] = []
        self.receivers: dict[str, str] = {}
        self.logins: list[tuple[bytes, bytes]] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def token(self, what: str, number: int = -1) -> str:
        """Of the link of a message; what: confirm or unsubscribe."""
        found = re.search(rf"/notices/{what}/([\w-]+)", self.messages[number].get_content())
        assert found is not None
        return found[1]

    # aiosmtpd calls these by name

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.receivers:
            return self.receivers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250") or answer == "hang up":
            content = envelope.original_content or b""
            message = message_from_bytes(content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        if answer == "hang up":
            server.transport.abort()
            await asyncio.sleep(0)
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def smtp_server() -> Iterator[SmtpInbox]:
    inbox = SmtpInbox(free_port())
    controller = Controller(
        inbox, hostname="127.0.0.1", port=inbox.port, authenticator=inbox.authenticate, auth_require_tls=False
    )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()
