"""How often a decision and the similarity agree: by day, by who decided, and by band of the score.

They disagree by design: words that are alike may mean different things, and a gate closes whatever the score is. What
is tracked is whether that share moves. Belongs here: counting and writing. Not here: deciding.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ty_assets.matching.analysis import APPLY_FROM
from ty_resources.postgres import Database, Row

# Of each band, to look at by hand.
_EXAMPLES: Final = 5
_COUNTED: Final = ("day", "decided_by", "band", "decisions", "apply", "agreed")
_SHOWN: Final = ("day", "decided_by", "band", "profile_id", "posting_id")
RULE: Final = "rule"


@dataclass(frozen=True)
class Agreement:
    """Of one who decides. share: of decisions that the similarity would have made as well; None without any."""

    decided_by: str
    decisions: int
    apply: int
    agreed: int

    @property
    def share(self) -> float | None:
        return self.agreed / self.decisions if self.decisions else None


def store_agreement(db: Database, days: Sequence[dt.date]) -> list[Agreement]:
    """Count the decisions on matches of these days and replace what was counted; by who decided.

    The similarity's own decision is to apply from APPLY_FROM on, without any gate.
    """
    apply_from = round(APPLY_FROM, 4)
    counted = db.rows("decisions_by_band", days=list(days), apply_from=apply_from)
    differing = db.rows("decisions_that_differ", days=list(days), apply_from=apply_from, examples=_EXAMPLES)
    with db.transaction() as connection:
        for table, columns, rows in (
            ("decision_agreement", _COUNTED, counted),
            ("disagreement_examples", _SHOWN, differing),
        ):
            values = [tuple(row[column] for column in columns) for row in rows]
            db.replace(table, columns, values, {"day": list(days)}, connection)
    return summed(counted)


def summed(rows: Sequence[Row]) -> list[Agreement]:
    """Rows of decided_by, decisions, apply and agreed, added up by who decided: the rule first, then models by name."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        of_one = sums.setdefault(row["decided_by"], [0, 0, 0])
        for place, name in enumerate(("decisions", "apply", "agreed")):
            of_one[place] += row[name]
    names = sorted(sums, key=lambda name: (name != RULE, name))
    return [Agreement(name, *sums[name]) for name in names]
