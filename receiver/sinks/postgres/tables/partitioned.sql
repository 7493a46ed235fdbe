-- A table in partitions, one for each month (UTC): this one and the next twelve, and a default
-- partition for all other times. Old months can be dropped at once, instead of row by row.
--
-- Partitions are made when the table is, not later: add those of the second year before it comes,
-- by hand or with pg_partman. A month that has rows in the default partition already can only get
-- a partition of its own after they were moved out.
--
-- The partitions of cpu are cpu_p2026_01, cpu_p2026_02, ... and cpu_default; of a name that is too
-- long, its beginning stands there with a checksum. No measurement may have such a name.
CREATE TABLE IF NOT EXISTS {schema}.{table} ({columns}) PARTITION BY RANGE ({time});

-- Between dollar quotes there are no placeholders.
SELECT set_config('fairport.table', '{schema}.{table}', true);

DO $$
DECLARE
	parent regclass := current_setting('fairport.table');
	first timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
	month interval := '1 month';
	schema text;
	base text;
BEGIN
	SELECT nspname, relname INTO schema, base FROM pg_class
		JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = parent;
	-- Names have 63 bytes at most; a character has up to 4.
	IF octet_length(base) + length('_p2026_01') > 63 THEN
		base := left(base, 10) || '_' || left(encode(sha256(convert_to(base, 'UTF8')), 'hex'), 12);
	END IF;
	EXECUTE format('CREATE TABLE IF NOT EXISTS %I.%I PARTITION OF %s DEFAULT',
		schema, base || '_default', parent);
	FOR i IN 0..12 LOOP
		EXECUTE format('CREATE TABLE IF NOT EXISTS %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
			schema, base || to_char(first + i * month, '"_p"YYYY_MM'), parent,
			to_char(first + i * month, 'YYYY-MM-DD') || ' 00:00:00+00',
			to_char(first + (i + 1) * month, 'YYYY-MM-DD') || ' 00:00:00+00');
	END LOOP;
END
$$;
