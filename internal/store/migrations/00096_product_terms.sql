-- +goose NO TRANSACTION
-- +goose Up
-- What a product is found by (decision 24), of its names, which never change.
CREATE TABLE IF NOT EXISTS product_terms (
    product_id uuid PRIMARY KEY,
    terms      text[] NOT NULL,
    version    int NOT NULL
);

CREATE INDEX IF NOT EXISTS product_terms_terms ON product_terms USING gin (terms);

-- The catalogue in the order of its lists: of all, and of a producer.
CREATE INDEX IF NOT EXISTS products_newest ON products (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS products_producer_newest ON products (producer_id, created_at DESC, id DESC);

-- +goose Down
DROP INDEX IF EXISTS products_producer_newest;
DROP INDEX IF EXISTS products_newest;
DROP TABLE IF EXISTS product_terms;
