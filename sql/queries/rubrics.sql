-- Rubrics that the pages keep for their account.

-- name: rubrics_of_account
SELECT rubric_id, name, content, created_at FROM rubrics
WHERE account_id = :account_id
ORDER BY lower(name), rubric_id;

-- name: rubric_of_account
SELECT rubric_id, name, content, created_at FROM rubrics WHERE account_id = :account_id AND rubric_id = :rubric_id;

-- name: rubric_add
-- No row where the account has another of this name, or as many as it may have.
INSERT INTO rubrics (account_id, name, content)
SELECT :account_id, :name, :content
WHERE (SELECT count(*) FROM rubrics WHERE account_id = :account_id) < :most::integer
ON CONFLICT DO NOTHING
RETURNING rubric_id;

-- name: rubric_set
-- No row where it is not the account's, or another has the name.
UPDATE rubrics r SET name = :name, content = :content
WHERE r.account_id = :account_id AND r.rubric_id = :rubric_id
  AND NOT EXISTS (
      SELECT FROM rubrics o WHERE o.account_id = :account_id AND o.name = :name AND o.rubric_id <> :rubric_id)
RETURNING r.rubric_id;

-- name: rubric_end
DELETE FROM rubrics WHERE account_id = :account_id AND rubric_id = :rubric_id RETURNING rubric_id;

-- name: table_of_account
SELECT file_id, filename, bytes, created_at FROM api_files
WHERE account_id = :account_id AND file_id = :file_id AND purpose = 'user_data' AND is_complete
  AND (expires_at IS NULL OR expires_at > now());

-- name: stored_file_drop!
-- What came to nothing, with its parts.
DELETE FROM api_files WHERE account_id = :account_id AND file_id = :file_id AND of_batch IS NULL;

-- name: rate_of_model
-- Candidates a second of the account's latest evaluation that had this model answer enough to tell, and its tokens.
SELECT (completed + failed) / greatest(extract(epoch FROM coalesce(finalizing_at, now()) - in_progress_at), 1)::float8
       AS per_second,
       output_tokens::float8 / completed AS output_tokens
FROM batches
WHERE account_id = :account_id AND model = :model AND completed >= 10 AND in_progress_at IS NOT NULL
  AND status IN ('in_progress', 'finalizing', 'completed')
ORDER BY created_at DESC
LIMIT 1;

-- name: evaluation_parts
-- The batches that were made together of one table, in its order.
SELECT * FROM batches_shown
WHERE account_id = :account_id AND metadata ->> 'evaluation' = :evaluation
ORDER BY created_at, metadata ->> 'part', batch_id;

-- name: evaluation_results
-- Answers and errors of a batch in the order of its file, each with where its request stands there.
SELECT r.line, r.content, q.at_byte, q.bytes
FROM batch_results r
LEFT JOIN batch_requests q USING (batch_id, line)
WHERE r.batch_id = :batch_id AND r.line > :after
ORDER BY r.line
LIMIT :most;

-- name: evaluation_failures
-- Some of the requests that got no answer.
SELECT line, content FROM batch_results WHERE batch_id = :batch_id AND is_error ORDER BY line LIMIT :most;
