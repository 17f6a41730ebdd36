-- Runs and the workers that execute them. All times are the server's: hosts' clocks differ.

-- name: claim_run
-- The worker that has the run now, if that is the one that asks: a message that comes twice starts nothing twice.
INSERT INTO run_workers (run_id, worker) VALUES (:run_id, :worker)
ON CONFLICT (run_id) DO NOTHING RETURNING worker;

-- name: beat_run
UPDATE run_workers SET beat_at = clock_timestamp() WHERE run_id = :run_id AND worker = :worker RETURNING 1 AS ours;

-- name: release_run!
DELETE FROM run_workers WHERE run_id = :run_id AND worker = :worker;

-- name: run_silence
-- Whose the run is, and seconds since the last sign of life.
SELECT worker, extract(epoch FROM clock_timestamp() - beat_at)::float8 AS seconds FROM run_workers WHERE run_id = :run_id;

-- name: forget_silent_runs!
-- Claims of workers that are gone; their runs have been reported as failed long ago.
DELETE FROM run_workers WHERE beat_at < clock_timestamp() - :older::interval;

-- name: runs_of_workers
SELECT worker, count(*) AS runs, max(extract(epoch FROM clock_timestamp() - beat_at))::float8 AS silence
FROM run_workers GROUP BY worker ORDER BY worker;

-- name: daemon_heartbeat
-- Seconds since the last sign of life of any part of Dagster's daemon; null: there was none.
SELECT extract(epoch FROM now() - max(timestamp AT TIME ZONE 'UTC'))::float8 AS seconds FROM {dagster}.daemon_heartbeats;
