-- What screening keeps in memory. ids, days: only these postings; null for all.

-- name: read_as_of_one_moment!
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: export_snapshot
SELECT pg_export_snapshot() AS snapshot;

-- name: read_as_of_snapshot!
SET TRANSACTION SNAPSHOT {snapshot};

-- name: read_much!
-- For reading everything: with less, millions of facets are sorted through temporary files.
SET LOCAL work_mem = '128MB';

-- name: current_snapshot
SELECT pg_current_snapshot()::text AS snapshot;

-- name: changed_postings
-- What a reader of an earlier snapshot has not seen.
SELECT DISTINCT posting_id FROM posting_changes
WHERE xact >= pg_snapshot_xmin(:snapshot::pg_snapshot) AND NOT pg_visible_in_snapshot(xact, :snapshot::pg_snapshot);

-- name: forget_posting_changes!
-- Nobody refreshes from before this; a reader that old reads everything.
DELETE FROM posting_changes WHERE changed_at < now() - make_interval(hours => :hours);

-- name: screened_postings
-- As posting_heads has them, without what only the few that are shown need.
SELECT uuid_send(p.posting_id), p.first_seen_on, p.title_hash,
       CASE WHEN m.decision = 'accepted' THEN m.kldb WHEN m.score >= 0.5 THEN left(m.kldb, 4) || '0' END AS kldb,
       p.city, p.region, p.remote, a.analysis ->> 'domain_gates' AS domain_gates, p.pay
FROM postings p
JOIN derivations d ON d.subject = p.posting_id AND d.stage = 'posting_facets'
LEFT JOIN posting_professions m USING (posting_id)
LEFT JOIN posting_llm_analysis a USING (posting_id)
WHERE (:ids::uuid[] IS NULL OR p.posting_id = ANY(:ids::uuid[]))
  AND (:days::date[] IS NULL OR p.first_seen_on = ANY(:days::date[]))
  AND p.in_scope AND p.duplicate_of IS NULL AND p.available
  AND (p.status = 'active' AND COALESCE(p.valid_through >= p.first_seen_on, true)
       OR EXISTS (SELECT FROM postings m WHERE m.duplicate_of = p.posting_id AND m.status = 'active'
                  AND COALESCE(m.valid_through >= p.first_seen_on, true)));

-- name: screened_facets
-- One row for each posting, its facets one behind the other in 38 bytes each: eight times as few rows to send.
SELECT f.posting_id,
       string_agg(f.text_hash || int2send(f.ordinal) || int2send(f.requirement_ordinal)
                  || int2send(COALESCE(f.alternative_group, (-1)::smallint))
                  || int2send((COALESCE(array_position(:kinds::text[], f.kind), 0) - 1)::smallint)
                  || int2send(COALESCE(array_position(:cefr::text[], f.cefr), 0)::smallint)
                  || float4send(COALESCE(f.years, 'NaN'::real)) || int2send(COALESCE(f.level, 0::smallint))
                  || boolsend(f.must) || boolsend(f.negated) || float4send(f.weight), ''::bytea)
FROM posting_facets f JOIN postings p USING (posting_id)
WHERE (:ids::uuid[] IS NULL OR f.posting_id = ANY(:ids::uuid[]))
  AND (:days::date[] IS NULL OR p.first_seen_on = ANY(:days::date[]))
  AND p.in_scope AND p.duplicate_of IS NULL AND p.available
GROUP BY f.posting_id;

-- name: vector_count
SELECT count(*) AS count FROM embeddings WHERE model = :model;

-- name: dimension_of
-- 0 where there is none.
SELECT coalesce((SELECT vector_dims(embedding) FROM embeddings WHERE model = :model LIMIT 1), 0) AS dimension;

-- name: screened_terms
SELECT e.text_hash, e.text FROM embeddings e
WHERE e.model = :model AND e.text_hash IN (
    SELECT f.text_hash FROM posting_facets f JOIN postings p USING (posting_id)
    WHERE (:days::date[] IS NULL OR p.first_seen_on = ANY(:days::date[]))
      AND p.in_scope AND p.duplicate_of IS NULL AND p.available);

