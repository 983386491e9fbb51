import json
from dataclasses import replace

import pytest

from annotator import rows, store
from annotator.document import Annotation, Document, Entity, Mention, Sentence, Span
from annotator.formats import conll, jsonl


def test_jsonl_is_the_exchange_format(sample):
    (line,) = jsonl.lines([sample])
    found = json.loads(line)
    assert list(found) == ["path", "sha256", "outlet", "title", "published", "url", "text", "entities", "quotes"]
    assert "\n" not in line and "“Ujung”" in line
    assert (found["path"], found["sha256"], found["text"]) == (sample.document.path, sample.document.sha256, sample.document.text)
    text = found["text"]
    assert [(text[e["start"]:e["end"]], e["id"], e["type"], e["name"]) for e in found["entities"]] == [
        ("Ambon", 1, "LOC", "Ambon"), ("Siti\nLatuconsina", 2, "PER", "Siti Latuconsina"), ("Antara", 3, "ORG", "Antara"),
        ("Siti", 2, "PER", "Siti Latuconsina"),
    ]
    first, split, inner, *_, floating = found["quotes"]
    assert first == {
        "id": 1, "type": "indirect", "content": [[text.index("Jembatan itu"), text.index(", kata")]],
        "cue": [text.index("kata Kepala"), text.index(" Kepala")], "source": first["source"], "implicit": False,
        "speaker": "Siti Latuconsina", "speaker_kind": "person", "role": "Kepala Dinas Perhubungan Kota Ambon",
        "affiliation": "Dinas Perhubungan Kota Ambon", "via": "Antara", "parent": None, "confidence": 0.97, "rule": "verb.after",
        "speaker_rule": "name",
    }
    assert text[slice(*first["source"])] == "Siti\nLatuconsina"
    assert [text[start:end] for start, end in split["content"]] == [
        "Kami sudah bilang 'jembatan ini kuat',", "Beban kata-kata <b>itu</b> & 12 ton.",
    ]
    assert (split["source"], split["implicit"], inner["parent"], inner["role"]) == (None, True, 2, None)
    assert (floating["speaker"], floating["speaker_kind"], floating["cue"]) == (None, None, None)


def column(annotation, index):
    return [line.split("\t")[index] for line in conll.lines([annotation]) if line and not line.startswith(conll.DOCUMENT)]


def labelled(annotation, index):
    return [(form, label) for form, label in zip(column(annotation, 0), column(annotation, index), strict=True) if label != "O"]


def test_conll_lines(sample):
    found = list(conll.lines([sample]))
    assert found[:2] == ["-DOCSTART-\tO\tO\tO\tO", ""]
    assert found[-1] == ""
    assert found.count("") == 1 + len(sample.sentences)
    assert "kata\tO\tO\tB-CUE\tO" in found
    assert "aman\tO\tI-INDIRECT\tO\tO" in found
    assert all(len(line.split()) == len(line.split("\t")) == 5 for line in found if line)


def test_conll_shows_the_outermost_content_and_the_beginning_of_words(sample):
    content = labelled(sample, 2)
    assert [form for form, label in content if label.startswith("B-")] == ["Jembatan", "Kami", "Beban", "Siti", "Siapa"]
    assert ("jembatan", "I-DIRECT") in content  # the quote in the quote is left out
    assert ("hujan", "I-MIXED") in content
    assert ("ujarnya", "B-CUE") in labelled(sample, 3)
    assert [form for form, _ in labelled(sample, 4)] == ["Siti", "Latuconsina", "Kami", "Seorang", "warga", "Siti"]


def test_conll_labels_end_with_their_sentence():
    text = "satu dua tiga empat"
    tokens = tuple(Span(text.index(word), text.index(word) + len(word)) for word in text.split())
    sentences = (Sentence(Span(0, 8), tokens[:2]), Sentence(Span(9, 19), tokens[2:]))
    mention = Mention(Span(5, 19), "ORG", 1.0, "r")
    annotation = Annotation(Document("a", text), (), sentences, (Entity("ORG", mention.span, (mention,), ()),), ())
    assert column(annotation, 1) == ["O", "B-ORG", "B-ORG", "I-ORG"]


