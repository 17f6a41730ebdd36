-- name: lock_source
-- Of the session: a killed run gives it back.
SELECT pg_try_advisory_lock(hashtext('ty source ' || :source)) AS locked;

-- name: source_is_free
-- Taken for this statement only.
SELECT pg_try_advisory_xact_lock(hashtext('ty source ' || :source)) AS free;

-- name: unlock_source
SELECT pg_advisory_unlock(hashtext('ty source ' || :source)) AS unlocked;

-- name: abandon_rounds!
-- Rounds of another day are not gone on with: what they listed may be gone, and the next one lists it anew.
WITH old AS (
    UPDATE source_rounds
    SET finished_at = :now, error = concat_ws('; ', error, 'not finished on its day; the next round begins anew')
    WHERE source = :source AND finished_at IS NULL AND day <> :day RETURNING round_id
), pages AS (DELETE FROM source_pages USING old WHERE source_pages.round_id = old.round_id)
DELETE FROM source_hits USING old WHERE source_hits.round_id = old.round_id;

-- name: open_round
SELECT round_id, new, changed, gone, failed FROM source_rounds
WHERE source = :source AND kind = :kind AND day = :day AND finished_at IS NULL ORDER BY round_id DESC LIMIT 1;

-- name: begin_round
INSERT INTO source_rounds (source, kind, day, started_at) VALUES (:source, :kind, :day, :now)
RETURNING round_id, new, changed, gone, failed;

-- name: listed_pages
SELECT page, external_ids, total, facets FROM source_pages WHERE round_id = :round_id;

-- name: keep_page!
INSERT INTO source_pages (round_id, page, search, hits, total, facets, external_ids)
VALUES (:round_id, :page, :search, :hits, :total, :facets::jsonb, :external_ids)
ON CONFLICT DO NOTHING;

-- name: want_hits!
-- New and changed ones, but for those that came to nothing as they are now, until it is time to try again.
INSERT INTO source_hits (round_id, external_id, mark, hit)
SELECT :round_id, h.external_id, h.mark, h.hit::jsonb
FROM unnest(:external_ids::text[], :marks::bytea[], :hits::text[]) AS h (external_id, mark, hit)
LEFT JOIN sightings s ON s.source = :source AND s.external_id = h.external_id
LEFT JOIN source_misses m ON m.source = :source AND m.external_id = h.external_id
WHERE s.mark IS DISTINCT FROM h.mark AND (m.mark IS DISTINCT FROM h.mark OR m.try_again_at <= :now)
ON CONFLICT DO NOTHING;

-- name: wanted_hits
-- As want_hits would have it, only counted.
SELECT count(DISTINCT h.external_id) AS count
FROM unnest(:external_ids::text[], :marks::bytea[]) AS h (external_id, mark)
LEFT JOIN sightings s ON s.source = :source AND s.external_id = h.external_id
LEFT JOIN source_misses m ON m.source = :source AND m.external_id = h.external_id
WHERE s.mark IS DISTINCT FROM h.mark AND (m.mark IS DISTINCT FROM h.mark OR m.try_again_at <= :now);

-- name: see_listed!
UPDATE sightings SET last_seen_on = GREATEST(last_seen_on, :day), last_round = :round_id
WHERE source = :source AND external_id = ANY(:external_ids);

-- name: settle_fetched!
-- Another round of the day may have asked for the same detail meanwhile.
UPDATE source_hits h SET state = 'done'
FROM sightings s
WHERE h.round_id = :round_id AND h.state = 'waiting' AND s.source = :source AND s.external_id = h.external_id
  AND s.mark = h.mark;

-- name: waiting_hits
SELECT h.external_id, h.mark, h.hit, s.validator
FROM source_hits h LEFT JOIN sightings s ON s.source = :source AND s.external_id = h.external_id
WHERE h.round_id = :round_id AND h.state = 'waiting' ORDER BY h.external_id LIMIT :limit;

-- name: known_contents
SELECT external_id, content_hash FROM sightings WHERE source = :source AND external_id = ANY(:external_ids);

