"""The exchange format: one JSON object a line and article. It only grows; names in it do not change.

Offsets are half-open and count code points of `text`. Entities are mentions, with the number and the name of their
entity; a quote's `parent` is the `id` of the quote around it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from annotator.document import Annotation, Attribution, Span

DIGITS = 4  # of a confidence; more differ between machines


class FormatError(Exception):
    """A file that is not in the exchange format; the message says where and why."""


def lines(annotations: Iterable[Annotation]) -> Iterator[str]:
    """One line for each annotation, in their order, without the line feed."""
    for annotation in annotations:
        yield json.dumps(record(annotation), ensure_ascii=False, separators=(",", ":"))


def record(annotation: Annotation) -> dict:
    """An annotation as the JSON object of the format."""
    document = annotation.document
    return {
        "path": document.path,
        "sha256": document.sha256,
        "outlet": document.outlet,
        "title": document.title,
        "published": document.published,
        "url": document.url,
        "text": document.text,
        "entities": _entities(annotation),
        "quotes": [_quote(number, a, document.text) for number, a in enumerate(annotation.attributions, 1)],
    }


def _entities(annotation: Annotation) -> list[dict]:
    found = sorted(
        (mention.span, number, mention.type, entity.name)
        for number, entity in enumerate(annotation.entities, 1) for mention in entity.mentions
    )
    return [
        {"id": number, "start": span.start, "end": span.stop, "type": type, "name": _words(name, annotation.document.text)}
        for span, number, type, name in found
    ]


def _quote(number: int, attribution: Attribution, text: str) -> dict:
    quote, role = attribution.quote, attribution.role
    return {
        "id": number,
        "type": quote.type,
        "content": [_pair(part) for part in quote.content],
        "cue": _pair(quote.cue),
        "source": _pair(quote.source),
        "implicit": quote.implicit,
        "speaker": _words(attribution.speaker, text),
        "speaker_kind": attribution.kind,
        "role": _words(role and role.span, text),
        "affiliation": _words(role and role.affiliation, text),
        "via": _words(quote.via, text),
        "parent": None if attribution.parent is None else attribution.parent + 1,
        "confidence": round(attribution.confidence, DIGITS),
        "rule": quote.rule,
        "speaker_rule": attribution.rule,
    }


def _pair(span: Span | None) -> list[int] | None:
    return span and [span.start, span.stop]


def _words(span: Span | None, text: str) -> str | None:
    """A span's words on one line."""
    return span and " ".join(span.of(text).split())


def read(path: Path) -> list[dict]:
    """The documents of a file in the exchange format, at least one. Raises FormatError, which names the line that is none."""
    documents = []
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        document = json.loads(line)
                        wrong = _wrong(document)
                    except json.JSONDecodeError as error:
                        wrong = f"is no JSON: {error.msg.removesuffix(' starting at')}, column {error.colno}"
                    except RecursionError:
                        wrong = "is nested too deeply"
                    if wrong:
                        raise FormatError(f"{path}, line {number} {wrong}; `annotate export jsonl` shows the format")
                    documents.append(document)
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not UTF-8 ({error.reason}, byte {error.start:,}); convert it") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror})") from None
    if not documents:
        raise FormatError(f"{path} holds no documents; it needs one JSON object a line, as `annotate export jsonl` writes them")
    return documents


def _wrong(document) -> str | None:
    """What a document of the exchange format lacks for scoring."""
    if not isinstance(document, dict) or not isinstance(document.get("text"), str) or not isinstance(document.get("quotes"), list):
        return "needs `text` and a list of `quotes`"
    for number, quote in enumerate(document["quotes"], 1):
        if not isinstance(quote, dict) or quote.get("type") not in ("direct", "indirect", "mixed"):
            return f"quote {number}, needs a `type`: direct, indirect or mixed"
        if not isinstance(quote.get("content"), list) or not all(map(_is_span, quote["content"])):
            return f"quote {number}, needs `content` as [[start, end], …]"
        if quote.get("cue") is not None and not _is_span(quote["cue"]):
            return f"quote {number}, needs `cue` as [start, end] or null"
        if not all(isinstance(quote.get(name), str | None) for name in ("speaker", "role", "via")):
            return f"quote {number}, needs `speaker`, `role` and `via` as text or null"
    entities = document.get("entities")
    if entities is not None and not (isinstance(entities, list) and all(map(_is_entity, entities))):
        return "needs `entities` as [start, end, type], or objects with those keys"
    return None


def _is_span(value) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(n, int) for n in value) and 0 <= value[0] < value[1]


def _is_entity(value) -> bool:
    row = [value.get(key) for key in ("start", "end", "type")] if isinstance(value, dict) else value
    return isinstance(row, list) and len(row) >= 3 and _is_span(row[:2]) and isinstance(row[2], str)
