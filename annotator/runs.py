"""A run over many articles: what has changed is annotated and stored, what fails is recorded and does not stop the others.

Articles are read and annotated in batches, here or in worker processes; one process alone writes. Results are stored in
the order of the articles, so that the database does not depend on the number of workers.
"""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import signal
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from annotator import articles, inputs, ner, rows, rules, store
from annotator.document import Annotation, Document, Mention, Sentence

BATCH = 64  # articles read, annotated and stored before the next are read
_PAGES = 2_000  # pages left out after which their number is told
AHEAD = 3  # batches that wait for each worker: enough to keep it busy, few enough to keep memory flat

File = tuple[str, Path]  # the name it is stored under, and where it is
Shape = Callable[[Annotation], object]  # what is wanted of an annotation


class RunError(Exception):
    """What keeps a run from going on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """An article that is not yet read: a file, or an entry of an archive, and its size in bytes."""

    name: str
    what: Path | inputs.Entry
    size: int

    def stamp(self) -> str | None:
        """inputs.stamp of a file."""
        return inputs.stamp(self.what) if isinstance(self.what, Path) else None

    def read(self) -> Document:
        """The article. ArticleError where it cannot be read, inputs.LeftOut where a page holds none."""
        if isinstance(self.what, Path):
            return replace(articles.read(self.what), path=self.name)
        return inputs.document(self.name, self.what)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an article: what was made of its annotation, the reason if it failed or was left out, nothing if it is unchanged.

    `figures` count the quotes and speakers of an article that was annotated. `fault` is set where the annotator is to blame
    rather than the article: articles with one fault fail alike. `articles` is more than one for an archive that is unchanged.
    """

    name: str
    size: int
    made: object | None = None
    figures: Mapping[str, int] | None = None
    reason: str | None = None
    fault: str | None = None
    left_out: str | None = None
    stamp: str | None = None
    articles: int = 1

    @property
    def unchanged(self) -> int:
        """How many articles are as they were."""
        return self.articles if self.figures is None and self.reason is None and self.left_out is None else 0


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was read to its end."""

    name: str
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """Articles to annotate together, and what is known of them.

    `ready` is what is already known to have come of articles before them, such as files that have not changed, by their
    stamps. `unchanged` are hashes of texts that need not be annotated again, `tagged` what store.tags gives of an earlier
    run with the same model, both by name. `ends` is the archive whose last articles these are.
    """

    ready: tuple[Outcome, ...] = ()
    sources: tuple[Source, ...] = ()
    unchanged: Mapping[str, str] = field(default_factory=dict)
    tagged: Mapping[str, store.Tagged] = field(default_factory=dict)
    ends: Archive | None = None


def over(
    database: Database, files: Iterable[File], made_with: Mapping, load: Callable[[], object], *, force: bool = False, workers: int = 1
) -> Iterator[Outcome]:
    """Annotate the articles in files, and store them; those that have not changed are left out unless forced.

    `made_with` is what store.digest takes, `load` gives the tagger, and is sent to workers if there are several. The run is recorded,
    and the tagger loaded, once there is something to record. Names that the model found before are not looked for again.
    A run that is not followed to its end stays without one in the database. StoreError if that cannot be written at all.
    """
    storing = Storing(database, made_with)
    for task, outcomes in _worked(tasks(database, files, made_with, force), load, workers):
        yield from storing.take(outcomes)
        if task.ends:
            storing.end(task.ends)
    storing.finish()


class Storing:
    """A run as it is stored: articles as they come, archives as they end. It is recorded once there is something to store.

    Without a database outcomes are only passed on.
    """

    def __init__(self, database: Database | None, made_with: Mapping):
        self._database = database
        self._run = functools.cache(lambda: store.start_run(database, **made_with))
        self._unchanged, self._failed, self._held = 0, set(), Counter()

    def take(self, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
        """Store what came of articles, all in one transaction; what came of that."""
        for outcome in outcomes if self._database is None else stored(self._database, self._run, outcomes):
            archive = outcome.name.rpartition("#")[0]
            if outcome.reason:
                self._failed |= {archive, outcome.name}
            self._held[archive] += outcome.left_out is None
            self._unchanged += outcome.unchanged
            yield outcome

    def end(self, archive: Archive) -> None:
        """An archive was read to its end: unless something of it failed, it need not be read again."""
        if self._database is not None and archive.name not in self._failed:
            store.note_archive(self._database, self._run(), archive.name, archive.stamp, self._held[archive.name])

    def finish(self) -> None:
        """The run came to its end."""
        if self._run.cache_info().currsize:
            store.finish_run(self._database, self._run(), self._unchanged)


def tasks(database: Database, files: Iterable[File], made_with: Mapping, force: bool) -> Iterator[Task]:
    """The articles in files, in batches, with what is stored of them; a batch holds files, or articles of one archive."""
    plain: list[Source] = []
    for name, path in files:
        if inputs.is_archive(path):
            yield from _archive(database, name, path, made_with, force)
        else:
            plain.append(Source(name, path, inputs.size(path)))
            if len(plain) == BATCH:
                yield _task(database, plain, made_with, force)
                plain = []
    if plain:
        yield _task(database, plain, made_with, force)


def _archive(database: Database, name: str, path: Path, made_with: Mapping, force: bool) -> Iterator[Task]:
    """The articles of an archive, as it is read; none of them if it has not changed."""
    stamp = inputs.stamp(path)
    known = None if force or stamp is None else store.archive(database, name, stamp, store.digest(**made_with))
    if known is not None:
        yield Task((Outcome(name, inputs.size(path), articles=known),))
        return
    store.begin_archive(database, name)
    try:
        for batch, left_out in batches(name, path):
            yield replace(_task(database, batch, made_with, force), ready=left_out)
    except articles.ArticleError as error:
        yield Task((Outcome(name, inputs.size(path), reason=str(error)),))
    else:
        yield Task(ends=Archive(name, stamp))


def batches(name: str, path: Path, first: int = 0, last: int | None = None) -> Iterator[tuple[list[Source], tuple[Outcome, ...]]]:
    """The articles of an archive, or those from `first` up to `last`, a batch at a time, and pages left out that no more need be done about.

    ArticleError where the archive cannot be read.
    """
    batch, left_out = [], []
    for entry in islice(inputs.entries(path), first, last):
        source = Source(f"{name}#{entry.number}", entry, entry.size)
        if entry.page is not None and not entry.page.html:
            left_out.append(Outcome(source.name, source.size, left_out="not Indonesian"))
        else:
            batch.append(source)
        if len(batch) == BATCH or len(left_out) == _PAGES:
            yield batch, tuple(left_out)
            batch, left_out = [], []
    if batch or left_out:
        yield batch, tuple(left_out)


def _task(database: Database, batch: Sequence[Source], made_with: Mapping, force: bool) -> Task:
    """A batch of articles with what is stored of them."""
    digest, known = store.digest(**made_with), store.known(database, [source.name for source in batch])
    same = {} if force else {name: one for name, one in known.items() if one.digest == digest}
    held = {s.name: s.size for s in batch if s.name in same and same[s.name].stamp and same[s.name].stamp == s.stamp()}
    left = [source for source in batch if source.name not in held]
    again = [s.name for s in left if not force and s.name in known and s.name not in same and known[s.name].model == made_with["model"]]
    return Task(
        tuple(Outcome(name, size) for name, size in held.items()), tuple(left),
        {s.name: same[s.name].sha256 for s in left if s.name in same}, store.tags(database, again) if again else {},
    )  # fmt: skip


# Workers -----------------------------------------------------------------------------------------


def _worked(tasks: Iterator[Task], load: Callable[[], object], workers: int) -> Iterator[tuple[Task, list[Outcome]]]:
    """What came of each task, in order; tasks are drawn only a few ahead."""
    if workers == 1:
        tagger = functools.cache(load)
        with collecting_between():
            for task in tasks:
                yield task, work(task, tagger)
                collect()
        return
    with _pool(load, workers) as submit:
        waiting: deque[tuple[Task, Future | None]] = deque()
        for task in tasks:
            waiting.append((task, submit(task) if task.sources else None))  # no process is started for nothing
            if len(waiting) >= AHEAD * workers:
                yield waiting[0][0], _result(*waiting.popleft(), submit)
        while waiting:
            yield waiting[0][0], _result(*waiting.popleft(), submit)


@contextmanager
def collecting_between() -> Iterator[None]:
    """Garbage is collected when a batch is done: while one is worked on almost nothing becomes garbage, and looking for it takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


