"""Indirect and mixed quotes: a cue with its content and source, by the rules of indirect.toml.

Each cue of a statement is tried against the rules that name its list, in order; the first rule whose match holds wins.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import regex

from annotator import grammar, lexicon, relays, rules, sources
from annotator.document import Quote, Span
from annotator.grammar import CUE, NOISE, PER, QUOTED
from annotator.statements import Article, Statement

CUE_LISTS = (
    "cue_say", "cue_think", "cue_wish", "cue_that", "cue_outlook", "cue_commit", "cue_request", "cue_asked", "cue_accuse", "cue_ask", "cue_ask_for", "cue_inverted",
    "cue_interposed", "cue_passive", "cue_deemed", "cue_judged", "cue_noun", "cue_testimony", "cue_document", "cue_preposition", "cue_viewpoint",
    "cue_evidence", "cue_from", "cue_record", "cue_relay", "cue_finding", "cue_stated", "cue_resolve", "cue_object", "cue_aim",
)  # fmt: skip
WITH_NYA = ("cue_inverted", "cue_interposed", "cue_passive", "cue_preposition", "cue_viewpoint", "cue_resolve")
# what these open a sentence for is a clause, whether or not its predicate is recognised
OPENING = frozenset({"cue_preposition", "cue_preposition_nya", "cue_viewpoint", "cue_viewpoint_nya", "cue_evidence"})
# cues that hang on a quotation before them
LOSING = frozenset({"cue_inverted", "cue_inverted_nya"})
# cues that interrupt or follow their content: what they use up bounds the content of the others
FRAMING = OPENING - {"cue_evidence"} | {"cue_inverted", "cue_inverted_nya", "cue_interposed", "cue_interposed_nya", "cue_passive_nya", "cue_relay"}


# the rules whose source stands with the quotation that follows (quotes.py)
AHEAD = frozenset({"indirect.passive.ahead", "indirect.request.ahead"})


# what the groups of a match hold; made once, for many ask
Groups = dict[str, str | None]


class Cue(NamedTuple):
    """A cue word of a view: where it stands, its form without -nya, and the word lists it is on."""

    span: Span
    stem: str
    lists: frozenset[str]


class Scope(NamedTuple):
    """What a rule looks at: one cue (made a mark) in the view of one stretch, the statement before, what was found so far, there and here, and all cues."""

    article: Article
    span: Span
    view: str
    cue: Cue
    previous: Statement | None
    found: list[Quote]
    here: list[Quote]
    cues: list[Cue]


class Source(NamedTuple):
    """A source in a view: None and `implicit` where only -nya or an earlier sentence names it. `stop` is where an agent's phrase ends."""

    span: Span | None
    implicit: bool
    stop: int | None


def find(article: Article, span: Span, view: str, previous: Statement | None, found: list[Quote]) -> list[Quote]:
    """The indirect and mixed quotes of one stretch; `found` are earlier quotes."""
    out: list[Quote] = []
    # cues within or after their content come first, since the others' content ends at them
    cues = sorted(_cues(view), key=lambda c: (c.lists.isdisjoint(FRAMING), c.span.start))
    for cue in cues:
        if NOISE in cue.span.of(view) or not cue.lists.isdisjoint(LOSING) and _LOST.search(view, 0, cue.span.start):
            continue
        lead = " " * cue.span.start if _opens_sentence(article, span, cue) else view[: cue.span.start]
        here = lead + CUE * (cue.span.stop - cue.span.start) + view[cue.span.stop :]
        result = _first(Scope(article, span, here, cue, previous, found + out, out, cues))
        if result:
            quote, used = result
            out.append(quote)
            if used and not cue.lists.isdisjoint(FRAMING):
                view = grammar.cover(view, [used], NOISE)
    out = [quote for quote in out if len(out) == 1 or quote.rule not in AHEAD]
    return [quote for quote in out if not quote.rule.startswith("indirect.relay") or _is_alone(article, quote, found + out)]


# “… naik. kata Budi”: the quotation before it is lost
_LOST = regex.compile(r"(?<=[\p{L}\d)\ue000-\ue002])\.\s+$")


_UP_TO_COMMA = regex.compile(r"[^.\n]{0,80}?,")


def _opens_sentence(article: Article, span: Span, cue: Cue) -> bool:
    """Whether a sentence opens at a cue within another: after a headline (“… Naik Menurut Budi, C”), or small after a full stop."""
    if cue.lists.isdisjoint(("cue_preposition", "cue_preposition_nya")):
        return False
    start = span.start + cue.span.start
    capital = article.text[start].isupper()
    if not capital and not _LOST.search(article.masked, span.start, start):
        return False
    return capital and "cue_preposition_nya" in cue.lists or bool(_UP_TO_COMMA.match(article.masked, start))


def _held(scope: Scope) -> int | None:
    """Where the innermost content that holds a cue starts in the view; a medium whose words somebody else speaks holds none."""
    cue = scope.cue.span.shift(scope.span.start)
    holders = [quote.content[0].start for quote in scope.here if not quote.rule.startswith("indirect.relay") and any(part.contains(cue) for part in quote.content)]
    return max(holders) - scope.span.start if holders else None


# ---------------------------------------------------------------------------------------------------------------- cues


@functools.cache
def _cue_pattern() -> regex.Pattern:
    stems, cut = (rules.any_of(words).replace(r"\s+", " ") for words in ({w for name in CUE_LISTS for w in lexicon.lower(name)}, grammar.cut_cues()))
    return regex.compile(rf"\b(?<![\-@#])(?:(?P<stem>{stems})(?:(?P<nya>nya|ny(?=,))|(?P<nya>))(?:lah|pun)?(?![\w-])|(?P<cut>{cut})(?=[.,]\s))", regex.IGNORECASE)


_WORD = regex.compile(r"\w{2,}")


@functools.cache
def _openings() -> frozenset[str]:
    """First words of cues, with what may be glued to them: looking words up is faster than trying the pattern at each."""
    words = {_WORD.match(stem).group() for name in CUE_LISTS for stem in lexicon.lower(name)}
    return frozenset(word + nya + lah for word in words for nya in ("", "nya", "ny") for lah in ("", "lah", "pun")).union(grammar.cut_cues())


def _cues(view: str) -> Iterator[Cue]:
    openings, stop = _openings(), 0
    for word in _WORD.finditer(view):
        if word.group().casefold() not in openings or word.start() < stop or not (match := _cue_pattern().match(view, word.start())):
            continue
        stop = match.end()
        stem = match["stem"].casefold() if match["stem"] else grammar.cut_cues()[match["cut"].casefold()]
        yield Cue(Span(*match.span()), stem, _lists(stem, bool(match["nya"])))


