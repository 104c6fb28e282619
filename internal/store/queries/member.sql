-- name: MemberInsert :exec
INSERT INTO members (id, alliance_id, side, credit_code, name_zh, name_en, class, division, state, state_reason, admitted_at)
VALUES (@id, @alliance_id, @side, @credit_code, @name_zh, @name_en, @class, @division, @state, @state_reason, @admitted_at);

-- name: MemberGet :one
SELECT * FROM members WHERE id = @id;

-- Who relies on a row until the commit, and does not change it: what changes it
-- meanwhile waits, and what changed it is seen.
-- name: MemberHold :one
SELECT * FROM members WHERE id = @id FOR SHARE;

-- name: MemberLock :one
SELECT * FROM members WHERE id = @id FOR UPDATE;

-- name: MemberByCode :one
SELECT * FROM members WHERE alliance_id = @alliance_id AND credit_code = @credit_code;

-- name: MemberUpdate :execrows
UPDATE members SET state = @state, state_reason = @state_reason WHERE id = @id;

-- name: AuthorityInsert :exec
INSERT INTO authorities (id, name_zh, name_en, jurisdiction_kind, jurisdiction_codes, created_at)
VALUES (@id, @name_zh, @name_en, @jurisdiction_kind, @jurisdiction_codes, @created_at);

-- name: AuthorityGet :one
SELECT * FROM authorities WHERE id = @id;

-- name: IssuerInsert :exec
INSERT INTO issuers (id, url, alliance_id, authority_id, jwks, jwks_url, disabled, created_at)
VALUES (@id, @url, @alliance_id, @authority_id, @jwks, @jwks_url, @disabled, @created_at);

-- name: IssuerGet :one
SELECT * FROM issuers WHERE id = @id;

-- name: IssuerLock :one
SELECT * FROM issuers WHERE id = @id FOR UPDATE;

-- name: IssuerByURL :one
SELECT * FROM issuers WHERE url = @url;

-- name: IssuerUpdate :execrows
UPDATE issuers SET jwks = @jwks, jwks_url = @jwks_url, disabled = @disabled WHERE id = @id;

-- name: RoleInsert :exec
INSERT INTO roles (id, issuer_id, alliance_id, subject, member_id, role, created_at)
VALUES (@id, @issuer_id, @alliance_id, @subject, @member_id, @role, @created_at);

-- name: RoleGet :one
SELECT * FROM roles WHERE id = @id;

-- name: RoleDelete :execrows
DELETE FROM roles WHERE id = @id;

-- name: RolesOfSubject :many
SELECT r.* FROM roles r JOIN issuers i ON i.id = r.issuer_id
WHERE r.issuer_id = @issuer_id AND r.subject = @subject AND NOT i.disabled
ORDER BY r.role LIMIT @max_rows;
