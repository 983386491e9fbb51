"""Where the source of a cue stands: the subject before it or the agent after it, in a masked statement (grammar.py)."""

from __future__ import annotations

import regex

from annotator.document import Span
from annotator.grammar import CUE, DEGREE, LOC, NAME, NOISE, ORG, PER, QUOTED, RELATED, THIS, WORD
from annotator.grammar import is_clause, is_listed, is_predicate, is_subject, pattern, predicate_at, skip_connectives, starts_with
from annotator.rules import any_of

_PRONOUN = r"(?:{words:pronouns})\b(?:\s+(?:itu|ini|tersebut))?"
_FIRST = r"(?:{words:first_person})\b"
_PEOPLE = rf"{PER}+(?:-{PER}+|(?:,\s*{PER}+)*,?\s+(?:dan|serta)\s+{PER}+)?"
_SOME_PEOPLE = regex.compile(_PEOPLE)
_SOMEBODY = "roles groups crowds relations institutions documents"


# --------------------------------------------------------------------------------------------------------- the subject


# “… lalu Dia mengatakan”
_CAPITAL = regex.compile(r"(?<![\w-])(?:Ia|Dia|Beliau)$")


def before(masked: str, start: int, stop: int) -> Span | None:
    """The source of a cue that follows: the subject of the clause that ends at `stop`. None where there is none.

    Looked for from the right: the segment next to the cue, unless it is an adverbial or an appositive of what stands before it.
    """
    start = skip_connectives(masked, _clause_start(masked, start, stop), stop)
    start = _inner_start(masked, start, stop)
    if there := pattern(r"\s*(?:ada|beredar|muncul|terdapat)\s+(?:juga\s+|pula\s+)?(?={words:documents}\b)").match(masked, start, stop):
        start = there.end()
    whole, stop = stop, _drop_adverbs(masked, start, stop)
    stop = unrelayed(masked, start, stop)
    pronoun = _CAPITAL.search(masked[start:stop])
    if pronoun:
        return Span(*pronoun.span()).shift(start)  # its capital shows that the sentence starts here, whatever is glued before it
    relative = pattern(r"\s+yang$").search(masked[:stop], start)
    if relative:
        return _antecedent(masked, start, relative.start())
    allies = _ALLIES.search(masked[:stop], start) if masked.endswith((ORG, LOC), start, stop) else None
    if allies:
        return Span(*allies.span("names"))
    found = _subject(masked, _segments(masked, start, stop))
    return _with_others(masked, found, stop) if found else _first_subject(masked, start, whole)


# “seorang pejabat yang dikutip Antara”, “Budi, yang berbicara kepada Reuters di Jakarta,”
_RELAYED = (
    r"\byang\s++(?:{words:adverbs}\s+)*(?:{relaying}|{interviewed}|(?:berbicara|bercerita|berkata)\s+(?:(?!dan\b)[^\s,.]+\s+){0,8}?(?:kepada|dengan))\s+"
    rf"(?:(?:oleh|dari|pada|{{press}})\s+){{0,2}}(?:{ORG}+|{{domain}})(?:\s*\([^()]{{1,40}}\))?"
)
_RELAYED_TO_END = rf"{_RELAYED}(?:,?\s+(?:{{words:days}}|pada|di|lewat|melalui|dari|secara)\b[^,.]{{0,60}}){{0,2}}\s*,?\s*$"


def unrelayed(masked: str, start: int, stop: int, ends: bool = True) -> int:
    """Where a phrase ends without the relative clause, at its end or anywhere, that names its medium; a text of one word is known by that alone."""
    yang = masked.find(" yang ", start, stop)
    found = pattern(_RELAYED_TO_END if ends else _RELAYED).search(masked[:stop], yang) if yang > start else None
    if found is None:
        return stop
    rest = masked[start : found.start()].rstrip(" ,\n")
    words = rest.strip()
    return stop if not words or " " not in words and starts_with("documents", words) else start + len(rest)


# “Berdasarkan BMKG yang dirilis hari ini, …”: an institution is known by its name alone
_CLAUSE_AFTER_NAME = regex.compile(rf"(?P<name>[{ORG}{LOC}]+(?:\s*\([^()]{{1,40}}\))?),?\s+yang\s")


def document(masked: str, start: int, stop: int) -> Span:
    """A source as it stands, but for a medium's relative clause, or any that follows an institution alone."""
    alone = _CLAUSE_AFTER_NAME.match(masked, start, stop)
    return Span(*alone.span("name")) if alone else Span(start, unrelayed(masked, start, stop))


_ALLIES = regex.compile(rf"(?:\G|,\s)\s*(?<names>[{ORG}{LOC}]+(?:,\s*[{ORG}{LOC}]+)*,?\s+(?:dan|serta)\s+[{ORG}{LOC}]+)$")


_OTHERS = (
    r"(?:\s*\([^()]{1,40}\))?,?\s+(?:dan|serta|beserta|(?P<along>bersama))\s+"
    r"(?P<who>{name}|(\p{Ll}{3,})-\1|(?:\p{Ll}+\s+){0,2}\p{Ll}{3,}nya\b|(?:{words:groups}|{words:crowds}|{words:institutions}|{words:relations}|{words:parties}|{words:descriptors}|{words:roles}|{words:ranks})\b)"
)


def _with_others(masked: str, source: Span, stop: int) -> Span:
    """A source with whom it is joined to up to a place: “Washington dan sekutunya di Asia”, “Ketua DPR Budi dan Menteri Ani”; nobody is by “bersama” alone."""
    joined = pattern(_OTHERS).match(masked, source.stop, stop) if source.stop < stop else None
    if joined is None or starts_with("pronouns", source.of(masked)) or joined["along"] and PER in source.of(masked) and PER in joined["who"]:
        return source
    whole = _strip(masked, Span(source.start, stop))
    others = masked[joined.start("who") : whole.stop]
    more = "," in others or len(others.split()) > 12 or _DEICTIC.search(others) or is_clause(others)
    return source if more else whole