@functools.cache
def _lists(stem: str, nya: bool) -> frozenset[str]:
    names = frozenset(name for name in CUE_LISTS if stem in lexicon.lower(name))
    if nya:
        # “memintanya pulang”: after a request -nya is the one who is asked
        return frozenset(f"{name}_nya" for name in names if name in WITH_NYA) | (names & _REQUESTS if stem.startswith("me") else frozenset())
    return names


_REQUESTS = frozenset({"cue_request", "cue_ask_for"})


# --------------------------------------------------------------------------------------------------------------- rules


def _first(scope: Scope) -> tuple[Quote, Span | None] | None:
    """The quote of the first rule that speaks, and the stretch of the view its attribution uses up."""
    for rule in _rules(scope.cue.lists):
        match = rule.pattern.search(scope.view)
        result = _read(scope, rule, match) if match else None
        if result:
            return result
    return None


@functools.cache
def _rules(lists: frozenset[str]) -> tuple[rules.Rule, ...]:
    """The rules, in order, that name one of the lists a cue is on."""
    return tuple(rule for rule in rules.load("indirect") if not lists.isdisjoint(rule.cues))


# whoever does not say it reports nothing: “tidak menyebutkan siapa pemiliknya”
_NEGATION = regex.compile(
    r"\b(?:tidak|tak|belum|enggan|tanpa|bukan|menolak|enggak|jangan|kebebasan|hak|kemerdekaan|bebas)\s+"
    r"(?:dia\s+|ia\s+|mau\s+|dapat\s+|bisa\s+|pernah\s+|juga\s+|ingin\s+|berani\s+|mampu\s+|sempat\s+|akan\s+|bersedia\s+|untuk\s+|secara\s+rinci\s+)*$",
    regex.IGNORECASE,
)
_LINK = regex.compile(r"\b(?:baca|simak|lihat)\s+juga\b(?!.*[.!?]\s)", regex.IGNORECASE | regex.DOTALL)


def _is_negated(scope: Scope) -> bool:
    start = scope.cue.span.start
    return bool(scope.cue.lists & {"cue_say", "cue_outlook"}) and scope.cue.stem not in lexicon.lower("cue_deny") and bool(_NEGATION.search(scope.view, max(0, start - 40), start))


# who sees to it that something is so does not say that it is
_TO_ENSURE = regex.compile(
    r"\b(?:harus|perlu|wajib|mampu|berhasil|agar|ingin|terus|dengan|dalam|seperti|baru\s+bisa|menyarankan|adalah|termasuk|untuk\s+(?:bisa|dapat|terus|tetap))\s+$"
    r"|\b(?:untuk|guna|demi|akan|harus|perlu|bisa|dapat|berkomitmen|bukan\s+hanya|tidak\s+hanya|terus)\s[^.]{0,200}(?:,|\b(?:dan|serta|sekaligus|tetapi\s+juga))\s+$",
    regex.IGNORECASE,
)


_IN_ORDER_TO = regex.compile(r"\b(?:untuk|guna|demi|cara|upaya|dalam\s+rangka)\s+$", regex.IGNORECASE)


def _is_purpose(scope: Scope) -> bool:
    """“untuk memastikan …”, “guna menegaskan …”, “harus menjaga A dan memastikan B”: what something is for, said by nobody."""
    start = scope.cue.span.start
    if scope.cue.stem == "memastikan" and _TO_ENSURE.search(scope.view[max(0, start - 240) : start]):
        return True
    return ("cue_say" in scope.cue.lists or scope.cue.stem == "mendorong") and bool(_IN_ORDER_TO.search(scope.view[max(0, start - 16) : start]))


_WITHIN = regex.compile(r"[\p{L}\ue000-\ue002]\s$")


def _is_in_link(scope: Scope) -> bool:
    """Whether a cue stands in a headline, as of a link that a scraper glued into the text: “Baca juga: Menteri Sebut …”."""
    start = scope.cue.span.start
    headline = not scope.cue.lists & {"cue_preposition", "cue_relay", "cue_evidence", "cue_preposition_nya"}
    capital = headline and scope.article.text[scope.span.start + start].isupper() and _WITHIN.search(scope.view[:start])
    return bool(capital) or bool(_LINK.search(scope.view[max(0, start - 150) : start]))


def _read(scope: Scope, rule: rules.Rule, match: regex.Match) -> tuple[Quote, Span | None] | None:
    if _is_negated(scope) or _is_in_link(scope) or _is_purpose(scope):
        return None
    told = "unheld" in rule.options and grammar.pattern(_OWN_CUE).search(match["before"])
    groups = match.groupdict()
    source = None if told else _source(scope, rule, match, groups)
    if source is None:
        return None
    if "after" in rule.options and not _follows_words(scope):
        return None
    if "ahead" in rule.options and not (_leads_to_quotation(scope) and _judges(scope, match)):
        return None
    points_back = "previous" in rule.options
    if points_back and "cue_deemed" in scope.cue.lists:
        return None  # “uang itu disebut jaksa …” says something about the money
    parts = _sentence_before(scope) if points_back else _parts(scope, rule, match, groups, source)
    if not parts:
        return None
    kind = "mixed" if not points_back and any(_quotes_words(scope, p) for p in parts) else "indirect"
    offset = scope.span.start
    quote = Quote(kind, parts, scope.cue.span.shift(offset), source.span and source.span.shift(offset), source.implicit, None, rule.id)
    interrupts = source.stop is not None or len(parts) > 1 or parts[0].start < offset + scope.cue.span.start
    return quote, Span(scope.cue.span.start, source.stop or scope.cue.span.stop) if interrupts and not _leaves_others(rule) else None


def _leaves_others(rule: rules.Rule) -> bool:
    """Whether the content of other cues goes on past an attribution: one within it, or a medium that may turn out to relay it."""
    return "inner" in rule.options or rule.options >= {"relay", "final"}


# -------------------------------------------------------------------------------------------------------------- source


# “Menurut jaksa, Budi tak menyesal”, “Dilansir Antara, Budi tak menyesal”: a name after them may open what is reported
_BEFORE_CLAUSE = frozenset({"cue_preposition", "cue_relay"})


def _source(scope: Scope, rule: rules.Rule, match: regex.Match, groups: Groups) -> Source | None:
    """The source a match names, or None where the rule asks for another kind of source."""
    view, cue = scope.view, scope.cue
    if groups.get("agent") is not None:
        after = sources.after(view, *match.span("agent"), clause=not cue.lists.isdisjoint(_BEFORE_CLAUSE))
        found = Source(after[0], False, after[1]) if after and _suits(scope, rule, *after) else None
    elif groups.get("document") is not None:
        found = Source(sources.document(view, *match.span("document")), False, None)
    elif groups.get("subject") is not None:
        if own := _said_before(scope):
            return Source(own, False, None)
        subject = _reporter(scope, match, groups)
        found = Source(subject, False, None) if subject else None
    else:
        found = Source(None, True, None)
    if found and found.span and "relay" in rule.options and not (
        sources.is_named(found.span.of(view)) or relays.is_medium(found.span.shift(scope.span.start).of(scope.article.text))
    ):
        return None
    if found and found.span and "evidence" in rule.options and not sources.is_somebody(found.span.of(view)):
        return None
    if found is None or found.span and not sources.can_speak(found.span.of(view)):
        return None
    if found.span and sources.is_first_person(found.span.of(view)):
        return None  # the speaker of the quote around it, or the author of an opinion piece
    return found


