-- Where 'fairport-report --store' keeps the history of runs. It makes this by itself where it is
-- missing and the user may; else let somebody run it who may, and then
--   GRANT USAGE ON SCHEMA fairport TO ...;
--   GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fairport TO ...;
CREATE SCHEMA IF NOT EXISTS fairport;

CREATE TABLE fairport.format (
	version integer NOT NULL
);
COMMENT ON TABLE fairport.format IS 'which form the tables of this schema have';
INSERT INTO fairport.format VALUES (1);

CREATE TABLE fairport.run (
	run text PRIMARY KEY,
	scenario text,
	version text,
	commit text,
	host text,
	kernel text,
	cpus integer,
	started timestamptz,
	labels jsonb NOT NULL,
	options jsonb NOT NULL,
	verdict text,
	summary jsonb NOT NULL
);
COMMENT ON TABLE fairport.run IS 'a run each; what is unknown is null';
COMMENT ON COLUMN fairport.run.version IS 'of fairport';
COMMENT ON COLUMN fairport.run.labels IS 'what the user said of the run: --label';
COMMENT ON COLUMN fairport.run.options IS 'by program, with the values in force, in base units';
COMMENT ON COLUMN fairport.run.summary IS 'summary.json';
CREATE INDEX run_scenario_started ON fairport.run (scenario, started);

CREATE TABLE fairport.measurement (
	run text NOT NULL REFERENCES fairport.run ON UPDATE CASCADE ON DELETE CASCADE,
	key text NOT NULL,
	value double precision NOT NULL,
	unit text,
	PRIMARY KEY (run, key)
);
COMMENT ON TABLE fairport.measurement IS 'every number of summary.json, by its key path';
CREATE INDEX measurement_key ON fairport.measurement (key);
