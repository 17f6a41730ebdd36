"""Which of a person's skills is nearest to each term, and what that is worth.

Belongs here: max-sim over unique terms, equal and covered terms, and the matrix of a few terms. Not here: the product
(`product.py`), and what a posting's demands earn by it (`screening.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.credit import worth
from ty_assets.matching.person import Person
from ty_assets.matching.product import best_cosines
from ty_assets.matching.texts import Texts


def max_sim(texts: NDArray[np.float32], skills: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Best cosine and its skill for each text. texts (U, d), skills (S, d), unit length.

    Returns (U,) float32 and (U,) int64. Without skills: -1 and -1. Of equal skills the first wins. For few texts: all
    cosines are in memory at once.
    """
    if len(skills) == 0:
        return np.full(len(texts), -1.0, dtype=np.float32), np.full(len(texts), -1, dtype=np.int64)
    cosines = texts @ skills.T
    which = cosines.argmax(axis=1)
    return cosines[np.arange(len(which)), which], which


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """For each of U terms the credit of the nearest of the skills that are trusted alike."""

    trust: float
    members: NDArray[np.int64]  # the skills
    credit: NDArray[np.float32]  # (U,) before trust
    named: Sequence[tuple[int, int]]  # rows that a skill names itself or has in it, with the skill: they are worth 1
    skill: Mapping[int, int]  # the skill of such a row; the first of several


def nearest(
    texts: Texts, person: Person, calibration: Calibration, best: NDArray[np.float32] | None = None
) -> list[Nearest]:
    """One for each degree of trust. best: (groups, U) cosines, where the product is done already.

    The same text is worth 1, whatever its vectors say.
    """
    groups = person.trusted_alike
    if best is None:
        best, _ = best_cosines(texts.vectors, [person.vectors[members] for _, members in groups])
    found = []
    for (trust, members), cosines in zip(groups, best, strict=True):
        credit = worth(calibration, cosines)
        rows = texts.find(person.hashes[members]).tolist()
        named = [(row, member) for row, member in zip(rows, members.tolist(), strict=True) if row >= 0]
        skill: dict[int, int] = {}
        for row, member in named:
            skill.setdefault(row, member)
        for row, member in covered(texts, person, members):
            named.append((row, member))
            if credit[row] < 1.0:
                skill.setdefault(row, member)
        credit[list(skill)] = 1.0
        found.append(Nearest(trust, members, credit, named, skill))
    return found


def covered(texts: Texts, person: Person, members: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Rows of the terms that a skill has in it (Microsoft Office has Excel, licence CE has B), with the skill."""
    owners, hashes = person.narrower
    if len(owners):
        own = set(members.tolist())
        rows = texts.find(hashes).tolist()
        yield from ((row, owner) for row, owner in zip(rows, owners, strict=True) if row >= 0 and owner in own)


def cells(texts: Texts, rows: NDArray[np.int64], person: Person, calibration: Calibration) -> NDArray[np.float32]:
    """Credits (len(rows), S) of some terms against every skill, for the similarity matrix of one match."""
    credit = calibration.credit(texts.vectors[rows] @ person.vectors.T)
    comparable = person.compared
    same = texts.hashes[rows][:, None] == person.hashes[None, :]
    credit[same & comparable[None, :]] = 1.0
    place = {int(row): at for at, row in enumerate(rows)}
    for row, member in covered(texts, person, np.flatnonzero(comparable)):
        if row in place:
            credit[place[row], member] = 1.0
    return credit * person.trust[None, :]


def credit_of_terms(
    terms: NDArray[np.int32], calibration: Calibration, near: list[Nearest], cosines: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(S, E) what each skill earns from each of E terms. cosines: (S, E), the skills in the order of `near`."""
    credit = worth(calibration, cosines)
    at = 0
    for group in near:
        place = {member: at + i for i, member in enumerate(group.members.tolist())}
        at += len(place)
        for row, member in group.named:
            column = int(np.searchsorted(terms, row))
            if column < len(terms) and terms[column] == row:
                credit[place[member], column] = 1.0
        credit[at - len(place) : at] *= np.float32(group.trust)
    return credit


def members_of(near: list[Nearest]) -> NDArray[np.int64]:
    """The skills in the order of the groups."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *(group.members for group in near)])
