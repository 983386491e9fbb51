"""A small annotation built by hand, without the model, that uses every field of every noun."""

import re
from dataclasses import replace

import pytest

from annotator.document import (
    Annotation, Attribution, Candidate, Document, Entity, Mention, Quote, Role, Sentence, Span, Zone,
)

TEXT = """\
title: Jembatan “Ujung” <script>alert(1)</script>

WARUNG KABAR, Ambon - Jembatan itu aman, kata Kepala Dinas\u00a0Perhubungan Kota Ambon Siti
Latuconsina \U0001f309 kepada Antara, Senin (3/3).

“Kami sudah bilang 'jembatan ini kuat',” ujarnya. “Beban kata-kata <b>itu</b> & 12 ton.”

Seorang warga menuturkan Siti berkata hujan\x00 tidak berbahaya\u2028malam ini.

“Siapa yang tahu?”
"""


def at(words: str, after: str = "") -> Span:
    """Where words stand in TEXT, the first time after other words."""
    start = TEXT.index(words, TEXT.index(after))
    return Span(start, start + len(words))


def sentences() -> tuple[Sentence, ...]:
    found = []
    for line in re.finditer(r"\S[^\n]*(?:\nLat[^\n]*)?", TEXT):
        tokens = tuple(Span(m.start() + line.start(), m.end() + line.start()) for m in re.finditer(r"[\w-]+|[^\w\s]", line[0]))
        found.append(Sentence(Span(tokens[0].start, tokens[-1].stop), tokens))
    return tuple(found)


def build() -> Annotation:
    siti = at("Siti\nLatuconsina")
    office = Role(at("Kepala Dinas\u00a0Perhubungan Kota Ambon"), at("Dinas\u00a0Perhubungan Kota Ambon"), "role.before")
    outside = Role(at("warga"), None, "role.noun")
    entities = (
        Entity("LOC", at("Ambon"), (Mention(at("Ambon"), "LOC", 0.75, "ner"),), ()),
        Entity("PER", siti, (Mention(siti, "PER", 0.998, "ner"), Mention(at("Siti", "menuturkan"), "PER", 0.5, "again")), (office,)),
        Entity("ORG", at("Antara"), (Mention(at("Antara"), "ORG", 1.0, "ner"),), ()),
    )
    resident = at("Seorang warga")
    attributions = (
        Attribution(
            Quote("indirect", (at("Jembatan itu aman"),), at("kata", "aman"), siti, False, at("Antara"), "verb.after"),
            siti, "person", 1, office, None, 0.97, "name", (Candidate(siti, 0.97, "named by the cue"),),
        ),
        Attribution(
            Quote(
                "direct", (at("Kami sudah bilang 'jembatan ini kuat',"), at("Beban kata-kata <b>itu</b> & 12 ton.")),
                at("ujar"), None, True, None, "marks.split",
            ),
            siti, "person", 1, office, None, 0.8, "clitic.last",
            (Candidate(siti, 0.8, "the last person who spoke"), Candidate(at("Antara"), 0.1, "relays")),
        ),
        Attribution(
            Quote("direct", (at("jembatan ini kuat"),), at("bilang"), at("Kami"), False, None, "marks.inner"),
            siti, "person", 1, None, 1, 0.6, "first.person", (),
        ),
        Attribution(
            Quote(
                "mixed", (at("Siti berkata hujan\x00 tidak berbahaya\u2028malam ini"),), at("menuturkan"), resident, False, None,
                "verb.before",
            ),
            resident, "person", None, outside, None, 0.55, "phrase", (Candidate(resident, 0.55, "named by the cue"),),
        ),
        Attribution(
            Quote(
                "indirect", (at("hujan\x00 tidak berbahaya\u2028malam ini"),), at("berkata"), at("Siti", "menuturkan"), False, None, "verb",
            ),
            siti, "person", 1, Role(office.span, None, "role.elsewhere"), 3, 0.5, "name.part", (),
        ),
        Attribution(
            Quote("direct", (at("Siapa yang tahu?"),), None, None, True, None, "marks.floating"),
            None, None, None, None, None, 0.05, "none", (Candidate(siti, 0.0, "too far away"),),
        ),
    )
    title = Span(0, TEXT.index("\n"))
    document = Document(
        "corpus/ambon/001.txt", TEXT, "Warung Kabar", "Jembatan “Ujung” <script>alert(1)</script>",
        "https://example.org/1", "2025-03-03", "Ani"
    )
    tagged = tuple(Mention(e.name, e.type, 0.5, "ner") for e in entities)
    return Annotation(document, (Zone(title, "title", "front.matter"),), sentences(), entities, attributions, tagged)


@pytest.fixture
def sample() -> Annotation:
    return build()


@pytest.fixture
def bare() -> Annotation:
    """An article in which nothing was found, of no known outlet."""
    return replace(build(), document=Document("corpus/z.txt", TEXT), zones=(), sentences=(), entities=(), attributions=())
