"""Accounts and what opens them, as steps that the match view and the command line both carry out.

Belongs here: making, opening, changing; each with its line in the audit log, in one transaction. Not here: SQL
(sql/queries/accounts.sql), passwords and cookies (serving/accounts), and deletion (`deletion.py`).
"""

import datetime as dt
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email

from ty_assets.accounts.tokens import API_PREFIX, new_token, token_hash
from ty_assets.feedback.steps import Ask, Steps, ask
from ty_resources.postgres import Row

# However much it is used: then everybody signs in again.
SESSION_LIFETIME: Final = dt.timedelta(days=30)
LINK_LIFETIME: Final = dt.timedelta(minutes=15)
MOST_TOKENS: Final = 20
LONGEST_TOKEN_NAME: Final = 80

Action = Literal[
    "sign_up", "sign_in", "sign_in_failed", "sign_in_link", "sign_out", "session_ended", "password_changed",
    "email_changed", "token_made", "token_revoked", "export", "deletion", "account_made", "admin_on", "admin_off",
    "admin_view", "link_made", "password_forgotten", "recruiter_on", "recruiter_off",
]  # fmt: skip


class AccountError(ValueError):
    """What cannot be done with an account, and why; the message names nobody."""


class EmailError(AccountError):
    """Not a mail address."""


class TokenNameError(AccountError):
    """Nothing that a list could show as a token's name."""


class Taken(AccountError):
    """Another account has this already."""


class Address(NamedTuple):
    """A mail address as its owner writes it, and folded."""

    written: str
    key: str


def address(email: str) -> Address:
    """Raises EmailError, whose message does not repeat what was given."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise EmailError("expected a mail address such as anna@example.org") from None
    return Address(checked.normalized, checked.normalized.casefold())


def note(action: Action, account_id: UUID | None, posting_id: UUID | None = None) -> Steps[None]:
    """A line in the audit log."""
    yield Ask("audit", {"action": action, "account_id": account_id, "posting_id": posting_id})


def sign_up(who: Address, password_hash: str, language: str | None) -> Steps[UUID | None]:
    """A new account whose owner agrees that data is stored; None, and nothing done, where the address has one."""
    account_id = uuid4()
    rows = yield Ask(
        "account_add",
        {
            "account_id": account_id,
            "profile_id": uuid4(),
            "email": who.written,
            "email_key": who.key,
            "password_hash": password_hash,
            "is_admin": False,
            "is_recruiter": False,
            "language": language,
            "consented": True,
        },
    )
    if not rows:
        return None
    yield from note("sign_up", account_id)
    return account_id


def add(who: Address, profile_id: UUID | None, *, is_admin: bool, is_recruiter: bool = False) -> Steps[UUID]:
    """An account made from the shell, without a password: it is opened by a link. Raises Taken."""
    account_id = uuid4()
    rows = yield Ask(
        "account_add",
        {
            "account_id": account_id,
            "profile_id": profile_id or uuid4(),
            "email": who.written,
            "email_key": who.key,
            "password_hash": None,
            "is_admin": is_admin,
            "is_recruiter": is_recruiter,
            "language": None,
            "consented": False,
        },
    )
    if not rows:
        raise Taken("this mail address or this profile has an account already; see `ty account list`")
    yield from note("account_made", account_id)
    return account_id


def begin_session(account_id: UUID, browser: str, action: Action) -> Steps[str]:
    """A session with a token of its own, never one that the browser brought along; the token."""
    token = new_token()
    yield Ask(
        "session_add",
        {
            "account_id": account_id,
            "token_hash": token_hash(token),
            "browser": browser,
            "lifetime": SESSION_LIFETIME,
        },
    )
    yield from note(action, account_id)
    return token


def end_session(account_id: UUID, session_id: UUID, action: Action) -> Steps[bool]:
    """Whether the account had this session."""
    rows = yield Ask("session_end", {"account_id": account_id, "session_id": session_id})
    if rows:
        yield from note(action, account_id)
    return bool(rows)


def end_other_sessions(account_id: UUID, session_id: UUID | None) -> Steps[int]:
    """How many there were beside the one that is kept."""
    rows = yield Ask("sessions_end_others", {"account_id": account_id, "session_id": session_id})
    if rows:
        yield from note("session_ended", account_id)
    return len(rows)


def change_password(account_id: UUID, password_hash: str, session_id: UUID | None) -> Steps[str | None]:
    """Ends all other sessions and all links, and gives the session that asked a new token, which is returned.

    API tokens stay: their owner sees and revokes them beside this.
    """
    yield Ask("password_set", {"account_id": account_id, "password_hash": password_hash})
    yield Ask("sessions_end_others", {"account_id": account_id, "session_id": session_id})
    yield Ask("links_end", {"account_id": account_id})
    yield from note("password_changed", account_id)
    if session_id is None:
        return None
    token = new_token()
    yield Ask("session_renew", {"session_id": session_id, "token_hash": token_hash(token)})
    return token


def change_email(account_id: UUID, who: Address) -> Steps[None]:
    """Raises Taken."""
    rows = yield Ask("email_set", {"account_id": account_id, "email": who.written, "email_key": who.key})
    if not rows:
        raise Taken("this mail address cannot be used")
    yield from note("email_changed", account_id)


def token_name(typed: str) -> str:
    """A token's name as it is listed. Raises TokenNameError."""
    name = " ".join(typed.split())
    if not 1 <= len(name) <= LONGEST_TOKEN_NAME or not name.isprintable():
        raise TokenNameError(f"expected a name of at most {LONGEST_TOKEN_NAME} characters for the token")
    return name


