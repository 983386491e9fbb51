"""Who said it: the source of a quote to a speaker of the article, through names, roles, pronouns and -nya.

Small opinions in order: the first step that knows speaks, and its name is the attribution's rule. Unknown is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from annotator import entities as entity_stage
from annotator import confidence, grammar
from annotator.document import Attribution, Candidate, Entity, Quote, Role, Span, Zone

PLURAL = frozenset({"mereka", "keduanya"})
# a name this many characters before a quote counts half as much as one right before it
NEAR = 400


@dataclass(frozen=True, slots=True)
class Found:
    """One step's answer: the speaker's span, its kind, entity and role, why, and who else came into question."""

    speaker: Span | None
    kind: str | None
    entity: int | None
    role: Role | None
    rule: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What the steps look at: text, masked text, entities and who spoke before."""

    text: str
    masked: str
    entities: tuple[Entity, ...]
    by_span: dict[Span, int]
    zones: tuple[Zone, ...]


def attribute(text: str, masked: str, entities: tuple[Entity, ...], quotes: tuple[Quote, ...], zones: tuple[Zone, ...] = ()) -> tuple[Attribution, ...]:
    """One attribution per quote, in the same order; `parent` is the innermost quote whose content holds it."""
    scene = Scene(text, masked, entities, entity_stage.index(entities), zones)
    parents = [_parent(quotes, i) for i in range(len(quotes))]
    found: dict[int, Found] = {}
    for i in sorted(range(len(quotes)), key=lambda i: _place(quotes[i])):
        found[i] = _resolve(scene, quotes, parents, found, i)
    return tuple(
        Attribution(q, f.speaker, f.kind, f.entity, f.role, parents[i], confidence.of(q.rule, f.rule), f.rule, f.candidates)
        for i, q in enumerate(quotes)
        for f in (found[i],)
    )


def _place(quote: Quote) -> int:
    """Where a quote is attributed: at its source or cue, else at its content."""
    point = quote.source or quote.cue or quote.content[0]
    return point.start


def _parent(quotes: tuple[Quote, ...], i: int) -> int | None:
    holders = [
        (part.stop - part.start, j)
        for j, other in enumerate(quotes)
        for part in other.content
        if j != i and part.contains(quotes[i].content[0]) and part != quotes[i].content[0]
        and (quotes[i].cue is None or part.contains(quotes[i].cue))
    ]  # fmt: skip
    return min(holders)[1] if holders else None


def _resolve(scene: Scene, quotes: tuple[Quote, ...], parents: list[int | None], found: dict[int, Found], i: int) -> Found:
    quote = quotes[i]
    if quote.source is None:
        return _implicit(scene, quotes, parents, found, i)
    words = quote.source.of(scene.text).casefold()
    inner = [(m.span, e) for e, entity in enumerate(scene.entities) for m in entity.mentions if quote.source.overlaps(m.span)]
    exact = [(s, e) for s, e in inner if s.start <= quote.source.start + 1 and s.stop >= quote.source.stop - 1 or s == quote.source]
    if exact:
        return _named(scene, exact[0][1], "name")
    if grammar.starts_with("pronouns", words) and not inner:
        return _pronoun(scene, quotes, parents, found, i, words)
    if grammar.starts_with("first_person", words) and not inner:
        holder = parents[i]
        if holder is not None and holder in found:
            f = found[holder]
            return Found(f.speaker, f.kind, f.entity, f.role, "first_person", f.candidates)
    people = [e for _, e in inner if scene.entities[e].type == "PER"]
    if len(people) > 1:
        return Found(quote.source, "group", None, None, "names")
    return _phrase(scene, quotes, parents, found, i, words)


def _named(scene: Scene, entity: int, rule: str, candidates: tuple[Candidate, ...] = ()) -> Found:
    e = scene.entities[entity]
    kind = "person" if e.type == "PER" else "organisation"
    return Found(e.name, kind, entity, entity_stage.nearest_role(e) if e.type == "PER" else None, rule, candidates)


# ------------------------------------------------------------------------------------------------------------- phrases


