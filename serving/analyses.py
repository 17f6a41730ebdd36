"""One match's analysis as JSON, made when it is asked for: what speaks for it, the letter, and who decides what.

Belongs here: the shape of what a person is told, and its route. Not here: who waits for whom (`opened.py`) and pages.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import Me
from serving.accounts.limits import limited
from serving.dependencies import Reader
from serving.kept_answers import KeptAnswers, kept_answers
from serving.matches import Matches, Reason, Similarity
from serving.opened import OpenedMatch, OpenedMatches
from serving.same_site import same_site
from ty_assets.polish.store import draft_hash
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Row

router = APIRouter(prefix="/api", tags=["analyses"])

LetterLanguage = Literal["de", "en"]
# ready: of the model's reading. reading: of the rules, the model's follows. rules: of the rules alone, see `because`.
State = Literal["ready", "reading", "rules"]

NO_MODEL = "decided by rule; no reasoning model is configured"
NOT_ASKED = "decided by rule; the reasoning model has not been asked"
ASKED = "decided by rule; the reasoning model is being asked"
NOTHING_STOOD = "decided by rule; the reasoning model gave no reason that quotes posting and profile"
BOTH = "decided by rule; the reasoning model's verdict stands beside it"


class _Shown(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Point(_Shown):
    """One demand: matched, met in part, or missing, with the words of both sides."""

    ordinal: int
    requirement: str
    facet: str
    kind: str
    must: bool
    standing: Literal["matched", "partly", "missing"]
    credit: float
    shown: str
    posting_quote: str
    profile_quote: str
    gap: str


class Source(_Shown):
    field: str  # "profile: job 0", "profile: skill Python", "posting: title", or "template"
    quote: str


class Sentence(_Shown):
    text: str
    paragraph: int
    sources: list[Source]


class Letter(_Shown):
    """Of what is to be sent, or why not to; each sentence with what it rests on."""

    kind: Literal["letter", "narrative"]
    language: str
    sentences: list[Sentence]
    polished_by: str | None = None  # the model that smoothed the wording; None: the draft as the templates made it

    @property
    def paragraphs(self) -> list[list[Sentence]]:
        numbers = sorted({sentence.paragraph for sentence in self.sentences})
        return [[s for s in self.sentences if s.paragraph == number] for number in numbers]


class VerdictReason(_Shown):
    speaks_for: Literal["apply", "skip"]
    text: str
    posting_quote: str
    profile_quote: str


class Verdict(_Shown):
    """The reasoning model's. decision: None where it was asked and nothing that it said stood."""

    decision: Literal["apply", "skip"] | None
    confidence: float | None
    reasons: list[VerdictReason]
    removed: int
    model: str
    task_version: str


class Decision(_Shown):
    """The rule's recommendation, and beside it the model's verdict: neither overwrites the other."""

    rule: str
    model: Verdict | None
    note: str


class Analysis(_Shown):
    go_reasons: list[Reason]
    nogo_reasons: list[Reason]
    points: list[Point]
    similarity: Similarity
    language: str
    model: str
    task_version: str
    made_from: dict[str, str]


class OpenedAnalysis(_Shown):
    """What a person is told of a match."""

    state: State
    because: str | None  # why it is the rules': embedded, unreachable, failed, busy, out_of_scope
    read_by: str | None  # who has read the posting
    score: float
    passed_gates: bool
    decision: Decision
    ideal_candidate: str
    analysis: Analysis
    letter: Letter


async def _opened(request: Request) -> OpenedMatches:
    opened: OpenedMatches = request.app.state.opened
    return opened


Opened = Annotated[OpenedMatches, Depends(_opened)]


@router.get(
    "/matches/{posting_id}/analysis", response_model=OpenedAnalysis, dependencies=[Depends(limited("analysis"))]
)
async def analysis(
    request: Request,
    reader: Reader,
    opened: Opened,
    profile_id: Me,
    posting_id: UUID,
    language: LetterLanguage | None = None,
    wait: Annotated[float | None, Query(ge=0, le=300, allow_inf_nan=False)] = None,
) -> Response:
    """The analysis of one match, made now where nobody has opened the posting yet.

    language: of the letter; the posting's by default. wait: seconds to wait for a model at most
    (TY_ANALYSIS_PATIENCE); then the rules' analysis is given with the state `reading`, and the model's is there when
    it is asked for again.
    """
    kept = kept_answers(request)
    # Nothing that it rests on was written since it was kept: it is what opening it again would give.
    key = await _key(kept, reader, profile_id, posting_id, language)
    if key is not None and (answer := kept.found(request, key)) is not None:
        return answer
    match = await opened.open(profile_id, posting_id, opened.patience if wait is None else wait)
    if match.row is None:
        raise HTTPException(404, "You have no match with this posting.")
    if match.row["analysis"] is None:
        raise HTTPException(409, "This posting is closed, and was not explained while it was open.")
    letter_of = wants_polish(match.row, language)
    if letter_of is not None:
        opened.smooth(profile_id, posting_id, *letter_of)
    told = shown(match, opened.remote, language)
    # It is one of ours already: checked a second time, an answer would take twice as long.
    response = Response(told.model_dump_json(), media_type="application/json")
    is_final = told.because in (None, "embedded", "out_of_scope") and told.state != "reading"
    awaits_polish = letter_of is not None and opened.polishes
    if key is None or not is_final or awaits_polish:
        return response
    # Opening it may have written something; then who opens it next finds it so.
    is_settled = key == await _key(kept, reader, profile_id, posting_id, language)
    return kept.keep(profile_id, key, response) if is_settled else response


