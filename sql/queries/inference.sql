-- Answers that are kept, and the leases by which one process asks while the others wait for its answer.

-- name: cached_outputs
SELECT key, output, last_used_on < CURRENT_DATE AS unused_today FROM inference_cache WHERE key = ANY(:keys);

-- name: touch_cached_outputs!
-- Rows that another process is touching are left to it: nobody waits, and no two wait for each other.
WITH unused AS MATERIALIZED (
    SELECT key FROM inference_cache WHERE key = ANY(:keys) AND last_used_on < CURRENT_DATE
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE inference_cache AS c SET last_used_on = CURRENT_DATE FROM unused WHERE c.key = unused.key;

-- name: keep_answer!
INSERT INTO inference_cache (key, task, task_version, model, output, owner)
VALUES (:key, :task, :task_version, :model, :output, :owner)
ON CONFLICT (key) DO NOTHING;

-- name: acquire_leases
-- In the order of the keys, here and below: two that want the same keys wait for each other in one direction only.
INSERT INTO inference_leases AS l (key, holder, expires_at)
SELECT key, :holder, clock_timestamp() + make_interval(secs => :seconds)
FROM unnest(:keys::bytea[]) AS wanted (key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET holder = EXCLUDED.holder, expires_at = EXCLUDED.expires_at
WHERE l.expires_at <= clock_timestamp()
RETURNING key;

-- name: renew_leases!
WITH mine AS MATERIALIZED (
    SELECT key FROM inference_leases WHERE key = ANY(:keys) AND holder = :holder ORDER BY key FOR UPDATE
)
UPDATE inference_leases AS l SET expires_at = clock_timestamp() + make_interval(secs => :seconds)
FROM mine WHERE l.key = mine.key;

-- name: release_leases!
WITH mine AS MATERIALIZED (
    SELECT key FROM inference_leases WHERE key = ANY(:keys) AND holder = :holder ORDER BY key FOR UPDATE
)
DELETE FROM inference_leases AS l USING mine WHERE l.key = mine.key;

-- name: leases_held
SELECT key FROM inference_leases WHERE key = ANY(:keys) AND expires_at > clock_timestamp();

-- name: forget_leases!
-- Of killed processes whose question nobody has asked since.
WITH lapsed AS MATERIALIZED (
    SELECT key FROM inference_leases WHERE expires_at < clock_timestamp() - interval '1 hour' FOR UPDATE SKIP LOCKED
)
DELETE FROM inference_leases AS l USING lapsed WHERE l.key = lapsed.key;

-- name: cache_stats
-- bytes: of the answers as stored, compressed where Postgres compresses them.
SELECT task, model, count(*) AS answers, count(owner) AS of_people, sum(pg_column_size(output))::bigint AS bytes,
       min(created_at) AS oldest, max(last_used_on) AS last_used_on
FROM inference_cache GROUP BY task, model ORDER BY task, model;

-- name: prunable_answers
SELECT count(*) AS answers, COALESCE(sum(pg_column_size(output)), 0)::bigint AS bytes
FROM inference_cache
WHERE (:unused_for_days::int IS NULL OR last_used_on <= CURRENT_DATE - :unused_for_days::int)
  AND (:model::text IS NULL OR model = :model)
  AND (:task::text IS NULL OR task = :task);

-- name: prune_answers
WITH gone AS (
    DELETE FROM inference_cache
    WHERE (:unused_for_days::int IS NULL OR last_used_on <= CURRENT_DATE - :unused_for_days::int)
      AND (:model::text IS NULL OR model = :model)
      AND (:task::text IS NULL OR task = :task)
    RETURNING pg_column_size(output) AS bytes
)
SELECT count(*) AS answers, COALESCE(sum(bytes), 0)::bigint AS bytes FROM gone;
