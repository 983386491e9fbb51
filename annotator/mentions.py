"""What the article itself shows the tagger got wrong: each correction names its rule, so that it can be audited.

The tagger decides sentence by sentence; the article knows that “Malang” before Sutiaji is his city, and that a name found
nine times is one the tenth time.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from operator import attrgetter

import regex

from annotator import grammar, lexicon
from annotator.document import Mention, Sentence, Span
from annotator.rules import expand

_DOMAIN = regex.compile(r"[\w-]+(?:\.[\w-]+)*\.(?:com|co\.id|id|net|tv|org)", regex.IGNORECASE)
_ACROSS = regex.compile(expand(r"[\n\r]|[.:]\s*(?:Foto|Sumber|Editor|Penulis)\b|(?<=\w)\s?{words:cue_relay}"))


def correct(text: str, sentences: tuple[Sentence, ...], found: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Mentions in text order, none overlapping, with the article's own evidence used on them."""
    found = _after_ranks(text, [_without_preposition(text, mention) for mention in found])
    spelt = {(m.span.of(text), m.type) for m in found}
    found = [kept for mention in found if (kept := _without_office(text, _without_verb(text, mention, spelt)))]
    known = dict.fromkeys(m.span.of(text) for m in found if m.type == "PER")  # a set in order
    people = _of_several_words(known)
    kept = [one for mention in found for one in _one(text, _unglued(text, mention, known), people)]
    people = _of_several_words(dict.fromkeys(m.span.of(text) for m in kept if m.type == "PER"))
    parts = {part for name in people for part in name.split()}
    kept = _without_degrees(text, _institutions(text, [_in_full(text, _as_person(text, mention, parts), people) for mention in kept]))
    places = {m.span.of(text) for m in kept if m.type == "LOC"}
    kept = [_without_region(text, mention, places) for mention in kept]
    kept += _initials(text, kept)
    return tuple(sorted([*kept, *_again(text, sentences, kept)], key=attrgetter("span")))


def _of_several_words(names: Iterable[str]) -> tuple[str, ...]:
    """Names of several words, with a blank before each, as a name ends with them."""
    return tuple(f" {name}" for name in names if " " in name)


# “HamzahFahri”, not “McMenemy” or “DiMarzio”
_GLUE = regex.compile(r"(?<=\p{Ll}{4})(?=\p{Lu}\p{Ll})")


def _unglued(text: str, mention: Mention, known: Collection[str]) -> Mention:
    """“Fahri HamzahFahri Hamzah”: of people glued together, or to a headline, the last whom the article names elsewhere."""
    start, stop = mention.span
    cuts = [m.start() for m in _GLUE.finditer(text, start, stop) if start < m.start() < stop] if mention.type == "PER" else []
    named = [span for span in map(Span, [start, *cuts], [*cuts, stop]) if span.of(text) in known] if cuts else []
    return replace(mention, span=named[-1], rule="ner.unglued") if named else mention


def _without_preposition(text: str, mention: Mention) -> Mention:
    """“dikutip [dariReuters]”, “[dilansirdetikPantura]”: the name alone, where a scraper lost the blank."""
    head = _SMALL_HEAD.match(text, mention.span.start, mention.span.stop)
    return replace(mention, span=Span(head.end(), mention.span.stop), rule="ner.unglued") if head else mention


# “di” and “ke” may open a foreign person's name: “diCanio”
_SMALL_HEAD = regex.compile(expand(r"(?<!\w)(?:{words:prepositions}(?<!\b\w\w)|(?i:{words:cue_relay}|dilaporkan))(?=\p{Lu}|detik)"))


# “Kombes Budi Santoso”, “Irjen Pol Budi Santoso”
_RANKED = regex.compile(expand(r"(?<![\w-])(?-i:{words:force_ranks})\s(?:{words:ranks}\s){0,2}(?P<name>\p{Lu}\p{Ll}[\p{Ll}’']+(?:\s\p{Lu}\p{Ll}+){1,3})(?![\w-])"))


