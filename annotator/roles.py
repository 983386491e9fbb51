"""The roles an article gives a person: before the name, as an appositive after it, or by taking the person up again.

Patterns work on masked text (grammar.py), in which names are marks and offices are words.
"""

from __future__ import annotations

import functools
from bisect import bisect
from collections.abc import Iterable
from dataclasses import replace

import regex

from annotator import grammar, lexicon
from annotator.document import Entity, Mention, Role, Span
from annotator.grammar import DEGREE, LOC, NOISE, ORG, PER
from annotator.rules import expand


# between names, and between a person who opens a sentence and an office
_BETWEEN_NAMES = regex.compile(expand(rf"(?<={grammar.NAME})\.(?=\s{grammar.NAME})|(?<=[.!?”\"\n]\s{PER}{{1,50}})\.(?=\s(?i:{{words:roles}})\b)"))


def offices_shown(text: str, masked: str, mentions: tuple[Mention, ...]) -> str:
    """The masked text in which an office that the tagger took into an institution's or a place's name is words again, and a lost comma between names a comma."""
    found: list[tuple[int, str]] = []
    for full_stop in _BETWEEN_NAMES.finditer(masked) if grammar.loses_commas(text) else ():
        following = grammar.WORD.search(text, full_stop.end())
        if following and following.group() not in text[max(0, full_stop.start() - 60) : full_stop.start()]:  # “… Yasushi Itagaki. Yasushi juga …”
            found.append((full_stop.start(), ","))
    for mention in mentions:
        start, stop = mention.span
        before = max(0, start - 5)
        office = _OFFICE.search(text, before, stop) if mention.type != "PER" and _may_hold_office(text[before:stop]) else None
        if office and office.start() <= start < office.end() and not (mention.type == "LOC" and grammar.is_listed("name_roles", office.group())):
            found.append((start, text[start : office.end()]))
    if not found:
        return masked
    shown = list(masked)
    for start, words_ in found:
        shown[start : start + len(words_)] = words_
    return "".join(shown)


def _may_hold_office(words_: str) -> bool:
    """Whether a stretch has a word that an office starts with, or that ends an English one: asked first, which is far faster."""
    return not _office_words().isdisjoint(_WORDS.findall(words_.casefold()))


_WORDS = regex.compile(r"\w+")


@functools.cache
def _office_words() -> frozenset[str]:
    first = {_WORDS.match(words).group() for name in ("roles", "bodies", "role_tails") for words in lexicon.lower(name)}
    return frozenset(first | {f"{word}nya" for word in first})


_ROLE_WORD = r"(?:(?!\b(?-i:{words:role_stop})\b(?!-\d))[\p{L}\d\ue001\ue002](?:[\p{L}\d\ue001\ue002&/'’-]|(?<=[\ue001\ue002])\)|\.(?!\s|\ue000|(?-i:\p{Lu}\p{Ll})))*|/|(?:di|dari|pada)\s+(?:\p{Ll}+\s+){0,2}[\ue001\ue002]+|(?:di|dalam)\s+bidang|dalam\s+negeri|(?<=\bpenyakit\s)dalam|\([^()]{1,60}\)|&)"


def _compile(pattern: str, flags: int = 0) -> regex.Pattern:
    """A pattern with its macros and word lists written out, without case; with REVERSE it is read from the end, where `match` holds it."""
    return regex.compile(expand(pattern.replace("{words:", "{ends:") if flags & regex.REVERSE else pattern), regex.IGNORECASE | flags)