def _subject(masked: str, segments: list[Span]) -> Span | None:
    """The source in segments between commas, the last one first."""
    if name := _named_first(masked, segments):
        return name
    appositive: Span | None = None
    for position in range(len(segments) - 1, -1, -1):
        segment = _after_time(masked, _strip(masked, segments[position]))
        if segment is None or position and _is_addition(masked, segment) and not _is_setting(masked, segments[position - 1]):
            continue
        if position < len(segments) - 1 and _is_participial(masked, segment):
            continue
        if _is_adverbial(masked, segment):
            adjacent = _adjacent(masked, segment) if position == len(segments) - 1 else None
            if adjacent:
                return adjacent
            continue
        if segment.of(masked) in ("dan", "serta"):
            return None  # “X memahami kendala itu, dan berharap C”
        head = _head(masked, segment)
        if head is None:
            continue
        if position and starts_with("relations", segment.of(masked)) and (name := _name_alone(masked, segments[position - 1])):
            return name  # “Budi, kuasa hukum Ani, mengatakan”
        named = PER in head.of(masked)
        if not named and position > 0:
            if name := _name_alone(masked, segments[position - 1]):
                return name
            if starts_with("roles", segment.of(masked)):
                appositive = appositive or head
                continue
        return appositive if appositive and not named else head
    return appositive


def _is_participial(masked: str, segment: Span) -> bool:
    """“Didampingi Budi, bupati itu mengatakan C”: the agent of a fronted passive is not the subject."""
    return bool(_PARTICIPLE.match(masked, segment.start, segment.stop))


# by their endings, for “Dirlantas” and “Dishub” open offices and institutions
_PARTICIPLE = regex.compile(r"di\p{L}{3,}(?:(?:i|kan)\s|\p{L}\s+oleh\s)", regex.IGNORECASE)


_FRONTED = (
    r"(?:(?:untuk|pada|hingga|sampai)\s+)?(?:saat|tahun|bulan|pekan|minggu|hari|malam|pagi|siang|sore)\s+(?:ini|itu|lalu|depan)\s+"
    r"(?=(?:{words:ranks}\s+)*(?:{name}|{words:roles}\b|{words:institutions}\b|{words:groups}\b|{words:crowds}\b|{words:parties}\b|{words:pronouns}\b|perseroan\b|pihaknya\b))"
)


def _after_time(masked: str, segment: Span | None) -> Span | None:
    """A segment without the time it opens with: “tahun ini perseroan berharap”."""
    time = pattern(_FRONTED).match(masked, segment.start, segment.stop) if segment else None
    return Span(time.end(), segment.stop) if time else segment


_NAME_ALONE = regex.compile(rf"\s*(?:\S+\s+){{0,1}}(?<name>{PER}+)\s*(?:\([^()]{{1,40}}\))?(?:\s+(?:dari|asal)\s+[{ORG}{LOC}]+)?\s*")
_ADDITION = regex.compile(rf"{DEGREE}|@[\w.]+|{LOC}+(?:\s+(?:ini|itu))?")


def _name_alone(masked: str, segment: Span) -> Span | None:
    """The person a segment consists of, but for an office of one word and a bracket: not “Didampingi Budi, …”."""
    name = None if _is_adverbial(masked, segment) or _is_participial(masked, segment) else _NAME_ALONE.fullmatch(masked, segment.start, segment.stop)
    return Span(*name.span("name")) if name else None


_APPOSED = r"\s*(?:(?:yang\s+(?:juga\s+)?(?:merupakan\s+|menjabat\s+(?:sebagai\s+)?|adalah\s+)?|selaku\s+|sebagai\s+|salah\s+(?:satu|seorang)\s+|seorang\s+)*{words:roles}\b|salah\s+seorang\b)"


# “Ratna, salah satu warga yang bertemu Puan, …”
_ONE_WHO = rf"^(\s*(?:salah\s+(?:satu|seorang)|seorang)\s+[^,{PER}]{{1,40}}?)\s+yang\s[^,]{{1,90}}$"


def _named_first(masked: str, segments: list[Span]) -> Span | None:
    """“Ratna, Deputi Bidang Edukasi, Sosialisasi, dan Kemitraan BRG”, “Puan, yang juga Ketua DPP PDI-P”: the person before an office that holds names."""
    for segment, office in zip(segments, segments[1:]):
        if PER not in segment.of(masked):
            continue
        rest = pattern(_ONE_WHO).sub(r"\1", masked[office.start : segments[-1].stop])
        if pattern(_APPOSED).match(rest) and PER not in rest and not is_clause(rest) and (name := _name_alone(masked, segment)):
            return name
    return None


def _is_addition(masked: str, segment: Span) -> bool:
    """A degree, a handle or a place after a comma: not the source but part of what stands before."""
    return bool(_ADDITION.fullmatch(masked, segment.start, segment.stop))


_TIME = r"\s*(?:{words:days}|{words:months}|tahun|bulan|pekan|minggu|hari|malam|kini|saat|sebelumnya|sementara)\b"


def _is_setting(masked: str, segment: Span) -> bool:
    """A time or an adverbial without a place, which no place is added to: “Bulan lalu, Kenya menuduh …”."""
    return LOC not in segment.of(masked) and (_is_adverbial(masked, segment) or bool(pattern(_TIME).match(masked, segment.start, segment.stop)) or segment.of(masked).strip().isalpha())


