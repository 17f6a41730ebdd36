-- What the match view reads: materialised tables only, one statement a page.

-- name: serving_ready
-- Fails where the database is away or not migrated. Looks for nobody's matches: the first row that there is may be a long
-- way off in a table that has been emptied.
SELECT EXISTS (SELECT FROM profile_posting_matches WHERE profile_id = '00000000-0000-0000-0000-000000000000') AS any_match;

-- name: served_profile
SELECT p.profile_id, c.name, p.headline, p.city
FROM profiles p LEFT JOIN profile_contacts c USING (profile_id)
WHERE p.profile_id = :profile_id;

-- name: match_list
-- A page of one person's list, and how many there are, from one look at all of the person's matches: by the index
-- profile_posting_matches_rank, then each posting by its id. The first of the ties, and all of them beside another
-- order, are the best fitting. A posting counts as active while one of its duplicates is.
-- OFFSET 0: each by its id; without it the planner may read through all postings for one person's few.
-- words: to be found by their stems; beginnings: of words as they are written; patterns: anywhere in title and employer.
-- kilometres[i]: how far cities[i] is; within: null for anywhere. gates_hide: what fails a gate counts as left out.
-- Scores are compared as real: as double precision a score would not equal itself when it comes back in a cursor.
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('german', :words::text) AS german, websearch_to_tsquery('english', :words::text) AS english,
           to_tsquery('simple', :beginnings::text) AS beginnings
), mine AS MATERIALIZED (
    SELECT m.posting_id, m.tier, m.passed_gates, near.km,
           COALESCE(r.hidden, false) OR (:gates_hide::boolean AND NOT m.passed_gates) AS left_out,
           m.passed_gates::integer * 10 + COALESCE(r.personal_score, m.score)::float8 AS fit,
           CASE :sort::text
               WHEN 'newest' THEN (COALESCE(o.published_on, m.day) - DATE '2000-01-01')::float8
               WHEN 'pay' THEN COALESCE(o.pay, -1)::float8
               WHEN 'distance' THEN -COALESCE(near.km, 1e6)::float8
               ELSE 0
           END AS key
    FROM profile_posting_matches m
    CROSS JOIN LATERAL (
        SELECT p.status, p.title, p.employer, p.language, p.city, p.region, p.remote, p.published_on, p.pay
        FROM postings p WHERE p.posting_id = m.posting_id OFFSET 0
    ) o
    LEFT JOIN personal_matches r USING (profile_id, posting_id)
    LEFT JOIN match_ratings u USING (profile_id, posting_id)
    CROSS JOIN LATERAL (SELECT (:kilometres::real[])[array_position(:cities::text[], o.city)] AS km) near
    WHERE m.profile_id = :profile_id
      AND (o.status <> 'invalidated'
           OR EXISTS (SELECT FROM postings d WHERE d.duplicate_of = m.posting_id AND d.status = 'active' OFFSET 0))
      AND (:passed_gates::boolean IS NULL OR m.passed_gates = :passed_gates::boolean)
      AND m.score >= :min_score::real
      AND (:since::date IS NULL OR COALESCE(o.published_on, m.day) >= :since::date)
      AND (:remote::text <> 'only' OR o.remote)
      AND (:within::real IS NULL OR near.km <= :within::real
           OR lower(o.city) = :place::text OR lower(o.region) = :place::text
           OR (:remote::text = 'also' AND o.remote))
      AND CASE :status::text
              WHEN 'unrated' THEN u.posting_id IS NULL
              WHEN 'rated' THEN u.rating IS NOT NULL
              WHEN 'applied' THEN u.applied_at IS NOT NULL
              ELSE true
          END
      AND (:occupation::text IS NULL
           OR EXISTS (SELECT FROM posting_professions f
                      WHERE f.posting_id = m.posting_id AND f.decision = 'accepted'
                        AND left(f.kldb, 3) = :occupation::text OFFSET 0))
      AND (:words::text IS NULL
           OR concat_ws(' ', o.title, o.employer) ILIKE ALL (:patterns::text[])
           OR EXISTS (SELECT FROM posting_words w, asked
                      WHERE w.posting_id = m.posting_id
                        AND (w.words @@ CASE o.language WHEN 'en' THEN asked.english ELSE asked.german END
                             OR w.words @@ asked.beginnings) OFFSET 0))
), listed AS MATERIALIZED (
    SELECT * FROM mine
    WHERE CASE :hidden::text WHEN 'without' THEN NOT left_out WHEN 'only' THEN left_out ELSE true END
), shown AS (
    SELECT * FROM listed
    WHERE :after_id::uuid IS NULL
       OR (key, fit) < (:after_key::float8, :after_fit::float8)
       OR (key, fit) = (:after_key::float8, :after_fit::float8) AND posting_id > :after_id::uuid
    ORDER BY key DESC, fit DESC, posting_id
    LIMIT :row_limit
)
SELECT counted.total, counted.strong,
       (SELECT count(*) FROM mine WHERE left_out) AS left_out,
       EXISTS (SELECT FROM feedback_states WHERE profile_id = :profile_id)
       AND EXISTS (SELECT FROM profile_posting_matches m
                   LEFT JOIN personal_matches r ON r.profile_id = m.profile_id AND r.posting_id = m.posting_id
                   WHERE m.profile_id = :profile_id
                     AND (r.posting_id IS NULL OR (r.score, r.passed_gates) IS DISTINCT FROM (m.score, m.passed_gates)))
       AS stale,
       (SELECT json_agg(row_to_json(x) ORDER BY x.key DESC, x.fit DESC, x.posting_id)::text
        FROM (SELECT s.key, s.fit, s.km, r.* FROM shown s JOIN match_rows r USING (posting_id)
              WHERE r.profile_id = :profile_id) x) AS rows
