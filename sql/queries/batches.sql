-- Batches of candidates: their rows, their requests and results. Files are in api_files.sql, quality in
-- batch_quality.sql.

-- name: batch_input
-- The file that a batch is to be made of, which stays until the batch is there.
SELECT purpose, is_complete FROM api_files
WHERE file_id = :file_id AND account_id = :account_id AND (expires_at IS NULL OR expires_at > now())
FOR KEY SHARE;

-- name: batch_add!
INSERT INTO batches (batch_id, account_id, endpoint, input_file_id, completion_window, metadata, rubric, priority,
                     output_expires_seconds, expires_at)
VALUES (:batch_id, :account_id, :endpoint, :input_file_id, :completion_window, :metadata::jsonb, :rubric, :priority,
        :output_expires_seconds, now() + :open_for::interval);

-- name: batch_of_account
SELECT * FROM batches_shown WHERE account_id = :account_id AND batch_id = :batch_id;

-- name: batches_of_account
-- The latest first; after: the last one of the page before, which may be gone.
SELECT * FROM batches_shown
WHERE account_id = :account_id
  AND (:after::text IS NULL OR (created_at, batch_id) < (
      SELECT created_at, batch_id FROM batches WHERE batch_id = :after AND account_id = :account_id))
ORDER BY created_at DESC, batch_id DESC
LIMIT :most;

-- name: batch_cancel
UPDATE batches SET status = 'cancelling', cancelling_at = now(), paused_at = NULL
WHERE account_id = :account_id AND batch_id = :batch_id AND status IN ('validating', 'in_progress', 'finalizing')
RETURNING batch_id;

-- name: batch_pause
UPDATE batches SET paused_at = COALESCE(paused_at, now())
WHERE account_id = :account_id AND batch_id = :batch_id AND status IN ('validating', 'in_progress')
RETURNING batch_id;

-- name: batch_resume
UPDATE batches SET expires_at = expires_at + (now() - COALESCE(paused_at, now())), paused_at = NULL
WHERE account_id = :account_id AND batch_id = :batch_id AND status IN ('validating', 'in_progress', 'finalizing')
RETURNING batch_id;

-- name: batch_prioritise
UPDATE batches SET priority = :priority::smallint
WHERE account_id = :account_id AND batch_id = :batch_id AND status IN ('validating', 'in_progress', 'finalizing')
RETURNING batch_id;

-- name: file_part
SELECT content FROM api_file_parts WHERE file_id = :file_id AND ordinal = :ordinal;

-- name: file_begin!
INSERT INTO api_files (file_id, account_id, purpose, filename, expires_at)
VALUES (:file_id, :account_id, :purpose, :filename, :expires_at);

-- name: file_part_add!
INSERT INTO api_file_parts (file_id, ordinal, content) VALUES (:file_id, :ordinal, :content);

-- name: file_is_complete!
UPDATE api_files SET bytes = :bytes, is_complete = true WHERE file_id = :file_id;

-- name: batch_validation_lock
-- Of the transaction: who validates a batch is alone with it, and a killed one gives it back.
SELECT pg_try_advisory_xact_lock(hashtextextended('validation of ' || :batch_id, 0)) AS ours;

-- name: batch_input_size
SELECT bytes FROM api_files WHERE file_id = :file_id;

-- name: batch_duplicates
-- The first lines whose custom_id another one before them has, and how many there are.
SELECT line, first_line, count(*) OVER () AS duplicates
FROM (
    SELECT line, min(line) OVER (PARTITION BY custom_id) AS first_line FROM batch_requests WHERE batch_id = :batch_id
) r
WHERE line > first_line
ORDER BY line
LIMIT :most;

-- name: batch_begin!
UPDATE batches SET status = 'in_progress', in_progress_at = now(), total = :total, model = :model,
                   output_file_id = :file_id
WHERE batch_id = :batch_id AND status = 'validating';

-- name: batch_file_add!
INSERT INTO api_files (file_id, account_id, purpose, filename, of_batch, is_error)
SELECT :file_id, account_id, 'batch_output',
       batch_id || CASE WHEN :is_error::boolean THEN '_error.jsonl' ELSE '_output.jsonl' END, batch_id, :is_error
FROM batches WHERE batch_id = :batch_id;

-- name: batch_has_errors!
UPDATE batches SET error_file_id = :file_id WHERE batch_id = :batch_id AND error_file_id IS NULL;