def _phrase(scene: Scene, quotes: tuple[Quote, ...], parents: list[int | None], found: dict[int, Found], i: int, words: str) -> Found:
    """A source without a name of its own: the person who holds that role here, an earlier phrase, or itself."""
    source = quotes[i].source
    holder = _role_holder(scene, source, words)
    if holder is not None:
        return _named(scene, holder, "role")
    kind = kind_of(words, scene.masked[source.start : source.stop])
    if words.endswith("mereka") and kind == "group":
        group = _last_group(scene, source.start)
        if group:
            return Found(group, "group", None, None, "pronoun.group")
    definite = regex.match(r"(?:sang\s+)?(?P<head>.*\S)\s+(?:itu|tersebut|ini)$", words) or regex.match(r"sang\s+(?P<head>.*\S)$", words)
    if definite:
        asked = set(definite["head"].split())
        for j in sorted((j for j in found if _place(quotes[j]) < source.start), key=lambda j: -_place(quotes[j])):
            speaker = found[j].speaker
            known = speaker and found[j].entity is None and set(speaker.of(scene.text).casefold().split())
            if known and (asked <= known or kind == "person" and "yang" in asked and definite["head"].split()[0] in known):
                return Found(speaker, found[j].kind, None, found[j].role, "phrase.again")
            if kind == "organisation" and found[j].kind == "organisation" and len(asked) < 3:
                return Found(speaker, found[j].kind, found[j].entity, None, "institution.again")
        if kind == "organisation":
            recent = _recent(scene, source.start, "ORG")
            if recent and recent[0][1] < NEAR * 2:
                return _named(scene, recent[0][0], "institution.recent")
        first = _introduced(scene, definite["head"], source)
        if first:
            return Found(first, kind, None, None, "phrase.again")
        alone = not words.startswith("sang ") or len(asked) == 1 or grammar.starts_with("roles", definite["head"])
        if kind == "person" and alone and (grammar.starts_with("roles", definite["head"]) or _AGENT.match(definite["head"]) or regex.match(r"(?:pria|wanita|perempuan|lelaki|laki-laki|ibu|bapak|ayah|pemuda|pensiunan|alumnus|alumni|lulusan)\b", words)):
            known = _discourse(scene, quotes, parents, found, i, "description")
            if known.entity is not None and parents[i] is None:
                return known
    role = Role(source, None, "role.itself") if kind == "person" and grammar.starts_with("roles", words) else None
    return Found(source, kind, None, role, "phrase")


_AGENT = regex.compile(r"(?!pemerintah|perusahaan)pe(?:m|n|ng|ny|l)\p{L}{3,}(?<!an)\b", regex.IGNORECASE)


def _introduced(scene: Scene, head: str, source: Span) -> Span | None:
    """Where an unnamed speaker is first mentioned: “seorang pria” for “pria tersebut”."""
    match = regex.search(
        rf"(?<!\w)(?:seorang|sebuah|sejumlah|beberapa|para|salah\s+(?:satu|seorang))\s+{regex.escape(head)}(?!\w)", scene.text[: source.start], regex.IGNORECASE
    )
    return Span(*match.span()) if match else None


def _role_holder(scene: Scene, source: Span, words: str) -> int | None:
    """The person who holds a role in this article: “Kapolres”, “Menlu itu”, “Maha Menteri”. Nearest earlier mention of the role wins."""
    bare = regex.sub(r"^sang\s+|\s+(?:itu|tersebut|ini|pun|juga)$", "", words)
    if not grammar.starts_with("roles", bare) or regex.match(r"(?:seorang|sebuah|para|beberapa|sejumlah)\b", bare):
        return None
    asked = set(regex.findall(r"\w+", bare))
    if bare == words and len(asked) == 1 and (grammar.starts_with("groups", bare) or grammar.starts_with("crowds", bare)):
        return None
    best: tuple[int, int] | None = None
    for e, entity in enumerate(scene.entities):
        for role in entity.roles:
            has = regex.findall(r"\w+", role.span.of(scene.text).casefold())
            head = bare.split()[0] in has[:3]
            if asked and head and asked <= set(has):
                distance = source.start - role.span.start
                key = (distance if distance > 0 else 100_000 - distance, e)
                best = min(best, key) if best else key
    return best[1] if best else None


