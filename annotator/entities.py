"""Mentions to entities: who is one person within an article, and the roles the article gives them.

A person's shorter names join the fullest one they are part of (Ushakov, Yuri Ushakov); an abbreviation in brackets joins
the name before it (Komisi Pemberantasan Korupsi (KPK)). Roles stand before a name, or as an appositive after it.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from dataclasses import replace

import regex

from annotator import grammar
from annotator.document import Entity, Mention, Role, Span
from annotator.grammar import DEGREE, LOC, ORG, PER, RELATED
from annotator.rules import expand

_TOKEN = regex.compile(r"\w+(?:['’]\w+)*")
_PARTICLES = frozenset({"bin", "binti", "al", "el", "von", "van", "de", "der", "dr", "h", "hj", "kh", "m", "muh", "the", "pt", "tbk"})


def find(text: str, masked: str, mentions: tuple[Mention, ...]) -> tuple[Entity, ...]:
    """Entities in order of their first mention; each mention belongs to exactly one."""
    groups: list[list[Mention]] = []
    offices = _offices_shown(text, masked, mentions)
    for kind in dict.fromkeys(m.type for m in mentions):
        same = [m for m in mentions if m.type == kind]
        groups += _aliases(text, _people(text, same)) if kind == "PER" else _institutions(text, same)
    entities = []
    for group in groups:
        group.sort(key=lambda m: m.span.start)
        roles = tuple(role for m in group for role in _roles(text, offices, m)) if group[0].type == "PER" else ()
        entities.append(Entity(group[0].type, _fullest(text, group), tuple(group), roles))
    return _taken_up(text, offices, tuple(sorted(entities, key=lambda e: e.mentions[0].span.start)))


def words(text: str, span: Span) -> tuple[str, ...]:
    """A name's words, case folded, possessive -nya and particles as they stand."""
    return tuple(w.casefold().replace("’", "'") for w in _TOKEN.findall(span.of(text)))


def _people(text: str, mentions: list[Mention]) -> list[list[Mention]]:
    """Longest names first: a name joins the entity whose words hold all of its own, the nearest earlier one where several do."""
    groups: list[tuple[tuple[str, ...], list[Mention]]] = []
    for mention in sorted(mentions, key=lambda m: (-len(words(text, m.span)), m.span.start)):
        name = words(text, mention.span)
        homes = [g for g in groups if _is_short_for(name, g[0])] or _misspelt(name, groups)
        if homes:
            (homes[0] if len(homes) == 1 else _nearest(text, homes, mention))[1].append(mention)
        else:
            groups.append((name, [mention]))
    return [g for _, g in groups]


def _misspelt(name: tuple[str, ...], groups: list) -> list:
    """The one person a single name is the beginning of (Zul for Zulkarnain), or a name is a letter away from; nobody where several are."""
    if 1 < len(name) < 6:
        near = regex.compile(rf"(?:{regex.escape(' '.join(name))}){{e<=1}}")
        homes = [g for g in groups if g[0][0] == name[0] and len(name[-1]) > 6 and near.fullmatch(" ".join(g[0]))]
        return homes if len(homes) == 1 else []
    if len(name) != 1 or not 5 <= len(name[0]) <= 30:
        return []
    near = regex.compile(rf"{name[0]}\w+" + (rf"|(?:{name[0]}){{e<=1}}" if len(name[0]) > 6 else ""))
    homes = [g for g in groups if any(near.fullmatch(word) for word in g[0])]
    return homes if len(homes) == 1 else []


_ALIAS = regex.compile(
    r"\s*(?:\(|,?\s*(?:alias|(?:atau\s+)?(?:yang\s+)?(?:lebih\s+|akrab\s+|biasa\s+|kerap\s+|sering\s+)*(?:disapa|dipanggil|dikenal)(?:\s+sebagai|\s+dengan)?|atau)\s+)\s*(?:[^\s)]{1,5}\s+)?"
)


