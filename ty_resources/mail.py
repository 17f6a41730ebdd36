"""Mail by SMTP: an address that the settings name, and one message handed over at a time.

Belongs here: the wire, and what an outcome means. Not here: who is told what (ty_assets/notices). An error's own words
may name a person's address, so only its class or the server's code leaves this module.
"""

import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from types import TracebackType
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from ty_resources.settings import Settings

_TIMEOUT: Final = 30.0
# Seven bits, so that no server on the way has to re-encode anything.
_WIRE: Final = email.policy.SMTP.clone(cte_type="7bit")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


class MailError(ValueError):
    """A setting that nothing can be sent with: what was expected."""


class NotTaken(Exception):
    """The server has not taken the message; the message of this error is a class or a code, and nothing of anybody.

    final: it will not take it later either. away: it cannot be reached, so no other message would be taken now.
    """

    def __init__(self, told: str, *, final: bool = False, away: bool = False) -> None:
        super().__init__(told)
        self.final, self.away = final, away


class Unclear(Exception):
    """The connection ended while the message was handed over: it may have been taken, so it is not sent again."""


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed in. tls: from the first byte on; start_tls: after the greeting."""

    host: str
    port: int
    tls: bool
    start_tls: bool
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """smtps://user:password@host:465, smtp://user:password@host:587?starttls, or smtp://localhost:25.

        Raises: MailError, without repeating the URL, which holds a password.
        """
        expected = "TY_SMTP_URL: expected smtps://user:password@host:465, smtp://user:password@host:587?starttls"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise MailError(f"{expected}; its address cannot be read") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
            raise MailError(f"{expected}, or smtp://localhost:25")
        if parts.query not in ("", "starttls"):
            raise MailError(f"{expected}; after ? only starttls is known")
        tls, start_tls = parts.scheme == "smtps", parts.query == "starttls"
        if not (tls or start_tls) and parts.hostname not in _LOCAL:
            raise MailError(f"{expected}: without TLS mail goes to a server on this machine only")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        default = 465 if tls else 587 if start_tls else 25
        return cls(parts.hostname, port or default, tls, start_tls, user, password)


def sender_of(text: str) -> str:
    """TY_MAIL_FROM as it is put into a message. Raises: MailError."""
    _, address = parseaddr(text)
    local, _, domain = address.partition("@")
    if not local or not domain or any(ord(c) < 32 for c in text):
        raise MailError("TY_MAIL_FROM: expected an address such as jobs@example.org or Jobs <jobs@example.org>")
    return text


class Mailer:
    """One connection, opened with the first message and again after a failure. Use with `async with`."""

    def __init__(self, server: SmtpServer, sender: str, timeout: float = _TIMEOUT) -> None:
        self.server, self.sender, self._timeout = server, sender_of(sender), timeout
        self._client: aiosmtplib.SMTP | None = None

    async def __aenter__(self) -> "Mailer":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.quit()
            except (aiosmtplib.SMTPException, OSError):
                client.close()

    async def deliver(self, message: EmailMessage) -> None:
        """Hand a message over. Raises: NotTaken, Unclear."""
        message["Date"] = formatdate()
        client = await self._connected()
        try:
            await client.mail(parseaddr(self.sender)[1])
            await client.rcpt(parseaddr(str(message["To"]))[1])
        except (aiosmtplib.SMTPException, OSError) as error:
            raise await self._failed(error) from None
        try:
            await client.data(message.as_bytes(policy=_WIRE))
        except aiosmtplib.SMTPResponseException as error:
            raise await self._failed(error) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            raise Unclear(type(error).__name__) from None

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=server.start_tls,
            username=server.user,
            password=server.password,
            timeout=self._timeout,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise NotTaken(_named(error), away=True) from None
        self._client = client
        return client

    async def _failed(self, error: Exception) -> NotTaken:
        """After a refusal the connection is good for the next message; after anything else it is not."""
        if isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError) and self._client is not None:
            try:
                await self._client.rset()
                return NotTaken(_named(error), final=error.code >= 500)
            except (aiosmtplib.SMTPException, OSError):
                pass
        self._drop()
        return NotTaken(_named(error), away=True)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _named(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if isinstance(code, int) and code > 0 else type(error).__name__


def mailer_of(config: Settings) -> Mailer | None:
    """What sends mail; None where TY_SMTP_URL is unset. Raises: MailError for settings that cannot be used."""
    if config.smtp_url is None:
        return None
    if not config.mail_from:
        raise MailError(
            "TY_MAIL_FROM: expected the sender's address, such as jobs@example.org, since TY_SMTP_URL is set"
        )
    return Mailer(SmtpServer.parse(config.smtp_url.get_secret_value()), config.mail_from)
