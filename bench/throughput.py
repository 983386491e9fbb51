"""How fast `annotate` is on many articles, how much of its databases is alike, and how much memory it takes. Run by bench/scale.py."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import commands
from annotator import shards, store
from annotator.inputs import walk

EACH = 64  # articles for each worker of the short run that tells how long the start takes
COPIES = (1, 4, 16)


def measure(options, folder: Path) -> tuple[dict, list[str]]:
    """Runs over all articles, and over the same again."""
    articles = commands.lines(options.data, options.articles)
    commands.cut(articles, folder / "shards", options.shard)
    rows, digests, rates = [], {}, {}
    for way, options_of in (("processes", []), ("cluster", ["--cluster", "local"])):
        for count in (1, 2):
            found = _steady(articles, folder, f"{way}{count}.db", count, *options_of)
            digests[way, count], rates[way, count] = commands.digest(commands.exported(folder, f"{way}{count}.db")), found["steady"]
            rows.append((f"{count} worker{'s' * (count > 1)}{', `--cluster local`' * (way == 'cluster')}", found))
            print(f"{rows[-1][0]}: {found['overall']:.1f} articles a second", flush=True)
    halves = _two_commands(articles, folder)
    words = commands.tokens(folder / "processes1.db")
    size = (folder / "processes1.db").stat().st_size

    parquet = _steady(articles, folder, "dataset", 2, "--cluster", "local")
    rows.append(("2 workers, `--cluster local`, Parquet", parquet))
    figures = {
        "articles": len(articles), "tokens": words, "start": rows[3][1]["start"], "rate": rates["cluster", 2] / 2, "parquet_rate": parquet["steady"] / 2,
        "text": sum(len(json.loads(line)["text"].encode()) for line in articles) / len(articles),
        "database": size / len(articles),
        "parquet": sum(p.stat().st_size for p in (folder / "dataset").rglob("*.parquet")) / len(articles),
        "results": sum(p.stat().st_size for p in (folder / "cluster2.db.results").iterdir()) / len(articles),
        "load": len(articles) / _driver(folder, store.open(folder / "loaded.db"), "cluster2.db.results", None),
        "pass": len(articles) / _driver(folder, None, "dataset/_results", folder / "dataset"),
    }  # fmt: skip
    lines = commands.table(
        ("", "articles/s, start to end", "tokens/s, start to end", "start, s", "articles/s after the start", "the command says", "cores busy"),
        *((name, f"{f['overall']:.1f}", f"{f['overall'] * words / len(articles):,.0f}", f"{f['start']:.1f}", f"{f['steady']:.1f}",
           f"{f['said']:.1f}", f"{f['cores']:.2f}") for name, f in rows),
        ("2 commands at once, each 1 worker and half the articles", f"{len(articles) / halves:.1f}", f"{words / halves:,.0f}", "", "", "", ""),
    )  # fmt: skip
    alone = rows[0][1]["overall"]
    lines += ["", *commands.table(
        ("from 1 worker to 2", "times as fast", "efficiency"),
        *((name, f"{ratio:.2f}", f"{ratio / 2:.0%}") for name, ratio in (
            ("processes, after the start", rates["processes", 2] / rates["processes", 1]),
            ("`--cluster local`, after the start", rates["cluster", 2] / rates["cluster", 1]),
            ("2 commands at once, start to end: what the machine gives", len(articles) / halves / alone),
        )),
    )]  # fmt: skip
    lines += ["", *commands.table(("run again", "s", "articles/s"), *_again(articles, folder))]
    lines += ["", *commands.table(
        ("of an article", "bytes"), *((name, f"{figures[key]:,.0f}") for name, key in (
            ("text", "text"), ("SQLite database", "database"), ("Parquet dataset", "parquet"), ("results of shards, which may be deleted", "results"))),
    )]  # fmt: skip
    lines += ["", f"One process loads {figures['load']:,.0f} articles a second into a database, and passes {figures['pass']:,.0f} that are in Parquet."]
    same = "the same bytes" if len(set(digests.values())) == 1 else "DIFFERENT bytes"
    lines += ["", f"`annotate export jsonl | sort` of {len(articles):,} articles: {same} for 1 worker, 2 workers, and the cluster with 1 and with 2."]
    return figures, lines


def _steady(articles: list[str], folder: Path, target: str, workers: int, *options: str) -> dict[str, float]:
    """A run over all shards into a database, or into Parquet, and a short one, which differ in articles but not in the start."""
    few, short = EACH * workers, folder / f"short-{target}"
    commands.cut(articles[:few], short / "shards", EACH)
    into = ("--output", "parquet", target) if target == "dataset" else ("--db", target)
    first = commands.run(short, "shards", "--workers", workers, *into, *options)
    ran = commands.run(folder, "shards", "--workers", workers, *into, *options)
    steady = (len(articles) - few) / (ran.seconds - first.seconds)
    return {"overall": len(articles) / ran.seconds, "steady": steady, "start": first.seconds - few / steady, "said": ran.rate, "cores": ran.cpu / ran.seconds}


def _two_commands(articles: list[str], folder: Path) -> float:
    """Seconds that two commands take that know nothing of each other, each with one worker, one process and half the articles."""
    halves = [folder / "half0", folder / "half1"]
    for n, half in enumerate(halves):
        commands.cut(articles[n::2], half / "shards", len(articles))
    started = time.perf_counter()
    both = [commands.start(half, "shards", "--workers", "1") for half in halves]
    ended = [process.wait() for process in both]
    assert set(ended) <= {0, 1}, ended
    return time.perf_counter() - started


def _driver(folder: Path, database, results: str, dataset: Path | None) -> float:
    """Seconds that the one process takes that loads what workers left, while nobody annotates."""

    def done(_, draw):
        while (shard := draw()) is not None:
            yield shard, False

    files = [(path.relative_to(folder).as_posix(), path) for path in walk([folder / "shards"])]
    with closing(sqlite3.connect(folder / "cluster2.db")) as connection:
        tool, model, rules, settings = connection.execute("SELECT tool, model, rules, settings FROM runs").fetchone()
    made_with = {"tool": tool, "model": model, "rules": rules, "settings": json.loads(settings)}  # results of others are refused
    started = time.perf_counter()
    for _ in shards.over(database, files, shards.Work(folder / results, made_with, lambda: None, dataset), done):
        pass
    return time.perf_counter() - started


def _again(articles: list[str], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Second runs: nothing has changed; rules have."""

    def timed(name: str, *arguments: str) -> tuple[str, str, str]:
        seconds = commands.run(folder, *arguments, "--workers", "2").seconds
        return name, f"{seconds:.2f}", f"{len(articles) / seconds:,.0f}"

    commands.texts(articles, folder / "texts")
    (folder / "archive.jsonl").write_text("".join(articles), encoding="utf-8")
    time.sleep(2.1)
    for name, path, db in ((f"folder of {len(articles):,} .txt files", "texts", "texts.db"), ("one archive", "archive.jsonl", "archive.db")):
        yield timed(f"{name}: first run, 2 workers", path, "--db", db)
        yield timed(f"{name}: nothing has changed", path, "--db", db)
        with closing(sqlite3.connect(folder / db)) as connection, connection:
            connection.execute("UPDATE runs SET rules = 'other', digest = 'other'")
            connection.execute("UPDATE archives SET digest = 'other'")
        yield timed(f"{name}: made with other rules, `--rules-only`", path, "--db", db, "--rules-only")


