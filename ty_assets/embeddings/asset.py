"""The asset `embeddings`: one vector for each unique text and model, whoever needs it, computed once."""

from typing import Any

import dagster as dg

from ty_assets.embeddings.checks import check_embeddings
from ty_assets.embeddings.store import embed_missing
from ty_assets.facets.asset import posting_facets
from ty_assets.matching.calibration_store import load_calibration
from ty_assets.table_asset import WITHOUT_MODELS, days_of, models_loaded_once, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings


@table_asset(
    "embeddings",
    group="2_extraction",
    code_version="1",
    deps=[posting_facets],
    checks=["every_facet_has_a_vector", "models_loaded_once"],
    blocking=["vectors_cover_the_facets"],
)
def embeddings(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """One vector for each unique normalised text (facet term or title) and embedding model, as halfvec.

    Insert only: "Python" in a hundred postings is one row, encoded on the day that first needed it. The packaged
    encoder's come first, the configured model's beside them; matching changes over to these when a day has them all.
    """
    days = days_of(context)
    spaces = [embedded]
    wanted = not (context.run.tags.items() >= WITHOUT_MODELS.items())
    if wanted and engine.remote and engine.embedding_model != embedded.embedding_model:
        spaces.append(engine)
    told: dict[str, Any] = {}
    coverage = []
    for space in spaces:
        model = space.embedding_model
        report = embed_missing(
            db,
            space,
            days,
            max_attempts=settings().max_attempts,
            progress=lambda done, total: context.log.info(f"embeddings: {done} of {total} texts"),
        )
        # While the encoder is there: a model's cosines mean nothing before they are calibrated.
        load_calibration(db, space)
        told |= {f"{model}: encoded now": report.encoded, f"{model}: failed": report.failed}
        coverage.append(model)
    counts = db.rows("embedding_counts", days=days, model=spaces[-1].embedding_model)
    told |= {"model": spaces[-1].embedding_model, **engine.usage.metadata()}
    checks = [*check_embeddings(db, days, coverage), models_loaded_once(engine)]
    return result(db, "embeddings", counts, metadata=told, checks=checks)
