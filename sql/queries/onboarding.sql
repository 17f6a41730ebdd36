-- Profiles that are being written, and what helps to write them.

-- name: open_draft
SELECT kind, draft, notes, step, started_at, updated_at, expires_at FROM profile_drafts
WHERE account_id = :account_id AND expires_at > now();

-- name: begin_draft!
-- In place of the one that was open.
INSERT INTO profile_drafts (account_id, kind, draft, notes, step, expires_at)
VALUES (:account_id, :kind, :draft::jsonb, :notes::jsonb, :step, now() + make_interval(days => :days))
ON CONFLICT (account_id) DO UPDATE
SET kind = EXCLUDED.kind, draft = EXCLUDED.draft, notes = EXCLUDED.notes, step = EXCLUDED.step,
    started_at = now(), updated_at = now(), expires_at = EXCLUDED.expires_at;

-- name: change_draft!
UPDATE profile_drafts
SET draft = :draft::jsonb, step = COALESCE(:step::text, step), updated_at = now(),
    expires_at = now() + make_interval(days => :days)
WHERE account_id = :account_id;

-- name: drop_draft!
DELETE FROM profile_drafts WHERE account_id = :account_id;

-- name: drop_expired_drafts!
DELETE FROM profile_drafts WHERE expires_at <= now();

-- name: known_document
SELECT d.document, d.origin, d.received_at, c.name, c.email, c.phone, c.address
FROM profile_documents d LEFT JOIN profile_contacts c USING (profile_id)
WHERE d.profile_id = :profile_id;

-- name: seen_profile
-- What matching sees of a person, beside the facets.
SELECT p.headline, p.summary, p.language, p.city, p.region, p.country, p.remote_only, p.wished_places, p.minimum_pay,
       c.domains, c.kldb, c.kldb_level, c.years, c.degree_level, c.model,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('kldb', o.kldb, 'name', o.name) ORDER BY array_position(c.kldb, o.kldb)), '[]')
        FROM (SELECT DISTINCT ON (kldb) kldb::text, name FROM occupations WHERE kldb = ANY(c.kldb)
              ORDER BY kldb, kind DESC, berufenet_id) o) AS occupations
FROM profiles p LEFT JOIN profile_careers c USING (profile_id)
WHERE p.profile_id = :profile_id;

-- name: seen_facets
SELECT kind, term, cefr, years, level, source, reason, quote, weight FROM profile_facets
WHERE profile_id = :profile_id ORDER BY ordinal;

-- name: processing_progress
-- How far a person is, as the tables say it.
SELECT p.profile_id IS NOT NULL AS read,
       (SELECT count(*) FROM profile_work_history h WHERE h.profile_id = d.profile_id)::int AS entries,
       (SELECT count(*) FROM profile_facets f WHERE f.profile_id = d.profile_id)::int AS facets,
       (SELECT count(*) FROM profile_embeddings e WHERE e.profile_id = d.profile_id)::int AS vectors,
       (SELECT count(*) FROM profile_posting_matches m WHERE m.profile_id = d.profile_id)::int AS matches,
       (SELECT count(*) FROM profile_posting_matches m
        WHERE m.profile_id = d.profile_id AND m.passed_gates AND m.tier = 'strong')::int AS strong
FROM profile_documents d LEFT JOIN profiles p USING (profile_id)
WHERE d.profile_id = :profile_id;

-- name: occupations_called
-- Occupations whose label or synonym has the words, those that begin with them first; each code once.
WITH called AS (
    SELECT kldb, name AS title FROM occupations
    UNION ALL
    SELECT kldb, short_name FROM occupations
    UNION ALL
    SELECT kldb, title FROM occupation_synonyms
), found AS (
    SELECT kldb, min(CASE WHEN lower(title) = lower(:words) THEN 0
                          WHEN starts_with(lower(title), lower(:words)) THEN 1
                          WHEN strpos(lower(title), ' ' || lower(:words)) > 0 THEN 2 ELSE 3 END) AS place,
           min(length(title)) AS length
    FROM called WHERE strpos(lower(title), lower(:words)) > 0 GROUP BY kldb
)
SELECT f.kldb::text AS kldb,
       (SELECT o.name FROM occupations o WHERE o.kldb = f.kldb ORDER BY o.kind DESC, o.berufenet_id LIMIT 1) AS name
FROM found f WHERE EXISTS (SELECT FROM occupations o WHERE o.kldb = f.kldb)
ORDER BY f.place, f.length, f.kldb LIMIT :row_limit;

-- name: occupations_of_codes
SELECT DISTINCT ON (kldb) kldb::text AS kldb, name FROM occupations WHERE kldb = ANY(:codes::text[])
ORDER BY kldb, kind DESC, berufenet_id;

-- name: terms_asked_for
-- What the latest postings of an occupation, or of its group where digits are fewer than five, ask for most.
-- The occupation's postings first, each by its id: from the newest posting on, a rare occupation would be sought through
-- all of them.
WITH mapped AS MATERIALIZED (
    SELECT m.posting_id FROM posting_professions m
    WHERE m.kldb BETWEEN rpad(left(:kldb, :digits), 5, '0')::char(5) AND rpad(left(:kldb, :digits), 5, '9')::char(5)
      AND m.decision = 'accepted'
), asked AS (
    SELECT m.posting_id
    FROM mapped m
    CROSS JOIN LATERAL (
        SELECT p.first_seen_on FROM postings p
        WHERE p.posting_id = m.posting_id AND p.in_scope AND p.duplicate_of IS NULL AND p.available OFFSET 0
    ) p
    ORDER BY p.first_seen_on DESC, m.posting_id LIMIT :latest
)
SELECT f.kind, f.term, count(DISTINCT f.posting_id)::int AS postings
FROM asked JOIN posting_facets f USING (posting_id)
WHERE NOT f.negated AND f.kind IN ('skill', 'tool', 'licence', 'soft_skill')
GROUP BY f.kind, f.term
ORDER BY postings DESC, f.term COLLATE "C" LIMIT :row_limit;
