"""What was said: the content, cue and source of every quote.

Quotations are read first by direct.toml, then each cue of the remaining sentence by indirect.toml, in the order of
those files: the first rule that speaks wins, and its id is the explanation. Rules see masked statements (grammar.py).
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace

import regex

from annotator import grammar, lexicon, quotations, relays, rules
from annotator.document import Mention, Quote, Sentence, Span, Zone
from annotator.grammar import CUE, NOISE, QUOTED, THIS
from annotator.quotations import Quotation

CUE_LISTS = (
    "cue_say", "cue_think", "cue_wish", "cue_that", "cue_commit", "cue_request", "cue_accuse", "cue_ask", "cue_ask_for", "cue_inverted", "cue_passive",
    "cue_noun", "cue_testimony", "cue_document", "cue_preposition", "cue_evidence", "cue_relay", "cue_finding",
)  # fmt: skip
WITH_NYA = ("cue_inverted", "cue_passive", "cue_preposition")
# cues that interrupt or follow their content: what they use up bounds the content of the others
FRAMING = frozenset({"cue_inverted", "cue_preposition", "cue_inverted_nya", "cue_preposition_nya", "cue_passive_nya", "cue_relay"})
PREPOSITIONS = lexicon.lower("cue_preposition")
# a statement longer than this is a scraping accident: its rules would take minutes and find nothing
LONGEST = 6000


@dataclass(frozen=True, slots=True)
class Statement:
    """Sentences that share a quotation, read as one; `quotations` are its outermost ones."""

    span: Span
    quotations: tuple[Quotation, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What the rules read: the text, its masked form without quotations covered, and its statements."""

    text: str
    masked: str
    statements: tuple[Statement, ...]
    nested: tuple[Quotation, ...]


def find(
    text: str, sentences: tuple[Sentence, ...], mentions: Iterable[Mention], zones: tuple[Zone, ...] = (), outlet: str | None = None
) -> tuple[Quote, ...]:
    """Every quote of a text in order of its content, nested ones after the one that holds them."""
    article = read(text, sentences, mentions, zones)
    found: list[Quote] = []
    previous: Statement | None = None
    for statement in article.statements:
        found += _relayed(article, statement, _statement(article, statement, previous, found), outlet)
        previous = statement
    found = _join_parts(article, found)
    return tuple(sorted(_without_echoes(found), key=lambda q: (q.content[0].start, -q.content[-1].stop)))


def read(text: str, sentences: tuple[Sentence, ...], mentions: Iterable[Mention], zones: tuple[Zone, ...]) -> Article:
    noise = tuple(z.span for z in zones)
    masked = grammar.mask(text, mentions, noise)
    marked = quotations.find(text, noise)
    outer: list[Quotation] = []
    nested: list[Quotation] = []
    for quotation in marked:
        (nested if outer and outer[-1].span.contains(quotation.span) else outer).append(quotation)
    return Article(text, masked, _statements(masked, sentences, outer), tuple(nested))


def _statements(masked: str, sentences: tuple[Sentence, ...], outer: list[Quotation]) -> tuple[Statement, ...]:
    spans: list[Span] = []
    reach = 0
    position = 0
    for sentence in sentences:
        if not masked[sentence.span.start : sentence.span.stop].strip(NOISE + " \t\r\n"):
            continue
        while position < len(outer) and outer[position].span.start < sentence.span.stop:
            if outer[position].span.stop > sentence.span.stop:
                reach = max(reach, outer[position].span.stop)
            position += 1
        if spans and (sentence.span.start < spans[-1].stop or _leads_in(masked, spans[-1], sentence.span, outer)):
            spans[-1] = Span(spans[-1].start, max(reach, sentence.span.stop, spans[-1].stop))
        else:
            spans.append(Span(sentence.span.start, max(reach, sentence.span.stop)))
    starts = [q.span.start for q in outer]
    return tuple(Statement(span, tuple(outer[bisect_left(starts, span.start) : bisect_left(starts, span.stop)])) for span in spans)


def _leads_in(masked: str, before: Span, after: Span, outer: list[Quotation]) -> bool:
    """A sentence left open by a comma or colon leads in the quotation that starts the next paragraph."""
    return masked[before.start : before.stop].rstrip()[-1:] in tuple(",:") and any(q.span.start == after.start for q in outer)


