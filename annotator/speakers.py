"""Who said it: the source of a quote to a speaker of the article, through names, roles, pronouns and -nya.

Small opinions in order: the first step that knows speaks, and its name is the attribution's rule (data/rules/speakers.toml
says each in a sentence). Unknown is an answer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import regex

from annotator import confidence, grammar, lexicon, roles, rules, sources
from annotator.document import Attribution, Candidate, Entity, Quote, Role, Span, Zone
from annotator.grammar import LOC, NAME, NOISE, ORG, PER

# a name this many characters before a quote counts half as much as one right before it
NEAR = 400


@dataclass(frozen=True, slots=True)
class Found:
    """One step's answer: the speaker's span, its kind, entity and role, why, and who else came into question.

    `limit` bounds its confidence: who is the speaker of an earlier quote again is no surer than that one was.
    """

    speaker: Span | None
    kind: str | None
    entity: int | None
    role: Role | None
    rule: str
    candidates: tuple[Candidate, ...] = ()
    limit: float = 1.0

    def again(self, rule: str, candidates: tuple[Candidate, ...] | None = None) -> Found:
        """The same speaker for another reason."""
        limit = min(self.limit, confidence.of_speaker(self.rule))
        return replace(self, rule=rule, candidates=self.candidates if candidates is None else candidates, limit=limit)


@dataclass(frozen=True, slots=True)
class Scene:
    """The article: its text, masked text, entities, quotations and what is no prose."""

    text: str
    masked: str
    entities: tuple[Entity, ...]
    apart: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One quote to attribute: the words of its source, who holds the quote around it, and who spoke before, the latest first.

    `told` when the quote around it is in its speaker's own words, in which “dia” is somebody else.
    """

    scene: Scene
    quote: Quote
    words: str
    names: tuple[tuple[Span, int], ...]
    nested: bool
    told: bool
    holder: Found | None
    before: tuple[tuple[Quote, Found, bool], ...]

    @property
    def start(self) -> int:
        return _place(self.quote)

    @property
    def kind(self) -> str:
        return kind_of(self.words, self.quote.source.of(self.scene.masked))


def attribute(text: str, masked: str, entities: tuple[Entity, ...], quotes: tuple[Quote, ...], zones: tuple[Zone, ...] = ()) -> tuple[Attribution, ...]:
    """One attribution per quote, in the same order; `parent` is the innermost quote whose content holds it."""
    quoted = (part for q in quotes if q.type == "direct" for part in q.content)
    scene = Scene(text, masked, entities, (*quoted, *(z.span for z in zones)))
    parents = [_parent(quotes, i) for i in range(len(quotes))]
    found: dict[int, Found] = {}
    before: list[tuple[Quote, Found, bool]] = []
    for i in sorted(range(len(quotes)), key=lambda i: _place(quotes[i])):
        for j in (parents[i], i):  # “… dia bilang ‘C’, …” kata X: the parent's source may follow
            if j is not None and j not in found:
                found[j] = _first_answer(_turn(scene, quotes, j, parents[j], found, before))
        before.insert(0, (quotes[i], found[i], parents[i] is not None))
    taken_up = [f for f in found.values() if f.role and f.role.rule == "role.taken_up"]
    offices = {f.entity: f.role for f in sorted(taken_up, key=lambda f: f.role.span.start, reverse=True)}  # the first of several
    return tuple(
        Attribution(q, f.speaker, f.kind, f.entity, offices.get(f.entity, f.role) if _may_be_outdone(f.role) else f.role, parents[i], min(confidence.of(q.rule, f.rule), f.limit), f.rule, f.candidates)
        for i, q in enumerate(quotes)
        for f in (found[i],)
    )


def _turn(scene: Scene, quotes: tuple[Quote, ...], i: int, parent: int | None, found: dict[int, Found], before: list) -> Turn:
    quote = quotes[i]
    source = quote.source
    here = _place(quote)
    words = source.of(scene.text).casefold() if source else ""
    names = tuple((m.span, e) for e, entity in enumerate(scene.entities) for m in entity.mentions if source.overlaps(m.span)) if source else ()
    # a tie in place is two cues of one source: neither spoke before the other
    earlier = tuple(one for one in before if _place(one[0]) < here)
    told = parent is not None and quotes[parent].type == "direct"
    return Turn(scene, quote, words, names, parent is not None, told, found.get(parent) if parent is not None else None, earlier)


def _place(quote: Quote) -> int:
    """Where a quote is attributed: at its source or cue, else at its content."""
    return (quote.source or quote.cue or quote.content[0]).start


def _parent(quotes: tuple[Quote, ...], i: int) -> int | None:
    """The innermost quote whose content holds this one and its cue."""
    content, cue = quotes[i].content[0], quotes[i].cue
    holders = [
        (part.stop - part.start, j)
        for j, other in enumerate(quotes)
        for part in other.content
        if j != i and part != content and part.contains(content) and (cue is None or part.contains(cue))
    ]
    return min(holders)[1] if holders else None


def _first_answer(turn: Turn) -> Found:
    """What the first step says that knows. A quote without a source of its own goes to the discourse at once."""
    if turn.quote.source is None:
        return _discourse(turn, "nya" if turn.quote.cue else "floating") or Found(None, None, None, None, "unknown")
    return next(answer for step in STEPS if (answer := step(turn)))


# --------------------------------------------------------------------------------------------------------------- names


def _named(scene: Scene, entity: int, rule: str, candidates: tuple[Candidate, ...] = ()) -> Found:
    e = scene.entities[entity]
    person = e.type == "PER"
    return Found(e.name, "person" if person else "organisation", entity, roles.nearest(scene.text, e) if person else None, rule, candidates)


# read from the end, where `match` holds it
_RELATED_TO = r"(?r)(?<![\w-]){ends:relations}(?:\s+{ends:relation_words})*(?:\s+dari)?\s+(?:(?:{ends:ranks}|{ends:roles})\s+)*"


def by_relation(turn: Turn) -> Found | None:
    """“Juru bicara Budi” is whoever the article calls so elsewhere, not Budi; “putra sulung Budi itu”, so never called, is whoever the text speaks of."""
    scene, source = turn.scene, turn.quote.source
    related = grammar.pattern(_RELATED_TO).match(scene.masked, max(0, source.start - 60), source.start)
    if not related:
        return None
    phrase = scene.text[related.start() : source.stop].casefold()
    known = (i for i, e in enumerate(scene.entities) if any(role.span.of(scene.text).casefold() == phrase for role in e.roles))
    found = next(known, None)
    if found is not None:
        return _named(scene, found, "role")
    taken_up = turn.names and _TAKEN_UP_HERE.match(scene.masked, source.stop)
    meant = _discourse(turn, "description") if taken_up else None
    owners = {entity for _, entity in turn.names}
    return meant if meant and meant.kind == "person" and meant.entity not in owners else None