-- name: mark_sightings!
UPDATE sightings s
SET mark = d.mark, validator = COALESCE(d.validator::jsonb, CASE WHEN d.received THEN NULL ELSE s.validator END),
    last_round = :round_id, last_seen_on = GREATEST(s.last_seen_on, :day), gone_at = NULL
FROM unnest(:external_ids::text[], :marks::bytea[], :validators::text[], :received::boolean[])
     AS d (external_id, mark, validator, received)
WHERE s.source = :source AND s.external_id = d.external_id;

-- name: mark_gone!
UPDATE sightings SET gone_at = :now WHERE source = :source AND external_id = ANY(:external_ids);

-- name: forget_misses!
DELETE FROM source_misses WHERE source = :source AND external_id = ANY(:external_ids);

-- name: miss_gone!
-- A detail that is not there yet may be tomorrow; one that is not there twice is gone for good, unless its hit changes.
INSERT INTO source_misses (source, external_id, mark, reason, missed_at, try_again_at)
SELECT :source, h.external_id, h.mark, 'gone', :now, :tomorrow
FROM unnest(:external_ids::text[], :marks::bytea[]) AS h (external_id, mark)
ON CONFLICT (source, external_id) DO UPDATE
SET mark = EXCLUDED.mark, reason = 'gone', missed_at = EXCLUDED.missed_at,
    attempts = CASE WHEN source_misses.mark = EXCLUDED.mark THEN source_misses.attempts + 1 ELSE 1 END,
    try_again_at = CASE WHEN source_misses.mark = EXCLUDED.mark THEN NULL ELSE EXCLUDED.try_again_at END;

-- name: miss_failed!
INSERT INTO source_misses (source, external_id, mark, reason, missed_at, try_again_at)
SELECT :source, h.external_id, h.mark, 'failed', :now, :now::timestamptz + :first_retry::interval
FROM unnest(:external_ids::text[], :marks::bytea[]) AS h (external_id, mark)
ON CONFLICT (source, external_id) DO UPDATE
SET mark = EXCLUDED.mark, reason = 'failed', missed_at = EXCLUDED.missed_at,
    attempts = CASE WHEN source_misses.mark = EXCLUDED.mark THEN source_misses.attempts + 1 ELSE 1 END,
    try_again_at = CASE WHEN source_misses.mark <> EXCLUDED.mark THEN EXCLUDED.try_again_at
                        WHEN source_misses.attempts + 1 < :max_attempts
                        THEN :now::timestamptz + LEAST(:first_retry::interval * 2 ^ LEAST(source_misses.attempts, 20),
                                                                :last_retry::interval) END;

-- name: settle_hits!
UPDATE source_hits h SET state = d.state
FROM unnest(:external_ids::text[], :states::text[]) AS d (external_id, state)
WHERE h.round_id = :round_id AND h.external_id = d.external_id;

-- name: count_in_round!
UPDATE source_rounds
SET new = new + :new, changed = changed + :changed, gone = gone + :gone, failed = failed + :failed
WHERE round_id = :round_id;

-- name: reached_hits
-- For each configured search: how many hits its first page has promised, and how many distinct ones have come.
SELECT p.search, max(p.total) FILTER (WHERE p.page = p.search) AS total, max(r.reached) AS reached
FROM source_pages p
JOIN (SELECT search, count(DISTINCT id) AS reached
      FROM source_pages, unnest(external_ids || ARRAY[NULL]::text[]) AS id WHERE round_id = :round_id GROUP BY search) r
     USING (search)
WHERE p.round_id = :round_id GROUP BY p.search ORDER BY p.search;

-- name: listed_hits
SELECT count(DISTINCT id) AS count FROM source_pages, unnest(external_ids) AS id WHERE round_id = :round_id;

-- name: finish_round
UPDATE source_rounds
SET finished_at = :now, complete = :complete, listed = :listed, error = :error
WHERE round_id = :round_id
RETURNING round_id, source, kind, day, true AS finished, complete, listed, new, changed, gone, failed, error;

