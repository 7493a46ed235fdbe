-- A distributed table of Citus. Needs the extension in the database (CREATE EXTENSION citus), and
-- nodes.
--
-- The table is distributed by its time, by hash: that is the only column that every measurement
-- has and that is never NULL, as Citus wants it, and it spreads rows evenly. A query then goes to
-- all nodes. Where each line has a certain tag, that is better (rows of one value are on one node,
-- and tables can be joined there): name it in place of {time}.
CREATE TABLE IF NOT EXISTS {schema}.{table} ({columns});

-- Another worker may have done so in the meantime.
SELECT create_distributed_table('{schema}.{table}', '{time}') WHERE NOT EXISTS (
	SELECT FROM pg_dist_partition WHERE logicalrelid = '{schema}.{table}'::regclass);
