import hashlib
import re
import sqlite3
import threading
from dataclasses import replace

import pytest

from annotator import document as nouns
from annotator import rows, store
from annotator.document import Annotation, Attribution, Document, Quote, Span
from annotator.store import StoreError

# A changed schema, comments aside, needs a new VERSION, or old files would be read by rules they do not follow.
SCHEMA = {4: "03899e52472e717583014dc4f59ad1eae2708454f6e0f57eed9274464d450d37"}

# Where each field of each noun is kept.
PLACES = {
    "Span.start": "spans.start", "Span.stop": "spans.stop",
    "Document.path": "documents.path", "Document.text": "documents.text", "Document.outlet": "documents.outlet",
    "Document.title": "documents.title", "Document.url": "documents.url", "Document.published": "documents.published",
    "Document.author": "documents.author",
    "Zone.span": "zones.span", "Zone.kind": "zones.kind", "Zone.rule": "zones.rule",
    "Sentence.span": "sentences.start", "Sentence.borders": "sentences.tokens",
    "Mention.span": "mentions.span", "Mention.type": "mentions.type", "Mention.score": "mentions.score", "Mention.rule": "mentions.rule",
    "Role.span": "roles.span", "Role.affiliation": "roles.affiliation", "Role.rule": "roles.rule",
    "Entity.type": "entities.type", "Entity.name": "entities.span", "Entity.mentions": "mentions.entity", "Entity.roles": "roles.entity",
    "Quote.type": "quotes.type", "Quote.content": "quote_parts.span", "Quote.cue": "quotes.cue", "Quote.source": "quotes.source_span",
    "Quote.implicit": "quotes.implicit", "Quote.via": "quotes.via", "Quote.rule": "quotes.rule",
    "Candidate.name": "candidates.span", "Candidate.score": "candidates.score", "Candidate.reason": "candidates.reason",
    "Attribution.quote": "quotes.id", "Attribution.speaker": "sources.span", "Attribution.kind": "sources.kind",
    "Attribution.entity": "sources.entity", "Attribution.role": "quotes.role", "Attribution.parent": "quotes.parent",
    "Attribution.confidence": "quotes.confidence", "Attribution.rule": "quotes.speaker_rule", "Attribution.candidates": "candidates.quote",
    "Annotation.document": "documents.id", "Annotation.zones": "zones.document", "Annotation.sentences": "sentences.document",
    "Annotation.tagged": "tags.names", "Annotation.entities": "entities.document", "Annotation.attributions": "quotes.document",
}


@pytest.fixture
def db(tmp_path):
    with store.open(tmp_path / "a.db") as db:
        yield db


MADE_WITH = {"tool": "1.0", "model": "m", "rules": "r", "settings": {"batch": 32}}


def begin(db, **changes):
    return store.start_run(db, **MADE_WITH | changes)


@pytest.fixture
def run(db):
    return begin(db)


def test_every_field_of_every_noun_has_a_column(db):
    fields = {
        f"{name}.{field}"
        for name, noun in vars(nouns).items() if isinstance(noun, type) and not name.startswith("_") for field in noun.__match_args__
    }
    assert set(PLACES) == fields
    columns = {f"{table}.{column.name}" for table in db.table_names() for column in db[table].columns}
    columns.add("sources.naming")
    assert set(PLACES.values()) <= columns


def test_schema_change_needs_a_version():
    statements = re.sub(r"\s*--.*", "", store.schema())
    assert SCHEMA == {store.VERSION: hashlib.sha256(statements.encode()).hexdigest()}


def test_every_foreign_key_has_an_index(db):
    for table in db.tables:
        leading = {index.columns[0] for index in table.indexes} | {table.pks[0]}
        assert {key.column for key in table.foreign_keys} <= leading, table.name


def test_round_trip(db, run, sample, bare):
    other = replace(sample, document=replace(sample.document, path="corpus/copy.txt"))
    for annotation in (bare, sample, other):
        store.write(db, run, rows.of(annotation))
    assert list(store.annotations(db)) == [sample, other, bare]
    assert list(store.check(db)) == []


