-- name: record_failure!
INSERT INTO failures (stage, subject, task_version, day, error_class, message, payload, next_try_at, given_up)
VALUES (:stage, :subject, :task_version, :day, :error_class, :message, :payload, now() + :first_retry,
        :max_attempts <= 1)
ON CONFLICT (stage, subject, task_version) DO UPDATE
SET attempts = failures.attempts + 1,
    error_class = EXCLUDED.error_class,
    message = EXCLUDED.message,
    payload = EXCLUDED.payload,
    day = EXCLUDED.day,
    last_at = now(),
    next_try_at = now() + LEAST(:first_retry * 2 ^ LEAST(failures.attempts, 20), :last_retry),
    given_up = failures.attempts + 1 >= :max_attempts;

-- name: resolve_failures!
DELETE FROM failures WHERE stage = :stage AND subject = ANY(:subjects);

-- name: given_up
SELECT subject FROM failures WHERE stage = :stage AND task_version = :task_version AND given_up;

-- name: failed_subjects
SELECT subject FROM failures WHERE stage = :stage;

-- name: failure_counts
SELECT stage, count(*) FILTER (WHERE NOT given_up) AS failed, count(*) FILTER (WHERE given_up) AS given_up
FROM failures GROUP BY stage ORDER BY stage;

-- name: latest_failures
SELECT stage, subject, error_class, message, attempts, last_at, given_up
FROM failures ORDER BY last_at DESC, stage, subject LIMIT :limit;
