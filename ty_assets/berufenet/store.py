"""The occupation catalogue in the database, and the index that is made of it."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ty_assets.berufenet import training
from ty_assets.berufenet.candidates import OccupationIndex
from ty_assets.berufenet.catalogue import (
    Catalogue,
    Occupation,
    read_catalogue,
    read_synonyms,
    starter_catalogue,
)
from ty_assets.berufenet.evidence import DescriptionEvidence
from ty_assets.berufenet.ranker import Ranker
from ty_assets.embeddings.store import keep_vectors, keeping
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.task import Encode
from ty_resources.postgres import Database
from ty_resources.settings import settings

_COLUMNS = ["berufenet_id", "kind", "name", "short_name", "kldb", "level", "catalogue"]
# An index takes seconds to make for a full catalogue; a process keeps the last one for as long as it is true.
_kept: dict[tuple[str, str, str], tuple[OccupationIndex, DescriptionEvidence]] = {}
# The vectors of its labels, by catalogue and encoder: another database with the same catalogue has the same ones.
_label_vectors: dict[tuple[str, str], dict[str, NDArray[np.float32]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Imported:
    """Rows that the catalogue has now."""

    occupations: int
    synonyms: int


def import_catalogue(db: Database, file: Path, synonyms: Path | None = None) -> Imported:
    """Replace the catalogue by a file's.

    The starter's synonyms stay for the codes that the file has. Raises: CatalogueError with file, line and
    column; the catalogue is then unchanged.
    """
    starter = starter_catalogue()
    catalogue = read_catalogue(file).with_synonyms(starter.titles())
    if synonyms is not None:
        catalogue = catalogue.with_synonyms(read_synonyms(synonyms), new_codes=True)
    return store_catalogue(db, catalogue)


def store_catalogue(db: Database, catalogue: Catalogue) -> Imported:
    """Write the catalogue in one transaction; readers see the old one or the new."""
    rows = [
        (o.berufenet_id, o.kind, o.name, o.short_name, o.kldb, o.level, catalogue.origin) for o in catalogue.occupations
    ]
    titles = list(dict.fromkeys(catalogue.titles()))
    with db.transaction() as connection:
        connection.execute(db.queries["clear_catalogue"])
        db.insert_new("occupations", _COLUMNS, rows, connection)
        synonyms = [(title, kldb, catalogue.origin) for title, kldb in titles]
        db.insert_new("occupation_synonyms", ["title", "kldb", "source"], synonyms, connection)
    return Imported(len(rows), len(titles))


def load_catalogue(db: Database) -> Catalogue:
    """The catalogue as it was imported; the starter is installed where there is none."""
    rows = db.rows("occupations")
    if not rows:
        store_catalogue(db, starter_catalogue())
        rows = db.rows("occupations")
    occupations = tuple(
        Occupation(r["berufenet_id"], r["kind"], r["name"], r["short_name"], r["kldb"], r["level"]) for r in rows
    )
    pairs = [(row["title"], row["kldb"]) for row in db.rows("occupation_synonyms")]
    return Catalogue(occupations, rows[0]["catalogue"]).with_synonyms(pairs, new_codes=True)


def catalogue_in_use(db: Database) -> Catalogue:
    """The catalogue as it was imported, with the synonyms that observations have confirmed since."""
    confirmed = [(row["title"], row["kldb"]) for row in db.rows("confirmed_synonyms")]
    return load_catalogue(db).with_synonyms(confirmed)


def occupation_index(db: Database, engine: InferenceEngine) -> OccupationIndex:
    """The index over the catalogue in use; labels and titles are encoded once for all processes, and kept."""
    return _prepared(db, engine)[0]


def description_evidence(db: Database, engine: InferenceEngine) -> DescriptionEvidence:
    """The same catalogue, made ready to find its occupations in descriptions. Their texts and vectors are not kept."""
    return _prepared(db, engine)[1]


def _prepared(db: Database, engine: InferenceEngine) -> tuple[OccupationIndex, DescriptionEvidence]:
    catalogue = catalogue_in_use(db)
    key = (db.conninfo, catalogue.version, engine.embedding_model)
    with _lock:
        if key not in _kept:
            _kept.clear()
            encode = keeping(db, engine, settings().today())
            if key[1:] not in _label_vectors:
                _label_vectors.clear()
            vectors = _label_vectors.setdefault(key[1:], {})
            keep_vectors(db, engine.embedding_model, vectors, settings().today())
            index = OccupationIndex(
                catalogue, encode, vectors, ranker=lambda: kept_ranker(db, encode, engine.embedding_model)
            )
            _kept[key] = (index, DescriptionEvidence(index, engine.embed))
        return _kept[key]


def kept_ranker(db: Database, encode: Encode, encoder: str, tell: Callable[[str], None] = lambda line: None) -> Ranker:
    """The ranker of the imported catalogue: trained once for all processes, and anew when titles or encoder change.

    Synonyms confirmed since are no reason to train again; they are looked up all the same.
    """
    index = OccupationIndex(load_catalogue(db), encode, tell=tell)
    if not index.is_trainable:
        return index.ranker
    key = {"catalogue": index.catalogue.version, "encoder": encoder, "version": training.VERSION}
    with db.transaction() as connection:
        if (kept := _stored_ranker(db, key)) is None:
            # One process trains, the others wait for it.
            connection.execute(db.queries["lock_table"], {"table": "occupation_rankers"})
            kept = _stored_ranker(db, key)
        if kept is None:
            kept = index.ranker
            connection.execute(db.queries["forget_other_rankers"], key)
            row = (*key.values(), kept.to_bytes(), json.dumps({**kept.figures, "accept": kept.accept}))
            db.insert_new("occupation_rankers", [*key, "ranker", "figures"], [row], connection)
    return kept


def _stored_ranker(db: Database, key: dict[str, str]) -> Ranker | None:
    row = db.row("occupation_ranker", **key)
    return Ranker.from_bytes(bytes(row["ranker"])) if row else None


def private_index(index: OccupationIndex, engine: InferenceEngine) -> OccupationIndex:
    """The same index for people's titles: they are encoded, and their texts and vectors are not kept."""
    return index.encoding_with(engine.embed)
