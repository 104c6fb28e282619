-- name: LimitInsert :exec
INSERT INTO spending_limits (id, member_id, alliance_id, issuer_id, subject, per_order_fen, per_month_fen, per_year_fen,
    approval_above_fen, valid_from, valid_to, end_reason, set_by, policy_revision, created_at, ended_at)
VALUES (@id, @member_id, @alliance_id, @issuer_id, @subject, @per_order_fen, @per_month_fen, @per_year_fen,
    @approval_above_fen, @valid_from, @valid_to, @end_reason, @set_by, @policy_revision, @created_at, @ended_at);

-- name: LimitGet :one
SELECT * FROM spending_limits WHERE id = @id;

-- name: LimitLock :one
SELECT * FROM spending_limits WHERE id = @id FOR UPDATE;

-- name: LimitEnd :execrows
UPDATE spending_limits SET end_reason = @end_reason, ended_at = @ended_at WHERE id = @id;

-- name: LimitsOf :many
SELECT * FROM spending_limits WHERE member_id IN (SELECT unnest(@members::uuid[])) AND ended_at IS NULL;

-- What a member has committed, in both provinces: all that it ordered until the
-- goods are accepted, then what it kept.
-- name: SpentBy :one
SELECT
    coalesce(sum(o.fen), 0)::bigint AS year_fen,
    coalesce(sum(CASE WHEN o.created_at >= @month_start::timestamptz THEN o.fen ELSE 0 END), 0)::bigint AS month_fen,
    coalesce(sum(CASE WHEN o.mine THEN o.fen ELSE 0 END), 0)::bigint AS own_year_fen,
    coalesce(sum(CASE WHEN o.mine AND o.created_at >= @month_start THEN o.fen ELSE 0 END), 0)::bigint AS own_month_fen
FROM (
    SELECT created_at, placer = @placer AND placer_issuer = @placer_issuer::uuid AS mine,
        CASE WHEN state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED') THEN amount_fen
            ELSE accepted_fen - refunded_fen END AS fen
    FROM orders
    WHERE buyer_id = @buyer_id AND created_at >= @year_start AND state NOT IN ('CANCELLED', 'EXPIRED', 'REJECTED')
) o;