_TAKEN_UP_HERE = regex.compile(r"\s+(?:itu|ini|tersebut)\b")


def by_name(turn: Turn) -> Found | None:
    """The source is a name."""
    source = turn.quote.source
    for span, entity in turn.names:
        if span.start <= source.start + 1 and span.stop >= source.stop - 1:
            return _named(turn.scene, entity, "name")
    return None


@functools.cache
def _cut_roles() -> dict[str, str]:
    """Offices as a scraper leaves them that loses the letter before a comma: “Menurut kapolre. C”."""
    return {role[:-1]: role for role in lexicon.lower("roles") if len(role) > 5 and " " not in role}


def by_cut_role(turn: Turn) -> Found | None:
    """The source is an office without its last letter."""
    scene, source = turn.scene, turn.quote.source
    cut = turn.words in _cut_roles() and scene.text.startswith(".", source.stop) and grammar.loses_commas(scene.text)
    return by_role(replace(turn, words=_cut_roles()[turn.words])) if cut else None


def by_names(turn: Turn) -> Found | None:
    """The source is several people."""
    people = [entity for _, entity in turn.names if turn.scene.entities[entity].type == "PER"]
    return Found(turn.quote.source, "group", None, None, "names") if len(people) > 1 else None


# ------------------------------------------------------------------------------------------------------------ pronouns


def by_plural(turn: Turn) -> Found | None:
    """“mereka”: who the sentence before is about, else the group that spoke last or is named last, else the institution that spoke last."""
    if turn.names or turn.words not in ("mereka", "keduanya"):
        return None
    if several := _several_before(turn):
        return several
    if group := _last_of(turn, "group"):
        return group.again("pronoun.plural", ())
    if group := _last_group(turn):
        return group
    if institution := _last_of(turn, "organisation"):
        return institution.again("pronoun.plural", ())
    return Found(turn.quote.source, "group", None, None, "pronoun.unresolved")


_FRONTED = r"^(?:{words:prepositions}|{words:days})\b[^,]*,\s*"
_JOINED = regex.compile(rf"(?:{PER}+(?:\s\([^()]{{1,20}}\))?,\s)?{PER}+(?:\s\([^()]{{1,20}}\))?,?\s(?:dan|serta)\s(?:[^\s.,]+\s){{0,12}}?{PER}+|[{ORG}{LOC}]+\s(?:dan|serta)\s[{ORG}{LOC}]+")
_BOTH = regex.compile(r"(?:kedua|pasangan|pasutri)\s", regex.IGNORECASE)
_MANY = r"(?:{words:groups}|{words:crowds}|{words:institutions})\b"


def _several_before(turn: Turn) -> Found | None:
    """The group or institution that opens the sentence before or the one before that, or the two people it names."""
    scene = turn.scene
    starts = _sentence_starts(scene, turn.start, 2 * NEAR)
    spans = [Span(a, b) for a, b in zip(starts, starts[1:]) if a < b][-2:]
    told = [span for span in spans if not any(part.overlaps(span) for part in scene.apart)]
    for sentence in reversed(told if turn.words == "mereka" else told[-1:]):
        if found := _several(turn, sentence):
            return found
    return None


def _several(turn: Turn, sentence: Span) -> Found | None:
    """The group or the institution a sentence is about, or the people it joins by “dan”."""
    masked = turn.scene.masked
    start = grammar.skip_connectives(masked, sentence.start, sentence.stop)
    fronted = grammar.pattern(_FRONTED).match(masked[start : sentence.stop])
    start += fronted.end() if fronted else 0
    rest = masked[start : sentence.stop]
    joined = list(_JOINED.finditer(masked, sentence.start, sentence.stop))
    if joined and (turn.words == "keduanya" or joined[0].start() == start):
        return Found(Span(*joined[-1].span()), "group", None, None, "pronoun.plural")
    institution = next((e for e, entity in enumerate(turn.scene.entities) if entity.type == "ORG" and any(m.span.start == start for m in entity.mentions)), None)
    if institution is not None and turn.words == "mereka":
        return _named(turn.scene, institution, "pronoun.plural")
    many = grammar.pattern(_MANY).match(rest) if turn.words == "mereka" else _BOTH.match(rest)
    subject = rest[: grammar.predicate_at(rest) or 0]
    phrase = subject.split(",")[0].rstrip()
    one = PER in subject and not grammar.starts_with("institutions", phrase) or grammar.starts_with("pronouns", phrase)
    if many and phrase and not one and len(phrase.split()) < 12:
        return Found(Span(start, start + len(phrase)), "group", None, None, "pronoun.plural")
    people = [m for m in joined if PER in m.group()]
    return Found(Span(*people[-1].span()), "group", None, None, "pronoun.plural") if people else None


def _last_of(turn: Turn, kind: str) -> Found | None:
    """The speaker of a kind who spoke last."""
    return next((earlier for q, earlier, _ in turn.before if earlier.kind == kind and not _is_relay(q)), None)


def _is_relay(quote: Quote) -> bool:
    """Whether a quote is a medium's own: it speaks to the reader, not in the story."""
    return quote.rule.startswith("indirect.relay")


def by_pronoun(turn: Turn) -> Found | None:
    """“dia”, “ia”, “beliau”: within somebody's report the one who speaks it, in their own words another, else the discourse. “pihaknya” is the last speaker."""
    if turn.names or not grammar.starts_with("pronouns", turn.words):
        return None
    if turn.told and turn.words in ("dia", "ia", "beliau"):
        return _another(turn)
    if turn.holder and turn.holder.kind == "person":
        return turn.holder.again("pronoun.holder")
    if turn.words.startswith("pihaknya") and (last := _last_speaker(turn)):
        return last.again("pihaknya", ())
    return _discourse(turn, "pronoun") or Found(None, None, None, None, "unknown")


def _another(turn: Turn) -> Found:
    """The person named last before a place who is not the one who speaks there."""
    holder = turn.holder.entity if turn.holder else None
    others = [e for e, _ in _recent(turn.scene, turn.start, "PER") if e != holder]
    return _named(turn.scene, others[0], "pronoun.another") if others else Found(None, None, None, None, "unknown")