def _reporter(scope: Scope, match: regex.Match, groups: Groups) -> Span | None:
    """The source that stands before a cue; None where it reports nothing by it."""
    view, cue = scope.view, scope.cue
    described = bool(_DESCRIBED.search(view[: cue.span.start]))
    bare = groups.get("that") is None
    if described and bare and cue.lists & {"cue_document", "cue_wish"}:
        return None  # “video yang memperlihatkan …” describes the video
    if grammar.pattern(_SAID_BY_ME).match(view[max(0, cue.span.start - 60) : cue.span.start]):
        return None
    subject = _subject(scope, *match.span("subject"))
    if subject and "cue_document" in cue.lists and PER in subject.of(view) and (text := grammar.pattern(_ABOUT).search(view, max(0, subject.start - 60), subject.start)):
        subject = Span(text.start(), subject.stop)
    return subject if subject and not _reports_nothing(cue, subject.of(view), described, bare) else None


def _reports_nothing(cue: Cue, words: str, described: bool, bare: bool) -> bool:
    """Whether a source of these words says nothing with a cue that describes it (“yang …”), or has no complementiser."""
    if cue.lists == {"cue_document"}:
        if bare and _is_person(cue, words):
            return True  # “polisi menemukan korban”: people find things, texts find that something is so
        if cue.stem not in _KEEPS and not sources.is_somebody(words):
            return True  # “peristiwa itu menunjukkan bahwa C”: the author's conclusion
    if described and cue.stem in _ENSURES and grammar.starts_with("documents", words):
        return True  # “aturan yang menjamin bahwa C”
    # “perspektif yang mengajak penonton …”
    return described and "cue_request" in cue.lists and "cue_say" not in cue.lists and not sources.is_somebody(words)


# “hasil tes Budi menunjukkan”: the text, not the person
_ABOUT = r"(?<!\b(?:dalam|pada|melalui|lewat|dengan|di|saat|ketika)\s)\b{words:documents}\s+(?:(?!(?:itu|ini|tersebut)\b)\p{Ll}+\s+){0,3}\Z"
_DESCRIBED = regex.compile(r"\byang\s*$", regex.IGNORECASE)
_ENSURES = frozenset({"menjamin", "memastikan"})
# what institutions do whose names the tagger passed over
_KEEPS = frozenset({"mencatat", "menemukan", "menyimpulkan"})
# “Bung Karno, yang saya katakan …”, “ketika saya mengatakan …”: the one who speaks already; not “petugas kami mengatakan”
_SAID_BY_ME = r"(?r)(?:[,.;:]|\b(?:{ends:adverbs}|{ends:adjunct_next}|{ends:adjunct_later}))\s+{ends:first_person}\s+(?:{ends:adverbs}\s+)*"  # from the end


# what the one who speaks said at another time: “saya bilang, jangan pulang”, “tadi kami sampaikan bahwa C”; not “saya tegaskan”, “anak saya bilang”, “itu sudah saya sampaikan”
_BEFOREHAND = r"(?:tadi|kemarin|waktu\s+itu|saat\s+itu|dulu|sudah|telah|pernah|sempat)"
_SAID_BEFORE = regex.compile(
    rf"(?:(?:\A|[,.;:?!…()])\s*|(?<!\b(?:yang|apa|itu|ini|seperti)\s)\b(?:tadi|kemarin|makanya|tapi|tetapi|terus|lalu|jadi|dan|kan|maka|akhirnya|kemudian)\s+)(?:(?:{_BEFOREHAND}|juga|langsung|kan)\s+){{0,2}}"
    rf"(?P<me>saya|aku|kami|gue|gua|gw)\s+(?:(?:{_BEFOREHAND}|juga|langsung|cuma|lalu)\s+){{0,2}}\Z",
    regex.IGNORECASE,
)
_DATED = regex.compile(rf"\b{_BEFOREHAND}\s+(?:\p{{L}}+\s+){{0,2}}\Z", regex.IGNORECASE)


def _said_before(scope: Scope) -> Span | None:
    """The one who speaks as the source of what they said at another time, within their own quotation."""
    start = scope.cue.span.start
    if not grammar.is_listed("retold", scope.cue.stem) or not grammar.is_quoted(scope.article.text, scope.span.start + start):
        return None
    match = _SAID_BEFORE.search(scope.view[:start], max(0, start - 40))
    if not match or scope.cue.stem != "bilang" and not _DATED.search(match.group()):
        return None
    return Span(*match.span("me"))


_SOME = regex.compile(r"(?:beberapa|sejumlah|banyak|sebagian|seluruh|semua|berbagai)\s+(?=\p{L})", regex.IGNORECASE)


def _is_person(cue: Cue, words: str) -> bool:
    """Whether a source is people; an institution notes that something is so, but finds or shows things."""
    if cue.stem == "mencatat":
        return False
    if not grammar.starts_with("documents", words) and "\ue000" in words or grammar.starts_with("pronouns", words):
        return True
    words = _SOME.sub("", words)
    return not grammar.starts_with("documents", words) and grammar.starts_with("roles groups crowds institutions", words)


def _suits(scope: Scope, rule: rules.Rule, agent: Span, stop: int) -> bool:
    """Whether an agent is what the rule's options ask for."""
    words = agent.of(scope.view)
    if sources.is_named(words) or not rule.options & {"speaker", "somebody"}:
        return True
    if "somebody" in rule.options:
        return sources.is_somebody(words)
    # without a comma a phrase and its clause look alike: “menurut undang-undang itu berlaku”, “kata sandi itu diganti”
    apart = "final" in rule.options or scope.view[stop:].lstrip().startswith(",")
    return apart and ("cue_preposition" in scope.cue.lists or sources.is_somebody(words))


