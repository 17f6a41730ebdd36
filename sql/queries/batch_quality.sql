-- What tells how even-handed a batch was: scores along it, and what was asked about some of its candidates again.

-- name: batch_quality_row
SELECT batch_id, account_id, endpoint, input_file_id, rubric, model, status, paused_at IS NOT NULL AS paused, total,
       completed
FROM batches WHERE batch_id = :batch_id;

-- name: batch_answer_count
SELECT count(*) AS count FROM batch_results WHERE batch_id = :batch_id AND NOT is_error;

-- name: batch_sampled_answers
-- So many answers evenly spread over the file, in pages.
SELECT line, content FROM (
    SELECT line, content, row_number() OVER (ORDER BY line) AS place
    FROM batch_results WHERE batch_id = :batch_id AND NOT is_error
) r
WHERE line > :after AND place * :wanted::bigint / :total > (place - 1) * :wanted / :total
ORDER BY line
LIMIT :most;

-- name: batch_answers_of_lines
SELECT line, content FROM batch_results WHERE batch_id = :batch_id AND NOT is_error AND line = ANY(:lines);

-- name: batch_probe_requests
-- So many of the answered requests, evenly spread over the file; the same ones each time.
SELECT line, at_byte, bytes FROM (
    SELECT line, at_byte, bytes, row_number() OVER (ORDER BY line) AS place, count(*) OVER () AS total
    FROM batch_requests WHERE batch_id = :batch_id AND state = 'done'
) r
WHERE place * :wanted::bigint / total > (place - 1) * :wanted / total
ORDER BY line;

-- name: batch_probes_of
SELECT kind, line, variant, scores, error FROM batch_probes WHERE batch_id = :batch_id ORDER BY kind, line, variant;

-- name: batch_probe_add!
INSERT INTO batch_probes (batch_id, kind, line, variant, scores, error)
VALUES (:batch_id, :kind, :line, :variant, :scores::jsonb, :error)
ON CONFLICT DO NOTHING;
