"""How the shipped model is made from reference data, in steps that each write a file: `make model DATA=directory` runs them all.

The data directory holds `articles.jsonl` and `text/*.txt` (unlabelled) and `ner/` (labelled): `news/{train,dev}.jsonl` with character
spans, and `idner-news-2k/` and `nergrit-indonlu/` with `{train,dev,test}.txt` (token, tab, IOB2 tag) and `train.leaky_indices`.
Test files are only ever read to keep their sentences out of training.

1. `vectors`: word vectors of the unlabelled text.
2. `teacher`: several taggers, alike but for their seed, on the labelled sentences.
3. `silver`: the teachers, together, label the unlabelled sentences.
4. `student`: one tagger learns from what they labelled and from the labelled sentences.
5. `finish`: it goes on for a little with the labelled sentences alone, and is the model that ships.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator import ner, train
from annotator.segment import sentences
from annotator.train import Example

SENTENCES = ner.MODEL / "sentences.txt"
COLUMNS = ("idner-news-2k", "nergrit-indonlu")
HELD_OUT = ("ner/news/dev.jsonl", "ner/*/dev.txt", "ner/*/test.txt", "../gold/dev.jsonl")  # of other sets too, where they are there
TYPES = ("PER", "ORG", "LOC")


def held_out_files(data: Path) -> list[Path]:
    """Files no sentence of which may be trained on."""
    return [path for pattern in HELD_OUT for path in sorted(data.glob(pattern))]


def held_out(data: Path) -> set[str]:
    """What `train.keys` gives for all of them."""
    return set().union(*(train.keys(train.read(path)) for path in held_out_files(data)))


# Unlabelled text ---------------------------------------------------------------------------------


def unlabelled(data: Path, names: Iterable[str], never: set[str]) -> Iterator[list[list[str]]]:
    """The words of each sentence of each article in the named files of text/ and in articles.jsonl, but for held-out and repeated sentences.

    In the files of text/ an empty line ends an article; files whose names begin with `sent_` hold single sentences.
    """
    parted = (((data / "text" / name).read_text(encoding="utf-8"), "\n" if name.startswith("sent_") else "\n\n") for name in names)
    seen = set(never)
    for article in itertools.chain((one for text, end in parted for one in text.split(end)), _articles(data / "articles.jsonl")):
        found = []
        for paragraph in article.split("\n"):
            for sentence in sentences(paragraph):
                key = train.letters(sentence.span.of(paragraph))
                if key not in seen:
                    seen.add(key)
                    found.append([token.of(paragraph)[: ner.LETTERS] for token in sentence.tokens])
        if found:
            yield found


def usable(data: Path, chosen: dict) -> list[str]:
    """The files of text/ that may be learned from: all but those left out."""
    return sorted(path.name for path in (data / "text").glob("*.txt") if path.name not in chosen["vectors"]["left_out"])


def _articles(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def vectors(data: Path, chosen: dict, out: Path) -> None:
    """Skip-gram word vectors of the unlabelled text, in word2vec's text format. Needs gensim (`annotator-id[train]`)."""
    try:
        from gensim.models import Word2Vec
    except ImportError:
        raise train.TrainError("word vectors need gensim: pip install 'annotator-id[train]'") from None
    from annotator.network import folded

    options = chosen["vectors"]
    model = Word2Vec(
        [list(map(folded, words)) for article in unlabelled(data, usable(data, chosen), held_out(data)) for words in article],
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
    with _written(out) as part:
        model.wv.save_word2vec_format(str(part), binary=False)


@contextmanager
def _written(out: Path) -> Iterator[Path]:
    """A file that is there once it is whole."""
    part = out.with_name(out.name + ".part")
    yield part
    os.replace(part, out)


# Labelled text -----------------------------------------------------------------------------------


def labelled(data: Path, chosen: dict) -> tuple[list[list[Example]], list[str]]:
    """Every labelled sentence to train on, by article, in a fixed order, with those made from them, and what to tell about it."""
    options, never = chosen["labelled"], held_out(data)
    news = train.examples(train.articles(data / "ner/news/train.jsonl"), never)
    counts = [f"news: {len(news)} articles, {sum(map(len, news))} sentences"]
    known, found = _known([example for article in news for example in article], options["known"]), []
    for name in COLUMNS:
        leaky = set(map(int, (data / "ner" / name / "train.leaky_indices").read_text(encoding="utf-8").split()))
        texts = [one for number, one in enumerate(train.columns(data / "ner" / name / "train.txt")) if number not in leaky]
        kept = [_conform(example, known) for some in train.examples(texts, never) for example in some]
        counts.append(f"{name}: {len(kept)} sentences, {options['columns']} times; {len(leaky)} leaky ones left out")
        found += kept * options["columns"]
    kept = [example for some in train.examples(train.marked(SENTENCES), never) for example in some]
    counts.append(f"our own: {len(kept)} sentences, {options['own']} times")
    found += kept * options["own"]
    rng = random.Random(chosen["seed"])
    alone, found = found, [example for article in news for example in article] + found
    pool = {kind: sorted({one.words[a:b] for one in found for a, b, k in one.names if k == kind}) for kind in TYPES}
    swapped = [_swapped(one, pool, rng) for one in rng.sample([one for one in found if one.names], int(options["swapped"] * len(found)))]
    cased = _cased(found, options, rng)
    counts.append(f"with other names: {len(swapped)} sentences; in other case: {len(cased)}")
    return [*news, *([example] for example in alone + swapped + cased)], counts


def _cased(found: list[Example], options: dict, rng: random.Random) -> list[Example]:
    """A share of the sentences in lower case, and one in capitals."""
    return [
        Example(tuple(map(change, one.words)), one.names)
        for change, share in ((str.lower, options["lower"]), (str.upper, options["upper"]))
        for one in rng.sample(found, int(share * len(found)))
    ]


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


# Models ------------------------------------------------------------------------------------------


def _untrained(examples: list[list[Example]], chosen: dict, vectors: Path, seed: int):
    """A fresh model with the word vectors in it, and its config."""
    import torch

    from annotator import sequence

    rows = [line.split(" ") for line in vectors.read_text(encoding="utf-8").split("\n")[1:] if line]
    matrix = torch.tensor([list(map(float, row[1:])) for row in rows])
    letters = Counter(letter for article in examples for one in article for word in one.words for letter in word)
    config = {
        "format": ner.FORMAT,
        "types": list(TYPES),
        "dimensions": matrix.shape[1],
        **chosen["model"],
        "letters": "".join(sorted(letter for letter, n in letters.items() if n >= 5)),
    }
    torch.manual_seed(seed)
    model = sequence.build(config, [row[0] for row in rows])
    model.embeddings.vectors = matrix / matrix.std()
    return model, config


def fit(data: Path, examples: list[list[Example]], options: dict, model, config: dict, seed: int, out: Path) -> None:
    """Train a model on examples; the epoch that is best on the dev files is written to `out` at the end."""
    from annotator import network, sequence

    dev = {"news": train.articles(data / "ner/news/dev.jsonl"), "idner": train.columns(data / "ner/idner-news-2k/dev.txt")}
    best, kept = -1.0, {}
    for line in train.fit(model, examples, options, seed):
        scores = {name: train.f1(texts, ner.Tagger(network.Fast(sequence.layers(model)).tag, "")) for name, texts in dev.items()}
        print(f"{line}; F1 " + ", ".join(f"{name} {score:.4f}" for name, score in scores.items()), flush=True)
        if sum(scores.values()) > best:
            best, kept = sum(scores.values()), {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(kept)
    sequence.write(model, config, out)


def teacher(data: Path, chosen: dict, build: Path, seed: int, out: Path) -> None:
    """A tagger trained on the labelled sentences alone."""
    examples, counts = labelled(data, chosen)
    print("\n".join(counts), flush=True)
    fit(data, examples, chosen["teacher"], *_untrained(examples, chosen, build / "vectors.txt", seed), seed, out)


def silver(data: Path, chosen: dict, teachers: list[Path], out: Path) -> None:
    """Label the unlabelled sentences by the mean scores of the teachers: JSON lines of words and names."""
    from annotator import network

    tagger = network.Fast(*(network.read(*ner.contents(path)) for path in teachers))
    with _written(out) as part, part.open("w", encoding="utf-8") as file:
        for some in _chunks(unlabelled(data, chosen["silver"]["texts"], held_out(data)), 500):
            for article, names in zip(some, tagger.tag(some), strict=True):
                file.write(json.dumps([[words, [name[:3] for name in found]] for words, found in zip(article, names)], ensure_ascii=False) + "\n")


def _chunks(items: Iterable, size: int) -> Iterator[list]:
    stream = iter(items)
    while some := list(itertools.islice(stream, size)):
        yield some


def student(data: Path, chosen: dict, build: Path, out: Path) -> None:
    """A tagger trained on the silver sentences and on the labelled ones, these several times."""
    options = chosen["student"]
    with (build / "silver.jsonl").open(encoding="utf-8") as lines:
        found = [[Example(tuple(words), tuple(map(tuple, names))) for words, names in json.loads(line)] for line in lines]
    found = [[one for one in article if options["shortest"] <= len(one.words) <= options["longest"]] for article in found]
    cased = _cased([one for article in found for one in article], chosen["labelled"], random.Random(chosen["seed"]))
    examples, counts = labelled(data, chosen)
    print(*counts, f"silver: {len(found)} articles; labelled ones {options['copies']} times", sep="\n", flush=True)
    found += [[one] for one in cased] + examples * options["copies"]
    model = _untrained(found, chosen | {"model": chosen["model"] | chosen["student_model"]}, build / "vectors.txt", chosen["seed"])
    fit(data, found, options, *model, chosen["seed"], out)


def finish(data: Path, chosen: dict, build: Path, out: Path) -> None:
    """The model that ships: the student, trained a little longer on the labelled sentences alone, our own more often among them."""
    from annotator import sequence

    examples, counts = labelled(data, chosen | {"labelled": chosen["labelled"] | {"own": chosen["finish"]["own"]}})
    print("\n".join(counts), flush=True)
    model = sequence.renewed(ner.contents(build / "student"), TYPES, False, chosen["seed"])
    fit(data, examples, chosen["finish"], *model, chosen["seed"], out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", help="vectors, teacher-1 (and so on), silver, student or finish")
    parser.add_argument("data", type=Path)
    parser.add_argument("build", type=Path, help="where the steps write")
    parser.add_argument("--out", type=Path, help="folder for the finished model; in the build folder if left out")
    options = parser.parse_args()
    chosen, started = train.settings(), time.monotonic()
    data, build = options.data, options.build
    build.mkdir(parents=True, exist_ok=True)
    name, _, number = options.step.partition("-")
    if name == "vectors":
        vectors(data, chosen, build / "vectors.txt")
    elif name == "teacher":
        teacher(data, chosen, build, chosen["seed"] + int(number), build / options.step)
    elif name == "silver":
        silver(data, chosen, [build / f"teacher-{n}" for n in range(1, chosen["teacher"]["models"] + 1)], build / "silver.jsonl")
    elif name == "student":
        student(data, chosen, build, build / "student")
    elif name == "finish":
        finish(data, chosen, build, options.out or build / "finished")
    else:
        parser.error(f"there is no step {options.step}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{options.step}: {(time.monotonic() - started) / 60:.0f} minutes, {memory:.1f} GB", flush=True)


if __name__ == "__main__":
    main()
