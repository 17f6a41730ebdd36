"""The sample days end to end on the embedded engine: what a newcomer sees, and what a data engineer counts on."""

import json

import pytest
from sample_pipeline import SAMPLE_DAYS, Pipeline

from ty_jobs.demo import samples

pytestmark = pytest.mark.xdist_group("demo")


def top(demo: Pipeline, headline: str, count: int = 5) -> list[dict[str, object]]:
    return demo.select(
        "SELECT p.title, m.score, o.kldb FROM profile_posting_matches m JOIN postings p USING (posting_id)"
        " LEFT JOIN posting_professions o USING (posting_id) JOIN profiles u USING (profile_id)"
        " WHERE u.headline ILIKE %s AND m.passed_gates ORDER BY m.score DESC, m.posting_id LIMIT %s",
        headline,
        count,
    )


def test_a_nurse_is_shown_nursing_jobs(demo: Pipeline) -> None:
    titles = [str(row["title"]) for row in top(demo, "%pfleg%")]
    assert len(titles) == 5
    assert all(any(word in title.lower() for word in ("pfleg", "nurse", "nursing", "care")) for title in titles), titles


def test_a_data_engineer_is_shown_data_jobs(demo: Pipeline) -> None:
    titles = [str(row["title"]) for row in top(demo, "%data engineer%")]
    assert len(titles) == 5
    fields = ("data", "daten", "analytics", "machine learning", "bi-")
    assert all(any(word in title.lower() for word in fields) for title in titles), titles
    assert "data engineer" in titles[0].lower()


def test_everything_that_came_is_somewhere(demo: Pipeline) -> None:
    received = sum(
        1 for file in (samples() / "postings").glob("*.jsonl") for line in file.read_text("utf-8").splitlines() if line
    )
    (counts,) = demo.select(
        "SELECT (SELECT count(*) FROM raw_postings) AS raw, (SELECT count(*) FROM postings) AS postings,"
        " (SELECT count(*) FROM postings WHERE in_scope AND duplicate_of IS NULL) AS derive,"
        " (SELECT count(*) FROM posting_summaries) AS summaries,"
        " (SELECT count(*) FROM posting_professions) AS professions,"
        " (SELECT count(*) FROM posting_llm_analysis) AS analyses, (SELECT count(*) FROM failures) AS failures"
    )
    assert received == counts["raw"] == counts["postings"]
    assert counts["derive"] == counts["summaries"] == counts["professions"] == counts["analyses"]
    assert counts["failures"] == 0


def test_every_requirement_quotes_the_posting_verbatim(demo: Pipeline) -> None:
    rows = demo.select("SELECT r.quote, p.description FROM posting_requirements r JOIN postings p USING (posting_id)")
    assert len(rows) > 200
    for row in rows:
        assert " ".join(str(row["quote"]).split()) in " ".join(str(row["description"]).split())


def test_derived_rows_carry_their_provenance(demo: Pipeline) -> None:
    for table in ("posting_summaries", "posting_requirements", "posting_facets", "posting_llm_analysis"):
        rows = demo.select(f"SELECT DISTINCT model, task_version, length(input_hash) AS size FROM {table}")
        assert {row["model"] for row in rows} == {"embedded-rules"}
        assert {row["size"] for row in rows} == {16}
        assert len({row["task_version"] for row in rows}) == 1


def test_hidden_and_injected_orders_leave_no_trace_in_rows(demo: Pipeline) -> None:
    rows = demo.select(
        "SELECT r.text AS said FROM posting_requirements r UNION ALL SELECT summary FROM posting_summaries"
        " UNION ALL SELECT term FROM posting_facets UNION ALL SELECT analysis::text FROM posting_llm_analysis"
    )
    said = "\n".join(str(row["said"]) for row in rows).lower()
    assert "ignore previous" not in said
    assert "ignore all previous" not in said
    assert "applicant 100" not in said


