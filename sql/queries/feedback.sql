-- Ratings of matches, what is learned from them, and each person's own order. All of it belongs to one person, and
-- every write holds `lock_feedback` of that person.

-- name: lock_feedback
-- Of the transaction: two clicks of one person follow each other.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema || '.feedback.' || (:profile_id::uuid)::text, 0));

-- name: feedback_subject
SELECT EXISTS (SELECT FROM profile_documents WHERE profile_id = :profile_id) AS person,
       EXISTS (SELECT FROM postings WHERE posting_id = :posting_id::uuid) AS posting;

-- name: rating_of
SELECT rating, scale, decision, comment, applied_at, hidden_at, rated_at, source
FROM match_ratings WHERE profile_id = :profile_id AND posting_id = :posting_id;

-- name: ratings_of_person
SELECT r.posting_id, o.title, r.rating, r.scale, r.decision, r.comment, r.applied_at, r.hidden_at, r.rated_at, r.source
FROM match_ratings r LEFT JOIN postings o USING (posting_id)
WHERE r.profile_id = :profile_id ORDER BY r.rated_at DESC, r.posting_id;

-- name: keep_rating!
INSERT INTO match_ratings (profile_id, posting_id, rating, scale, decision, comment, applied_at, hidden_at, rated_at, source)
VALUES (:profile_id, :posting_id, :rating, :scale, :decision, :comment, :applied_at, :hidden_at, :rated_at, :source)
ON CONFLICT (profile_id, posting_id) DO UPDATE
SET rating = EXCLUDED.rating, scale = EXCLUDED.scale, decision = EXCLUDED.decision, comment = EXCLUDED.comment,
    applied_at = EXCLUDED.applied_at, hidden_at = EXCLUDED.hidden_at, rated_at = EXCLUDED.rated_at,
    source = EXCLUDED.source;

-- name: drop_rating!
DELETE FROM match_ratings WHERE profile_id = :profile_id AND posting_id = :posting_id;

-- name: note_rating
INSERT INTO match_rating_events (profile_id, posting_id, action, was, became, source)
VALUES (:profile_id, :posting_id, :action, :was::jsonb, :became::jsonb, :source)
RETURNING event_id;

-- name: rating_history
-- Newest first. before: an event_id; only what happened before it.
SELECT e.event_id, e.posting_id, o.title, e.action, e.was, e.became, e.source, e.happened_at, e.undone_at
FROM match_rating_events e LEFT JOIN postings o USING (posting_id)
WHERE e.profile_id = :profile_id
  AND (:posting_id::uuid IS NULL OR e.posting_id = :posting_id::uuid)
  AND (:before::bigint IS NULL OR e.event_id < :before::bigint)
ORDER BY e.event_id DESC LIMIT :row_limit;

-- name: change_to_undo
-- The one that is named, else the latest that is not undone. overtaken: the same posting was rated again since.
SELECT e.event_id, e.posting_id, e.was, e.became, e.undone_at IS NOT NULL AS undone,
       EXISTS (SELECT FROM match_rating_events l
               WHERE l.profile_id = e.profile_id AND l.posting_id = e.posting_id AND l.event_id > e.event_id
                 AND l.action <> 'undo' AND l.undone_at IS NULL) AS overtaken
FROM match_rating_events e
WHERE e.profile_id = :profile_id AND e.action <> 'undo'
  AND CASE WHEN :event_id::bigint IS NULL THEN e.undone_at IS NULL ELSE e.event_id = :event_id::bigint END
ORDER BY e.event_id DESC LIMIT 1;

-- name: mark_undone!
UPDATE match_rating_events SET undone_at = clock_timestamp() WHERE event_id = :event_id;

-- name: forget_history!
DELETE FROM match_rating_events WHERE profile_id = :profile_id;

-- name: forget_ratings!
DELETE FROM match_ratings WHERE profile_id = :profile_id;

-- name: forget_switches!
DELETE FROM switched_off_preferences WHERE profile_id = :profile_id;

-- name: forget_cached_comments!
-- What a model has answered to this person's comments.
DELETE FROM inference_cache WHERE owner = :profile_id AND task = :task;

-- name: opinions_of_person
-- The oldest first: newer ones count more.
SELECT r.posting_id, r.rating, r.scale, r.decision, r.comment, r.applied_at, r.hidden_at, m.score,
       CASE WHEN f.decision = 'accepted' THEN f.kldb END AS kldb, named.terms,
       c.comment_hash, c.rules, c.model AS read_by, c.task_version AS read_version