def collect() -> None:
    """Collect the garbage of a batch. What is left (words, rules, the model) is not looked through again, which takes as long as the rules of a batch."""
    gc.collect()
    gc.freeze()


@contextmanager
def _pool(load: Callable[[], object], workers: int) -> Iterator[Callable[[Task], Future]]:
    """Worker processes, replaced when one of them dies; what is yielded submits a task to them."""
    context = multiprocessing.get_context("spawn")  # a forked copy of a process with PyTorch's threads can hang

    def started() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(load,))

    pool = started()

    def submit(task: Task) -> Future:
        nonlocal pool
        try:
            return pool.submit(_work, task)
        except BrokenProcessPool:
            pool.shutdown(wait=False)
            pool = started()
            return pool.submit(_work, task)

    try:
        yield submit
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(task: Task, future: Future | None, submit: Callable[[Task], Future]) -> list[Outcome]:
    """What came of a task. Where its worker died, its halves are tried again, down to the article that kills one."""
    try:
        return future.result() if future else list(task.ready)
    except BrokenProcessPool:
        if len(task.sources) == 1:
            return [*task.ready, died(task.sources[0])]
        half = len(task.sources) // 2
        parts = [replace(task, sources=task.sources[:half]), replace(task, ready=(), sources=task.sources[half:])]
        return [outcome for part in parts for outcome in _result(part, submit(part), submit)]


