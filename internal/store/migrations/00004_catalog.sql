-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS products (
    id            uuid PRIMARY KEY,
    producer_id   uuid NOT NULL REFERENCES members (id),
    name_zh       text NOT NULL,
    name_en       text NOT NULL,
    category      text NOT NULL,
    origin        text NOT NULL REFERENCES divisions (code),
    base_unit     text NOT NULL CHECK (base_unit IN ('G', 'ML', 'PIECE', 'PERSON_DAY')),
    sales_unit    text NOT NULL,
    unit_quantity bigint NOT NULL CHECK (unit_quantity > 0),
    catch_weight  boolean NOT NULL,
    reference_fen bigint NOT NULL CHECK (reference_fen >= 0),
    storage       text NOT NULL,
    created_at    timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS products_producer ON products (producer_id, id);

CREATE TABLE IF NOT EXISTS certificates (
    id               uuid PRIMARY KEY,
    product_id       uuid NOT NULL REFERENCES products (id),
    producer_id      uuid NOT NULL REFERENCES members (id),
    scheme           text NOT NULL,
    number           text NOT NULL,
    origin           text NOT NULL REFERENCES divisions (code),
    annual_quantity  bigint NOT NULL CHECK (annual_quantity > 0),
    annual_value_fen bigint NOT NULL CHECK (annual_value_fen > 0),
    households       int NOT NULL CHECK (households >= 0),
    valid_from       text NOT NULL,
    valid_to         text NOT NULL,
    state            text NOT NULL CHECK (state IN ('DRAFT', 'SUBMITTED', 'COUNTY_APPROVED', 'PUBLICISED', 'IN_FORCE', 'SUSPENDED', 'REVOKED', 'EXPIRED')),
    state_reason     text NOT NULL,
    created_at       timestamptz NOT NULL,
    UNIQUE (scheme, number)
);

CREATE INDEX IF NOT EXISTS certificates_product ON certificates (product_id, id);

CREATE INDEX IF NOT EXISTS certificates_expiry ON certificates (valid_to) WHERE state IN ('IN_FORCE', 'SUSPENDED');

CREATE TABLE IF NOT EXISTS certificate_capacities (
    home text NOT NULL CHECK (home IN ('32', '61')),
    certificate_id  uuid NOT NULL,
    year            int NOT NULL,
    quantity        bigint NOT NULL,
    value_fen       bigint NOT NULL,
    taken_quantity  bigint NOT NULL,
    taken_value_fen bigint NOT NULL,
    PRIMARY KEY (home, certificate_id, year),
    CHECK (taken_quantity BETWEEN 0 AND quantity),
    CHECK (taken_value_fen BETWEEN 0 AND value_fen)
);

-- +goose Down
DROP TABLE IF EXISTS certificate_capacities;
DROP TABLE IF EXISTS certificates;
DROP TABLE IF EXISTS products;