FROM match_ratings r
LEFT JOIN profile_posting_matches m USING (profile_id, posting_id)
LEFT JOIN posting_professions f USING (posting_id)
LEFT JOIN comment_readings c USING (profile_id, posting_id)
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(DISTINCT t.term), '{}') AS terms FROM posting_facets t
    WHERE t.posting_id = r.posting_id AND NOT t.negated
      AND t.kind IN ('skill', 'tool', 'licence', 'degree', 'domain', 'condition')
) named
WHERE r.profile_id = :profile_id ORDER BY r.rated_at, r.posting_id;

-- name: titles_of_rated
-- In every space that anything is matched in. The vector's wire form: two 16-bit numbers, then the halves.
SELECT r.posting_id, e.model, halfvec_send(e.embedding) AS vector
FROM match_ratings r JOIN postings o USING (posting_id)
CROSS JOIN calibrations k
JOIN embeddings e ON e.model = k.model AND e.text_hash = o.title_hash
WHERE r.profile_id = :profile_id ORDER BY e.model, r.rated_at, r.posting_id;

-- name: keep_comment_readings!
INSERT INTO comment_readings (profile_id, posting_id, comment_hash, rules, removed, model, task_version)
SELECT :profile_id::uuid, x.posting_id, decode(x.comment_hash, 'hex'), x.rules, x.removed, x.model, x.task_version
FROM jsonb_to_recordset(:rows::jsonb)
     AS x (posting_id uuid, comment_hash text, rules jsonb, removed integer, model text, task_version text)
ON CONFLICT (profile_id, posting_id) DO UPDATE
SET comment_hash = EXCLUDED.comment_hash, rules = EXCLUDED.rules, removed = EXCLUDED.removed, model = EXCLUDED.model,
    task_version = EXCLUDED.task_version;

-- name: drop_unsaid_readings!
-- Of comments that are gone.
DELETE FROM comment_readings c USING match_ratings r
WHERE c.profile_id = :profile_id AND r.profile_id = c.profile_id AND r.posting_id = c.posting_id AND r.comment IS NULL;

-- name: switched_off
SELECT kind, key FROM switched_off_preferences WHERE profile_id = :profile_id;

-- name: switch_off!
INSERT INTO switched_off_preferences (profile_id, kind, key) VALUES (:profile_id, :kind, :key) ON CONFLICT DO NOTHING;

-- name: switch_on!
DELETE FROM switched_off_preferences WHERE profile_id = :profile_id AND kind = :kind AND key = :key;

-- name: forget_learned!
DELETE FROM learned_preferences WHERE profile_id = :profile_id;

-- name: keep_learned!
INSERT INTO learned_preferences (profile_id, kind, key, value, evidence)
SELECT :profile_id::uuid, x.kind, x.key, x.value, x.evidence
FROM jsonb_to_recordset(:rows::jsonb) AS x (kind text, key text, value jsonb, evidence uuid[]);

-- name: forget_directions!
DELETE FROM preference_directions WHERE profile_id = :profile_id;

-- name: keep_direction!
INSERT INTO preference_directions (profile_id, model, direction, centre, spread, trust)
VALUES (:profile_id, :model, :direction::halfvec, :centre, :spread, :trust);

-- name: feedback_state
SELECT version, ratings, learned_at FROM feedback_states WHERE profile_id = :profile_id;

-- name: keep_feedback_state!
INSERT INTO feedback_states (profile_id, version, ratings) VALUES (:profile_id, :version, :ratings)
ON CONFLICT (profile_id) DO UPDATE
SET version = EXCLUDED.version, ratings = EXCLUDED.ratings, learned_at = clock_timestamp();

-- name: forget_feedback_state!
DELETE FROM feedback_states WHERE profile_id = :profile_id;

-- name: people_with_feedback
-- Also those whose ratings were taken over, and nothing has been learned from them yet.
SELECT DISTINCT r.profile_id, s.version FROM match_ratings r LEFT JOIN feedback_states s USING (profile_id)
ORDER BY r.profile_id;

-- name: learned_of_person
SELECT l.kind, l.key, l.value, l.evidence, s.key IS NULL AS enabled,
       CASE WHEN l.kind = 'occupation' THEN (
           SELECT o.short_name FROM occupations o WHERE starts_with(o.kldb, l.key) ORDER BY o.kind DESC, o.berufenet_id LIMIT 1
       ) END AS name
FROM learned_preferences l LEFT JOIN switched_off_preferences s USING (profile_id, kind, key)
WHERE l.profile_id = :profile_id ORDER BY l.kind, l.key;

-- name: directions_of_person
SELECT model, centre, spread, trust FROM preference_directions WHERE profile_id = :profile_id;

