"""The rubrics that a page offers: the account's own, and the samples that come with the project.

Belongs here: their names, finding one, keeping one. Not here: SQL (sql/queries/rubrics.sql), forms (`rubric_form.py`)
and routes (`rubric_page.py`).
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from fastapi import Depends

from serving.dependencies import Reader
from serving.matches import Matches
from ty_assets.candidate_evaluations.rubric import Rubric, samples
from ty_assets.candidate_evaluations.rubric_file import RubricError
from ty_assets.feedback.steps import ask
from ty_resources.postgres import Row

# Of one account; nobody has so many, and a list of more is none to choose from.
MOST: Final = 100
_SAMPLE: Final = "sample:"


@dataclass(frozen=True)
class Offered:
    """choice: how a form names it."""

    choice: str
    rubric: Rubric

    @property
    def rubric_id(self) -> UUID | None:
        return None if self.choice.startswith(_SAMPLE) else UUID(self.choice)

    @property
    def sample(self) -> str:
        """The sample's name; "" for one of the account's own."""
        return self.choice.removeprefix(_SAMPLE) if self.choice.startswith(_SAMPLE) else ""


class Own(NamedTuple):
    """unreadable: rows of rubrics that another version has kept, and that this one cannot read."""

    offered: list[Offered]
    unreadable: list[Row]


class Refused(ValueError):
    """It could not be kept: the name is another rubric's, or there are too many."""


@cache
def sample_rubrics() -> tuple[Offered, ...]:
    """Read once: they are files of the package."""
    return tuple(Offered(f"{_SAMPLE}{name}", Rubric.parse(text, name)) for name, text in samples().items())


class Rubrics:
    """Over the view's pool of connections."""

    def __init__(self, reader: Matches) -> None:
        self._reader = reader

    async def own(self, account_id: UUID) -> Own:
        rows = await self._reader.carry_out(ask("rubrics_of_account", account_id=account_id))
        found = Own([], [])
        for row in rows:
            try:
                found.offered.append(Offered(str(row["rubric_id"]), Rubric.parse(row["content"])))
            except RubricError:
                found.unreadable.append(row)
        return found

    async def offered(self, account_id: UUID, language: str) -> list[Offered]:
        """The account's own first, then samples, those in the reader's language before the others."""
        found = sorted(sample_rubrics(), key=lambda one: one.rubric.language != language)
        return [*(await self.own(account_id)).offered, *found]

    async def find(self, account_id: UUID, rubric_id: UUID) -> Row | None:
        """As it is stored. Its content need not be a rubric to this version any more."""
        rows = await self._reader.carry_out(ask("rubric_of_account", account_id=account_id, rubric_id=rubric_id))
        return rows[0] if rows else None

    async def keep(self, account_id: UUID, rubric: Rubric, rubric_id: UUID | None = None) -> UUID:
        """rubric_id: the one that it takes the place of; None: a new one. Raises Refused."""
        told = {"account_id": account_id, "name": rubric.name, "content": rubric.yaml()}
        if rubric_id is None:
            rows = await self._reader.carry_out(ask("rubric_add", most=MOST, **told))
        else:
            rows = await self._reader.carry_out(ask("rubric_set", rubric_id=rubric_id, **told))
        if not rows:
            raise Refused
        found: UUID = rows[0]["rubric_id"]
        return found

    async def end(self, account_id: UUID, rubric_id: UUID) -> bool:
        return bool(await self._reader.carry_out(ask("rubric_end", account_id=account_id, rubric_id=rubric_id)))


async def _kept(reader: Reader) -> Rubrics:
    return Rubrics(reader)


KeptRubrics = Annotated[Rubrics, Depends(_kept)]
