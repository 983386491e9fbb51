"""A small grammar of the Indonesian news sentence over masked text.

Masked text has the length of its original, so offsets hold. Each character of a name, a quotation or noise is replaced
by one of the marks below; patterns then see “Presiden Rusia Vladimir Putin” as words and names, never as letters.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import regex

from annotator import lexicon
from annotator.document import Mention, Span
from annotator.rules import alternation, expand

PER, ORG, LOC, QUOTED, THIS, CUE, NOISE = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006"
NAME = f"[{PER}{ORG}{LOC}]"
_PRIVATE = regex.compile("[\ue000-\ue006]")
_TYPES = {"PER": PER, "ORG": ORG, "LOC": LOC}
_WORD = regex.compile(r"[\ue000-\ue006]+|\w+(?:[-'’/.]\w+)*")
_VERB = regex.compile(r"(?:me[mnrlwy]\p{L}{2,}|(?:ber|ter)\p{L}{3,}|di\p{L}{4,})(?:-\p{L}+)*", regex.IGNORECASE)


def mask(text: str, mentions: Iterable[Mention], noise: Iterable[Span] = ()) -> str:
    """Text with names and noise replaced by marks, code point for code point; stray marks of the original become spaces."""
    out = list(_PRIVATE.sub(" ", text))
    for mention in mentions:
        out[mention.span.start : mention.span.stop] = _TYPES.get(mention.type, ORG) * (mention.span.stop - mention.span.start)
    for span in noise:
        out[span.start : span.stop] = NOISE * (span.stop - span.start)
    return "".join(out)


def cover(masked: str, spans: Iterable[Span], mark: str) -> str:
    """The masked text with some spans replaced by one mark."""
    out = list(masked)
    for span in spans:
        out[span.start : span.stop] = mark * (span.stop - span.start)
    return "".join(out)


@functools.cache
def pattern(source: str) -> regex.Pattern:
    """A pattern with its macros and word lists written out, compiled once, without case."""
    return regex.compile(expand(source), regex.IGNORECASE)


@functools.cache
def _in(name: str, word: str) -> bool:
    return word.casefold() in lexicon.lower(name)


def starts_with(name: str, masked: str) -> bool:
    """Whether the text starts with an entry of a word list."""
    return bool(pattern(r"\s*{words:%s}\b" % name).match(masked))


# ----------------------------------------------------------------------------------------------- predicates and clauses


def is_predicate(word: str) -> bool:
    if _in("predicates", word):
        return True
    return bool(_VERB.fullmatch(word)) and not _in("not_verbs", word)


@functools.cache
def _opens_adjunct(word: str) -> str | None:
    """How a word takes the next predicate out of the main clause: at once (yang, untuk) or whenever it comes (karena, saat)."""
    if word in {"yang", "untuk", "guna", "dengan", "tanpa", "demi", "sambil", "seraya", "dalam", "pada", "cara", "hasil", "upaya"}:
        return "next"
    if word in {"karena", "jika", "kalau", "saat", "ketika", "setelah", "usai", "sebelum", "sejak", "meski", "meskipun", "lantaran", "akibat"}:
        return "later"
    return None


def predicate_at(masked: str) -> int | None:
    """Where the first predicate of a main clause starts, or None: a noun phrase with relative clauses has none."""
    waiting: str | None = None
    skipping = False
    closed: regex.Match | None = None
    matches = list(_WORD.finditer(masked))
    for match, following in zip(matches, [*matches[1:], None]):
        word = match.group().casefold()
        deictic = following is not None and following.group().casefold() in {"ini", "itu", "tersebut", "nanti", "seorang", "satu"}
        opens = None if deictic else _opens_adjunct(word)
        if closed and not waiting and not opens and _may_predicate(masked, closed, match):
            return match.start()
        closed = match if _closes_phrase(masked, match) else None
        if opens:
            waiting, skipping = opens, False
        elif waiting == "next" and (_in("adverbs", word) or word in {"biasa", "akrab", "paling", "kini", "sekarang", "dulu", "sedang", "tengah"}):
            continue
        elif is_predicate(word) and not (deictic and word == "salah"):
            if waiting:
                skipping = True
            if not skipping:
                return match.start()
            waiting = None
        else:
            skipping = False
            if waiting == "next":
                waiting = None
    return None


def _closes_phrase(masked: str, match: regex.Match) -> bool:
    """A determiner or possessive ends a noun phrase: what follows it is its predicate (“pendaki itu | selamat”)."""
    word = match.group().casefold()
    if word in {"itu", "tersebut", "ini"}:
        return not _TEMPORAL.search(masked, max(0, match.start() - 20), match.start())
    return len(word) > 5 and word.endswith("nya") and word not in {"adanya", "pentingnya", "perlunya", "tingginya", "rendahnya", "besarnya", "banyaknya", "maraknya", "mahalnya", "sulitnya", "minimnya", "kurangnya", "terjadinya", "berlakunya", "hanya", "artinya", "akhirnya", "sebelumnya", "misalnya", "lainnya", "biasanya", "khususnya"}


_TEMPORAL = regex.compile(r"(?:saat|hari|tahun|bulan|pekan|minggu|malam|pagi|siang|sore|kali|selama|sejauh|detik|masa|kini|seperti|oleh)\s+$", regex.IGNORECASE)


def _may_predicate(masked: str, closed: regex.Match, match: regex.Match) -> bool:
    word = match.group().casefold()
    if masked[closed.end() : match.start()].strip() or word[0] in "\ue000\ue001\ue002\ue003\ue006" or not word[0].isalpha():
        return False
    return not (_in("prepositions", word) or _in("not_verbs", word) or word in {"dan", "atau", "serta", "itu", "ini", "tersebut", "pun", "lagi", "lainnya", "sendiri"})


def is_clause(masked: str) -> bool:
    return predicate_at(masked) is not None


# --------------------------------------------------------------------------------------------------- edges of content


def skip_connectives(masked: str, start: int, stop: int) -> int:
    """First position after connectives that stand at the start (“Namun, selain itu,”)."""
    found = pattern(r"[\s,;:–—-]*(?:{words:connectives}\b(?:\s+(?:lagi|juga|pula))?[\s,]*)+")
    match = found.match(masked, start, stop)
    return match.end() if match else start


_EDGE = " \t\r\n\u00a0\u200b,;:.!?…–—-" + NOISE
_TAIL_DATE = r"(?:,?\s*(?:pada\s+|hari\s+)*{words:days}\b(?:\s+(?:lalu|pagi|siang|sore|malam|ini))*\s*(?:\([\d/., ]+\)|,?\s*\d{1,2}\s+\p{L}+\s+\d{4})?(?:\s+(?:lalu|pagi|siang|sore|malam))*)"


def trim(text: str, masked: str, start: int, stop: int) -> Span | None:
    """Content without the connectives, complementisers and punctuation at its edges; None where nothing is left."""
    start = _strip_left(masked, start, stop)
    match = pattern(r"bahwa(?:sanya|sannya)?\b[\s,]*").match(masked, start, stop)
    if match and match.end() < stop:
        start = _strip_left(masked, match.end(), stop)
    date = pattern(_TAIL_DATE + r"[\s.]*$").search(masked[:stop], max(start, stop - 60))
    if date and date.start() > start and masked[date.start()] == ",":
        stop = date.start()
    while stop > start and masked[stop - 1] in _EDGE:
        stop -= 1
    if stop <= start:
        return None
    # an unpaired bracket at the end belongs to what follows
    if text[stop - 1] in "([{":
        return trim(text, masked, start, stop - 1)
    return Span(start, stop)


def _strip_left(masked: str, start: int, stop: int) -> int:
    while start < stop and masked[start] in _EDGE:
        start += 1
    return start


# ------------------------------------------------------------------------------------------------------------- sources

_PRONOUN = r"(?:{words:pronouns})\b(?:\s+(?:itu|ini|tersebut))?"
_FIRST = r"(?:{words:first_person})\b"
_PEOPLE = rf"{PER}+(?:(?:,\s*{PER}+)*,?\s+(?:dan|serta)\s+{PER}+)?"


def source_before(masked: str, start: int, stop: int) -> Span | None:
    """The source of a cue that follows: the subject of the clause that ends at `stop`. None where there is none.

    Looked for from the right: the segment next to the cue, unless it is an adverbial or an appositive of what stands before it.
    """
    start = _clause_start(masked, start, stop)
    start = skip_connectives(masked, start, stop)
    stop = _drop_adverbs(masked, start, stop)
    relative = pattern(r"\s+yang$").search(masked[:stop], start)
    if relative:
        return _antecedent(masked, start, relative.start())
    segments = [s for s in _segments(masked, start, stop) if masked[s.start : s.stop].strip()]
    appositive: Span | None = None
    for position in range(len(segments) - 1, -1, -1):
        segment = _strip(masked, segments[position])
        if segment is None:
            continue
        if _is_adverbial(masked, segment):
            last = position == len(segments) - 1
            adjacent = _adjacent(masked, segment) if last else None
            if adjacent:
                return adjacent
            continue
        if _DEGREE.fullmatch(masked, segment.start, segment.stop):
            continue
        if position > 0 and regex.fullmatch(rf"{LOC}+(?:\s+(?:ini|itu))?", masked[segment.start : segment.stop]):
            continue
        head = _head(masked, segment)
        if head is None:
            continue
        named = PER in masked[head.start : head.stop]
        if not named and position > 0:
            apposed = _NAME_ALONE.fullmatch(masked, segments[position - 1].start, segments[position - 1].stop)
            if apposed:
                return Span(*apposed.span("name"))
            if starts_with("roles", masked[segment.start : segment.stop]):
                appositive = appositive or head
                continue
        if appositive and not named:
            return appositive
        return head
    return appositive


_DEGREE = regex.compile(r"(?:\p{Lu}\p{L}{0,5}\.\s?)+\p{L}{0,6}\.?")
_NAME_ALONE = regex.compile(rf"\s*(?:\S+\s+){{0,1}}(?<name>{PER}+)\s*(?:\([^()]{{1,40}}\))?\s*")


def _clause_start(masked: str, start: int, stop: int) -> int:
    """Where the clause that ends at `stop` begins: after a quotation, a colon, a dash or a subordinator."""
    boundary = regex.compile(
        rf"[{QUOTED}{THIS}{NOISE}{CUE}]+[\s,.]*|[;:]\s|\s[–—-]{{1,2}}\s(?!.*\s[–—-]{{1,2}}\s*$)|[.?!]\s+(?=[\p{{Lu}}\ue000-\ue002])|\b(?:bahwa|sehingga|sedangkan|tetapi|tapi|namun|sementara|karena|sebab|lantaran)\s",
        regex.IGNORECASE,
    )
    ends = [m.end() for m in boundary.finditer(masked, start, stop) if masked[m.end() : stop].strip(" ,")]
    return ends[-1] if ends else start


def _drop_adverbs(masked: str, start: int, stop: int) -> int:
    match = pattern(r"(?:[\s,]*\b{words:adverbs}\b)*[\s,]*$").search(masked[:stop], start)
    return match.start() if match else stop


def _segments(masked: str, start: int, stop: int) -> list[Span]:
    """Stretches between commas that are not in brackets."""
    found, depth, begin = [], 0, start
    for position in range(start, stop):
        char = masked[position]
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif (char == "," or char in "–—" and masked[position - 1 : position + 2].isspace() is False and masked[position - 1].isspace()) and depth == 0 and not (masked[position - 1 : position].isdigit() and masked[position + 1 : position + 2].isdigit()):
            if position > begin:
                found.append(Span(begin, position))
            begin = position + 1
    if stop > begin:
        found.append(Span(begin, stop))
    return found


def _strip(masked: str, span: Span) -> Span | None:
    start, stop = span.start, span.stop
    while start < stop and (masked[start].isspace() or masked[start] in ",.-–—"):
        start += 1
    while stop > start and (masked[stop - 1].isspace() or masked[stop - 1] in ",-–—"):
        stop -= 1
    return Span(start, stop) if start < stop else None


def _is_adverbial(masked: str, span: Span) -> bool:
    words = masked[span.start : span.stop]
    return starts_with("prepositions", words) or starts_with("days", words) or bool(regex.match(r"\s*[\d(]", words))


def _adjacent(masked: str, span: Span) -> Span | None:
    """The name or pronoun that ends a fronted adverbial: “Dalam kesempatan itu Budi”."""
    match = pattern(rf"(?<before>\S+)\s+(?:{{words:ranks}}\s+)*(?<source>{_PEOPLE}|{ORG}+|{_PRONOUN})(?:\s*\([^)]*\))?$").search(masked[: span.stop], span.start)
    if match and not _in("prepositions", match["before"].strip(",")):
        return Span(*match.span("source"))
    return None


def _antecedent(masked: str, start: int, stop: int) -> Span | None:
    """What a relative clause hangs on: the last name or noun phrase before “yang”."""
    segment = _strip(masked, _segments(masked, start, stop)[-1]) if start < stop and masked[start:stop].strip() else None
    if segment is None:
        return None
    match = pattern(rf"(?:{_PEOPLE}|{NAME}+|{_PRONOUN})$").search(masked[: segment.stop], segment.start)
    if match:
        return Span(*match.span())
    verb = [m for m in _WORD.finditer(masked, segment.start, segment.stop) if is_predicate(m.group())]
    begin = verb[-1].end() if verb else segment.start
    return _strip(masked, Span(begin, segment.stop)) if begin < segment.stop else None


def _main(masked: str, segment: Span) -> Span:
    """A segment up to the first preposition or bracket that follows its first word."""
    first = _WORD.search(masked, segment.start, segment.stop)
    begin = first.end() if first else segment.start
    cut = pattern(r"\s*(?:\(|\s\b{words:prepositions}\b(?!-))").search(masked, begin, segment.stop)
    return Span(segment.start, cut.start()) if cut and cut.start() > segment.start else segment


def _head(masked: str, segment: Span) -> Span | None:
    """The source in a noun phrase: its person, its institution, or the phrase itself."""
    ending = regex.search(rf"(?<!\p{{L}})(?<before>\S+)\s+(?<name>{PER}+)$", masked[segment.start : segment.stop])
    if ending and regex.search(rf"\)|{ORG}|{LOC}", masked[segment.start : segment.start + ending.start("name")]) and PER not in masked[segment.start : segment.start + ending.start("name")]:
        if not _in("prepositions", ending["before"]) and not is_clause(masked[segment.start : segment.start + ending.start("name")]):
            if not starts_with("relations", masked[segment.start : segment.stop]):
                return Span(segment.start + ending.start("name"), segment.stop)
    main = _main(masked, segment)
    words = masked[main.start : main.stop]
    relation = pattern(rf"(?:^|\s){{words:relations}}(?:\s+dari)?\s+(?:{{words:ranks}}\s+)*{PER}+$").search(words)
    role_relation = relation and starts_with("roles", words.strip())
    if relation and not role_relation:
        return _strip(masked, main)
    people = regex.search(_PEOPLE, words)
    if people:
        before = words[: people.start()]
        if is_clause(before) and main.start + people.end() < segment.stop:
            return None
        return Span(main.start + people.start(), main.start + people.end())
    pronoun = pattern(rf"(?:^|\s)(?<word>{_PRONOUN})$").search(words) or pattern(rf"(?<word>{_PRONOUN}|{_FIRST})").match(words)
    if pronoun:
        return Span(main.start + pronoun.start("word"), main.start + pronoun.end("word"))
    name = regex.match(rf"[{ORG}{LOC}]+", words)
    if name:
        return Span(main.start, main.start + name.end())
    described = pattern(rf"{{words:descriptors}}(?:\s[^\s{ORG}]+){{0,4}}\s+(?<name>{ORG}+)$").match(words)
    if described:
        return Span(main.start + described.start("name"), main.start + described.end("name"))
    phrase = segment if starts_with("groups", words) or starts_with("documents", words) or pattern(r"se(?:orang|buah|pasang)\b|salah\s+satu\b|(?:pria|wanita|perempuan|laki-laki|lelaki|orang)\b").match(words) else main
    if is_clause(masked[phrase.start : phrase.stop]) or not regex.search(r"\p{L}", words):
        last = regex.search(rf"(?:^|\s)(?<name>{PER}+)$", words)
        return Span(main.start + last.start("name"), main.start + last.end("name")) if last else None
    if len(_WORD.findall(masked, phrase.start, phrase.stop)) > 16:
        return None
    return _strip(masked, phrase)


def source_after(masked: str, start: int, stop: int) -> tuple[Span, int] | None:
    """The source that follows a cue, and where the phrase around it ends (appositives, places and dates after it included)."""
    begin = pattern(
        r"\s*(?:oleh\s+)?(?:si\s+|sang\s+(?=[\ue000])|(?:(?:surat\s+kabar|kantor\s+berita|media|harian|majalah|koran|stasiun\s+televisi|laman|situs)\s+)+(?=[\ue001]))?"
    ).match(masked, start, stop).end()
    if begin >= stop:
        return None
    pronoun = pattern(rf"{_PRONOUN}|{_FIRST}").match(masked, begin, stop)
    if pronoun:
        return Span(*pronoun.span()), _skip_modifiers(masked, pronoun.end(), stop)
    segment_stop = _segment_stop(masked, begin, stop)
    segment = _strip(masked, Span(begin, segment_stop))
    if segment is None or _is_adverbial(masked, segment):
        return None
    main = _main(masked, segment)
    words = masked[main.start : main.stop]
    relation = pattern(rf"{{words:relations}}(?:\s+dari)?\s+(?:{{words:ranks}}\s+)*{PER}+$").search(words)
    following = pattern(rf"[\s,]+(?:{{words:ranks}}\s+|\p{{Lu}}+\s+|{ORG}{{2,4}}\s+)*(?<name>{_PEOPLE})").match(masked, segment.stop, stop)
    people = regex.search(_PEOPLE, words)
    if following and masked[segment.stop : segment.stop + 1] == "," and (relation or (not people and starts_with("roles", words))):
        source = Span(*following.span("name"))
        return source, _skip_modifiers(masked, source.stop, stop)
    if people and not (relation and starts_with("relations", words) and not starts_with("roles", words)):
        source = Span(main.start + people.start(), main.start + people.end())
        return source, _skip_modifiers(masked, source.stop, stop)
    name = regex.match(rf"[{ORG}{LOC}]+", words)
    if name and not regex.match(r"\s+\p{Ll}", words[name.end() :]):
        source = Span(main.start, main.start + name.end())
        return source, _skip_modifiers(masked, source.stop, stop)
    indefinite = pattern(r"se(?:orang|buah|pasang)\b|sejumlah\b|salah\s+satu\b|para\b|sebagian\b|beberapa\b").match(words)
    closed = regex.search(r"\syang\s.*\s(?:itu|tersebut|ini)$", masked[segment.start : segment.stop])
    phrase = segment if indefinite or closed or starts_with("documents", words) else main
    predicate = predicate_at(masked[phrase.start : phrase.stop])
    if predicate is not None:
        phrase = _strip(masked, Span(phrase.start, phrase.start + predicate)) if predicate > 0 else None
    if phrase is None or not regex.search(r"[\p{L}\ue000-\ue002]", masked[phrase.start : phrase.stop]):
        return None
    return phrase, _skip_modifiers(masked, phrase.stop, stop)


def _segment_stop(masked: str, start: int, stop: int) -> int:
    end = regex.compile(rf"[;:]|\.(?=\s|$)|[{QUOTED}{THIS}{NOISE}]").search(masked, start, stop)
    limit = end.start() if end else stop
    segments = _segments(masked, start, limit)
    return segments[0].stop if segments else limit


def _skip_modifiers(masked: str, position: int, stop: int) -> int:
    """Past what still belongs to a source: brackets, roles after a comma, places, days and manners up to the next comma."""
    while position < stop:
        bracket = regex.compile(r"\s*\([^()]{0,120}\)").match(masked, position, stop)
        if bracket:
            position = bracket.end()
            continue
        rest = masked[position:stop]
        chunk = rest[: _first_comma(rest)]
        if chunk.strip():
            if regex.match(r"\s*bahwa\b", chunk):
                return position
            if starts_with("prepositions", chunk) or starts_with("days", chunk) or regex.match(r"\s*[\d(]", chunk):
                position += len(chunk)
                continue
            return position
        if len(chunk) == len(rest):
            return position
        after = rest[len(chunk) + 1 :]
        following = after[: _first_comma(after)]
        more = len(following) < len(after)
        modifier = starts_with("days", following) or regex.match(r"\s*(?:[\d(]|\d{1,2}\s)", following)
        if not more and starts_with("roles", following) and not is_clause(following):
            modifier = True
        if more and not modifier:
            modifier = starts_with("roles", following) and not is_clause(following) or bool(_MANNER.match(following))
        if not modifier:
            return position
        position += len(chunk) + 1 + len(following)
    return position


_MANNER = regex.compile(
    r"\s*(?:(?:saat|ketika|usai|seusai|setelah)\s+(?:di|ke)?\p{L}+|(?:dalam|lewat|melalui)\s+(?:keterangan|siaran|pernyataan|rilis|konferensi|jumpa|sambungan|telepon|pesan|akun)|dikutip|dilansir|seperti|selaku|sebagai|mengutip|melansir)",
    regex.IGNORECASE,
)


def _first_comma(words: str) -> int:
    match = regex.search(r"(?<!\d),|,(?!\d)", words)
    return match.start() if match else len(words)
