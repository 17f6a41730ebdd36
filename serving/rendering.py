"""The templates and what they may call besides the language: nothing that reads or decides.

Everything is escaped unless a template says otherwise, and none does.
"""

from urllib.parse import urlencode, urlsplit

import jinja2
from fastapi import Request
from starlette.templating import Jinja2Templates

from serving.language import Language
from serving.matches import Profile, RankedMatch
from ty_assets.facets.vocabulary import display


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


def in_language(request: Request, code: str) -> str:
    """The same page in another language, as a relative link."""
    return "?" + urlencode([*((k, v) for k, v in request.query_params.multi_items() if k != "lang"), ("lang", code)])


templates = Jinja2Templates(
    env=jinja2.Environment(
        loader=jinja2.PackageLoader("serving"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)
templates.env.globals.update(display=display, web_link=web_link, place=place, name_of=name_of, in_language=in_language)
