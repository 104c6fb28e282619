-- name: TargetGet :one
SELECT * FROM targets WHERE id = @id;

-- name: TargetLast :one
SELECT * FROM targets
WHERE year = @year AND unit_kind = @unit_kind AND unit = @unit AND direction = @direction AND measure = @measure
ORDER BY version DESC LIMIT 1;

-- name: TargetInsert :exec
INSERT INTO targets (id, unit_kind, unit, js_unit, sn_unit, year, direction, measure, version, amount_fen, decided_on, document,
    policy_revision, created_at)
VALUES (@id, @unit_kind, @unit, @js_unit, @sn_unit, @year, @direction, @measure, @version, @amount_fen, @decided_on, @document,
    @policy_revision, @created_at);