async def _key(
    kept: KeptAnswers, reader: Matches, profile_id: UUID, posting_id: UUID, language: str | None
) -> bytes | None:
    """Stands for all that an analysis is told from; None where there is no such match."""
    rows = await reader.rows("opened_mark", profile_id=profile_id, posting_id=posting_id)
    return kept.key("analysis", profile_id, posting_id, language, rows[0]["mark"]) if rows else None


@router.post("/matches/{posting_id}/verdict", dependencies=[Depends(same_site), Depends(limited("analysis"))])
async def ask_for_verdict(
    opened: Opened,
    profile_id: Me,
    posting_id: UUID,
    wait: Annotated[float | None, Query(ge=0, le=300, allow_inf_nan=False)] = None,
) -> Decision:
    """Ask the reasoning model whether to apply, where it has not said so of these texts; the decision as it stands.

    wait: seconds to wait at most (TY_ANALYSIS_PATIENCE); then the verdict is there when the analysis is asked for.
    """
    patience = opened.patience if wait is None else wait
    match = await opened.open(profile_id, posting_id, 0)
    if match.row is None or match.row["analysis"] is None:
        raise HTTPException(404, "You have no match with this posting that was explained.")
    try:
        answered = await opened.decide(profile_id, posting_id, patience)
    except EngineError:
        raise HTTPException(503, "The reasoning model does not answer; see `ty models`. The rule decides.") from None
    if not answered:
        return decision(match.row, opened.remote).model_copy(update={"note": ASKED})
    match = await opened.open(profile_id, posting_id, 0)
    assert match.row is not None
    return decision(match.row, opened.remote)


def shown(match: OpenedMatch, remote: bool, language: str | None = None) -> OpenedAnalysis:
    """What a person is told; the match has an analysis. remote: whether a reasoning model is configured."""
    row = match.row
    assert row is not None
    told, made = match.told, row["analysis"]
    state: State = "reading" if told is None else "ready" if told.because is None else "rules"
    insight: dict[str, Any] = row["posting_analysis"] or {}
    return OpenedAnalysis(
        state=state,
        because=told.because if told else None,
        read_by=told.read_by if told else None,
        score=row["score"],
        passed_gates=row["passed_gates"],
        decision=decision(row, remote),
        ideal_candidate=insight.get("ideal_candidate") or "",
        analysis=Analysis.model_validate(made),
        letter=letter(row, language),
    )


def decision(row: Row, remote: bool) -> Decision:
    verdict = Verdict.model_validate(row["verdict"]) if row["verdict"] else None
    note = NO_MODEL if not remote else NOT_ASKED
    if verdict is not None:
        note = BOTH if verdict.decision else NOTHING_STOOD
    return Decision(rule=row["analysis"]["recommendation"], model=verdict, note=note)


def letter(row: Row, language: str | None = None) -> Letter:
    """The letter in the language that the person chose, polished where that was asked for; else the narrative."""
    made = row["analysis"]
    drafts = made["sentences"]
    if "narrative" in drafts:
        return Letter(kind="narrative", language=made["language"], sentences=drafts["narrative"])
    chosen = language or made["language"]
    draft = drafts.get(chosen, [])
    polished = (row["polished"] or {}).get(chosen)
    if polished and polished["sentences"] and polished["draft_hash"] == draft_hash(draft):
        return Letter(kind="letter", language=chosen, sentences=polished["sentences"], polished_by=polished["model"])
    return Letter(kind="letter", language=chosen, sentences=draft)


def wants_polish(row: Row, language: str | None = None) -> tuple[str, list[dict[str, Any]]] | None:
    """Language and draft of a letter that has not been polished as it is; None where there is no such letter."""
    made = row["analysis"]
    chosen = language or made["language"]
    draft = made["sentences"].get(chosen, [])
    polished = (row["polished"] or {}).get(chosen)
    if not draft or (polished and polished["draft_hash"] == draft_hash(draft)):
        return None
    return chosen, draft
