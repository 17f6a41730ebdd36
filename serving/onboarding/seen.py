"""What matching will see of a draft, and what is wrong with it: worked out in a thread, a few milliseconds each.

Not here: how it is shown (`templates/onboarding_review.html`).
"""

import asyncio
from dataclasses import dataclass

from serving.onboarding.draft import Draft
from serving.onboarding.faults import Fault, faults
from serving.onboarding.resume import resume_of
from ty_assets.profiles.anonymise import anonymised
from ty_assets.profiles.document import AnonymousProfile
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.resume_file import ProfileError


@dataclass(frozen=True)
class Looked:
    """seen: None where the draft is no document at all; its faults then say why."""

    seen: AnonymousProfile | None
    faults: list[Fault]


async def looked_at(draft: Draft) -> Looked:
    return await asyncio.to_thread(_looked_at, draft)


def _looked_at(draft: Draft) -> Looked:
    try:
        seen = anonymised(parse_json_resume(resume_of(draft), "view"))
    except ProfileError:
        # A list too long or an end before its start: the rest can be shown once that is corrected.
        seen = None
    return Looked(seen, faults(draft))
