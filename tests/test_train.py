"""Training on a handful of our own sentences: that it runs, repeats itself, learns, and reads what people have."""

import json

import pytest

from annotator import ner, train
from annotator.segment import sentences

WORDS = "presiden rina lestari tiba di medan . kata bank maju , harga naik lagi ketua partai ( ) budi hadir".split()
IOB2 = "Ketua\tO\nPartai\tB-ORG\nMaju\tI-ORG\n(PM)\tI-ORG\nBudi\tB-PER\nhadir\tO\n\nIa\tO\npergi\tO\nke\tO\nMedan\tB-LOC\nlagi\tO\n\n"


@pytest.fixture
def base(tmp_path):
    """A small untrained model with vectors of a few words."""
    import torch

    from annotator import sequence

    config = {"format": ner.FORMAT, "types": ["PER", "ORG", "LOC"], "letters": "abcdefghijklmnopqrstuvwxyzBKMPRL", "dimensions": 8}
    config |= {"letter_dimensions": 4, "filters": 6, "company": 4, "hidden": 8, "dropout": 0.0, "word_dropout": 0.0, "locked_dropout": 0.0}
    torch.manual_seed(1)
    model = sequence.build(config, WORDS)
    model.embeddings.vectors = torch.randn(len(WORDS), 8)
    sequence.write(model, config, tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def dev(tmp_path):
    return write(tmp_path / "dev.conll", "Kata\tO\nketua\tO\nPartai\tB-ORG\nMaju\tI-ORG\n(PM)\tI-ORG\nBudi\tB-PER\nhadir\tO\n")


@pytest.fixture
def chosen():
    settings = train.settings()
    settings["tuning"] |= {"epochs": 2, "batch": 4}
    settings["training"] |= {"epochs": 40, "batch": 4, "rate": 0.03, "forget": 0.0}
    return settings


def write(path, text: str):
    path.write_text(text, encoding="utf-8")
    return path


def names(one: train.Labelled):
    return [(one.text[start:stop], kind) for start, stop, kind in one.names]


def test_training_learns_repeats_itself_and_the_model_loads(tmp_path, base, dev, chosen):
    file = write(tmp_path / "train.conll", IOB2 * 6)
    said: list[str] = []
    for name in ("one", "two"):
        best = train.tune([file], [dev], tmp_path / name, base, True, chosen, say=said.append)
    assert best > 0.9 and any(line.startswith("epoch 40") for line in said)
    one, two = (ner.load(ner.find(tmp_path / name)) for name in ("one", "two"))
    assert one.sha256 == two.sha256
    text = "Ketua Partai Maju hadir."
    (mentions,) = one.tag([(text, sentences(text))])
    assert ("Partai Maju", "ORG") in [(m.span.of(text), m.type) for m in mentions]


def test_tuning_keeps_what_the_model_knows_and_learns_new_types(tmp_path, base, dev, chosen):
    from annotator import sequence

    file = write(tmp_path / "train.conll", "Senin\tB-DATE\nBudi\tB-PER\nhadir\tO\n\n" * 4)
    train.tune([file], [dev], tmp_path / "new", base, False, chosen, say=lambda line: None)
    assert json.loads((tmp_path / "new" / "config.json").read_text())["types"] == ["DATE", "PER"]
    model, config = sequence.renewed(ner.contents(base), ["PER"], False, 7)
    old = sequence.read(*ner.contents(base))
    assert config["types"] == ["PER", "ORG", "LOC"]  # fewer types than it knows: it keeps them
    assert all(model.state_dict()[name].equal(tensor) for name, tensor in old.state_dict().items())


def test_without_a_dev_file_every_tenth_text_is_held_out(tmp_path, base, chosen):
    file = write(tmp_path / "train.conll", IOB2 * 10)
    said: list[str] = []
    train.tune([file], [], tmp_path / "new", base, False, chosen, say=said.append)
    assert said[0] == "no dev file: 2 of 20 texts are held out to choose the epoch"


# Reading -----------------------------------------------------------------------------------------


def test_a_bracket_glued_to_a_name_parts_it(tmp_path):
    first, _ = train.columns(write(tmp_path / "a.txt", IOB2))
    assert names(first) == [("Partai Maju", "ORG"), ("PM", "ORG"), ("Budi", "PER")]


@pytest.mark.parametrize(
    "labels",
    ["B-PER I-PER O B-LOC", "I-PER I-PER O I-LOC", "B-PER E-PER O S-LOC", "B-PER L-PER O U-LOC", "B-PER I-PER _ B-LOC"],
    ids=["IOB2", "IOB1", "IOBES", "BILOU", "underscore"],
)
def test_schemes_of_labels(tmp_path, labels):
    lines = [f"{word} x {label}" for word, label in zip("Rina Lestari di Medan".split(), labels.split())]
    (one,) = train.columns(write(tmp_path / "a.conll", "-DOCSTART- -X- O\n\n# text = x\n" + "\n".join(lines)))
    assert names(one) == [("Rina Lestari", "PER"), ("Medan", "LOC")]


def test_columns_can_be_chosen(tmp_path):
    file = write(tmp_path / "a.conllu", "1\tRina\tB-PER\t_\n2\tpergi\tO\t_\n")
    (one,) = train.columns(file, (1, 2))
    assert names(one) == [("Rina", "PER")]
    with pytest.raises(train.TrainError, match="line 1: there are only 4 columns; say with --columns"):
        train.columns(file, (1, 7))
    with pytest.raises(train.TrainError, match="line 1: “Rina” is no label .* --columns"):
        train.columns(file, (0, 1))


def test_our_own_exports_can_be_trained_on(tmp_path, sample):
    from annotator.formats import conll, jsonl

    column = train.columns(write(tmp_path / "a.conll", "\n".join(conll.lines([sample])) + "\n"), (0, 1))
    (article,) = train.articles(write(tmp_path / "a.jsonl", json.dumps(jsonl.record(sample)) + "\n"))
    assert sorted(name for one in column for name in names(one)) == sorted((" ".join(words.split()), kind) for words, kind in names(article))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "Budi"}', "a.jsonl, line 1: no article with `text` and `entities`"),
        ("a.jsonl", '{"text": "Budi", "entities": [[0, 9, "PER"]]}', "a name lies outside of the text"),
        ("a.jsonl", "Budi B-PER", "a.jsonl, line 1"),
        ("a.conll", "", "a.conll holds no sentences"),
        ("a.conll", "Budi", "line 1: “Budi” is no label"),
        ("a.conll", "Budi O\n", "no names to train on"),
    ],
)
def test_what_cannot_be_trained_on_is_explained(tmp_path, base, dev, chosen, name, content, message):
    file = write(tmp_path / name, content)
    with pytest.raises(train.TrainError, match=message):
        train.tune([file], [dev], tmp_path / "new", base, False, chosen, say=lambda line: None)
    assert not (tmp_path / "new").exists()


def test_sentences_of_the_dev_file_are_not_trained_on(tmp_path, base, dev, chosen):
    with pytest.raises(train.TrainError, match="no names to train on"):
        train.tune([dev], [dev], tmp_path / "new", base, False, chosen, say=lambda line: None)


def test_files_that_are_no_text_are_explained(tmp_path):
    (tmp_path / "a.conll").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(train.TrainError, match="a.conll is no text in UTF-8"):
        train.read(tmp_path / "a.conll")
    with pytest.raises(train.TrainError, match="nowhere.conll"):
        train.read(tmp_path / "nowhere.conll")


def test_settings_that_cannot_be_read_are_explained(tmp_path):
    with pytest.raises(train.TrainError, match="training.toml"):
        train.settings(write(tmp_path / "training.toml", "seed = "))
