"""The network behind the names, in PyTorch alone: what Flair's SequenceTagger computes with our embeddings, fast on many articles.

Of each word it sees what its form tells, and in what company the same form stands elsewhere in the article: “Hari” that comes after
“Jaksa” once is a person in the other sentences too. Models are trained, and those of others used, with Flair itself (sequence.py), which
takes seconds to import and memory in each process; here it is not needed. Imports PyTorch, so `ner` imports this only when it loads a
model. One thread: on a busy machine OpenMP threads that wait for each other are 30 times slower.
"""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")  # code is kept for each shape of a batch, and few come twice
import torch
from safetensors.torch import load as read_weights
from torch.nn.utils.rnn import pad_sequence

torch.set_num_threads(1)

START, STOP = "<START>", "<STOP>"  # tags before and after a sentence, as Flair names them
SIZES = ("letters", "dimensions", "letter_dimensions", "filters", "company")  # what of a config Words takes
_PRECISION = torch.bfloat16 if getattr(torch.cpu, "_is_avx512_bf16_supported", bool)() else torch.float32
_FLAGS = 3  # what is told of the other occurrences beside their neighbours
_KEPT = 20_000  # word forms whose embeddings are kept, so that memory stays flat
_CHUNK = 2048  # word forms embedded at once
_BATCH = 2048  # words tagged at once: more take no less time, and more memory

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


class Words(torch.nn.Module):
    """A word's vector (fixed; that of all unknown words is learned), what filters over its letters find, and its company elsewhere.

    Args:
        words: the words of the vectors, in the order of their rows.
        letters: the characters that are told apart.
        dimensions: of the vectors. `letter_dimensions`, `filters`, `company`: sizes of the other parts.
    """

    def __init__(self, words: Sequence[str], letters: str, dimensions: int, letter_dimensions: int, filters: int, company: int):
        super().__init__()
        self.rows = {word: row for row, word in enumerate(words)}
        self.letters = {letter: number for number, letter in enumerate(letters, 2)}  # 0 is no letter, 1 any other
        self.register_buffer("vectors", torch.zeros(len(words), dimensions))
        self.unknown = torch.nn.Parameter(torch.zeros(dimensions))
        self.letter_vectors = torch.nn.Embedding(len(letters) + 2, letter_dimensions)
        self.filters = torch.nn.Conv1d(letter_dimensions, filters, 3, padding=1)
        self.company = torch.nn.Linear(2 * dimensions + _FLAGS, company)
        self.length = dimensions + filters + company
        self.eval()

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

class Embedded:
    """Rows for the words of articles, as Words make them. What a form tells is computed once."""

    def __init__(self, embeddings: Words):
        self._embeddings = embeddings
        self._forms = Forms()
        sizes = embeddings.length - embeddings.company.out_features, *[embeddings.company.out_features] * 2
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


@dataclass(frozen=True, slots=True)
class Network:
    """The layers of a SequenceTagger by Flair's names for them, its transitions (to, from), and its tags."""

    embeddings: Words
    embedding2nn: torch.nn.Linear
    rnn: torch.nn.LSTM
    linear: torch.nn.Linear
    transitions: torch.Tensor
    labels: Sequence[str]


def read(config: bytes, words: bytes, weights: bytes) -> Network:
    """A model from the contents of its three files."""
    options = json.loads(config)
    labels = ["O", *(f"{place}-{kind}" for kind in options["types"] for place in "SBEI"), START, STOP]
    embeddings = Words(words.decode("utf-8").split("\n")[:-1], *(options[name] for name in SIZES))
    model = torch.nn.ModuleDict({
        "embeddings": embeddings,
        "embedding2nn": torch.nn.Linear(embeddings.length, embeddings.length),
        "rnn": torch.nn.LSTM(embeddings.length, options["hidden"], bidirectional=True, batch_first=True),
        "linear": torch.nn.Linear(2 * options["hidden"], len(labels)),
        "crf": torch.nn.ParameterDict({"transitions": torch.zeros(len(labels), len(labels))}),
    }).eval()  # fmt: skip
    model.load_state_dict({name: tensor.float() for name, tensor in read_weights(weights).items()})
    return Network(embeddings, model["embedding2nn"], model["rnn"], model["linear"], model["crf"]["transitions"], labels)


# Tagging -----------------------------------------------------------------------------------------


class Fast:
    """Names in articles, as a model's own `predict` finds them, without a Python object for each word, and twice as fast where the
    processor computes in half precision: of 20,000 names in real articles 3 differ then, and scores by 0.006 at most.

    Sentences of like length are tagged together. Of several models with the same tags the mean scores decide.
    """

    def __init__(self, *models: Network):
        self._models = [(model, Embedded(model.embeddings), [w.detach().to(_PRECISION) for w in model.rnn._flat_weights]) for model in models]
        self._labels = models[0].labels

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
            transitions = sum(model.transitions for model, *_ in embedded) / len(embedded)
            for i, names in zip(batch, self._names(*best_paths(features, lengths, transitions, self._labels), lengths.tolist())):
                found[i] = names
        names = iter(found)
        return [list(itertools.islice(names, len(article))) for article in articles]

    def _names(self, tags: torch.Tensor, scores: torch.Tensor, lengths: Sequence[int]) -> Iterator[Names]:
        for some, certain, length in zip(tags.tolist(), scores.tolist(), lengths):
            yield list(spans([self._labels[tag] for tag in some[:length]], certain)) if any(some) else []


def spans(tags: Sequence[str], scores: Sequence[float]) -> Iterator[tuple[int, int, str, float]]:
    """The names that a sentence's tags (BIOES) mark, as Flair reads them, whatever tag follows another: a name has the type of most
    of its words, the first of several, and the mean of their scores."""
    first, before = None, "O"
    for place, tag in enumerate((*tags, "O")):
        starts = tag[0] in "BS" or tag[0] == "I" and tag[2:] != before[2:]
        if first is not None and (starts or tag == "O"):
            ((kind, _),) = Counter(tag[2:] for tag in tags[first:place]).most_common(1)
            yield first, place, kind, sum(scores[first:place]) / (place - first)
            first = None
        if first is None and tag != "O":
            first = place
        before = tag


def _features(model: Network, weights: list[torch.Tensor], rows: torch.Tensor, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """The features that Flair's `forward` gives for words, numbers of rows.

    The LSTM reads both directions from the first word it comes to, so that what fills a batch up stands behind its sentences and touches none.
    """
    backwards = (lengths[:, None] - 1 - torch.arange(words.shape[1])).clamp(min=0)
    start = rows.new_zeros(1, len(words), model.rnn.hidden_size)
    forth, back = (
        torch.lstm(rows[read], (start, start), some, True, 1, 0.0, False, False, True)[0]
        for read, some in ((words, weights[:4]), (words.gather(1, backwards), weights[4:]))
    )
    back = back[torch.arange(len(words))[:, None], backwards]
    return model.linear(torch.cat([forth, back], 2).float())[..., None] + model.transitions


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
    start, stop = labels.index(START), labels.index(STOP)
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
