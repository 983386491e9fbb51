-- A dataset of the annotator for DuckDB: its tables, and the view `said` with the columns it has in SQLite.
CREATE OR REPLACE VIEW documents AS SELECT * FROM read_parquet('{dataset}/documents/*.parquet');
CREATE OR REPLACE VIEW mentions AS SELECT * FROM read_parquet('{dataset}/mentions/*.parquet');
CREATE OR REPLACE VIEW quotes AS SELECT * FROM read_parquet('{dataset}/quotes/*.parquet');
CREATE OR REPLACE VIEW said AS
SELECT
    quotes.document || ':' || quotes.number AS quote, speaker, role, words, cue, type, kind, naming, affiliation, via, outlet, published,
    coalesce(title, path) AS article, CAST(NULL AS VARCHAR) AS review, confidence, rule, speaker_rule, path, path AS document
FROM quotes JOIN documents ON documents.path = quotes.document;
