"""What TY_SMTP_URL and TY_MAIL_FROM may say, and that no error repeats a password."""

import pytest

from ty_resources.mail import MailError, SmtpServer, mailer_of, sender_of
from ty_resources.settings import Settings


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtps://u:p@mail.example.org", ("mail.example.org", 465, True, False, "u", "p")),
        ("smtp://u:p%40ss@mail.example.org:2587?starttls", ("mail.example.org", 2587, False, True, "u", "p@ss")),
        ("smtp://mail.example.org?starttls", ("mail.example.org", 587, False, True, None, None)),
        ("smtp://localhost", ("localhost", 25, False, False, None, None)),
        ("smtp://[::1]:2525", ("::1", 2525, False, False, None, None)),
    ],
)
def test_addresses_of_servers(url: str, told: tuple[object, ...]) -> None:
    server = SmtpServer.parse(url)
    assert (server.host, server.port, server.tls, server.start_tls, server.user, server.password) == told


@pytest.mark.parametrize(
    "url",
    [
        "smtp://user:hunter2@mail.example.org",  # a password in the clear
        "smtp://user:hunter2@mail.example.org:587?tls",
        "http://user:hunter2@mail.example.org",
        "smtp://user:hunter2@mail.example.org:port",
        "smtps://user:hunter2@/",
        "smtps://user:hunter2@mail.example.org/inbox",
        "hunter2",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(MailError, match="TY_SMTP_URL: expected smtps://") as refused:
        SmtpServer.parse(url)
    assert "hunter2" not in str(refused.value)


def test_a_password_is_in_no_representation() -> None:
    assert "hunter2" not in repr(SmtpServer.parse("smtps://user:hunter2@mail.example.org"))
    assert "hunter2" not in repr(Settings(smtp_url="smtps://user:hunter2@mail.example.org"))


@pytest.mark.parametrize("text", ["jobs", "jobs@", "@example.org", "", "Jobs <jobs@example.org>\nBcc: you@example.org"])
def test_a_sender_is_an_address(text: str) -> None:
    with pytest.raises(MailError, match="TY_MAIL_FROM: expected an address"):
        sender_of(text)


def test_mail_is_sent_where_both_are_set() -> None:
    assert mailer_of(Settings()) is None
    with pytest.raises(MailError, match="TY_MAIL_FROM"):
        mailer_of(Settings(smtp_url="smtp://localhost"))
    mailer = mailer_of(Settings(smtp_url="smtp://localhost", mail_from="Jobs <jobs@example.org>"))
    assert mailer is not None
    assert mailer.sender == "Jobs <jobs@example.org>"
