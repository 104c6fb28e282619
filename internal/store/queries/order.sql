-- name: OrderGet :one
SELECT * FROM orders WHERE home = @home AND id = @id;

-- name: OrderLock :one
SELECT * FROM orders WHERE home = @home AND id = @id FOR UPDATE;

-- name: OrdersPastHold :many
SELECT home, id FROM orders
WHERE state IN ('PLACED', 'PENDING_APPROVAL') AND hold_until < @at
ORDER BY hold_until LIMIT @max_rows;

-- name: PaymentInsert :exec
INSERT INTO payments (home, order_id, bank_reference, id, amount_fen, at, kind)
VALUES (@home, @order_id, @bank_reference, @id, @amount_fen, @at, @kind);

-- name: PaymentGet :one
SELECT * FROM payments WHERE home = @home AND order_id = @order_id AND bank_reference = @bank_reference;

-- name: OrderOffers :many
SELECT home, id, offer_id FROM orders WHERE home = ANY(@homes::text[]) AND id = ANY(@ids::uuid[]);

-- name: PaymentsOf :many
SELECT p.* FROM payments p
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@orders::uuid[]) AS id) u ON p.home = u.home AND p.order_id = u.id
ORDER BY p.home, p.order_id, p.at, p.id;
