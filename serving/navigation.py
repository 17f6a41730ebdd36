"""The rooms of the view in the order of its navigation.

Belongs here: which rooms there are, whom they are shown to, and in which of them a page is. Not here: markup.
"""

from typing import Final

from fastapi import Request

from serving.accounts.identity import Account

# Path and name: "nav.NAME" is what it is called.
_ROOMS: Final = (
    ("/matches", "matches"),
    ("/queue", "queue"),
    ("/market", "market"),
    ("/profile", "profile"),
    ("/notices", "notices"),
    ("/account", "account"),
)
_RECRUITER: Final = ("/evaluations", "evaluations")
_ADMIN: Final = ("/admin", "admin")


def rooms_of(account: Account) -> tuple[tuple[str, str], ...]:
    own = [room for room, has in ((_RECRUITER, account.is_recruiter), (_ADMIN, account.is_admin)) if has]
    return (*_ROOMS, *own)


def is_here(request: Request, path: str) -> bool:
    """Whether a page is in the room that begins at this path."""
    here = request.url.path
    return here == path or here.startswith(f"{path}/")


def unread_notices(request: Request) -> int:
    """How many notices the person has not seen; 0 where nobody has looked (request.state.unread_notices)."""
    count: int = getattr(request.state, "unread_notices", 0)
    return count
