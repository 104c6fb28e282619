-- Each check lists what breaks an invariant of design §4, at most @max_rows
-- lines; nothing listed means that it holds.

-- name: CheckNoFloats :many
SELECT (table_name || '.' || column_name || ' is ' || data_type)::text AS violation
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%'
    AND data_type IN ('real', 'double precision', 'numeric')
LIMIT @max_rows;

-- name: CheckOfferStock :many
SELECT ('offer ' || o.home || '-' || o.id::text || ': taken is ' || o.taken::text || ', its orders and groups hold ' || coalesce(h.held, 0)::text)::text AS violation
FROM offers o
LEFT JOIN (
    SELECT home, offer_id, sum(CASE
        WHEN state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED') THEN quantity
        WHEN state IN ('ACCEPTED', 'PART_ACCEPTED', 'SETTLED', 'DISPUTED', 'REFUNDING', 'REFUNDED') THEN accepted
        ELSE 0 END) AS held
    FROM (SELECT home, offer_id, state, quantity, accepted FROM orders
        UNION ALL SELECT home, offer_id, 'PLACED', joined, 0 FROM group_buys WHERE state = 'OPEN') held_by
    GROUP BY home, offer_id
) h ON h.home = o.home AND h.offer_id = o.id
WHERE o.taken <> coalesce(h.held, 0) OR o.taken < 0 OR o.taken > o.quantity
LIMIT @max_rows;

-- name: CheckOrdersHaveOffers :many
SELECT ('order ' || r.home || '-' || r.id::text || ' has no offer')::text AS violation
FROM orders r
LEFT JOIN offers o ON o.home = r.home AND o.id = r.offer_id
WHERE o.id IS NULL
LIMIT @max_rows;

-- name: CheckOffersByCapacity :many
SELECT home, certificate_id, capacity_year, state, quantity, taken, unit_quantity, price_basis, price_fen, id
FROM offers
WHERE capacity_year <> 0 AND certificate_id IS NOT NULL AND (home, id) > (@after_home::text, @after_id::uuid)
ORDER BY home, id LIMIT @max_rows;

-- name: CheckCapacities :many
SELECT * FROM certificate_capacities
WHERE (home, certificate_id, year) > (@after_home::text, @after_id::uuid, @after_year::int)
ORDER BY home, certificate_id, year LIMIT @max_rows;

-- name: CheckBalanced :many
SELECT ('transaction ' || home || '-' || transaction_id::text || ' is ' || sum(amount_fen)::text || ' fen off, ' || count(*)::text || ' entries')::text AS violation
FROM ledger_entries
GROUP BY home, transaction_id, currency
HAVING sum(amount_fen) <> 0 OR count(*) < 2
LIMIT @max_rows;

-- name: CheckEntriesHaveTransactions :many
SELECT ('entries of ' || coalesce(e.home, t.home) || '-' || coalesce(e.transaction_id, t.id)::text || ': transaction or entries missing')::text AS violation
FROM ledger_transactions t
FULL JOIN (SELECT DISTINCT home, transaction_id FROM ledger_entries) e ON e.home = t.home AND e.transaction_id = t.id
WHERE t.id IS NULL OR e.transaction_id IS NULL
LIMIT @max_rows;

-- name: CheckReversals :many
SELECT ('transaction ' || t.home || '-' || t.id::text || ' reverses one that is not there')::text AS violation
FROM ledger_transactions t
LEFT JOIN ledger_transactions r ON r.home = t.home AND r.id = t.reverses AND r.order_id = t.order_id
WHERE t.reverses IS NOT NULL AND r.id IS NULL
LIMIT @max_rows;

-- name: CheckVolumesOfOrders :many
SELECT ('order ' || o.home || '-' || o.id::text || ' is ' || o.state || ': contracted ' || coalesce(v.contracted, 0)::text
    || ', accepted ' || coalesce(v.accepted, 0)::text || ', settled ' || coalesce(v.settled, 0)::text)::text AS violation
FROM orders o
LEFT JOIN (
    SELECT home, order_id,
        sum(CASE WHEN measure = 'CONTRACTED' THEN measure_fen ELSE 0 END) AS contracted,
        sum(CASE WHEN measure = 'ACCEPTED' THEN measure_fen ELSE 0 END) AS accepted,
        sum(CASE WHEN measure = 'SETTLED' THEN measure_fen ELSE 0 END) AS settled
    FROM ledger_entries GROUP BY home, order_id
) v ON v.home = o.home AND v.order_id = o.id
WHERE coalesce(v.contracted, 0) <> CASE
        WHEN o.state IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') THEN o.amount_fen
        ELSE o.accepted_fen END
    OR coalesce(v.accepted, 0) <> o.accepted_fen - o.refunded_fen
    OR coalesce(v.settled, 0) <> o.paid_fen - o.repaid_fen - o.held_fen
LIMIT @max_rows;

-- name: CheckStatesOfOrders :many
SELECT ('order ' || home || '-' || id::text || ' is ' || state || ' and ' || (accepted_fen - refunded_fen - paid_fen + repaid_fen)::text
    || ' fen are due from its buyer, ' || held_fen::text || ' held')::text AS violation
FROM orders
WHERE accepted_fen > 0 AND state <> 'DISPUTED' AND state <> CASE
    WHEN accepted_fen - refunded_fen - paid_fen + repaid_fen < 0 THEN 'REFUNDING'
    WHEN accepted_fen - refunded_fen - paid_fen + repaid_fen + held_fen = 0 AND accepted_fen = refunded_fen THEN 'REFUNDED'
    WHEN accepted_fen - refunded_fen - paid_fen + repaid_fen + held_fen = 0 THEN 'SETTLED'
    WHEN accepted = quantity THEN 'ACCEPTED'
    ELSE 'PART_ACCEPTED' END
LIMIT @max_rows;

-- name: CheckDisputes :many
SELECT ('order ' || o.home || '-' || o.id::text || ' is ' || o.state || ' with ' || o.refunded_fen::text || ' fen given back; its disputes: '
    || coalesce(d.open, 0)::text || ' open, ' || coalesce(d.fen, 0)::text || ' fen')::text AS violation
