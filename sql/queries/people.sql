-- name: people
SELECT p.profile_id, p.headline,
       (SELECT count(*) FROM profile_facets f WHERE f.profile_id = p.profile_id) AS facets,
       count(m.posting_id) AS matches,
       count(*) FILTER (WHERE m.tier = 'strong' AND m.passed_gates) AS strong
FROM profiles p LEFT JOIN profile_posting_matches m USING (profile_id)
GROUP BY p.profile_id ORDER BY p.headline, p.profile_id;

-- name: top_matches
-- In the person's own order, as the list has it: without what their feedback hides. adjustment: what it has moved.
SELECT m.posting_id, p.title, p.employer, p.city, p.url, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons,
       m.basis, m.matched, m.missing, a.recommendation, COALESCE(r.adjustment, 0) AS adjustment
FROM profile_posting_matches m JOIN postings p USING (posting_id)
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN personal_matches r USING (profile_id, posting_id)
WHERE m.profile_id = :profile_id AND NOT COALESCE(r.hidden, false)
ORDER BY m.passed_gates DESC, COALESCE(r.personal_score, m.score) DESC, m.posting_id LIMIT :limit;

-- name: documents_since
SELECT bucket, max(received_at) AS latest FROM profile_documents
WHERE received_at > :since GROUP BY bucket ORDER BY latest;

-- name: documents_of_buckets
SELECT d.profile_id, d.bucket, d.origin, d.document, p.input_hash AS known_hash, p.task_version AS known_version,
       c.model AS facets_model, c.task_version AS facets_version, c.input_hash AS facets_hash
FROM profile_documents d LEFT JOIN profiles p USING (profile_id) LEFT JOIN profile_careers c USING (profile_id)
WHERE d.bucket = ANY(:buckets) ORDER BY d.bucket, d.profile_id;

-- name: documents_of_people
SELECT d.profile_id, d.bucket, d.origin, d.document, p.input_hash AS known_hash, p.task_version AS known_version,
       c.model AS facets_model, c.task_version AS facets_version, c.input_hash AS facets_hash
FROM profile_documents d LEFT JOIN profiles p USING (profile_id) LEFT JOIN profile_careers c USING (profile_id)
WHERE d.profile_id = ANY(:profile_ids) ORDER BY d.profile_id;

-- name: store_document!
INSERT INTO profile_documents (profile_id, bucket, format, origin, document)
VALUES (:profile_id, :bucket, 'json-resume', :origin, :document::jsonb)
ON CONFLICT (profile_id) DO UPDATE
SET origin = EXCLUDED.origin, document = EXCLUDED.document, received_at = now()
WHERE profile_documents.document IS DISTINCT FROM EXCLUDED.document;

-- name: profile_counts
SELECT bucket, count(*) AS rows FROM profiles WHERE bucket = ANY(:buckets) GROUP BY 1 ORDER BY 1;

-- name: profile_facet_counts
SELECT p.bucket, count(*) AS rows FROM profile_facets f JOIN profiles p USING (profile_id)
WHERE p.bucket = ANY(:buckets) GROUP BY 1 ORDER BY 1;

-- name: buckets_to_refine
-- People whom the rules have read in the model's place, or who lack its vectors.
SELECT DISTINCT p.bucket
FROM profiles p JOIN profile_careers c USING (profile_id)
WHERE c.model <> :model
   OR EXISTS (SELECT FROM profile_facets f WHERE f.profile_id = p.profile_id)
      AND NOT EXISTS (SELECT FROM profile_embeddings e WHERE e.profile_id = p.profile_id AND e.model = :embedding_model)
ORDER BY 1;

-- name: people_digest
-- Changes with anybody's career or facets, and with who there is.
SELECT md5(COALESCE(string_agg(profile_id || encode(input_hash, 'hex') || task_version || model, ',' ORDER BY profile_id), ''))
FROM profile_careers;
