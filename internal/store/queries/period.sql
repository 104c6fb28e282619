-- name: PeriodGet :one
SELECT * FROM periods WHERE id = @id;

-- name: PeriodLock :one
SELECT * FROM periods WHERE id = @id FOR UPDATE;

-- name: PeriodsList :many
SELECT * FROM periods WHERE id IN (SELECT unnest(@ids::text[]));

-- name: PeriodUpsert :exec
INSERT INTO periods (id, starts, ends, state, state_reason, position, checkpoint, soft_issuer_id, soft_subject,
    soft_closed_at, close_issuer_id, close_subject, closed_at, policy_revision, updated_at)
VALUES (@id, @starts, @ends, @state, @state_reason, @position, @checkpoint, @soft_issuer_id, @soft_subject,
    @soft_closed_at, @close_issuer_id, @close_subject, @closed_at, @policy_revision, @updated_at)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, state_reason = excluded.state_reason, position = excluded.position,
    checkpoint = excluded.checkpoint, soft_issuer_id = excluded.soft_issuer_id, soft_subject = excluded.soft_subject,
    soft_closed_at = excluded.soft_closed_at, close_issuer_id = excluded.close_issuer_id,
    close_subject = excluded.close_subject, closed_at = excluded.closed_at, policy_revision = excluded.policy_revision,
    updated_at = excluded.updated_at;

-- What is dated before an instant and still waits to be sealed.
-- name: UnsealedBefore :one
SELECT EXISTS (SELECT 1 FROM unsealed WHERE home = ANY(@homes::text[]) AND at < @before);
