-- What is stored, for the benchmark of storage.

-- name: stored_bytes
-- Of every table, with its indexes and what is stored apart.
SELECT c.relname AS name, pg_total_relation_size(c.oid)::bigint AS bytes
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace;

-- name: stored_counts
SELECT (SELECT count(*) FROM postings) AS postings, (SELECT count(*) FROM profile_posting_matches) AS matches,
       (SELECT count(*) FROM profiles) AS people;

