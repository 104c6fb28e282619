-- The benchmark's offers: copies of one that was published through the API.

-- name: OfferCopies :many
INSERT INTO offers (home, id, seller_id, seller_alliance_id, seller_division, product_id, certificate_id, scheme,
    name_zh, name_en, category, origin, base_unit, sales_unit, unit_quantity, quantity, taken, moq, price_basis,
    price_fen, season_from, season_to, lead_days, auto_confirm, state, state_reason, capacity_year, created_at, updated_at, lot_id)
SELECT o.home, gen_random_uuid(), o.seller_id, o.seller_alliance_id, o.seller_division, o.product_id, o.certificate_id, o.scheme,
    o.name_zh, o.name_en, o.category, o.origin, o.base_unit, o.sales_unit, o.unit_quantity, o.quantity, 0, o.moq, o.price_basis,
    o.price_fen, o.season_from, o.season_to, o.lead_days, o.auto_confirm, o.state, o.state_reason, o.capacity_year, o.created_at, o.updated_at, o.lot_id
FROM offers o CROSS JOIN (SELECT unnest(@numbers::int[]) AS n) u
WHERE o.home = @home AND o.id = @id
RETURNING id;

-- name: OfferTermsCopies :exec
INSERT INTO offer_terms (home, offer_id, terms, version)
SELECT t.home, u.id, t.terms, t.version
FROM offer_terms t CROSS JOIN (SELECT unnest(@ids::uuid[]) AS id) u
WHERE t.home = @home AND t.offer_id = @id;
