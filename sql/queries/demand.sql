-- name: demand_of_day
WITH life AS (
    SELECT p.posting_id, l.first_seen_on, l.closed_on, COALESCE(p.region, '') AS region,
           COALESCE(CASE WHEN m.decision = 'accepted' THEN left(m.kldb, 3) END, '---') AS occupation_group,
           CASE WHEN m.decision = 'accepted' AND (l.closed_on IS NULL OR l.closed_on > :day)
                THEN right(m.kldb, 1) END AS level  -- of what is active
    FROM posting_life l JOIN postings p USING (posting_id)
    LEFT JOIN posting_professions m USING (posting_id)
    WHERE p.in_scope AND l.first_seen_on <= :day AND (l.closed_on IS NULL OR l.closed_on >= :day)
), terms AS (
    SELECT occupation_group, region, jsonb_agg(jsonb_build_object('term', term, 'postings', postings)
                                               ORDER BY postings DESC, term COLLATE "C") AS top_terms
    FROM (SELECT l.occupation_group, l.region, f.term, count(DISTINCT l.posting_id) AS postings,
                 row_number() OVER (PARTITION BY l.occupation_group, l.region
                                    ORDER BY count(DISTINCT l.posting_id) DESC, f.term COLLATE "C") AS place
          FROM life l JOIN posting_facets f USING (posting_id)
          WHERE (l.closed_on IS NULL OR l.closed_on > :day) AND NOT f.negated
            AND f.kind IN ('skill', 'tool', 'licence', 'degree', 'language')
          GROUP BY 1, 2, 3) ranked
    WHERE place <= 10 GROUP BY 1, 2
)
SELECT l.occupation_group, l.region,
       count(*) FILTER (WHERE l.closed_on IS NULL OR l.closed_on > :day)::int AS active,
       count(*) FILTER (WHERE l.first_seen_on = :day)::int AS new,
       count(*) FILTER (WHERE l.closed_on = :day)::int AS closed,
       ARRAY[count(*) FILTER (WHERE l.level = '1'), count(*) FILTER (WHERE l.level = '2'),
             count(*) FILTER (WHERE l.level = '3'), count(*) FILTER (WHERE l.level = '4')]::int[] AS by_level,
       COALESCE(t.top_terms, '[]') AS top_terms
FROM life l LEFT JOIN terms t USING (occupation_group, region)
GROUP BY l.occupation_group, l.region, t.top_terms
ORDER BY 1, 2;

-- name: demand_regions
-- What sources call the regions of these days, and of days that are not there by state yet.
SELECT DISTINCT region FROM demand_snapshot d
WHERE d.day = ANY(:days) OR NOT EXISTS (SELECT FROM demand_by_state s WHERE s.day = d.day);

-- name: days_without_states
SELECT day FROM (SELECT DISTINCT day FROM demand_snapshot) d
WHERE NOT EXISTS (SELECT FROM demand_by_state s WHERE s.day = d.day) ORDER BY day;

-- name: demand_of_day_by_state
-- regions and states: which state each region is. Sums of the day's snapshot, by state and over all.
SELECT d.occupation_group, COALESCE(s.state, 'all') AS state, sum(d.active)::int AS active, sum(d.new)::int AS new,
       sum(d.closed)::int AS closed,
       CASE WHEN bool_and(d.by_level IS NOT NULL)
            THEN ARRAY[sum(d.by_level[1]), sum(d.by_level[2]), sum(d.by_level[3]), sum(d.by_level[4])]::int[] END
       AS by_level
FROM demand_snapshot d
JOIN unnest(:regions::text[], :states::text[]) AS s (region, state) USING (region)
WHERE d.day = :day
GROUP BY GROUPING SETS ((d.occupation_group, s.state), (d.occupation_group))
ORDER BY 1, 2;

-- name: terms_of_day_by_state
-- What the active postings of a day ask for most, exactly: the snapshot's own lists are each of one region.
WITH life AS (
    SELECT p.posting_id, s.state,
           COALESCE(CASE WHEN m.decision = 'accepted' THEN left(m.kldb, 3) END, '---') AS occupation_group
    FROM posting_life l JOIN postings p USING (posting_id)
    JOIN unnest(:regions::text[], :states::text[]) AS s (region, state) ON s.region = COALESCE(p.region, '')
    LEFT JOIN posting_professions m USING (posting_id)
    WHERE p.in_scope AND l.first_seen_on <= :day AND (l.closed_on IS NULL OR l.closed_on > :day)
), named AS (
    SELECT DISTINCT l.occupation_group, l.state, f.posting_id, f.term
    FROM life l JOIN posting_facets f USING (posting_id)
    WHERE NOT f.negated AND f.kind IN ('skill', 'tool', 'licence', 'degree', 'language')
), counted AS (
    SELECT occupation_group, COALESCE(state, 'all') AS state, term, count(*) AS postings
    FROM named GROUP BY GROUPING SETS ((occupation_group, state, term), (occupation_group, term))
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY occupation_group, state ORDER BY postings DESC, term COLLATE "C") AS place
    FROM counted
)
SELECT occupation_group, state, jsonb_agg(jsonb_build_object('term', term, 'postings', postings) ORDER BY place) AS top_terms
FROM ranked WHERE place <= 10 GROUP BY 1, 2 ORDER BY 1, 2;

-- name: demand_counts
SELECT day, count(*) AS rows, sum(active) AS active, sum(new) AS new, sum(closed) AS closed
FROM demand_snapshot WHERE day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: demand_against_postings
SELECT d.day,
       (SELECT COALESCE(sum(s.active), 0) FROM demand_snapshot s WHERE s.day = d.day)::int AS counted,
       (SELECT count(*) FROM posting_life l JOIN postings p USING (posting_id)
        WHERE p.in_scope AND l.first_seen_on <= d.day AND (l.closed_on IS NULL OR l.closed_on > d.day))::int AS active
FROM unnest(:days::date[]) AS d (day);

-- name: terms_by_occupation
SELECT m.kldb, f.term, count(DISTINCT p.posting_id)::int AS postings
FROM posting_life l JOIN postings p USING (posting_id)
JOIN posting_professions m USING (posting_id) JOIN posting_facets f USING (posting_id)
WHERE p.in_scope AND m.decision = 'accepted' AND NOT f.negated
  AND l.first_seen_on <= :day AND (l.closed_on IS NULL OR l.closed_on > :day)
  AND f.kind IN ('skill', 'tool', 'licence', 'degree')
GROUP BY m.kldb, f.term ORDER BY m.kldb, f.term COLLATE "C";

-- name: similarity_counts
SELECT day, count(*) AS rows FROM profession_similarity WHERE day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: latest_demand_day
SELECT max(day) AS day FROM demand_snapshot;

-- name: demand_by_group_and_region
-- A group of three digits is named by the occupation with the lowest id in it, which is what people call it most.
SELECT d.occupation_group, COALESCE(o.short_name, 'not mapped') AS occupation,
       COALESCE(NULLIF(d.region, ''), 'unknown') AS region, d.active
FROM demand_snapshot d
LEFT JOIN LATERAL (SELECT short_name FROM occupations WHERE left(kldb, 3) = d.occupation_group
                   ORDER BY kind DESC, berufenet_id LIMIT 1) o ON true
WHERE d.day = :day AND d.active > 0;
