"""The pages of a profile that is there: what is known of me, what matching sees of it, and its processing shown live.

Not here: correcting it (`review.py`), and what is read for these pages (`known.py`).
"""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from serving.accounts.identity import Me, SignedIn
from serving.language import Spoken
from serving.onboarding.drafts import OpenDrafts
from serving.onboarding.forms import Processed, SentForm
from serving.onboarding.known import KnownProfiles
from serving.onboarding.processing import FACTS, STEPS
from serving.onboarding.resume import draft_of
from serving.onboarding.wording import reason_told, without_person
from serving.rendering import templates
from serving.same_site import same_site
from ty_assets.facets.vocabulary import domains
from ty_assets.profiles.rows import SOURCES
from ty_resources.inference.embedded import RULES_MODEL

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(same_site)])


@router.get("/profile")
async def profile(
    request: Request, account: SignedIn, me: Me, known: KnownProfiles, drafts: OpenDrafts, t: Spoken
) -> Response:
    document, seen, facets = await known.document(me), await known.seen(me), await known.facets(me)
    if document is None:  # it was deleted this moment
        return RedirectResponse(t.link("/profile/start"), 303)
    shown = {
        "document": document,
        "draft": draft_of(document.document),
        "seen": seen,
        "facets": {source: [one for one in facets if one.source == source] for source in SOURCES},
        "domains": [_domain(name, t.code) for name in (seen.domains if seen else None) or ()],
        "rules": RULES_MODEL,
        "opened": await drafts.open(account.account_id),
        "without_person": without_person,
        "reason_told": reason_told,
    }
    return templates.TemplateResponse(request, "onboarding_profile.html", {"t": t, **shown})


@router.post("/profile/edit")
async def edit(
    account: SignedIn, me: Me, known: KnownProfiles, drafts: OpenDrafts, t: Spoken, sent: SentForm
) -> Response:
    """Open the profile for correction; a draft that is open already is gone on with, so that none is lost."""
    document = await known.document(me)
    if await drafts.open(account.account_id) is None and document is not None:
        await drafts.begin(account.account_id, "profile", draft_of(document.document))
    anchor = "#wishes" if (sent.get("at") or ("",))[0] == "wishes" else ""
    return RedirectResponse(t.link("/profile/review") + anchor, 303)


def _domain(name: str, language: str) -> str:
    known = domains().get(name)
    return name if known is None else known.name_de if language == "de" else known.name_en


@router.get("/profile/processing")
async def processing_page(request: Request, account: SignedIn, me: Me, processing: Processed, t: Spoken) -> Response:
    """The steps as they are; a browser without scripts loads the page again, and is led on when all is done."""
    progress = processing.progress(me)
    if progress is None:
        # Another process began it, or this one is new: what is done already is not done again.
        processing.begin(me)
        progress = processing.progress(me)
    assert progress is not None
    if progress.state == "done":
        return RedirectResponse(t.link("/matches"), 303)
    told = {name: t.number(progress.facts.get(name, 0)) for name in FACTS}
    shown = {"progress": progress, "steps": STEPS, "told": told}
    return templates.TemplateResponse(request, "onboarding_processing.html", {"t": t, **shown})


@router.post("/profile/processing")
async def process_again(me: Me, processing: Processed, t: Spoken) -> Response:
    """The button of a processing that has failed."""
    processing.begin(me)
    return RedirectResponse(t.link("/profile/processing"), 303)
