-- What a day is compared by: (day, bin, count), of the day itself and of the days before it.

-- name: drift_languages
SELECT first_seen_on AS day, language AS bin, count(*) AS count
FROM postings WHERE first_seen_on BETWEEN :first AND :day GROUP BY 1, 2;

-- name: drift_requirement_counts
-- Only rows of the model and rules that made most of the day's: another model counts otherwise.
WITH counted AS (
    SELECT p.first_seen_on AS day, d.row_count, d.model, d.task_version
    FROM derivations d JOIN postings p ON p.posting_id = d.subject
    WHERE d.stage = 'posting_requirements' AND p.first_seen_on BETWEEN :first AND :day
), maker AS (
    SELECT model, task_version FROM counted WHERE day = :day GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT 1
)
SELECT day, (ARRAY['0', '1 to 2', '3 to 4', '5 to 6', '7 to 9', '10 to 14', '15 and more'])
           [1 + width_bucket(row_count, ARRAY[1, 3, 5, 7, 10, 15])] AS bin, count(*) AS count
FROM counted JOIN maker USING (model, task_version) GROUP BY 1, 2;

-- name: drift_best_scores
-- Of each person the scores of the best hundredth of a day's postings: the best ten of a day with many are better than
-- the best ten of a quiet one. Of people enough to tell; of the vectors and rules that made most of the day's.
WITH people AS (
    SELECT profile_id FROM profile_careers ORDER BY md5(profile_id::text) LIMIT :people
), days AS (
    SELECT first_seen_on AS day, ceil(count(*) * 0.01) AS best FROM postings
    WHERE first_seen_on BETWEEN :first AND :day AND in_scope AND duplicate_of IS NULL GROUP BY 1
), ranked AS (
    SELECT m.day, m.score, m.model, m.task_version,
           row_number() OVER (PARTITION BY m.profile_id, m.day ORDER BY m.score DESC) AS place
    FROM profile_posting_matches m JOIN people USING (profile_id)
    WHERE m.day BETWEEN :first AND :day AND m.passed_gates
), maker AS (
    SELECT model, task_version FROM ranked WHERE day = :day GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT 1
)
SELECT day, round(floor(LEAST(score::numeric, 0.999) * 10) / 10, 1)::text AS bin, count(*) AS count
FROM ranked JOIN days USING (day) JOIN maker USING (model, task_version)
WHERE place <= best GROUP BY 1, 2;