FROM orders o
LEFT JOIN (
    SELECT home, order_id, sum(refunded_fen) AS fen, sum(refunded) AS quantity, sum(CASE WHEN state = 'OPEN' THEN 1 ELSE 0 END) AS open
    FROM disputes GROUP BY home, order_id
) d ON d.home = o.home AND d.order_id = o.id
WHERE o.refunded_fen <> coalesce(d.fen, 0) OR o.refunded <> coalesce(d.quantity, 0)
    OR coalesce(d.open, 0) <> CASE WHEN o.state = 'DISPUTED' THEN 1 ELSE 0 END
LIMIT @max_rows;

-- name: CheckVolumesOfNoOrder :many
SELECT ('entry ' || e.home || '-' || e.transaction_id::text || '/' || e.line::text || ' belongs to no order')::text AS violation
FROM ledger_entries e
LEFT JOIN orders o ON o.home = e.home AND o.id = e.order_id
WHERE o.id IS NULL AND (e.measure <> '' OR e.account_kind NOT IN ('BANK', 'SUSPENSE', 'DEPOSIT_BUYER', 'PAYABLE'))
LIMIT @max_rows;

-- name: CheckAccountsOfOrders :many
SELECT ('order ' || o.home || '-' || o.id::text || ' is ' || o.state || ': ' || e.account_kind || ' stands at ' || e.balance::text)::text AS violation
FROM orders o
JOIN (
    SELECT home, order_id, account_kind, sum(amount_fen) AS balance
    FROM ledger_entries GROUP BY home, order_id, account_kind
) e ON e.home = o.home AND e.order_id = o.id
WHERE e.balance <> CASE
    WHEN e.account_kind = 'COMMITMENT_BUYER' AND o.state IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') THEN o.amount_fen
    WHEN e.account_kind = 'COMMITMENT_SELLER' AND o.state IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') THEN -o.amount_fen
    WHEN e.account_kind = 'CLEARING_BUYER' THEN o.accepted_fen - o.refunded_fen - o.paid_fen + o.repaid_fen
    WHEN e.account_kind = 'CLEARING_SELLER' THEN o.refunded_fen - o.accepted_fen + o.paid_fen - o.repaid_fen - o.held_fen
    WHEN e.account_kind = 'BANK' THEN o.held_fen
    ELSE 0 END
LIMIT @max_rows;

-- name: CheckRequestsOfOrders :many
SELECT ('member ' || coalesce(o.buyer_id, r.actor)::text || ' in ' || coalesce(o.home, r.home) || ': '
    || coalesce(o.orders, 0)::text || ' orders from ' || coalesce(r.requests, 0)::text || ' requests')::text AS violation
FROM (SELECT home, buyer_id, count(*) AS orders FROM orders GROUP BY home, buyer_id) o
FULL JOIN (SELECT home, actor, count(*) AS requests FROM requests WHERE action = 'order.place' GROUP BY home, actor) r
    ON r.home = o.home AND r.actor = o.buyer_id
WHERE coalesce(o.orders, 0) <> coalesce(r.requests, 0)
LIMIT @max_rows;

-- Decisions are kept for so long, and orders for ever: those are compared that are
-- younger than the oldest decision there is. Where there is none, no order has one.
-- name: CheckDecisionsOfOrders :many
SELECT ('member ' || coalesce(o.buyer_id, d.actor)::text || ' in ' || coalesce(o.home, d.home) || ': '
    || coalesce(o.orders, 0)::text || ' orders from ' || coalesce(d.decisions, 0)::text || ' allowing decisions')::text AS violation
FROM (
    SELECT home, buyer_id, policy_revision, count(*) AS orders FROM orders
    WHERE created_at > (SELECT coalesce(min(at), '0001-01-01 00:00:00+00'::timestamptz) FROM decisions)
    GROUP BY home, buyer_id, policy_revision
) o
FULL JOIN (
    SELECT home, actor, revision, count(*) AS decisions FROM decisions
    WHERE action = 'order.place' AND allow AND at > (SELECT min(at) FROM decisions)
    GROUP BY home, actor, revision
) d ON d.home = o.home AND d.actor = o.buyer_id AND d.revision = o.policy_revision
WHERE coalesce(o.orders, 0) <> coalesce(d.decisions, 0)
LIMIT @max_rows;

-- name: CheckPartiesOfOrders :many
SELECT ('order ' || o.home || '-' || o.id::text || ': buyer or seller is not of the alliance it stands for')::text AS violation
FROM orders o
LEFT JOIN members b ON b.id = o.buyer_id AND b.alliance_id = o.buyer_alliance_id AND b.side = 'BUYER'
LEFT JOIN members s ON s.id = o.seller_id AND s.alliance_id = o.seller_alliance_id AND s.side = 'SELLER'
WHERE b.id IS NULL OR s.id IS NULL
LIMIT @max_rows;

-- name: CheckRolesFitIssuers :many
SELECT ('role ' || r.id::text || ' of ' || r.subject || ' speaks for another alliance than its issuer')::text AS violation
FROM roles r
JOIN issuers i ON i.id = r.issuer_id
LEFT JOIN members m ON m.id = r.member_id
WHERE (i.alliance_id IS NOT NULL AND (m.id IS NULL OR m.alliance_id <> i.alliance_id))
    OR (i.authority_id IS NOT NULL AND r.member_id IS NOT NULL)
LIMIT @max_rows;

-- name: CheckPayments :many
SELECT ('order ' || o.home || '-' || o.id::text || ': paid ' || o.paid_fen::text || ', payments ' || coalesce(p.paid, 0)::text
    || '; repaid ' || o.repaid_fen::text || ', repayments ' || coalesce(p.repaid, 0)::text)::text AS violation