def _aliases(text: str, groups: list[list[Mention]]) -> list[list[Mention]]:
    """People joined whom the text equates: “Saifullah Yusuf atau Gus Ipul”, “Joko Widodo (Jokowi)”, “Gus Ipul, sapaan akrabnya”."""
    ordered = sorted((m for g in groups for m in g), key=lambda m: m.span.start)
    home = {m.span: i for i, g in enumerate(groups) for m in g}
    for position, (first, second) in enumerate(zip(ordered, ordered[1:])):
        equated = second.span.start - first.span.stop < 60 and _ALIAS.fullmatch(text, first.span.stop, second.span.start)
        if equated and "(" in equated.group() and len(_TOKEN.findall(_RANK.sub("", second.span.of(text)))) > 1:
            equated = None  # “Theerathon (Yokohama F. Marinos)”: a nickname in brackets is one word
        if not equated and _NICKNAME.match(text, second.span.stop):
            first = equated = _subject_before(text, ordered[: position + 1], second)
        if not equated and _TAKEN_UP_BY.search(text, max(0, second.span.start - 60), second.span.start):
            only = len({words(text, m.span) for m in groups[home[second.span]]}) == 1  # who has a fuller name is nobody else
            first = equated = _taken_up_person(text, ordered[max(0, position - 40) : position + 1], second) if only else None
        if equated and (keep := home[first.span]) != (gone := home[second.span]):
            groups[keep] += groups[gone]
            home.update((m.span, keep) for m in groups[gone])
            groups[gone] = []
    return [g for g in groups if g]


_RANK = regex.compile(expand(r"^{words:ranks}\s"), regex.IGNORECASE)
_SENTENCE = regex.compile(r"[.!?][\"”]?\s*[\"“]?(?=\p{Lu})")
_NICKNAME = regex.compile(r"\s*,?\s*(?:(?:begitu|demikian)\s+)?(?:sapaan|panggilan)(?:\s+akrab)?(?:nya)?\b")
# “pria yang akrab disapa Gus Ipul itu” is somebody named before
_TAKEN_UP_BY = regex.compile(expand(r"(?<!\bseorang\s)\b(?:pria|lelaki|wanita|perempuan|{words:roles})\s+yang\s+(?:\w+\s+)?(?:disapa|dipanggil)\s+(?:dengan\s+)?(?:\S{1,5}\s+)?$"), regex.IGNORECASE)
_PAIRED = regex.compile(r"^-|-$")


def _taken_up_person(text: str, earlier: list[Mention], nickname: Mention) -> Mention | None:
    """The person whom the prose names first in the sentence before a nickname or in its own, else last."""
    told = [m for m in earlier if not _is_quoted(text, m.span.start) and not _PAIRED.search(text[max(0, m.span.start - 1) : m.span.stop + 1])]
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
    """Of several people with a name: who was called by it alone before, who is named already, whose first name it is, who stands nearest."""

    def distance(home) -> tuple[bool, bool, bool, int]:
        name, mentions = home
        first = min(m.span.start for m in mentions)
        last = max([m.span.start for m in mentions if m.span.start <= mention.span.start] or [first])
        called = any(words(text, m.span) == short for m in mentions)
        return (not called, first > mention.span.start, name[0] != short[0], abs(mention.span.start - last))

    short = words(text, mention.span)
    return min(homes, key=distance)


