"""Annotations as a Parquet dataset, for archives that outgrow SQLite: a folder for each table, a file in each for every shard.

Offsets are half-open and count code points of the article's text. A quote's `content` has its parts, its `parent` is the
number of the quote around it; `document` is the article's path. VIEWS, written beside the tables, reads the dataset with
DuckDB and gives it the view `said` of schema.sql.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from annotator.document import Annotation, Attribution, Span
from annotator.rows import BETWEEN_PARTS, one_line

ROWS = 4_096  # rows of a table that are held before they are written
VIEWS = "views.sql"

_SPAN = pa.struct([("start", pa.int32()), ("stop", pa.int32())])
_CANDIDATE = pa.struct([("name", pa.string()), ("score", pa.float32()), ("reason", pa.string()), ("chosen", pa.bool_())])
SCHEMAS = {
    "quotes": pa.schema([
        ("document", pa.string()), ("number", pa.int32()), ("type", pa.string()), ("words", pa.string()), ("content", pa.list_(_SPAN)),
        ("cue", pa.string()), ("cue_span", _SPAN), ("source", pa.string()), ("source_span", _SPAN), ("implicit", pa.bool_()),
        ("speaker", pa.string()), ("kind", pa.string()), ("naming", pa.string()), ("role", pa.string()), ("affiliation", pa.string()), ("via", pa.string()),
        ("parent", pa.int32()), ("confidence", pa.float64()), ("rule", pa.string()), ("speaker_rule", pa.string()), ("candidates", pa.list_(_CANDIDATE)),
    ]),
    "mentions": pa.schema([
        ("document", pa.string()), ("entity", pa.int32()), ("type", pa.string()), ("name", pa.string()), ("words", pa.string()),
        ("start", pa.int32()), ("stop", pa.int32()), ("score", pa.float32()), ("rule", pa.string()),
    ]),
    "documents": pa.schema([(name, pa.string()) for name in ("path", "outlet", "title", "published", "author", "url", "text", "sha256")]),
}  # fmt: skip


def record(annotation: Annotation) -> dict[str, list[dict]]:
    """The rows of an annotation, by table."""
    document, text = annotation.document, annotation.document.text
    return {
        "quotes": [_quote(number, attribution, document.path, text) for number, attribution in enumerate(annotation.attributions, 1)],
        "mentions": [
            {
                "document": document.path, "entity": number, "type": mention.type, "name": one_line(entity.name.of(text)), "words": mention.span.of(text),
                "start": mention.span.start, "stop": mention.span.stop, "score": mention.score, "rule": mention.rule,
            }
            for number, entity in enumerate(annotation.entities, 1)
            for mention in entity.mentions
        ],
        "documents": [{name: getattr(document, name) for name in SCHEMAS["documents"].names}],
    }  # fmt: skip


def _quote(number: int, attribution: Attribution, path: str, text: str) -> dict:
    quote, role, speaker = attribution.quote, attribution.role, attribution.speaker
    return {
        "document": path, "number": number, "type": quote.type, "words": BETWEEN_PARTS.join(part.of(text) for part in quote.content),
        "content": [_pair(part) for part in quote.content],
        "cue": _words(quote.cue, text), "cue_span": _pair(quote.cue), "source": _words(quote.source, text), "source_span": _pair(quote.source),
        "implicit": quote.implicit, "speaker": _words(speaker, text), "kind": attribution.kind,
        "naming": None if speaker is None else "unnamed" if attribution.entity is None else "named",
        "role": _words(role and role.span, text), "affiliation": _words(role and role.affiliation, text), "via": _words(quote.via, text),
        "parent": None if attribution.parent is None else attribution.parent + 1, "confidence": attribution.confidence,
        "rule": quote.rule, "speaker_rule": attribution.rule,
        "candidates": [
            {"name": _words(one.name, text), "score": one.score, "reason": one.reason, "chosen": one.name == speaker} for one in attribution.candidates
        ],
    }  # fmt: skip


def _words(span: Span | None, text: str) -> str | None:
    return span and one_line(span.of(text))


def _pair(span: Span | None) -> Mapping[str, int] | None:
    return span and {"start": span.start, "stop": span.stop}


class Writer:
    """Files for the tables of a shard; `add` takes what `record` gives."""

    def __init__(self, files: Mapping[str, pq.ParquetWriter]):
        self._files = files
        self._held: dict[str, list[dict]] = {table: [] for table in files}

    def add(self, tables: Mapping[str, list[dict]]) -> None:
        for table, rows in tables.items():
            self._held[table] += rows
            if len(self._held[table]) >= ROWS:
                self.flush(table)

    def flush(self, table: str) -> None:
        self._files[table].write_table(pa.Table.from_pylist(self._held[table], SCHEMAS[table]))
        self._held[table] = []


@contextmanager
def writer(folder: Path, name: str, instead: str, unfinished: str) -> Iterator[Writer]:
    """A writer of files called `name` in the tables of the dataset in `folder`.

    They are there once all is on the disk, in place of older ones of that name and of those whose names match the pattern `instead`.
    Until then they have the suffix `unfinished`.
    """
    partial = {table: folder / table / f"{name}{unfinished}" for table in SCHEMAS}
    try:
        with ExitStack() as stack:
            for path in partial.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            made = Writer({table: stack.enter_context(pq.ParquetWriter(path, SCHEMAS[table], compression="zstd")) for table, path in partial.items()})
            yield made
            for table in SCHEMAS:
                made.flush(table)
        for table, path in partial.items():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
            path.replace(folder / table / f"{name}.parquet")
            for old in (folder / table).glob(f"{instead}.parquet"):
                old.unlink(missing_ok=True)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)


def views(folder: Path) -> str:
    """SQL for DuckDB that gives the dataset in a folder the names of its tables, and the view `said`."""
    sql = (resources.files("annotator") / "data" / "dataset.sql").read_text(encoding="utf-8")
    return sql.replace("{dataset}", str(folder.absolute()).replace("'", "''"))