-- name: screened_titles
SELECT e.text_hash, e.text FROM embeddings e
WHERE e.model = :model AND e.text_hash IN (
    SELECT p.title_hash FROM postings p
    WHERE (:days::date[] IS NULL OR p.first_seen_on = ANY(:days::date[]))
      AND p.in_scope AND p.duplicate_of IS NULL AND p.available);

-- name: vectors_of_model
SELECT e.text_hash, e.embedding FROM embeddings e WHERE e.model = :model;

-- name: vectors_of_hashes
SELECT e.text_hash, e.embedding, e.text FROM embeddings e WHERE e.model = :model AND e.text_hash = ANY(:hashes::bytea[]);

-- name: heads_of_postings
-- What the rows of matches need of the few postings that are kept.
SELECT p.posting_id, p.first_seen_on, p.language, d.input_hash AS facets_hash, d.task_version AS facets_version,
       d.model AS facets_model, a.input_hash AS analysis_hash, a.task_version AS analysis_version,
       a.model AS analysis_model, m.input_hash AS profession_hash, m.task_version AS profession_version,
       m.model AS profession_model
FROM postings p
JOIN derivations d ON d.subject = p.posting_id AND d.stage = 'posting_facets'
LEFT JOIN posting_professions m USING (posting_id)
LEFT JOIN posting_llm_analysis a USING (posting_id)
WHERE p.posting_id = ANY(:ids::uuid[]);

-- name: requirement_texts_of_postings
SELECT posting_id, ordinal, text FROM posting_requirements WHERE posting_id = ANY(:ids::uuid[]);

-- name: terms_of_postings
SELECT DISTINCT text_hash, term FROM posting_facets WHERE posting_id = ANY(:ids::uuid[]);

-- name: days_matched
-- In which model's vectors each day was matched last.
SELECT subject, model FROM derivations WHERE stage = :stage;

-- name: hashes_with_vector
SELECT text_hash FROM embeddings WHERE model = :model AND text_hash = ANY(:hashes::bytea[]);

-- name: postings_asking_for
SELECT DISTINCT posting_id FROM posting_facets WHERE text_hash = ANY(:hashes::bytea[]);

-- name: newcomer
-- A person whose facets and vectors are there and whose matches are not: the models of the vectors; no row for others.
SELECT array_agg(DISTINCT e.model) AS models
FROM profile_careers c JOIN profile_embeddings e USING (profile_id)
WHERE c.profile_id = :profile_id
  AND NOT EXISTS (SELECT FROM profile_posting_matches m WHERE m.profile_id = c.profile_id)
GROUP BY c.profile_id;

-- name: screened_person
-- The same of somebody who may have matches.
SELECT array_agg(DISTINCT e.model) AS models
FROM profile_careers c JOIN profile_embeddings e USING (profile_id)
WHERE c.profile_id = :profile_id
GROUP BY c.profile_id;

-- name: drop_matches_of!
WITH analyses AS (DELETE FROM match_analyses WHERE profile_id = :profile_id)
DELETE FROM profile_posting_matches WHERE profile_id = :profile_id;

-- name: screened_in_sql
-- What the benchmark compares with: the same product and the same sums by pgvector, for the terms below a hash.
WITH skills AS MATERIALIZED (
    SELECT embedding FROM profile_embeddings WHERE profile_id = :profile_id AND model = :model
),
best AS (
    SELECT e.text_hash, max(-(e.embedding <#> s.embedding)) AS cosine
    FROM embeddings e CROSS JOIN skills s
    WHERE e.model = :model AND e.text_hash < :below GROUP BY e.text_hash
)
SELECT f.posting_id, sum(f.weight * b.cosine) / sum(f.weight) AS score
FROM posting_facets f JOIN best b USING (text_hash)
GROUP BY f.posting_id ORDER BY score DESC LIMIT :limit;

-- name: gather_statistics!
-- After a bulk load: without statistics a plan for millions of rows is made for a few.
ANALYZE;
