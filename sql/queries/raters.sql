-- What `ty evaluate raters` reads of its scratch server.

-- name: candidates_of_day
SELECT m.profile_id, m.posting_id, o.external_id, m.score, CASE WHEN f.decision = 'accepted' THEN f.kldb END AS kldb,
       named.terms, halfvec_send(e.embedding) AS vector
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
LEFT JOIN posting_professions f USING (posting_id)
LEFT JOIN embeddings e ON e.model = m.model AND e.text_hash = o.title_hash
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(DISTINCT t.term), '{}') AS terms FROM posting_facets t
    WHERE t.posting_id = m.posting_id AND NOT t.negated
      AND t.kind IN ('skill', 'tool', 'licence', 'degree', 'domain', 'condition')
) named
WHERE m.day = :day ORDER BY m.profile_id, m.score DESC, m.posting_id;
