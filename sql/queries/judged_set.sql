-- What `ty evaluate ranking` reads of its scratch server.

-- name: origins_of_people
SELECT profile_id, origin FROM profile_documents ORDER BY profile_id;

-- name: external_ids_of_day
SELECT posting_id, external_id FROM postings WHERE first_seen_on = :day ORDER BY posting_id;
