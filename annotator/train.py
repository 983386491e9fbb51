"""Train the model that `ner` loads: word vectors from unlabelled text, then a Flair tagger on annotated articles and column files.

The data directory holds `articles.jsonl` and `text/*.txt` (unlabelled) and `ner/` (labelled): `news/{train,dev}.jsonl` with character
spans, and `idner-news-2k/` and `nergrit-indonlu/` with `{train,dev,test}.txt` (token, tab, IOB2 tag) and `train.leaky_indices`.
Test files are only ever read to keep their sentences out of training.
"""

from __future__ import annotations

import json
import math
import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator import markup, ner
from annotator.document import Mention, Sentence
from annotator.segment import sentences

SETTINGS = ner.MODEL / "training.toml"
SENTENCES = ner.MODEL / "sentences.txt"
COLUMNS = ("idner-news-2k", "nergrit-indonlu")
HELD_OUT = ("ner/news/dev.jsonl", "ner/*/dev.txt", "ner/*/test.txt")  # of other sets too, where they are there
SHORT = 15  # sentences of fewer letters and digits (“ujarnya.”) are alike by chance


class TrainError(Exception):
    """Training data or settings that cannot be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, its sentences and its names as (start, stop, type)."""

    text: str
    sentences: tuple[Sentence, ...]
    names: tuple[tuple[int, int, str], ...]


def settings(path: Path = SETTINGS) -> dict:
    """The settings file; TrainError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError(f"cannot read the training settings {path}: {error}") from None


def articles(path: Path) -> list[Labelled]:
    """Annotated articles from JSON lines with `text` and `entities`: [start, end, type] or objects with those keys."""
    found = []
    for line in _lines(path):
        document = json.loads(line)
        names = (tuple(e) if isinstance(e, list) else (e["start"], e["end"], e["type"]) for e in document["entities"])
        found.append(Labelled(document["text"], sentences(document["text"]), tuple(sorted(names))))
    return found


def columns(path: Path) -> list[Labelled]:
    """Sentences of a two-column IOB2 file, joined with spaces. Brackets glued to a name, “(KPK)”, are taken off it and part names."""
    found = []
    for block in "\n".join(_lines(path)).split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n") if line.strip()]
        if rows:
            text, names = _join(rows)
            found.append(Labelled(text, sentences(text), names))
    return found


def marked(path: Path) -> list[Labelled]:
    """Sentences with their names marked, one a line: “[PER Budi] tiba di [LOC Medan].”; `#` starts a comment line."""
    parsed = (markup.parse(line) for line in _lines(path) if line.strip() and not line.startswith("#"))
    return [
        Labelled(one.text, sentences(one.text), tuple((m.span.start, m.span.stop, m.label) for m in one.marks)) for one in parsed
    ]


def _join(rows: list[list[str]]) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    text, names = "", []
    for word, tag in rows:
        start = len(text) + len(word) - len(word.lstrip("(["))
        stop = len(text) + len(word.rstrip(")],"))
        if tag != "O" and start < stop:
            kind = tag[2:]
            if tag[0] == "I" and names and names[-1][2] == kind and word[0] not in "([":
                names[-1] = (names[-1][0], stop, kind)
            else:
                names.append((start, stop, kind))
        text += word + " "
    return text[:-1], tuple(names)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise TrainError(f"training data is missing: {path} ({error.strerror}); give the directory that holds `ner/` and `text/`") from None


def letters(text: str) -> str:
    """Letters and digits alone, case folded: what is compared to find a sentence twice."""
    return "".join(filter(str.isalnum, text)).casefold()


def keys(texts: Iterable[Labelled]) -> set[str]:
    """`letters` of every sentence long enough to mean something."""
    found = (letters(s.span.of(one.text)) for one in texts for s in one.sentences)
    return {key for key in found if len(key) >= SHORT}


def held_out_files(data: Path) -> list[Path]:
    """Files no sentence of which may be trained on."""
    return [path for pattern in HELD_OUT for path in sorted(data.glob(pattern))]


def overlaps(training: list[Labelled], files: Iterable[Path]) -> dict[str, int]:
    """How many training sentences each file of held-out ones also has; counts only, by path."""
    seen = keys(training)
    return {str(path): len(seen & keys(articles(path) if path.suffix == ".jsonl" else columns(path))) for path in files}


def vectors(data: Path, out: Path, chosen: dict) -> None:
    """Skip-gram word vectors of the unlabelled text, written to `out` in word2vec's text format. Needs gensim (`annotator-id[train]`)."""
    try:
        from gensim.models import Word2Vec
    except ImportError:
        raise TrainError("word vectors need gensim: pip install 'annotator-id[train]', or give a file of vectors made before") from None
    options = chosen["vectors"]
    paragraphs = [[ner.folded(t.of(text)) for s in sentences(text) for t in s.tokens] for text in _unlabelled(data, options["left_out"])]
    model = Word2Vec(
        paragraphs,
        vector_size=options["dimensions"],
        window=options["window"],
        negative=options["negative"],
        epochs=options["epochs"],
        min_count=options["minimum"],
        max_final_vocab=options["words"],
        sg=1,
        workers=1,
        seed=chosen["seed"],
    )
    model.wv.save_word2vec_format(str(out), binary=False)