FROM orders o
LEFT JOIN (
    SELECT home, order_id, sum(CASE WHEN kind = 'PAYMENT' THEN amount_fen ELSE 0 END) AS paid,
        sum(CASE WHEN kind = 'REPAYMENT' THEN amount_fen ELSE 0 END) AS repaid
    FROM payments GROUP BY home, order_id
) p ON p.home = o.home AND p.order_id = o.id
WHERE o.paid_fen <> coalesce(p.paid, 0) OR o.repaid_fen <> coalesce(p.repaid, 0)
LIMIT @max_rows;

-- name: CheckCountedOnce :many
SELECT ('order ' || home || '-' || order_id::text || ' was ' || kind || ' ' || count(*)::text || ' times')::text AS violation
FROM ledger_transactions
WHERE kind IN ('ORDER_CONFIRMED', 'COMMITMENT_RELEASED', 'DELIVERY_ACCEPTED')
GROUP BY home, order_id, kind
HAVING count(*) > 1
LIMIT @max_rows;

-- name: CheckCounts :one
SELECT (SELECT count(*) FROM offers)::bigint AS offers, (SELECT count(*) FROM orders)::bigint AS orders,
    (SELECT count(*) FROM ledger_transactions)::bigint AS transactions, (SELECT count(*) FROM ledger_entries)::bigint AS entries,
    (SELECT count(*) FROM requests)::bigint AS requests, (SELECT count(*) FROM decisions)::bigint AS decisions,
    (SELECT count(*) FROM certificate_capacities)::bigint AS capacities, (SELECT count(*) FROM roles)::bigint AS roles,
    (SELECT count(*) FROM reserve_plans)::bigint AS reserve_plans, (SELECT count(*) FROM quotes)::bigint AS quotes, (SELECT count(*) FROM group_buys)::bigint AS group_buys,
    (SELECT count(*) FROM standing_orders)::bigint AS standing_orders,
    (SELECT count(*) FROM relief_declarations)::bigint AS reliefs,
    (SELECT count(*) FROM bank_lines)::bigint AS bank_lines,
    (SELECT count(*) FROM settlement_cycles)::bigint AS cycles, (SELECT count(*) FROM settlement_instructions)::bigint AS instructions,
    (SELECT count(*) FROM invoices)::bigint AS invoices, (SELECT count(*) FROM contracts)::bigint AS contracts,
    (SELECT count(*) FROM intents)::bigint AS intents, (SELECT count(*) FROM spending_limits)::bigint AS spending_limits,
    (SELECT count(*) FROM payer_consents)::bigint AS payer_consents, (SELECT count(*) FROM products)::bigint AS products;

-- name: CheckReservePlans :many
SELECT ('order ' || o.home || '-' || o.id::text || ' is on the account of a plan that is not there or does not name its buyer')::text AS violation
FROM orders o
LEFT JOIN reserve_plans p ON p.id = o.reserve_plan_id
WHERE o.reserve_plan_id IS NOT NULL
    AND (p.id IS NULL OR NOT (o.buyer_id = p.unit_id OR o.buyer_id = ANY(p.covered) OR o.buyer_id = ANY(p.buyers)))
LIMIT @max_rows;

-- name: CheckReserveUnits :many
SELECT ('reserve plan ' || p.id::text || ' is ' || p.state || ' and ' || count(u.plan_id)::text || ' units are in it')::text AS violation
FROM reserve_plans p
LEFT JOIN reserve_units u ON u.home = p.home AND u.plan_id = p.id
GROUP BY p.home, p.id, p.state, p.covered, p.unconsented
HAVING count(u.plan_id) <> CASE WHEN p.state = 'FILED' THEN 1 + cardinality(p.covered) - cardinality(p.unconsented) ELSE 0 END
LIMIT @max_rows;

-- name: CheckReserveConsents :many
SELECT ('reserve plan ' || p.id::text || ' is ' || p.state || ': member ' || c.member_id::text || ' is ' || coalesce(n.state, 'not asked')
    || CASE WHEN u.plan_id IS NULL THEN ' and not in it' ELSE ' and in it' END)::text AS violation
FROM (SELECT home, id, unnest(covered) AS member_id FROM reserve_plans) c
JOIN reserve_plans p ON p.home = c.home AND p.id = c.id
LEFT JOIN reserve_consents n ON n.home = c.home AND n.plan_id = c.id AND n.member_id = c.member_id
LEFT JOIN reserve_units u ON u.home = c.home AND u.plan_id = c.id AND u.member_id = c.member_id
WHERE n.state IS NULL OR (n.state = 'CONSENTED') <> (u.plan_id IS NOT NULL) OR (n.state = 'ENDED') <> (p.state <> 'FILED')
LIMIT @max_rows;

-- name: CheckClosedPeriods :many
SELECT ('transaction ' || t.home || '-' || t.id::text || ' is dated into the closed period ' || p.id
    || ' and is not in the log before its position ' || p.position::text)::text AS violation
FROM periods p
JOIN ledger_transactions t ON t.at >= p.starts AND t.at < p.ends
LEFT JOIN seals s ON s.home = t.home AND s.transaction_id = t.id
WHERE p.state IN ('CLOSED', 'SUBMITTED') AND (s.position IS NULL OR s.position >= p.position)
LIMIT @max_rows;

-- name: CheckSubmissions :many
SELECT ('submission ' || s.period || ' is of position ' || s.position::text || ', its period is '
    || coalesce(p.state, 'not there') || ' at ' || coalesce(p.position, 0)::text)::text AS violation
FROM submissions s
LEFT JOIN periods p ON p.id = s.period
WHERE p.id IS NULL OR p.state <> 'SUBMITTED' OR p.position <> s.position
    OR s.size <> (SELECT coalesce(sum(length(c.content)), 0) FROM submission_parts c WHERE c.period = s.period)
UNION ALL
SELECT ('period ' || p.id || ' is SUBMITTED without a submission')::text
FROM periods p
WHERE p.state = 'SUBMITTED' AND NOT EXISTS (SELECT 1 FROM submissions s WHERE s.period = p.id)
LIMIT @max_rows;

