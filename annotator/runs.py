"""A run over many articles: what has changed is annotated and stored, what fails is recorded and does not stop the others.

Articles are read and annotated in batches, here or in worker processes; one process alone writes. Results are stored in
the order of the articles, so that the database does not depend on the number of workers.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from annotator import articles, ner, pipeline, rules, store
from annotator.document import Annotation, Document, Mention, Sentence

BATCH = 64  # articles read, annotated and stored before the next are read
AHEAD = 3  # batches that wait for each worker: enough to keep it busy, few enough to keep memory flat


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an article: its annotation if it was annotated and stored, the reason if it failed, neither if it is unchanged.

    `fault` is set where the annotator is to blame rather than the article: articles with one fault fail alike.
    """

    path: str
    annotation: Annotation | None = None
    reason: str | None = None
    fault: str | None = None
    stamp: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Articles to annotate together: the files by the names they are stored under, and what is known of them.

    `held` are names of articles that have not changed, by their stamps. `unchanged` are hashes of texts that need not be
    annotated again, `tagged` what store.tags gives of an earlier run with the same model.
    """

    held: tuple[str, ...]
    files: tuple[tuple[str, Path], ...]
    unchanged: Mapping[str, str]
    tagged: Mapping[str, store.Tagged]


def over(
    database: Database, files: Iterable[tuple[str, Path]], made_with: Mapping, load: Callable[[], object], *, force: bool = False, workers: int = 1
) -> Iterator[Outcome]:
    """Annotate files, each with the name it is stored under, and store them; articles that have not changed are left out unless forced.

    `made_with` is what store.digest takes, `load` gives the tagger, and is sent to workers if there are several. The run is recorded,
    and the tagger loaded, once there is something to record. Names that the model found before are not looked for again.
    A run that is not followed to its end stays without one in the database. StoreError if that cannot be written at all.
    """
    run, unchanged = functools.cache(lambda: store.start_run(database, **made_with)), 0
    tasks = (_task(database, dict(batch), made_with, force) for batch in _batches(files))
    for outcomes in _worked(tasks, load, workers):
        for outcome in _stored(database, run, outcomes):
            unchanged += outcome.annotation is None and outcome.reason is None
            yield outcome
    if run.cache_info().currsize:
        store.finish_run(database, run(), unchanged)


def _batches(files: Iterable[tuple[str, Path]]) -> Iterator[list[tuple[str, Path]]]:
    stream = iter(files)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _task(database: Database, batch: dict[str, Path], made_with: Mapping, force: bool) -> Task:
    """A batch of files with what is stored of them."""
    digest, known = store.digest(**made_with), store.known(database, batch)
    same = {} if force else {name: one for name, one in known.items() if one.digest == digest}
    held = [name for name, one in same.items() if one.stamp and one.stamp == articles.stamp(batch[name])]
    left = {name: path for name, path in batch.items() if name not in set(held)}
    tagged = store.tags(database, [name for name in left if not force and name in known and name not in same and known[name].model == made_with["model"]])
    return Task(tuple(held), tuple(left.items()), {name: same[name].sha256 for name in left if name in same}, tagged)


# Workers -----------------------------------------------------------------------------------------


def _worked(tasks: Iterator[Task], load: Callable[[], object], workers: int) -> Iterator[list[Outcome]]:
    """What came of each task, in order; tasks are drawn only a few ahead."""
    if workers == 1:
        tagger = functools.cache(load)
        yield from (work(task, tagger) for task in tasks)
        return
    with _pool(load, workers) as submit:
        waiting: deque[tuple[Task, Future | None]] = deque()
        for task in tasks:
            waiting.append((task, submit(task) if task.files else None))  # no process is started for nothing
            if len(waiting) >= AHEAD * workers:
                yield _result(*waiting.popleft(), submit)
        while waiting:
            yield _result(*waiting.popleft(), submit)


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
        return future.result() if future else work(task, None)
    except BrokenProcessPool:
        if len(task.files) == 1:
            fault = "the process that annotated it died, as for lack of memory"
            return [Outcome(task.files[0][0], reason=f"{task.files[0][0]}: {fault}; annotate it alone to see more", fault=fault)]
        half = len(task.files) // 2
        parts = [replace(task, held=(), files=task.files[:half]), replace(task, files=task.files[half:])]
        return [outcome for part in parts for outcome in _result(part, submit(part), submit)]


_TAGGER: Callable[[], object] | None = None


def _begin(load: Callable[[], object]) -> None:
    """A worker starts: Ctrl-C is the main process's to handle, and the model is loaded with the first article that needs it."""
    global _TAGGER
    os.environ["OMP_NUM_THREADS"] = "1"  # before PyTorch is imported: two threads beside other processes are far slower
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _TAGGER = functools.cache(load)


def _work(task: Task) -> list[Outcome]:
    return work(task, _TAGGER)


# An article --------------------------------------------------------------------------------------


def work(task: Task, tagger: Callable[[], object] | None) -> list[Outcome]:
    """Read and annotate the articles of a task; nothing is stored."""
    done = {name: Outcome(name) for name in task.held}
    changed, stamps = [], {name: articles.stamp(path) for name, path in task.files}
    for name, path in task.files:
        try:
            document = replace(articles.read(path), path=name)
        except articles.ArticleError as error:
            done[name] = Outcome(name, reason=str(error))
            continue
        if task.unchanged.get(name) == document.sha256:
            done[name] = Outcome(name, stamp=stamps[name])
        else:
            changed.append(document)
    remembering = Remembering(tagger, [(d.text, *task.tagged[d.path][1:]) for d in changed if d.path in task.tagged and task.tagged[d.path][0] == d.sha256])
    for document, result in attempts(changed, remembering) if changed else ():
        done[document.path] = _outcome(document.path, result, stamps[document.path])
    return list(done.values())


class NotTagged(Exception):
    """Names were to be looked for, and must not be."""


def no_tagger():
    """In place of a function that loads a tagger, where none may be used."""
    raise NotTagged


def _outcome(name: str, result: Annotation | Exception, stamp: str | None) -> Outcome:
    if isinstance(result, NotTagged):
        return Outcome(name, reason=f"{name}: names were not yet looked for in this text with this model; annotate without --rules-only")
    if isinstance(result, Exception):
        fault = cause(result)
        return Outcome(name, reason=f"{name}: {fault}; please report this article", fault=fault)
    return Outcome(name, result, stamp=stamp)


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
    try:
        annotations = list(pipeline.annotate(documents, tagger))
    except (ner.ModelError, rules.RuleError):  # wrong for every article
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


def _stored(database: Database, run: Callable[[], store.Run], outcomes: list[Outcome]) -> Iterator[Outcome]:
    """Store annotations, each in a transaction of its own, and record the failures."""
    if stamps := {one.path: one.stamp for one in outcomes if one.annotation is None and one.stamp}:
        store.restamp(database, stamps)
    for outcome in outcomes:
        if outcome.annotation:
            try:
                store.write(database, run(), outcome.annotation, outcome.stamp)
            except store.StoreError as error:
                outcome = Outcome(outcome.path, reason=str(error))
        if outcome.reason:
            store.record_failure(database, run(), outcome.path, outcome.reason)
        yield outcome


def cause(error: Exception) -> str:
    """An unexpected error in one line, with the place in our code it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent] or frames
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}, line {ours[-1].lineno} ({error})"
