-- name: ledger_counts
-- Alone, so that it is counted in parallel.
SELECT stage, count(*) AS made FROM derivations GROUP BY stage;

-- name: stage_health
-- done and pending by stage; of stages in the ledger: how many postings or people there are to derive from (wanted), and
-- how many were derived and are left out by now, since they left the scope or turned out to be copies. Counted from
-- indexes alone, since rows of postings are wide.
WITH left_out AS MATERIALIZED (
    SELECT p.posting_id FROM postings p
    CROSS JOIN LATERAL (SELECT FROM derivations d
                        WHERE d.stage = 'posting_summaries' AND d.subject = p.posting_id OFFSET 0) made
    WHERE NOT (p.in_scope AND p.duplicate_of IS NULL)
), arrived AS (
    SELECT (SELECT count(*) FROM sightings) AS sightings, (SELECT count(*) FROM postings) AS postings
), slice AS (
    -- Texts without a vector: of more than a million facets a sixteenth of the hashes is looked at and stands for all.
    SELECT CASE WHEN reltuples > 1e6 THEN '\x10'::bytea ELSE decode(repeat('ff', 17), 'hex') END AS below,
           CASE WHEN reltuples > 1e6 THEN 16 ELSE 1 END AS stands_for
    FROM pg_class WHERE oid = 'posting_facets'::regclass
)
SELECT 'raw_postings' AS stage, (SELECT count(*) FROM raw_postings) AS done, 0::bigint AS pending,
       NULL::bigint AS wanted, 0::bigint AS left_out
UNION ALL
SELECT 'postings', a.postings, GREATEST(a.sightings - a.postings, 0), NULL, 0 FROM arrived a
UNION ALL
SELECT 'posting_readings', (SELECT count(*) FROM posting_readings), 0, NULL, 0
UNION ALL
SELECT s.stage, 0, 0, (SELECT count(*) FROM postings WHERE in_scope AND duplicate_of IS NULL),
       (SELECT count(*) FROM left_out l
        CROSS JOIN LATERAL (SELECT FROM derivations d WHERE d.stage = s.stage AND d.subject = l.posting_id OFFSET 0) made)
FROM unnest(ARRAY['posting_summaries', 'posting_requirements', 'posting_facets', 'berufenet_mapping',
                  'posting_llm_analysis']) AS s (stage)
UNION ALL
SELECT 'profiles', (SELECT count(*) FROM profiles),
       (SELECT count(*) FROM profile_documents) - (SELECT count(*) FROM profiles), NULL, 0
UNION ALL
SELECT 'profile_facets', 0, 0, (SELECT count(*) FROM profile_documents), 0
UNION ALL
SELECT 'match_scores', (SELECT count(*) FROM profile_posting_matches), 0, NULL, 0
UNION ALL
SELECT 'match_analyses', (SELECT count(*) FROM match_analyses), 0, NULL, 0
UNION ALL
SELECT 'embeddings', (SELECT count(*) FROM embeddings),
       (SELECT count(*) * (SELECT stands_for FROM slice)
        FROM (SELECT DISTINCT text_hash FROM posting_facets WHERE text_hash < (SELECT below FROM slice)) f
        WHERE NOT EXISTS (SELECT FROM embeddings e
                          WHERE e.text_hash = f.text_hash AND e.text_hash < (SELECT below FROM slice))),
       NULL, 0;

-- name: recent_commits
-- When rows were made, of each stage the latest :most within a week; a commit's rows carry the same time.
SELECT stage, made_at, count(*) AS rows
FROM (
    SELECT s.stage, d.made_at
    FROM unnest(CAST(:stages AS text[])) AS s (stage)
    CROSS JOIN LATERAL (
        SELECT made_at FROM derivations
        WHERE stage = s.stage AND made_at > now() - interval '7 days'
        ORDER BY made_at DESC LIMIT :most) d
    UNION ALL
    (SELECT 'posting_readings', made_at FROM posting_readings
     WHERE made_at > now() - interval '7 days' ORDER BY made_at DESC LIMIT :most)
    UNION ALL
    (SELECT 'embeddings', made_at FROM embeddings
     WHERE made_at > now() - interval '7 days' ORDER BY made_at DESC LIMIT :most)
) AS latest
GROUP BY stage, made_at
ORDER BY stage, made_at;

-- name: source_health
SELECT s.source, s.polled_at, s.next_poll_at, s.failures, s.last_error, s.succeeded_at, s.silent_since,
       r.kind, r.started_at, r.finished_at, r.complete, r.listed, r.new, r.changed, r.gone, r.failed
FROM source_states s
LEFT JOIN LATERAL (
    SELECT * FROM source_rounds o WHERE o.source = s.source ORDER BY o.started_at DESC, o.round_id DESC LIMIT 1
) r ON true
ORDER BY s.source;

-- name: reading_totals
SELECT COALESCE(sum(postings), 0) AS postings, COALESCE(sum(seconds), 0) AS seconds FROM reading_nights;

-- name: batch_health
-- Batches of candidates by status, whoever's they are.
SELECT b.status, count(*) AS batches, count(b.paused_at) AS paused,
       sum(b.total - b.completed - b.failed)::bigint AS open,
       sum(b.completed)::bigint AS completed, sum(b.failed)::bigint AS failed,
       sum(b.prompt_tokens)::bigint AS prompt_tokens, sum(b.cached_tokens)::bigint AS cached_tokens,
       sum(b.output_tokens)::bigint AS output_tokens, coalesce(sum(w.in_flight), 0)::bigint AS in_flight,
       coalesce(sum(w.workers), 0)::bigint AS workers
FROM batches b
LEFT JOIN (SELECT batch_id, count(*) AS workers, sum(in_flight) AS in_flight FROM batch_workers
           WHERE seen_until > now()
           GROUP BY batch_id) w USING (batch_id)
GROUP BY b.status
ORDER BY b.status;
