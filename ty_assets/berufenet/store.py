"""The occupation catalogue in the database, and the index that is made of it."""

import threading
from dataclasses import dataclass
from pathlib import Path

from ty_assets.berufenet.candidates import OccupationIndex
from ty_assets.berufenet.catalogue import (
    Catalogue,
    Occupation,
    read_catalogue,
    read_synonyms,
    starter_catalogue,
)
from ty_assets.embeddings.store import keeping
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

_COLUMNS = ["berufenet_id", "kind", "name", "short_name", "kldb", "level", "catalogue"]
# An index takes seconds to make for a full catalogue; a process keeps the last one for as long as it is true.
_kept: dict[tuple[str, str, str], OccupationIndex] = {}
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
        catalogue = catalogue.with_synonyms(read_synonyms(synonyms))
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
    """The catalogue in use; the starter is installed where there is none."""
    rows = db.rows("occupations")
    if not rows:
        store_catalogue(db, starter_catalogue())
        rows = db.rows("occupations")
    occupations = tuple(
        Occupation(r["berufenet_id"], r["kind"], r["name"], r["short_name"], r["kldb"], r["level"]) for r in rows
    )
    pairs = [(row["title"], row["kldb"]) for row in db.rows("occupation_synonyms")]
    return Catalogue(occupations, rows[0]["catalogue"]).with_synonyms(pairs)


def occupation_index(db: Database, engine: InferenceEngine) -> OccupationIndex:
    """The index over the catalogue in use; labels and titles are encoded once for all processes, and kept."""
    catalogue = load_catalogue(db)
    key = (db.conninfo, catalogue.version, engine.embedding_model)
    with _lock:
        if key not in _kept:
            _kept.clear()
            _kept[key] = OccupationIndex(catalogue, keeping(db, engine, settings().today()))
        return _kept[key]


def private_index(index: OccupationIndex, engine: InferenceEngine) -> OccupationIndex:
    """The same index for people's titles: they are encoded, and their texts and vectors are not kept."""
    vectors = dict(zip(index.label_texts(), index.label_vectors(), strict=True))
    return OccupationIndex(index.catalogue, engine.embed, vectors)
