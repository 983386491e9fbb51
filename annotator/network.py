"""The network behind the names: a Flair SequenceTagger over words in their articles, and its fast use on many of them.

Of each word it sees what its form tells, and in what company the same form stands elsewhere in the article: “Hari” that comes after
“Jaksa” once is a person in the other sentences too. Imports Flair, so `ner` and `train` import this only when they need a model.
Flair is used on one thread: on a busy machine OpenMP threads that wait for each other are 30 times slower.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import regex

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")  # code is kept for each shape of a batch, and few come twice
import flair
import torch
from flair.data import Dictionary, Sentence, get_spans_from_bio
from flair.embeddings import TokenEmbeddings
from flair.models import SequenceTagger
from flair.models.sequence_tagger_utils.viterbi import START_TAG, STOP_TAG
from flair.nn import Classifier
from safetensors.torch import load as read_weights
from safetensors.torch import save as write_weights
from torch.nn.utils.rnn import pad_sequence

logging.getLogger("flair").setLevel(logging.WARNING)
flair.device = torch.device("cpu")
torch.set_num_threads(1)

LABEL = "ner"
_PRECISION = torch.bfloat16 if getattr(torch.cpu, "_is_avx512_bf16_supported", bool)() else torch.float32
_FLAGS = 3  # what is told of the other occurrences beside their neighbours
_KEPT = 20_000  # word forms whose embeddings are kept, so that memory stays flat
_CHUNK = 2048  # word forms embedded at once
_BATCH = 2048  # words tagged at once: more take no less time, and more memory
_PLAIN_BATCH = 32  # sentences a model of others tags at once

Article = Sequence[Sequence[str]]  # sentences as words
Names = list[tuple[int, int, str, float]]  # of a sentence: first word, word after the last, type, score


_DIGIT = regex.compile(r"\d")


def folded(word: str) -> str:
    """The form a word has in the vectors: lower case, digits as #."""
    return _DIGIT.sub("#", word.lower())


class Forms:
    """Numbers for word forms, from 1 up (0 is no word), and for each whether it may be a name and the number of its lower case."""

    def __init__(self):
        self.numbers: dict[str, int] = {}
        self.capital, self.lower = [False], [0]

    def add(self, words: set[str]) -> list[str]:
        """Number the words that have no number yet, and their lower case; what was added, in the order of its numbers."""
        new = sorted((words | {word.lower() for word in words}) - self.numbers.keys(), key=lambda word: (len(word), word))
        self.numbers.update(zip(new, range(len(self.capital), len(self.capital) + len(new))))
        self.capital += [len(word) > 1 and word != word.lower() for word in new]
        self.lower += [self.numbers.get(word.lower(), 0) for word in new]
        return new


