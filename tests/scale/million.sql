-- A million postings and sixty thousand people, as narrow as the tables allow: what a planner goes by is how many
-- rows there are and how they are spread, not what they say. One in twelve postings is withdrawn, one in twenty a copy.
-- Foreign keys and triggers are off while this runs (tests/scale/million.py).

-- Ids ascend: made in the order of their index, they are stored in a fifth of the time, and what is looked up by a whole
-- key costs the same however they are spread.

-- name: ids
CREATE FUNCTION pg_temp.posting(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('1' || lpad(n::text, 31, '0'))::uuid$$;
CREATE FUNCTION pg_temp.person(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('2' || lpad(n::text, 31, '0'))::uuid$$;
CREATE FUNCTION pg_temp.account(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('3' || lpad(n::text, 31, '0'))::uuid$$;

-- name: postings
INSERT INTO postings (posting_id, source, external_id, content_hash, raw_hash, task_version, first_seen_on, last_seen_on,
                      status, available, title, title_normalised, title_hash, description, language, employer, city,
                      region, country, remote, published_on, in_scope, duplicate_of)
SELECT pg_temp.posting(n), 'bench', lpad(n::text, 8, '0'), int4send(n), '\x00', '1', DATE '2026-01-01' + mod(n, 400),
       DATE '2027-03-02', CASE WHEN mod(n, 12) = 0 THEN 'invalidated' ELSE 'active' END, mod(n, 12) > 0,
       'Engineer ' || n, '', int4send(mod(n, 100000)), '', 'de', 'Firma ' || mod(n, 5000),
       (ARRAY['Berlin', 'Hamburg', 'Kiel', 'Bonn', 'Erfurt'])[1 + mod(n, 5)], 'Land ' || mod(n, 16), 'DE', mod(n, 8) = 0,
       DATE '2026-01-01' + mod(n, 400), true, CASE WHEN mod(n, 20) = 19 THEN pg_temp.posting(n - 1) END
FROM generate_series(1, 1000000) AS n;

-- name: raw_postings
INSERT INTO raw_postings (source, external_id, content_hash, fetched_on, fetched_at, origin, payload)
SELECT 'bench', lpad(n::text, 8, '0'), int4send(n), DATE '2026-01-01' + mod(n, 400), now(), '', '{}' FROM generate_series(1, 60000) AS n;

-- name: sightings
INSERT INTO sightings (source, external_id, first_seen_on, last_seen_on, content_hash)
SELECT 'bench', lpad(n::text, 8, '0'), DATE '2026-01-01' + mod(n, 400), DATE '2027-03-02', '\x00' FROM generate_series(1, 60000) AS n;

-- name: derivations
INSERT INTO derivations (stage, subject, model, task_version, input_hash, row_count, made_at)
SELECT stage, pg_temp.posting(n), 'embedded-rules', '1', '\x00', 1, now() - make_interval(secs => n)
FROM generate_series(1, 60000) AS n,
     unnest(ARRAY['posting_facets', 'posting_requirements', 'posting_summaries']) AS stage;

-- name: posting_summaries
INSERT INTO posting_summaries SELECT pg_temp.posting(n), '', 'rules', '1', '\x00' FROM generate_series(1, 60000) AS n;

-- name: posting_requirements
INSERT INTO posting_requirements (posting_id, ordinal, text, quote, must, kind, model, task_version, input_hash)
SELECT pg_temp.posting(n), i, '', '', true, 'skill', 'rules', '1', '\x00'
FROM generate_series(1, 60000) AS n, generate_series(0, 3) AS i;

-- name: posting_facets
INSERT INTO posting_facets (posting_id, ordinal, requirement_ordinal, kind, term, quote, text_hash, must, weight, model,
                            task_version, input_hash)
SELECT pg_temp.posting(n), i, i, 'skill', 'term ' || mod(n * 7 + i, 50000), '', int4send(mod(n * 7 + i, 50000)), true, 1,
       'rules', '1', '\x00'
FROM generate_series(1, 100000) AS n, generate_series(0, 3) AS i;

-- name: embeddings
INSERT INTO embeddings (model, text_hash, text, embedding, needed_on, made_at)
SELECT 'usem3', int4send(n), '', '[1,0]', DATE '2026-01-01' + mod(n, 400), now() - make_interval(secs => n)
FROM generate_series(0, 99999) AS n;

-- name: posting_professions
INSERT INTO posting_professions (posting_id, decision, method, kldb, name, score, model, task_version, input_hash)
SELECT pg_temp.posting(n), CASE WHEN mod(n, 5) = 0 THEN 'none' ELSE 'accepted' END, 'lookup',
       (11101 + mod(n, 1300) * 60)::text, 'Occupation', 0.9, 'rules', '1', '\x00'
FROM generate_series(1, 300000) AS n;

-- name: posting_llm_analysis
INSERT INTO posting_llm_analysis SELECT pg_temp.posting(n), '{}', 'rules', '1', '\x00'
FROM generate_series(1, 60000) AS n;

-- name: posting_readings
INSERT INTO posting_readings (posting_id, reading, quoted, model, task_version, input_hash)
SELECT pg_temp.posting(n), '{}', true, 'qwen', '1', int4send(n) FROM generate_series(1, 60000) AS n;

-- name: posting_signatures
INSERT INTO posting_signatures (posting_id, made_of, task_version) SELECT pg_temp.posting(n), '\x00', '1'
FROM generate_series(1, 60000) AS n;

-- name: posting_links
INSERT INTO posting_links (posting_id, canonical, similarity, method)
SELECT pg_temp.posting(n), pg_temp.posting(n - 1), 1, 'exact' FROM generate_series(19, 1000000, 20) AS n;

-- name: posting_relevance
INSERT INTO posting_relevance (posting_id, relevance, decision, reason, model, task_version, input_hash)
SELECT pg_temp.posting(n), 0.5, 'first', '', 'usem3', '1', '\x00' FROM generate_series(1, 60000) AS n;

-- name: posting_facts
INSERT INTO posting_facts (posting_id, conditions, working_times, agency, task_version, input_hash)
SELECT pg_temp.posting(n), '{}', '{}', false, '1', '\x00' FROM generate_series(1, 60000) AS n;

-- name: posting_words
INSERT INTO posting_words SELECT pg_temp.posting(n), int4send(n), 'engineer' FROM generate_series(1, 60000) AS n;

-- name: posting_status_changes
INSERT INTO posting_status_changes (posting_id, day, was, status, decided_by, reason)
SELECT pg_temp.posting(n), DATE '2026-01-01' + mod(n, 400), 'active', 'stale', 'sweep', ''
FROM generate_series(1, 60000) AS n;

-- name: occupation_readings
INSERT INTO occupation_readings (posting_id, verdict, with_web, catalogue, model, task_version, input_hash)
SELECT pg_temp.posting(n), 'no', false, '', 'qwen', '1', '\x00' FROM generate_series(1, 60000) AS n;

-- name: inference_cache
INSERT INTO inference_cache (key, task, task_version, model, output, owner)
SELECT int4send(n), 'posting_reading', '1', 'qwen', '{}', CASE WHEN mod(n, 10) = 0 THEN pg_temp.person(n) END
FROM generate_series(1, 60000) AS n;

-- name: failures
INSERT INTO failures (stage, subject, task_version, error_class, message, next_try_at)
SELECT 'posting_facets', pg_temp.posting(n)::text, '1', 'Unreadable', '', now() FROM generate_series(1, 60000) AS n;

-- name: demand_snapshot
INSERT INTO demand_snapshot (day, occupation_group, region, active, new, closed, top_terms)
SELECT DATE '2026-01-01' + d, (111 + g * 6)::text, 'Land ' || r, 1, 0, 0, '[]'
FROM generate_series(0, 39) AS d, generate_series(0, 139) AS g, generate_series(1, 16) AS r;

-- name: demand_by_state
INSERT INTO demand_by_state (day, occupation_group, state, active, new, closed, top_terms)
SELECT DATE '2026-01-01' + d, (111 + g * 6)::text, CASE r WHEN 0 THEN 'all' ELSE 'S' || r END, 1 + mod(d * g, 90), 0, 0, '[]'
FROM generate_series(0, 39) AS d, generate_series(0, 139) AS g, generate_series(0, 17) AS r;

-- name: profession_similarity
INSERT INTO profession_similarity (day, kldb_a, kldb_b, similarity, shared_terms)
SELECT DATE '2026-01-01' + d, (11101 + a * 60)::text, (11101 + (a + b) * 60)::text, 0.5, '{}'
FROM generate_series(0, 9) AS d, generate_series(0, 1200) AS a, generate_series(1, 10) AS b;

-- name: occupations
INSERT INTO occupations (berufenet_id, kind, name, short_name, kldb, level, catalogue)
SELECT 1000000 + n, 't', 'Occupation ' || n, 'Occupation ' || n, (11101 + mod(n, 1300) * 60)::text, 2, 'starter'
FROM generate_series(1, 4000) AS n ON CONFLICT DO NOTHING;

-- name: profile_documents
INSERT INTO profile_documents (profile_id, bucket, format, origin, document)
SELECT pg_temp.person(n), mod(n, 256), 'json-resume', 'bench', '{}' FROM generate_series(1, 60000) AS n;

-- name: profile_contacts
INSERT INTO profile_contacts (profile_id, name) SELECT pg_temp.person(n), 'A' FROM generate_series(1, 60000) AS n;

-- name: profiles
INSERT INTO profiles (profile_id, bucket, headline, summary, language, city, input_hash, task_version)
SELECT pg_temp.person(n), mod(n, 256), 'Engineer', '', 'de', 'Kiel', '\x00', '1' FROM generate_series(1, 60000) AS n;

-- name: profile_careers
INSERT INTO profile_careers (profile_id, domains, kldb, years, degree_level, model, task_version, input_hash)
SELECT pg_temp.person(n), '{}', ARRAY['43104'], 1, 0, 'rules', '1', '\x00' FROM generate_series(1, 60000) AS n;

-- name: profile_work_history
INSERT INTO profile_work_history (profile_id, ordinal, kind, position, description)
SELECT pg_temp.person(n), i, 'work', '', '' FROM generate_series(1, 60000) AS n, generate_series(0, 1) AS i;

-- name: profile_facets
INSERT INTO profile_facets (profile_id, ordinal, kind, term, text_hash, source, reason, quote, weight, model, task_version,
                            input_hash)
SELECT pg_temp.person(n), i, 'skill', '', int4send(n + i), 'stated', '', '', 1, 'rules', '1', '\x00'
FROM generate_series(1, 60000) AS n, generate_series(0, 1) AS i;

-- name: profile_embeddings
INSERT INTO profile_embeddings (profile_id, model, text_hash, embedding)
SELECT pg_temp.person(n), 'usem3', int4send(n + i), '[1,0]'
FROM generate_series(1, 60000) AS n, generate_series(0, 1) AS i;

-- name: profile_posting_matches
-- Of the first thousand people three hundred each, spread over all postings.
INSERT INTO profile_posting_matches (profile_id, posting_id, day, score, tier, passed_gates, basis, matched, missing, model,
                                     task_version, input_hash)
SELECT pg_temp.person(p), pg_temp.posting(n), DATE '2026-01-01' + mod(n, 400), mod(p * 31 + k * 17, 1000) / 1000.0,
       CASE WHEN mod(k, 20) = 0 THEN 'strong' ELSE 'weak' END, mod(k, 3) > 0, 'requirements', '[]', '[]', 'usem3', '1', '\x00'
FROM generate_series(1, 1000) AS p, generate_series(0, 299) AS k,
     LATERAL (SELECT 1 + mod(p * 7919 + k * 3333, 1000000) AS n) AS chosen;

-- name: personal_matches
INSERT INTO personal_matches (profile_id, posting_id, passed_gates, score, adjustment, personal_score, hidden_by)
SELECT profile_id, posting_id, passed_gates, score, 0, score,
       CASE WHEN score < 0.2 THEN ARRAY['cutoff:score'] ELSE ARRAY[]::text[] END
FROM profile_posting_matches WHERE profile_id <= pg_temp.person(300);

-- name: feedback_states
INSERT INTO feedback_states (profile_id, version, ratings)
SELECT pg_temp.person(n), '1', 1 FROM generate_series(1, 60000) AS n;

-- name: match_ratings
INSERT INTO match_ratings (profile_id, posting_id, rating, scale, rated_at, source)
SELECT pg_temp.person(p), pg_temp.posting(1 + mod(p * 7919 + k * 3333, 1000000)), 3, 'points', now(), 'view'
FROM generate_series(1, 1000) AS p, generate_series(0, 59) AS k;

-- name: match_rating_events
INSERT INTO match_rating_events (profile_id, posting_id, action, source)
SELECT profile_id, posting_id, 'rate', 'view' FROM match_ratings;

-- name: comment_readings
INSERT INTO comment_readings (profile_id, posting_id, comment_hash, rules, removed, model, task_version)
SELECT profile_id, posting_id, '\x00', '[]', 0, 'rules', '1' FROM match_ratings;

-- name: learned_preferences
INSERT INTO learned_preferences (profile_id, kind, key, value, evidence)
SELECT pg_temp.person(n), 'term', 'k', '{}', '{}' FROM generate_series(1, 60000) AS n;

-- name: preference_directions
INSERT INTO preference_directions (profile_id, model, direction, centre, spread, trust)
SELECT pg_temp.person(n), 'usem3', '[1,0]', 0, 1, 1 FROM generate_series(1, 60000) AS n;

-- name: switched_off_preferences
INSERT INTO switched_off_preferences (profile_id, kind, key) SELECT pg_temp.person(n), 'term', 'k'
FROM generate_series(1, 60000) AS n;

-- name: match_analyses
INSERT INTO match_analyses (profile_id, posting_id, input_hash, recommendation, decided_by, go_reasons, nogo_reasons,
                            similarity, language, model, task_version)
SELECT profile_id, posting_id, '\x00', 'apply', 'rule', '[]', '[]', '{}', 'de', 'rules', '1' FROM match_ratings;

-- name: match_verdicts
INSERT INTO match_verdicts (profile_id, posting_id, decision, confidence, reasons, removed, model, task_version,
                            profile_hash, posting_hash)
SELECT profile_id, posting_id, 'apply', 0.9, '[{"text": "a"}]', 0, 'qwen', '1', '\x00', '\x00' FROM match_ratings;

-- name: letters
INSERT INTO letters (profile_id, posting_id, language, text, draft_hash)
SELECT profile_id, posting_id, 'de', '', '\x00' FROM match_ratings;

-- name: polished_letters
INSERT INTO polished_letters (profile_id, posting_id, language, draft_hash, sentences, model, task_version)
SELECT profile_id, posting_id, 'de', '\x00', '[]', 'qwen', '1' FROM match_ratings;

-- name: accounts
INSERT INTO accounts (account_id, profile_id, email, email_key)
SELECT pg_temp.account(n), pg_temp.person(n), n || '@example.org', n || '@example.org'
FROM generate_series(1, 60000) AS n;

-- name: sessions
INSERT INTO sessions (account_id, token_hash, browser, expires_at)
SELECT pg_temp.account(n), int4send(n), '', now() + interval '1 day' * mod(n, 30) FROM generate_series(1, 60000) AS n;

-- name: api_tokens
INSERT INTO api_tokens (account_id, name, token_hash)
SELECT pg_temp.account(n), 'mine', int4send(n) FROM generate_series(1, 60000) AS n;

-- name: sign_in_links
INSERT INTO sign_in_links (token_hash, account_id, expires_at)
SELECT int4send(n), pg_temp.account(n), now() FROM generate_series(1, 60000) AS n;

-- name: rate_limits
INSERT INTO rate_limits (action, subject, full_at)
SELECT 'sign_in', int4send(n), now() + make_interval(secs => n - 500) FROM generate_series(1, 60000) AS n;

-- name: audit_log
INSERT INTO audit_log (action, account_id) SELECT 'sign_in', pg_temp.account(n) FROM generate_series(1, 60000) AS n;

-- name: profile_drafts
INSERT INTO profile_drafts (account_id, kind, draft, expires_at)
SELECT pg_temp.account(n), 'guided', '{}', now() + interval '1 day' * mod(n, 30) FROM generate_series(1, 60000) AS n;

-- name: notice_settings
INSERT INTO notice_settings (account_id, known_from) SELECT pg_temp.account(n), '2026-01-01'
FROM generate_series(1, 60000) AS n;

-- name: notices
INSERT INTO notices (account_id, posting_id, read_at, mail_id)
SELECT pg_temp.account(p), pg_temp.posting(1 + mod(p * 7919 + k * 3333, 1000000)),
       CASE WHEN k > 5 THEN now() END, p
FROM generate_series(1, 6000) AS p, generate_series(0, 9) AS k;

-- name: mail_outbox
INSERT INTO mail_outbox (account_id, kind, day, state, token_hash)
SELECT pg_temp.account(n), 'digest', DATE '2026-03-02', CASE WHEN mod(n, 100) = 0 THEN 'waiting' ELSE 'sent' END,
       int4send(n)
FROM generate_series(1, 60000) AS n;

-- name: api_files
INSERT INTO api_files (file_id, account_id, purpose, filename, is_complete, of_batch)
SELECT 'file-' || lpad(n::text, 24, '0'), pg_temp.account(n), CASE WHEN mod(n, 2) = 0 THEN 'batch' ELSE 'batch_output' END,
       'candidates.jsonl', true, CASE WHEN mod(n, 2) = 1 THEN 'batch_' || lpad(n::text, 32, '0') END
FROM generate_series(1, 60000) AS n;

-- name: api_file_parts
INSERT INTO api_file_parts (file_id, ordinal, content)
SELECT 'file-' || lpad(n::text, 24, '0'), k, '\x00' FROM generate_series(1, 60000) AS n, generate_series(0, 1) AS k;

-- name: rubrics
INSERT INTO rubrics (rubric_id, account_id, name, content)
SELECT pg_temp.account(n), pg_temp.account(n), 'mine', '' FROM generate_series(1, 60000) AS n;

-- name: batches
INSERT INTO batches (batch_id, account_id, endpoint, input_file_id, completion_window, status, model, expires_at, metadata)
SELECT 'batch_' || lpad(n::text, 32, '0'), pg_temp.account(n), '/v1/chat/completions',
       'file-' || lpad(n::text, 24, '0'), '24h', CASE WHEN mod(n, 500) = 0 THEN 'in_progress' ELSE 'completed' END,
       'qwen', now() + interval '1 day', '{}'
FROM generate_series(1, 60000) AS n;

-- name: batch_requests
INSERT INTO batch_requests (batch_id, line, custom_id, at_byte, bytes, prefix, state)
SELECT 'batch_' || lpad(n::text, 32, '0'), k, 'candidate-' || k, k, 1, '\x00',
       CASE WHEN mod(n, 500) = 0 THEN 'waiting' ELSE 'done' END
FROM generate_series(1, 60000) AS n, generate_series(1, 2) AS k;

-- name: batch_results
INSERT INTO batch_results (batch_id, line, is_error, content)
SELECT batch_id, line, false, '{}' FROM batch_requests WHERE state = 'done';

-- name: batch_events
INSERT INTO batch_events (event_id, batch_id, kind, receiver, told_at)
SELECT 'evt_' || n, 'batch_' || lpad(n::text, 32, '0'), 'batch.completed', 'alerts', now()
FROM generate_series(1, 60000) AS n;

-- name: batch_probes
INSERT INTO batch_probes (batch_id, kind, line, variant, scores)
SELECT 'batch_' || lpad(n::text, 32, '0'), 'consistency', 1, '2', '{}' FROM generate_series(1, 60000) AS n;
