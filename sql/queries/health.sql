-- name: stage_health
-- done and pending by stage; last_hour: derivations made in the last hour.
WITH wanted AS (
    SELECT count(*) FILTER (WHERE in_scope AND duplicate_of IS NULL) AS derive, count(*) AS all_postings FROM postings
), derived AS (
    SELECT stage, count(*) AS done, count(*) FILTER (WHERE made_at > now() - interval '1 hour') AS last_hour
    FROM derivations GROUP BY stage
), people AS (SELECT count(*) AS documents FROM profile_documents)
SELECT 'raw_postings' AS stage, (SELECT count(*) FROM raw_postings) AS done, 0::bigint AS pending,
       (SELECT count(*) FROM raw_postings WHERE fetched_at > now() - interval '1 hour') AS last_hour
UNION ALL
SELECT 'postings', w.all_postings, GREATEST((SELECT count(*) FROM sightings) - w.all_postings, 0), 0 FROM wanted w
UNION ALL
SELECT 'posting_readings', count(*), 0::bigint, count(*) FILTER (WHERE made_at > now() - interval '1 hour')
FROM posting_readings
UNION ALL
SELECT s.stage, COALESCE(d.done, 0), GREATEST(w.derive - COALESCE(d.done, 0), 0), COALESCE(d.last_hour, 0)
FROM wanted w
CROSS JOIN unnest(ARRAY['posting_summaries', 'posting_requirements', 'posting_facets', 'berufenet_mapping',
                        'posting_llm_analysis']) AS s (stage)
LEFT JOIN derived d ON d.stage = s.stage
UNION ALL
SELECT 'embeddings', (SELECT count(*) FROM embeddings),
       (SELECT count(DISTINCT f.text_hash) FROM posting_facets f
        WHERE NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.text_hash = f.text_hash)), 0
UNION ALL
SELECT 'profiles', (SELECT count(*) FROM profiles), GREATEST(p.documents - (SELECT count(*) FROM profiles), 0), 0
FROM people p
UNION ALL
SELECT 'profile_facets', COALESCE(d.done, 0), GREATEST(p.documents - COALESCE(d.done, 0), 0), COALESCE(d.last_hour, 0)
FROM people p LEFT JOIN derived d ON d.stage = 'profile_facets'
UNION ALL
SELECT 'match_scores', (SELECT count(*) FROM profile_posting_matches), 0, 0
UNION ALL
SELECT 'match_analyses', (SELECT count(*) FROM match_analyses), 0, 0;
