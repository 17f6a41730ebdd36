"""A draft becomes the profile: stored, the contact apart, and processed at once.

Not here: what is wrong with a draft (`faults.py`), and the processing (`processing.py`).
"""

import asyncio
import json
from typing import Any

from serving.accounts.identity import Account
from serving.onboarding.draft import Draft
from serving.onboarding.drafts import Drafts
from serving.onboarding.processing import Processing
from serving.onboarding.resume import resume_of
from ty_assets.profiles.document import bucket_of
from ty_assets.profiles.json_resume import parse_json_resume


async def save(account: Account, drafts: Drafts, processing: Processing, draft: Draft) -> None:
    """The draft has no faults. It goes when the document is stored; a failure in between leaves both."""
    await asyncio.to_thread(_store, account, processing, resume_of(draft))
    await drafts.drop(account.account_id)


def _store(account: Account, processing: Processing, resume: dict[str, Any]) -> None:
    # The account's own id: whoever writes somebody else's address into a profile does not become them.
    own = {"profile_id": account.profile_id, "bucket": bucket_of(account.profile_id)}
    document = parse_json_resume(resume, "view").model_copy(update=own)
    processing.save(document, json.dumps(resume, ensure_ascii=False).encode())
