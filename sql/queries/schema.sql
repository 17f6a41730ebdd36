-- name: lock_migrations
SELECT pg_advisory_lock(:lock);

-- name: create_schema!
CREATE SCHEMA IF NOT EXISTS {schema};

-- name: vector_version
SELECT extversion FROM pg_extension WHERE extname = 'vector';

-- name: create_vector!
CREATE EXTENSION vector SCHEMA public;

-- name: table_columns
SELECT attname AS name, format_type(atttypid, atttypmod) AS type
FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped ORDER BY attnum;

-- name: schema_version
SELECT migration_id FROM _yoyo_migration ORDER BY applied_at_utc DESC, migration_id DESC LIMIT 1;

-- name: schema_ready
SELECT 1 AS ready FROM pg_namespace WHERE nspname = :dagster AND to_regclass('_yoyo_migration') IS NOT NULL;

-- name: applied_migrations
SELECT migration_id FROM _yoyo_migration;
