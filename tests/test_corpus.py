"""The articles written for this project and their gold: the same texts, every construction, no mark without its quote."""

from pathlib import Path

import pytest
import regex

from annotator import markup

CORPUS = Path(__file__).parent.parent / "corpus"
GOLD = Path(__file__).parent / "gold"
ARTICLES = 14
TYPES = {"direct", "indirect", "mixed"}
KINDS = {"person", "group", "organisation", "document"}
ENTITIES = {"PER", "ORG", "LOC"}
FACTS = {"type", "speaker", "kind", "role", "affiliation", "via", "parent", "implicit"}
OPENING = "\"'“”„«»‘’"
WORD = regex.compile(r"\w+")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")}


def read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def gold(name: str) -> markup.Marked:
    return markup.parse(read(GOLD / name))


@pytest.fixture(scope="module")
def everything() -> list[markup.Marked]:
    return [gold(name) for name in sorted(names(GOLD))]


def each_gold(test):
    return pytest.mark.parametrize("name", sorted(names(GOLD)))(test)


def test_every_article_has_gold_and_every_gold_an_article():
    assert names(CORPUS) == names(GOLD)


def test_there_are_enough_articles():
    assert len(names(CORPUS)) >= ARTICLES


@each_gold
def test_gold_without_marks_is_the_article(name):
    assert gold(name).text == read(CORPUS / name)


@each_gold
def test_marks_belong_to_a_quote_and_start_and_end_with_words(name):
    marked = gold(name)
    quotes = set(marked.numbers())
    assert quotes == set(marked.facts)
    for mark in marked.marks:
        words = mark.span.of(marked.text)
        assert mark.label in markup.QUOTE_LABELS | ENTITIES, words
        assert mark.label in ENTITIES or mark.number in quotes, words
        assert words == words.strip()


@each_gold
def test_entities_do_not_overlap(name):
    spans = sorted(mark.span for mark in gold(name).marks if mark.label in ENTITIES)
    assert not [(a, b) for a, b in zip(spans, spans[1:]) if a.overlaps(b)]


@each_gold
def test_every_entity_name_is_marked_wherever_it_stands(name):
    marked = gold(name)
    entities = [mark.span for mark in marked.marks if mark.label in ENTITIES]
    for words in {span.of(marked.text) for span in entities}:
        for found in regex.finditer(rf"(?<!\w){regex.escape(words)}(?!\w)", marked.text):
            assert any(span.start <= found.start() and found.end() <= span.stop for span in entities), (words, found.start())


@each_gold
def test_facts_of_a_quote_are_known_and_stand_in_the_text(name):
    marked = gold(name)
    present = set(WORD.findall(marked.text.casefold()))
    for number, facts in marked.facts.items():
        assert facts.keys() <= FACTS and facts["type"] in TYPES and facts["kind"] in KINDS, number
        assert facts.get("implicit", "yes") == "yes", number
        assert facts["speaker"], number
        assert set(WORD.findall(f"{facts['speaker']} {facts.get('role', '')}".casefold())) <= present, number


@each_gold
def test_a_quote_has_at_most_one_cue_one_source_and_one_via(name):
    marked = gold(name)
    for number in marked.numbers():
        assert max(len(marked.spans(label, number)) for label in ("cue", "source", "via")) <= 1, number


@each_gold
def test_a_quote_with_a_cue_has_a_source_or_is_implicit(name):
    marked = gold(name)
    for number, facts in marked.facts.items():
        sourced, implicit = bool(marked.spans("source", number)), "implicit" in facts
        assert not (sourced and implicit), number
        assert sourced or implicit or not marked.spans("cue", number), number


@each_gold
def test_the_via_of_a_quote_is_its_marked_words(name):
    marked = gold(name)
    for number, facts in marked.facts.items():
        assert [span.of(marked.text) for span in marked.spans("via", number)] == ([facts["via"]] if "via" in facts else []), number


@each_gold
def test_a_parent_encloses_its_quote(name):
    marked = gold(name)
    for number in marked.numbers():
        enclosing = {
            str(other)
            for other in marked.numbers()
            if other != number
            and all(any(o.contains(s) for o in marked.spans("content", other)) for s in marked.spans("content", number))
        }
        parent = marked.facts[number].get("parent")
        assert parent in enclosing if enclosing else parent is None, number


@each_gold
def test_direct_contents_follow_a_quotation_mark_and_others_do_not_fill_one(name):
    marked = gold(name)
    for number in marked.numbers():
        parts = marked.spans("content", number)
        opened = [part.start > 0 and marked.text[part.start - 1] in OPENING for part in parts]
        assert all(opened) if marked.facts[number]["type"] == "direct" else not any(opened), number


@each_gold
def test_mixed_contents_hold_quoted_words(name):
    marked = gold(name)
    for number, facts in marked.facts.items():
        content = " ".join(span.of(marked.text) for span in marked.spans("content", number))
        if facts["type"] == "mixed":
            assert regex.search(r'["“”«][^"“”«»]+["”»]|‘[^’]+’', content), number


def test_every_construction_occurs(everything):
    facts = [quote for marked in everything for quote in marked.facts.values()]
    assert {quote["type"] for quote in facts} == TYPES
    assert {quote["kind"] for quote in facts} == KINDS
    for fact in ("role", "via", "parent", "implicit"):
        assert any(fact in quote for quote in facts), fact
    assert {mark.label for marked in everything for mark in marked.marks} == markup.QUOTE_LABELS | ENTITIES


@pytest.mark.parametrize("type", sorted(TYPES - {"mixed"}))
def test_contents_in_several_parts_occur(everything, type):
    assert any(
        len(marked.spans("content", number)) > 1
        for marked in everything
        for number, facts in marked.facts.items()
        if facts["type"] == type
    )
