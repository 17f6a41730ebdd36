"""The old `berufenet`, `berufenet_synonyms` and confirmed `owl_names` as an occupation catalogue.

Not here: the catalogue in the database (ty_assets/berufenet/store.py).
"""

import json
import re
from collections.abc import Mapping

from ty_assets.berufenet.catalogue import Occupation
from ty_assets.berufenet.labels import match_key
from ty_assets.legacy.tables import RowError

ORIGIN = "legacy"
# A single observation by a model was on probation there.
CONFIRMED = frozenset({"human", "import", "llm_confirmed"})

_KLDB = re.compile(r"(?:B\s*)?(\d{4}[1-4])", re.ASCII)
_KINDS = {"": "t", "t": "t", "a": "a"}


class OldOccupations:
    """Collects occupations and titles, row by row; each method raises RowError for a row that is not usable."""

    def __init__(self) -> None:
        self.occupations: dict[int, Occupation] = {}
        self.titles: list[tuple[str, str]] = []
        self.codes: list[str] = []  # the KldB code of each row that was taken, in order
        self._kldb: dict[str, str] = {}  # old berufenet_id -> code
        self._entities: dict[str, str] = {}  # owl_id -> code

    def occupation(self, cells: Mapping[str, str]) -> None:
        """An occupation; one with an id such as 3851.N1234, a variant, is a title of its code."""
        number, name = cells.get("berufenet_id", "").strip(), " ".join(cells.get("name", "").split())
        found = _KLDB.fullmatch(cells.get("kldb", "").strip())
        if found is None:
            raise RowError(
                f"kldb: expected five digits, the last one the level 1 to 4, got {cells.get('kldb', '')[:40]!a}"
            )
        if not match_key(name):
            raise RowError(f"name: expected an occupation's name, got {name[:40]!a}")
        if number in self._kldb:
            raise RowError(f"berufenet_id: expected each id once, got {number} again")
        kldb = found[1]
        if not (number.isascii() and number.isdigit()):
            if not re.fullmatch(r"\d+\.\w+", number, re.ASCII):
                raise RowError(f"berufenet_id: expected a number such as 3851 or 3851.N1234, got {number[:40]!a}")
            self.titles.append((name, kldb))
        elif not 0 < int(number) < 2**31:
            raise RowError(f"berufenet_id: expected a positive number below 2^31, got {number[:40]}")
        else:
            kind = _KINDS.get(cells.get("kind", "").strip(), "t")
            short_name = " ".join(cells.get("short_name", "").split()) or name
            self.occupations[int(number)] = Occupation(int(number), kind, name, short_name, kldb, int(kldb[4]))
        self._kldb[number] = kldb
        self.codes.append(kldb)

    def synonym(self, cells: Mapping[str, str]) -> None:
        number = cells.get("berufenet_id", "").strip()
        if number not in self._kldb:
            raise RowError(f"berufenet_id: expected one of the table berufenet, got {number[:40]!a}")
        self._title(cells.get("aa_beruf", ""), self._kldb[number])

    def entity(self, cells: Mapping[str, str]) -> str | None:
        """Why an entity is left out, or None."""
        if cells.get("owl_type") != "berufenet":
            return "no occupation"
        try:
            metadata = json.loads(cells.get("metadata", ""))
            number = str(metadata["berufenet_id"])
        except (ValueError, KeyError, TypeError):
            raise RowError("metadata: expected a JSON object with berufenet_id") from None
        if number not in self._kldb:
            raise RowError(f"metadata: expected a berufenet_id of the table berufenet, got {number[:40]!a}")
        self._entities[cells.get("owl_id", "")] = self._kldb[number]
        self.codes.append(self._kldb[number])
        return None

    def name(self, cells: Mapping[str, str]) -> str | None:
        """Why a name is left out, or None."""
        kldb = self._entities.get(cells.get("owl_id", ""))
        if kldb is None:
            return "no name of an occupation"
        if cells.get("confidence_source") not in CONFIRMED:
            return "not confirmed"
        self._title(cells.get("display_name", ""), kldb)
        return None

    def _title(self, title: str, kldb: str) -> None:
        title = " ".join(title.split())
        if not match_key(title):
            raise RowError(f"expected a title, got {title[:40]!a}")
        self.titles.append((title, kldb))
        self.codes.append(kldb)
