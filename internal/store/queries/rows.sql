-- Writes of many rows in one statement each: a transaction sends one per table,
-- whether it has one row of it or a thousand.

-- name: OrdersInsert :exec
INSERT INTO orders (
    home, id, offer_id, product_id, certificate_id, buyer_id, buyer_alliance_id, buyer_class, seller_id,
    seller_alliance_id, seller_division, consignee, category, scheme, state, state_reason, quantity, accepted,
    rejected, short, price_fen, unit_quantity, per_kg, amount_fen, accepted_fen, paid_fen, direction,
    collaboration, counts_to_reserve, needs_approval, channel, reserve, deliver_by, hold_until, commitment_tx,
    waybill, policy_revision, created_at, updated_at, purpose, reserve_plan_id,
    refunded, refunded_fen, repaid_fen, held_fen, dispute_id,
    way, way_id, placer_issuer, placer, approved_by, payer_id, consignee_name, pair_tag, donation_fen,
    relief_id)
SELECT
    u.home, u.id, u.offer_id, u.product_id, nullif(u.certificate_id, '00000000-0000-0000-0000-000000000000'::uuid),
    u.buyer_id, u.buyer_alliance_id, u.buyer_class, u.seller_id, u.seller_alliance_id, u.seller_division,
    u.consignee, u.category, u.scheme, u.state, u.state_reason, u.quantity, u.accepted, u.rejected, u.short,
    u.price_fen, u.unit_quantity, u.per_kg, u.amount_fen, u.accepted_fen, u.paid_fen, u.direction, u.collaboration,
    u.counts_to_reserve, u.needs_approval, u.channel, u.reserve, u.deliver_by, u.hold_until,
    nullif(u.commitment_tx, '00000000-0000-0000-0000-000000000000'::uuid), u.waybill, u.policy_revision,
    u.created_at, u.updated_at, u.purpose,
    nullif(u.reserve_plan_id, '00000000-0000-0000-0000-000000000000'::uuid),
    u.refunded, u.refunded_fen, u.repaid_fen, u.held_fen,
    nullif(u.dispute_id, '00000000-0000-0000-0000-000000000000'::uuid),
    u.way, nullif(u.way_id, '00000000-0000-0000-0000-000000000000'::uuid),
    nullif(u.placer_issuer, '00000000-0000-0000-0000-000000000000'::uuid), u.placer, u.approved_by,
    nullif(u.payer_id, '00000000-0000-0000-0000-000000000000'::uuid), u.consignee_name, u.pair_tag, u.donation_fen,
    nullif(u.relief_id, '00000000-0000-0000-0000-000000000000'::uuid)
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@offer_id_list::uuid[]) AS offer_id,
    unnest(@product_id_list::uuid[]) AS product_id, unnest(@certificate_id_list::uuid[]) AS certificate_id,
    unnest(@buyer_id_list::uuid[]) AS buyer_id, unnest(@buyer_alliance_id_list::uuid[]) AS buyer_alliance_id,
    unnest(@buyer_class_list::text[]) AS buyer_class, unnest(@seller_id_list::uuid[]) AS seller_id,
    unnest(@seller_alliance_id_list::uuid[]) AS seller_alliance_id,
    unnest(@seller_division_list::text[]) AS seller_division, unnest(@consignee_list::text[]) AS consignee,
    unnest(@category_list::text[]) AS category, unnest(@scheme_list::text[]) AS scheme,
    unnest(@state_list::text[]) AS state, unnest(@state_reason_list::text[]) AS state_reason,
    unnest(@quantity_list::bigint[]) AS quantity, unnest(@accepted_list::bigint[]) AS accepted,
    unnest(@rejected_list::bigint[]) AS rejected, unnest(@short_list::bigint[]) AS short,
    unnest(@price_fen_list::bigint[]) AS price_fen, unnest(@unit_quantity_list::bigint[]) AS unit_quantity,
    unnest(@per_kg_list::boolean[]) AS per_kg, unnest(@amount_fen_list::bigint[]) AS amount_fen,
    unnest(@accepted_fen_list::bigint[]) AS accepted_fen, unnest(@paid_fen_list::bigint[]) AS paid_fen,
    unnest(@direction_list::text[]) AS direction, unnest(@collaboration_list::boolean[]) AS collaboration,
    unnest(@counts_to_reserve_list::boolean[]) AS counts_to_reserve,
    unnest(@needs_approval_list::boolean[]) AS needs_approval, unnest(@channel_list::text[]) AS channel,
    unnest(@reserve_list::boolean[]) AS reserve, unnest(@deliver_by_list::text[]) AS deliver_by,
    unnest(@hold_until_list::timestamptz[]) AS hold_until, unnest(@commitment_tx_list::uuid[]) AS commitment_tx,
    unnest(@waybill_list::text[]) AS waybill, unnest(@policy_revision_list::text[]) AS policy_revision,
    unnest(@created_at_list::timestamptz[]) AS created_at, unnest(@updated_at_list::timestamptz[]) AS updated_at,
    unnest(@purpose_list::text[]) AS purpose, unnest(@reserve_plan_id_list::uuid[]) AS reserve_plan_id,
    unnest(@refunded_list::bigint[]) AS refunded, unnest(@refunded_fen_list::bigint[]) AS refunded_fen,
    unnest(@repaid_fen_list::bigint[]) AS repaid_fen, unnest(@held_fen_list::bigint[]) AS held_fen,
    unnest(@dispute_id_list::uuid[]) AS dispute_id,
    unnest(@way_list::text[]) AS way, unnest(@way_id_list::uuid[]) AS way_id,
    unnest(@placer_issuer_list::uuid[]) AS placer_issuer, unnest(@placer_list::text[]) AS placer,
    unnest(@approved_by_list::text[]) AS approved_by, unnest(@payer_id_list::uuid[]) AS payer_id,
    unnest(@consignee_name_list::text[]) AS consignee_name, unnest(@pair_tag_list::text[]) AS pair_tag,
    unnest(@donation_fen_list::bigint[]) AS donation_fen, unnest(@relief_id_list::uuid[]) AS relief_id) u;

