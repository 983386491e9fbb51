"""What the stages find in a marked sentence, beside what its marks ask for."""

from __future__ import annotations

from pathlib import PurePath

from annotator import articles, pipeline, segment, zones
from annotator.document import Annotation, Attribution, Mention
from annotator.formats import jsonl
from annotator.markup import Marked

TYPES = ("PER", "ORG", "LOC")


def annotation(marked: Marked) -> Annotation:
    """What the stages after the tagger make of a marked text, its PER, ORG and LOC marks taken for the tagger's."""
    document = articles.document(PurePath("marked.txt"), marked.text)
    mentions = tuple(sorted((Mention(m.span, m.label, 1.0, "mark") for m in marked.marks if m.label in TYPES), key=lambda m: m.span))
    noise = zones.find(document)
    [found] = pipeline.attribute([document], [noise], [segment.sentences(marked.text, noise)], [mentions])
    return found


def annotate(marked: Marked) -> tuple[Attribution, ...]:
    """Its quotes and speakers."""
    return annotation(marked).attributions


def wanted(marked: Marked, number: int) -> dict:
    """One marked quote: its spans as words with their place, and the facts its line states."""
    first = lambda label: next((shown(marked.text, s) for s in marked.spans(label, number)), None)  # noqa: E731
    out = {"content": tuple(shown(marked.text, s) for s in marked.spans("content", number)), "cue": first("cue"), "source": first("source")}
    return out | {k: " ".join(v.split()) or None for k, v in marked.facts.get(number, {}).items()}


def found(marked: Marked, attributions: tuple[Attribution, ...], index: int, numbers: dict[int, int]) -> dict:
    """One found quote in the same terms; `numbers` maps attributions to the marked quotes they match."""
    text, a = marked.text, attributions[index]
    words = lambda span: " ".join(span.of(text).split()) if span else None  # noqa: E731
    return {
        "content": tuple(shown(text, s) for s in a.quote.content),
        "cue": shown(text, a.quote.cue),
        "source": shown(text, a.quote.source),
        "type": a.quote.type,
        "speaker": words(a.speaker),
        "kind": a.kind,
        "role": words(a.role.span) if a.role else None,
        "affiliation": words(a.role.affiliation) if a.role else None,
        "via": words(a.quote.via),
        "parent": str(numbers[a.parent]) if a.parent in numbers else None,
        "implicit": "yes" if a.quote.implicit else "no",
    }


def shown(text: str, span) -> str | None:
    return f"{span.of(text)} @{span.start}" if span else None


def differences(marked: Marked) -> list[str]:
    """What was found but not marked, marked but not found, or found otherwise; empty where all agrees."""
    attributions = annotate(marked)
    gold = {n: wanted(marked, n) for n in marked.numbers()}
    numbers = {i: n for i, a in enumerate(attributions) for n in gold if gold[n]["content"] == tuple(shown(marked.text, s) for s in a.quote.content)}
    out = []
    for n, want in gold.items():
        index = next((i for i, m in numbers.items() if m == n), None)
        if index is None:
            out.append(f"missed {n}: {want['content']}")
            continue
        got = found(marked, attributions, index, numbers)
        out += [f"{n}.{k}: wanted {v!r}, found {got[k]!r} ({attributions[index].quote.rule}, {attributions[index].rule})" for k, v in want.items() if got[k] != v]
    out += [
        f"spurious ({a.quote.rule}): {[s.of(marked.text) for s in a.quote.content]}" for i, a in enumerate(attributions) if i not in numbers
    ]
    return out


def gold(marked: Marked) -> dict:
    """A marked article in the exchange format, as score.py compares it."""
    pair = lambda span: [span.start, span.stop]  # noqa: E731
    quotes = []
    for n in marked.numbers():
        facts = marked.facts.get(n, {})
        first = {label: next((pair(s) for s in marked.spans(label, n)), None) for label in ("cue", "source")}
        quotes.append(
            {"id": n, "content": [pair(s) for s in marked.spans("content", n)], "speaker_kind": facts.get("kind")}
            | first
            | {key: facts.get(key) for key in ("type", "speaker", "role", "via")}
            | {"parent": int(facts["parent"]) if "parent" in facts else None}
        )
    entities = [[*pair(m.span), m.label] for m in marked.marks if m.label in TYPES]
    return {"text": marked.text, "quotes": quotes, "entities": entities}


def predicted(marked: Marked) -> dict:
    """What the stages find in a marked article, in the exchange format."""
    return jsonl.record(annotation(marked))
