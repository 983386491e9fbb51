"""How well the model finds names, and how fast: `python bench/ner.py DATA` prints the tables of docs/names.md, `--write` puts them there.

DATA holds `ner/` (see annotator/recipe.py) and articles.jsonl, and beside it gold/dev.jsonl. Exact span and type count. In the column files a
name is the run of their own words that it touches, so a bracket they glue to a name is forgiven, one they put inside it is not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from annotator import ner, recipe, train
from annotator.segment import sentences

TYPES = ("PER", "ORG", "LOC")
PAGE = Path(__file__).parent.parent / "docs" / "names.md"
TOGETHER = 64  # articles tagged at once, as in annotator/pipeline.py
Names = set[tuple[int, int, str]]


def sets(data: Path) -> Iterator[tuple[str, Callable[[ner.Tagger], Iterator[tuple[Names, Names]]], bool]]:
    """What is measured: name, gold and found names by a tagger, and whether the model was trained on other sentences of the same set."""
    yield "gold/dev", partial(texts, train.articles(data.parent / "gold/dev.jsonl")), False
    yield "news/dev", partial(texts, train.articles(data / "ner/news/dev.jsonl")), True
    yield "idner-news-2k test", partial(columns, data / "ner/idner-news-2k/test.txt"), True
    yield "NERGrit test", partial(columns, data / "ner/nergrit-indonlu/test.txt"), True
    yield "NER-UI fold 1 test", partial(columns, data / "ner/nerui/test.txt"), False


# Quality -----------------------------------------------------------------------------------------


def texts(labelled: list[train.Labelled], tagger: ner.Tagger) -> Iterator[tuple[Names, Names]]:
    """Gold and found names of each text, in code points."""
    for one, mentions in zip(labelled, tagger.tag([(one.text, one.sentences) for one in labelled])):
        yield set(one.names), {(m.span.start, m.span.stop, m.type) for m in mentions}


def columns(path: Path, tagger: ner.Tagger) -> Iterator[tuple[Names, Names]]:
    """Gold and found names of each sentence of a column file, in its words."""
    blocks = [[line.split("\t") for line in block.split("\n")] for block in path.read_text(encoding="utf-8").strip().split("\n\n")]
    joined = [" ".join(word for word, _ in rows) for rows in blocks]
    for rows, mentions in zip(blocks, tagger.tag([(text, sentences(text)) for text in joined])):
        yield _iob2([tag for _, tag in rows]), {_in_words(rows, mention) for mention in mentions}


def _iob2(tags: list[str]) -> Names:
    starts = [i for i, tag in enumerate(tags) if tag[0] == "B"]
    stops = [next((j for j in range(i + 1, len(tags)) if tags[j][0] != "I"), len(tags)) for i in starts]
    return {(i, j, tags[i][2:]) for i, j in zip(starts, stops)}


def _in_words(rows: list[list[str]], mention) -> tuple[int, int, str]:
    begins = [0]
    for word, _ in rows:
        begins.append(begins[-1] + len(word) + 1)
    return bisect_right(begins, mention.span.start) - 1, bisect_right(begins, mention.span.stop - 1), mention.type


def scores(pairs: Iterable[tuple[Names, Names]]) -> dict[str, tuple[float, float, float]]:
    """Precision, recall, F1 for each type and over all."""
    right, gold, found = Counter(), Counter(), Counter()
    for wanted, got in pairs:
        for counter, names in ((right, wanted & got), (gold, wanted), (found, got)):
            counter.update(kind for _, _, kind in names)
            counter["all"] += len(names)
    return {
        kind: (right[kind] / max(1, found[kind]), right[kind] / max(1, gold[kind]), 2 * right[kind] / max(1, gold[kind] + found[kind]))
        for kind in ("all", *TYPES)
    }


def confusion(pairs: Iterable[tuple[Names, Names]]) -> Iterator[str]:
    """A table of what gold names were found as: their type, another one, with other ends, or not at all; and what was found for nothing."""
    counts: Counter[tuple[str, str]] = Counter()
    for gold, found in pairs:
        types = {(start, stop): kind for start, stop, kind in found}
        for start, stop, kind in gold:
            touched = any(a < stop and start < b for a, b in types)
            counts[kind, types.get((start, stop), "other ends" if touched else "missed")] += 1
        for start, stop, kind in found:
            if not any(a < stop and start < b for a, b, _ in gold):
                counts["no name", kind] += 1
    heads = (*TYPES, "other ends", "missed")
    yield "| gold \\ found | " + " | ".join(heads) + " |\n|" + "---|" * (len(heads) + 1)
    for row in (*TYPES, "no name"):
        yield f"| {row} | " + " | ".join(f"{counts[row, head]}" if row != "no name" or head in TYPES else "" for head in heads) + " |"


def overlap(data: Path) -> Iterator[str]:
    """Sentences that the labelled and unlabelled text learned from shares with each dev, test and gold file, letters and digits compared; all must be 0."""
    chosen, never = train.settings(), recipe.held_out(data)
    seen = {train.letters(" ".join(example.words)) for article in recipe.labelled(data, chosen)[0] for example in article}
    seen |= {train.letters(" ".join(words)) for article in recipe.unlabelled(data, recipe.usable(data, chosen), never) for words in article}
    found = {path: len(seen & train.keys(train.read(path))) for path in recipe.held_out_files(data)}
    yield f"Sentences of {len(found)} dev, test and gold files in the training data: {sum(found.values())}"
    yield from (f"- {path}: {count}" for path, count in found.items() if count)


# Speed -------------------------------------------------------------------------------------------


def tokens_a_second(batches: list, model: Path, start=None) -> float:
    """Of tagging alone, in this process, with one thread."""
    tagger = ner.load(model)
    tagger.tag(batches[0])
    if start:
        start.wait()
    started = time.perf_counter()
    for batch in batches[1:]:
        tagger.tag(batch)
    return sum(len(s.borders) for batch in batches[1:] for _, found in batch for s in found) / (time.perf_counter() - started)


def in_processes(batches: list, model: Path, count: int) -> float:
    """Tokens a second of several processes together that start at once, each with its share of the articles."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(count), context.Queue()
    workers = [context.Process(target=_worker, args=(batches[n::count], model, start, results)) for n in range(count)]
    for worker in workers:
        worker.start()
    total = sum(results.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total


def _worker(batches, model, start, results):
    results.put(tokens_a_second(batches, model, start))


def bert(words: list[list[str]]) -> float:
    """Tokens a second of a BERT-base token classifier, one thread, on sentences of like length; its random weights cost what trained ones do."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    model = BertForTokenClassification(BertConfig(vocab_size=30522, num_labels=7)).eval()
    words = sorted((some for some in words if some), key=len)
    started = time.perf_counter()
    with torch.inference_mode():
        for batch in (words[i : i + 16] for i in range(0, len(words), 16)):
            # pieces as IndoBERT's vocabulary gives, 1.3 a word
            longest = max(int(1.3 * len(some)) + 2 for some in batch)
            lengths = torch.tensor([int(1.3 * len(some)) + 2 for some in batch])
            model(torch.randint(1000, 30000, (len(batch), longest)), attention_mask=(torch.arange(longest) < lengths[:, None]).long()).logits.argmax(-1)
    return sum(map(len, words)) / (time.perf_counter() - started)


def plain(words: list[list[list[str]]], model: Path) -> float:
    """Tokens a second of the same model by Flair's own `predict`."""
    from annotator import sequence

    tagger = sequence.Plain(sequence.read(*ner.contents(model)))
    started = time.perf_counter()
    tagger.tag(words)
    return sum(len(some) for article in words for some in article) / (time.perf_counter() - started)


def speed(data: Path, model: Path) -> Iterator[str]:
    """Tokens a second, in rows of a table."""
    articles = [json.loads(line)["text"] for line in (data / "articles.jsonl").open(encoding="utf-8")]
    batches = [[(text, sentences(text)) for text in articles[i : i + TOGETHER]] for i in range(0, len(articles), TOGETHER)]
    some = [[[token.of(text) for token in sentence.tokens] for sentence in found] for batch in batches[40:42] for text, found in batch]
    one, both = tokens_a_second(batches[:41], model), in_processes(batches, model, 2)
    peers = bert([words for article in some[:32] for words in article]), plain(some, model)
    again = tokens_a_second(batches[38:42], model)
    yield "| | tokens/s | ratio |\n|---|---|---|"
    yield f"| {len(articles):,} articles, 2 processes of one thread | {both:,.0f} | |"
    yield f"| one process, one thread | {one:,.0f} | |"
    yield f"| the same articles as the peers, one thread | {again:,.0f} | 1 |"
    yield f"| the same model by Flair's own `predict` | {peers[1]:,.0f} | {again / peers[1]:.1f} times slower |"
    yield f"| BERT-base token classifier | {peers[0]:,.0f} | {again / peers[0]:.0f} times slower |"


def report(data: Path, model: Path) -> Iterator[str]:
    """The page, piece by piece."""
    tagger, kept = ner.load(model), {}
    yield f"# How well names are found\n\nMade by `python bench/ner.py DATA --write`. Model {tagger.sha256[:12]}, {sum(p.stat().st_size for p in model.iterdir()) / 1e6:.1f} MB; exact spans and types.\n"
    yield "| set | trained on its train part | " + " | ".join(f"{kind} F1 (P, R)" for kind in ("all", *TYPES)) + " |\n|" + "---|" * 6
    for name, pairs, related in sets(data):
        kept[name] = list(pairs(tagger))
        cells = (f"{f:.3f} ({p:.3f}, {r:.3f})" for p, r, f in scores(kept[name]).values())
        yield f"| {name} | {'yes' if related else 'no'} | " + " | ".join(cells) + " |"
    yield "\nWhat gold names of gold/dev and news/dev were found as:\n"
    yield from confusion(kept["gold/dev"] + kept["news/dev"])
    yield ""
    yield from overlap(data)
    yield f"\n## Speed\n\nTagging alone, on {os.cpu_count()} cores, {platform.machine()}, all in one run.\n"
    yield from speed(data, model)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="directory that holds ner/ and articles.jsonl")
    parser.add_argument("--model", type=Path, default=ner.MODEL, help="directory of the model; the shipped one if left out")
    parser.add_argument("--write", action="store_true", help="write docs/names.md")
    options = parser.parse_args()
    lines = []
    for line in report(options.data, options.model):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
