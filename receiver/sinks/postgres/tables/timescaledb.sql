-- A hypertable of TimescaleDB: in chunks by time, made as rows come. Needs the extension in the
-- database (CREATE EXTENSION timescaledb). The length of chunks, compression and retention are
-- set as for any hypertable, here or later.
CREATE TABLE IF NOT EXISTS {schema}.{table} ({columns});

SELECT create_hypertable('{schema}.{table}', '{time}', if_not_exists => true);
