"""Flair's SequenceTagger with our embeddings, to train it, and models of others as Flair uses them.

Flair takes seconds to import, so `ner` and `train` import this only when they need it; on one thread and without a graphics card, as network.py.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from annotator.network import SIZES, Article, Embedded, Names, Network, Words, read_weights  # before Flair: it sets PyTorch up

import flair
import torch
from flair.data import Dictionary, Sentence
from flair.embeddings import TokenEmbeddings
from flair.models import SequenceTagger
from flair.nn import Classifier
from safetensors.torch import save as write_weights

logging.getLogger("flair").setLevel(logging.WARNING)
flair.device = torch.device("cpu")

LABEL = "ner"
_BATCH = 32  # sentences a model of others tags at once


class ArticleEmbeddings(Words, TokenEmbeddings):
    """Words as embeddings of Flair's, which take the sentences that Flair links with a sentence for its article."""

    name = "words in articles"
    static_embeddings = False
    embedding_type = "word-level"

    @property
    def embedding_length(self) -> int:
        return self.length

    def _add_embeddings_internal(self, sentences) -> None:
        firsts = {}
        for sentence in sentences:
            while sentence._previous_sentence is not None:
                sentence = sentence._previous_sentence
            firsts[id(sentence)] = sentence
        for sentence in firsts.values():
            article = []
            while sentence is not None:
                article.append(sentence)
                sentence = sentence._next_sentence
            _, rows = Embedded(self).rows([[[token.text for token in some] for some in article]])
            for token, row in zip((token for some in article for token in some), itertools.chain.from_iterable(rows)):
                token.set_embedding(self.name, row)


class EvenLSTM(torch.nn.LSTM):
    """An LSTM that is trained in half precision and at once where all sentences of the batch are of one length: twice as fast."""

    def forward(self, packed, hx=None):
        sizes = packed.batch_sizes
        if not self.training or sizes[0] != sizes[-1]:
            return super().forward(packed, hx)
        even = packed.data.view(len(sizes), int(sizes[0]), -1).transpose(0, 1)
        with torch.autocast("cpu", torch.bfloat16):
            output, hidden = super().forward(even)
        return packed._replace(data=output.float().transpose(0, 1).flatten(0, 1)), hidden


def build(config: dict, words: Sequence[str]) -> SequenceTagger:
    """An untrained tagger.

    Args:
        config: `types`, what Words takes (SIZES), `hidden`, `dropout`, `word_dropout`, `locked_dropout`.
        words: the words of the vectors.
    """
    types = Dictionary(add_unk=False)
    types.span_labels = True
    for kind in config["types"]:
        types.add_item(kind)
    embeddings = ArticleEmbeddings(words, *(config[name] for name in SIZES))
    return SequenceTagger(
        embeddings,
        types,
        LABEL,
        rnn=EvenLSTM(embeddings.embedding_length, config["hidden"], bidirectional=True, batch_first=True),
        dropout=config["dropout"],
        word_dropout=config["word_dropout"],
        locked_dropout=config["locked_dropout"],
    )


def read(config: bytes, words: bytes, weights: bytes) -> SequenceTagger:
    """A model from the contents of its three files, to train it further or to use it as Flair does; to find names, network.read is enough."""
    model = build(json.loads(config), words.decode("utf-8").split("\n")[:-1])
    model.load_state_dict({name: tensor.float() for name, tensor in read_weights(weights).items()})
    return model.eval()


def layers(model: SequenceTagger) -> Network:
    """The layers of a model, for network.Fast."""
    return Network(model.embeddings, model.embedding2nn, model.rnn, model.linear, model.crf.transitions, model.label_dictionary.get_items())


def renewed(contents: Sequence[bytes], types: Sequence[str], fresh: bool, seed: int) -> tuple[SequenceTagger, dict]:
    """A model to train on, with its config, from the contents of another's files.

    Its types are the other's, if these are among them, or `types`; layers that do not depend on them keep their weights, or only the
    word vectors if it is to be `fresh`.
    """
    torch.manual_seed(seed)
    config, other = json.loads(contents[0]), read(*contents)
    if fresh or not set(types) <= set(config["types"]):
        config["types"] = list(types)
    model = build(config, list(other.embeddings.rows))
    wanted = model.state_dict()
    kept = other.state_dict() if not fresh else {"embeddings.vectors": other.embeddings.vectors}
    model.load_state_dict({name: tensor for name, tensor in kept.items() if tensor.shape == wanted[name].shape}, strict=False)
    return model, config


def write(model: SequenceTagger, config: dict, path: Path) -> None:
    """Write a model in its three files, which `read` reads."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (path / "words.txt").write_text("".join(word + "\n" for word in model.embeddings.rows), encoding="utf-8")
    half = {name: tensor.to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    (path / "model.safetensors").write_bytes(write_weights(half))


class Plain:
    """Names in articles by a model's own `predict`: any model of Flair's that marks spans of words."""

    def __init__(self, model):
        self._model = model

    def tag(self, articles: Sequence[Article]) -> list[list[Names]]:
        """As network.Fast.tag."""
        tagged = [[Sentence(list(words)) for words in article] for article in articles]
        for article in tagged:
            Sentence.set_context_for_sentences(article)
        self._model.predict([some for article in tagged for some in article if len(some)], mini_batch_size=_BATCH)
        return [[list(self._names(some)) for some in article] for article in tagged]

    def _names(self, sentence: Sentence) -> Iterator[tuple[int, int, str, float]]:
        label = self._model.label_type
        for span in sentence.get_spans(label):
            yield span.tokens[0].idx - 1, span.tokens[-1].idx, span.get_label(label).value, span.get_label(label).score


def fetch(name: str) -> str:
    """The path of a model of that name, fetched from Hugging Face's hub if it is not there yet. OSError where it cannot be had."""
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of every attempt
    return str(SequenceTagger._fetch_model(name))


def unpickle(path: Path):
    """Any model that Flair loads. Opening it runs the code in it."""
    return Classifier.load(path).eval()


def finds_spans(model) -> bool:
    """Whether a model of Flair's marks spans of words, not words or sentences."""
    return getattr(model, "predict_spans", False) or getattr(model, "span_prediction_problem", False)
