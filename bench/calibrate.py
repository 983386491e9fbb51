"""Count how often each rule is right on gold quotes, and show whether confidence means what it says.

    python bench/calibrate.py GOLD.jsonl ...         write annotator/data/confidence.json
    python bench/calibrate.py GOLD.jsonl ... --table reliability: of quotes that sure, how many are right

Count on articles the rules were written with, and look at the table for others.
"""

from __future__ import annotations

import argparse
import collections
import json
from pathlib import Path

from annotator import ner, pipeline, score
from annotator.document import Document
from annotator.formats import jsonl

OUT = Path(__file__).parent.parent / "annotator" / "data" / "confidence.json"
EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


def predictions(gold: list[dict]) -> list[dict]:
    """What the annotator says of the gold's texts, in the exchange format."""
    documents = [Document(g["id"], g["text"], g.get("outlet")) for g in gold]
    return [jsonl.record(a) for a in pipeline.annotate(documents, ner.load())]


def judged(gold: list[dict]):
    """(predicted quote, was it found rightly, was it named rightly) for each predicted quote."""
    for pairing in score.pair(gold, predictions(gold)):
        for pair in pairing.pairs:
            if not pair.gold.get("speaker_unscored"):
                yield pair.predicted, True, score.speaker_right(pair.gold, pair.predicted)
        for quote in pairing.spurious:
            yield quote, False, False


def count(gold: list[dict]) -> dict:
    quote_rules, speaker_rules = collections.defaultdict(lambda: [0, 0]), collections.defaultdict(lambda: [0, 0])
    for quote, found, named in judged(gold):
        quote_rules[quote["rule"]][0] += found
        quote_rules[quote["rule"]][1] += 1
        if found:
            speaker_rules[quote["speaker_rule"]][0] += named
            speaker_rules[quote["speaker_rule"]][1] += 1
    return {"quote": dict(sorted(quote_rules.items())), "speaker": dict(sorted(speaker_rules.items()))}


def table(gold: list[dict]) -> str:
    rows = collections.Counter()
    for quote, found, named in judged(gold):
        low = max(e for e in EDGES if e <= quote["confidence"])
        rows[low, "n"] += 1
        rows[low, "right"] += found and named
    lines = ["confidence   quotes   right"]
    for low, high in zip(EDGES, EDGES[1:]):
        if rows[low, "n"]:
            lines.append(f"{low:.1f} – {min(high, 1):.1f}    {rows[low, 'n']:6}   {rows[low, 'right'] / rows[low, 'n']:.2f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gold", type=Path, nargs="+")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    gold = [json.loads(line) for file in arguments.gold for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if arguments.table:
        print(table(gold))
    else:
        OUT.write_text(json.dumps(count(gold), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
