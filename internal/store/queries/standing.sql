-- name: StandingInsert :exec
INSERT INTO standing_orders (home, id, buyer_id, buyer_alliance_id, seller_id, product_id, offer_id, follow, take_short, quantity, consignee,
    delivery_days, reserve, purpose, reserve_plan_id, every, every_days, weekdays, day_of_month, first_run, until, cap_quantity, cap_fen,
    issuer, subject, state, state_reason, next_run, last_run, runs, orders, ordered, ordered_fen, created_at, updated_at)
VALUES (@home, @id, @buyer_id, @buyer_alliance_id, @seller_id, @product_id, @offer_id, @follow, @take_short, @quantity, @consignee,
    @delivery_days, @reserve, @purpose, @reserve_plan_id, @every, @every_days, @weekdays, @day_of_month, @first_run, @until, @cap_quantity, @cap_fen,
    @issuer, @subject, @state, @state_reason, @next_run, @last_run, @runs, @orders, @ordered, @ordered_fen, @created_at, @updated_at);

-- name: StandingGet :one
SELECT * FROM standing_orders WHERE home = @home AND id = @id;

-- name: StandingLock :one
SELECT * FROM standing_orders WHERE home = @home AND id = @id FOR UPDATE;

-- name: StandingUpdate :exec
UPDATE standing_orders SET offer_id = @offer_id, quantity = @quantity, every = @every, every_days = @every_days, weekdays = @weekdays,
    day_of_month = @day_of_month, first_run = @first_run, until = @until, cap_quantity = @cap_quantity, cap_fen = @cap_fen, issuer = @issuer,
    subject = @subject, state = @state, state_reason = @state_reason, next_run = @next_run, last_run = @last_run, runs = @runs,
    orders = @orders, ordered = @ordered, ordered_fen = @ordered_fen, updated_at = @updated_at
WHERE home = @home AND id = @id;

-- name: StandingRunInsert :exec
INSERT INTO standing_runs (home, standing_id, n, id, buyer_id, buyer_alliance_id, planned, made_on, state, reasons, quantity, ordered,
    amount_fen, order_id, created_at)
VALUES (@home, @standing_id, @n, @id, @buyer_id, @buyer_alliance_id, @planned, @made_on, @state, @reasons, @quantity, @ordered,
    @amount_fen, @order_id, @created_at);

-- The open offers of a seller's product that a run may order from.
-- name: OffersOpenOf :many
SELECT * FROM offers
WHERE home = @home AND seller_id = @seller_id AND product_id = @product_id AND state = 'PUBLISHED'
    AND reserved_for_id = '00000000-0000-0000-0000-000000000000' AND season_from <= @today AND season_to >= @today
ORDER BY created_at, id LIMIT @max_rows;
