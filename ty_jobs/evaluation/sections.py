"""How well an engine finds the requirements of advertisements whose sections are known.

Belongs here: joining sections to descriptions, telling which lines an engine's quotes stand in, and counting lines.
Not here: the rules themselves (ty_assets/requirements) and how figures are printed.
"""

import time
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from ty_assets.postings.normalise import normalise_text
from ty_assets.requirements.cues import LABELS, Label
from ty_assets.requirements.segments import segment_all
from ty_assets.requirements.task import Requirements, RequirementsTask
from ty_assets.summaries.task import PostingText
from ty_jobs.evaluation.evaluation import Evaluation, Mistake, class_figures, confusions
from ty_jobs.evaluation.files import EvaluationError, read_jsonl
from ty_resources.inference.embedded import RULES_MODEL
from ty_resources.inference.engine import Answer, InferenceEngine

# Thirty advertisements by an author who had not seen the rules, measured before anything was learned from others of
# their kind; nobody has looked into them since.
PACKAGED: Final = "section_ads.jsonl"

_NEEDED: Final = ("title", "language", "tasks", "requirements")
_WANTED: Final = "requirements"
_OTHER: Final = "no requirement"
_EDGES: Final = " -.;,"

# What advertisements usually write above a section; which one is taken depends on the title alone.
_HEADINGS: Final[dict[str, dict[Label, tuple[str, ...]]]] = {
    "de": {
        "introduction": ("Über uns", "Wer wir sind", "Einleitung", "Unser Unternehmen"),
        "tasks": ("Ihre Aufgaben", "Deine Aufgaben", "Aufgaben", "Das erwartet Sie", "Ihr Aufgabengebiet"),
        "requirements": ("Ihr Profil", "Dein Profil", "Anforderungen", "Das bringen Sie mit", "Was Sie mitbringen"),
        "benefits": ("Wir bieten", "Das bieten wir Ihnen", "Unser Angebot", "Ihre Vorteile", "Was wir bieten"),
        "contact": ("Kontakt", "Ihr Kontakt", "Bewerbung", "Interessiert?"),
    },
    "en": {
        "introduction": ("About us", "Who we are", "Our company", "Introduction"),
        "tasks": ("Your tasks", "Responsibilities", "What you will do", "The role", "Key responsibilities"),
        "requirements": ("Your profile", "Requirements", "What you bring", "Qualifications", "About you"),
        "benefits": ("We offer", "Benefits", "What we offer", "What's in it for you", "Our offer"),
        "contact": ("Contact", "How to apply", "Questions?", "Apply now"),
    },
}


@dataclass(frozen=True)
class _Advertisement:
    """One row: its description, and the lines of its sections with the label of each."""

    title: str
    language: str
    description: str
    lines: list[str]
    starts: list[int]  # of the lines in the description
    labels: list[Label]

    def line_at(self, offset: int) -> int:
        """The index of the line at an offset of the description; -1 in a heading that was put in."""
        index = bisect_right(self.starts, offset) - 1
        inside = index >= 0 and offset < self.starts[index] + len(self.lines[index])
        return index if inside else -1


