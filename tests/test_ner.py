import pickle
import random
import shutil
import socket
from pathlib import Path

import pytest

from annotator import articles, grammar, markup, ner
from annotator.document import Mention, Span
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
        yield ner.load(ner.find())


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


def test_the_fast_use_of_the_model_finds_what_flair_finds():
    """Every word of corpus/, a repeated one, an empty sentence, a long one: tags of the model's own `predict`, and its scores."""
    from annotator import network, sequence

    texts = [articles.read(path).text for path in sorted(Path(__file__).parent.parent.glob("corpus/**/*.txt"))]
    words = [[[token.of(text) for token in sentence.tokens] for sentence in sentences(text)] for text in texts]
    words += [[["Hari"], ["Jaksa", "Hari", "hadir"], ["hari", "itu"]], [["Kata", "Budi", "lagi"] * 80], []]
    contents = ner.contents(ner.MODEL)
    model, ours = sequence.read(*contents), network.read(*contents)
    assert sequence.layers(model).labels == ours.labels
    fast, plain = network.Fast(ours).tag(words), sequence.Plain(model).tag(words)
    assert network.Fast(sequence.layers(model)).tag(words) == fast
    assert sum(len(names) for article in fast for names in article) > 400
    for article, same in zip(fast, plain, strict=True):
        for names, others in zip(article, same, strict=True):
            assert [name[:3] for name in names] == [name[:3] for name in others]
            assert [name[3] for name in names] == pytest.approx([name[3] for name in others], abs=1e-2)  # half precision


def test_tags_are_read_as_flair_reads_them():
    """Ten thousand sequences, most of which no network should give: E- after O, I- of another type, a name of two types."""
    from annotator import network
    from flair.data import get_spans_from_bio

    rng = random.Random(1)
    tags = ["O", *(f"{place}-{kind}" for kind in ("PER", "ORG") for place in "SBEI")]
    for _ in range(10_000):
        some = rng.choices(tags, k=rng.randint(1, 8))
        scores = [rng.random() for _ in some]
        theirs = [(words[0], words[-1] + 1, kind, score) for words, score, kind in get_spans_from_bio([*some], scores)]
        assert list(network.spans(some, scores)) == theirs, some


def test_a_word_is_seen_with_its_other_occurrences():
    """The same sentence in two articles: what stands elsewhere in the article reaches the network."""
    from annotator import network

    embeddings = network.read(*ner.contents(ner.MODEL)).embeddings
    alone, with_others = [["Hari", "datang"]], [["Hari", "datang"], ["Jaksa", "Hari", "Setiyono", "hadir"]]
    first, second = (next(network.Embedded(embeddings).rows([article])[1]) for article in (alone, with_others))
    assert not first[0].equal(second[0]) and first[1].equal(second[1])


def test_the_mean_scores_of_several_models_decide():
    from annotator import network

    model = network.read(*ner.contents(ner.MODEL))
    words = [[["Kata", "Joko", "Widodo", "di", "Surabaya"]]]
    assert network.Fast(model, model).tag(words) == network.Fast(model).tag(words)


def test_the_model_is_small_and_holds_no_code():
    suffixes = {path.suffix for path in ner.MODEL.iterdir()}
    assert suffixes == {".json", ".txt", ".safetensors", ".toml", ".md"}
    assert sum(path.stat().st_size for path in ner.MODEL.iterdir()) < 20_000_000


def test_sha256_changes_with_the_model(tagger, tmp_path):
    shutil.copytree(ner.MODEL, tmp_path / "model")
    assert ner.load(tmp_path / "model").sha256 == tagger.sha256
    words = tmp_path / "model" / "words.txt"
    first, rest = words.read_text(encoding="utf-8").split("\n", 1)
    words.write_text(first + "x\n" + rest, encoding="utf-8")
    assert ner.load(tmp_path / "model").sha256 != tagger.sha256


