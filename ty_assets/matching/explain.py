"""From match rows to the rows of `match_analyses`: cached posting analysis and templates, no model call per person."""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ty_assets.matching.analysis import MatchAnalysis, analyse
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.letters import cover_letter, nogo_narrative
from ty_assets.matching.person import Person
from ty_assets.matching.scoring import Evidence, Match, facet_cells
from ty_assets.matching.sentences import Letter
from ty_assets.matching.texts import Texts
from ty_assets.matching.traces import traced
from ty_assets.matching.views import FacetView, PostingView, ProfileView, RequirementView
from ty_assets.posting_analysis.task import PostingAnalysis
from ty_resources.postgres import Row

# Raise it when reasons, letters or narratives change their wording.
VERSION = "2"
# What made the row: rules and templates over the posting's analysis.
MODEL = "templates"
LANGUAGES = ("de", "en")  # that a letter can be had in, by the person's choice
COLUMNS = [
    "profile_id", "posting_id", "input_hash", "recommendation", "decided_by", "go_reasons", "nogo_reasons",
    "cover_letter", "nogo_narrative", "similarity", "points", "sentences", "made_from", "language", "model",
    "task_version",
]  # fmt: skip
_JSON_COLUMNS = frozenset({"go_reasons", "nogo_reasons", "similarity", "points", "sentences", "made_from"})


@dataclass(frozen=True)
class Asked:
    """What a posting asks for, as its explanations see it: made once, and the same for everybody."""

    head: Row
    posting: PostingView
    requirements: tuple[RequirementView, ...]
    analysis: PostingAnalysis | None

    @classmethod
    def of(cls, head: Row, requirements: Sequence[Row], facets: Sequence[Row]) -> "Asked":
        known = PostingAnalysis.model_validate(head["analysis"]) if head["analysis"] else None
        asked = tuple(RequirementView(r["ordinal"], r["text"], r["quote"], r["must"]) for r in requirements)
        return cls(head, posting_view(head, facets, known), asked, known)


def input_hash(match: Row, name: str | None) -> bytes:
    """16 bytes: over the match that is explained, the name under the letter, and this module's version."""
    digest = hashlib.sha256(f"{VERSION}\0{match['task_version']}\0{name or ''}\0".encode())
    digest.update(bytes(match["input_hash"]))
    # The row itself too: its gates read the place and the wishes, which the posting's hashes do not hold.
    told = [match[name] for name in ("score", "tier", "passed_gates", "gate_reasons", "matched", "missing")]
    digest.update(_json(told).encode("utf-8", "replace"))
    return digest.digest()[:16]


def analysis_row(asked: Asked, texts: Texts, match: Row, person: Person, calibration: Calibration) -> tuple[Any, ...]:
    """`analysis_of` as COPY takes it."""
    values = analysis_of(asked, texts, match, person, calibration)
    return tuple(_json(values[name]) if name in _JSON_COLUMNS else values[name] for name in COLUMNS)


def analysis_of(asked: Asked, texts: Texts, match: Row, person: Person, calibration: Calibration) -> dict[str, Any]:
    """One match explained: recommendation, reasons with quotes, letter in both languages or narrative, heat map.

    texts: with those of the posting. By name of the column.
    """
    posting = asked.posting
    stored = Match(
        score=match["score"],
        tier=match["tier"],
        basis=match["basis"],
        passed_gates=match["passed_gates"],
        gate_reasons=tuple(match["gate_reasons"]),
        matched=tuple(_evidence(item) for item in match["matched"]),
        missing=tuple(_evidence(item) for item in match["missing"]),
        cells=facet_cells(posting, texts, person, calibration),
    )
    told = analyse(person.profile, posting, asked.requirements, posting.facets, asked.analysis, stored)
    letters = _letters(person.profile, posting, asked.requirements, stored, told)
    narrative = letters.get("narrative")
    sentences = {
        kind: traced(text, person.profile, posting, asked.requirements, stored) for kind, text in letters.items()
    }
    return {
        "profile_id": person.profile.profile_id,
        "posting_id": posting.posting_id,
        "input_hash": input_hash(match, person.profile.name),
        "recommendation": told.recommendation,
        "decided_by": told.decided_by,
        "go_reasons": [reason.as_row() for reason in told.go_reasons],
        "nogo_reasons": [reason.as_row() for reason in told.nogo_reasons],
        "cover_letter": letters[told.language].text if narrative is None else None,
        "nogo_narrative": narrative.text if narrative else None,
        "similarity": told.similarity,
        "points": [point.as_row() for point in told.points],
        "sentences": sentences,
        "made_from": _made_from(asked.head, match, calibration),
        "language": told.language,
        "model": MODEL,
        "task_version": VERSION,
    }


def _letters(
    profile: ProfileView,
    posting: PostingView,
    requirements: Sequence[RequirementView],
    match: Match,
    told: MatchAnalysis,
) -> dict[str, Letter]:
    """By language where a letter is to be sent; else the narrative alone."""
    if told.recommendation == "apply":
        return {language: cover_letter(profile, posting, match, language) for language in LANGUAGES}
    return {"narrative": nogo_narrative(profile, posting, requirements, match, told)}


def _made_from(head: Mapping[str, Any], match: Row, calibration: Calibration) -> dict[str, str]:
    """Model and version of everything that the explanation rests on."""
    stages = ("facets", "analysis", "profession")
    made = {stage: f"{head[f'{stage}_model']} {head[f'{stage}_version']}" for stage in stages if head[f"{stage}_model"]}
    return {
        **made,
        "match": f"{match['model']} {match['task_version']}",
        "calibration": f"{calibration.model} {calibration.version}",
        "explanation": f"{MODEL} {VERSION}",
    }


def by_posting(rows: Sequence[Row]) -> Mapping[uuid.UUID, list[Row]]:
    grouped: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["posting_id"]].append(row)
    return grouped


def posting_view(head: Row, facets: Sequence[Row], analysis: PostingAnalysis | None) -> PostingView:
    return PostingView(
        posting_id=head["posting_id"],
        title=head["title"],
        language=head["language"],
        title_hash=bytes(head["title_hash"]),
        employer=head["employer"],
        kldb=head["kldb"],
        city=head["city"],
        region=head["region"],
        remote=head["remote"],
        pay=head["pay"],
        domain_gates=tuple(analysis.domain_gates) if analysis else (),
        facets=tuple(
            FacetView(
                requirement_ordinal=f["requirement_ordinal"],
                kind=f["kind"],
                term=f["term"],
                text_hash=bytes(f["text_hash"]),
                must=f["must"],
                weight=f["weight"],
                quote=f["quote"],
                cefr=f["cefr"],
                years=f["years"],
                level=f["level"],
                negated=f["negated"],
                alternative_group=f["alternative_group"],
            )
            for f in facets
        ),
    )


def _evidence(item: Mapping[str, Any]) -> Evidence:
    return Evidence(
        requirement_ordinal=item["ordinal"],
        requirement=item["requirement"],
        facet=item["facet"],
        kind=item["kind"],
        skill=item["skill"],
        credit=item["credit"],
        must=item["must"],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
