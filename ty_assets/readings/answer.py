"""What a model answers when it reads a posting, and the schema that keeps it from talking for ever.

Belongs here: the shape and its bounds. Not here: the question (task.py), and whether the posting says so (evidence.py).
"""

import copy
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ty_assets.facets.task import Facet
from ty_assets.posting_analysis.task import PostingAnalysis
from ty_assets.requirements.task import Requirement

# A model that repeats itself does so up to the bound. In characters and entries, each above what postings really have.
_SUMMARY = 1500
_SENTENCE = 500
_TERM = 200
_ENTRIES = {"requirements": 60, "facets": 120}
_TERMS = 40


def _usable(facets: object) -> object:
    """Without the facets that are none: a model that dates an experience to 2018 years is right about the others."""
    if not isinstance(facets, list):
        return facets
    kept = []
    for facet in facets:
        try:
            # What a facet counts is set by rule, so a model is not asked for it.
            kept.append(Facet.model_validate({"weight": 1.0, **facet} if isinstance(facet, dict) else facet))
        except ValidationError:
            continue
    return kept


class PostingReading(BaseModel):
    """The four answers. A facet's `requirement_ordinal` is the place of its requirement in the list."""

    model_config = ConfigDict(extra="forbid")

    summary: str
    requirements: list[Requirement]
    facets: Annotated[list[Facet], BeforeValidator(_usable)]
    analysis: PostingAnalysis


@cache
def reading_schema() -> dict[str, Any]:
    """JSON schema as sent to a model: every list and every string has an end, and no facet a weight."""
    schema = copy.deepcopy(PostingReading.model_json_schema())
    parts = schema["$defs"]
    facet = parts["Facet"]
    del facet["properties"]["weight"]
    facet["required"].remove("weight")
    schema["properties"]["summary"]["maxLength"] = _SUMMARY
    for name, entries in _ENTRIES.items():
        schema["properties"][name]["maxItems"] = entries
    for part, name in (("Requirement", "text"), ("Requirement", "quote"), ("PostingAnalysis", "ideal_candidate")):
        parts[part]["properties"][name]["maxLength"] = _SENTENCE
    facet["properties"]["quote"]["maxLength"] = _SENTENCE
    for field in parts["PostingAnalysis"]["properties"].values():
        if field["type"] == "array":
            field |= {"maxItems": _TERMS, "items": {"type": "string", "maxLength": _TERM}}
        elif field["type"] == "object":
            field["additionalProperties"] = {"type": "string", "maxLength": _SENTENCE}
    return schema
