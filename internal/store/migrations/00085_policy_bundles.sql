-- +goose NO TRANSACTION
-- +goose Up
-- The policies that gateways take from the database: the one published last.
-- An older one is published again to go back to it.
CREATE TABLE IF NOT EXISTS policy_bundles (
    revision     text PRIMARY KEY,
    bundle       bytea NOT NULL,
    published_by text NOT NULL,
    published_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS policy_bundles_by_time ON policy_bundles (published_at DESC, revision);

-- +goose Down
DROP TABLE IF EXISTS policy_bundles;
