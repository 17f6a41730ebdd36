import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import old_system
import pytest
from old_system import EXPECTED

from ty_assets.berufenet.store import load_catalogue
from ty_assets.legacy.export import CsvFolder, OldDatabase
from ty_assets.legacy.importer import Options, import_legacy
from ty_assets.legacy.quick_postings import QuickReading
from ty_assets.legacy.report import ImportReport
from ty_assets.legacy.tables import LegacyError
from ty_assets.postings.ingest import ingest
from ty_assets.postings.normalise import posting_id, text_hash
from ty_assets.postings.store import store_postings
from ty_assets.profiles.store import store_profiles
from ty_resources.postgres import Database
from ty_resources.sources.files import FileSource

Make = Callable[..., Options]
DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(69)]


def select(db: Database, statement: str) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        return connection.execute(statement).fetchall()  # type: ignore[arg-type]


def counts(report: ImportReport) -> dict[str, tuple[int, int, int, int]]:
    return {
        t.table: (t.counts.read, t.counts.stored, t.counts.refused, sum(t.counts.left_out.values()))
        for t in report.tables
    }


def content(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything an import brings, without times and places of the import."""
    return {
        "raw": select(
            db, "SELECT source, external_id, content_hash, fetched_on, payload FROM raw_postings ORDER BY 1,2,3"
        ),
        "seen": select(
            db, "SELECT source, external_id, first_seen_on, last_seen_on, content_hash FROM sightings ORDER BY 1,2"
        ),
        "ids": select(db, "SELECT * FROM legacy_ids ORDER BY 1, 2"),
        "vectors": select(db, "SELECT model, text_hash, embedding::text, needed_on FROM embeddings ORDER BY 1, 2"),
        "occupations": select(db, "SELECT * FROM occupations ORDER BY 1"),
        "synonyms": select(db, "SELECT * FROM occupation_synonyms ORDER BY 1, 2"),
        "people": select(db, "SELECT profile_id, bucket, origin, document FROM profile_documents ORDER BY 1"),
        "contacts": select(db, "SELECT * FROM profile_contacts ORDER BY 1"),
        "ratings": select(
            db, "SELECT profile_id, posting_id, rating, decision, comment FROM match_ratings ORDER BY 1, 2"
        ),
    }


def test_every_row_of_every_table_is_stored_or_named(db: Database, old_folder: Path, options: Make) -> None:
    report = import_legacy(db, CsvFolder(old_folder), options())
    report.require_sums()
    assert counts(report) == EXPECTED
    assert report.absent == []
    named = {row["subject"]: row["message"] for row in select(db, "SELECT * FROM failures WHERE stage = 'legacy'")}
    assert len(named) == sum(refused for _, _, refused, _ in EXPECTED.values())
    lines = (old_folder / "embeddings.csv").read_text().splitlines()
    (zero,) = [subject for subject, message in named.items() if "direction" in message]
    assert lines[int(zero.rpartition(":")[2]) - 1].split(",")[1] == "zero"
    assert all(select(db, "SELECT given_up FROM failures")), "nothing tries them again"


def test_a_bad_posting_is_named_by_the_line_on_which_it_begins(db: Database, old_folder: Path, options: Make) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    lines = (old_folder / "postings.csv").read_bytes().split(b"\n")
    failed = select(db, "SELECT * FROM failures WHERE subject LIKE 'postings.csv:%'")
    begun = {int(lines[int(row["subject"].rpartition(":")[2]) - 1].split(b",")[0]): row["message"] for row in failed}
    assert set(begun) == set(old_system.BAD_POSTINGS)
    assert "title: expected a text that is not empty" in begun[21]
    assert "broken character" in begun[23]
    assert "2091-01-01" in begun[24]


def test_the_database_gives_what_its_csv_files_give(
    new_database: Callable[[], str], old_url: str, old_folder: Path, options: Make
) -> None:
    with Database(new_database()) as one, Database(new_database()) as other, OldDatabase(old_url) as old:
        by_file = import_legacy(one, CsvFolder(old_folder), options())
        by_query = import_legacy(other, old, options())
        by_query.require_sums()
        assert counts(by_query) == counts(by_file) == EXPECTED
        assert {t.table: t.there for t in by_query.tables} == {name: n[0] for name, n in EXPECTED.items()}
        assert content(other) == content(one)
        named = select(other, "SELECT subject FROM failures WHERE stage = 'legacy' ORDER BY 1")
        assert "postings posting_id=22" in [row["subject"] for row in named]


def test_a_second_import_finds_everything_there_already(
    db: Database, old_url: str, old_folder: Path, options: Make
) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    before = content(db)
    with OldDatabase(old_url) as old:
        again = import_legacy(db, old, options())
    assert {t.table: t.counts.stored for t in again.tables} == dict.fromkeys(EXPECTED, 0)
    again.require_sums()
    assert content(db) == before


def test_a_mended_row_is_stored_and_no_longer_named(db: Database, old_folder: Path, options: Make) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    file = old_folder / "postings.csv"
    broken, mended = "Ein kaputtes Zeichen: \ufffd", "Ein heiles Zeichen"
    file.write_bytes(file.read_bytes().replace(broken.encode(), mended.encode()))
    report = import_legacy(db, CsvFolder(old_folder), options())
    assert counts(report)["postings"] == (18, 1, 5, 0)
    assert len(select(db, "SELECT FROM failures WHERE subject LIKE 'postings.csv:%'")) == 5


def test_fields_status_and_days_of_a_posting_are_ours(db: Database, old_folder: Path, options: Make) -> None:
    report = import_legacy(db, CsvFolder(old_folder), options())
    raw = {row["payload"]["legacy"]["posting_id"]: row for row in select(db, "SELECT * FROM raw_postings")}
    first = raw["1"]["payload"]
    assert (first["title"], first["employer"], first["city"]) == (
        "Koch/Köchin (m/w/d) 1",
        "Nordlicht Küchen GmbH",
        "Kiel",
    )
    assert first["description"].startswith('Wir kochen "frisch", jeden Tag.\r\n\tC:\\Küche')
    assert (first["external_id"], first["legacy"]["external_id"]) == ("10001-1-S", "aa-1")
    assert json.loads(first["legacy"]["domain_gate"])["primary_domain"] == "hospitality"
    assert [raw[n]["payload"]["legacy"]["status"] for n in ("1", "7", "8")] == ["active", "invalidated", "stale"]
    assert raw["7"]["payload"]["legacy"]["invalidated_reason"] == "404"
    assert (raw["11"]["external_id"], raw["11"]["payload"]["remote"]) == ("legacy-11", True)
    seen = {row["external_id"]: row for row in select(db, "SELECT * FROM sightings")}
    assert (seen["10001-1-S"]["first_seen_on"], seen["10001-1-S"]["last_seen_on"]) == (
        dt.date(2026, 2, 12),  # half past eleven at night in UTC
        dt.date(2026, 2, 20),
    )
    assert seen["10001-same-S"]["content_hash"] == raw["10"]["content_hash"], "the version that was seen last"
    assert seen["10001-12-S"]["first_seen_on"] == dt.date(2026, 1, 1)
    (postings,) = [t for t in report.tables if t.table == "postings"]
    assert list(postings.counts.notes.values()) == [1]
    ids = {row["old_id"]: row["new_id"] for row in select(db, "SELECT * FROM legacy_ids WHERE kind = 'posting'")}
    assert ids["9"] == ids["10"] == posting_id("arbeitsagentur", "10001-same-S")


def test_the_pipeline_derives_the_days_that_the_report_names(db: Database, old_folder: Path, options: Make) -> None:
    report = import_legacy(db, CsvFolder(old_folder), options())
    assert report.days == [("2026-01-01", "2026-01-01", 1), ("2026-02-12", "2026-02-12", 10)]
    told = store_postings(db, DAYS, max_attempts=3)
    assert (told.written, told.failed) == (11, 0)
    assert import_legacy(db, CsvFolder(old_folder), options()).days == []


def test_a_file_with_the_same_records_adds_no_row(
    db: Database, old_folder: Path, options: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick: set[object] = set()
    row = QuickReading.row
    monkeypatch.setattr(QuickReading, "row", lambda self, cells: quick.add(found := row(self, cells)) or found)
    import_legacy(db, CsvFolder(old_folder), options())
    assert len(quick - {None}) == 11, "all but the one without an id of its own are read quickly"
    payloads = [row["payload"] for row in select(db, "SELECT payload FROM raw_postings")]
    feed = tmp_path / "feed.jsonl"
    feed.write_text("".join(json.dumps(payload) + "\n" for payload in payloads))
    days = [*DAYS, dt.date(2025, 11, 3)]
    now = dt.datetime.now(dt.UTC)
    told = ingest(db, FileSource(feed, 0), days, undated=None, today=DAYS[-1], now=now, max_chars=10**6, max_attempts=3)
    assert (told.received, told.new, told.seen_again, told.failed) == (12, 0, 12, 0)


def test_vectors_are_ours_by_key_model_length_and_precision(db: Database, old_folder: Path, options: Make) -> None:
    report = import_legacy(db, CsvFolder(old_folder), options())
    rows = {bytes(row["text_hash"]): row for row in select(db, "SELECT * FROM embeddings")}
    welding = rows[text_hash("Schweißen nach Norm")]
    assert (welding["model"], welding["needed_on"]) == ("bge-m3@0123456789ab", dt.date(2026, 3, 10))
    stored = welding["embedding"].to_numpy().astype(np.float64)
    assert np.abs(stored - np.array(old_system.vector(2))).max() < 1e-3
    assert abs(np.linalg.norm(stored) - 1) < 1e-3
    (embeddings,) = [t.counts for t in report.tables if t.table == "embeddings"]
    assert embeddings.already_there == 1, "one text under two of the old keys"
    assert text_hash(old_system.OWN_WORDS) not in rows
    messages = " ".join(row["message"] for row in select(db, "SELECT message FROM failures"))
    for told in ("1,024 numbers, got 768", "of the length 0", "JSON list", "expected bge-m3"):
        assert told in messages


def test_vectors_wait_while_nobody_knows_the_models_name(db: Database, old_folder: Path, options: Make) -> None:
    report = import_legacy(db, CsvFolder(old_folder), options(embedding_model=None))
    report.require_sums()
    assert counts(report)["embeddings"] == (11, 0, 0, 11)


def test_people_are_derived_as_imported_ones_are(db: Database, old_folder: Path, options: Make) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    told = store_profiles(db, range(256), 3)
    assert (told.people, told.failed) == (2, 0)
    (ada,) = select(db, "SELECT * FROM profiles WHERE headline = 'Küchenchefin'")
    assert (ada["wished_places"], ada["minimum_pay"]) == (["Kiel", "Bad Segeberg"], 42000)
    jobs = select(db, f"SELECT * FROM profile_work_history WHERE profile_id = '{ada['profile_id']}' ORDER BY ordinal")
    assert [(job["kind"], job["organisation"]) for job in jobs] == [("work", "Hotel am Meer"), ("education", "IHK")]
    assert 'Preis "Goldener Löffel"' in jobs[0]["description"]
    contacts = {row["name"]: row["email"] for row in select(db, "SELECT * FROM profile_contacts")}
    assert contacts == {"Ada Beispiel": "ada@example.org", "Ben Ohne Adresse": None}
    assert "Ada" not in json.dumps(select(db, "SELECT * FROM profiles"), default=str)


def test_a_person_keeps_the_id_when_the_address_changes(db: Database, old_folder: Path, options: Make) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    before = {row["old_id"]: row["new_id"] for row in select(db, "SELECT * FROM legacy_ids WHERE kind = 'profile'")}
    file = old_folder / "profiles.csv"
    file.write_text(file.read_text().replace("ada@example.org", "ada@example.com"))
    report = import_legacy(db, CsvFolder(old_folder), options())
    assert counts(report)["profiles"][1] == 1
    assert {r["old_id"]: r["new_id"] for r in select(db, "SELECT * FROM legacy_ids WHERE kind = 'profile'")} == before
    addresses = select(db, "SELECT email FROM profile_contacts WHERE name = 'Ada Beispiel'")
    assert addresses == [{"email": "ada@example.com"}]


def test_ratings_are_kept_under_our_ids_and_go_with_the_person(db: Database, old_folder: Path, options: Make) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    ids = {(row["kind"], row["old_id"]): row["new_id"] for row in select(db, "SELECT * FROM legacy_ids")}
    rated = {(row["profile_id"], row["posting_id"]): row for row in select(db, "SELECT * FROM match_ratings")}
    best = rated[ids["profile", "1"], ids["posting", "1"]]
    assert (best["rating"], best["decision"], best["comment"], best["source"]) == (9, "apply", "Passt, genau", "legacy")
    assert best["rated_at"] == dt.datetime(2026, 2, 18, 8, tzinfo=dt.UTC)
    comment = rated[ids["profile", "2"], ids["posting", "12"]]
    assert (comment["rating"], comment["comment"]) == (None, "Zu weit weg")
    with db.transaction() as connection:
        connection.execute("DELETE FROM profile_documents WHERE profile_id = %s", (ids["profile", "1"],))
    assert len(select(db, "SELECT FROM match_ratings")) == 1


def test_a_fuller_catalogue_stays_and_learns_the_old_titles(db: Database, old_folder: Path, options: Make) -> None:
    before = load_catalogue(db)
    report = import_legacy(db, CsvFolder(old_folder), options(replace_catalogue=False))
    report.require_sums()
    after = load_catalogue(db)
    assert after.occupations == before.occupations
    assert "29302" in after.synonyms["smutje"]
    assert counts(report)["berufenet"] == (5, 0, 2, 3)


def test_the_old_catalogue_replaces_where_it_is_wanted(db: Database, old_folder: Path, options: Make) -> None:
    import_legacy(db, CsvFolder(old_folder), options())
    catalogue = load_catalogue(db)
    assert (catalogue.origin, {o.kldb for o in catalogue.occupations}) == ("legacy", {"29302", "43104"})
    assert {t for t, _ in catalogue.titles()} >= {"Smutje", "Datenklempner", "Analytics Engineer"}
    assert "Datenzauberer" not in {t for t, _ in catalogue.titles()}, "seen once by a model: not confirmed"


def test_a_check_writes_nothing_and_counts_the_same(db: Database, old_folder: Path, options: Make) -> None:
    report = import_legacy(db, CsvFolder(old_folder), options(check=True))
    report.require_sums()
    usable = {name: (read, refused, left) for name, (read, _, refused, left) in EXPECTED.items()}
    assert {name: (n[0], n[2], n[3]) for name, n in counts(report).items()} == usable
    assert not any(content(db).values())
    assert select(db, "SELECT FROM failures UNION ALL SELECT FROM legacy_imports") == []


def test_a_missing_column_is_refused_by_name_before_anything_is_written(
    db: Database, old_folder: Path, options: Make
) -> None:
    file = old_folder / "embeddings.csv"
    file.write_text(file.read_text().replace("text_hash,text,embedding,model", "text_hash,content,vector,model", 1))
    with pytest.raises(LegacyError, match="text, embedding are missing, found text_hash, content, vector, model"):
        import_legacy(db, CsvFolder(old_folder), options())
    assert not any(content(db).values())


def test_a_count_that_does_not_match_is_an_error(db: Database, old_folder: Path, options: Make) -> None:
    with (old_folder / "counts.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("table", "rows"), ("postings", 18), ("embeddings", 282_328)])
    report = import_legacy(db, CsvFolder(old_folder), options())
    with pytest.raises(LegacyError, match="embeddings: the source counts 282,328 rows, 11 were read"):
        report.require_sums()


def test_broken_lines_are_named_and_the_rest_goes_on(db: Database, old_folder: Path, options: Make) -> None:
    file = old_folder / "postings.csv"
    lines = file.read_bytes().count(b"\n")
    columns = file.read_bytes().partition(b"\n")[0].count(b",") + 1
    with file.open("ab") as stream:
        stream.write(b"99,too,few,columns\n")
        stream.write(b"98" + b",K\xf6ln" * (columns - 1) + b"\n")
        stream.write(b'97,"never closed')
    report = import_legacy(db, CsvFolder(old_folder), options())
    assert counts(report)["postings"] == (21, 12, 9, 0)
    named = {row["subject"]: row["message"] for row in select(db, "SELECT * FROM failures WHERE stage = 'legacy'")}
    assert "columns as in the header, got 4" in named[f"postings.csv:{lines + 1}"]
    assert "expected UTF-8" in named[f"postings.csv:{lines + 2}"]
    assert "quotes in pairs" in named[f"postings.csv:{lines + 3}"]


def test_only_some_tables_are_enough(db: Database, old_url: str, tmp_path: Path, options: Make) -> None:
    folder = old_system.export(old_url, tmp_path / "some", ("postings",))
    report = import_legacy(db, CsvFolder(folder), options())
    assert [t.table for t in report.tables] == ["postings"]
    assert "embeddings" in report.absent
    with pytest.raises(LegacyError, match=r"expected some of berufenet\.csv"):
        CsvFolder(tmp_path)