def by_first_person(turn: Turn) -> Found | None:
    """“saya” within a quote: whoever speaks it."""
    if turn.holder and not turn.names and grammar.starts_with("first_person", turn.words) and not grammar.starts_with("second_person", turn.words):
        return turn.holder.again("first_person")
    return None


_CAPITALISED = regex.compile(r"\p{Lu}\p{L}{2,}")


def by_surname(turn: Turn) -> Found | None:
    """A capitalised word that the tagger passed over and that is part of one person's name."""
    word = turn.quote.source.of(turn.scene.text)
    if turn.names or not _CAPITALISED.fullmatch(word):
        return None
    known = [i for i, e in enumerate(turn.scene.entities) if e.type == "PER" and word in e.name.of(turn.scene.text).split()]
    return _named(turn.scene, known[0], "surname") if len(known) == 1 else None


def by_rest_of_group(turn: Turn) -> Found | None:
    """“sebagian dari mereka”."""
    return _last_group(turn) if turn.words.endswith("mereka") and turn.kind == "group" else None


_GROUP = regex.compile(r"(?<!\w)(para|sejumlah|beberapa|sebagian|seluruh|kedua|ketiga|puluhan|ratusan|ribuan)\s+(\w+(?:-\w+)?)", regex.IGNORECASE)


def _last_group(turn: Turn) -> Found | None:
    """The group named last before a plural pronoun, within some sentences."""
    start = turn.quote.source.start
    matches = [m for m in _GROUP.finditer(turn.scene.text, max(0, start - 500), start) if m[1].casefold() == "para" or grammar.starts_with("roles groups crowds relations", m[2])]
    return Found(Span(*matches[-1].span()), "group", None, None, "pronoun.group") if matches else None


# ------------------------------------------------------------------------------------------------------------- phrases


_AROUND_OFFICE = regex.compile(r"^sang\s+|\s+(?:itu|tersebut|ini|pun|juga)$")
_INDEFINITE = regex.compile(r"(?:seorang|sebuah|para|beberapa|sejumlah)\b")


def by_role(turn: Turn) -> Found | None:
    """“Kapolres”, “Menlu itu”: the person who holds that role here; the nearest earlier mention of the role wins."""
    bare = _AROUND_OFFICE.sub("", turn.words)
    if not grammar.starts_with("roles", bare) or _INDEFINITE.match(bare):
        return None
    if bare == turn.words and " " not in bare and grammar.starts_with("groups crowds", bare):
        return None  # “mahasiswa menilai …” are students, not the one who was introduced
    known = _DEICTIC.search(turn.words)  # “anggota dewan ini” is nobody who is introduced later
    best: tuple[int, int] | None = None
    for number, entity in enumerate(turn.scene.entities):
        if known and entity.mentions[0].span.start > turn.start:
            continue
        for role in entity.roles:
            office = role.span.of(turn.scene.text).casefold()
            if _holds(office, bare.split()):
                distance = turn.quote.source.start - role.span.start
                key = (distance if distance > 0 else 100_000 - distance, number)
                best = min(best, key) if best else key
    return _named(turn.scene, best[1], "role") if best else None


_WORD = regex.compile(r"\w+")


def _holds(office: str, asked: list[str]) -> bool:
    """Whether somebody with an office is what is asked for: not a “calon presiden” a “presiden”, but a “Menteri Perindustrian (Menperin)” a “menperin”.

    An office, its clipped form (“Menlu”) and its synonyms (“Kepala Negara”) are one.
    """
    if f"({asked[0]})" in office and set(asked) <= set(_WORD.findall(office)):
        return True
    held, asked = _in_one_word(office), _in_one_word(" ".join(asked))
    for i, word in enumerate(held):
        if word == asked[0] or grammar.is_clipped(asked[0], held[i:]):
            known = set(asked[1:]) <= set(held)
        else:
            known = len(asked) <= LONGEST and grammar.is_clipped(word, asked)
        if known:
            lead = held[:i]
            return len(lead) < 3 and (lead in _ACTING or not grammar.starts_with("roles", " ".join(lead)))
    return False


def _in_one_word(office: str) -> list[str]:
    """The words of an office, those that have a synonym in its terms."""
    for words, pattern, other in _synonyms():
        if words in office:
            office = pattern.sub(other, office)
    return _WORD.findall(office)


@functools.cache
def _synonyms() -> tuple[tuple[str, regex.Pattern, str], ...]:
    pairs = (entry.casefold().split(" = ") for entry in lexicon.words("role_synonyms"))
    return tuple((words, regex.compile(rf"\b{regex.escape(words)}\b"), other) for words, other in pairs)


# no clipped word stands for more words than “Menteri Energi dan Sumber Daya Mineral” has
LONGEST = 6
_ACTING = (["plt"], ["plh"], ["pj"], ["pjs"], ["penjabat"])


_KNOWN = regex.compile(r"(?:sang\s+)?(.*\S)(?<!\b(?:kala|saat|waktu|ketika|masa))\s+(?:itu|tersebut|ini|yang sama)(?:pun)?$")
_SANG = regex.compile(r"sang\s+(.*\S)$")


def _definite(turn: Turn) -> str | None:
    """The head of “X itu”, “sang X”: a phrase for somebody who is known."""
    match = _KNOWN.match(turn.words) or _SANG.match(turn.words)
    return match[1] if match else None


_GOES_ON_TO = r"(?P<rest>(?!\s*,?\s*{words:prepositions}\b|\s*,(?!\s\p{Lu}))[^.;:?!\n\ue000]{1,100}?\s(?:itu|ini|tersebut))(?=\s*[.;\n]|\s+(?:{verb}|{words:prepositions})\b|\s*$)"


def _described(turn: Turn) -> str | None:
    """The words of a phrase whose “itu” stands after a bracket, a title or a list: “kata Menteri Bidang Politik, Hukum, dan Keamanan itu”."""
    masked, stop = turn.scene.masked, turn.quote.source.stop
    known = grammar.starts_with("roles descriptions", turn.words) and not turn.names
    found = grammar.pattern(_GOES_ON_TO).match(masked, stop, stop + 110) if known else None
    return turn.words if found and not grammar.is_clause(_BRACKETED.sub(" ", found["rest"])) else None


_BRACKETED = regex.compile(r"\([^()]{0,80}\)|[\"“][^\"”]{0,80}[\"”]")