def _subject(scope: Scope, start: int, stop: int) -> Span | None:
    """The subject of a cue. Within somebody's content it stands there too, unless the cue goes on with what they say after a comma."""
    held, shared = _held(scope), _shared(scope, start, stop)
    told_before = "cue_request" in scope.cue.lists and _BEFORE.search(scope.view, start, stop)
    if held is None or told_before or shared and "," in scope.view[max(start, stop - 16) : stop]:
        return shared or sources.before(scope.view, start, stop)
    own = sources.before(scope.view, max(start, held), stop)
    manner = _BY.search(scope.view, held, stop)
    if manner and not (own and grammar.is_clause(scope.view[own.stop : manner.start()])):
        return _holder(scope, held)
    words = own.of(scope.view) if own else ""
    if sources.is_somebody(words):
        glued = own and scope.view[: own.start].rstrip()[-1:] in tuple(".?!")  # a sentence that a scraper left open
        return None if _HOLDER.fullmatch(words) and not glued else own
    return shared or (own if words and not grammar.is_predicate(words.split()[0]) else None)


def _holder(scope: Scope, held: int) -> Span | None:
    """The source of the quote that holds the cue."""
    holder = next((q for q in reversed(scope.found) if q.content[0].start == scope.span.start + held), None)
    return holder.source.shift(-scope.span.start) if holder and holder.source and scope.span.contains(holder.source) else None


# “menyindir Budi dengan menyebut C”: what the one who speaks does
_BY = regex.compile(r"\bdengan\s*\Z", regex.IGNORECASE)
# “Budi mengaku pernah meminta C”: said at another time, and so once more
_BEFORE = regex.compile(r"\b(?:telah|sudah|pernah|sempat)\s*\Z", regex.IGNORECASE)
# “Budi mengatakan dia khawatir C”: the one who speaks already
_HOLDER = regex.compile(r"(?:dia|ia|dirinya|beliau|pihaknya)", regex.IGNORECASE)


def _shared(scope: Scope, start: int, stop: int) -> Span | None:
    """The source of an earlier cue that this one is coordinated with (“X mengatakan A dan menambahkan (bahwa) B”) or hangs on (“kata X, menambahkan bahwa B”)."""
    joined = grammar.pattern(r"\b(?:dan|serta|sambil|seraya|sembari|lalu|kemudian|tetapi|tapi|namun)\s*(?:{words:adverbs}\s*)*$")
    hanging = grammar.pattern(r"\s*(?:,|\byang)\s*(?:{words:adverbs}\s*)*")
    for source in (q.source.shift(-scope.span.start) for q in scope.found if q.type == "direct" and q.source and scope.span.contains(q.source)):
        if hanging.fullmatch(scope.view, source.stop, max(source.stop, stop)):
            return source
    here = Span(scope.span.start, scope.span.start + stop) if stop else None
    earlier = [q.source for q in scope.found if here and q.cue and q.source and here.contains(q.cue) and here.contains(q.source)]
    return earlier[-1].shift(-scope.span.start) if earlier and joined.search(scope.view[start:stop]) else None


# ------------------------------------------------------------------------------------------------------------- content


def _parts(scope: Scope, rule: rules.Rule, match: regex.Match, groups: Groups, source: Source) -> tuple[Span, ...]:
    """The content a match names, cut and trimmed, in the article's offsets; empty where it is no content."""
    view, options = scope.view, rule.options
    pieces = _pieces(scope, rule, match, groups, source)
    if "final" in options and source.stop is not None and grammar.is_clause(view[source.stop :].split(". ")[0]):
        return ()
    if "predicate" in options:
        start = _requested(scope, *pieces[0])
        if start is None:
            return ()
        pieces = [(start, pieces[0][1])]
    if _reports_before(groups) or _asks_for(groups) or rule.id == "indirect.request" and grammar.is_clause(match["addressee"]):
        return ()
    text = scope.article.text[scope.span.start : scope.span.stop]
    spans = [s for start, stop in pieces if start < stop and (s := grammar.trim(text, view, start, stop))]
    if not spans or "medial" in options and len(spans) < len(pieces) or not _is_content(scope, rule, match, groups, source, spans[-1]):
        return ()
    return tuple(s.shift(scope.span.start) for s in spans)


def _requested(scope: Scope, start: int, stop: int) -> int | None:
    """Where what is asked for starts in a stretch, after who is asked; None where it is no act."""
    view = scope.view
    at = grammar.predicate_at(view[start:stop])
    state = grammar.pattern(_STATE).search(view, start, stop)
    if state and (at is None or state.start() - start < at):
        at = state.start() - start
    asked = view[start : start + (at or 0)]
    nobody = bool(asked.strip()) and not sources.is_somebody(asked)
    if nobody and (scope.cue.stem in _PROMPTS or _AIM.search(asked) and grammar.pattern(_THING).match(asked)):
        return None
    thing = nobody and sources.is_thing(asked)  # “meminta harga beras tidak naik” asks no price
    if thing and at is not None and not _FINITE.match(view, start + at) and not _DEFINITE.search(asked):
        return None  # “meminta sikap tegas”, “menyerukan penghentian segera kekerasan”
    if at is None or len(asked.split()) > (14 if " yang " in asked else 9) or "," in asked or _AMOUNT.match(view, start + at):
        return None
    done = _DONE_TO.match(view, start + at)
    if thing or done and not grammar.is_listed("not_verbs", done.group()) and not asked.lstrip().startswith("kepada "):
        return start
    adverbs = grammar.pattern(r"(?:\b{words:adverbs}\s+)+\Z").search(view, start, start + at)
    return adverbs.start() if adverbs else start + at


_STATE = r"\b(?:secara\s+)?(?:tegas|serius|konsisten|transparan|waspada|tenang|patuh|fokus|adil|bijak|sabar|hati-hati|berhati-hati|aktif|jujur|disiplin)\b"
_FINITE = regex.compile(r"(?:(?:tidak|tak|tetap|dapat|bisa|harus|akan|jangan|hanya|lebih|terus|ikut|juga)\s|(?:segera\s+)?(?:me|ber|ter|di)\p{L}{4,}|bebas\s+dari\b)", regex.IGNORECASE)
_DEFINITE = regex.compile(r"\b(?:itu|ini|tersebut)\s*\Z", regex.IGNORECASE)


# “meminta klub itu dibubarkan”: nobody is asked there, it is a clause
_DONE_TO = regex.compile(r"di\p{L}{4,}\b", regex.IGNORECASE)
# “mendorong adopsi …”: an act upon a thing
_PROMPTS = frozenset({"mendorong"})
# “meminta uang sebesar …”, “mendorong karet sebagai …” ask for a thing
_AMOUNT = regex.compile(r"(?:sebagai|sebesar|sebanyak|juga|cukup|menyeluruh)\b", regex.IGNORECASE)


# what somebody is asked to do; “sehat”, “baru” and “terpisah” tell who is asked
_TO_DO = regex.compile(r"(?:(?:me[mnrlwy]|ber(?!tahun|bulan|hari)|di)\p{L}{3,}|tidak|tak|tetap|segera|jangan|harus|wajib)\b", regex.IGNORECASE)


