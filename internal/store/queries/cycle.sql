-- name: CycleGet :one
SELECT * FROM settlement_cycles WHERE home = @home AND id = @id;

-- name: CycleLock :one
SELECT * FROM settlement_cycles WHERE home = @home AND id = @id FOR UPDATE;

-- name: CyclesOfPair :many
SELECT * FROM settlement_cycles
WHERE home = @home AND seller_alliance_id = @seller_alliance_id AND buyer_alliance_id = @buyer_alliance_id
    AND from_day <= @to_day AND to_day >= @from_day
LIMIT @max_rows;

-- name: CycleInsert :exec
INSERT INTO settlement_cycles (home, id, seller_alliance_id, buyer_alliance_id, from_day, to_day, state, state_reason,
    differences, created_at, updated_at)
VALUES (@home, @id, @seller_alliance_id, @buyer_alliance_id, @from_day, @to_day, @state, @state_reason, @differences,
    @created_at, @updated_at);

-- name: CycleUpdate :exec
UPDATE settlement_cycles SET state = @state, state_reason = @state_reason, differences = @differences, updated_at = @updated_at
WHERE home = @home AND id = @id;

-- name: CycleOrders :many
SELECT sqlc.embed(o), t.at AS accepted_at FROM ledger_transactions t
JOIN orders o ON o.home = t.home AND o.id = t.order_id
WHERE t.home = @home AND t.kind = 'DELIVERY_ACCEPTED' AND t.seller_alliance_id = @seller_alliance_id
    AND t.buyer_alliance_id = @buyer_alliance_id AND t.at >= @from_time AND t.at < @to_time
ORDER BY t.at, o.id LIMIT @max_rows;

-- name: CycleOrdersOf :many
SELECT sqlc.embed(o), t.at AS accepted_at FROM ledger_transactions t
JOIN orders o ON o.home = t.home AND o.id = t.order_id
WHERE t.home = @home AND t.kind = 'DELIVERY_ACCEPTED' AND t.seller_alliance_id = @seller_alliance_id
    AND t.buyer_alliance_id = @buyer_alliance_id AND t.at >= @from_time AND t.at < @to_time
    AND (coalesce(o.payer_id, o.buyer_id) = @member_id::uuid OR o.seller_id = @member_id::uuid)
    AND (t.at, o.id) > (@after_at::timestamptz, @after_id::uuid)
ORDER BY t.at, o.id LIMIT @max_rows;

-- What the clearing accounts of a cycle's orders say, by member.
-- name: CycleObligations :many
SELECT e.account_kind, e.account_owner, count(DISTINCT e.order_id) AS orders, sum(e.amount_fen)::bigint AS net,
    sum(CASE WHEN t.kind IN ('DELIVERY_ACCEPTED', 'ACCEPTANCE_REFUNDED') THEN e.amount_fen ELSE 0 END)::bigint AS accepted
FROM ledger_transactions a
JOIN ledger_entries e ON e.home = a.home AND e.order_id = a.order_id AND e.account_kind IN ('CLEARING_BUYER', 'CLEARING_SELLER')
JOIN ledger_transactions t ON t.home = e.home AND t.id = e.transaction_id
WHERE a.home = @home AND a.kind = 'DELIVERY_ACCEPTED' AND a.seller_alliance_id = @seller_alliance_id
    AND a.buyer_alliance_id = @buyer_alliance_id AND a.at >= @from_time AND a.at < @to_time
GROUP BY e.account_kind, e.account_owner
ORDER BY e.account_kind, e.account_owner LIMIT @max_rows;

-- What a member's clearing account carries of earlier orders with the same pair.
-- name: CarriedOver :one
SELECT coalesce(sum(e.amount_fen), 0)::bigint AS fen
FROM ledger_entries e
JOIN ledger_transactions a ON a.home = e.home AND a.order_id = e.order_id AND a.kind = 'DELIVERY_ACCEPTED'
WHERE e.account_kind = @account_kind AND e.account_owner = @account_owner AND e.home = @home
    AND a.seller_alliance_id = @seller_alliance_id AND a.buyer_alliance_id = @buyer_alliance_id AND a.at < @before;

-- Lines that wait and came in from a member whose name is the counterparty's.
-- name: StrayLines :many
SELECT sqlc.embed(l), m.id AS member_id FROM bank_lines l
LEFT JOIN members m ON m.alliance_id = @buyer_alliance_id AND l.counterparty <> '' AND l.counterparty IN (m.name_zh, m.name_en)
WHERE l.state = 'WAITING' AND l.flow = 'CREDIT'
ORDER BY l.at, l.id LIMIT @max_rows;

-- name: InstructionGet :one
SELECT * FROM settlement_instructions WHERE home = @home AND id = @id;

-- name: InstructionLock :one
SELECT * FROM settlement_instructions WHERE home = @home AND id = @id FOR UPDATE;

-- name: InstructionsOfCycle :many
SELECT * FROM settlement_instructions WHERE home = @home AND cycle_id = @cycle_id ORDER BY member_id LIMIT @max_rows;

-- name: InstructionsByIDs :many
SELECT i.* FROM settlement_instructions i
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id) u ON i.home = u.home AND i.id = u.id;

-- name: PartsOfInstruction :many
SELECT order_id, amount_fen FROM settlement_parts WHERE home = @home AND instruction_id = @instruction_id ORDER BY order_id;

-- name: InstructionInsert :exec
INSERT INTO settlement_instructions (home, id, cycle_id, member_id, amount_fen, state, line_home, at)
VALUES (@home, @id, @cycle_id, @member_id, @amount_fen, @state, '', @at);

-- name: PartsInsert :exec
INSERT INTO settlement_parts (home, instruction_id, order_id, amount_fen)
SELECT @home::text, @instruction_id::uuid, u.order_id, u.amount_fen
FROM (SELECT unnest(@order_ids::uuid[]) AS order_id, unnest(@amounts::bigint[]) AS amount_fen) u;

-- name: InstructionExecute :exec
UPDATE settlement_instructions SET state = @state, line_home = @line_home, line_id = @line_id WHERE home = @home AND id = @id;

-- name: InstructionsOpen :one
SELECT count(*) FROM settlement_instructions WHERE home = @home AND cycle_id = @cycle_id AND state = 'ISSUED' AND id <> @but;

-- name: InvoiceInsert :exec
INSERT INTO invoices (home, order_id, number, id, seller_id, amount_fen, tax_rate_bp, issued_on, at)
VALUES (@home, @order_id, @number, @id, @seller_id, @amount_fen, @tax_rate_bp, @issued_on, @at);

-- name: InvoicesOfOrder :many
SELECT * FROM invoices WHERE home = @home AND order_id = @order_id ORDER BY at, number LIMIT @max_rows;

-- name: InvoicesOfOrders :many
SELECT * FROM invoices WHERE home = @home AND order_id = ANY(@order_ids::uuid[]) ORDER BY order_id, at, number;

-- name: InvoiceByNumber :one
SELECT * FROM invoices WHERE home = @home AND seller_id = @seller_id AND number = @number;
