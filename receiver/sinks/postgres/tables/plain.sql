-- A plain table: what is made when no template is named.
CREATE TABLE IF NOT EXISTS {schema}.{table} ({columns});
