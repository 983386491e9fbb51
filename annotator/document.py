"""The nouns of the annotator: immutable values over half-open spans of Unicode code points.

Content, cue and source are PARC's terms (Pareti 2012); mention and entity are those of coreference.
Words are never stored beside a span here: `span.of(text)` gives them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple


class _Offsets(NamedTuple):
    start: int
    stop: int


class Span(_Offsets):
    """Code points `start` up to but not including `stop`. Never empty; ValueError if it would be.

    A tuple, since an article has hundreds: it is made, sorted, hashed and sent between processes several times as fast as a dataclass.
    """

    __slots__ = ()

    def __new__(cls, start: int, stop: int) -> Span:
        if not 0 <= start < stop:
            raise ValueError(f"a span needs 0 <= start < stop, not {start}, {stop}")
        return tuple.__new__(cls, (start, stop))

    def of(self, text: str) -> str:
        return text[self.start : self.stop]

    def shift(self, offset: int) -> Span:
        return Span(self.start + offset, self.stop + offset)

    def overlaps(self, other: Span) -> bool:
        return self.start < other.stop and other.start < self.stop

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.stop <= self.stop


@dataclass(frozen=True, slots=True)
class Document:
    """An article as read: `text` is the decoded file, character for character, front matter included.

    `path` names it for people; outlet, title, url, published (ISO 8601 date) and author are None where unknown.
    """

    path: str
    text: str
    outlet: str | None = None
    title: str | None = None
    url: str | None = None
    published: str | None = None
    author: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of the text that is not running prose. `kind` is one of zones.KINDS."""

    span: Span
    kind: str
    rule: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the start and stop of each of its tokens; quotation marks are tokens of their own."""

    span: Span
    borders: tuple[tuple[int, int], ...]

    @property
    def tokens(self) -> tuple[Span, ...]:
        """The tokens as spans, made anew at each call: an article has hundreds, and most who ask need their borders alone."""
        return tuple(Span(*border) for border in self.borders)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text. `type` is PER, ORG or LOC (or a model's own); `score` the model's, not a probability."""

    span: Span
    type: str
    score: float
    rule: str


@dataclass(frozen=True, slots=True)
class Role:
    """An office or description an article gives a person, affiliation included: “juru bicara Kremlin”."""

    span: Span
    affiliation: Span | None
    rule: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One person, organisation or place of one article. `name` is its fullest mention; roles in text order."""

    type: str
    name: Span
    mentions: tuple[Mention, ...]
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What was said: its content in one or more parts, the cue, and the source the cue hangs on.

    `type` is direct, indirect or mixed. `implicit` is true where no word of its own names the source
    (“ujarnya”, a floating quote). `via` is the medium that relays it. `rule` is the rule that found it.
    """

    type: str
    content: tuple[Span, ...]
    cue: Span | None
    source: Span | None
    implicit: bool
    via: Span | None
    rule: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might have said a quote: the name's span, a score from 0 to 1, and why chosen or rejected."""

    name: Span
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who said a quote. `speaker` is the fullest name of the source in the article, or its phrase; None if unknown.

    `kind` is person, group, organisation or document (None with an unknown speaker). `entity` and `parent`
    index the annotation's entities and attributions. `rule` says how the speaker was found.
    """

    quote: Quote
    speaker: Span | None
    kind: str | None
    entity: int | None
    role: Role | None
    parent: int | None
    confidence: float
    rule: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """All that was found in one document, in text order. `tagged` are the names as the tagger gave them, before any rule."""

    document: Document
    zones: tuple[Zone, ...]
    sentences: tuple[Sentence, ...]
    entities: tuple[Entity, ...]
    attributions: tuple[Attribution, ...]
    tagged: tuple[Mention, ...] = ()