# “meminta percepatan perbaikan untuk memastikan C”, “mengusulkan tambahan anggaran agar C”: what the thing is for
_THING = r"\s*(?:(?:adanya|sejumlah|beberapa|berbagai|\d[\d.,]*)\s+)*(?!perempuan)(?:(?:pe|ke|per)\p{L}{4,}an|\p{L}+isasi|{words:requested})\b"
_AIM = regex.compile(r"\b(?:untuk|agar|supaya|guna|demi)\b", regex.IGNORECASE)
# “meminta pembahasan itu untuk ditunda”
_TO_BE_DONE = regex.compile(r"(?:segera\s+|tidak\s+|tetap\s+)?di\p{L}{4,}", regex.IGNORECASE)


def _asks_for(groups: Groups) -> bool:
    """Whether what is asked for or proposed is a thing, which then has a purpose, not an act of somebody."""
    asked = groups.get("addressee") or groups.get("object") or ""
    aimed = (groups.get("that") or "").casefold() in ("untuk", "agar", "supaya")
    return aimed and bool(grammar.pattern(_THING).match(asked)) and not sources.is_somebody(asked) and not _TO_BE_DONE.match(groups["content"])


_AND = regex.compile(r"\s*(?:dan|serta)\b")


# “mendorong aturan yang menjamin | bahwa C”: the rule ensures it
_THAT_DOES = regex.compile(r"\byang\s+(?:\p{L}+\s+)?me\p{L}{4,}\s*\Z", regex.IGNORECASE)


def _reports_before(groups: Groups) -> bool:
    """“mengaku sudah mengingatkan Y bahwa C”, “menilai wajar jika C”, “meminta Y memeriksa Z agar C”: the content starts before the complementiser."""
    asked = groups.get("addressee") or ""
    if (groups.get("that") or "").casefold() == "bahwa" and _THAT_DOES.search(asked):
        return True
    at = grammar.predicate_at(asked) if asked and not _AND.match(asked) else None
    if at is not None:
        return bool(_TO_DO.match(asked, at))
    between = groups.get("object") or ""
    return bool(between) and grammar.is_clause(between) and not grammar.pattern(r"(?:\s*\b{words:adverbs}\b)*\s*(?:satu\s+hal\b.*)?").fullmatch(between)


_CAUSE = regex.compile(r"(?:karena|sebab|lantaran|bahwa)\W*", regex.IGNORECASE)


# the purpose, the means or the circumstance of what is said, up to the subject of the cue
_FRONTED = regex.compile(
    rf"[^\w{QUOTED}{NOISE}]*(?P<clause>(?:(?:untuk|guna|demi)\s+(?!itu\b|hal\b|diketahui\b)|dengan\s+adanya\s|dalam\s+(?=me[mnrlwy]))"
    rf"[^,.;:{QUOTED}{NOISE}]{{3,160}}),\s[^,.;:{QUOTED}{NOISE}]{{0,120}}$",
    regex.IGNORECASE,
)


def _fronted(scope: Scope, groups: Groups, source: Source) -> tuple[int, int] | None:
    """“Untuk mencegah hal itu, X menyatakan C”: what stands before a subject and belongs to the content of its verb."""
    if groups.get("subject") is None or groups.get("that") is not None or source.span is None or "cue_say" not in scope.cue.lists:
        return None
    found = _FRONTED.match(scope.view, 0, source.span.start)
    return found.span("clause") if found else None


def _antecedent(view: str, start: int, stop: int) -> int:
    """Where the noun phrase starts that a relative clause hangs on: after the last predicate or comma, without prepositions."""
    ends = [m.end() for m in grammar.WORD.finditer(view, start, stop) if grammar.is_predicate(m.group()) and m.group().casefold() != "salah"]
    start = max([start, view.rfind(",", start, stop) + 1, *ends[-1:]])
    return grammar.pattern(r"(?:[\s,]*\b(?:{words:prepositions}|dan|serta|atau|terutama|khususnya|termasuk|bagaimana)\s)*").match(view, start, stop).end()


_CONCEDED = regex.compile(r"\b(?:meski|walau|kendati)(?:pun)?(?!\s+(?:demikian|begitu)\b)\s[^,.]{0,60}\Z", regex.IGNORECASE)


def _pieces(scope: Scope, rule: rules.Rule, match: regex.Match, groups: Groups, source: Source) -> list[tuple[int, int]]:
    """Where the content stands, untrimmed: before the cue, after it, or both."""
    view, pieces = scope.view, []
    if fronted := _fronted(scope, groups, source):
        pieces.append(fronted)
    if groups.get("before"):
        start = grammar.skip_connectives(view, *match.span("before"))
        start = _antecedent(view, start, match.end("before")) if "antecedent" in rule.options else start
        reports = "medial" in rule.options and grammar.pattern(r"\b(?:{verb}|bahwa)[\s,]*$").search(view[: match.end("before")])
        if view[start : match.end("before")].strip(" ,"):
            # “X mengungkapkan, menurut Y, C”: what stands before is another attribution
            dropped = reports or _CAUSE.fullmatch(view, start, match.end("before"))
            pieces.append((start, start) if dropped else (start, match.end("before")))
    for name in ("content", "rest"):
        if groups.get(name) is not None:
            start = match.start("that") if _is_condition(groups) else match.start(name)
            pieces.append((_past_adverbs(view, start), match.end(name)))
    if source.span and pieces and _CONCEDED.search(view, 0, source.span.start):
        main = view.find(",", scope.cue.span.stop)  # “Meski Budi menilai C, Sari menolak”
        pieces[-1] = (pieces[-1][0], main) if main > 0 else pieces[-1]
    if source.stop is not None and "rest" in rule.options:
        pieces.append((_past_adverbs(view, source.stop), len(view)))
    stops = [(start, _content_stop(scope, start, stop)) for start, stop in pieces]
    if stops and grammar.is_listed("claims", scope.cue.stem) and (known := _IN_FACT.search(view, *stops[-1])):
        stops[-1] = (stops[-1][0], known.start())
    if "antecedent" in rule.options and (goes_on := _COPULA_NEXT.search(view, stops[-1][0] + 1, stops[-1][1])):
        stops[-1] = (stops[-1][0], goes_on.start())
    return stops


# “A yang disebut X masuk daftar itu | yakni B”
_COPULA_NEXT = regex.compile(r",?\s(?:yakni|yaitu|adalah|ialah)\b", regex.IGNORECASE)


# “ia menerangkan lagi, C”, “kata dia lagi, C”, “menjelaskan lebih lanjut, C”; not “mengaku juga cemas”
_ADVERBS = regex.compile(r"[\s,]*\b(?:(?:lagi(?!-)|lebih\s+(?:lanjut|jauh|detail|rinci))\b|(?:juga|pula)(?=\s*,))[\s,]*", regex.IGNORECASE)


