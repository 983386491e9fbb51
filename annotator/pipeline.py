"""The stages in order: zones, sentences, names, quotes, entities, speakers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from annotator import entities, mentions, quotes, segment, speakers, zones
from annotator.document import Annotation, Document, Mention, Sentence, Zone
from annotator.grammar import NOISE, cover, mask

# articles annotated together: enough to fill batches of sentences of one length, few enough to keep memory flat
BATCH = 64


def annotate(documents: Iterable[Document], tagger) -> Iterator[Annotation]:
    """Annotate documents in order; `tagger` is what ner.load gives."""
    stream = iter(documents)
    while batch := list(itertools.islice(stream, BATCH)):
        found = list(map(zones.find, batch))
        split = [segment.sentences(document.text, noise) for document, noise in zip(batch, found)]
        yield from attribute(batch, found, split, tagger.tag([(d.text, sentences) for d, sentences in zip(batch, split)]))


def attribute(
    documents: Sequence[Document], found: Sequence[tuple[Zone, ...]], split: Sequence[tuple[Sentence, ...]], tagged: Sequence[tuple[Mention, ...]]
) -> list[Annotation]:
    """The stages after tagging, for some documents with their zones, sentences and tagged names.

    Each goes through all documents before the next begins: what its rules are compiled to stays in the processor's cache.
    """
    texts = [document.text for document in documents]
    names = list(map(mentions.correct, texts, split, tagged))
    named = list(map(mask, texts, names))
    noise = list(map(zones.reach, named, found))
    unlinked = [cover(masked, (z.span for z in near if z.kind == "related"), NOISE) for masked, near in zip(named, noise)]
    people = list(map(entities.find, texts, unlinked, names))
    masked = [cover(masked, (z.span for z in near), NOISE) for masked, near in zip(named, noise)]
    said = list(map(quotes.find, texts, masked, split, noise, (document.outlet for document in documents)))
    attributed = map(speakers.attribute, texts, masked, people, said, noise)
    return list(map(Annotation, documents, found, split, people, attributed, tagged))
