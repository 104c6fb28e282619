-- name: PlacementGet :one
SELECT * FROM placements WHERE id = 'database';

-- The clock is the database's: those who compete for the lease share no other.

-- name: PlacementClaim :execrows
INSERT INTO placements (id, wanted, holder, held_until, updated_at)
VALUES ('database', @wanted, @holder, now() + interval '1 second' * @seconds::bigint, now())
ON CONFLICT (id) DO UPDATE SET wanted = excluded.wanted, holder = excluded.holder, held_until = excluded.held_until, updated_at = excluded.updated_at
WHERE placements.holder IS NULL OR placements.held_until < now();

-- name: PlacementRenew :execrows
UPDATE placements SET held_until = now() + interval '1 second' * @seconds::bigint WHERE id = 'database' AND holder = @holder;

-- name: PlacementRelease :exec
UPDATE placements SET holder = NULL WHERE id = 'database' AND holder = @holder;
