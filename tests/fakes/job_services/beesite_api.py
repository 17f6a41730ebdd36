"""Deutsche Bank's BeeSite: two indexes and a page of HTML for each job.

Configuration: hits, graduate_hits, per_day, today, gone_every. Items are counted from 1, parts of a field are only
there when they are asked for, and the graduates' index knows its language in capitals only.
"""

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs

from wire import Exchange, Refusal
from world import CITIES, Job, Jobs

_FIRST_GRADUATE = 500_000


class BeesiteApi:
    def __init__(self, config: dict[str, Any]) -> None:
        today = dt.date.fromisoformat(config.get("today", "2026-11-21"))
        self.jobs = Jobs(gone_every=int(config.get("gone_every", 0)))
        self.jobs.fill(int(config.get("hits", 0)), today, int(config.get("per_day", 10**9)))
        self.graduates = Jobs()
        self.graduates.fill(int(config.get("graduate_hits", 0)), today, 10**9)

    def control(self, told: dict[str, Any]) -> None:
        self.jobs.change(told)

    def search(self, exchange: Exchange, *, graduates: bool) -> None:
        try:
            asked = json.loads(parse_qs(exchange.query)["data"][0])
            told = asked["SearchParameters"]
            first, count, fields = told["FirstItem"], told["CountItem"], told["MatchedObjectDescriptor"]
        except (KeyError, ValueError, IndexError):
            raise Refusal(400, "data") from None
        if first < 1 or not 1 <= count <= 100:
            raise Refusal(400, "FirstItem")
        jobs = (self.graduates if graduates else self.jobs).newest_first()
        if graduates and asked.get("LanguageCode") != "EN":
            jobs = []
        shown = jobs[first - 1 : first - 1 + count]
        items = [
            {"MatchedObjectId": _number(job, graduates), "MatchedObjectDescriptor": _told(job, graduates, fields)}
            for job in shown
        ]
        result = {"SearchResultCount": len(items), "SearchResultCountAll": len(jobs), "SearchResultItems": items}
        exchange.reply({"SearchResult": result})

    def detail(self, exchange: Exchange, name: str) -> str | None:
        number = name.removesuffix(".json")
        if not number.isdigit():
            exchange.reply(b"<html>Not found</html>", 404, content_type=b"text/html")
            return None
        index = int(number)
        graduate = index >= _FIRST_GRADUATE
        job = (self.graduates if graduate else self.jobs).detail(index - (_FIRST_GRADUATE if graduate else 1000))
        if job is None:
            exchange.reply(b"<html>Not found</html>", 404, content_type=b"text/html")
            return number
        body = "".join(f"<li>{line}</li>" for line in job.text.split("\n") if line)
        apply = f"https://bank.example.org/workday/job/{number}/apply"
        exchange.reply({"html": f"<div><h2>{job.title}</h2><ul>{body}</ul></div>", "apply_uri": apply})
        return number


def _number(job: Job, graduate: bool) -> str:
    return str(job.number + (_FIRST_GRADUATE if graduate else 1000))


def _told(job: Job, graduate: bool, fields: list[str]) -> dict[str, Any]:
    number = _number(job, graduate)
    place = {"CityName": CITIES[job.number % 10], "CountryName": "Deutschland", "CountryCode": "DE"}
    whole: dict[str, Any] = {
        "PositionID": number,
        "PositionTitle": job.title,
        "PositionURI": f"/index.php?ac=jobad&id={number}&v={job.version}",
        "ApplyURI": [f"https://bank.example.org/workday/job/{number}/apply"],
        "OrganizationName": CITIES[job.number % 10],
        "PublicationStartDate": job.published.isoformat(),
        "PositionLocation": [{name: value for name, value in place.items() if f"PositionLocation.{name}" in fields}],
    }
    wanted = {field.partition(".")[0] for field in fields}
    return {name: value for name, value in whole.items() if name in wanted}
