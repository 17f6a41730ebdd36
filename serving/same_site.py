"""Who may change something: this site's own pages, and programs; not a page of another site in the person's browser.

Belongs here: where a request comes from, as browsers tell it. Not here: the token that our own forms bring besides
(`accounts/csrf.py`), and which hosts are answered at all (`security`).
"""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from serving.accounts import csrf

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED: Final = "A page of another site may not change anything here."


async def same_site(request: Request) -> None:
    """Raises 403 for a change that a page of another site asks for, and for one without its session's token.

    Every browser in use says so in Sec-Fetch-Site to https and to this machine's own addresses; an older one names the
    page's origin with a change. A program sends neither. "none" is a person at the address bar, who sends no change.
    """
    if request.method in _SAFE:
        return
    told = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if told is not None:
        if told != "same-origin":
            raise HTTPException(403, _REFUSED)
    elif origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, _REFUSED)
    await csrf.check(request)


SameSite = Annotated[None, Depends(same_site)]
