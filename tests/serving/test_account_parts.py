"""Pure parts of accounts: where a sign-in leads, what may be a password, what a log keeps, whose address it is."""

import logging
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from serving.accounts.browsers import browser_of
from serving.accounts.limits import address_of
from serving.accounts.next_page import HOME, safe_next
from serving.accounts.passwords import PasswordError, acceptable
from serving.plain_logs import WithoutMessages
from ty_assets.accounts.store import EmailError, address
from ty_resources.settings import Settings, SettingsError


def asked(host: str = "127.0.0.1", **headers: str) -> Request:
    request = SimpleNamespace(client=SimpleNamespace(host=host), headers=headers)
    return cast(Request, request)


@given(st.text("/\\.:@ab?#\t\n\r %", max_size=12))
def test_whatever_is_asked_for_a_sign_in_stays_on_this_site(wanted: str) -> None:
    found = safe_next(wanted)
    # as browsers read it: https://url.spec.whatwg.org/#concept-basic-url-parser
    read = "".join(c for c in found if c not in "\t\n\r").replace("\\", "/")
    assert read.startswith("/")
    assert not read.startswith("//")
    assert not urlsplit(read).netloc


@pytest.mark.parametrize("path", ["/matches?gates=passed&after=a%20b", "/", "/market/43414?lang=de"])
def test_a_path_of_this_site_is_where_it_leads(path: str) -> None:
    assert safe_next(path) == path
    assert safe_next(None) == HOME


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "short"),
        ("x" * 257, "long"),
        ("abababababab", "simple"),
        ("Anna@Example.org", "simple"),
        ("a good long sentence", None),
        ("ünïcödé wörds", None),
    ],
)
def test_length_makes_a_password(password: str, reason: str | None) -> None:
    if reason is None:
        assert acceptable(password, "anna@example.org")
        return
    with pytest.raises(PasswordError) as raised:
        acceptable(password, "anna@example.org")
    assert raised.value.reason == reason
    assert password not in str(raised.value)


def test_the_same_word_typed_on_another_keyboard_is_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 au lait bien", "cafe\u0301 au lait bien"
    assert acceptable(composed, "") == acceptable(decomposed, "")


def test_one_mailbox_is_one_account_however_it_is_written() -> None:
    assert address(" Anna@EXAMPLE.org ").key == address("anna@example.org").key
    assert address("Anna@example.org").written == "Anna@example.org"
    with pytest.raises(EmailError) as raised:
        address("a secret that is no address")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_session_is_told_by_browser_and_system_alone(agent: str, told: str) -> None:
    assert browser_of(asked(**{"user-agent": agent})) == told


def test_a_home_counts_as_one_address() -> None:
    assert address_of(asked("2001:db8:1:2:3::1")) == address_of(asked("2001:db8:1:2:ffff::9"))
    assert address_of(asked("2001:db8:1:3::1")) != address_of(asked("2001:db8:1:2::1"))
    assert address_of(asked("192.0.2.1")) == "192.0.2.1"


def test_the_log_keeps_where_an_error_was_raised_and_not_what_it_quotes() -> None:
    logger, kept = logging.Logger("uvicorn.error"), list[str]()

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(self.format(record))

    logger.addHandler(Keeping())
    logger.addFilter(WithoutMessages())
    row = "@".join(("mira", "example.org"))
    try:
        raise ValueError(row)
    except ValueError:
        logger.exception("Exception in ASGI application\n")
    assert row not in kept[0]
    assert "ValueError" in kept[0]
    assert "test_account_parts.py" in kept[0]


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://jobs.example.org", True),
        ("https://jobs.example.org/", True),
        ("http://localhost:8484", True),
        ("http://jobs.example.org", False),
        ("https://jobs.example.org/view", False),
        ("https://user@jobs.example.org", False),
        ("jobs.example.org", False),
    ],
)
def test_people_come_over_https_or_from_this_machine(monkeypatch: pytest.MonkeyPatch, url: str, right: bool) -> None:
    monkeypatch.setenv("TY_PUBLIC_URL", url)
    if right:
        assert cast(Any, Settings.load().public_url) == url.rstrip("/")
    else:
        with pytest.raises(SettingsError):
            Settings.load()
