-- What is read and written when somebody opens a match: one posting, and one person or some.

-- name: of_one_posting!
-- A query of a day's postings, narrowed to one of them; Postgres pushes the condition into it.
SELECT * FROM ({query}) AS wide WHERE posting_id = :posting_id;

-- name: of_these_people!
SELECT * FROM ({query}) AS wide WHERE profile_id = ANY(:profile_ids);

-- name: opened_posting
-- The canonical posting, by whom its present text was read, and by whom its facets are. given_up: tried too often, or
-- too lately to be tried again now.
SELECT c.posting_id, c.first_seen_on, c.content_hash, c.in_scope,
       r.model AS read_by, r.task_version AS read_version, r.quoted,
       f.model AS facets_by, f.task_version AS facets_version,
       s.model AS summary_by, s.task_version AS summary_version,
       EXISTS (SELECT FROM failures x WHERE x.stage = 'posting_readings' AND x.subject = c.posting_id::text
               AND (x.given_up OR x.next_try_at > now())) AS given_up
FROM postings p JOIN postings c ON c.posting_id = COALESCE(p.duplicate_of, p.posting_id)
LEFT JOIN posting_readings r ON r.posting_id = c.posting_id AND r.input_hash = c.content_hash
LEFT JOIN derivations f ON f.subject = c.posting_id AND f.stage = 'posting_facets'
LEFT JOIN derivations s ON s.subject = c.posting_id AND s.stage = 'posting_summaries'
WHERE p.posting_id = :posting_id;

-- name: opened_mark
-- Another text as soon as any row was written anew that a match's analysis rests on, or shows; no row where there is no
-- match. A row's xmin is the transaction that wrote it.
SELECT concat_ws(' ', m.xmin, o.xmin, c.xmin, a.xmin, l.xmin, f.xmin, p.xmin, k.xmin, n.xmin,
                 'v', (SELECT v.xmin FROM match_verdicts v
                       WHERE v.profile_id = m.profile_id AND v.posting_id = m.posting_id),
                 'q', (SELECT string_agg(q.xmin::text, ',' ORDER BY q.language) FROM polished_letters q
                       WHERE q.profile_id = m.profile_id AND q.posting_id = m.posting_id),
                 'r', (SELECT r.xmin FROM posting_readings r WHERE r.posting_id = c.posting_id),
                 'd', (SELECT string_agg(d.xmin::text, ',' ORDER BY d.stage, d.subject) FROM derivations d
                       WHERE d.stage IN ('posting_facets', 'posting_requirements', 'posting_summaries')
                         AND d.subject IN (o.posting_id, c.posting_id)),
                 'b', (SELECT string_agg(b.xmin::text, ',' ORDER BY b.model) FROM calibrations b)) AS mark
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
JOIN postings c ON c.posting_id = COALESCE(o.duplicate_of, o.posting_id)
LEFT JOIN match_analyses a ON a.profile_id = m.profile_id AND a.posting_id = m.posting_id
LEFT JOIN posting_llm_analysis l ON l.posting_id = m.posting_id
LEFT JOIN posting_professions f ON f.posting_id = m.posting_id
LEFT JOIN profiles p ON p.profile_id = m.profile_id
LEFT JOIN profile_careers k ON k.profile_id = m.profile_id
LEFT JOIN profile_contacts n ON n.profile_id = m.profile_id
WHERE m.profile_id = :profile_id AND m.posting_id = :posting_id;

-- name: day_of_opened
-- written: other numbers as soon as facets or requirements were written again.
SELECT p.first_seen_on, ARRAY(SELECT d.xmin::text FROM derivations d WHERE d.subject = p.posting_id
                              AND d.stage IN ('posting_facets', 'posting_requirements') ORDER BY d.stage) AS written
FROM postings p WHERE p.posting_id = :posting_id;

-- name: matches_of_posting
SELECT m.profile_id, m.posting_id, m.score, m.tier, m.basis, m.passed_gates, m.gate_reasons, m.matched, m.missing,
       m.model, m.task_version, m.input_hash, a.input_hash AS known_hash
FROM profile_posting_matches m LEFT JOIN match_analyses a USING (profile_id, posting_id)
WHERE m.posting_id = :posting_id AND m.profile_id = ANY(:profile_ids)
ORDER BY m.profile_id;