def _unlabelled(data: Path, left_out: Iterable[str]) -> Iterator[str]:
    """Paragraphs, each once."""
    seen: set[int] = set()
    files = [path for path in sorted((data / "text").glob("*.txt")) if path.name not in left_out]
    texts = [*("\n".join(_lines(path)) for path in files), *(json.loads(line)["text"] for line in _lines(data / "articles.jsonl"))]
    for paragraph in (p.strip() for text in texts for p in text.split("\n")):
        if paragraph and (key := hash(letters(paragraph))) not in seen:
            seen.add(key)
            yield paragraph


def train(data: Path, out: Path, chosen: dict, word_vectors: Path, say: Callable[[str], None] = print) -> float:
    """Train on `data`, keep the epoch that is best on its dev files, save that model in `out`; returns its F1 there.

    `word_vectors` is what `vectors` wrote; it is made first where it does not exist. `say` gets a line of progress now and then.
    """
    if not word_vectors.exists():
        say(f"word vectors into {word_vectors}")
        vectors(data, word_vectors, chosen)
    examples, counts = _examples(data, chosen)
    for line in counts:
        say(line)
    dev = _dev(data)
    model, config, words = _untrained(examples, chosen, word_vectors)
    best = -1.0
    for epoch in _epochs(model, examples, chosen):
        model.eval()
        scores = {name: f1(texts, ner.Tagger(model, "")) for name, texts in dev.items()}
        mean = sum(scores.values()) / len(scores)
        say(f"{epoch}; F1 " + ", ".join(f"{name} {score:.4f}" for name, score in scores.items()))
        if mean > best:
            best = mean
            ner.save(model, config, words, out)
    return best


def f1(texts: list[Labelled], tagger: ner.Tagger) -> float:
    """Micro F1 of exact spans and types."""
    tagged = tagger.tag([(one.text, one.sentences) for one in texts])
    right = sum(len(set(one.names) & _plain(mentions)) for one, mentions in zip(texts, tagged))
    return 2 * right / max(1, sum(len(one.names) + len(mentions) for one, mentions in zip(texts, tagged)))


def _plain(mentions: Iterable[Mention]) -> set[tuple[int, int, str]]:
    return {(m.span.start, m.span.stop, m.type) for m in mentions}