def _after_ranks(text: str, found: list[Mention]) -> list[Mention]:
    """Names after the ranks of police and army that the tagger passed over, or of which it took the end or two halves, in full."""
    ranked = [Span(*m.span("name")) for m in _RANKED.finditer(text)]
    named = [span for span in ranked if not any(_is_office(word) or word in lexicon.exact("starters") for word in span.of(text).split())]
    lost = [span for span in named if all(_is_part(m, span) for m in found if m.span.overlaps(span))]
    kept = [m for m in found if not any(m.span.overlaps(span) for span in lost)] if lost else found
    return kept + [Mention(span, "PER", 0.9, "ner.rank") for span in lost]


def _is_part(mention: Mention, name: Span) -> bool:
    """Whether the tagger took the end of a name, or its beginning for something else."""
    cut = mention.span.start > name.start or mention.type != "PER" and mention.span.start == name.start
    return cut and mention.span.stop <= name.stop and mention.span != name


# “Jaksa [Agung Budi Santoso]”
_LAST_WORD = regex.compile(r"(?<!\w)(\p{L}+)\s$")
_NEXT_WORD = regex.compile(r"\s+(?=\w)")


def _without_office(text: str, mention: Mention) -> Mention | None:
    """A person without the second word of an office; nobody where the name was that word."""
    first = grammar.WORD.match(text, mention.span.start) if mention.type == "PER" else None
    if not first or first.group().casefold() not in _second_words():
        return mention
    before = _LAST_WORD.search(text, max(0, mention.span.start - 20), mention.span.start)
    if not before or not grammar.is_listed("roles", f"{before[1]} {first.group()}"):
        return mention
    rest = _NEXT_WORD.match(text, first.end(), mention.span.stop)
    return replace(mention, span=Span(rest.end(), mention.span.stop), rule="ner.office") if rest else None


@functools.cache
def _second_words() -> frozenset[str]:
    return frozenset(role.partition(" ")[2] for role in lexicon.lower("roles") if " " in role)


def _without_verb(text: str, mention: Mention, known: set[tuple[str, str]]) -> Mention:
    """“Sari Melatimengaku”: a name that the article knows, glued to its predicate."""
    words = mention.span.of(text)
    tail = _SMALL_TAIL.search(words) if words[-6:].islower() else None
    for cut in range(tail.start() + 1, len(words) - 2) if tail else ():
        if (words[:cut], mention.type) in known and (grammar.is_predicate(words[cut:]) or grammar.is_listed("adverbs", words[cut:])):
            return replace(mention, span=Span(mention.span.start, mention.span.start + cut), rule="ner.unglued")
    return mention


_SMALL_TAIL = regex.compile(r"\p{L}\p{Ll}{6,30}$")


def _as_person(text: str, mention: Mention, parts: Collection[str]) -> Mention:
    """“tutup Kicky”: one word of a person's name, or what somebody is called, that speaks is that person."""
    if mention.type == "PER":
        return mention
    named = mention.span.of(text) in parts and _SAID.search(text, max(0, mention.span.start - 20), mention.span.start)
    return replace(mention, type="PER", rule="ner.speaks") if named or _CALLED.match(text, mention.span.stop) else mention


_SAID = regex.compile(expand(r"\b(?i:{words:cue_bare})\s$"))
# “Cak Imin, karibnya disapa”
_CALLED = regex.compile(r",?\s+(?:(?:begitu|demikian)\s+)?(?:(?:sapaan|panggilan)\s+(?:akrab|karib)|(?:akrab|karib|biasa)nya\s+(?:ia\s+|dia\s+)?(?:disapa|dipanggil))\b")