def _past_adverbs(view: str, start: int) -> int:
    """Where content starts after an adverb of its cue."""
    found = _ADVERBS.match(view, start)
    return found.end() if found else start


_CONDITIONAL = frozenset({"jika", "kalau", "bila"})
_MAIN_CLAUSE = regex.compile(r"(?:,\s*+(?!\d|yang\b|dan\b|atau\b|serta\b|sehingga\b|tetapi\b|tapi\b|namun\b|karena\b|meski|sementara\b|sedangkan\b|agar\b|padahal\b|bahkan\b|termasuk\b|bukan|di\p{L}{4}|me\p{L}{4}|ber\p{L}{3})|\b(?=maka\s|tentunya\s|pastinya\s))(?P<main>[^,.]+)", regex.IGNORECASE)


def _is_condition(groups: Groups) -> bool:
    """“mengatakan, jika A, B”: a condition and its main clause, where “mengungkapkan jika A” has a complementiser."""
    words = groups.get("content")
    if not words or (groups.get("that") or "").casefold() not in _CONDITIONAL:
        return False
    main = _MAIN_CLAUSE.search(words.split(". ")[0])
    return main is not None and grammar.is_clause(words[: main.start()]) and grammar.is_clause(main["main"])


_NO_WORDS = regex.compile(rf"[{QUOTED}\W]*")
_THAT = regex.compile(r"[\s,]*bahwa\b")
_REGARDING = regex.compile(r"(?:terkait|kepada|hal(?!\s+(?:itu|ini|tersebut)\s+(?:karena|lantaran|sebagaimana|sesuai|demi)))\b", regex.IGNORECASE)


def _is_content(scope: Scope, rule: rules.Rule, match: regex.Match, groups: Groups, source: Source, last: Span) -> bool:
    """Whether the (last) part of the content is reported speech: clausal where the rule asks for it, not a noun phrase or a quotation."""
    words = last.of(scope.view)
    lead = scope.view[match.end("subject") : last.start] if groups.get("subject") is not None else scope.view[: last.start]
    if _NO_WORDS.fullmatch(words):
        return False
    if groups.get("that") is None and "," not in lead and _is_nominal(scope.cue, words):
        return False
    if _WHEN_ASKED.match(words):
        return False
    if len(scope.cue.lists & {"cue_inverted", "cue_noun"}) == 2 and groups.get("before") and "," not in scope.view[match.end("before") : scope.cue.span.start]:
        return False  # “meningkatnya klaim BPJS, terutama …”: a noun
    if scope.cue.stem == "mengaku" and words.startswith("sebagai ") or words.split()[0] in ("demikian", "lain", "berikut", "tapi", "tetapi", "namun", "sedangkan", "sementara", "dan", "atau", "serta"):
        return False
    if scope.cue.stem in lexicon.lower("cue_deny") and groups.get("that") is None and grammar.starts_with("nominal", words):
        return False
    if "within" in rule.options and (grammar.starts_with("prepositions", words) or grammar.pattern(r"\b{verb}\b").search(_past_purpose(groups["before"]))):
        return False
    opens = scope.view[: scope.cue.span.start].strip()[-1:] in ("", ",")
    if opens and "rest" in rule.options and "cue_passive" in scope.cue.lists and _is_its_subject(scope.view, source, words):
        return False
    if "other" in rule.options and (_OWN.match(words) or not grammar.predicate_at(_QUITE.sub("", words))):
        return False
    if "clause" not in rule.options or groups.get("that") is not None or groups.get("vow") is not None:
        return True
    if source.stop is not None and _THAT.match(scope.view[source.stop :]):
        return True
    count = len(words.split())
    trusted = scope.view[scope.cue.span.stop :].lstrip().startswith(",") and "," in scope.view[scope.cue.span.stop : last.start + 1] and source.stop is None
    trusted = trusted or scope.cue.stem in lexicon.lower("cue_clausal") or groups.get("agent") is not None and sources.is_named(source.span.of(scope.view))
    opening = bool(scope.cue.lists & OPENING) and grammar.skip_connectives(scope.view, 0, scope.cue.span.start) == scope.cue.span.start
    trusted = trusted or opening and (source.stop is None or scope.view[source.stop :].lstrip().startswith(","))
    if trusted and count >= 3 and not _REGARDING.match(words):
        return True
    return _tells(scope.cue, words) or QUOTED in words and count > 1


_PURPOSE = regex.compile(r"\s*(?:untuk|guna|demi|dengan|dalam|setelah|usai)\s[^,]{3,160},(?=\s)", regex.IGNORECASE)


def _past_purpose(before: str) -> str:
    """“Untuk mendukung A, partai itu”: without the adverbial it opens with, whose verb reports nothing."""
    purpose = _PURPOSE.match(before)
    return before[purpose.end() :] if purpose else before


# “Diperkirakan harga itu masih menurun”
_ACTS = r"{aux}(?P<verb>(?:me|ber)\p{L}{3,})\b"


def _is_its_subject(view: str, source: Source, words: str) -> bool:
    """Whether what follows a passive is its subject, whose own predicate comes next, not its agent."""
    verb = grammar.pattern(_ACTS).match(words) if source.stop is not None and not view[source.stop :].lstrip().startswith((",", "bahwa")) else None
    return verb is not None and grammar.is_predicate(verb["verb"])


# “berkilah saat dikonfirmasi soal itu”: when he said so, not what
_WHEN_ASKED = regex.compile(r"(?:saat|ketika|usai|seusai|setelah)\s+(?:ditanyai?|ditemui|dikonfirmasi|dihubungi|diwawancarai|dimintai?|diinterogasi|diperiksa)\b[^,]*$")


# a predicate that hangs on what stands before: “perpanjangan ketiga, memberikan waktu”, “jadwal dan biasanya dilakukan”
_HANGING = r",\s*(?:tetapi|tapi|namun)\s[^,]{1,60}?|,\s*(?:termasuk|misalnya)\s+|,\s*(?=(?:me|ber|ter)\p{L}{3}|yakni\b)|\b(?:dan|serta|atau)\s+(?:{words:adverbs}\s+)*"
# “ketahanan yang luar biasa, didorong oleh Y”, not “aksi itu, diperkirakan terjadi kemarin”
_DRIVEN = r"(?!(?:{words:cue_passive}|{words:cue_deemed})\b)di\p{L}{4}"
# not the one in “21,2 persen”
_COMMA = regex.compile(r",(?!\d)")
# “90 persen kebakaran karena ulah manusia”: the cause is the predicate
_BECAUSE = regex.compile(r"(?!(?:soal|tentang|terkait|mengenai|kepada|atas|di|pada|dalam|hal|apa|rasa)\b)[^,.;]{8,200}?\s(?:karena|akibat|lantaran|gara-gara)\s\p{L}", regex.IGNORECASE)
# “melaporkan Y ke polisi”, “melaporkan Y atas dugaan C”: an act
_LODGED = regex.compile(r"\b(?:ke|kepada|atas)\s")