-- name: round_so_far
-- Of a round that is open.
SELECT r.round_id, r.source, r.kind, r.day, false AS finished, false AS complete,
       (SELECT count(DISTINCT id) FROM source_pages p, unnest(p.external_ids) AS id
        WHERE p.round_id = r.round_id)::integer AS listed,
       r.new, r.changed, r.gone, r.failed, r.error
FROM source_rounds r WHERE r.round_id = :round_id;

-- name: drop_pages!
WITH hits AS (DELETE FROM source_hits WHERE round_id = :round_id) DELETE FROM source_pages WHERE round_id = :round_id;

-- name: round_failed!
UPDATE source_rounds SET error = :error WHERE round_id = :round_id;

-- name: source_state
SELECT polled_at, next_poll_at, interval_seconds, failures, last_error, succeeded_at, silent_since
FROM source_states WHERE source = :source;

-- name: source_answered!
INSERT INTO source_states (source, polled_at, next_poll_at, interval_seconds, succeeded_at)
VALUES (:source, :now, :next_poll_at, :interval_seconds, :succeeded_at)
ON CONFLICT (source) DO UPDATE
SET polled_at = EXCLUDED.polled_at, next_poll_at = EXCLUDED.next_poll_at,
    interval_seconds = EXCLUDED.interval_seconds, failures = 0, last_error = NULL, silent_since = NULL,
    succeeded_at = COALESCE(EXCLUDED.succeeded_at, source_states.succeeded_at);

-- name: source_failed!
INSERT INTO source_states (source, polled_at, next_poll_at, failures, last_error, silent_since)
VALUES (:source, :now, :next_poll_at, 1, :error, :now)
ON CONFLICT (source) DO UPDATE
SET polled_at = EXCLUDED.polled_at, next_poll_at = EXCLUDED.next_poll_at, failures = source_states.failures + 1,
    last_error = EXCLUDED.last_error, silent_since = COALESCE(source_states.silent_since, EXCLUDED.silent_since);

-- name: sources_overview
SELECT COALESCE(s.source, r.source) AS source, s.polled_at, s.next_poll_at, s.interval_seconds, s.failures, s.last_error,
       s.succeeded_at, s.silent_since, r.kind, r.started_at, r.finished_at, r.complete, r.listed, r.new, r.changed,
       r.gone, r.failed, r.error,
       (SELECT count(*) FROM source_hits h WHERE h.round_id = r.round_id AND h.state = 'waiting') AS waiting
FROM source_states s
FULL JOIN (SELECT DISTINCT ON (source) * FROM source_rounds ORDER BY source, round_id DESC) r USING (source)
ORDER BY 1;

-- name: berufenet_validators
SELECT berufenet_id, validator, asked_at FROM berufenet_answers;

-- name: berufenet_answers
SELECT berufenet_id, answer FROM berufenet_answers ORDER BY berufenet_id;

-- name: occupations_asked!
UPDATE berufenet_answers SET asked_at = :now WHERE berufenet_id = ANY(:berufenet_ids);

-- name: forget_occupations!
-- What is not on the list any more.
DELETE FROM berufenet_answers WHERE NOT berufenet_id = ANY(:berufenet_ids);

-- name: sources_due
-- Of these sources, those whose pause is over: which kind of round is open today, and whether a full one is due.
SELECT n.source,
       (SELECT kind FROM source_rounds r WHERE r.source = n.source AND r.day = :today AND r.finished_at IS NULL
        ORDER BY r.round_id DESC LIMIT 1) AS open_kind,
       NOT EXISTS (SELECT FROM source_rounds r WHERE r.source = n.source AND r.kind = 'full'
                   AND r.finished_at IS NOT NULL AND r.started_at > :now::timestamptz - :full_every::interval) AS full_due
FROM unnest(:sources::text[]) AS n (source)
LEFT JOIN source_states s USING (source)
WHERE COALESCE(s.next_poll_at <= :now, true)
ORDER BY 1;
