"""How long the desk takes to the first byte of the page of a long article: python bench/desk.py [--words N] [--quotes N]

The article is made up and written to a database of its own; nobody has to have a model. The best of five requests counts,
as the machine may have other things to do.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from annotator import rows, store
from annotator.document import Annotation, Attribution, Candidate, Document, Entity, Mention, Quote, Sentence, Span

SENTENCE = "Kepala dinas Siti Latuconsina mengatakan jembatan itu tetap aman dilalui warga"


def article(words: int, quotes: int) -> Annotation:
    """An article of so many words; every so many of its sentences hold a quote."""
    length = -(-words // len(SENTENCE.split()))
    text = "".join(f"{SENTENCE}{'.' if i % 4 else '.' + chr(10)} " for i in range(length))
    starts = [m.start() for m in re.finditer(SENTENCE, text)]

    def at(sentence: int, part: str) -> Span:
        start = starts[sentence] + SENTENCE.index(part)
        return Span(start, start + len(part))

    name = at(0, "Siti Latuconsina")
    mentions = tuple(Mention(at(i, "Siti Latuconsina"), "PER", 0.99, "ner") for i in range(length))
    said = (Quote("indirect", (at(i * length // quotes, "jembatan itu tetap aman dilalui warga"),), at(i * length // quotes, "mengatakan"),
                  at(i * length // quotes, "Siti Latuconsina"), False, None, "verb.before") for i in range(quotes))
    return Annotation(
        Document("long.txt", text, "Warung Kabar", "Jembatan"), (),
        tuple(Sentence(Span(s, s + len(SENTENCE)), tuple(Span(s + m.start(), s + m.end()) for m in re.finditer(r"\w+", SENTENCE))) for s in starts),
        (Entity("PER", name, mentions, ()),),
        tuple(Attribution(q, name, "person", 0, None, None, 0.9, "name", (Candidate(name, 0.9, "named by the cue"),)) for q in said),
    )


@contextmanager
def serving(path: Path, *options: str) -> Iterator[str]:
    """What `annotate serve` prints, the address among it, for a database that is served meanwhile."""
    server = subprocess.Popen(
        [Path(sys.executable).with_name("annotate"), "serve", path, "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        printed = ""
        for line in server.stdout:
            printed += line
            if "Uvicorn running on" in line:
                break
        else:
            raise SystemExit(printed)
        yield printed
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--quotes", type=int, default=300)
    given = parser.parse_args()
    made = article(given.words, given.quotes)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "long.db"
        with store.open(path) as db:
            run = store.start_run(db, tool="1", model="m", rules="r", settings={})
            document = store.write(db, run, rows.of(made))
            store.finish_run(db, run)
        with serving(path) as printed:
            address = re.search(r"Audit desk: (\S+)", printed)[1]
            taken = [first_byte(f"{address}/article/{document}") for _ in range(5)]
    seconds, size = min(taken)
    print(f"{len(made.document.text.split()):,} words, {len(made.attributions)} quotes: {seconds:.2f} s to the first byte of {size:,}")


def first_byte(address: str) -> tuple[float, int]:
    """Seconds to the first byte of a page, and the bytes of the page."""
    start = time.perf_counter()
    with urlopen(address) as answer:
        first = answer.read(1)
        return time.perf_counter() - start, len(first + answer.read())


if __name__ == "__main__":
    main()
