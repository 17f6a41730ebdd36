"""How often a title is mapped to its KldB code: `ty evaluate titles`.

Belongs here: the figures. Not here: the mapping (ty_assets/berufenet), and noise (title_noise.py).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ty_assets.berufenet.candidates import GROUP, Mapping, OccupationIndex, TitleItem
from ty_assets.berufenet.catalogue import Catalogue, read_catalogue, read_synonyms, starter_catalogue
from ty_assets.berufenet.labels import match_key
from ty_jobs.evaluation.evaluation import Evaluation, Figure, Mistake, class_figures, confusions
from ty_jobs.evaluation.title_noise import noisy
from ty_resources.inference.engine import InferenceEngine

_PRECISION: Final = 0.9
_AREAS: Final = {
    "0": "armed forces", "1": "agriculture, forestry, horticulture", "2": "raw materials, production, manufacturing",
    "3": "construction, architecture, surveying, building services", "4": "natural sciences, geography, informatics",
    "5": "traffic, logistics, protection, security", "6": "commerce, distribution, hotels, tourism",
    "7": "business organisation, accounting, law, administration", "8": "health, social affairs, teaching, education",
    "9": "linguistics, humanities, media, art, culture, design",
}  # fmt: skip


@dataclass(frozen=True)
class _Outcome:
    """Of one way of writing the titles. ranked: per title the codes, best first."""

    mappings: list[Mapping]
    ranked: list[list[str]]
    seconds: float


def evaluate_titles(
    file: Path,
    engine: InferenceEngine,
    catalogue: Path | None = None,
    synonyms: Path | None = None,
    *,
    noise: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Evaluation:
    """Titles of a CSV (columns title, kldb) against a catalogue, by default the starter's.

    Synonyms that occur in the file are left out of the catalogue, whatever their spelling, so a title never finds
    itself. noise: also as postings write them. Raises CatalogueError for a file that cannot be read.
    """
    pairs = read_synonyms(file)
    known, left_out = _catalogue(pairs, catalogue, synonyms)
    index = OccupationIndex(known, engine.embed, tell=tell)
    started = time.perf_counter()
    index.decide([TitleItem(title="Wegbereiterin der Vermessung")])  # trains and loads
    loading = time.perf_counter() - started
    expected = [kldb for _, kldb in pairs]
    plain = _outcome(index, [title for title, _ in pairs])
    figures: dict[str, Figure] = {"n": len(pairs), **_figures(plain, expected)}
    if noise:
        disturbed = _outcome(index, [noisy(title) for title, _ in pairs])
        told = _figures(disturbed, expected)
        figures |= {f"noisy_{name}": told[name] for name in ("top1", "top5", "top1_3digit", "mapped_share")}
    figures |= {
        "titles_per_second": round(len(pairs) / plain.seconds),
        "loading_seconds": round(loading, 1),
        "catalogue_titles": len(index.label_texts()),
        "synonyms_left_out": left_out,
    }
    names = {code: f"{code} {occupation.name}" for code, occupation in known.by_kldb.items()}
    mistakes = [
        Mistake(
            title,
            names.get(want, want),
            names.get(ranked[0], ranked[0]) if ranked else "none",
            f"{mapping.decision} by {mapping.method}, {mapping.score:.2f}; then {', '.join(ranked[1:]) or 'none'}",
        )
        for (title, want), mapping, ranked in zip(pairs, plain.mappings, plain.ranked, strict=True)
        if ranked[:1] != [want]
    ]
    areas = [(want[0], ranked[0][0] if ranked else "none") for want, ranked in zip(expected, plain.ranked, strict=True)]
    return Evaluation(
        "titles",
        str(file),
        engine.embedding_model,
        figures,
        classes=class_figures(areas, _AREAS),
        confusions=confusions(mistakes),
        mistakes=mistakes,
    )


def _catalogue(
    pairs: Sequence[tuple[str, str]], catalogue: Path | None, synonyms: Path | None
) -> tuple[Catalogue, int]:
    """The catalogue as an import would make it, without the titles in question; how many those were."""
    asked = {match_key(title) for title, _ in pairs}
    starter = starter_catalogue()
    base = read_catalogue(catalogue) if catalogue else starter
    more = list(starter.titles()) if catalogue else []
    kept = [(title, kldb) for title, kldb in more if match_key(title) not in asked]
    known = base.with_synonyms(kept)
    given = read_synonyms(synonyms) if synonyms else []
    new = [(title, kldb) for title, kldb in given if match_key(title) not in asked]
    return known.with_synonyms(new, new_codes=True), len(given) - len(new) + len(more) - len(kept)


def _outcome(index: OccupationIndex, titles: Sequence[str]) -> _Outcome:
    started = time.perf_counter()
    mappings = index.decide([TitleItem(title=title) for title in titles])
    seconds = time.perf_counter() - started
    ranked = [[*([m.kldb] if m.kldb else []), *(runner_up.kldb for runner_up in m.runner_ups)] for m in mappings]
    return _Outcome(mappings, ranked, seconds)


def _figures(outcome: _Outcome, expected: Sequence[str]) -> dict[str, Figure]:
    right = np.array([ranked[:1] == [want] for ranked, want in zip(outcome.ranked, expected, strict=True)])
    near = [want in ranked[:5] for ranked, want in zip(outcome.ranked, expected, strict=True)]
    group = [
        bool(ranked) and ranked[0][:GROUP] == want[:GROUP]
        for ranked, want in zip(outcome.ranked, expected, strict=True)
    ]
    accepted = np.array([mapping.decision == "accepted" for mapping in outcome.mappings])
    score = np.array([mapping.score for mapping in outcome.mappings])
    figures = {
        "top1": right.mean(),
        "top5": np.mean(near),
        "top1_3digit": np.mean(group),
        "mapped_share": accepted.mean(),
        "mapped_precision": right[accepted].mean() if accepted.any() else 0.0,
        "share_at_precision_0.9": _share_at(_PRECISION, score, right),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def _share_at(precision: float, score: np.ndarray, right: np.ndarray) -> float:
    """The largest share of titles, by falling probability, of which so many are right."""
    order = np.argsort(-score, kind="stable")
    so_far = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(so_far >= precision)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0
