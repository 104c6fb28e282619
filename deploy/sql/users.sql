-- The three users of the exchange's database. Once for each cluster, by an
-- administrator, in the exchange's database (called sushaan here). They have no
-- password: give them certificates (cockroach cert create-client), or passwords
-- with ALTER ROLE … WITH PASSWORD.

-- migrate owns the database: migrations, placement, reference data, grants.
CREATE ROLE exchange_migrate LOGIN;
-- serve trades, and can change no table and nothing that is written for good.
CREATE ROLE exchange_serve LOGIN;
-- report reads.
CREATE ROLE exchange_report LOGIN;

GRANT exchange_migrate TO CURRENT_USER;
ALTER DATABASE sushaan OWNER TO exchange_migrate;
REVOKE CONNECT ON DATABASE sushaan FROM PUBLIC;
GRANT CONNECT ON DATABASE sushaan TO exchange_serve, exchange_report;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO exchange_migrate;
GRANT USAGE ON SCHEMA public TO exchange_serve, exchange_report;
