-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS alliances (
    id         uuid PRIMARY KEY,
    name_zh    text NOT NULL UNIQUE,
    name_en    text NOT NULL,
    side       text NOT NULL CHECK (side IN ('BUYER', 'SELLER')),
    home       text NOT NULL CHECK (home IN ('32', '61')),
    created_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS members (
    id           uuid PRIMARY KEY,
    alliance_id  uuid NOT NULL REFERENCES alliances (id),
    side         text NOT NULL CHECK (side IN ('BUYER', 'SELLER')),
    credit_code  text NOT NULL,
    name_zh      text NOT NULL,
    name_en      text NOT NULL,
    class        text NOT NULL,
    division     text NOT NULL REFERENCES divisions (code),
    state        text NOT NULL CHECK (state IN ('ACTIVE', 'SUSPENDED')),
    state_reason text NOT NULL,
    admitted_at  timestamptz NOT NULL,
    UNIQUE (alliance_id, credit_code)
);

CREATE TABLE IF NOT EXISTS authorities (
    id                 uuid PRIMARY KEY,
    name_zh            text NOT NULL UNIQUE,
    name_en            text NOT NULL,
    jurisdiction_kind  text NOT NULL CHECK (jurisdiction_kind IN ('COUNTY', 'CITY', 'PROVINCE', 'PAIR', 'ALL')),
    jurisdiction_codes text[] NOT NULL,
    created_at         timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS grants (
    id                 uuid PRIMARY KEY,
    seller_alliance_id uuid NOT NULL REFERENCES alliances (id),
    buyer_alliance_id  uuid NOT NULL REFERENCES alliances (id),
    valid_from         text NOT NULL,
    valid_to           text NOT NULL,
    revoked_at         timestamptz,
    revoke_reason      text NOT NULL,
    created_at         timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS grants_pair ON grants (buyer_alliance_id, seller_alliance_id);

CREATE INDEX IF NOT EXISTS grants_seller ON grants (seller_alliance_id);

CREATE TABLE IF NOT EXISTS mandates (
    id            uuid PRIMARY KEY,
    producer_id   uuid NOT NULL REFERENCES members (id),
    agent_id      uuid NOT NULL REFERENCES members (id),
    valid_from    text NOT NULL,
    valid_to      text NOT NULL,
    revoked_at    timestamptz,
    revoke_reason text NOT NULL,
    created_at    timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS mandates_pair ON mandates (agent_id, producer_id);

CREATE INDEX IF NOT EXISTS mandates_producer ON mandates (producer_id);

-- +goose Down
DROP TABLE IF EXISTS mandates;
DROP TABLE IF EXISTS grants;
DROP TABLE IF EXISTS authorities;
DROP TABLE IF EXISTS members;
DROP TABLE IF EXISTS alliances;