def died(source: Source) -> Outcome:
    """What came of an article that killed the process that annotated it."""
    fault = "the process that annotated it died, as for lack of memory"
    return Outcome(source.name, source.size, reason=f"{source.name}: {fault}; annotate it alone to see more", fault=fault)


_TAGGER: Callable[[], object] | None = None


def _begin(load: Callable[[], object]) -> None:
    """A worker starts: Ctrl-C is the main process's to handle, and the model is loaded with the first article that needs it."""
    global _TAGGER
    os.environ["OMP_NUM_THREADS"] = "1"  # before PyTorch is imported: two threads beside other processes are far slower
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    gc.disable()
    _TAGGER = functools.cache(load)


def _end_with(parent) -> None:
    """A worker ends where the main process was killed, and does not wait for it for ever."""
    parent.join()
    os._exit(1)


def _work(task: Task) -> list[Outcome]:
    try:
        return work(task, _TAGGER)
    finally:
        collect()


# An article --------------------------------------------------------------------------------------


def work(task: Task, tagger: Callable[[], object], shape: Shape = rows.of) -> list[Outcome]:
    """Read and annotate the articles of a task, each into the wanted shape; nothing is stored."""
    done = {outcome.name: outcome for outcome in task.ready}
    changed: dict[str, Document] = {}
    for source in task.sources:
        blank = done[source.name] = Outcome(source.name, source.size, stamp=source.stamp())
        try:
            document = source.read()
        except articles.ArticleError as error:
            done[source.name] = replace(blank, reason=str(error))
        except inputs.LeftOut as reason:
            done[source.name] = replace(blank, left_out=str(reason))
        else:
            if task.unchanged.get(source.name) != document.sha256:
                changed[source.name] = document
    known = [(d.text, *tagged) for name, d in changed.items() if name in task.tagged for sha256, *tagged in (task.tagged[name],) if sha256 == d.sha256]
    for document, result in attempts(list(changed.values()), Remembering(tagger, known)) if changed else ():
        done[document.path] = _outcome(done[document.path], result, shape)
    return list(done.values())