def _first_subject(masked: str, start: int, stop: int) -> Span | None:
    """The subject of a sentence with several verbs: “Pelaku sempat kembali, lalu datang dan mengaku …”."""
    joined = pattern(r"\b(?:dan|serta|lalu|kemudian|hingga)\s*(?:{words:adverbs}\s*)*$").search(masked[:stop], start)
    verb = predicate_at(masked[start:stop]) if joined else None
    spans = _segments(masked, start, start + verb) if verb else []
    segment = _strip(masked, _before_adverbs(masked, spans[-1])) if spans and all(_is_adverbial(masked, one) for one in spans[:-1]) else None
    return _head(masked, segment) if segment and not _is_adverbial(masked, segment) else None


_SUBORDINATORS = ("bahwa", "sehingga", "sedangkan", "adapun", "tetapi", "tapi", "namun", "sementara", "karena", "sebab", "lantaran")
_BOUNDARY = regex.compile(
    rf"[{QUOTED}{THIS}{NOISE}{CUE}]+[\s,.]*|[;:]\s|\s[–—-]{{1,2}}\s(?!.*\s[–—-]{{1,2}}\s*$)|[.?!]\s+(?=[\p{{Lu}}\ue000-\ue002])|(?<={NAME})\.(?={NAME})"
    rf"|\m(?:{any_of(_SUBORDINATORS)}|maka(?!\s+dari\b)|(?:meski|walau|kendati)(?:pun)?(?!\s+(?:demikian|begitu)\b)(?=[^,]*$))\s",
    regex.IGNORECASE,
)


def _clause_start(masked: str, start: int, stop: int) -> int:
    """Where the clause that ends at `stop` begins: after a quotation, a colon, a single dash or a subordinator."""
    ends = [m.end() for m in _BOUNDARY.finditer(masked, start, stop) if masked[m.end() : stop].strip(" ,")]
    return ends[-1] if ends else start


_INNER = (
    r"\b(?:setelah|ketika|saat|usai|sejak)\s+(?=(?:sejumlah|beberapa|banyak)\s+\p{Ll}[^,]{2,40}$)|\b(?:(?:setelah|ketika|saat|usai|sejak)\s+(?:(?:sejumlah|beberapa|para)\s+)?|(?:menyebut|mengatakan|menyatakan|mengungkapkan|menuding|meminta)\s+(?=[\ue001\ue002]|{words:institutions}\b))"
    r"(?=(?:(?:{words:roles}|{words:institutions}|\p{Lu}\p{L}+|{words:ranks})\s+)*(?:{name}|{words:institutions}))(?!.*(?:,|\bdan)\s*$)(?!.*,)"
)


def _inner_start(masked: str, start: int, stop: int) -> int:
    """The clause within a clause whose verb the cue is: “Kabar itu muncul ketika X …”, “Budi menyebut pemerintah …”."""
    ends = [m.end() for m in pattern(_INNER).finditer(masked, start, stop) if is_clause(masked[start : m.start()]) or m.group()[:2] == "me"]
    return ends[-1] if ends else start


def _drop_adverbs(masked: str, start: int, stop: int) -> int:
    return pattern(r"(?r)(?:[\s,]*\b(?:{ends:adverbs}|ingin)\b)*[\s,]*").match(masked[:stop], start).start()  # from the end


def _before_adverbs(masked: str, span: Span) -> Span:
    """A phrase without the adverbs that end it, but for a time's (“pada Sabtu lalu”)."""
    return span if masked.endswith(" lalu", span.start, span.stop) else Span(span.start, max(span.start + 1, _drop_adverbs(masked, span.start, span.stop)))


_COMMA = regex.compile(r"(?<!\d),|,(?!\d)|(?<=\s)[–—]")


def _segments(masked: str, start: int, stop: int) -> list[Span]:
    """Stretches between commas, or dashes that set an appositive off, that are not in brackets."""
    cuts = [m.start() for m in _COMMA.finditer(masked, start, stop) if masked.count("(", start, m.start()) <= masked.count(")", start, m.start())]
    edges = [start - 1, *cuts, stop]
    return [Span(a + 1, b) for a, b in zip(edges, edges[1:]) if a + 1 < b and masked[a + 1 : b].strip()]


def _strip(masked: str, span: Span) -> Span | None:
    start, stop = span.start, span.stop
    while start < stop and (masked[start].isspace() or masked[start] in ",.-–—"):
        start += 1
    while stop > start and (masked[stop - 1].isspace() or masked[stop - 1] in ",-–—"):
        stop -= 1
    return Span(start, stop) if start < stop else None


# “90 persen responden”, “sebanyak 90 persen responden”, “sisanya 9,8 persen”
_COUNTED = (
    r"\s*(?:sisanya\s*,?\s*)?(?:(?:sebanyak|sekitar|hampir|lebih\s+dari)\s+)?[\d.,]+\s+(?:persen\s+(?=(?:dari\s+)?\p{L})|orang\s+)?(?:dari\s+)?(?:{words:groups}|{words:crowds}|{words:roles}|suara)\b"
    r"|\s*sisanya\s*,?\s*(?:sebanyak\s+|sekitar\s+)?[\d.,]+\s+persen$"
)


_FIGURE = regex.compile(r"\s*[\d(]")


def _is_adverbial(masked: str, span: Span) -> bool:
    words = span.of(masked)
    return starts_with("prepositions days", words) or bool(_FIGURE.match(words)) and not pattern(_COUNTED).match(words)


def _adjacent(masked: str, span: Span) -> Span | None:
    """The name or pronoun that ends a fronted adverbial: “Dalam kesempatan itu Budi”."""
    ending = rf"(?<before>\S+)\s+(?:{{words:ranks}}\s+)*(?<source>{_PEOPLE}|{ORG}+|{_PRONOUN})(?:\s*\([^)]*\))?$"
    match = pattern(ending).search(masked[: span.stop], span.start) or pattern(_NEXT_NOUN).search(masked[: span.stop], span.start)
    return Span(*match.span("source")) if match and not is_listed("prepositions", match["before"].strip(",")) else None