-- name: TransactionsInsert :exec
INSERT INTO ledger_transactions (
    home, id, kind, order_id, reverses, at, memo, buyer_id, seller_id, buyer_alliance_id, seller_alliance_id,
    seller_county, buyer_county, buyer_class, fact_day, adjusts)
SELECT
    u.home, u.id, u.kind, u.order_id, nullif(u.reverses, '00000000-0000-0000-0000-000000000000'::uuid), u.at,
    u.memo, u.buyer_id, u.seller_id, u.buyer_alliance_id, u.seller_alliance_id, u.seller_county, u.buyer_county,
    u.buyer_class, u.fact_day, u.adjusts
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@kind_list::text[]) AS kind,
    unnest(@order_id_list::uuid[]) AS order_id, unnest(@reverses_list::uuid[]) AS reverses,
    unnest(@at_list::timestamptz[]) AS at, unnest(@memo_list::text[]) AS memo,
    unnest(@buyer_id_list::uuid[]) AS buyer_id, unnest(@seller_id_list::uuid[]) AS seller_id,
    unnest(@buyer_alliance_id_list::uuid[]) AS buyer_alliance_id,
    unnest(@seller_alliance_id_list::uuid[]) AS seller_alliance_id,
    unnest(@seller_county_list::text[]) AS seller_county, unnest(@buyer_county_list::text[]) AS buyer_county,
    unnest(@buyer_class_list::text[]) AS buyer_class, unnest(@fact_day_list::text[]) AS fact_day,
    unnest(@adjusts_list::text[]) AS adjusts) u;

-- name: EntriesInsert :exec
INSERT INTO ledger_entries (
    home, transaction_id, line, account_kind, account_owner, currency, amount_fen, measure, measure_fen,
    measure_quantity, order_id, direction, seller_county, buyer_county, category, buyer_class, channel, scheme,
    buyer_id, seller_id, buyer_alliance_id, seller_alliance_id, at, adjusts)
SELECT
    u.home, u.transaction_id, u.line, u.account_kind, u.account_owner, u.currency, u.amount_fen, u.measure,
    u.measure_fen, u.measure_quantity, u.order_id, u.direction, u.seller_county, u.buyer_county, u.category,
    u.buyer_class, u.channel, u.scheme, u.buyer_id, u.seller_id, u.buyer_alliance_id, u.seller_alliance_id, u.at,
    u.adjusts
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@transaction_id_list::uuid[]) AS transaction_id,
    unnest(@line_list::int[]) AS line, unnest(@account_kind_list::text[]) AS account_kind,
    unnest(@account_owner_list::text[]) AS account_owner, unnest(@currency_list::text[]) AS currency,
    unnest(@amount_fen_list::bigint[]) AS amount_fen, unnest(@measure_list::text[]) AS measure,
    unnest(@measure_fen_list::bigint[]) AS measure_fen,
    unnest(@measure_quantity_list::bigint[]) AS measure_quantity, unnest(@order_id_list::uuid[]) AS order_id,
    unnest(@direction_list::text[]) AS direction, unnest(@seller_county_list::text[]) AS seller_county,
    unnest(@buyer_county_list::text[]) AS buyer_county, unnest(@category_list::text[]) AS category,
    unnest(@buyer_class_list::text[]) AS buyer_class, unnest(@channel_list::text[]) AS channel,
    unnest(@scheme_list::text[]) AS scheme, unnest(@buyer_id_list::uuid[]) AS buyer_id,
    unnest(@seller_id_list::uuid[]) AS seller_id, unnest(@buyer_alliance_id_list::uuid[]) AS buyer_alliance_id,
    unnest(@seller_alliance_id_list::uuid[]) AS seller_alliance_id, unnest(@at_list::timestamptz[]) AS at,
    unnest(@adjusts_list::text[]) AS adjusts) u;

