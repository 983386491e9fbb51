"""What is left of a run of which a worker, a node or the driver is killed at a random moment. Run by bench/scale.py.

A worker and the driver (the `annotate` process itself) are killed with `--cluster local`, a node with `--scheduler`: it is one of two
`dask worker` commands, and its nanny is killed with it. All by SIGKILL. The driver is started again at once, as its user would. The moment is
when so many shards are done, and up to half a second later.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from pathlib import Path

import commands

KINDS = ("worker", "node", "driver")
SHARDS, EACH = 40, 10
DASK = commands.ANNOTATE.with_name("dask")


def measure(options, folder: Path) -> tuple[dict, list[str]]:
    """So many runs with a kill, compared with one without."""
    chance = random.Random(options.seed)
    commands.cut(commands.lines(options.data, SHARDS * EACH), folder / "shards", EACH)
    commands.run(folder, "shards", "--cluster", "local", "--workers", "2", "--db", "0.db")
    undisturbed = commands.exported(folder, "0.db")
    counts, undone = defaultdict(Counter), 0
    for number in range(1, options.runs + 1):
        kind = KINDS[number % len(KINDS)]
        for attempt in itertools.count():  # a run may end before the moment has come
            moment, name = chance.randrange(SHARDS), f"{number}-{attempt}"
            if _killed(folder, name, kind, moment, chance):
                break
            undone += 1
        found = commands.exported(folder, f"{name}.db")
        print(f"run {number}: {kind} killed after {moment} of {SHARDS} shards, {'the same bytes' if found == undisturbed else 'DIFFERENT'}", flush=True)
        counts[kind].update(runs=1, same=int(found == undisturbed), left=_ended(folder, name), **_compared(undisturbed, found))
    rows = [(kind, *(counts[kind][key] for key in ("runs", "lost", "twice", "other", "same", "left"))) for kind in KINDS]
    total = ("all", *(sum(row[at] for row in rows) for at in range(1, 7)))
    head = ("killed", "runs", "articles lost", "articles twice", "articles annotated otherwise", "runs with the same sorted export", "processes left over")
    lines = commands.table(head, *rows, total)
    lines += ["", f"{SHARDS} shards of {EACH} articles, 2 workers or nodes. {undone} more runs ended before their moment had come and do not count."]
    return {"runs": total[1], "lost": total[2], "twice": total[3]}, lines


def _killed(folder: Path, name: str, kind: str, moment: int, chance: random.Random) -> bool:
    """Run with a kill, and again where that ended the run; False if all was done before the moment."""
    with _cluster(folder, name, kind == "node") as where:
        arguments = ("shards", *where, "--db", f"{name}.db", "--results", f"{name}.results")
        driver = commands.start(folder, *arguments, tag=f"{folder}/{name}")
        while driver.poll() is None and (len(list(folder.glob(f"{name}.results/*.shard"))) < moment or not _victims(folder, name, kind, driver)):
            time.sleep(0.02)
        time.sleep(chance.random() / 2)
        victims = _victims(folder, name, kind, driver)
        if driver.poll() is not None or not victims:
            driver.wait()
            return False
        for pid in chance.choice(victims):
            _kill(pid)
        if kind == "driver":
            driver.wait()
            driver = commands.start(folder, *arguments, tag=f"{folder}/{name}")
        if driver.wait():
            print((folder / "annotate.said").read_text(), flush=True)
        return True


def _victims(folder: Path, name: str, kind: str, driver: subprocess.Popen) -> list[list[int]]:
    """What may be killed: the processes of each worker, of each node, or of the driver."""
    if kind == "driver":
        return [[driver.pid]]
    if kind == "worker":
        return [[pid] for pid in commands.workers(f"{folder}/{name}")]
    return [list(found) for node in (0, 1) if (found := commands.marked(f"{folder}/{name}/{node}"))]


@contextmanager
def _cluster(folder: Path, name: str, nodes: bool):
    """The options that tell `annotate` where to work: on a cluster of its own, or on a scheduler with two nodes that is here meanwhile."""
    if not nodes:
        yield "--cluster", "local", "--workers", "2"
        return
    file = folder / f"{name}.scheduler"
    tags = [f"{folder}/{name}/{part}" for part in ("scheduler", 0, 1)]
    places = ("--local-directory", folder / f"{name}.dask", "--no-dashboard", "--scheduler-file", file)
    started = [commands.start(folder, "scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", file, tag=tags[0], program=DASK)]
    try:
        while not file.exists():
            time.sleep(0.1)
        time.sleep(0.2)
        started += [commands.start(folder, "worker", *places, "--nthreads", "1", "--memory-limit", "0", tag=tag, program=DASK) for tag in tags[1:]]
        while sum(len(commands.workers(tag)) for tag in tags[1:]) < 2:
            time.sleep(0.1)
        yield "--scheduler", json.loads(file.read_text())["address"]
    finally:
        for pid in (pid for tag in reversed(tags) for pid in commands.marked(tag)):
            _kill(pid)
        for process in started:
            process.wait()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended of itself


def _ended(folder: Path, name: str) -> int:
    """How many processes of a run are still there when it has been over for ten seconds. They are killed."""
    for _ in range(100):
        if not (left := commands.marked(f"{folder}/{name}")):
            return 0
        time.sleep(0.1)
    for pid in left:
        _kill(pid)
    return len(left)


def _compared(undisturbed: list[bytes], found: list[bytes]) -> dict[str, int]:
    """Articles that are not there, more often than once, or with other annotations; an article is known by its text."""
    wanted, got = ([json.loads(line)["sha256"] for line in lines] for lines in (undisturbed, found))
    times = Counter(got)
    return {
        "lost": len(set(wanted) - set(got)), "twice": sum(count - 1 for count in times.values()),
        "other": len({json.loads(line)["sha256"] for line in set(found) - set(undisturbed)} & set(wanted)),
    }  # fmt: skip