# “Kepada polisi tersangka”, “Dalam amar putusannya majelis hakim”
_NEXT_NOUN = (
    r"(?<before>(?:itu|ini|tersebut|lalu|polisi|wartawan|penyidik|media|\p{L}{3,}(?<!hany|misaln|sebelumn|biasan|rupan)nya|\d{4}|\S+\)))\s+"
    r"(?<source>(?:{words:roles}|{words:institutions}|{words:groups}|{words:parties})(?:\s+(?!(?:{words:prepositions}|dan|itu|ini|tersebut)\b)[\p{Ll}]{3,}){0,2}(?:\s+(?:itu|ini|tersebut))?)$"
)


# “keluhan dari para pedagang pasar yang …”, “tudingan warganet yang …”
_BRINGER = r"(?:\s(?:dari|oleh|kepada|dengan)|\b{words:cue_noun})\s+(?P<who>(?:{words:groups}|{words:crowds}|{words:relations}|{words:parties}|{words:institutions})\b(?:\s(?!(?:{words:prepositions}|dan)\b)[^\s,]+){0,4})$"


def _antecedent(masked: str, start: int, stop: int) -> Span | None:
    """What a relative clause hangs on: the last name or noun phrase before “yang”."""
    segments = _segments(masked, start, stop) if start < stop else []
    segment = _strip(masked, segments[-1]) if segments else None
    if segment is None:
        return None
    conceded = pattern(r"(?:meski|walau|kendati|seperti|menyusul)(?:pun)?\s+").match(masked, segment.start, segment.stop)
    segment = Span(conceded.end(), segment.stop) if conceded else segment
    name = pattern(rf"(?<!\w)(?P<name>{_PEOPLE}|{NAME}+|{_PRONOUN})(?:\s*\(\d+\))?$").search(masked[: segment.stop], segment.start)
    if name and PER not in name["name"] and (theirs := pattern(_THEIRS).search(masked[: segment.stop], segment.start)):
        return Span(*theirs.span())
    if name and not starts_with("groups", segment.of(masked)):
        return Span(*name.span("name"))
    if bringer := pattern(_BRINGER).search(masked[: segment.stop], segment.start):
        return Span(*bringer.span("who"))
    if _is_adverbial(masked, segment):
        return None
    verbs = [m.end() for m in WORD.finditer(masked, segment.start, segment.stop) if is_predicate(m.group()) and m.group().casefold() != "salah"]  # “salah satu”
    begin = verbs[-1] if verbs else segment.start
    lead = pattern(r"(?:.*\b{words:adjunct_later}\s)?(?:\s*\bantara\s+lain\s|\s*\b{words:prepositions}\s)*").match(masked, begin, segment.stop)  # “bertemu dengan warga yang mengaku …”
    return _strip(masked, Span(lead.end(), segment.stop)) if lead.end() < segment.stop else None


# “warga Jakarta yang mengaku …”, “seorang pegawai KPK yang menolak disebut namanya”: they are no place and no institution
_THEIRS = rf"(?<![\w-])(?:(?:beberapa|sejumlah|para|seorang|salah\s+(?:satu|seorang))\s+)?(?:(?:warga|{{words:crowds}}|{{words:roles}})\s+(?:\p{{Ll}}+\s+)?[{ORG}{LOC}]+|pemerintah\s+{LOC}+)$"


# -------------------------------------------------------------------------------------- the head of a noun phrase
# Small opinions in order, as in speakers.py: each gets the segment and its main part, the first that knows speaks.


def _head(masked: str, segment: Span) -> Span | None:
    """The source in a noun phrase: its person, its institution, or the phrase itself; None where it is none."""
    main = _main(masked, segment)
    for opinion in (_person_at_end, _called, _somebody_related, _after_headline) if PER in segment.of(masked) else ():
        if found := opinion(masked, segment, main):
            return found
    people = _SOME_PEOPLE.search(main.of(masked))
    if people:
        narrated = is_clause(main.of(masked)[: people.start()]) and main.start + people.end() < segment.stop
        return None if narrated else Span(*people.span()).shift(main.start)
    return _pronoun(masked, main) or _institution(masked, segment, main) or _phrase(masked, segment, main)


_POSTED = regex.compile(r"(?:duta\s+besar|dubes|wakil\s+tetap|utusan)\b", regex.IGNORECASE)


def _main(masked: str, segment: Span) -> Span:
    """A segment up to the first preposition or bracket that follows its first word."""
    first = WORD.search(masked, segment.start, segment.stop)
    if first and first.end() == segment.stop:
        return segment
    posted = r"(?!untuk\s+[\ue001\ue002])" if _POSTED.match(masked, segment.start, segment.stop) else ""  # “Duta Besar Rusia untuk PBB”
    cut = pattern(rf"\s*(?:\(|\s\b{posted}{{words:prepositions}}\b(?!-))").search(masked, first.end() if first else segment.start, segment.stop)
    return Span(segment.start, cut.start()) if cut and cut.start() > segment.start else segment


_LAST_PERSON = regex.compile(rf"(?<!\p{{L}})(?<before>\S+)\s+(?<name>{PER}+)$")
_AFFILIATED = regex.compile(rf"[){ORG}{LOC}]|\b(?:kala|saat|waktu)\s+itu\b")


def _person_at_end(masked: str, segment: Span, _: Span) -> Span | None:
    """“Kepala Badan Penanggulangan Bencana (BPBD) Lembata Kanisius”: the only person, after institutions, places and brackets."""
    words = segment.of(masked)
    match = _LAST_PERSON.search(words) if words.endswith(PER) else None
    lead = words[: match.start("name")] if match else ""
    if lead and pattern(rf"{RELATED}\s").fullmatch(lead):
        return Span(*match.span("name")).shift(segment.start)  # “Istri Budi Ani”
    if not _AFFILIATED.search(lead) or PER in lead or is_clause(lead):
        return None
    if is_listed("prepositions", match["before"]) or starts_with("relations", words):
        return None
    return Span(*match.span("name")).shift(segment.start)


