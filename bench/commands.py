"""`annotate` as a user runs it, for measurements: in a process of its own and a folder given, with its time and what it says."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from annotator import store

ROOT = Path(__file__).parent.parent
ANNOTATE = Path(sys.executable).with_name("annotate")
MADE_WITH = {"tool": "", "model": "", "rules": "", "settings": {}}  # of databases that are thrown away
TAG = "ANNOTATE_BENCH"  # a variable that processes inherit, by which all that belong to a command are found


@dataclass(frozen=True)
class Ran:
    """A command that has ended: seconds from its start to its end, seconds of CPU of all its processes, what it said."""

    seconds: float
    cpu: float
    said: str

    @property
    def rate(self) -> float:
        """Articles a second, as it says itself."""
        found = re.search(r"([\d.,]+) articles a second", self.said)
        return float(found[1].replace(",", "")) if found else 0.0


def start(folder: Path, *arguments: object, tag: str = "", program: Path = ANNOTATE) -> subprocess.Popen:
    """Start `annotate`, or another program, with these arguments; what it says goes into a file of the folder called after it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), TAG: tag}
    with open(folder / f"{program.name}.said", "wb") as said:
        return subprocess.Popen([program, *map(str, arguments)], cwd=folder, stdout=said, stderr=said, env=environment)


def run(folder: Path, *arguments: object) -> Ran:
    """Run `annotate` with these arguments to its end."""
    started = time.perf_counter()
    process = start(folder, *arguments)
    _, status, used = os.wait4(process.pid, 0)
    seconds, process.returncode = time.perf_counter() - started, os.waitstatus_to_exitcode(status)
    said = (folder / "annotate.said").read_text(encoding="utf-8")
    if process.returncode > 1 or process.returncode < 0:  # 1: some articles failed
        raise SystemExit(f"annotate {' '.join(map(str, arguments))} ended with {process.returncode}:\n{said}")
    return Ran(seconds, used.ru_utime + used.ru_stime, said)


def marked(tag: str) -> dict[int, str]:
    """The processes that run with a tag: their numbers and command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"{TAG}={tag}".encode() in (path / "environ").read_bytes().split(b"\0"):
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass  # it has ended, or is somebody else's
    return found


def workers(tag: str) -> list[int]:
    """Those of them that annotate."""
    return [pid for pid, command in marked(tag).items() if "multiprocessing.spawn" in command]


def lines(data: Path, count: int | None = None) -> list[str]:
    """The first articles of a JSONL file, as lines."""
    return data.read_text(encoding="utf-8").splitlines(keepends=True)[:count]


def cut(articles: list[str], folder: Path, size: int) -> Path:
    """A new folder of shards of so many articles."""
    folder.mkdir(parents=True)
    for n, first in enumerate(range(0, len(articles), size)):
        (folder / f"{n:05}.jsonl").write_text("".join(articles[first : first + size]), encoding="utf-8")
    time.sleep(2.1)  # until what was written counts as settled: annotator/inputs.py
    return folder


def texts(articles: Iterable[str], folder: Path) -> Path:
    """A new folder with a .txt file for each article."""
    folder.mkdir(parents=True)
    for n, line in enumerate(articles):
        (folder / f"{n:06}.txt").write_text(json.loads(line)["text"], encoding="utf-8")
    time.sleep(2.1)
    return folder


def exported(folder: Path, database: str) -> list[bytes]:
    """The sorted lines of `annotate export jsonl`."""
    run(folder, "export", "jsonl", database, "-o", "export.jsonl")
    return sorted((folder / "export.jsonl").read_bytes().splitlines())


def digest(exported: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(exported)).hexdigest()


def tokens(database: Path) -> int:
    """Tokens of the articles in a database, as the segmenter makes them; of each the schema keeps two numbers."""
    with closing(store.open(database, create=False)) as db:
        return db.execute("SELECT sum(json_array_length(tokens)) / 2 FROM sentences").fetchone()[0]


def table(*rows: Iterable[object]) -> list[str]:
    """Rows of a table, its head first."""
    head, *rest = ([str(cell) for cell in row] for row in rows)
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rest)]
