"""Direct quotes: a quotation with the attribution around it, by the rules of direct.toml."""

from __future__ import annotations

from dataclasses import replace

import regex

from annotator import grammar, rules, sources
from annotator.document import Quote, Span
from annotator.grammar import NOISE, THIS
from annotator.quotations import Quotation
from annotator.statements import Article, Statement


def find(article: Article, statement: Statement, inner: bool = False) -> list[Quote]:
    """The direct quotes of a statement; a quotation that no rule takes is a title, a nickname or a part of an indirect quote.

    Rules for what stands within somebody's words hold only where the statement is such words.
    """
    found: list[Quote] = []
    left = [q for q in statement.quotations if article.text[q.inner.start : q.inner.stop].strip()]
    while left:
        quotation = left.pop(0)
        quote = _quote(article, statement, quotation, inner)
        if quote is None:
            continue
        if left and quote.cue and quote.cue.start > quotation.span.stop and _goes_on(article, quotation, left[0]):
            quote = replace(quote, content=(*quote.content, _content(article.text, left.pop(0))))
        found.append(quote)
    return found


def used_up(statement: Statement, quote: Quote) -> Span:
    """The stretch of a statement that a direct quote accounts for: its quotations, cue, source, and all between."""
    spans = [q.span for q in statement.quotations if any(q.inner.overlaps(c) for c in quote.content)]
    spans += [p for p in (quote.cue, quote.source) if p and statement.span.overlaps(p)]
    return Span(min(s.start for s in spans), max(s.stop for s in spans))


def join(article: Article, found: list[Quote]) -> list[Quote]:
    """Quotes with their later parts: paragraphs that repeat the mark, or a quotation right after the attribution of another."""
    out: list[Quote] = []
    last: int | None = None
    for quote in found:
        if quote.type != "direct":
            out.append(quote)
        elif last is not None and _continues(article, out[last], quote):
            head = quote if out[last].rule == "direct.floating" else out[last]
            out[last] = replace(head, content=(*out[last].content, *quote.content))
        else:
            if last is None or not any(part.contains(quote.content[0]) for part in out[last].content):
                last = len(out)
            out.append(quote)
    return out


def _quote(article: Article, statement: Statement, quotation: Quotation, inner: bool) -> Quote | None:
    offset = statement.span.start
    view = article.view(statement.span, [q.span for q in statement.quotations if q is not quotation])
    here = Span(max(0, quotation.span.start - offset), min(len(view), quotation.span.stop - offset))
    view = grammar.cover(view, [here], THIS)
    content = _content(article.text, quotation)
    for rule in rules.load("direct"):
        if "inner" in rule.options and not inner:
            continue
        for match in rule.pattern.finditer(view):
            quote = _read(rule, match, view, offset, content, article.masked[content.start : content.stop])
            if quote:
                return quote
    return None


# “tambah yang lain” among what people write below a post
_OTHERS = regex.compile(r"(?:yang lain(?:nya)?|lainnya)\b", regex.IGNORECASE)


def _read(rule: rules.Rule, match: regex.Match, view: str, offset: int, content: Span, words: str) -> Quote | None:
    """The quote a match stands for, or None where a condition of its rule fails. `words` is the masked content."""
    groups = match.groupdict()
    source: Span | None = None
    if groups.get("agent") is not None:
        others = _OTHERS.match(view, match.start("agent"))
        after = None if others else sources.after(view, *match.span("agent"))
        if not others and (after is None or grammar.starts_with("not_sources", view[after[0].start : after[0].stop])):
            return None
        source = Span(*others.span()) if others else after[0]
    elif groups.get("subject") is not None:
        source = sources.before(view, *match.span("subject"))
        if source is None and ("cue" not in groups or match["subject"].strip(" ,.;-–—\n")):
            return None
    if "floating" in rule.options and not _is_utterance(words):
        return None
    if "comma" in rule.options and words.rstrip()[-1:] not in tuple(",?!"):
        return None
    if "speaker" in rule.options and not (source and sources.is_somebody(view[source.start : source.stop]) and _is_utterance(words)):
        return None
    spoken = groups.get("cue") is not None and grammar.is_listed("cue_spoken", match["cue"])
    if "closed" in rule.options and not _is_closed(view, match.end(), words, spoken):
        return None
    cue = Span(*match.span("cue")) if groups.get("cue") is not None else None
    return Quote("direct", (content,), cue and cue.shift(offset), source and source.shift(offset), source is None, None, rule.id)


def _content(text: str, quotation: Quotation) -> Span:
    """The words inside the marks, blanks at the edges left out."""
    words = quotation.inner.of(text)
    start = quotation.inner.start + len(words) - len(words.lstrip())
    return Span(start, start + len(words.strip()))


def _is_utterance(words: str) -> bool:
    """Whether quoted words can be an utterance by themselves: a clause, or closed by its own punctuation; not a title or nickname."""
    count = len(grammar.WORD.findall(words))
    return count >= 2 and (count >= 8 or words.rstrip()[-1:] in ".,?!…" or grammar.is_clause(words))


_LETTER = regex.compile(r"[\p{L}\ue000-\ue002]")
_COMMA_OR_END = regex.compile(r",|\s*[.?!]\s")


def _is_closed(view: str, stop: int, words: str, spoken: bool) -> bool:
    """A lead-in needs a full utterance that its sentence ends with: “menyebut “raja kecil” itu” is none. What is `spoken` is an utterance however short."""
    rest = view[stop:].strip(" .,;\n\t" + NOISE)
    ends_sentence = not _LETTER.match(rest) or bool(_COMMA_OR_END.match(view[stop:]))
    return (_is_utterance(words) or spoken and len(words.split()) > 1) and (ends_sentence or words.rstrip()[-1:] in ".,?!…" or words[:1].isupper() and grammar.is_clause(words))


_POINTED = regex.compile(r"[,.]\s*$")


def _goes_on(article: Article, quotation: Quotation, following: Quotation) -> bool:
    """“A,” kata X, “B.”: only the attribution stands between, and the second quotation has none of its own."""
    between = article.masked[quotation.span.stop : following.span.start]
    own = grammar.pattern(r"[\s,.]*{bare}(?:nya)?\b").match(article.masked, following.span.stop)
    return "\n" not in between and len(between) < 220 and bool(_POINTED.search(between)) and not own


_REPEATED = regex.compile(r"\s*\n\s*[\"“”„«»]?\s*|[\"”»]\s*[\"“”„«]{1,2}|\.\s+[\"“”„«]")
_NEW_SENTENCE = regex.compile(r"[.?!]\s+\w")


def _continues(article: Article, last: Quote, quote: Quote) -> bool:
    between = article.text[last.content[-1].stop : quote.content[0].start]
    alone = "direct.floating" in (last.rule, quote.rule)
    if alone and _REPEATED.fullmatch(between):
        return True  # the mark was repeated at the new paragraph and never closed in the old one, or closed and opened at once, or lost to a full stop
    if quote.rule != "direct.floating" or last.cue is None or last.cue.start < last.content[-1].stop or "\n" in between:
        return False
    attribution = max(p.stop for p in (last.cue, last.source) if p)
    tail = article.masked[attribution : quote.content[0].start]
    return len(tail) < 120 and not _NEW_SENTENCE.search(tail) and not grammar.is_clause(tail)
