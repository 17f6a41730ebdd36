"""Which matches are worth a notice, and when a mail may come. Pure.

Belongs here: the rules. Not here: reading and keeping (`store`), and words (`wording`).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["told", "weak", "gate", "hidden", "not judged", "rated", "closed", "known", "old"]

# What came before has been in the list for long; a backfill of last month is no news.
NEWS: Final = dt.timedelta(days=14)
STRONG: Final = "strong"


@dataclass(frozen=True)
class Candidate:
    """A match of somebody who has an account.

    hidden: by the person, by what was learned of them or by their cutoff. judged: whether that has been looked at; who
    has given no feedback has nothing to be judged by. rated: the person has said something of it already.
    """

    tier: str
    passed_gates: bool
    hidden: bool
    judged: bool
    rated: bool
    available: bool
    valid_through: dt.date | None
    first_seen_on: dt.date


def verdict(match: Candidate, known_from: dt.date, today: dt.date) -> Verdict:
    """Whether the person is told, and else why not. known_from: postings first seen before were there already."""
    if match.tier != STRONG:
        return "weak"
    if not match.passed_gates:
        return "gate"
    if match.hidden:
        return "hidden"
    if not match.judged:
        return "not judged"
    if match.rated:
        return "rated"
    if not match.available or (match.valid_through is not None and match.valid_through < today):
        return "closed"
    if match.first_seen_on < known_from:
        return "known"
    if today - match.first_seen_on > NEWS:
        return "old"
    return "told"


def again_after(attempts: int) -> dt.timedelta | None:
    """How long a mail waits that could not be sent so many times; None when it is given up, after about a day."""
    return dt.timedelta(minutes=5) * 2 ** (attempts - 1) if attempts < 9 else None
