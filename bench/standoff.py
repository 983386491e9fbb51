"""Our annotation of articles that are not ours, put back on their text: gold in the exchange format.

    python bench/standoff.py ARTICLES.jsonl > gold.jsonl                    ARTICLES: one JSON object a line, with `text`
    python bench/standoff.py ARTICLES.jsonl bench/blind.jsonl > gold.jsonl  another annotation than annotation.jsonl

They hold no word of the articles: the SHA-256 of each text, and offsets, half-open, in code points. annotation.jsonl, which
rules and confidence are made with, was made by correcting what the annotator found, so it favours the annotator a little.
blind.jsonl was made by reading alone, of articles that nobody had looked at, and only measures.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ANNOTATION, BLIND = (Path(__file__).parent / name for name in ("annotation.jsonl", "blind.jsonl"))
NAMED = ("speaker", "role", "via")


def gold(articles: Iterable[str], annotation: Path = ANNOTATION) -> Iterator[dict]:
    """Gold documents for those of the articles, JSON lines, that were annotated."""
    annotated = {entry["sha256"]: entry for entry in map(json.loads, annotation.read_text().splitlines())}
    for line in articles:
        text = json.loads(line)["text"]
        entry = annotated.pop(hashlib.sha256(text.encode()).hexdigest(), None)
        if entry:
            yield {"id": entry["sha256"][:12], "outlet": entry["outlet"], "text": text, "entities": None, "quotes": [_quote(text, q) for q in entry["quotes"]]}


def _quote(text: str, quote: dict) -> dict:
    words = {name: _words(text, quote[name]) for name in NAMED}
    return quote | words | {"aliases": [_words(text, alias) for alias in quote["aliases"]]}


def _words(text: str, span: list[int] | None) -> str | None:
    return span and " ".join(text[slice(*span)].split())


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as articles:
        for document in gold(articles, *map(Path, sys.argv[2:])):
            print(json.dumps(document, ensure_ascii=False))
