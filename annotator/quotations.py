"""Stretches between quotation marks, whatever the marks: “ ” ” ” " " « » „ “ ‘ ’ ' '.

One stray mark costs one quotation, not the article: marks are paired within a paragraph, context (spaces, punctuation)
outranks the state, and an opening mark that nothing closes ends where an attribution follows or is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from annotator.document import Span
from annotator.rules import alternation

DOUBLE = "\"“”„«»‟❝❞＂"
SINGLE = "'‘’‚‛"
_MARK = regex.compile(f"[{regex.escape(DOUBLE)}]|''|``")
_SINGLE = regex.compile(rf"(?<![\p{{L}}\p{{N}}])[{SINGLE}](?=[\p{{L}}\p{{N}}])(?P<inner>[^{SINGLE}\n]{{2,600}}?(?:(?<=\p{{L}})[{SINGLE}](?=\p{{L}})[^{SINGLE}\n]{{0,300}}?){{0,4}})[{SINGLE}](?![\p{{L}}\p{{N}}])")
_ATTRIBUTION = regex.compile(rf"[,.?!]?(?=\s*(?:{alternation('cue_bare')})(?:nya\b|\s+(?:dia|ia|beliau|\p{{Lu}}|[\ue000-\ue002])))", regex.IGNORECASE)
_PARAGRAPH = regex.compile(r"[^\r\n\u2028\u2029]+")


@dataclass(frozen=True, slots=True, order=True)
class Quotation:
    """`span` includes the marks, `inner` does not. `continues` is true where it goes on with the one before, a paragraph earlier."""

    span: Span
    inner: Span
    continues: bool = False


def find(text: str, gaps: tuple[Span, ...] = ()) -> tuple[Quotation, ...]:
    """All quotations of a text in order, nested ones after the one that holds them. None lies across one of the `gaps`."""
    found: list[Quotation] = []
    unclosed = False
    for paragraph in _PARAGRAPH.finditer(text):
        if not paragraph.group().strip():
            continue
        double, unclosed = _paragraph(text, paragraph.start(), paragraph.end(), unclosed)
        found += double
        found += _singles(text, paragraph.start(), paragraph.end(), double)
    return tuple(sorted((q for q in found if not any(q.span.overlaps(gap) for gap in gaps)), key=lambda q: (q.span.start, -q.span.stop)))


def _paragraph(text: str, start: int, stop: int, unclosed: bool) -> tuple[list[Quotation], bool]:
    """Quotations with double marks, and whether the last one goes on in the next paragraph."""
    found: list[Quotation] = []
    opening: regex.Match | None = None
    continues = False
    within = start
    for mark in _MARK.finditer(text, start, stop):
        if mark.start() < within:
            continue
        side = _side(text, mark, start, stop)
        if opening is None:
            if side != "close":
                opening, continues = mark, unclosed and not text[start : mark.start()].strip()
        elif (inner := _inner_end(text, opening, mark, stop)) is not None:
            within = inner
        elif side == "open" and mark.group() != "”" and not _last_of_pair(text, opening, mark, stop):
            found += _recover(text, opening, mark.start(), continues)
            opening, continues = mark, False
        else:
            found += _pair(opening.start(), opening.end(), mark.start(), mark.end(), continues)
            opening = None
    if opening is None:
        return found, False
    if not text[start : opening.start()].strip() and _opens_next(text, stop) and not _ATTRIBUTION.search(text, opening.end(), stop):
        return found + _pair(opening.start(), opening.end(), stop, stop, continues), True
    return [*found, *_recover(text, opening, stop, continues)], False


_CURLY = frozenset("“”„«»‟")


def _inner_end(text: str, opening: regex.Match, mark: regex.Match, stop: int) -> int | None:
    """Where a short quotation of the other style ends that stands within an open one: "… “Laskar Senja” …"."""
    if (opening.group() in _CURLY) == (mark.group() in _CURLY) or not text[mark.start() - 1].isspace():
        return None
    partner = _MARK.search(text, mark.end(), min(stop, mark.end() + 80))
    closes = partner is not None and (partner.group() in _CURLY) == (mark.group() in _CURLY) and partner.start() > mark.end()
    attributed = _ATTRIBUTION.search(text, opening.end(), mark.start())
    return partner.end() if closes and not attributed and _MARK.search(text, partner.end(), stop) else None


def _pair(start: int, inner_start: int, inner_stop: int, stop: int, continues: bool) -> list[Quotation]:
    return [Quotation(Span(start, stop), Span(inner_start, inner_stop), continues)] if inner_start < inner_stop else []


def _side(text: str, mark: regex.Match, start: int, stop: int) -> str:
    """Which way a mark faces by its neighbours: open, close or either."""
    before = text[mark.start() - 1] if mark.start() > start else " "
    after = text[mark.end()] if mark.end() < stop else " "
    opens = before.isspace() or before in "([{-–—:/"
    closes = after.isspace() or after in ")]}.,;:?!-–—/"
    if opens != closes:
        return "open" if opens else "close"
    return {"“": "open", "«": "open", "„": "open"}.get(mark.group(), "either") if opens else "either"


def _last_of_pair(text: str, opening: regex.Match, mark: regex.Match, stop: int) -> bool:
    """A mark that looks like an opening one closes all the same where no attribution stands before it and none is left to close it."""
    return mark.group() not in "“«„" and _MARK.search(text, mark.end(), stop) is None and not _ATTRIBUTION.search(text, opening.end(), mark.start())


def _recover(text: str, opening: regex.Match, limit: int, continues: bool) -> Iterator[Quotation]:
    """What an opening mark without its partner holds: up to the attribution that follows it, or nothing."""
    ending = _ATTRIBUTION.search(text, opening.end(), limit)
    if ending and ending.end() > opening.end():
        yield Quotation(Span(opening.start(), ending.end()), Span(opening.end(), ending.end()), continues)


def _opens_next(text: str, stop: int) -> bool:
    return (following := _PARAGRAPH.search(text, stop)) is not None and following.group().lstrip()[:1] in tuple(DOUBLE)


def _singles(text: str, start: int, stop: int, double: list[Quotation]) -> Iterator[Quotation]:
    for match in _SINGLE.finditer(text, start, stop):
        span = Span(*match.span())
        if all(q.inner.contains(span) or not q.span.overlaps(span) for q in double):
            yield Quotation(span, Span(*match.span("inner")))
