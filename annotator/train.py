"""Train the model that `ner` loads: labelled sentences from articles and column files, and a tagger fitted to them.

Articles are JSON lines with `text` and `entities`, as `annotate export jsonl` writes them; column files are CoNLL's, a word a line.
"""

from __future__ import annotations

import json
import math
import random
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator import markup, ner
from annotator.document import Sentence
from annotator.segment import sentences

SETTINGS = ner.MODEL / "training.toml"
SHORT = 15  # sentences of fewer letters and digits (“ujarnya.”) are alike by chance
HELD_OUT = 10  # where no dev file is given, every tenth text is held out
FIRST_AND_LAST = (0, -1)  # columns of word and label
_TOGETHER = 500  # articles that are tagged, or looked through, at once
_MARKS = {"B-": "B-", "I-": "I-", "E-": "E-", "S-": "S-", "L-": "E-", "U-": "S-"}


class TrainError(Exception):
    """Training data or settings that cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, its sentences and its names as (start, stop, type)."""

    text: str
    sentences: tuple[Sentence, ...]
    names: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence to train on: its words and its names as (first word, word after the last, type)."""

    words: tuple[str, ...]
    names: tuple[tuple[int, int, str], ...]


def settings(path: Path = SETTINGS) -> dict:
    """The settings file; TrainError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError(f"cannot read the training settings {path}: {error}") from None


# Reading -----------------------------------------------------------------------------------------


def read(path: Path, where: tuple[int, int] = FIRST_AND_LAST) -> list[Labelled]:
    """Labelled texts from a file: articles where its name ends in .jsonl, columns otherwise. TrainError says what is wrong with it."""
    found = articles(path) if path.suffix == ".jsonl" else columns(path, where)
    if not found:
        raise TrainError(f"{path} holds no sentences")
    return found


def articles(path: Path) -> list[Labelled]:
    """Annotated articles from JSON lines with `text` and `entities`: [start, end, type] or objects with those keys."""
    found = []
    for number, line in enumerate(_lines(path), 1):
        try:
            document = json.loads(line)
            text, entities = document["text"], document["entities"]
            names = sorted(tuple(e) if isinstance(e, list) else (e["start"], e["end"], e["type"]) for e in entities)
            if not all(0 <= start < stop <= len(text) for start, stop, _ in names):
                raise ValueError("a name lies outside of the text")
        except (ValueError, TypeError, KeyError) as error:
            raise TrainError(f"{path}, line {number}: no article with `text` and `entities` ({type(error).__name__}: {error})") from None
        found.append(Labelled(text, sentences(text), tuple(names)))
    return found


def columns(path: Path, where: tuple[int, int] = FIRST_AND_LAST) -> list[Labelled]:
    """Sentences of a column file, joined with spaces; brackets glued to a name, “(KPK)”, are taken off it and part names.

    `where` are the columns, from 0, of the word and of its label (IOB1, IOB2, IOBES or BILOU). Columns are parted by tabs, or by
    spaces where a line has none; comments and `-DOCSTART-` are left out. TrainError where a line is not of that form.
    """
    from flair.data import get_spans_from_bio

    found: list[Labelled] = []
    words: list[str] = []
    labels: list[str] = []
    for number, line in enumerate([*_lines(path), ""], 1):
        cells = line.split("\t") if "\t" in line else line.split()
        if line.startswith(("# ", "-DOCSTART-")):
            continue
        if cells:
            try:
                word, label = (cells[column] for column in where)
            except IndexError:
                raise TrainError(f"{path}, line {number}: there are only {len(cells)} columns; say with --columns which hold word and label") from None
            if label not in ("O", "_", "-") and label[:2] not in _MARKS:
                raise TrainError(f"{path}, line {number}: “{label}” is no label such as B-PER or O; say with --columns which column has them")
            words.append(word)
            labels.append(_MARKS[label[:2]] + label[2:] if label[:2] in _MARKS else "O")
        elif words:
            found.append(_joined(words, [(spans[0], spans[-1] + 1, kind) for spans, _, kind in get_spans_from_bio(labels)]))
            words, labels = [], []
    return found


