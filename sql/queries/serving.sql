-- What the match view reads: materialised tables only, one statement a page.

-- name: serving_ready
-- Fails where the database is away or not migrated.
SELECT EXISTS (SELECT FROM profile_posting_matches) AS any_match;

-- name: served_profiles
-- One person or, where no profile_id is given, a page of people, newest first. The cursor is a moment and an id:
-- a name would be personal data in a URL.
SELECT p.profile_id, c.name, p.headline, p.city, d.received_at, counts.matches, counts.strong
FROM profiles p
JOIN profile_documents d USING (profile_id)
LEFT JOIN profile_contacts c USING (profile_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS matches,
           count(*) FILTER (WHERE m.tier = 'strong' AND m.passed_gates) AS strong
    FROM profile_posting_matches m
    JOIN postings o USING (posting_id)
    WHERE m.profile_id = p.profile_id
      AND (
          o.status <> 'invalidated'
          OR EXISTS (SELECT FROM postings t WHERE t.duplicate_of = o.posting_id AND t.status = 'active')
      )
) counts
WHERE (:profile_id::uuid IS NULL OR p.profile_id = :profile_id::uuid)
  AND (:after_id::uuid IS NULL OR (d.received_at, p.profile_id) < (:after_moment::timestamptz, :after_id::uuid))
ORDER BY d.received_at DESC, p.profile_id DESC
LIMIT :row_limit;

-- name: ranked_matches
-- Best first, by the index profile_posting_matches_rank. Scores are compared as real: as double precision a score
-- would not equal itself when it comes back in a cursor. A posting counts as active while one of its duplicates is.
SELECT m.posting_id, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons, m.basis,
       jsonb_array_length(m.matched) AS matched_count,
       jsonb_array_length(m.missing) AS missing_count,
       o.title, o.employer, o.city, o.region, o.country, o.remote, o.published_on,
       CASE WHEN twin.active THEN 'active' ELSE o.status END AS status,
       a.recommendation
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM postings d WHERE d.duplicate_of = o.posting_id AND d.status = 'active') AS active
) twin
LEFT JOIN match_analyses a USING (profile_id, posting_id)
WHERE m.profile_id = :profile_id
  AND (o.status <> 'invalidated' OR twin.active)
  AND (:passed_gates::boolean IS NULL OR m.passed_gates = :passed_gates::boolean)
  AND m.score >= :min_score::real
  AND (
      :after_id::uuid IS NULL
      OR (m.passed_gates, m.score) < (:after_passed::boolean, :after_score::real)
      OR (m.passed_gates, m.score) = (:after_passed::boolean, :after_score::real) AND m.posting_id > :after_id::uuid
  )
ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id
LIMIT :row_limit;

-- name: personal_list
-- Who has given feedback: by the index personal_matches_shown. The score is the match's own, the order the person's.
SELECT m.posting_id, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons, m.basis,
       jsonb_array_length(m.matched) AS matched_count,
       jsonb_array_length(m.missing) AS missing_count,
       o.title, o.employer, o.city, o.region, o.country, o.remote, o.published_on,
       CASE WHEN twin.active THEN 'active' ELSE o.status END AS status,
       a.recommendation, r.adjustment, r.personal_score, r.hidden_by,
       CASE WHEN u.profile_id IS NOT NULL THEN to_jsonb(u) END AS said
FROM personal_matches r
JOIN profile_posting_matches m USING (profile_id, posting_id)
JOIN postings o USING (posting_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM postings d WHERE d.duplicate_of = o.posting_id AND d.status = 'active') AS active
) twin
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN match_ratings u USING (profile_id, posting_id)
WHERE r.profile_id = :profile_id AND NOT r.hidden
  AND (o.status <> 'invalidated' OR twin.active)
  AND (:passed_gates::boolean IS NULL OR r.passed_gates = :passed_gates::boolean)
  AND m.score >= :min_score::real
  AND (
      :after_id::uuid IS NULL
      OR (r.passed_gates, r.personal_score) < (:after_passed::boolean, :after_score::real)
      OR (r.passed_gates, r.personal_score) = (:after_passed::boolean, :after_score::real) AND r.posting_id > :after_id::uuid
  )
ORDER BY r.passed_gates DESC, r.personal_score DESC, r.posting_id
LIMIT :row_limit;

-- name: personal_list_with_hidden
-- Also or only what the list leaves out, by the index personal_matches_rank. gates_hide: a failed gate leaves out too.
SELECT m.posting_id, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons, m.basis,
       jsonb_array_length(m.matched) AS matched_count,
       jsonb_array_length(m.missing) AS missing_count,
       o.title, o.employer, o.city, o.region, o.country, o.remote, o.published_on,
       CASE WHEN twin.active THEN 'active' ELSE o.status END AS status,
       a.recommendation, r.adjustment, r.personal_score, r.hidden_by,
       CASE WHEN u.profile_id IS NOT NULL THEN to_jsonb(u) END AS said
FROM personal_matches r
JOIN profile_posting_matches m USING (profile_id, posting_id)
JOIN postings o USING (posting_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM postings d WHERE d.duplicate_of = o.posting_id AND d.status = 'active') AS active
) twin
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN match_ratings u USING (profile_id, posting_id)
WHERE r.profile_id = :profile_id AND (NOT :only_hidden::boolean OR r.hidden OR (:gates_hide::boolean AND NOT r.passed_gates))
  AND (o.status <> 'invalidated' OR twin.active)
  AND (:passed_gates::boolean IS NULL OR r.passed_gates = :passed_gates::boolean)
  AND m.score >= :min_score::real
  AND (
      :after_id::uuid IS NULL
      OR (r.passed_gates, r.personal_score) < (:after_passed::boolean, :after_score::real)
      OR (r.passed_gates, r.personal_score) = (:after_passed::boolean, :after_score::real) AND r.posting_id > :after_id::uuid
  )
ORDER BY r.passed_gates DESC, r.personal_score DESC, r.posting_id
LIMIT :row_limit;

-- name: served_match
-- One statement, so that the parts of a match are of one moment even while a run replaces them.
SELECT m.posting_id, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons, m.basis,
       jsonb_array_length(m.matched) AS matched_count,
       jsonb_array_length(m.missing) AS missing_count,
       m.matched, m.missing, m.model, m.task_version,
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
       ) AS requirements
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM postings d WHERE d.duplicate_of = o.posting_id AND d.status = 'active') AS active
) twin
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN posting_summaries s USING (posting_id)
LEFT JOIN posting_professions f USING (posting_id)
LEFT JOIN posting_llm_analysis l USING (posting_id)
WHERE m.profile_id = :profile_id AND m.posting_id = :posting_id;
