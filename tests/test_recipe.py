"""How the shipped model is made, on a handful of our own sentences: the steps, and that held-out sentences stay out of all of them."""

import json
import random

import pytest

from annotator import ner, recipe, train
from annotator.train import Example

NEWS = [("Presiden Rina Lestari tiba di Medan.", [[9, 21, "PER"], [30, 35, "LOC"]]), ("Kata Bank Maju, harga naik lagi.", [[5, 14, "ORG"]])]
COLUMNS = "Ketua\tO\nPartai\tB-ORG\nMaju\tI-ORG\n(PM)\tI-ORG\nBudi\tB-PER\nhadir\tO\n\nIa\tO\npergi\tO\nke\tO\nMedan\tO\nlagi\tO\n"
WORDS = "presiden rina lestari tiba di medan . kata bank maju , harga naik lagi ketua partai ( ) budi hadir".split()
HELD_OUT = "Ia pergi ke Medan lagi."


@pytest.fixture
def data(tmp_path):
    """A data directory; its held-out sentence is also in a column file and in the unlabelled text."""
    for name in ("news", *recipe.COLUMNS):
        (tmp_path / "ner" / name).mkdir(parents=True)
    lines = [json.dumps({"text": text, "entities": names}) for text, names in NEWS]
    (tmp_path / "ner/news/train.jsonl").write_text("\n".join(lines * 4))
    (tmp_path / "ner/news/dev.jsonl").write_text(json.dumps({"text": "Rina tidur nyenyak.", "entities": [[0, 4, "PER"]]}))
    for name in recipe.COLUMNS:
        (tmp_path / "ner" / name / "train.txt").write_text(COLUMNS)
        (tmp_path / "ner" / name / "train.leaky_indices").write_text("")
        (tmp_path / "ner" / name / "dev.txt").write_text("Medan\tB-LOC\nsepi\tO\nsekali\tO\n")
        (tmp_path / "ner" / name / "test.txt").write_text("Ia\tO\npergi\tO\nke\tO\nMedan\tB-LOC\nlagi\tO\n")
    (tmp_path / "text").mkdir()
    (tmp_path / "text/news_articles.txt").write_text(f"Rina Lestari hadir. {HELD_OUT}\nRina tiba lagi di Medan.\n\nHarga beras naik lagi.\n")
    (tmp_path / "text/sent_some.txt").write_text("Harga beras naik lagi.\nBank Maju tutup hari ini.\n")
    (tmp_path / "articles.jsonl").write_text(json.dumps({"text": "Budi pulang ke Medan."}) + "\n")
    (tmp_path / "build").mkdir()
    rng = random.Random(1)
    rows = (" ".join([word, *(f"{rng.gauss(0, 1):.3f}" for _ in range(8))]) for word in WORDS)
    (tmp_path / "build/vectors.txt").write_text(f"{len(WORDS)} 8\n" + "".join(row + "\n" for row in rows))
    return tmp_path


@pytest.fixture
def chosen():
    settings = train.settings()
    settings["model"] |= {"hidden": 8, "filters": 4, "company": 4}
    settings["labelled"] |= {"known": 2}
    settings["silver"] = {"texts": ["news_articles.txt"]}
    settings["student_model"] = {"hidden": 12}
    for step in ("teacher", "student", "finish"):
        settings[step] |= {"epochs": 1, "batch": 8}
    return settings


def test_teachers_label_the_text_and_a_student_learns_from_it(data, chosen):
    build = data / "build"
    for number in (1, 2):
        recipe.teacher(data, chosen, build, number, build / f"teacher-{number}")
    recipe.silver(data, chosen, [build / "teacher-1", build / "teacher-2"], build / "silver.jsonl")
    labelled = [json.loads(line) for line in (build / "silver.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [words[0] for article in labelled for words, names in article] == ["Rina", "Rina", "Harga", "Budi"]
    recipe.student(data, chosen, build, build / "student")
    recipe.finish(data, chosen, build, build / "finished")
    sums = {ner.load(ner.find(build / name)).sha256 for name in ("teacher-1", "teacher-2", "student", "finished")}
    assert len(sums) == 4


def test_held_out_sentences_stay_out(data, chosen):
    never = recipe.held_out(data)
    assert train.letters(HELD_OUT) in never
    articles, counts = recipe.labelled(data, chosen)
    assert counts and not any("pergi" in example.words for article in articles for example in article)
    texts = list(recipe.unlabelled(data, ["news_articles.txt", "sent_some.txt"], never))
    assert not any("pergi" in words for article in texts for words in article)
    assert [len(article) for article in texts] == [2, 1, 1, 1]  # one held out, one there before
    assert train.keys(train.columns(data / "ner/idner-news-2k/train.txt")) & never == {train.letters(HELD_OUT)}


def test_names_the_articles_know_are_added_to_the_columns():
    example = Example(("pemerintah", "Jepang", "dan", "Budi"), ((3, 4, "PER"),))
    assert recipe._conform(example, {"Jepang": "LOC", "Budi": "ORG"}).names == ((1, 2, "LOC"), (3, 4, "PER"))


def test_other_names_take_the_place_of_those_in_a_sentence():
    example = Example(("Kata", "Budi", ",", "Medan", "sepi"), ((1, 2, "PER"), (3, 4, "LOC")))
    changed = recipe._swapped(example, {"PER": [("Rina", "Lestari")], "LOC": [("Bali",)]}, random.Random(1))
    assert changed == Example(("Kata", "Rina", "Lestari", ",", "Bali", "sepi"), ((1, 3, "PER"), (4, 5, "LOC")))
