-- What the view shows of the market around an occupation: rows of ty_assets/demand.

-- name: occupation_name
-- A group of three digits is named by the occupation with the lowest id in it, which is what people call it most.
SELECT EXISTS (SELECT FROM occupations o WHERE starts_with(o.kldb, :code))
       OR EXISTS (SELECT FROM posting_professions p
                  WHERE p.kldb BETWEEN rpad(:code, 5, '0')::char(5) AND rpad(:code, 5, '9')::char(5))
       OR EXISTS (SELECT FROM demand_snapshot d WHERE d.occupation_group = left(:code, 3)::char(3)) AS known,
       (SELECT o.short_name FROM occupations o WHERE starts_with(o.kldb, :code) ORDER BY o.kind DESC, o.berufenet_id LIMIT 1)
       AS name;

-- name: similarity_day
-- The day that pairs are read of: the one named, where it has any, else none.
SELECT CASE WHEN :day::date IS NULL THEN (SELECT max(day) FROM profession_similarity)
            ELSE (SELECT s.day FROM profession_similarity s WHERE s.day = :day::date ORDER BY s.day, s.kldb_a, s.kldb_b LIMIT 1)
       END AS day;

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

-- name: market_day
-- The latest day that was counted; with a level, the latest on which levels were.
SELECT max(day) AS day FROM demand_by_state WHERE state = 'all' AND (:level::int IS NULL OR by_level IS NOT NULL);

-- name: market_days
-- Every day that was counted, whether or not anything was there.
SELECT DISTINCT day FROM demand_by_state WHERE state = 'all' AND day > :since::date ORDER BY day;

-- name: market_groups
-- The occupation groups of a day and state, the largest first; before: a day to compare with. A group is named by the
-- occupation with the lowest id in it, which is what people call it most.
SELECT d.occupation_group, d.active, COALESCE(w.new, 0) AS new, earlier.active AS before, named.short_name AS name
FROM demand_by_state d
LEFT JOIN demand_by_state earlier
    ON earlier.occupation_group = d.occupation_group AND earlier.state = d.state AND earlier.day = :before::date
LEFT JOIN LATERAL (SELECT sum(n.new)::integer AS new FROM demand_by_state n
                   WHERE n.occupation_group = d.occupation_group AND n.state = d.state
                     AND n.day > d.day - 7 AND n.day <= d.day) w ON true
LEFT JOIN LATERAL (SELECT o.short_name FROM occupations o
                   WHERE o.kldb BETWEEN (d.occupation_group || '00')::char(5) AND (d.occupation_group || '99')::char(5)
                   ORDER BY o.kind DESC, o.berufenet_id LIMIT 1) named ON true
WHERE d.day = :day AND d.state = :state AND d.active > 0 AND d.occupation_group <> '---'
  AND (:after_group::text IS NULL OR d.active < :after_active::integer
       OR d.active = :after_active::integer AND d.occupation_group > :after_group::text)
ORDER BY d.active DESC, d.occupation_group LIMIT :row_limit;

-- name: market_series
-- Of some occupation groups, in one state or in all, day by day; a day without a row had nothing.
SELECT occupation_group, day, active, new, closed FROM demand_by_state
WHERE occupation_group = ANY(:groups::char(3)[]) AND state = :state AND day > :since::date ORDER BY occupation_group, day;

-- name: market_total
-- All occupations together, those without one too.
SELECT day, sum(active)::integer AS active, sum(new)::integer AS new, sum(closed)::integer AS closed
FROM demand_by_state WHERE state = :state AND day > :since::date GROUP BY day ORDER BY day;

-- name: market_states
-- Of one occupation group, or of all, by state.
SELECT state, sum(active)::integer AS active FROM demand_by_state
WHERE day = :day AND state <> 'all' AND (:group::text IS NULL OR occupation_group = :group::text)
GROUP BY state ORDER BY active DESC, state;

-- name: market_terms
SELECT top_terms FROM demand_by_state WHERE occupation_group = :group AND state = :state AND day = :day;

-- name: market_heat
-- Of the level's active postings, or of all; by occupation group and state.
SELECT occupation_group, state,
       COALESCE(CASE WHEN :level::int IS NULL THEN active ELSE by_level[:level::int] END, 0) AS active
FROM demand_by_state WHERE day = :day AND state <> 'all';

-- name: market_search
-- Occupations by a part of a name, the ones that begin with it first; each code once.
SELECT found.kldb, found.name, COALESCE(d.active, 0) AS active
FROM (
    SELECT DISTINCT ON (o.kldb) o.kldb, o.short_name AS name,
           starts_with(lower(o.name), lower(:part)) AS begins
    FROM occupations o WHERE position(lower(:part) IN lower(o.name)) > 0 OR starts_with(o.kldb, :part)
    ORDER BY o.kldb, begins DESC, o.kind DESC, o.berufenet_id
) found
LEFT JOIN demand_by_state d
    ON d.occupation_group = left(found.kldb, 3) AND d.state = 'all' AND d.day = :day::date
ORDER BY found.begins DESC, active DESC, found.name, found.kldb LIMIT :row_limit;

-- name: occupations_of_group
-- The occupations of a group that postings are mapped to now, the most asked for first.
SELECT f.kldb, count(*)::integer AS active,
       (SELECT o.short_name FROM occupations o WHERE o.kldb = f.kldb ORDER BY o.kind DESC, o.berufenet_id LIMIT 1) AS name
FROM posting_professions f JOIN postings o USING (posting_id)
WHERE f.kldb BETWEEN (:group || '00')::char(5) AND (:group || '99')::char(5)
  AND f.decision = 'accepted' AND o.in_scope AND o.duplicate_of IS NULL AND o.available
GROUP BY f.kldb ORDER BY active DESC, f.kldb LIMIT :row_limit;

-- name: own_occupation
-- The latest occupation of a person's career; no row for who has none.
SELECT c.kldb[1] AS kldb,
       (SELECT o.short_name FROM occupations o WHERE o.kldb = c.kldb[1] ORDER BY o.kind DESC, o.berufenet_id LIMIT 1) AS name
FROM profile_careers c WHERE c.profile_id = :profile_id AND cardinality(c.kldb) > 0;
