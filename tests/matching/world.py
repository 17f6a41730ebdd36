"""A small world of postings and people for the matching tests: own texts, a deterministic encoder."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.gates import Gated, gate, reasons
from ty_assets.matching.person import Person, texts_to_encode
from ty_assets.matching.postings import Postings
from ty_assets.matching.scoring import Match, Scores, evidence, facet_cells, score
from ty_assets.matching.screening import screen
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import FacetView, PostingView, ProfileSkill, ProfileView, RequirementView
from ty_assets.postings.normalise import normalise_title, text_hash

DIMENSION = 64
CALIBRATION = Calibration("fake", cosines=(0.5, 0.7, 0.9), credits=(0.0, 0.5, 1.0), pairs=3, version="1")

DOMAINS = {
    "Wound care": "nursing",
    "Medication administration": "nursing",
    "Registered nurse": "nursing",
    "Python": "data",
    "SQL": "data",
    "Data pipelines": "data",
    "Apache Spark": "data",
    "Computer science degree": "it_software",
    "Forklift licence": "warehouse",
    "Driving licence B": "driving",
    "Driving licence CE": "driving",
}


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Hashed character trigrams: equal texts are equal, similar spelling is near, all else is far."""
    return np.stack([_vector(text) for text in texts]) if texts else np.zeros((0, DIMENSION), np.float32)


@cache
def _vector(text: str) -> NDArray[np.float32]:
    row = np.zeros(DIMENSION, dtype=np.float32)
    padded = f"  {text.casefold()} "
    for start in range(len(padded) - 2):
        digest = hashlib.sha256(padded[start : start + 3].encode()).digest()
        row[digest[0] % DIMENSION] += 1.0 if digest[1] % 2 else -1.0
    if not row.any():
        row[0] = 1.0
    result: NDArray[np.float32] = row / np.linalg.norm(row)
    return result


def skill(term: str, kind: str = "skill", **rest: object) -> ProfileSkill:
    return ProfileSkill(term=term, kind=kind, text_hash=text_hash(term), **rest)  # type: ignore[arg-type]


def facet(term: str, kind: str = "skill", requirement: int = 0, **rest: object) -> FacetView:
    rest.setdefault("quote", term)
    return FacetView(requirement_ordinal=requirement, kind=kind, term=term, text_hash=text_hash(term), **rest)  # type: ignore[arg-type]


def posting(title: str, facets: Iterable[FacetView] = (), number: int = 1, **rest: object) -> PostingView:
    key = text_hash(normalise_title(title))
    identity = uuid.UUID(int=number)
    return PostingView(identity, title, title_hash=key, facets=tuple(facets), **rest)  # type: ignore[arg-type]


def person(skills: Iterable[ProfileSkill] = (), **rest: object) -> ProfileView:
    rest.setdefault("languages", {"German": "C2"})
    return ProfileView(uuid.UUID(int=99), skills=tuple(skills), **rest)  # type: ignore[arg-type]


@dataclass
class Round:
    """One person against some postings, everything worked out."""

    views: list[PostingView]
    postings: Postings
    texts: Texts
    titles: Texts
    person: Person
    scores: Scores
    gated: Gated
    calibration: Calibration

    def index(self, view: PostingView) -> int:
        return self.postings.posting_ids.index(view.posting_id)

    def score(self, view: PostingView) -> float:
        return float(self.scores.score[self.index(view)])

    def requirement_score(self, view: PostingView) -> float:
        return float(self.scores.screened.score[self.index(view)])

    def passes(self, view: PostingView) -> dict[str, bool]:
        found = reasons(self.postings, self.texts, self.gated, self.person, self.index(view))
        return {result.gate: result.passed for result in found}

    def match(self, view: PostingView, requirements: Sequence[RequirementView] = ()) -> Match:
        i = self.index(view)
        worded = {requirement.ordinal: requirement.text for requirement in requirements}
        matched, missing = evidence(self.postings, self.texts, self.scores, self.person, i, worded)
        results = reasons(self.postings, self.texts, self.gated, self.person, i, view.language)
        return Match(
            score=float(self.scores.score[i]),
            tier=self.scores.tier(i),
            basis=self.scores.basis(i),
            passed_gates=bool(self.gated.passed[i]),
            gate_reasons=tuple(result.as_row() for result in results),
            matched=tuple(matched),
            missing=tuple(missing),
            cells=facet_cells(view, self.texts, self.person, self.calibration),
        )


def play(profile: ProfileView, views: Sequence[PostingView], calibration: Calibration = CALIBRATION) -> Round:
    facets = {f.text_hash: f.term for view in views for f in view.facets}
    texts = Texts.build(list(facets), list(facets.values()), encode(list(facets.values())), DOMAINS.get)
    names = {view.title_hash: normalise_title(view.title) for view in views if view.title_hash is not None}
    titles = Texts.build(list(names), list(names.values()), encode(list(names.values())))
    wanted = texts_to_encode(profile)
    vectors = dict(zip(wanted, encode(list(wanted.values())), strict=True))
    someone = Person.of(profile, vectors, DIMENSION)
    postings = Postings.from_views(views, texts, titles)
    screened = screen(postings, texts, someone, calibration)
    scores = score(postings, screened, titles, someone, calibration)
    gated = gate(postings, texts, screened, someone)
    return Round(list(views), postings, texts, titles, someone, scores, gated, calibration)