def by_repetition(turn: Turn) -> Found | None:
    """“saksi itu”: an unnamed speaker who was quoted before; “lembaga itu”: the institution quoted before."""
    head = _definite(turn)
    if head is None:
        return None
    asked = set(head.split())
    for _, earlier, _ in turn.before:
        words = earlier.speaker.of(turn.scene.text).casefold() if earlier.speaker and earlier.entity is None else ""
        known = set(words.split()) | ({"akun"} if words.startswith("@") else set())
        if words and (asked <= known or turn.kind == "person" and "yang" in asked and head.split()[0] in known):
            return earlier.again("phrase.again", ())
        other = earlier.entity is not None and _FIRM.match(head) and _is_medium(turn.scene, earlier.entity)
        if turn.kind == "organisation" and earlier.kind == "organisation" and len(asked) < 3 and not other:
            return earlier.again("institution.again", ())
    return None


def by_institution(turn: Turn) -> Found | None:
    """“lembaga itu”: the institution named last; “perseroan”: the firm that spoke last, or whose officer did, else the one named most."""
    firm = bool(_FIRM.match(turn.words))
    if turn.kind != "organisation" or _definite(turn) is None and turn.words != "perseroan":
        return None
    recent = [(e, far) for e, far in _recent(turn.scene, turn.quote.source.start, "ORG") if not (firm and _is_medium(turn.scene, e))]
    spoke = _firm_speaking(turn, {e for e, _ in recent}) if firm else None
    if spoke is not None:
        return _named(turn.scene, spoke, "institution.recent")
    if turn.words == "perseroan" and recent:
        return _named(turn.scene, max(recent, key=lambda one: len(turn.scene.entities[one[0]].mentions))[0], "institution.recent")
    return _named(turn.scene, recent[0][0], "institution.recent") if recent and recent[0][1] < 2 * NEAR else None


_FIRM = regex.compile(r"(?:perseroan|perusahaan|emiten|bank|maskapai)\b")


def _firm_speaking(turn: Turn, known: set[int]) -> int | None:
    """The institution of whoever reports, or spoke last: it itself, the one in its phrase, or the one in the speaker's office."""
    last = [f for q, f, _ in turn.before[:1] if turn.start - q.content[-1].stop < NEAR]
    for found in [f for f in (turn.holder, *last) if f and f.speaker]:
        spans = (found.speaker, found.role.span) if found.role else (found.speaker,)
        named = (e for e in known if any(s.overlaps(m.span) for s in spans for m in turn.scene.entities[e].mentions))
        if (entity := next(named, None)) is not None:
            return entity
    return None


def _is_medium(scene: Scene, entity: int) -> bool:
    return scene.entities[entity].name.of(scene.text) in lexicon.words("media")


def by_introduction(turn: Turn) -> Found | None:
    """“pria tersebut”: where “seorang pria” was first mentioned."""
    head = _definite(turn)
    if head is None:
        return None
    before = turn.scene.text[: turn.quote.source.start]
    if head not in before.casefold():
        return None
    first = regex.search(rf"(?<!\w)(?:seorang|sebuah|sejumlah|beberapa|para|salah\s+(?:satu|seorang))\s+{regex.escape(head)}(?!\w)", before, regex.IGNORECASE)
    return Found(Span(*first.span()), turn.kind, None, None, "phrase.again") if first else None


# “survei nasional LSI”, “laporan yang dirilis BMKG”, “Undang-Undang Nomor 2 Tahun 2002 tentang Kepolisian”
_IN_FULL = (
    r"\b(?P<name>(?P<head>(?:hasil\s+)?{words:documents}))\s+(?:(?!{words:prepositions}\b(?<!oleh|dari)|(?:itu|ini|tersebut|dan|atau)\b)\p{L}[\p{L}-]*\s+){0,3}?"
    rf"(?:(?:yang\s+)?di\p{{Ll}}{{4,}}\s+(?:oleh\s+)?)?(?:{NAME}+(?:\s*\([^()]{{1,40}}\))?|(?:\([^()]{{1,20}}\)\s+)?(?:Nomor|No\.?)\s+\d+(?:\s+Tahun\s+\d{{4}})?(?:\s+tentang\s+(?:(?!\syang\b)[^.,;:\"”\n]){{3,120}})?)"
)

_ACCOUNT_OF = rf"\b(?P<head>akun)\s+(?:(?:\p{{L}}+|{NAME}+)\s+){{0,4}}?(?P<name>@[\w.*]*[\w*])"


# “BMKG merilis laporan terbaru”
_ISSUED_BY = rf"(?P<name>{ORG}+)(?:\s*\([^()]{{1,40}}\))?\s+{{aux}}{{issuing}}\s+(?:sebuah\s+)?(?:hasil\s+)?(?P<head>{{words:documents}})(?:nya)?\b"


_EXCERPT = regex.compile(r"(?:kutipan|petikan)\s+(?:dari\s+)?(?=\p{L})")


def by_document(turn: Turn) -> Found | None:
    """“survei itu”, “kutipan Keppres tersebut”: the text of that kind that was last named in full, or else the institution that issued it, or spoke last of “survei yang sama”."""
    if turn.kind != "document" or turn.names:
        return None
    excerpt = _EXCERPT.match(turn.words)
    text = replace(turn, words=turn.words[excerpt.end() :]) if excerpt else turn
    head = _definite(text)
    for known in () if head is None else (_ACCOUNT_OF,) if head == "akun" else (_IN_FULL, _ISSUED_BY):
        found = grammar.pattern(known).finditer(turn.scene.masked, max(0, turn.start - 3 * NEAR), turn.start)
        named = [m for m in found if m["head"].casefold() == head or (words := turn.scene.text[m.start("head") : m.end()].casefold()).startswith(f"{head} ") or f"({head})" in words]
        if named and known == _ISSUED_BY:
            issuer = next((e for e, entity in enumerate(turn.scene.entities) if any(m.span.start == named[-1].start("name") for m in entity.mentions)), None)
            return _named(turn.scene, issuer, "institution.recent") if issuer is not None else None
        if named:
            return Found(Span(named[-1].start("name"), named[-1].end()), turn.kind, None, None, "phrase.again")
    if excerpt:
        return Found(Span(turn.quote.source.start + excerpt.end(), turn.quote.source.stop), turn.kind, None, None, "phrase")
    last = _last_of(turn, "organisation") if turn.words.endswith(" yang sama") else None
    return last.again("institution.again", ()) if last else None


_AGENT = regex.compile(r"(?!pemerintah|perusahaan)pe(?:m|n|ng|ny|l)\p{L}{3,}(?<!an)\b", regex.IGNORECASE)