def _is_short_for(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether a name is a part of a fuller one: all its words, an initial for a word, or the initials of all (SBY)."""
    if not short:
        return False
    if short == full:
        return True
    telling = [w for w in short if w not in _PARTICLES]
    if not telling or all(len(w) == 1 for w in telling):
        return False
    if all(any(w == f or len(w) == 1 and f.startswith(w) or len(f) == 1 and w.startswith(f) for f in full) for w in telling):
        return any(len(w) > 1 and w in full for w in telling)
    initials = "".join(f[0] for f in full if f not in _PARTICLES)
    return len(short) == 1 and len(short[0]) >= 3 and short[0] == initials


def _institutions(text: str, mentions: list[Mention]) -> list[list[Mention]]:
    """Same name, abbreviation in brackets after the name, or the head of a longer name that starts with it."""
    homes: dict[tuple[str, ...], list[Mention]] = {}
    alias: dict[tuple[str, ...], tuple[str, ...]] = {}
    ordered = sorted(mentions, key=lambda m: m.span.start)
    for before, after in zip(ordered, ordered[1:]):
        between = text[before.span.stop : after.span.start]
        if regex.fullmatch(r"\s*(?:\(|atau\s)\s*", between) and len(words(text, after.span)) == 1:
            alias[words(text, after.span)] = words(text, before.span)
    for mention in ordered:
        name = words(text, mention.span)
        inner = regex.match(r"(.*\S)\s*\(\s*([^()]+)\)$", mention.span.of(text), regex.DOTALL)
        if inner:
            alias[tuple(w.casefold() for w in _TOKEN.findall(inner[2]))] = name
            alias[tuple(w.casefold() for w in _TOKEN.findall(inner[1]))] = name
        homes.setdefault(alias.get(name, name), []).append(mention)
    for short in sorted(homes, key=len):
        target = alias.get(short) or next((n for n in homes if n != short and len(short) > 1 and n[: len(short)] == short), None)
        if target and target in homes and target != short and mentions[0].type == "ORG":
            homes[target] += homes.pop(short)
    return list(homes.values())


def _fullest(text: str, mentions: list[Mention]) -> Span:
    """The mention with most words, the first of those, in the spelling used most."""
    named = [(words(text, m.span), m) for m in mentions]
    longest = max((name for name, _ in named), key=len)  # the first of them
    spelt = Counter(name for name, _ in named if len(name) == len(longest) and name[:1] == longest[:1])
    return next(m for name, m in named if name == max(spelt, key=spelt.__getitem__)).span


# --------------------------------------------------------------------------------------------------------------- roles


def _offices_shown(text: str, masked: str, mentions: tuple[Mention, ...]) -> str:
    """The masked text in which an office that the tagger took into an institution's or a place's name is words again."""
    shown = list(masked)
    for mention in mentions:
        start, stop = mention.span.start, mention.span.stop
        office = _OFFICE.search(text, max(0, start - 5), stop) if mention.type != "PER" else None
        if office and office.start() <= start < office.end() and not (mention.type == "LOC" and grammar.is_listed("name_roles", office.group())):
            shown[start : office.end()] = text[start : office.end()]
    return "".join(shown)


_RANKS = r"(?:{words:ranks}\s+)*"
_ROLE_WORD = r"(?:(?!\b(?-i:{words:role_stop})\b(?!-\d))[\p{L}\d\ue001\ue002](?:[\p{L}\d\ue001\ue002&/'’-]|\.(?!\s))*|/|(?:di|dari|pada)\s+[\ue001\ue002]+|(?:di|dalam)\s+bidang|\([^()]{1,60}\)|&)"


def _compile(pattern: str) -> regex.Pattern:
    return regex.compile(expand(pattern), regex.IGNORECASE)


# what is glued to a headline or a dateline starts anew: “Korban LainKapolres”, “Kabar.com-Politikus”
_START = r"(?:(?<!\w)(?<!\w-)|(?-i:(?<=\p{Ll}|\p{Lu}{2}|\p{Ll}{3}-)(?=\p{Lu}\p{Ll})))"
_HEAD = _compile(_START + r"(?:{words:roles}|(?-i:(?:\p{Lu}[\p{L}&]*\s){1,5}{words:role_tails}))(?![\w-])")
_OFFICE = _compile(r"(?<![\w-])(?:wali kota|(?:(?-i:\p{Lu}\p{L}*\s){1,3}(?-i:{words:role_tails})|{words:roles})(?![\w-]))")
_BEFORE_NAME = _compile(r"[\s,]*" + r"(?:(?<![\w-]){words:ranks}(?:\s+\ue001{3})?[\s,]*)*$")
_DEGREES = rf"(?-i:(?:,?\s+(?:{DEGREE}|\p{{Lu}}{{2,4}}\b|(?:Sp\.?)?{ORG}{{1,12}}(?:\(K\))?(?=,)))*)"
_AFTER_NAME = _compile(
    _DEGREES + r"(?:\s*\([^()]{1,60}\))?\s*(?:,\s*(?:selaku\s+|sebagai\s+|yang\s+(?:juga\s+)?(?:merupakan\s+|menjabat\s+(?:sebagai\s+)?)?)?|\s+(?:selaku|sebagai|yang\s+(?:juga\s+)?(?:merupakan|menjabat)(?:\s+sebagai)?|yang\s+juga|(?:(?:kembali|resmi|baru|telah|sudah|akan)\s+){0,3}(?:terpilih|ditunjuk|dilantik|diangkat|didapuk|dikukuhkan|menjabat|bertugas|bekerja)(?:\s+kembali)?(?:\s+(?:sebagai|menjadi))?)\s+)(?:(?:seorang|salah\s+(?:satu|seorang))\s+)?(?=(?:{words:roles}|(?-i:(?:\p{Lu}\p{L}*\s){1,3}{words:role_tails}))(?![\w-]))"
)
# “kata Arsul Sani anggota Komisi III DPR”: without a comma it is an office of some institution
_BARE = _compile(rf"(?:\s*\([^()]{{1,40}}\))?\s+(?P<role>{{words:roles}}(?![\w-])(?:\s+\p{{L}}+){{0,4}}(?:\s*\(?[{ORG}{LOC}]+\)?)+)(?!\s*{PER})")
# “Budi, Direktur Utama Sinarmas mengatakan”: a firm that the tagger took for a person, since two people do not share a verb so
_FIRM = _compile(rf"(?P<role>{{words:roles}}(?:\s+(?-i:\p{{Lu}}\p{{L}}*|dan)|\s+{ORG}+){{0,5}}\s+{PER}+)(?=,?\s+(?-i:\p{{Ll}}))(?!,?\s+(?:dan|serta)\b)")
_BREAK = regex.compile(r"[\n;:!?“”\"\]\ue000\ue003\ue006]|\.(?=\s|\p{Lu}\p{Ll})|,\s(?=.)|(?<=\p{Ll}{3}|\])-(?=\p{Lu}\p{Ll})")
_GLUED = _compile(r"(?-i:(?<=\p{Ll}|\p{Lu}{2})(?=\p{Lu}\p{Ll}))(?={words:roles}\b)")
# commas within an office: “Hewan, Ikan, dan Tumbuhan”, “Universitas X, Kota Y,”
_LIST = regex.compile(r"(?<=[\p{L}\ue001\ue002)])(?:(?:,\s(?:\p{Lu}\p{L}+|\ue001+)(?:\s\p{Lu}\p{L}+)*){0,3},?\sdan\s(?=[\p{Lu}\ue001])|,(?=\s(?:\ue002+,|\ue001+|\ue002+)\s+\p{Ll}*\s*$))")
# a name in brackets abbreviates the office before it: “Menteri Koordinator Bidang Maritim (Marves)”
_ABBREVIATED = regex.compile(rf"(?<=\([^()]{{0,30}}){PER}+(?=[^()]{{0,30}}\)(?!,))")
_ADJUNCT = _compile(r"\b(?!oleh\b|menurut\b)(?:{words:prepositions})\b(?!\s+{words:cue_bare}\b)")
# a name that commas enclose is an appositive of the office before it
_CLOSED = regex.compile(r"\ue000+(?:\s*\([^()]{1,40}\))?\s*,")
# one of several people: “Presiden Budi, Ani, dan …”
_LISTED = _compile(r"\ue000+(?:\s*\([^()]{1,40}\))?(?:,?\s*(?:dan|serta)\b|,\s*(?:{words:ranks}\s+)*\ue000)")
# what opens the clause whose subject the role is: “setelah General Manager X, Budi Santoso, …”
_CONJUNCTION = regex.compile(r"\b(?:namun|tetapi|setelah|ketika|saat|sejak|karena|sebab|sementara|sedangkan|bahwa|didampingi)\s+$", regex.IGNORECASE)
# a description between commas right after the name: “Paimin (63), pembuat gamelan, …”
_ENGLISH = r"(?-i:\p{Lu}\p{Ll}+(?:\s(?:&|of|and|\p{Lu}\p{L}*)){1,6})"
_DESCRIBED = _compile(_DEGREES + r"(?:\s*\([^()]{1,40}\))?\s*,\s*(?:(?P<one>seorang|salah\s+(?:satu|seorang))\s+)?(?P<role>" + _ENGLISH + r"(?=,)|(?-i:(?!sapaan|panggilan|nama\b|dan\b|serta\b|atau\b)\p{Ll})" + _ROLE_WORD + r"?(?:\s+" + _ROLE_WORD + r"){0,7}(?:\s+di\s+(?-i:\p{Lu}\p{L}*\s?){1,4})?)(?:\s*,(?!\s*\ue000)|\.(?=\s|$)|$|(?(one)\s+yang\b|(?!)))")
# whose relation somebody is
_RELATED = rf"{{words:relations}}(?:\s+dari)?(?:\s+(?:{{words:roles}}|{{words:ranks}}|[{ORG}{LOC}]+))*\s+{PER}+(?:\s+dan\s+{PER}+)?"
_RELATION = _compile(
    rf"(?<![\w-])(?P<role>{_RELATED}(?=(?:\s*\([^()]{{1,40}}\))?,)"  # “kuasa hukum Ratmini, Setyo Wibowo”
    r"|{words:relations}(?:(?P<kin>nya)(?:\s+\p{L}+){0,2}|(?:\s+{words:relations})?\s+(?:dari\s+)?(?:salah\s+(?:satu|seorang)\s+)?{words:parties}(?:\s+lain(?:nya)?)?)(?![\w-])"  # “ibunya”, “ayah korban”
    r"|(?<=\bsang\s)(?P<kin>{words:relations})(?=,)"
    rf"|(?P<place>{{words:roles}}(?:\s+(?:(?-i:\p{{Lu}}\p{{L}}*)|[{ORG}{LOC}]+)){{0,4}}\s+{PER}+)(?=,|\s))"  # “Kapolsek Giri, AKP Budi”: a place that the tagger took for a person
    r"(?:\s*\([^()]{1,40}\))?,?\s*(?P<ranks>(?:{words:ranks}\s+)*)$"
)
# “Setyo Wibowo, kuasa hukum Ratmini, …”
_RELATION_AFTER = _compile(r"(?:\s*,)?\s*(?:selaku\s+|sebagai\s+)?(?P<role>" + RELATED + r"(?:\s+dan\s+\ue000+)?)(?=,|\.(?:\s|$)|$|\s+\p{Ll})(?!\s+(?:itu|ini|tersebut)\b)")
# a relation to the name that follows, and somebody before it whose relation it is
_RELATION_OF = _compile(rf"(?:{PER},?\s+(?:selaku\s+|sebagai\s+)?{{words:relations}}|{{words:relations}}\s+dari)\s+$")
# “Wakil Ketua KPK yang baru dilantik, Alexander”: the clause is no part of the role
_RELATIVE = regex.compile(r"\s+(?:yang\s[^,]{3,90}|ini|itu|tersebut)$", regex.IGNORECASE)
_ROLE = _compile(rf"{_ROLE_WORD}(?:\s+{_ROLE_WORD})*")


def _roles(text: str, masked: str, mention: Mention) -> list[Role]:
    """Roles at one mention, the one before the name first."""
    opens = bool(_OPENS.match(masked, mention.span.start))
    found = [_role_before(text, masked, mention.span.start), _role_after(text, masked, mention.span.stop, opens)]
    return [r for r in found if r]


def _role_before(text: str, masked: str, stop: int) -> Role | None:
    begin = max(0, stop - 220)
    window = _LIST.sub(lambda m: m.group().replace(",", " "), masked[begin:stop])
    window = _ABBREVIATED.sub(lambda m: ORG * len(m.group()), window)
    limit = _BEFORE_NAME.search(window).start()
    apposed = "," in window[limit:]
    if _RELATION_OF.search(window):
        return None
    relation = _RELATION.search(window)
    if relation and not (relation["place"] and (_LISTED.match(masked, stop) or apposed and _is_fronted(window, relation.start()))):
        rule = "role.kin" if relation["kin"] else "role.relation"
        return _role(text, masked, *(begin + i for i in relation.span("role")), rule)
    cut = _clause_start(window, limit - 1)  # a full stop right before a name is an abbreviation's
    relative = _RELATIVE.search(window, cut, limit) if apposed else None
    office = _office(window, cut, limit) or relative and _office(window, cut, relative.start())
    if not office or apposed and _is_fronted(window, office.start) and not _CLOSED.match(masked, stop):
        return None
    return _role(text, masked, begin + office.start, begin + office.stop, "role.before")


def _clause_start(window: str, stop: int) -> int:
    """Where the stretch without a break begins that ends at `stop`."""
    breaks = (m for pattern in (_BREAK, _GLUED) for m in pattern.finditer(window))
    return max((m.end() for m in breaks if m.end() <= stop), default=0)


def _office(window: str, start: int, stop: int) -> Span | None:
    """The longest office that ends a stretch."""
    for head in _HEAD.finditer(window, start, stop):
        tail = window[head.start() : stop]
        if _ROLE.fullmatch(tail.rstrip()) and not _is_action(tail):
            return Span(head.start(), stop)
    return None


def _is_fronted(window: str, place: int) -> bool:
    """Whether a clause opens with an adverbial that the office at a place ends: “Dalam rapat dengan Kepala X, Budi …”, “Menanggapi Kepala X, Budi …”."""
    cut = _clause_start(window, place)
    lead = _CONJUNCTION.sub("", window[cut:place])
    lead = lead[grammar.skip_connectives(lead, 0, len(lead)) :].lstrip()
    first = grammar.WORD.match(lead)
    if not first or window[:cut].endswith(PER):
        return False
    word = first.group().casefold()
    if grammar.opens_adjunct(word) == "later":
        return True
    if not _ADJUNCT.match(lead):
        return word.startswith("me") and grammar.is_predicate(word)
    rest = lead[first.end() :]
    predicate = grammar.predicate_at(rest)
    return predicate is None or not rest[:predicate].strip()


def _is_action(words_: str) -> bool:
    """A verb between the head and the name: not a role but a subject with its predicate."""
    return grammar.is_clause(_plain(regex.sub(r"\([^()]*\)", " ", words_)))


def _plain(words_: str) -> str:
    """Capitalised words made names: the “Hidup” of a ministry is no verb."""
    return regex.sub(r"\b\p{Lu}[\w-]*", lambda m: ORG * len(m.group()), words_)


def _describes(words_: str) -> bool:
    """Whether words between commas can describe a person: no clause, no adverbial, no thing."""
    return not _is_action(words_) and not _ADJUNCT.match(words_) and not any(grammar.starts_with(name, words_) for name in ("connectives", "adverbs", "inanimate", "not_sources"))


def _is_quoted(masked: str, place: int) -> bool:
    """Whether a quotation is open at a place of its paragraph: who is addressed there is not described."""
    before = masked[max(place - 4000, masked.rfind("\n", 0, place) + 1) : place]
    return bool(before.count('"') % 2) or before.count("“") > before.count("”")


_OPENS = regex.compile(r"(?<=(?:^|[.!?”\"\n])\s{0,3})")


def _role_after(text: str, masked: str, start: int, opens: bool) -> Role | None:
    relation = _RELATION_AFTER.match(masked, start, min(len(masked), start + 160))
    if relation:
        return _role(text, masked, *relation.span("role"), "role.relation")
    bare = _BARE.match(masked, start, min(len(masked), start + 160))
    if bare:
        return _role(text, masked, *bare.span("role"), "role.appositive")
    match = _AFTER_NAME.match(masked, start, min(len(masked), start + 120))
    if not match:
        plain = _DESCRIBED.match(masked, start, min(len(masked), start + 160))
        described = plain and _describes(plain["role"]) and not _is_quoted(masked, start)
        return _role(text, masked, *plain.span("role"), "role.described") if described else None
    stretch = _ROLE.match(masked, match.end(), min(len(masked), match.end() + 160))
    if not stretch:
        return None
    stop = stretch.end()
    verb = grammar.predicate_at(_plain(masked[match.end() : stop]))
    if verb is not None:
        stop = match.end() + verb
    bracket = masked.find("(", match.end(), stop)
    if bracket > 0 and PER in masked[bracket:stop]:
        stop = bracket
    firm = _FIRM.match(masked, match.end())
    if firm and (opens or masked[firm.end()] == ","):
        return _role(text, masked, *firm.span("role"), "role.appositive")
    # a name right after the role is the person it belongs to, not this one
    following = regex.match(r"[ ,]*(?:[^\s.]+ +){0,2}?\ue000", masked[stop : stop + 30])
    if PER in masked[match.end() : stop] or following and "," not in masked[stop : stop + following.end()]:
        stop = masked.rfind(" dan ", match.end(), stop)  # “Ani, warga Tangerang dan anaknya Budi”
    return _role(text, masked, match.end(), stop, "role.appositive")


# “… ucap Klara. Mahasiswa Universitas X itu datang”: who has no office is taken up by one in the next sentence
_TAKEN_UP = _compile(r"(?:[.!?”\"]\s*|\n)(?!{words:parties}\b)(?P<role>{words:roles}(?![\w-])(?:\s+" + _ROLE_WORD + r"){0,6})\s+(?:itu|ini|tersebut)\b(?!\s*\ue000)")
# within so many characters the last person is the one taken up
NEXT = 200


def _taken_up(text: str, masked: str, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Entities, a person without a role given the one by which the next sentence takes the last person up."""
    given: dict[int, Role] = {}
    held = {text[r.span.start : r.span.stop].split()[0].casefold() for e in entities for r in e.roles}  # somebody else may be meant
    people = sorted((m.span.stop, i) for i, e in enumerate(entities) if e.type == "PER" for m in e.mentions)
    for match in _TAKEN_UP.finditer(masked):
        here = match.start("role")
        near = {i for _, i in people[bisect(people, (here - NEXT, 0)) : bisect(people, (here + 1, 0))]}
        role = _role(text, masked, *match.span("role"), "role.taken_up") if len(near) == 1 and match["role"].split()[0].casefold() not in held and not _is_action(match["role"]) else None
        if role:
            given.setdefault(near.pop(), role)
    return tuple(replace(e, roles=(given[i],)) if i in given and not e.roles else e for i, e in enumerate(entities))


def _role(text: str, masked: str, start: int, stop: int, rule: str) -> Role | None:
    while stop > start and (text[stop - 1].isspace() or text[stop - 1] in ",.-–"):
        stop -= 1
    adverbs = grammar.pattern(r"(?:\s+(?:{words:adverbs}|bernama|atas\s+nama|(?:ber)?inisial|yakni|yaitu|lain(?:nya)?))+$").search(text[start:stop])
    if adverbs:
        stop = start + adverbs.start()
    if stop <= start:
        return None
    span = Span(start, stop)
    names = list(regex.finditer(r"\ue001+|\ue002+", masked[start:stop]))
    affiliation = Span(start + names[0].start(), start + names[0].end()) if names else None
    rule = "role.party" if grammar.starts_with("parties", text[start:stop]) else rule
    return Role(span, affiliation, rule)


_WEAK = frozenset({"role.party", "role.kin"})


def nearest_role(entity: Entity) -> Role | None:
    """The office closest to the fullest mention: one that touches it, else the first the article gives."""

    def rank(role: Role) -> tuple[bool, bool, int]:
        far = min(abs(role.span.stop - entity.name.start), abs(role.span.start - entity.name.stop)) > 40
        return (far, not far and role.rule in _WEAK, role.span.start)

    return min(entity.roles, key=rank, default=None)
