-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS ledger_transactions (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('ORDER_CONFIRMED', 'COMMITMENT_RELEASED', 'DELIVERY_ACCEPTED', 'BUYER_PAID', 'SELLER_PAID')),
    order_id   uuid NOT NULL,
    reverses   uuid,
    at         timestamptz NOT NULL,
    memo       text NOT NULL,
    buyer_id           uuid NOT NULL,
    seller_id          uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_county      text NOT NULL,
    buyer_county       text NOT NULL,
    buyer_class        text NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS ledger_transactions_recent ON ledger_transactions (at DESC, id DESC);

CREATE INDEX IF NOT EXISTS ledger_transactions_order ON ledger_transactions (home, order_id, at);

CREATE TABLE IF NOT EXISTS ledger_entries (
    home text NOT NULL CHECK (home IN ('32', '61')),
    transaction_id   uuid NOT NULL,
    line             int NOT NULL,
    account_kind     text NOT NULL,
    account_owner    text NOT NULL,
    currency         text NOT NULL CHECK (currency = 'CNY'),
    amount_fen       bigint NOT NULL CHECK (amount_fen <> 0),
    measure          text NOT NULL CHECK (measure IN ('', 'CONTRACTED', 'ACCEPTED', 'SETTLED')),
    measure_fen      bigint NOT NULL,
    measure_quantity bigint NOT NULL,
    order_id         uuid NOT NULL,
    direction        text NOT NULL,
    seller_county    text NOT NULL,
    buyer_county     text NOT NULL,
    category         text NOT NULL,
    buyer_class      text NOT NULL,
    channel          text NOT NULL,
    scheme           text NOT NULL,
    buyer_id         uuid NOT NULL,
    seller_id        uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    at               timestamptz NOT NULL,
    PRIMARY KEY (home, transaction_id, line),
    CHECK (measure_fen = 0 OR measure_fen = amount_fen OR measure_fen = -amount_fen),
    CHECK (measure <> '' OR (measure_fen = 0 AND measure_quantity = 0))
);

CREATE INDEX IF NOT EXISTS ledger_entries_account ON ledger_entries (account_kind, account_owner, at, transaction_id, line) INCLUDE (amount_fen);

CREATE INDEX IF NOT EXISTS ledger_entries_recent ON ledger_entries (at DESC, transaction_id DESC, line DESC);

CREATE INDEX IF NOT EXISTS ledger_entries_order ON ledger_entries (home, order_id, at);

CREATE INDEX IF NOT EXISTS ledger_entries_volume ON ledger_entries (at) INCLUDE (measure, measure_fen, measure_quantity, direction, seller_county, buyer_county, category, buyer_class, channel, scheme, order_id) WHERE measure <> '';

-- +goose Down
DROP TABLE IF EXISTS ledger_entries;
DROP TABLE IF EXISTS ledger_transactions;
