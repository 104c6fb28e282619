-- name: PolicyLatest :one
SELECT revision, published_by, published_at FROM policy_bundles ORDER BY published_at DESC, revision LIMIT 1;

-- name: PolicyBundle :one
SELECT bundle FROM policy_bundles WHERE revision = @revision;

-- A time of the database that is later than that of any before, so that the last
-- one published is the last.
-- name: PolicyPublish :exec
INSERT INTO policy_bundles (revision, bundle, published_by, published_at)
VALUES (@revision, @bundle, @published_by,
    greatest(now(), coalesce((SELECT max(p.published_at) FROM policy_bundles p) + interval '1 microsecond', now())))
ON CONFLICT (revision) DO UPDATE SET bundle = excluded.bundle, published_by = excluded.published_by, published_at = excluded.published_at;
