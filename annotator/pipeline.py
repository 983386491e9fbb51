"""The stages in order: zones, sentences, names, quotes, entities, speakers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from annotator import entities, grammar, mentions, quotes, segment, speakers, zones
from annotator.document import Annotation, Document, Mention, Zone

# articles tagged together: enough to fill batches of sentences of one length, few enough to keep memory flat
BATCH = 64


def annotate(documents: Iterable[Document], tagger) -> Iterator[Annotation]:
    """Annotate documents in order; `tagger` is what ner.load gives."""
    stream = iter(documents)
    while batch := list(itertools.islice(stream, BATCH)):
        prepared = [(d, z, segment.sentences(d.text, z)) for d in batch for z in (zones.find(d),)]
        tagged = tagger.tag([(d.text, s) for d, _, s in prepared])
        for (document, found, sentences), names in zip(prepared, tagged):
            yield attribute(document, found, sentences, names)


def attribute(document: Document, found: tuple[Zone, ...], sentences: tuple, tagged: tuple[Mention, ...]) -> Annotation:
    """The stages after tagging, for one document."""
    text = document.text
    names = mentions.correct(text, sentences, tagged)
    named = grammar.mask(text, names)
    noise = zones.reach(named, found)
    people = entities.find(text, grammar.cover(named, (z.span for z in noise if z.kind == "related"), grammar.NOISE), names)
    masked = grammar.cover(named, (z.span for z in noise), grammar.NOISE)
    said = quotes.find(text, masked, sentences, noise, document.outlet)
    return Annotation(document, found, sentences, people, speakers.attribute(text, masked, people, said, noise), tagged)