# what is glued to a headline or a dateline starts anew: “Korban LainKapolres”, “Kabar.com-Politikus”
_START = r"(?:(?<!\w)(?<!\w-)|(?-i:(?<=\p{Ll}|\p{Lu}{2}|\p{Ll}{3}-|\p{Lu}{4}-|\.\p{Ll}{2}-)(?=\p{Lu}\p{Ll})))"
_HEAD = _compile(_START + r"(?:{words:roles}|{words:bodies}(?=[^\ue000,]{0,80}[\ue001\ue002])|(?-i:(?:(?:\p{Lu}[\p{L}&]*\s){1,5}|\ue001+\s){words:role_tails}))(?![\w-])")
_OFFICE = _compile(r"(?<![\w-])(?:wali kota|{words:bodies}|(?:(?-i:\p{Lu}\p{L}*\s){1,3}(?-i:{words:role_tails})|{words:roles})(?![\w-]))")
_BEFORE_NAME = _compile(r"(?:\s(?:seperti|yakni|yaitu|yang\s+bernama))?[\s,]*" + r"(?:(?<![\w-]){words:ranks}(?:\s+\ue001{3})?[\s,]*)*", regex.REVERSE)
_DEGREES = rf"(?-i:(?:,?\s+(?:{DEGREE}|\p{{Lu}}{{2,4}}\b|(?:Sp\.?)?{ORG}{{1,12}}(?:\(K\))?(?=,)))*)"
_AFTER_NAME = _compile(
    _DEGREES + r"(?:\s*\([^()]{1,60}\))?\s*(?:,\s*(?:selaku\s+|sebagai\s+|yang\s+(?:juga\s+)?(?:merupakan\s+|(?:menjabat|bekerja|bertugas|berprofesi)\s+(?:sebagai\s+)?)?)?|\s+(?:selaku|sebagai|adalah|merupakan|ialah|yang\s+(?:(?:juga|kini|saat\s+ini|sekarang|masih)\s+)?(?:merupakan|menjabat|menjadi)(?:\s+sebagai)?|yang\s+juga|(?:(?:kembali|resmi|baru|telah|sudah|akan)\s+){0,3}(?:menjabat|terpilih|dilantik|(?:{words:installed}|menjabat)(?:\s+kembali)?(?:\s+dari\s+\p{L}+)?\s+(?:sebagai|menjadi)))\s+)(?:(?:seorang|salah\s+(?:satu|seorang))\s+)?(?=(?:{words:roles}|(?-i:(?:\p{Lu}\p{L}*\s){1,3}{words:role_tails}))(?![\w-]))"
)
# “kata Arsul Sani anggota Komisi III DPR”: without a comma it is an office of some institution; “Budi Santoso (Rektor Universitas X)”
_BARE = _compile(
    rf"(?:\s*\([^()]{{1,40}}\))?\s+(?:(?:seorang|salah\s+(?:satu|seorang))\s+)?(?P<role>{{words:roles}}(?![\w-])(?:\s+\p{{L}}+){{0,4}}(?:\s*\(?[{ORG}{LOC}]+\)?)+)(?!\s*{PER})"
    r"|\s*\((?P<role>{words:roles}(?![\w-])[^()\n\ue000:|]{2,80})\)"
)
# “Budi, Direktur Utama Sinarmas mengatakan”: a firm that the tagger took for a person, since two people do not share a verb so
_FIRM = _compile(rf"(?P<role>{{words:roles}}(?:\s+(?-i:\p{{Lu}}\p{{L}}*|dan|of|suku|band)|\s+{ORG}+|(?:\s+\p{{L}}+){{0,3}}\s+dari(?=\s{PER})){{0,5}}\s+{PER}+)(?=,?\s+(?-i:\p{{Ll}})|\.(?:\s|$))(?!,?\s+(?:dan|serta)\b)")
_HELD = regex.compile(r"\b(?:selaku|sebagai)\s+(?:seorang\s+)?$")
_BREAK = regex.compile(r"[\n;:!?“”\"\]\ue000\ue003\ue006]|(?<=\p{Ll}{3})\.(?=[\ue001\ue002])|\.(?=\s|\p{Lu}\p{Ll})|,\s(?=.)|(?<=\p{Ll}{3}|\])-(?=\p{Lu}\p{Ll})", regex.REVERSE)
_GLUED = _compile(r"(?-i:(?<=\p{Ll}|\p{Lu}{2})(?=\p{Lu}\p{Ll}))(?=(?:{words:roles}|{words:bodies})\b)")
# commas within an office: “Hewan, Ikan, dan Tumbuhan”, “Universitas X, Kota Y,”, “Perdagangan Dalam Negeri, Kementerian X,”
_ITEM = r"(?!(?i:{words:roles})(?![\w-]))(?:\p{Lu}\p{L}+|\ue001+)(?:\s\p{Lu}\p{L}+){0,4}"
_LIST = regex.compile(expand(rf",(?<=[\p{{L}}\ue001\ue002)],)(?:\s{_ITEM}(?:,\s{_ITEM}){{0,3}},?)?\s(?:dan|&)\s(?=[\p{{Lu}}\ue001\ue002])(?!{{words:roles}}(?![\w-]))"))
_SEAT = regex.compile(expand(r"(?<=[\p{L}\d\ue001\ue002)]),(?=(?:\s(?:[\ue001\ue002]+(?:\s\([\ue001\ue002]+\))?|R[TW]\s\d+),?)+\s+(?:\p{Ll}*|(?:{words:ranks}\s+){1,3})\s*$)"))
# a name in brackets abbreviates the office before it: “Menteri Koordinator Bidang Maritim (Marves)”
_ABBREVIATED = regex.compile(rf"(?<!{PER})(?<=\([^()]{{0,30}}){PER}++(?=[^()]{{0,30}}\)(?!,))")
_ADJUNCT = _compile(r"\b(?!oleh\b|menurut\b)(?:{words:prepositions})\b(?!\s+(?:{words:cue_bare}|{words:cue_passive})\b)")
# two candidates are their campaign: “Ketua Tim Kampanye Nasional (TKN) Budi-Ani, Citra”
_PAIR = regex.compile(rf"(?<=[\p{{L}})]\s){PER}+\s?[-–]\s?{PER}+(?=,?\s)")
# a name that commas enclose is an appositive of the office before it
_CLOSED = regex.compile(r"\ue000+(?:\s*\([^()]{1,40}\))?\s*,")
# one of several people: “Presiden Budi, Ani, dan …”
_LISTED = _compile(r"\ue000+(?:\s*\([^()]{1,40}\))?(?:,?\s*(?:dan|serta)\b|,\s*(?:{words:ranks}\s+)*\ue000)")
# what opens the clause whose subject the role is: “setelah General Manager X, Budi Santoso, …”
_CONJUNCTION = regex.compile(r"\b(?:namun|tetapi|setelah|ketika|saat|sejak|karena|sebab|sementara|sedangkan|bahwa|didampingi|(?:begitu|demikian)\s+\p{L}+)\s+$", regex.IGNORECASE)
# as what the subject acts: “Selain menjabat Ketua X, Budi …”, “Sebagai Ketua X, Budi …”
_AS = regex.compile(r"(?:selain\s+)?(?:(?:menjabat|bertugas|bekerja|berprofesi)(?:\s+sebagai)?|sebagai|selaku)\s+(?:seorang\s+)?", regex.IGNORECASE)
# a description between commas right after the name: “Paimin (63), pembuat gamelan, …”
_ENGLISH = r"(?-i:\p{Lu}\p{Ll}+(?:\s(?:&|of|and|\p{Lu}\p{L}*)){1,6})"
_DESCRIBED = _compile(_DEGREES + r"(?:\s*\([^()]{1,40}\))?\s*,\s*(?:(?P<one>seorang|salah\s+(?:satu|seorang))\s+)?(?P<role>" + _ENGLISH + r"(?=,)|(?-i:(?!sapaan|panggilan|nama\b|dan\b|serta\b|atau\b)\p{Ll})" + _ROLE_WORD + r"?(?:\s+" + _ROLE_WORD + r"){0,7}(?:\s+di\s+(?-i:\p{Lu}\p{L}*\s?){1,4})?)(?:\s*,(?!\s*\ue000)|\.(?=\s|$)|$|(?(one)\s+yang\b|(?!)))")
# whose relation somebody is
_RELATED = rf"{{words:relations}}(?:\s+{{words:relation_words}})*(?:\s+dari)?(?:\s+(?:{{words:roles}}|{{words:ranks}}|[{ORG}{LOC}]+))*\s+{PER}+(?:\s+dan\s+{PER}+)?(?:\s+lain(?:nya)?)?"
_RELATES = (
    rf"\b(?<!-)(?P<role>{_RELATED}(?=(?:\s*\([^()]{{1,40}}\))?,|\s$)"  # “kuasa hukum Ratmini, Setyo Wibowo”
    r"|{words:relations}(?:(?P<kin>nya)(?:\s+\p{L}+){0,2}|(?:\s+{words:relations})?\s+(?:dari\s+)?(?:salah\s+(?:satu|seorang)\s+)?{words:parties}(?:\s+lain(?:nya)?)?)(?![\w-])"  # “ibunya”, “ayah korban”
    r"|(?<=\bsang\s)(?P<kin>{words:relations})(?=,|\s)"
    rf"|(?P<place>{{words:roles}}(?:\s+(?:(?-i:\p{{Lu}}\p{{L}}*)|{{words:relation_words}}|[{ORG}{LOC}]+)){{0,4}}\s+{PER}+)(?=,|\s))"  # “Kapolsek Giri, AKP Budi”: a place that the tagger took for a person
    r"(?:\s*\([^()]{1,40}\))?,?\s*+(?:{words:ranks}\s+)*$"
)
_RELATION, _ENDS_RELATION = _compile(_RELATES), _compile(_RELATES, regex.REVERSE)  # the longest; whether there is one, which is asked first since it is far faster
# “Setyo Wibowo, kuasa hukum Ratmini, …”
_RELATION_AFTER = _compile(r"(?:\s*,)?\s*(?:selaku\s+|sebagai\s+)?(?:(?:seorang|salah\s+(?:satu|seorang))\s+)?(?P<role>" + _RELATED + r")(?=,|\.(?:\s|$)|$|\s+\p{Ll})(?!\s+(?:itu|ini|tersebut)\b)")
# a relation to the name that follows, and somebody before it whose relation it is
_RELATION_OF = _compile(rf"(?:{PER},?\s+(?:selaku\s+|sebagai\s+)?{{words:relations}}(?:\s+{{words:relation_words}})*|{{words:relations}}\s+dari)\s+", regex.REVERSE)
# “Wakil Ketua KPK yang baru dilantik, Alexander”: the clause is no part of the role
_RELATIVE = regex.compile(r"\s+(?:yang\s[^,]{3,90}|(?:(?:kala|saat|waktu|ketika|masa)\s+)?(?:ini|itu)|tersebut)$", regex.IGNORECASE)
# “Menteri Pertanian saat itu Budi”
_THEN = regex.compile(r"\s+(?:kala|saat|waktu|ketika|masa)\s+(?:ini|itu)$", regex.IGNORECASE)
_DEICTIC = regex.compile(r"\s+(?:ini|itu|tersebut)", regex.IGNORECASE)
_ROLE = _compile(rf"{_ROLE_WORD}(?:\s+{_ROLE_WORD})*")
# “Ketua Badan Amil Zakat (Baznas. Budi”: a bracket that lost its end with a comma
_UNCLOSED = regex.compile(r"\([^()\ue000]{1,60}(?=[,.]\s[^()]{0,12}$)")


