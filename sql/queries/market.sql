-- What the view shows of the market around an occupation: rows of ty_assets/demand.

-- name: occupation_name
-- A group of three digits is named by the occupation with the lowest id in it, which is what people call it most.
SELECT EXISTS (SELECT FROM occupations o WHERE starts_with(o.kldb, :code))
       OR EXISTS (SELECT FROM posting_professions p WHERE starts_with(p.kldb, :code))
       OR EXISTS (SELECT FROM demand_snapshot d WHERE d.occupation_group = left(:code, 3)) AS known,
       (SELECT o.short_name FROM occupations o WHERE starts_with(o.kldb, :code) ORDER BY o.kind DESC, o.berufenet_id LIMIT 1)
       AS name;

-- name: similarity_day
-- The day that pairs are read of: the one named, where it has any, else none.
SELECT CASE WHEN :day::date IS NULL THEN (SELECT max(day) FROM profession_similarity)
            ELSE (SELECT max(day) FROM profession_similarity WHERE day = :day::date) END AS day;

-- name: related_occupations
-- Each pair is stored once; by the primary key from the one side, by profession_similarity_b from the other.
WITH chosen AS (SELECT COALESCE(:day::date, (SELECT max(day) FROM profession_similarity)) AS day), pairs AS (
    SELECT s.day, s.kldb_b AS kldb, s.similarity, s.shared_terms FROM profession_similarity s JOIN chosen USING (day)
    WHERE s.kldb_a = :kldb
    UNION ALL
    SELECT s.day, s.kldb_a, s.similarity, s.shared_terms FROM profession_similarity s JOIN chosen USING (day)
    WHERE s.kldb_b = :kldb
)
SELECT p.day, p.kldb, p.similarity, p.shared_terms,
       (SELECT o.short_name FROM occupations o WHERE o.kldb = p.kldb ORDER BY o.kind DESC, o.berufenet_id LIMIT 1) AS name,
       (SELECT count(*) FROM posting_professions f JOIN postings o USING (posting_id)
        WHERE f.kldb = p.kldb AND f.decision = 'accepted' AND o.in_scope AND o.duplicate_of IS NULL AND o.available
       )::integer AS active
FROM pairs p ORDER BY p.similarity DESC, p.kldb OFFSET :row_offset LIMIT :row_limit;

-- name: demand_trend
-- Newest first, so that a page is the latest; region null: all together.
SELECT d.day, sum(d.active)::integer AS active, sum(d.new)::integer AS new, sum(d.closed)::integer AS closed,
       CASE WHEN count(*) = 1 THEN (array_agg(d.top_terms))[1] ELSE '[]'::jsonb END AS top_terms
FROM demand_snapshot d
WHERE d.occupation_group = :group AND (:region::text IS NULL OR d.region = :region::text)
  AND (:since::date IS NULL OR d.day >= :since::date) AND (:until::date IS NULL OR d.day <= :until::date)
GROUP BY d.day ORDER BY d.day DESC LIMIT :row_limit;

-- name: demand_by_region
SELECT d.day, d.region, d.active, d.new, d.closed FROM demand_snapshot d
WHERE d.occupation_group = :group
  AND d.day = COALESCE(:day::date, (SELECT max(s.day) FROM demand_snapshot s WHERE s.occupation_group = :group))
ORDER BY d.active DESC, d.region OFFSET :row_offset LIMIT :row_limit;
