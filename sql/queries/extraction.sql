-- name: posting_requirement_lines
SELECT p.posting_id, p.first_seen_on, p.title, p.language,
       COALESCE(jsonb_agg(jsonb_build_object('ordinal', r.ordinal, 'text', r.text, 'must', r.must)
                          ORDER BY r.ordinal) FILTER (WHERE r.posting_id IS NOT NULL), '[]') AS requirements
FROM postings p
JOIN derivations d ON d.subject = p.posting_id AND d.stage = 'posting_requirements'
LEFT JOIN posting_requirements r USING (posting_id)
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL
GROUP BY p.posting_id
ORDER BY p.first_seen_on, p.posting_id;

-- name: posting_analysis_inputs
SELECT p.posting_id, p.first_seen_on, p.title, p.language, s.summary,
       COALESCE(r.lines, '[]') AS requirements, COALESCE(f.facets, '[]') AS facets
FROM postings p
JOIN posting_summaries s USING (posting_id)
JOIN derivations d ON d.subject = p.posting_id AND d.stage = 'posting_facets'
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('ordinal', ordinal, 'text', text, 'must', must) ORDER BY ordinal) AS lines
    FROM posting_requirements q WHERE q.posting_id = p.posting_id) r ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'requirement_ordinal', requirement_ordinal, 'kind', kind, 'term', term, 'quote', quote, 'cefr', cefr,
               'years', years, 'level', level, 'must', must, 'negated', negated,
               'alternative_group', alternative_group, 'weight', weight) ORDER BY ordinal) AS facets
    FROM posting_facets q WHERE q.posting_id = p.posting_id) f ON true
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL
ORDER BY p.first_seen_on, p.posting_id;

-- name: texts_without_embedding
-- Facet terms and titles: a posting without requirements is screened by its title.
WITH needed AS (
    SELECT f.text_hash, f.term AS text, min(p.first_seen_on) AS needed_on
    FROM posting_facets f JOIN postings p USING (posting_id)
    WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL
    GROUP BY 1, 2
    UNION ALL
    SELECT p.title_hash, p.title_normalised, min(p.first_seen_on)
    FROM postings p
    WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL
    GROUP BY 1, 2
)
SELECT n.text_hash, min(n.text COLLATE "C") AS text, min(n.needed_on) AS needed_on
FROM needed n
WHERE NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.model = :model AND e.text_hash = n.text_hash)
  AND NOT EXISTS (SELECT 1 FROM failures x WHERE x.stage = 'embeddings' AND x.task_version = :model
                  AND x.subject = encode(n.text_hash, 'hex') AND x.given_up)
GROUP BY n.text_hash
ORDER BY n.text_hash;

-- name: embedding_coverage
SELECT count(*) AS facets, count(e.text_hash) AS embedded,
       count(x.subject) FILTER (WHERE e.text_hash IS NULL) AS failed
FROM posting_facets f JOIN postings p USING (posting_id)
LEFT JOIN embeddings e ON e.model = :model AND e.text_hash = f.text_hash
LEFT JOIN failures x ON x.stage = 'embeddings' AND x.task_version = :model AND x.subject = encode(f.text_hash, 'hex')
WHERE p.first_seen_on = ANY(:days) AND p.in_scope AND p.duplicate_of IS NULL;

-- name: embedding_counts
SELECT needed_on AS day, count(*) AS rows FROM embeddings
WHERE needed_on = ANY(:days) AND model = :model GROUP BY 1 ORDER BY 1;

-- name: embeddings_of
SELECT text_hash, embedding FROM embeddings WHERE model = :model AND text_hash = ANY(:hashes);

-- name: embeddings_there
SELECT text_hash FROM embeddings WHERE model = :model AND text_hash = ANY(:hashes);
