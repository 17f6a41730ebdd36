import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from ty_assets.postings.ingest import ingest
from ty_assets.postings.normalise import posting_id
from ty_assets.postings.store import StoredPostings, store_postings
from ty_resources.postgres import Database
from ty_resources.sources.files import FileSource

_FIRST, _SECOND, _THIRD = (dt.date(2026, 3, day) for day in (2, 3, 4))

_TEXT = """Die Gärtnerei Lindenhof zieht seit drei Generationen Stauden und Gehölze für Parks und private Gärten.

Ihre Aufgaben
- Vermehren, Topfen und Pflegen von Stauden unter Glas und im Freiland
- Bewässerung und Düngung nach Plan, Kontrolle auf Schädlinge
- Kommissionieren von Aufträgen für Landschaftsbetriebe
- Beratung von Kundschaft im Verkauf an zwei Samstagen im Monat

Ihr Profil
- Abgeschlossene Ausbildung in der Fachrichtung Staudengärtnerei oder Zierpflanzenbau
- Kenntnisse im Pflanzenschutz mit Sachkundenachweis
- Führerschein der Klasse B, gern auch BE
- Körperliche Belastbarkeit und Freude an der Arbeit im Freien

Wir bieten
- 39 Stunden in der Woche, im Winter ein Zeitkonto
- Weihnachtsgeld und einen Zuschuss zur Arbeitskleidung"""
_OTHER = _TEXT.replace("Pflanzenschutz mit Sachkundenachweis", "Baumpflege mit Seilklettertechnik")


def _record(source: str, number: str, day: dt.date, text: str = _TEXT, **rest: Any) -> dict[str, Any]:
    return {
        "source": source,
        "external_id": number,
        "title": "Gärtner (m/w/d) Staudengärtnerei",
        "description": text,
        "employer": "Gärtnerei Lindenhof GmbH",
        "city": "Wiesbaden",
        "first_seen_on": day.isoformat(),
        **rest,
    }


def _reposted(text: str = _TEXT) -> str:
    body = "".join(f"<p>{line.removeprefix('- ')}</p>" for line in text.splitlines())
    return f"<div>{body}</div><p>Jetzt bewerben unter Referenznummer 4711-0815.</p>"


@pytest.fixture
def receive(db: Database, tmp_path: Any) -> Any:
    def do(*records: Mapping[str, Any], today: dt.date = _THIRD) -> StoredPostings:
        days = sorted({dt.date.fromisoformat(record["first_seen_on"]) for record in records})
        path = tmp_path / f"{uuid.uuid4().hex}.jsonl"
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
        ingest(
            db,
            FileSource(path, 0.0),
            days,
            undated=None,
            today=today,
            now=dt.datetime.now(dt.UTC),
            max_chars=10**6,
            max_attempts=3,
        )
        return store_postings(db, days, max_attempts=3)

    return do


def _links(db: Database) -> dict[str, str | None]:
    """external id -> that of the canonical posting."""
    with db.transaction() as connection:
        rows = connection.execute(
            "SELECT p.external_id, c.external_id AS canonical FROM postings p"
            " LEFT JOIN postings c ON c.posting_id = p.duplicate_of"
        ).fetchall()
    return {row["external_id"]: row["canonical"] for row in rows}


def _methods(db: Database) -> dict[str, tuple[str, bool]]:
    with db.transaction() as connection:
        rows = connection.execute(
            "SELECT p.external_id, l.method, l.similarity, l.canonical = p.duplicate_of AS agrees, l.doubtful"
            " FROM posting_links l JOIN postings p USING (posting_id)"
        ).fetchall()
    assert all(row["agrees"] and not row["doubtful"] and row["similarity"] >= 0.95 for row in rows)
    return {row["external_id"]: row["method"] for row in rows}


def test_the_same_job_from_another_source_is_linked_to_the_first(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST))
    told = receive(_record("board", "b", _SECOND, _reposted()))
    assert _links(db) == {"a": None, "b": "a"}
    assert _methods(db) == {"b": "near"}
    assert told.relinked == 1


def test_a_copy_is_not_worked_on_again(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted()))
    (row,) = db.rows("posting_texts", days=[_FIRST, _SECOND])
    assert row["posting_id"] == posting_id("agency", "a")


def test_a_sibling_with_another_requirement_speaks_for_itself(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted(_OTHER)))
    assert _links(db) == {"a": None, "b": None}


def test_the_same_job_in_another_city_speaks_for_itself(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted(), city="Mainz"))
    assert _links(db) == {"a": None, "b": None}


def test_who_was_seen_first_speaks_even_if_it_is_loaded_last(db: Database, receive: Any) -> None:
    receive(_record("board", "late", _SECOND, _reposted()), _record("mirror", "copy", _THIRD, _reposted()))
    assert _links(db) == {"late": None, "copy": "late"}
    told = receive(_record("agency", "early", _FIRST))
    assert _links(db) == {"early": None, "late": "early", "copy": "early"}
    assert told.other_days == {_SECOND, _THIRD}
    assert _methods(db) == {"late": "near", "copy": "near"}