-- name: batch_file_grown!
UPDATE api_files SET bytes = bytes + :bytes WHERE of_batch = :batch_id AND is_error = :is_error;

-- name: batch_finalize!
UPDATE batches SET status = 'finalizing', finalizing_at = now()
WHERE batch_id = :batch_id AND status = 'in_progress'
  AND NOT EXISTS (SELECT FROM batch_requests r WHERE r.batch_id = :batch_id AND r.state = 'waiting')
  AND NOT EXISTS (SELECT FROM batch_requests r WHERE r.batch_id = :batch_id AND r.state = 'taken');

-- name: batch_end!
UPDATE batches SET status = :status, errors = COALESCE(:errors::jsonb, errors), paused_at = NULL,
    failed_at = CASE :status WHEN 'failed' THEN now() END,
    completed_at = CASE :status WHEN 'completed' THEN now() END,
    expired_at = CASE :status WHEN 'expired' THEN now() END,
    cancelled_at = CASE :status WHEN 'cancelled' THEN now() END
WHERE batch_id = :batch_id AND status = ANY(:before);

-- name: batch_files_dropped!
WITH gone AS (DELETE FROM api_files WHERE of_batch = :batch_id AND bytes = 0 RETURNING file_id)
UPDATE batches SET output_file_id = CASE WHEN output_file_id NOT IN (SELECT file_id FROM gone) THEN output_file_id END,
                   error_file_id = CASE WHEN error_file_id NOT IN (SELECT file_id FROM gone) THEN error_file_id END
WHERE batch_id = :batch_id;

-- name: batch_files_complete!
UPDATE api_files f SET is_complete = true, created_at = now(),
    expires_at = now() + COALESCE(make_interval(secs => b.output_expires_seconds), :kept::interval)
FROM batches b
WHERE b.batch_id = :batch_id AND f.of_batch = b.batch_id;

-- name: batch_at_work
SELECT b.*, b.expires_at <= now() AND b.paused_at IS NULL AS expired,
       NOT EXISTS (
           SELECT FROM batches o
           WHERE o.status IN ('in_progress', 'finalizing') AND o.paused_at IS NULL AND o.expires_at > now()
             AND (-o.priority, o.created_at, o.batch_id) < (-b.priority, b.created_at, b.batch_id)
       ) AS has_turn
FROM batches b WHERE b.batch_id = :batch_id;

-- name: batch_worker_beat!
INSERT INTO batch_workers (batch_id, holder, seen_until, in_flight, vram, trouble)
VALUES (:batch_id, :holder, now() + :lease::interval, :in_flight, :vram, :trouble)
ON CONFLICT (batch_id, holder) DO UPDATE
SET seen_until = EXCLUDED.seen_until, in_flight = EXCLUDED.in_flight, vram = EXCLUDED.vram, trouble = EXCLUDED.trouble;

-- name: batch_reclaim!
-- Requests of holders that are gone are to be asked again.
WITH gone AS (
    DELETE FROM batch_workers WHERE batch_id = :batch_id AND seen_until < now()
)
UPDATE batch_requests r SET state = 'waiting', taken_by = NULL
WHERE r.batch_id = :batch_id AND r.state = 'taken' AND NOT EXISTS (
    SELECT FROM batch_workers w WHERE w.batch_id = r.batch_id AND w.holder = r.taken_by AND w.seen_until >= now());

-- name: batch_take
-- Whoever takes is alive from this moment on, or what was taken would be anybody's at once.
WITH alive AS (
    INSERT INTO batch_workers (batch_id, holder, seen_until) VALUES (:batch_id, :holder, now() + :lease::interval)
    ON CONFLICT (batch_id, holder) DO UPDATE SET seen_until = EXCLUDED.seen_until
), next AS (
    SELECT line FROM batch_requests
    WHERE batch_id = :batch_id AND state = 'waiting' AND (prefix, line) > (:prefix::bytea, :line::integer)
      AND (:even_later::boolean OR next_try_at IS NULL OR next_try_at <= now())
    ORDER BY prefix, line
    LIMIT :most
    FOR UPDATE SKIP LOCKED
)
UPDATE batch_requests r SET state = 'taken', taken_by = :holder
FROM next WHERE r.batch_id = :batch_id AND r.line = next.line
RETURNING r.line, r.custom_id, r.at_byte, r.bytes, r.prefix, r.attempts, r.losses;

