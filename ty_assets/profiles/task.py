"""The question that turns one job of a résumé into facets.

Belongs here: its input, its output, the rule that answers it without a model, and the check of the quotes.
Not here: what the person states outright (skills, certificates) and what follows from it (enrich.py).
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from ty_assets.facets.terms import find_terms
from ty_assets.facets.vocabulary import Kind
from ty_assets.profiles.document import AnonymousProfile
from ty_resources.inference.task import Encode, Task


class ProfileJob(BaseModel):
    """One entry of a work history, or headline and summary; anonymised."""

    model_config = ConfigDict(extra="forbid")

    language: str
    position: str
    organisation: str | None
    description: str


class ProfileFacet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind
    term: str  # canonical, as in the vocabulary
    quote: str  # verbatim in position or description
    cefr: str | None = None
    years: float | None = None
    level: int | None = None


class ProfileFacets(BaseModel):
    model_config = ConfigDict(extra="forbid")

    facets: list[ProfileFacet]


class ProfileFacetsTask(Task[ProfileJob, ProfileFacets]):
    """What somebody showed in one job that a posting may ask for."""

    name: ClassVar[str] = "profile_facets"
    version: ClassVar[str] = "1"
    output: ClassVar[type[BaseModel]] = ProfileFacets
    package: ClassVar[str] = "ty_assets.profiles"
    # the last two are read by enrich.py, whose rows are written together with the answers
    data_files: ClassVar[tuple[str, ...]] = (
        "../facets/vocabulary.csv",
        "positions.csv",
        "implied_skills.csv",
    )

    def extract(self, items: Sequence[ProfileJob], encode: Encode) -> list[ProfileFacets]:
        return [_extract(item) for item in items]

    def verify(self, item: ProfileJob, output: ProfileFacets) -> tuple[ProfileFacets, int]:
        """Without facets whose quote stands neither in position nor description, and without doubles."""
        texts = [_folded(item.position), _folded(item.description)]
        kept: dict[tuple[str, str], ProfileFacet] = {}
        removed = 0
        for facet in output.facets:
            quote = _folded(facet.quote)
            if quote and facet.term.strip() and any(quote in text for text in texts):
                kept.setdefault((facet.kind, facet.term), facet)
            else:
                removed += 1
        return ProfileFacets(facets=list(kept.values())), removed


def profile_jobs(profile: AnonymousProfile) -> list[ProfileJob]:
    """The task's items: one per entry of the work history, in its order, then headline and summary if any."""
    jobs = [
        ProfileJob(
            language=profile.language,
            position=entry.position,
            organisation=entry.organisation,
            description=entry.description,
        )
        for entry in profile.work_history
    ]
    about = ProfileJob(
        language=profile.language, position=profile.headline, organisation=None, description=profile.summary
    )
    return [*jobs, about] if about.position or about.description else jobs


def _extract(job: ProfileJob) -> ProfileFacets:
    facets: dict[tuple[str, str], ProfileFacet] = {}
    # apart, so that no term is found across the border of the two
    for text in (job.position, job.description):
        for found in find_terms(text, job.language):
            if found.negated:
                continue
            facet = ProfileFacet(
                kind=found.kind,
                term=found.term,
                quote=text[found.start : found.end],
                cefr=found.cefr,
                years=found.years,
                level=found.level,
            )
            facets.setdefault((facet.kind, facet.term), facet)
    return ProfileFacets(facets=list(facets.values()))


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
