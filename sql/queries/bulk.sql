-- The one writer idiom: rows come in by COPY into a temporary table and go on with one statement.
-- Names in braces are identifiers, filled in by ty_resources/postgres.py.

-- name: bulk_incoming!
CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA;

-- name: bulk_copy!
COPY {incoming} ({columns}) FROM STDIN;

-- name: bulk_copy_binary!
COPY {incoming} ({columns}) FROM STDIN (FORMAT BINARY);

-- name: bulk_insert!
INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming};

-- name: bulk_insert_new!
INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ON CONFLICT DO NOTHING;

-- name: bulk_upsert!
INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ON CONFLICT ({key}) DO UPDATE SET {assignments};

-- name: bulk_assignment!
{column} = EXCLUDED.{column};

-- name: lock_table
SELECT pg_advisory_xact_lock(hashtextextended(current_schema || '.' || :table, 0));

-- name: bulk_delete!
DELETE FROM {table} WHERE {column} = ANY(%(values)s);

-- name: bulk_done!
DROP TABLE {incoming};

-- name: copy_binary_out!
COPY ({query}) TO STDOUT (FORMAT BINARY);
