-- name: readings_of_days
-- Readings that are of the posting's present text; by which model does not matter here.
SELECT r.posting_id, r.model, r.task_version, r.quoted
FROM posting_readings r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND r.input_hash = p.content_hash;

-- name: readings
SELECT posting_id, reading FROM posting_readings WHERE posting_id = ANY(:posting_ids);

-- name: postings_to_read
-- In order of use: opened ones as they were opened, then by the best place among anybody's matches, then the newest.
-- Where nobody is there to use anything, and where everything is to be read, the others follow: what is near to somebody
-- here before the rest, the newest first. What is far from everybody is read only when somebody opens it, or where there
-- is so little that it is among somebody's best all the same.
WITH places AS (
    SELECT posting_id, min(place) AS place, count(*) AS people
    FROM (SELECT posting_id,
                 row_number() OVER (PARTITION BY profile_id ORDER BY passed_gates DESC, score DESC, posting_id) AS place
          FROM profile_posting_matches) AS ranked
    WHERE place <= :best
    GROUP BY posting_id
)
SELECT p.posting_id, p.first_seen_on, p.content_hash
FROM postings p
JOIN posting_life l USING (posting_id)
LEFT JOIN reading_requests q USING (posting_id)
LEFT JOIN places u USING (posting_id)
LEFT JOIN posting_readings r USING (posting_id)
LEFT JOIN posting_relevance v USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
  AND (q.posting_id IS NOT NULL OR u.posting_id IS NOT NULL OR v.decision IS DISTINCT FROM 'out')
  AND (l.closed_on IS NULL OR l.closed_on > p.first_seen_on)
  AND (r.posting_id IS NULL OR (r.model, r.task_version, r.input_hash) <> (:model, :task_version, p.content_hash))
  AND (:everything OR q.posting_id IS NOT NULL OR u.posting_id IS NOT NULL OR NOT EXISTS (SELECT FROM profiles))
  AND NOT EXISTS (
      SELECT FROM failures f
      WHERE f.stage = 'posting_readings' AND f.subject = p.posting_id::text AND f.task_version = :failure_version
        AND (f.given_up OR f.next_try_at > now()))
ORDER BY q.requested_at NULLS LAST, u.place NULLS LAST, u.people DESC, (v.decision = 'first') IS TRUE DESC,
         p.first_seen_on DESC, p.posting_id;

-- name: texts_of_postings
SELECT posting_id, title, description, language FROM postings WHERE posting_id = ANY(:posting_ids);

-- name: reading_counts
SELECT p.first_seen_on AS day, count(*) AS rows FROM posting_readings r JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: unquoted_readings
SELECT count(*) AS readings, count(*) FILTER (WHERE NOT r.quoted) AS unquoted
FROM posting_readings r JOIN postings p USING (posting_id) WHERE p.first_seen_on = ANY(:days);

-- name: count_night!
INSERT INTO reading_nights (night, seconds, postings) VALUES (:night, :seconds, :postings)
ON CONFLICT (night) DO UPDATE
SET seconds = reading_nights.seconds + EXCLUDED.seconds, postings = reading_nights.postings + EXCLUDED.postings;

-- name: reading_night
SELECT seconds, postings FROM reading_nights WHERE night = :night;

-- name: request_reading!
-- Of a duplicate the canonical posting is read. Nothing where its present text is read already, by whichever model.
INSERT INTO reading_requests (posting_id)
SELECT c.posting_id
FROM postings p JOIN postings c ON c.posting_id = COALESCE(p.duplicate_of, p.posting_id)
WHERE p.posting_id = :posting_id AND c.in_scope
  AND NOT EXISTS (SELECT FROM posting_readings r WHERE r.posting_id = c.posting_id AND r.input_hash = c.content_hash)
ON CONFLICT (posting_id) DO UPDATE SET requested_at = now();

-- name: forget_reading_requests!
DELETE FROM reading_requests WHERE posting_id = ANY(:posting_ids);

-- name: days_behind_their_readings
-- Where a reading was stored, and the run ended before all the rows were renewed.
SELECT DISTINCT p.first_seen_on AS day
FROM postings p JOIN posting_readings r USING (posting_id)
JOIN derivations d ON d.subject = p.posting_id
WHERE r.input_hash = p.content_hash AND p.in_scope AND p.duplicate_of IS NULL
  AND (d.stage = 'posting_summaries'
       OR r.quoted AND d.stage IN ('posting_requirements', 'posting_facets', 'posting_llm_analysis'))
  AND (d.model, d.task_version) <> (r.model, r.task_version)
  AND NOT EXISTS (SELECT FROM failures x WHERE x.stage = d.stage AND x.subject = p.posting_id::text
                  AND (x.given_up OR x.next_try_at > now()))
ORDER BY 1;

-- name: days_without_vectors
WITH needed AS (
    SELECT p.first_seen_on AS day, f.text_hash
    FROM posting_facets f JOIN postings p USING (posting_id)
    WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
    UNION
    SELECT p.first_seen_on, p.title_hash FROM postings p
    WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL AND p.available
)
SELECT DISTINCT n.day FROM needed n
WHERE NOT EXISTS (SELECT FROM embeddings e WHERE e.model = :model AND e.text_hash = n.text_hash)
  AND NOT EXISTS (SELECT FROM failures x WHERE x.stage = 'embeddings' AND x.task_version = :model
                  AND x.subject = encode(n.text_hash, 'hex') AND (x.given_up OR x.next_try_at > now()))
ORDER BY 1;

-- name: first_matches_read
-- Of everybody's best matches that passed the gates: how many there are, and how many a model has read.
SELECT count(*) AS matches, count(r.posting_id) AS read
FROM (SELECT posting_id,
             row_number() OVER (PARTITION BY profile_id ORDER BY score DESC, posting_id) AS place
      FROM profile_posting_matches WHERE passed_gates) AS ranked
LEFT JOIN posting_readings r USING (posting_id)
WHERE place <= :best;
