-- A table without write-ahead log: storing is faster, but after a crash of the server the table is
-- empty, and a standby never sees its rows. For what may be lost, such as measurements of a test.
CREATE UNLOGGED TABLE IF NOT EXISTS {schema}.{table} ({columns});
