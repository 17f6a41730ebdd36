-- name: statuses_to_change
-- Every posting whose status is not what its source, its dates or its copies say.
-- missed: a posting that so many of its source's last listings did not have is stale; one listing a day counts.
WITH listings AS (
    SELECT source, round_id, row_number() OVER (PARTITION BY source ORDER BY round_id DESC) AS place
    FROM (SELECT DISTINCT ON (source, day) source, day, round_id FROM source_rounds
          WHERE kind = 'full' AND complete
          ORDER BY source, day, round_id DESC) AS last_of_day
), limits AS (
    SELECT source, max(round_id) AS newest, max(round_id) FILTER (WHERE place = :missed) AS nth
    FROM listings GROUP BY source
), judged AS (
    SELECT p.posting_id, p.first_seen_on, p.status, p.status_since, p.status_by, s.last_seen_on,
           CASE WHEN p.valid_through < :today THEN 'open until ' || p.valid_through
                WHEN s.last_round < l.nth THEN 'not in the last ' || :missed || ' listings of its source'
                WHEN s.last_round IS NULL AND :unseen::integer > 0 AND s.last_seen_on < :today - :unseen::integer
                THEN 'not seen for ' || :unseen::integer || ' days'
                WHEN s.gone_at IS NOT NULL AND s.last_round < l.newest THEN 'gone at its source'
           END AS closed_because
    FROM postings p
    JOIN sightings s USING (source, external_id)
    LEFT JOIN limits l USING (source)
), wanted AS (
    SELECT posting_id, first_seen_on, status AS was,
           CASE
               -- A person's word stays; what was taken over from elsewhere stays until the posting is seen again.
               WHEN status_by = 'person' AND status = 'invalidated' OR status_by = 'import' AND last_seen_on <= status_since THEN status
               WHEN closed_because IS NULL THEN 'active'
               WHEN status = 'invalidated' OR status = 'stale' AND status_since <= :today - :invalid_after::integer
               THEN 'invalidated'
               ELSE 'stale'
           END AS status,
           CASE WHEN closed_because IS NULL THEN 'seen again'
                WHEN status = 'stale' THEN 'stale for ' || :invalid_after || ' days: ' || closed_because
                ELSE closed_because END AS reason
    FROM judged
)
SELECT posting_id, first_seen_on, was, status, reason FROM wanted WHERE status <> was ORDER BY posting_id;

-- name: change_statuses!
WITH changes AS (
    SELECT * FROM unnest(:posting_ids::uuid[], :statuses::text[], :reasons::text[]) AS c (posting_id, status, reason)
), noted AS (
    INSERT INTO posting_status_changes (posting_id, day, was, status, decided_by, reason)
    SELECT c.posting_id, :today, p.status, c.status, :decided_by, c.reason FROM changes c JOIN postings p USING (posting_id)
)
UPDATE postings p
SET status = c.status, status_since = :today, status_by = :decided_by, status_reason = c.reason
FROM changes c WHERE p.posting_id = c.posting_id;

-- name: renew_availability
-- The canonical postings whose group has opened or closed since; returns their days. An active one is open anyway.
-- days: only groups with a posting first seen on one of them; null: all.
UPDATE postings p SET available = open.available
FROM (
    SELECT c.posting_id,
           c.status = 'active'
           OR EXISTS (SELECT FROM postings d WHERE d.duplicate_of = c.posting_id AND d.status = 'active') AS available
    FROM postings c
    WHERE (c.status <> 'active' OR NOT c.available)
      AND (:days::date[] IS NULL OR c.posting_id IN (SELECT COALESCE(m.duplicate_of, m.posting_id) FROM postings m
                                                     WHERE m.first_seen_on = ANY(:days::date[])))
) AS open
WHERE open.posting_id = p.posting_id AND p.available <> open.available
RETURNING p.first_seen_on AS day;

-- name: status_counts
SELECT status, count(*) AS rows FROM postings GROUP BY 1 ORDER BY 1;

-- name: status_changes_of_day
SELECT was, status, decided_by, regexp_replace(reason, '\d{4}-\d{2}-\d{2}', 'a date') AS reason, count(*) AS postings
FROM posting_status_changes WHERE day = :today GROUP BY 1, 2, 3, 4 ORDER BY postings DESC, 1, 2;

-- name: preview_posting_status_changes
SELECT p.title, p.source, c.day, c.was, c.status, c.reason
FROM posting_status_changes c JOIN postings p USING (posting_id) ORDER BY c.changed_at DESC, c.posting_id LIMIT 5;

-- name: find_postings
-- By the beginning of the id, or by the source's own number.
SELECT posting_id, source, external_id, title FROM postings
WHERE starts_with(posting_id::text, :beginning) OR external_id = :beginning ORDER BY posting_id LIMIT 2;

-- name: posting_life_story
SELECT p.posting_id, p.source, p.external_id, p.title, p.employer, p.city, p.url, p.status, p.status_since, p.status_by,
       p.status_reason, p.available, p.first_seen_on, p.last_seen_on, p.valid_through, p.duplicate_of, p.in_scope,
       p.scope_reasons
FROM postings p WHERE p.posting_id = :posting_id;

-- name: posting_status_history
SELECT changed_at, day, was, status, decided_by, reason
FROM posting_status_changes WHERE posting_id = :posting_id ORDER BY changed_at;

-- name: posting_versions
-- Each text that was received, the oldest first; raw_postings is append-only, so none is lost.
SELECT r.fetched_on, r.fetched_at, r.origin, r.payload
FROM raw_postings r JOIN postings p USING (source, external_id)
WHERE p.posting_id = :posting_id ORDER BY r.fetched_at, r.content_hash;

-- name: closed_by_silence
SELECT count(*) AS count FROM posting_status_changes c JOIN postings p USING (posting_id)
JOIN sightings s USING (source, external_id)
WHERE c.day = :today AND c.decided_by = 'sweep' AND c.status = 'stale' AND starts_with(c.reason, 'not in the last')
  AND NOT EXISTS (SELECT FROM source_rounds r WHERE r.source = p.source AND r.kind = 'full' AND r.complete
                  AND r.round_id > s.last_round);

-- name: days_of_status_changes
-- Partitions whose postings have opened or closed since.
SELECT DISTINCT p.first_seen_on AS day FROM posting_status_changes c JOIN postings d USING (posting_id)
JOIN postings p ON p.posting_id = COALESCE(d.duplicate_of, d.posting_id)
WHERE c.changed_at > :since ORDER BY 1;

-- name: latest_status_change
SELECT max(changed_at) FROM posting_status_changes;

-- name: touch_days!
INSERT INTO touched_days (day) SELECT DISTINCT day FROM unnest(:days::date[]) AS day
ON CONFLICT (day) DO UPDATE SET touched_at = clock_timestamp();

-- name: touched_days
SELECT day FROM touched_days WHERE touched_at <= :before ORDER BY day;

-- name: days_are_done!
DELETE FROM touched_days WHERE day = ANY(:days) AND touched_at <= :before;