# ------------------------------------------------------------------------------------------------------- one statement


def _statement(article: Article, statement: Statement, previous: Statement | None, found: list[Quote]) -> list[Quote]:
    if statement.span.stop - statement.span.start > LONGEST:
        return []
    direct = _direct(article, statement)
    taken = [part for quote in direct for part in _frame(article, quote, statement)]
    opaque = [q.span for q in statement.quotations]
    view = _window(article.masked, statement.span, opaque, taken)
    reported = _reported(article, statement.span, view, previous, found + direct)
    inner: list[Quote] = []
    for quote in direct:
        for part in quote.content:
            inner += _inside(article, part)
    return direct + reported + inner


def _relayed(article: Article, statement: Statement, found: list[Quote], outlet: str | None) -> list[Quote]:
    """Quotes of one statement with the medium it names, nested ones and the medium's own words apart."""
    if not found:
        return found
    medium = relays.find(article.text, grammar.cover(article.masked, [q.span for q in statement.quotations], QUOTED), statement.span, outlet)
    return [
        replace(q, via=medium)
        if medium and not (q.source and q.source.overlaps(medium)) and not any(c.contains(medium) for c in q.content) and not any(_encloses(o, q) for o in found)
        else q
        for q in found
    ]


def _window(masked: str, span: Span, opaque: Iterable[Span], taken: Iterable[Span]) -> str:
    """The masked statement, quotations covered and what direct quotes used up made noise."""
    out = list(masked[span.start : span.stop])
    for cover, mark in [(s, QUOTED) for s in opaque] + [(s, NOISE) for s in taken]:
        start, stop = max(cover.start, span.start) - span.start, min(cover.stop, span.stop) - span.start
        if start < stop:
            out[start:stop] = mark * (stop - start)
    return "".join(out)


def _frame(article: Article, quote: Quote, statement: Statement) -> list[Span]:
    """What a direct quote uses up: its quotations and everything between them, its cue and its source."""
    points = [p for p in (quote.cue, quote.source) if p]
    spans = [q.span for q in statement.quotations if any(q.inner.overlaps(c) for c in quote.content)]
    inside = [p for p in points if statement.span.overlaps(p)]
    if not spans or not inside:
        return spans
    return [Span(min(s.start for s in spans + inside), max(s.stop for s in spans + inside))]


# -------------------------------------------------------------------------------------------------------------- direct


def _direct(article: Article, statement: Statement) -> list[Quote]:
    found: list[Quote] = []
    used: set[Quotation] = set()
    for position, quotation in enumerate(statement.quotations):
        if quotation in used or not article.text[quotation.inner.start : quotation.inner.stop].strip():
            continue
        quote = _direct_quote(article, statement, quotation)
        if quote is None:
            continue
        used.add(quotation)
        following = statement.quotations[position + 1] if position + 1 < len(statement.quotations) else None
        if following and quote.cue and quote.cue.start > quotation.span.stop and _goes_on(article, quote, quotation, following):
            quote = replace(quote, content=(*quote.content, _content(article.text, following)))
            used.add(following)
        found.append(quote)
    return found


def _direct_quote(article: Article, statement: Statement, quotation: Quotation) -> Quote | None:
    others = [q.span for q in statement.quotations if q is not quotation]
    view = _window(article.masked, statement.span, others, ())
    offset = statement.span.start
    view = grammar.cover(view, [Span(max(0, quotation.span.start - offset), min(len(view), quotation.span.stop - offset))], THIS)
    for rule in rules.load("direct"):
        for match in rule.pattern.finditer(view):
            quote = _read_direct(article, rule, match, view, offset, quotation)
            if quote:
                return quote
    return None


