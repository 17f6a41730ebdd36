"""Where a sign-in leads: back to the page that asked for it, and never to another site."""

from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import Request

HOME: Final = "/matches"
_LONGEST: Final = 2000


def sign_in_path(request: Request) -> str:
    """The sign-in, with the way back to a page that was asked for; a change is not asked for again."""
    if request.method != "GET":
        return "/sign-in"
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if here == "/" or len(here) > _LONGEST else f"/sign-in?next={quote(here, safe='/')}"


def safe_next(wanted: str | None) -> str:
    """A path of this site; HOME for anything that a browser could take for an address elsewhere.

    Browsers read a backslash as a slash and leave out tabs and line ends, so "/\\example.org" is one too.
    """
    if not wanted or len(wanted) > _LONGEST or not wanted.startswith("/") or wanted.startswith("//"):
        return HOME
    if "\\" in wanted or any(ord(character) < 33 or ord(character) == 127 for character in wanted):
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else wanted
