r"""CoNLL columns: a token a line, an empty line after each sentence, `-DOCSTART-` before each article.

    token   ner     content     cue     source
    aman    O       I-INDIRECT  O       O
    ,       O       O           O       O
    ujar    O       O           B-CUE   O

Columns are parted by tabs; labels are IOB2 and end with their sentence. Where spans of a column nest or cross, the
outermost, then the first, is shown. A token partly inside a span (`ujarnya`, whose cue is `ujar`) has the label of
the span that covers its beginning. Flair reads it by ColumnCorpus with {0: "text", 1: "ner", 2: "content", 3: "cue",
4: "source"}, column_delimiter="\t" and document_separator_token="-DOCSTART-".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from annotator.document import Annotation, Span

COLUMNS = ("text", "ner", "content", "cue", "source")
DOCUMENT = "-DOCSTART-"
_SPACE = re.compile(r"\s")


def lines(annotations: Iterable[Annotation]) -> Iterator[str]:
    """The lines of the annotations, in their order, without line feeds."""
    for annotation in annotations:
        yield "\t".join((DOCUMENT, "O", "O", "O", "O"))
        yield ""
        columns = [outermost(layer) for layer in _layers(annotation)]
        for sentence in annotation.sentences:
            labels = [iob2(sentence.tokens, column) for column in columns]
            for token, *row in zip(sentence.tokens, *labels, strict=True):
                yield "\t".join((_form(token.of(annotation.document.text)), *row))
            yield ""


def _layers(annotation: Annotation) -> Iterator[list[tuple[Span, str]]]:
    quotes = [attribution.quote for attribution in annotation.attributions]
    yield [(mention.span, mention.type) for entity in annotation.entities for mention in entity.mentions]
    yield [(part, quote.type.upper()) for quote in quotes for part in quote.content]
    yield [(quote.cue, "CUE") for quote in quotes if quote.cue]
    yield [(quote.source, "SOURCE") for quote in quotes if quote.source]


def outermost(layer: Iterable[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """The labelled spans in text order, without those that lie in, or run into, one that starts before them."""
    kept: list[tuple[Span, str]] = []
    for span, label in sorted(layer, key=lambda item: (item[0].start, -item[0].stop)):
        if not kept or kept[-1][0].stop <= span.start:
            kept.append((span, label))
    return kept


def iob2(tokens: Sequence[Span], layer: Sequence[tuple[Span, str]]) -> list[str]:
    """A label for each token, from disjoint labelled spans in text order."""
    labels, position, inside = [], 0, None
    for token in tokens:
        while position < len(layer) and layer[position][0].stop <= token.start:
            position += 1
        if position < len(layer) and layer[position][0].start <= token.start:
            labels.append(f"{'I' if inside == position else 'B'}-{layer[position][1]}")
            inside = position
        else:
            labels.append("O")
            inside = None
    return labels


def _form(words: str) -> str:
    """A token as a column can hold it: without whitespace, and not mistaken for the mark of an article."""
    form = _SPACE.sub("_", words)
    return "_" + form if form == DOCUMENT else form
