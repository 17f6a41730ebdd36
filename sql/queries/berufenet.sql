-- name: occupations
SELECT berufenet_id, kind, name, short_name, kldb, level, catalogue FROM occupations ORDER BY berufenet_id;

-- name: occupation_synonyms
SELECT title, kldb FROM occupation_synonyms ORDER BY title COLLATE "C", kldb;

-- name: clear_catalogue!
WITH synonyms AS (DELETE FROM occupation_synonyms) DELETE FROM occupations;

-- name: posting_titles
SELECT posting_id, first_seen_on, title, occupation_hint, content_hash FROM postings
WHERE first_seen_on = ANY(:days) AND in_scope AND duplicate_of IS NULL
ORDER BY first_seen_on, posting_id;

-- name: accepted_codes_outside_catalogue
SELECT count(*) AS count FROM posting_professions m JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND m.decision = 'accepted'
  AND NOT EXISTS (SELECT 1 FROM occupations o WHERE o.kldb = m.kldb);

-- name: mapped_share
SELECT count(*) FILTER (WHERE m.decision = 'accepted') AS accepted, count(*) AS postings
FROM posting_professions m JOIN postings p USING (posting_id) WHERE p.first_seen_on = ANY(:days);

-- name: accepted_by_method
SELECT m.method, count(*) AS postings
FROM posting_professions m JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND m.decision = 'accepted' GROUP BY 1 ORDER BY 2 DESC, 1;

-- name: professions_without_quote
-- White space is folded on both sides: a quote may run over a line break. What a search found is not in the posting.
SELECT count(*) AS count FROM posting_professions m JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND m.decision = 'accepted' AND m.method IN ('description', 'model')
  AND position(regexp_replace(COALESCE(m.quote, '-'), '\s+', ' ', 'g')
               IN regexp_replace(p.title || ' ' || p.description, '\s+', ' ', 'g')) = 0;

-- name: occupation_decisions
SELECT title, kldb, decision, decided_by, decided_at FROM occupation_decisions
WHERE undone_at IS NULL ORDER BY decision_id;

-- name: decide_occupation!
INSERT INTO occupation_decisions (title, kldb, decision, decided_by) VALUES (:title, :kldb, :decision, :decided_by);

-- name: undo_occupation_decisions!
UPDATE occupation_decisions SET undone_by = :undone_by, undone_at = clock_timestamp()
WHERE undone_at IS NULL AND title = ANY(:titles)
  AND (CAST(:kldb AS text) IS NULL OR kldb = CAST(:kldb AS text))
  AND (CAST(:decision AS text) IS NULL OR decision = CAST(:decision AS text));

-- name: titles_to_review
-- What is not accepted, by how many open postings it concerns; the latest posting stands for its title.
SELECT p.title_normalised AS title, count(*) AS postings, count(DISTINCT p.employer) AS employers,
       (array_agg(p.posting_id ORDER BY p.first_seen_on DESC, p.posting_id))[1] AS example
FROM posting_professions m JOIN postings p USING (posting_id)
WHERE m.decision <> 'accepted' AND p.in_scope AND p.duplicate_of IS NULL AND p.available
GROUP BY 1 ORDER BY 2 DESC, p.title_normalised COLLATE "C";

-- name: reviewed_examples
SELECT p.posting_id, p.title, p.employer, p.city, left(p.description, 400) AS description,
       m.decision, m.kldb, m.name, m.score, m.runner_ups
FROM posting_professions m JOIN postings p USING (posting_id) WHERE p.posting_id = ANY(:posting_ids);

-- name: days_of_titles
SELECT DISTINCT p.first_seen_on AS day FROM postings p
WHERE p.title_normalised = ANY(:titles) AND p.in_scope AND p.duplicate_of IS NULL ORDER BY 1;

-- name: occupation_readings_of_days
-- Of the posting's present text; by which model, and for which catalogue, does not matter here.
SELECT r.posting_id, r.verdict, r.kldb, r.quote, r.with_web, r.model
FROM occupation_readings r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND r.input_hash = p.content_hash;

-- name: occupations_to_read
-- What title and rules leave open, and what another model or catalogue decided, in order of use: opened ones, then by
-- the best place among anybody's matches, then the newest.
WITH places AS (
    SELECT posting_id, min(place) AS place, count(*) AS people
    FROM (SELECT posting_id,
                 row_number() OVER (PARTITION BY profile_id ORDER BY passed_gates DESC, score DESC, posting_id) AS place
          FROM profile_posting_matches) AS ranked
    WHERE place <= :best
    GROUP BY posting_id
)
SELECT p.posting_id, p.first_seen_on, p.content_hash, p.title, p.occupation_hint,
       COALESCE((r.model, r.task_version, r.catalogue, r.input_hash)
                = (:model, :task_version, :catalogue, p.content_hash), false) AS is_read,
       r.verdict, r.with_web
