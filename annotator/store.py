"""Annotations <-> SQLite. Every SQL statement of the annotator lives here and in schema.sql.

An article is one transaction: readers never see half of one, and other writers wait for one at most.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import resources
from itertools import count, repeat
from pathlib import Path

from sqlite_utils import Database

from annotator.document import Annotation, Attribution, Candidate, Document, Entity, Mention, Quote, Role, Sentence, Span, Zone
from annotator.rows import BETWEEN_PARTS, COLUMNS, NUMBERED, POINTS_TO, Rows, offsets, one_line, unpacked

APPLICATION_ID = 0x71756F74  # “quot”
VERSION = 4
_PATIENCE = 30.0  # seconds to wait for another writer
_OF_A_DOCUMENT = [table for table in COLUMNS if table not in ("mentions", "quote_parts", "candidates")]


class StoreError(Exception):
    """A database that cannot be used as asked; the message says what is wrong, where, and what to do."""


class NotStored(StoreError):
    """An article that cannot be stored; others can."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the annotator. Articles with the same text and an equal `digest` need not be annotated again."""

    id: int
    digest: str


def schema() -> str:
    """The text of schema.sql, from the installed package or from the top of the repository."""
    installed = resources.files("annotator") / "schema.sql"
    source = installed if installed.is_file() else Path(__file__).parent.parent / "schema.sql"
    return source.read_text(encoding="utf-8")


def open(path: str | Path, create: bool = True) -> Database:
    """The database at `path`, made with the schema if it is new and `create` is true; close it after use.

    StoreError for a file that is missing (without `create`), no database, not the annotator's, or of another version.
    """
    path = Path(path)
    if not create and not path.exists():
        raise StoreError(f"{path}: there is no database here; `annotate` articles into it first")
    if path.is_dir():
        raise StoreError(f"{path}: this is a folder; name a file in it, as in {path / 'annotations.db'}")
    if not path.absolute().parent.is_dir():
        raise StoreError(f"{path}: the folder {path.parent} does not exist; make it first")
    try:
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be opened ({error}); check that you may read and write there") from None
    try:
        with _explained(connection):
            return _prepared(connection, path)
    except BaseException:
        connection.close()
        raise