def kind_of(words: str, masked: str) -> str:
    """person, group, organisation or document, by the head of a phrase."""
    bare = regex.sub(r"^(?:sejumlah|beberapa|sebagian|seluruh|semua|kedua|ketiga|banyak|para)\s+", "", words)
    if bare != words and grammar.starts_with("documents", bare):
        return "document"
    if grammar.starts_with("crowds", words) and not regex.search(r"\s(?:itu|tersebut|ini)$", words) and "\ue000" not in masked:
        return "group"
    one = bool(regex.search(r"\s(?:itu|tersebut|ini)$", words)) and grammar.starts_with("roles", words)
    if grammar.starts_with("groups", words) and not one or regex.search(r"\b(?:dan|serta)\b", words) and "\ue000" in masked:
        return "group"
    if grammar.starts_with("documents", words):
        return "document"
    if grammar.starts_with("institutions", words) or masked[:1] in "\ue001\ue002":
        return "organisation"
    return "person"


# ------------------------------------------------------------------------------------------------- pronouns and nobody


def _pronoun(scene: Scene, quotes, parents, found, i: int, words: str) -> Found:
    if words in PLURAL:
        for j in sorted((j for j in found if _place(quotes[j]) < quotes[i].source.start), key=lambda j: -_place(quotes[j])):
            if found[j].kind in ("group",):
                return Found(found[j].speaker, "group", found[j].entity, None, "pronoun.plural")
        group = _last_group(scene, quotes[i].source.start)
        if group:
            return Found(group, "group", None, None, "pronoun.group")
        return Found(quotes[i].source, "group", None, None, "pronoun.unresolved")
    holder = parents[i]
    if holder is not None and holder in found and found[holder].kind == "person":
        f = found[holder]
        return Found(f.speaker, f.kind, f.entity, f.role, "pronoun.holder", f.candidates)
    if words.startswith("pihaknya"):
        last = _last_speaker(quotes, parents, found, i)
        if last:
            return Found(last.speaker, last.kind, last.entity, last.role, "pihaknya")
    return _discourse(scene, quotes, parents, found, i, "pronoun")


_GROUP = regex.compile(r"(?<!\w)(?:para|sejumlah|beberapa|sebagian|seluruh|kedua|ketiga|puluhan|ratusan|ribuan)\s+\w+(?:-\w+)?", regex.IGNORECASE)


def _last_group(scene: Scene, stop: int) -> Span | None:
    """The group named last before a plural pronoun, within some sentences."""
    matches = list(_GROUP.finditer(scene.text, max(0, stop - 500), stop))
    return Span(*matches[-1].span()) if matches else None


def _implicit(scene: Scene, quotes, parents, found, i: int) -> Found:
    return _discourse(scene, quotes, parents, found, i, "nya" if quotes[i].cue else "floating")


def _last_speaker(quotes, parents, found: dict[int, Found], i: int) -> Found | None:
    """Whoever spoke last before this quote, nested quotes apart."""
    here = _place(quotes[i])
    earlier = [j for j in found if _place(quotes[j]) < here and found[j].speaker and parents[j] is None and found[j].kind != "document"]
    people = [j for j in earlier if found[j].kind == "person"]
    earlier = [j for j in earlier if quotes[j].rule != "indirect.relay"]
    earlier = people or earlier
    return found[max(earlier, key=lambda j: _place(quotes[j]))] if earlier else None


