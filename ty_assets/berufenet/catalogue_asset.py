"""The asset `berufenet_catalogue`: the occupations that titles are mapped to."""

import datetime as dt
from dataclasses import asdict

import dagster as dg

from ty_assets.berufenet.fetch import fetch_catalogue
from ty_assets.berufenet.store import catalogue_in_use
from ty_assets.berufenet.synonyms import renew_synonyms
from ty_assets.table_asset import result, table_asset
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.polite import Polite

VERSION = "2"


@table_asset("occupations", group="3_occupations", code_version=VERSION, partitions_def=None)
def berufenet_catalogue(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """The occupations and their KldB codes: as they were imported, or with TY_BERUFENET_FETCH as Berufenet has them.

    Titles that two independent postings have confirmed since become synonyms, contradicted ones are withdrawn. The
    data version is the catalogue's content, so it changes only when an answer does.
    """
    config = settings()
    told: dict[str, object] = {"fetched": False}
    if config.berufenet_fetch:
        with Polite.of(config) as client:
            fetched = fetch_catalogue(
                db,
                client,
                config.berufenet_url,
                dt.datetime.now(dt.UTC),
                lambda done, total: context.log.info(f"berufenet_catalogue: {done} of {total} occupations"),
            )
        told = {"fetched": True} | {name.replace("_", " "): value for name, value in asdict(fetched).items()}
    synonyms = renew_synonyms(db)
    catalogue = catalogue_in_use(db)
    made = result(
        db,
        "occupations",
        [{"rows": len(catalogue.occupations)}],
        metadata={
            **told,
            "synonyms confirmed": synonyms.confirmed,
            "synonyms withdrawn": synonyms.withdrawn,
            "synonyms in force": synonyms.in_force,
            "observations": synonyms.observations,
            "origin": catalogue.origin,
            "titles": len(list(catalogue.titles())),
        },
    )
    return made._replace(data_version=dg.DataVersion(catalogue.version))