def _tells(cue: Cue, words: str) -> bool:
    """Whether content has a predicate with a subject of its own, not a noun phrase that something hangs on."""
    at = grammar.predicate_at(words)
    if words.startswith("kepada "):
        return False
    if at is None:
        spoken = cue.lists & {"cue_say", "cue_think"} and cue.stem not in {*lexicon.lower("cue_deny"), "melaporkan", "laporkan"}
        return bool(spoken and _BECAUSE.match(words)) and not grammar.starts_with("nominal", words)
    lead = words[:at]
    hangs = any(m.end() == at for m in grammar.pattern(_HANGING).finditer(words, 0, at + 7))
    hangs = hangs or lead.rstrip().endswith(",") and bool(grammar.pattern(_DRIVEN).match(words, at))
    if hangs and len(_COMMA.findall(lead)) < 2 and not grammar.starts_with("prepositions", lead):
        return False
    if cue.stem == "melaporkan" and _LODGED.search(lead):
        return False
    return not words.startswith("sebagai ", at) or bool(cue.lists & {"cue_accuse", "cue_think"})


# “ingin sekali ikut”, “berpikir panjang”, “percaya kepada Y”: nobody else's doing
_OWN = regex.compile(r"(?:sekali|panjang|keras|geram|heran|bahagia|lega|puas|prihatin|fokus|\p{L}+\s+(?:lantaran|karena|saat|ketika|setelah|atas|terhadap)|beruntung|ulang|positif|jernih|keberatan|bersyukur|senang|bangga|kecewa|sedih|malu|takut|kepada|pada|(?:dengan|dalam)\b[^,]*$)\b", regex.IGNORECASE)
_QUITE = regex.compile(r"(?:banyak|segera|lebih|terus|tetap|juga|investasi)\s+")


# “adanya kamera tidak menutup celah”: a noun in -nya with its own predicate
_THAT_IT_IS = regex.compile(
    r"(?!penting|perlu)\p{L}+nya\s(?:(?!yang\b|guna\b|untuk\b|agar\b|dan\b)[^\s,.]+\s){1,7}?"
    r"(?:tidak|tak|akan|bakal|dapat|bisa|sudah|telah|harus|merupakan|adalah|menjadi|sekaligus|berarti)\s",
    regex.IGNORECASE,
)


# “… dengan PT X Tbk.PT Y menyatakan”: a sentence that a scraper glued to the one before
_GLUED = regex.compile(r"(?<=[\p{Ll}\ue000-\ue002])\.(?=\p{Lu}\p{Ll}|[\ue000-\ue002])")


_TOPIC = regex.compile(r"(?:soal|tentang|mengenai|perihal|seputar|ihwal)\b", regex.IGNORECASE)
_COMPLEMENTISER = regex.compile(r"\b(?:agar|supaya|bahwa)\b")


def _is_nominal(cue: Cue, words: str) -> bool:
    """A topic (“soal harga”) or a noun that takes a phrase (“pentingnya …”), not a noun phrase with its predicate (“pernyataan itu keliru”)."""
    if _TOPIC.match(words):
        return True
    if grammar.starts_with("cue_noun", words) and _COMPLEMENTISER.search(words):
        return True  # “menyampaikan pesan kepada warga agar C”: the noun is the cue
    words = _GLUED.split(words)[0]
    noun = grammar.pattern(_NOUN).match(words)
    rest = words[noun.end() :].split(maxsplit=1) if noun else []
    if noun is None or rest and rest[0] in ("itu", "tersebut", "ini"):
        return False
    if noun["topic"] is not None:
        return not _COPULA.search(words)
    possessed = noun[0].endswith("nya")
    clausal = cue.stem in lexicon.lower("cue_clausal") and grammar.is_clause(words)  # “berharap dukungan warga bisa membantu”
    if not possessed and rest and (clausal or rest[0] in _FINITE_WORDS):
        return False
    if possessed and _THAT_IT_IS.match(words):
        return False
    return possessed or not rest or grammar.is_predicate(rest[0]) or not grammar.is_clause(words[noun.end() :])


# “ide tidak bisa dipenjara”, “kritik adalah vitamin”: the noun is a subject
_FINITE_WORDS = ("tidak", "tak", "bukan", "adalah", "merupakan", "sudah", "telah", "masih", "belum", "harus", "bisa", "dapat")
# “mengungkapkan beberapa alasan mengapa Y kalah”
_COUNT = r"(?:(?:beberapa|sejumlah|berbagai|dua|tiga|empat|lima|enam|tujuh|\d+)\s+)?"
_NOUN = rf"(?:{{words:nominal}}|{_COUNT}(?P<topic>{{words:topics}}))(?:nya)?\b"
_COPULA = regex.compile(r"\b(?:adalah|ialah|merupakan|yakni|yaitu|karena|lantaran|bukan)\b", regex.IGNORECASE)


# what follows content after a comma without being part of it
_ASIDE = regex.compile(
    r",\s*(?:(?:saat|ketika|usai|seusai)\s+(?:ditemui|dihubungi|dikonfirmasi|ditanya|ditanyai|dijumpai|diwawancarai|jumpa|konferensi)\b[^.]*"
    r"|(?:seperti|sebagaimana|demikian)?\s*(?:dilaporkan|dikutip|dilansir|diberitakan|diwartakan|mengutip|melansir)\b[^.]*"
    r"|(?:dalam|lewat|melalui)\s+(?:keterangan|siaran|pernyataan|rilis|sambungan|pesan)\s?\p{L}*\b[^.]*)(?:\.\s*)?$",
    regex.IGNORECASE,
)
# a second cue with the same subject, or one set against it with its own
_SECOND_CUE = (
    r"(?=[\s,]+(?:dan|serta|sambil|seraya|sembari|tetapi|tapi|sedangkan|sementara|adapun|namun)\s)(?:"  # tried where it may start only
    r"(?P<second>[\s,]+(?:dan|serta|sambil|seraya|sembari|tetapi|tapi)\s+{aux}(?:{words:cue_say}|{words:cue_request})"
    r"(?<!menyebut|menyebutkan|mengatakan|meminta|minta|mengajak|melaporkan|mengungkap|memperingatkan|memastikan|mendorong)\b)"
    r"|[\s,]+(?:sambil|seraya|sembari|tetapi|tapi)\s+{aux}(?:{words:cue_say}|{words:cue_request})\b(?!\s+(?:bantuan|maaf))"
    r"|[\s,]+dan\s+{aux}(?:berharap|menilai)\b|[\s,]+dan\s+(?:berjanji|bertekad|berkomitmen)\b"
    r"|[,\s]\s*(?:sedangkan|sementara)\s+(?:[^\s,]+\s+){0,6}?{name}\s+{aux}(?:{words:cue_say}|{words:cue_think})\b"
    # “…, sementara polisi menuduh D”
    r"|,\s*(?:sedangkan|sementara|adapun|namun|tetapi|tapi)\s+(?P<other>(?!(?:yang|untuk|jika|kalau|bila|saat|ketika|di|pada|dalam)\b)(?:[^\s,.]+|\d+[.,]\d+)(?:\s+(?!(?:yang|untuk|agar|bahwa)\b)(?:[^\s,.]+|\d+[.,]\d+)){0,6}?)\s+{aux}(?:{words:cue_say}|{words:cue_think}|{words:cue_accuse})\b)"
)