def _discourse(scene: Scene, quotes, parents, found, i: int, rule: str) -> Found:
    """The last speaker, unless a person became the subject of a sentence since."""
    last = _last_speaker(quotes, parents, found, i)
    here = _place(quotes[i]) if quotes[i].content[0].start > _place(quotes[i]) else quotes[i].content[0].start
    since = max((_place(quotes[j]) for j in found if _place(quotes[j]) < here and parents[j] is None and found[j].speaker), default=0)
    recent = _recent_people(scene, quotes, found, i)
    told = [part for q in quotes if q.type == "direct" for part in q.content]
    subjects = [(e, at) for e, at in _subjects(scene, since, here, told) if not last or at == scene.entities[e].mentions[0].span.start]
    if subjects:
        entity = subjects[-1][0]
        return _named(scene, entity, f"{rule}.subject", _as_candidates(scene, recent, entity, "opens a sentence after the last quote"))
    if last:
        return Found(last.speaker, last.kind, last.entity, last.role, f"{rule}.last", _as_candidates(scene, recent, last.entity, "spoke last"))
    if recent:
        return _named(scene, recent[0][0], f"{rule}.recent", _as_candidates(scene, recent, recent[0][0], "named last, and nobody spoke before"))
    later = [e for e, entity in enumerate(scene.entities) if entity.type == "PER" and entity.mentions[0].span.start > here]
    if later and rule == "floating":
        return _named(scene, later[0], f"{rule}.next")
    return Found(None, None, None, None, "unknown")


def _subjects(scene: Scene, start: int, stop: int, told: list[Span]) -> list[tuple[int, int]]:
    """People who open a sentence between two places, outside of quotations: (entity, place)."""
    found = []
    for e, entity in enumerate(scene.entities):
        if entity.type != "PER":
            continue
        for m in entity.mentions:
            if start <= m.span.start < stop and not any(s.overlaps(m.span) for s in (*told, *(z.span for z in scene.zones))) and _opens_sentence(scene, m.span):
                found.append((e, m.span.start))
    return sorted(found, key=lambda pair: pair[1])


# “skuat asuhan X”: the sentence is about the squad
_GENITIVE = regex.compile(r"\b(?:asuhan|milik|besutan|garapan|arahan|binaan|pimpinan|karya|kubu|pihak|sikap|kasus)\s*$|^\s*(?:sikap|kasus)\b", regex.IGNORECASE)


def _opens_sentence(scene: Scene, span: Span) -> bool:
    begin = max(0, span.start - 160)
    before = scene.masked[begin : span.start]
    cut = max((m.end() for m in regex.finditer(r"[.?!\n\"“”\ue006]\s*(?=\S|$)", before)), default=0 if begin == 0 else None)
    if cut is None:
        return False
    lead = before[cut:]
    lead = lead[grammar.skip_connectives(lead, 0, len(lead)) :]
    lead = grammar.pattern(r"^{words:prepositions}\b[^,]*,").sub("", lead)
    other = any(grammar.starts_with(name, lead) for name in ("inanimate", "documents", "cue_noun")) or _GENITIVE.search(lead)
    return not other and not grammar.is_clause(lead) and not grammar.pattern(r"\b{words:prepositions}\b").search(lead) and "\ue000" not in lead


def _recent_people(scene: Scene, quotes, found: dict[int, Found], i: int) -> list[tuple[int, int]]:
    """Persons named before a quote, the nearest first: (entity, distance)."""
    here = quotes[i].content[0].start if quotes[i].source is None else min(_place(quotes[i]), quotes[i].content[0].start)
    return _recent(scene, here, "PER")


def _recent(scene: Scene, here: int, kind: str) -> list[tuple[int, int]]:
    """Entities of one type named before a place, the nearest first: (entity, distance)."""
    seen: dict[int, int] = {}
    for e, entity in enumerate(scene.entities):
        if entity.type == kind:
            places = [m.span.start for m in entity.mentions if m.span.start < here]
            if places:
                seen[e] = here - max(places)
    return sorted(seen.items(), key=lambda pair: pair[1])


def _as_candidates(scene: Scene, people: list[tuple[int, int]], chosen: int | None, why: str) -> tuple[Candidate, ...]:
    """The persons named before, nearest first, with what spoke for the chosen one and against the others."""
    return tuple(
        Candidate(
            scene.entities[e].name,
            round(1 / (1 + distance / NEAR), 2),
            f"chosen: {why}" if e == chosen else f"named {distance} characters before, but neither spoke last nor opened a sentence since",
        )
        for e, distance in people[:5]
    )
