-- What a batch of writes to the orders of one province reads ahead, all of it
-- in one round trip. The offers name the goods and the sellers, the callers the
-- buyers: neither ever changes, so that one statement need not wait for another.
--
-- The province is a list, beside that of the ids, though it is one: of a constant
-- CockroachDB, where it plans once for all values, does not know that it names a
-- region, and looks in each.

-- name: AheadRequests :many
SELECT r.* FROM (SELECT @home::text AS home, unnest(@actors::uuid[]) AS actor, unnest(@request_ids::uuid[]) AS request_id) u
JOIN requests r ON r.home = u.home AND r.actor = u.actor AND r.request_id = u.request_id;

-- name: AheadOffers :many
SELECT * FROM offers WHERE (home, id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])) ORDER BY id FOR UPDATE;

-- name: AheadOrders :many
SELECT * FROM orders WHERE (home, id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])) ORDER BY id FOR UPDATE;

-- name: AheadProducts :many
SELECT * FROM products
WHERE id IN (SELECT o.product_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])));

-- name: AheadCertificates :many
SELECT * FROM certificates
WHERE id IN (SELECT o.certificate_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])));

-- Held until the orders are committed: serializable alone would let an order
-- commit after a block that it did not see.
-- name: AheadLots :many
SELECT * FROM lots l
WHERE (l.home, l.id) IN (SELECT o.home, o.lot_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])))
ORDER BY l.id FOR SHARE;

-- Who places orders. Held as the lots are.
-- name: AheadBuyers :many
SELECT * FROM members WHERE id IN (SELECT unnest(@buyers::uuid[])) ORDER BY id FOR SHARE;

-- name: AheadSellers :many
SELECT * FROM members
WHERE id IN (SELECT o.seller_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])));

-- Of orders that are there: who placed them, and their alliances.
-- name: AheadOrderBuyers :many
SELECT * FROM members
WHERE id IN (SELECT d.buyer_id FROM orders d WHERE (d.home, d.id) IN (SELECT unnest(@order_homes::text[]), unnest(@orders::uuid[])));

-- name: AheadOrderAlliances :many
SELECT * FROM alliances
WHERE id IN (SELECT d.buyer_alliance_id FROM orders d WHERE (d.home, d.id) IN (SELECT unnest(@order_homes::text[]), unnest(@orders::uuid[])));

-- name: AheadDivisions :many
SELECT * FROM divisions
WHERE code IN (
    SELECT unnest(@codes::text[])
    UNION ALL SELECT m.division FROM members m WHERE m.id IN (SELECT unnest(@buyers::uuid[]))
    UNION ALL SELECT o.origin FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])));

-- name: AheadAlliances :many
SELECT * FROM alliances
WHERE id IN (
    SELECT o.seller_alliance_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[]))
    UNION ALL SELECT m.alliance_id FROM members m WHERE m.id IN (SELECT unnest(@buyers::uuid[])));

-- What those who place orders rely on: all grants of each pair, the best of which
-- counts. Held as the lots are.
-- name: AheadHeldGrants :many
SELECT * FROM grants
WHERE seller_alliance_id IN (SELECT o.seller_alliance_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])))
    AND buyer_alliance_id IN (SELECT m.alliance_id FROM members m WHERE m.id IN (SELECT unnest(@buyers::uuid[])))
ORDER BY id FOR SHARE;

-- The one in force on the day comes first of each pair, then the latest.
-- name: AheadGrants :many
SELECT DISTINCT ON (seller_alliance_id, buyer_alliance_id) * FROM grants
WHERE seller_alliance_id IN (SELECT o.seller_alliance_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])))
    AND buyer_alliance_id IN (SELECT d.buyer_alliance_id FROM orders d WHERE (d.home, d.id) IN (SELECT unnest(@order_homes::text[]), unnest(@orders::uuid[])))
ORDER BY seller_alliance_id, buyer_alliance_id,
    (revoked_at IS NULL AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC,
    created_at DESC, id;

-- name: AheadMandates :many
SELECT DISTINCT ON (agent_id, producer_id) * FROM mandates
WHERE agent_id IN (SELECT o.seller_id FROM offers o WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])))
    AND producer_id IN (
        SELECT p.producer_id FROM offers o JOIN products p ON p.id = o.product_id WHERE (o.home, o.id) IN (SELECT unnest(@homes::text[]), unnest(@ids::uuid[])))
ORDER BY agent_id, producer_id,
    (revoked_at IS NULL AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC,
    created_at DESC, id;

-- name: AheadRoles :many
SELECT r.* FROM (SELECT unnest(@issuers::uuid[]) AS issuer_id, unnest(@subjects::text[]) AS subject) u
JOIN roles r ON r.issuer_id = u.issuer_id AND r.subject = u.subject
JOIN issuers i ON i.id = r.issuer_id
WHERE NOT i.disabled
ORDER BY r.role;