# an attribution whose quotation the scraper lost: “C. ujar X.”
_ORPHAN = r"\.\s+(?:{words:cue_inverted})(?:nya\b|\s+(?:{ranks}*{name}|(?:dia|ia|beliau)\b|{words:roles}\b))"


_OWN_CUE = r"\b(?:{words:cue_say}|{words:cue_think}|{words:cue_accuse})\b"
# “mengaku bekerja sebagai dokter, padahal ia penjahit”: what those who report it know better
_IN_FACT = regex.compile(r",?\s+padahal\s", regex.IGNORECASE)


def _content_stop(scope: Scope, start: int, stop: int) -> int:
    """Content ends before what another attribution uses up, before a second cue, and before an aside."""
    view = scope.view
    noise = view.find(NOISE, start, stop)
    stop = noise if noise > start else stop
    second = any(start < cue.span.start < stop for cue in scope.cues)
    for bound in (grammar.pattern(_ORPHAN), grammar.pattern(_SECOND_CUE) if second else None, _ASIDE):
        match = bound.search(view, start, stop) if bound else None
        if match and match.start() > start and _ends(match, view[start : match.start()], view[match.end() : stop]):
            stop = match.start()
    return stop


def _ends(bound: regex.Match, before: str, rest: str) -> bool:
    """Whether what bounds content does: a second cue has content, one of somebody else is set against the content's own cue, not against one in it."""
    groups = bound.groupdict()
    if groups.get("other"):
        return sources.is_somebody(groups["other"]) and not grammar.pattern(_OWN_CUE).search(before)
    return not groups.get("second") or _goes_on(rest)


_WITH_CONTENT = regex.compile(r"\s*(?:,|:|bahwa\b|[^.]*\b(?:agar|supaya|untuk)\b)")


def _goes_on(words: str) -> bool:
    """Whether a second cue has content of its own: “… dan mengakui perbuatannya” tells what the content's subject did."""
    return grammar.is_clause(words) or bool(_WITH_CONTENT.match(words))


_DATELINE = regex.compile(r"\W*(?:\ue002+|\p{Lu}{3,}[\p{L}.]*)[^.\n]{0,60}?\s[–—-]{1,2}\s")


def _sentence_before(scope: Scope) -> tuple[Span, ...]:
    """What “Hal itu” points to: the statement before, unless a quote of it is found already."""
    if scope.previous is None:
        return ()
    span = scope.previous.span
    if any(part.overlaps(span) for q in scope.found for part in (*q.content, q.cue) if part):
        return ()
    view = scope.article.view(span)
    dateline = _DATELINE.match(view)
    start = grammar.skip_connectives(view, dateline.end() if dateline else 0, len(view))
    content = grammar.trim(span.of(scope.article.text), view, start, len(view))
    return (content.shift(span.start),) if content and grammar.is_clause(content.of(view)) else ()


def _follows_words(scope: Scope) -> bool:
    """Whether the statement before is somebody's words."""
    before = scope.previous and scope.previous.span
    return bool(before) and any(before.overlaps(q.cue or q.content[-1]) for q in scope.found)


def _leads_to_quotation(scope: Scope) -> bool:
    """Whether the next statement opens with a quotation."""
    statements = scope.article.statements
    after = bisect_right(statements, scope.span.start, key=lambda s: s.span.start)
    here = after and statements[after - 1].span == scope.span
    following = statements[after] if here and after < len(statements) else None
    return bool(following and following.quotations and following.quotations[0].span.start == following.span.start)


def _judges(scope: Scope, match: regex.Match) -> bool:
    """“Letusan itu dinilai kecil”: a judgement as the main clause, not “Fenomena itu disebut aurora”, “warga menolak karena dianggap mahal”."""
    subject = scope.view[: scope.cue.span.start]
    if not subject[grammar.skip_connectives(subject, 0, len(subject)) :].strip(" ,") or grammar.is_clause(subject) or _RELATIVE.search(subject):
        return False
    if scope.cue.stem == "diharapkan":
        return grammar.is_clause(match["content"])  # “Dengan itu diharapkan harga turun”
    return scope.cue.stem == "dinilai" or grammar.predicate_at(match["content"]) == 0


_RELATIVE = regex.compile(r"\byang(?:\s+\p{L}+)?\s*\Z", regex.IGNORECASE)


_POINTS = r"{pointer}\s+{aux}{passive}\s+(?:oleh\s+)?{ranks}*(?:{name}|{words:roles}\b)"


def _is_alone(article: Article, relayed: Quote, quotes: list[Quote]) -> bool:
    """A medium is a source only where nobody else is one in its content, nor says something as its main clause."""
    if any(part.overlaps(q.cue or q.content[0]) for q in quotes if q is not relayed for part in relayed.content):
        return False
    view = article.view(relayed.content[0])
    if grammar.pattern(_POINTS).match(view):
        return False  # “Dilansir Antara, hal itu disampaikan Budi”
    verb = grammar.predicate_at(view)
    return verb is None or not grammar.starts_with("cue_say cue_think", view[verb:])


_TITLED = regex.compile(
    r"\b(?:berjudul|bertajuk|bertema|bernama|film|lagu|buku|novel|album|berita|artikel|program|acara|tema|drama|serial|sinetron|istilah|kata)\s*\W?$",
    regex.IGNORECASE,
)


_QUOTED = regex.compile(rf"{QUOTED}+")


def _quotes_words(scope: Scope, part: Span) -> bool:
    """Whether content holds quoted words, titles and single terms apart."""
    text = scope.article.text
    for match in _QUOTED.finditer(part.shift(-scope.span.start).of(scope.view)):
        start, stop = part.start + match.start(), part.start + match.end()
        if len(text[start:stop].split()) > 1 and not _TITLED.search(text[max(0, start - 30) : start]):
            return True
    return False