def test_writing_again_replaces_and_keeps_ids(db, run, sample, bare):
    store.write(db, run, rows.of(bare))
    first = store.write(db, run, rows.of(sample))
    tables = [table for table in db.table_names() if "_fts" not in table]
    counts = {table: db[table].count for table in tables}
    ids = store.quote_ids(db, sample.document.path)
    assert ids == (1, 2, 3, 4, 5, 6)
    shorter = replace(sample, attributions=(sample.attributions[5], sample.attributions[0]))
    assert store.write(db, run, rows.of(shorter)) == first
    assert store.quote_ids(db, sample.document.path) == (6, 1)
    store.write(db, run, rows.of(sample))
    assert store.quote_ids(db, sample.document.path) == (1, 7, 8, 9, 10, 6)
    assert counts == {table: db[table].count for table in tables}
    assert list(store.annotations(db)) == [sample, bare]
    assert list(store.check(db)) == []


def test_changed_text_is_replaced_and_found(db, run, sample):
    store.write(db, run, rows.of(sample))
    text = "Ketua Kampung berkata: tidak ada sagu."
    changed = Annotation(Document(sample.document.path, text), (), (), (), (
        Attribution(Quote("indirect", (Span(23, 37),), None, None, True, None, "r"), None, None, None, None, None, 0.5, "s", ()),
    ))
    store.write(db, run, rows.of(changed))
    assert list(store.annotations(db)) == [changed]
    for index, word, hits in (("quotes", "sagu", 1), ("quotes", "jembatan", 0), ("documents", "sagu", 1), ("documents", "jembatan", 0)):
        assert len(list(db[index].search(word))) == hits
    assert list(store.check(db)) == []


def test_remove(db, run, sample, bare):
    store.write(db, run, rows.of(sample))
    store.write(db, run, rows.of(bare))
    assert store.remove(db, sample.document.path) and not store.remove(db, sample.document.path)
    assert list(store.annotations(db)) == [bare]
    assert {table: db[table].count for table in ("spans", "mentions", "quotes", "candidates", "roles", "sources")} == dict.fromkeys(
        ("spans", "mentions", "quotes", "candidates", "roles", "sources"), 0
    )
    assert list(store.check(db)) == []


def test_runs_known_and_failures(db, sample, bare):
    run = begin(db)
    assert begin(db).digest == run.digest == store.digest(**MADE_WITH)
    for change in ({"tool": "1.1"}, {"model": "n"}, {"rules": "s"}, {"settings": {"batch": 8}}):
        assert begin(db, **change).digest == store.digest(**MADE_WITH | change) != run.digest
    store.record_failure(db, run, bare.document.path, "empty")
    store.record_failure(db, run, "b\udcff.txt", "not UTF-8")
    assert store.summary(db)["failures"] == 2
    store.write(db, run, rows.of(bare))
    assert [(row["path"], row["reason"]) for row in db["failures"].rows] == [("b\\udcff.txt", "not UTF-8")]
    assert store.known(db, [bare.document.path, "other"]) == {bare.document.path: store.Known(bare.document.sha256, None, run.digest, "m")}
    assert db["runs"].get(run.id)["finished"] is None
    store.finish_run(db, run, unchanged=3)
    row = db["runs"].get(run.id)
    assert (row["annotated"], row["unchanged"], row["failed"]) == (1, 3, 2)
    assert row["finished"] >= row["started"]


def test_writes_are_in_the_one_file_when_a_run_ends(db, run, sample, tmp_path):
    store.write(db, run, rows.of(sample))
    assert (tmp_path / "a.db-wal").stat().st_size > 0
    store.finish_run(db, run)
    assert (tmp_path / "a.db-wal").stat().st_size == 0


