-- A few rows of each table for the Dagster UI; people's tables have none.

-- name: preview_postings
SELECT p.title, p.employer, p.city, p.language, p.in_scope, p.scope_reasons, p.duplicate_of IS NOT NULL AS duplicate,
       l.method, l.similarity
FROM postings p LEFT JOIN posting_links l USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY p.posting_id LIMIT 5;

-- name: preview_posting_summaries
SELECT p.title, s.summary FROM posting_summaries s JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY posting_id LIMIT 5;

-- name: preview_posting_requirements
SELECT p.title, r.text, r.must, r.kind FROM posting_requirements r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY posting_id, r.ordinal LIMIT 8;

-- name: preview_posting_facets
SELECT p.title, f.kind, f.term, f.cefr, f.years, f.must, f.negated, f.weight, f.quote
FROM posting_facets f JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY posting_id, f.ordinal LIMIT 8;

-- name: preview_posting_professions
SELECT p.title, m.decision, m.method, m.kldb, m.name, m.score
FROM posting_professions m JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY posting_id LIMIT 8;

-- name: preview_posting_llm_analysis
SELECT p.title, a.analysis ->> 'ideal_candidate' AS ideal_candidate, a.analysis -> 'critical_skills' AS critical_skills
FROM posting_llm_analysis a JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY posting_id LIMIT 5;

-- name: preview_demand_snapshot
SELECT * FROM demand_snapshot WHERE day = ANY(:days) ORDER BY active DESC, occupation_group, region LIMIT 8;

-- name: preview_profession_similarity
SELECT * FROM profession_similarity WHERE day = ANY(:days) ORDER BY similarity DESC, kldb_a, kldb_b LIMIT 8;

-- name: stage_counts
SELECT p.first_seen_on AS day, sum(d.row_count) AS rows, count(*) AS postings, sum(d.removed) AS removed_claims
FROM derivations d JOIN postings p ON p.posting_id = d.subject
WHERE d.stage = :stage AND p.first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: preview_posting_readings
SELECT p.title, r.reading ->> 'summary' AS summary, jsonb_array_length(r.reading -> 'requirements') AS requirements,
       jsonb_array_length(r.reading -> 'facets') AS facets, r.model
FROM posting_readings r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY r.made_at DESC, r.posting_id LIMIT 5;

-- name: preview_posting_relevance
SELECT p.title, v.relevance, v.decision, v.reason FROM posting_relevance v JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) ORDER BY p.posting_id LIMIT 8;
