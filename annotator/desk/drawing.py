"""An annotation as what a page draws: text in segments with what each is, and quotes with their grounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotator import terminal
from annotator.document import Annotation, Span
from annotator.rows import offsets, one_line

# characters of text before and after a quote that the queue shows
AROUND = 600


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text within which nothing begins or ends.

    `start` counts code points; `shown` is what is drawn of it; `classes` say what it is; `quotes` are those it belongs to,
    `speaker_of` those whose speaker it names; `opens` are the quotes that begin here.
    """

    start: int
    shown: str
    classes: str
    quotes: tuple[int, ...]
    speaker_of: tuple[int, ...]
    opens: tuple[int, ...]


def segments(annotation: Annotation, numbers: Sequence[int]) -> list[Segment]:
    """The article's text, cut wherever something begins or ends. `numbers` are those of its quotes."""
    text = annotation.document.text
    starts, stops, opens = defaultdict(list), defaultdict(list), defaultdict(list)

    def mark(span: Span | None, label: str, quote: int | None = None) -> None:
        if span:
            starts[span.start].append((label, quote))
            stops[span.stop].append((label, quote))

    for zone in annotation.zones:
        mark(zone.span, "zone")
    for entity in annotation.entities:
        for mention in entity.mentions:
            mark(mention.span, f"name {mention.type.lower()}" if mention.type.isalpha() else "name")
        for role in entity.roles:
            mark(role.span, "role")
    for number, attribution in zip(numbers, annotation.attributions):
        quote = attribution.quote
        opens[quote.content[0].start].append(number)
        for part in quote.content:
            mark(part, f"content {quote.type}", number)
        for label in ("cue", "source", "via"):
            mark(getattr(quote, label), label, number)
        mark(attribution.speaker, "speaker", number)
    for place in (i for i, letter in enumerate(text) if terminal.visible(letter) != letter):  # drawn as something else
        mark(Span(place, place + 1), "unseen")
    cuts = sorted({0, len(text), *starts, *stops})
    active: list[tuple[str, int | None]] = []
    found = []
    for start, stop in zip(cuts, cuts[1:]):
        for ended in stops[start]:
            active.remove(ended)
        active += starts[start]
        labels = dict.fromkeys(label for label, _ in active if label != "speaker")
        shown = "" if text[start:stop] == "\r" else terminal.visible(text[start:stop])
        of = dict.fromkeys(quote for label, quote in active if quote and label != "speaker")
        whose = dict.fromkeys(quote for label, quote in active if quote and label == "speaker")
        found.append(Segment(start, shown, " ".join(labels), tuple(of), tuple(whose), tuple(opens[start])))
    return found


def around(drawn: list[Segment], quote: int) -> list[Segment]:
    """The segments of a quote and some text around them."""
    mine = [s.start for s in drawn if quote in s.quotes or quote in s.opens]
    return [s for s in drawn if mine and s.start + len(s.shown) > mine[0] - AROUND and s.start < mine[-1] + AROUND]


def quotes(annotation: Annotation, numbers: Sequence[int], run: dict, reviews: list[dict]) -> list[dict]:
    """What the page says of each quote: who, as what, how sure, why, and what reviewers said, which counts. `found` is what we said."""
    text = annotation.document.text
    judged = {place: review for review in reviews for place in (review["offsets"], review["content"]) if place}

    def words(span: Span | None) -> str | None:
        return one_line(span.of(text)) if span else None

    listed = []
    for number, attribution in zip(numbers, annotation.attributions):
        quote, place = attribution.quote, offsets(attribution.quote.content)
        found = {"speaker": words(attribution.speaker), "kind": attribution.kind}
        review = judged.get(place)
        counts = found if review is None or review["verdict"] == "no quote" else review
        role = attribution.role and counts["speaker"] == found["speaker"] and attribution.role.span
        choices = counts["speaker"], found["speaker"], *(words(candidate.name) for candidate in attribution.candidates)
        listed.append({
            "id": number, "type": quote.type, "place": place, "speaker": counts["speaker"], "kind": counts["kind"], "found": found,
            "role": words(role or None), "via": words(quote.via), "confidence": attribution.confidence,
            "parent": None if attribution.parent is None else numbers[attribution.parent],
            "words": " … ".join(one_line(part.of(text)) for part in quote.content),
            "choices": list(dict.fromkeys(filter(None, choices))),
            "grounds": list(terminal.grounds(annotation, attribution, numbers, run)), "review": review,
        })
    return listed


def names(annotation: Annotation) -> list[str]:
    """Whom a reviewer can choose as speaker: people and organisations of the article, in its order."""
    text = annotation.document.text
    return list(dict.fromkeys(one_line(e.name.of(text)) for e in annotation.entities if e.type in ("PER", "ORG")))
