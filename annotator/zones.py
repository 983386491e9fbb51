"""What is not running prose: front matter, the head, and what web pages leave between and below paragraphs.

Zones are marked, never removed. On a line of its own a zone is the line; within a line it ends where its own form ends
(a bracket, a quotation mark, the next headline word), and where no end can be seen it is the mark alone: prose that is
taken for a zone costs a quote, a headline that is taken for prose does not.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

import regex

from annotator import articles, grammar, lexicon, rules
from annotator.document import Document, Span, Zone

KINDS = (
    "front_matter",
    "title",
    "byline",
    "date",
    "dateline",
    "caption",
    "related",
    "advertisement",
    "credit",
    "navigation",
)
LONGEST_LINE = 400  # characters; longer lines are prose
END = 600  # characters from the end in which a closing credit is looked for
_HEADLINE = 200

_LINE = regex.compile(r"\S(?:[^\r\n]*\S)?")
_HEADLINE_STOP = regex.compile(
    r"""(?!\p{Ll})(?:                                                   # within a word none of these is tried
        (?P<space>[ ]{2,}|[\r\n]|(?=\Z))                                # “… Naik 2023   Kinerja …”
      | (?<=[\p{Ll}\d)”’'?!]|\p{Lu}\p{Lu})(?=["“]?\p{Lu}\p{Ll})          # “… di KafeMade Andi …”
      | (?<=[\p{L}\d?!])(?=["“]\p{Lu})                                   # “… di Kafe"Saya …”
      | (?<=[\p{L}\d][.?!])(?=["“”]?\p{Lu}|[ ]["“”]?\p{Lu}|\[)           # “… di Kafe. Made Andi …”
    )""",
    regex.VERBOSE,
)


def find(document: Document) -> tuple[Zone, ...]:
    """The zones of a document in text order, none overlapping; where rules overlap the first to speak wins."""
    text = document.text
    block = articles.front_matter(text)
    body = block.stop if block else 0
    taken = _Taken()
    if block:
        taken.add(Zone(block, "front_matter", "front_matter"))
    head = articles.head(text, body)
    for kind in ("title", "byline", "date", "dateline"):
        if span := getattr(head, kind):
            taken.add(Zone(span, kind, f"head.{kind}"))
    for zone in _body(text, body):
        taken.add(zone)
    for span in head.captions:
        taken.add(Zone(span, "caption", "head.caption"))
    return tuple(taken.zones)


def _body(text: str, start: int) -> Iterator[Zone]:
    """What the rules of zones.toml find, rule by rule."""
    lines = [Span(*m.span()) for m in _LINE.finditer(text, start) if m.end() - m.start() <= LONGEST_LINE]
    for rule in rules.load("zones"):
        kind = rule.id.partition(".")[0]
        if "line" in rule.options:
            spans = (line for line in lines if rule.pattern.fullmatch(text, line.start, line.stop))
        elif "end" in rule.options:
            closing = len(text.rstrip())
            spans = (
                Span(m.start(), closing)
                for m in rule.pattern.finditer(text, max(start, closing - END), closing, overlapped=True)
                if m.end() == closing
            )
        else:
            end = _headline if "headline" in rule.options else _photographer if "photographer" in rule.options else _same
            spans = (Span(m.start(), end(text, m.end())) for m in rule.pattern.finditer(text, start))
        for span in spans:
            yield Zone(span, kind, rule.id)


def _headline(text: str, start: int) -> int:
    """Where the headlines that start here end; `start` itself where that cannot be seen."""
    end = start
    while True:
        first = end + len(text[end : end + 8]) - len(text[end : end + 8].lstrip(" "))
        stop = _HEADLINE_STOP.search(text, first + 1, min(len(text), first + _HEADLINE))
        words = text[first : stop.start()].split() if stop and stop.start() < first + _HEADLINE else []
        # What follows a headline is another one only where it is longer than a name with its title.
        if len(words) < (2 if end == start else 5) or any(map(_plain, words)):
            return end
        end = stop.start()
        if stop["space"] is not None:
            return end


_CAPITAL = regex.compile(r"\s?(?P<word>\p{Lu}[\p{L}’']*\.?)(?=(?P<on>,|\s\p{Ll})?)")
_LONGEST_NAME = 3


def _photographer(text: str, start: int) -> int:
    """Where the name after a credit's slash ends: before a word that begins a sentence, that goes on with small letters, or that the article has elsewhere."""
    end = start
    for count in range(_LONGEST_NAME):
        match = _CAPITAL.match(text, end)
        if match is None or count and (match["on"] or match["word"] in lexicon.words("starters") or match["word"].rstrip(".") in _elsewhere(text)):
            break
        end = match.end()
    return end


@functools.lru_cache(maxsize=8)
def _elsewhere(text: str) -> frozenset[str]:
    """The capitalised words of an article that stand where no credit does."""
    return frozenset(match["word"].rstrip(".") for match in _CAPITAL.finditer(text) if "/" not in text[max(0, match.start("word") - 30) : match.start("word")])


def reach(masked: str, found: tuple[Zone, ...]) -> tuple[Zone, ...]:
    """The zones, links whose headline had no end to be seen up to the sentence that is glued to it. Names are masked, so that none is cut."""
    return tuple(replace(zone, span=Span(zone.span.start, _glued(masked, zone.span.stop, longest))) if (longest := _unseen(masked, zone)) else zone for zone in found)


def _unseen(masked: str, zone: Zone) -> int:
    """How far beyond a zone its headline may go, in characters."""
    if zone.rule in _open():
        return 2 * _HEADLINE
    return _HEADLINE if zone.kind == "related" and masked[zone.span.stop - 1] == ":" else 0


@functools.cache
def _open() -> frozenset[str]:
    return frozenset(rule.id for rule in rules.load("zones") if "open" in rule.options)


# as many capitals as no name with its office has
_FEWEST = 6
_NAME = regex.compile(grammar.NAME)
_RUNNING = regex.compile(r"[\n\"“”]|\.\s")


def _glued(masked: str, start: int, longest: int) -> int:
    """“Harga Beras Naik Lagi di Pasar Induk Selain itu, kata X”: up to the last capital before a word that no headline has small; `start` where there is none."""
    ending = _RUNNING.search(masked, start, start + longest)
    capitals: list[regex.Match] = []
    for match in grammar.WORD.finditer(masked, start, ending.start() if ending else start + longest):
        word = match.group()
        long = len(capitals) >= _FEWEST
        if word[0].isupper() or _NAME.match(word):
            capitals.append(match)
            if long and grammar.is_listed("cue_preposition", word.removesuffix("nya")):
                return match.start()
        elif word[0].islower() and (grammar.is_listed("cue_inverted", word) or _plain(word)):
            # “Budi Santoso, Kepala BPBD menyampaikan” starts at its person
            person = [m for m in capitals[-4:] if m.group()[0] == grammar.PER and masked[m.end() : m.end() + 1] == ","]
            return _with_office(masked, start, (person or capitals)[-1].start()) if long else start
    # nothing but a headline up to the quotation that goes on with the story
    return ending.start() if ending and ending.group() in "\"“”" and len(capitals) >= _FEWEST else start


def _with_office(masked: str, start: int, name: int) -> int:
    """Where the office before a name begins, or the name: “Harga Beras Naik Lagi di Pasar Induk Ketua Dewan Komisioner OJK Budi mengatakan”."""
    place = name
    if masked[name] != grammar.PER:
        return name
    for head in reversed(list(_offices().finditer(masked, max(start, name - _LONGEST_OFFICE), name))):
        between = masked[head.end() : place]
        if grammar.starts_with("parties", head.group()) or not _WITHIN_OFFICE.fullmatch(between) or place != name and len(between.split()) > 2:
            break
        place = head.start()
    return place


_LONGEST_OFFICE = 120
_WITHIN_OFFICE = regex.compile(rf"(?:\s+(?:\p{{Lu}}[\p{{L}}/.]*|{grammar.NAME}+|dan|&|\([^()]{{1,40}}\)),?){{0,10}}\s+")


@functools.cache
def _offices() -> regex.Pattern:
    return grammar.pattern(r"(?<!\w)(?-i:(?=\p{Lu})){words:roles}(?![\w-])")


def _plain(word: str) -> bool:
    """Is it a word that a headline would have capitalised?"""
    return word[0].islower() and word.strip(",:;'\"").casefold() not in lexicon.lower("headline_small")


def _same(text: str, stop: int) -> int:
    return stop


class _Taken:
    """Zones in text order; one that overlaps an earlier one is not added."""

    def __init__(self):
        self.zones: list[Zone] = []
        self._starts: list[int] = []

    def add(self, zone: Zone) -> None:
        at = bisect_left(self._starts, zone.span.start)
        if at and self.zones[at - 1].span.overlaps(zone.span) or at < len(self.zones) and self.zones[at].span.overlaps(zone.span):
            return
        self._starts.insert(at, zone.span.start)
        self.zones.insert(at, zone)
