"""The asset `berufenet_mapping`: which occupation each posting is for."""

import datetime as dt
import json
from collections.abc import Sequence

import dagster as dg

from ty_assets.berufenet.candidates import OccupationIndex
from ty_assets.berufenet.catalogue_asset import berufenet_catalogue
from ty_assets.berufenet.checks import check_mapping
from ty_assets.berufenet.mapping import Known, Occupations, PostingTitle, Profession
from ty_assets.berufenet.store import description_evidence, occupation_index
from ty_assets.berufenet.task import OccupationTask
from ty_assets.berufenet.web import WebReport, search_titles
from ty_assets.derive import Method, Stage, derive
from ty_assets.occupation_readings.asset import occupation_readings
from ty_assets.postings.asset import postings
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, days_of, derived, table_asset
from ty_resources.inference.engine import Answer, InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings
from ty_resources.sources.polite import Polite
from ty_resources.sources.searxng import Searxng

# Raise it when cleaning, lookup or the decision change their answers.
VERSION = "2"


def stage_of(known: Known) -> Stage[PostingTitle, Profession]:
    """The stage for these days; known: what editors, models and searches have said of their postings by now."""
    return Stage(
        name="berufenet_mapping",
        table="posting_professions",
        inputs="posting_titles",
        item=known.item,
        columns=(
            "decision", "method", "kldb", "berufenet_id", "name", "score", "runner_ups",
            "verdict", "quote", "answered_by", "title_kldb",
        ),
        rows=lambda p: [
            (
                p.decision, p.method, p.kldb, p.berufenet_id, p.name, p.score,
                json.dumps([runner.model_dump() for runner in p.runner_ups], ensure_ascii=False),
                p.verdict, p.quote, p.answered_by, p.title_kldb,
            )
        ],
    )  # fmt: skip


def by_evidence(db: Database, index: OccupationIndex, embedded: InferenceEngine) -> Method[PostingTitle, Profession]:
    """Each posting by the first evidence that decides it; a new catalogue makes every row stale."""
    occupations = Occupations(db, index, description_evidence(db, embedded), embedded)
    return Method(
        model=embedded.embedding_model,
        task_version=f"{VERSION}.{OccupationTask.version}-{index.catalogue.version}",
        text=PostingTitle.model_dump_json,
        answer=lambda items: [Answer(profession) for profession in occupations.decide(items)],
    )


@table_asset(
    "posting_professions",
    group="3_occupations",
    code_version=VERSION,
    deps=[postings, berufenet_catalogue, occupation_readings],
    checks=[
        *STAGE_CHECKS, "accepted_codes_are_in_the_catalogue", "occupations_quote_their_posting",
        "synonyms_are_not_contradicted",
    ],
    blocking=[*STAGE_BLOCKS, "most_titles_are_mapped"],
)  # fmt: skip
def berufenet_mapping(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """The occupation (KldB 2010) of each posting: accepted, uncertain or none, with probability and evidence.

    An editor's decision first, then the source's own label, an exact lookup over labels and synonyms, candidates by
    encoder and character n-grams; of a title that leaves it open a model's reading, the description by rules, and with
    TY_WEB_SEARCH_URL what the web says of the title. Method, score, quote and runner-ups are stored.
    """
    days, config = days_of(context), settings()
    method = by_evidence(db, occupation_index(db, embedded), embedded)
    told = {}
    if config.web_search_url:
        # What the description leaves open is known when all descriptions have been read.
        derive(
            db, stage_of(Known.of(db, days)), method, days,
            chunk_size=config.chunk_size, max_attempts=config.max_attempts,
        )  # fmt: skip
        report = search(db, days, config)
        told = {"searched": report.searched, "left to search": report.left, "search error": report.error or "none"}
        context.log.info(f"berufenet_mapping: searched for {report.searched} titles, {report.left} are left")
    made = derived(context, db, stage_of(Known.of(db, days)), method, check_mapping)
    methods = {f"accepted by {row['method']}": row["postings"] for row in db.rows("accepted_by_method", days=days)}
    return made._replace(metadata={**(made.metadata or {}), **methods, **told})


def search(db: Database, days: Sequence[dt.date], config: Settings) -> WebReport:
    """Titles that stay open are searched for, the most frequent first; where a model reads, those that it left open."""
    assert config.web_search_url is not None
    titles = [row["title"] for row in db.rows("titles_for_the_web", days=days, by_rules=config.engine == "embedded")]
    with Polite.of(config) as client:
        return search_titles(db, Searxng(client, config.web_search_url), titles, config.web_searches)
