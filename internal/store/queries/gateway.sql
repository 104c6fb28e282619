-- name: GatewayBeat :exec
INSERT INTO gateways (address, region, revision, version, seen_at) VALUES (@address, @region, @revision, @version, now())
ON CONFLICT (address) DO UPDATE SET region = excluded.region, revision = excluded.revision, version = excluded.version, seen_at = excluded.seen_at;

-- name: GatewaysSeen :many
SELECT * FROM gateways WHERE seen_at > now() - interval '1 second' * @seconds::bigint ORDER BY address LIMIT @max_rows;

-- name: GatewayGone :exec
DELETE FROM gateways WHERE address = @address;

-- name: GatewaysForget :exec
DELETE FROM gateways WHERE seen_at < now() - interval '1 second' * @seconds::bigint;
