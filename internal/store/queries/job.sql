-- A job that is there keeps its time.
-- name: JobInsert :exec
INSERT INTO jobs (home, kind, subject, due, leased_until, lease, attempts)
VALUES (@home, @kind, @subject, @due, @due, '00000000-0000-0000-0000-000000000000', 0)
ON CONFLICT (home, kind, subject) DO NOTHING;

-- A job is due at another time than was said. Whoever works at it, on what was
-- known before, does not end it.
-- name: JobMove :exec
INSERT INTO jobs (home, kind, subject, due, leased_until, lease, attempts)
VALUES (@home, @kind, @subject, @due, @due, '00000000-0000-0000-0000-000000000000', 0)
ON CONFLICT (home, kind, subject) DO UPDATE SET due = excluded.due, leased_until = excluded.due, lease = excluded.lease, attempts = 0;

-- Jobs that are due and that no server works at. Those that another server is
-- just taking are passed over, so that servers never wait for each other.
-- name: JobsLease :many
WITH picked AS (
    SELECT j.home, j.kind, j.subject FROM jobs j
    WHERE j.due <= @at AND j.leased_until <= @at
    ORDER BY j.due LIMIT @max_rows FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET lease = @lease, leased_until = @leased_until, attempts = jobs.attempts + 1
FROM picked
WHERE jobs.home = picked.home AND jobs.kind = picked.kind AND jobs.subject = picked.subject
RETURNING jobs.*;

-- Jobs that are due and that no server works at, after a wait for those that are
-- just being taken: none is passed over.
-- name: JobsLeaseAll :many
WITH picked AS (
    SELECT j.home, j.kind, j.subject FROM jobs j
    WHERE j.due <= @at AND j.leased_until <= @at
    ORDER BY j.due LIMIT @max_rows FOR UPDATE
)
UPDATE jobs SET lease = @lease, leased_until = @leased_until, attempts = jobs.attempts + 1
FROM picked
WHERE jobs.home = picked.home AND jobs.kind = picked.kind AND jobs.subject = picked.subject
RETURNING jobs.*;

-- Whether a job is due that no server works at. A read passes over none.
-- name: JobsWait :one
SELECT EXISTS (SELECT 1 FROM jobs WHERE due <= @at AND leased_until <= @at);

-- name: JobDue :execrows
UPDATE jobs SET due = @due, leased_until = @leased_until, attempts = @attempts
WHERE home = @home AND kind = @kind AND subject = @subject AND lease = @lease;

-- name: JobDelete :execrows
DELETE FROM jobs WHERE home = @home AND kind = @kind AND subject = @subject AND lease = @lease;

-- A server whose clock was wrong must not keep the others waiting for long.
-- name: JobsAhead :execrows
UPDATE jobs SET due = @at, leased_until = @at
WHERE kind = ANY(@kinds::text[]) AND subject = '00000000-0000-0000-0000-000000000000' AND due > @latest;
