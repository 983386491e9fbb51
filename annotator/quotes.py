"""What was said: the content, cue and source of every quote, and the medium that relays it.

Quotations are read first (direct.py), then each cue in what they leave (reported.py), then what stands inside a direct
quote. The rule that found a quote is its explanation.
"""

from __future__ import annotations

from dataclasses import replace

import regex

from annotator import direct, grammar, relays, reported, sources, statements
from annotator.document import Quote, Sentence, Span, Zone
from annotator.statements import Article, Statement


def find(text: str, masked: str, sentences: tuple[Sentence, ...], zones: tuple[Zone, ...] = (), outlet: str | None = None) -> tuple[Quote, ...]:
    """Every quote of a text in order of its content, nested ones after the one that holds them. `outlet` relays nothing."""
    article = statements.read(text, masked, sentences, zones)
    found: list[Quote] = []
    previous: Statement | None = None
    for statement in article.statements:
        here = _said(article, statement, previous, found)
        found = _led_to(found, here, previous)
        found += _relayed(article, statement, here, outlet) if here else []
        previous = statement
    first = {quote.content: quote for quote in reversed(direct.join(article, found))}
    return tuple(sorted(first.values(), key=lambda q: (q.content[0].start, -q.content[-1].stop)))


def _led_to(found: list[Quote], here: list[Quote], previous: Statement | None) -> list[Quote]:
    """What was found so far, a judgement before a quotation with the source of that quotation; without one it is nobody's."""
    if not found or found[-1].rule not in reported.AHEAD or previous is None or not previous.span.contains(found[-1].content[0]):
        return found
    spoken = next((q for q in here if q.type == "direct" and q.cue), None)
    judged = [replace(found[-1], source=spoken.source, implicit=spoken.source is None)] if spoken else []
    return found[:-1] + judged


def _said(article: Article, statement: Statement, previous: Statement | None, found: list[Quote]) -> list[Quote]:
    """The quotes of one statement: direct, then reported, then nested ones."""
    spoken = direct.find(article, statement)
    taken = [direct.used_up(statement, quote) for quote in spoken]
    view = article.view(statement.span, [q.span for q in statement.quotations], taken)
    told = reported.find(article, statement.span, view, previous, found + spoken)
    told = [q for q in told if not _is_unsaid(article, q)]
    return [*spoken, *told, *(q for quote in spoken for part in quote.content for q in _inside(article, part))]


_SENTENCE = regex.compile(r"\S[^.?!]*+(?:[.?!](?!\s+[^\s\p{Ll}])[^.?!]*+)*+[.?!]?")


def _inside(article: Article, content: Span) -> list[Quote]:
    """Quotes within a direct quote's content; the speaker's own saying is none."""
    marked = tuple(q for q in article.nested if content.contains(q.span))
    statement = Statement(content, marked)
    out = [q for q in direct.find(article, statement, inner=True) if q.cue or q.rule == "direct.inner"]
    taken = [direct.used_up(statement, q) for q in out]
    for match in _SENTENCE.finditer(content.of(article.text)):
        span = Span(*match.span()).shift(content.start)
        view = article.view(span, [q.span for q in marked], taken)
        out += [q for q in reported.find(article, span, view, None, []) if q.source and _is_speech(article, q)]
    return out


# “X akan meminta …”, “X harus menjelaskan …”: nothing is said yet
_UNSAID = regex.compile(
    r"(?<!\bhanya\s)\b(?:akan|bakal|hendak|harus|dapat|bisa|perlu|mampu|mau|ingin|berupaya|berusaha|berpotensi|berniat|berencana|berhasil|bertujuan|untuk|guna|agar|jangan)\s+"
    r"(?:segera\s+|terus\s+|lebih\s+|pernah\s+|mulai\s+)*$",
    regex.IGNORECASE,
)


def _is_unsaid(article: Article, quote: Quote) -> bool:
    active = quote.source is not None and quote.source.start < quote.cue.start
    if not active or _WANTS_TO_SAY.search(article.masked, max(0, quote.cue.start - 8), quote.content[0].start):
        return False
    return bool(_UNSAID.search(article.masked[max(0, quote.cue.start - 40) : quote.cue.start]))


# “Budi ingin menegaskan bahwa C” says it
_WANTS_TO_SAY = regex.compile(r"\bingin\s+(?:menegaskan|memastikan|menyampaikan|menunjukkan|menjelaskan|mengingatkan|mengatakan)\s+(?:bahwa|bila|jika|kalau)\s", regex.IGNORECASE)


def _is_speech(article: Article, quote: Quote) -> bool:
    """Whether a quote within a speaker's words is somebody's: things do not speak there."""
    words = quote.source.of(article.masked)
    return (sources.is_somebody(words) or sources.is_first_person(words)) and not _is_unsaid(article, quote)


# “… naik. kata Budi, dikutip dari Antara”
_LOST = r"\.\s+{words:cue_inverted}(?:nya)?\b"


def _relayed(article: Article, statement: Statement, found: list[Quote], outlet: str | None) -> list[Quote]:
    """Quotes with the medium their statement names; nested ones and the medium's own words have none."""
    view = article.view(statement.span, [q.span for q in statement.quotations])
    medium = relays.find(statement.span.of(article.text), view, outlet)
    if medium is None:
        return found
    medium = medium.shift(statement.span.start)
    contents = [part for q in found for part in q.content]
    name = medium.of(article.text).casefold().split()

    def relays_it(quote: Quote) -> bool:
        end = quote.content[-1].stop
        if end < medium.start and grammar.pattern(_LOST).search(article.masked, end, medium.start):
            return False  # what was said there has lost its quotation marks
        own = quote.source is not None and not set(quote.source.of(article.text).casefold().split()).isdisjoint(name)
        nested = any(part.contains(quote.content[0]) for part in contents if part not in quote.content)
        return not own and not nested and not any(part.contains(medium) for part in quote.content)

    return [replace(quote, via=medium) if relays_it(quote) else quote for quote in found]
