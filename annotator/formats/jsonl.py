"""The exchange format: one JSON object a line and article. It only grows; names in it do not change.

Offsets are half-open and count code points of `text`. Entities are mentions, with the number and the name of their
entity; a quote's `parent` is the `id` of the quote around it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from annotator.document import Annotation, Attribution, Span

DIGITS = 4  # of a confidence; more differ between machines


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
