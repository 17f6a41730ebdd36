"""The Jobsuche as recorded in 2026: search v6, detail v4, its limits, facets, sentinels and absent keys.

Configuration: hits, per_day, today, most (10,000), page_size (100), facets (those it tells), old_names, gone_every.
"""

import base64
import binascii
import datetime as dt
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

from wire import Exchange, Refusal
from world import BEFRISTUNG, CITIES, FIELDS, OCCUPATIONS, REGIONS, Job, Jobs

_KEY = b"jobboerse-jobsuche"
_NOT_FOUND = {"messages": [{"code": "STELLENANGEBOT_NICHT_GEFUNDEN"}]}
_WRONG = {"messages": [{"code": "EINGABEN_UNVOLLSTAENDIG_ODER_FEHLERHAFT"}]}
# Facet -> the values of one job. Those of `arbeitszeit` overlap, `berufsfeld` leaves some jobs out, `arbeitgeber` tells
# only the largest.
_VALUES: dict[str, Callable[[Job], tuple[str, ...]]] = {
    "befristung": lambda job: (BEFRISTUNG[job.number % 3],),
    "zeitarbeit": lambda job: (str(job.number % 4 == 0).lower(),),
    "pav": lambda job: (str(job.number % 10 == 0).lower(),),
    "berufsfeld": lambda job: () if job.number % 13 == 0 else (FIELDS[job.number // 3 % 10],),
    "arbeitszeit": lambda job: ("vz", "tz") if job.number % 2 else ("vz",),
    "arbeitsort": lambda job: (CITIES[job.number // 7 % 10],),
    "arbeitgeber": lambda job: (f"Betrieb {job.number % 97} GmbH",),
}
_PARAMS = {"wo": "arbeitsort", **{name: name for name in _VALUES if name != "arbeitsort"}}


class ArbeitsagenturApi:
    def __init__(self, config: dict[str, Any]) -> None:
        self.today = dt.date.fromisoformat(config.get("today", "2026-11-21"))
        self.most = int(config.get("most", 10_000))
        self.page_size = int(config.get("page_size", 100))
        self.facets = tuple(config.get("facets", _VALUES))
        self.old_names = bool(config.get("old_names", False))
        self.jobs = Jobs(gone_every=int(config.get("gone_every", 0)))
        self.jobs.fill(int(config.get("hits", 0)), self.today, int(config.get("per_day", 10**9)))
        self.over_limit = 0
        self.not_modified = 0
        self._found: dict[tuple[Any, ...], tuple[list[Job], dict[str, Any]]] = {}

    def control(self, told: dict[str, Any]) -> None:
        self.today = dt.date.fromisoformat(told.get("today", self.today.isoformat()))
        self.old_names = bool(told.get("old_names", self.old_names))
        self.jobs.change(told)

    def search(self, exchange: Exchange) -> None:
        _with_key(exchange)
        query = dict(parse_qsl(exchange.query))
        try:
            page, size = int(query.pop("page", "1")), int(query.pop("size", "25"))
        except ValueError:
            raise Refusal(400, "page") from None
        query.pop("sort", None)
        if page < 1 or not 1 <= size <= self.page_size or size * page > self.most:
            self.over_limit += 1
            exchange.reply(_WRONG, 400)
            return
        found, facets = self._matching(query)
        shown = found[(page - 1) * size : page * size]
        answer: dict[str, Any] = {"maxErgebnisse": len(found), "page": page, "size": size}
        if shown:
            answer["stellenangebote" if self.old_names else "ergebnisliste"] = [self._hit(job) for job in shown]
        if found:
            answer["facetten"] = facets
        tag = f'"{self.jobs.generation}-{self.today}-{zlib.crc32(exchange.query.encode())}"'
        if exchange.headers.get(b"if-none-match", b"").decode() == tag:
            self.not_modified += 1
            exchange.reply(b"", 304, {"etag": tag})
        else:
            exchange.reply(answer, headers={"etag": tag})

    def detail(self, exchange: Exchange, encoded: str) -> str | None:
        """Answers; the number that was asked for, where it is one."""
        _with_key(exchange)
        reference = _decoded(unquote(encoded))
        number = reference.split("-")[1] if reference.count("-") == 2 else ""
        job = self.jobs.detail(int(number)) if number.isdigit() else None
        if job is None:
            exchange.reply(_NOT_FOUND, 404)
            return number or None
        tag = f'"{job.number}-{job.version}"'
        if exchange.headers.get(b"if-none-match", b"").decode() == tag:
            self.not_modified += 1
            exchange.reply(b"", 304, {"etag": tag})
        elif job.number in self.jobs.unreadable:
            exchange.reply({**self._hit(job), "stellenangebotsBeschreibung": ""})
        else:
            text = {"stellenangebotsBeschreibung" if not self.old_names else "stellenbeschreibung": job.text}
            exchange.reply({**self._hit(job), **text}, headers={"etag": tag})
        return number

    def _matching(self, query: dict[str, str]) -> tuple[list[Job], dict[str, Any]]:
        key = (self.jobs.generation, self.today, *sorted(query.items()))
        if key not in self._found:
            jobs = self.jobs.newest_first()
            if "veroeffentlichtseit" in query:
                first = self.today - dt.timedelta(days=int(query["veroeffentlichtseit"]))
                jobs = [job for job in jobs if job.published >= first]
            for name, value in query.items():
                if name in _PARAMS:
                    wanted, values = set(value.split(";")), _VALUES[_PARAMS[name]]
                    jobs = [job for job in jobs if wanted & set(values(job))]
                elif name == "was":
                    jobs = [job for job in jobs if value.lower() in job.title.lower()]
            facets = {}
            for name in self.facets:
                counts = Counter(value for job in jobs for value in _VALUES[name](job))
                told = dict(counts.most_common(20))
                facets[name] = {"counts": told, "maxCount": sum(counts.values())}
            self._found[key] = (jobs, facets)
        return self._found[key]

    def _hit(self, job: Job) -> dict[str, Any]:
        if self.old_names:
            return {"refnr": _reference(job), "titel": job.title, "arbeitgeber": f"Betrieb {job.number % 97} GmbH"}
        place = job.number // 7 % 10
        land = "OESTERREICH" if REGIONS[place] == "OBEROESTERREICH" else "DEUTSCHLAND"
        return {
            "stellenangebotsart": "ARBEIT",
            "stellenangebotsTitel": job.title,
            "hauptberuf": OCCUPATIONS[job.kind],
            "alleBerufe": [OCCUPATIONS[job.kind]],
            "firma": f"Betrieb {job.number % 97} GmbH",
            "referenznummer": _reference(job),
            "stellenlokationen": [
                {
                    "adresse": {"strasse": "null", "ort": CITIES[place], "region": REGIONS[place], "land": land},
                    "breite": 50.0,
                    "laenge": 10.0,
                }
            ],
            "homeofficemoeglich": job.number % 5 == 0,
            "vertragsdauer": "KEINE_ANGABE",
            "verguetungsangabe": "KEINE_ANGABEN",
            "datumErsteVeroeffentlichung": job.published.isoformat(),
            "veroeffentlichungszeitraum": {"von": job.published.isoformat()},
            "aenderungsdatum": f"{job.published}T07:00:{job.version % 60:02d}",
            "entfernung": job.number % 40,
        }


def _reference(job: Job) -> str:
    return f"10001-{job.number}-S"


def _decoded(encoded: str) -> str:
    """Standard base64, padded or not."""
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _with_key(exchange: Exchange) -> None:
    if exchange.headers.get(b"x-api-key") != _KEY:
        raise Refusal(403, "forbidden")
