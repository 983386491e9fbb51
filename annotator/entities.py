"""Mentions to entities: who is one person, or one institution, within an article.

A person's shorter names join the fullest one they are part of (Ushakov, Yuri Ushakov); an abbreviation in brackets joins
the name before it (Komisi Pemberantasan Korupsi (KPK)).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping

import regex

from annotator import grammar, lexicon, roles
from annotator.document import Entity, Mention, Span
from annotator.rules import expand

_TOKEN = regex.compile(r"\w+(?:['’]\w+)*")
_PARTICLES = frozenset({"bin", "binti", "al", "el", "von", "van", "de", "der", "dr", "h", "hj", "kh", "m", "muh", "the", "pt", "tbk"})


def find(text: str, masked: str, mentions: tuple[Mention, ...]) -> tuple[Entity, ...]:
    """Entities in order of their first mention; each mention belongs to exactly one."""
    groups: list[list[Mention]] = []
    offices = roles.offices_shown(text, masked, mentions)
    for kind in dict.fromkeys(m.type for m in mentions):
        same = [m for m in mentions if m.type == kind]
        groups += _aliases(text, _people(text, same)) if kind == "PER" else _institutions(text, same)
    entities = []
    for group in groups:
        group.sort(key=lambda m: m.span.start)
        held = tuple(role for m in group for role in roles.at(text, offices, m)) if group[0].type == "PER" else ()
        entities.append(Entity(group[0].type, _fullest(text, _told(text, masked, group)), tuple(group), held))
    owned = roles.own(text, sorted(entities, key=lambda e: e.mentions[0].span.start))
    return roles.held(text, offices, roles.taken_up(text, offices, owned))


def words(text: str, span: Span) -> tuple[str, ...]:
    """A name's words, case folded, possessive -nya and particles as they stand."""
    return _words(span.of(text))


@functools.lru_cache(maxsize=1000)  # more than the names of an article, which are compared again and again
def _words(name: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(name.casefold().replace("’", "'")))


def _people(text: str, mentions: list[Mention]) -> list[list[Mention]]:
    """Longest names first: a name joins the entity whose words hold all of its own, the nearest earlier one where several do."""
    groups: list[tuple[tuple[str, ...], list[Mention]]] = []
    named = [(words(text, m.span), m) for m in mentions]
    for written, mention in sorted(named, key=lambda n: (-len(n[0]), n[1].span.start)):
        name = _nicknames().get(written, written)
        # “Emil” is Emil Dardak too, where he is in the article
        homes = [g for g in groups if _is_short_for(name, g[0]) or written != name and _is_short_for(written, g[0])] or _misspelt(name, groups)
        if homes:
            (homes[0] if len(homes) == 1 else _nearest(text, homes, mention))[1].append(mention)
        else:
            groups.append((name, [mention]))
    return [g for _, g in groups]