def _read_direct(article: Article, rule: rules.Rule, match: regex.Match, view: str, offset: int, quotation: Quotation) -> Quote | None:
    groups = match.groupdict()
    inner = _content(article.text, quotation)
    words = article.masked[inner.start : inner.stop]
    if "floating" in rule.options:
        return Quote("direct", (inner,), None, None, True, None, rule.id) if _is_utterance(words) else None
    source: Span | None = None
    if groups.get("agent") is not None:
        after = grammar.source_after(view, match.start("agent"), match.end("agent"))
        if after is None:
            return None
        source = after[0]
    elif groups.get("subject") is not None:
        source = grammar.source_before(view, match.start("subject"), match.end("subject"))
        if source is None and ("cue" not in groups or match["subject"].strip(" ,.;-–—\n")):
            return None
    if "speaker" in rule.options and not (source and _speaks(view[source.start : source.stop]) and _is_utterance(words)):
        return None
    if "closed" in rule.options and not _is_closed(view, match.end(), words):
        return None
    cue = Span(*match.span("cue")) if groups.get("cue") is not None else None
    return Quote("direct", (inner,), _shift(cue, offset), _shift(source, offset), source is None, None, rule.id)


def _content(text: str, quotation: Quotation) -> Span:
    """The words inside the marks, blanks at the edges left out."""
    start, stop = quotation.inner.start, quotation.inner.stop
    while start < stop - 1 and text[start].isspace():
        start += 1
    while stop > start + 1 and text[stop - 1].isspace():
        stop -= 1
    return Span(start, stop)


def _is_utterance(words: str) -> bool:
    """Whether quoted words can be an utterance by themselves: a clause, or closed by its own punctuation, not a title or nickname."""
    count = len(regex.findall(r"\w+|[\ue000-\ue002]+", words))
    return count >= 2 and (grammar.is_clause(words) or count >= 8 or words.rstrip()[-1:] in ".,?!…")


def _is_closed(view: str, stop: int, words: str) -> bool:
    """A lead-in needs a full utterance that its sentence ends with: “menyebut “raja kecil” itu” is none."""
    rest = view[stop:].strip(" .,;\n\t" + NOISE)
    ends_sentence = not rest or not regex.match(r"[\p{L}\ue000-\ue002]", rest) or view[stop : stop + 1] == ","
    return _is_utterance(words) and (ends_sentence or words.rstrip()[-1:] in ".,?!…" or words[:1].isupper() and grammar.is_clause(words))


def _goes_on(article: Article, quote: Quote, quotation: Quotation, following: Quotation) -> bool:
    """“A,” kata X, “B.”: the second quotation is a part of the first where only the attribution stands between."""
    between = article.masked[quotation.span.stop : following.span.start]
    after = article.masked[following.span.stop : following.span.stop + 40]
    attributed = grammar.pattern(r"[\s,.]*(?:{bare})(?:nya)?\b").match(after)
    return "\n" not in between and len(between) < 220 and bool(regex.search(r"[,.]\s*$", between)) and not attributed


def _join_parts(article: Article, found: list[Quote]) -> list[Quote]:
    """Quotations that go on: over paragraphs with the mark repeated, or right after the attribution in the same paragraph."""
    out: list[Quote] = []
    for quote in found:
        last = next((q for q in reversed(out) if q.type == "direct" and not _encloses(q, quote)), None)
        if last is not None and quote.type == "direct" and _continues(article, last, quote):
            joined = replace(
                quote if last.rule == "direct.floating" else last, content=(*last.content, *quote.content)
            )
            out[out.index(last)] = joined
        else:
            out.append(quote)
    return out


def _continues(article: Article, last: Quote, quote: Quote) -> bool:
    between = article.text[last.content[-1].stop : quote.content[0].start]
    if last.rule == "direct.floating" and regex.fullmatch(r"\s*\n\s*[\"“”„«»]\s*", between):
        return True  # the mark was repeated at the new paragraph and never closed in the old one
    if quote.rule != "direct.floating" or last.cue is None or last.cue.start < last.content[-1].stop or "\n" in between:
        return False
    tail = article.masked[(last.source or last.cue).stop if not last.source or last.source.stop > last.cue.stop else last.cue.stop : quote.content[0].start]
    return len(tail) < 120 and not regex.search(r"[.?!]\s+\w", tail) and not grammar.is_clause(tail)


# ------------------------------------------------------------------------------------------------------------ reported


@functools.cache
def _cue_pattern() -> regex.Pattern:
    words = sorted({w for name in CUE_LISTS for w in lexicon.lower(name)}, key=len, reverse=True)
    stems = "|".join(regex.escape(w) for w in words)
    cut = "|".join(regex.escape(w) for w in _damaged())
    return regex.compile(
        rf"(?<![\w\-@#])(?:(?P<stem>{stems})(?P<nya>nya)?(?:lah|pun)?(?![\w-])|(?P<cut>{cut})(?=\.\s))", regex.IGNORECASE
    )


