"""The guided profile: a few questions, one a page, back and forth; it ends in the review.

Belongs here: the steps and their buttons. Not here: what is suggested (`suggestions.py`) and the fields (`fields.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from serving.accounts.identity import Account, SignedIn
from serving.language import Language, Spoken
from serving.onboarding.draft import Certificate, Contact, Draft
from serving.onboarding.drafts import Drafts, OpenDrafts
from serving.onboarding.fields import SECTIONS, changed
from serving.onboarding.forms import SentForm, Suggested
from serving.onboarding.resume import skill_names
from serving.onboarding.seen import looked_at
from serving.onboarding.suggestions import Suggestions, Term
from serving.onboarding.wording import faults_told, field_called
from serving.rendering import templates
from serving.same_site import same_site

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(same_site)])

# Each step with the sections of the form that it asks for.
STEPS: Final[dict[str, tuple[str, ...]]] = {
    "occupation": ("about",),
    "history": ("work", "education"),
    "skills": ("skills", "certificates"),
    "languages": ("languages",),
    "wishes": ("place", "wishes"),
}
REVIEW: Final = "/profile/review"
_NAMES: Final = tuple(STEPS)
_FIELDS: Final = {
    "about": ("headline", "summary"),
    "place": ("city", "region", "country"),
    "wishes": ("places", "minimum_pay"),
}


@router.get("/profile/guided")
async def guided(account: SignedIn, drafts: OpenDrafts, t: Spoken) -> Response:
    """Where somebody has left off."""
    opened = await drafts.open(account.account_id)
    step = opened.step if opened and opened.step in STEPS else _NAMES[0]
    return RedirectResponse(_path(t, step), 303)


@router.get("/profile/occupations")
async def occupations(account: SignedIn, suggested: Suggested, words: str = "") -> Response:
    """Names of occupations, for the list under the field while somebody types."""
    return JSONResponse([found.name for found in await suggested.occupations(words)])


@router.get("/profile/guided/{step}")
async def question(
    request: Request, account: SignedIn, drafts: OpenDrafts, suggested: Suggested, t: Spoken, step: str
) -> Response:
    _known(step)
    opened = await drafts.open(account.account_id)
    draft = opened.draft if opened else Draft()
    return await _page(request, t, suggested, step, draft, {})


@router.post("/profile/guided/{step}")
async def answered(
    request: Request,
    account: SignedIn,
    drafts: OpenDrafts,
    suggested: Suggested,
    t: Spoken,
    step: str,
    sent: SentForm,
) -> Response:
    """Back and every other button keep what was typed as it is; only the next step asks that it can be read."""
    _known(step)
    before = await _draft(account, drafts)
    draft, place = changed(before, sent)
    wanted = (sent.get("do") or ("next",))[0]
    if step == "occupation":
        draft = await _with_occupation(suggested, before, draft, sent)
    if step == "skills":
        draft = _with_offered(draft, sent)
    faults: dict[str, str] = {}
    if not place and wanted == "next":
        looked = await looked_at(draft)
        faults = faults_told(t, [fault for fault in looked.faults if _asks(step, fault.field)])
        if step == "occupation" and not draft.headline.strip():
            faults.setdefault("headline", t("fault.headline"))
    to = step if place or faults or wanted == "search" else _other(step, -1 if wanted == "back" else 1)
    await drafts.change(account.account_id, draft, None if to == "review" else to)
    if faults:
        return await _page(request, t, suggested, step, draft, faults, status=422)
    anchor = place or ("occupations" if wanted == "search" else "")
    where = t.link(REVIEW) if to == "review" else t.link(f"/profile/guided/{to}", at=place)
    return RedirectResponse(f"{where}#{anchor}" if anchor else where, 303)


def _known(step: str) -> None:
    if step not in STEPS:
        raise HTTPException(404)


def _path(t: Language, step: str) -> str:
    return t.link(f"/profile/guided/{step}")


def _other(step: str, by: int) -> str:
    at = max(_NAMES.index(step) + by, 0)
    return _NAMES[at] if at < len(_NAMES) else "review"


def _asks(step: str, field: str) -> bool:
    """Whether a field is of this step."""
    section = field.partition("-")[0]
    if section in SECTIONS:
        return section in STEPS[step]
    return any(field in _FIELDS.get(asked, (asked,)) for asked in STEPS[step])


async def _draft(account: Account, drafts: Drafts) -> Draft:
    """The open one; else a new one, whose contact begins with the account's own address."""
    opened = await drafts.open(account.account_id)
    if opened is not None:
        return opened.draft
    draft = Draft(contact=Contact(email=account.email))
    await drafts.begin(account.account_id, "guided", draft)
    return draft


async def _with_occupation(
    suggested: Suggestions, before: Draft, draft: Draft, sent: Mapping[str, Sequence[str]]
) -> Draft:
    """The code that was chosen; of words that have changed since, the first that they may mean."""
    found = await suggested.occupations(draft.headline)
    chosen = (sent.get("occupation") or ("",))[0]
    if chosen not in {one.kldb for one in found} or (draft.headline != before.headline and chosen == before.occupation):
        chosen = found[0].kldb if found else ""
    return draft.model_copy(update={"occupation": chosen})


def _with_offered(draft: Draft, sent: Mapping[str, Sequence[str]]) -> Draft:
    """Ticked suggestions join the skills, licences the certificates; one whose tick was taken away leaves them."""
    offered, ticked = sent.get("offered", ())[:100], set(sent.get("suggested", ()))
    lines, certificates = draft.skills.splitlines(), list(draft.certificates)
    for one in offered:
        kind, _, name = one.partition(":")
        if not name or len(name) > 200:
            continue
        key = name.casefold()
        if kind == "licence":
            has = any(row.name.strip().casefold() == key for row in certificates)
            if one in ticked and not has:
                certificates.append(Certificate(name=name))
            elif one not in ticked:
                certificates = [row for row in certificates if row.name.strip().casefold() != key]
        else:
            has = key in {known.casefold() for known in skill_names("\n".join(lines))}
            if one in ticked and not has:
                lines.append(name)
            elif one not in ticked:
                lines = [line for line in lines if line.strip().casefold() != key]
    return draft.model_copy(update={"skills": "\n".join(lines), "certificates": tuple(certificates)})


async def _page(
    request: Request,
    t: Language,
    suggested: Suggestions,
    step: str,
    draft: Draft,
    faults: dict[str, str],
    status: int = 200,
) -> Response:
    shown: dict[str, Any] = {"draft": draft, "faults": faults, "step": step, "steps": _NAMES}
    shown["field_called"] = field_called
    if step == "occupation":
        shown["occupations"] = await suggested.occupations(draft.headline)
    if step == "skills":
        terms = await suggested.terms(draft.occupation, t.code)
        shown["terms"] = terms
        shown["has"] = _has(draft, terms)
        shown["occupation"] = await suggested.name_of(draft.occupation) if draft.occupation else None
    return templates.TemplateResponse(request, "onboarding_guided.html", {"t": t, **shown}, status)


def _has(draft: Draft, terms: Sequence[Term]) -> set[str]:
    """The terms that the person has named."""
    named = {name.casefold() for name in skill_names(draft.skills)}
    named |= {row.name.strip().casefold() for row in draft.certificates}
    return {term.term for term in terms if term.shown.casefold() in named or term.term.casefold() in named}
