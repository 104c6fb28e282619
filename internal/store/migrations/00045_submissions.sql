-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS submissions (
    period          text NOT NULL,
    position        bigint NOT NULL CHECK (position > 0),
    manifest        bytea NOT NULL,
    note            text NOT NULL,
    size            bigint NOT NULL CHECK (size > 0),
    sha256          text NOT NULL,
    policy_revision text NOT NULL,
    issuer_id       uuid NOT NULL,
    subject         text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (period)
);

CREATE TABLE IF NOT EXISTS submission_parts (
    period  text NOT NULL,
    place   bigint NOT NULL CHECK (place >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (period, place)
);

-- +goose Down
DROP TABLE IF EXISTS submission_parts;
DROP TABLE IF EXISTS submissions;