@functools.cache
def _damaged() -> dict[str, str]:
    """Cues as a scraper leaves them that loses the letter before a comma and writes a full stop: “mengataka. C”."""
    return {w[:-1]: w for name in ("cue_say", "cue_think") for w in lexicon.lower(name) if len(w) > 6 and " " not in w}


def _stem(cue: regex.Match) -> str:
    return cue["stem"].casefold() if cue["stem"] else _damaged()[cue["cut"].casefold()]


@functools.cache
def _lists_of(stem: str, nya: bool) -> frozenset[str]:
    names = frozenset(name for name in CUE_LISTS if stem in lexicon.lower(name))
    return frozenset(f"{name}_nya" for name in names if name in WITH_NYA) if nya else names


def _reported(article: Article, span: Span, view: str, previous: Statement | None, found: list[Quote], nested: bool = False) -> list[Quote]:
    """Indirect and mixed quotes of one masked statement. Cues that stand after or within their content are read first,
    since what they use up bounds the content of the others."""
    out: list[Quote] = []
    frames: list[Span] = []
    cues = [m for m in _cue_pattern().finditer(view)]
    ordered = sorted(cues, key=lambda m: (not (_lists_of(_stem(m), bool(m["nya"])) & FRAMING), m.start()))
    for cue in ordered:
        lists = _lists_of(_stem(cue), bool(cue["nya"]))
        here = grammar.cover(view, frames, NOISE) if frames else view
        if NOISE in here[cue.start() : cue.end()]:
            continue
        here = here[: cue.start()] + CUE * (cue.end() - cue.start()) + here[cue.end() :]
        result = _first_rule(article, span, here, lists, cue, previous, found + out, nested)
        if result is None:
            continue
        quote, frame = result
        out.append(quote)
        if frame and lists & FRAMING:
            frames.append(frame)
    return out


def _first_rule(article, span, view, lists, cue, previous, found, nested):
    for rule in rules.load("indirect"):
        if not lists.intersection(rule.cues):
            continue
        match = rule.pattern.search(view)
        if match:
            result = _read_reported(article, span, rule, match, view, cue, previous, found, nested)
            if result:
                return result
    return None


def _read_reported(
    article: Article, span: Span, rule: rules.Rule, match: regex.Match, view: str, cue: regex.Match, previous: Statement | None, found: list[Quote], nested: bool
) -> tuple[Quote, Span | None] | None:
    """What a rule's match says: a quote and the stretch its attribution uses up, or None where a condition fails."""
    groups = match.groupdict()
    options = rule.options
    source: Span | None = None
    implicit = False
    resume = None
    if not cue["nya"] and "cue_document" in _lists_of(_stem(cue), False) and groups.get("that") is None and regex.search(r"\byang\s*$", view[: cue.start()], regex.IGNORECASE):
        return None
    if groups.get("agent") is not None:
        after = grammar.source_after(view, match.start("agent"), match.end("agent"))
        if after is None:
            return None
        source, resume = after
        words = view[source.start : source.stop]
        if "named" in options and not _is_named(words):
            return None
        if "speaker" in options and not _is_named(words):
            # without a comma a phrase and its clause look alike: “menurut undang-undang itu berlaku”, “kata sandi itu diganti”
            if "final" not in options and not view[resume:].lstrip().startswith(",") or not (_stem(cue) in PREPOSITIONS or _speaks(words)):
                return None
    elif groups.get("document") is not None:
        source = Span(*match.span("document"))
    elif groups.get("subject") is not None:
        source = None
        shared = _coordinated(view, match.start("subject"), match.end("subject"), span, found)
        if shared is None:
            source = grammar.source_before(view, match.start("subject"), match.end("subject"))
            if source is None:
                return None
        else:
            source = Span(shared.start - span.start, shared.stop - span.start) if shared.start >= span.start else None
            implicit = source is None
    else:
        implicit = True
    if source and not _can_speak(view[source.start : source.stop], nested):
        return None
    if rule.id.startswith("indirect.say") and _is_link(view, cue.start()):
        return None
    if _stem(cue) in lexicon.lower("cue_say") and _DENIED.search(view, max(0, cue.start() - 40), cue.start()):
        return None
    if "previous" in options:
        return _pointing(article, span, rule, view, cue, source, resume, previous, found)
    sure = _stem(cue) in lexicon.lower("cue_clausal") or groups.get("agent") is not None and _is_named(view[source.start : source.stop])
    parts = _parts(article, span, rule, match, view, resume, sure)
    if not parts:
        return None
    if "relay" in options and not _relays_alone(view, source, parts, span):
        return None
    mixed = any(_quotes_words(article, span, view, p) for p in parts)
    stop = resume if resume is not None else match.end("cue") if "cue" in groups else cue.end()
    inner = "inner" in options
    frame = None if inner else Span(cue.start(), max(cue.end(), stop)) if len(parts) > 1 or parts[0].start < span.start + cue.start() or resume is not None else None
    quote = Quote(
        "mixed" if mixed else "indirect", tuple(parts), Span(span.start + cue.start(), span.start + cue.end()),
        _shift(source, span.start), implicit, None, rule.id,
    )  # fmt: skip
    return quote, frame


