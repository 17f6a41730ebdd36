"""Matches over real tables: days without postings, postings without requirements, people who come later."""

import json
from pathlib import Path

from sample_pipeline import Pipeline

from ty_jobs.demo import samples

NURSE = samples() / "profiles" / "nurse.json"


def feed(folder: Path, *records: dict[str, object]) -> Path:
    file = folder / "feed.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return file


def posting(number: int, day: str, title: str, description: str) -> dict[str, object]:
    return {"external_id": str(number), "title": title, "description": description, "first_seen_on": day}


def test_days_without_postings_and_postings_without_requirements_are_matched_too(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    only_title = posting(1, "2026-03-02", "Gesundheits- und Krankenpfleger (m/w/d)", "Unser Haus liegt am See.")
    source = feed(tmp_path, only_title)
    pipeline.people([NURSE])
    told = pipeline.postings(["2026-03-01", "2026-03-02", "2026-03-03"], source)
    assert told.success, told.errors
    (match,) = pipeline.select("SELECT basis, score, tier, matched FROM profile_posting_matches")
    assert match["basis"] == "title"
    assert match["matched"] == []
    assert 0.2 < match["score"] < 0.6


def test_people_who_come_later_are_matched_with_days_that_are_done(pipeline: Pipeline, tmp_path: Path) -> None:
    text = "Ihr Profil:\n- Examinierte Pflegefachkraft\n- Erfahrung in der Intensivpflege\n"
    source = feed(tmp_path, posting(1, "2026-03-02", "Pflegefachkraft (m/w/d)", text))
    assert pipeline.postings(["2026-03-02"], source).rows["match_scores"] == 0
    pipeline.people([NURSE])
    calls = pipeline.engine.calls
    told = pipeline.run("matches_job", ["2026-03-01", "2026-03-02"])
    assert told.success, told.errors
    assert told.rows["match_analyses"] == 1
    assert pipeline.engine.calls == calls
    (analysis,) = pipeline.select("SELECT recommendation, go_reasons, cover_letter FROM match_analyses")
    assert analysis["recommendation"] == "apply"
    assert any("Intensivpflege" in reason["posting_quote"] for reason in analysis["go_reasons"])


def test_a_posting_that_changes_is_matched_anew_and_an_old_day_is_left_alone(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    nursing = "Ihr Profil:\n- Examinierte Pflegefachkraft\n- Erfahrung in der Intensivpflege\n"
    trucks = "Ihr Profil:\n- Führerschein Klasse CE\n- Erfahrung im Fernverkehr\n"
    other = posting(2, "2026-03-01", "Pflegefachkraft im Nachtdienst", nursing)
    source = feed(tmp_path, other, posting(1, "2026-03-02", "Pflegefachkraft", nursing))
    pipeline.people([NURSE])
    pipeline.postings(["2026-03-01", "2026-03-02"], source)
    before = {row["day"]: row for row in pipeline.select("SELECT day, score, input_hash FROM profile_posting_matches")}
    feed(tmp_path, other, posting(1, "2026-03-02", "LKW-Fahrer", trucks))
    told = pipeline.postings(["2026-03-02"], source)
    after = {row["day"]: row for row in pipeline.select("SELECT day, score, input_hash FROM profile_posting_matches")}
    old, new = sorted(before)
    assert told.metadata["raw_postings"]["new"] == 1
    assert after[old] == before[old]
    assert after[new]["score"] < before[new]["score"] / 2
    (raw,) = pipeline.select("SELECT count(*) AS n FROM raw_postings WHERE external_id = '1'")
    assert raw["n"] == 2


def test_an_older_day_that_is_loaded_later_moves_the_posting_and_keeps_the_newer_text(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    nursing = "Ihr Profil:\n- Examinierte Pflegefachkraft\n"
    undated = {"external_id": "1", "title": "Pflegefachkraft", "description": nursing}
    pipeline.people([NURSE])
    source = feed(tmp_path, {**undated, "title": "Pflegefachkraft im Nachtdienst"})
    assert pipeline.postings(["2026-03-03"], source).success
    feed(tmp_path, undated)
    for _ in range(2):
        told = pipeline.postings(["2026-03-02"], source)
        assert told.success, told.errors
    assert pipeline.postings(["2026-03-03"], source).success
    (stored,) = pipeline.select("SELECT title, first_seen_on::text, last_seen_on::text FROM postings")
    assert (stored["first_seen_on"], stored["last_seen_on"]) == ("2026-03-02", "2026-03-03")
    (match,) = pipeline.select("SELECT day::text FROM profile_posting_matches")
    assert match["day"] == "2026-03-02"


def test_a_text_that_goes_back_to_an_old_one_is_followed(pipeline: Pipeline, tmp_path: Path) -> None:
    texts = ["Koch gesucht für den Abend.", "Koch gesucht für den Morgen.", "Koch gesucht für den Abend."]
    for day, text in zip(("2026-03-02", "2026-03-03", "2026-03-04"), texts, strict=True):
        source = feed(tmp_path, {"external_id": "1", "title": "Koch", "description": text})
        assert pipeline.postings([day], source).success
        (stored,) = pipeline.select("SELECT description, first_seen_on::text, last_seen_on::text FROM postings")
        assert stored == {"description": text, "first_seen_on": "2026-03-02", "last_seen_on": day}
    (raw,) = pipeline.select("SELECT count(*) AS n FROM raw_postings")
    assert raw["n"] == 2


def test_a_posting_that_is_only_seen_again_keeps_its_rows_and_its_last_day_moves(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    source = feed(tmp_path, {"external_id": "1", "title": "Koch", "description": "Ihr Profil:\n- Ausbildung als Koch"})
    pipeline.postings(["2026-03-02"], source)
    calls = pipeline.engine.calls
    assert pipeline.postings(["2026-03-05"], source).success
    assert pipeline.engine.calls == calls
    (stored,) = pipeline.select("SELECT first_seen_on::text, last_seen_on::text FROM postings")
    assert stored == {"first_seen_on": "2026-03-02", "last_seen_on": "2026-03-05"}


def test_of_two_records_of_one_id_in_a_file_the_later_counts(pipeline: Pipeline, tmp_path: Path) -> None:
    first, second = (posting(1, "2026-03-02", title, "Ihr Profil:\n- Ausbildung") for title in ("Koch", "Kellner"))
    for records, title in (((first, second), "Kellner"), ((second, first), "Koch")):
        pipeline.postings(["2026-03-02"], feed(tmp_path, *records))
        (stored,) = pipeline.select("SELECT title FROM postings")
        assert stored["title"] == title


def test_an_advertisement_that_had_run_out_before_it_was_found_is_nobodys_match(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    nursing = "Ihr Profil:\n- Examinierte Pflegefachkraft\n"
    expired = posting(1, "2026-03-02", "Pflegefachkraft", nursing) | {"valid_through": "2026-02-01"}
    open_one = posting(2, "2026-03-02", "Pflegefachkraft im Nachtdienst", nursing) | {"valid_through": "2026-03-02"}
    pipeline.people([NURSE])
    assert pipeline.postings(["2026-03-02"], feed(tmp_path, expired, open_one)).success
    matches = pipeline.select("SELECT p.external_id FROM profile_posting_matches m JOIN postings p USING (posting_id)")
    assert [row["external_id"] for row in matches] == ["2"]
