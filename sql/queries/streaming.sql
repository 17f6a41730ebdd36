-- What the benchmark and the tests of streaming look at.

-- name: ranked_of_source
SELECT DISTINCT p.external_id FROM profile_posting_matches m JOIN postings p USING (posting_id) WHERE p.source = :source;

-- name: count_of_source
SELECT count(*) AS postings FROM postings WHERE source = :source;

-- name: arrival_runs
-- Runs that files were taken in by, and the contents that they were asked for.
SELECT count(*) AS runs, count(DISTINCT value) AS contents FROM {dagster}.run_tags WHERE key = 'ty/arrivals';
