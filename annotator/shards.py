"""Shards: articles that one process of a cluster annotates by itself, and the file of results that it leaves.

A shard is an archive, a part of one, or some hundred text files. A worker writes its results beside the name they will have
and renames them when they are whole, so that a file of results that is there is complete: such a shard is not annotated
again, whoever asks. One process, the driver, loads results into the database, where it knows each article by the hash of its
text, so that loading twice changes nothing. Nothing here knows what carries shards to workers: that is `cluster`.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import os
import secrets
import socket
import time
import zlib
from collections import ChainMap, Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import chain, islice, repeat
from pathlib import Path

import regex
from sqlite_utils import Database

from annotator import __version__, articles, inputs, rows, rules, runs, store
from annotator.formats import parquet
from annotator.runs import Archive, File, Outcome, RunError, Source, Task

FILES = 512  # text files of a shard


@dataclass(frozen=True, slots=True)
class Shard:
    """Articles to be annotated together: those of an archive from entry `first` up to `last`, or the files of a task.

    `name` is that of the archive or of the first file; `key` differs if an article or what it is annotated with does.
    """

    name: str
    key: str
    size: int
    stamp: str | None = None
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

    def is_part(self) -> bool:
        return (self.first, self.last) != (0, None)

    def whole(self) -> str:
        """What files of results of the whole archive are called, without a suffix: readable, and its own."""
        readable = regex.sub(r"[^A-Za-z0-9._-]+", "-", self.name)[-60:].strip("-.")
        return f"{readable}-{_digest(self.name)[:16]}"

    def stem(self) -> str:
        """What files of its own results are called."""
        return f"{self.whole()}.{self.first}-{self.last}" if self.is_part() else self.whole()

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
        """The article of a shard of one; what stands for it where there is none, as in an empty archive."""
        return next((source for task in self.work() for source in task.sources), Source(self.name, self.archive, self.size))


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
    run: str = field(default_factory=lambda: secrets.token_hex(8))

    def path(self, shard: Shard) -> Path:
        """The file of a shard's results."""
        return self.results / f"{shard.stem()}.shard"

    def key(self, shard: Shard) -> list[str | None]:
        """What stands at the head of results that need not be made again."""
        return [shard.key, self.dataset and str(self.dataset)]

    def unfinished(self) -> str:
        """A suffix for files that a worker of this run has not finished."""
        return f".{self.run}-{socket.gethostname()}-{os.getpid()}.tmp"

    def clear(self) -> None:
        """Remove what workers of this run that died have left."""
        for folder in (self.results, *(self.dataset / table for table in parquet.SCHEMAS if self.dataset)):
            for left in folder.glob(f"*.{self.run}-*.tmp"):
                left.unlink(missing_ok=True)

    def forget(self, shard: Shard) -> None:
        """Remove results of an archive, and of its parts, that are of another state of it."""
        for path in [*self.results.glob(f"{shard.whole()}.shard"), *self.results.glob(f"{shard.whole()}.*-*.shard")]:
            if _key(path) != self.key(shard):
                path.unlink()
                for table in parquet.SCHEMAS if self.dataset else ():
                    (self.dataset / table / f"{path.stem}.parquet").unlink(missing_ok=True)


# A worker ----------------------------------------------------------------------------------------


def annotate(work: Work, shard: Shard) -> bool:
    """Annotate a shard and leave a file of results; False if it was there already.

    RunError where this process is not what the driver is: another version, other rules, another model, no such folder.
    """
    target = work.path(shard)
    if _key(target) == work.key(shard):
        return False
    _check(work, shard)
    tagger = functools.partial(_tagger, work.load, work.made_with["model"])
    with ExitStack() as stack:
        lines = stack.enter_context(_renamed_when_whole(target, work.unfinished()))
        instead = shard.whole() if shard.is_part() else f"{shard.whole()}.*-*"
        dataset = work.dataset and stack.enter_context(parquet.writer(work.dataset, shard.stem(), instead, work.unfinished()))
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
            runs.collect()
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
def _renamed_when_whole(target: Path, unfinished: str) -> Iterator[gzip.GzipFile]:
    """A file that has its name only once all of it is on the disk; nothing of it is left if that fails."""
    partial = target.with_name(target.name + unfinished)
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