def _in_full(text: str, mention: Mention, people: tuple[str, ...]) -> Mention:
    """“PresenterDewi [Lestari]”, “Bima [Arya Sugiarto]”: the rest of a name that the article gives in full elsewhere."""
    if mention.type != "PER":
        return mention
    stop = mention.span.stop
    tail = " " + mention.span.of(text)
    longer = [name[1:] for name in people if name.endswith(tail) and len(name) > len(tail)]
    full = [stop - len(name) for name in longer if text.endswith(name, 0, stop)]
    starts = [start for start in full if not text[start - 1 : start].isupper()]
    return replace(mention, span=Span(min(starts), stop), rule="ner.full") if starts else mention


_DEGREE = regex.compile(grammar.DEGREE)
_TITLED = regex.compile(rf"(?:,\s?{grammar.DEGREE}){{0,4}},\s?")


def _without_degrees(text: str, mentions: list[Mention]) -> list[Mention]:
    """“Rina Lestari, S.T., [M.Sc]”: what looks like a degree after a person is nobody."""
    stops = {m.span.stop for m in mentions if m.type == "PER"}

    def is_degree(mention: Mention) -> bool:
        start, stop = mention.span
        return bool(_DEGREE.fullmatch(text, start, stop)) and any(_TITLED.fullmatch(text, before, start) for before in range(max(0, start - 40), start) if before in stops)

    return [mention for mention in mentions if not is_degree(mention)]


# “Badan Meteorologi, Klimatologi, dan Geofisika (BMKG)”
_SHORT = regex.compile(r"\s?\((\p{Lu}{3,8})\)")
_INITIAL = regex.compile(r"(?<!\w)\p{Lu}")


def _institutions(text: str, mentions: list[Mention]) -> list[Mention]:
    """Mentions, those that a comma or *dan* cuts one institution into joined, where its initials in brackets prove it."""
    out: list[Mention] = []
    for mention in mentions:
        short = _SHORT.match(text, mention.span.stop) if mention.type == "ORG" else None
        start = _spelt_from(text, mention.span.stop, short[1]) if short else None
        if start is not None and start < mention.span.start:
            out = [m for m in out if m.span.stop <= start]
            mention = replace(mention, span=Span(min(start, mention.span.start), mention.span.stop), rule="ner.joined")
        out.append(mention)
    return out


def _spelt_from(text: str, stop: int, short: str) -> int | None:
    """Where the words before a place start that an abbreviation is the initials of, with commas or *dan* between, else None."""
    begin = max(0, stop - 120)
    stretch = text[begin:stop]
    initials = [m for m in _INITIAL.finditer(stretch)][-len(short) :]
    spelt = stretch[initials[0].start() :] if len(initials) == len(short) else ""
    if "".join(m.group() for m in initials) != short or not _ENUMERATED.fullmatch(spelt):
        return None
    return begin + initials[0].start()


_ENUMERATED = regex.compile(r"\p{Lu}\p{L}+(?:(?:,\s|,?\s(?:dan|untuk|serta)\s|\s)\p{Lu}\p{L}+)+")


_STRAY_BRACKET = regex.compile(r"\S\K\)")


def _one(text: str, mention: Mention, people: tuple[str, ...]) -> list[Mention]:
    """The mention as it stands, cut before what is no part of it, a medium as what it is, or nothing where it is no name."""
    words = mention.span.of(text)
    start, stop = mention.span
    across = _ACROSS.search(words) or ")" in words and "(" not in words and _STRAY_BRACKET.search(words)
    if across:
        return [replace(mention, span=Span(start, start + across.start()), rule="ner.cut")]
    # at least three words before the name: “PT Loco Montrado” is a firm
    if mention.type == "ORG" and (person := _person_after(words, people, 3)):
        return [replace(mention, span=Span(start, stop - len(person)), rule="ner.person")]
    if mention.type == "PER" and (last := _person_after(words, people, 2)):
        return [replace(mention, span=span, rule="ner.unglued") for span in (Span(start, stop - len(last)), Span(stop - len(last) + 1, stop))]
    if "." in words and _DOMAIN.fullmatch(words):
        return [replace(mention, type="ORG", rule="ner.domain")]
    if mention.type != "PER":
        return [mention]
    if len(words) > 3 and words in lexicon.exact("media"):  # “AS” and “AP” may be somebody's initials
        return [replace(mention, type="ORG", rule="ner.medium")]
    small = " " in words and words == words.lower()
    office = all(_is_office(word) for word in words.split()) and not _is_first_name(text, mention.span, people)
    return [] if small or office or _abbreviates_office(text, mention.span) else [mention]


