"""Runs: what is annotated again and what is not, and many processes as one."""

import json
import os
import signal

import pytest

from annotator import articles, inputs, runs, store
from annotator.document import Mention, Span

MADE_WITH = {"tool": "1", "model": "m", "rules": "r", "settings": {}}
TEXT = "AMBON - Kepala Dinas {} mengatakan jembatan nomor {} itu aman.\n"


class Tagger:
    """Finds the name that stands after “Dinas”, and counts the texts it was shown."""

    seen = 0

    def tag(self, batch):
        Tagger.seen += len(batch)
        starts = [text.index("Dinas ") + 6 for text, _ in batch]
        return [(Mention(Span(start, text.index(" mengatakan")), "PER", 0.9, "ner"),) for start, (text, _) in zip(starts, batch)]


class Deadly(Tagger):
    """Dies of one text, as PyTorch does where memory is short."""

    def tag(self, batch):
        if any("nomor 3 " in text for text, _ in batch):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().tag(batch)


def none_loads():
    raise AssertionError("a tagger was loaded")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "SETTLED", -1)
    Tagger.seen = 0
    for number in range(7):
        (tmp_path / f"{number}.txt").write_text(TEXT.format(f"Sari{'x' * number}", number), encoding="utf-8")
    return tmp_path


@pytest.fixture
def db(tmp_path):
    with store.open(tmp_path / "a.db") as db:
        yield db


def annotate(db, folder, load=Tagger, **options):
    made_with = MADE_WITH | {name: options.pop(name) for name in ("rules", "model") if name in options}
    files = ((path.name, path) for path in inputs.walk([folder]))
    return {o.name: "failed" if o.reason else "annotated" if o.made else "unchanged" for o in runs.over(db, files, made_with, load, **options)}


def speakers(db):
    return [row["speaker"] for row in store.said(db)[0]]


def test_files_whose_stamps_hold_are_not_read(db, folder, monkeypatch):
    assert set(annotate(db, folder).values()) == {"annotated"}
    monkeypatch.setattr(articles, "read", none_loads)
    assert set(annotate(db, folder, none_loads).values()) == {"unchanged"}


def test_a_touched_file_is_read_and_held_unchanged_by_its_text(db, folder, monkeypatch):
    annotate(db, folder)
    os.utime(folder / "2.txt", (1, 1))
    assert set(annotate(db, folder, none_loads).values()) == {"unchanged"}
    monkeypatch.setattr(articles, "read", none_loads)
    assert set(annotate(db, folder, none_loads).values()) == {"unchanged"}


def test_changed_rules_need_no_tagger(db, folder):
    annotate(db, folder)
    assert set(annotate(db, folder, none_loads, rules="other").values()) == {"annotated"}
    assert speakers(db) == [f"Sari{'x' * n}" for n in range(7)]


@pytest.mark.parametrize("change", [{"model": "other"}, {"force": True}])
def test_another_model_or_force_looks_for_names_again(db, folder, change):
    annotate(db, folder)
    annotate(db, folder, **change)
    assert Tagger.seen == 14


def test_names_of_another_text_with_the_same_sentences_are_not_used(db, folder):
    annotate(db, folder)
    path = folder / "0.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("Sari", "Budi"), encoding="utf-8")
    os.utime(path, (1, 1))
    assert annotate(db, folder)["0.txt"] == "annotated"
    assert speakers(db)[0] == "Budi"


def test_rules_only_fails_where_names_are_missing(db, folder):
    annotate(db, folder)
    (folder / "8.txt").write_text(TEXT.format("Rina", 8), encoding="utf-8")
    found = annotate(db, folder, runs.no_tagger, rules="other")
    assert [name for name, outcome in found.items() if outcome == "failed"] == ["8.txt"]
    assert "annotate without --rules-only" in db.execute("SELECT reason FROM failures").fetchone()[0]


def test_an_article_that_cannot_be_stored_takes_no_other_with_it(db, folder):
    done = runs.work(runs.Task(sources=tuple(runs.Source(f"{n}.txt", folder / f"{n}.txt", 1) for n in range(7))), Tagger)
    done[3].made.document["title"] = "\ud83d"
    run = store.start_run(db, **MADE_WITH)
    found = runs.stored(db, lambda: run, done)
    assert [one.name for one in found if one.reason] == ["3.txt"] and "lone surrogate" in found[3].reason
    assert [path for (path,) in db.execute("SELECT path FROM documents ORDER BY path")] == [f"{n}.txt" for n in (0, 1, 2, 4, 5, 6)]
    assert db.execute("SELECT annotated, failed FROM runs").fetchall() == [(6, 1)]


def test_a_batch_is_stored_whole_or_not_at_all(db, folder, monkeypatch):
    write, written = store.write, []

    def full(*arguments):
        written.append(write(*arguments))
        if len(written) == 4:
            raise store.StoreError("the disk is full")

    monkeypatch.setattr(store, "write", full)
    with pytest.raises(store.StoreError, match="full"):
        annotate(db, folder)
    assert len(written) == 4 and not db.conn.in_transaction and db["documents"].count == db["quotes"].count == 0
    monkeypatch.setattr(store, "write", write)
    assert set(annotate(db, folder).values()) == {"annotated"}