# whoever does not say it reports nothing: “tidak menyebutkan siapa pemiliknya”
_DENIED = regex.compile(r"\b(?:tidak|tak|belum|enggan|tanpa|bukan|menolak|enggak|jangan)\s+(?:mau\s+|dapat\s+|bisa\s+|pernah\s+|juga\s+|ingin\s+|bersedia\s+|untuk\s+|secara\s+rinci\s+)*$", regex.IGNORECASE)
_TITLED = regex.compile(r"\b(?:berjudul|bertajuk|bertema|bernama|film|lagu|buku|novel|album|berita|artikel|program|acara|tema|drama|serial|sinetron|istilah|kata)\s*\W?$", regex.IGNORECASE)


def _quotes_words(article: Article, span: Span, view: str, part: Span) -> bool:
    """Whether content holds quoted words, titles and single terms apart."""
    for match in regex.finditer(rf"{QUOTED}+", view[part.start - span.start : part.stop - span.start]):
        start = part.start + match.start()
        if len(article.text[start : part.start + match.end()].split()) > 1 and not _TITLED.search(article.text[max(0, start - 30) : start]):
            return True
    return False


def _is_named(words: str) -> bool:
    return bool(regex.search(r"[\ue000-\ue002]", words)) or grammar.starts_with("pronouns", words)


def _speaks(words: str) -> bool:
    """Whether a phrase after an inverted cue is somebody: a name, a pronoun, an office, a group, an institution or a text."""
    lists = ("roles", "groups", "relations", "institutions", "documents")
    return _is_named(words) or any(grammar.starts_with(name, words) for name in lists) or bool(regex.match(r"se(?:orang|buah)|salah\s+s", words, regex.IGNORECASE))


# results and states in pe-an, ke-an, per-an speak no more than pentingnya does; kementerian and perusahaan are institutions
_ABSTRACT = regex.compile(r"(?!perempuan)(?:(?:pe|ke|per)\p{L}{4,}an|\p{L}{4,}nya)(?:\s|$)", regex.IGNORECASE)


def _is_link(view: str, stop: int) -> bool:
    """Whether a cue stands in the headline of a link that a scraper glued into the text: “Baca juga: Menteri Sebut …”."""
    link = regex.search(r"\b(?:baca|simak|lihat)\s+juga\b", view[max(0, stop - 150) : stop], regex.IGNORECASE)
    return link is not None and not regex.search(r"[.!?]\s", view[max(0, stop - 150) + link.end() : stop])


def _can_speak(words: str, nested: bool) -> bool:
    """Whether a phrase can be a source; within a direct quote the first person is its own speaker."""
    if grammar.starts_with("not_sources", words):
        return False
    if not _speaks(words) and (grammar.starts_with("inanimate", words) or _ABSTRACT.match(words)):
        return False
    return not (nested and grammar.pattern(r"(?:^|\s)(?:{words:first_person})$").search(words) and len(words.split()) != 2)