def _person_after(words: str, people: tuple[str, ...], least: int) -> str | None:
    """Somebody's name, with the blank before it, that at least so many words stand before."""
    if not words.endswith(people):
        return None
    return next((p for p in people if words.endswith(p) and len(words.removesuffix(p).split()) >= least), None)


_OFFICE_OPENS = regex.compile(expand(r"(?:{words:roles})\s[^().,\n]{0,80}\($"), regex.IGNORECASE)


def _abbreviates_office(text: str, span: Span) -> bool:
    """“Wakil Menteri Sosial (Wamensos)”: one word in brackets that starts as the office before it does."""
    word = span.of(text)
    bracketed = text.startswith(")", span.stop) and " " not in word
    office = _OFFICE_OPENS.search(text, max(0, span.start - 120), span.start) if bracketed else None
    return bool(office) and office.group()[0].casefold() == word[0].casefold()


def _is_first_name(text: str, span: Span, people: tuple[str, ...]) -> bool:
    """“Imam” where the article names Imam Suroso; not the office before another name."""
    word = span.of(text)
    alone = word[0].isupper() and not text[span.stop : span.stop + 2].lstrip()[:1].isupper()
    return alone and grammar.is_listed("name_roles", word) and any(name.startswith(f" {word} ") for name in people)


def _is_office(word: str) -> bool:
    return word.casefold() in lexicon.lower("roles") or word in lexicon.exact("ranks")


_REGIONAL = regex.compile(expand(r"(?:wali\s*kota|bupati|wabup|gubernur|camat|lurah|kapolres(?:ta|tabes)?|kapolda|kapolsek|dandim|kajari)\s+$"), regex.IGNORECASE)

_OFFICE_FIRST = regex.compile(expand(r"(?i:{words:roles})\s(?=\p{Lu})"))


def _without_region(text: str, mention: Mention, places: set[str]) -> Mention:
    """“Wali Kota [Malang Sutiaji]”: the office's place, known as one in the article, is no part of the name."""
    if mention.type != "PER":
        return mention
    first, _, rest = mention.span.of(text).partition(" ")
    office = _OFFICE_FIRST.match(text, mention.span.start, mention.span.stop)
    if office and first.casefold() not in lexicon.lower("name_roles"):
        return _without_region(text, replace(mention, span=Span(office.end(), mention.span.stop), rule="ner.office"), places)
    if rest and first in places and _REGIONAL.search(text, max(0, mention.span.start - 30), mention.span.start):
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
    taken = sorted(m.span for m in mentions)
    position = end = 0
    free: list[tuple[int, int]] = []
    for start, back in sorted((start, -start - len(name)) for name in best for start in _places(text, name)):
        if start < end:
            continue  # within a longer name
        end = -back
        while position < len(taken) and taken[position].stop <= start:
            position += 1
        if position == len(taken) or taken[position].start >= end:
            free.append((start, end))
    if free:
        starts = {start for s in sentences for start, _ in s.borders}
        stops = {stop for s in sentences for _, stop in s.borders}
        spans = [Span(start, stop) for start, stop in free if start in starts and stop in stops]
        yield from (Mention(span, best[span.of(text)], 0.5, "ner.again") for span in spans)


def _places(text: str, words: str) -> Iterator[int]:
    """Where words stand in a text."""
    place = text.find(words)
    while place >= 0:
        yield place
        place = text.find(words, place + len(words))
