"""The templates and what they may call besides the language: nothing that reads or decides.

Everything is escaped unless a template says otherwise, and none does.
"""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import jinja2
from fastapi import Request
from starlette.templating import Jinja2Templates

from serving.accounts.csrf import csrf_field, csrf_token
from serving.accounts.identity import account_of
from serving.evidence import Asked
from serving.language import Language
from serving.matches import Profile, RankedMatch, Said
from serving.navigation import is_here, rooms_of, unread_notices
from ty_assets.facets.vocabulary import display


class GapTold(Protocol):
    """What is read of a demand: what to say to who lacks it."""

    @property
    def gap(self) -> str: ...


def web_link(url: str | None) -> str | None:
    """The URL if a browser may be sent there: http or https with a host. A source may give us anything."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in ("http", "https") and parts.hostname else None


def place(match: RankedMatch) -> str:
    """City, region and country as far as known; a city that names its region stands once."""
    return ", ".join(dict.fromkeys(filter(None, (match.city, match.region, match.country))))


def name_of(t: Language, profile: Profile) -> str:
    """What a person is called here: the name, or the id's beginning where there is no contact."""
    return profile.name or t("people.unnamed", id=str(profile.profile_id)[:8])


def gaps_of(item: Asked, words: Mapping[tuple[int | None, str], GapTold]) -> list[str]:
    """What to say to who lacks a demand, each sentence once: in this match's words, else in the posting's to all."""
    told = [
        words[(point.ordinal, point.facet)].gap if (point.ordinal, point.facet) in words else gap
        for point, gap in item.facets
    ]
    return list(dict.fromkeys(text for text in told if text))


def in_language(request: Request, code: str) -> str:
    """The same page in another language, as a relative link."""
    return "?" + urlencode([*((k, v) for k, v in request.query_params.multi_items() if k != "lang"), ("lang", code)])


def told(t: Language, said: Said) -> str:
    """What a person said of a match, in a line; a comment is only named."""
    parts = []
    if said.rating is not None and said.scale == "thumbs":
        parts.append(t("feedback.thumb.up" if said.rating > 0 else "feedback.thumb.down"))
    elif said.rating is not None:
        parts.append(t("feedback.points", rating=said.rating))
    if said.decision:
        parts.append(t.name("feedback.decision", said.decision))
    if said.applied_at:
        parts.append(t("feedback.applied", day=t.day(said.applied_at)))
    if said.hidden_at:
        parts.append(t("feedback.hidden"))
    if said.comment and not parts:
        parts.append(t("feedback.commented"))
    return ", ".join(parts)


templates = Jinja2Templates(
    env=jinja2.Environment(
        loader=jinja2.PackageLoader("serving"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # or each page would ask the disk whether its templates are still the same
    )
)
templates.env.globals.update(
    display=display,
    web_link=web_link,
    place=place,
    name_of=name_of,
    in_language=in_language,
    gaps_of=gaps_of,
    told_by=told,
    csrf_field=csrf_field,
    csrf_token=csrf_token,
    account_of=account_of,
    rooms_of=rooms_of,
    is_here=is_here,
    unread_notices=unread_notices,
)