def _parts(article: Article, span: Span, rule: rules.Rule, match: regex.Match, view: str, resume: int | None, sure: bool) -> list[Span]:
    """The content a match names, cut and trimmed, or nothing where it is not clausal."""
    groups = match.groupdict()
    pieces: list[tuple[int, int]] = []
    if "final" in rule.options:
        if resume is not None and grammar.is_clause(view[resume:].split(". ")[0]):
            return []
        pieces = [match.span("content")]
    else:
        before = match.span("before") if groups.get("before") is not None else None
        if before and "medial" in rule.options and grammar.pattern(r"\b(?:{verb}|bahwa)[\s,]*$").search(view[: before[1]]):
            return []
        if before and before[1] > before[0] and not rule.id.endswith("initial"):
            start = grammar.skip_connectives(view, before[0], before[1])
            if view[start : before[1]].strip(" ,"):
                pieces.append((start, before[1]))
        if groups.get("content") is not None:
            pieces.append(match.span("content"))
        elif groups.get("rest") is not None:
            pieces.append(match.span("rest"))
        elif "rest" in rule.options and resume is not None:
            pieces.append((resume, len(view)))
    pieces = [(start, _content_stop(view, start, stop)) for start, stop in pieces]
    if "predicate" in rule.options:
        start, stop = pieces[0]
        at = grammar.predicate_at(view[start:stop])
        if at is None or len(view[start : start + at].split()) > 9:
            return []
        pieces = [(start + at, stop)]
    spans = [s for s in (grammar.trim(article.text[span.start : span.stop], view, start, stop) for start, stop in pieces if start < stop) if s]
    if not spans:
        return []
    last = spans[-1]
    words = view[last.start : last.stop]
    explicit = groups.get("that") is not None or groups.get("vow") is not None or resume is not None and bool(regex.match(r"[\s,]*bahwa\b", view[resume:]))
    if sure and len(words.split()) >= 3 and not regex.match(r"(?:soal|tentang|mengenai|terkait|kepada|perihal|hal)\b", words, regex.IGNORECASE):
        explicit = True
    quoted = QUOTED in words
    if groups.get("that") is None and _is_nominal(words) and "," not in match.string[match.end("subject") if "subject" in groups else 0 : last.start]:
        return []
    needed = "clause" in rule.options and not explicit
    if needed and not (grammar.is_clause(words) or quoted and len(words.split()) > 1):
        return []
    if "other" in rule.options and grammar.predicate_at(words) in (0, None):
        return []
    if regex.fullmatch(rf"[{QUOTED}\W]*", words):
        return []
    if len(pieces) > 1 and len(spans) < 2 and "medial" in rule.options:
        return []
    return [Span(s.start + span.start, s.stop + span.start) for s in spans]


def _is_nominal(words: str) -> bool:
    if regex.match(r"(?:soal|tentang|mengenai|perihal|seputar|ihwal)\b", words, regex.IGNORECASE):
        return True
    return grammar.starts_with("nominal", words) and not regex.match(r"\S+\s+(?:itu|tersebut|ini)\b", words)


def _content_stop(view: str, start: int, stop: int) -> int:
    """Content ends before an attribution that is used up already and before glued noise."""
    noise = view.find(NOISE, start, stop)
    stop = noise if noise > start else stop
    second = _second_cue().search(view, start, stop)
    if second and second.start() > start:
        stop = second.start()
    aside = _ASIDE.search(view, start, stop)
    return aside.start() if aside and aside.start() > start else stop


_ASIDE = regex.compile(
    r",\s*(?:(?:saat|ketika|usai|seusai)\s+(?:ditemui|dihubungi|dikonfirmasi|ditanya|ditanyai|dijumpai|diwawancarai|jumpa|konferensi)\b[^.]*"
    r"|(?:seperti|sebagaimana|demikian)?\s*(?:dilaporkan|dikutip|dilansir|diberitakan|diwartakan|mengutip|melansir)\b[^.]*"
    r"|(?:dalam|lewat|melalui)\s+(?:keterangan|siaran|pernyataan|rilis|sambungan|pesan)\s?\p{L}*\b[^.]*)(?:\.\s*)?$",
    regex.IGNORECASE,
)