_NAMED = rf"\b(?:bernama|bermarga|berinisial|disapa|dipanggil)\s+(?:{{words:ranks}}\s+|\p{{Lu}}\p{{L}}{{1,4}}\s+)*(?<name>{PER}+)"


def _called(masked: str, segment: Span, _: Span) -> Span | None:
    """“tetangga yang bernama Dewi”, “pria yang akrab disapa Gus Ipul”."""
    match = pattern(_NAMED).search(segment.of(masked))
    return Span(*match.span("name")).shift(segment.start) if match else None


_RELATED_AT_END = rf"(?:^|\s){RELATED}$"


def _somebody_related(masked: str, _: Span, main: Span) -> Span | None:
    """“keluarga Budi” is not Budi; “juru bicara Budi”, an office, may be."""
    words = main.of(masked)
    related = words.endswith(PER) and pattern(_RELATED_AT_END).search(words)
    return _strip(masked, main) if related and not starts_with("roles", words.strip()) else None


_LAST_NAME = regex.compile(rf"\s(?<name>{PER}+)$")


def _after_headline(masked: str, segment: Span, _: Span) -> Span | None:
    """“Bupati Sebut Harga Beras Naik ke Level Tertinggi Budi”: the name after a headline that was glued before it."""
    words = segment.of(masked)
    match = _LAST_NAME.search(words) if words.endswith(PER) else None
    lead = WORD.findall(words[: match.start()]) if match else []
    if len(lead) < 5 or PER in words[: match.start()] and {"dan", "serta"} & set(lead) or any(word[0].islower() and not is_listed("headline_small", word) for word in lead):
        return None
    return Span(*match.span("name")).shift(segment.start)


_PRONOUN_AT_END = rf"(?:^|\s)(?<word>{_PRONOUN})$"
_PRONOUN_FIRST = rf"(?<word>{_PRONOUN}|{_FIRST})"


def _pronoun(masked: str, main: Span) -> Span | None:
    words = main.of(masked)
    match = pattern(_PRONOUN_AT_END).search(words) or pattern(_PRONOUN_FIRST).match(words)
    return Span(*match.span("word")).shift(main.start) if match else None


_WITH_OTHERS = r"\s+(?:dan|serta)\s+(?:{words:groups}|{words:crowds}|{words:institutions}|{words:descriptors})\b"


_BRACKETED_ORG = regex.compile(rf"{ORG}+\s*\({ORG}+\)\s+{ORG}+")
_ORG_OR_LOC = regex.compile(rf"[{ORG}{LOC}]+")


def _institution(masked: str, segment: Span, main: Span) -> Span | None:
    """“KPK”, “Gerakan Pemuda (GP) Ansor”, “produsen ikan beku PT X”."""
    bracketed = _BRACKETED_ORG.match(masked, main.start, segment.stop)
    name = bracketed or _ORG_OR_LOC.match(masked, main.start, main.stop)
    if name and pattern(_WITH_OTHERS).match(masked, name.end(), main.stop) and not is_clause(main.of(masked)):
        return main
    if name:
        return Span(*name.span())
    described = pattern(rf"{{words:descriptors}}(?:\s[^\s{ORG}]+){{0,4}}\s+(?<name>{ORG}+)$").match(main.of(masked))
    return Span(*described.span("name")).shift(main.start) if described else None


# “anggota DPRD Depok dari Fraksi X itu”, “aktivis hak asasi manusia (HAM) ini”, “kiper yang pensiun di Arsenal itu”: somebody known, to the “itu”
_TAKEN_UP = (
    r"(?!{words:groups}|{words:crowds})(?:{words:roles}|{words:descriptions})(?![\w-])(?:\s(?:[\p{L}\d'’/-]+|[\ue001\ue002]+)){0,10}?"
    r"(?:\s\([^()]{1,60}\)(?:\s(?:\p{L}+|[\ue001\ue002]+)){0,4}|\s(?:dari|asal)\s[^,()]{1,60}|\sdi\s[\ue001\ue002]+|\s(?:yang|selaku)\s[^,()]{1,90})\s(?:itu|ini|tersebut)"
)
_HUMAN = r"(?:se(?:orang|buah|pasang)\b|salah\s+satu\b|(?:pria|wanita|perempuan|laki-laki|lelaki|orang)\b)"


# “pemilik akun Twitter @kabutpagi”: who writes there is known by the handle alone
_HANDLE = rf"(?:(?:pemilik|pengguna|warganet)\s+)?akun(?:\s+(?:\p{{L}}+|[{ORG}{LOC}]+)){{0,4}}?\s+(?P<handle>@[\w.*\[\]]*[\w*\]])"


_SOMEWHERE = regex.compile(r"\s+di\s+(?:\S+\s*){1,3}")
_DEICTIC = regex.compile(r"\s(?:itu|ini|tersebut)$")
_LETTER = regex.compile(r"\p{L}")


def _phrase(masked: str, segment: Span, main: Span) -> Span | None:
    """A source without a name: “pejabat tersebut”, “sejumlah warga di posko”, “perwakilan dagang Rusia di Vietnam”."""
    words = main.of(masked)
    if written := pattern(_HANDLE).match(masked, segment.start, segment.stop):
        return Span(*written.span("handle"))
    deictic = segment.of(masked).casefold().endswith(("itu", "ini", "tersebut"))
    if taken_up := deictic and pattern(_TAKEN_UP).fullmatch(masked, segment.start, segment.stop):
        return Span(*taken_up.span())
    long = starts_with("groups documents", words) or pattern(_HUMAN).match(words)
    placed = _SOMEWHERE.fullmatch(masked, main.stop, segment.stop)
    ended = _DEICTIC.search(words)
    phrase = segment if (long or placed) and not ended else main
    definite = ended or _DEICTIC.search(phrase.of(masked))
    head = pattern(rf"{_COUNTED}|{{words:institutions}}\b").match(words)
    if not _LETTER.search(words) or not definite and is_clause(phrase.of(masked)[head.end() if head else 0 :]):
        return None
    return _strip(masked, phrase) if len(WORD.findall(masked, phrase.start, phrase.stop)) <= 16 else None


