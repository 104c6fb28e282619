-- name: ProductInsert :exec
INSERT INTO products (id, producer_id, name_zh, name_en, category, origin, base_unit, sales_unit, unit_quantity,
    catch_weight, reference_fen, storage, created_at)
VALUES (@id, @producer_id, @name_zh, @name_en, @category, @origin, @base_unit, @sales_unit, @unit_quantity,
    @catch_weight, @reference_fen, @storage, @created_at);

-- name: ProductGet :one
SELECT * FROM products WHERE id = @id;

-- name: CertificateInsert :exec
INSERT INTO certificates (id, product_id, producer_id, scheme, number, origin, annual_quantity, annual_value_fen,
    households, valid_from, valid_to, state, state_reason, created_at)
VALUES (@id, @product_id, @producer_id, @scheme, @number, @origin, @annual_quantity, @annual_value_fen,
    @households, @valid_from, @valid_to, @state, @state_reason, @created_at);

-- name: CertificateGet :one
SELECT * FROM certificates WHERE id = @id;

-- name: CertificateLock :one
SELECT * FROM certificates WHERE id = @id FOR UPDATE;

-- name: CertificateUpdate :execrows
UPDATE certificates SET state = @state, state_reason = @state_reason WHERE id = @id;

-- name: CertificatesPastValidity :many
SELECT id FROM certificates
WHERE state IN ('IN_FORCE', 'SUSPENDED') AND valid_to < @today
ORDER BY valid_to LIMIT @max_rows;
