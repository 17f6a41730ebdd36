"""The asset `embeddings`: one vector for each unique text and model, whoever needs it, computed once."""

import dagster as dg

from ty_assets.embeddings.checks import check_embeddings
from ty_assets.embeddings.store import embed_missing
from ty_assets.facets.asset import posting_facets
from ty_assets.table_asset import days_of, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


@table_asset(
    "embeddings",
    group="2_extraction",
    code_version="1",
    deps=[posting_facets],
    checks=["every_facet_has_a_vector"],
)
def embeddings(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """One vector for each unique normalised text (facet term or title) and embedding model, as halfvec.

    Insert only: "Python" in a hundred postings is one row, encoded on the day that first needed it.
    """
    days = days_of(context)
    encoded = embed_missing(
        db, engine, days, lambda done, total: context.log.info(f"embeddings: {done} of {total} texts")
    )
    counts = db.rows("embedding_counts", days=days, model=engine.embedding_model)
    told = {"encoded now": encoded, "model": engine.embedding_model}
    return result(db, "embeddings", counts, metadata=told, checks=check_embeddings(db, days, engine.embedding_model))
