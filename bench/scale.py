"""How `annotate` does on many articles: python bench/scale.py STEP DATA.jsonl [--write]

DATA.jsonl holds articles as `annotate` reads them, some thousand. Each step measures in a temporary folder and prints its tables;
--write puts them into docs/scale.md, and the figures that `cost` computes from into bench/scale.json.

    throughput  articles a second, with 1 and 2 workers, by processes and on a cluster of Dask; second runs; bytes of an article
    stages      what each stage takes; the whole pipeline against tagging alone
    memory      the most memory that each process takes, for 500, 2,000 and 8,000 articles (--base: the least of them)
    peers       other annotators on the same articles; --spacy PYTHON names an interpreter that has spaCy
    kills       runs in which a worker, a node or the driver is killed; what is lost
    cost        hours of cores and bytes for 8 thousand articles to a thousand million, computed from the figures of throughput

Set OMP_NUM_THREADS=1. While it measures, the machine should have nothing else to do. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import tempfile
from importlib.metadata import version
from pathlib import Path

import commands
import kills
import stages
import throughput

PAGE = commands.ROOT / "docs" / "scale.md"
FIGURES = commands.ROOT / "bench" / "scale.json"
CORES = (2, 16, 64, 640)
SIZES = (("8 thousand", 8e3), ("10 million", 1e7), ("1,000 million", 1e9))
PASSED, READ = 4_000, 45  # pages of a WARC that a core passes over, and reads, in a second: docs/archives.md
PAGES = 50  # pages of a WARC passed over for each article: an assumption
LARGE = 1e12  # bytes of a database that one would still want to handle


def machine() -> str:
    """What it was measured on."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    name = model[1] if model else platform.machine()
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB; Python {platform.python_version()}, torch {version('torch')}."


# Cost ----------------------------------------------------------------------------------------------------------------


def cost(options, folder: Path) -> tuple[dict, list[str]]:
    """Hours and bytes, computed from what `throughput` measured."""
    if not FIGURES.exists():
        raise SystemExit("measure `throughput` with --write first")
    f = json.loads(FIGURES.read_text())["throughput"]
    lines = [
        f"From the figures above, with both cores busy, on a cluster: {f['rate']:.1f} articles a second and core into a database, "
        f"{f['parquet_rate']:.1f} into Parquet; start {f['start']:.0f} s; the driver loads {f['load']:,.0f} articles a second into a database "
        f"and passes {f['pass']:,.0f} that are in Parquet; {f['database'] / 1e3:.1f} kB an article in a database, {f['parquet'] / 1e3:.1f} kB in Parquet.",
        "",
        *commands.table(
            ("articles", "into", "core-hours", *(f"wall time, {cores} cores" for cores in CORES), "storage"),
            *(row for name, count in SIZES for row in _into(f, name, count)),
        ),
        "",
        f"The one writer of a database keeps up with {f['load'] / f['rate']:.0f} cores; more do not help it (times in italics). A database of 1 TB holds "
        f"{LARGE / f['database'] / 1e6:,.0f} million articles. Beyond either, write Parquet (`--output parquet`).",
        "",
        f"From WARC, reading comes on top: {PAGES} pages passed over for each article at {PASSED:,} a second, and one read at {READ} a second, "
        f"are {1000 * _warc():.0f} ms of a core an article, where annotating takes {1000 / f['parquet_rate']:.0f} ms:",
        "",
        *commands.table(
            ("articles, from WARC", "pages", "core-hours", *(f"wall time, {cores} cores, Parquet" for cores in CORES)),
            *((name, f"{count * (PAGES + 1) / 1e6:,.1f} million", *_times(f, count, 1 / f["parquet_rate"] + _warc(), f["pass"])) for name, count in SIZES),
        ),
    ]  # fmt: skip
    return {}, lines


def _warc() -> float:
    """Seconds of a core that reading one article from a WARC takes."""
    return PAGES / PASSED + 1 / READ


def _into(f: dict, name: str, count: float):
    for into, rate, limit, size in (("database", f["rate"], f["load"], f["database"]), ("Parquet", f["parquet_rate"], f["pass"], f["parquet"])):
        yield name, into, *_times(f, count, 1 / rate, limit), _bytes(count * size)


def _times(f: dict, count: float, seconds: float, limit: float):
    """Hours of cores, and the wall time on so many; in italics where the driver limits it."""
    yield f"{count * seconds / 3600:,.1f}" if count < 1e6 else f"{count * seconds / 3600:,.0f}"
    for cores in CORES:
        work, driver = count * seconds / cores, count / limit
        yield _time(work + f["start"]) if work >= driver else f"*{_time(driver + f['start'])}*"


def _time(seconds: float) -> str:
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} s"


def _bytes(size: float) -> str:
    unit, name = next((unit, name) for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")) if size >= unit or name == "MB")
    return f"{size / unit:,.1f} {name}"


# The page ------------------------------------------------------------------------------------------------------------

STEPS = {"throughput": throughput.measure, "stages": stages.measure, "memory": throughput.memory, "peers": stages.peers, "kills": kills.measure, "cost": cost}


def written(page: str, step: str, lines: list[str]) -> str:
    """The page with the lines of a step between its markers."""
    between = re.compile(rf"(<!-- {step} -->\n).*?(<!-- end of {step} -->)", re.DOTALL)
    if not between.search(page):
        raise SystemExit(f"{PAGE} has no place for {step}")
    return between.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("data", type=lambda path: Path(path).absolute(), help="articles, a JSON object a line")
    parser.add_argument("--write", action="store_true", help="write docs/scale.md and bench/scale.json")
    parser.add_argument("--articles", type=int, metavar="N", help="throughput: take only the first N articles, at least 200")
    parser.add_argument("--shard", type=int, default=500, metavar="N", help="throughput: articles of a shard")
    parser.add_argument("--sample", type=int, metavar="N", help="stages: take only so many articles")
    parser.add_argument("--base", type=int, default=500, metavar="N", help="memory: the least number of articles")
    parser.add_argument("--peers", type=int, default=200, metavar="N", help="peers: articles")
    parser.add_argument("--slow", type=int, default=40, metavar="N", help="peers: how many of them for slow ones")
    parser.add_argument("--spacy", metavar="PYTHON", help="peers: an interpreter that has spaCy")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="kills: runs")
    parser.add_argument("--seed", type=int, default=0, help="kills: of the random moments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        figures, lines = STEPS[options.step](options, Path(folder))
    if options.step != "cost":
        lines = [*lines, "", f"Measured on {machine()}"]
    print("\n".join(lines))
    if options.write:
        known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        FIGURES.write_text(json.dumps(known | ({options.step: figures} if figures else {}), indent=1) + "\n")
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), options.step, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