def _dev(data: Path) -> dict[str, list[Labelled]]:
    return {"news": articles(data / "ner/news/dev.jsonl"), "idner": columns(data / "ner/idner-news-2k/dev.txt")}


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence to train on: its words and its names as (first word, word after the last, type)."""

    words: tuple[str, ...]
    names: tuple[tuple[int, int, str], ...]


def _examples(data: Path, chosen: dict) -> tuple[list[Example], list[str]]:
    """Everything to train on, in a fixed order, and what to tell about it."""
    held_out = set().union(*(keys(articles(path) if path.suffix == ".jsonl" else columns(path)) for path in held_out_files(data)))
    news = articles(data / "ner/news/train.jsonl")
    found, counts = [], []
    found += (kept := list(_usable(news, held_out)))
    counts.append(f"news: {len(news)} articles, {len(kept)} sentences")
    known = _known(kept, chosen["training"]["known"])
    for name in COLUMNS:
        leaky = {int(line) for line in _lines(data / "ner" / name / "train.leaky_indices") if line.strip()}
        texts = [one for number, one in enumerate(columns(data / "ner" / name / "train.txt")) if number not in leaky]
        kept = [_conform(example, known) for example in _usable(texts, held_out)]
        counts.append(f"{name}: {len(kept)} sentences, {len(leaky)} leaky ones left out")
        found += kept
    options = chosen["training"]
    kept = list(_usable(marked(SENTENCES), held_out))
    counts.append(f"our own: {len(kept)} sentences, {options['copies']} times")
    found += kept * options["copies"]
    rng = random.Random(chosen["seed"])
    pool = {kind: sorted({one.words[a:b] for one in found for a, b, k in one.names if k == kind}) for kind in ("PER", "ORG", "LOC")}
    swapped = [_swapped(one, pool, rng) for one in rng.sample([one for one in found if one.names], int(options["swapped"] * len(found)))]
    cased = [
        Example(tuple(map(change, one.words)), one.names)
        for change, share in ((str.lower, options["lower"]), (str.upper, options["upper"]))
        for one in rng.sample(found, int(share * len(found)))
    ]
    counts.append(f"with other names: {len(swapped)} sentences; in other case: {len(cased)}")
    return found + swapped + cased, counts


def _swapped(example: Example, pool: dict[str, list[tuple[str, ...]]], rng: random.Random) -> Example:
    """The example with each name replaced by another of its type."""
    words: list[str] = []
    names: list[tuple[int, int, str]] = []
    end = 0
    for start, stop, kind in example.names:
        words += example.words[end:start]
        name = rng.choice(pool[kind])
        names.append((len(words), len(words) + len(name), kind))
        words += name
        end = stop
    return Example((*words, *example.words[end:]), tuple(names))


def _usable(texts: list[Labelled], held_out: set[str]) -> Iterator[Example]:
    """Sentences that are not held out. A name takes all words it touches; of two that share a word, the first."""
    for one in texts:
        for sentence in one.sentences:
            if letters(sentence.span.of(one.text)) in held_out:
                continue
            names: list[tuple[int, int, str]] = []
            for start, stop, kind in one.names:
                touched = [i for i, token in enumerate(sentence.tokens) if token.start < stop and start < token.stop]
                if touched and (not names or names[-1][1] <= touched[0]):
                    names.append((touched[0], touched[-1] + 1, kind))
            yield Example(tuple(token.of(one.text) for token in sentence.tokens), tuple(names))


def _known(examples: list[Example], least: int) -> dict[str, str]:
    """One-word names that are nearly always of one type, such as countries, with it."""
    counts, named = Counter(word for one in examples for word in one.words), Counter()
    for one in examples:
        named.update((one.words[start], kind) for start, stop, kind in one.names if stop == start + 1)
    return {word: kind for (word, kind), n in named.items() if n >= least and n >= 0.95 * counts[word]}


def _conform(example: Example, known: dict[str, str]) -> Example:
    """The example with `known` names that its annotators, whose guideline differs, left out (acting countries)."""
    inside = {i for start, stop, _ in example.names for i in range(start, stop)}
    added = [(i, i + 1, known[word]) for i, word in enumerate(example.words) if i not in inside and word in known]
    return Example(example.words, tuple(sorted((*example.names, *added))))


def _untrained(examples: list[Example], chosen: dict, word_vectors: Path):
    """A fresh model with the word vectors in it, its config and its words."""
    rows = (line.split(" ") for line in _lines(word_vectors)[1:])
    pairs = [(row[0], list(map(float, row[1:]))) for row in rows]
    words = [word for word, _ in pairs]
    letters_seen = Counter(letter for one in examples for word in one.words for letter in word)
    config = {
        "format": 1,
        "types": ["PER", "ORG", "LOC"],
        "dimensions": len(pairs[0][1]),
        **chosen["model"],
        "characters": "".join(sorted(letter for letter, n in letters_seen.items() if n >= 5)),
    }
    import flair
    import torch

    flair.set_seed(chosen["seed"])
    model = ner.build(config, words)
    matrix = torch.tensor([row for _, row in pairs])
    model.embeddings.embeddings[0].embedding.weight.data[:-1] = matrix / matrix.std()
    return model, config, words


def _epochs(model, examples: list[Example], chosen: dict) -> Iterator[str]:
    """Train; after each epoch a word on how it went. Adam, its rate rising for a tenth of the steps and then falling as a cosine."""
    import torch

    options = chosen["training"]
    rng = random.Random(chosen["seed"])
    data = [_flair(example) for example in examples]
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    adam = torch.optim.Adam(weights, lr=options["rate"])
    steps = options["epochs"] * math.ceil(len(data) / options["batch"])
    warm = steps // 10
    rates = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda step: (step + 1) / warm if step < warm else 0.5 + 0.5 * math.cos(math.pi * (step - warm) / (steps - warm))
    )
    look_up = model.embeddings.embeddings[0].get_cached_token_index
    unknown = len(model.embeddings.embeddings[0].vocab)

    def forgetful(word: str) -> int:
        row = look_up(word)
        return unknown if row >= options["common"] and rng.random() < options["forget"] else row

    for epoch in range(1, options["epochs"] + 1):
        model.train()
        model.embeddings.embeddings[0].get_cached_token_index = forgetful
        started, total, tokens = time.monotonic(), 0.0, 0
        for batch in _batches(data, options["batch"], rng):
            loss, count = model.forward_loss(batch)
            adam.zero_grad()
            (loss / count).backward()
            torch.nn.utils.clip_grad_norm_(weights, options["clip"])
            adam.step()
            rates.step()
            total, tokens = total + loss.item(), tokens + count
            for sentence in batch:
                sentence.clear_embeddings()
        model.embeddings.embeddings[0].get_cached_token_index = look_up
        model.embeddings.embeddings[1].kept.clear()
        yield f"epoch {epoch}: loss {total / tokens:.4f}, {time.monotonic() - started:.0f} s"


def _batches(data: list, size: int, rng: random.Random) -> Iterator[list]:
    """Batches of sentences of like length, so that little is padding; which ones meet differs every time."""
    order = list(range(len(data)))
    rng.shuffle(order)
    pools = (order[i : i + 50 * size] for i in range(0, len(order), 50 * size))
    batches = []
    for pool in pools:
        pool.sort(key=lambda i: len(data[i]))
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    rng.shuffle(batches)
    for batch in batches:
        yield [data[i] for i in batch]


def _flair(example: Example):
    from flair.data import Sentence as FlairSentence

    sentence = FlairSentence([word[: ner.LETTERS] for word in example.words])
    for start, stop, kind in example.names:
        sentence[start:stop].add_label(ner.LABEL, kind)
    return sentence