def test_a_missing_model_is_explained(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ner.ModelError, match="no model at .*config.json is missing"):
        ner.find(tmp_path / "empty")
    with pytest.raises(ner.ModelError, match="there is no file or folder .*nowhere.pt"):
        ner.find(tmp_path / "nowhere.pt")


def test_a_damaged_model_is_explained(tmp_path):
    shutil.copytree(ner.MODEL, tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ner.ModelError, match="damaged"):
        ner.load(ner.find(tmp_path / "model"))


# Models of others --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def others(tmp_path_factory) -> Path:
    """A tagger as Flair saves it, untrained, with labels of its own."""
    from annotator import sequence  # sets Flair up
    from flair.data import Dictionary
    from flair.embeddings import OneHotEmbeddings
    from flair.models import SequenceTagger

    words, labels = Dictionary(), Dictionary(add_unk=False)
    for word in ("Kata", "Budi"):
        words.add_item(word)
    labels.span_labels = True
    for label in ("GPE", "DATE"):
        labels.add_item(label)
    model = SequenceTagger(OneHotEmbeddings(words, embedding_length=4), labels, "names", hidden_size=4, use_crf=False)
    model.linear.bias.data[model.label_dictionary.get_idx_for_item("O")] = -100  # untrained, but full of names
    path = tmp_path_factory.mktemp("others") / "tagger.pt"
    model.save(path)
    assert sequence.finds_spans(model)
    return path


def test_a_pickled_model_is_loaded_on_request_alone(others):
    with pytest.raises(ner.ModelError, match="runs any code .*--trust-model"):
        ner.find(others)
    tagger = ner.load(ner.find(others, trust=True))
    assert tagger.sha256 == ner.sha256(others)
    (mentions,) = tag(tagger, "Kata Budi di Medan. " * 30)
    assert {mention.type for mention in mentions} <= {"LOC", "DATE"} and mentions
    assert all(mention.span.stop <= 600 for mention in mentions)


class _Trap:
    """A pickle that leaves a file behind when it is opened."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_model_is_not_run(tmp_path):
    (tmp_path / "model.pt").write_bytes(pickle.dumps(_Trap(tmp_path / "trapped")))
    with pytest.raises(ner.ModelError):
        ner.find(tmp_path / "model.pt")
    (tmp_path / "folder").mkdir()
    for part in ner.PARTS:
        (tmp_path / "folder" / part).write_bytes((tmp_path / "model.pt").read_bytes())
    with pytest.raises(ner.ModelError, match="damaged"):
        ner.load(ner.find(tmp_path / "folder"))
    assert not (tmp_path / "trapped").exists()


def test_a_file_that_is_no_model_is_explained(tmp_path):
    (tmp_path / "model.pt").write_text("no model")
    with pytest.raises(ner.ModelError, match="Flair cannot load the model"):
        ner.load(ner.find(tmp_path / "model.pt", trust=True))


def test_a_name_the_hub_does_not_know_is_explained(monkeypatch):
    from annotator import sequence

    def offline(name):
        raise OSError("no route to host")

    monkeypatch.setattr(sequence, "fetch", offline)
    with pytest.raises(ner.ModelError, match="someone/tagger is neither a file nor a folder.* is the network up"):
        ner.find("someone/tagger", trust=True)


def test_labels_of_others_are_mapped_or_kept():
    tagger = ner.Tagger(lambda found: [[[(0, 1, "gpe", 1), (1, 2, "PERSON", 1), (2, 3, "DATE", 1), (3, 4, "ORG", 1)]]], "")
    (mentions,) = tag(tagger, "Medan Budi Senin KPK")
    assert [mention.type for mention in mentions] == ["LOC", "PER", "DATE", "ORG"]


def test_types_of_their_own_are_no_names_to_the_rules():
    mentions = (Mention(Span(0, 5), "DATE", 1, "ner"), Mention(Span(6, 10), "PER", 1, "ner"))
    assert grammar.mask("Senin Budi datang", mentions) == f"Senin {grammar.PER * 4} datang"
