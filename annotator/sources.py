"""Where the source of a cue stands: the subject before it or the agent after it, in a masked statement (grammar.py)."""

from __future__ import annotations

import regex

from annotator.document import Span
from annotator.grammar import CUE, LOC, NAME, NOISE, ORG, PER, QUOTED, THIS, WORD, is_clause, is_listed, is_predicate, pattern, predicate_at, skip_connectives, starts_with

_PRONOUN = r"(?:{words:pronouns})\b(?:\s+(?:itu|ini|tersebut))?"
_FIRST = r"(?:{words:first_person})\b"
_PEOPLE = rf"{PER}+(?:(?:,\s*{PER}+)*,?\s+(?:dan|serta)\s+{PER}+)?"


def before(masked: str, start: int, stop: int) -> Span | None:
    """The source of a cue that follows: the subject of the clause that ends at `stop`. None where there is none.

    Looked for from the right: the segment next to the cue, unless it is an adverbial or an appositive of what stands before it.
    """
    start = _clause_start(masked, start, stop)
    start = skip_connectives(masked, start, stop)
    whole = stop
    stop = _drop_adverbs(masked, start, stop)
    pronoun = regex.search(r"(?<![\w-])(?:Ia|Dia|Beliau)$", masked[start:stop])
    if pronoun:
        return Span(*pronoun.span()).shift(start)  # its capital shows that the sentence starts here, whatever is glued before it
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
        if position > 0 and regex.fullmatch(rf"@[\w.]+|{LOC}+(?:\s+(?:ini|itu))?", masked[segment.start : segment.stop]):
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
    return appositive or _first_subject(masked, start, whole)


def _first_subject(masked: str, start: int, stop: int) -> Span | None:
    """The subject of a sentence with several verbs: “Pelaku sempat kembali, lalu datang dan mengaku …”."""
    joined = pattern(r"\b(?:dan|serta|lalu|kemudian|hingga)\s*(?:{words:adverbs}\s*)*$").search(masked[:stop], start)
    verb = predicate_at(masked[start:stop]) if joined else None
    segment = _strip(masked, Span(start, start + verb)) if verb else None
    return _head(masked, segment) if segment and not _is_adverbial(masked, segment) and "," not in masked[segment.start : segment.stop] else None


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
    if match and not is_listed("prepositions", match["before"].strip(",")):
        return Span(*match.span("source"))
    return None


def _antecedent(masked: str, start: int, stop: int) -> Span | None:
    """What a relative clause hangs on: the last name or noun phrase before “yang”."""
    segment = _strip(masked, _segments(masked, start, stop)[-1]) if start < stop and masked[start:stop].strip() else None
    if segment is None:
        return None
    match = pattern(rf"(?:{_PEOPLE}|{NAME}+|{_PRONOUN})$").search(masked[: segment.stop], segment.start)
    if match and not starts_with("groups", masked[segment.start : segment.stop]):
        return Span(*match.span())
    verb = [m for m in WORD.finditer(masked, segment.start, segment.stop) if is_predicate(m.group())]
    begin = verb[-1].end() if verb else segment.start
    return _strip(masked, Span(begin, segment.stop)) if begin < segment.stop else None


def _main(masked: str, segment: Span) -> Span:
    """A segment up to the first preposition or bracket that follows its first word."""
    first = WORD.search(masked, segment.start, segment.stop)
    begin = first.end() if first else segment.start
    cut = pattern(r"\s*(?:\(|\s\b{words:prepositions}\b(?!-))").search(masked, begin, segment.stop)
    return Span(segment.start, cut.start()) if cut and cut.start() > segment.start else segment