class NotTagged(Exception):
    """Names were to be looked for, and must not be."""


def no_tagger():
    """In place of a function that loads a tagger, where none may be used."""
    raise NotTagged


def _outcome(blank: Outcome, result: Annotation | Exception, shape: Shape) -> Outcome:
    """What came of an article, of which nothing is said yet but what it is."""
    name = blank.name
    try:
        if isinstance(result, Exception):
            raise result
        return replace(blank, made=shape(result), figures=_figures(result))
    except NotTagged:
        return replace(blank, reason=f"{name}: names were not yet looked for in this text with this model; annotate without --rules-only")
    except Exception as error:
        fault = cause(error)
        return replace(blank, reason=f"{name}: {fault}; please report this article", fault=fault)


def _figures(annotation: Annotation) -> dict[str, int]:
    """How many quotes there are in an article, of each type, how many speakers, how many quotes without one."""
    speakers = [a.speaker and a.speaker.of(annotation.document.text) for a in annotation.attributions]
    counts = {"quotes": len(speakers), "speakers": len({*speakers, None}) - 1, "unattributed": speakers.count(None)}
    return dict(Counter(a.quote.type for a in annotation.attributions)) | counts


class Remembering:
    """A tagger that does not look again for names it found in an earlier run: where a text and its sentences are the same."""

    def __init__(self, tagger: Callable[[], object], known: Iterable[tuple[str, tuple[Sentence, ...], tuple[Mention, ...]]]):
        self._tagger = tagger
        self._known = {text: (sentences, names) for text, sentences, names in known}

    def tag(self, batch: Sequence[tuple[str, tuple[Sentence, ...]]]) -> list[tuple[Mention, ...]]:
        """Names of texts with their sentences, as ner.Tagger gives them."""
        found = [names if known == sentences else None for text, sentences in batch for known, names in (self._known.get(text, (None, None)),)]
        new = [one for one, names in zip(batch, found) if names is None]
        fresh = iter(self._tagger().tag(new) if new else ())
        return [next(fresh) if names is None else names for names in found]


def attempts(documents: Sequence[Document], tagger) -> Iterator[tuple[Document, Annotation | Exception]]:
    """Each document with its annotation, or with what went wrong: one that fails does not take the others with it."""
    from annotator import pipeline  # here, since its patterns take seconds to compile: a run that finds nothing new does without

    try:
        annotations = list(pipeline.annotate(documents, tagger))
    except (ner.ModelError, rules.RuleError, RunError):  # wrong for every article
        raise
    except Exception as error:
        if len(documents) == 1:
            yield documents[0], error
            return
        half = len(documents) // 2
        yield from attempts(documents[:half], tagger)
        yield from attempts(documents[half:], tagger)
    else:
        yield from zip(documents, annotations, strict=True)


def stored(database: Database, run: Callable[[], store.Run], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Store annotations and record failures, in one transaction; what came of them."""
    if any(one.made or one.reason for one in outcomes):
        run()  # outside the transaction, which may be undone
    elif not any(one.unchanged and one.stamp for one in outcomes):
        return list(outcomes)
    try:
        with store.together(database):
            if stamps := {one.name: one.stamp for one in outcomes if one.unchanged and one.stamp}:
                store.restamp(database, stamps)
            for one in outcomes:
                if one.made:
                    store.write(database, run(), one.made, one.stamp)
                elif one.reason:
                    store.record_failure(database, run(), one.name, one.reason)
    except store.NotStored as error:
        if len(outcomes) > 1:  # all were undone: one by one, only those that the schema refuses are not stored
            return [each for one in outcomes for each in stored(database, run, [one])]
        return stored(database, run, [Outcome(outcomes[0].name, outcomes[0].size, reason=str(error))])
    return list(outcomes)


def cause(error: Exception) -> str:
    """An unexpected error in one line, with the place in our code it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent] or frames
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}, line {ours[-1].lineno} ({error})"
