"""Candidates in any number for measuring: short careers put together by chance, the same for the same number.

Belongs here: the texts. They are nobody's. Not here: what is asked about them.
"""

import random

_ROLES = (
    "nurse", "backend developer", "ward sister", "bookkeeper", "site manager", "data analyst", "warehouse clerk",
    "electrician", "paralegal", "kitchen chef", "lab technician", "account manager", "train driver", "shift leader",
)  # fmt: skip
_PLACES = (
    "a hospital in Bonn", "a mail-order company in Kassel", "a housing association in Leipzig", "a brewery in Ulm",
    "the city of Potsdam", "a machine builder in Siegen", "an insurer in Coburg", "a logistics firm in Duisburg",
)  # fmt: skip
_DEEDS = (
    "trained {n} newcomers", "halved the waiting times", "kept a budget of {n}0,000 euros", "ran the night shifts",
    "moved {n} systems to another site", "wrote the handover manual", "dealt with complaints in three languages",
    "brought {n} overdue projects to an end", "introduced a duty roster that everybody kept", "led a team of {n}",
)  # fmt: skip


def generate_candidate(number: int, characters: int) -> str:
    """A career of about so many characters."""
    chance = random.Random(number)
    text = f"{chance.choice(_ROLES).capitalize()}, number {number}."
    year = chance.randrange(1990, 2012)
    while len(text) < characters:
        until = year + chance.randrange(1, 6)
        deeds = " and ".join(one.format(n=chance.randrange(2, 30)) for one in chance.sample(_DEEDS, 2))
        text += f" From {year} to {until} {chance.choice(_ROLES)} at {chance.choice(_PLACES)}: {deeds}."
        year = until
    return text