def evaluate_sections(path: Path | None, engine: InferenceEngine, headings: bool = False) -> Evaluation:
    """Line-level figures of what the engine calls a requirement, in the advertisements of a JSON Lines file.

    path: None for those that come with the project.

    Each row has title, language and the sections introduction, tasks, requirements, benefits and contact, of which
    tasks and requirements must be there. They are joined in this order, as plain lines; `headings` puts a usual heading
    above each. A line is called a requirement when one of the engine's verified quotes lies in it. Raises
    EvaluationError.
    """
    if path is None:
        with as_file(files("ty_jobs.evaluation").joinpath(PACKAGED)) as packaged:
            return evaluate_sections(packaged, engine, headings)
    advertisements = [_advertisement(path, number, row, headings) for number, row in read_jsonl(path, _NEEDED)]
    if not any(_WANTED in advertisement.labels for advertisement in advertisements):
        raise EvaluationError(f"{path}: no row has lines in `requirements`, so that there is nothing to find")
    task = RequirementsTask()
    items = [PostingText(title=a.title, description=a.description, language=a.language) for a in advertisements]
    engine.warm_up((task.role,), embedding=not engine.remote)
    if not engine.remote:
        engine.run(task, items[:1])  # the rules learn from their prototypes when they first meet a line in doubt
    started = time.perf_counter()
    answers = engine.run(task, items)
    seconds = time.perf_counter() - started
    called = [
        _called(advertisement, task.verify(item, answer.output)[0]) if answer.output is not None else set()
        for advertisement, item, answer in zip(advertisements, items, answers, strict=True)
    ]
    shown = _labels_of_rules(advertisements, engine) if engine.model(task.role) == RULES_MODEL else None
    mistakes = list(_mistakes(advertisements, called, shown))
    return Evaluation(
        subject="sections",
        source=str(path),
        engine=engine.model(task.role),
        figures=_figures(advertisements, called, answers, seconds),
        classes=class_figures(_pairs(advertisements, called, shown)),
        confusions=confusions(_confused(advertisements, called, shown)),
        mistakes=mistakes,
        notes=_notes(answers, headings, shown is not None),
    )


def _advertisement(path: Path, number: int, row: dict[str, Any], headings: bool) -> _Advertisement:
    for key in ("title", "language", *LABELS):
        if not isinstance(row.get(key) or "", str):
            raise EvaluationError(f"{path}, line {number}: `{key}` is {type(row[key]).__name__}, a text is expected")
    language = "en" if row["language"] == "en" else "de"
    pieces: list[str] = []
    lines: list[tuple[int, Label]] = []  # position in pieces
    for label in LABELS:
        section = [line for line in normalise_text(row.get(label) or "").split("\n") if line]
        if section and headings:
            choices = _HEADINGS[language][label]
            pieces.append(choices[zlib.crc32(f"{row['title']}\x00{label}".encode()) % len(choices)])
        lines += [(len(pieces) + position, label) for position in range(len(section))]
        pieces += section
    starts = list(accumulate((len(piece) + 1 for piece in pieces), initial=0))
    return _Advertisement(
        title=normalise_text(row["title"] or ""),
        language=row["language"] or "",
        description="\n".join(pieces),
        lines=[pieces[position] for position, _ in lines],
        starts=[starts[position] for position, _ in lines],
        labels=[label for _, label in lines],
    )


def _called(advertisement: _Advertisement, answer: Requirements) -> set[int]:
    """Indices of the lines in which a quote lies.

    Quotes follow the order of the text, which tells two lines with the same words apart. Where a line stands twice an
    answer names it once, and both are meant.
    """
    bare = {line.strip(_EDGES): index for index, line in reversed(list(enumerate(advertisement.lines)))}
    found: set[int] = set()
    position = 0
    for requirement in answer.requirements:
        quote = requirement.quote.strip()
        whole = bare.get(quote.strip(_EDGES))
        place: tuple[int, int] | None
        if whole is not None:
            place = (advertisement.starts[whole], advertisement.starts[whole] + len(advertisement.lines[whole]))
        else:
            place = _place(advertisement.description, quote, position) or _place(advertisement.description, quote, 0)
        if place is not None:
            position = place[0]
            found.update(advertisement.line_at(offset) for offset in range(*place))
    found.discard(-1)
    words = {advertisement.lines[index] for index in found}
    return {index for index, line in enumerate(advertisement.lines) if line in words}


def _place(description: str, quote: str, start: int) -> tuple[int, int] | None:
    """Where a quote stands from an offset on; a newline may stand where it has a space."""
    words = quote.split()
    if not words:
        return None
    at = description.replace("\n", " ").find(" ".join(words), start)
    return None if at < 0 else (at, at + len(" ".join(words)))