def test_said(db, run, sample):
    store.write(db, run, rows.of(sample))
    first, *_, last = db["said"].rows
    assert first == {
        "quote": 1, "speaker": "Siti Latuconsina", "role": "Kepala Dinas\u00a0Perhubungan Kota Ambon", "words": "Jembatan itu aman",
        "cue": "kata", "type": "indirect", "kind": "person", "naming": "named", "affiliation": "Dinas\u00a0Perhubungan Kota Ambon",
        "via": "Antara", "outlet": "Warung Kabar", "published": "2025-03-03", "article": sample.document.title, "review": None, "confidence": 0.97,
        "rule": "verb.after", "speaker_rule": "name", "path": "corpus/ambon/001.txt", "document": 1,
    }
    assert (last["speaker"], last["kind"], last["naming"], last["speaker_rule"]) == (None, None, None, "none")
    words = [row["words"] for row in db["said"].rows]
    assert words[1] == "Kami sudah bilang 'jembatan ini kuat', … Beban kata-kata <b>itu</b> & 12 ton."


def test_said_by_somebody(db, run, sample, bare):
    assert store.said(db) == ([], 0)
    store.write(db, run, rows.of(bare))
    store.write(db, run, rows.of(sample))
    found, total = store.said(db)
    assert found == list(db["said"].rows) and total == len(found) == 6
    assert store.said(db, "latuCONSINA") == ([row for row in found if row["speaker"] == "Siti Latuconsina"], 4)
    assert store.said(db, "Nyai") == store.said(db, "%") == ([], 0)


def test_a_sample_of_said_is_spread_evenly(db, run, sample):
    store.write(db, run, rows.of(sample))
    taken = {limit: ([row["quote"] for row in some], total) for limit in (1, 2, 4, 6, 7) for some, total in [store.said(db, limit=limit)]}
    every = [1, 2, 3, 4, 5, 6]
    assert taken == {1: ([1], 6), 2: ([1, 4], 6), 4: ([1, 2, 4, 5], 6), 6: (every, 6), 7: (every, 6)}


def test_the_chosen_candidate_is_the_speaker(db, run, sample):
    store.write(db, run, rows.of(sample))
    assert [(row["quote"], row["reason"]) for row in db["candidates"].rows_where("chosen")] == [
        (1, "named by the cue"), (2, "the last person who spoke"), (4, "named by the cue"),
    ]


def test_views(db, run, sample):
    store.write(db, run, rows.of(sample))
    assert [(row["speaker"], row["naming"], row["quotes"], row["articles"]) for row in db["quotes_per_speaker"].rows] == [
        ("Siti Latuconsina", "named", 4, 1), ("Seorang warga", "unnamed", 1, 1),
    ]
    (outlet,) = db["quotes_per_outlet"].rows
    assert outlet == {
        "outlet": "Warung Kabar", "articles": 1, "quotes": 6, "direct": 3, "indirect": 2, "mixed": 1, "unnamed": 1, "unattributed": 1,
        "relayed": 1,
    }
    assert [row["words"] for row in db["unattributed"].rows] == ["Siapa yang tahu?"]
    assert [row["confidence"] for row in db["least_sure"].rows] == [0.05, 0.5, 0.55, 0.6, 0.8, 0.97]
    assert [(row["via"], row["quote"]) for row in db["relayed"].rows] == [("Antara", 1)]
    assert {row["words"] for row in db["marks"].rows_where("layer = 'content' AND quote = 2")} == {
        "Kami sudah bilang 'jembatan ini kuat',", "Beban kata-kata <b>itu</b> & 12 ton.",
    }
    assert {row["layer"] for row in db["marks"].rows} == {"content", "cue", "source", "via", "mention", "role", "affiliation", "zone"}


def test_summary(db, run, sample, bare):
    store.write(db, run, rows.of(sample))
    store.write(db, run, rows.of(bare))
    assert store.summary(db) == {
        "articles": 2, "outlets": 1, "mentions": 4, "people": 1, "organisations": 1, "places": 1, "quotes": 6, "direct": 3, "indirect": 2,
        "mixed": 1, "attributed": 5, "named": 4, "relayed": 1, "failures": 0,
    }


