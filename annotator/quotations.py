"""Stretches between quotation marks, whatever the marks: “ ” ” ” " " « » „ “ ‘ ’ ' '.

One stray mark costs one quotation, not the article: marks are paired within a paragraph, context (spaces, punctuation)
outranks the state, and an opening mark that nothing closes ends where an attribution follows or is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

import regex

from annotator.document import Span
from annotator.rules import alternation

DOUBLE = "\"“”„«»‟❝❞＂"
SINGLE = "'‘’‚‛"
_NOT_SINGLE = DOUBLE + "`"
_MARK = regex.compile(rf"[{regex.escape(DOUBLE)}]|``|\\?'\\?'|[‘’]{{2}}")
# some scrapers leave a backslash before a mark
_SINGLE = regex.compile(rf"(?<![\p{{L}}\p{{N}}])\\?[{SINGLE}](?=[\p{{L}}\p{{N}}])(?P<inner>[^{SINGLE}\n]{{1,600}}?(?:(?<=\p{{L}})[{SINGLE}](?=\p{{L}})[^{SINGLE}\n]{{0,300}}?){{0,4}})\\?[{SINGLE}](?![\p{{L}}\p{{N}}])")
# “Dia bilang, 'Ayo pulang,” kata X: nothing closes the words in the words but the outer mark
_UNCLOSED = regex.compile(rf"\b(?:{alternation('cue_say')}|{alternation('cue_spoken')})[,:]?\s\\?[{SINGLE}](?=[\p{{L}}\p{{N}}])(?P<inner>[^{SINGLE}\n]{{9,900}})$", regex.IGNORECASE)
_WHO = rf"(?:nya\b|\s+(?:(?:dia|ia|beliau|{alternation('roles')}|{alternation('groups')})\b|(?-i:\p{{Lu}})))"
# with a comma any cue attributes; without one “nilai”, “harap” and their like are words of the quotation
_ATTRIBUTION = regex.compile(
    rf"[,.?!](?=\s*(?:{alternation('cue_bare')}){_WHO})|(?=\s(?:{alternation('cue_inverted')}){_WHO})", regex.IGNORECASE
)
# small letters: a quotation may start with “Katanya”
_ATTRIBUTED = regex.compile(rf"\s*(?:{alternation('cue_bare')}){_WHO}")
# “, "tanya majelis hakim”: a small letter after a mark on the wrong side of its blank
_CUE = regex.compile(rf"(?:{alternation('cue_bare')})(?:nya)?\b")
# where a scraper lost the break between two paragraphs: “… baik.Di sisi lain …”
_GLUED = regex.compile(r"(?<=\p{Ll}[.?!])(?=\p{Lu}\p{Ll})")
# a scraper that writes a full stop for a mark: “"Kami siap.. "Besok kami datang,"”
_STOPPED = regex.compile(r"(?<![.\s])\.(?=\.\s)")
# a quotation that stands where a sentence begins, and is never closed
_OPENED = regex.compile(rf"(?<=^|[.?!,:\n]\s?|\s\s)[{DOUBLE}](?=\p{{Lu}})", regex.MULTILINE)
_PARAGRAPH_LONG = regex.compile(rf"[^\n{DOUBLE}]{{20,500}}[.?!](?=[ \t]*$)", regex.MULTILINE)
_UTTERED = regex.compile(rf"[^\n{DOUBLE}]{{20,400}}?[\p{{L}}\p{{N}})]{{2}}[.?!](?=\s+[\p{{Lu}}\d{DOUBLE}]|\s*$)", regex.MULTILINE)
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
        words = paragraph.group()
        single = any(mark in words for mark in SINGLE)
        if not single and not any(mark in words for mark in _NOT_SINGLE):
            continue  # nothing is left unclosed before a paragraph without marks
        double, unclosed = _paragraph(text, paragraph.start(), paragraph.end(), unclosed)
        found += double
        if single:
            found += _singles(text, paragraph.start(), paragraph.end(), double)
    return tuple(sorted((q for q in found if not any(q.span.overlaps(gap) for gap in gaps)), key=lambda q: (q.span.start, -q.span.stop)))


@dataclass(frozen=True, slots=True)
class _Mark:
    """A quotation mark, or two that stand for one (“"Kata”, “''Kata”)."""

    start: int
    stop: int
    shape: str
    side: str


def _paragraph(text: str, start: int, stop: int, unclosed: bool) -> tuple[list[Quotation], bool]:
    """Quotations with double marks, and whether the last one goes on in the next paragraph."""
    found: list[Quotation] = []
    marks = _marks(text, start, stop)
    first = start + len(text[start:stop]) - len(text[start:stop].lstrip())
    open_before = bool(marks) and marks[0].side == "close" and (unclosed or _lost_its_opening(text, first, marks[0]))
    opening = _Mark(first, first, "", "open") if open_before else None
    continues = open_before and unclosed
    passed = 0
    for index, mark in enumerate(marks):
        if index < passed:
            continue
        if opening is None:
            if mark.side != "close" or index + 1 < len(marks) and _is_turned(text, mark, marks[index + 1]):
                opening, continues = mark, unclosed and mark.start == first
            elif (begun := _begun(text, found[-1].span.stop if found else start, mark)) is not None:
                found += _pair(begun, begun, mark.start, mark.stop, False)
        elif inner := _inner(text, opening, marks, index):
            passed = index + inner
        elif mark.side == "open" and mark.shape != "”" and not _last_of_pair(text, opening, mark, marks[-1]):
            found += _recover(text, opening, mark.start, continues)
            opening, continues = mark, False
        else:
            found += _pair(opening.start, opening.stop, mark.start, mark.stop, continues)
            opening = None
    if opening is None:
        return found, False
    if opening.start == first and _goes_on(text, stop) and not _ATTRIBUTION.search(text, opening.stop, stop):
        return found + _pair(opening.start, opening.stop, stop, stop, continues), True
    return [*found, *_recover(text, opening, stop, continues)], False


def _lost_its_opening(text: str, first: int, mark: _Mark) -> bool:
    """A short paragraph up to its first mark, which closes and is attributed, was a quotation from the start."""
    return _is_attributed(text, mark) and mark.start - first < 600 and not _ATTRIBUTION.search(text, first, mark.start - 1)


def _is_attributed(text: str, mark: _Mark) -> bool:
    """Whether a mark closes words that somebody is said to have said: “…,” ujar X”."""
    return text[mark.start - 1 : mark.start] in _UTTERING and bool(_ATTRIBUTED.match(text, mark.stop))


_BORDER = regex.compile(r"(?<=[\p{Ll}\d)][.?!]\s?)(?=\p{Lu}[\p{Ll}\s])")


def _begun(text: str, start: int, mark: _Mark) -> int | None:
    """Where a quotation began that lost its opening mark within the paragraph: with its last sentence, or before it as long as “kami” speak. None where nobody says it."""
    if not _is_attributed(text, mark):
        return None
    borders = [m.start() for m in _BORDER.finditer(text, max(start, mark.start - _NEAR), mark.start - 20)]
    if not borders or _ATTRIBUTION.search(text, borders[-1], mark.start - 1):
        return None
    spoken = takewhile(lambda pair: _WE.search(text, *pair), reversed(list(pairwise(borders))))
    return min((begun for begun, _ in spoken), default=borders[-1])


_WE = regex.compile(rf"\b(?:{alternation('first_person')})\b", regex.IGNORECASE)


# a tokeniser wrote “naik." Kami siap, "ujarnya”
_TURNED = regex.compile(r"[.?!:,…)\d]\s?\"\s(?=[\p{Lu}\d])")


def _is_turned(text: str, mark: _Mark, following: _Mark) -> bool:
    """A straight mark glued to the sentence before opens where it would close nothing and the next mark closes."""
    turned = mark.shape == following.shape == '"' and following.side != "open" and _TURNED.match(text, mark.start - 1 - text[mark.start - 1 : mark.start].isspace())
    return bool(turned) and not _ATTRIBUTED.match(text, mark.stop) and not _ATTRIBUTION.search(text, mark.stop, following.start - 1)


def _marks(text: str, start: int, stop: int) -> list[_Mark]:
    """The marks of a paragraph; one that repeats the mark before it counts once."""
    out: list[_Mark] = []
    for match in _MARK.finditer(text, start, stop):
        side = _side(text, match, start, stop)
        if out and out[-1].stop == match.start() and out[-1].side == side == "open":
            out[-1] = _Mark(out[-1].start, match.end(), match.group(), side)
        else:
            out.append(_Mark(*match.span(), match.group(), side))
    return out


_UTTERING = frozenset(",?!")
_ENDING = frozenset(",.?!…")
_CURLY = frozenset("“”„«»‟")
# bounds that keep the pairing linear: marks of short quotations looked at together, and characters before one
_MOST, _NEAR = 12, 1000


def _inner(text: str, opening: _Mark, marks: list[_Mark], index: int) -> int:
    """How many marks belong to short quotations that stand within an open one: "… “Laskar Senja” …", "… istilah "raja" dan "abdi" …"."""
    count = 0
    while count < _MOST and index + count + 2 < len(marks) and _is_inner(text, opening, *marks[index + count : index + count + 2]):
        count += 2
    after = marks[index + count]
    return count if (after.shape in _CURLY) != (marks[index].shape in _CURLY) or after.side == "close" else 0


def _is_inner(text: str, opening: _Mark, mark: _Mark, partner: _Mark) -> bool:
    """A pair of marks within an open quotation that holds a few words and is no quotation of its own."""
    other = (opening.shape in _CURLY) != (mark.shape in _CURLY)
    paired = other and text[mark.start - 1].isspace() or mark.side == "open" and partner.side == "close" and text[partner.start - 1] != ","
    same = (partner.shape in _CURLY) == (mark.shape in _CURLY)
    short = mark.stop < partner.start < mark.stop + 80
    return same and paired and short and not _ATTRIBUTION.search(text, max(opening.stop, mark.start - _NEAR), mark.start)


def _pair(start: int, inner_start: int, inner_stop: int, stop: int, continues: bool) -> list[Quotation]:
    return [Quotation(Span(start, stop), Span(inner_start, inner_stop), continues)] if inner_start < inner_stop else []


def _side(text: str, mark: regex.Match, start: int, stop: int) -> str:
    """Which way a mark faces by its neighbours: open, close or either."""
    before = text[mark.start() - 1] if mark.start() > start else " "
    after = text[mark.end()] if mark.end() < stop else " "
    ended = text[max(start, mark.start() - 3) : mark.start()].rstrip()[-1:] in _ENDING
    glued = mark.group() == '"' and before.isspace() and after.islower()
    if (ended or glued) and _ATTRIBUTED.match(text, mark.end(), stop) or ended and glued and _CUE.match(text, mark.end(), stop):
        return "close"
    opens = before.isspace() or before in "([{-–—:/" or _MARK.match(before) is not None
    closes = after.isspace() or after in ")]}.,;:?!-–—/"
    if opens != closes:
        return "open" if opens else "close"
    return "open" if mark.group() in _OPENERS and (opens or before in ".?!)" and after.isupper()) else "either"


_OPENERS = frozenset("“«„")


def _last_of_pair(text: str, opening: _Mark, mark: _Mark, last: _Mark) -> bool:
    """A mark that looks like an opening one closes all the same where no attribution stands before it and none is left to close it."""
    return mark.shape not in "“«„" and mark == last and not _ATTRIBUTION.search(text, opening.stop, mark.start)


def _recover(text: str, opening: _Mark, limit: int, continues: bool) -> Iterator[Quotation]:
    """What an opening mark without its partner holds: up to the attribution that follows it, to a lost break or mark, or one sentence."""
    ending = _ATTRIBUTION.search(text, opening.stop, limit) or _GLUED.search(text, opening.stop, limit)
    ending = _STOPPED.search(text, opening.stop, ending.start() if ending else limit) or ending
    if ending is None and _OPENED.match(text, opening.start):
        whole = text[opening.start - 1 : opening.start] in ("", "\n") and _PARAGRAPH_LONG.match(text, opening.stop, limit)
        ending = whole or _UTTERED.match(text, opening.stop, limit)
    if ending and ending.end() > opening.stop:
        yield Quotation(Span(opening.start, ending.end()), Span(opening.stop, ending.end()), continues)


def _goes_on(text: str, stop: int) -> bool:
    """Whether the next paragraph opens with a mark, or closes what stands open, attributed, before it opens another."""
    following = _PARAGRAPH.search(text, stop)
    if following is None or following.group().lstrip()[:1] in tuple(DOUBLE):
        return following is not None
    mark = _MARK.search(text, *following.span())
    return mark is not None and _side(text, mark, *following.span()) == "close" and _ATTRIBUTED.match(text, mark.end()) is not None


def _singles(text: str, start: int, stop: int, double: list[Quotation]) -> Iterator[Quotation]:
    """Quotations with single marks, in the double ones and between them."""
    edges = [start, *(at for q in double for at in (q.span.start, q.span.stop)), stop]
    inside = dict.fromkeys((q.inner.start, q.inner.stop) for q in double)  # a set in order
    for first, last in (*zip(edges[::2], edges[1::2]), *inside):
        passed = first
        for match in _SINGLE.finditer(text, first, last):
            passed = match.end()
            yield Quotation(Span(*match.span()), Span(*match.span("inner")))
        unclosed = _UNCLOSED.search(text, passed, last) if (first, last) in inside else None
        if unclosed:
            yield Quotation(Span(unclosed.start("inner") - 1, last), Span(*unclosed.span("inner")))
