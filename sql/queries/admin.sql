-- What administrators see beside the pipeline's health: counts, and ids of accounts; nothing of a person.

-- name: account_counts
SELECT count(*)::integer AS accounts,
       count(*) FILTER (WHERE a.is_admin)::integer AS admins,
       count(*) FILTER (WHERE d.profile_id IS NOT NULL)::integer AS with_profile,
       count(*) FILTER (WHERE a.created_at > now() - interval '7 days')::integer AS new_this_week,
       count(*) FILTER (WHERE s.seen > now() - interval '7 days')::integer AS here_this_week,
       count(*) FILTER (WHERE n.confirmed_at IS NOT NULL)::integer AS with_mail
FROM accounts a
LEFT JOIN profile_documents d USING (profile_id)
LEFT JOIN notice_settings n USING (account_id)
LEFT JOIN LATERAL (SELECT max(last_seen_at) AS seen FROM sessions WHERE account_id = a.account_id) s ON true;

-- name: reading_queue
-- What people have opened and no model has read yet.
SELECT count(*)::integer AS waiting, min(r.requested_at) AS oldest
FROM reading_requests r
WHERE NOT EXISTS (SELECT FROM posting_readings p WHERE p.posting_id = r.posting_id);

-- name: latest_nights
SELECT night, postings, seconds FROM reading_nights ORDER BY night DESC LIMIT 7;

-- name: latest_audit
-- Newest first; before: an entry_id.
SELECT entry_id, happened_at, action, account_id FROM audit_log
WHERE :before::bigint IS NULL OR entry_id < :before::bigint ORDER BY entry_id DESC LIMIT :row_limit;