-- name: batch_keep
WITH results AS (
    SELECT * FROM unnest(
        :lines::integer[], :are_errors::boolean[], :contents::text[], :prompt_tokens::integer[],
        :cached_tokens::integer[], :output_tokens::integer[], :seconds::double precision[]
    ) AS t (line, is_error, content, prompt_tokens, cached_tokens, output_tokens, seconds)
), ours AS (
    UPDATE batch_requests r
    SET state = CASE WHEN t.is_error THEN 'failed' ELSE 'done' END, taken_by = NULL, next_try_at = NULL
    FROM results t
    WHERE r.batch_id = :batch_id AND r.line = t.line AND r.state = 'taken' AND r.taken_by = :holder
    RETURNING t.*
), added AS (
    INSERT INTO batch_results (batch_id, line, is_error, content, prompt_tokens, cached_tokens, output_tokens)
    SELECT :batch_id, line, is_error, content, prompt_tokens, cached_tokens, output_tokens FROM ours
), sums AS (
    SELECT count(*) FILTER (WHERE NOT is_error) AS completed, count(*) FILTER (WHERE is_error) AS failed,
           COALESCE(sum(prompt_tokens), 0) AS prompt, COALESCE(sum(cached_tokens), 0) AS cached,
           COALESCE(sum(output_tokens), 0) AS output, COALESCE(bool_or(cached_tokens IS NOT NULL), false) AS known,
           COALESCE(sum(seconds), 0) AS seconds,
           COALESCE(sum(octet_length(content) + 1) FILTER (WHERE NOT is_error), 0) AS output_bytes,
           COALESCE(sum(octet_length(content) + 1) FILTER (WHERE is_error), 0) AS error_bytes
    FROM ours
)
UPDATE batches b
SET completed = b.completed + s.completed, failed = b.failed + s.failed, prompt_tokens = b.prompt_tokens + s.prompt,
    cached_tokens = b.cached_tokens + s.cached, output_tokens = b.output_tokens + s.output,
    cached_known = b.cached_known OR s.known, model_seconds = b.model_seconds + s.seconds
FROM sums s
WHERE b.batch_id = :batch_id
RETURNING s.completed, s.failed, s.output_bytes, s.error_bytes, b.error_file_id;

-- name: batch_again!
UPDATE batch_requests r
SET state = 'waiting', taken_by = NULL, attempts = t.attempts, losses = t.losses,
    next_try_at = CASE WHEN t.delay > 0 THEN now() + make_interval(secs => t.delay) END
FROM unnest(:lines::integer[], :attempts::smallint[], :losses::smallint[], :delays::double precision[])
    AS t (line, attempts, losses, delay)
WHERE r.batch_id = :batch_id AND r.line = t.line AND r.state = 'taken' AND r.taken_by = :holder;

-- name: batch_only!
UPDATE batch_requests SET state = 'waiting', taken_by = NULL
WHERE batch_id = :batch_id AND state = 'taken' AND taken_by = :holder AND line <> ALL(:lines::integer[]);

-- name: batch_worker_gone!
DELETE FROM batch_workers WHERE batch_id = :batch_id AND holder = :holder;

-- name: batch_left
SELECT EXISTS (SELECT FROM batch_requests WHERE batch_id = :batch_id AND state = 'waiting') AS waiting,
       EXISTS (SELECT FROM batch_requests WHERE batch_id = :batch_id AND state = 'taken') AS taken;

-- name: batch_pace!
-- The rate follows the last minute or two. Underflow of exp() is an error, so the time is bounded.
UPDATE batches b
SET pace_at = now(), pace_done = completed + failed,
    pace_rate = CASE WHEN :anew::boolean OR p.seconds IS NULL THEN pace_rate
                     ELSE p.rate + (COALESCE(pace_rate, p.rate) - p.rate) * exp(-p.seconds / 60) END
FROM (
    SELECT batch_id, LEAST(EXTRACT(EPOCH FROM now() - pace_at)::double precision, 600) AS seconds,
           (completed + failed - pace_done) / GREATEST(EXTRACT(EPOCH FROM now() - pace_at)::double precision, 0.001)
               AS rate
    FROM batches WHERE batch_id = :batch_id
) p
WHERE b.batch_id = p.batch_id AND (:anew OR pace_at IS NULL OR pace_at <= now() - interval '2 seconds');

-- name: batch_event_add!
INSERT INTO batch_events (event_id, batch_id, kind, receiver) VALUES (:event_id, :batch_id, :kind, :receiver);

