"""An annotation as rows of the tables of schema.sql: made where an article is annotated, numbered where it is stored.

Rows are numbered within their article, from 1; 0 points to nothing. A table is kept as its columns, which travel and are
renumbered faster than rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from operator import sub

from annotator.document import Annotation, Attribution, Entity, Role, Sentence, Span

BETWEEN_PARTS = " … "
_json = json.JSONEncoder(separators=(",", ":")).encode

# In the order of writing: a row comes after those it points to. The number of a row and its document are not among the columns.
COLUMNS = {
    "sentences": ("start", "stop", "tokens"),
    "tags": ("names",),
    "spans": ("start", "stop", "words"),
    "zones": ("span", "kind", "rule"),
    "entities": ("number", "type", "span", "name"),
    "mentions": ("entity", "span", "type", "score", "rule"),
    "roles": ("entity", "span", "affiliation", "rule"),
    "sources": ("kind", "entity", "span", "name"),
    "quotes": (
        "number", "type", "words", "offsets", "cue", "source_span", "implicit", "source", "role", "via", "parent", "confidence", "rule", "speaker_rule",
    ),
    "quote_parts": ("quote", "number", "span"),
    "candidates": ("quote", "span", "score", "reason", "chosen"),
}  # fmt: skip
NUMBERED = ("spans", "entities", "roles", "sources", "quotes")  # tables that others point to
POINTS_TO = {
    "span": "spans", "affiliation": "spans", "cue": "spans", "source_span": "spans", "via": "spans",
    "entity": "entities", "role": "roles", "source": "sources", "quote": "quotes", "parent": "quotes",
}  # fmt: skip


class RowError(Exception):
    """An annotation that does not fit its text."""


@dataclass(frozen=True, slots=True)
class Rows:
    """An article as rows: columns of `documents` by name, and of each table in COLUMNS its columns."""

    document: dict[str, str | None]
    tables: dict[str, list[list]]

    def column(self, table: str, name: str) -> list:
        """A column of a table."""
        columns = self.tables[table]
        return columns[COLUMNS[table].index(name)] if columns else []

    def length(self, table: str) -> int:
        """How many rows a table has."""
        return len(self.tables[table][0]) if self.tables[table] else 0


def of(annotation: Annotation) -> Rows:
    """The rows of an annotation. RowError if a span of it lies outside the text."""
    document = annotation.document
    fields = {name: getattr(document, name) for name in ("path", "outlet", "title", "published", "author", "url", "text", "sha256")}
    made = _Made(document.text)
    made.add("tags", _json([(*m.span, m.type, m.score) for m in annotation.tagged]))
    for sentence in annotation.sentences:
        made.add("sentences", *sentence.span, packed(sentence))
    for zone in annotation.zones:
        made.add("zones", made.span(zone.span), zone.kind, zone.rule)
    entities = [made.entity(number, entity) for number, entity in enumerate(annotation.entities, 1)]
    for number, attribution in enumerate(annotation.attributions, 1):
        made.quote(number, attribution, 0 if attribution.entity is None else entities[attribution.entity])
    return Rows(fields, {table: [list(column) for column in zip(*rows)] for table, rows in made.tables.items()})


class _Made:
    """The rows of a text, as they are made."""

    def __init__(self, text: str):
        self.text = text
        self.tables: dict[str, list[tuple]] = {table: [] for table in COLUMNS}
        self._known: dict[str, dict[tuple, int]] = {table: {} for table in COLUMNS}

    def add(self, table: str, *row) -> int:
        """Add a row; its number."""
        rows = self.tables[table]
        rows.append(row)
        return len(rows)

    def _once(self, table: str, key: tuple, *rest) -> int:
        """The number of the row with this key, which is added if it is not there."""
        known = self._known[table]
        if key not in known:
            known[key] = self.add(table, *key, *rest)
        return known[key]

    def _name(self, span: Span) -> str:
        return one_line(span.of(self.text))

    def span(self, span: Span | None) -> int:
        if span is None:
            return 0
        if span.stop > len(self.text):
            raise RowError(f"{span} lies outside the text")
        return self._once("spans", span, span.of(self.text))

    def role(self, role: Role, entity: int) -> int:
        return self._once("roles", (entity, self.span(role.span), self.span(role.affiliation), role.rule))

    def entity(self, number: int, entity: Entity) -> int:
        row = self._once("entities", (number, entity.type, self.span(entity.name)), self._name(entity.name))
        for mention in entity.mentions:
            self.add("mentions", row, self.span(mention.span), mention.type, mention.score, mention.rule)
        for role in entity.roles:
            self.role(role, row)
        return row

    def quote(self, number: int, attribution: Attribution, entity: int) -> None:
        quote, speaker, role, source = attribution.quote, attribution.speaker, 0, 0
        if speaker is not None:
            source = self._once("sources", (attribution.kind, entity, self.span(speaker)), self._name(speaker))
        if attribution.role is not None:
            role = self._quote_role(attribution.role, entity)
        words = BETWEEN_PARTS.join(part.of(self.text) for part in quote.content)
        parent = 0 if attribution.parent is None else attribution.parent + 1
        self.add(
            "quotes", number, quote.type, words, offsets(quote.content), self.span(quote.cue), self.span(quote.source), int(quote.implicit),
            source, role, self.span(quote.via), parent, attribution.confidence, quote.rule, attribution.rule,
        )  # fmt: skip
        for part, span in enumerate(quote.content, 1):
            self.add("quote_parts", number, part, self.span(span))
        for candidate in attribution.candidates:
            self.add("candidates", number, self.span(candidate.name), candidate.score, candidate.reason, int(candidate.name == speaker))

    def _quote_role(self, role: Role, entity: int) -> int:
        """The role as one of its entity's, or one that no entity has."""
        key = (entity, self.span(role.span), self.span(role.affiliation), role.rule)
        return self._known["roles"].get(key) or self.role(role, 0)


def one_line(words: str) -> str:
    """Words with each run of whitespace made one space."""
    return " ".join(words.split())


def offsets(parts: Iterable[Span]) -> str:
    """Starts and stops as quotes and reviews keep them: [[538,664]]."""
    return _json([*parts])


def packed(sentence: Sentence) -> str:
    """A sentence's tokens as the schema keeps them: the gap before and the length of each."""
    borders = [*chain.from_iterable(sentence.borders)]
    return _json([*map(sub, borders, (sentence.span.start, *borders))])


def unpacked(start: int, stop: int, packed: str) -> Sentence:
    """The sentence at start–stop with its packed tokens."""
    numbers, position, tokens = json.loads(packed), start, []
    for gap, length in zip(numbers[::2], numbers[1::2], strict=True):
        tokens.append(Span(position + gap, position + gap + length))
        position += gap + length
    return Sentence(Span(start, stop), tuple(tokens))
