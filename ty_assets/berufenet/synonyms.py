"""Titles that two independent observations have confirmed as synonyms of an occupation.

Belongs here: what is an observation, when two are independent, what contradicts a synonym. Not here: the catalogue that
synonyms are added to (store.py).

A mapping that the dictionary decides is no observation, so a synonym never confirms itself. A title that two
advertisements use for different work is none, however many others agree.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from ty_assets.berufenet.decisions import Decisions, load_decisions, title_key
from ty_assets.berufenet.labels import match_key
from ty_assets.berufenet.store import load_catalogue
from ty_assets.berufenet.titles import clean_title
from ty_resources.postgres import Database

_COLUMNS = ["posting_id", "title", "kldb", "title_kldb", "evidence", "employer", "text_hash", "quote"]


@dataclass(frozen=True)
class Observation:
    """One posting's accepted mapping. title_kldb: best by the title alone; None where the source's label decided."""

    posting_id: uuid.UUID
    title: str
    kldb: str
    title_kldb: str | None
    evidence: str
    employer: str
    text_hash: bytes
    quote: str | None


@dataclass(frozen=True)
class Synonym:
    """A confirmed title, and the two postings that confirm it."""

    title: str
    kldb: str
    evidence: tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class SynonymReport:
    """What one look at the observations changed; synonyms unless said otherwise."""

    observations: int
    confirmed: int
    withdrawn: int
    in_force: int


def independent(one: Observation, other: Observation) -> bool:
    """Of different employers, by different evidence, and no text or sentence copied from the other."""
    return (
        one.employer.casefold() != other.employer.casefold()
        and one.evidence != other.evidence
        and one.text_hash != other.text_hash
        and (one.quote is None or other.quote is None or match_key(one.quote) != match_key(other.quote))
    )


def confirmed_by(observations: Iterable[Observation]) -> dict[str, Synonym]:
    """Title key -> its synonym, where all observations agree with each other and with the title's best candidate."""
    grouped: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        if key := title_key(observation.title):
            grouped[key].append(observation)
    found = {}
    for key, group in grouped.items():
        code = group[0].kldb
        by_title = {observation.title_kldb for observation in group} - {None}
        if by_title != {code} or any(observation.kldb != code for observation in group):
            continue
        ordered = sorted(group, key=lambda observation: observation.posting_id)
        pair = next((pair for pair in combinations(ordered, 2) if independent(*pair)), None)
        if pair is not None:
            found[key] = Synonym(clean_title(pair[0].title), code, (pair[0].posting_id, pair[1].posting_id))
    return found


def withdrawn(
    in_force: Sequence[tuple[str, str]],
    observations: Iterable[Observation],
    known: Collection[str],
    decisions: Decisions,
) -> dict[str, str]:
    """Title key -> why its synonym, one of (key, code), is none any longer."""
    seen: dict[str, set[str]] = defaultdict(set)
    for observation in observations:
        seen[title_key(observation.title)].add(observation.kldb)
    reasons = {}
    for key, code in in_force:
        if code in decisions.rejected.get(key, ()):
            reasons[key] = "an editor has rejected it"
        elif decisions.confirmed.get(key, (code, ""))[0] != code:
            reasons[key] = f"an editor has confirmed {decisions.confirmed[key][0]}"
        elif others := seen[key] - {code}:
            reasons[key] = f"observed as {', '.join(sorted(others))}"
        elif key in known:
            reasons[key] = "the catalogue has the title"
    return reasons


def renew_synonyms(db: Database) -> SynonymReport:
    """Note what has been observed since, confirm what is confirmed by now, withdraw what is contradicted."""
    with db.transaction() as connection:
        rows = connection.execute(db.queries["new_observations"]).fetchall()
        noted = [[row[column] for column in _COLUMNS] for row in rows]
        db.upsert("occupation_observations", _COLUMNS, noted, ["posting_id"], connection)
    observations = [
        Observation(**{**row, "text_hash": bytes(row["text_hash"])}) for row in db.rows("occupation_observations")
    ]
    decisions, known = load_decisions(db), _known_keys(db)
    in_force = [(row["title_key"], row["kldb"]) for row in db.rows("confirmed_synonyms")]
    reasons = withdrawn(in_force, observations, known, decisions)
    fresh = {
        key: synonym
        for key, synonym in confirmed_by(observations).items()
        if key not in known and (key, synonym.kldb) not in in_force and key not in decisions.confirmed
        and synonym.kldb not in decisions.rejected.get(key, ())
    }  # fmt: skip
    with db.transaction() as connection:
        for key, reason in reasons.items():
            connection.execute(db.queries["withdraw_synonyms"], {"title_keys": [key], "reason": reason})
        for key, synonym in fresh.items():
            params = {"title_key": key, "title": synonym.title, "kldb": synonym.kldb, "evidence": [*synonym.evidence]}
            connection.execute(db.queries["confirm_synonym"], params)
    return SynonymReport(len(observations), len(fresh), len(reasons), len(in_force) - len(reasons) + len(fresh))


def _known_keys(db: Database) -> frozenset[str]:
    """Of the catalogue as it was imported."""
    catalogue = load_catalogue(db)
    return frozenset(match_key(key) for key in (*catalogue.labels, *catalogue.synonyms))
