-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS requests (
    home text NOT NULL CHECK (home IN ('32', '61')),
    actor      uuid NOT NULL,
    request_id uuid NOT NULL,
    action     text NOT NULL,
    digest     bytea NOT NULL,
    response   bytea NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (home, actor, request_id)
);

CREATE TABLE IF NOT EXISTS events (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id      uuid NOT NULL,
    noun    text NOT NULL,
    noun_id uuid NOT NULL,
    kind    text NOT NULL,
    at      timestamptz NOT NULL,
    state   bytea NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS events_feed ON events (noun, at, id);

CREATE INDEX IF NOT EXISTS events_noun ON events (home, noun_id, at, id);

CREATE TABLE IF NOT EXISTS decisions (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id         uuid NOT NULL,
    at         timestamptz NOT NULL,
    action     text NOT NULL,
    issuer_id  uuid NOT NULL,
    subject    text NOT NULL,
    actor      uuid NOT NULL,
    allow      boolean NOT NULL,
    reasons    text NOT NULL,
    input      bytea NOT NULL,
    revision   text NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS decisions_recent ON decisions (at DESC, id DESC);

-- +goose Down
DROP TABLE IF EXISTS decisions;
DROP TABLE IF EXISTS events;
DROP TABLE IF EXISTS requests;