@functools.cache
def _second_cue() -> regex.Pattern:
    """A second cue with the same subject, or a contrasted one with its own: both end the content before them."""
    return regex.compile(
        rules.expand(
            r"[\s,]+(?:dan|serta|sambil|seraya|sembari|tetapi|tapi)\s+{aux}(?:{words:cue_say}|{words:cue_request})(?<!menyebut|menyebutkan|mengatakan|meminta|minta|mengajak|melaporkan|mengungkap|memperingatkan)\b"
            r"|[\s,]+(?:sambil|seraya|sembari|tetapi|tapi)\s+{aux}(?:{words:cue_say}|{words:cue_request})\b(?!\s+(?:bantuan|maaf))"
            r"|,\s*(?:sedangkan|sementara)\s+(?:[^\s,]+\s+){0,6}?{per}\s+{aux}(?:{words:cue_say}|{words:cue_think})\b"
        ),
        regex.IGNORECASE,
    )


def _coordinated(view: str, start: int, stop: int, span: Span, found: list[Quote]) -> Span | None:
    """The source of a second cue: “X mengatakan A dan menambahkan (bahwa) B”."""
    if not grammar.pattern(r"\b(?:dan|serta|sambil|seraya|sembari|lalu|kemudian|tetapi|tapi|namun)\s*(?:{words:adverbs}\s*)*$").search(view[start:stop]):
        return None
    earlier = [q for q in found if q.cue and span.contains(q.cue) and q.source and q.cue.start < span.start + stop]
    return earlier[-1].source if earlier else None


def _pointing(article, span, rule, view, cue, source, resume, previous, found):
    """A cue whose subject points back: the content is the sentence before, unless that is reported already."""
    if previous is None or source is None:
        return None
    if any(c.overlaps(previous.span) for q in found for c in (*q.content, *((q.cue,) if q.cue else ()))):
        return None
    masked = _window(article.masked, previous.span, (), ())
    offset = previous.span.start
    dateline = _DATELINE.match(masked)
    start = grammar.skip_connectives(masked, dateline.end() if dateline else 0, len(masked))
    content = grammar.trim(article.text[offset : previous.span.stop], masked, start, len(masked))
    if content is None or not grammar.is_clause(masked[content.start : content.stop]):
        return None
    quote = Quote(
        "indirect", (Span(content.start + offset, content.stop + offset),), Span(span.start + cue.start(), span.start + cue.end()),
        _shift(source, span.start), False, None, rule.id,
    )  # fmt: skip
    return quote, Span(0, len(view))


_DATELINE = regex.compile(r"\W*(?:\ue002+|\p{Lu}{3,}[\p{L}.]*)[^.\n]{0,60}?\s[–—-]{1,2}\s")


def _relays_alone(view: str, source: Span | None, parts: list[Span], span: Span) -> bool:
    """A medium is a source only where its content holds no other cue and no quotation."""
    content = " ".join(view[p.start - span.start : p.stop - span.start] for p in parts)
    return QUOTED not in content and not any(
        _lists_of(_stem(m), bool(m["nya"])) & {"cue_say", "cue_inverted", "cue_preposition", "cue_inverted_nya"} for m in _cue_pattern().finditer(content)
    )


def _inside(article: Article, content: Span) -> list[Quote]:
    """Quotes within a direct quote's content, the speaker's own saying left out."""
    marked = tuple(q for q in article.nested if content.contains(q.span))
    out = [q for q in _direct(article, Statement(content, marked)) if q.cue]
    for match in regex.finditer(r"\S.*?(?:[.?!](?=\s)|$)", article.text[content.start : content.stop], regex.DOTALL):
        span = Span(content.start + match.start(), content.start + match.end())
        view = _window(article.masked, span, [q.span for q in marked], [p for q in out if q.type == "direct" for p in (q.cue, q.source) if p])
        out += [q for q in _reported(article, span, view, None, [], nested=True) if q.source]
    return out


def _encloses(outer: Quote, inner: Quote) -> bool:
    return outer is not inner and any(part.contains(inner.content[0]) for part in outer.content)


def _without_echoes(found: list[Quote]) -> list[Quote]:
    """One content, one quote: of two with the same words the first rule stands."""
    first: dict[tuple[Span, ...], Quote] = {}
    for quote in found:
        first.setdefault(quote.content, quote)
    return list(first.values())


def _shift(span: Span | None, offset: int) -> Span | None:
    return Span(span.start + offset, span.stop + offset) if span else None