-- name: matches_to_judge
-- stale_only: what has no row in the person's order, or one of another score. Similarity only within one model.
SELECT m.posting_id, m.score, m.passed_gates, m.model, CASE WHEN f.decision = 'accepted' THEN f.kldb END AS kldb,
       (SELECT q.city FROM profiles q WHERE q.profile_id = m.profile_id) AS home,
       -(e.embedding <#> d.direction) AS similarity,
       r.rating, r.scale, r.decision, r.applied_at, r.hidden_at,
       p.score AS known_score, p.passed_gates AS known_passed, p.adjustment AS known_adjustment,
       p.hidden_by AS known_hidden_by
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
LEFT JOIN posting_professions f USING (posting_id)
LEFT JOIN preference_directions d ON d.profile_id = m.profile_id AND d.model = m.model
LEFT JOIN embeddings e ON e.model = d.model AND e.text_hash = o.title_hash
LEFT JOIN match_ratings r ON r.profile_id = m.profile_id AND r.posting_id = m.posting_id
LEFT JOIN personal_matches p ON p.profile_id = m.profile_id AND p.posting_id = m.posting_id
WHERE m.profile_id = :profile_id
  AND (:days::date[] IS NULL OR m.day = ANY(:days::date[]))
  AND (NOT :stale_only::boolean OR p.posting_id IS NULL
       OR (p.score, p.passed_gates) IS DISTINCT FROM (m.score, m.passed_gates));

-- name: has_stale_matches
-- Whether a run has made or changed matches since they were judged: two index scans of one person's rows.
SELECT EXISTS (
    SELECT FROM profile_posting_matches m
    LEFT JOIN personal_matches p ON p.profile_id = m.profile_id AND p.posting_id = m.posting_id
    WHERE m.profile_id = :profile_id
      AND (p.posting_id IS NULL OR (p.score, p.passed_gates) IS DISTINCT FROM (m.score, m.passed_gates))
) AS stale;

-- name: facts_of_postings
-- named: which of some terms a posting's facets have. known: whether its other facts are read, of the text as it is.
SELECT o.posting_id, o.title, o.city, o.region, o.remote, o.pay, s.conditions, s.working_times, s.hours,
       s.office_days, s.agency, COALESCE(s.input_hash = o.content_hash AND s.task_version = :version, false) AS known,
       (SELECT array_agg(DISTINCT t.term) FROM posting_facets t
        WHERE t.posting_id = o.posting_id AND NOT t.negated AND t.term = ANY(:terms)) AS named
FROM postings o LEFT JOIN posting_facts s USING (posting_id)
WHERE o.posting_id = ANY(:posting_ids);

-- name: texts_for_facts
SELECT posting_id, title, description, employer, content_hash FROM postings WHERE posting_id = ANY(:posting_ids);

-- name: keep_facts!
INSERT INTO posting_facts (posting_id, conditions, working_times, hours, office_days, agency,
                           task_version, input_hash)
SELECT x.posting_id, x.conditions, x.working_times, x.hours, x.office_days, x.agency,
       x.task_version, decode(x.input_hash, 'hex')
FROM jsonb_to_recordset(:rows::jsonb)
     AS x (posting_id uuid, conditions text[], working_times text[], hours real,
           office_days real, agency boolean, task_version text, input_hash text)
ON CONFLICT (posting_id) DO UPDATE
SET conditions = EXCLUDED.conditions,
    working_times = EXCLUDED.working_times, hours = EXCLUDED.hours, office_days = EXCLUDED.office_days,
    agency = EXCLUDED.agency, task_version = EXCLUDED.task_version, input_hash = EXCLUDED.input_hash;

-- name: postings_without_facts
SELECT o.posting_id FROM postings o LEFT JOIN posting_facts s USING (posting_id)
WHERE o.first_seen_on = ANY(:days) AND o.in_scope AND o.duplicate_of IS NULL
  AND (s.input_hash, s.task_version) IS DISTINCT FROM (o.content_hash, :version::text)
ORDER BY o.posting_id;

-- name: facts_counts
SELECT o.first_seen_on AS day, count(*) AS rows, count(s.office_days) AS office_days
FROM posting_facts s JOIN postings o USING (posting_id)
WHERE o.first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: keep_personal_matches!
INSERT INTO personal_matches (profile_id, posting_id, passed_gates, score, adjustment, personal_score, hidden_by)
SELECT :profile_id::uuid, x.posting_id, x.passed_gates, x.score, x.adjustment, x.score + x.adjustment, x.hidden_by
FROM jsonb_to_recordset(:rows::jsonb)
     AS x (posting_id uuid, passed_gates boolean, score real, adjustment real, hidden_by text[])
ON CONFLICT (profile_id, posting_id) DO UPDATE
SET passed_gates = EXCLUDED.passed_gates, score = EXCLUDED.score, adjustment = EXCLUDED.adjustment,
    personal_score = EXCLUDED.personal_score, hidden_by = EXCLUDED.hidden_by;

-- name: drop_gone_personal_matches!
DELETE FROM personal_matches p
WHERE p.profile_id = :profile_id
  AND NOT EXISTS (SELECT FROM profile_posting_matches m
                  WHERE m.profile_id = p.profile_id AND m.posting_id = p.posting_id);

-- name: forget_personal_matches!
DELETE FROM personal_matches WHERE profile_id = :profile_id;

-- name: personal_counts
SELECT m.day, count(*) AS rows, count(DISTINCT p.profile_id) AS people, count(*) FILTER (WHERE p.hidden) AS hidden
FROM personal_matches p JOIN profile_posting_matches m USING (profile_id, posting_id)
WHERE m.day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: comments_to_read
-- By the reasoning model, where it has not read them: the patterns have, or another version.
SELECT r.profile_id, r.posting_id, r.comment
FROM match_ratings r LEFT JOIN comment_readings c USING (profile_id, posting_id)
WHERE r.comment IS NOT NULL AND (:profile_id::uuid IS NULL OR r.profile_id = :profile_id::uuid)
  AND (c.model IS NULL OR c.model <> :model OR c.task_version <> :task_version)
ORDER BY r.profile_id, r.rated_at;

-- name: hidden_counts
-- A row without a name for all that the list leaves out, and one for each lesson, for the person and for gates.
-- gates_hide: what fails a gate is left out as well.
WITH hidden AS (
    SELECT m.posting_id, p.hidden_by || CASE WHEN :gates_hide::boolean AND NOT m.passed_gates
                                             THEN ARRAY['gate'] ELSE ARRAY[]::text[] END AS hidden_by
    FROM personal_matches p JOIN profile_posting_matches m USING (profile_id, posting_id)
    WHERE p.profile_id = :profile_id AND p.hidden
    UNION ALL
    SELECT m.posting_id, ARRAY['gate']
    FROM profile_posting_matches m LEFT JOIN personal_matches p USING (profile_id, posting_id)
    WHERE :gates_hide::boolean AND m.profile_id = :profile_id AND NOT m.passed_gates AND p.hidden IS NOT TRUE
), listed AS (
    SELECT h.hidden_by FROM hidden h JOIN postings o USING (posting_id)
    WHERE o.status <> 'invalidated'
       OR EXISTS (SELECT FROM postings t WHERE t.duplicate_of = o.posting_id AND t.status = 'active')
)
SELECT NULL AS name, count(*) AS matches FROM listed
UNION ALL
SELECT name, count(*) FROM listed CROSS JOIN LATERAL unnest(hidden_by) AS name GROUP BY name ORDER BY 1 NULLS FIRST;

-- name: why_not_listed
-- Everything about one posting that may keep it from a person's list.
SELECT o.posting_id, o.title, o.first_seen_on AS day, o.in_scope, o.scope_reasons, o.status, o.status_reason, o.available,
       o.valid_through, o.duplicate_of,
       EXISTS (SELECT FROM profile_careers c WHERE c.profile_id = :profile_id) AS person_ready,
       d.made_at AS derived_at, y.made_at AS screened_at,
       m.posting_id IS NOT NULL AS matched, m.score, m.passed_gates, m.gate_reasons,
       EXISTS (SELECT FROM postings t WHERE t.duplicate_of = o.posting_id AND t.status = 'active') AS has_active_copy,
       p.hidden_by, p.adjustment,
       kept.rows AS kept, kept.least_passed, kept.least
FROM postings o
LEFT JOIN derivations d ON d.stage = 'posting_facets' AND d.subject = o.posting_id
LEFT JOIN derivations y ON y.stage = 'match_scores' AND y.subject = :day_subject
LEFT JOIN profile_posting_matches m ON m.profile_id = :profile_id AND m.posting_id = o.posting_id
LEFT JOIN personal_matches p ON p.profile_id = m.profile_id AND p.posting_id = m.posting_id
CROSS JOIN LATERAL (
    SELECT count(*) AS rows, min(k.score) FILTER (WHERE k.passed_gates) AS least_passed, min(k.score) AS least
    FROM profile_posting_matches k WHERE k.profile_id = :profile_id AND k.day = o.first_seen_on
) kept
WHERE o.posting_id = :posting_id;

-- name: day_of_posting
SELECT first_seen_on AS day, duplicate_of FROM postings WHERE posting_id = :posting_id;

-- name: titles_of_postings
SELECT posting_id, title FROM postings WHERE posting_id = ANY(:posting_ids);
