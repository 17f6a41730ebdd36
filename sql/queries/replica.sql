-- How far the primary's log is, and how far a replica has followed it; in bytes since the beginning.

-- name: written_position
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS position;

-- name: replayed_position
-- Null on a server that is no replica.
SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS position;
