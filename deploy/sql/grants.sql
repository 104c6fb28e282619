-- What the users may do. By exchange_migrate, after every `sushaand migrate up`;
-- safe to run again.

GRANT SELECT ON ALL TABLES IN SCHEMA public TO exchange_serve, exchange_report;
GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO exchange_serve;

-- Written once and never changed: a correction is another row.
REVOKE UPDATE, DELETE ON ledger_transactions, ledger_entries, events, requests, payments, decisions, samplings, invoices,
    bank_statements, settlement_parts, submissions, submission_parts, seals, seal_nodes FROM exchange_serve;

-- The schema and the placement are the migrating user's.
REVOKE INSERT, UPDATE, DELETE ON goose_db_version, placements, divisions, pairings FROM exchange_serve;

-- What may go again: what is over, was taken back, or is kept up to date.
GRANT DELETE ON decisions, gateways, jobs, roles, reserve_units, unsealed TO exchange_serve;

-- Tables that the next migration makes can be used at once, but for deleting;
-- this file then says the rest.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO exchange_serve;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO exchange_report;