def _joined(words: Sequence[str], names: Iterable[tuple[int, int, str]]) -> Labelled:
    """Words as a text, parted by spaces, with their names (first word, word after the last, type)."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    text = " ".join(words)
    parts: list[tuple[int, int, str]] = []
    for first, after, kind in names:
        begin = None
        for i in range(first, after):
            start = starts[i] + len(words[i]) - len(words[i].lstrip("(["))
            stop = starts[i] + len(words[i].rstrip(")],"))
            if start < stop and begin is not None and words[i][0] not in "([":
                parts[-1] = (begin, stop, kind)
            elif start < stop:
                begin = start
                parts.append((start, stop, kind))
    return Labelled(text, sentences(text), tuple(parts))


def marked(path: Path) -> list[Labelled]:
    """Sentences with their names marked, one a line: “[PER Budi] tiba di [LOC Medan].”; `#` starts a comment line."""
    parsed = (markup.parse(line) for line in _lines(path) if line.strip() and not line.startswith("#"))
    return [
        Labelled(one.text, sentences(one.text), tuple((m.span.start, m.span.stop, m.label) for m in one.marks)) for one in parsed
    ]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        raise TrainError(f"training data is missing: {path} ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise TrainError(f"{path} is no text in UTF-8: {error}") from None


# Held-out sentences ------------------------------------------------------------------------------


def letters(text: str) -> str:
    """Letters and digits alone, case folded: what is compared to find a sentence twice."""
    return "".join(filter(str.isalnum, text)).casefold()


def keys(texts: Iterable[Labelled]) -> set[str]:
    """`letters` of every sentence long enough to mean something."""
    found = (letters(s.span.of(one.text)) for one in texts for s in one.sentences)
    return {key for key in found if len(key) >= SHORT}


def examples(texts: Iterable[Labelled], held_out: set[str] = frozenset()) -> list[list[Example]]:
    """The sentences of each text that are not held out. A name takes all words it touches; of two that share a word, the first."""
    return [list(_examples(one, held_out)) for one in texts]


def _examples(one: Labelled, held_out: set[str]) -> Iterator[Example]:
    for sentence in one.sentences:
        if letters(sentence.span.of(one.text)) in held_out:
            continue
        names: list[tuple[int, int, str]] = []
        for start, stop, kind in one.names:
            touched = [i for i, token in enumerate(sentence.tokens) if token.start < stop and start < token.stop]
            if touched and (not names or names[-1][1] <= touched[0]):
                names.append((touched[0], touched[-1] + 1, kind))
        yield Example(tuple(token.of(one.text)[: ner.LETTERS] for token in sentence.tokens), tuple(names))


# Fitting -----------------------------------------------------------------------------------------


def tune(
    files: Sequence[Path], dev: Sequence[Path], out: Path, base: Path, fresh: bool, chosen: dict, where=FIRST_AND_LAST, say=print
) -> float:
    """Train on labelled files from the model in `base`, keep the epoch that is best on the dev files in `out`; returns its F1 there.

    With `fresh` only the word vectors of `base` are used. Types of names that `base` does not know are learned. Where no dev files are given,
    every tenth sentence is held out. `say` gets lines of progress. TrainError and ner.ModelError for files that cannot be used.
    """
    data = [one for path in files for one in read(path, where)]
    held = [one for path in dev for one in read(path, where)]
    if not dev:
        data, held = [one for i, one in enumerate(data) if i % HELD_OUT], data[::HELD_OUT]
        say(f"no dev file: {len(held)} of {len(held) + len(data)} texts are held out to choose the epoch")
    training = examples(data, keys(held))
    types = sorted({kind for article in training for example in article for _, _, kind in example.names})
    say(f"{sum(map(len, training))} sentences to train on; types of names: {', '.join(types)}")
    if not types:
        raise TrainError(f"{', '.join(map(str, files))}: no names to train on")
    from annotator import network, sequence

    model, config = sequence.renewed(ner.contents(ner.find(base)), types, fresh, chosen["seed"])
    best = -1.0
    for line in fit(model, training, chosen["training" if fresh else "tuning"], chosen["seed"]):
        score = f1(held, ner.Tagger(network.Fast(sequence.layers(model)).tag, ""))
        say(f"{line}; F1 {score:.4f}")
        if score > best:
            best = score
            sequence.write(model, config, out)
    return best


def fit(model, articles: Sequence[Sequence[Example]], options: Mapping, seed: int) -> Iterator[str]:
    """Train a model of `sequence`; after each epoch a line on how it went. Adam, its rate rising for a tenth of the steps and then falling as a cosine.

    Args:
        options: `epochs`, `batch` (sentences), `rate` (at its highest), `clip`; `forget`: how often a word rarer than `common` others is
            taken for unknown, as more words are in new articles than in these; `alone`: how often a sentence is without its article.
    """
    import torch

    torch.manual_seed(seed)
    rng = random.Random(seed)
    data = _Prepared(model, articles)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    adam = torch.optim.Adam(weights, lr=options["rate"])
    steps = options["epochs"] * len(_batches(data.text.lengths, options["batch"], rng))
    warm = max(1, steps // 10)
    rates = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda step: (step + 1) / warm if step < warm else 0.5 + 0.5 * math.cos(math.pi * (step - warm) / (steps - warm))
    )
    for epoch in range(1, options["epochs"] + 1):
        model.train()
        started, total = time.monotonic(), 0.0
        for batch in _batches(data.text.lengths, options["batch"], rng):
            loss, words = data.loss(batch, options, rng)
            adam.zero_grad()
            (loss / words).backward()
            torch.nn.utils.clip_grad_norm_(weights, options["clip"])
            adam.step()
            rates.step()
            total += loss.item()
        model.eval()
        yield f"epoch {epoch}: loss {total / len(data.text.form):.4f}, {time.monotonic() - started:.0f} s"


class _Prepared:
    """Articles as numbers, with what does not change in training: their tags, and the company of their words elsewhere."""

    def __init__(self, model, articles: Sequence[Sequence[Example]]):
        import torch

        from annotator.network import Forms, Text

        self.model = model
        self.forms = Forms()
        self.forms.add({word for article in articles for example in article for word in example.words})
        self.rows, self.letters = model.embeddings.coded(["", *self.forms.numbers])
        self.text = Text([[example.words for example in article] for article in articles], self.forms)
        self.tags = torch.tensor([tag for article in articles for example in article for tag in _tags(model.label_dictionary, example)])
        vectors = model.embeddings.fixed(self.rows)
        nothing = torch.zeros_like(vectors)
        before, after = torch.cat([vectors, nothing], 1), torch.cat([nothing, vectors], 1)
        self.company = [torch.zeros(1, model.embeddings.company.in_features).half()]
        self.companions = torch.zeros(len(self.text.form), dtype=torch.long)
        count, start = 1, 0
        for first in range(0, len(articles), _TOGETHER):
            part = Text([[example.words for example in article] for article in articles[first : first + _TOGETHER]], self.forms)
            where, mean, flags = part.elsewhere(self.forms, before, after)
            told = flags.any(1)
            self.company.append(torch.cat([mean, flags], 1)[told].half())
            self.companions[where[told] + start] = torch.arange(count, count + len(self.company[-1]))
            count, start = count + len(self.company[-1]), start + len(part.form)
        self.company = torch.cat(self.company)

    def loss(self, batch: Sequence[int], options: Mapping, rng: random.Random):
        """The loss of sentences of one length, and their number of words."""
        import torch

        embeddings, text = self.model.embeddings, self.text
        words = torch.stack([torch.arange(text.starts[i], text.starts[i] + text.lengths[i]) for i in batch])
        forms, where = text.form[words].unique(return_inverse=True)
        forgotten = torch.tensor([rng.random() < options["forget"] for _ in forms])
        rows = self.rows[forms]
        told = embeddings.told(rows.masked_fill(forgotten & (rows >= options["common"]), -1), self.letters[forms])[where]
        alone = torch.tensor([rng.random() < options["alone"] for _ in batch])
        company = embeddings.company(self.company[self.companions[words].masked_fill(alone[:, None], 0)].float()).tanh()
        scores = self.model(torch.cat([told, company], 2), torch.full((len(batch),), words.shape[1]))
        return self.model.loss_function(scores, self.tags[words].flatten()), words.numel()


def _tags(labels, example: Example) -> list[int]:
    tags = ["O"] * len(example.words)
    for start, stop, kind in example.names:
        tags[start:stop] = [f"S-{kind}"] if stop == start + 1 else [f"B-{kind}", *[f"I-{kind}"] * (stop - start - 2), f"E-{kind}"]
    return [labels.get_idx_for_item(tag) for tag in tags]


def _batches(lengths: Sequence[int], size: int, rng: random.Random) -> list[list[int]]:
    """Numbers of sentences of one length, so that nothing is padding; which ones meet differs every time."""
    alike = defaultdict(list)
    for number in rng.sample(range(len(lengths)), len(lengths)):
        if lengths[number]:
            alike[lengths[number]].append(number)
    batches = [some[i : i + size] for some in alike.values() for i in range(0, len(some), size)]
    rng.shuffle(batches)
    return batches


def f1(texts: list[Labelled], tagger: ner.Tagger) -> float:
    """Micro F1 of exact spans and types, the types as `ner` maps them."""
    tagged = [mentions for start in range(0, len(texts), _TOGETHER) for mentions in tagger.tag([(one.text, one.sentences) for one in texts[start : start + _TOGETHER]])]
    gold = [{(start, stop, ner.mapped(kind)) for start, stop, kind in one.names} for one in texts]
    right = sum(len(names & {(m.span.start, m.span.stop, m.type) for m in mentions}) for names, mentions in zip(gold, tagged))
    return 2 * right / max(1, sum(len(names) + len(mentions) for names, mentions in zip(gold, tagged)))