def by_description(turn: Turn) -> Found | None:
    """“pria asal Portugal itu”, “mantan jenderal itu”: whoever the text speaks of."""
    head = _definite(turn) or _described(turn)
    if head is None or turn.nested or turn.kind != "person":
        return None
    office = grammar.starts_with("roles", head)
    sang = turn.words.startswith("sang ")
    if sang and (grammar.starts_with("relations", head) or not office and len(head.split()) > 1):
        return None
    if not (office or _AGENT.match(head) or grammar.starts_with("descriptions", head)):
        return None
    known = _discourse(turn, "description")
    if not (known and known.kind == "person" and known.entity is not None):
        known = None if sang else _last_subject(turn, "description")
    return replace(known, role=_taken_up(turn)) if known and _may_be_outdone(known.role) and office else known


def _may_be_outdone(role: Role | None) -> bool:
    """Whether an office that takes a person up later counts more: where none is known, or one that a sentence merely tells of."""
    return role is None or role.rule == "role.held"


def _taken_up(turn: Turn) -> Role | None:
    """The office in a phrase that takes a person up: “Kepala BPS itu”; not “korban tersebut”."""
    source = turn.quote.source
    words = source.of(turn.scene.text)
    rest = _described(turn) and not _DEICTIC.search(words) and grammar.pattern(_GOES_ON_TO).match(turn.scene.masked, source.stop, source.stop + 110)
    if rest:
        words = turn.scene.text[source.start : rest.end("rest")]
    end = _DEICTIC.search(words) and grammar.pattern(_OFFICE_END).search(words)
    if not end or grammar.starts_with("parties", words):
        return None
    return Role(Span(source.start, source.start + end.start()), None, "role.taken_up")


# “Pemain [yang baru datang itu]”
_OFFICE_END = r"\s+(?:(?:itu|tersebut|ini)$|{words:role_stop}\b)"


def _last_subject(turn: Turn, rule: str) -> Found | None:
    """Whoever opened a sentence last, where an unnamed speaker came between."""
    subject = next(_subjects(turn.scene, max(0, turn.start - NEAR), turn.start), None)
    return _named(turn.scene, subject[0], f"{rule}.subject") if subject else None


_ONE = regex.compile(r"(?:(?:seorang|sang|salah\s+(?:satu|seorang))\s+)?")


def by_itself(turn: Turn) -> Found:
    """A source that is never named is its own phrase."""
    one = _ONE.match(turn.words).end()
    office = turn.kind == "person" and grammar.starts_with("roles", turn.words[one:])
    role = Role(Span(turn.quote.source.start + one, turn.quote.source.stop), None, "role.itself") if office else None
    return Found(turn.quote.source, turn.kind, None, role, "phrase")


STEPS = (
    by_relation, by_cut_role, by_name, by_plural, by_pronoun, by_first_person, by_names, by_surname, by_role, by_rest_of_group,
    by_repetition, by_institution, by_introduction, by_document, by_description, by_itself,
)  # fmt: skip

_QUANTIFIER = regex.compile(r"^(?:sejumlah|beberapa|sebagian|seluruh|semua|kedua|ketiga|banyak|para|sebuah|suatu)\s+")
_DEICTIC = regex.compile(r"\s(?:itu|tersebut|ini)$")


_COUNTED = regex.compile(r"(?:(?:sisanya|sebanyak|sekitar|hampir|lebih dari)\s+){0,2}\d[\d.,]*\s+persen\b")


_NAMED = regex.compile(NAME)
_AND = regex.compile(r"\b(?:dan|serta|beserta|bersama)\b")
# “pelaku dan keluarganya”
_AND_THEIRS = regex.compile(r"\s(?:dan|serta|beserta|bersama)\s[^,]*\p{L}{3}nya\b")


@functools.lru_cache(maxsize=8)
def kind_of(words: str, masked: str) -> str:
    """person, group, organisation or document, by the head of a phrase (case folded) and its masked form."""
    bare = _QUANTIFIER.sub("", words)
    one = bool(_DEICTIC.search(words)) and grammar.starts_with("roles descriptions", words)
    several = not one and bool(_NAMED.search(masked) and _AND.search(words) or _AND_THEIRS.search(words))
    if bare != words and grammar.starts_with("documents", bare):
        return "document"
    if grammar.starts_with("crowds", words) and not _DEICTIC.search(words) and PER not in masked:
        return "group"
    if several or _COUNTED.match(words) or grammar.starts_with("groups", words) and not one:
        return "group"
    if grammar.starts_with("documents", words):
        return "document"
    if grammar.starts_with("institutions", words) or masked[:1] in (ORG, LOC):
        return "organisation"
    return "person"


# ----------------------------------------------------------------------------------------------------------- discourse


def _discourse(turn: Turn, rule: str) -> Found | None:
    """Whoever spoke last, unless a person was introduced as the subject of a sentence since."""
    scene = turn.scene
    here = min(turn.start, turn.quote.content[0].start)
    last = _last_speaker(turn)
    since = max((_place(q) for q, f, nested in turn.before if _place(q) < here and f.speaker and not nested), default=0)
    recent = _recent(scene, here if turn.quote.source else turn.quote.content[0].start, "PER")
    subject = next((e for e, at in _subjects(scene, since, here) if _takes_over(turn, rule, last, e, at)), None)
    if subject is not None and not (last and subject == last.entity):
        return _named(scene, subject, f"{rule}.subject", _as_candidates(scene, recent, subject, "opens a sentence after the last quote"))
    if last:
        return last.again(f"{rule}.last", _as_candidates(scene, recent, last.entity, "spoke last"))
    if recent:
        recent = turn.quote.type == "direct" and [one for one in recent if not _is_told_of(turn, one[0])] or recent
        return _named(scene, recent[0][0], f"{rule}.recent", _as_candidates(scene, recent, recent[0][0], "named last, and nobody spoke before"))
    later = [e for e, entity in enumerate(scene.entities) if entity.type == "PER" and any(m.span.start > here and scene.masked[m.span.start] != NOISE for m in entity.mentions)]
    return _named(scene, later[0], "floating.next") if later and rule == "floating" else None


def _takes_over(turn: Turn, rule: str, last: Found | None, entity: int, place: int) -> bool:
    """Whether a person who opens a sentence speaks next, after whoever spoke last, and is not only told of."""
    aloud = turn.quote.type == "direct"
    told_of = _is_told_of(turn, entity)
    if last is None:
        return not (aloud and told_of)
    if told_of and (aloud or turn.quote.implicit):
        return False
    told = _told_since(turn) if rule in ("pronoun", "nya") else min(turn.start, turn.quote.content[0].start)
    if aloud and rule != "description" and _is_narrated(turn, entity, place, place >= told):  # “ujar pria itu” may take up whom the text tells of
        return False
    if _is_told_by_another(turn, entity, place):
        return False
    return place >= told and not told_of or _is_introduced(turn.scene, turn.scene.entities[entity], place) or _has_spoken(turn, entity, place)