-- name: vectors_of_these_people
-- Equal texts have equal vectors, whoever's they are.
SELECT DISTINCT ON (text_hash) text_hash, embedding FROM profile_embeddings
WHERE model = :model AND profile_id = ANY(:profile_ids) ORDER BY text_hash;

-- name: rescore_matches
UPDATE profile_posting_matches m
SET score = x.score, tier = x.tier, passed_gates = x.passed_gates, gate_reasons = x.gate_reasons, basis = x.basis,
    matched = x.matched, missing = x.missing, task_version = x.task_version, input_hash = decode(x.input_hash, 'hex')
FROM jsonb_to_recordset(:rows::jsonb)
     AS x (profile_id uuid, score real, tier text, passed_gates boolean, gate_reasons jsonb, basis text, matched jsonb,
           missing jsonb, task_version text, input_hash text)
WHERE m.profile_id = x.profile_id AND m.posting_id = :posting_id
RETURNING m.profile_id, m.posting_id, m.score, m.tier, m.basis, m.passed_gates, m.gate_reasons, m.matched, m.missing,
          m.model, m.task_version, m.input_hash;

-- name: keep_analyses!
-- Of a few people. A temporary table and a COPY, as for thousands, would cost the server more than the rows.
INSERT INTO match_analyses (profile_id, posting_id, input_hash, recommendation, decided_by, go_reasons, nogo_reasons,
                            cover_letter, nogo_narrative, similarity, points, sentences, made_from, language, model,
                            task_version)
SELECT x.profile_id, x.posting_id, decode(x.input_hash, 'hex'), x.recommendation, x.decided_by, x.go_reasons,
       x.nogo_reasons, x.cover_letter, x.nogo_narrative, x.similarity, x.points, x.sentences, x.made_from, x.language,
       x.model, x.task_version
FROM jsonb_to_recordset(:rows::jsonb)
     AS x (profile_id uuid, posting_id uuid, input_hash text, recommendation text, decided_by text, go_reasons jsonb,
           nogo_reasons jsonb, cover_letter text, nogo_narrative text, similarity jsonb, points jsonb, sentences jsonb,
           made_from jsonb, language text, model text, task_version text)
ON CONFLICT (profile_id, posting_id) DO UPDATE
SET input_hash = EXCLUDED.input_hash, recommendation = EXCLUDED.recommendation, decided_by = EXCLUDED.decided_by,
    go_reasons = EXCLUDED.go_reasons, nogo_reasons = EXCLUDED.nogo_reasons, cover_letter = EXCLUDED.cover_letter,
    nogo_narrative = EXCLUDED.nogo_narrative, similarity = EXCLUDED.similarity, points = EXCLUDED.points,
    sentences = EXCLUDED.sentences, made_from = EXCLUDED.made_from, language = EXCLUDED.language,
    model = EXCLUDED.model, task_version = EXCLUDED.task_version;

-- name: analyses_of_posting
-- What each of these people is told; a verdict that is of another text of the person or of the posting is none.
SELECT m.profile_id, m.score, m.tier, m.passed_gates,
       CASE WHEN a.profile_id IS NOT NULL THEN to_jsonb(a) - 'input_hash' END AS analysis,
       CASE WHEN l.posting_id IS NOT NULL THEN
           jsonb_build_object('ideal_candidate', l.analysis -> 'ideal_candidate', 'model', l.model,
                              'task_version', l.task_version) END AS posting_analysis,
       CASE WHEN v.profile_id IS NOT NULL THEN to_jsonb(v) - 'profile_hash' - 'posting_hash' END AS verdict,
       (SELECT jsonb_object_agg(q.language, to_jsonb(q) - 'draft_hash'
                                            || jsonb_build_object('draft_hash', encode(q.draft_hash, 'hex')))
        FROM polished_letters q
        WHERE q.profile_id = m.profile_id AND q.posting_id = m.posting_id) AS polished
FROM profile_posting_matches m
JOIN profiles p USING (profile_id)
JOIN postings o USING (posting_id)
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN posting_llm_analysis l USING (posting_id)
LEFT JOIN match_verdicts v ON v.profile_id = m.profile_id AND v.posting_id = m.posting_id
                          AND v.profile_hash = p.input_hash AND v.posting_hash = o.content_hash
WHERE m.posting_id = :posting_id AND m.profile_id = ANY(:profile_ids);
