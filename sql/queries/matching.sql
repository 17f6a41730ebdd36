-- name: calibration
SELECT model, cosines, credits, pairs, version FROM calibrations WHERE model = :model;

-- name: posting_heads
-- Postings that were still open on the day they came, they or a copy of them: an advertisement that had run out
-- before it was found is nobody's match. An occupation that is only likely is compared, and its level (the fifth digit)
-- judges nobody: 0.
SELECT p.posting_id, p.first_seen_on, p.title, p.title_normalised, p.title_hash, p.language, p.employer, p.city,
       p.region, p.remote, p.pay,
       CASE WHEN m.decision = 'accepted' THEN m.kldb WHEN m.score >= 0.5 THEN left(m.kldb, 4) || '0' END AS kldb,
       a.analysis,
       d.input_hash AS facets_hash, d.task_version AS facets_version, d.model AS facets_model,
       a.input_hash AS analysis_hash, a.task_version AS analysis_version, a.model AS analysis_model,
       m.input_hash AS profession_hash, m.task_version AS profession_version, m.model AS profession_model
FROM postings p
JOIN derivations d ON d.subject = p.posting_id AND d.stage = 'posting_facets'
LEFT JOIN posting_professions m USING (posting_id)
LEFT JOIN posting_llm_analysis a USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
  AND (p.status = 'active' AND COALESCE(p.valid_through >= p.first_seen_on, true)
       OR EXISTS (SELECT FROM postings m WHERE m.duplicate_of = p.posting_id AND m.status = 'active'
                  AND COALESCE(m.valid_through >= p.first_seen_on, true)))
ORDER BY p.posting_id;

-- name: facets_of_days
SELECT f.posting_id, f.ordinal, f.requirement_ordinal, f.alternative_group, f.kind, f.term, f.text_hash, f.quote,
       f.cefr, f.years, f.level, f.must, f.negated, f.weight
FROM posting_facets f JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
ORDER BY f.posting_id, f.ordinal;

-- name: requirement_texts_of_days
SELECT r.posting_id, r.ordinal, r.text FROM posting_requirements r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available;

-- name: facet_vectors_of_days
SELECT e.text_hash, e.embedding FROM embeddings e
WHERE e.model = :model AND e.text_hash IN (
    SELECT f.text_hash FROM posting_facets f JOIN postings p USING (posting_id)
    WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available)
ORDER BY e.text_hash;

-- name: title_vectors_of_days
SELECT e.text_hash, e.embedding FROM embeddings e
WHERE e.model = :model AND e.text_hash IN (
    SELECT p.title_hash FROM postings p
    WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available)
ORDER BY e.text_hash;

-- name: people_to_match
SELECT p.profile_id, p.headline, p.summary, p.language, p.city, p.region, p.remote_only, p.wished_places, p.minimum_pay,
       n.name,
       c.domains, c.kldb, c.kldb_level, c.years, c.degree_level, c.input_hash, c.task_version
FROM profiles p JOIN profile_careers c USING (profile_id) LEFT JOIN profile_contacts n USING (profile_id)
ORDER BY p.profile_id;

-- name: skills_of_people
SELECT profile_id, kind, term, text_hash, cefr, years, level, source, reason, quote, weight
FROM profile_facets ORDER BY profile_id, ordinal;

-- name: jobs_of_people
SELECT profile_id, position, organisation, started_on, ended_on FROM profile_work_history
WHERE kind = 'work' ORDER BY profile_id, ended_on DESC NULLS FIRST, started_on DESC NULLS LAST, ordinal;

-- name: vectors_of_people
SELECT profile_id, text_hash, embedding FROM profile_embeddings WHERE model = :model ORDER BY profile_id, text_hash;

-- name: match_counts
SELECT day, count(*) AS rows, count(DISTINCT profile_id) AS people,
       count(*) FILTER (WHERE passed_gates) AS passed_gates, count(*) FILTER (WHERE tier = 'strong') AS strong
