"""A run over many articles: what has changed is annotated and stored, what fails is recorded and does not stop the others."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from annotator import articles, pipeline, store
from annotator.document import Annotation, Document

BATCH = 64  # articles read, annotated and stored before the next are read


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an article: its annotation if it was annotated and stored, the reason if it failed, neither if it is unchanged.

    `fault` is set where the annotator is to blame rather than the article: articles with one fault fail alike.
    """

    path: str
    annotation: Annotation | None = None
    reason: str | None = None
    fault: str | None = None


def over(
    database: Database, paths: Mapping[str, Path], made_with: Mapping, load: Callable[[], object], force: bool = False
) -> Iterator[Outcome]:
    """Annotate files, given by the name each is stored under, and store them; articles that have not changed are left out unless forced.

    `made_with` is what store.digest takes, `load` gives the tagger. The run is recorded, and the tagger loaded, once there is something
    to record. A run that is not followed to its end stays without one in the database. StoreError if that cannot be written at all.
    """
    known, digest = {} if force else store.known(database), store.digest(**made_with)
    run, tagger = functools.cache(lambda: store.start_run(database, **made_with)), functools.cache(load)
    names, unchanged = list(paths), 0
    for start in range(0, len(names), BATCH):
        changed = []
        for name in names[start : start + BATCH]:
            try:
                document = replace(articles.read(paths[name]), path=name)
            except articles.ArticleError as error:
                store.record_failure(database, run(), name, str(error))
                yield Outcome(name, reason=str(error))
                continue
            if known.get(name) == (document.sha256, digest):
                unchanged += 1
                yield Outcome(name)
            else:
                changed.append(document)
        if changed:
            found = attempts(changed, tagger())
            yield from _stored(database, run(), found)
    if run.cache_info().currsize:
        store.finish_run(database, run(), unchanged)


def attempts(documents: Sequence[Document], tagger) -> Iterator[tuple[Document, Annotation | Exception]]:
    """Each document with its annotation, or with what went wrong: one that fails does not take the others with it."""
    try:
        annotations = list(pipeline.annotate(documents, tagger))
    except Exception as error:
        if len(documents) == 1:
            yield documents[0], error
            return
        half = len(documents) // 2
        yield from attempts(documents[:half], tagger)
        yield from attempts(documents[half:], tagger)
    else:
        yield from zip(documents, annotations, strict=True)


def _stored(database: Database, run: store.Run, found: Iterator[tuple[Document, Annotation | Exception]]) -> Iterator[Outcome]:
    """Store annotations, each in a transaction of its own, and record the failures."""
    for document, result in found:
        fault = reason = None
        if isinstance(result, Exception):
            fault = cause(result)
            reason = f"{document.path}: {fault}; please report this article"
        else:
            try:
                store.write(database, run, result)
            except store.StoreError as error:
                reason = str(error)
        if reason:
            store.record_failure(database, run, document.path, reason)
        yield Outcome(document.path, None if reason else result, reason, fault)


def cause(error: Exception) -> str:
    """An unexpected error in one line, with the place in our code it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent] or frames
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}, line {ours[-1].lineno} ({error})"
