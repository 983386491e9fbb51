"""What the article itself shows the tagger got wrong: each correction names its rule, so that it can be audited.

The tagger decides sentence by sentence; the article knows that “Malang” before Sutiaji is his city, and that a name found
nine times is one the tenth time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import regex

from annotator import lexicon
from annotator.document import Mention, Sentence, Span
from annotator.rules import expand

_DOMAIN = regex.compile(r"[\w-]+(?:\.[\w-]+)*\.(?:com|co\.id|id|net|tv|org)", regex.IGNORECASE)
_ACROSS = regex.compile(r"[\n\r]|[.:]\s*(?:Foto|Sumber|Editor|Penulis)\b")


def correct(text: str, sentences: tuple[Sentence, ...], found: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Mentions in text order, none overlapping, with the article's own evidence used on them."""
    people = tuple(f" {m.span.of(text)}" for m in found if m.type == "PER" and " " in m.span.of(text))
    known = {m.span.of(text) for m in found if m.type == "PER"}
    kept = [one for mention in found for part in _unglued(text, mention, known) for one in _one(text, part, people)]
    places = {m.span.of(text) for m in kept if m.type == "LOC"}
    kept = [_without_region(text, mention, places) for mention in kept]
    kept += _initials(text, kept)
    return tuple(sorted([*kept, *_again(text, sentences, kept)], key=lambda m: m.span))


# “HamzahFahri”, not “McMenemy” or “DiMarzio”
_GLUE = regex.compile(r"(?<=\p{Ll}{4})(?=\p{Lu}\p{Ll})")


def _unglued(text: str, mention: Mention, known: set[str]) -> Iterator[Mention]:
    """“Fahri HamzahFahri Hamzah”: of people glued together, or to a headline, the last whom the article names elsewhere."""
    start, stop = mention.span.start, mention.span.stop
    cuts = [m.start() for m in _GLUE.finditer(text, start, stop) if start < m.start() < stop and mention.type == "PER"]
    parts = [Span(a, b) for a, b in zip([start, *cuts], [*cuts, stop])]
    named = [replace(mention, span=part, rule="ner.unglued") for part in parts if cuts and part.of(text) in known]
    yield from named[-1:] or [mention]


def _one(text: str, mention: Mention, people: tuple[str, ...]) -> Iterator[Mention]:
    """The mention as it stands, cut before what is no part of it, a medium as what it is, or nothing where it is no name."""
    words = mention.span.of(text)
    across = _ACROSS.search(words) or "(" not in words and regex.search(r"\S\K\)", words)
    # at least three words before the name: “PT Loco Montrado” is a firm
    person = next((p for p in people if mention.type == "ORG" and words.endswith(p) and len(words.removesuffix(p).split()) > 2), None)
    if across:
        yield replace(mention, span=Span(mention.span.start, mention.span.start + across.start()), rule="ner.cut")
    elif person:
        yield replace(mention, span=Span(mention.span.start, mention.span.stop - len(person)), rule="ner.person")
    elif _DOMAIN.fullmatch(words):
        yield replace(mention, type="ORG", rule="ner.domain")
    elif mention.type == "PER" and len(words) > 3 and words in lexicon.words("media"):  # “AS” and “AP” may be somebody's initials
        yield replace(mention, type="ORG", rule="ner.medium")
    elif mention.type != "PER" or not (" " in words and words == words.lower() or all(_is_office(word) for word in words.split()) or _abbreviates_office(text, mention.span)):
        yield mention


_OFFICE_OPENS = regex.compile(expand(r"(?:{words:roles})\s[^().,\n]{0,80}\($"), regex.IGNORECASE)


def _abbreviates_office(text: str, span: Span) -> bool:
    """“Wakil Menteri Sosial (Wamensos)”: one word in brackets that starts as the office before it does."""
    word = span.of(text)
    bracketed = " " not in word and text[span.stop : span.stop + 1] == ")"
    office = _OFFICE_OPENS.search(text, max(0, span.start - 120), span.start) if bracketed else None
    return bool(office) and office.group()[0].casefold() == word[0].casefold()


def _is_office(word: str) -> bool:
    return word.casefold() in lexicon.lower("roles") or word in lexicon.words("ranks")


_REGIONAL = regex.compile(expand(r"(?:wali\s*kota|bupati|wabup|gubernur|camat|lurah|kapolres(?:ta|tabes)?|kapolda|kapolsek|dandim|kajari)\s+$"), regex.IGNORECASE)

_OFFICE_FIRST = regex.compile(expand(r"(?i:{words:roles})\s(?=\p{Lu})"))


def _without_region(text: str, mention: Mention, places: set[str]) -> Mention:
    """“Wali Kota [Malang Sutiaji]”: the office's place, known as one in the article, is no part of the name."""
    first, _, rest = mention.span.of(text).partition(" ")
    office = _OFFICE_FIRST.match(text, mention.span.start, mention.span.stop) if mention.type == "PER" else None
    if office and first.casefold() not in lexicon.lower("name_roles"):
        return _without_region(text, replace(mention, span=Span(office.end(), mention.span.stop), rule="ner.office"), places)
    if mention.type == "PER" and rest and first in places and _REGIONAL.search(text, max(0, mention.span.start - 30), mention.span.start):
        return replace(mention, span=Span(mention.span.start + len(first) + 1, mention.span.stop), rule="ner.office")
    return mention


_INITIALS = regex.compile(r"\b(?:ber)?inisial\s+(?:\p{Lu}\p{Ll}{2,9}\s+)?(\p{Lu}{1,4})\b")


def _initials(text: str, mentions: list[Mention]) -> Iterator[Mention]:
    """People whom a report calls by initials alone: “pria berinisial AS (34)”, wherever they stand again."""
    names = {match[1] for match in _INITIALS.finditer(text)}
    if not names:
        return
    taken = {i for m in mentions for i in range(m.span.start, m.span.stop)}
    for match in regex.finditer(r"(?<![\w.])\L<names>(?![\w.]*\w)", text, names=names):
        if match.start() not in taken:
            yield Mention(Span(*match.span()), "PER", 0.9, "ner.initials")


def _again(text: str, sentences: tuple[Sentence, ...], mentions: list[Mention]) -> Iterator[Mention]:
    """Occurrences the tagger passed over of names it found: of several words, or found twice."""
    count = Counter((m.span.of(text), m.type) for m in mentions)
    best: dict[str, str] = {}
    for (words, kind), seen in count.most_common():
        if (" " in words or seen > 1 and len(words) > 3) and words[0].isupper():
            best.setdefault(words, kind)
    if not best:
        return
    starts = {t.start for s in sentences for t in s.tokens}
    stops = {t.stop for s in sentences for t in s.tokens}
    taken = sorted(m.span for m in mentions)
    pattern = regex.compile(r"\L<names>", names=sorted(best, key=len, reverse=True))
    position = 0
    for match in pattern.finditer(text):
        span = Span(*match.span())
        while position < len(taken) and taken[position].stop <= span.start:
            position += 1
        free = position == len(taken) or taken[position].start >= span.stop
        if free and span.start in starts and span.stop in stops:
            yield Mention(span, best[match.group()], 0.5, "ner.again")
