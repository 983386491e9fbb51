"""Shards: results that are whole or not there, a driver that loads each article once, workers that die, and a real cluster."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from distributed import LocalCluster

from annotator import __version__, cluster, inputs, rules, runs, shards, store
from annotator.formats import jsonl
from annotator.runs import RunError
from test_runs import TEXT, Tagger

MADE_WITH = {"tool": __version__, "model": "m", "rules": rules.sha256(), "settings": {}}


@pytest.fixture
def archives(tmp_path, monkeypatch):
    """Four archives, of 1, 2, 3 and 4 articles, and three text files."""
    monkeypatch.setattr(inputs, "SETTLED", -1)
    number = 0
    for count in range(1, 5):
        with open(tmp_path / f"{count}.jsonl", "w", encoding="utf-8") as file:
            for _ in range(count):
                file.write(json.dumps({"text": TEXT.format(f"Sari{'x' * number}", number), "outlet": "Kabar Timur"}) + "\n")
                number += 1
    for _ in range(3):
        (tmp_path / f"{number}.txt").write_text(TEXT.format(f"Sari{'x' * number}", number), encoding="utf-8")
        number += 1
    return tmp_path


@pytest.fixture
def db(tmp_path):
    with store.open(tmp_path / "a.db") as db:
        yield db


def one_by_one(function, draw):
    while (shard := draw()) is not None:
        yield shard, function(shard)


def dying_of(*numbers):
    """Workers that die of the articles with these numbers."""

    def each(function, draw):
        while (shard := draw()) is not None:
            texts = [source.read().text for task in shard.work() for source in task.sources]
            dies = any(f"nomor {number} " in text for number in numbers for text in texts)
            yield shard, None if dies else function(shard)

    return each


def annotate(db, folder, each=one_by_one, dataset=None, pattern="*", **options):
    made_with = MADE_WITH | {name: options.pop(name) for name in ("model",) if name in options}
    (folder / "results").mkdir(exist_ok=True)
    work = shards.Work(folder / "results", made_with, options.pop("load", Tagger), dataset)
    files = ((path.name, path) for path in sorted(folder.glob(pattern)) if path.suffix in (".jsonl", ".txt"))
    found = {"annotated": [], "failed": [], "unchanged": 0}
    for outcome in shards.over(db, files, work, each, **options):
        found["unchanged"] += outcome.unchanged
        if outcome.reason or outcome.figures is not None:
            found["failed" if outcome.reason else "annotated"].append(outcome.name)
    return found


def said(db):
    return sorted((row["path"], row["speaker"]) for row in store.said(db)[0])


def exported(db):
    return sorted(jsonl.lines(store.annotations(db)))


def one_process(tmp_path, folder):
    with store.open(tmp_path / "one.db") as db:
        files = ((path.name, path) for path in sorted(folder.iterdir()) if path.suffix in (".jsonl", ".txt"))
        list(runs.over(db, files, MADE_WITH, Tagger))
        return exported(db)


def test_shards_give_what_one_process_gives(db, archives, tmp_path):
    found = annotate(db, archives)
    assert len(found["annotated"]) == 13 and "4.jsonl#4" in found["annotated"] and "12.txt" in found["annotated"]
    assert exported(db) == one_process(tmp_path, archives) and len(exported(db)) == 13
    assert list(store.check(db)) == []


def test_what_is_unchanged_is_given_to_no_worker(db, archives):
    annotate(db, archives)
    assert annotate(db, archives, each=none_works) == {"annotated": [], "failed": [], "unchanged": 13}
    (archives / "2.jsonl").touch()
    again = annotate(db, archives)
    assert again == {"annotated": [], "failed": [], "unchanged": 13}


def none_works(function, draw):
    assert draw() is None
    yield from ()


def test_results_that_are_there_are_loaded_and_not_made_again(db, archives, tmp_path):
    """The driver dies when two shards are done and one of them is loaded; the next one is another process."""

    def dying(function, draw):
        first, second = draw(), draw()
        yield first, function(first)
        function(second)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate(db, archives, dying, pattern="*.jsonl")
    assert len(said(db)) == 1

    def refusing(function, draw):
        for shard, fresh in one_by_one(function, draw):
            assert fresh == (shard.name not in ("1.jsonl", "2.jsonl"))
            yield shard, fresh

    found = annotate(db, archives, refusing, pattern="*.jsonl")
    assert len(found["annotated"]) == 9 and found["unchanged"] == 1
    assert len(said(db)) == 10 and list(store.check(db)) == []


def test_loading_twice_changes_nothing(db, archives):
    annotate(db, archives, pattern="*.jsonl")
    before = exported(db), db.execute("SELECT id, path FROM documents").fetchall()
    db.execute("DELETE FROM archives")
    assert annotate(db, archives, pattern="*.jsonl")["unchanged"] == 10
    assert (exported(db), db.execute("SELECT id, path FROM documents").fetchall()) == before


@pytest.mark.parametrize("bad", [(0,), (1, 2), (3, 5, 6), (6, 7, 9), (10,), (10, 11, 12)])
def test_articles_that_kill_workers_are_listed_and_take_no_other_with_them(db, archives, bad):
    found = annotate(db, archives, dying_of(*bad))
    names = sorted(f"{number}.txt" if number > 9 else _entry(number) for number in bad)
    assert sorted(found["failed"]) == names
    assert len(said(db)) == 13 - len(bad) and list(store.check(db)) == []
    assert sorted(path for (path,) in db.execute("SELECT path FROM failures").fetchall()) == names
    found = annotate(db, archives)
    assert sorted(found["annotated"]) == names and found["failed"] == [] and len(said(db)) == 13
    assert db.execute("SELECT count(*) FROM failures").fetchone()[0] == 0


def _entry(number):
    first = 0
    for count in range(1, 5):
        if number < first + count:
            return f"{count}.jsonl#{number - first + 1}"
        first += count


def test_a_shard_with_a_failure_is_not_done(db, archives):
    with open(archives / "3.jsonl", "a", encoding="utf-8") as file:
        file.write("kein JSON\n")
    (archives / "5.jsonl").write_bytes(b"\xff\xfe")
    assert annotate(db, archives)["failed"] == ["3.jsonl#4", "5.jsonl"]
    assert [path for (path,) in db.execute("SELECT path FROM archives ORDER BY path").fetchall()] == ["1.jsonl", "2.jsonl", "4.jsonl"]
    assert annotate(db, archives)["failed"] == ["3.jsonl#4", "5.jsonl"]


def test_an_archive_that_grows_during_the_run_is_read_again(db, archives):
    def growing(function, draw):
        for shard, fresh in one_by_one(function, draw):
            with open(archives / "1.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps({"text": TEXT.format("Tuti", 20)}) + "\n")
            yield shard, fresh

    annotate(db, archives, growing, pattern="1.jsonl")
    assert annotate(db, archives, pattern="1.jsonl")["annotated"] == ["1.jsonl#2"]


def test_how_many_articles_an_archive_holds_is_known(db, archives):
    annotate(db, archives)
    (archives / "3.jsonl").touch()
    annotate(db, archives)
    assert db.execute("SELECT path, articles FROM archives ORDER BY path").fetchall() == [(f"{n}.jsonl", n) for n in range(1, 5)]


def test_forced_shards_are_annotated_again(db, archives):
    annotate(db, archives)
    assert len(annotate(db, archives, force=True)["annotated"]) == 13
    assert annotate(db, archives)["unchanged"] == 13


def test_a_failure_of_the_surroundings_is_not_kept(db, archives, monkeypatch):
    def missing(path):
        raise inputs.articles.ArticleError(f"{path}: reading it needs more packages")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "entries", missing)
        assert annotate(db, archives, pattern="4.jsonl")["failed"] == ["4.jsonl"]
    assert len(annotate(db, archives, pattern="4.jsonl")["annotated"]) == 4


def test_a_run_with_another_model_that_was_stopped_leaves_no_archive_done(db, archives):
    annotate(db, archives, pattern="4.jsonl")

    def stopping(function, draw):
        draw()
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        annotate(db, archives, stopping, pattern="4.jsonl", model="other")
    assert db.execute("SELECT count(*) FROM archives").fetchone()[0] == 0


def test_results_of_another_archive_of_that_name_are_not_loaded(db, archives):
    def changing(function, draw):
        for shard, fresh in one_by_one(function, draw):
            (result,) = (archives / "results").iterdir()
            result.write_bytes(gzip.compress(b'{"key": ["x", null]}\n'))
            yield shard, fresh

    with pytest.raises(RunError, match="is of another archive of this name"):
        annotate(db, archives, changing, pattern="4.jsonl")


def test_an_empty_archive_whose_worker_dies_is_listed(db, archives):
    (archives / "9.jsonl").write_text("")
    assert annotate(db, archives, lambda function, draw: [(s, None) for s in iter(draw, None)], pattern="9.jsonl")["failed"] == ["9.jsonl"]


def test_nothing_is_left_of_results_that_were_not_finished(db, archives):
    original = shards._write

    def full(lines, value):
        if "key" not in value:
            raise OSError(28, "No space left on device")
        original(lines, value)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError):
        patch.setattr(shards, "_write", full)
        annotate(db, archives)
    assert list((archives / "results").iterdir()) == [] and said(db) == []


def test_damaged_results_are_explained_or_made_again(db, archives):
    annotate(db, archives, pattern="4.jsonl")
    (result,) = (archives / "results").iterdir()
    whole = result.read_bytes()
    db.execute("DELETE FROM archives")
    with pytest.raises(RunError, match="is not here; name a folder that all machines share"):
        annotate(db, archives, lambda function, draw: [(draw(), True)] if result.unlink() is None else [], pattern="4.jsonl")
    result.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match="cannot be read .*delete it and give the same command again"):
        annotate(db, archives, pattern="4.jsonl")
    result.write_bytes(b"x")
    assert annotate(db, archives, pattern="4.jsonl")["unchanged"] == 4
    assert gzip.decompress(result.read_bytes())


@pytest.mark.parametrize(
    "made_with, message", [({"tool": "0"}, "another version or other rules"), ({"rules": "0"}, "another version or other rules"), ({"model": "0"}, "the model on")]
)
def test_a_worker_that_is_not_what_the_driver_is_refuses(archives, made_with, message):
    class Signed(Tagger):
        sha256 = "m"

    shard = shards.Shard("1.jsonl", "k", 1, archive=archives / "1.jsonl")
    with pytest.raises(RunError, match=message):
        shards.annotate(shards.Work(archives, MADE_WITH | made_with, Signed), shard)
    with pytest.raises(RunError, match="none is not there on .* where all machines find them"):
        shards.annotate(shards.Work(archives / "none", MADE_WITH, Signed), shard)


# Parquet -----------------------------------------------------------------------------------------


@pytest.fixture
def query(tmp_path):
    def query(sql):
        with duckdb.connect() as connection:
            connection.execute((tmp_path / "dataset" / "views.sql").read_text(encoding="utf-8"))
            return connection.execute(sql).fetchall()

    return query


def test_duckdb_reads_the_dataset_with_the_view_said(db, archives, query):
    dataset = archives / "dataset"
    assert len(annotate(None, archives, dataset=dataset, pattern="*.jsonl")["annotated"]) == 10
    annotate(db, archives, pattern="*.jsonl")
    columns = ("speaker", "role", "words", "cue", "type", "kind", "naming", "affiliation", "via", "outlet", "published", "article", "review", "confidence", "rule", "path")
    wanted = sorted(tuple(row[name] for name in columns) for row in db["said"].rows)
    assert sorted(query(f"SELECT {', '.join(columns)} FROM said")) == wanted and len(wanted) == 10
    assert {row[0] for row in query("DESCRIBE said")} == {column.name for column in db["said"].columns}
    assert query("SELECT count(*) FROM quotes, documents WHERE path = document AND substr(text, content[1].start + 1, content[1].stop - content[1].start) <> words") == [(0,)]
    assert query("SELECT count(*) FROM mentions JOIN documents ON path = document WHERE substr(text, start + 1, stop - start) = words") == [(10,)]


def test_a_dataset_holds_each_article_once(archives, query):
    dataset = archives / "dataset"

    def paths():
        return sorted(path for (path,) in query("SELECT path FROM documents"))

    found = annotate(None, archives, dying_of(7), dataset, "*.jsonl")
    assert found["failed"] == ["4.jsonl#2"] and len(paths()) == 9
    assert annotate(None, archives, dataset=dataset, pattern="*.jsonl")["failed"] == []
    everything = paths()
    assert len(everything) == len(set(everything)) == 10
    assert annotate(None, archives, dataset=dataset, pattern="*.jsonl") == {"annotated": [], "failed": [], "unchanged": 10}
    lines = (archives / "3.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (archives / "3.jsonl").write_text("".join(lines[:2]), encoding="utf-8")
    assert len(annotate(None, archives, dataset=dataset, pattern="*.jsonl")["annotated"]) == 2
    assert paths() == [path for path in everything if path != "3.jsonl#3"]


def test_text_files_are_listed_and_do_not_stop_archives(archives, query):
    found = annotate(None, archives, dataset=archives / "dataset")
    assert found["failed"] == ["10.txt", "11.txt", "12.txt"] and len(found["annotated"]) == 10


def test_an_archive_cut_twice_at_other_places_is_there_once(archives, query):
    """A killer in it, then more articles and the killer again: parts of the first cut go."""
    dataset, path = archives / "dataset", archives / "4.jsonl"
    assert annotate(None, archives, dying_of(7), dataset, "4.jsonl")["failed"] == ["4.jsonl#2"]
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": TEXT.format("Tuti", n)}) + "\n" for n in range(20, 23))
    assert annotate(None, archives, dying_of(7), dataset, "4.jsonl")["failed"] == ["4.jsonl#2"]
    assert query("SELECT count(*), count(DISTINCT path) FROM documents") == [(6, 6)]
    assert annotate(None, archives, dataset=dataset, pattern="4.jsonl")["failed"] == []
    annotate(None, archives, dying_of(7), dataset, "4.jsonl", force=True)
    assert annotate(None, archives, dataset=dataset, pattern="4.jsonl")["failed"] == []
    assert query("SELECT count(*), count(DISTINCT path) FROM documents") == [(7, 7)]


# A cluster ---------------------------------------------------------------------------------------


class Deadly(Tagger):
    """Kills its worker over article 5 always, and over article 8 once."""

    def tag(self, batch):
        for text, _ in batch:
            seen = os.path.join(os.environ["SHARDS_TEST"], "killed")
            if "nomor 5 " in text or "nomor 8 " in text and not os.path.exists(seen):
                open(seen, "a").close() if "nomor 8 " in text else None
                os.kill(os.getpid(), signal.SIGKILL)
        return super().tag(batch)


def test_a_cluster_survives_the_death_of_its_workers(db, archives, tmp_path, monkeypatch):
    monkeypatch.setenv("SHARDS_TEST", str(tmp_path))
    with cluster.local(2) as each:
        found = annotate(db, archives, each, load=Deadly)
    assert found["failed"] == ["3.jsonl#3"] and len(found["annotated"]) == 12
    assert (tmp_path / "killed").exists()
    assert exported(db) == [line for line in one_process(tmp_path, archives) if '"3.jsonl#3"' not in line]
    assert list(store.check(db)) == [] and not list((archives / "results").glob("*.tmp"))


def test_what_fails_on_a_worker_is_told_here(db, archives):
    work = shards.Work(archives, MADE_WITH | {"tool": "0"}, Tagger)
    with cluster.local(1) as each, pytest.raises(RunError, match="another version"):
        list(shards.over(db, [("1.jsonl", archives / "1.jsonl")], work, each))


def test_a_scheduler_that_runs_already(db, archives):
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as running, cluster.scheduler(running.scheduler_address) as each:
        assert len(annotate(db, archives, each)["annotated"]) == 13


def test_a_scheduler_that_is_not_there_is_explained(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(RunError, match="there is no scheduler of Dask at tcp://127.0.0.1:1"), cluster.scheduler("tcp://127.0.0.1:1"):
        pass


def test_the_command_writes_a_dataset_with_the_shipped_model(tmp_path, query):
    text = "AMBON - Kepala Dinas Pekerjaan Umum Siti Latuconsina mengatakan jembatan itu aman. “Kami sudah memeriksanya,” ujarnya."
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "a.jsonl").write_text(json.dumps({"text": text}), encoding="utf-8")
    command = [Path(sys.executable).with_name("annotate"), "run", "shards", "--output", "parquet"]
    done = subprocess.run([*command, "dataset"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "1 annotated" in done.stderr
    assert query("SELECT speaker, words, path FROM said ORDER BY quote") == [
        ("Siti Latuconsina", "jembatan itu aman", "shards/a.jsonl#1"), ("Siti Latuconsina", "Kami sudah memeriksanya,", "shards/a.jsonl#1"),
    ]
    done = subprocess.run([*command, "shards/dataset"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "choose another place for the dataset" in done.stderr