def test_one_article(db, run, sample, bare):
    store.write(db, run, rows.of(sample))
    store.write(db, run, rows.of(bare))
    for query in ("1", "corpus/ambon/001.txt", "ambon/001.txt", "001.txt", "001", "ambon/001", sample.document.title, "jembatan", "<SCRIPT>"):
        assert store.one(db, query) == sample, query
    for query in ("01.txt", "01", "3", "%", "_", "tidak ada", "\udcff"):
        with pytest.raises(StoreError, match="not the path, title or number"):
            store.one(db, query)
    store.write(db, run, rows.of(replace(sample, document=replace(sample.document, path="corpus/bali/001.txt"))))
    with pytest.raises(StoreError, match="several articles .1 = corpus/ambon/001.txt; 3 = corpus/bali/001.txt"):
        store.one(db, "001.txt")


def test_the_run_of_an_article(db, sample, bare):
    first, second = begin(db), begin(db, tool="1.1")
    store.write(db, second, rows.of(bare))
    document = store.write(db, first, rows.of(sample))
    made = store.run_of(db, sample.document.path)
    assert (made["document"], made["id"], made["tool"], made["digest"]) == (document, first.id, "1.0", first.digest)
    with pytest.raises(StoreError, match="none.txt is no article of this database"):
        store.run_of(db, "none.txt")


def test_one_quote(db, run, sample, bare):
    store.write(db, run, rows.of(bare))
    store.write(db, run, rows.of(sample))
    assert store.quote(db, 4) == (sample, 3)
    for id in (0, 7, 10**30):
        with pytest.raises(StoreError, match=f"no quote {id}"):
            store.quote(db, id)


@pytest.mark.parametrize(("damage", "problem"), [
    ("UPDATE spans SET words = 'salah' WHERE words = 'kata'", "corpus/ambon/001.txt: span .* says 'salah', the text at .* says 'kata'"),
    ("UPDATE spans SET stop = 9999 WHERE id = (SELECT max(id) FROM spans)", "span"),
    ("UPDATE documents SET text = text || '.'", "the text is not the one whose sha256 is stored"),
    ("UPDATE quotes SET words = 'salah' WHERE id = 2", "quote 2 says 'salah', its parts say something else"),
    ("UPDATE sources SET name = 'salah' WHERE id = 1", "row 1 of sources is named 'salah'"),
    ("UPDATE sentences SET tokens = '[0,9999]' WHERE start = 0", "the sentence at 0–.* runs out of its text"),
    ("UPDATE quotes SET cue = 999 WHERE id = 1", "of quotes points to a row of spans that is not there"),
    ("UPDATE quotes SET cue = (SELECT max(id) FROM spans) WHERE id = 1", "cue of quotes points from row 1 into another article"),
    ("UPDATE candidates SET span = (SELECT max(id) FROM spans) WHERE quote = 1", "span of candidates points from row 1 into another"),
    ("INSERT INTO quotes_fts (quotes_fts) VALUES ('delete-all')", "The search index of quotes differs"),
    ("DROP TRIGGER documents_fts_update; UPDATE documents SET title = 'lain'", "The search index of documents differs"),
])
def test_check_names_what_does_not_hold(db, run, sample, damage, problem):
    store.write(db, run, rows.of(sample))
    store.write(db, run, rows.of(replace(sample, document=replace(sample.document, path="corpus/copy.txt"))))
    db.conn.executescript("PRAGMA foreign_keys = OFF;" + damage)
    (found, *_) = problems = list(store.check(db))
    assert any(re.search(problem, p) for p in problems), problems
    assert found.endswith(".")


def test_the_schema_refuses_what_cannot_be(db, run, sample):
    store.write(db, run, rows.of(sample))
    for wrong in (
        "UPDATE spans SET stop = start", "UPDATE spans SET start = -1 WHERE id = 1", "UPDATE spans SET start = 'satu'",
        "UPDATE quotes SET type = 'other'", "UPDATE quotes SET confidence = 1.1", "UPDATE sources SET kind = 'robot'",
        "UPDATE candidates SET score = -0.1", "UPDATE quotes SET cue = 99999", "UPDATE quotes SET implicit = 2",
        "UPDATE sources SET naming = 'named'",
    ):
        with pytest.raises(sqlite3.DatabaseError):
            db.conn.execute(wrong)