def test_the_duplicate_points_to_the_first_and_is_not_derived_again(demo: Pipeline) -> None:
    rows = demo.select(
        "SELECT d.posting_id, d.first_seen_on, c.first_seen_on AS canonical_day,"
        " (SELECT count(*) FROM posting_facets f WHERE f.posting_id = d.posting_id) AS facets"
        " FROM postings d JOIN postings c ON c.posting_id = d.duplicate_of"
    )
    assert len(rows) >= 1
    assert all(row["canonical_day"] <= row["first_seen_on"] and row["facets"] == 0 for row in rows)


def test_the_top_matches_are_explained_with_letter_or_narrative(demo: Pipeline) -> None:
    rows = demo.select("SELECT recommendation, cover_letter, nogo_narrative, similarity FROM match_analyses")
    assert {row["recommendation"] for row in rows} == {"apply", "skip"}
    for row in rows:
        assert (row["cover_letter"] is None) == (row["recommendation"] == "skip")
        assert (row["nogo_narrative"] is None) == (row["recommendation"] == "apply")
        matrix = row["similarity"]
        assert all(len(cells) == len(matrix["skills"]) for cells in matrix["cells"])
        assert all(0 <= cell <= 1 for cells in matrix["cells"] for cell in cells)


def test_the_same_again_asks_no_engine_and_changes_no_bit(demo: Pipeline) -> None:
    before, calls, encoded = demo.checksums(), demo.engine.calls, demo.engine.encoded
    told = demo.postings(SAMPLE_DAYS, samples() / "postings")
    for again in demo.people(sorted((samples() / "profiles").glob("*.json"))):
        assert again.success
    assert told.success
    assert (demo.engine.calls, demo.engine.encoded) == (calls, encoded)
    assert demo.checksums() == before


def test_the_demand_of_a_day_counts_each_job_once(demo: Pipeline) -> None:
    rows = demo.select("SELECT day, sum(active) AS active, sum(new) AS new FROM demand_snapshot GROUP BY 1 ORDER BY 1")
    jobs = demo.select(
        "SELECT first_seen_on AS day, count(*) AS jobs FROM postings WHERE in_scope AND duplicate_of IS NULL GROUP BY 1"
        " ORDER BY 1"
    )
    assert [row["new"] for row in rows] == [row["jobs"] for row in jobs]
    assert [row["active"] for row in rows] == [sum(j["jobs"] for j in jobs[: i + 1]) for i in range(3)]


def test_people_are_stored_without_their_names(demo: Pipeline) -> None:
    contacts = demo.select("SELECT name, email FROM profile_contacts")
    text = json.dumps(
        demo.select("SELECT headline, summary FROM profiles")
        + demo.select("SELECT position, description FROM profile_work_history")
        + demo.select("SELECT term, reason, quote FROM profile_facets")
        + demo.select("SELECT output FROM inference_cache"),
        ensure_ascii=False,
    )
    kept = {str(row["text"]) for row in demo.select("SELECT text FROM embeddings")}
    positions = {str(row["position"]) for row in demo.select("SELECT position FROM profile_work_history")}
    assert not {title for title in positions & kept if "," in title}
    assert len(contacts) == 4
    for contact in contacts:
        assert contact["name"] not in text
        assert contact["email"] not in text


def test_deleting_a_person_leaves_nothing_of_them(demo: Pipeline) -> None:
    tables = ("profiles", "profile_facets", "profile_embeddings", "profile_posting_matches", "match_analyses")
    with demo.db.transaction() as connection, connection.transaction(force_rollback=True):
        person = connection.execute("DELETE FROM profile_documents RETURNING profile_id").fetchall()
        assert len(person) == 4
        for table in tables:
            assert connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()["n"] == 0
        owned = connection.execute("SELECT count(*) AS n FROM inference_cache WHERE owner IS NOT NULL").fetchone()
        assert owned["n"] == 0
