"""Text to sentences and tokens, with exact offsets: rules alone, nothing learnt.

A paragraph ends at a line break and a sentence never crosses a paragraph or zone border. Quotation marks are tokens of
their own; abbreviations, numbers, dates, domains and reduplications (kata-kata) are one token; a hyphen before a capital
letter (Rusia-Ukraina, se-Indonesia) or a clitic (YouTube-nya) separates. Clitics without a hyphen are not split off.
"""

from __future__ import annotations

import functools
import unicodedata
from itertools import pairwise

import regex

from annotator import grammar, lexicon, rules
from annotator.document import Sentence, Span, Zone

_OPENING = frozenset("“«‘„‚")
_SINGLE = frozenset("‘’‚'")
_LISTS = frozenset(("dkk.", "dll.", "dsb.", "dst.", "etc."))  # abbreviations that end a list and so, often, the sentence
_FORMS = frozenset(("Tbk", "TBK", "Ltd", "Inc", "Corp", "Bhd"))  # ends of company names, which leave their full stop outside

_BLOCK = regex.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_WORD = r"[\p{L}\p{N}_][\p{L}\p{M}\p{N}_\u00ad\u200c\u200d]*+"
_END = r"(?![\p{L}\p{N}])"
_SYMBOL = r"\S[\p{M}\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*+"  # \X is not linear on a run of flags
_DOMAIN = "com|Com|COM|net|NET|org|ORG|id|ID|co|CO|tv|TV|info|news|my|sg|au|uk|io|gov|edu"
# most words end at a blank or a comma, and need no other alternative; at a blank none is tried
_TOKEN = rf"""(?=\S)(?:
    (?P<word> {_WORD}(?=[\s;!?"“”()]|,\s) )
  | (?P<web> (?:https?://|www\.\w)[^\s"“”«»‘’<>]*(?<![.,;:!?)\]…'])
        | [@#]{_WORD}(?:\.(?=[\p{{Ll}}\p{{N}}_]){_WORD}){{0,4}}
        | {_WORD}(?:[.@-]{_WORD}){{0,3}}\.(?:{_DOMAIN}){_END} )
  | (?P<short> (?=\p{{L}}{{1,9}}+\.)(?: %s | %s{_END} ) | (?:\p{{Lu}}\.)++(?:\p{{Lu}}{_END})? )
  | (?P<word> {_WORD} (?:
        (?: [-‑](?=[\p{{Ll}}\p{{N}}])(?!(?:nya|ku|mu|lah|kah|pun){_END})
          | (?<=\p{{L}})['’‘`´](?=\p{{L}})
          | (?<=\p{{N}})[.,:/](?=\p{{N}}) ) {_WORD} )*+ )
  | (?P<quote> ''|["“”„«»‘’‚'] )
  | (?P<stop> [.!?…]++ )
  | (?P<other> -{{2,}}+ | [\U0001f1e6-\U0001f1ff]{{2}} | (?![\u200b\u2060\ufeff]){_SYMBOL}(?:\u200d{_SYMBOL})*+ )
)"""


@functools.cache
def _token() -> regex.Pattern:
    entries = lexicon.words("abbreviations")
    stopped = {form for entry in entries for form in (entry, entry[0].upper() + entry[1:], entry.upper())}
    bare = {form[:-1] for form in stopped if "." in form[:-1]}
    return regex.compile(_TOKEN % (rules.any_of(sorted(stopped)), rules.any_of(sorted(bare))), regex.VERBOSE)


def sentences(text: str, zones: tuple[Zone, ...] = ()) -> tuple[Sentence, ...]:
    """All sentences of the text in order, those inside zones too. Offsets are code points of `text`; time is linear in its length."""
    borders = sorted({border for zone in zones for border in (zone.span.start, zone.span.stop)})
    found: list[Sentence] = []
    following = 0
    for block in _BLOCK.finditer(text):
        start, stop = block.span()
        while following < len(borders) and borders[following] <= start:
            following += 1
        cuts = [start]
        while following < len(borders) and borders[following] < stop:
            cuts.append(borders[following])
            following += 1
        for piece in pairwise((*cuts, stop)):
            found.extend(_paragraph(text, *piece))
    return tuple(found)


