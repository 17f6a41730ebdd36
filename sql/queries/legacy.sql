-- The import of the replaced system. Names in braces are identifiers or lists of them, filled in by ty_assets/legacy.

-- name: lock_legacy_import
SELECT pg_try_advisory_lock(hashtextextended(current_schema || '.legacy_import', 0)) AS mine;

-- name: open_legacy_import
SELECT import_id FROM legacy_imports WHERE origin = :origin AND finished_at IS NULL ORDER BY import_id DESC LIMIT 1;

-- name: begin_legacy_import
INSERT INTO legacy_imports (origin) VALUES (:origin) RETURNING import_id;

-- name: end_legacy_import!
WITH ended AS (UPDATE legacy_imports SET finished_at = now(), report = :report::jsonb WHERE import_id = :import_id)
DELETE FROM legacy_chunks WHERE import_id = :import_id;

-- name: legacy_chunks
SELECT old_table, chunk, counts FROM legacy_chunks WHERE import_id = :import_id;

-- name: legacy_chunk
SELECT counts FROM legacy_chunks WHERE import_id = :import_id AND old_table = :old_table AND chunk = :chunk;

-- name: claim_legacy_chunk!
INSERT INTO legacy_chunks (import_id, old_table, chunk, counts)
VALUES (:import_id, :old_table, :chunk, :counts::jsonb) ON CONFLICT DO NOTHING;

-- name: count_legacy_chunk!
UPDATE legacy_chunks SET counts = :counts::jsonb
WHERE import_id = :import_id AND old_table = :old_table AND chunk = :chunk;

-- name: do_not_wait_for_disk!
-- Of a chunk and its mark together: a server that loses power loses both, and the next call brings both.
SET LOCAL synchronous_commit = off;

-- name: copy_legacy_raw_postings!
COPY raw_postings (source, external_id, content_hash, fetched_on, fetched_at, origin, payload)
FROM STDIN (FORMAT BINARY);

-- name: copy_legacy_sightings!
COPY sightings (source, external_id, first_seen_on, last_seen_on, content_hash) FROM STDIN (FORMAT BINARY);

-- name: copy_legacy_ids!
COPY legacy_ids (kind, old_id, new_id) FROM STDIN (FORMAT BINARY);

-- name: legacy_ids_of
SELECT old_id, new_id FROM legacy_ids WHERE kind = :kind AND old_id = ANY(:old_ids);

-- name: legacy_days_to_run
-- Days with postings that are received and not derived.
SELECT s.first_seen_on AS day, count(*) AS postings
FROM sightings s LEFT JOIN postings p USING (source, external_id)
WHERE p.raw_hash IS DISTINCT FROM s.content_hash
GROUP BY 1 ORDER BY 1;

-- name: legacy_document_is
SELECT document = :document::jsonb AS same FROM profile_documents WHERE profile_id = :profile_id;

-- name: forget_legacy_failures!
DELETE FROM failures WHERE stage = :stage AND starts_with(subject, :old_table);

-- name: read_only_snapshot!
-- In the replaced system's database: what is counted is what is read.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: old_session
-- Its text has one form, whatever that server's settings are.
SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false),
       set_config('extra_float_digits', '1', false), set_config('statement_timeout', '0', false);

-- name: old_columns
SELECT a.attname AS name FROM pg_attribute a
WHERE a.attrelid = to_regclass(:old_table) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;

-- name: old_count
SELECT count(*) AS rows FROM {table};

-- name: old_rows
COPY (SELECT {columns} FROM {table} ORDER BY {order}) TO STDOUT (FORMAT CSV);

-- name: bench_text_column!
{name} text;

-- name: bench_create_plain!
CREATE TABLE bench_plain ({columns});

-- name: bench_copy_plain!
COPY bench_plain FROM STDIN (FORMAT CSV);

-- name: bench_drop_plain!
DROP TABLE bench_plain;
