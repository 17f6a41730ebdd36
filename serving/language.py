"""In which language a page speaks, and how that language writes numbers and days.

Belongs here: choosing the language and looking up its strings (`locales/CODE/*.json`, a file a room). Not here: the
language of a posting or a letter, which is shown as it is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request

from serving.accounts.cookies import language_cookie

LANGUAGES = ("en", "de")  # the first where a browser asks for none of them


@dataclass(frozen=True)
class Language:
    """One language's strings. Called with a key it gives the string."""

    code: str
    strings: Mapping[str, str]
    asked: bool = False  # by ?lang=, so links keep it

    def __call__(self, key: str, **values: object) -> str:
        """The string of a key. Raises KeyError for a key that no file has: a mistake in a template."""
        return self.strings[key].format(**values)

    def name(self, group: str, value: str) -> str:
        """What a value of the tables is called, e.g. ("tier", "strong"); an unknown one stays itself."""
        return self.strings.get(f"{group}.{value}", value.replace("_", " "))

    def count(self, key: str, number: int) -> str:
        """A number with its noun: "1 match", "2 matches"."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", count=number)

    def percent(self, share: float) -> str:
        """0 .. 1 as whole percent."""
        return self("percent", number=round(share * 100))

    def day(self, day: date) -> str:
        return self("day", day=day.day, month=day.month, month_name=self(f"month.{day.month}"), year=day.year)

    def moment(self, at: datetime) -> str:
        """Day and time, to the minute."""
        return self("moment", day=self.day(at), time=f"{at:%H:%M}")

    def number(self, value: float) -> str:
        """With the language's separators; a fraction is shown as far as the value has one."""
        return f"{value:,}".translate({ord(","): self("thousands"), ord("."): self("decimal")})

    def duration(self, seconds: float) -> str:
        """Its two largest units."""
        left, parts = round(seconds), list[str]()
        for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1)):
            count, left = divmod(left, size)
            if count or parts:
                parts.append(self(f"duration.{unit}", count=count))
        shown = parts[:2] or [self("duration.seconds", count=0)]
        return " ".join(shown)

    def link(self, path: str, **query: object) -> str:
        """A path of this site with its query; a language that was asked for stays in it."""
        given = {key: value for key, value in query.items() if value not in (None, "")}
        if self.asked:
            given["lang"] = self.code
        return f"{path}?{urlencode(given)}" if given else path


@cache
def strings(code: str) -> Mapping[str, str]:
    """All of a language's strings. Raises ValueError for a key that two files have."""
    found: dict[str, str] = {}
    for file in files("serving").joinpath("locales", code).iterdir():
        if not file.name.endswith(".json"):
            continue
        more: dict[str, str] = json.loads(file.read_text("utf-8"))
        if twice := found.keys() & more.keys():
            raise ValueError(f"{code}/{file.name} repeats what another file has: {sorted(twice)}")
        found |= more
    return found


def negotiate(request: Request) -> Language:
    """By `?lang=`, else as was chosen by hand before, else by Accept-Language, else English."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return Language(asked, strings(asked), asked=True)
    chosen = language_cookie(request)
    if chosen in LANGUAGES:
        return Language(chosen, strings(chosen))
    code = preferred(request.headers.get("accept-language", ""))
    return Language(code, strings(code))


def preferred(header: str) -> str:
    """The best of LANGUAGES by an Accept-Language header (RFC 9110, 12.5.4); unreadable parts are skipped."""
    best, best_quality = LANGUAGES[0], 0.0
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        code = tag.strip().split("-")[0].lower()
        if code in LANGUAGES and best_quality < quality <= 1:
            best, best_quality = code, quality
    return best


async def _negotiated(request: Request) -> Language:
    return negotiate(request)


Spoken = Annotated[Language, Depends(_negotiated)]
