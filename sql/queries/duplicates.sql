-- name: postings_with_content_of_days
-- Everything that reads like a posting of these days, or like one that was linked to one; with what it was compared by.
WITH mine AS (SELECT posting_id, content_hash FROM postings WHERE first_seen_on = ANY(:days)),
hashes AS (SELECT content_hash FROM mine
           UNION SELECT p.content_hash FROM postings p JOIN mine ON p.duplicate_of = mine.posting_id)
SELECT p.posting_id, p.content_hash, p.first_seen_on, p.duplicate_of, p.in_scope, p.employer, p.city, p.region,
       s.made_of, s.task_version, l.method, l.similarity
FROM postings p JOIN hashes USING (content_hash)
LEFT JOIN posting_signatures s USING (posting_id)
LEFT JOIN posting_links l USING (posting_id);

-- name: doubtful_links
-- Postings to be compared again, whatever their day, each by the first of its very text.
SELECT DISTINCT ON (p.content_hash) p.posting_id
FROM postings p
WHERE p.content_hash IN (SELECT q.content_hash FROM posting_links l JOIN postings q USING (posting_id) WHERE l.doubtful)
ORDER BY p.content_hash, p.first_seen_on, p.posting_id;

-- name: doubt_links_to!
UPDATE posting_links SET doubtful = true
WHERE canonical = ANY(:canonicals) AND method = 'near' AND NOT doubtful;

-- name: forget_signatures!
DELETE FROM posting_signatures WHERE posting_id = ANY(:posting_ids);

-- name: advertisements
-- In the order they were seen.
SELECT posting_id, content_hash, first_seen_on, title, employer, city, region, description, in_scope
FROM postings WHERE posting_id = ANY(:posting_ids) ORDER BY first_seen_on, posting_id;

-- name: near_candidates
-- Who shares a band with one of these, and may be in the same place; only who speaks for itself has bands.
SELECT w.posting_id, c.posting_id AS candidate, c.first_seen_on, c.title, c.employer, c.city, c.region
FROM posting_signatures w
JOIN posting_signatures s ON s.bands && w.bands AND s.posting_id <> w.posting_id
                         AND (s.place = w.place OR s.place IS NULL OR w.place IS NULL)
JOIN postings c ON c.posting_id = s.posting_id
WHERE w.posting_id = ANY(:posting_ids);

-- name: pass_on_links
-- The copies of one that speaks for itself no more go to another for now, and are compared again.
WITH passed AS (
    UPDATE postings p SET duplicate_of = w.next
    FROM unnest(:canonicals::uuid[], :nexts::uuid[]) AS w (canonical, next)
    WHERE p.duplicate_of = w.canonical AND p.posting_id <> w.next
    RETURNING p.posting_id, p.first_seen_on, p.duplicate_of
), doubted AS (
    UPDATE posting_links l SET canonical = passed.duplicate_of, doubtful = true, method = 'near'
    FROM passed WHERE l.posting_id = passed.posting_id
)
SELECT posting_id, first_seen_on FROM passed;

-- name: point_at
-- Let these, and all of their very text, point at their canonical posting; null: at the first of the text itself.
UPDATE postings p SET duplicate_of = NULLIF(COALESCE(w.canonical, w.posting_id), p.posting_id)
FROM unnest(:posting_ids::uuid[], :canonicals::uuid[]) AS w (posting_id, canonical)
JOIN postings first ON first.posting_id = w.posting_id
WHERE p.content_hash = first.content_hash
  AND p.duplicate_of IS DISTINCT FROM NULLIF(COALESCE(w.canonical, w.posting_id), p.posting_id)
RETURNING p.posting_id, p.first_seen_on;

-- name: store_links!
-- How the links of these, and of all of their very text, came about; call it after point_at.
INSERT INTO posting_links (posting_id, canonical, similarity, method)
SELECT p.posting_id, p.duplicate_of, CASE WHEN p.duplicate_of = w.posting_id THEN 1 ELSE w.similarity END,
       CASE WHEN p.duplicate_of = w.posting_id THEN 'exact' ELSE 'near' END
FROM unnest(:posting_ids::uuid[], :similarities::real[]) AS w (posting_id, similarity)
JOIN postings first ON first.posting_id = w.posting_id
JOIN postings p ON p.content_hash = first.content_hash
WHERE p.duplicate_of IS NOT NULL
ON CONFLICT (posting_id) DO UPDATE
SET canonical = EXCLUDED.canonical, similarity = EXCLUDED.similarity, method = EXCLUDED.method, doubtful = false;

-- name: forget_links!
DELETE FROM posting_links l USING postings p
WHERE p.posting_id = l.posting_id AND p.posting_id = ANY(:posting_ids) AND p.duplicate_of IS NULL;

-- name: silence_signatures!
UPDATE posting_signatures SET bands = NULL WHERE posting_id = ANY(:posting_ids) AND bands IS NOT NULL;

-- name: forget_matches_of_copies!
-- The canonical posting is matched for all; a copy's own matches would show the job twice.
WITH copies AS (SELECT posting_id FROM postings WHERE posting_id = ANY(:posting_ids) AND duplicate_of IS NOT NULL),
explained AS (DELETE FROM match_analyses WHERE posting_id IN (SELECT posting_id FROM copies)),
judged AS (DELETE FROM posting_relevance WHERE posting_id IN (SELECT posting_id FROM copies))
DELETE FROM profile_posting_matches WHERE posting_id IN (SELECT posting_id FROM copies);

-- name: pass_on_requests!
-- Who opened what turns out to be a copy waits for the canonical posting's reading.
WITH moved AS (
    DELETE FROM reading_requests q USING postings p
    WHERE p.posting_id = q.posting_id AND p.posting_id = ANY(:posting_ids) AND p.duplicate_of IS NOT NULL
    RETURNING p.duplicate_of, q.requested_at)
INSERT INTO reading_requests (posting_id, requested_at)
SELECT duplicate_of, min(requested_at) FROM moved GROUP BY 1
ON CONFLICT (posting_id) DO NOTHING;

-- name: link_counts
SELECT l.method, count(*) AS postings, min(l.similarity)::float AS least_similar
FROM posting_links l JOIN postings p USING (posting_id)
WHERE p.first_seen_on = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: links_of_postings
-- Of each copy: what it is linked to, how, and how alike they are.
SELECT l.posting_id, p.source, p.title, p.employer, p.city, p.first_seen_on, l.canonical, c.source AS canonical_source,
       c.title AS canonical_title, c.employer AS canonical_employer, c.first_seen_on AS canonical_first_seen_on,
       l.method, l.similarity
FROM posting_links l JOIN postings p USING (posting_id) JOIN postings c ON c.posting_id = l.canonical
WHERE p.first_seen_on = ANY(:days) ORDER BY l.method DESC, l.similarity, l.posting_id;

-- name: seen_order
SELECT posting_id FROM postings WHERE posting_id = ANY(:posting_ids) ORDER BY first_seen_on, posting_id;

-- name: bands_by_day
SELECT s.bands, p.first_seen_on = :day AS new
FROM posting_signatures s JOIN postings p USING (posting_id) WHERE s.bands IS NOT NULL;
