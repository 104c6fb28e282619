-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS divisions (
    code         text PRIMARY KEY CHECK (length(code) = 6),
    name_zh      text NOT NULL,
    name_en      text NOT NULL,
    level        int NOT NULL CHECK (level BETWEEN 1 AND 3),
    parent       text NOT NULL,
    kind         text NOT NULL,
    valid_from   text NOT NULL,
    valid_to     text NOT NULL,
    predecessors text[] NOT NULL,
    poverty56    boolean NOT NULL,
    note         text NOT NULL
);

CREATE INDEX IF NOT EXISTS divisions_parent ON divisions (parent, code);

CREATE TABLE IF NOT EXISTS pairings (
    id         uuid PRIMARY KEY,
    js_city    text NOT NULL,
    js_unit    text NOT NULL,
    sn_city    text NOT NULL,
    sn_county  text NOT NULL,
    valid_from text NOT NULL,
    valid_to   text NOT NULL,
    confidence text NOT NULL CHECK (confidence IN ('sourced', 'sourced_indirect', 'knowledge_unverified', 'unknown'))
);

-- +goose Down
DROP TABLE IF EXISTS pairings;
DROP TABLE IF EXISTS divisions;