-- name: CheckAdjustments :many
SELECT ('transaction ' || t.home || '-' || t.id::text || ' of the fact of ' || t.fact_day || ' adjusts ' || t.adjusts)::text AS violation
FROM ledger_transactions t
WHERE (t.adjusts <> '' AND (t.adjusts <> left(t.fact_day, 7) OR t.adjusts >= to_char(t.at + interval '8 hours', 'YYYY-MM')))
    OR (t.adjusts = '' AND t.fact_day <> '' AND t.fact_day <> to_char(t.at + interval '8 hours', 'YYYY-MM-DD'))
    OR EXISTS (SELECT 1 FROM ledger_entries e WHERE e.home = t.home AND e.transaction_id = t.id AND e.adjusts <> t.adjusts)
LIMIT @max_rows;

-- name: CheckSuspense :many
SELECT ('suspense of ' || coalesce(l.home, e.home) || ' stands at ' || coalesce(e.fen, 0)::text || ' fen, its waiting lines at '
    || coalesce(l.fen, 0)::text)::text AS violation
FROM (
    SELECT home, sum(CASE WHEN flow = 'DEBIT' THEN amount_fen ELSE -amount_fen END) AS fen FROM bank_lines
    WHERE state = 'WAITING' GROUP BY home
) l
FULL JOIN (SELECT home, sum(amount_fen) AS fen FROM ledger_entries WHERE account_kind = 'SUSPENSE' GROUP BY home) e ON e.home = l.home
WHERE coalesce(l.fen, 0) <> coalesce(e.fen, 0)
LIMIT @max_rows;

-- name: CheckBank :many
SELECT ('the bank stands at ' || coalesce(e.fen, 0)::text || ' fen, the lines of its statements add up to ' || coalesce(l.fen, 0)::text)::text AS violation
FROM (SELECT sum(CASE WHEN flow = 'CREDIT' THEN amount_fen ELSE -amount_fen END) AS fen FROM bank_lines) l
CROSS JOIN (SELECT sum(amount_fen) AS fen FROM ledger_entries WHERE account_kind = 'BANK') e
WHERE coalesce(l.fen, 0) <> coalesce(e.fen, 0)
LIMIT @max_rows;

-- name: CheckBankLines :many
SELECT ('bank line ' || l.home || '-' || l.id::text || ' is ' || l.state || ': its receipt is not in the ledger, was released '
    || coalesce(r.times, 0)::text || ' times, or its other line does not fit')::text AS violation
FROM bank_lines l
LEFT JOIN ledger_transactions t ON t.home = l.home AND t.id = l.transaction_id
LEFT JOIN (
    SELECT home, reverses, count(*) AS times FROM ledger_transactions WHERE kind = 'SUSPENSE_RELEASED' GROUP BY home, reverses
) r ON r.home = l.home AND r.reverses = l.transaction_id
LEFT JOIN bank_lines p ON p.home = l.home AND p.id = l.partner_id AND p.partner_id = l.id AND p.amount_fen = l.amount_fen
    AND p.flow <> l.flow
WHERE t.id IS NULL OR coalesce(r.times, 0) <> CASE WHEN l.state = 'MATCHED' THEN 1 ELSE 0 END
    OR (l.state = 'RETURNED' AND p.id IS NULL)
LIMIT @max_rows;

-- name: CheckInstructions :many
SELECT ('instruction ' || i.home || '-' || i.id::text || ' is of ' || i.amount_fen::text || ' fen, its orders of ' || coalesce(p.fen, 0)::text
    || ', its bank line of ' || coalesce(l.amount_fen, 0)::text || ', posted were ' || coalesce(e.fen, 0)::text)::text AS violation
FROM settlement_instructions i
LEFT JOIN (SELECT home, instruction_id, sum(amount_fen) AS fen FROM settlement_parts GROUP BY home, instruction_id) p
    ON p.home = i.home AND p.instruction_id = i.id
LEFT JOIN bank_lines l ON l.home = i.line_home AND l.id = i.line_id AND l.instruction_id = i.id
LEFT JOIN (
    SELECT s.home, s.instruction_id, t.memo, sum(-x.amount_fen) AS fen FROM settlement_parts s
    JOIN ledger_transactions t ON t.home = s.home AND t.order_id = s.order_id AND t.kind IN ('SELLER_PAID', 'BUYER_REPAID')
    JOIN ledger_entries x ON x.home = t.home AND x.transaction_id = t.id AND x.account_kind = 'BANK'
    GROUP BY s.home, s.instruction_id, t.memo
) e ON e.home = i.home AND e.instruction_id = i.id AND e.memo = l.reference
WHERE i.amount_fen <> coalesce(p.fen, 0)
    OR (i.state = 'EXECUTED' AND (l.id IS NULL OR i.amount_fen <> l.amount_fen OR i.amount_fen <> coalesce(e.fen, 0)))
LIMIT @max_rows;

-- name: CheckCycles :many
SELECT ('cycle ' || c.home || '-' || c.id::text || ' is ' || c.state || ' with ' || coalesce(i.open, 0)::text
    || ' open instructions, and ' || coalesce(o.cycles, 0)::text || ' others meet its span')::text AS violation
FROM settlement_cycles c
LEFT JOIN (
    SELECT home, cycle_id, sum(CASE WHEN state = 'ISSUED' THEN 1 ELSE 0 END) AS open FROM settlement_instructions GROUP BY home, cycle_id
) i ON i.home = c.home AND i.cycle_id = c.id
LEFT JOIN (
    SELECT a.home, a.id, count(*) AS cycles FROM settlement_cycles a
    JOIN settlement_cycles b ON b.home = a.home AND b.seller_alliance_id = a.seller_alliance_id
        AND b.buyer_alliance_id = a.buyer_alliance_id AND b.id <> a.id AND b.from_day <= a.to_day AND b.to_day >= a.from_day
    GROUP BY a.home, a.id
) o ON o.home = c.home AND o.id = c.id
WHERE coalesce(o.cycles, 0) > 0 OR (c.state = 'CONFIRMED' AND coalesce(i.open, 0) > 0)
    OR (c.state = 'INSTRUCTED' AND coalesce(i.open, 0) = 0)
LIMIT @max_rows;

