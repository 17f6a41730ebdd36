-- Letters to send: whose they are, to whom, and as their senders have changed them.

-- name: letter_of_match
SELECT c.name, c.email, c.phone, c.address, p.city AS home,
       o.title, o.employer, o.city, s.text, encode(s.draft_hash, 'hex') AS draft_hash, s.saved_at
FROM profile_posting_matches m
JOIN profiles p USING (profile_id)
JOIN postings o USING (posting_id)
LEFT JOIN profile_contacts c USING (profile_id)
LEFT JOIN letters s ON s.profile_id = m.profile_id AND s.posting_id = m.posting_id AND s.language = :language
WHERE m.profile_id = :profile_id AND m.posting_id = :posting_id;

-- name: keep_letter!
INSERT INTO letters (profile_id, posting_id, language, text, draft_hash)
VALUES (:profile_id, :posting_id, :language, :text, decode(:draft_hash, 'hex'))
ON CONFLICT (profile_id, posting_id, language) DO UPDATE
SET text = EXCLUDED.text, draft_hash = EXCLUDED.draft_hash, saved_at = clock_timestamp();

-- name: drop_letter!
DELETE FROM letters WHERE profile_id = :profile_id AND posting_id = :posting_id AND language = :language;
