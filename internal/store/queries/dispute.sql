-- name: DisputeGet :one
SELECT * FROM disputes WHERE home = @home AND id = @id;

-- name: DisputeInsert :exec
INSERT INTO disputes (home, id, order_id, buyer_id, buyer_alliance_id, buyer_class, seller_id, seller_alliance_id,
    seller_division, consignee, state, quantity, amount_fen, reason, refunded, refunded_fen, resolution, opened_at)
VALUES (@home, @id, @order_id, @buyer_id, @buyer_alliance_id, @buyer_class, @seller_id, @seller_alliance_id,
    @seller_division, @consignee, @state, @quantity, @amount_fen, @reason, 0, 0, '', @opened_at);

-- name: DisputeResolve :exec
UPDATE disputes SET state = @state, refunded = @refunded, refunded_fen = @refunded_fen, resolution = @resolution,
    resolved_at = @resolved_at
WHERE home = @home AND id = @id AND state = 'OPEN';