-- name: UnsealedInsert :exec
INSERT INTO unsealed (home, at, id)
SELECT u.home, u.at, u.id
FROM (SELECT unnest(@home_list::text[]) AS home, unnest(@at_list::timestamptz[]) AS at, unnest(@id_list::uuid[]) AS id) u;

-- name: RequestsInsert :exec
INSERT INTO requests (
    home, actor, request_id, action, digest, response, at)
SELECT
    u.home, u.actor, u.request_id, u.action, u.digest, u.response, u.at
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@actor_list::uuid[]) AS actor,
    unnest(@request_id_list::uuid[]) AS request_id, unnest(@action_list::text[]) AS action,
    unnest(@digest_list::bytea[]) AS digest, unnest(@response_list::bytea[]) AS response,
    unnest(@at_list::timestamptz[]) AS at) u;

-- name: EventsInsert :exec
INSERT INTO events (
    home, id, noun, noun_id, kind, at, state)
SELECT
    u.home, u.id, u.noun, u.noun_id, u.kind, u.at, u.state
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@noun_list::text[]) AS noun,
    unnest(@noun_id_list::uuid[]) AS noun_id, unnest(@kind_list::text[]) AS kind,
    unnest(@at_list::timestamptz[]) AS at, unnest(@state_list::bytea[]) AS state) u;

-- name: DecisionsInsert :exec
INSERT INTO decisions (
    home, id, at, action, issuer_id, subject, actor, allow, reasons, input, revision, obligations)
SELECT
    u.home, u.id, u.at, u.action, u.issuer_id, u.subject, u.actor, u.allow, u.reasons, u.input, u.revision, u.obligations
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@at_list::timestamptz[]) AS at,
    unnest(@action_list::text[]) AS action, unnest(@issuer_id_list::uuid[]) AS issuer_id,
    unnest(@subject_list::text[]) AS subject, unnest(@actor_list::uuid[]) AS actor,
    unnest(@allow_list::boolean[]) AS allow, unnest(@reasons_list::text[]) AS reasons,
    unnest(@input_list::bytea[]) AS input, unnest(@revision_list::text[]) AS revision,
    unnest(@obligations_list::text[]) AS obligations) u;

-- name: OffersUpdate :exec
UPDATE offers x SET
    taken = u.taken, state = u.state, state_reason = u.state_reason, capacity_year = u.capacity_year,
    updated_at = u.updated_at
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@taken_list::bigint[]) AS taken,
    unnest(@state_list::text[]) AS state, unnest(@state_reason_list::text[]) AS state_reason,
    unnest(@capacity_year_list::int[]) AS capacity_year, unnest(@updated_at_list::timestamptz[]) AS updated_at) u
WHERE x.home = u.home AND x.id = u.id;

-- name: OrdersUpdate :exec
UPDATE orders x SET
    state = u.state, state_reason = u.state_reason, accepted = u.accepted, rejected = u.rejected, short = u.short,
    accepted_fen = u.accepted_fen, paid_fen = u.paid_fen,
    commitment_tx = nullif(u.commitment_tx, '00000000-0000-0000-0000-000000000000'::uuid), waybill = u.waybill,
    updated_at = u.updated_at, refunded = u.refunded, refunded_fen = u.refunded_fen, repaid_fen = u.repaid_fen,
    held_fen = u.held_fen, dispute_id = nullif(u.dispute_id, '00000000-0000-0000-0000-000000000000'::uuid),
    hold_until = u.hold_until, approved_by = u.approved_by
FROM (SELECT
    unnest(@home_list::text[]) AS home, unnest(@id_list::uuid[]) AS id, unnest(@state_list::text[]) AS state,
    unnest(@state_reason_list::text[]) AS state_reason, unnest(@accepted_list::bigint[]) AS accepted,
    unnest(@rejected_list::bigint[]) AS rejected, unnest(@short_list::bigint[]) AS short,
    unnest(@accepted_fen_list::bigint[]) AS accepted_fen, unnest(@paid_fen_list::bigint[]) AS paid_fen,
    unnest(@commitment_tx_list::uuid[]) AS commitment_tx, unnest(@waybill_list::text[]) AS waybill,
    unnest(@updated_at_list::timestamptz[]) AS updated_at, unnest(@refunded_list::bigint[]) AS refunded,
    unnest(@refunded_fen_list::bigint[]) AS refunded_fen, unnest(@repaid_fen_list::bigint[]) AS repaid_fen,
    unnest(@held_fen_list::bigint[]) AS held_fen, unnest(@dispute_id_list::uuid[]) AS dispute_id,
    unnest(@hold_until_list::timestamptz[]) AS hold_until, unnest(@approved_by_list::text[]) AS approved_by) u
WHERE x.home = u.home AND x.id = u.id;