def test_what_cannot_be_stored_leaves_everything_as_it_was(db, run, sample):
    store.write(db, run, rows.of(sample))
    before = list(db.conn.iterdump())
    halved = replace(sample, document=replace(sample.document, text=sample.document.text + "\ud83c"))
    doubtful = replace(sample, attributions=(replace(sample.attributions[0], confidence=1.5),))
    for annotation, message in ((halved, "lone surrogate"), (doubtful, "breaks a rule of the schema")):
        with pytest.raises(StoreError, match=f"001.txt: .*{message}"):
            store.write(db, run, rows.of(annotation))
        assert list(db.conn.iterdump()) == before


def test_a_span_outside_the_text_makes_no_rows(sample):
    with pytest.raises(rows.RowError, match="outside the text"):
        rows.of(replace(sample, zones=(replace(sample.zones[0], span=Span(0, 9999)),)))


def test_open_refuses_what_is_not_its_own(tmp_path, run, db):
    path = tmp_path / "x.db"
    with pytest.raises(StoreError, match="no database here"):
        store.open(path, create=False)
    assert not path.exists()
    with pytest.raises(StoreError, match="this is a folder"):
        store.open(tmp_path)
    with pytest.raises(StoreError, match="does not exist; make it first"):
        store.open(tmp_path / "none" / "x.db")
    path.write_text("Jembatan itu aman, kata Siti. " * 50)
    with pytest.raises(StoreError, match="not a database; choose another file"):
        store.open(path)
    path.unlink()
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE recipes (name)")
    content = path.read_bytes()
    with pytest.raises(StoreError, match="another program; nothing was changed"):
        store.open(path)
    assert path.read_bytes() == content
    db.conn.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer version of annotate .*update annotate"):
        store.open(tmp_path / "a.db")


def test_opening_again_keeps_everything(tmp_path, sample):
    path = tmp_path / "again.db"
    path.touch()
    with store.open(path) as db:
        store.write(db, begin(db), rows.of(sample))
    with store.open(path, create=False) as db:
        assert list(store.annotations(db)) == [sample]
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert db.journal_mode == "wal"


def test_readers_see_whole_articles_and_a_second_writer_waits(tmp_path, sample):
    path = tmp_path / "shared.db"
    with store.open(path) as db:
        store.write(db, begin(db), rows.of(sample))
        other = replace(sample, document=replace(sample.document, path="b.txt"))

        def write_other():
            with store.open(path) as second:
                store.write(second, begin(second), rows.of(other))

        second = threading.Thread(target=write_other)
        db.conn.execute("BEGIN IMMEDIATE")
        db.conn.execute("DELETE FROM documents")
        with store.open(path) as reader:
            second.start()
            assert list(store.annotations(reader)) == [sample]
        second.join(0.3)
        assert second.is_alive()
        db.conn.execute("ROLLBACK")
        second.join()
        assert list(store.annotations(db)) == [other, sample]


# Reviews -----------------------------------------------------------------------------------------


def judged(annotation, index, verdict="accepted", **changes):
    """A review that says of one quote what the annotation says, changed."""
    attribution = annotation.attributions[index]
    speaker = attribution.speaker and rows.one_line(attribution.speaker.of(annotation.document.text))
    fields = {
        "place": attribution.quote.content, "content": attribution.quote.content, "type": attribution.quote.type,
        "speaker": speaker, "kind": attribution.kind, "reviewer": "ani",
    }
    return store.Review(verdict, **fields | changes)


NO_QUOTE = {"content": (), "type": None, "speaker": None, "kind": None}


