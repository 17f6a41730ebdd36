"""The words of titles, and which titles share them.

Belongs here: what of a title names the occupation, and finding titles by it. Not here: what it is worth to share words
(`occupation.py`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ty_assets.postings.normalise import normalise_title
from ty_assets.profiles.positions import Position, phrases, position_of_word

_TITLE_TAIL = re.compile(r" [–—|-] |[,|(:]| (?:für|fuer|im|in|mit|bei|am|zur|zum|for|at|with|of) ")
_WORD = re.compile(r"[^\W\d_][\w+#.-]*")
_RANKS = frozenset(
    ["senior", "junior", "sr", "sr.", "jr", "jr.", "lead", "principal", "leitender", "leitende", "erfahrener"]
)
# Alone, these name no trade.
_ANY_OCCUPATION = frozenset(
    [
        "manager",
        "mitarbeiter",
        "fachkraft",
        "assistant",
        "assistent",
        "assistenz",
        "specialist",
        "spezialist",
        "leiter",
        "leitung",
        "sachbearbeiter",
        "berater",
        "consultant",
        "engineer",
        "ingenieur",
        "helfer",
        "aushilfe",
        "expert",
        "experte",
        "techniker",
        "trainee",
        "werkstudent",
        "referent",
        "koordinator",
        "coordinator",
        "team",
        "analyst",
        "und",
        "and",
    ]
)


# So few titles are faster counted one by one.
_FEW = 64


@lru_cache(maxsize=8192)
def plain_title(title: str) -> str:
    """`normalise_title`, remembered: the same few titles are asked for at every explanation."""
    return normalise_title(title)


@lru_cache(maxsize=8192)
def title_words(title: str) -> frozenset[str]:
    """The words of a title that name the occupation: its head, without rank; empty where none is left."""
    head = _TITLE_TAIL.split(title.casefold(), maxsplit=1)[0]
    words = frozenset(_WORD.findall(head)) - _RANKS
    return frozenset() if words <= _ANY_OCCUPATION else words


# Roles of positions.csv that people of any trade have.
_ANY_ROLE = frozenset(
    ["office_clerk", "manager", "management_study", "project_manager", "mechanical_engineer", "scientist", "trainer"]
)


@lru_cache(maxsize=8192)
def title_roles(title: str) -> frozenset[Position]:
    """The trades that a title's head names, by positions.csv: a "Schulsozialarbeiterin" is a social worker."""
    words = _WORD.findall(_TITLE_TAIL.split(title.casefold(), maxsplit=1)[0])
    found = {position_of_word(word) for word in words}
    known = phrases()
    for place, word in enumerate(words):
        if word in known:
            rest = " ".join(words[place + 1 :])
            found.update(position for others, position in known[word] if rest.startswith(others))
    return frozenset(position for position in found if position is not None and position.role not in _ANY_ROLE)


@dataclass(frozen=True, eq=False)
class TitleWords:
    """By word the rows of T titles that have it, ascending; by role likewise."""

    rows: dict[str, list[int]]  # shared with the snapshots before and after this one; rows from T on are not its own
    roles: dict[str, list[int]]  # likewise
    sizes: NDArray[np.int16]  # (T,) words of each title; 0 where none names an occupation

    @classmethod
    def of(cls, titles: Sequence[str]) -> "TitleWords":
        return cls({}, {}, np.zeros(0, dtype=np.int16)).with_more(titles)

    def with_more(self, titles: Sequence[str]) -> "TitleWords":
        """These titles and more behind them. Costs what the new ones cost; this one stays as it is."""
        sizes = []
        for row, title in enumerate(titles, start=len(self.sizes)):
            words = title_words(title)
            sizes.append(len(words))
            for word in words:
                self.rows.setdefault(word, []).append(row)
            for position in title_roles(title):
                self.roles.setdefault(position.role, []).append(row)
        return TitleWords(self.rows, self.roles, np.concatenate([self.sizes, np.array(sizes, dtype=np.int16)]))

    def sharing(self, words: frozenset[str]) -> NDArray[np.int64]:
        """Rows whose words hold all of these, or of whose words these hold all."""
        if len(self.sizes) <= _FEW:
            shared = Counter(row for word in words for row in self.rows.get(word, ()) if row < len(self.sizes))
            few = (row for row, count in shared.items() if count in (len(words), self.sizes[row]))
            return np.array(sorted(few), dtype=np.int64)
        found = [np.array(self.rows.get(word, ()), dtype=np.int64) for word in words]
        rows, counts = np.unique(np.concatenate(found or [np.zeros(0, dtype=np.int64)]), return_counts=True)
        own = rows < len(self.sizes)
        rows, counts = rows[own], counts[own]
        return rows[(counts == len(words)) | (counts == self.sizes[rows])]

    def of_role(self, role: str) -> NDArray[np.int64]:
        """Rows whose titles name a role."""
        rows = np.array(self.roles.get(role, ()), dtype=np.int64)
        return rows[rows < len(self.sizes)]
