"""Shards: articles that one process of a cluster annotates by itself, and the file of results that it leaves.

A shard is an archive, a part of one, or some hundred text files. A worker writes its results beside the name they will have
and renames them when they are whole, so that a file of results that is there is complete: such a shard is not annotated
again, whoever asks. One process, the driver, loads results into the database, where it knows each article by the hash of its
text, so that loading twice changes nothing. Nothing here knows what carries shards to workers: that is `cluster`.
"""

from __future__ import annotations

import functools
import gc
import gzip
import hashlib
import json
import os
import socket
import time
import zlib
from collections import ChainMap, Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from itertools import chain, islice, repeat
from pathlib import Path

import regex
from sqlite_utils import Database

from annotator import __version__, articles, inputs, rows, rules, runs, store
from annotator.formats import parquet
from annotator.runs import File, Outcome, RunError, Source, Task

FILES = 512  # text files of a shard


@dataclass(frozen=True, slots=True)
class Shard:
    """Articles to be annotated together: those of an archive from entry `first` up to `last`, or the files of a task.

    `name` is that of the archive or of the first file; `key` differs if an article or what it is annotated with does.
    """

    name: str
    key: str
    size: int
    archive: Path | None = None
    first: int = 0
    last: int | None = None
    task: Task = Task()

    def work(self) -> Iterator[Task]:
        """The articles, in batches. ArticleError where the archive cannot be read."""
        if self.archive is not None:
            for batch, left_out in runs.batches(self.name, self.archive, self.first, self.last):
                yield Task(left_out, tuple(batch))
        for start in range(0, len(self.task.sources), runs.BATCH):
            yield replace(self.task, sources=self.task.sources[start : start + runs.BATCH])

    def files(self) -> tuple[str, str]:
        """What files of its results are called, without a suffix: readable, and its own; and a pattern for those of its parts, or of its whole."""
        readable = regex.sub(r"[^A-Za-z0-9._-]+", "-", self.name)[-60:].strip("-.")
        whole = f"{readable}-{_digest(self.name)[:16]}"
        return (whole, f"{whole}.*-*") if (self.first, self.last) == (0, None) else (f"{whole}.{self.first}-{self.last}", whole)

    def halves(self) -> list[Shard]:
        """The two halves of a shard, by number of articles; none of a single article. ArticleError where the archive cannot be read."""
        if self.archive is None:
            sources, middle = self.task.sources, len(self.task.sources) // 2
            return [_of_files(replace(self.task, sources=some), self.key) for some in (sources[:middle], sources[middle:])] if middle else []
        last = sum(1 for _ in inputs.entries(self.archive)) if self.last is None else self.last
        middle = (self.first + last) // 2
        part = replace(self, size=self.size // 2)
        return [replace(part, first=self.first, last=middle), replace(part, first=middle, last=last)] if middle > self.first else []

    def only(self) -> Source:
        """The article of a shard of one."""
        return next(source for task in self.work() for source in task.sources)


def _of_files(task: Task, *made_with: str) -> Shard:
    """The shard of a task's files."""
    said = json.dumps([made_with, [(source.name, source.stamp() or time.time_ns()) for source in task.sources]])
    return Shard(task.sources[0].name, _digest(said), sum(source.size for source in task.sources), task=task)


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "backslashreplace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Work:
    """What workers need to know: where results go, what they are made with, how the tagger is loaded, and a folder for Parquet files.

    With a `dataset` annotations go there, and results tell of failures and figures alone.
    """

    results: Path
    made_with: Mapping
    load: Callable[[], object]
    dataset: Path | None = None

    def path(self, shard: Shard) -> Path:
        """The file of a shard's results."""
        return self.results / f"{shard.files()[0]}.shard"

    def key(self, shard: Shard) -> str:
        """What stands at the head of results that need not be made again."""
        return f"{shard.key} {self.dataset or ''}".rstrip()


# A worker ----------------------------------------------------------------------------------------


def annotate(work: Work, shard: Shard) -> bool:
    """Annotate a shard and leave a file of results; False if it was there already.

    RunError where this process is not what the driver is: another version, other rules, another model, no such folder.
    """
    target = work.path(shard)
    if _key(target) == work.key(shard):
        return False
    _check(work, shard)
    tagger = functools.cache(lambda: _tagger(work.load, work.made_with["model"]))
    with ExitStack() as stack:
        lines = stack.enter_context(_renamed_when_whole(target))
        dataset = work.dataset and stack.enter_context(parquet.writer(work.dataset, *shard.files()))
        stack.enter_context(runs.collecting_between())
        _write(lines, {"key": work.key(shard), "shard": shard.name})
        for outcome in _outcomes(shard, tagger, parquet.record if dataset else rows.of):
            if dataset and outcome.made:
                dataset.add(outcome.made)
                outcome = replace(outcome, made=None)
            _write(lines, _values(outcome))
    return True


def _outcomes(shard: Shard, tagger: Callable[[], object], shape: runs.Shape) -> Iterator[Outcome]:
    try:
        for task in shard.work():
            yield from runs.work(task, tagger, shape)
            gc.collect()
    except articles.ArticleError as error:
        yield Outcome(shard.name, shard.size, reason=str(error))


@functools.lru_cache(maxsize=1)
def _tagger(load: Callable[[], object], model: str):
    """The tagger, loaded once in the life of a worker."""
    tagger = load()
    if getattr(tagger, "sha256", model) != model:
        raise RunError(f"the model on {socket.gethostname()} is another than here; install the same one on every machine")
    return tagger


def _check(work: Work, shard: Shard) -> None:
    here = socket.gethostname()
    if (__version__, rules.sha256()) != (work.made_with["tool"], work.made_with["rules"]):
        raise RunError(f"annotate on {here} has another version or other rules than here; install the same one on every machine")
    for path in (work.results, work.dataset, shard.archive):
        if path and not path.exists():
            raise RunError(f"{path} is not there on {here}; archives and results need to be where all machines find them (--results)")


@contextmanager
def _renamed_when_whole(target: Path) -> Iterator[gzip.GzipFile]:
    """A file that has its name only once all of it is on the disk; nothing of it is left if that fails."""
    partial = target.with_name(f"{target.name}.{socket.gethostname()}-{os.getpid()}.tmp")
    try:
        with open(partial, "wb") as file:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) as lines:
                yield lines
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _write(lines: gzip.GzipFile, value: dict) -> None:
    lines.write(json.dumps(value).encode() + b"\n")