class Text:
    """Articles as numbers: of each word its form, those before and after it in its sentence, and its article."""

    def __init__(self, articles: Sequence[Article], forms: Forms):
        sentences = [(number, words) for number, article in enumerate(articles) for words in article]
        self.lengths = [len(words) for _, words in sentences]
        self.form = torch.tensor([forms.numbers[word] for _, words in sentences for word in words], dtype=torch.long)
        self.article = torch.tensor([number for number, words in sentences for _ in words], dtype=torch.long)
        lengths = torch.tensor(self.lengths, dtype=torch.long)
        first = (lengths.cumsum(0) - lengths)[lengths > 0]
        self.starts = (lengths.cumsum(0) - lengths).tolist()
        self.before, self.after = self.form.roll(1), self.form.roll(-1)
        self.before[first] = 0
        self.after[first - 1] = 0  # of the first sentence, the last word of all

    def elsewhere(self, forms: Forms, before: torch.Tensor, after: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The numbers of the words that may be names; of each the mean of its other occurrences' neighbours; and flags.

        Args:
            before, after: what the form of that number contributes as the word before, or after, a name; (forms, n).

        The flags: whether there are other occurrences, how many (of five, at most), whether its lower case is in the article.
        """
        capital, lower = torch.tensor(forms.capital), torch.tensor(forms.lower)
        where = capital[self.form].nonzero()[:, 0]
        form, offset = self.form[where], self.article[where] * len(capital)
        _, group, count = (offset + form).unique(return_inverse=True, return_counts=True)
        beside = before[self.before[where]] + after[self.after[where]]
        total = torch.zeros(len(count), beside.shape[1]).index_add_(0, group, beside)
        others = count[group] - 1
        mean = (total[group] - beside) / others.clamp(min=1)[:, None]
        small = torch.isin(offset + lower[form], self.article * len(capital) + self.form)
        return where, mean, torch.stack([(others > 0).float(), others.clamp(max=5) / 5, small.float()], 1)


class ArticleEmbeddings(TokenEmbeddings):
    """A word's vector (fixed; that of all unknown words is learned), what filters over its letters find, and its company elsewhere.

    Used by Flair itself, it takes the sentences that Flair links with a sentence for its article.

    Args:
        words: the words of the vectors, in the order of their rows.
        letters: the characters that are told apart.
        dimensions: of the vectors. `letter_dimensions`, `filters`, `company`: sizes of the other parts.
    """

    def __init__(self, words: Sequence[str], letters: str, dimensions: int, letter_dimensions: int, filters: int, company: int):
        super().__init__()
        self.name, self.static_embeddings = "words in articles", False
        self.rows = {word: row for row, word in enumerate(words)}
        self.letters = {letter: number for number, letter in enumerate(letters, 2)}  # 0 is no letter, 1 any other
        self.register_buffer("vectors", torch.zeros(len(words), dimensions))
        self.unknown = torch.nn.Parameter(torch.zeros(dimensions))
        self.letter_vectors = torch.nn.Embedding(len(letters) + 2, letter_dimensions)
        self.filters = torch.nn.Conv1d(letter_dimensions, filters, 3, padding=1)
        self.company = torch.nn.Linear(2 * dimensions + _FLAGS, company)
        self._length = dimensions + filters + company
        self.eval()

    @property
    def embedding_length(self) -> int:
        return self._length

    @property
    def embedding_type(self) -> str:
        return "word-level"

    def coded(self, forms: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """The row of each form in the vectors, -1 for unknown words, and its letters as numbers, filled up with 0."""
        rows = torch.tensor([self.rows.get(folded(form), -1) for form in forms])
        letters = [torch.tensor([self.letters.get(letter, 1) for letter in form], dtype=torch.int32) for form in forms]
        return rows, pad_sequence(letters, batch_first=True)

    def fixed(self, rows: torch.Tensor) -> torch.Tensor:
        """The vectors of rows, zeros for unknown words."""
        return torch.where((rows >= 0)[:, None], self.vectors[rows], torch.zeros(()))

    def told(self, rows: torch.Tensor, letters: torch.Tensor) -> torch.Tensor:
        """What forms tell, given as `coded` does."""
        longest = int((letters > 0).sum(1).max())
        letters = torch.nn.functional.pad(letters[:, :longest], (0, 1))  # so that every form ends with a 0, whatever others are there
        found = self.filters(self.letter_vectors(letters).transpose(1, 2)).masked_fill((letters == 0)[:, None], -1e4)
        return torch.cat([torch.where((rows >= 0)[:, None], self.vectors[rows], self.unknown), found.amax(2)], 1)

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


class Embedded:
    """Rows for the words of articles, as ArticleEmbeddings make them. What a form tells is computed once."""

    def __init__(self, embeddings: ArticleEmbeddings):
        self._embeddings = embeddings
        self._forms = Forms()
        sizes = embeddings.embedding_length - embeddings.company.out_features, *[embeddings.company.out_features] * 2
        self._tables = [torch.zeros(2 * _KEPT, size) for size in sizes]

    @torch.no_grad()
    def rows(self, articles: Sequence[Article]) -> tuple[Text, Iterator[torch.Tensor]]:
        """The articles as numbers, and a row for each of their words, many rows at once but not all: they take much memory."""
        if len(self._forms.capital) > _KEPT:
            self._forms = Forms()
        words = {word for article in articles for sentence in article for word in sentence}
        self._add(len(self._forms.capital), self._forms.add(words))
        text = Text(articles, self._forms)
        told, before, after = self._tables
        company = self._embeddings.company
        where, mean, flags = text.elsewhere(self._forms, before, after)
        beside = company.bias.repeat(len(text.form), 1)
        beside[where] += mean + flags @ company.weight[:, -_FLAGS:].T
        pieces = zip(text.form.split(_BATCH), beside.tanh().split(_BATCH))
        return text, (torch.cat([told[form], some], 1) for form, some in pieces)

    def _add(self, start: int, new: list[str]) -> None:
        if start + len(new) > len(self._tables[0]):
            self._tables = [torch.cat([table, torch.zeros(max(len(table), len(new)), table.shape[1])]) for table in self._tables]
        weight = self._embeddings.company.weight[:, :-_FLAGS]
        for some in (new[i : i + _CHUNK] for i in range(0, len(new), _CHUNK)):
            stop = start + len(some)
            rows, letters = self._embeddings.coded(some)
            fixed = self._embeddings.fixed(rows)
            for table, part in zip(self._tables, (self._embeddings.told(rows, letters), *(fixed @ half.T for half in weight.chunk(2, dim=1)))):
                table[start:stop] = part
            start = stop


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
        config: `types`, the arguments of ArticleEmbeddings but the words, `hidden`, `dropout`, `word_dropout`, `locked_dropout`.
        words: the words of the vectors.
    """
    types = Dictionary(add_unk=False)
    types.span_labels = True
    for kind in config["types"]:
        types.add_item(kind)
    embeddings = ArticleEmbeddings(words, *(config[name] for name in ("letters", "dimensions", "letter_dimensions", "filters", "company")))
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
    """A model from the contents of its three files."""
    model = build(json.loads(config), words.decode("utf-8").split("\n")[:-1])
    model.load_state_dict({name: tensor.float() for name, tensor in read_weights(weights).items()})
    return model.eval()


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


# Tagging -----------------------------------------------------------------------------------------


class Fast:
    """Names in articles, as a model's own `predict` finds them, without a Python object for each word, and twice as fast where the
    processor computes in half precision: of 20,000 names in real articles 3 differ then, and scores by 0.006 at most.

    Sentences of like length are tagged together. Of several models with the same tags the mean scores decide.
    """

    def __init__(self, *models: SequenceTagger):
        self._models = [(model.eval(), Embedded(model.embeddings), [w.detach().to(_PRECISION) for w in model.rnn._flat_weights]) for model in models]
        self._labels = models[0].label_dictionary.get_items()

    @torch.no_grad()
    def tag(self, articles: Sequence[Article]) -> list[list[Names]]:
        """The names of each sentence of each article."""
        embedded = [(model, weights, *rows.rows(articles)) for model, rows, weights in self._models]
        text = embedded[0][2]
        embedded = [(model, weights, torch.cat([model.embedding2nn(some).to(_PRECISION) for some in rows])) for model, weights, _, rows in embedded]
        found: list[Names] = [[] for _ in text.lengths]
        for batch in _batches(text.lengths):
            lengths = torch.tensor([text.lengths[i] for i in batch])
            words = pad_sequence([torch.arange(text.starts[i], text.starts[i] + text.lengths[i]) for i in batch], batch_first=True)
            features = sum(_features(model, weights, rows, words, lengths) for model, weights, rows in embedded) / len(embedded)
            transitions = sum(model.crf.transitions for model, *_ in embedded) / len(embedded)
            for i, names in zip(batch, self._names(*best_paths(features, lengths, transitions, self._labels), lengths.tolist())):
                found[i] = names
        names = iter(found)
        return [list(itertools.islice(names, len(article))) for article in articles]

    def _names(self, tags: torch.Tensor, scores: torch.Tensor, lengths: Sequence[int]) -> Iterator[Names]:
        for some, certain, length in zip(tags.tolist(), scores.tolist(), lengths):
            spans = get_spans_from_bio([self._labels[tag] for tag in some[:length]], certain) if any(some) else ()
            yield [(words[0], words[-1] + 1, kind, score) for words, score, kind in spans]


def _features(model: SequenceTagger, weights: list[torch.Tensor], rows: torch.Tensor, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The features that the model's own `forward` gives for words, numbers of rows.

    The LSTM reads both directions from the first word it comes to, so that what fills a batch up stands behind its sentences and touches none.
    """
    backwards = (lengths[:, None] - 1 - torch.arange(words.shape[1])).clamp(min=0)
    start = rows.new_zeros(1, len(words), model.rnn.hidden_size)
    forth, back = (
        torch.lstm(rows[read], (start, start), some, True, 1, 0.0, False, False, True)[0]
        for read, some in ((words, weights[:4]), (words.gather(1, backwards), weights[4:]))
    )
    back = back[torch.arange(len(words))[:, None], backwards]
    return model.crf(model.linear(torch.cat([forth, back], 2).float()))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of sentences of like length, longest first, each batch of about as many words."""
    batch: list[int] = []
    for number in sorted((i for i, length in enumerate(lengths) if length), key=lambda i: -lengths[i]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > _BATCH:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def best_paths(features: torch.Tensor, lengths: torch.Tensor, transitions: torch.Tensor, labels: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """The likeliest tags of sentences sorted by length, longest first, and their scores, both (sentences, words).

    Computes what Flair's ViterbiDecoder does: the same paths, and as score of a tag the softmax over the paths up to its word.

    Args:
        features: of the CRF, (sentences, words, to, from). lengths: words of each sentence. transitions: (to, from).
        labels: names of the tags, with <START> and <STOP>.
    """
    start, stop = labels.index(START_TAG), labels.index(STOP_TAG)
    count, steps = features.shape[:2]
    score = features[:, 0, :, start]
    upto, back = [score], []
    for step in range(1, steps):
        alive = int((lengths > step).sum())
        best, origin = (features[:alive, step] + score[:alive, None]).max(2)
        score = torch.cat([best, score[alive:]])
        upto.append(score)
        back.append(origin)
    tags = torch.zeros(count, steps, dtype=torch.long)
    tag = (score + transitions[stop]).argmax(1)
    for step in range(steps - 1, 0, -1):
        tags[:, step] = tag
        alive = len(back[step - 1])
        tag = torch.cat([back[step - 1].gather(1, tag[:alive, None])[:, 0], tag[alive:]])
    tags[:, 0] = tag
    return tags, torch.stack(upto, 1).softmax(2).amax(2)


class Plain:
    """Names in articles by a model's own `predict`: any model of Flair's that marks spans of words."""

    def __init__(self, model):
        self._model = model

    def tag(self, articles: Sequence[Article]) -> list[list[Names]]:
        """As Fast.tag."""
        tagged = [[Sentence(list(words)) for words in article] for article in articles]
        for article in tagged:
            Sentence.set_context_for_sentences(article)
        self._model.predict([some for article in tagged for some in article if len(some)], mini_batch_size=_PLAIN_BATCH)
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
