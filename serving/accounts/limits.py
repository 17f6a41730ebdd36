"""How often something may be tried: buckets of turns that fill by themselves, in Postgres, for all processes together.

Belongs here: the limits, and the dependency that routes have. Not here: SQL (sql/queries/accounts.sql).
"""

import hashlib
import ipaddress
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from fastapi import Request
from starlette.exceptions import HTTPException

from serving.accounts.identity import account_of
from serving.accounts.records import Records
from ty_resources.settings import settings

Limited = Literal[
    "sign_in", "sign_in_account", "sign_up", "password", "import", "analysis", "export", "link", "file", "batch"
]


class Limit(NamedTuple):
    """turns: at once, or spread over the window; after the window all are there again."""

    turns: int
    window: timedelta


# A person who mistypes, an office behind one address, a parent who has everybody's CV imported: none of them notices.
LIMITS: Final = MappingProxyType(
    {
        "sign_in": Limit(30, timedelta(minutes=15)),  # of one address
        "sign_in_account": Limit(10, timedelta(minutes=15)),  # for one account, from wherever
        "sign_up": Limit(10, timedelta(hours=1)),
        "password": Limit(10, timedelta(minutes=15)),  # asked for again by who has signed in
        "import": Limit(20, timedelta(hours=1)),
        "analysis": Limit(240, timedelta(minutes=10)),
        "export": Limit(10, timedelta(hours=1)),
        "link": Limit(20, timedelta(minutes=15)),
        # A program that splits a large file and sends the parts notices neither.
        "file": Limit(300, timedelta(hours=1)),
        "batch": Limit(300, timedelta(hours=1)),
    }
)


class TooMany(HTTPException):
    """429, and when to come back."""

    def __init__(self, seconds: float) -> None:
        wait = max(1, math.ceil(seconds))
        super().__init__(429, f"Too many tries; there is another one in {wait} s.", {"Retry-After": str(wait)})


async def take_turn(request: Request, action: Limited, subject: str) -> None:
    """Raises TooMany where none is left. subject: whom the turns belong to; only its hash is stored."""
    limit = LIMITS[action]
    records: Records = request.app.state.records
    each = limit.window / max(1.0, limit.turns * settings().rate_limit_factor)
    bucket = {"action": action, "subject": digest(subject), "each": each, "window": limit.window}
    if await records.one("take_turn", **bucket) is None:
        row = await records.one("next_turn", **bucket)
        raise TooMany(row["seconds"] if row else 1.0)


async def turns_back(request: Request, action: Limited, subject: str) -> None:
    """All turns are there again: somebody has shown who they are."""
    records: Records = request.app.state.records
    await records.run("turns_back", action=action, subject=digest(subject))


def limited(action: Limited) -> Callable[[Request], Awaitable[None]]:
    """A dependency: `dependencies=[Depends(limited("import"))]`. Turns belong to the account, a stranger's to the
    address."""

    async def check(request: Request) -> None:
        account = account_of(request)
        await take_turn(request, action, str(account.account_id) if account else address_of(request))

    return check


def address_of(request: Request) -> str:
    """Where a request comes from. Of IPv6 the network: a home has 2^64 addresses."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def digest(subject: str) -> bytes:
    return hashlib.sha256(subject.encode()).digest()