@functools.cache
def _nicknames() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The names of known people by their nicknames, as `words` gives both."""
    pairs = (entry.casefold().split(" = ") for entry in lexicon.words("nicknames"))
    return {tuple(nickname.split()): tuple(name.split()) for nickname, name in pairs}


def _misspelt(name: tuple[str, ...], groups: list) -> list:
    """The one person a single name is the beginning of (Zul for Zulkarnain), or a name is a letter away from; nobody where several are."""
    if 1 < len(name) < 6:
        spelt, slips = " ".join(name), len(name[-1]) > 6

        def is_meant(other: str) -> bool:
            return _is_near(spelt, other) if slips else other[:-1] == spelt or spelt[:-1] == other  # scrapers lose a last letter

        homes = [g for g in groups if g[0][0] == name[0] and is_meant(" ".join(g[0]))]
    elif len(name) == 1 and 4 <= len(name[0]) <= 30:
        word = name[0]
        homes = [g for g in groups if any(w.startswith(word) and w != word or _is_swapped(word, w) or _is_doubled(word, w) or len(word) > 5 and _is_near(word, w, len(word) > 6) for w in g[0])]
    else:
        homes = []
    return homes if len(homes) == 1 else []


def _is_near(word: str, other: str, replaced: bool = True) -> bool:
    """Whether two words are the same but for one letter, added or left out, or one for another."""
    if abs(len(word) - len(other)) > 1 or not replaced and len(word) == len(other) and word != other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, other)) if a != b), min(len(word), len(other)))
    return word[start + (len(word) >= len(other)) :] == other[start + (len(other) >= len(word)) :]


def _is_swapped(word: str, other: str) -> bool:
    """Whether two neighbouring letters within a word are swapped in another."""
    apart = [i for i, (a, b) in enumerate(zip(word, other)) if a != b] if len(word) == len(other) > 4 else []
    return len(apart) == 2 and apart[0] > 0 and apart[1] == apart[0] + 1 and word[apart[0]] == other[apart[1]] and word[apart[1]] == other[apart[0]]


_DOUBLE = regex.compile(r"(\p{L})\1")


def _is_doubled(word: str, other: str) -> bool:
    """Whether two words are the same but for a doubled letter: Boby for Bobby."""
    return word[0] == other[0] and _DOUBLE.sub(r"\1", word) == _DOUBLE.sub(r"\1", other)


_ALIAS = regex.compile(
    r"\s*(?:\(|,?\s*(?:alias|(?:atau\s+)?(?:yang\s+)?(?:lebih\s+|akrab\s+|biasa\s+|kerap\s+|sering\s+)*(?:disapa|dipanggil|dikenal)(?:\s+sebagai|\s+dengan)?|atau)\s+)\s*(?:[^\s)]{1,5}\s+)?"
)


def _aliases(text: str, groups: list[list[Mention]]) -> list[list[Mention]]:
    """People joined whom the text equates: “Saifullah Yusuf atau Gus Ipul”, “Joko Widodo (Jokowi)”, “Gus Ipul, sapaan akrabnya”."""
    ordered = sorted((m for g in groups for m in g), key=lambda m: m.span.start)
    home = {m.span: i for i, g in enumerate(groups) for m in g}

    def fullest(nickname: Mention) -> bool:
        """Whether nobody is known by more words than this: who has a fuller name is nobody else."""
        return all(len(words(text, m.span)) <= len(words(text, nickname.span)) for m in groups[home[nickname.span]])

    for position, (first, second) in enumerate(zip(ordered, ordered[1:])):
        equated = second.span.start - first.span.stop < 60 and _ALIAS.fullmatch(text, first.span.stop, second.span.start)
        if equated and "(" in equated.group() and len(_TOKEN.findall(_RANK.sub("", second.span.of(text)))) > 1 and len({*words(text, first.span)} & {*words(text, second.span)}) < 2:
            equated = None  # “Theerathon (Yokohama F. Marinos)”: a nickname in brackets is one word
        if not equated and _NICKNAME.match(text, second.span.stop) and fullest(second):
            first = equated = _subject_before(text, ordered[: position + 1], second)
        if not equated and _TAKEN_UP_BY.match(text, max(0, second.span.start - 60), second.span.start) and fullest(second):
            first = equated = _taken_up_person(text, ordered[max(0, position - 40) : position + 1], second)
        if equated and (keep := home[first.span]) != (gone := home[second.span]):
            groups[keep] += groups[gone]
            home.update((m.span, keep) for m in groups[gone])
            groups[gone] = []
    return [g for g in groups if g]


_RANK = regex.compile(expand(r"^{words:ranks}\s"), regex.IGNORECASE)
_SENTENCE = regex.compile(r"[.!?][\"”]?\s*[\"“]?(?=\p{Lu})")
_NICKNAME = regex.compile(r"\s*,?\s*(?:(?:begitu|demikian)\s+)?(?:(?:sapaan|panggilan)(?:\s+(?:akrab|karib|sehari-hari|populer|beken))?(?:nya)?|(?:akrab|karib|biasa)nya\s+(?:ia\s+|dia\s+)?(?:disapa|dipanggil)|(?:begitu|demikian|biasa)\s+(?:ia|dia|pria\s+itu|wanita\s+itu)\s+(?:akrab\s+|biasa\s+)?(?:disapa|dipanggil))\b")
# “pria yang akrab disapa Gus Ipul itu” is somebody named before; read from the end
_TAKEN_UP_BY = regex.compile(expand(r"(?<!\bseorang\s)\b(?:pria|lelaki|wanita|perempuan|{ends:roles})\s+yang\s+(?:\w+\s+)?(?:disapa|dipanggil)\s+(?:dengan\s+)?(?:\S{1,5}\s+)?"), regex.IGNORECASE | regex.REVERSE)
_PAIRED = regex.compile(r"^-|-$")


def _taken_up_person(text: str, earlier: list[Mention], nickname: Mention) -> Mention | None:
    """The person whom the prose names first in the sentence before a nickname or in its own, else last."""
    told = [m for m in earlier if not grammar.is_quoted(text, m.span.start) and not _PAIRED.search(text[max(0, m.span.start - 1) : m.span.stop + 1])]
    begin = max(0, nickname.span.start - 800)
    starts = [begin, begin, *(m.end() for m in _SENTENCE.finditer(text, begin, nickname.span.start + 1))]
    return next((m for m in told if m.span.start >= starts[-2]), told[-1] if told else None)


def _subject_before(text: str, earlier: list[Mention], nickname: Mention) -> Mention | None:
    """The person who opens the sentence before the one of a nickname."""
    starts = [m.end() for m in _SENTENCE.finditer(text, max(0, nickname.span.start - 800), nickname.span.start + 1)]
    if len(starts) < 2:
        return earlier[-1]
    return next((m for m in earlier if starts[-2] <= m.span.start < nickname.span.start), None)


def _nearest(text: str, homes: list, mention: Mention):
    """Of several people with a name: who was called by it alone before, who is named already, whom not only others name, whose first name it is, who stands nearest."""

    def distance(home) -> tuple[bool, bool, bool, bool, int]:
        name, mentions = home
        first = min(m.span.start for m in mentions)
        last = max([m.span.start for m in mentions if m.span.start <= mention.span.start] or [first])
        called = any(words(text, m.span) == short for m in mentions)
        return (not called, first > mention.span.start, all(grammar.is_quoted(text, m.span.start) for m in mentions), name[0] != short[0], abs(mention.span.start - last))

    short = words(text, mention.span)
    return min(homes, key=distance)


def _is_short_for(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether a name is a part of a fuller one: all its words, an initial for a word, the initials of all (SBY), or clipped from it."""
    if short == full:
        return bool(short)
    if len(short) > 1 and set(short).isdisjoint(full):
        return False
    telling = [w for w in short if w not in _PARTICLES]
    if any(len(w) > 1 and w in full for w in telling):
        # the word itself, an initial for it, or it for an initial
        return all(w in full or w[0] in full or len(w) == 1 and any(f.startswith(w) for f in full) for w in telling)
    if len(short) > 1 or not telling or len(short[0]) < 3 or short[0][0] in full:
        return False
    spelt = len(short[0]) <= len(full) and short[0] == "".join(f[0] for f in full if f not in _PARTICLES)
    return spelt or grammar.is_clipped(short[0], full)