FROM (SELECT count(*) AS total, count(*) FILTER (WHERE tier = 'strong' AND passed_gates) AS strong FROM listed) counted;

-- name: best_matches
-- The list as it is opened, without search or filter: the same as match_list gives, in the order of an index and no
-- further than the page; of who has given feedback by personal_matches_shown. Only one of the two is read. state:
-- another one whenever something was said or switched that may have changed the list.
WITH person AS MATERIALIZED (
    SELECT (SELECT learned_at FROM feedback_states WHERE profile_id = :profile_id) AS learned_at
), best AS (
    SELECT * FROM (
        SELECT m.posting_id, m.passed_gates::integer * 10 + m.score::float8 AS fit
        FROM profile_posting_matches m
        CROSS JOIN LATERAL (SELECT p.status FROM postings p WHERE p.posting_id = m.posting_id OFFSET 0) o
        WHERE (SELECT learned_at FROM person) IS NULL AND m.profile_id = :profile_id
        AND (o.status <> 'invalidated'
             OR EXISTS (SELECT FROM postings d WHERE d.duplicate_of = m.posting_id AND d.status = 'active' OFFSET 0))
        AND (:after_id::uuid IS NULL
             OR m.passed_gates::integer * 10 + m.score::float8 < :after_fit::float8
             OR m.passed_gates::integer * 10 + m.score::float8 = :after_fit::float8
                AND m.posting_id > :after_id::uuid)
        ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id
        LIMIT :row_limit
    ) of_all
    UNION ALL
    SELECT * FROM (
        SELECT r.posting_id, r.passed_gates::integer * 10 + r.personal_score::float8 AS fit
        FROM personal_matches r
        CROSS JOIN LATERAL (SELECT p.status FROM postings p WHERE p.posting_id = r.posting_id OFFSET 0) o
        WHERE (SELECT learned_at FROM person) IS NOT NULL AND NOT r.hidden AND r.profile_id = :profile_id
        AND (o.status <> 'invalidated'
             OR EXISTS (SELECT FROM postings d WHERE d.duplicate_of = r.posting_id AND d.status = 'active' OFFSET 0))
        AND (:after_id::uuid IS NULL
             OR r.passed_gates::integer * 10 + r.personal_score::float8 < :after_fit::float8
             OR r.passed_gates::integer * 10 + r.personal_score::float8 = :after_fit::float8
                AND r.posting_id > :after_id::uuid)
        ORDER BY r.passed_gates DESC, r.personal_score DESC, r.posting_id
        LIMIT :row_limit
    ) of_ones_own
), shown AS (
    SELECT posting_id, fit, 0::float8 AS key, NULL::real AS km FROM best
)
SELECT (SELECT concat_ws(' ', person.learned_at, count(*), max(switched_at))
        FROM switched_off_preferences WHERE profile_id = :profile_id) AS state,
       person.learned_at IS NOT NULL
       AND EXISTS (SELECT FROM profile_posting_matches m
                   LEFT JOIN personal_matches r ON r.profile_id = m.profile_id AND r.posting_id = m.posting_id
                   WHERE m.profile_id = :profile_id
                     AND (r.posting_id IS NULL OR (r.score, r.passed_gates) IS DISTINCT FROM (m.score, m.passed_gates)))
       AS stale,
       (SELECT json_agg(row_to_json(x) ORDER BY x.key DESC, x.fit DESC, x.posting_id)::text
        FROM (SELECT s.key, s.fit, s.km, r.* FROM shown s JOIN match_rows r USING (posting_id)
              WHERE r.profile_id = :profile_id) x) AS rows
FROM person;

