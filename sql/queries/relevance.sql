-- name: forget_relevance_of_day!
DELETE FROM posting_relevance v USING postings p WHERE p.posting_id = v.posting_id AND p.first_seen_on = :day;

-- name: relevance_counts
SELECT p.first_seen_on AS day, count(*) AS rows, count(*) FILTER (WHERE v.decision = 'first') AS first,
       count(*) FILTER (WHERE v.decision = 'later') AS later, count(*) FILTER (WHERE v.decision = 'out') AS out
FROM posting_relevance v JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: relevance_reasons
SELECT v.decision, v.reason, count(*) AS postings
FROM posting_relevance v JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2;

-- name: best_matches_on_day
-- Of everybody's best so many matches over all days, the postings of this day.
SELECT DISTINCT best.posting_id
FROM profiles p
CROSS JOIN LATERAL (
    SELECT m.posting_id, m.day FROM profile_posting_matches m WHERE m.profile_id = p.profile_id
    ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id LIMIT :best) AS best
WHERE best.day = :day;

-- name: best_matches_left_out
-- Of everybody's best so many matches over all days, those of these days: how many there are, and how many are out.
SELECT count(*) AS matches, count(*) FILTER (WHERE v.decision = 'out') AS out
FROM profiles p
CROSS JOIN LATERAL (
    SELECT m.posting_id, m.day FROM profile_posting_matches m WHERE m.profile_id = p.profile_id
    ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id LIMIT :best) AS best
LEFT JOIN posting_relevance v USING (posting_id)
WHERE best.day = ANY(:days);

-- name: best_places_by_relevance
-- Each judged posting, and how many people have it among their best fifty matches.
WITH ranked AS (
    SELECT posting_id,
           row_number() OVER (PARTITION BY profile_id ORDER BY passed_gates DESC, score DESC, posting_id) AS place
    FROM profile_posting_matches
)
SELECT v.posting_id, v.decision, v.relevance, count(r.posting_id) AS people
FROM posting_relevance v LEFT JOIN ranked r ON r.posting_id = v.posting_id AND r.place <= 50
GROUP BY v.posting_id;

-- name: forget_derivation!
DELETE FROM derivations WHERE stage = :stage;
