-- name: OfferTermsPut :exec
INSERT INTO offer_terms (home, offer_id, terms, version) VALUES (@home, @offer_id, @terms::text[], @version)
ON CONFLICT (home, offer_id) DO UPDATE SET terms = excluded.terms, version = excluded.version;

-- name: OffersOfTerms :many
SELECT home, offer_id FROM offer_terms WHERE terms @> @terms::text[] LIMIT @most;

-- name: OffersWithoutTerms :many
SELECT o.home, o.id, o.name_zh, o.name_en
FROM offers o LEFT JOIN offer_terms t ON t.home = o.home AND t.offer_id = o.id
WHERE (o.home, o.id) > (@home::text, @id::uuid) AND (t.version IS NULL OR t.version <> @version::int)
ORDER BY o.home, o.id LIMIT @most;

-- name: CheckOfferTerms :many
SELECT o.home, o.id, o.name_zh, o.name_en, coalesce(t.terms, ARRAY[]::text[])::text[] AS terms, coalesce(t.version, 0)::int AS version
FROM offers o LEFT JOIN offer_terms t ON t.home = o.home AND t.offer_id = o.id
WHERE (o.home, o.id) > (@home::text, @id::uuid)
ORDER BY o.home, o.id LIMIT @most;

-- name: ProductTermsPut :exec
INSERT INTO product_terms (product_id, terms, version) VALUES (@product_id, @terms::text[], @version)
ON CONFLICT (product_id) DO UPDATE SET terms = excluded.terms, version = excluded.version;

-- name: ProductsOfTerms :many
SELECT product_id FROM product_terms WHERE terms @> @terms::text[] LIMIT @most;

-- name: ProductsWithoutTerms :many
SELECT p.id, p.name_zh, p.name_en
FROM products p LEFT JOIN product_terms t ON t.product_id = p.id
WHERE p.id > @id::uuid AND (t.version IS NULL OR t.version <> @version::int)
ORDER BY p.id LIMIT @most;

-- name: CheckProductTerms :many
SELECT p.id, p.name_zh, p.name_en, coalesce(t.terms, ARRAY[]::text[])::text[] AS terms, coalesce(t.version, 0)::int AS version
FROM products p LEFT JOIN product_terms t ON t.product_id = p.id
WHERE p.id > @id::uuid
ORDER BY p.id LIMIT @most;