def own(text: str, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Entities without a role that is the beginning of somebody else's, there or elsewhere: “kuasa hukum Ratmini” is no office of Ratmini."""
    entities = tuple(entities)
    related = [role for e in entities for role in e.roles if role.rule == "role.relation"]
    if not related:
        return entities
    relations = {role.span.start: role.span.stop for role in related}
    said = {role.span.of(text).casefold() for role in related}

    def owns(entity: Entity, role: Role) -> bool:
        elsewhere = any(text[role.span.start : m.span.stop].casefold() in said for m in entity.mentions if m.span.start == role.span.stop + 1)
        return relations.get(role.span.start, 0) <= role.span.stop and not elsewhere

    return tuple(replace(e, roles=tuple(r for r in e.roles if owns(e, r))) for e in entities)


def at(text: str, masked: str, mention: Mention) -> list[Role]:
    """Roles at one mention, the one before the name first."""
    found = (_role_before(text, masked, mention.span.start), _role_after(text, masked, mention.span))
    return [r for r in found if r]


def _role_before(text: str, masked: str, stop: int) -> Role | None:
    begin = max(0, stop - 220)
    window = _SEAT.sub(" ", _joined(masked[begin:stop]))
    if "(" in window:
        window = _ABBREVIATED.sub(lambda m: ORG * len(m.group()), window)
    if grammar.loses_commas(text):
        window = _UNCLOSED.sub(lambda m: " " * len(m.group()), window)
    limit = _BEFORE_NAME.match(window).start()
    apposed = "," in window[limit:]
    if _ends_sentence(text, masked, begin + limit, stop):
        return None  # “… sebagai bek kiri. Marko bermain …”
    relation = _ENDS_RELATION.match(window) and _RELATION.search(window)
    if relation and not (relation["place"] and (_LISTED.match(masked, stop) or apposed and _is_fronted(window, relation.start()))):
        place, rule = relation.span("role"), "role.kin" if relation["kin"] else "role.relation"
    else:
        place, rule = _office_before(window, limit, apposed, masked, stop), "role.before"
    if not place or _RELATION_OF.match(window) or _OF_ANOTHER.match(masked, stop) and not apposed:
        return None  # “ketua tim penyelamat Budi itu” is somebody else
    return _role(text, masked, begin + place[0], begin + place[1], rule)


def _office_before(window: str, limit: int, apposed: bool, masked: str, name: int) -> Span | None:
    """The office in a stretch before a name that ends at a place in it."""
    if "-" in window or "–" in window:
        window = _PAIR.sub(lambda m: ORG * len(m.group()), window)
    cut = _clause_start(window, limit - 1)  # a full stop right before a name is an abbreviation's
    relative = (_RELATIVE if apposed else _THEN).search(window, cut, limit)
    if relative and _DEICTIC.fullmatch(relative.group()) and not _CLOSED.match(masked, name):
        return None  # “Menurut petinju itu, Marko kalah”
    office = _office(window, cut, limit) or relative and _office(window, cut, relative.start())
    if not office or apposed and not _CLOSED.match(masked, name) and (_is_fronted(window, office.start) or _is_source(window, office.start, masked, name)):
        return None
    return None if _LED_BY.search(window, 0, office.stop) else office


# “Partai X pimpinan Budi”: Budi leads it, and no office stands there
_LED_BY = regex.compile(r"[\p{L})\ue001\ue002]\s+pimpinan\s*$")


_OF_ANOTHER = regex.compile(rf"{PER}+\s+(?:itu|ini|tersebut)\b(?!\s+(?:juga|pun)\b)")
_FULL_STOP = regex.compile(r"(?:(?<word>\p{L}+\.)|[)\"”]\.|\.[\"”])$")


def _ends_sentence(text: str, masked: str, place: int, name: int) -> bool:
    """Whether a line, or a sentence, ends between a place and a name: by a full stop that is no abbreviation's, nor what a scraper left of a comma."""
    if "\n" in text[place:name]:
        return True
    if masked[place - 1] != "." or grammar.loses_commas(text):
        return False
    found = _FULL_STOP.search(text, max(0, place - 40), place)
    if not found:
        return False
    word = found["word"]
    if not word or len(word) > 3 and word.isupper() and not grammar.is_listed("ranks", word):
        return True  # “… anggota DPR. Ratna menilai …”
    return len(word) > 4 and word.casefold() not in lexicon.lower("abbreviations")


def _joined(words_: str) -> str:
    """The words with the commas of a list within an office blanked."""
    if "dan" not in words_ and "&" not in words_:
        return words_
    return _LIST.sub(lambda m: m.group().replace(",", " "), words_)


def _clause_start(window: str, stop: int) -> int:
    """Where the stretch without a break begins that ends at `stop`."""
    cut = next((end for m in _BREAK.finditer(window) if (end := m.end()) <= stop), 0)  # the last is found first
    return max((end for m in _GLUED.finditer(window, cut) if (end := m.end()) <= stop), default=cut)


def _office(window: str, start: int, stop: int) -> Span | None:
    """The longest office that ends a stretch."""
    if not _may_hold_office(window[start:stop]):
        return None
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
    if not first or window[:cut].endswith(PER) or _AS.fullmatch(lead):
        return False
    word = first.group().casefold()
    if grammar.opens_adjunct(word) == "later":
        return True
    if not _ADJUNCT.match(lead):
        return word.startswith("me") and grammar.is_predicate(word)
    rest = lead[first.end() :]
    predicate = grammar.predicate_at(rest)
    return predicate is None or not rest[:predicate].strip()


_ACCORDING_TO = regex.compile(r"\bmenurut\s+$", regex.IGNORECASE)


def _is_source(window: str, office: int, masked: str, name: int) -> bool:
    """Whether an office is the source of what somebody does who is named next: “Menurut jaksa, Budi tak menyesal”."""
    name = grammar.WORD.match(masked, name)
    return bool(name and _ACCORDING_TO.search(window, max(0, office - 20), office)) and grammar.is_subject(masked, name.end())


_IN_BRACKETS = regex.compile(r"\([^()]*\)")
_CAPITALISED = regex.compile(r"\b\p{Lu}[\w-]*")


def _is_action(words_: str) -> bool:
    """A verb between the head and the name: not a role but a subject with its predicate."""
    return grammar.is_clause(_plain(_IN_BRACKETS.sub(" ", words_)))


def _plain(words_: str) -> str:
    """Capitalised words made names: the “Hidup” of a ministry is no verb."""
    return _CAPITALISED.sub(lambda m: ORG * len(m.group()), words_)


def _describes(words_: str) -> bool:
    """Whether words between commas can describe a person: no clause, no adverbial, no thing."""
    return not _is_action(words_) and not _ADJUNCT.match(words_) and not grammar.starts_with("connectives adverbs inanimate not_sources", words_)


_OPENS = regex.compile(r"(?<=(?:^|[.!?”\"\n])\s{0,3})")


_PERSON_NEXT = regex.compile(r"[ ,]*(?:[^\s.]+ +){0,2}?\ue000")


@functools.lru_cache(maxsize=5000)  # most names have a verb after them, and few verbs are most of them
def _may_open(words_: str) -> bool:
    """Whether a role after a name can begin with some words."""
    return any(pattern.match(words_, partial=True) for pattern in (_RELATION_AFTER, _BARE, _AFTER_NAME, _DESCRIBED))


def _role_after(text: str, masked: str, name: Span) -> Role | None:
    start = name.stop
    opening = masked[start : masked.find(" ", start + 2, start + 30) + 1]
    if masked.startswith((".", ")", NOISE), start) or opening[1:2].islower() and not _may_open(opening):
        return None
    relation = _RELATION_AFTER.match(masked, start, start + 160)
    if relation:
        return _role(text, masked, *relation.span("role"), "role.relation")
    bare = _BARE.match(masked, start, start + 160)
    if bare:
        return _role(text, masked, *bare.span("role"), "role.appositive")
    match = _AFTER_NAME.match(masked, start, start + 120)
    if not match:
        plain = _DESCRIBED.match(masked, start, start + 160)
        described = plain and _describes(plain["role"]) and not grammar.is_quoted(masked, start)
        return _role(text, masked, *plain.span("role"), "role.described") if described else None
    stretch = _ROLE.match(_joined(masked[match.end() : match.end() + 160]))
    if not stretch:
        return None
    stop = match.end() + stretch.end()
    verb = grammar.predicate_at(_plain(masked[match.end() : stop]))
    if verb is not None:
        stop = match.end() + verb
    bracket = masked.find("(", match.end(), stop)
    if bracket > 0 and PER in masked[bracket:stop]:
        stop = bracket
    firm = _FIRM.match(masked, match.end())
    if firm and (_OPENS.match(masked, name.start) or masked[firm.end()] in ",." or _HELD.search(masked, start, match.end())):
        return _role(text, masked, *firm.span("role"), "role.appositive")
    # a name right after the role is the person it belongs to, not this one
    following = _PERSON_NEXT.match(masked[stop : stop + 30])
    if PER in masked[match.end() : stop] or following and "," not in masked[stop : stop + following.end()]:
        stop = masked.rfind(" dan ", match.end(), stop)  # “Ani, warga Tangerang dan anaknya Budi”
    return _role(text, masked, match.end(), stop, "role.appositive")


# “… ucap Klara. Mahasiswa Universitas X itu datang”: who has no office is taken up by one that opens the next clause
_TAKEN_UP = _compile(r"(?:[.!?”\"]\s*|\n|,\s)(?!{words:parties}\b)(?P<role>{words:roles}(?![\w-])(?:\s+" + _ROLE_WORD + r"){0,6})(?<!\bkala|\bwaktu|\bmasa)\s+(?:itu|ini|tersebut)\b(?!\s*(?:,\s*)?(?:{words:cue_bare}\s+)?(?:{words:ranks}\s+)*\ue000)")
# the last person within the first of these distances that holds anybody is the one taken up
NEXT = (200, 500)


def taken_up(text: str, masked: str, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Entities, a person without an office given the one by which the text takes the last person up."""
    given: dict[int, Role] = {}
    lacking = {i for i, e in enumerate(entities) if e.type == "PER" and all(role.rule in _WEAK for role in e.roles)}
    if not lacking:
        return entities
    held = {text[r.span.start : r.span.stop].split()[0].casefold() for e in entities for r in e.roles}  # somebody else may be meant
    owners = [r.span for e in entities for r in e.roles if r.rule == "role.relation"]
    people = sorted((m.span.stop, i) for i, e in enumerate(entities) if e.type == "PER" for m in e.mentions if not any(o.contains(m.span) for o in owners))
    stops = [m.span.stop for i in lacking for m in entities[i].mentions]
    for match in _TAKEN_UP.finditer(masked, min(stops), max(stops) + NEXT[1] + 200):  # with room for the words of an office
        here = match.start("role")
        windows = ({i for _, i in people[bisect(people, (here - distance, 0)) : bisect(people, (here + 1, 0))]} for distance in NEXT)
        near = next((found for found in windows if found), set())
        role = _role(text, masked, *match.span("role"), "role.taken_up") if len(near) == 1 and match["role"].split()[0].casefold() not in held and not _is_action(match["role"]) else None
        if role:
            given.setdefault(near.pop(), role)
    return tuple(replace(e, roles=(*e.roles, given[i])) if i in given and i in lacking else e for i, e in enumerate(entities))


# an office that a person is said to hold, take up or give up: “… sejak dilantik sebagai Menteri X”, “mundur dari jabatannya sebagai Y”, “dia kini menjabat Z”
_TAKING = r"(?:(?:{words:installed}|menjabat)(?:\s+(?:kembali|lagi))?(?:\s+dari\s+(?:jabatan|posisi|kursi)(?:nya)?)?(?:\s+(?:sebagai|menjadi|selaku))?|(?:jabatan|tugas|kapasitas|posisi)nya\s+(?:sebagai|selaku))"
_WHEN = r"(?:saat|ketika|sejak|setelah|usai|selama|sebelum|sesudah|semenjak|karena|untuk)"
_LEAD = r"(?:\s+(?:resmi|pertama\s+kali|masih|pernah|baru|kembali|dirinya|ia|dia|diduga|dikabarkan|diketahui|disebut|kini|sekarang|saat\s+ini|sebelumnya|dulu|memang|{words:adverbs})){0,4}"
_HELD_BY = _compile(
    rf"(?:(?P<person>{{per}})(?:\s*\([^()\n]{{1,40}}\))?|(?:ia|dia|beliau)(?!\w)(?:\s+sendiri)?)(?P<far>[^.!?\n{PER}“”\"]{{0,120}}\s{_WHEN})?{_LEAD}"
    rf",?\s+(?:{_TAKING}|merupakan|adalah|ialah)\s+(?:seorang\s+|salah\s+(?:satu|seorang)\s+)?(?P<role>(?!{{words:parties}}\b){{words:roles}}(?![\w-])(?:\s+{_ROLE_WORD}){{0,9}}+)(?!,?\s*{PER})"
)


_PRONOUN = regex.compile(r"\b(?:ia|dia|beliau)\b", regex.IGNORECASE)
_OPENS_CLAUSE = regex.compile(r"(?:^|[.!?”\"\n,])\s{0,3}$")


def held(text: str, masked: str, entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Entities, a person without an office given the one that a sentence about them, or about the last person, names."""
    lacking = {i for i, e in enumerate(entities) if e.type == "PER" and not e.roles}
    if not lacking:
        return entities
    people = sorted((m.span.start, i) for i, e in enumerate(entities) if e.type == "PER" for m in e.mentions)
    given: dict[int, Role] = {}
    starts = [m.span.start for i in lacking for m in entities[i].mentions]
    places = sorted({*starts, *(m.start() for m in _PRONOUN.finditer(masked, min(starts), max(starts) + NEXT[0]))})
    for match in filter(None, (_HELD_BY.match(masked, place) for place in places)):
        here = match.start()
        if not _OPENS_CLAUSE.search(masked, max(0, here - 4), here) and (match["far"] or not match["person"]):
            continue
        if match["person"]:
            about = {i for start, i in people[bisect(people, (here, -1)) : bisect(people, (here + 1, -1))]}
        else:
            about = {i for _, i in people[bisect(people, (here - NEXT[0], 0)) : bisect(people, (here, 0))]}
        role = _role(text, masked, *match.span("role"), "role.held") if len(about) == 1 and about <= lacking and not grammar.is_quoted(masked, here) and not _is_action(match["role"]) else None
        if role:
            given.setdefault(about.pop(), role)
    return tuple(replace(e, roles=(given[i],)) if i in given else e for i, e in enumerate(entities))


_ADVERBS = _compile(r"(?:\s+(?:{words:adverbs}|bernama|atas\s+nama|(?:ber)?inisial|yakni|yaitu|lain(?:nya)?|dan))+", regex.REVERSE)
_AFFILIATION = regex.compile(r"\ue001+|\ue002+")


def _role(text: str, masked: str, start: int, stop: int, rule: str) -> Role | None:
    while stop > start and (text[stop - 1].isspace() or text[stop - 1] in ",.-–"):
        stop -= 1
    while text[start:stop].endswith(")") and text.count(")", start, stop) > text.count("(", start, stop):
        stop -= 1
    adverbs = _ADVERBS.match(masked, start, stop)
    if adverbs:
        stop = adverbs.start()
    if stop <= start or "\n" in text[start:stop]:
        return None
    span = Span(start, stop)
    name = _AFFILIATION.search(masked, start, stop)
    affiliation = Span(*name.span()) if name else None
    rule = "role.party" if grammar.starts_with("parties", text[start:stop]) else rule
    return Role(span, affiliation, rule)


# what an office outdoes
_WEAK = frozenset({"role.party", "role.kin", "role.relation"})


def nearest(text: str, entity: Entity) -> Role | None:
    """The office closest to the fullest mention: one of several words that touches it or an equal one, else one that touches it, else the first the article gives.

    Where another such mention has the same office written out, it is that: “Kadis PUPR Madina”, “Kepala Dinas PUPR Kabupaten Mandailing Natal”.
    """
    length = entity.name.stop - entity.name.start
    equal = [m.span for m in entity.mentions if m.span.stop - m.span.start == length]

    def touches(role: Role, name: Span) -> bool:
        return min(abs(role.span.stop - name.start), abs(role.span.start - name.stop)) <= 40

    def rank(role: Role) -> tuple[int, bool, bool, bool, int]:
        weak, here = role.rule in _WEAK, touches(role, entity.name)
        short = role.affiliation is None and role.span.stop - role.span.start < 12
        if weak or short or not (here or role.rule == "role.before" and any(touches(role, name) for name in equal)):
            return (2 if here else 3, weak, short and not here, role.rule != "role.before" and not here, role.span.start)
        return (0 if here else 1, False, False, False, role.span.start)

    found = min(entity.roles, key=rank, default=None)
    if not found or found.rule in _WEAK or len(entity.roles) < 2:
        return found
    same = [r for r in entity.roles if r.rule not in _WEAK and any(touches(r, name) for name in equal) and _writes_out(text, r.span, found.span)]
    return max(same, key=lambda r: r.span.stop - r.span.start, default=found)


# what is another office, or how long one is held: no part of the same written out
_ADDED = _compile(r"\b(?:periode|pertama|sekaligus|merangkap|yang|masa|dan\s+{words:roles}|(?:19|20)\d\d-(?:19|20)\d\d)\b")


def _writes_out(text: str, full: Span, short: Span) -> bool:
    """Whether an office is another one with more words: each word of the shorter one is there, or is made of the initials or the beginnings of those that are."""
    if full.stop - full.start <= short.stop - short.start or _ADDED.search(full.of(text)) and not _ADDED.search(short.of(text)):
        return False
    spelt, words = ([w.casefold() for w in _WORDS.findall(span.of(text))] for span in (full, short))
    if spelt[0] != words[0] and not _abbreviates(words[0], spelt):
        return False
    return all(w in spelt or any(_abbreviates(w, spelt[i:]) for i in range(len(spelt))) for w in words)


def _abbreviates(word: str, words: list[str]) -> bool:
    """Whether a word stands for the first of some words: by initials (DPR), or clipped (Menlu); Ka- is Kepala, and Kadis has a letter of Dinas more than its beginning."""
    if word[:2] == "ka" and words[0] == "kepala":
        return any(grammar.is_clipped(spelt, words) for spelt in ("ke" + word[2:], "ke" + word[2:-1]))
    return len(word) > 1 and "".join(w[0] for w in words).startswith(word) or grammar.is_clipped(word, words)
