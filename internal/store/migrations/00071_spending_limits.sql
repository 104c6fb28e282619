-- +goose NO TRANSACTION
-- +goose Up
-- What a member, or one of its people, may order. 0: no such limit. The nil
-- issuer and no subject: the member as a whole.
CREATE TABLE IF NOT EXISTS spending_limits (
    id                 uuid PRIMARY KEY,
    member_id          uuid NOT NULL,
    alliance_id        uuid NOT NULL,
    issuer_id          uuid NOT NULL,
    subject            text NOT NULL,
    per_order_fen      bigint NOT NULL CHECK (per_order_fen >= 0),
    per_month_fen      bigint NOT NULL CHECK (per_month_fen >= 0),
    per_year_fen       bigint NOT NULL CHECK (per_year_fen >= 0),
    approval_above_fen bigint NOT NULL CHECK (approval_above_fen >= 0),
    valid_from         text NOT NULL,
    valid_to           text NOT NULL,
    end_reason         text NOT NULL,
    set_by             text NOT NULL,
    policy_revision    text NOT NULL,
    created_at         timestamptz NOT NULL,
    ended_at           timestamptz
);

CREATE INDEX IF NOT EXISTS spending_limits_member ON spending_limits (member_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS spending_limits_recent ON spending_limits (created_at DESC, id DESC);

-- +goose Down
DROP TABLE IF EXISTS spending_limits;
