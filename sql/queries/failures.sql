-- name: record_failure!
-- Attempts are counted for one input: a changed one begins anew.
INSERT INTO failures
    (stage, subject, task_version, day, error_class, message, payload, input_hash, next_try_at, given_up)
VALUES (:stage, :subject, :task_version, :day, :error_class, :message, :payload, :input_hash, now() + :first_retry,
        :max_attempts <= 1)
ON CONFLICT (stage, subject, task_version) DO UPDATE
SET attempts = failures.attempts * (failures.input_hash IS NOT DISTINCT FROM EXCLUDED.input_hash)::int + 1,
    error_class = EXCLUDED.error_class,
    message = EXCLUDED.message,
    payload = EXCLUDED.payload,
    input_hash = EXCLUDED.input_hash,
    day = EXCLUDED.day,
    last_at = now(),
    next_try_at = now() + LEAST(
        :first_retry * 2 ^ LEAST(
            failures.attempts * (failures.input_hash IS NOT DISTINCT FROM EXCLUDED.input_hash)::int, 20),
        :last_retry),
    given_up = failures.attempts * (failures.input_hash IS NOT DISTINCT FROM EXCLUDED.input_hash)::int + 1
        >= :max_attempts;

-- name: resolve_failures!
DELETE FROM failures WHERE stage = :stage AND subject = ANY(:subjects);

-- name: given_up
SELECT subject, input_hash FROM failures WHERE stage = :stage AND task_version = :task_version AND given_up;

-- name: failed_subjects
SELECT subject FROM failures WHERE stage = :stage;

-- name: failure_counts
SELECT stage, count(*) FILTER (WHERE NOT given_up) AS failed, count(*) FILTER (WHERE given_up) AS given_up
FROM failures GROUP BY stage ORDER BY stage;

-- name: latest_failures
-- Without the message: it may quote a person. `failure_messages` has it, for the shell of who runs this.
SELECT stage, subject, error_class, attempts, last_at, next_try_at, given_up
FROM failures ORDER BY last_at DESC, stage, subject LIMIT :limit;

-- name: failure_messages
SELECT stage, subject, error_class, message, attempts, last_at, given_up
FROM failures ORDER BY last_at DESC, stage, subject LIMIT :limit;

-- name: due_failures
-- What may be tried again by now, with the partition it belongs to: a day, or a bucket of people. A record that could
-- not be read has none, and is read again when its file or its listing changes. A posting that is out of scope or a
-- copy by now is worked on by nobody.
SELECT f.stage, f.subject, f.task_version, f.attempts, f.day, d.bucket
FROM failures f
LEFT JOIN profile_documents d ON d.profile_id::text = f.subject AND f.stage IN ('profiles', 'profile_facets')
LEFT JOIN postings p ON p.posting_id = CASE
    WHEN f.stage NOT IN ('postings', 'embeddings') AND f.day IS NOT NULL
     AND pg_input_is_valid(f.subject, 'uuid') THEN f.subject::uuid END
WHERE NOT f.given_up AND f.next_try_at <= now() AND f.stage <> 'raw_postings'
  AND (d.bucket IS NOT NULL
       OR f.day IS NOT NULL
          AND (f.stage IN ('postings', 'embeddings') OR p.in_scope AND p.duplicate_of IS NULL))
ORDER BY f.day, d.bucket, f.stage, f.subject, f.task_version;
