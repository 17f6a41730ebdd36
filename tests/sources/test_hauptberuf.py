"""The agency's own occupation of an advertisement is the first evidence for ours."""

import datetime as dt

import dagster as dg
from source_world import TODAY, Rounds, Select, Services

from ty_assets.postings.store import store_postings
from ty_resources.postgres import Database


def test_a_hauptberuf_that_the_catalogue_has_decides_the_occupation(
    services: Services, rounds: Rounds, db: Database, select: Select
) -> None:
    from ty_assets.berufenet.asset import berufenet_mapping
    from ty_assets.partitions import daily
    from ty_resources.inference.embedded import EmbeddedEngine

    services(arbeitsagentur={"hits": 10})
    rounds("arbeitsagentur")
    store_postings(db, [TODAY], max_attempts=5)
    assert isinstance(TODAY, dt.date)
    assert daily.has_partition_key(TODAY.isoformat())
    done = dg.materialize(
        [berufenet_mapping],
        partition_key=TODAY.isoformat(),
        resources={"db": db, "embedded": EmbeddedEngine()},
    )
    assert done.success
    rows = select(
        "SELECT p.occupation_hint, m.method, m.decision, m.kldb FROM posting_professions m JOIN postings p "
        "USING (posting_id) WHERE p.occupation_hint IN ('Koch/Köchin', 'Maurer/in') ORDER BY 1"
    )
    assert [(row["method"], row["decision"], row["kldb"]) for row in rows] == [
        ("hint", "accepted", "29302"),
        ("hint", "accepted", "32122"),
    ]
