-- name: GroupBuyInsert :exec
INSERT INTO group_buys (home, id, offer_id, seller_id, organiser_id, alliance_id, title, minimum, closes_at, state, state_reason, joined,
    members, created_at, updated_at)
VALUES (@home, @id, @offer_id, @seller_id, @organiser_id, @alliance_id, @title, @minimum, @closes_at, @state, @state_reason, @joined,
    @members, @created_at, @updated_at);

-- name: GroupBuyGet :one
SELECT * FROM group_buys WHERE home = @home AND id = @id;

-- name: GroupBuyLock :one
SELECT * FROM group_buys WHERE home = @home AND id = @id FOR UPDATE;

-- name: GroupBuyUpdate :exec
UPDATE group_buys SET state = @state, state_reason = @state_reason, joined = @joined, members = @members, updated_at = @updated_at
WHERE home = @home AND id = @id;

-- name: GroupJoinInsert :exec
INSERT INTO group_joins (home, id, group_id, organiser_id, member_id, alliance_id, quantity, consignee, deliver_by, reserve, purpose, issuer,
    subject, state, state_reason, order_id, created_at, updated_at)
VALUES (@home, @id, @group_id, @organiser_id, @member_id, @alliance_id, @quantity, @consignee, @deliver_by, @reserve, @purpose, @issuer,
    @subject, @state, @state_reason, @order_id, @created_at, @updated_at);

-- name: GroupJoinsStanding :many
SELECT * FROM group_joins WHERE home = @home AND group_id = @group_id AND state = 'JOINED' ORDER BY member_id LIMIT @max_rows;

-- name: GroupJoinUpdate :exec
UPDATE group_joins SET state = @state, state_reason = @state_reason, order_id = @order_id, updated_at = @updated_at
WHERE home = @home AND id = @id;
