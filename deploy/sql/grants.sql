-- What the users may do. By exchange_migrate, after every `sushaand migrate up`;
-- safe to run again, while servers run. Every table is in one of the classes below: a
-- test holds that, and that the serving user may do what the server's statements do
-- and nothing more.

GRANT SELECT ON ALL TABLES IN SCHEMA public TO exchange_serve, exchange_report;

-- Written once and never changed: a correction is another row.
GRANT INSERT ON
    alliances, authorities, bank_statements, checkpoints, contract_prices, events, invoices, ledger_entries,
    ledger_transactions, notices, payments, products, quote_seals, requests, samplings, seal_nodes, seals,
    settlement_parts, standing_runs, submission_parts, submissions, targets
TO exchange_serve;
REVOKE UPDATE, DELETE ON
    alliances, authorities, bank_statements, checkpoints, contract_prices, events, invoices, ledger_entries,
    ledger_transactions, notices, payments, products, quote_seals, requests, samplings, seal_nodes, seals,
    settlement_parts, standing_runs, submission_parts, submissions, targets
FROM exchange_serve;

-- Changed as trade goes on, and never deleted.
GRANT INSERT, UPDATE ON
    bank_lines, certificate_capacities, certificates, contracts, demands, disputes, grants, group_buys, group_joins,
    intents, issuers, lots, mandates, members, offer_terms, offers, orders, payer_consents, periods, product_terms,
    quotes, relief_declarations, reserve_consents, reserve_plans, seal_lease, settlement_cycles, settlement_instructions, spending_limits,
    standing_orders, volumes
TO exchange_serve;
REVOKE DELETE ON
    bank_lines, certificate_capacities, certificates, contracts, demands, disputes, grants, group_buys, group_joins,
    intents, issuers, lots, mandates, members, offer_terms, offers, orders, payer_consents, periods, product_terms,
    quotes, relief_declarations, reserve_consents, reserve_plans, seal_lease, settlement_cycles, settlement_instructions, spending_limits,
    standing_orders, volumes
FROM exchange_serve;

-- Never changed, but may go again: what is over, or was taken back.
GRANT INSERT, DELETE ON decisions, reserve_units, roles, unsealed TO exchange_serve;
REVOKE UPDATE ON decisions, reserve_units, roles, unsealed FROM exchange_serve;

-- Kept up to date, and may go again.
GRANT INSERT, UPDATE, DELETE ON gateways, jobs TO exchange_serve;

-- The migrating user's: the schema, the placement, the divisions, and the policies
-- that decide (`sushaand policy publish`).
REVOKE INSERT, UPDATE, DELETE ON divisions, goose_db_version, pairings, placements, policy_bundles FROM exchange_serve;

-- Tables that the next migration makes can be used at once, but for deleting;
-- this file then says the rest.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO exchange_serve;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO exchange_report;
