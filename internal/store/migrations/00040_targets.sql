-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS targets (
    id              uuid PRIMARY KEY,
    unit_kind       text NOT NULL CHECK (unit_kind IN ('PAIRING', 'PROVINCE', 'COUNTY')),
    unit            text NOT NULL,
    js_unit         text NOT NULL,
    sn_unit         text NOT NULL,
    year            int NOT NULL,
    direction       text NOT NULL CHECK (direction IN ('SN_TO_JS', 'JS_TO_SN')),
    measure         text NOT NULL CHECK (measure IN ('CONTRACTED', 'ACCEPTED', 'SETTLED')),
    version         int NOT NULL CHECK (version > 0),
    amount_fen      bigint NOT NULL CHECK (amount_fen > 0),
    decided_on      text NOT NULL,
    document        text NOT NULL,
    policy_revision text NOT NULL,
    created_at      timestamptz NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS targets_version ON targets (year, unit_kind, unit, direction, measure, version);

CREATE INDEX IF NOT EXISTS targets_recent ON targets (created_at DESC, id DESC);

-- +goose Down
DROP TABLE IF EXISTS targets;