def _prepared(connection: sqlite3.Connection, path: Path) -> Database:
    db = Database(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    if not _is_ours(connection, path):
        db.enable_wal()
        with _writing(db):
            if not _is_ours(connection, path):  # another process may have been first
                db.executescript(schema())
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")  # kilobytes; this and the next halve the calls of the system in writing
    connection.execute("PRAGMA wal_autocheckpoint = 10000")
    return db


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """True for a database of this version, False for an empty file; StoreError for anything else."""
    application = _value(connection, "PRAGMA application_id")
    version = _value(connection, "PRAGMA user_version")
    if application == APPLICATION_ID and version == VERSION:
        return True
    if application == APPLICATION_ID:
        age, advice = ("newer", "update annotate") if version > VERSION else ("older", "annotate into a new file")
        raise StoreError(f"{path}: was made by {age} version of annotate (schema {version}, here {VERSION}); {advice}")
    if application or version or _value(connection, "SELECT count(*) FROM sqlite_master"):
        raise StoreError(f"{path}: is a database of another program; nothing was changed, choose another file")
    return False


# Runs --------------------------------------------------------------------------------------------


def start_run(db: Database, *, tool: str, model: str, rules: str, settings: Mapping[str, object]) -> Run:
    """Record a run that starts now: version of the tool, sha256 of model and of rules, settings as JSON values."""
    made_with = digest(tool=tool, model=model, rules=rules, settings=settings)
    with _writing(db):
        run = db.execute(
            "INSERT INTO runs (tool, model, rules, settings, digest, started) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            (tool, model, rules, _json(settings), made_with, _now()),
        ).fetchone()[0]
    return Run(run, made_with)


def digest(*, tool: str, model: str, rules: str, settings: Mapping[str, object]) -> str:
    """One sha256 of what a run is made with: runs with equal digests annotate alike."""
    return hashlib.sha256("\0".join((tool, model, rules, _json(settings))).encode()).hexdigest()


def finish_run(db: Database, run: Run, unchanged: int = 0) -> None:
    """Record that a run came to its end and how many articles it skipped as unchanged, and move all writes into the one file.

    Not for a run that was interrupted: it stays without an end.
    """
    with _writing(db):
        db.execute("UPDATE runs SET finished = ?, unchanged = ? WHERE id = ?", (_now(), unchanged, run.id))
    db.execute("PRAGMA optimize")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of an article: hash of its text, stamp of its file, digest of the run that annotated it, and that run's model."""

    sha256: str
    stamp: str | None
    digest: str
    model: str


def known(db: Database, paths: Iterable[str]) -> dict[str, Known]:
    """What is stored of the articles at these paths, by path; those that are not stored are left out."""
    with _reading(db):
        rows = db.execute(
            "SELECT path, sha256, stamp, digest, model FROM documents JOIN runs ON runs.id = documents.run"
            " WHERE path IN (SELECT value FROM json_each(?))", (json.dumps(list(paths)),),
        )
        return {path: Known(*rest) for path, *rest in rows}


Tagged = tuple[str, tuple[Sentence, ...], tuple[Mention, ...]]


def tags(db: Database, paths: Iterable[str]) -> dict[str, Tagged]:
    """Of the articles at these paths, by path: the hash of the text, its sentences, and the names that the tagger found in them."""
    with _reading(db):
        found = db.execute(
            "SELECT documents.id, path, sha256, names FROM documents JOIN tags ON document = documents.id WHERE path IN (SELECT value FROM json_each(?))",
            (json.dumps(list(paths)),),
        ).fetchall()
        return {path: (sha256, _sentences(db, document), _tagged(names)) for document, path, sha256, names in found}


def restamp(db: Database, stamps: Mapping[str, str | None]) -> None:
    """Note the stamps of files, by path, whose text is as stored."""
    with _writing(db):
        db.conn.executemany("UPDATE documents SET stamp = ? WHERE path = ?", [(stamp, path) for path, stamp in stamps.items()])


def archive(db: Database, path: str, stamp: str, digest: str) -> int | None:
    """How many articles the archive at `path` holds, if it was annotated with this digest and has not changed; else None."""
    found = db.execute("SELECT articles FROM archives WHERE path = ? AND stamp = ? AND digest = ?", (path, stamp, digest)).fetchall()
    return found[0][0] if found else None


def begin_archive(db: Database, path: str) -> None:
    """Forget that the archive at `path` was read to its end: it is being annotated anew."""
    if db.execute("SELECT 1 FROM archives WHERE path = ?", (_storable(path),)).fetchall():
        with _writing(db):
            db.execute("DELETE FROM archives WHERE path = ?", (_storable(path),))


def note_archive(db: Database, run: Run, path: str, stamp: str | None, articles: int) -> None:
    """Note that an archive was read to its end in this run; nothing where it has no stamp."""
    if stamp is not None:
        with _writing(db):
            db.execute("INSERT OR REPLACE INTO archives (path, stamp, digest, articles) VALUES (?, ?, ?, ?)", (_storable(path), stamp, run.digest, articles))


def record_failure(db: Database, run: Run, path: str, reason: str) -> None:
    """Record that the file at `path` could not be annotated; what is stored of an earlier state of it stays."""
    with _writing(db):
        db.execute(
            "INSERT INTO failures (path, reason, run) VALUES (?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET reason = excluded.reason, run = excluded.run",
            (_storable(path), _storable(reason), run.id),
        )
        db.execute("UPDATE runs SET failed = failed + 1 WHERE id = ?", (run.id,))


# Writing -----------------------------------------------------------------------------------------


def together(db: Database) -> AbstractContextManager[None]:
    """A transaction around several writes: far faster than one for each, and all undone if one of them fails, or it is not left in order."""
    return _writing(db)


def write(db: Database, run: Run, made: Rows, stamp: str | None = None) -> int:
    """Store an annotation in place of what was stored of its path; the document's id. NotStored if the schema does not take it.

    The document keeps its id, and so does every quote whose words are still there. `stamp` is inputs.stamp of its file.
    """
    path = made.document["path"]
    try:
        with _writing(db):
            document, is_new = _put_document(db, run, made.document, stamp)
            numbers = _numbers(db, made, {} if is_new else _forget(db, document))
            for table, columns in made.tables.items():
                if columns:
                    db.conn.executemany(*_insertion(table, columns, numbers, document))
            db.conn.executemany("INSERT INTO quotes_fts (rowid, words) VALUES (?, ?)", zip(numbers["quotes"][1:], made.column("quotes", "words")))
            db.execute("DELETE FROM failures WHERE path = ?", (path,))
            db.execute("UPDATE runs SET annotated = annotated + 1 WHERE id = ?", (run.id,))
    except UnicodeEncodeError:
        raise NotStored(f"{_storable(path)}: name or text holds half a character (a lone surrogate); save it as UTF-8") from None
    except sqlite3.IntegrityError as error:
        raise NotStored(f"{path}: the annotation breaks a rule of the schema ({error}); please report this article") from None
    return document


def remove(db: Database, path: str) -> bool:
    """Forget the article at `path` and all that was found in it; False if it was not stored."""
    with _writing(db):
        db.execute("DELETE FROM failures WHERE path = ?", (path,))
        return db.execute("DELETE FROM documents WHERE path = ?", (path,)).rowcount > 0


def _put_document(db: Database, run: Run, document: Mapping[str, str | None], stamp: str | None) -> tuple[int, bool]:
    """The id of a document, and whether it is new."""
    outlet = None
    if document["outlet"] is not None:
        db.execute("INSERT INTO outlets (name) VALUES (?) ON CONFLICT DO NOTHING", (document["outlet"],))
        outlet = db.execute("SELECT id FROM outlets WHERE name = ?", (document["outlet"],)).fetchone()[0]
    fields = dict(document) | {"outlet": outlet, "stamp": stamp, "run": run.id}
    if known := db.execute("SELECT id FROM documents WHERE path = ?", (document["path"],)).fetchone():
        db.execute(f"UPDATE documents SET {', '.join(f'{name} = :{name}' for name in fields)} WHERE path = :path", fields)
        return known[0], False
    id = db.conn.execute(f"INSERT INTO documents ({', '.join(fields)}) VALUES ({', '.join(':' + name for name in fields)})", fields).lastrowid
    db.execute("INSERT INTO documents_fts (rowid, title, text) VALUES (?, ?, ?)", (id, document["title"], document["text"]))
    return id, True


def _forget(db: Database, document: int) -> dict[str, list[int]]:
    """Delete what was found in a document; the ids its quotes had, by their words."""
    before = defaultdict(list)
    for words, quote in db.execute("SELECT words, id FROM quotes WHERE document = ? ORDER BY number", (document,)):
        before[words].append(quote)
    for table in ("quotes", "sentences", "tags", "spans"):  # whatever stands on a span goes with it
        db.execute(f"DELETE FROM {table} WHERE document = ?", (document,))
    return before


def _numbers(db: Database, made: Rows, before: Mapping[str, list[int]]) -> dict[str, list[int | None]]:
    """The ids of an article's rows, by table and by their numbers in the article; the write lock keeps them free."""
    numbers: dict[str, list[int | None]] = {}
    for table in NUMBERED:
        free = count(_highest(db, table) + 1)
        kept = map(before.get, made.column(table, "words")) if table == "quotes" else repeat(None, made.length(table))
        numbers[table] = [None, *(ids.pop(0) if ids else next(free) for ids in kept)]
    return numbers


def _insertion(table: str, columns: Sequence[list], numbers: Mapping[str, list[int | None]], document: int) -> tuple[str, Iterable[tuple]]:
    """The statement that inserts rows of a table, and the rows with the ids of what they point to."""
    names, values = list(COLUMNS[table]), []
    for name, column in zip(names, columns, strict=True):
        ids = numbers.get(POINTS_TO.get(name))
        values.append([ids[number] for number in column] if ids else column)
    if table in numbers:
        names.append("id")
        values.append(numbers[table][1:])
    if table in _OF_A_DOCUMENT:
        names.append("document")
        values.append(repeat(document))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})", zip(*values)