def _paragraph(text: str, start: int, stop: int) -> list[Sentence]:
    tokens = list(_token().finditer(text, start, stop))
    kinds = [token.lastgroup for token in tokens]
    opens = _opening_quotes(text, tokens, kinds)
    found: list[Sentence] = []
    first, stopped = 0, None
    for index, kind in enumerate(kinds):
        if stopped is None and kind == "word":
            continue
        if stopped is not None and index not in opens and _closes(text, tokens[index], kind):
            continue
        if stopped is not None and _begins(text, tokens, kinds, first, stopped, index):
            found.append(_sentence(tokens[first:index]))
            first = index
        stopped = index if kind == "stop" or kind == "short" and text[tokens[index].end() - 1] == "." or kind == "other" and _ends_date(text, tokens, index) else None
    return [*found, _sentence(tokens[first:])] if tokens else found


def _sentence(tokens: list[regex.Match]) -> Sentence:
    return Sentence(Span(tokens[0].start(), tokens[-1].end()), tuple([token.span() for token in tokens]))


def _opening_quotes(text: str, tokens: list[regex.Match], kinds: list[str]) -> frozenset[int]:
    """Indexes of the quotation marks that open. White space decides; between two words, the mark's shape or whether one is open."""
    if "quote" not in kinds:
        return frozenset()
    opens: set[int] = set()
    inside = {"single": False, "double": False}
    for index in (index for index, kind in enumerate(kinds) if kind == "quote"):
        token = tokens[index]
        mark = token.group()
        family = "single" if mark in _SINGLE else "double"
        first, last = index == 0, index + 1 == len(tokens)
        loose_before = first or tokens[index - 1].end() < token.start() or text[token.start() - 1] in "(["
        loose_after = last or token.end() < tokens[index + 1].start() or text[token.end()] in ".,;:!?)]"
        if first or last:
            inside[family] = first
        elif loose_before != loose_after:
            inside[family] = loose_before
        else:
            inside[family] = mark in _OPENING or not inside[family]
        if inside[family]:
            opens.add(index)
    return frozenset(opens)


def _closes(text: str, token: regex.Match, kind: str) -> bool:
    """Does the token, after a full stop, still belong to the sentence? So do closing marks (any mark here), brackets, emoji."""
    return kind == "quote" or kind == "other" and (text[token.start()] in ")]" or unicodedata.category(text[token.start()]) == "So")


def _begins(text: str, tokens: list[regex.Match], kinds: list[str], first: int, stopped: int, index: int) -> bool:
    """Does a sentence begin at token `index`, the last one having stopped at token `stopped`?"""
    token, kind, mark = tokens[index], kinds[index], tokens[stopped].group()
    head = text[token.start()]
    if kind == "stop" or kind == "other" and head not in "([•*":
        return False
    if kind in ("word", "web", "short") and head.islower():
        return False
    if kinds[stopped] == "short" and stopped > first and mark.isupper() and len(mark) > 2 and tokens[stopped - 1].group()[0].isdecimal():
        return head.isupper()  # “7,4 SR. Pusat gempa”: a unit
    if kinds[stopped] == "short" or mark == "." and stopped > first and tokens[stopped - 1].group() in _FORMS:
        return token.group() in _starters() or mark.casefold() in _LISTS and head.isupper()
    if mark == "." and stopped > first and grammar.is_cut(tokens[stopped - 1].group(), stopped == first + 1):
        return False
    if stopped == first or stopped == first + 1 and _is_label(tokens[first].group()):
        return False
    if kind == "quote" or tokens[index - 1].end() < token.start():
        return True
    return head.isupper() and (index - 1 > stopped or mark[0] in "!?)" or mark == "." and _may_be_glued(tokens[stopped - 1].group()))


def _ends_date(text: str, tokens: list[regex.Match], index: int) -> bool:
    """A bracketed date to which the next sentence is glued: “(1/5/2020)Hal senada”."""
    return index > 0 and tokens[index].group() == ")" and "/" in tokens[index - 1].group() and bool(_NEXT.match(text, tokens[index].end()))


_NEXT = regex.compile(r"\p{Lu}\p{Ll}")


def _is_label(word: str) -> bool:
    """“1” or “a” of a numbered list."""
    return len(word) == 1 or word.isdecimal()


def _may_be_glued(word: str) -> bool:
    """Does “katanya.Kami”, without a space, end a sentence after this word? Not after an initial; “RS.” and its like are listed."""
    return not word.isupper() or len(word) > 1


@functools.cache
def _starters() -> frozenset[str]:
    return frozenset(lexicon.words("starters"))
