"""One made-up posting through the rules, so that a process has loaded what the first real one would wait for.

Encoder, occupation index, language model, vocabularies: seconds that every run would spend, if each loaded them anew.
"""

import datetime as dt

from ty_assets.berufenet.candidates import TitleItem
from ty_assets.berufenet.store import occupation_index
from ty_assets.facets.task import FacetsTask, PostingRequirements, RequirementLine
from ty_assets.postings.record import parse_record, to_posting
from ty_assets.requirements.task import RequirementsTask
from ty_assets.summaries.task import PostingText, SummaryTask
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database

# Odd enough for no lookup: its occupation is found by candidates.
_TITLE = "Tausendsassa zwischen Lager und Labor (m/w/d)"
_TEXT = """Was Sie erwartet: Sie ordnen Waren und werten Proben aus.
Ihr Profil
- Abgeschlossene Ausbildung und drei Jahre Erfahrung
- Sicher in SQL oder Python, Deutsch B2
We would welcome a driving licence and good English."""


def rehearse(db: Database, engine: InferenceEngine) -> None:
    """Nothing is written; what is made of the posting is forgotten."""
    record = parse_record({"title": _TITLE, "description": _TEXT}, dt.date.max, max_chars=10_000)
    posting = to_posting(record, dt.date(2026, 1, 1))
    text = PostingText(title=posting.title, description=posting.description, language=posting.language)
    engine.run(SummaryTask(), [text])
    (found,) = engine.run(RequirementsTask(), [text])
    requirements = found.output.requirements if found.output else []
    lines = [RequirementLine(ordinal=n, text=r.text, must=r.must) for n, r in enumerate(requirements)]
    engine.run(FacetsTask(), [PostingRequirements(title=_TITLE, language="de", requirements=lines)])
    occupation_index(db, engine).decide([TitleItem(title=_TITLE)])
    engine.warm_up(embedding=True)