-- name: batch_event_claim
WITH due AS (
    SELECT event_id FROM batch_events
    WHERE told_at IS NULL AND given_up_at IS NULL AND next_try_at <= now()
    ORDER BY next_try_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE batch_events e SET next_try_at = now() + :for_now::interval
FROM due, batches b
WHERE e.event_id = due.event_id AND b.batch_id = e.batch_id
RETURNING e.event_id, e.batch_id, e.kind, e.receiver, e.created_at, e.attempts, b.created_at AS began_at, b.total,
          b.completed, b.failed, b.errors;

-- name: batch_event_told!
UPDATE batch_events SET told_at = now(), attempts = attempts + 1, error = NULL WHERE event_id = :event_id;

-- name: batch_event_again!
UPDATE batch_events SET attempts = attempts + 1, next_try_at = now() + :again::interval, error = :error
WHERE event_id = :event_id;

-- name: batch_event_given_up!
UPDATE batch_events SET attempts = attempts + 1, given_up_at = now(), error = :error WHERE event_id = :event_id;

-- name: batch_events_given_up
SELECT event_id, batch_id, kind, receiver, attempts, given_up_at, error FROM batch_events
WHERE given_up_at IS NOT NULL
ORDER BY given_up_at DESC
LIMIT :most;

-- name: batches_due
-- Batches that a run could do something for, what goes first first.
SELECT b.batch_id, b.status, b.expires_at <= now() AND b.paused_at IS NULL AS expired,
       NOT EXISTS (
           SELECT FROM batches o
           WHERE o.status IN ('in_progress', 'finalizing') AND o.paused_at IS NULL AND o.expires_at > now()
             AND (-o.priority, o.created_at, o.batch_id) < (-b.priority, b.created_at, b.batch_id)
       ) AS has_turn
FROM batches b
WHERE b.status IN ('validating', 'in_progress', 'finalizing', 'cancelling')
  AND (b.paused_at IS NULL OR b.status IN ('finalizing', 'cancelling'))
ORDER BY b.status NOT IN ('validating', 'cancelling'), b.priority DESC, b.created_at, b.batch_id
LIMIT :most;

-- name: batch_expired_file!
-- The oldest of those that no batch needs any more; its parts go with it.
DELETE FROM api_files WHERE file_id = (
    SELECT file_id FROM api_files f
    WHERE f.expires_at < now() AND NOT EXISTS (
        SELECT FROM batches b
        WHERE b.status IN ('validating', 'in_progress', 'finalizing', 'cancelling')
          AND (b.input_file_id = f.file_id OR b.batch_id = f.of_batch)
    )
    ORDER BY f.expires_at
    LIMIT 1
);

-- name: batch_requests_without_file!
DELETE FROM batch_requests WHERE (batch_id, line) IN (
    SELECT r.batch_id, r.line FROM batch_requests r JOIN batches b USING (batch_id)
    WHERE b.status IN ('failed', 'completed', 'expired', 'cancelled')
      AND NOT EXISTS (SELECT FROM api_files f WHERE f.file_id = b.input_file_id)
    LIMIT :most
);

-- name: batch_results_without_file!
DELETE FROM batch_results WHERE (batch_id, line) IN (
    SELECT r.batch_id, r.line FROM batch_results r JOIN batches b USING (batch_id)
    WHERE b.status IN ('failed', 'completed', 'expired', 'cancelled')
      AND NOT EXISTS (SELECT FROM api_files f WHERE f.of_batch = b.batch_id AND f.is_error = r.is_error)
    LIMIT :most
);

-- name: batch_probes_without_file!
DELETE FROM batch_probes WHERE (batch_id, kind, line, variant) IN (
    SELECT p.batch_id, p.kind, p.line, p.variant FROM batch_probes p JOIN batches b USING (batch_id)
    WHERE b.status IN ('failed', 'completed', 'expired', 'cancelled')
      AND NOT EXISTS (SELECT FROM api_files f WHERE f.of_batch = b.batch_id)
    LIMIT :most
);

-- name: prune_batch_events
WITH gone AS (
    DELETE FROM batch_events WHERE COALESCE(told_at, given_up_at) < :before RETURNING 1
)
SELECT count(*) FROM gone;

-- name: batch_ids
SELECT batch_id FROM batches WHERE batch_id = ANY(:batch_ids);
