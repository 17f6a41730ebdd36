-- name: raw_counts
SELECT fetched_on AS day, count(*) AS rows FROM raw_postings WHERE fetched_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: see_again!
-- A posting's first day never moves forward, its last never back, whatever order days are loaded in; its content
-- is that of the last day, and of what came last on it.
INSERT INTO sightings (source, external_id, first_seen_on, last_seen_on, content_hash)
SELECT source, external_id, min(day), max(day), (array_agg(content_hash ORDER BY day DESC, place DESC))[1]
FROM unnest(:sources::text[], :external_ids::text[], :days::date[], :hashes::bytea[])
     WITH ORDINALITY AS seen (source, external_id, day, content_hash, place)
GROUP BY 1, 2
ON CONFLICT (source, external_id) DO UPDATE
SET first_seen_on = LEAST(sightings.first_seen_on, EXCLUDED.first_seen_on),
    last_seen_on = GREATEST(sightings.last_seen_on, EXCLUDED.last_seen_on),
    content_hash = CASE WHEN EXCLUDED.last_seen_on >= sightings.last_seen_on
                        THEN EXCLUDED.content_hash ELSE sightings.content_hash END
WHERE (sightings.first_seen_on, sightings.last_seen_on, sightings.content_hash)
      IS DISTINCT FROM (EXCLUDED.first_seen_on, EXCLUDED.last_seen_on, EXCLUDED.content_hash);

-- name: see_postings_again!
-- Postings of other partitions that were there on these days, unchanged: only their last day moves.
UPDATE postings p SET last_seen_on = s.last_seen_on
FROM sightings s
WHERE s.source = p.source AND s.external_id = p.external_id
  AND s.last_seen_on = ANY(:days) AND p.last_seen_on < s.last_seen_on;

-- name: received_count
SELECT count(*) AS postings FROM sightings s LEFT JOIN postings p USING (source, external_id)
WHERE s.first_seen_on = ANY(:days)
   OR (s.last_seen_on = ANY(:days) AND p.raw_hash IS DISTINCT FROM s.content_hash);

-- name: stale_raw
-- Of every posting that belongs to these days, or changed on them, what was received last, where it is not stored yet.
SELECT r.source, r.external_id, r.content_hash, r.origin, r.payload, s.first_seen_on, s.last_seen_on,
       p.raw_hash AS known_raw_hash
FROM sightings s
JOIN raw_postings r USING (source, external_id, content_hash)
LEFT JOIN postings p USING (source, external_id)
WHERE (s.first_seen_on = ANY(:days)
       OR (s.last_seen_on = ANY(:days) AND p.raw_hash IS DISTINCT FROM s.content_hash))
  AND (p.raw_hash, p.task_version, p.last_seen_on, p.first_seen_on)
      IS DISTINCT FROM (r.content_hash, :task_version, s.last_seen_on, s.first_seen_on)
ORDER BY r.source, r.external_id;

-- name: posting_counts
SELECT first_seen_on AS day, count(*) AS rows,
       count(*) FILTER (WHERE NOT in_scope) AS out_of_scope,
       count(*) FILTER (WHERE duplicate_of IS NOT NULL) AS duplicates
FROM postings WHERE first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: scope_reasons
SELECT reason, count(*) AS postings FROM postings, unnest(scope_reasons) AS reason
WHERE first_seen_on = ANY(:days) AND NOT in_scope GROUP BY 1 ORDER BY 2 DESC, 1;

-- name: posting_texts
SELECT posting_id, first_seen_on, title, description, language
FROM postings
WHERE first_seen_on = ANY(:days) AND in_scope AND duplicate_of IS NULL
ORDER BY first_seen_on, posting_id;

-- name: active_days
SELECT DISTINCT first_seen_on AS day FROM postings WHERE available AND in_scope AND duplicate_of IS NULL ORDER BY 1;
