"""The asset `berufenet_mapping`: which occupation each posting's title means."""

import json

import dagster as dg

from ty_assets.berufenet.candidates import Mapping, OccupationIndex, TitleItem
from ty_assets.berufenet.catalogue_asset import berufenet_catalogue
from ty_assets.berufenet.checks import check_mapping
from ty_assets.berufenet.store import occupation_index
from ty_assets.derive import Method, Stage
from ty_assets.postings.asset import postings
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import Answer, InferenceEngine
from ty_resources.postgres import Database

# Raise it when cleaning, lookup or the decision change their answers.
VERSION = "1"

STAGE: Stage[TitleItem, Mapping] = Stage(
    name="berufenet_mapping",
    table="posting_professions",
    inputs="posting_titles",
    item=lambda row: TitleItem(title=row["title"], occupation_hint=row["occupation_hint"]),
    columns=("decision", "method", "kldb", "berufenet_id", "name", "score", "runner_ups"),
    rows=lambda m: [
        (
            m.decision, m.method, m.kldb, m.berufenet_id, m.name, m.score,
            json.dumps([runner.model_dump() for runner in m.runner_ups], ensure_ascii=False),
        )
    ],
)  # fmt: skip


def by_index(index: OccupationIndex, model: str) -> Method[TitleItem, Mapping]:
    """Titles decided by the index; a new catalogue makes every row stale."""
    return Method(
        model=model,
        task_version=f"{VERSION}-{index.catalogue.version}",
        text=TitleItem.model_dump_json,
        answer=lambda items: [Answer(mapping) for mapping in index.decide(items)],
    )


@table_asset(
    "posting_professions",
    group="3_occupations",
    code_version=VERSION,
    deps=[postings, berufenet_catalogue],
    checks=[*STAGE_CHECKS, "accepted_codes_are_in_the_catalogue"],
    blocking=[*STAGE_BLOCKS, "most_titles_are_mapped"],
)
def berufenet_mapping(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """The occupation (KldB 2010) of each posting's title: accepted, uncertain or none, with probability.

    The source's own label first, then an exact lookup over labels and synonyms, then candidates by encoder and
    character n-grams. Method, score and runner-ups are stored.
    """
    index = occupation_index(db, embedded)
    return derived(context, db, STAGE, by_index(index, embedded.embedding_model), check_mapping)
