"""What helps to write a profile: occupations for the words that somebody types, and what their postings ask for.

Belongs here: which are suggested, in which order. Not here: the catalogue (ty_assets/berufenet) and SQL.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from serving.matches import Matches
from serving.onboarding.processing import Processing
from ty_assets.facets.vocabulary import display, vocabulary
from ty_assets.feedback.steps import ask

_OCCUPATIONS: Final = 8
_TERMS: Final = 24
_READ: Final = 60  # of which the vocabulary knows most
# Fewer terms than this help nobody: then the whole group's postings are asked.
_FEW: Final = 12
_LATEST: Final = 2_000  # postings of an occupation; more change the order of the first terms no more
# Digits of a code: the occupation, then ever wider groups.
_DIGITS: Final = (5, 4, 3, 2)
_PATIENCE: Final = 2.0  # seconds for the likeliest codes, which a catalogue that is new takes longer for
_SHORTEST: Final = 2


@dataclass(frozen=True)
class Occupation:
    kldb: str
    name: str


@dataclass(frozen=True)
class Term:
    """kind: skill, tool, licence or soft_skill. shown: as a reader of the language knows it."""

    kind: str
    term: str
    shown: str


class Suggestions:
    def __init__(self, reader: Matches, processing: Processing) -> None:
        self._reader, self._processing = reader, processing

    async def occupations(self, words: str, limit: int = _OCCUPATIONS) -> list[Occupation]:
        """Those that are called so, then those that it is likeliest to mean."""
        words = " ".join(words.split())[:200]
        if len(words) < _SHORTEST:
            return []
        rows = await self._reader.carry_out(ask("occupations_called", words=words, row_limit=limit))
        found = {row["kldb"]: row["name"] for row in rows}
        if len(found) < limit:
            for kldb in await self._meant(words):
                found.setdefault(kldb, "")
        missing = [kldb for kldb, name in found.items() if not name]
        if missing:
            named = await self._reader.carry_out(ask("occupations_of_codes", codes=missing))
            found |= {row["kldb"]: row["name"] for row in named}
        return [Occupation(kldb, name) for kldb, name in found.items() if name][:limit]

    async def _meant(self, words: str) -> list[str]:
        asked = asyncio.ensure_future(asyncio.to_thread(self._processing.codes_meant, words))
        done, _ = await asyncio.wait({asked}, timeout=_PATIENCE)
        return asked.result() if done else []

    async def name_of(self, kldb: str) -> str | None:
        rows = await self._reader.carry_out(ask("occupations_of_codes", codes=[kldb]))
        return rows[0]["name"] if rows else None

    async def terms(self, kldb: str, language: str) -> list[Term]:
        """What postings of the occupation ask for most; where it has few, then those of ever wider groups.

        Terms of the vocabulary alone: whatever else a posting asks for in its own words is nobody else's word for it.
        """
        found: dict[str, Term] = {}
        for digits in _DIGITS if kldb else ():
            steps = ask("terms_asked_for", kldb=kldb, digits=digits, latest=_LATEST, row_limit=_READ)
            for row in await self._reader.carry_out(steps):
                if row["term"] in vocabulary():
                    shown = display(row["term"], language)
                    found.setdefault(shown.casefold(), Term(row["kind"], row["term"], shown))
            if len(found) >= _FEW:
                break
        return list(found.values())[:_TERMS]
