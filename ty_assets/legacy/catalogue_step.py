"""The old occupations become the catalogue in use, or add their titles to a fuller one."""

from collections import Counter

from ty_assets.berufenet.catalogue import Catalogue, Occupation, starter_catalogue
from ty_assets.berufenet.store import load_catalogue, store_catalogue
from ty_assets.legacy.occupations import ORIGIN, OldOccupations
from ty_assets.legacy.report import Counts
from ty_assets.legacy.tables import BERUFENET
from ty_resources.postgres import Database

FULLER = "a fuller catalogue is in use; --replace-catalogue takes this one"
NO_CODE = "its code is not in the catalogue in use"


def take_catalogue(
    db: Database,
    old: OldOccupations,
    codes: dict[str, list[str]],
    counts: dict[str, Counts],
    *,
    replace: bool,
    write: bool,
) -> None:
    """Store what was read, and count it. codes: by table, the KldB code of each row that is usable."""
    taken = Catalogue(tuple(old.occupations.values()), ORIGIN)
    taken = taken.with_synonyms(starter_catalogue().titles()).with_synonyms(old.titles)
    current = load_catalogue(db) if write else _current(db)
    keep = not replace and current.origin != ORIGIN and len(current.occupations) > len(taken.occupations)
    wanted = current.with_synonyms(old.titles) if keep else taken
    same = wanted.version == current.version and wanted.origin == current.origin
    if write and not same:
        store_catalogue(db, wanted)
    for table, rows in codes.items():
        left: Counter[str] = counts[table].left_out
        if keep and table == BERUFENET.name:
            left[FULLER] += len(rows)
            continue
        usable = sum(code in wanted.by_kldb for code in rows)
        if usable < len(rows):
            left[NO_CODE] += len(rows) - usable
        if same:
            counts[table].already_there += usable
        else:
            counts[table].stored += usable


def _current(db: Database) -> Catalogue:
    """As `load_catalogue`, but nothing is installed."""
    rows = db.rows("occupations")
    if not rows:
        return starter_catalogue()
    occupations = tuple(
        Occupation(r["berufenet_id"], r["kind"], r["name"], r["short_name"], r["kldb"], r["level"]) for r in rows
    )
    pairs = [(row["title"], row["kldb"]) for row in db.rows("occupation_synonyms")]
    return Catalogue(occupations, rows[0]["catalogue"]).with_synonyms(pairs)
