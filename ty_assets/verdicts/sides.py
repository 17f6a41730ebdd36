"""What the reasoning model is shown of a posting and of a person: text for people, nothing addressed to machines.

Belongs here: leaving out, cutting and arranging. Not here: what is asked about it (task.py).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from ty_assets.profiles.document import AnonymousProfile, HistoryEntry
from ty_assets.readings.evidence import without_orders_to_machines
from ty_assets.requirements.instructions import is_instruction, without_orders
from ty_assets.summaries.task import PostingText
from ty_assets.verdicts.task import PostingSide, ProfileJobSide, ProfileSide

# Characters. Both sides and the prompt fit a context of 8192 tokens beside an answer; what is cut is the end of long
# texts: demands are given apart, and careers begin with the latest job.
_TEXT: Final = 6000
_SUMMARY: Final = 1200
_DESCRIPTION: Final = 900
_JOBS: Final = 8
_LISTED: Final = 60


def posting_side(title: str, language: str, description: str, quotes: Sequence[str]) -> PostingSide:
    """quotes: of its requirements, verbatim."""
    plain = without_orders_to_machines(PostingText(title=title, description=description, language=language))
    demands = tuple(dict.fromkeys(quote for quote in quotes if quote.strip() and not is_instruction(quote)))
    return PostingSide(title=plain.title, language=language, text=_cut(plain.description, _TEXT), demands=demands)


def profile_side(profile: AnonymousProfile) -> ProfileSide:
    """A résumé may give orders to its reader as well as a posting: they are left out."""
    return ProfileSide(
        headline=without_orders(profile.headline),
        summary=_cut(without_orders(profile.summary), _SUMMARY),
        jobs=tuple(map(_job, sorted(profile.work_history, key=_latest_first)[:_JOBS])),
        skills=_listed(
            [": ".join(filter(None, (s.name, ", ".join(s.keywords)))) + (f" ({s.level})" if s.level else "")
             for s in profile.skills]
        ),
        languages=_listed([" ".join(filter(None, (s.language, s.cefr or s.fluency))) for s in profile.languages]),
        certificates=_listed([certificate.name for certificate in profile.certificates]),
    )  # fmt: skip


def _latest_first(entry: HistoryEntry) -> tuple[int, int]:
    ended = entry.ended_on or dt.date.max
    return -ended.toordinal(), -(entry.started_on or dt.date.min).toordinal()


def _job(entry: HistoryEntry) -> ProfileJobSide:
    return ProfileJobSide(
        kind=entry.kind,
        position=without_orders(entry.position),
        organisation=without_orders(entry.organisation or ""),
        started=f"{entry.started_on:%Y-%m}" if entry.started_on else "",
        ended=f"{entry.ended_on:%Y-%m}" if entry.ended_on else "",
        description=_cut(without_orders(entry.description), _DESCRIPTION),
    )


def _listed(entries: Sequence[str]) -> tuple[str, ...]:
    return tuple(entry for entry in map(without_orders, entries) if entry)[:_LISTED]


def _cut(text: str, limit: int) -> str:
    """The beginning, up to the end of a word."""
    return text if len(text) <= limit else text[:limit].rsplit(None, 1)[0]
