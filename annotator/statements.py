"""An article as the rules read it: masked text, and statements, which are sentences that share a quotation."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from annotator import grammar, quotations
from annotator.document import Sentence, Span, Zone
from annotator.grammar import NOISE, QUOTED
from annotator.quotations import Quotation

# a statement longer than this is a scraping accident: its rules would take long and find nothing
LONGEST = 6000


@dataclass(frozen=True, slots=True)
class Statement:
    """A stretch that is read as one sentence, with its outermost quotations."""

    span: Span
    quotations: tuple[Quotation, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """Text, masked text without its quotations covered, statements, and the quotations that stand within others."""

    text: str
    masked: str
    statements: tuple[Statement, ...]
    nested: tuple[Quotation, ...]

    def view(self, span: Span, quoted: Iterable[Span] = (), taken: Iterable[Span] = ()) -> str:
        """One stretch of masked text, quotations covered, and what is used up made noise. Its offsets count from `span.start`."""
        out = self.masked[span.start : span.stop]
        for covered, mark in [(s, QUOTED) for s in quoted] + [(s, NOISE) for s in taken]:
            if covered.overlaps(span):
                start, stop = max(covered.start, span.start) - span.start, min(covered.stop, span.stop) - span.start
                out = out[:start] + mark * (stop - start) + out[stop:]
        return out


def read(text: str, masked: str, sentences: tuple[Sentence, ...], zones: tuple[Zone, ...]) -> Article:
    outer: list[Quotation] = []
    nested: list[Quotation] = []
    for quotation in quotations.find(text, tuple(z.span for z in zones)):
        (nested if outer and outer[-1].span.contains(quotation.span) else outer).append(quotation)
    return Article(text, masked, _statements(masked, sentences, outer), tuple(nested))


_BLANK = NOISE + " \t\r\n"


def _statements(masked: str, sentences: tuple[Sentence, ...], outer: list[Quotation]) -> tuple[Statement, ...]:
    """Sentences joined where a quotation crosses their border, or where one is left open before a quotation."""
    starts = [q.span.start for q in outer]
    spans: list[Span] = []
    for sentence in _turned(sentences, outer):
        # a statement does not start within a headline that was glued before it
        words = sentence.of(masked).lstrip(_BLANK)
        if not words:
            continue
        span = Span(sentence.stop - len(words), sentence.stop)
        last = bisect_left(starts, span.stop) - 1
        reach = max(span.stop, outer[last].span.stop if last >= 0 else 0)
        quoted = last >= 0 and span.start == starts[last]
        if spans and (span.start < spans[-1].stop or quoted and _leads_in(masked, spans[-1], starts)):
            spans[-1] = Span(spans[-1].start, max(reach, spans[-1].stop))
        else:
            spans.append(Span(span.start, reach))
    kept = [s for s in spans if s.stop - s.start <= LONGEST]
    return tuple(Statement(s, tuple(outer[bisect_left(starts, s.start) : bisect_left(starts, s.stop)])) for s in kept)


def _turned(sentences: tuple[Sentence, ...], outer: list[Quotation]) -> Iterator[Span]:
    """Spans of sentences; a mark at the end of one that opens the next is the next one's: “Airnya naik." Kami siap, "ujarnya”."""
    opening = {q.span.start for q in outer}
    carried: int | None = None
    for sentence in sentences:
        span = sentence.span if carried is None else Span(carried, sentence.span.stop)
        carried = span.stop - 1 if span.stop - 1 in opening and span.stop - 1 > span.start else None
        yield span if carried is None else Span(span.start, carried)


def _leads_in(masked: str, before: Span, starts: list[int]) -> bool:
    """“X menambahkan,” left open, or “X bertanya.” without words: the quotation that starts the next paragraph belongs to it."""
    words = before.of(masked).rstrip()
    if words[-1:] in tuple(",:"):
        return True
    asked = words[-1:] == "." and bisect_left(starts, before.start) == bisect_left(starts, before.stop)
    return asked and grammar.pattern(r"\b{words:cue_spoken}\s?\.$").search(words, max(0, len(words) - 30)) is not None