-- name: CheckCycleTotals :many
SELECT ('cycle ' || c.home || '-' || c.id::text || ': its orders owe ' || coalesce(o.fen, 0)::text || ' fen, the clearing accounts say '
    || coalesce(e.fen, 0)::text)::text AS violation
FROM settlement_cycles c
LEFT JOIN (
    SELECT y.home, y.id, sum(r.accepted_fen - r.refunded_fen - r.paid_fen + r.repaid_fen) AS fen
    FROM settlement_cycles y
    JOIN ledger_transactions t ON t.home = y.home AND t.kind = 'DELIVERY_ACCEPTED' AND t.seller_alliance_id = y.seller_alliance_id
        AND t.buyer_alliance_id = y.buyer_alliance_id
        AND to_char(t.at + interval '8 hours', 'YYYY-MM-DD') BETWEEN y.from_day AND y.to_day
    JOIN orders r ON r.home = t.home AND r.id = t.order_id
    GROUP BY y.home, y.id
) o ON o.home = c.home AND o.id = c.id
LEFT JOIN (
    SELECT y.home, y.id, sum(x.amount_fen) AS fen
    FROM settlement_cycles y
    JOIN ledger_transactions t ON t.home = y.home AND t.kind = 'DELIVERY_ACCEPTED' AND t.seller_alliance_id = y.seller_alliance_id
        AND t.buyer_alliance_id = y.buyer_alliance_id
        AND to_char(t.at + interval '8 hours', 'YYYY-MM-DD') BETWEEN y.from_day AND y.to_day
    JOIN ledger_entries x ON x.home = t.home AND x.order_id = t.order_id AND x.account_kind = 'CLEARING_BUYER'
    GROUP BY y.home, y.id
) e ON e.home = c.home AND e.id = c.id
WHERE coalesce(o.fen, 0) <> coalesce(e.fen, 0)
LIMIT @max_rows;

-- name: CheckLots :many
SELECT ('offer ' || o.home || '-' || o.id::text || ': its lot ' || o.lot_id::text
    || CASE WHEN l.id IS NULL THEN ' is not there' ELSE ' is of another seller or product' END)::text AS violation
FROM offers o
LEFT JOIN lots l ON l.home = o.home AND l.id = o.lot_id
WHERE o.lot_id IS NOT NULL AND (l.id IS NULL OR l.seller_id <> o.seller_id OR l.product_id <> o.product_id)
LIMIT @max_rows;

-- name: CheckInvoices :many
SELECT ('order ' || o.home || '-' || o.id::text || ': invoices of ' || i.fen::text || ' fen for ' || o.accepted_fen::text || ' accepted')::text AS violation
FROM (SELECT home, order_id, sum(amount_fen) AS fen FROM invoices GROUP BY home, order_id) i
LEFT JOIN orders o ON o.home = i.home AND o.id = i.order_id
WHERE o.id IS NULL OR i.fen < 0 OR i.fen > o.accepted_fen
LIMIT @max_rows;

-- A contract's call-offs are the orders of its offer, which holds its quantity and tolerance.
-- name: CheckContractOffers :many
SELECT ('contract ' || c.home || '-' || c.id::text || ' is ' || c.state || ': its offer is not there, not its own, or of another quantity or state')::text AS violation
FROM contracts c
LEFT JOIN offers o ON o.home = c.home AND o.id = c.offer_id
WHERE (c.offer_id IS NULL) <> (c.state IN ('PROPOSED', 'DECLINED'))
    OR (c.offer_id IS NOT NULL AND (o.id IS NULL OR o.way <> 'FORWARD' OR o.way_id <> c.id OR o.reserved_for_id <> c.buyer_id OR o.seller_id <> c.seller_id
        OR o.quantity - c.quantity > (c.quantity * c.tolerance_bp) / 10000 OR o.quantity < c.quantity OR o.taken > o.quantity
        OR (o.state NOT IN ('WITHDRAWN', 'EXPIRED') AND c.state NOT IN ('SIGNED', 'IN_FORCE'))))
LIMIT @max_rows;

-- name: CheckCallOffs :many
SELECT ('order ' || r.home || '-' || r.id::text || ' is a call-off of no contract of its buyer, or dearer or cheaper than its day''s price')::text AS violation
FROM orders r
LEFT JOIN contracts c ON c.home = r.home AND c.id = r.way_id AND c.offer_id = r.offer_id AND c.buyer_id = r.buyer_id
WHERE (r.way = 'FORWARD' AND (c.id IS NULL OR r.price_fen < c.floor_fen))
    OR (r.way <> 'FORWARD' AND EXISTS (SELECT 1 FROM offers o WHERE o.home = r.home AND o.id = r.offer_id AND o.way = 'FORWARD'))
LIMIT @max_rows;

-- name: CheckDeposits :many
SELECT ('contract ' || c.home || '-' || c.id::text || ' is ' || c.state || ': held ' || c.held_fen::text || ', to pay out '
    || (c.payable_fen - c.paid_out_fen)::text || ', released ' || c.released_fen::text || ' fen; the ledger says '
    || coalesce(e.deposit, 0)::text || ', ' || coalesce(e.payable, 0)::text || ', ' || coalesce(e.released, 0)::text)::text AS violation
FROM contracts c
LEFT JOIN (
    SELECT l.home, l.order_id,
        sum(CASE WHEN l.account_kind = 'DEPOSIT_BUYER' THEN -l.amount_fen ELSE 0 END) AS deposit,
        sum(CASE WHEN l.account_kind = 'PAYABLE' THEN -l.amount_fen ELSE 0 END) AS payable,
        sum(CASE WHEN l.account_kind = 'DEPOSIT_BUYER' AND t.kind = 'DEPOSIT_RELEASED' THEN l.amount_fen ELSE 0 END) AS released
    FROM ledger_entries l
    JOIN ledger_transactions t ON t.home = l.home AND t.id = l.transaction_id
    GROUP BY l.home, l.order_id
) e ON e.home = c.home AND e.order_id = c.id
WHERE c.held_fen <> coalesce(e.deposit, 0) OR c.payable_fen - c.paid_out_fen <> coalesce(e.payable, 0) OR c.released_fen <> coalesce(e.released, 0)
    OR (c.deposit_tx IS NOT NULL AND c.held_fen + c.released_fen + c.payable_fen <> c.deposit_fen)
    OR (c.held_fen > 0 AND c.state NOT IN ('IN_FORCE', 'OVER'))
