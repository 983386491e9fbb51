-- Who said what in each article, and how we know.
--
-- Offsets are half-open and count Unicode code points of documents.text: from `start` up to but not including `stop`.
-- Everything found in an article stands on a span; a span's words are stored beside it and must equal that slice of the
-- text. (SQLite's substr() and length() stop at a NUL character, so `annotate check` compares in Python.)
-- The file carries an application_id and, as user_version, the version of this schema.


-- Runs: with what the articles were annotated ---------------------------------------------------------------------

CREATE TABLE runs (
    id        INTEGER PRIMARY KEY,
    tool      TEXT NOT NULL,                        -- version of the annotator
    model     TEXT NOT NULL,                        -- sha256 of the name tagger
    rules     TEXT NOT NULL,                        -- sha256 of the rules, the word lists and confidence.json
    settings  TEXT NOT NULL CHECK (json_valid(settings)),
    digest    TEXT NOT NULL,                        -- sha256 of the four above: equal digests, equal annotations
    started   TEXT NOT NULL,                        -- UTC, ISO 8601
    finished  TEXT,                                 -- NULL: still running, or interrupted; what it wrote holds
    annotated INTEGER NOT NULL DEFAULT 0,           -- articles written
    unchanged INTEGER NOT NULL DEFAULT 0,           -- articles skipped: same text, same digest
    failed    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE failures (                             -- files that could not be annotated when last tried
    path   TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    run    INTEGER NOT NULL REFERENCES runs (id)
) STRICT;


-- Articles --------------------------------------------------------------------------------------------------------

CREATE TABLE outlets (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE documents (                            -- an article keeps its id when it is annotated again
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    path      TEXT NOT NULL UNIQUE,
    outlet    INTEGER REFERENCES outlets (id),
    title     TEXT,
    published TEXT,                                 -- ISO 8601 date
    author    TEXT,
    url       TEXT,
    text      TEXT NOT NULL,                        -- the decoded file, character for character
    sha256    TEXT NOT NULL CHECK (length(sha256) = 64),    -- of the text in UTF-8
    stamp     TEXT,                                 -- size and time of change of the file; while they hold it is not read again
    run       INTEGER NOT NULL REFERENCES runs (id)
) STRICT;

CREATE TABLE archives (                             -- files of many articles that were read to their end, and none of them failed
    path     TEXT PRIMARY KEY,
    stamp    TEXT NOT NULL,                         -- as of documents: while it and the digest hold, the archive is not read again
    digest   TEXT NOT NULL,                         -- as of runs
    articles INTEGER NOT NULL
) STRICT;

CREATE TABLE sentences (
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start    INTEGER NOT NULL,
    stop     INTEGER NOT NULL,
    tokens   TEXT NOT NULL CHECK (json_valid(tokens)),      -- gap before and length of each token: [0, 4, 1, 5]
    PRIMARY KEY (document, start),
    CHECK (0 <= start AND start < stop)
) STRICT, WITHOUT ROWID;

CREATE TABLE spans (                                -- the ground; who points here says what the span is
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    start    INTEGER NOT NULL,
    stop     INTEGER NOT NULL,
    words    TEXT NOT NULL CHECK (words <> ''),
    UNIQUE (document, start, stop),
    CHECK (0 <= start AND start < stop)
) STRICT;

CREATE TABLE zones (                                -- text that is not running prose: title, caption, advertisement
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    span     INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL CHECK (kind <> ''),
    rule     TEXT NOT NULL
) STRICT;


-- Names -----------------------------------------------------------------------------------------------------------

CREATE TABLE entities (                             -- one person, organisation or place of one article
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL CHECK (number > 0),   -- 1, 2, … in text order
    type     TEXT NOT NULL CHECK (type <> ''),      -- PER, ORG, LOC, or a model's own
    span     INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,  -- the fullest mention
    name     TEXT NOT NULL,                         -- its words on one line
    UNIQUE (document, number)
) STRICT;

CREATE TABLE mentions (
    id     INTEGER PRIMARY KEY,
    entity INTEGER NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    span   INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    type   TEXT NOT NULL CHECK (type <> ''),
    score  REAL NOT NULL,                           -- the model's, not a probability
    rule   TEXT NOT NULL
) STRICT;

CREATE TABLE tags (                                 -- names as the tagger gave them: when only rules change, nothing is tagged again
    document INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    names    TEXT NOT NULL CHECK (json_valid(names))        -- start, stop, type and score of each: [[0,4,"PER",0.99]]
) STRICT;

CREATE TABLE roles (                                -- an office or description, affiliation included
    id          INTEGER PRIMARY KEY,
    document    INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    entity      INTEGER REFERENCES entities (id) ON DELETE CASCADE,     -- NULL: of a source without an entity
    span        INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    affiliation INTEGER REFERENCES spans (id) ON DELETE CASCADE,
    rule        TEXT NOT NULL
) STRICT;


-- Quotes ----------------------------------------------------------------------------------------------------------

CREATE TABLE sources (                              -- who is quoted in an article
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL CHECK (kind IN ('person', 'group', 'organisation', 'document')),
    entity   INTEGER REFERENCES entities (id) ON DELETE CASCADE,
    naming   TEXT NOT NULL GENERATED ALWAYS AS (CASE WHEN entity IS NULL THEN 'unnamed' ELSE 'named' END) VIRTUAL,
    span     INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,  -- the fullest name, or the phrase of an unnamed source
    name     TEXT NOT NULL                          -- its words on one line
) STRICT;

CREATE TABLE quotes (                               -- a quote keeps its id while its article still holds its words
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    document     INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    number       INTEGER NOT NULL CHECK (number > 0),       -- 1, 2, … in the article
    type         TEXT NOT NULL CHECK (type IN ('direct', 'indirect', 'mixed')),
    words        TEXT NOT NULL CHECK (words <> ''),         -- its parts, joined by ' … '
    offsets      TEXT NOT NULL CHECK (json_valid(offsets)), -- start and stop of its parts: [[538,664]]
    cue          INTEGER REFERENCES spans (id) ON DELETE CASCADE,
    source_span  INTEGER REFERENCES spans (id) ON DELETE CASCADE,   -- the words the cue hangs on: a name, “dia”, “nya”
    implicit     INTEGER NOT NULL CHECK (implicit IN (0, 1)),       -- 1: no word of its own names the source
    source       INTEGER REFERENCES sources (id) ON DELETE CASCADE, -- who said it; NULL: unknown
    role         INTEGER REFERENCES roles (id) ON DELETE CASCADE,
    via          INTEGER REFERENCES spans (id) ON DELETE CASCADE,   -- the medium that relays it
    parent       INTEGER REFERENCES quotes (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,  -- the quote around it
    confidence   REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    rule         TEXT NOT NULL,                     -- found the quote
    speaker_rule TEXT NOT NULL,                     -- found who said it
    UNIQUE (document, number)
) STRICT;

CREATE TABLE quote_parts (                          -- a quote split by its attribution, or over paragraphs, has several
    quote  INTEGER NOT NULL REFERENCES quotes (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    span   INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    PRIMARY KEY (quote, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE candidates (                           -- everybody considered as the speaker, and why taken or left
    id     INTEGER PRIMARY KEY,
    quote  INTEGER NOT NULL REFERENCES quotes (id) ON DELETE CASCADE,
    span   INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    score  REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
    reason TEXT NOT NULL,
    chosen INTEGER NOT NULL CHECK (chosen IN (0, 1))
) STRICT;


-- Reviews: what people say of a quote. Keyed by text and offsets, so that they outlive runs, rules and imports --------

CREATE TABLE reviews (                              -- only ever added to; the last one of a text's offsets counts
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),     -- of the article's text
    offsets  TEXT NOT NULL CHECK (json_valid(offsets)),     -- of the quote that was looked at
    verdict  TEXT NOT NULL CHECK (verdict IN ('accepted', 'speaker', 'span', 'no quote', 'missed')),
    content  TEXT CHECK (content IS NULL OR json_valid(content)),      -- the offsets that are right; NULL: there is no quote
    words    TEXT NOT NULL CHECK (words <> ''),     -- what stands at the offsets that are right, else at those looked at
    type     TEXT CHECK (type IN ('direct', 'indirect', 'mixed')),
    speaker  TEXT CHECK (speaker <> ''),            -- who said it; NULL: nobody can be made out
    kind     TEXT CHECK (kind IN ('person', 'group', 'organisation', 'document')),
    note     TEXT CHECK (note <> ''),
    reviewer TEXT NOT NULL CHECK (reviewer <> ''),
    made     TEXT NOT NULL,                         -- UTC, ISO 8601
    found    TEXT CHECK (found IS NULL OR json_valid(found)),        -- what the annotator had said: speaker, rules, confidence, digest of its run
    CHECK ((content IS NULL) = (verdict = 'no quote')),
    CHECK ((type IS NULL) = (verdict = 'no quote')),
    CHECK ((speaker IS NULL) = (kind IS NULL))
) STRICT;
CREATE TRIGGER reviews_stay BEFORE UPDATE ON reviews BEGIN
    SELECT raise(ABORT, 'a review is never changed; add another');
END;
CREATE TRIGGER reviews_remain BEFORE DELETE ON reviews BEGIN
    SELECT raise(ABORT, 'a review is never deleted; add another');
END;


-- Indexes: one for each foreign key, or deleting an article would scan every table ---------------------------------

CREATE INDEX failures_run ON failures (run);
CREATE INDEX documents_outlet ON documents (outlet);
CREATE INDEX documents_run ON documents (run);
CREATE INDEX documents_sha256 ON documents (sha256);
CREATE INDEX reviews_place ON reviews (sha256, offsets);
CREATE INDEX zones_document ON zones (document);
CREATE INDEX zones_span ON zones (span);
CREATE INDEX entities_span ON entities (span);
CREATE INDEX entities_name ON entities (name);
CREATE INDEX mentions_entity ON mentions (entity);
CREATE INDEX mentions_span ON mentions (span);
CREATE INDEX roles_document ON roles (document);
CREATE INDEX roles_entity ON roles (entity);
CREATE INDEX roles_span ON roles (span);
CREATE INDEX roles_affiliation ON roles (affiliation);
CREATE INDEX sources_document ON sources (document);
CREATE INDEX sources_entity ON sources (entity);
CREATE INDEX sources_span ON sources (span);
CREATE INDEX sources_name ON sources (name);
CREATE INDEX quotes_cue ON quotes (cue);
CREATE INDEX quotes_source_span ON quotes (source_span);
CREATE INDEX quotes_source ON quotes (source);
CREATE INDEX quotes_role ON quotes (role);
CREATE INDEX quotes_via ON quotes (via);
CREATE INDEX quotes_parent ON quotes (parent);
CREATE INDEX quotes_confidence ON quotes (confidence);
CREATE INDEX quote_parts_span ON quote_parts (span);
CREATE INDEX candidates_quote ON candidates (quote);
CREATE INDEX candidates_span ON candidates (span);


-- Full-text search. Datasette finds the index of a table by content="table", in double quotes ----------------------
-- Who inserts a row indexes it: a trigger would have SQLite write out the index at every row.

CREATE VIRTUAL TABLE documents_fts USING fts5 (
    title, text, content="documents", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER documents_fts_delete AFTER DELETE ON documents BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;
CREATE TRIGGER documents_fts_update AFTER UPDATE ON documents
WHEN new.title IS NOT old.title OR new.text <> old.text BEGIN
    INSERT INTO documents_fts (documents_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
    INSERT INTO documents_fts (rowid, title, text) VALUES (new.id, new.title, new.text);
END;

CREATE VIRTUAL TABLE quotes_fts USING fts5 (
    words, content="quotes", content_rowid="id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER quotes_fts_delete AFTER DELETE ON quotes BEGIN
    INSERT INTO quotes_fts (quotes_fts, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER quotes_fts_update AFTER UPDATE ON quotes BEGIN
    INSERT INTO quotes_fts (quotes_fts, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO quotes_fts (rowid, words) VALUES (new.id, new.words);
END;


-- Views: what people ask ------------------------------------------------------------------------------------------

CREATE VIEW said AS                                 -- one row per quote; what a reviewer says of it counts
SELECT
    quotes.id AS quote,
    CASE WHEN reviews.content IS NULL THEN sources.name ELSE reviews.speaker END AS speaker,
    role.words AS role,
    quotes.words,
    cue.words AS cue,
    quotes.type,
    CASE WHEN reviews.content IS NULL THEN sources.kind ELSE reviews.kind END AS kind,
    CASE WHEN reviews.content IS NULL OR reviews.speaker IS sources.name THEN sources.naming
         WHEN EXISTS (SELECT 1 FROM entities WHERE entities.document = documents.id AND entities.name = reviews.speaker) THEN 'named'
         WHEN reviews.speaker IS NOT NULL THEN 'unnamed' END AS naming,
    affiliation.words AS affiliation,
    via.words AS via,
    outlets.name AS outlet,
    documents.published,
    coalesce(documents.title, documents.path) AS article,
    reviews.verdict AS review,                      -- NULL: nobody looked at it
    quotes.confidence,
    quotes.rule,
    quotes.speaker_rule,
    documents.path,
    documents.id AS document
FROM quotes
JOIN documents ON documents.id = quotes.document
LEFT JOIN outlets ON outlets.id = documents.outlet
LEFT JOIN reviews ON reviews.id = (
    SELECT max(id) FROM reviews WHERE reviews.sha256 = documents.sha256 AND quotes.offsets IN (reviews.offsets, reviews.content)
)
LEFT JOIN sources ON sources.id = quotes.source
LEFT JOIN roles ON roles.id = quotes.role AND (reviews.content IS NULL OR reviews.speaker IS sources.name)
LEFT JOIN spans AS role ON role.id = roles.span
LEFT JOIN spans AS affiliation ON affiliation.id = roles.affiliation
LEFT JOIN spans AS cue ON cue.id = quotes.cue
LEFT JOIN spans AS via ON via.id = quotes.via;

CREATE VIEW reviewed AS                             -- the review that counts of each place, and whether the annotator agrees now
SELECT
    reviews.id AS review,
    reviews.verdict,
    reviews.words,
    reviews.speaker,
    sources.name AS found_speaker,
    CASE
        WHEN documents.id IS NULL THEN NULL         -- no article here has this text
        WHEN reviews.content IS NULL THEN quotes.id IS NULL
        ELSE quotes.id IS NOT NULL AND sources.name IS reviews.speaker
    END AS agrees,
    reviews.note,
    reviews.reviewer,
    reviews.made,
    coalesce(
        reviews.verdict = 'accepted' AND NOT (quotes.id IS NOT NULL AND sources.name IS reviews.speaker)
        OR reviews.verdict = 'speaker' AND sources.name IS NOT reviews.speaker AND sources.name IS NOT reviews.found ->> 'speaker', 0
    ) AND documents.id IS NOT NULL AS conflicts,    -- the annotator has changed its mind, and not to what the review says
    quotes.id AS quote,
    quotes.confidence,
    quotes.rule,
    coalesce(documents.title, documents.path) AS article,
    outlets.name AS outlet,
    documents.id AS document
FROM reviews
LEFT JOIN documents ON documents.id = (SELECT min(id) FROM documents WHERE documents.sha256 = reviews.sha256)
LEFT JOIN outlets ON outlets.id = documents.outlet
LEFT JOIN quotes ON quotes.document = documents.id AND quotes.offsets = coalesce(reviews.content, reviews.offsets)
LEFT JOIN sources ON sources.id = quotes.source
WHERE reviews.id = (SELECT max(id) FROM reviews AS later WHERE later.sha256 = reviews.sha256 AND later.offsets = reviews.offsets);

CREATE VIEW quotes_per_speaker AS                   -- by the words of the name: two people of one name count as one
SELECT speaker, kind, naming, count(*) AS quotes, count(DISTINCT document) AS articles, count(DISTINCT outlet) AS outlets
FROM said
WHERE speaker IS NOT NULL AND review IS NOT 'no quote'
GROUP BY speaker, kind, naming
ORDER BY quotes DESC, speaker;

CREATE VIEW quotes_per_outlet AS
SELECT
    outlet,
    count(DISTINCT document) AS articles,
    count(*) AS quotes,
    sum(type = 'direct') AS direct,
    sum(type = 'indirect') AS indirect,
    sum(type = 'mixed') AS mixed,
    sum(naming IS 'unnamed') AS unnamed,
    sum(speaker IS NULL) AS unattributed,
    sum(via IS NOT NULL) AS relayed
FROM said
WHERE review IS NOT 'no quote'
GROUP BY outlet
ORDER BY quotes DESC, outlet;

CREATE VIEW unattributed AS                         -- nobody could be made out as the speaker
SELECT quote, words, cue, type, outlet, published, article, confidence, rule, speaker_rule, document
FROM said
WHERE speaker IS NULL AND review IS NULL;

CREATE VIEW least_sure AS                           -- where checking pays most: not looked at yet, least sure first
SELECT quote, confidence, speaker, words, cue, type, outlet, published, article, rule, speaker_rule, document
FROM said
WHERE review IS NULL
ORDER BY confidence, quote;

CREATE VIEW queue AS                                -- what to look at, by `urgency`, confidence, quote
SELECT 0 AS urgency, 'conflicts with a review' AS why, quote, words, speaker, confidence, rule, outlet, article, document
    FROM reviewed WHERE conflicts
UNION ALL SELECT 1, 'nobody could be made out', quote, words, speaker, confidence, rule, outlet, article, document
    FROM said WHERE review IS NULL AND speaker IS NULL
UNION ALL SELECT 2, 'not sure', quote, words, speaker, confidence, rule, outlet, article, document
    FROM said WHERE review IS NULL AND speaker IS NOT NULL;

CREATE VIEW relayed AS                              -- taken over from another medium
SELECT via, quote, speaker, words, type, outlet, published, article, document
FROM said
WHERE via IS NOT NULL AND review IS NOT 'no quote';

CREATE VIEW marks AS                                -- every span with what it is, to draw an article
SELECT spans.document, start, stop, 'content' AS layer, type AS label, quotes.id AS quote, NULL AS entity, spans.words
    FROM spans JOIN quote_parts ON span = spans.id JOIN quotes ON quotes.id = quote
UNION ALL SELECT spans.document, start, stop, 'cue', type, quotes.id, NULL, spans.words FROM spans JOIN quotes ON cue = spans.id
UNION ALL SELECT spans.document, start, stop, 'source', type, quotes.id, NULL, spans.words FROM spans JOIN quotes ON source_span = spans.id
UNION ALL SELECT spans.document, start, stop, 'via', type, quotes.id, NULL, spans.words FROM spans JOIN quotes ON via = spans.id
UNION ALL SELECT document, start, stop, 'mention', type, NULL, entity, words FROM spans JOIN mentions ON span = spans.id
UNION ALL SELECT spans.document, start, stop, 'role', rule, NULL, entity, words FROM spans JOIN roles ON span = spans.id
UNION ALL SELECT spans.document, start, stop, 'affiliation', rule, NULL, entity, words FROM spans JOIN roles ON affiliation = spans.id
UNION ALL SELECT spans.document, start, stop, 'zone', kind, NULL, NULL, words FROM spans JOIN zones ON span = spans.id;
