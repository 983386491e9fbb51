"""Where articles come from: text files, and archives that hold many, which are read as a stream and never held whole.

An archive gives entries; `document` makes an article of one, and needs nothing but the entry, so that other processes can do it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from annotator import articles, columns, pages
from annotator.articles import ArticleError
from annotator.document import Document
from annotator.pages import LeftOut, Page

__all__ = ["LeftOut", "Page"]

ARCHIVES = tuple(kind + packed for kind in (".jsonl", ".ndjson", ".csv", ".tsv", ".warc") for packed in ("", ".gz")) + (".parquet",)
MANY = 20_000  # entries of a directory that are sorted
SETTLED = 2_000_000_000  # nanoseconds after which a change of a file shows in its time
HELD = 12 * articles.MAX_BYTES  # bytes of a line, row or page that are held: text in escapes, what was annotated, and HTML are longer than text
ROWS = 16  # of a Parquet file, read at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of an archive, not yet read: `fields` (text, and those of articles.FIELDS that are known), a `page`, or a `fault`: why it cannot be read.

    `number` counts from 1: the line of JSON lines, the row of data in CSV and Parquet, the record of a WARC. `size` is how many bytes of the
    archive's file were consumed since the entry before.
    """

    number: int
    size: int
    fields: Mapping[str, str] | None = None
    page: Page | None = None
    fault: str | None = None


# ---- files ----------------------------------------------------------------------------------------------------------


def walk(paths: Iterable[Path | str]) -> Iterator[Path]:
    """The named files, and every .txt file and archive below the named directories; hidden ones and linked directories are skipped.

    They come by name; those of a directory with more than MANY entries as the file system lists them, for memory's sake.

    What does not exist or cannot be listed is yielded as well, so that `articles.read` and `entries` can tell.
    """
    for named in map(Path, paths):
        if not named.is_dir():
            yield named
            continue
        open_directories = [iter((named,))]
        while open_directories:
            path = next(open_directories[-1], None)
            if path is None:
                open_directories.pop()
            elif path.is_dir() and (path == named or not path.is_symlink()):
                try:
                    open_directories.append(_listed(path))
                except OSError:
                    yield path
            elif (path.suffix.lower() == ".txt" or is_archive(path)) and path.is_file():
                yield path


def _listed(directory: Path) -> Iterator[Path]:
    """What is not hidden in a directory. OSError if it cannot be listed."""
    entries = (Path(entry.path) for entry in os.scandir(directory) if not entry.name.startswith("."))
    return chain(sorted(islice(entries, MANY)), entries)


def stamp(path: Path | str) -> str | None:
    """Size and time of change of a file: while both hold, so does its text. None if it cannot be told, or changed just now.

    A file that changes twice within its clock's tick keeps its stamp, so one that changed a moment ago gets none, as in Git.
    """
    try:
        about = os.stat(path)
    except OSError:
        return None
    return f"{about.st_size}-{about.st_mtime_ns}" if time.time_ns() - about.st_mtime_ns > SETTLED else None


