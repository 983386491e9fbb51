"""The command line as people use it. One fixture runs the real model; the rest make do with a tagger that finds no names."""

import ast
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import annotator
from annotator import cli, inputs, ner, pipeline, rules, runs, store, terminal
from annotator.document import Span, Zone

ROOT = Path(annotator.__file__).parent.parent
BRIDGE = """\
Warga Diminta Menghindari Jembatan Sukamaju

AMBON - Kepala Dinas Perhubungan Kota Ambon Ratna Dewi mengatakan jembatan itu ditutup mulai besok.

“Kami sedang memeriksa tiang-tiangnya,” ujarnya.

Baca juga: Harga Beras Naik Lagi

“Kapan dibuka lagi, belum ada yang tahu,” kata seorang warga.
"""
RICE = """\
Harga Beras Naik

JAKARTA - “Stok di gudang masih cukup untuk tiga bulan,” kata Budi Santoso, Senin (3/3).

Menurut Budi, harga akan turun setelah panen raya.
"""
SCHOOL = """\
Sekolah Diliburkan

BANDUNG - Siti Rahayu menegaskan bahwa seluruh sekolah libur selama dua hari.
"""


def annotate(*args, **options):
    return CliRunner().invoke(cli.main, [str(arg) for arg in args], **options)


class NoNames:
    """A tagger that finds no names."""

    def tag(self, batch):
        return [() for _ in batch]