# Memory --------------------------------------------------------------------------------------------------------------


def memory(options, folder: Path) -> tuple[dict, list[str]]:
    """Peak memory of the main process and of its two workers, for more and more articles."""
    articles, rows, figures = commands.lines(options.data), [], {}
    for copies in COPIES:
        some = articles[: copies * options.base]
        here = commands.cut(some, folder / str(copies) / "shards", 500).parent
        peaks, main = {}, (process := commands.start(here, "shards", "--workers", "2", tag=str(here))).pid
        while process.poll() is None:
            for pid in (main, *commands.workers(str(here))):
                peaks[pid] = max(peaks.get(pid, 0), _peak(pid))
            time.sleep(0.1)
        assert process.returncode in (0, 1), (here / "annotate.said").read_text()
        workers = sorted((peak for pid, peak in peaks.items() if pid != main), reverse=True)
        figures[copies] = {"main": peaks[main], "worker": workers[0]}
        rows.append((f"{copies}x: {len(some):,}", f"{peaks[main]:.0f}", ", ".join(f"{peak:.0f}" for peak in workers), f"{sum(peaks.values()):.0f}"))
    first, last = figures[COPIES[0]], figures[COPIES[-1]]
    grown = (f"{last[key] - first[key]:+.0f} ({last[key] / first[key] - 1:+.1%})" for key in ("main", "worker"))
    growth = (f"growth, {COPIES[0]}x to {COPIES[-1]}x", *grown, "")
    return figures, commands.table(("articles", "main process, MB", "each worker, MB", "together, MB"), *rows, growth)


def _peak(pid: int) -> float:
    """The most memory a process has held, in MB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM")), 0)
