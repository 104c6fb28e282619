-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS unsealed (
    home text NOT NULL CHECK (home IN ('32', '61')),
    at   timestamptz NOT NULL,
    id   uuid NOT NULL,
    PRIMARY KEY (home, at, id)
);

CREATE TABLE IF NOT EXISTS seals (
    position       bigint NOT NULL CHECK (position >= 0),
    home text NOT NULL CHECK (home IN ('32', '61')),
    transaction_id uuid NOT NULL,
    leaf_hash      bytea NOT NULL,
    sealed_at      timestamptz NOT NULL,
    PRIMARY KEY (position)
);

CREATE UNIQUE INDEX IF NOT EXISTS seals_transaction ON seals (home, transaction_id) INCLUDE (leaf_hash);

-- What the ledger holds already waits to be sealed like what is to come.
INSERT INTO unsealed (home, at, id)
SELECT t.home, t.at, t.id FROM ledger_transactions t
WHERE NOT EXISTS (SELECT 1 FROM seals s WHERE s.home = t.home AND s.transaction_id = t.id)
ON CONFLICT (home, at, id) DO NOTHING;

CREATE TABLE IF NOT EXISTS seal_nodes (
    level int NOT NULL CHECK (level > 0),
    place bigint NOT NULL CHECK (place >= 0),
    hash  bytea NOT NULL,
    PRIMARY KEY (level, place)
);

CREATE TABLE IF NOT EXISTS checkpoints (
    size     bigint NOT NULL CHECK (size > 0),
    root     bytea NOT NULL,
    frontier bytea NOT NULL,
    note     text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (size)
);

CREATE TABLE IF NOT EXISTS seal_lease (
    id int NOT NULL CHECK (id = 1),
    holder     text NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS volumes (
    rollup        text NOT NULL,
    period        text NOT NULL,
    measure       text NOT NULL CHECK (measure IN ('CONTRACTED', 'ACCEPTED', 'SETTLED')),
    direction     text NOT NULL,
    seller_county text NOT NULL,
    buyer_county  text NOT NULL,
    category      text NOT NULL,
    buyer_class   text NOT NULL,
    channel       text NOT NULL,
    scheme        text NOT NULL,
    fen           bigint NOT NULL,
    quantity      bigint NOT NULL,
    orders        bigint NOT NULL,
    entries       bigint NOT NULL,
    PRIMARY KEY (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme)
);

-- +goose Down
DROP TABLE IF EXISTS volumes;
DROP TABLE IF EXISTS seal_lease;
DROP TABLE IF EXISTS checkpoints;
DROP TABLE IF EXISTS seal_nodes;
DROP TABLE IF EXISTS seals;
DROP TABLE IF EXISTS unsealed;
