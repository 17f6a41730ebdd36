"""Why a posting is not in a person's list at all: the one answer that comes first, from what the tables say of it.

Belongs here: the order of the possible answers and their words. Not here: reading the row (feedback.sql), and matches
that are there and hidden (`wording`).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Why = Literal[
    "listed", "hidden", "duplicate", "out_of_scope", "invalidated", "stale", "expired", "person_not_read", "too_new",
    "below_the_kept",
]  # fmt: skip


class Absence(NamedTuple):
    """why: the reason; `listed` where it is in the list. details: what the sentence rests on."""

    why: Why
    text: str
    details: dict[str, Any]


def absence(row: Mapping[str, Any], language: str) -> Absence:
    """From a row of `why_not_listed`. A duplicate is told of as such alone: its canonical posting has the match."""
    why, english, german, details = _found(row)
    return Absence(why, german if language == "de" else english, details)


def _found(row: Mapping[str, Any]) -> tuple[Why, str, str, dict[str, Any]]:
    if row["duplicate_of"] is not None:
        return (
            "duplicate",
            "It is a copy of another posting, which stands for both.",
            "Sie ist die Kopie einer anderen Anzeige, die für beide steht.",
            {"canonical": row["duplicate_of"]},
        )
    gone = row["status"] != "active" and not row["has_active_copy"]
    if row["matched"] and not (gone and row["status"] == "invalidated"):
        return _matched(row)
    if not row["in_scope"]:
        return (
            "out_of_scope",
            f"It is out of scope: {', '.join(row['scope_reasons'])}.",
            f"Sie gehört nicht dazu: {', '.join(row['scope_reasons'])}.",
            {"scope_reasons": list(row["scope_reasons"])},
        )
    if gone:
        reason = row["status_reason"] or ""
        if row["status"] == "invalidated":
            return "invalidated", f"It is withdrawn: {reason}.", f"Sie ist zurückgezogen: {reason}.", {"reason": reason}
        return (
            "stale",
            f"It is no longer listed: {reason}.",
            f"Sie wird nicht mehr geführt: {reason}.",
            {"reason": reason},
        )
    if row["valid_through"] is not None and row["valid_through"] < row["day"]:
        return (
            "expired",
            f"It had run out, on {row['valid_through']}, before it was found on {row['day']}.",
            f"Sie war am {row['valid_through']} abgelaufen, bevor sie am {row['day']} gefunden wurde.",
            {"valid_through": row["valid_through"]},
        )
    if not row["person_ready"]:
        return (
            "person_not_read",
            "The profile has not been read yet; its matches come with the next run.",
            "Das Profil ist noch nicht gelesen; seine Treffer kommen mit dem nächsten Lauf.",
            {},
        )
    if _too_new(row["derived_at"], row["screened_at"]):
        return (
            "too_new",
            "It is too new: its day has not been matched since it came.",
            "Sie ist zu neu: Ihr Tag wurde noch nicht wieder abgeglichen.",
            {"derived_at": row["derived_at"], "screened_at": row["screened_at"]},
        )
    return _below(row)


def _too_new(derived_at: dt.datetime | None, screened_at: dt.datetime | None) -> bool:
    return derived_at is None or screened_at is None or screened_at < derived_at


def _matched(row: Mapping[str, Any]) -> tuple[Why, str, str, dict[str, Any]]:
    details = {"score": row["score"], "passed_gates": row["passed_gates"]}
    if row["hidden_by"]:
        return (
            "hidden",
            "It is a match, and hidden.",
            "Sie ist ein Treffer und ausgeblendet.",
            {**details, "hidden_by": list(row["hidden_by"])},
        )
    if not row["passed_gates"]:
        return (
            "listed",
            "It is in the list, after those that pass every gate.",
            "Sie steht in der Liste, nach denen, die jede Hürde nehmen.",
            details,
        )
    return "listed", "It is in the list.", "Sie steht in der Liste.", details


def _below(row: Mapping[str, Any]) -> tuple[Why, str, str, dict[str, Any]]:
    """Of a day the best are kept, those through every gate first."""
    kept, least_passed, least = row["kept"], row["least_passed"], row["least"]
    details = {"kept": kept, "least_score_passed": least_passed, "least_score": least}
    if kept == 0:
        return (
            "below_the_kept",
            "None of its day's postings is kept as a match.",
            "Von den Anzeigen ihres Tages ist keine als Treffer behalten.",
            details,
        )
    if least_passed is None or least < least_passed:
        english, german = f"a score above {least:.2f}", f"mehr als {least * 100:.0f} Prozent"
    else:
        english = f"every gate passed and a score above {least_passed:.2f}"
        german = f"jede Hürde genommen und mehr als {least_passed * 100:.0f} Prozent"
    return (
        "below_the_kept",
        f"It is not among the {kept} best matches that are kept of its day; it would take {english}.",
        f"Sie ist nicht unter den {kept} besten Treffern, die von ihrem Tag behalten sind; es brauchte {german}.",
        details,
    )