# ----------------------------------------------------------------------------------------------------------- the agent

_DESCRIPTOR = r"(?:surat\s+kabar|kantor\s+berita|media|harian|majalah|koran|stasiun\s+televisi|laman|situs)"


def after(masked: str, start: int, stop: int, clause: bool = False) -> tuple[Span, int] | None:
    """The source that follows a cue, and where the phrase around it ends (appositives, places and dates after it included).

    With `clause`, a name after an office may open what is reported: “Menurut jaksa, Budi tak menyesal”.
    """
    begin = pattern(rf"\s*(?:oleh\s+)?(?:si\s+|sang\s+(?={PER})|(?:{_DESCRIPTOR}\s+)+(?={ORG}))?").match(masked, start, stop).end()
    if begin >= stop:
        return None
    pronoun = pattern(rf"{_PRONOUN}|{_FIRST}").match(masked, begin, stop)
    source = Span(*pronoun.span()) if pronoun else _agent(masked, begin, stop, clause)
    if source is None:
        return None
    if (phrase := _strip(masked, Span(begin, _segment_stop(masked, begin, stop)))) and source.stop < phrase.stop:
        source = _with_others(masked, source, _main(masked, phrase).stop)
    told = clause and is_named(source.of(masked)) and _opens_clause(masked, source.stop, stop)
    return source, source.stop if told else _skip_modifiers(masked, source.stop, stop)


# a time or a place that a clause may open with; not a manner of speaking
_SETTING = regex.compile(r"\s*(?:(?:saat|hari|pekan|bulan|tahun|malam|pagi|siang|sore)\s+(?:ini|itu)|(?:tadi|kemarin|di|dalam|pada|selama|sejak|hingga|sampai|sepanjang|untuk)(?!\s+(?:keterangan|siaran|pernyataan|rilis|konferensi|jumpa|acara|akun)))\s", regex.IGNORECASE)


def _opens_clause(masked: str, start: int, stop: int) -> bool:
    """“Menurut Budi saat ini terjadi kekurangan air”: the adverbial after a name opens what is reported."""
    if not _SETTING.match(masked, start, stop):
        return False
    return is_clause(masked[start : start + _first_comma(masked[start:stop])].split(". ")[0])


# a further part of an office: “…, Olahraga, dan Pariwisata (Dispora) Pati”
_LISTED = rf"(?:,\s(?:dan\s)?(?:(?-i:\p{{Lu}})[\p{{L}}/-]*|[{ORG}{LOC}]+)(?:\s(?:(?-i:\p{{Lu}})[\p{{L}}/-]*|[{ORG}{LOC}]+|dan|\([^()]{{1,40}}\))){{0,8}})"


_NAME_AFTER_COMMA = rf"(?:{_LISTED}{{1,4}}(?<=\bdan\s[^,]{{1,80}}))?,\s*(?:[^,()]{{1,40}}\([^()]{{1,20}}\)\s+)?(?:{{words:ranks}}\s+|\p{{Lu}}+\s+|{ORG}{{2,4}}\s+)*(?<name>{_PEOPLE})"


_ONE_OF = regex.compile(r"^(?:seorang|salah\s+(?:satu|seorang))\s")
_WORD_NEXT = regex.compile(r"\s+\w")


def _agent(masked: str, begin: int, stop: int, clause: bool) -> Span | None:
    segment_stop = _segment_stop(masked, begin, stop)
    segment = _strip(masked, Span(begin, unrelayed(masked, begin, segment_stop, ends=False))) if segment_stop > begin else None
    if segment is None or _is_adverbial(masked, segment):
        return None
    main = _main(masked, segment)
    words = main.of(masked)
    somebody_else = pattern(
        rf"{{words:relations}}(?:\s+dari)?\s+(?:{{words:roles}}\s+)?(?:{{words:ranks}}\s+)*{PER}+\s+(?:itu|tersebut|ini)(?=\s*,|$)"
    ).match(masked, segment.start, segment.stop)
    if somebody_else:
        return Span(*somebody_else.span())
    if called := _called(masked, segment, main):
        return called
    office = starts_with("roles", _ONE_OF.sub("", words))
    related = pattern(rf"{RELATED}$|^(?:{{words:relations}}\s){{1,2}}(?:{{words:relation_words}}\s)*(?:{{words:parties}}|(?:(?-i:\p{{Lu}}(?:\p{{Ll}}+|\p{{Lu}}+))\s)*{ORG}+(?:\s(?-i:\p{{Lu}})\p{{L}}*)*)$").search(words)
    people = _SOME_PEOPLE.search(words)
    # “Kepala BPBD, Budi”, “kuasa hukum Ratmini, Setyo”, “Kepala Dinas Pemuda, Olahraga, dan Pariwisata Pati, Budi”: the name follows the comma
    following = pattern(_NAME_AFTER_COMMA).match(masked, segment.stop, stop) if masked.startswith(",", segment.stop, stop) else None
    definite = _DEFINITE.search(segment.of(masked)) and _WORD_NEXT.match(masked[following.end() : stop]) if following else None
    following = following or pattern(rf"\s*\([^()]{{1,40}}\)\s+(?:{{words:ranks}}\s+)*(?P<name>{_PEOPLE})").match(masked, main.stop, segment.stop)
    apart = following and (clause or not office) and is_subject(masked, following.end())
    described = not clause and pattern(_PROFESSION).match(words) and not people
    whose = following and not definite and main.stop == segment.stop and (clause or not apart) and pattern(_WHOSE).fullmatch(masked, segment.start, following.start("name"))
    owned = whose and not (clause and whose["office"]) and _is_closed(masked, following.end(), stop, clause)
    if owned or following and not definite and not apart and (related or office and not people or described):
        return Span(*following.span("name"))
    if people and not (related and starts_with("relations", words) and not office) and not (not office and is_clause(words[: people.start()])):
        return Span(*people.span()).shift(main.start)
    name = _ORG_OR_LOC.match(words)
    return Span(*name.span()).shift(main.start) if name else _agent_phrase(masked, segment, main, clause)


