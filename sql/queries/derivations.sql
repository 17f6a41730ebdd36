-- name: derivations_of_days
SELECT d.subject, d.model, d.task_version, d.input_hash
FROM derivations d JOIN postings p ON p.posting_id = d.subject
WHERE d.stage = :stage AND p.first_seen_on = ANY(:days);

-- name: derivation
SELECT model, task_version, input_hash FROM derivations WHERE stage = :stage AND subject = :subject;