FROM profile_posting_matches WHERE day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: requirements_of_days
SELECT r.posting_id, r.ordinal, r.text, r.quote, r.must FROM posting_requirements r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
ORDER BY r.posting_id, r.ordinal;

-- name: best_matches_of_day
-- The person's best of the day, and what of the day is among the person's best over all days.
WITH chosen AS (
    (SELECT posting_id FROM profile_posting_matches WHERE profile_id = :profile_id AND day = :day
     ORDER BY passed_gates DESC, score DESC, posting_id LIMIT :limit)
    UNION
    (SELECT posting_id FROM profile_posting_matches WHERE profile_id = :profile_id
     ORDER BY passed_gates DESC, score DESC, posting_id LIMIT :overall)
)
SELECT m.posting_id, m.score, m.tier, m.basis, m.passed_gates, m.gate_reasons, m.matched, m.missing,
       m.model, m.task_version, m.input_hash, a.input_hash AS known_hash
FROM profile_posting_matches m JOIN chosen USING (posting_id) LEFT JOIN match_analyses a USING (profile_id, posting_id)
WHERE m.profile_id = :profile_id AND m.day = :day
ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id;

-- name: analysis_counts
SELECT m.day, count(*) AS rows, count(*) FILTER (WHERE a.recommendation = 'apply') AS apply
FROM match_analyses a JOIN profile_posting_matches m USING (profile_id, posting_id)
WHERE m.day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: scores_out_of_range
SELECT count(*) AS count FROM profile_posting_matches
WHERE day = ANY(:days) AND NOT (score >= 0 AND score <= 1);

-- name: people_without_match
-- Only where the day has anything to match with.
SELECT count(*) AS count FROM profile_careers c
WHERE EXISTS (SELECT 1 FROM profile_posting_matches m WHERE m.day = ANY(:days))
  AND NOT EXISTS (SELECT 1 FROM profile_posting_matches m WHERE m.profile_id = c.profile_id AND m.day = ANY(:days));

-- name: reasons_without_evidence
WITH texts AS MATERIALIZED (
    SELECT posting_id, regexp_replace(concat_ws(' ', title, city, region, description), '\s+', ' ', 'g') AS text
    FROM postings WHERE first_seen_on = ANY(:days)
)
SELECT count(*) AS count
FROM match_analyses a JOIN texts t USING (posting_id),
LATERAL jsonb_array_elements(a.go_reasons || a.nogo_reasons) AS reason
WHERE reason ->> 'posting_quote' <> ''
  AND position(regexp_replace(reason ->> 'posting_quote', '\s+', ' ', 'g') IN t.text) = 0;

-- name: forget_moved_matches!
DELETE FROM profile_posting_matches m USING postings p
WHERE p.posting_id = m.posting_id AND p.first_seen_on = :day AND m.day <> :day;

-- name: day_is_covered
-- Whether everything of a day has a vector of the model; what it cannot encode does not count.
SELECT NOT EXISTS (
    SELECT FROM (
        SELECT f.text_hash FROM posting_facets f JOIN postings p USING (posting_id)
        WHERE p.first_seen_on = :day AND p.in_scope AND p.duplicate_of IS NULL AND p.available
        UNION ALL
        SELECT p.title_hash FROM postings p
        WHERE p.first_seen_on = :day AND p.in_scope AND p.duplicate_of IS NULL AND p.available) AS needed
    WHERE NOT EXISTS (SELECT FROM embeddings e WHERE e.model = :model AND e.text_hash = needed.text_hash)
      AND NOT EXISTS (SELECT FROM failures x WHERE x.stage = 'embeddings' AND x.task_version = :model
                      AND x.subject = encode(needed.text_hash, 'hex'))
) AS covered;

-- name: people_without_vectors
SELECT c.profile_id FROM profile_careers c
WHERE EXISTS (SELECT FROM profile_facets f WHERE f.profile_id = c.profile_id)
  AND NOT EXISTS (SELECT FROM profile_embeddings e WHERE e.profile_id = c.profile_id AND e.model = :model)
ORDER BY c.profile_id;