def _key(target: Path) -> str | None:
    """The key of the shard whose results are in a file; None if there is no such file."""
    try:
        with gzip.open(target) as lines:
            return json.loads(lines.readline())["key"]
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None  # no results of ours: they are made anew


# The driver --------------------------------------------------------------------------------------

# Shards in, and out as they are done, each with whether it was annotated now: None if the processes it was given to died.
Each = Callable[[Callable[[Shard], bool], Callable[[], Shard | None]], Iterator[tuple[Shard, bool | None]]]


def over(database: Database | None, files: Iterable[File], work: Work, each: Each, *, force: bool = False) -> Iterator[Outcome]:
    """Annotate the articles in files as shards, and load the results into the database; what has not changed is left out unless forced.

    Without a database the results stay where they are. A shard whose workers died is cut in half, and again, down to the
    article that kills them, which is listed. RunError and StoreError for what stops all.
    """
    if work.dataset:
        work.dataset.mkdir(parents=True, exist_ok=True)
        (work.dataset / parquet.VIEWS).write_text(parquet.views(work.dataset), encoding="utf-8")
    run, unchanged = functools.cache(lambda: store.start_run(database, **work.made_with)), 0
    planned, halves, ready = _planned(database, files, work, force), deque(), deque()
    suspects, parts, failed, held = [], Counter(), Counter(), Counter()  # of an archive: parts not yet done, articles

    def draw() -> Shard | None:
        if halves:
            return halves.popleft()
        for one in planned:
            if isinstance(one, Shard):
                parts[one.name] += 1
                return one
            ready.append(one)
        return None

    def worked() -> Iterator[tuple[Shard, bool | None, bool]]:
        """Shards with what came of them, and whether there is more to try: one article that died beside others is tried again alone."""
        function = functools.partial(annotate, work)
        for shard, fresh in each(function, draw):
            yield shard, fresh, True
        for suspect in suspects:
            for shard, fresh in each(function, chain([suspect], repeat(None)).__next__):
                yield shard, fresh, False

    for shard, fresh, more in worked():
        if fresh is None and _key(work.path(shard)) == work.key(shard):
            fresh = True  # its worker died after the work was done
        if fresh is None and more:
            found = shard.halves()
            halves.extend(found)
            parts[shard.name] += max(0, len(found) - 1)
            suspects += [shard] if not found else []
            continue
        parts[shard.name] -= 1
        for outcome in chain(_drained(ready), _results(database, run, work, shard, fresh)):
            failed[shard.name] += outcome.reason is not None
            held[shard.name] += outcome.left_out is None
            unchanged += outcome.unchanged
            yield outcome
        if database is not None and shard.archive and not parts[shard.name] and not failed[shard.name]:
            store.note_archive(database, run(), shard.name, inputs.stamp(shard.archive), held[shard.name])
    for outcome in _drained(ready):
        unchanged += outcome.unchanged
        yield outcome
    for folder in (work.results, *(work.dataset / table for table in parquet.SCHEMAS if work.dataset)):
        for left in folder.glob("*.tmp"):  # by workers that died
            left.unlink()
    if database is not None and run.cache_info().currsize:
        store.finish_run(database, run(), unchanged)