@pytest.mark.parametrize(("spans", "labels"), [
    ([(0, 4), (5, 8)], "B-X B-X O"),            # neighbours stay two
    ([(0, 8), (5, 13)], "B-X I-X O"),           # crossing: the first
    ([(5, 13), (5, 8)], "O B-X I-X"),           # nested: the outer
    ([(2, 8)], "O B-X O"),                      # starts inside a token: the next one
    ([(5, 7)], "O B-X O"),                      # stops inside a token: that one
    ([(2, 4)], "O O O"),                        # covers no beginning
])
def test_iob2(spans, labels):
    tokens = (Span(0, 4), Span(5, 8), Span(9, 13))
    assert conll.iob2(tokens, conll.outermost((Span(*span), "X") for span in spans)) == labels.split()


def test_conll_forms_hold_no_whitespace_and_no_article_mark():
    text = "Rp\u00a05 a\tb c\u2028d -DOCSTART-"
    tokens = (Span(0, 4), Span(5, 8), Span(9, 12), Span(13, 23))
    annotation = Annotation(Document("a", text), (), (Sentence(Span(0, 23), tokens),), (), ())
    assert [line.split("\t")[0] for line in conll.lines([annotation])] == ["-DOCSTART-", "", "Rp_5", "a_b", "c_d", "_-DOCSTART-", ""]


@pytest.fixture
def stored(tmp_path, sample):
    """Annotations read back from a database, and the file written from them."""
    with store.open(tmp_path / "a.db") as db:
        run = store.start_run(db, tool="1", model="m", rules="r", settings={})
        for name in "ab":
            store.write(db, run, rows.of(replace(sample, document=replace(sample.document, path=name))))
        (tmp_path / "corpus.conll").write_text("".join(line + "\n" for line in conll.lines(store.annotations(db))), encoding="utf-8")
        yield tmp_path / "corpus.conll", db


# Of the sample: 4 mentions, 7 parts of which 2 lie in others, 5 cues, 4 sources.
COUNTS = {"ner": 2 * 4, "content": 2 * 5, "cue": 2 * 5, "source": 2 * 4}


def test_conll_counts_are_those_stored(stored):
    _, db = stored
    parts = "SELECT count(*) FROM quote_parts JOIN quotes ON quotes.id = quote WHERE parent IS NULL"
    queries = {
        "ner": "SELECT count(*) FROM mentions", "content": parts, "cue": "SELECT count(cue) FROM quotes",
        "source": "SELECT count(source_span) FROM quotes",
    }
    assert {name: db.execute(query).fetchone()[0] for name, query in queries.items()} == COUNTS


def test_seqeval_reads_conll(stored):
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2, Entities

    path, _ = stored
    sentences = [block.split("\n") for block in path.read_text(encoding="utf-8").strip("\n").split("\n\n")]
    for index, name in enumerate(conll.COLUMNS[1:], 1):
        labels = [[line.split("\t")[index] for line in sentence] for sentence in sentences]
        assert sum(len(found) for found in Entities(labels, IOB2).entities) == COUNTS[name]
        report = classification_report(labels, labels, mode="strict", scheme=IOB2, output_dict=True)
        assert report["micro avg"]["f1-score"] == 1.0 and report["micro avg"]["support"] == COUNTS[name]


def test_flair_reads_conll(stored):
    from flair.datasets import ColumnCorpus

    path, _ = stored
    corpus = ColumnCorpus(
        path.parent, dict(enumerate(conll.COLUMNS)), train_file=path.name, column_delimiter="\t",
        document_separator_token=conll.DOCUMENT, sample_missing_splits=False,
    )
    assert sum(sentence.is_document_boundary for sentence in corpus.train) == 2
    assert {name: sum(len(sentence.get_spans(name)) for sentence in corpus.train) for name in conll.COLUMNS[1:]} == COUNTS
    names = [span.text for sentence in corpus.train for span in sentence.get_spans("ner")]
    assert names == ["Ambon", "Siti Latuconsina", "Antara", "Siti"] * 2
