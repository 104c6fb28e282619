-- +goose NO TRANSACTION
-- +goose Up
-- The gateways that serve the exchange, each by the address where the others
-- reach it.
CREATE TABLE IF NOT EXISTS gateways (
    address  text PRIMARY KEY,
    region   text NOT NULL,
    revision text NOT NULL,
    version  text NOT NULL,
    seen_at  timestamptz NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS gateways;
