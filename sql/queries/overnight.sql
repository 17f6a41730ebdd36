-- name: days_of_best_matches
-- Of everybody's best matches over all days, the days; by the index profile_posting_matches_rank.
SELECT DISTINCT best.day
FROM profiles p
CROSS JOIN LATERAL (
    SELECT m.day FROM profile_posting_matches m WHERE m.profile_id = p.profile_id
    ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id LIMIT :best) AS best
ORDER BY 1;

-- name: best_matches_without_analysis
-- Of each person's best matches over all days, how many have no analysis at all.
SELECT count(*) AS count
FROM profiles p
CROSS JOIN LATERAL (
    SELECT m.posting_id FROM profile_posting_matches m WHERE m.profile_id = p.profile_id
    ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id LIMIT :best) AS best
WHERE NOT EXISTS (SELECT FROM match_analyses a WHERE a.profile_id = p.profile_id AND a.posting_id = best.posting_id);

-- name: prune_rounds
-- The latest thirty days with a whole listing of a source stay whatever their age: staleness is counted by them.
WITH old AS (
    SELECT round_id
    FROM (SELECT round_id, finished_at,
                 dense_rank() OVER (PARTITION BY source, complete AND kind = 'full' ORDER BY day DESC) AS place,
                 complete AND kind = 'full' AS whole
          FROM source_rounds WHERE finished_at IS NOT NULL) AS closed
    WHERE finished_at < :before AND NOT (whole AND place <= 30)
), gone AS (DELETE FROM source_rounds r USING old WHERE r.round_id = old.round_id RETURNING 1)
SELECT count(*) AS count FROM gone;

-- name: prune_incidents
-- What is over, and was told.
WITH gone AS (
    DELETE FROM incidents WHERE closed_at < :before AND told_closed IS NOT NULL RETURNING 1)
SELECT count(*) AS count FROM gone;
