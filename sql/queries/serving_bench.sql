-- What the benchmark of the match view fills its database with, and what its bare route reads.

-- name: bench_postings!
-- As long as advertisements are; in thirty cities, one in eight for remote work, one in twelve withdrawn.
INSERT INTO postings (posting_id, source, external_id, content_hash, raw_hash, task_version, first_seen_on, last_seen_on,
                      status, title, title_normalised, title_hash, description, language, employer, city, region,
                      country, remote, url, published_on, in_scope, pay)
SELECT md5('posting ' || n)::uuid, 'bench', n::text, decode(md5(n::text), 'hex'), decode(md5(n::text), 'hex'), '1',
       DATE '2026-01-01' + mod(n, 60), DATE '2026-03-02',
       CASE WHEN mod(n, 12) = 0 THEN 'invalidated' WHEN mod(n, 5) = 0 THEN 'stale' ELSE 'active' END,
       'Engineer number ' || n || ' (m/w/d)', 'engineer number ' || n, decode(md5(n::text), 'hex'),
       repeat('Wir suchen jemanden für ' || md5(n::text) || ' und vieles mehr. ', 40), 'de',
       'Firma ' || mod(n, 5000) || ' GmbH',
       (:cities::text[])[1 + mod(n, cardinality(:cities::text[]))], 'Land ' || mod(n, 16), 'DE', mod(n, 8) = 0,
       'https://jobs.example.org/' || n, DATE '2026-01-01' + mod(n, 60), true,
       CASE WHEN mod(n, 3) = 0 THEN 30000 + mod(n, 50000) END
FROM generate_series(1, :postings::integer) AS n;

-- name: bench_professions!
INSERT INTO posting_professions (posting_id, decision, method, kldb, name, score, model, task_version, input_hash)
SELECT md5('posting ' || n)::uuid, 'accepted', 'lookup', (43104 + mod(n, 40) * 10)::text, 'Occupation ' || mod(n, 40), 0.9,
       'rules', '1', '\x00'
FROM generate_series(1, :postings::integer) AS n;

-- name: bench_documents!
INSERT INTO profile_documents (profile_id, bucket, format, origin, document)
SELECT md5('person ' || n)::uuid, mod(n, 256), 'json-resume', 'bench', '{}' FROM generate_series(1, :people::integer) AS n;

-- name: bench_profiles!
INSERT INTO profiles (profile_id, bucket, headline, summary, language, city, input_hash, task_version)
SELECT md5('person ' || n)::uuid, mod(n, 256), 'Engineer', '', 'de',
       (:cities::text[])[1 + mod(n, cardinality(:cities::text[]))], '\x00', '1'
FROM generate_series(1, :people::integer) AS n;

-- name: bench_matches!
-- Spread over all postings; requirements as long as real ones, five met and four not.
INSERT INTO profile_posting_matches (profile_id, posting_id, day, score, tier, passed_gates, gate_reasons, basis,
                                     matched, missing, model, task_version, input_hash)
SELECT md5('person ' || p)::uuid, md5('posting ' || chosen.n)::uuid, DATE '2026-01-01' + mod(chosen.n, 60), chosen.score,
       CASE WHEN chosen.score >= 0.7 THEN 'strong' WHEN chosen.score >= 0.5 THEN 'partial' ELSE 'weak' END, mod(k, 3) > 0,
       jsonb_build_array(jsonb_build_object('gate', 'place', 'passed', mod(k, 3) > 0, 'reason', 'Kiel is 80 km away')),
       'requirements', points.met, points.unmet, 'bench', '1', '\x00'
FROM generate_series(1, :people::integer) AS p CROSS JOIN generate_series(0, :matches::integer - 1) AS k
CROSS JOIN LATERAL (SELECT 1 + mod(p * 7919 + k * (:postings::integer / :matches::integer), :postings::integer) AS n,
                           (mod(p * 31 + k * 17, 1000) / 1000.0)::real AS score) chosen
CROSS JOIN LATERAL (
    SELECT jsonb_agg(point) FILTER (WHERE i < 5) AS met, jsonb_agg(point) FILTER (WHERE i >= 5) AS unmet
    FROM (SELECT i, jsonb_build_object(
              'requirement', 'Erfahrung mit ' || md5(i::text) || ' und den üblichen Werkzeugen', 'facet', md5(i::text),
              'skill', md5((i + 1)::text), 'credit', 0.8, 'must', mod(i, 2) = 0) AS point
          FROM generate_series(0, 8) AS i) one) points
WHERE TRUE ON CONFLICT DO NOTHING;

-- name: bench_feedback!
-- Of the first people: as many have an order of their own.
INSERT INTO personal_matches (profile_id, posting_id, passed_gates, score, adjustment, personal_score, hidden_by)
SELECT m.profile_id, m.posting_id, m.passed_gates, m.score, 0.01, m.score + 0.01,
       CASE WHEN m.score < 0.1 THEN ARRAY['cutoff:score'] ELSE ARRAY[]::text[] END
FROM profile_posting_matches m
WHERE m.profile_id IN (SELECT md5('person ' || n)::uuid FROM generate_series(1, :people::integer) AS n);

-- name: bench_feedback_states!
INSERT INTO feedback_states (profile_id, version, ratings)
SELECT md5('person ' || n)::uuid, '1', 1 FROM generate_series(1, :people::integer) AS n;

-- name: bench_people
SELECT profile_id FROM profile_documents WHERE origin = 'bench' ORDER BY profile_id;

-- name: bench_everybody
SELECT profile_id FROM profiles ORDER BY profile_id;

-- name: bench_account!
INSERT INTO accounts (account_id, profile_id, email, email_key)
SELECT x.account_id, x.profile_id, x.account_id::text, x.account_id::text
FROM jsonb_to_recordset(:rows::jsonb) AS x (account_id uuid, profile_id uuid);

-- name: bench_sessions!
INSERT INTO sessions (account_id, token_hash, browser, expires_at)
SELECT x.account_id, decode(x.token_hash, 'hex'), 'bench', now() + interval '1 day'
FROM jsonb_to_recordset(:rows::jsonb) AS x (account_id uuid, token_hash text);

-- name: bench_gather!
VACUUM ANALYZE;

-- name: bare_list
-- The one SELECT of the bare route: the best 25 matches of a person.
SELECT m.posting_id, m.score, m.tier, m.passed_gates, o.title, o.employer, o.city
FROM profile_posting_matches m JOIN postings o USING (posting_id)
WHERE m.profile_id = :profile_id ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id LIMIT 25;