FROM posting_professions m
JOIN postings p USING (posting_id)
LEFT JOIN reading_requests q USING (posting_id)
LEFT JOIN places u USING (posting_id)
LEFT JOIN occupation_readings r USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
  AND (m.decision <> 'accepted' OR r.posting_id IS NOT NULL AND m.method IN ('model', 'web'))
  AND m.method <> 'editor'
  AND (:everything OR q.posting_id IS NOT NULL OR u.posting_id IS NOT NULL OR NOT EXISTS (SELECT FROM profiles))
  AND NOT EXISTS (
      SELECT FROM failures f
      WHERE f.stage = 'occupation_readings' AND f.subject = p.posting_id::text AND f.task_version = :failure_version
        AND (f.given_up OR f.next_try_at > now()))
ORDER BY q.requested_at NULLS LAST, u.place NULLS LAST, u.people DESC, p.first_seen_on DESC, p.posting_id;

-- name: occupation_reading_counts
SELECT p.first_seen_on AS day, count(*) AS rows FROM occupation_readings r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: titles_for_the_web
-- Titles of these days that the description leaves open, the most frequent first. by_rules: no model is there to be
-- asked before; otherwise only what a model was uncertain of.
SELECT p.title, count(*) AS postings
FROM posting_professions m JOIN postings p USING (posting_id) LEFT JOIN occupation_readings r USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND m.decision <> 'accepted' AND m.method <> 'editor'
  AND (:by_rules OR r.verdict = 'uncertain' AND r.input_hash = p.content_hash)
GROUP BY 1 ORDER BY 2 DESC, p.title COLLATE "C";

-- name: anything_searched
SELECT EXISTS (SELECT FROM web_searches) AS searched;

-- name: web_searches
SELECT query, snippets FROM web_searches WHERE query = ANY(:queries);

-- name: new_observations
-- Decided by the dictionary, or by an editor, is no observation; nor are candidates that the source's label is among.
SELECT p.posting_id, p.title, m.kldb, m.title_kldb, m.method AS evidence, COALESCE(p.employer, p.source) AS employer,
       sha256(convert_to(p.description, 'UTF8')) AS text_hash, m.quote
FROM posting_professions m JOIN postings p USING (posting_id)
LEFT JOIN occupation_observations o USING (posting_id)
WHERE m.decision = 'accepted' AND m.method IN ('hint', 'candidates', 'description', 'web', 'model')
  AND p.duplicate_of IS NULL
  AND (m.method <> 'candidates' OR p.occupation_hint IS NULL)
  AND (o.posting_id IS NULL OR (o.title, o.kldb, o.evidence) <> (p.title, m.kldb, m.method)
       OR o.title_kldb IS DISTINCT FROM m.title_kldb OR o.quote IS DISTINCT FROM m.quote);

-- name: occupation_observations
SELECT posting_id, title, kldb, title_kldb, evidence, employer, text_hash, quote
FROM occupation_observations ORDER BY posting_id;

-- name: confirmed_synonyms
SELECT title_key, kldb, title FROM confirmed_synonyms WHERE withdrawn_at IS NULL ORDER BY title_key, kldb;

-- name: withdraw_synonyms!
UPDATE confirmed_synonyms SET withdrawn_at = now(), reason = :reason
WHERE title_key = ANY(:title_keys) AND withdrawn_at IS NULL;

-- name: confirm_synonym!
INSERT INTO confirmed_synonyms (title_key, kldb, title, evidence) VALUES (:title_key, :kldb, :title, :evidence)
ON CONFLICT (title_key, kldb) DO UPDATE
SET evidence = EXCLUDED.evidence, confirmed_at = now(), withdrawn_at = NULL, reason = NULL;

-- name: synonyms_against_observations
-- A confirmed synonym that an observation of the very title contradicts waits to be withdrawn.
SELECT count(*) AS count FROM confirmed_synonyms s
WHERE s.withdrawn_at IS NULL
  AND EXISTS (SELECT FROM occupation_observations o WHERE o.title = s.title AND o.kldb <> s.kldb);

-- name: occupation_ranker
SELECT ranker FROM occupation_rankers WHERE catalogue = :catalogue AND encoder = :encoder AND version = :version;

-- name: forget_other_rankers!
DELETE FROM occupation_rankers WHERE catalogue <> :catalogue OR encoder <> :encoder OR version <> :version;

-- name: kept_rankers
SELECT count(*) AS count FROM occupation_rankers;