def _head(masked: str, segment: Span) -> Span | None:
    """The source in a noun phrase: its person, its institution, or the phrase itself."""
    ending = regex.search(rf"(?<!\p{{L}})(?<before>\S+)\s+(?<name>{PER}+)$", masked[segment.start : segment.stop])
    if ending and regex.search(rf"\)|{ORG}|{LOC}", masked[segment.start : segment.start + ending.start("name")]) and PER not in masked[segment.start : segment.start + ending.start("name")]:
        if not is_listed("prepositions", ending["before"]) and not is_clause(masked[segment.start : segment.start + ending.start("name")]):
            if not starts_with("relations", masked[segment.start : segment.stop]):
                return Span(segment.start + ending.start("name"), segment.stop)
    called = pattern(rf"\b(?:bernama|berinisial)\s+(?:{{words:ranks}}\s+)*(?<name>{PER}+)").search(masked[segment.start : segment.stop])
    if called:
        return Span(*called.span("name")).shift(segment.start)
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
    bracketed = name and regex.compile(rf"{ORG}+\s*\({ORG}+\)\s+{ORG}+").match(masked, main.start, segment.stop)
    if name:
        return Span(main.start, bracketed.end() if bracketed else main.start + name.end())
    described = pattern(rf"{{words:descriptors}}(?:\s[^\s{ORG}]+){{0,4}}\s+(?<name>{ORG}+)$").match(words)
    if described:
        return Span(main.start + described.start("name"), main.start + described.end("name"))
    phrase = segment if starts_with("groups", words) or starts_with("documents", words) or pattern(r"se(?:orang|buah|pasang)\b|salah\s+satu\b|(?:pria|wanita|perempuan|laki-laki|lelaki|orang)\b").match(words) else main
    place = regex.compile(r"\s+di\s+(?:\S+\s*){1,3}").fullmatch(masked, phrase.stop, segment.stop)
    if place:
        phrase = segment  # “perwakilan dagang Rusia di Vietnam”
    definite = regex.search(r"\s(?:itu|ini|tersebut)$", masked[phrase.start : phrase.stop])
    if not definite and is_clause(masked[phrase.start : phrase.stop]) or not regex.search(r"\p{L}", words):
        last = regex.search(rf"(?:^|\s)(?<name>{PER}+)$", words)
        return Span(main.start + last.start("name"), main.start + last.end("name")) if last else None
    if len(WORD.findall(masked, phrase.start, phrase.stop)) > 16:
        return None
    return _strip(masked, phrase)


def after(masked: str, start: int, stop: int) -> tuple[Span, int] | None:
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
    segment = _strip(masked, Span(begin, segment_stop)) if segment_stop > begin else None
    if segment is None or _is_adverbial(masked, segment):
        return None
    main = _main(masked, segment)
    words = masked[main.start : main.stop]
    someone_else = pattern(rf"{{words:relations}}(?:\s+dari)?\s+(?:{{words:roles}}\s+)?(?:{{words:ranks}}\s+)*{PER}+\s+(?:itu|tersebut|ini)(?=\s*,|$)").match(
        masked, segment.start, segment.stop
    )
    if someone_else:
        return Span(*someone_else.span()), _skip_modifiers(masked, someone_else.end(), stop)
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
    if name:
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
    end = regex.compile(rf"[;:]|\.(?=\s+(?!{PER})|$)|[{QUOTED}{THIS}{NOISE}]").search(masked, start, stop)
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
            if regex.search(r"\b(?:akan|telah|sudah|bisa|dapat|harus|tidak|bakal)\b", chunk) and not regex.match(r"\s*(?:yang|seperti)\b", chunk):
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
    r"\s*(?:(?:saat|ketika|usai|seusai|setelah)\s+(?:di(?:temui|hubungi|tanya|konfirmasi|jumpai|wawancarai)|jumpa|konferensi|rapat|acara|meng\p{L}+|men\p{L}+)|(?:dalam|lewat|melalui)\s+(?:keterangan|siaran|pernyataan|rilis|konferensi|jumpa|sambungan|telepon|pesan|akun)|dikutip|dilansir|seperti|selaku|sebagai|mengutip|melansir)",
    regex.IGNORECASE,
)


def _first_comma(words: str) -> int:
    match = regex.search(r"(?<!\d),|,(?!\d)", words)
    return match.start() if match else len(words)


# ------------------------------------------------------------------------------------------------------ who can be one

_SOMEBODY = ("roles", "groups", "crowds", "relations", "institutions", "documents")
# results and states in pe-an, ke-an, per-an and -nya speak no more than “pentingnya” does; institutions of that form are listed
_ABSTRACT = regex.compile(r"(?!perempuan)(?:(?:pe|ke|per)\p{L}{4,}an|\p{L}{4,}nya)(?:\s|$)", regex.IGNORECASE)


def is_named(words: str) -> bool:
    """Whether a masked phrase holds a name or is a pronoun."""
    return bool(regex.search(NAME, words)) or starts_with("pronouns", words)


def is_somebody(words: str) -> bool:
    """Whether a masked phrase is a name, a pronoun, an office, a group, an institution or a text."""
    listed = any(starts_with(name, words) for name in _SOMEBODY)
    return is_named(words) or listed or bool(regex.match(r"se(?:orang|buah)|salah\s+s", words, regex.IGNORECASE))


def can_speak(words: str) -> bool:
    """Whether a masked phrase can be a source at all."""
    if starts_with("not_sources", words):
        return False
    return is_somebody(words) or not (starts_with("inanimate", words) or _ABSTRACT.match(words))


def is_first_person(words: str) -> bool:
    """“saya”, “tim kami” …, but not the relations “ayah saya”, who is another person."""
    return bool(pattern(r"(?:^|\s)(?:{words:first_person})$").search(words)) and len(words.split()) != 2
