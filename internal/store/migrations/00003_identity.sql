-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS issuers (
    id           uuid PRIMARY KEY,
    url          text NOT NULL UNIQUE,
    alliance_id  uuid REFERENCES alliances (id),
    authority_id uuid REFERENCES authorities (id),
    jwks         text NOT NULL,
    jwks_url     text NOT NULL,
    disabled     boolean NOT NULL,
    created_at   timestamptz NOT NULL,
    CHECK ((alliance_id IS NULL) <> (authority_id IS NULL))
);

CREATE TABLE IF NOT EXISTS roles (
    id         uuid PRIMARY KEY,
    issuer_id  uuid NOT NULL REFERENCES issuers (id),
    alliance_id uuid REFERENCES alliances (id),
    subject    text NOT NULL,
    member_id  uuid REFERENCES members (id),
    role       text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS roles_subject ON roles (issuer_id, subject);

-- +goose Down
DROP TABLE IF EXISTS roles;
DROP TABLE IF EXISTS issuers;
