"""The occupation catalogue from Berufenet: its list, page by page, and what it says about each occupation.

Belongs here: what is asked, which fields the catalogue takes, when the answer counts as new. Answers are kept in
`berufenet_answers`, so a fetch that is interrupted is gone on with. Not here: the asset and the command.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

from ty_assets.berufenet.catalogue import Catalogue, CatalogueError, Occupation
from ty_assets.berufenet.store import load_catalogue, store_catalogue
from ty_resources.postgres import Database, Row
from ty_resources.sources.polite import Answer, Polite
from ty_resources.sources.source import SourceChanged, Validator

ORIGIN: Final = "berufenet"
# A public constant of the agency's own pages, no secret. No `Accept: application/json`: the answer to it is 406.
_KEY: Final = {"X-API-Key": "infosysbub-berufenet"}
# What was asked for more recently is not asked for again: a fetch that was interrupted goes on.
FRESH: Final = dt.timedelta(hours=20)
_COMMIT: Final = 20
_ENOUGH: Final = 0.98  # of the occupations that the list promises; it may change while it is read
_CODE: Final = re.compile(r"(?<!\d)\d{4}[1-4](?!\d)")
_KEPT: Final = ("id", "bezeichnungNeutral", "kurzBezeichnungNeutral", "kldb2010", "codenr")


@dataclass(frozen=True)
class FetchedCatalogue:
    """What a fetch has brought. without_code: occupations that have no KldB code, and so no place in the catalogue."""

    listed: int
    asked: int
    unchanged: int  # of these, what the server said to be as before
    without_code: int
    occupations: int
    changed: bool
    version: str


def fetch_catalogue(
    db: Database,
    client: Polite,
    url: str,
    now: dt.datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FetchedCatalogue:
    """Bring the catalogue up to what Berufenet says; its rows are only touched where that has changed.

    Raises: SourceDown, with all answers so far kept; SourceChanged or CatalogueError for answers that cannot be a
    catalogue. The one in use is then unchanged.
    """
    url = url.rstrip("/")
    listed = _listed(client, url)
    known = {row["berufenet_id"]: row for row in db.rows("berufenet_validators")}
    due = [number for number in listed if number not in known or known[number]["asked_at"] < now - FRESH]
    unchanged = 0
    with ThreadPoolExecutor(client.connections) as pool:
        waiting = iter(due)
        done = 0
        while batch := list(islice(waiting, _COMMIT)):
            answers = pool.map(lambda number: _ask(client, url, number, known.get(number)), batch)
            unchanged += _keep(db, batch, list(answers), listed, now)
            done += len(batch)
            progress(done, len(due))
    db.execute("forget_occupations", berufenet_ids=list(listed))
    occupations, without = _occupations(db)
    before = load_catalogue(db)
    catalogue = Catalogue(occupations, ORIGIN).with_synonyms(before.titles())
    if not occupations:
        raise CatalogueError(
            f"{url}: expected occupations with a KldB code, got {without} without one; nothing changed"
        )
    changed = catalogue.version != before.version
    if changed:
        store_catalogue(db, catalogue)
    return FetchedCatalogue(len(listed), len(due), unchanged, without, len(occupations), changed, catalogue.version)


def record_answers(client: Polite, url: str, pages: int) -> None:
    """Ask for so many pages and for each occupation on them, for a recording."""
    url = url.rstrip("/")
    found: list[int] = []
    for page in range(pages):
        params = {"suchwoerter": "*", "page": str(page)}
        content = client.get(f"{url}/pc/v1/berufe", params=params, headers=_KEY).content
        told = content.get("_embedded") if isinstance(content, dict) else None
        found += [one["id"] for one in (told or {}).get("berufSucheList", [])]
    for number in found:
        _ask(client, url, number, None)


def _listed(client: Polite, url: str) -> dict[int, Mapping[str, Any]]:
    """id -> what the list says, of all occupations."""
    found: dict[int, Mapping[str, Any]] = {}
    page, pages, promised = 0, 1, 0
    while page < pages:
        params = {"suchwoerter": "*", "page": str(page)}
        answer = client.get(f"{url}/pc/v1/berufe", params=params, headers=_KEY)
        told = answer.content if isinstance(answer.content, dict) else {}
        about = told.get("page")
        if answer.status != 200 or not isinstance(about, dict) or not isinstance(about.get("totalPages"), int):
            raise _unexpected(answer, "page.totalPages and _embedded.berufSucheList")
        pages, promised = about["totalPages"], int(about.get("totalElements", 0))
        for one in (told.get("_embedded") or {}).get("berufSucheList", []):
            if not isinstance(one, dict) or not isinstance(one.get("id"), int):
                raise _unexpected(answer, "occupations with an id")
            found[one["id"]] = one
        page += 1
    if not found or len(found) < _ENOUGH * promised:
        raise SourceChanged(
            f"{url}: expected {promised:,} occupations, the list has {len(found):,}; the catalogue in use is kept"
        )
    return found


def _ask(client: Polite, url: str, number: int, known: Row | None) -> Answer:
    validator = Validator(**known["validator"]) if known and known["validator"] else None
    return client.get(f"{url}/pc/v1/berufe/{number}", headers=_KEY, validator=validator)


def _keep(
    db: Database,
    numbers: Sequence[int],
    answers: Sequence[Answer],
    listed: Mapping[int, Mapping[str, Any]],
    now: dt.datetime,
) -> int:
    """Store one batch; the number of answers that were as before."""
    rows = []
    same = [number for number, answer in zip(numbers, answers, strict=True) if answer.status == 304]
    for number, answer in zip(numbers, answers, strict=True):
        if answer.status == 304:
            continue
        # An occupation on the list without a page: the list's own words are all there is.
        content = answer.content if answer.status == 200 else {}
        detail = content[0] if isinstance(content, list) and content else content
        if not isinstance(detail, dict):
            raise _unexpected(answer, "an occupation, or a list of one")
        told = {**listed[number], **detail}
        kept = {name: told[name] for name in _KEPT if name in told} | {"kind": _kind(listed[number])}
        validator = json.dumps(asdict(answer.validator)) if answer.validator else None
        rows.append((number, json.dumps(kept, sort_keys=True), validator, now))
    columns = ["berufenet_id", "answer", "validator", "asked_at"]
    with db.transaction() as connection:
        db.upsert("berufenet_answers", columns, rows, ["berufenet_id"], connection)
        connection.execute(db.queries["occupations_asked"], {"berufenet_ids": same, "now": now})
    return len(same)


def _occupations(db: Database) -> tuple[tuple[Occupation, ...], int]:
    """The occupations with a code, and how many have none."""
    found, without = [], 0
    for row in db.rows("berufenet_answers"):
        occupation = occupation_of(row["answer"])
        if occupation is None:
            without += 1
        else:
            found.append(occupation)
    return tuple(found), without


def occupation_of(answer: Mapping[str, Any]) -> Occupation | None:
    """A kept answer as a row of the catalogue; None without a name or a KldB code."""
    short = _line(answer.get("kurzBezeichnungNeutral"))
    name = _line(answer.get("bezeichnungNeutral")) or short
    code = _code(answer.get("kldb2010")) or _code(answer.get("codenr"))
    if not name or not code:
        return None
    return Occupation(int(answer["id"]), answer.get("kind", "t"), name, short or name, code, int(code[4]))


def _code(value: Any) -> str | None:
    """The one code of five digits in what was said: 43104, "B 43104", or an object around it."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:05d}"
    codes = set(_CODE.findall(json.dumps(value)))
    return codes.pop() if len(codes) == 1 else None


def _kind(listed: Mapping[str, Any]) -> str:
    """t: an occupation that is practised; a: whatever leads to one (training, further training, degree)."""
    group = listed.get("bkgr")
    while isinstance(group, list) and group:
        group = group[0]
    kind = group.get("typ") if isinstance(group, dict) else None
    told = kind.get("id") if isinstance(kind, dict) else kind
    return "a" if isinstance(told, str) and told.strip().lower() in ("a", "s", "w") else "t"


def _line(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _unexpected(answer: Answer, expected: str) -> SourceChanged:
    return SourceChanged(
        f"{answer.url}: expected {expected}, got {answer.status} {str(answer.content)[:120]}; see TY_BERUFENET_URL"
    )
