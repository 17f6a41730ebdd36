"""From match rows to the rows of `match_analyses`: cached posting analysis and templates, no model call per person."""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

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


class Explainable(Protocol):
    """Postings with what their explanations are made of: a loaded day, or one that was opened."""

    @property
    def heads(self) -> Mapping[uuid.UUID, Row]: ...

    @property
    def texts(self) -> Texts: ...


def input_hash(match: Row, name: str | None) -> bytes:
    """16 bytes: over the match that is explained, the name under the letter, and this module's version."""
    digest = hashlib.sha256(f"{VERSION}\0{match['task_version']}\0{name or ''}\0".encode())
    digest.update(bytes(match["input_hash"]))
    # The row itself too: its gates read the place and the wishes, which the posting's hashes do not hold.
    told = [match[name] for name in ("score", "tier", "passed_gates", "gate_reasons", "matched", "missing")]
    digest.update(_json(told).encode("utf-8", "replace"))
    return digest.digest()[:16]


def analysis_row(
    day: Explainable,
    match: Row,
    person: Person,
    calibration: Calibration,
    requirements: Sequence[Row],
    facets: Sequence[Row],
) -> tuple[Any, ...]:
    """One match explained: recommendation, reasons with quotes, letter in both languages or narrative, heat map."""
    head = day.heads[match["posting_id"]]
    known = PostingAnalysis.model_validate(head["analysis"]) if head["analysis"] else None
    posting = posting_view(head, facets, known)
    asked = [RequirementView(r["ordinal"], r["text"], r["quote"], r["must"]) for r in requirements]
    stored = Match(
        score=match["score"],
        tier=match["tier"],
        basis=match["basis"],
        passed_gates=match["passed_gates"],
        gate_reasons=tuple(match["gate_reasons"]),
        matched=tuple(_evidence(item) for item in match["matched"]),
        missing=tuple(_evidence(item) for item in match["missing"]),
        cells=facet_cells(posting, day.texts, person, calibration),
    )
    told = analyse(person.profile, posting, asked, posting.facets, known, stored)
    letters = _letters(person.profile, posting, asked, stored, told)
    narrative = letters.get("narrative")
    sentences = {kind: traced(text, person.profile, posting, asked, stored) for kind, text in letters.items()}
    return (
        person.profile.profile_id,
        posting.posting_id,
        input_hash(match, person.profile.name),
        told.recommendation,
        told.decided_by,
        _json([reason.as_row() for reason in told.go_reasons]),
        _json([reason.as_row() for reason in told.nogo_reasons]),
        letters[told.language].text if narrative is None else None,
        narrative.text if narrative else None,
        _json(told.similarity),
        _json([point.as_row() for point in told.points]),
        _json(sentences),
        _json(_made_from(head, match, calibration)),
        told.language,
        MODEL,
        VERSION,
    )


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