def _planned(database: Database | None, files: Iterable[File], work: Work, force: bool) -> Iterator[Shard | Outcome]:
    """Shards, and what is already known to have come of articles that are in none."""
    digest, group, salt = store.digest(**work.made_with), [], str(time.time_ns()) if force else ""
    for name, path in files:
        if not inputs.is_archive(path):
            if database is None:
                raise RunError(f"{name} is no archive; articles in files of their own go into a database, not into Parquet")
            group.append((name, path))
            if len(group) == FILES:
                yield from _grouped(database, group, work, digest + salt, force)
                group = []
            continue
        stamp, size = inputs.stamp(path), inputs.size(path)
        known = None if force or database is None or stamp is None else store.archive(database, name, stamp, digest)
        if known is None:
            yield Shard(name, _digest(digest + salt + (stamp or str(time.time_ns()))), size, archive=path)
        else:
            yield Outcome(name, size, articles=known)
    if group:
        yield from _grouped(database, group, work, digest + salt, force)


def _grouped(database: Database, group: list[File], work: Work, digest: str, force: bool) -> Iterator[Shard | Outcome]:
    tasks = list(runs.tasks(database, group, work.made_with, force))
    for task in tasks:
        yield from task.ready
    sources = tuple(source for task in tasks for source in task.sources)
    if sources:
        unchanged, tagged = (dict(ChainMap(*known)) for known in zip(*((dict(task.unchanged), dict(task.tagged)) for task in tasks)))
        yield _of_files(Task((), sources, unchanged, tagged), digest)


def _drained(outcomes: deque[Outcome]) -> Iterator[Outcome]:
    while outcomes:
        yield outcomes.popleft()


def _results(database: Database | None, run: Callable[[], store.Run], work: Work, shard: Shard, fresh: bool | None) -> Iterator[Outcome]:
    """What came of the articles of a shard, stored if there is a database. Those that are stored already are unchanged."""
    if fresh is None:
        yield from [died(shard)] if database is None else runs.stored(database, run, [died(shard)])
        return
    for outcomes in _read(work.path(shard)):
        if database is None:
            yield from outcomes if fresh else (replace(outcome, figures=None) for outcome in outcomes)
            continue
        known = store.known(database, [outcome.name for outcome in outcomes])
        digest = store.digest(**work.made_with)
        same = {name for name, one in known.items() if one.digest == digest}
        yield from runs.stored(database, run, [
            replace(one, made=None, figures=None) if one.made and one.name in same and known[one.name].sha256 == one.made.document["sha256"] else one
            for one in outcomes
        ])  # fmt: skip


def died(shard: Shard) -> Outcome:
    """What came of the one article of a shard whose workers died."""
    return runs.died(shard.only())


def _read(target: Path) -> Iterator[list[Outcome]]:
    """The outcomes in a file of results, a batch at a time."""
    try:
        with gzip.open(target) as lines:
            lines.readline()
            while batch := [_outcome(json.loads(line)) for line in islice(lines, runs.BATCH)]:
                yield batch
    except FileNotFoundError:
        raise RunError(f"{target} was written by a worker but is not here; name a folder that all machines share (--results)") from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise RunError(f"{target} cannot be read ({error}); delete it and give the same command again") from None


def _values(outcome: Outcome) -> dict:
    return {field.name: getattr(outcome, field.name) for field in fields(outcome)} | {
        "made": outcome.made and {"document": outcome.made.document, "tables": outcome.made.tables}
    }


def _outcome(values: dict) -> Outcome:
    made = values.pop("made")
    return Outcome(**values, made=made and rows.Rows(**made))
