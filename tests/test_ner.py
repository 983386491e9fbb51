import shutil
import socket

import pytest

from annotator import markup, ner
from annotator.segment import sentences

SENTENCES = [
    "Presiden [PER Vladimir Putin] tiba di [LOC Pyongyang], kata juru bicara [ORG Kremlin].",
    "Menteri Keuangan [PER Sri Mulyani] memimpin rapat di [LOC Jakarta], Selasa (3/3).",
    "Utang itu dicatat oleh [ORG Kementerian Keuangan] sejak tahun lalu.",
    "“Harga akan turun,” ujar Presiden [PER Joko Widodo] di [LOC Surabaya].",
    "Ketua [ORG Komisi Pemberantasan Korupsi] ([ORG KPK]) menolak berkomentar.",
    "Pemerintah [LOC Jepang] dan [LOC Amerika Serikat] berunding di [LOC Tokyo], tulis [ORG Reuters].",
    "Saham [ORG PT Bank Mandiri Tbk]. naik, kata analis [PER Budi Santoso].",
    "Tidak ada nama di kalimat ini, hanya harga beras yang naik.",
]
TEXTS = [markup.parse(sentence).text for sentence in SENTENCES]


@pytest.fixture(scope="module")
def tagger():
    def refuse(*_):
        raise AssertionError("the network was used")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield ner.load()


def tag(tagger, *texts: str):
    return tagger.tag([(text, sentences(text)) for text in texts])


@pytest.mark.parametrize("sentence", SENTENCES)
def test_finds_names_where_they_stand(tagger, sentence):
    marked = markup.parse(sentence)
    (mentions,) = tag(tagger, marked.text)
    assert [(m.span, m.type) for m in mentions] == [(m.span, m.label) for m in marked.marks]
    assert all(m.rule == "ner" and 0 < m.score <= 1 and m.score == round(m.score, 4) for m in mentions)


def test_offsets_survive_what_flair_would_change(tagger):
    text = "\ufeffJAKARTA —\u00a0\tPresiden\n\n “Ya,”\u200b kata Joko  Widodo\u00a0di Surabaya. 😀"
    (mentions,) = tag(tagger, text)
    assert "Joko  Widodo" in [m.span.of(text) for m in mentions]


def test_the_batch_changes_nothing(tagger):
    def names(found):
        return [[(m.span, m.type) for m in mentions] for mentions in found]

    together = names(tag(tagger, *TEXTS, " ".join(TEXTS)))
    assert together[:-1] == [names(tag(tagger, text))[0] for text in TEXTS]
    assert names(tag(tagger, *reversed(TEXTS))) == together[-2::-1]
    assert tagger.tag([]) == [] and tag(tagger, "") == [()]


def test_what_no_journalist_writes(tagger):
    """A word of 100,000 letters, a sentence of 3,000 words: no error, and not the memory of their square."""
    text = "Kata Joko Widodo " + "a" * 100_000 + " di Surabaya\n" + "ya dan " * 1_500
    (mentions,) = tag(tagger, text)
    assert all(m.span.stop <= len(text) for m in mentions)


def test_characters_are_embedded_as_flair_does(tagger):
    import torch
    from flair.data import Sentence
    from flair.embeddings import CharacterEmbeddings

    characters = tagger._model.embeddings.embeddings[1]
    one, other = (Sentence("Kata Joko Widodo di Surabaya".split()) for _ in range(2))
    with torch.no_grad():
        characters.embed(one)
        CharacterEmbeddings._add_embeddings_internal(characters, [other])
    for ours, flairs in zip(one, other):
        assert torch.allclose(ours.get_embedding([characters.name]), flairs.get_embedding([characters.name]), atol=1e-5)


def test_the_model_is_small_and_holds_no_code():
    suffixes = {path.suffix for path in ner.MODEL.iterdir()}
    assert suffixes == {".json", ".txt", ".safetensors", ".toml", ".md"}
    assert sum(path.stat().st_size for path in ner.MODEL.iterdir()) < 30_000_000


def test_sha256_changes_with_the_model(tagger, tmp_path):
    shutil.copytree(ner.MODEL, tmp_path / "model")
    assert ner.load(tmp_path / "model").sha256 == tagger.sha256
    words = tmp_path / "model" / "words.txt"
    first, rest = words.read_text(encoding="utf-8").split("\n", 1)
    words.write_text(first + "x\n" + rest, encoding="utf-8")
    assert ner.load(tmp_path / "model").sha256 != tagger.sha256


def test_a_missing_model_is_explained(tmp_path):
    with pytest.raises(ner.ModelError, match="no model at .*config.json is missing"):
        ner.load(tmp_path / "nowhere")


def test_a_damaged_model_is_explained(tmp_path):
    shutil.copytree(ner.MODEL, tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ner.ModelError, match="damaged"):
        ner.load(tmp_path / "model")
