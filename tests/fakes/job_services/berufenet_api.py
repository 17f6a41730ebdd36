"""Berufenet: 20 occupations a page, counted from 0, and a list of one for each of them.

Configuration: occupations, names {id: another name}. Like the real one it says 406 to whoever insists on JSON.
"""

from typing import Any
from urllib.parse import parse_qs

from wire import Exchange, Refusal

_KEY = b"infosysbub-berufenet"
PAGE = 20


class BerufenetApi:
    def __init__(self, config: dict[str, Any]) -> None:
        self.count = int(config.get("occupations", 0))
        self.names: dict[str, str] = dict(config.get("names", {}))

    def control(self, told: dict[str, Any]) -> None:
        self.count = int(told.get("occupations", self.count))
        self.names.update(told.get("names", {}))

    def listing(self, exchange: Exchange) -> None:
        _welcome(exchange)
        page = int(parse_qs(exchange.query).get("page", ["0"])[0])
        pages = -(-self.count // PAGE)
        numbers = range(page * PAGE, min(self.count, (page + 1) * PAGE))
        answer: dict[str, Any] = {
            "page": {"size": PAGE, "totalElements": self.count, "totalPages": pages, "number": page}
        }
        if numbers:
            answer["_embedded"] = {"berufSucheList": [self._short(number) for number in numbers]}
        exchange.reply(answer)

    def detail(self, exchange: Exchange, name: str) -> str | None:
        _welcome(exchange)
        if not name.isdigit() or not 1000 <= int(name) < 1000 + self.count:
            exchange.reply({"messages": [{"code": "BERUF_NICHT_GEFUNDEN"}]}, 404)
            return None
        number = int(name) - 1000
        short = self._short(number)
        tag = f'"{short["kurzBezeichnungNeutral"]}"'.encode("ascii", "ignore").decode()
        if exchange.headers.get(b"if-none-match", b"").decode() == tag:
            exchange.reply(b"", 304, {"etag": tag})
            return name
        level = number % 4 + 1
        detail = {
            **short,
            "bezeichnungNeutral": f"{short['kurzBezeichnungNeutral']} (lang)",
            "codenr": f"B {number % 9000 + 1000}{level}",
            "kldb2010": f"{number % 9000 + 1000:04d}{level}",
            "steckbrief": {"kurz": "<p>...</p>", "lang": "<p>...</p>"},
            "infofelder": [],
        }
        exchange.reply([detail], headers={"etag": tag})
        return name

    def _short(self, number: int) -> dict[str, Any]:
        name = self.names.get(str(number + 1000), f"Beruf{number}er/in")
        kind = "a" if number % 5 == 0 else "t"
        return {"id": number + 1000, "kurzBezeichnungNeutral": name, "bkgr": {"id": 200, "typ": {"id": kind}}}


def _welcome(exchange: Exchange) -> None:
    if exchange.headers.get(b"x-api-key") != _KEY:
        raise Refusal(403, "forbidden")
    if exchange.headers.get(b"accept", b"").strip() == b"application/json":
        raise Refusal(406, "not acceptable")