def _told_since(turn: Turn) -> int:
    """Where the sentence before “ia mengatakan …”, “menurutnya …” starts: its subject, known or new, is who goes on; after a quotation the speaker does, unless “ia” takes somebody up before it."""
    masked = turn.scene.masked
    here = min(turn.start, turn.quote.content[0].start)
    starts = [s for s in _sentence_starts(turn.scene, here, NEAR) if masked[s] not in _MARKS and not _WITHIN.search(masked, max(0, s - 3), s)]
    if here < turn.start and (len(starts) < 2 or not grammar.pattern(_ACTS_ON).match(masked, starts[-2], here) or _OF_THIRD.search(turn.quote.content[0].of(turn.scene.text))):
        return turn.start
    while len(starts) > 2 and grammar.pattern(_GOES_ON).match(masked, starts[-2], here):
        starts.pop()
    return starts[-2] if len(starts) > 1 else turn.start


_MARKS = NOISE + '"“”'
# a sentence about whom the one before it is about
_GOES_ON = r"(?:{words:connectives}\b[\s,]*)?(?:[^\s,.]+(?:\s[^\s,.]+){0,5},\s)?(?:dia|ia|beliau)\b"
# one in which he is not acted on, and words that do not tell of him
_ACTS_ON = rf"{_GOES_ON}(?!\s+(?:{{words:adverbs}}\s+)*(?:di|ter)\p{{L}}{{3}})"
_OF_THIRD = regex.compile(r"\b(?:dia|ia|beliau)\b", regex.IGNORECASE)


# a quotation mark around words within a sentence
_WITHIN = regex.compile(r"[^\s.?!,:\"“”][\"“”]\s?$|[^\s.?!,:\"“”]\s[\"“”]$")


def _sentence_starts(scene: Scene, here: int, reach: int) -> list[int]:
    """Where the sentences within so many characters before a place start, its own last."""
    begin = max(0, here - reach)
    return [0] * (begin == 0) + [m.end() for m in _SENTENCE_END.finditer(scene.masked, begin, here) if m.end() <= here]


def _is_told_of(turn: Turn, entity: int) -> bool:
    """Whether reported words name a person: who says them would not."""
    return any(part.contains(m.span) for part in turn.quote.content for m in turn.scene.entities[entity].mentions)


# a group, a list, a name without a predicate
_NOT_ONE = rf"(?:\s*\([^()]{{1,40}}\))?(?:\s+(?:dkk|cs)\b|\s+dan\s+{PER}|,\s+{PER}+(?:\s*\([^()]{{1,40}}\))?,?\s+dan\b|\s*(?:[;\n]|\.(?!\s\p{{Ll}})))"
_ASIDES = rf"(?:\s*\([^()]{{1,40}}\)|,[^,.\n{NOISE}]{{1,120}},){{0,3}},?"
_IS_ACTED_ON = rf"{_ASIDES}\s+{{aux}}(?!(?:{{words:contacted}}|{{words:installed}})\b)di\p{{L}}{{4,}}"
_REACTS = rf"{_ASIDES}(?:\s+yang\b[^.\n]{{1,120}}?)?\s+{{aux}}(?:(?:tak|tidak|belum|bisa|dapat|mau)\s+)*(?:{{words:cue_say}}|{{words:cue_request}}|{{words:cue_think}}|{{words:cue_wish}}|{{words:cue_that}}|{{words:reacting}}|{{words:contacted}}|(?=di){{words:installed}})\b"
_NARRATED = r"(?<!\b{words:relations}\s)\b{words:narrated}(?:\s+\p{L}+){0,2},?\s*$"
_DESCRIBED = regex.compile(r"\s*[(,]|\s+(?:dari|asal|selaku|yang)\b")
# the headline of another article, to its end
_LINKED = regex.compile(r"\bbaca\s+juga\b[^.!?\n\"”]{0,110}$", regex.IGNORECASE)
_OF_FIRST = regex.compile(r"\b(?:saya|aku|gue|gua|gw)\b", regex.IGNORECASE)
_INITIALS = regex.compile(r"\p{Lu}{1,3}")
_OF_NARRATED = r"\b(?:{words:narrated}|klien(?:nya)?)\b"


def _mention(entity: Entity, place: int) -> Span:
    return next(m.span for m in entity.mentions if m.span.start == place)


def _is_narrated(turn: Turn, entity: int, place: int, taken_up: bool) -> bool:
    """Whether the sentence that names a person tells of him, so that whoever spoke before it goes on: “Tersangka AL lalu pergi. “Dia …,” ujarnya”.

    Not who is taken up by “ia” since, or is introduced at length, only to be told of.
    """
    scene = turn.scene
    mention = _mention(scene.entities[entity], place)
    if _is_agent(scene, mention):
        return False
    if _LINKED.search(scene.text, max(0, place - 120), place) and not _SENTENCE_END.search(scene.masked[mention.stop : turn.quote.content[0].start].rstrip(' \n"“')):
        return True
    after = (scene.masked, mention.stop, mention.stop + NEAR)
    if grammar.pattern(_NOT_ONE).match(*after) or grammar.pattern(_IS_ACTED_ON).match(*after):
        return True
    by_office = _has_office_before(scene.entities[entity], place)
    if by_office and place != scene.entities[entity].mentions[0].span.start:
        return not _has_spoken(turn, entity, place)  # “Presiden Budi juga menargetkan …” goes on telling what was said of him
    if grammar.pattern(_REACTS).match(*after):
        return False
    words = turn.quote.content[0].of(scene.text)
    if _INITIALS.fullmatch(scene.entities[entity].name.of(scene.text)) and not _OF_FIRST.search(words) or grammar.pattern(_NARRATED).search(scene.masked, max(0, place - 60), place):
        return True
    if _is_reported(turn, place):
        return True
    if taken_up or scene.entities[entity].roles or _DESCRIBED.match(scene.masked, mention.stop):
        return False
    return bool(_OF_THIRD.search(words) or grammar.pattern(_OF_NARRATED).search(words)) or not _OF_FIRST.search(words)


def _is_reported(turn: Turn, place: int) -> bool:
    """Whether a place stands in what a person was reported to have said just before."""
    return any(f.entity is not None and f.kind == "person" and part.start <= place < part.stop for q, f, _ in turn.before[:2] for part in q.content)