def test_several_workers_write_what_one_does(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    (folder / "5.txt").write_bytes(b"\0\1")
    stored = []
    for name, count in (("one.db", 1), ("many.db", 2)):
        with store.open(tmp_path / name) as db:
            annotate(db, folder, workers=count)
            stored.append(([*store.annotations(db)], db.execute("SELECT id, path FROM documents").fetchall(), db.execute("SELECT path FROM failures").fetchall()))
    assert stored[0] == stored[1] and len(stored[0][0]) == 6


def test_an_article_that_kills_its_worker_is_listed_and_takes_no_other_with_it(db, folder, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 4)
    found = annotate(db, folder, Deadly, workers=2)
    assert [name for name, outcome in found.items() if outcome == "failed"] == ["3.txt"]
    assert len(speakers(db)) == 6
    assert "died" in db.execute("SELECT reason FROM failures").fetchone()[0]
    assert list(store.check(db)) == []


def test_no_process_is_started_where_nothing_changed(db, folder, monkeypatch):
    annotate(db, folder)
    monkeypatch.setattr(runs, "ProcessPoolExecutor", none_pool)
    assert set(annotate(db, folder, none_loads, workers=2).values()) == {"unchanged"}


class none_pool:
    def __init__(self, *_, **__): ...

    def submit(self, *_):
        raise AssertionError("a process was started")

    def shutdown(self, **_): ...


# Archives ----------------------------------------------------------------------------------------


@pytest.fixture
def archive(folder):
    """An archive of five articles beside the seven files."""
    path = folder / "a.jsonl"
    path.write_text("".join(json.dumps({"text": TEXT.format(f"Rini{'x' * n}", n), "title": f"T {n}"}) + "\n" for n in range(5)), encoding="utf-8")
    return path


def test_articles_of_an_archive_have_its_name_and_their_number(db, folder, archive):
    assert {name for name, outcome in annotate(db, folder).items() if outcome == "annotated"} == {f"{n}.txt" for n in range(7)} | {f"a.jsonl#{n}" for n in range(1, 6)}
    assert [row["title"] for row in db.query("SELECT title FROM documents WHERE path LIKE 'a.jsonl#%' ORDER BY path")] == [f"T {n}" for n in range(5)]


def test_an_archive_whose_stamp_holds_is_not_read(db, folder, archive, monkeypatch):
    annotate(db, folder)
    monkeypatch.setattr(inputs, "entries", none_loads)
    files = [("a.jsonl", archive)]
    (outcome,) = runs.over(db, files, MADE_WITH, none_loads)
    assert (outcome.name, outcome.unchanged, outcome.size) == ("a.jsonl", 5, archive.stat().st_size)


def test_a_longer_archive_is_read_and_only_what_is_new_annotated(db, folder, archive):
    annotate(db, folder)
    Tagger.seen = 0
    with open(archive, "a", encoding="utf-8") as file:
        file.write(json.dumps({"text": TEXT.format("Tuti", 9)}) + "\n")
    found = annotate(db, folder)
    assert [name for name, outcome in found.items() if outcome == "annotated"] == ["a.jsonl#6"] and Tagger.seen == 1


def test_changed_rules_need_no_tagger_for_archives(db, folder, archive):
    annotate(db, folder)
    assert set(annotate(db, folder, none_loads, rules="other").values()) == {"annotated"}


def test_what_fails_in_an_archive_is_tried_again(db, folder, archive):
    whole = archive.read_bytes()
    archive.write_bytes(whole + b"{\n")
    assert annotate(db, folder)["a.jsonl#6"] == "failed"
    assert annotate(db, folder)["a.jsonl#6"] == "failed"
    archive.write_bytes(whole)
    os.utime(archive, (1, 1))
    assert "failed" not in annotate(db, folder, none_loads).values()
    (folder / "b.csv").write_text("judul,kolom\na,b\n", encoding="utf-8")
    assert annotate(db, folder)["b.csv"] == "failed"


def test_a_run_with_another_model_that_was_stopped_leaves_no_archive_done(db, folder, archive):
    annotate(db, folder)
    stream = runs.over(db, [("a.jsonl", archive)], MADE_WITH | {"model": "other"}, Tagger)
    next(stream)
    stream.close()
    assert set(annotate(db, folder)["a.jsonl#1"]) != {"unchanged"} and db.execute("SELECT count(*) FROM archives").fetchone()[0] == 1
    assert len({run for (run,) in db.execute("SELECT digest FROM documents JOIN runs ON runs.id = run").fetchall()}) == 1


def test_pages_that_hold_no_article_are_left_out(db, folder, monkeypatch):
    pages = [inputs.Page(b"", "https://a.id"), inputs.Page(b"<p>yang", "https://b.id")]
    monkeypatch.setattr(inputs, "entries", lambda path: (inputs.Entry(n, 1, page=page) for n, page in enumerate(pages, 1)))
    monkeypatch.setattr(inputs, "document", lambda name, entry: left_out())
    (folder / "w.warc").write_bytes(b"x")
    found = list(runs.over(db, [("w.warc", folder / "w.warc")], MADE_WITH, none_loads))
    assert [(o.name, o.left_out, o.unchanged) for o in found] == [("w.warc#1", "not Indonesian", 0), ("w.warc#2", "no article text", 0)]
    (again,) = runs.over(db, [("w.warc", folder / "w.warc")], MADE_WITH, none_loads)
    assert again.articles == again.unchanged == 0


def left_out():
    raise inputs.LeftOut("no article text")