def make_token(account_id: UUID, name: str) -> Steps[str]:
    """A token for programs, to be shown this once. Raises AccountError for a name that is there already."""
    held = yield from ask("tokens_of_account", account_id=account_id)
    if len(held) >= MOST_TOKENS:
        raise AccountError(f"expected at most {MOST_TOKENS} tokens; revoke one that is not used")
    token = new_token(API_PREFIX)
    rows = yield Ask("token_add", {"account_id": account_id, "name": name, "token_hash": token_hash(token)})
    if not rows:
        raise Taken("there is a token of this name already; revoke it, or choose another name")
    yield from note("token_made", account_id)
    return token


def revoke_token(account_id: UUID, token_id: UUID) -> Steps[bool]:
    rows = yield Ask("token_end", {"account_id": account_id, "token_id": token_id})
    if rows:
        yield from note("token_revoked", account_id)
    return bool(rows)


def make_link(account_id: UUID) -> Steps[str]:
    """A token that signs in once, within LINK_LIFETIME."""
    token = new_token()
    digest = token_hash(token)
    yield Ask("link_add", {"account_id": account_id, "token_hash": digest, "lifetime": LINK_LIFETIME})
    yield from note("link_made", account_id)
    return token


def use_link(token: str, browser: str) -> Steps[tuple[UUID, str] | None]:
    """Account and token of a new session; None for a link that is used up, too old or none of ours."""
    rows = yield Ask("link_take", {"token_hash": token_hash(token)})
    if not rows:
        return None
    account_id: UUID = rows[0]["account_id"]
    return account_id, (yield from begin_session(account_id, browser, "sign_in_link"))


def forget_password(account_id: UUID) -> Steps[None]:
    """The account is as one without a password, and signed out everywhere: a link opens it, and a new one is set."""
    yield Ask("password_set", {"account_id": account_id, "password_hash": None})
    yield Ask("sessions_end_others", {"account_id": account_id, "session_id": None})
    yield from note("password_forgotten", account_id)


def set_admin(account_id: UUID, *, is_admin: bool) -> Steps[None]:
    """With other rights than before everybody signs in again, so no old session has them."""
    yield Ask("admin_set", {"account_id": account_id, "is_admin": is_admin})
    yield Ask("sessions_end_others", {"account_id": account_id, "session_id": None})
    yield from note("admin_on" if is_admin else "admin_off", account_id)


def set_recruiter(account_id: UUID, *, is_recruiter: bool) -> Steps[None]:
    """With fewer rights than before everybody signs in again. API tokens stay, and open what the account may do."""
    yield Ask("recruiter_set", {"account_id": account_id, "is_recruiter": is_recruiter})
    if not is_recruiter:
        yield Ask("sessions_end_others", {"account_id": account_id, "session_id": None})
    yield from note("recruiter_on" if is_recruiter else "recruiter_off", account_id)


def accounts() -> Steps[list[Row]]:
    return (yield from ask("accounts_listed"))


def found(email: str) -> Steps[Row | None]:
    """The account of a mail address. Raises EmailError."""
    rows = yield from ask("account_of_email", email_key=address(email).key)
    return rows[0] if rows else None