# “kata staf Budi, Ani, saat ditemui”, “kata Dirreskrimum Polda X, Kombes Budi”, which the tagger took for a name: whose they are
_WHOSE = rf"(?:(?!(?:{{words:ranks}}\s+)+{PER})[^,{PER}]*[^\s,{PER}][^,{PER}]*\s{PER}+,\s.*|(?P<office>[{ORG}{LOC}]+),\s+(?:{{words:ranks}}\s+)+)"
_CLOSES = (
    rf"(?:\s*\([^()]{{1,40}}\))?\s*(?:$|[.;{QUOTED}{THIS}]|,?\s*(?!yang\b)(?:{{words:prepositions}}|{{words:days}}|saat|ketika|usai|seusai)\b)"
)
_THEN_CLAUSE = regex.compile(r"(?:\s*\([^()]{1,40}\))?\s*,\s*(?=\p{Ll})(?!yang\b|dan\b|serta\b)(?P<clause>[^,.]{3,160})")


def _is_closed(masked: str, place: int, stop: int, clause: bool) -> bool:
    """Whether a name that ends at a place ends its phrase, too: an adverbial or nothing follows, or, after “menurut”, what is reported, with a subject of its own."""
    if clause:
        told = _THEN_CLAUSE.match(masked, place, stop)
        return bool(told) and not starts_with("roles", told["clause"]) and bool(predicate_at(told["clause"]))
    return bool(pattern(_CLOSES).match(masked, place, stop))


# “kata Program Manager dari PT X, Budi”, “ungkap Fungsional Analis Kebijakan, Budi”: capitals that open no name are an office
_PROFESSION = r"(?-i:\p{Lu}\p{Ll}+\s+\p{Lu}\p{Ll}+)(?:\s+(?:(?-i:\p{Lu})\p{L}*|dan|[\ue001\ue002]+))*$"

# “Menurut pelatih asal Rusia itu, Budi bermain …”: who is known needs no name; not “menurut Kapolres saat itu, Budi”
_DEFINITE = regex.compile(r"(?<!\b(?:kala|saat|ketika|waktu|masa))\s(?:itu|ini|tersebut)$", regex.IGNORECASE)

# “pria yang …”, “legislator dari …”, “perempuan berkacamata” up to the “itu” that ends them
_CLOSED = rf"\S.{{0,60}}?\s(?:(?P<clause>yang)\s.{{0,120}}?|dari\s.{{0,120}}?|di\s{LOC}+|(?!berikut)(?:ber|ter)\p{{L}}{{3,}})\s(?:itu|tersebut|ini)(?=\s*$|\s+{{words:prepositions}}\b)"


# “kata seorang sumber di kota itu kepada X”
_TOLD = regex.compile(r"\s+kepada\s", regex.IGNORECASE)
# what tells of no text, but of whoever speaks: “kata para petani dalam keterangan tertulisnya”, “tulis akun X pada Kamis”
_MEANS = r"\s+(?:(?:dalam|lewat|melalui)\s+(?:keterangan|siaran|pernyataan|rilis|konferensi|jumpa|sambungan|telepon|pesan|akun|unggahan)|(?:pada\s+)?(?:hari\s+)?{words:days}\b)"
# “Pasal 2 aturan itu yang dikutip X”, “pernyataan klub pada Jumat”: when and where a text was read is no part of it
_SEEN = r"\s+(?:(?:(?:yang|seperti|sebagaimana)\s+(?:dilihat|{words:cue_relay})\b)|(?:yang\s+\p{L}+\s+)?(?:pada\s+)?(?:hari\s+)?{words:days}\b)"
# “para peneliti dalam makalah yang mereka | terbitkan”: the relative clause that a predicate cuts
_HALF = regex.compile(r"\syang(?:\s\S+)?$")
_TAKEN_UP_AGENT = _TAKEN_UP + r"(?=\s*$|\s+{words:prepositions}\b)"


_ACCOUNT = regex.compile(r"akun\b", regex.IGNORECASE)
_LETTER_OR_NAME = regex.compile(r"[\p{L}\ue000-\ue002]")


def _agent_phrase(masked: str, segment: Span, main: Span, clause: bool) -> Span | None:
    """An agent without a name, up to its first predicate."""
    if written := pattern(_HANDLE).match(masked, segment.start, segment.stop):
        return Span(*written.span("handle"))
    words = main.of(masked)
    indefinite = pattern(r"se(?:orang|buah|pasang)\b|sejumlah\b|salah\s+satu\b|para\b|sebagian\b|beberapa\b").match(words)
    written = starts_with("documents", words) and not _ACCOUNT.match(words)
    ends = [_TOLD, *([] if clause else [pattern(_SEEN)])] if written else [_TOLD, pattern(_MEANS)]
    segment = Span(segment.start, min([segment.stop, *(m.start() for end in ends for m in end.finditer(masked, segment.start, segment.stop))]))
    closed = pattern(_CLOSED).match(masked[: segment.stop], segment.start) or pattern(_TAKEN_UP_AGENT).match(masked[: segment.stop], segment.start)
    phrase: Span | None = Span(segment.start, closed.end()) if closed else segment if indefinite or starts_with("documents", words) else main
    predicate = None if closed and not closed.groupdict().get("clause") else predicate_at(phrase.of(masked))
    if predicate is not None:
        cut = _strip(masked, Span(phrase.start, phrase.start + predicate)) if predicate else None
        phrase = main if cut and _HALF.search(cut.of(masked)) and main.stop < cut.stop else cut
    phrase = _before_adverbs(masked, phrase) if phrase else None  # “tanya hakim lagi”
    return phrase if phrase and _LETTER_OR_NAME.search(phrase.of(masked)) else None


