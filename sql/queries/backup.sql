-- What a backup is compared by.

-- name: backup_tables
-- Every table of the schemas that holds rows of its own, the largest first.
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname = ANY(:schemas)
ORDER BY pg_table_size(c.oid) DESC, n.nspname, c.relname;

-- name: backup_text_form!
-- A row's text depends on these; a checksum is to be the same on every server.
SELECT set_config('DateStyle', 'ISO, YMD', true), set_config('TimeZone', 'UTC', true),
       set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '1', true),
       set_config('bytea_output', 'hex', true), set_config('search_path', 'public', true);

-- name: table_checksum
-- Of all rows, in whatever order they lie: sums of both halves of each row's MD5.
SELECT count(*) AS rows,
       concat_ws(':', COALESCE(sum(('x' || left(h, 16))::bit(64)::bigint), 0),
                      COALESCE(sum(('x' || right(h, 16))::bit(64)::bigint), 0)) AS checksum
FROM (SELECT md5(r::text) AS h FROM {table} r) AS hashed;

-- name: backup_moment
SELECT pg_export_snapshot() AS snapshot, current_setting('server_version_num')::int / 10000 AS postgres,
       (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS pgvector, now() AS taken_at,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS wal_position;

-- name: server_major
SELECT current_setting('server_version_num')::int / 10000 AS postgres;

-- name: schemas_there
-- Of these, the ones that have anything in them.
SELECT n.nspname AS schema, count(c.oid) AS relations
FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
WHERE n.nspname = ANY(:schemas) GROUP BY 1 ORDER BY 1;

-- name: drop_schema!
DROP SCHEMA IF EXISTS {schema} CASCADE;

-- name: gather_after_restore!
ANALYZE;