@pytest.fixture
def no_names(monkeypatch):
    monkeypatch.setattr(ner, "load", lambda path=None: NoNames())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current directory, with three articles."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kabar").mkdir()
    for name, text in {"jembatan": BRIDGE, "beras": RICE, "sekolah": SCHOOL}.items():
        (tmp_path / "kabar" / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def add_bad(folder: Path) -> list[str]:
    """Put files that are no articles among the others; what has to be said of each."""
    (folder / "kabar/biner.txt").write_bytes(b"GIF89a\0\1\2")
    (folder / "kabar/kepala.txt").write_text("---\ntitle: [a\n---\nIsi berita.\n")
    (folder / "kabar/kosong.txt").write_text(" \n")
    reasons = ["biner.txt is not UTF-8 text", "kepala.txt, line 2: front matter", "kosong.txt has no text"]
    if Path("/proc/self/mem").exists():
        (folder / "kabar/rusak.txt").symlink_to("/proc/self/mem")
        reasons.append("rusak.txt cannot be read")
    return reasons


def rows(db, sql: str) -> list[tuple]:
    with sqlite3.connect(db) as connection:
        return connection.execute(sql).fetchall()


# The whole, with the model -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory):
    """A folder in which three good articles and some bad ones were annotated, and what was printed."""
    folder = tmp_path_factory.mktemp("newsroom")
    (folder / "kabar").mkdir()
    for name, text in {"jembatan": BRIDGE, "beras": RICE, "sekolah": SCHOOL}.items():
        (folder / "kabar" / f"{name}.txt").write_text(text, encoding="utf-8")
    reasons = add_bad(folder)
    with chdir(folder):
        yield folder, annotate("kabar"), reasons


def test_good_articles_are_annotated_and_bad_ones_listed(newsroom):
    folder, result, reasons = newsroom
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"3 annotated, 0 unchanged, {len(reasons)} failed" in result.stderr
    assert "6 quotes: 3 direct, 3 indirect, 0 mixed; 4 speakers, 0 unattributed" in result.stderr
    assert all(reason in result.stderr for reason in reasons)
    assert [path for (path,) in rows("annotations.db", "SELECT path FROM documents ORDER BY path")] == [
        "kabar/beras.txt", "kabar/jembatan.txt", "kabar/sekolah.txt",
    ]
    assert len(rows("annotations.db", "SELECT * FROM failures")) == len(reasons)
    [run] = rows("annotations.db", "SELECT tool, model, rules, finished IS NOT NULL, annotated, failed FROM runs")
    assert run == (annotator.__version__, ner.load().sha256, rules.sha256(), 1, 3, len(reasons))


def test_said(newsroom):
    lines = annotate("said").stdout.splitlines()
    assert lines[0].split() == ["quote", "speaker", "type", "words", "cue", "article"]
    assert any("Ratna Dewi" in line and "Kami sedang memeriksa" in line and "ujar" in line for line in lines)
    only = annotate("said", "--speaker", "budi", "--limit", 1).stdout.splitlines()
    assert "Budi Santoso" in only[2] and only[-1] == "1 more; --limit 0 prints all."
    assert all(len(line) <= 60 for line in annotate("said", env={"COLUMNS": "60"}).stdout.splitlines())
    assert [line.split()[0] for line in annotate("said", "--limit", 3).stdout.splitlines()[2:5]] == ["1", "3", "5"]
    nobody = annotate("said", "--speaker", "Nyai")
    assert (nobody.exit_code, nobody.stderr) == (2, "Error: annotations.db: no quotes of anybody named “Nyai”\n")


def test_show_marks_everything_without_colour(newsroom):
    shown = annotate("show", "jembatan").stdout
    [first, second, third] = store_ids("kabar/jembatan.txt")
    assert "[title Warga Diminta Menghindari Jembatan Sukamaju]" in shown
    assert f"[source{first} Ratna Dewi] [cue{first} mengatakan] [content{first} jembatan itu ditutup mulai besok]." in shown
    assert f"“[content{second} Kami sedang memeriksa tiang-tiangnya,]” [cue{second} ujar" in shown
    assert f"[cue{third} kata] [source{third} seorang warga]" in shown
    assert "[related Baca juga: Harga Beras Naik Lagi]" in shown
    assert re.search(rf"^{first}  indirect  0\.\d\d  Ratna Dewi · Kepala Dinas Perhubungan Kota Ambon$", shown, re.MULTILINE)
    assert f"annotate why {first}" in shown


def test_show_in_colour(newsroom):
    shown = annotate("show", "kabar/beras.txt", "--color", color=True).stdout
    assert "\x1b[32mStok di gudang" in shown and "[content" not in shown
    assert "\x1b" not in annotate("show", "kabar/beras.txt", "--no-color", color=True).stdout


def store_ids(path: str) -> tuple[int, ...]:
    with sqlite3.connect("annotations.db") as db:
        found = db.execute("SELECT quotes.id FROM quotes JOIN documents ON documents.id = document WHERE path = ? ORDER BY number", (path,))
        return tuple(id for (id,) in found)


def test_why(newsroom):
    told = annotate("why", store_ids("kabar/jembatan.txt")[1]).stdout
    [(rule, step, model, started)] = rows(
        "annotations.db",
        "SELECT quotes.rule, speaker_rule, model, started FROM quotes JOIN documents ON documents.id = document"
        " JOIN runs ON runs.id = run WHERE path = 'kabar/jembatan.txt' AND number = 2",
    )
    says = terminal.sayings()
    [reason] = rows("annotations.db", "SELECT reason FROM candidates JOIN quotes ON quotes.id = quote WHERE words LIKE 'Kami sedang%'")[0]
    for words in ("Kami sedang memeriksa", "Ratna Dewi (person)", "Kepala Dinas Perhubungan Kota Ambon", "role.before", says["role.before"],
                  rule, says[rule], step, says[step], reason, model[:12], started, annotator.__version__):  # fmt: skip
        assert words in told
    assert annotate("why", 9999).exit_code == 2


def test_every_rule_in_a_database_is_explained(newsroom):
    used = rows("annotations.db", "SELECT rule FROM quotes UNION SELECT speaker_rule FROM quotes UNION SELECT rule FROM roles")
    assert used and {rule for (rule,) in used} <= terminal.sayings().keys()


def test_check(newsroom, tmp_path):
    result = annotate("check")
    assert result.exit_code == 0 and result.stdout.startswith("OK: 3 articles, ")
    broken = tmp_path / "broken.db"
    broken.write_bytes(Path("annotations.db").read_bytes())
    with sqlite3.connect(broken) as db:
        db.execute("UPDATE spans SET words = 'lain' WHERE id = 1")
    result = annotate("check", broken)
    assert result.exit_code == 1 and "span 1 says 'lain'" in result.stdout


def test_export(newsroom, tmp_path):
    printed = annotate("export", "jsonl").stdout
    documents = [json.loads(line) for line in printed.splitlines()]
    assert [d["path"] for d in documents] == ["kabar/beras.txt", "kabar/jembatan.txt", "kabar/sekolah.txt"]
    assert documents[1]["quotes"][1]["speaker"] == "Ratna Dewi"
    out = tmp_path / "out.conll"
    out.write_text("old")
    assert annotate("export", "conll", "annotations.db", "-o", out).stdout == ""
    assert out.read_text(encoding="utf-8").count("-DOCSTART-\tO\tO\tO\tO\n") == 3
    assert [path.name for path in tmp_path.iterdir()] == ["out.conll"]


def test_an_export_that_fails_leaves_the_old_file(newsroom, tmp_path, monkeypatch):
    def broken(annotations):
        yield "half a line"
        raise store.StoreError("the disk is gone")

    monkeypatch.setattr("annotator.formats.jsonl.lines", broken)
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    result = annotate("export", "jsonl", "-o", out)
    assert (result.exit_code, result.stderr) == (2, "Error: the disk is gone\n")
    assert out.read_text() == "old" and [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_an_export_into_its_own_database_is_refused(newsroom):
    before = Path("annotations.db").read_bytes()
    assert "is the database itself" in annotate("export", "jsonl", "-o", "annotations.db").stderr
    assert Path("annotations.db").read_bytes() == before


def test_a_broken_pipe_ends_quietly(newsroom):
    program = "from annotator.cli import main; main(['export', 'jsonl'])"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


def test_score(newsroom, tmp_path):
    documents = [json.loads(line) for line in annotate("export", "jsonl").stdout.splitlines()]
    documents[0]["quotes"][0]["speaker"] = "Orang Lain"
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    now = json.loads(annotate("score", gold, "--json").stdout)
    assert now == json.loads(annotate("score", gold, "--json", "--db", "annotations.db").stdout)
    assert now["quotes"]["speaker"] == {"right": 5, "asked": 6, "value": 5 / 6}
    assert now["quotes"]["detection"]["f1"] == 1.0
    direct = json.loads(annotate("score", gold, "--json", "--db", "annotations.db", "--types", "direct").stdout)
    assert direct["quotes"]["detection"]["right"] == 3
    (tmp_path / "found.jsonl").write_text(annotate("export", "jsonl").stdout, encoding="utf-8")
    table = annotate("score", gold, "--predicted", tmp_path / "found.jsonl", "--errors", 5).stdout
    assert "who said what" in table and "speaker, direct, kabar/beras.txt\n  gold Orang Lain, found Budi Santoso: Stok" in table


# Runs --------------------------------------------------------------------------------------------


def test_unchanged_articles_are_skipped_without_the_model(folder, no_names, monkeypatch):
    monkeypatch.setattr(inputs, "SETTLED", -1)
    assert annotate("run", "kabar").exit_code == 0
    before = Path("annotations.db").read_bytes()
    monkeypatch.setattr(ner, "load", None)
    again = annotate("kabar")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "3 articles: 0 annotated, 3 unchanged, 0 failed\n")
    assert Path("annotations.db").read_bytes() == before
    assert annotate(folder / "kabar", "./kabar/../kabar/beras.txt").stderr.startswith("3 articles: 0 annotated, 3 unchanged")


def test_unchanged_articles_need_neither_the_network_nor_the_rules(folder, no_names):
    annotate("kabar")
    program = """
import sys
from annotator.cli import main
main(["run", "kabar", "--workers", "1"], standalone_mode=False)
print(sorted({"torch", "flair", "annotator.grammar"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert (done.stdout, done.stderr) == ("[]\n", "3 articles: 0 annotated, 3 unchanged, 0 failed\n")


def test_a_changed_article_replaces_just_that_one(folder, no_names):
    annotate("kabar")
    Path("kabar/sekolah.txt").write_text(SCHOOL.replace("dua", "tiga"), encoding="utf-8")
    assert "1 annotated, 2 unchanged" in annotate("kabar").stderr
    assert rows("annotations.db", "SELECT path, run FROM documents ORDER BY path") == [
        ("kabar/beras.txt", 1), ("kabar/jembatan.txt", 1), ("kabar/sekolah.txt", 2),
    ]
    assert rows("annotations.db", "SELECT unchanged FROM runs WHERE id = 2") == [(2,)]


@pytest.mark.parametrize("change", ["version", "rules", "model", "force"])
def test_what_annotates_anew(folder, no_names, monkeypatch, change):
    annotate("kabar")
    options = []
    if change == "version":
        monkeypatch.setattr(cli, "__version__", "9.9")
    elif change == "rules":
        monkeypatch.setattr(rules, "sha256", lambda: "f" * 64)
    elif change == "model":
        Path("other").mkdir()
        for part in ner.PARTS:
            Path("other", part).write_text("")
        options = ["--model", "other"]
    else:
        options = ["--force"]
    assert "3 annotated, 0 unchanged" in annotate("kabar", *options).stderr


@pytest.mark.parametrize("changed", ["rules/direct.toml", "lexicon/cue_say.txt", "confidence.json"])
def test_what_the_digest_of_the_rules_covers(tmp_path, monkeypatch, changed):
    data = tmp_path / "data"
    shutil.copytree(ROOT / "annotator/data", data, ignore=shutil.ignore_patterns("model"))
    monkeypatch.setattr(rules, "files", lambda package: tmp_path)
    before = rules.sha256.__wrapped__()
    (data / changed).write_bytes((data / changed).read_bytes() + b"\n")
    assert rules.sha256.__wrapped__() != before


def test_an_article_that_breaks_the_pipeline_does_not_take_the_others_with_it(folder, no_names, monkeypatch):
    whole = pipeline.attribute

    def attribute(documents, *rest):
        if any("beras" in document.path for document in documents):
            raise ZeroDivisionError("a quote of no words")
        return whole(documents, *rest)

    monkeypatch.setattr(pipeline, "attribute", attribute)
    result = annotate("kabar")
    assert result.exit_code == 1
    assert "2 annotated, 0 unchanged, 1 failed" in result.stderr
    assert "kabar/beras.txt: ZeroDivisionError in pipeline.py, line " in result.stderr
    assert [path for (path,) in rows("annotations.db", "SELECT path FROM failures")] == ["kabar/beras.txt"]


def test_a_fault_that_breaks_every_article_is_told_once(folder, no_names, monkeypatch):
    def attribute(*_):
        raise KeyError("verbs")

    monkeypatch.setattr(pipeline, "attribute", attribute)
    result = annotate("kabar")
    assert result.exit_code == 1 and "0 annotated, 0 unchanged, 3 failed" in result.stderr
    assert result.stderr.count("KeyError") == 1
    assert "kabar/beras.txt: KeyError in pipeline.py, line " in result.stderr
    assert result.stderr.endswith("; 2 more articles failed in the same way\n")
    assert len(rows("annotations.db", "SELECT path FROM failures")) == 3


def test_an_annotation_that_cannot_be_stored_is_one_failure(folder, no_names, monkeypatch):
    whole = pipeline.attribute

    def attribute(*batch):
        wrong = (Zone(Span(0, 10_000), "title", "wrong"),)
        return [replace(found, zones=wrong) if "beras" in found.document.path else found for found in whole(*batch)]

    monkeypatch.setattr(pipeline, "attribute", attribute)
    result = annotate("kabar")
    assert "2 annotated, 0 unchanged, 1 failed" in result.stderr and "lies outside the text" in result.stderr


def test_an_article_is_one_wherever_the_command_is_given(folder, no_names, monkeypatch):
    annotate("kabar")
    monkeypatch.chdir("kabar")
    assert "3 unchanged" in annotate(".", "--db", "../annotations.db").stderr
    assert "3 unchanged" in annotate(folder / "kabar", "--db", "../annotations.db").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_without_a_traceback(folder, no_names):
    annotate("kabar")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-c", "from annotator.cli import main; main()", "said"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr.startswith("Error: ") and "Traceback" not in done.stderr


def test_rules_only_lists_articles_without_names(folder, no_names):
    result = annotate("kabar", "--rules-only")
    assert result.exit_code == 1 and "annotate without --rules-only" in result.stderr
    assert annotate("kabar").exit_code == 0
    assert annotate("kabar", "--rules-only").exit_code == 0
    assert annotate("kabar", "--rules-only", "--force").exit_code == 2


def test_a_rule_that_cannot_be_used_stops_the_run_with_its_name(folder, no_names, monkeypatch):
    def broken():
        raise rules.RuleError("data/rules/direct.toml, rule direct.x: no option “klause”")

    monkeypatch.setattr(rules, "check", broken)
    result = annotate("kabar")
    assert result.exit_code == 2 and "rule direct.x" in result.stderr


def test_a_run_that_is_stopped_goes_on_where_it_was(folder, monkeypatch):
    class Stopped(NoNames):
        calls = 0

        def tag(self, batch):
            self.calls += 1
            if self.calls == 2:
                raise KeyboardInterrupt
            return super().tag(batch)

    monkeypatch.setattr(runs, "BATCH", 1)
    monkeypatch.setattr(ner, "load", lambda path=None: Stopped())
    result = annotate("kabar")
    assert result.exit_code == 130
    assert result.stderr == "Stopped with 1 article done; the same command goes on with the rest.\n"
    assert rows("annotations.db", "SELECT finished IS NOT NULL, annotated FROM runs") == [(0, 1)]
    monkeypatch.setattr(ner, "load", lambda path=None: NoNames())
    assert "2 annotated, 1 unchanged" in annotate("kabar").stderr


def test_bad_files_alone_need_no_model(folder, monkeypatch):
    monkeypatch.setattr(ner, "load", None)
    for path in Path("kabar").iterdir():
        path.unlink()
    reasons = add_bad(folder)
    result = annotate("kabar")
    assert result.exit_code == 1 and all(reason in result.stderr for reason in reasons)


# Hostile text ------------------------------------------------------------------------------------


def test_text_cannot_steer_the_terminal(folder, no_names):
    Path("kabar/\x1b[2Jx.txt").write_text(
        "Jahat \u202e\r\n\r\n“Kami \x1b]0;judul\x07 \x9b31m \u2066datang lagi,” kata warga.\r\nLalu \x1b[31m[itu] \rpergi.\n",
        encoding="utf-8",
        newline="",
    )
    Path("kabar/\x1b[2Jkosong.txt").write_text("")
    outputs = [annotate("kabar").stderr]
    [(article, quote)] = rows("annotations.db", "SELECT document, id FROM quotes WHERE words LIKE '%judul%'")
    outputs += [annotate(*command).stdout for command in (["show", article], ["why", quote], ["said"])]
    outputs.append(annotate("show", article, "--color", color=True).stdout)
    Path("kabar.jsonl").write_text(annotate("export", "jsonl").stdout, encoding="utf-8")
    Path("nothing.jsonl").write_text('{"text": "", "quotes": []}')
    outputs.append(annotate("score", "kabar.jsonl", "--predicted", "nothing.jsonl", "--errors", 20).stdout)
    for output in outputs:
        assert "␛" in output
        assert not set("\x07\x9b\r\u202e\u2066") & set(output)
        assert output.count("\x1b") == output.count("\x1b[", 0) and "\x1b[2J" not in output and "\x1b[31m" not in output
    assert "⟨U+2066⟩" in outputs[1] and "\\[itu\\]" in outputs[1]
    assert [output for output in outputs if "\x1b" in output] == [outputs[4]]


def test_lines_are_broken_at_the_width_and_only_between_words():
    text = "satu dua tiga empat " * 20
    mark = terminal.Mark(Span(5, 30), "content", 12, "direct")
    narrow = terminal.drawn(text, [mark], 0, len(text), False, 24)
    assert max(map(len, narrow.split("\n"))) <= 24
    assert narrow.replace("\n", " ") == terminal.drawn(text, [mark], 0, len(text), False, None)


# Wrong usage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["exprot", "jsonl"], "“exprot” is no command, and no file or folder; did you mean export?"),
        (["nosuch/"], "Path 'nosuch/' does not exist."),
        (["kabar", "--cluster", "local", "--scheduler", "tcp://h:1"], "give one of them"),
        (["kabar", "--rules-only", "--cluster", "local"], "--rules-only is not for work in shards"),
        (["kabar", "--workers", "2", "--scheduler", "tcp://h:1"], "--scheduler has workers of its own"),
        (["kabar", "--output", "parquet", "out", "--db", "a.db"], "--output is in place of a database"),
        (["kabar", "--results", "r"], "--results is for work in shards"),
        (["kabar", "--output", "parquet", "out[1]"], "DuckDB takes *, ? and [ for patterns"),
        (["kabar", "--output", "parquet", "kabar/out"], "lies in a folder that is read"),
        (["empty"], "empty: no articles here; an article is a file whose name ends in .txt"),
        (["kabar", "--db", "other.db"], "other.db: is a database of another program"),
        (["kabar", "--db", "kabar"], "kabar: this is a folder"),
        (["kabar", "--model", "empty"], "no model at empty: config.json is missing"),
        (["said"], "annotations.db: there is no database here"),
        (["check", "kabar/beras.txt"], "file is not a database"),
        (["export", "xml"], "'xml' is not one of 'conll', 'jsonl'"),
        (["score", "torn.jsonl"], "torn.jsonl, line 2 is no JSON: Expecting value, column 10"),
        (["score", "latin.jsonl"], "latin.jsonl is not UTF-8"),
        (["score", "list.jsonl"], "list.jsonl, line 1 needs `text` and a list of `quotes`"),
        (["score", "pair.jsonl"], "pair.jsonl, line 1 quote 1, needs `content` as [[start, end], …]"),
        (["score", "deep.jsonl"], "deep.jsonl, line 1 is nested too deeply"),
        (["score", "good.jsonl", "--types", "direct,dirct"], "“dirct” is none; there are direct, indirect, mixed"),
        (["score", "good.jsonl", "--db", "a.db", "--predicted", "good.jsonl"], "--db and --predicted exclude each other"),
        (["kabar", "--model", "good.jsonl"], "opening it runs any code"),
        (["kabar", "--model", "someone/tagger"], "--trust-model"),
        (["kabar", "--model", "good.jsonl", "--trust-model"], "Flair cannot load the model good.jsonl"),
        (["train", "good.jsonl", "--settings", "good.jsonl"], "cannot read the training settings good.jsonl"),
        (["train", "good.jsonl"], "good.jsonl, line 1: no article with `text` and `entities`"),
        (["train", "torn.jsonl", "--columns", "1"], "two numbers from 1 are needed"),
        (["train", "latin.conll", "--from", "empty"], "latin.conll is no text in UTF-8"),
        (["train", "names.conll", "--from", "empty"], "no model at empty: config.json is missing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_explained(folder, command, message):
    Path("empty").mkdir()
    with sqlite3.connect("other.db") as db:
        db.execute("CREATE TABLE t (a)")
    Path("good.jsonl").write_text('{"text": "a", "quotes": []}\n')
    Path("torn.jsonl").write_text('{"text": "a", "quotes": []}\n{"text": ')
    Path("latin.jsonl").write_bytes(b"\xff\xfe{}")
    Path("latin.conll").write_bytes(b"\xff\xfe{}")
    Path("names.conll").write_text("Budi\tB-PER\n\nRina\tB-PER\n")
    Path("list.jsonl").write_text("[]\n")
    Path("pair.jsonl").write_text('{"text": "abc", "quotes": [{"type": "direct", "content": [[2, 1]]}]}\n')
    Path("deep.jsonl").write_text("[" * 100_000)
    result = annotate(*command)
    assert result.exit_code == 2
    assert message in result.stderr and "Traceback" not in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_path_wins_over_a_slip(folder, no_names):
    Path("exprot").mkdir()
    Path("exprot/a.txt").write_text(RICE, encoding="utf-8")
    assert annotate("exprot").exit_code == 0


# Help --------------------------------------------------------------------------------------------


def test_help_is_complete_and_imports_nothing_heavy():
    program = """
import sys
from click.testing import CliRunner
from annotator.cli import main
for command in ([], *([name] for name in main.commands)):
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0 and (not command or "Example" in result.output), command
assert CliRunner().invoke(main, ["--version"]).output.startswith("annotate, version ")
print(sorted({"torch", "flair", "sqlite_utils", "regex", "yaml"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert (done.stdout, done.stderr) == ("[]\n", "")


def named_steps(module: str) -> set[str]:
    """Names that a module gives its answers: what it passes as `rule`, “{rule}.last” completed with every base it is called with."""
    tree = ast.parse((ROOT / "annotator" / f"{module}.py").read_text(encoding="utf-8"))
    places = {"Found": 4, "_named": 2, "Role": 2, "_role": -1, "_discourse": -1}
    plain, bases, endings = set(), set(), set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        if call.func.id not in places:
            continue
        given = call.args[places[call.func.id]]
        texts = {part.value for part in ast.walk(given) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
        if isinstance(given, ast.JoinedStr):
            endings |= texts
        else:
            (bases if call.func.id == "_discourse" else plain).update(texts)
    return plain | {base + ending for base in bases for ending in endings if ending != ".next" or base == "floating"}


@pytest.mark.parametrize("module", ["speakers", "roles"])
def test_every_step_that_finds_a_speaker_or_a_role_is_explained(module):
    steps = named_steps(module)
    assert len(steps) > 2
    assert steps - terminal.sayings().keys() == set()
