-- Files of the API under /v1: what was uploaded, in parts; what batches have put out, as their results' lines.

-- name: api_file_add
-- An upload begins. Until it is complete it expires an hour after its last part, so that what was broken off goes.
INSERT INTO api_files (file_id, account_id, purpose, filename, expires_at)
VALUES (:file_id, :account_id, :purpose, :filename, now() + interval '1 hour')
RETURNING *;

-- name: api_file_parts_add
-- The next parts of an upload, cut here, since an array of them would travel as text; no row where the file is gone.
WITH grown AS (
    UPDATE api_files SET bytes = bytes + octet_length(:content::bytea), expires_at = now() + interval '1 hour'
    WHERE file_id = :file_id AND NOT is_complete
    RETURNING file_id
), added AS (
    INSERT INTO api_file_parts (file_id, ordinal, content)
    SELECT g.file_id, :first::integer + n, substring(:content::bytea FROM n * :part_bytes + 1 FOR :part_bytes)
    FROM grown g
    CROSS JOIN generate_series(0, (octet_length(:content::bytea) - 1) / :part_bytes::integer) AS cut (n)
)
SELECT file_id FROM grown;

-- name: api_file_complete
UPDATE api_files
SET is_complete = true, expires_at = created_at + make_interval(secs => :keep_seconds::double precision),
    filename = coalesce(:filename::text, filename)
WHERE file_id = :file_id AND NOT is_complete
RETURNING *;

-- name: api_file_drop!
-- An upload that was broken off, or is not wanted.
DELETE FROM api_files WHERE file_id = :file_id AND NOT is_complete AND of_batch IS NULL;

-- name: api_file_of_account
-- A batch's file can be read before it is complete, an upload cannot.
SELECT f.* FROM api_files f
WHERE f.account_id = :account_id AND f.file_id = :file_id
  AND (f.is_complete OR f.of_batch IS NOT NULL)
  AND (f.expires_at IS NULL OR f.expires_at > now());

-- name: api_files_newest
-- From the newest on, after the one that `after` names. Ids come last in the order, since two may be of one moment.
SELECT f.* FROM api_files f
WHERE f.account_id = :account_id
  AND (:purpose::text IS NULL OR f.purpose = :purpose::text)
  AND (f.is_complete OR f.of_batch IS NOT NULL)
  AND (f.expires_at IS NULL OR f.expires_at > now())
  AND (:after::text IS NULL
       OR (f.created_at, f.file_id) < (SELECT a.created_at, a.file_id FROM api_files a WHERE a.file_id = :after::text))
ORDER BY f.created_at DESC, f.file_id DESC
LIMIT :most;

-- name: api_files_oldest
SELECT f.* FROM api_files f
WHERE f.account_id = :account_id
  AND (:purpose::text IS NULL OR f.purpose = :purpose::text)
  AND (f.is_complete OR f.of_batch IS NOT NULL)
  AND (f.expires_at IS NULL OR f.expires_at > now())
  AND (:after::text IS NULL
       OR (f.created_at, f.file_id) > (SELECT a.created_at, a.file_id FROM api_files a WHERE a.file_id = :after::text))
ORDER BY f.created_at, f.file_id
LIMIT :most;

-- name: api_file_parts_read
SELECT content FROM api_file_parts
WHERE file_id = :file_id AND ordinal >= :first
ORDER BY ordinal
LIMIT :most;

-- name: batch_lines_read
-- The next lines of an output file: at least one, and else no more than so many bytes.
SELECT line, content
FROM (SELECT line, content, sum(octet_length(content)) OVER (ORDER BY line) - octet_length(content) AS before
      FROM (SELECT line, content FROM batch_results
            WHERE batch_id = :batch_id AND is_error = :is_error AND line > :after
            ORDER BY line
            LIMIT :most) AS next_ones) AS measured
WHERE before < :most_bytes
ORDER BY line;

-- name: api_file_lock
-- Before it is deleted; a batch that is being made of it at this moment holds it.
SELECT of_batch, is_error FROM api_files
WHERE account_id = :account_id AND file_id = :file_id AND (is_complete OR of_batch IS NOT NULL)
  AND (expires_at IS NULL OR expires_at > now())
FOR UPDATE;

-- name: api_file_users
-- Batches that read or write the file and have not ended: they have a claim on it.
SELECT batch_id FROM batches
WHERE account_id = :account_id AND (input_file_id = :file_id OR batch_id = :of_batch)
  AND status IN ('validating', 'in_progress', 'finalizing', 'cancelling')
LIMIT 1;

-- name: batch_lines_delete!
-- An output file's content.
DELETE FROM batch_results WHERE batch_id = :batch_id AND is_error = :is_error;

-- name: api_file_delete!
DELETE FROM api_files WHERE account_id = :account_id AND file_id = :file_id;