def _highest(db: Database, table: str) -> int:
    """The highest id a table holds; of quotes, the highest it ever held."""
    if table == "quotes":
        return _value(db.conn, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'quotes'")
    return _value(db.conn, f"SELECT coalesce(max(id), 0) FROM {table}")


# Reviews -----------------------------------------------------------------------------------------

VERDICTS = ("accepted", "speaker", "span", "no quote", "missed")


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody says of a quote that was found, or was missed.

    `place` are the parts that were looked at, `content` those that are right: none for the verdict “no quote”, which has
    no type either. `speaker` is a name on one line, `kind` as in `Attribution`; both are None where nobody can be made out.
    """

    verdict: str
    place: tuple[Span, ...]
    content: tuple[Span, ...]
    type: str | None
    speaker: str | None
    kind: str | None
    reviewer: str
    note: str | None = None


def add_review(db: Database, document: int, review: Review) -> int:
    """Store a review of a quote of the article with this id; the review's id. Nothing stored before is touched.

    StoreError if there is no such article, or the review does not hold together.
    """
    with _writing(db):
        found = db.execute("SELECT sha256, text FROM documents WHERE id = ?", (document,)).fetchone()
        if found is None:
            raise StoreError(f"there is no article {document} in this database")
        sha256, text = found
        for parts in (review.place, review.content or review.place):
            if not parts or parts[-1].stop > len(text) or any(a.stop > b.start for a, b in zip(parts, parts[1:])):
                raise StoreError("the marked words are not in the article, or their parts are not in order; mark them again")
        if review.verdict != "missed" and not _is_placed(db, sha256, review.place):
            raise StoreError("there is no quote at this place any more, as the article was annotated again; reload the page")
        was = db.execute(
            "SELECT json_object('speaker', sources.name, 'rule', quotes.rule, 'speaker_rule', speaker_rule, 'confidence', confidence, 'run', digest)"
            " FROM quotes JOIN documents ON documents.id = quotes.document JOIN runs ON runs.id = run LEFT JOIN sources ON sources.id = source"
            " WHERE quotes.document = ? AND offsets = ?", (document, offsets(review.place)),
        ).fetchone()
        words = BETWEEN_PARTS.join(part.of(text) for part in review.content or review.place)
        row = {
            "sha256": sha256, "offsets": offsets(review.place), "verdict": review.verdict,
            "content": offsets(review.content) if review.content else None, "words": words, "type": review.type,
            "speaker": one_line(review.speaker or "") or None, "kind": review.kind, "note": (review.note or "").strip() or None,
            "reviewer": review.reviewer, "made": _now(), "found": was[0] if was else None,
        }
        try:
            return db.execute(
                f"INSERT INTO reviews ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)}) RETURNING id", row
            ).fetchall()[0][0]
        except (sqlite3.IntegrityError, UnicodeEncodeError) as error:
            raise StoreError(f"this review does not hold together ({error}); say what is right: verdict, type, speaker and kind") from None


def _is_placed(db: Database, sha256: str, place: tuple[Span, ...]) -> bool:
    """Whether a quote stands at a place of a text: found by the annotator, or by somebody who reviewed it."""
    return bool(db.execute(
        "SELECT 1 FROM quotes JOIN documents ON documents.id = document WHERE sha256 = :sha256 AND offsets = :place"
        " UNION ALL SELECT 1 FROM reviews WHERE sha256 = :sha256 AND content = :place",
        {"sha256": sha256, "place": offsets(place)},
    ).fetchall())


def reviews(db: Database, document: int) -> list[dict[str, object]]:
    """Rows of the view `reviewed` of one article, with the offsets looked at and those that are right, in their order of time."""
    with _reading(db):
        return list(db.query(
            "SELECT reviewed.*, offsets, content, type, kind FROM reviewed JOIN reviews ON reviews.id = review WHERE document = ? ORDER BY review",
            (document,),
        ))


def reviewed(db: Database) -> Iterator[tuple[Annotation, list[dict[str, object]]]]:
    """Annotations of the articles with reviews, each with its rows of `reviews`."""
    with _reading(db):
        documents = [id for (id,) in db.execute("SELECT DISTINCT document FROM reviewed WHERE document IS NOT NULL ORDER BY document")]
    for document in documents:
        annotation = _read(db, document)
        if annotation is not None:  # else removed meanwhile
            yield annotation, reviews(db, document)


def agreements(db: Database) -> list[dict[str, object]]:
    """Reviews that count and how many the annotator agrees with now: `group` all, verdict or rule, `name`, `reviewed`, `agrees`."""
    groups = {"all": "''", "verdict": "verdict", "rule": "coalesce((SELECT found ->> 'rule' FROM reviews WHERE id = review), 'none')"}
    with _reading(db):
        return [row for group, name in groups.items() for row in db.query(
            f"SELECT '{group}' AS \"group\", {name} AS name, count(*) AS reviewed, sum(agrees) AS agrees FROM reviewed"
            " WHERE agrees IS NOT NULL GROUP BY 2 ORDER BY 3 DESC, 2"
        )]


# Reading -----------------------------------------------------------------------------------------


def annotations(db: Database) -> Iterator[Annotation]:
    """Every annotation stored, by path; each equal to the one written."""
    with _reading(db):
        documents = [id for (id,) in db.execute("SELECT id FROM documents ORDER BY path")]
    for document in documents:
        annotation = _read(db, document)
        if annotation is not None:  # else removed meanwhile
            yield annotation


def one(db: Database, article: str) -> Annotation:
    """The annotation of the article named by its id, path, end of path (`.txt` may be left out), title, or words of the title.

    These are tried in this order.
    StoreError if there is none, or several.
    """
    ways = (
        "CAST(id AS TEXT) = :q",
        "path = :q",
        "substr(path, -length(:q) - 1) = '/' || :q",
        "substr('/' || path, -length(:q) - 5) = '/' || :q || '.txt'",
        "title = :q",
        "instr(lower(title), lower(:q))",
    )
    for way in ways:
        with _reading(db):
            found = db.execute(f"SELECT id, path FROM documents WHERE {way} ORDER BY path LIMIT 6", {"q": _storable(article)}).fetchall()
        if len(found) > 1:
            names = "; ".join(f"{id} = {path}" for id, path in found[:5]) + ("; …" if len(found) > 5 else "")
            raise StoreError(f"“{article}” fits several articles ({names}); give a path or the number before it")
        annotation = _read(db, found[0][0]) if found else None
        if annotation is not None:
            return annotation
    raise StoreError(f"“{article}” is not the path, title or number of an article in this database")


def quote(db: Database, id: int) -> tuple[Annotation, int]:
    """The annotation that holds the quote with this id, and the index of its attribution there. StoreError if there is none."""
    with _reading(db):
        found = db.execute("SELECT document, number FROM quotes WHERE id = ?", (str(id),)).fetchone()
    annotation = _read(db, found[0]) if found else None
    if annotation is None:
        raise StoreError(f"there is no quote {id} in this database; the view `said` lists their numbers")
    return annotation, found[1] - 1


def quote_ids(db: Database, path: str) -> tuple[int, ...]:
    """Ids of the quotes of the article at `path`, in the order of its attributions."""
    with _reading(db):
        rows = db.execute(
            "SELECT quotes.id FROM quotes JOIN documents ON documents.id = document WHERE path = ? ORDER BY number", (path,)
        )
        return tuple(id for (id,) in rows)


def run_of(db: Database, path: str) -> dict[str, object]:
    """The columns of the run that annotated the article at `path`, and as `document` the article's id. StoreError if it is not stored."""
    with _reading(db):
        found = list(db.query("SELECT runs.*, documents.id AS document FROM documents JOIN runs ON runs.id = run WHERE path = ?", (path,)))
    if not found:
        raise StoreError(f"{path} is no article of this database")
    return found[0]


def said(db: Database, speaker: str = "", limit: int | None = None) -> tuple[list[dict[str, object]], int]:
    """Rows of the view `said` with these words in the speaker's name, in any case, by quote; and how many there are in all.

    If there are more than `limit`, as many are taken at even distances.
    """
    db.conn.create_function("casefold", 1, str.casefold, deterministic=True)
    with _reading(db):
        found = [id for (id,) in db.execute(
            "SELECT quote FROM said WHERE instr(casefold(coalesce(speaker, '')), casefold(?)) ORDER BY quote", (speaker,)
        )]
        count = len(found) if limit is None else min(limit, len(found))
        taken = [found[i * len(found) // count] for i in range(count)]
        rows = db.query("SELECT * FROM said WHERE quote IN (SELECT value FROM json_each(?)) ORDER BY quote", (json.dumps(taken),))
        return list(rows), len(found)


def _read(db: Database, document: int) -> Annotation | None:
    with _reading(db):
        return _annotation(db, document)


def _annotation(db: Database, id: int) -> Annotation | None:
    def rows(sql: str) -> list[tuple]:
        return db.execute(sql, {"id": id}).fetchall()

    head = rows(
        "SELECT path, text, outlets.name, title, url, published, author"
        " FROM documents LEFT JOIN outlets ON outlets.id = outlet WHERE documents.id = :id"
    )
    if not head:
        return None
    span = {None: None} | {
        id: Span(start, stop) for id, start, stop in rows("SELECT id, start, stop FROM spans WHERE document = :id")
    }
    role, roles_of = {None: None}, defaultdict(list)
    for number, entity, place, affiliation, rule in rows(
        "SELECT id, entity, span, affiliation, rule FROM roles WHERE document = :id ORDER BY id"
    ):
        role[number] = Role(span[place], span[affiliation], rule)
        roles_of[entity].append(role[number])
    mentions_of = _grouped(rows(
        "SELECT entity, mentions.span, mentions.type, score, rule FROM entities JOIN mentions ON entity = entities.id"
        " WHERE document = :id ORDER BY mentions.id"
    ))
    entities = rows("SELECT id, type, span FROM entities WHERE document = :id ORDER BY number")
    index_of = {None: None} | {number: index for index, (number, *_) in enumerate(entities)}
    return Annotation(
        document=Document(*head[0]),
        zones=tuple(
            Zone(span[place], kind, rule)
            for place, kind, rule in rows("SELECT span, kind, rule FROM zones WHERE document = :id ORDER BY id")
        ),
        sentences=_sentences(db, id),
        entities=tuple(
            Entity(
                type, span[name],
                tuple(Mention(span[place], kind, score, rule) for place, kind, score, rule in mentions_of[number]),
                tuple(roles_of[number]),
            )
            for number, type, name in entities
        ),
        attributions=_attributions(rows, span, role, index_of),
        tagged=_tagged(*rows("SELECT names FROM tags WHERE document = :id")[0]),
    )


def _sentences(db: Database, document: int) -> tuple[Sentence, ...]:
    rows = db.execute("SELECT start, stop, tokens FROM sentences WHERE document = ? ORDER BY start", (document,)).fetchall()
    return tuple(unpacked(*row) for row in rows)


def _tagged(names: str) -> tuple[Mention, ...]:
    """The names a row of tags holds; no rule found them but the tagger."""
    return tuple(Mention(Span(start, stop), type, score, "ner") for start, stop, type, score in json.loads(names))


def _attributions(rows, span, role, index_of) -> tuple[Attribution, ...]:
    parts_of = _grouped(rows(
        "SELECT quote, span FROM quotes JOIN quote_parts ON quote = quotes.id"
        " WHERE document = :id ORDER BY quote, quote_parts.number"
    ))
    candidates_of = _grouped(rows(
        "SELECT quote, span, score, reason FROM quotes JOIN candidates ON quote = quotes.id"
        " WHERE document = :id ORDER BY candidates.id"
    ))
    quotes = rows(
        "SELECT quotes.id, type, cue, source_span, implicit, via, rule, sources.span, kind, entity, role, parent, confidence,"
        " speaker_rule FROM quotes LEFT JOIN sources ON sources.id = source WHERE quotes.document = :id ORDER BY number"
    )
    number_of = {None: None} | {id: number for number, (id, *_) in enumerate(quotes)}
    return tuple(
        Attribution(
            quote=Quote(
                type, tuple(span[part] for (part,) in parts_of[id]), span[cue], span[source], bool(implicit), span[via], rule
            ),
            speaker=span[speaker],
            kind=kind,
            entity=index_of[entity],
            role=role[office],
            parent=number_of[parent],
            confidence=confidence,
            rule=speaker_rule,
            candidates=tuple(Candidate(span[name], score, reason) for name, score, reason in candidates_of[id]),
        )
        for id, type, cue, source, implicit, via, rule, speaker, kind, entity, office, parent, confidence, speaker_rule in quotes
    )


def _grouped(rows: list[tuple]) -> defaultdict[int, list[tuple]]:
    """Rows by their first column, which is left out."""
    groups = defaultdict(list)
    for first, *rest in rows:
        groups[first].append(tuple(rest))
    return groups


# Looking over ------------------------------------------------------------------------------------


def version(connection: sqlite3.Connection) -> tuple[int, int]:
    """application_id and user_version of a database: (APPLICATION_ID, VERSION) for one of ours."""
    return _value(connection, "PRAGMA application_id"), _value(connection, "PRAGMA user_version")


def state(db: Database) -> tuple[int, ...]:
    """Numbers that change whenever an article or a review is written."""
    with _reading(db):
        return db.execute("SELECT coalesce(sum(annotated + failed), 0), count(*), (SELECT count(*) FROM documents), (SELECT count(*) FROM reviews) FROM runs").fetchall()[0]


def holds(db: Database, document: int) -> bool:
    """Whether there is an article with this id."""
    return bool(db.execute("SELECT 1 FROM documents WHERE id = ?", (document,)).fetchall())


def agreement(db: Database) -> dict[str, int]:
    """How many reviews count, and with how many of them the annotator agrees now; those of texts that are not here left out."""
    with _reading(db):
        reviewed, agrees = db.execute("SELECT count(agrees), coalesce(sum(agrees), 0) FROM reviewed").fetchall()[0]
    return {"reviewed": reviewed, "agrees": agrees}


def queue(db: Database, limit: int, offset: int = 0, **wanted: str) -> list[dict[str, object]]:
    """Rows of the view `queue`, those to be looked at first before; `wanted` are columns and the values they must have."""
    where = " AND ".join(f"{column} = :{column}" for column in wanted) or "true"
    with _reading(db):
        return list(db.query(
            f"SELECT * FROM queue WHERE {where} ORDER BY urgency, confidence, quote LIMIT :limit OFFSET :offset",
            wanted | {"limit": limit, "offset": offset},
        ))


def queue_choices(db: Database) -> dict[str, list[str]]:
    """What the queue can be narrowed to: outlets and rules by name, speakers by the number of their quotes."""
    with _reading(db):
        def names(sql: str) -> list[str]:
            return [name for (name,) in db.execute(sql).fetchall()]

        return {
            "outlet": names("SELECT name FROM outlets ORDER BY name"),
            "rule": names("SELECT DISTINCT rule FROM quotes ORDER BY rule"),
            "speaker": names("SELECT name FROM sources JOIN quotes ON source = sources.id GROUP BY name ORDER BY count(*) DESC, name LIMIT 200"),
        }


def speaker(db: Database, name: str, words: str = "", limit: int = 500) -> dict[str, object]:
    """What is known of the speaker with this name: `total`, `first`, `last`, `roles`, `names`, and up to `limit` of their `quotes`.

    With `words`, only quotes that hold all of them.
    """
    with _reading(db):
        def rows(sql: str) -> list[dict[str, object]]:
            return list(db.query(sql, {"name": name, "words": " ".join(f'"{w}"' for w in words.replace('"', " ").split()), "limit": limit}))

        matching = "AND quote IN (SELECT rowid FROM quotes_fts WHERE quotes_fts MATCH :words)" if words.replace('"', " ").split() else ""
        mine = "FROM said WHERE speaker = :name AND review IS NOT 'no quote'"
        head = rows(f"SELECT count(*) AS total, count(DISTINCT document) AS articles, min(published) AS first, max(published) AS last, min(kind) AS kind {mine}")
        return head[0] | {
            "roles": rows(f"SELECT role, count(*) AS quotes, min(published) AS first, max(published) AS last {mine} AND role IS NOT NULL GROUP BY role ORDER BY first, role"),
            "names": rows(
                "SELECT DISTINCT spans.words FROM sources JOIN mentions ON mentions.entity = sources.entity JOIN spans ON spans.id = mentions.span"
                " WHERE sources.name = :name ORDER BY spans.words LIMIT 50"
            ),
            "quotes": rows(f"SELECT * {mine} {matching} ORDER BY published DESC, quote LIMIT :limit"),
        }



def summary(db: Database) -> dict[str, int]:
    """Figures of the whole database: what it holds, in words people use -> how many."""
    with _reading(db):
        figures = {
            "articles": "count(*) FROM documents",
            "outlets": "count(DISTINCT outlet) FROM documents",
            "mentions": "count(*) FROM mentions",
            "people": "count(*) FROM entities WHERE type = 'PER'",
            "organisations": "count(*) FROM entities WHERE type = 'ORG'",
            "places": "count(*) FROM entities WHERE type = 'LOC'",
            "quotes": "count(*) FROM quotes",
            "direct": "count(*) FROM quotes WHERE type = 'direct'",
            "indirect": "count(*) FROM quotes WHERE type = 'indirect'",
            "mixed": "count(*) FROM quotes WHERE type = 'mixed'",
            "attributed": "count(*) FROM quotes WHERE source IS NOT NULL",
            "named": "count(*) FROM quotes JOIN sources ON sources.id = source WHERE naming = 'named'",
            "relayed": "count(*) FROM quotes WHERE via IS NOT NULL",
            "failures": "count(*) FROM failures",
        }
        return {name: _value(db.conn, f"SELECT {query}") for name, query in figures.items()}


def check(db: Database) -> Iterator[str]:
    """Problems of the database, each a sentence; none if every stored word, hash, link and search index holds."""
    with _explained(db.conn):
        for (line,) in db.execute("PRAGMA quick_check").fetchall():
            if line != "ok":
                yield f"The file is damaged: {line}."
        for table, row, parent, _ in db.execute("PRAGMA foreign_key_check").fetchall():
            yield f"Row {row} of {table} points to a row of {parent} that is not there."
        yield from _check_one_document(db)
        for table in ("documents", "quotes"):
            try:
                db.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('integrity-check', 1)")
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                yield f"The search index of {table} differs from the table ({error}); `sqlite-utils rebuild-fts` repairs it."
        documents = db.execute("SELECT id, path, text, sha256 FROM documents ORDER BY path")
        for id, path, text, sha256 in documents:
            for problem in _check_words(db, id, text, sha256):
                yield f"{path}: {problem}"


def _check_one_document(db: Database) -> Iterator[str]:
    """Links a foreign key allows although they cross from one document into another."""
    owner = {"mentions": ("entities", "entity"), "quote_parts": ("quotes", "quote"), "candidates": ("quotes", "quote")}
    for table, column, parent in _links(db):
        if column in owner.get(table, ()) or parent not in ("spans", "entities", "roles", "sources", "quotes"):
            continue
        row, document = f"{table}.rowid", f"{table}.document"
        through = ""
        if table in owner:
            above, key = owner[table]
            row, document = f"{table}.{key}", f"{above}.document"
            through = f"JOIN {above} ON {above}.id = {table}.{key}"
        for (found,) in db.execute(
            f"SELECT {row} FROM {table} {through} JOIN {parent} AS target ON target.id = {table}.{column}"
            f" WHERE target.document <> {document}"
        ).fetchall():
            yield f"{column} of {table} points from row {found} into another article."


def _links(db: Database) -> Iterator[tuple[str, str, str]]:
    for table in COLUMNS:
        for key in db.table(table).foreign_keys:
            yield table, key.column, key.other_table


def _check_words(db: Database, document: int, text: str, sha256: str) -> Iterator[str]:
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        yield "the text is not the one whose sha256 is stored."
    where = {"id": document}
    for id, start, stop, words in db.execute("SELECT id, start, stop, words FROM spans WHERE document = :id", where):
        if text[start:stop] != words or stop > len(text):
            yield f"span {id} says {_short(words)}, the text at {start}–{stop} says {_short(text[start:stop])}."
    for start, stop, packed in db.execute("SELECT start, stop, tokens FROM sentences WHERE document = :id", where):
        if stop > len(text) or any(token.stop > stop for token in unpacked(start, stop, packed).tokens):
            yield f"the sentence at {start}–{stop} runs out of its text."
    parts = _grouped(db.execute(
        "SELECT quote, spans.words FROM quotes JOIN quote_parts ON quote = quotes.id JOIN spans ON spans.id = quote_parts.span"
        " WHERE quotes.document = :id ORDER BY quote, quote_parts.number", where,
    ).fetchall())
    for id, words in db.execute("SELECT id, words FROM quotes WHERE document = :id", where):
        if BETWEEN_PARTS.join(part for (part,) in parts[id]) != words:
            yield f"quote {id} says {_short(words)}, its parts say something else."
    for table in ("entities", "sources"):
        for id, name, words in db.execute(
            f"SELECT {table}.id, name, words FROM {table} JOIN spans ON spans.id = span WHERE {table}.document = :id", where
        ):
            if one_line(words) != name:
                yield f"row {id} of {table} is named {_short(name)}, its span says {_short(words)}."


# Ground ------------------------------------------------------------------------------------------


def _short(words: str) -> str:
    return repr(words if len(words) <= 60 else words[:59] + "…")


def _storable(words: str) -> str:
    """Words with lone surrogates, as a file name may hold, written out as \\udc80."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def _json(settings: Mapping[str, object]) -> str:
    return json.dumps(settings, ensure_ascii=False, sort_keys=True)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _value(connection: sqlite3.Connection, sql: str) -> int:
    return connection.execute(sql).fetchone()[0]


@contextmanager
def _writing(db: Database) -> Iterator[None]:
    """One transaction that holds the write lock from its start, or a part of the one that is open; undone if anything goes wrong.

    A part has no savepoint: SQLite would write out the full-text index at each.
    """
    if db.conn.in_transaction:
        yield
        return
    with _explained(db.conn):
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.conn.execute("COMMIT")
        except BaseException:
            if db.conn.in_transaction:  # SQLite may have undone it, as when the disk is full
                db.conn.execute("ROLLBACK")
            raise


@contextmanager
def _reading(db: Database) -> Iterator[None]:
    """One state of the database for several queries."""
    with _explained(db.conn):
        db.conn.execute("BEGIN")
        try:
            yield
        finally:
            db.rollback()


@contextmanager
def _explained(connection: sqlite3.Connection) -> Iterator[None]:
    """Turn what SQLite says into what is wrong and what to do."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        advice = next((advice for words, advice in _ADVICE.items() if words in str(error)), "copy it aside and annotate into a new file")
        file = connection.execute("PRAGMA database_list").fetchone()[2]
        raise StoreError(f"{file}: {error}; {advice}") from None


_ADVICE = {
    "locked": "another program is writing to it: wait until it ends, or close it",
    "readonly": "it may only be read: copy it to a folder where you may write",
    "unable to open": "check that the file and its folder may be read and written",
    "full": "the disk is full: make room and run the same command again",
    "not a database": "choose another file",
}
