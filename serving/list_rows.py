"""A match of a list in words: everything that its row shows, said once in the reader's language.

Belongs here: from values to words. Not here: markup (`templates/matches.html`). Said here and not in the template: a
call out of a template takes longer than what is called, and a page has hundreds.
"""

from typing import NamedTuple
from uuid import UUID

from serving.language import Language
from serving.listing import PlacedMatch
from serving.rendering import place, told


class ListRow(NamedTuple):
    posting_id: UUID
    title: str
    passed: str  # passed or failed: a class of the row
    tier: str
    tier_name: str
    score: str  # "93 %"
    width: float  # of the bar, 0 .. 100
    facts: list[str]  # employer, place, pay, ...
    points: str  # "3/5"; '' where nothing was asked for
    points_label: str
    recommendation: str | None
    recommendation_name: str
    status: str  # '' while it is active
    gates: list[str]  # that it fails
    notes: list[str]
    why: list[str]  # why it is hidden
    said: str
    is_hidden: bool  # by the person


def list_row(t: Language, match: PlacedMatch) -> ListRow:
    asked = match.matched_count + match.missing_count
    counted = {"matched": match.matched_count, "all": asked}
    notes = [t("basis.title")] if match.basis == "title" else []
    if match.adjustment:
        notes.append(t("feedback.moved.up" if match.adjustment > 0 else "feedback.moved.down"))
    return ListRow(
        posting_id=match.posting_id,
        title=match.title,
        passed="passed" if match.passed_gates else "failed",
        tier=match.tier,
        tier_name=t.name("tier", match.tier),
        score=t.percent(match.score),
        width=round(match.score * 100, 1),
        facts=_facts(t, match),
        points=t("points", **counted) if asked else "",
        points_label=t("points.label", **counted) if asked else "",
        recommendation=match.recommendation,
        recommendation_name=t.name("recommendation", match.recommendation) if match.recommendation else "",
        status=t.name("status", match.status) if match.status != "active" else "",
        gates=[
            f"{t.name('gate', gate.gate)}: {gate.reason or t('gate.failed')}"
            for gate in match.gate_reasons
            if not gate.passed
        ],
        notes=notes,
        why=[reason.text for reason in match.reasons if reason.kind != "gate"] if match.hidden_by else [],
        said=t("feedback.your", told=told(t, match.said)) if match.said else "",
        is_hidden=match.said is not None and match.said.hidden_at is not None,
    )


def _facts(t: Language, match: PlacedMatch) -> list[str]:
    where = place(match)
    if where and match.km is not None:
        where = f"{where}, {t('km', km=round(match.km))}"
    facts = [match.employer, where]
    if match.remote:
        facts.append(t("remote"))
    if match.pay:
        facts.append(t("pay", pay=t.number(round(match.pay))))
    if match.published_on:
        facts.append(t("published", day=t.day(match.published_on)))
    return [fact for fact in facts if fact]