def _labels_of_rules(advertisements: Sequence[_Advertisement], engine: InferenceEngine) -> list[list[str]]:
    """Per advertisement the label that the rules give each line: that of most of its characters."""
    labels: list[list[str]] = []
    for advertisement, segments in zip(
        advertisements, segment_all([a.description for a in advertisements], engine.embed), strict=True
    ):
        counts: list[Counter[str]] = [Counter() for _ in advertisement.lines]
        for segment in segments:
            for line in segment.lines:
                index = advertisement.line_at(line.start)
                if index >= 0:
                    counts[index][segment.label] += line.end - line.start
        labels.append([count.most_common(1)[0][0] if count else "heading" for count in counts])
    return labels


def _is_called(called: set[int], index: int) -> str:
    return _WANTED if index in called else _OTHER


def _pairs(
    advertisements: Sequence[_Advertisement], called: Sequence[set[int]], shown: list[list[str]] | None
) -> Iterator[tuple[str, str]]:
    """(expected, got) of each line: the five labels where the rules gave them, else requirement or not."""
    for number, advertisement in enumerate(advertisements):
        for index, label in enumerate(advertisement.labels):
            if shown is not None:
                yield label, shown[number][index]
            else:
                yield (label if label == _WANTED else _OTHER), _is_called(called[number], index)


def _confused(
    advertisements: Sequence[_Advertisement], called: Sequence[set[int]], shown: list[list[str]] | None
) -> Iterator[Mistake]:
    lines = [line for advertisement in advertisements for line in advertisement.lines]
    for line, (expected, got) in zip(lines, _pairs(advertisements, called, shown), strict=True):
        if expected != got:
            yield Mistake(line, expected, got)


def _mistakes(
    advertisements: Sequence[_Advertisement], called: Sequence[set[int]], shown: list[list[str]] | None
) -> Iterator[Mistake]:
    """Lines that were wrongly called a requirement or wrongly not."""
    for number, advertisement in enumerate(advertisements):
        for index, (line, label) in enumerate(zip(advertisement.lines, advertisement.labels, strict=True)):
            is_called = index in called[number]
            if is_called == (label == _WANTED):
                continue
            got = shown[number][index] if shown is not None and not is_called else _is_called(called[number], index)
            yield Mistake(line, label, _OTHER if got == label else got, advertisement.title)


def _figures(
    advertisements: Sequence[_Advertisement],
    called: Sequence[set[int]],
    answers: Sequence[Answer[Requirements]],
    seconds: float,
) -> dict[str, float | int | str]:
    total = sum(len(advertisement.lines) for advertisement in advertisements)
    figures: dict[str, float | int | str] = {
        "advertisements": len(advertisements),
        "lines": total,
        "requirement_lines": sum(a.labels.count("requirements") for a in advertisements),
        **_scores(list(zip(advertisements, called, strict=True))),
        "lines_per_second": round(total / max(seconds, 1e-9), 1),
    }
    if failed := sum(answer.output is None for answer in answers):
        figures["failed"] = failed
    languages = sorted({advertisement.language for advertisement in advertisements})
    for language in languages if len(languages) > 1 else ():
        chosen = [(a, c) for a, c in zip(advertisements, called, strict=True) if a.language == language]
        for name, value in _scores(chosen).items():
            figures[f"{name}_{language or 'unknown'}"] = value
    return figures


def _scores(rows: Sequence[tuple[_Advertisement, set[int]]]) -> dict[str, float]:
    """Micro figures over all lines; a share of nothing is 0."""
    right = sum(advertisement.labels[index] == _WANTED for advertisement, called in rows for index in called)
    said = sum(len(called) for _, called in rows)
    wanted = sum(advertisement.labels.count("requirements") for advertisement, _ in rows)
    both = said + wanted
    return {
        "precision": right / said if said else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / both if both else 0.0,
    }


def _notes(answers: Sequence[Answer[Requirements]], headings: bool, with_labels: bool) -> list[str]:
    notes = ["with a usual heading above each section" if headings else "sections joined without headings"]
    if with_labels:
        notes.append("per section: the label that the rules gave each line")
    errors = Counter(f"{type(a.error).__name__}: {a.error}" for a in answers if a.output is None)
    return notes + [f"{count} advertisements failed: {error}" for error, count in errors.most_common(3)]
