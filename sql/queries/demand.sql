-- name: demand_of_day
WITH life AS (
    SELECT p.posting_id, l.first_seen_on, l.closed_on, COALESCE(p.region, '') AS region,
           COALESCE(CASE WHEN m.decision = 'accepted' THEN left(m.kldb, 3) END, '---') AS occupation_group
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
       COALESCE(t.top_terms, '[]') AS top_terms
FROM life l LEFT JOIN terms t USING (occupation_group, region)
GROUP BY l.occupation_group, l.region, t.top_terms
ORDER BY 1, 2;

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
