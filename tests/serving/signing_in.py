"""Signs people in as a sign-in would leave it: an account and a session in the tables, and what a browser keeps."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import psycopg

from serving.accounts import cookies, csrf
from ty_assets.accounts.tokens import new_token, token_hash

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

# Memory of a password's hash in tests, which hash many and guard nobody.
CHEAP_KIB = 64


@dataclass(frozen=True)
class Member:
    """Somebody who has signed in."""

    account_id: UUID
    profile_id: UUID
    email: str
    token: str

    @property
    def browser(self) -> dict[str, Any]:
        """Of an httpx client: the cookie, and the token that a page's forms would bring."""
        return {
            "cookies": {cookies.SESSION: self.token},
            "headers": {"Accept-Language": "en", csrf.HEADER: csrf.token_of(self.token)},
        }

    def client(self, base_url: str) -> httpx.Client:
        # nothing is encrypted here, and reading the certificates takes longer than a request
        return httpx.Client(base_url=base_url, verify=False, timeout=30, **self.browser)

    def context(self, browser: "Browser", base_url: str, **options: Any) -> "BrowserContext":
        context = browser.new_context(base_url=base_url, **options)
        context.add_cookies([{"name": cookies.SESSION, "value": self.token, "url": base_url}])
        return context


def signed_in(conninfo: str, profile_id: UUID | None = None, *, admin: bool = False, recruiter: bool = False) -> Member:
    """A new session of the person's account, which is made where there is none. conninfo: with the search path set."""
    profile_id = profile_id or uuid4()
    email = f"{profile_id}@example.org"
    token = new_token()
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO accounts (account_id, profile_id, email, email_key, is_admin, is_recruiter) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (profile_id) "
            "DO UPDATE SET is_admin = excluded.is_admin, is_recruiter = excluded.is_recruiter",
            [uuid4(), profile_id, email, email, admin, recruiter],
        )
        row = connection.execute(
            "INSERT INTO sessions (account_id, token_hash, browser, expires_at) "
            "SELECT account_id, %s, 'a test', now() + interval '1 hour' FROM accounts WHERE profile_id = %s "
            "RETURNING account_id",
            [token_hash(token), profile_id],
        ).fetchone()
    assert row is not None
    return Member(row[0], profile_id, email, token)