def _is_told_by_another(turn: Turn, entity: int, place: int) -> bool:
    """Whether a person is the subject of what another was reported to have said, without answering: “Menurut A, B adalah … Dia menyebut …”."""
    mention = _mention(turn.scene.entities[entity], place)
    return _is_reported(turn, place) and not grammar.pattern(_REACTS).match(turn.scene.masked, mention.stop, mention.stop + NEAR)


_SPEAKS = r"\s+{aux}(?!melaporkan|menargetkan|mengungkap\b|mengumumkan)(?:{words:cue_say}|{words:cue_request}|{words:cue_think}|{words:reacting})\b"


def _has_spoken(turn: Turn, entity: int, place: int) -> bool:
    """Whether a person is the subject of a verb of speech in the sentence before: “X mengingatkan pentingnya A. “C,” kata dia”."""
    mention = _mention(turn.scene.entities[entity], place)
    between = turn.scene.masked[mention.stop : min(turn.start, turn.quote.content[0].start)]
    return bool(grammar.pattern(_SPEAKS).match(between)) and len(_SENTENCE_END.findall(between.rstrip(" \n\t“\""))) < 2


def _is_introduced(scene: Scene, entity: Entity, place: int) -> bool:
    """Whether a person is named for the first time at a place, or again in full by an office; not “Pengacara Budi, Ani” or “Mantan istri Budi itu”."""
    mention = _mention(entity, place)
    in_full = mention.of(scene.text) == entity.name.of(scene.text) and not _OWNER.match(scene.masked, mention.stop)
    return place == entity.mentions[0].span.start or in_full and _has_office_before(entity, place)


def _has_office_before(entity: Entity, place: int) -> bool:
    return any(role.rule == "role.before" and 0 < place - role.span.stop < 3 for role in entity.roles)


_OWNER = regex.compile(rf",\s*{PER}|\s+(?:itu|ini|tersebut)\b")


def _last_speaker(turn: Turn) -> Found | None:
    """Whoever spoke last before this quote: a person, whom its own words do not name, if there is one; nested quotes, texts and relaying media apart."""
    spoke = [(q, f) for q, f, nested in turn.before if f.speaker and not nested and f.kind != "document"]
    spoke = [(q, f) for q, f in spoke if not _is_aim(turn, q)] or spoke  # what somebody aims at is told of him
    people = [f for q, f in spoke if f.kind == "person" and (f.entity is not None or (q.type == "direct" or _is_somebody(turn, q)) and not _is_said_of(turn, f))]
    if people and not turn.nested and (turn.quote.type == "direct" or turn.quote.implicit) and _is_named_aloud(turn, people[0]):
        people = [f for f in people if f.entity is not None and f.entity != people[0].entity][:1] or people
    others = [f for q, f in spoke if not _is_relay(q)]
    return next(iter(people or others), None)


def _is_aim(turn: Turn, quote: Quote) -> bool:
    return quote.cue is not None and grammar.is_listed("cue_aim", quote.cue.of(turn.scene.text))


_ACCOUNT_OR_TITLE = regex.compile(r"@|\p{Lu}\p{Ll}+\s\p{Lu}")


def _is_somebody(turn: Turn, quote: Quote) -> bool:
    """Whether the phrase of a quote's source can be taken up by “dia”: “simulasi itu menunjukkan” can not."""
    words = quote.source.of(turn.scene.masked) if quote.source else ""
    return sources.is_somebody(words) or bool(_ACCOUNT_OR_TITLE.match(words)) or grammar.starts_with("parties descriptions", words)


def _is_said_of(turn: Turn, speaker: Found) -> bool:
    """Whether a direct quote speaks of an unnamed victim or suspect, who would say “saya”."""
    head = _WORD.match(turn.scene.text, speaker.speaker.start)
    return turn.quote.type == "direct" and head is not None and grammar.starts_with("narrated", head.group()) and bool(grammar.pattern(_OF_NARRATED).search(turn.quote.content[0].of(turn.scene.text)))


# a name in brackets is the reporter's, one in inner quotation marks is what others say
_ASIDE = regex.compile(r"[(\[‘“\"]|(?<!\w)'|\w-$")


def _is_named_aloud(turn: Turn, speaker: Found) -> bool:
    """Whether a quote names a person itself."""
    mentions = () if speaker.entity is None else turn.scene.entities[speaker.entity].mentions
    return any(part.contains(m.span) and not _ASIDE.search(turn.scene.text, part.start, m.span.start) for part in turn.quote.content for m in mentions)