_PHRASE_END = regex.compile(rf"[;:]|\.(?=\s+(?!{PER})|$)|[{QUOTED}{THIS}{NOISE}]")


def _segment_stop(masked: str, start: int, stop: int) -> int:
    """Up to the first comma, or what ends a phrase for sure; a full stop before a name is an abbreviation's."""
    end = _PHRASE_END.search(masked, start, stop)
    limit = end.start() if end else stop
    segments = _segments(masked, start, limit) if limit > start else []
    return segments[0].stop if segments else limit


_BRACKET = regex.compile(r"\s*\([^()]{0,120}\)")
_FINITE = regex.compile(r"\b(?:akan|telah|sudah|bisa|dapat|harus|tidak|bakal)\b")
_MANNER = regex.compile(
    r"\s*(?:(?:saat|ketika|usai|seusai|setelah)\s+(?:di(?:temui|hubungi|tanya|konfirmasi|jumpai|wawancarai)|jumpa|konferensi|rapat|acara|meng\p{L}+|men\p{L}+)"
    r"|(?:dalam|lewat|melalui)\s+(?:keterangan|siaran|pernyataan|rilis|konferensi|jumpa|sambungan|telepon|pesan|akun)"
    r"|dikutip|dilansir|seperti|selaku|sebagai|mengutip|melansir)",
    regex.IGNORECASE,
)


def _skip_modifiers(masked: str, position: int, stop: int) -> int:
    """Past what still belongs to a source: brackets, roles after a comma, places, days and manners up to the next comma."""
    while position < stop:
        bracket = _BRACKET.match(masked, position, stop)
        rest = masked[position:stop]
        chunk = rest[: _first_comma(rest)]
        if bracket:
            position = bracket.end()
        elif chunk.strip():
            if not _follows_source(chunk):
                return position
            position += len(chunk)
        else:
            following = rest[len(chunk) + 1 :]
            aside = following[: _first_comma(following)]
            if len(chunk) == len(rest) or not _is_aside(aside, last=len(aside) == len(following)):
                return position
            position += len(chunk) + 1 + len(aside)
    return position


_RELATIVE = regex.compile(r"\s*(?:yang|seperti)\b")
_THAT = regex.compile(r"\s*bahwa\b")


def _follows_source(chunk: str) -> bool:
    """A place, day or manner right after a source, not a clause that starts there."""
    finite = _FINITE.search(chunk) and not _RELATIVE.match(chunk)
    if finite or _THAT.match(chunk):
        return False
    return starts_with("prepositions days", chunk) or bool(_FIGURE.match(chunk))


def _is_aside(words: str, last: bool) -> bool:
    """What stands between commas after a source and belongs to it: a day, a role, a manner (which would be content at the end)."""
    if starts_with("days", words) or _FIGURE.match(words) and not is_clause(words):
        return True
    return starts_with("roles", words) and not is_clause(words) or not last and bool(_MANNER.match(words))


_CLAUSE_COMMA = regex.compile(r"(?<!\d),|,(?!\d)")


def _first_comma(words: str) -> int:
    match = _CLAUSE_COMMA.search(words)
    return match.start() if match else len(words)


# ------------------------------------------------------------------------------------------------------ who can be one

# results and states in pe-an, ke-an, per-an and -nya speak no more than “pentingnya” does; institutions of that form are listed
_ABSTRACT = regex.compile(r"(?!perempuan)(?:(?:pe|ke|per)\p{L}{4,}an|\p{L}{4,}nya)(?:\s|$)", regex.IGNORECASE)


_NAME = regex.compile(NAME)
_SOMEONE = regex.compile(r"se(?:orang|buah)|salah\s+s|(?:pak|bapak|bu)\s", regex.IGNORECASE)


_ONE_TEXT = r"\s*satu\s+{words:documents}\b"


def is_named(words: str) -> bool:
    """Whether a masked phrase holds a name or is a pronoun."""
    return bool(_NAME.search(words)) or starts_with("pronouns", words)


def is_somebody(words: str) -> bool:
    """Whether a masked phrase is a name, a pronoun, an office, a group, counted people, an institution or a text."""
    return is_named(words) or starts_with(_SOMEBODY, words) or bool(_SOMEONE.match(words) or pattern(_COUNTED).match(words) or pattern(_ONE_TEXT).match(words))


def can_speak(words: str) -> bool:
    """Whether a masked phrase can be a source at all."""
    if starts_with("not_sources", words):
        return False
    return is_somebody(words) or not (starts_with("inanimate", words) or _ABSTRACT.match(words))


def is_thing(words: str) -> bool:
    """Whether a masked phrase is a thing or an abstraction, by its first word; in -nya it may be somebody's kin."""
    return bool(words.strip()) and not is_somebody(words) and not words.split()[0].endswith("nya") and (starts_with("inanimate", words) or bool(_ABSTRACT.match(words.lstrip())))


def is_first_person(words: str) -> bool:
    """“saya”, “tim kami” …, but not the relations “ayah saya”, who is another person."""
    return bool(pattern(r"(?:^|\s)(?:{words:first_person})$").search(words)) and len(words.split()) != 2