def test_near_copies_of_who_speaks_no_more_are_linked_to_who_does(db: Database, receive: Any) -> None:
    prefaced = "Unser Team freut sich auf Ihre Bewerbung bei uns.\n\n" + _TEXT
    receive(_record("board", "late", _SECOND, _reposted()), _record("mirror", "copy", _THIRD, prefaced))
    assert _links(db) == {"late": None, "copy": "late"}
    receive(_record("agency", "early", _FIRST))
    assert _links(db) == {"early": None, "late": "early", "copy": "early"}


def test_a_text_that_changes_into_another_is_unlinked(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted()))
    assert _links(db)["b"] == "a"
    receive(_record("board", "b", _SECOND, _reposted(_OTHER)))
    assert _links(db) == {"a": None, "b": None}
    assert _methods(db) == {}


def test_copies_of_a_text_that_changes_find_each_other(db: Database, receive: Any) -> None:
    receive(
        _record("agency", "a", _FIRST),
        _record("board", "b", _SECOND, _reposted()),
        _record("mirror", "c", _THIRD, _TEXT + "\n\nJetzt bewerben!"),
    )
    assert _links(db) == {"a": None, "b": "a", "c": "a"}
    told = receive(_record("agency", "a", _FIRST, _OTHER))
    assert _links(db) == {"a": None, "b": None, "c": "b"}
    assert told.other_days == {_SECOND, _THIRD}


def test_equal_texts_stay_linked_as_equal(db: Database, receive: Any) -> None:
    receive(
        _record("agency", "a", _FIRST),
        _record("mirror", "same", _SECOND),
        _record("board", "b", _SECOND, _reposted()),
        _record("other board", "b2", _THIRD, _reposted()),
    )
    assert _links(db) == {"a": None, "same": "a", "b": "a", "b2": "a"}
    assert _methods(db) == {"same": "exact", "b": "near", "b2": "near"}


def test_a_second_run_compares_nothing_and_changes_nothing(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted()))
    again = store_postings(db, [_FIRST, _SECOND], max_attempts=3)
    assert (again.relinked, again.compared, again.other_days) == (0, 0, set())


def test_the_order_of_arrival_does_not_matter(db: Database, receive: Any) -> None:
    records = [
        _record("agency", "a", _FIRST),
        _record("board", "b", _SECOND, _reposted()),
        _record("mirror", "c", _THIRD, _TEXT.upper()),
        _record("agency", "d", _THIRD, _OTHER),
    ]
    for record in reversed(records):
        receive(record)
    assert _links(db) == {"a": None, "b": "a", "c": "a", "d": None}


def test_matches_of_what_turns_out_to_be_a_copy_go(db: Database, receive: Any) -> None:
    receive(_record("board", "b", _SECOND, _reposted()))
    person = uuid.uuid4()
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO profile_documents (profile_id, bucket, format, origin, document)"
            " VALUES (%s, 1, 'json-resume', 'test', '{}')",
            [person],
        )
        connection.execute(
            "INSERT INTO profiles (profile_id, bucket, headline, summary, language, input_hash, task_version)"
            " VALUES (%s, 1, '', '', 'de', '', '1')",
            [person],
        )
        connection.execute(
            "INSERT INTO profile_posting_matches (profile_id, posting_id, day, score, tier, passed_gates, basis,"
            " matched, missing, model, task_version, input_hash)"
            " VALUES (%s, %s, %s, 0.9, 'strong', true, 'title', '[]', '[]', 'm', '1', '')",
            [person, posting_id("board", "b"), _SECOND],
        )
        connection.execute("INSERT INTO reading_requests (posting_id) VALUES (%s)", [posting_id("board", "b")])
    receive(_record("agency", "a", _FIRST))
    with db.transaction() as connection:
        matches = connection.execute("SELECT count(*) AS n FROM profile_posting_matches").fetchone()
        requests = connection.execute("SELECT posting_id FROM reading_requests").fetchall()
    assert matches == {"n": 0}
    assert requests == [{"posting_id": posting_id("agency", "a")}]


def test_a_run_killed_before_copies_were_compared_again_is_finished_by_the_next(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted(_OTHER)))
    with db.transaction() as connection:  # as a run leaves it that has ended between two batches
        connection.execute("UPDATE postings SET duplicate_of = %s WHERE external_id = 'b'", [posting_id("agency", "a")])
        connection.execute(
            "INSERT INTO posting_links (posting_id, canonical, similarity, method, doubtful)"
            " VALUES (%s, %s, 0.99, 'near', true)",
            [posting_id("board", "b"), posting_id("agency", "a")],
        )
    told = store_postings(db, [_THIRD], max_attempts=3)
    assert _links(db) == {"a": None, "b": None}
    assert told.other_days == {_SECOND}


def test_what_leaves_the_scope_is_linked_to_no_other_text(db: Database, receive: Any) -> None:
    receive(_record("agency", "a", _FIRST), _record("board", "b", _SECOND, _reposted()))
    receive(_record("board", "b", _SECOND, _reposted(), title="Stellengesuch Gärtner Staudengärtnerei"))
    assert _links(db) == {"a": None, "b": None}
