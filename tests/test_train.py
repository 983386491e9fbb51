"""Training on a handful of our own sentences: that it runs, repeats itself, and keeps held-out sentences out."""

import json
import random

import pytest

from annotator import ner, train
from annotator.segment import sentences

NEWS = [("Presiden Rina Lestari tiba di Medan.", [[9, 21, "PER"], [30, 35, "LOC"]]), ("Kata Bank Maju, harga naik lagi.", [[5, 14, "ORG"]])]
COLUMNS = "Ketua\tO\nPartai\tB-ORG\nMaju\tI-ORG\n(PM)\tI-ORG\nBudi\tB-PER\nhadir\tO\n\nIa\tO\npergi\tO\nke\tO\nMedan\tO\nlagi\tO\n"
WORDS = "presiden rina lestari tiba di medan . kata bank maju , harga naik lagi ketua partai ( ) budi hadir".split()


@pytest.fixture
def data(tmp_path):
    """A data directory; the second column sentence is also in a test file."""
    for name in ("news", *train.COLUMNS):
        (tmp_path / "ner" / name).mkdir(parents=True)
    lines = [json.dumps({"text": text, "entities": names}) for text, names in NEWS]
    (tmp_path / "ner/news/train.jsonl").write_text("\n".join(lines * 4))
    (tmp_path / "ner/news/dev.jsonl").write_text(json.dumps({"text": "Rina tidur nyenyak.", "entities": [[0, 4, "PER"]]}))
    for name in train.COLUMNS:
        (tmp_path / "ner" / name / "train.txt").write_text(COLUMNS)
        (tmp_path / "ner" / name / "train.leaky_indices").write_text("")
        (tmp_path / "ner" / name / "dev.txt").write_text("Medan\tB-LOC\nsepi\tO\nsekali\tO\n")
        (tmp_path / "ner" / name / "test.txt").write_text("Ia\tO\npergi\tO\nke\tO\nMedan\tB-LOC\nlagi\tO\n")
    rng = random.Random(1)
    rows = (" ".join([word, *(f"{rng.gauss(0, 1):.3f}" for _ in range(8))]) for word in WORDS)
    (tmp_path / "vectors.txt").write_text(f"{len(WORDS)} 8\n" + "".join(row + "\n" for row in rows))
    return tmp_path


@pytest.fixture
def chosen():
    settings = train.settings()
    settings["model"] |= {"hidden": 8, "character_hidden": 4}
    settings["training"] |= {"epochs": 2, "batch": 4, "known": 2}
    return settings


def test_training_repeats_itself_and_the_model_loads(data, chosen):
    models = []
    for name in ("one", "two"):
        said: list[str] = []
        train.train(data, data / name, chosen, data / "vectors.txt", said.append)
        assert any(line.startswith("epoch 2") for line in said)
        models.append(ner.load(data / name))
    assert models[0].sha256 == models[1].sha256
    assert len(models[0].tag([("Rina di Medan.", sentences("Rina di Medan."))])) == 1


def test_held_out_sentences_stay_out(data, chosen):
    examples, _ = train._examples(data, chosen)
    assert not any("pergi" in example.words for example in examples)
    assert list(train.overlaps(train.columns(data / "ner/idner-news-2k/train.txt"), train.held_out_files(data)).values()) == [0, 0, 0, 1, 1]


def test_a_bracket_glued_to_a_name_parts_it(data):
    first, _ = train.columns(data / "ner/idner-news-2k/train.txt")
    assert [(first.text[start:stop], kind) for start, stop, kind in first.names] == [("Partai Maju", "ORG"), ("PM", "ORG"), ("Budi", "PER")]


def test_names_the_articles_know_are_added_to_the_columns():
    example = train.Example(("pemerintah", "Jepang", "dan", "Budi"), ((3, 4, "PER"),))
    assert train._conform(example, {"Jepang": "LOC", "Budi": "ORG"}).names == ((1, 2, "LOC"), (3, 4, "PER"))


@pytest.mark.parametrize("missing", ["ner/news/train.jsonl", "ner/idner-news-2k/train.leaky_indices"])
def test_missing_data_is_explained(data, chosen, missing):
    (data / missing).unlink()
    with pytest.raises(train.TrainError, match="training data is missing"):
        train.train(data, data / "model", chosen, data / "vectors.txt", lambda line: None)


def test_settings_that_cannot_be_read_are_explained(tmp_path):
    (tmp_path / "training.toml").write_text("seed = ")
    with pytest.raises(train.TrainError, match="training.toml"):
        train.settings(tmp_path / "training.toml")
