-- name: requirements_without_evidence
-- White space is folded on both sides, once for each posting: a quote may run over a line break.
WITH texts AS MATERIALIZED (
    SELECT posting_id, regexp_replace(description, '\s+', ' ', 'g') AS text
    FROM postings WHERE first_seen_on = ANY(:days)
)
SELECT count(*) AS count FROM posting_requirements r JOIN texts t USING (posting_id)
WHERE position(r.quote IN t.text) = 0 AND position(regexp_replace(r.quote, '\s+', ' ', 'g') IN t.text) = 0;

-- name: facets_without_requirement
SELECT count(*) AS count
FROM posting_facets f JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days)
  AND NOT EXISTS (SELECT 1 FROM posting_requirements r
                  WHERE r.posting_id = f.posting_id AND r.ordinal = f.requirement_ordinal);

-- name: postings_without_text
SELECT count(*) AS count FROM postings
WHERE first_seen_on = ANY(:days) AND (btrim(title) = '' OR btrim(description) = '') AND in_scope;

-- name: duplicate_chains
SELECT count(*) AS count FROM postings p JOIN postings c ON c.posting_id = p.duplicate_of
WHERE p.first_seen_on = ANY(:days) AND c.duplicate_of IS NOT NULL;

-- name: raw_without_posting
SELECT count(*) AS count FROM sightings s
LEFT JOIN postings p USING (source, external_id)
LEFT JOIN failures f ON f.stage = 'postings' AND f.subject = s.source || '/' || s.external_id
WHERE s.first_seen_on = ANY(:days) AND p.posting_id IS NULL AND f.subject IS NULL;

-- name: readings_standing
-- Of these days: what the model has read as it is now, and what was tried too often.
SELECT count(*) FILTER (WHERE r.current) AS current,
       count(*) FILTER (WHERE f.given_up AND NOT COALESCE(r.current, false)) AS given_up
FROM postings p
LEFT JOIN LATERAL (SELECT (model, task_version, input_hash) = (:model, :task_version, p.content_hash) AS current
                   FROM posting_readings WHERE posting_id = p.posting_id) r ON true
LEFT JOIN failures f ON f.stage = 'posting_readings' AND f.subject = p.posting_id::text
                    AND f.task_version = :failure_version
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL;

-- name: rows_against_ledger
-- CASE looks into one table only, by its key.
SELECT count(*) AS count
FROM (SELECT d.row_count,
             CASE d.stage
                 WHEN 'posting_summaries'
                 THEN (SELECT count(*) FROM posting_summaries r WHERE r.posting_id = d.subject)
                 WHEN 'posting_requirements'
                 THEN (SELECT count(*) FROM posting_requirements r WHERE r.posting_id = d.subject)
                 WHEN 'posting_facets'
                 THEN (SELECT count(*) FROM posting_facets r WHERE r.posting_id = d.subject)
                 WHEN 'posting_llm_analysis'
                 THEN (SELECT count(*) FROM posting_llm_analysis r WHERE r.posting_id = d.subject)
                 WHEN 'berufenet_mapping'
                 THEN (SELECT count(*) FROM posting_professions r WHERE r.posting_id = d.subject)
             END AS there
      FROM derivations d JOIN postings p ON p.posting_id = d.subject
      WHERE d.stage = :stage AND p.first_seen_on = ANY(:days)) AS counted
WHERE row_count <> there;

-- name: lost_days
-- Days of which something was received, nothing became a posting, and nothing failed: then it was lost on the way.
SELECT s.first_seen_on AS day, count(*) AS received
FROM sightings s LEFT JOIN postings p USING (source, external_id)
WHERE s.first_seen_on = ANY(:days)
GROUP BY 1
HAVING count(p.posting_id) = 0
   AND NOT EXISTS (SELECT FROM failures f WHERE f.stage = 'postings' AND f.day = s.first_seen_on)
ORDER BY 1;

-- name: same_content_twice
SELECT count(*) AS count
FROM (SELECT content_hash FROM postings WHERE first_seen_on = ANY(:days) AND duplicate_of IS NULL
      GROUP BY content_hash HAVING count(*) > 1) AS alike;

-- name: missing_columns
-- Of all postings of these days, in scope or not: a source that renames a field empties a day without failing.
SELECT count(*) AS postings,
       count(*) FILTER (WHERE btrim(title) = '') AS title,
       count(*) FILTER (WHERE btrim(description) = '') AS description,
       count(*) FILTER (WHERE language IN ('', 'und')) AS language,
       count(*) FILTER (WHERE employer IS NULL) AS employer,
       count(*) FILTER (WHERE city IS NULL AND region IS NULL AND remote IS NOT TRUE) AS place
FROM postings WHERE first_seen_on = ANY(:days);

-- name: catalogue_size
SELECT count(*) AS occupations FROM occupations;
