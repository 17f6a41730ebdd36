"""A person goes, with all that is stored of them.

Belongs here: what goes that no foreign key takes along. Not here: SQL, and who may ask for it. What stays is a line in
the audit log that names nobody, and counts of postings and decisions in which nobody can be told apart.
"""

import hashlib
from uuid import UUID

from ty_assets.accounts.store import note
from ty_assets.feedback.steps import Ask, Steps
from ty_assets.verdicts.store import verdict_subject


def delete_account(account_id: UUID, profile_id: UUID) -> Steps[None]:
    """The account, its sessions and tokens, and the person. Noted before the account's lines lose their name."""
    rows = yield Ask("account_secrets", {"account_id": account_id})
    yield from delete_person(profile_id)
    yield from note("deletion", account_id)
    yield Ask("account_delete", {"account_id": account_id})
    named = [str(account_id), *(row["email_key"] for row in rows)]
    yield Ask("turns_delete", {"subjects": [hashlib.sha256(name.encode()).digest() for name in named]})


def delete_person(profile_id: UUID) -> Steps[None]:
    """The profile, its contact, and everything that was derived from it or said of it; there may be nothing."""
    rows = yield Ask("judged_postings", {"profile_id": profile_id})
    subjects = [str(profile_id), *(str(verdict_subject(profile_id, row["posting_id"])) for row in rows)]
    yield Ask("failures_delete", {"subjects": subjects})
    yield Ask("derivations_delete", {"profile_id": profile_id})
    yield Ask("legacy_person_delete", {"profile_id": profile_id})
    yield Ask("person_delete", {"profile_id": profile_id})
