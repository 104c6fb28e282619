-- name: TransactionGet :one
SELECT * FROM ledger_transactions WHERE home = @home AND id = @id;

-- name: EntriesOfTransaction :many
SELECT * FROM ledger_entries WHERE home = @home AND transaction_id = @transaction_id ORDER BY line;

-- name: EntriesOfTransactions :many
SELECT e.* FROM ledger_entries e
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id) u
    ON e.home = u.home AND e.transaction_id = u.id
ORDER BY e.home, e.transaction_id, e.line;

-- name: AccountBalance :one
SELECT count(*) AS entries, coalesce(sum(amount_fen), 0)::bigint AS balance
FROM ledger_entries
WHERE account_kind = @account_kind AND account_owner = @account_owner AND at < @before;

-- Without the trades of military buyers.
-- name: CivilBalance :one
SELECT count(*) AS entries, coalesce(sum(amount_fen), 0)::bigint AS balance
FROM ledger_entries
WHERE account_kind = @account_kind AND account_owner = @account_owner AND at < @before AND buyer_class <> 'MILITARY';

-- name: CivilEntries :many
SELECT * FROM ledger_entries
WHERE account_kind = @account_kind AND account_owner = @account_owner AND at >= @from_time AND at < @to_time
    AND (at, transaction_id, line) > (@after_at::timestamptz, @after_id::uuid, @after_line::int) AND buyer_class <> 'MILITARY'
ORDER BY at, transaction_id, line LIMIT @max_rows;

-- name: AccountEntries :many
SELECT * FROM ledger_entries
WHERE account_kind = @account_kind AND account_owner = @account_owner AND at >= @from_time AND at < @to_time
    AND (at, transaction_id, line) > (@after_at::timestamptz, @after_id::uuid, @after_line::int)
ORDER BY at, transaction_id, line LIMIT @max_rows;

-- name: LedgerBegan :one
SELECT at FROM ledger_transactions ORDER BY at, id LIMIT 1;

-- name: AcceptanceOfOrder :one
SELECT id, at FROM ledger_transactions
WHERE home = @home AND order_id = @order_id AND kind = 'DELIVERY_ACCEPTED'
ORDER BY at LIMIT 1;
