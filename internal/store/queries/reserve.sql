-- name: ReservePlanInsert :exec
INSERT INTO reserve_plans (home, id, unit_id, unit_class, division, alliance_id, year, canteen, budget_fen, rate_bp,
    target_fen, covered, buyers, note, state, state_reason, policy_revision, created_at, updated_at, unconsented)
VALUES (@home, @id, @unit_id, @unit_class, @division, @alliance_id, @year, @canteen, @budget_fen, @rate_bp,
    @target_fen, @covered, @buyers, @note, @state, @state_reason, @policy_revision, @created_at, @updated_at, @unconsented);

-- name: ReservePlanGet :one
SELECT * FROM reserve_plans WHERE id = @id;

-- name: ReservePlanLock :one
SELECT * FROM reserve_plans WHERE id = @id FOR UPDATE;

-- name: ReservePlanUpdate :execrows
UPDATE reserve_plans SET state = @state, state_reason = @state_reason, updated_at = @updated_at, unconsented = @unconsented
WHERE home = @home AND id = @id;

-- A unit is in one plan of a year.
-- name: ReserveUnitInsert :exec
INSERT INTO reserve_units (home, member_id, year, plan_id) VALUES (@home, @member_id, @year, @plan_id);

-- name: ReserveUnitsDelete :exec
DELETE FROM reserve_units WHERE member_id = ANY(@members::uuid[]) AND year = @year AND plan_id = @plan_id;

-- name: ReserveConsentInsert :exec
INSERT INTO reserve_consents (home, id, plan_id, member_id, unit_id, alliance_id, division, year, state, reason, asked_at, answered_at)
VALUES (@home, @id, @plan_id, @member_id, @unit_id, @alliance_id, @division, @year, @state, @reason, @asked_at, @answered_at);

-- name: ReserveConsentLock :one
SELECT * FROM reserve_consents WHERE home = @home AND plan_id = @plan_id AND member_id = @member_id FOR UPDATE;

-- name: ReserveConsentUpdate :execrows
UPDATE reserve_consents SET state = @state, reason = @reason, answered_at = @answered_at
WHERE home = @home AND id = @id;

-- The plan was taken back: nobody is asked any more.
-- name: ReserveConsentsEnd :execrows
UPDATE reserve_consents SET state = 'ENDED' WHERE home = @home AND plan_id = @plan_id;

-- What the ledger says of the orders that count to a plan: those of its units,
-- and those placed on its account.
-- name: ReserveVolumes :many
SELECT e.measure, sum(e.measure_fen)::bigint AS fen
FROM (
    SELECT o.home, o.id FROM orders o
    WHERE o.buyer_id = ANY(@units::uuid[]) AND o.reserve_plan_id IS NULL AND o.counts_to_reserve
    UNION ALL
    SELECT o.home, o.id FROM orders o WHERE o.reserve_plan_id = @plan_id AND o.counts_to_reserve
) c
JOIN ledger_entries e ON e.home = c.home AND e.order_id = c.id
WHERE e.measure <> '' AND e.at >= @from_time AND e.at < @to_time
GROUP BY e.measure;

-- name: ReserveOrders :one
SELECT count(DISTINCT e.order_id)
FROM (
    SELECT o.home, o.id FROM orders o
    WHERE o.buyer_id = ANY(@units::uuid[]) AND o.reserve_plan_id IS NULL AND o.counts_to_reserve
    UNION ALL
    SELECT o.home, o.id FROM orders o WHERE o.reserve_plan_id = @plan_id AND o.counts_to_reserve
) c
JOIN ledger_entries e ON e.home = c.home AND e.order_id = c.id
WHERE e.measure <> '' AND e.at >= @from_time AND e.at < @to_time;
