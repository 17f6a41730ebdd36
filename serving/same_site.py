"""Who may change something: this site's own pages, and programs; not a page of another site in the person's browser.

The view has no accounts, so a browser sends no cookie that a request could lack: where the request comes from is all
there is to tell. Belongs here: that check. Not here: which hosts are answered at all (`security`).
"""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED: Final = "A page of another site may not change anything here."


def same_site(request: Request) -> None:
    """Raises 403 for a change that a page of another site asks for.

    Every browser in use says so in Sec-Fetch-Site to this machine's own addresses; an older one names the page's origin
    with a change. A program sends neither. "none" is a person at the address bar, who sends no change.
    """
    if request.method in _SAFE:
        return
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        if told != "same-origin":
            raise HTTPException(403, _REFUSED)
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, _REFUSED)


SameSite = Annotated[None, Depends(same_site)]
