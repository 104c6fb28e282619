-- +goose NO TRANSACTION
-- +goose Up
-- By which way of buying an order came about, and the contract, demand, group or
-- standing order that it follows from; null: a buyer simply ordered.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS way text NOT NULL DEFAULT 'SPOT' CHECK (way IN ('SPOT', 'FORWARD', 'QUOTE', 'GROUP', 'STANDING'));

ALTER TABLE orders ADD COLUMN IF NOT EXISTS way_id uuid;

-- Who placed it, and who approved it where it had to wait for that.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS placer_issuer uuid;

ALTER TABLE orders ADD COLUMN IF NOT EXISTS placer text NOT NULL DEFAULT '';

ALTER TABLE orders ADD COLUMN IF NOT EXISTS approved_by text NOT NULL DEFAULT '';

-- The member that pays; null: the buyer.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS payer_id uuid;

ALTER TABLE orders ADD COLUMN IF NOT EXISTS consignee_name text NOT NULL DEFAULT '';

ALTER TABLE orders ADD COLUMN IF NOT EXISTS pair_tag text NOT NULL DEFAULT '';

ALTER TABLE orders ADD COLUMN IF NOT EXISTS donation_fen bigint NOT NULL DEFAULT 0 CHECK (donation_fen >= 0);

CREATE INDEX IF NOT EXISTS orders_way ON orders (way_id, created_at DESC, id DESC) WHERE way_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS orders_held ON orders (hold_until) WHERE state IN ('PLACED', 'PENDING_APPROVAL');

DROP INDEX IF EXISTS orders_hold;

ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_state_known;

ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_state_is_known;

ALTER TABLE orders ADD CONSTRAINT orders_state_is_known CHECK (state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'ACCEPTED', 'PART_ACCEPTED', 'REJECTED', 'SETTLED', 'CANCELLED', 'EXPIRED', 'DISPUTED', 'REFUNDING', 'REFUNDED'));

-- An offer that a contract or an award made for one buyer. The nil id stands for
-- everybody, so that policy's filter can compare it.
ALTER TABLE offers ADD COLUMN IF NOT EXISTS way text NOT NULL DEFAULT 'SPOT' CHECK (way IN ('SPOT', 'FORWARD', 'QUOTE'));

ALTER TABLE offers ADD COLUMN IF NOT EXISTS way_id uuid;

ALTER TABLE offers ADD COLUMN IF NOT EXISTS reserved_for_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

-- +goose Down
ALTER TABLE offers DROP COLUMN IF EXISTS reserved_for_id;
ALTER TABLE offers DROP COLUMN IF EXISTS way_id;
ALTER TABLE offers DROP COLUMN IF EXISTS way;
ALTER TABLE orders DROP COLUMN IF EXISTS donation_fen;
ALTER TABLE orders DROP COLUMN IF EXISTS pair_tag;
ALTER TABLE orders DROP COLUMN IF EXISTS consignee_name;
ALTER TABLE orders DROP COLUMN IF EXISTS payer_id;
ALTER TABLE orders DROP COLUMN IF EXISTS approved_by;
ALTER TABLE orders DROP COLUMN IF EXISTS placer;
ALTER TABLE orders DROP COLUMN IF EXISTS placer_issuer;
ALTER TABLE orders DROP COLUMN IF EXISTS way_id;
ALTER TABLE orders DROP COLUMN IF EXISTS way;