LIMIT @max_rows;

-- name: CheckIntents :many
SELECT ('intent ' || i.home || '-' || i.id::text || ' is matched to no later contract of its own sides and product, to one that is matched twice, or is in the ledger')::text AS violation
FROM intents i
LEFT JOIN contracts c ON c.home = i.home AND c.id = i.contract_id AND c.buyer_id = i.buyer_id AND c.seller_id = i.seller_id
    AND c.product_id = i.product_id AND to_char(c.created_at + interval '8 hours', 'YYYY-MM-DD') >= i.day
WHERE (i.contract_id IS NOT NULL AND c.id IS NULL)
    OR EXISTS (SELECT 1 FROM intents j WHERE j.home = i.home AND j.contract_id = i.contract_id AND j.id <> i.id)
    OR EXISTS (SELECT 1 FROM ledger_entries e WHERE e.home = i.home AND e.order_id = i.id)
LIMIT @max_rows;

-- name: CheckGroups :many
SELECT ('group ' || g.home || '-' || g.id::text || ' is ' || g.state || ' with ' || g.joined::text || ' joined; its parts hold '
    || coalesce(j.held, 0)::text || ', have ' || coalesce(j.orders, 0)::text || ' orders of ' || coalesce(o.orders, 0)::text)::text AS violation
FROM group_buys g
LEFT JOIN (
    SELECT p.home, p.group_id, sum(CASE WHEN p.state = 'JOINED' THEN p.quantity ELSE 0 END) AS held,
        sum(CASE WHEN p.state = 'JOINED' THEN 1 ELSE 0 END) AS members, sum(CASE WHEN p.state = 'ORDERED' THEN 1 ELSE 0 END) AS orders,
        sum(CASE WHEN p.state = 'ORDERED' AND r.quantity = p.quantity AND r.buyer_id = p.member_id AND r.way_id = p.group_id THEN 1 ELSE 0 END) AS fit
    FROM group_joins p LEFT JOIN orders r ON r.home = p.home AND r.id = p.order_id
    GROUP BY p.home, p.group_id
) j ON j.home = g.home AND j.group_id = g.id
LEFT JOIN (SELECT home, way_id, count(*) AS orders FROM orders WHERE way = 'GROUP' GROUP BY home, way_id) o ON o.home = g.home AND o.way_id = g.id
WHERE g.joined <> coalesce(j.held, 0) OR g.members <> coalesce(j.members, 0) OR (g.state <> 'OPEN' AND g.joined <> 0)
    OR coalesce(j.orders, 0) <> coalesce(j.fit, 0) OR coalesce(j.orders, 0) <> coalesce(o.orders, 0) OR (g.state <> 'ORDERED' AND coalesce(o.orders, 0) > 0)
LIMIT @max_rows;

-- name: CheckStandingRuns :many
SELECT ('order ' || o.home || '-' || o.id::text || ' is of a standing order, and ' || count(r.id)::text || ' runs of it fit')::text AS violation
FROM orders o
LEFT JOIN standing_runs r ON r.home = o.home AND r.standing_id = o.way_id AND r.order_id = o.id AND r.state IN ('ORDERED', 'SHORT')
    AND r.ordered = o.quantity AND r.amount_fen = o.amount_fen AND r.buyer_id = o.buyer_id
WHERE o.way = 'STANDING'
GROUP BY o.home, o.id HAVING count(r.id) <> 1
UNION ALL
SELECT ('run ' || r.n::text || ' of standing order ' || r.home || '-' || r.standing_id::text || ' is ' || r.state || ' and its order is not there')::text
FROM standing_runs r
LEFT JOIN orders o ON o.home = r.home AND o.id = r.order_id AND o.way = 'STANDING' AND o.way_id = r.standing_id
WHERE (r.state IN ('ORDERED', 'SHORT')) <> (o.id IS NOT NULL) OR (r.order_id IS NOT NULL AND o.id IS NULL)
    OR (r.state = 'SHORT') <> (r.ordered > 0 AND r.ordered < r.quantity) OR (r.state IN ('DENIED', 'MISSED')) <> (r.ordered = 0)
    OR (r.state = 'MISSED') <> (r.made_on = '')
LIMIT @max_rows;

-- name: CheckStandingOrders :many
SELECT ('standing order ' || s.home || '-' || s.id::text || ' is ' || s.state || ', next on ' || s.next_run || ', last planned on ' || s.last_run || '; it counts '
    || s.runs::text || ' runs and ' || s.orders::text || ' orders of ' || s.ordered::text || ' for ' || s.ordered_fen::text || ' fen, its rows '
    || coalesce(r.runs, 0)::text || ' and ' || coalesce(r.orders, 0)::text || ' of ' || coalesce(r.ordered, 0)::text || ' for ' || coalesce(r.fen, 0)::text)::text AS violation
FROM standing_orders s
LEFT JOIN (
    SELECT home, standing_id, count(*) AS runs, max(n) AS last_n, max(planned) AS last_run, max(made_on) AS last_made, sum(ordered) AS ordered,
        sum(amount_fen) AS fen, sum(CASE WHEN order_id IS NULL THEN 0 ELSE 1 END) AS orders
    FROM standing_runs GROUP BY home, standing_id
) r ON r.home = s.home AND r.standing_id = s.id
LEFT JOIN jobs j ON j.home = s.home AND j.kind = 'RUN_STANDING' AND j.subject = s.id
WHERE s.runs <> coalesce(r.runs, 0) OR s.runs <> coalesce(r.last_n, 0) OR s.orders <> coalesce(r.orders, 0) OR s.ordered <> coalesce(r.ordered, 0)
    OR s.ordered_fen <> coalesce(r.fen, 0) OR s.last_run <> coalesce(r.last_run, '') OR coalesce(r.last_made, '') > s.until
    OR (s.cap_quantity > 0 AND s.ordered > s.cap_quantity) OR (s.cap_fen > 0 AND s.ordered_fen > s.cap_fen)
    OR (s.state = 'ACTIVE') <> (s.next_run <> '') OR (s.next_run <> '' AND (s.next_run <= s.last_run OR s.next_run > s.until))
    OR (s.state IN ('ACTIVE', 'PAUSED') AND j.subject IS NULL)
