"""The pages from sign-up to the first matches, and of a profile that is there.

Belongs here: which they are. Not here: what each does.
"""

from fastapi import APIRouter

from serving.onboarding import guided, profile_page, review, start

router = APIRouter(include_in_schema=False)
for page in (start, guided, review, profile_page):
    router.include_router(page.router)
