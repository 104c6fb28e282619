-- name: BankStatementGet :one
SELECT * FROM bank_statements WHERE home = @home AND id = @id;

-- name: BankStatementInsert :exec
INSERT INTO bank_statements (home, id, account, statement, opening_fen, closing_fen, lines, imported_at)
VALUES (@home, @id, @account, @statement, @opening_fen, @closing_fen, @lines, @imported_at);

-- name: BankLineGet :one
SELECT * FROM bank_lines WHERE home = @home AND id = @id;

-- name: BankLineLock :one
SELECT * FROM bank_lines WHERE home = @home AND id = @id FOR UPDATE;

-- name: BankLinesGet :many
SELECT * FROM bank_lines WHERE (home, id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[]));

-- name: BankLinesWaiting :many
SELECT * FROM bank_lines WHERE home = @home AND statement_id = @statement_id AND state = 'WAITING'
ORDER BY at, id LIMIT @max_rows;

-- name: BankLinesInsert :exec
INSERT INTO bank_lines (home, id, statement_id, account, reference, flow, amount_fen, booked, counterparty, remittance,
    state, state_reason, order_home, transaction_id, at)
SELECT u.home, u.id, u.statement_id, u.account, u.reference, u.flow, u.amount_fen, u.booked, u.counterparty, u.remittance,
    u.state, u.state_reason, '', u.transaction_id, u.at
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@statement_id_list::uuid[]) AS statement_id,
    unnest(@account_list::text[]) AS account, unnest(@reference_list::text[]) AS reference,
    unnest(@flow_list::text[]) AS flow, unnest(@amount_fen_list::bigint[]) AS amount_fen,
    unnest(@booked_list::text[]) AS booked, unnest(@counterparty_list::text[]) AS counterparty,
    unnest(@remittance_list::text[]) AS remittance, unnest(@state_list::text[]) AS state,
    unnest(@state_reason_list::text[]) AS state_reason, unnest(@transaction_id_list::uuid[]) AS transaction_id,
    unnest(@at_list::timestamptz[]) AS at) u;

-- name: BankLineEnd :exec
UPDATE bank_lines SET state = @state, state_reason = @state_reason, order_home = @order_home, order_id = @order_id,
    partner_id = @partner_id, instruction_home = @instruction_home, instruction_id = @instruction_id,
    contract_home = @contract_home, contract_id = @contract_id
WHERE home = @home AND id = @id AND state = 'WAITING';

-- name: OrdersByIDs :many
SELECT o.* FROM orders o
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id) u ON o.home = u.home AND o.id = u.id;