def size(path: Path | str) -> int:
    """Bytes of a file; 0 where they cannot be told."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def is_archive(path: Path | str) -> bool:
    """Whether a file holds many articles, by its name."""
    return bool(_kind(path))


# ---- archives -------------------------------------------------------------------------------------------------------

# What a reader found: the number of the entry, how many bytes of the file were consumed by now, and fields, a page or a fault.
_Found = tuple[int, int, Mapping[str, str] | Page | str]


class _TooLong(Exception):
    """A line, or the lines of a row, are longer than HELD."""


def entries(path: Path | str) -> Iterator[Entry]:
    """The articles of an archive, in order, one held at a time. What cannot be read is an entry with a fault, and reading goes on.

    A damaged archive ends with an entry that says so. ArticleError where nothing of the archive can be read at all.
    """
    name, last, consumed, damage = articles.shown(path), 0, 0, None
    read = next((reader for suffix, reader in _READERS.items() if suffix in _kind(path)), None)
    if read is None:
        raise ArticleError(f"{name} is no archive; its name must end in {', '.join(ARCHIVES)}")
    with articles.readable(path):
        file = open(path, "rb")
    with file:
        size = os.fstat(file.fileno()).st_size
        try:
            for last, position, found in read(file, name):
                yield _entry(last, position - consumed, found)
                consumed = position
        except ImportError as error:
            raise ArticleError(f"reading {_kind(path)} needs pip install 'annotator-id[archives]' ({error})") from None
        except _DAMAGE as error:
            damage = error
    if damage and not last:
        raise ArticleError(f"{name} is damaged, or not what its name says: nothing could be read ({_told(damage)}); get it anew")
    if damage:
        fault = f"cannot be read: the archive is damaged after entry {last} ({_told(damage)}); get it anew for what follows"
        yield Entry(last + 1, max(0, size - consumed), fault=fault)


# What gzip, FastWARC and pyarrow raise, the last of these also where a damaged number asks for more memory than there is.
_DAMAGE = (EOFError, OSError, ValueError, MemoryError, NotImplementedError, zlib.error)


def _told(error: Exception) -> str:
    """An error of a library in a few words."""
    return " ".join(str(error).split())[:120].rstrip(" .")


def _kind(path: Path | str) -> str:
    """The suffix of an archive, lower case: .jsonl.gz; empty if it is none."""
    return next((suffix for suffix in ARCHIVES if os.fsdecode(path).lower().endswith(suffix)), "")


def _entry(number: int, size: int, found: Mapping[str, str] | Page | str) -> Entry:
    if isinstance(found, str):
        return Entry(number, size, fault=found)
    return Entry(number, size, page=found) if isinstance(found, Page) else Entry(number, size, fields=found)


def _unpacked(file: io.BufferedReader, name: str) -> io.BufferedReader | gzip.GzipFile:
    return gzip.GzipFile(fileobj=file) if name.lower().endswith(".gz") else file


class _Lines:
    """Lines of a stream as text. _TooLong in place of one that, with those since `begin`, is longer than HELD; the next one follows.

    Bytes that are no UTF-8 become lone surrogates, which columns.checked finds. ArticleError where the stream is UTF-16.
    """

    def __init__(self, stream: io.BufferedReader | gzip.GzipFile, name: str):
        self._stream, self._name, self._held, self.number = stream, name, 0, 0

    def begin(self) -> _Lines:
        self._held = 0
        return self

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(HELD + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._held += len(line)
        if self._held > HELD:
            while line and not line.endswith(b"\n"):
                line = self._stream.readline(HELD)
            raise _TooLong
        if self.number == 1:
            if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ArticleError(f"{self._name} is UTF-16; convert it to UTF-8")
            line = line.removeprefix(b"\xef\xbb\xbf")
        return line.decode("utf-8", "surrogateescape")


def _json_lines(file: io.BufferedReader, name: str) -> Iterator[_Found]:
    lines = _Lines(_unpacked(file, name), name)
    while True:
        try:
            line = next(lines.begin(), None)
            if line is None:
                return
            if not line.strip():
                continue
            record = json.loads(line)
            found = columns.of_object(record) if isinstance(record, dict) else 'is no JSON object; write each article as {"text": …} on a line of its own'
        except _TooLong:
            found = f"is a line longer than {HELD // 1000:,} kB; give each article a line of its own"
        except ValueError as error:
            found = f"is no JSON ({_told(error)}); write each article as one JSON object on a line of its own"
        except RecursionError:
            found = "is JSON nested too deep; leave out what is no article"
        yield lines.number, file.tell(), found


def _table(file: io.BufferedReader, name: str) -> Iterator[_Found]:
    lines = _Lines(_unpacked(file, name), name)
    csv.field_size_limit(HELD)
    try:
        head = next(lines, "")
        delimiter = max("\t" if ".tsv" in _kind(name) else ",;\t", key=head.count)
        names = next(csv.reader(chain([head], lines), delimiter=delimiter), [])
    except (_TooLong, csv.Error):
        raise ArticleError(f"{name} has no line of column names that can be read; put one at the top") from None
    places = columns.places(names, name)
    rows, number = csv.reader(lines, delimiter=delimiter), 0
    while True:
        lines.begin()
        try:
            row = next(rows, None)
            if row is None:
                return
            if not row:
                continue
            if len(row) == len(names):
                found = columns.checked({field: row[at] for field, at in places.items()})
            else:
                found = f"has {len(row)} columns where the first line has {len(names)}; check its quotation marks"
        except (_TooLong, csv.Error):
            found = f"is a row longer than {HELD // 1000:,} kB; check its quotation marks"
        number += 1
        yield number, file.tell(), found


def _parquet(file: io.BufferedReader, name: str) -> Iterator[_Found]:
    import pyarrow.parquet

    size = os.fstat(file.fileno()).st_size
    archive = pyarrow.parquet.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)  # a buffer, or columns of a row group are read whole
    names, total, number = archive.schema_arrow.names, max(1, archive.metadata.num_rows), 0
    places = {field: names[at] for field, at in columns.places(names, name).items()}
    for batch in archive.iter_batches(ROWS, columns=list(places.values()), use_threads=False):
        for row in range(batch.num_rows):
            number += 1
            yield number, min(size, size * number // total), columns.checked({field: _cell(batch.column(column)[row]) for field, column in places.items()})


def _cell(scalar) -> object:
    """A value of a Parquet file; None where Python has none for it."""
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes().decode("utf-8", "surrogateescape")
    except (ValueError, OverflowError, ImportError):  # such as a time beyond the year 9999
        return None


def _pages(file: io.BufferedReader, name: str) -> Iterator[_Found]:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    pages.libraries()  # to learn now, not with each page, whether they are there
    stream = _UpToDamage(_unpacked(file, name))
    for number, record in enumerate(ArchiveIterator(stream, parse_http=False, stream_detect=False), 1):
        if record.record_type != WarcRecordType.response:
            continue
        page = pages.of(record, HELD)
        if page is not None:
            yield number, file.tell(), page
    if stream.damage:
        raise stream.damage
    if stream.end != b"\r\n\r\n":  # which ends each record
        raise EOFError("the last record is cut off")


class _UpToDamage:
    """A stream that ends where its file is damaged, with the error in `damage`, so that what stands before is not lost with it."""

    def __init__(self, stream: io.BufferedReader | gzip.GzipFile):
        self._stream, self.damage, self.end, self._read = stream, None, b"", 0

    def tell(self) -> int:
        return self._read

    def read(self, size: int = -1) -> bytes:
        try:
            data = b"" if self.damage else self._stream.read1(size)
        except _DAMAGE as error:
            self.damage, data = error, b""
        self.end = (self.end + data[-4:])[-4:]
        self._read += len(data)
        return data


# By what the suffix of an archive holds.
_READERS = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _table, ".tsv": _table, ".parquet": _parquet, ".warc": _pages}


# ---- an entry to a document -----------------------------------------------------------------------------------------


def document(name: str, entry: Entry) -> Document:
    """The article of an entry, called `name`. LeftOut where a page holds none in Indonesian, ArticleError where an entry cannot be read.

    What an archive tells of an article goes before what its text does.
    """
    if entry.fault:
        raise ArticleError(f"{name} {entry.fault}")
    found = columns.checked(pages.article(name, entry.page)) if entry.page else entry.fields
    if isinstance(found, str):
        raise ArticleError(f"{name} {found}")
    return articles.document(name, found["text"], {field: value for field, value in found.items() if field != "text"})