def _key(target: Path) -> list[str | None] | None:
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
    storing = runs.Storing(database, work.made_with)
    planned, halves, ready, suspects = _planned(database, files, work, force), deque(), deque(), []
    parts = Counter()  # of an archive: those not yet done

    def draw() -> Shard | None:
        if halves:
            return halves.popleft()
        for one in planned:
            if isinstance(one, Shard):
                parts[one.name] += 1
                if force:
                    work.path(one).unlink(missing_ok=True)
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
        while ready:
            yield from storing.take([ready.popleft()])
        if fresh is None and _key(work.path(shard)) == work.key(shard):
            fresh = True  # its worker died after the work was done
        try:
            found = shard.halves() if fresh is None and more else []
        except articles.ArticleError:  # it is not there any more: tried alone, it says so
            found = []
        if found and shard.archive and not shard.is_part():
            work.forget(shard)
        if fresh is None and more:
            halves.extend(found)
            parts[shard.name] += max(0, len(found) - 1)
            suspects += [] if found else [shard]
            continue
        parts[shard.name] -= 1
        passing = False
        for outcome in chain.from_iterable(map(storing.take, _results(database, work, shard, fresh, force))):
            passing |= bool(outcome.fault or outcome.reason and outcome.name == shard.name)
            yield outcome
        if passing:  # what may be mended without a change of the archive, such as memory or a package, is not kept
            work.path(shard).unlink(missing_ok=True)
        if shard.archive and not parts[shard.name]:
            storing.end(Archive(shard.name, shard.stamp))
    while ready:
        yield from storing.take([ready.popleft()])
    work.clear()
    storing.finish()


def _planned(database: Database | None, files: Iterable[File], work: Work, force: bool) -> Iterator[Shard | Outcome]:
    """Shards, and what is already known to have come of articles that are in none."""
    digest, group = store.digest(**work.made_with), []
    for name, path in files:
        size = inputs.size(path)
        if inputs.is_archive(path):
            stamp = inputs.stamp(path)
            known = None if force or database is None or stamp is None else store.archive(database, name, stamp, digest)
            if known is not None:
                yield Outcome(name, size, articles=known)
                continue
            if database is not None:
                store.begin_archive(database, name)
            yield Shard(name, _digest(digest + (stamp or str(time.time_ns()))), size, stamp, path)
        elif database is None:
            yield Outcome(name, size, reason=f"{name} is no archive; articles in files of their own go into a database, not into Parquet")
        else:
            group.append((name, path))
            if len(group) == FILES:
                yield from _grouped(database, group, work, digest, force)
                group = []
    if group:
        yield from _grouped(database, group, work, digest, force)


def _grouped(database: Database, group: list[File], work: Work, digest: str, force: bool) -> Iterator[Shard | Outcome]:
    """The shard of a group of text files; those that are unchanged are counted together."""
    tasks = list(runs.tasks(database, group, work.made_with, force))
    if held := [outcome for task in tasks for outcome in task.ready]:
        yield Outcome(held[0].name, sum(outcome.size for outcome in held), articles=len(held))
    sources = tuple(source for task in tasks for source in task.sources)
    if sources:
        unchanged, tagged = (dict(ChainMap(*known)) for known in zip(*((dict(task.unchanged), dict(task.tagged)) for task in tasks)))
        yield _of_files(Task((), sources, unchanged, tagged), digest)


def _results(database: Database | None, work: Work, shard: Shard, fresh: bool | None, force: bool) -> Iterator[list[Outcome]]:
    """What came of the articles of a shard, a batch at a time. Those that are stored already, or of old results, are unchanged, unless forced."""
    if fresh is None:
        yield [runs.died(shard.only())]
        return
    digest = store.digest(**work.made_with)
    for outcomes in _read(work.path(shard), work.key(shard)):
        if database is None:
            yield outcomes if fresh else [replace(outcome, figures=None) for outcome in outcomes]
            continue
        known = {} if force else store.known(database, [outcome.name for outcome in outcomes])
        same = {name for name, one in known.items() if one.digest == digest}
        yield [
            replace(one, made=None, figures=None) if one.made and one.name in same and known[one.name].sha256 == one.made.document["sha256"] else one
            for one in outcomes
        ]


def _read(target: Path, key: list[str | None]) -> Iterator[list[Outcome]]:
    """The outcomes in a file of results, a batch at a time."""
    try:
        with gzip.open(target) as lines:
            if json.loads(lines.readline())["key"] != key:
                raise RunError(f"{target} is of another archive of this name, or changed meanwhile; name another folder (--results)")
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
