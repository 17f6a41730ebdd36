-- name: occupations
SELECT berufenet_id, kind, name, short_name, kldb, level, catalogue FROM occupations ORDER BY berufenet_id;

-- name: occupation_synonyms
SELECT title, kldb FROM occupation_synonyms ORDER BY title COLLATE "C", kldb;

-- name: clear_catalogue!
WITH synonyms AS (DELETE FROM occupation_synonyms) DELETE FROM occupations;

-- name: posting_titles
SELECT posting_id, first_seen_on, title, occupation_hint FROM postings
WHERE first_seen_on = ANY(:days) AND in_scope AND duplicate_of IS NULL
ORDER BY first_seen_on, posting_id;

-- name: accepted_codes_outside_catalogue
SELECT count(*) AS count FROM posting_professions m JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND m.decision = 'accepted'
  AND NOT EXISTS (SELECT 1 FROM occupations o WHERE o.kldb = m.kldb);

-- name: mapped_share
SELECT count(*) FILTER (WHERE m.decision = 'accepted') AS accepted, count(*) AS postings
FROM posting_professions m JOIN postings p USING (posting_id) WHERE p.first_seen_on = ANY(:days);
