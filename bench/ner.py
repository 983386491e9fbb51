"""How well the model finds names, and how fast: `python bench/ner.py DATA [--gold GOLD.jsonl] [--model DIRECTORY]`.

DATA is the directory the model was trained from (see annotator/train.py). Exact span and type count. In the column files a name is
the run of their own words that it touches, so a bracket they glue to a name is forgiven, a bracket they put inside one is not.
"""

from __future__ import annotations

import argparse
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from annotator import ner, train
from annotator.document import Mention
from annotator.segment import sentences

TYPES = ("PER", "ORG", "LOC")
Names = set[tuple[int, int, str]]


def articles(path: Path, tagger: ner.Tagger) -> Iterator[tuple[Names, Names]]:
    """Gold and found names of each article, in code points."""
    texts = train.articles(path)
    for one, mentions in zip(texts, tagger.tag([(one.text, one.sentences) for one in texts])):
        yield set(one.names), {(m.span.start, m.span.stop, m.type) for m in mentions}


def columns(path: Path, tagger: ner.Tagger) -> Iterator[tuple[Names, Names]]:
    """Gold and found names of each sentence of a column file, in its words."""
    blocks = [[line.split("\t") for line in block.split("\n")] for block in path.read_text(encoding="utf-8").strip().split("\n\n")]
    texts = [" ".join(word for word, _ in rows) for rows in blocks]
    for rows, mentions in zip(blocks, tagger.tag([(text, sentences(text)) for text in texts])):
        yield _iob2([tag for _, tag in rows]), {_in_words(rows, mention) for mention in mentions}


def _iob2(tags: list[str]) -> Names:
    starts = [i for i, tag in enumerate(tags) if tag[0] == "B"]
    stops = [next((j for j in range(i + 1, len(tags)) if tags[j][0] != "I"), len(tags)) for i in starts]
    return {(i, j, tags[i][2:]) for i, j in zip(starts, stops)}


def _in_words(rows: list[list[str]], mention: Mention) -> tuple[int, int, str]:
    begins = [0]
    for word, _ in rows:
        begins.append(begins[-1] + len(word) + 1)
    return bisect_right(begins, mention.span.start) - 1, bisect_right(begins, mention.span.stop - 1), mention.type


def scores(pairs: Iterator[tuple[Names, Names]]) -> dict[str, tuple[float, float, float]]:
    """Precision, recall, F1 for each type and over all."""
    right, gold, found = Counter(), Counter(), Counter()
    for wanted, got in pairs:
        for counter, names in ((right, wanted & got), (gold, wanted), (found, got)):
            counter.update(kind for _, _, kind in names)
            counter["all"] += len(names)
    return {
        kind: (right[kind] / max(1, found[kind]), right[kind] / max(1, gold[kind]), 2 * right[kind] / max(1, gold[kind] + found[kind]))
        for kind in (*TYPES, "all")
    }


def speed(paths: list[Path], tagger: ner.Tagger) -> float:
    """Tokens a second of tagging alone, one thread, all articles in one batch."""
    batch = [(one.text, one.sentences) for path in paths for one in train.articles(path)]
    started = time.perf_counter()
    tagger.tag(batch)
    return sum(len(s.tokens) for _, found in batch for s in found) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="directory that holds ner/")
    parser.add_argument("--gold", type=Path, help="more annotated articles, JSON lines with entities")
    parser.add_argument("--model", type=Path, help="directory of the model; the shipped one if left out")
    options = parser.parse_args()
    tagger = ner.load(options.model)
    sets = {"news dev": (articles, options.data / "ner/news/dev.jsonl")}
    if options.gold:
        sets["gold " + options.gold.stem] = (articles, options.gold)
    for name in train.COLUMNS:
        sets[f"{name} test"] = (columns, options.data / "ner" / name / "test.txt")
    print("| set | " + " | ".join(f"{kind} F1 (P, R)" for kind in (*TYPES, "all")) + " |\n|" + "---|" * 5)
    for name, (read, path) in sets.items():
        cells = (f"{f:.3f} ({p:.3f}, {r:.3f})" for p, r, f in scores(read(path, tagger)).values())
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{speed([options.data / 'ner/news/dev.jsonl'], tagger):,.0f} tokens a second, model {tagger.sha256[:12]}")


if __name__ == "__main__":
    main()
