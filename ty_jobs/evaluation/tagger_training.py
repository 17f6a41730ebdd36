"""Training the tagger of demands on annotated requirement sections, and judging it by sections it has not seen.

Belongs here: lines with labels from annotated sections, the training, cross-validation. Not here: features and use
(ty_assets.facets.tagger). `python -m ty_jobs.evaluation.tagger_training` writes the packaged model anew: to be done
when the rules, the vocabulary or the features change.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from ty_assets.facets.tagger import MODEL, Stretch, features_of, labels_of, words_of
from ty_assets.facets.task import rule_terms
from ty_assets.requirements.task import RequirementsTask
from ty_assets.summaries.task import PostingText
from ty_jobs.evaluation.facet_sections import Section, read_sections
from ty_jobs.evaluation.facets import heading, places_of
from ty_resources.inference.engine import InferenceEngine

# Written and annotated for the project by several authors, none of whom saw the rules. The sections that quality is
# measured on (facets.PACKAGED) are not among them.
TRAINING: Final = ("facet_sections_dev.jsonl", "facet_sections_training.jsonl")
_SETTINGS: Final = {"c1": 0.05, "c2": 0.05, "max_iterations": 120, "feature.possible_transitions": True}


@dataclass(frozen=True)
class Line:
    """A requirement with the features and the labels of its words."""

    features: list[list[str]]
    labels: list[str]


def training_sections() -> list[Section]:
    """All sections to learn from."""
    found = []
    for name in TRAINING:
        with as_file(files("ty_jobs.evaluation").joinpath(name)) as file:
            found += read_sections(file)
    return found


def lines_of(sections: Sequence[Section], engine: InferenceEngine) -> list[list[Line]]:
    """For each section its requirements, as the stage before the facets leaves them."""
    task = RequirementsTask()
    postings = [
        PostingText(title=s.title, description=f"{heading(s.language)}\n{s.text}", language=s.language)
        for s in sections
    ]
    lines = []
    for section, posting, answer in zip(sections, postings, engine.run(task, postings), strict=True):
        if answer.output is None:
            raise answer.error or RuntimeError(f"{section.id} could not be read")
        lines.append(list(_labelled(section, task.verify(posting, answer.output)[0].requirements)))
    return lines


def _labelled(section: Section, requirements: Sequence[object]) -> Iterator[Line]:
    quotes = [requirement.quote for requirement in requirements]  # type: ignore[attr-defined]
    for requirement, place in zip(requirements, places_of(section.text, quotes), strict=True):
        text = requirement.text  # type: ignore[attr-defined]
        if place is None:
            continue
        words = words_of(text)
        at = section.text.replace("\n", " ").find(" ".join(text.split()), *place)
        if at < 0 or not words:
            continue  # a line that the stage has completed in its own words
        inside = [f for f in section.facets if at <= f.start and f.end <= at + len(text)]
        stretches = [Stretch(f.start - at, f.end - at, f.kind) for f in inside]
        yield Line(
            features_of(words, rule_terms(text, section.language), section.language), labels_of(words, stretches)
        )


def train(sections: Sequence[Sequence[Line]]) -> bytes:
    """The model, as the packaged file has it. The same lines give the same model."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params(_SETTINGS)
    for lines in sections:
        for line in lines:
            trainer.append(line.features, line.labels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        trainer.train(str(path))
        return path.read_bytes()


def main() -> None:
    """Write the packaged model anew."""
    from ty_resources.connect import embedded_engine

    model = train(lines_of(training_sections(), embedded_engine()))
    Path(str(files("ty_assets.facets").joinpath(MODEL))).write_bytes(model)


if __name__ == "__main__":
    main()
