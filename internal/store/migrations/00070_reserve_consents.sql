-- +goose NO TRANSACTION
-- +goose Up
-- The covered units that have not consented. Those of plans that were filed
-- before units were asked stay in them.
ALTER TABLE reserve_plans ADD COLUMN IF NOT EXISTS unconsented uuid[] NOT NULL DEFAULT ARRAY[]::uuid[];

CREATE TABLE IF NOT EXISTS reserve_consents (
    home        text NOT NULL CHECK (home IN ('32', '61')),
    id          uuid NOT NULL,
    plan_id     uuid NOT NULL,
    member_id   uuid NOT NULL,
    unit_id     uuid NOT NULL,
    alliance_id uuid NOT NULL,
    division    text NOT NULL,
    year        int NOT NULL,
    state       text NOT NULL CHECK (state IN ('ASKED', 'CONSENTED', 'DECLINED', 'ENDED')),
    reason      text NOT NULL,
    asked_at    timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (home, id)
);

CREATE UNIQUE INDEX IF NOT EXISTS reserve_consents_plan ON reserve_consents (home, plan_id, member_id);

CREATE INDEX IF NOT EXISTS reserve_consents_member ON reserve_consents (member_id, asked_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS reserve_consents_recent ON reserve_consents (asked_at DESC, id DESC);

INSERT INTO reserve_consents (home, id, plan_id, member_id, unit_id, alliance_id, division, year, state, reason, asked_at, answered_at)
SELECT c.home, gen_random_uuid(), c.id, c.member_id, c.unit_id, c.alliance_id, c.division, c.year,
    CASE WHEN c.state = 'FILED' THEN 'CONSENTED' ELSE 'ENDED' END, '', c.created_at, c.created_at
FROM (SELECT home, id, unnest(covered) AS member_id, unit_id, alliance_id, division, year, state, created_at FROM reserve_plans) c
ON CONFLICT (home, plan_id, member_id) DO NOTHING;

-- +goose Down
DROP TABLE IF EXISTS reserve_consents;
ALTER TABLE reserve_plans DROP COLUMN IF EXISTS unconsented;