def _subjects(scene: Scene, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """People who open a sentence between two places, outside of quotations and noise, the last first: (entity, place)."""
    named = [(m.span, e) for e, entity in enumerate(scene.entities) if entity.type == "PER" for m in entity.mentions if start <= m.span.start < stop]
    for span, e in sorted(named, reverse=True):
        if not any(s.overlaps(span) for s in scene.apart) and (_opens_sentence(scene, span) or _is_agent(scene, span)):
            yield e, span.start


# “Bagi Budi, …”: the sentence is about what somebody thinks
_CONCERNED = regex.compile(r"\s*bagi\s+", regex.IGNORECASE)
_TAKEN_UP = rf"\s+(?:itu|ini|tersebut)\b|(?:\s*\([^()]{{1,40}}\))?,\s*(?:{{words:ranks}}\s+)*{PER}"
# an adverbial, or what the subject does besides: “Dihubungi terpisah, Budi …”
_LEAD = rf"^(?:(?:{{words:prepositions}}|secara|me(?!nurut)\p{{L}}{{4,}})\b[^,]*,|me(?!nurut)\p{{L}}{{4,}}\s+(?:hal\s+)?(?:itu|tersebut|ini)\s|(?:di\p{{L}}{{4,}}|ber\p{{L}}{{4,}}|tak|tidak)\b[^,{PER}]*,)(?!\s*termasuk\b)"
# “Pengacara Budi, Ani, …” is Ani
_RELATIVE_OF = rf"^\s*(?:{{words:relations}}\s+)?{{words:relations}}(?:\s+{{words:relation_words}})*(?:\s+dari)?\s+(?:{{words:ranks}}\s+)*{PER}+(?:\s*\([^()]{{1,40}}\))?,\s*(?:{{words:ranks}}\s+)*$"
# “produser [Beni Film], Ani, menyoroti …” is Ani
_PART_OF_OFFICE = rf"^\s*{{words:roles}}\b[^,{PER}]{{0,60}}{PER}+(?:\s*\([^()]{{1,40}}\))?,\s*(?:{{words:ranks}}\s+)*$"
_IN_OFFICE = rf"(?:\s*\([^()]{{1,40}}\))?,\s*(?:{{words:ranks}}\s+)*{PER}+(?:\s*\([^()]{{1,40}}\))?(?:,(?!\s*{PER}|\s*dan\b)|\s+{{aux}}me[mnrlwy]\p{{L}}{{3,}})"
# “skuat asuhan X”: the sentence is about the squad
_GENITIVE = regex.compile(r"\b(?:asuhan|milik|besutan|garapan|arahan|binaan|pimpinan|termasuk|karya|kubu|pihak|sikap|kasus|peran|nama|motif|foto|video)\s*$|^\s*(?:sikap|kasus|peran|nama)\b", regex.IGNORECASE)
# a full stop within a number, or after a title before its name (“dan drg. Ani”), ends no sentence
_SENTENCE_END = regex.compile(rules.expand(rf"(?:\.(?!\d|(?<=\b(?i:{{ends:ranks}})\.?)(?:\s*(?i:{{words:ranks}}))*\s*{PER})|[?!\n\"“”{NOISE}])\s*"))


# “ada juga anggota Komisi X, Budi, yang menyoroti …”
_PRESENTED = regex.compile(r"^(?:(?:ada|hadir)\s+(?:juga|pula)|salah\s+satunya(?:\s+adalah)?,?|di\s+antaranya(?:\s+adalah)?,?)\s+", regex.IGNORECASE)


_GOES_ON_LISTING = regex.compile(rf",?\s(?:dan|serta|hingga|sampai|maupun)\s+(?:\p{{L}}+\s+){{0,3}}?{PER}|,\s{PER}")


def _sentence_start(scene: Scene, begin: int, name: Span) -> int | None:
    """Where the sentence of a name starts, if after a place."""
    return max((m.end() for m in _SENTENCE_END.finditer(scene.masked, begin, name.stop) if m.end() <= name.start), default=None)


def _opens_sentence(scene: Scene, span: Span) -> bool:
    """Whether a name is the subject of its sentence: nothing before it but connectives, adverbials and its office."""
    begin = max(0, span.start - 160)
    cut = _sentence_start(scene, begin, span)
    if cut is None and begin:
        return False
    lead = scene.masked[cut or 0 : span.start]
    lead = lead[grammar.skip_connectives(lead, 0, len(lead)) :]
    if _CONCERNED.fullmatch(lead) and scene.masked[span.stop : span.stop + 1] == ",":
        return True
    fronted = grammar.pattern(_LEAD).match(lead)
    if fronted and lead[fronted.start() : fronted.end() - 1].endswith(PER) and _GOES_ON_LISTING.match(scene.masked, span.stop):
        return False  # “Baik dengan Budi, Ani hingga Citra”
    lead = _PRESENTED.sub("", lead[fronted.end() :] if fronted else lead)
    lead = grammar.pattern(_RELATIVE_OF).sub("", lead)
    if PER in lead and not _GOES_ON_LISTING.match(scene.masked, span.stop):
        lead = grammar.pattern(_PART_OF_OFFICE).sub("", lead)
    elif grammar.starts_with("roles", lead) and grammar.pattern(_IN_OFFICE).match(scene.masked, span.stop, span.stop + 160):
        return False
    other = grammar.starts_with("inanimate documents cue_noun", lead) or _GENITIVE.search(lead)
    other = other or grammar.pattern(_RELATED_TO).match(lead) and grammar.pattern(_TAKEN_UP).match(scene.masked, span.stop)  # “Kakak Budi ini” is not Budi
    if grammar.starts_with("roles", lead):
        lead = _TITLE.sub(lambda m: ORG * len(m.group()), lead)
    return not other and PER not in lead and not grammar.is_clause(lead) and not grammar.pattern(r"\b{words:prepositions}\b").search(lead)


_OFFICE = rf"(?:\s+{{words:relations}}(?:\s+{{words:relation_words}})*\s+{PER}+,|\s+{{words:roles}}(?:\s+(?:(?-i:\p{{Lu}})[\p{{L}}/]*|[{ORG}{LOC}]+|dan|dari|di|\([^()]{{1,40}}\))){{0,12}},?)?(?:\s+{{words:ranks}}){{0,3}}\s*"
_AGENT_OF = (
    r"(?:\b(?<!\byang\s(?:\p{L}{2,7}\s)?)(?:{words:cue_passive}|{words:reacted})(?:\s+(?:{words:adverbs}|penuh|langsung)){0,2}(?:\s+oleh)?"
    rf"|\bsenada\s+dengan(?:\s+{{words:reactions}})?(?:\s+dari)?|\b{{words:reactions}}(?:\s+\p{{L}}+){{0,2}}?\s+dari){_OFFICE}$"
)


def _is_agent(scene: Scene, span: Span) -> bool:
    """Whether a name is the agent that a sentence ends with: “Hal senada diungkapkan Ketua RW, Budi”, “Kritik datang dari Budi”."""
    begin = max(0, span.start - 220)
    lead = scene.masked[_sentence_start(scene, begin, span) or begin : span.start]
    agent = grammar.pattern(_AGENT_OF).search(lead)
    return bool(agent) and PER not in lead[: agent.start()]


# “Direktur Jenderal Perdagangan [Dalam] Negeri”: no preposition
_TITLE = regex.compile(r"(?<=\w\s)\p{Lu}\w*")


def _recent(scene: Scene, here: int, kind: str) -> list[tuple[int, int]]:
    """Entities of one type that the prose names before a place, the nearest first: (entity, distance)."""
    last = {
        e: max((m.span.start for m in entity.mentions if m.span.start < here and scene.masked[m.span.start] != NOISE), default=None)
        for e, entity in enumerate(scene.entities)
        if entity.type == kind
    }
    return sorted(((e, here - place) for e, place in last.items() if place is not None), key=lambda pair: pair[1])


def _as_candidates(scene: Scene, people: list[tuple[int, int]], chosen: int | None, why: str) -> tuple[Candidate, ...]:
    """The persons named before, nearest first, with what spoke for the chosen one and against the others."""
    lost = "named {} characters before, but neither spoke last nor opened a sentence since"
    return tuple(
        Candidate(scene.entities[e].name, round(1 / (1 + distance / NEAR), 2), f"chosen: {why}" if e == chosen else lost.format(distance))
        for e, distance in people[:5]
    )