LIMIT @max_rows;

-- name: CheckReliefs :many
SELECT ('offer ' || coalesce(o.home || '-' || o.id::text, 'that is not there') || ' names declaration ' || coalesce(o.relief_id::text, 'none') || ' from '
    || coalesce(o.relief_from, '') || ' until ' || coalesce(o.relief_until, '') || ', and ' || coalesce(r.id::text, 'none') || ' from ' || coalesce(r.first_day, '')
    || ' until ' || coalesce(r.last_day, '') || ' is open')::text AS violation
FROM offers o
FULL JOIN (SELECT * FROM relief_declarations WHERE state = 'OPEN') r ON r.home = o.home AND r.offer_id = o.id
WHERE o.relief_id IS DISTINCT FROM r.id OR coalesce(o.relief_from, '') <> coalesce(r.first_day, '') OR coalesce(o.relief_until, '') <> coalesce(r.last_day, '')
UNION ALL
SELECT ('declaration ' || r.home || '-' || r.id::text || ' says that ' || r.before_fen::text || ' fen became ' || r.price_fen::text || ', ' || r.drop_bp::text
    || ' basis points less; its offers say ' || coalesce(b.price_fen::text, 'nothing') || ' and ' || coalesce(o.price_fen::text, 'nothing'))::text
FROM relief_declarations r
LEFT JOIN offers o ON o.home = r.home AND o.id = r.offer_id
LEFT JOIN offers b ON b.home = r.home AND b.id = r.before_offer_id
WHERE o.id IS NULL OR b.id IS NULL OR o.price_fen <> r.price_fen OR b.price_fen <> r.before_fen OR o.created_at <> r.offered_at OR b.created_at >= o.created_at
    OR o.seller_id <> b.seller_id OR o.product_id <> b.product_id OR r.drop_bp <> floor((r.before_fen - r.price_fen)::numeric * 10000 / r.before_fen)
UNION ALL
SELECT ('declaration ' || r.home || '-' || r.id::text || ' is found as ' || r.category || ' of ' || r.origin || ' by seller ' || r.seller_id::text || ' of alliance '
    || r.seller_alliance_id::text || ', ' || r.seller_division || '; its offer is ' || o.category || ' of ' || o.origin || ' by ' || o.seller_id::text || ' of '
    || o.seller_alliance_id::text || ', ' || o.seller_division || ', reserved for ' || o.reserved_for_id::text)::text
FROM relief_declarations r
JOIN offers o ON o.home = r.home AND o.id = r.offer_id
WHERE o.category <> r.category OR o.origin <> r.origin OR o.seller_id <> r.seller_id OR o.seller_alliance_id <> r.seller_alliance_id
    OR o.seller_division <> r.seller_division OR o.reserved_for_id <> '00000000-0000-0000-0000-000000000000'
LIMIT @max_rows;

-- An order is placed on the day of its time. Servers' clocks may differ: what is
-- within a minute of the other is before or after it.
-- name: CheckReliefOrders :many
SELECT ('order ' || o.home || '-' || o.id::text || ' counts for declaration ' || coalesce(o.relief_id::text, 'none') || ', and ' || r.id::text || ' of its offer was '
    || CASE WHEN o.relief_id = r.id THEN 'not ' ELSE '' END || 'in force')::text AS violation
FROM relief_declarations r
JOIN orders o ON o.home = r.home AND o.offer_id = r.offer_id
WHERE CASE WHEN coalesce(o.relief_id = r.id, false) THEN NOT (to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') BETWEEN r.first_day AND r.last_day
        AND o.created_at >= r.opened_at - interval '1 minute' AND (r.ended_at IS NULL OR o.created_at <= r.ended_at + interval '1 minute'))
    ELSE to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') BETWEEN r.first_day AND r.last_day
        AND o.created_at > r.opened_at + interval '1 minute' AND (r.ended_at IS NULL OR o.created_at < r.ended_at - interval '1 minute') END
UNION ALL
SELECT ('order ' || o.home || '-' || o.id::text || ' counts for declaration ' || o.relief_id::text || ', which its offer has not')::text
FROM orders o
LEFT JOIN relief_declarations r ON r.home = o.home AND r.id = o.relief_id AND r.offer_id = o.offer_id
WHERE o.relief_id IS NOT NULL AND r.id IS NULL
LIMIT @max_rows;

-- name: CheckClosedDemands :many
SELECT * FROM demands WHERE closing_digest <> '' AND (home, id) > (@home::text, @id::uuid) ORDER BY home, id LIMIT @max_rows;

-- name: CheckAwards :many
SELECT (coalesce('quote ' || q.home || '-' || q.id::text, 'order ' || o.home || '-' || o.id::text)
    || CASE WHEN q.id IS NULL THEN ' is of no quote that was awarded' WHEN o.id IS NULL THEN ' was awarded and has no order'
        ELSE ' was awarded ' || q.awarded::text || ' and its order is of ' || o.quantity::text END)::text AS violation
FROM (SELECT * FROM quotes WHERE state = 'AWARDED') q
FULL JOIN (SELECT * FROM orders WHERE way = 'QUOTE') o ON o.way_id = q.demand_id AND o.home = q.order_home AND o.id = q.order_id
WHERE q.id IS NULL OR o.id IS NULL OR o.quantity <> q.awarded OR o.seller_id <> q.seller_id OR o.buyer_id <> q.buyer_id
LIMIT @max_rows;

-- Since a limit was set, the orders that it binds stay within it, in any month
-- and any year. What an order counts for never grows.
-- name: CheckSpendingLimits :many
SELECT ('limit ' || s.id::text || ' of member ' || s.member_id::text || ': ' || s.fen::text || ' fen were ordered in ' || s.span
    || ', the limit is ' || s.most::text)::text AS violation