# “Komisi Yudisial (KY)”, as two names and as one
_EQUATES = regex.compile(r"\s*(?:\(|atau\s)\s*")
_WITH_SHORT = regex.compile(r"(.*\S)\s*\(\s*([^()]+)\)$", regex.DOTALL)


def _institutions(text: str, mentions: list[Mention]) -> list[list[Mention]]:
    """Same name, abbreviation in brackets after the name, or the head of a longer name that starts with it."""
    homes: dict[tuple[str, ...], list[Mention]] = {}
    alias: dict[tuple[str, ...], tuple[str, ...]] = {}
    ordered = sorted(mentions, key=lambda m: m.span.start)
    for before, after in zip(ordered, ordered[1:]):
        equated = _EQUATES.fullmatch(text, before.span.stop, after.span.start)
        if equated and (len(words(text, after.span)) == 1 or _ACRONYM.fullmatch(text, after.span.start, after.span.stop)):
            alias[words(text, after.span)] = words(text, before.span)
    for mention in ordered:
        name = words(text, mention.span)
        inner = _WITH_SHORT.match(mention.span.of(text))
        if inner:
            alias[tuple(_TOKEN.findall(inner[2].casefold()))] = name
            alias[tuple(_TOKEN.findall(inner[1].casefold()))] = name
        homes.setdefault(alias.get(name, name), []).append(mention)
    if mentions[0].type != "ORG":
        return list(homes.values())
    bare = {name: _without_form(name) for name in homes}
    initials = {name: "".join(word[0] for word in name if word not in _UNSPELT) for name in homes}
    for short in sorted(homes, key=len):
        longer = (n for n in homes if n != short and (len(short) > 1 and n[: len(short)] == short or bare[n] == bare[short]))
        target = alias.get(short) or next(longer, None) or _written_out(short, homes, initials)
        if target and target in homes and target != short:
            homes[target] += homes.pop(short)
    return list(homes.values())


# “(CCB Indonesia)”
_ACRONYM = regex.compile(r"\p{Lu}{2,}\s\p{L}+")


def _without_form(name: tuple[str, ...]) -> tuple[str, ...]:
    """A firm's name without what kind of firm it is."""
    forms = lexicon.lower("company_forms")
    return name if forms.isdisjoint(name) else tuple(word for word in name if word not in forms) or name


# words without a letter in an acronym
_UNSPELT = frozenset({"dan", "atas", "di", "untuk"})


def _written_out(short: tuple[str, ...], names: Iterable[tuple[str, ...]], initials: Mapping[tuple[str, ...], str]) -> tuple[str, ...] | None:
    """The one name that a shorter one abbreviates: by its initials (BPS), or by clipped words (Kemenkeu, Pemprov Riau)."""
    if not short:
        return None  # “&” has no words
    acronym = short[0] if len(short) == 1 and len(short[0]) > 2 else None
    longer = [name for name in names if len(name) > len(short)]
    found = [name for name in longer if initials[name] == acronym or grammar.is_clipped(short[0], name) and set(short[1:]) <= set(name)]
    return found[0] if len(found) == 1 else None


def _told(text: str, masked: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions that no headline of another article holds, which glues words to names, where one of them is a name of several words."""
    if len(mentions) == 1:
        return mentions
    told = [m for m in mentions if masked[m.span.start] != grammar.NOISE]
    return told if any(len(words(text, m.span)) > 1 for m in told) else mentions


def _fullest(text: str, mentions: list[Mention]) -> Span:
    """The mention with most words, the first of those, in the spelling used most."""
    if len(mentions) == 1:
        return mentions[0].span
    named = [(words(text, m.span), m) for m in mentions]
    longest = max((name for name, _ in named), key=len)  # the first of them
    spelt = Counter(name for name, _ in named if len(name) == len(longest) and name[:1] == longest[:1])
    usual = max(spelt, key=spelt.__getitem__)
    return next(m for name, m in named if name == usual).span