-- name: list_counts
-- Of the list as it is opened: from indexes alone, but of all of a person's matches.
WITH mine AS (
    SELECT m.tier, m.passed_gates, COALESCE(r.hidden, false) AS left_out
    FROM profile_posting_matches m
    CROSS JOIN LATERAL (SELECT p.status FROM postings p WHERE p.posting_id = m.posting_id OFFSET 0) o
    LEFT JOIN personal_matches r USING (profile_id, posting_id)
    WHERE m.profile_id = :profile_id
      AND (o.status <> 'invalidated'
           OR EXISTS (SELECT FROM postings d WHERE d.duplicate_of = m.posting_id AND d.status = 'active' OFFSET 0))
)
SELECT count(*) FILTER (WHERE NOT left_out) AS total,
       count(*) FILTER (WHERE NOT left_out AND tier = 'strong' AND passed_gates) AS strong,
       count(*) FILTER (WHERE left_out) AS left_out
FROM mine;

-- name: said_count
SELECT count(*) AS said FROM match_ratings WHERE profile_id = :profile_id;

-- name: list_choices
-- What a person's list can be narrowed to: where they live, the cities of their matches, and the groups of
-- occupations (three digits of KldB), each called what most of its matches are.
SELECT p.city AS home,
       (SELECT COALESCE(array_agg(DISTINCT o.city), '{}') FROM profile_posting_matches m JOIN postings o USING (posting_id)
        WHERE m.profile_id = p.profile_id AND o.city IS NOT NULL) AS cities,
       (SELECT COALESCE(json_agg(row_to_json(g)), '[]') FROM (
            SELECT left(f.kldb, 3) AS code, mode() WITHIN GROUP (ORDER BY f.name) AS name, count(*) AS matches
            FROM profile_posting_matches m JOIN posting_professions f USING (posting_id)
            WHERE m.profile_id = p.profile_id AND f.decision = 'accepted' AND f.kldb IS NOT NULL
            GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT :row_limit) g) AS occupations
FROM profiles p WHERE p.profile_id = :profile_id;

-- name: keep_words_of_matches!
-- Before a person's matches are searched: those that nobody has searched yet, and those whose text is another since.
-- By their stems, and as they are written: German writes compounds as one word, and a stem is no beginning of them.
INSERT INTO posting_words (posting_id, content_hash, words)
SELECT o.posting_id, o.content_hash,
       to_tsvector(CASE o.language WHEN 'en' THEN 'english'::regconfig ELSE 'german'::regconfig END, said.text)
       || to_tsvector('simple', said.text)
FROM profile_posting_matches m
CROSS JOIN LATERAL (
    SELECT p.posting_id, p.content_hash, p.language, p.title, p.employer, p.description
    FROM postings p WHERE p.posting_id = m.posting_id OFFSET 0
) o
LEFT JOIN LATERAL (SELECT k.content_hash FROM posting_words k WHERE k.posting_id = m.posting_id OFFSET 0) w ON true
CROSS JOIN LATERAL (SELECT concat_ws(E'\n', o.title, o.employer, left(o.description, 200000)) AS text) said
WHERE m.profile_id = :profile_id AND w.content_hash IS DISTINCT FROM o.content_hash
ORDER BY o.posting_id
ON CONFLICT (posting_id) DO UPDATE SET content_hash = EXCLUDED.content_hash, words = EXCLUDED.words;

-- name: served_match
-- One statement, so that the parts of a match are of one moment even while a run replaces them.
SELECT m.posting_id, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons, m.basis,
       m.matched_count, m.missing_count, m.matched, m.missing, m.model, m.task_version,
       o.title, o.employer, o.city, o.region, o.country, o.remote, o.published_on, o.valid_through,
       CASE WHEN twin.active THEN 'active' ELSE o.status END AS status,
       o.description, o.language, o.url, o.source,
       a.recommendation,
       CASE WHEN a.profile_id IS NOT NULL THEN to_jsonb(a) - 'input_hash' END AS analysis,
       CASE WHEN s.posting_id IS NOT NULL THEN to_jsonb(s) - 'input_hash' END AS summary,
       CASE WHEN f.posting_id IS NOT NULL THEN to_jsonb(f) - 'input_hash' END AS profession,
       CASE WHEN l.posting_id IS NOT NULL THEN to_jsonb(l) - 'input_hash' END AS posting_analysis,
       (
           SELECT coalesce(jsonb_agg(to_jsonb(r) - 'input_hash' ORDER BY r.ordinal), '[]')
           FROM posting_requirements r
           WHERE r.posting_id = m.posting_id
       ) AS requirements,
       w.adjustment, w.personal_score, COALESCE(w.hidden_by, '{}') AS hidden_by,
       CASE WHEN u.profile_id IS NOT NULL THEN to_jsonb(u) END AS said
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM postings d WHERE d.duplicate_of = o.posting_id AND d.status = 'active') AS active
) twin
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN posting_summaries s USING (posting_id)
LEFT JOIN posting_professions f USING (posting_id)
LEFT JOIN posting_llm_analysis l USING (posting_id)
LEFT JOIN personal_matches w ON w.profile_id = m.profile_id AND w.posting_id = m.posting_id
LEFT JOIN match_ratings u ON u.profile_id = m.profile_id AND u.posting_id = m.posting_id
WHERE m.profile_id = :profile_id AND m.posting_id = :posting_id;