FROM (
    SELECT l.id, l.member_id, to_char(o.created_at + interval '8 hours', 'YYYY-MM') AS span, l.per_month_fen AS most,
        sum(CASE WHEN o.state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED') THEN o.amount_fen
            ELSE o.accepted_fen - o.refunded_fen END) AS fen
    FROM spending_limits l
    JOIN orders o ON o.buyer_id = l.member_id AND o.created_at >= l.created_at AND (l.ended_at IS NULL OR o.created_at < l.ended_at)
        AND (l.subject = '' OR (o.placer = l.subject AND o.placer_issuer = l.issuer_id))
        AND to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') >= l.valid_from
        AND (l.valid_to = '' OR to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') <= l.valid_to)
    WHERE l.per_month_fen > 0 AND o.state NOT IN ('CANCELLED', 'EXPIRED', 'REJECTED')
    GROUP BY l.id, l.member_id, l.per_month_fen, to_char(o.created_at + interval '8 hours', 'YYYY-MM')
    UNION ALL
    SELECT l.id, l.member_id, to_char(o.created_at + interval '8 hours', 'YYYY') AS span, l.per_year_fen AS most,
        sum(CASE WHEN o.state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED') THEN o.amount_fen
            ELSE o.accepted_fen - o.refunded_fen END) AS fen
    FROM spending_limits l
    JOIN orders o ON o.buyer_id = l.member_id AND o.created_at >= l.created_at AND (l.ended_at IS NULL OR o.created_at < l.ended_at)
        AND (l.subject = '' OR (o.placer = l.subject AND o.placer_issuer = l.issuer_id))
        AND to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') >= l.valid_from
        AND (l.valid_to = '' OR to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') <= l.valid_to)
    WHERE l.per_year_fen > 0 AND o.state NOT IN ('CANCELLED', 'EXPIRED', 'REJECTED')
    GROUP BY l.id, l.member_id, l.per_year_fen, to_char(o.created_at + interval '8 hours', 'YYYY')
    UNION ALL
    SELECT l.id, l.member_id, 'one order' AS span, l.per_order_fen AS most, max(o.amount_fen) AS fen
    FROM spending_limits l
    JOIN orders o ON o.buyer_id = l.member_id AND o.created_at >= l.created_at AND (l.ended_at IS NULL OR o.created_at < l.ended_at)
        AND (l.subject = '' OR (o.placer = l.subject AND o.placer_issuer = l.issuer_id))
        AND to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') >= l.valid_from
        AND (l.valid_to = '' OR to_char(o.created_at + interval '8 hours', 'YYYY-MM-DD') <= l.valid_to)
    WHERE l.per_order_fen > 0
    GROUP BY l.id, l.member_id, l.per_order_fen
) s
WHERE s.fen > s.most
LIMIT @max_rows;

-- Ten minutes are many sweeps.
-- name: CheckApprovals :many
SELECT ('order ' || home || '-' || id::text || ' is ' || state || ', placed by ' || placer || ', approved by "' || approved_by
    || '", due until ' || hold_until::text)::text AS violation
FROM orders
WHERE (approved_by <> '' AND (approved_by = placer OR NOT needs_approval))
    OR (needs_approval AND approved_by = '' AND state NOT IN ('PENDING_APPROVAL', 'CANCELLED', 'EXPIRED'))
    OR (state = 'PENDING_APPROVAL' AND (NOT needs_approval OR commitment_tx IS NOT NULL OR hold_until < now() - interval '10 minutes'))
LIMIT @max_rows;

-- name: CheckPayers :many
SELECT ('order ' || o.home || '-' || o.id::text || ': another member than its payer owes for it, or its donation of ' || o.donation_fen::text
    || ' fen stands at ' || coalesce(d.due, 0)::text)::text AS violation
FROM orders o
LEFT JOIN (
    SELECT home, order_id, account_owner, -sum(amount_fen) AS due, max(CASE WHEN measure <> '' THEN 1 ELSE 0 END) AS counted
    FROM ledger_entries WHERE account_kind = 'DONATION' GROUP BY home, order_id, account_owner
) d ON d.home = o.home AND d.order_id = o.id AND d.account_owner = o.seller_id::text
LEFT JOIN (SELECT home, order_id, count(*) AS times FROM payments WHERE kind = 'DONATION' GROUP BY home, order_id) p
    ON p.home = o.home AND p.order_id = o.id
WHERE coalesce(d.due, 0) <> CASE WHEN o.accepted > 0 AND p.times IS NULL THEN o.donation_fen ELSE 0 END
    OR coalesce(d.counted, 0) > 0 OR coalesce(p.times, 0) > 1
    OR EXISTS (SELECT 1 FROM ledger_entries e WHERE e.home = o.home AND e.order_id = o.id AND e.account_kind = 'CLEARING_BUYER'
        AND e.account_owner <> coalesce(o.payer_id, o.buyer_id)::text)
LIMIT @max_rows;

-- name: CheckPayerConsents :many
SELECT ('payer ' || coalesce(c.payer_id, o.payer_id)::text || ' is charged ' || coalesce(c.used_fen, 0)::text || ' of '
    || coalesce(c.limit_fen, 0)::text || ' fen for ' || coalesce(c.buyer_id, o.buyer_id)::text || ', its orders charge ' || coalesce(o.fen, 0)::text)::text AS violation
FROM payer_consents c
FULL JOIN (
    SELECT payer_id, buyer_id, sum(CASE WHEN state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED') THEN amount_fen + donation_fen
        WHEN accepted > 0 THEN accepted_fen - refunded_fen + donation_fen ELSE 0 END) AS fen
    FROM orders WHERE payer_id IS NOT NULL GROUP BY payer_id, buyer_id
) o ON o.payer_id = c.payer_id AND o.buyer_id = c.buyer_id
WHERE coalesce(c.used_fen, 0) <> coalesce(o.fen, 0)
LIMIT @max_rows;
