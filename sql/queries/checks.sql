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
