-- name: OrderInsert :exec
INSERT INTO orders (home, id, offer_id, product_id, certificate_id, buyer_id, buyer_alliance_id, buyer_class, seller_id,
    seller_alliance_id, seller_division, consignee, category, scheme, state, state_reason, quantity, accepted, rejected,
    short, price_fen, unit_quantity, per_kg, amount_fen, accepted_fen, paid_fen, direction, collaboration,
    counts_to_reserve, needs_approval, channel, reserve, deliver_by, hold_until, commitment_tx, waybill,
    policy_revision, created_at, updated_at, purpose, reserve_plan_id)
VALUES (@home, @id, @offer_id, @product_id, @certificate_id, @buyer_id, @buyer_alliance_id, @buyer_class, @seller_id,
    @seller_alliance_id, @seller_division, @consignee, @category, @scheme, @state, @state_reason, @quantity, @accepted, @rejected,
    @short, @price_fen, @unit_quantity, @per_kg, @amount_fen, @accepted_fen, @paid_fen, @direction, @collaboration,
    @counts_to_reserve, @needs_approval, @channel, @reserve, @deliver_by, @hold_until, @commitment_tx, @waybill,
    @policy_revision, @created_at, @updated_at, @purpose, @reserve_plan_id);

-- name: OrderGet :one
SELECT * FROM orders WHERE home = @home AND id = @id;

-- name: OrderLock :one
SELECT * FROM orders WHERE home = @home AND id = @id FOR UPDATE;

-- name: OrderUpdate :execrows
UPDATE orders SET state = @state, state_reason = @state_reason, accepted = @accepted, rejected = @rejected,
    short = @short, accepted_fen = @accepted_fen, paid_fen = @paid_fen, commitment_tx = @commitment_tx,
    waybill = @waybill, updated_at = @updated_at
WHERE home = @home AND id = @id;

-- name: OrdersPastHold :many
SELECT home, id FROM orders
WHERE state = 'PLACED' AND hold_until < @at
ORDER BY hold_until LIMIT @max_rows;

-- name: PaymentInsert :exec
INSERT INTO payments (home, order_id, bank_reference, id, amount_fen, at)
VALUES (@home, @order_id, @bank_reference, @id, @amount_fen, @at);

-- name: PaymentGet :one
SELECT * FROM payments WHERE home = @home AND order_id = @order_id AND bank_reference = @bank_reference;