def test_a_review_counts_in_said_and_the_last_one_wins(db, run, sample):
    document = store.write(db, run, rows.of(sample))
    store.add_review(db, document, judged(sample, 0, "no quote", **NO_QUOTE))
    store.add_review(db, document, judged(sample, 0, "speaker", speaker="Seorang  sopir", kind="person", note=" lihat alinea 2 "))
    store.add_review(db, document, judged(sample, 3, "no quote", **NO_QUOTE))
    found, _ = store.said(db)
    assert [(r["quote"], r["speaker"], r["naming"], r["role"], r["review"]) for r in found if r["review"]] == [
        (1, "Seorang sopir", "unnamed", None, "speaker"), (4, "Seorang warga", "unnamed", "warga", "no quote"),
    ]
    first = store.reviews(db, document)[0]
    assert (first["verdict"], first["speaker"], first["found_speaker"], first["note"], first["agrees"]) == (
        "speaker", "Seorang sopir", "Siti Latuconsina", "lihat alinea 2", 0,
    )
    assert db.execute("SELECT count(*) FROM least_sure").fetchone() == (len(sample.attributions) - 2,)


def test_reviews_outlive_runs_and_their_articles_and_say_whether_a_run_agrees(db, run, sample):
    document = store.write(db, run, rows.of(sample))
    right = sample.attributions[0].quote.content
    missed = (Span(right[0].start, right[0].stop - 5),)
    store.add_review(db, document, judged(sample, 0))
    store.add_review(db, document, judged(sample, 1, "no quote", **NO_QUOTE))
    store.add_review(db, document, judged(sample, 0, "missed", place=missed, content=missed))
    def outcomes():
        return db.execute("SELECT verdict, agrees FROM reviewed ORDER BY review").fetchall()
    assert outcomes() == [("accepted", 1), ("no quote", 0), ("missed", 0)]
    changed = replace(sample, attributions=(replace(sample.attributions[0], quote=replace(sample.attributions[0].quote, content=missed)),))
    store.write(db, begin(db, rules="other"), rows.of(changed))
    assert outcomes() == [("accepted", 0), ("no quote", 1), ("missed", 1)]
    store.remove(db, sample.document.path)
    assert outcomes() == [("accepted", None), ("no quote", None), ("missed", None)]
    again = store.write(db, run, rows.of(replace(sample, document=replace(sample.document, path="moved.txt"))))
    assert again != document
    assert outcomes() == [("accepted", 1), ("no quote", 0), ("missed", 0)]
    assert list(store.check(db)) == []


def test_a_corrected_span_is_a_place_of_its_own(db, run, sample):
    document = store.write(db, run, rows.of(sample))
    right = (Span(sample.attributions[3].quote.content[0].start, sample.attributions[3].quote.content[0].stop - 6),)
    store.add_review(db, document, judged(sample, 3, "span", content=right))
    store.add_review(db, document, judged(sample, 3, place=right, content=right))
    assert [r["words"] for r in store.reviews(db, document)] == [right[0].of(sample.document.text)] * 2


@pytest.mark.parametrize("statement", ["UPDATE reviews SET verdict = 'accepted'", "DELETE FROM reviews"])
def test_reviews_are_only_added_to(db, run, sample, statement):
    store.add_review(db, store.write(db, run, rows.of(sample)), judged(sample, 0))
    with pytest.raises(sqlite3.IntegrityError, match="add another"):
        db.conn.execute(statement)


@pytest.mark.parametrize("changes", [
    {"verdict": "perhaps"}, {"content": ()}, {"type": None}, {"kind": None}, {"reviewer": ""}, {"kind": "animal"},
    {"content": (Span(3, 99_999),)}, {"content": (Span(9, 12), Span(3, 5))}, {"place": (Span(3, 5),)}, {"speaker": "\udc80"},
])
def test_a_review_that_does_not_hold_together_is_refused(db, run, sample, changes):
    document = store.write(db, run, rows.of(sample))
    with pytest.raises(StoreError):
        store.add_review(db, document, replace(judged(sample, 0), **changes))
    assert db.execute("SELECT count(*) FROM reviews").fetchone() == (0,)


def test_a_review_of_no_article_is_refused(db, sample):
    with pytest.raises(StoreError, match="no article 7"):
        store.add_review(db, 7, judged(sample, 0))
