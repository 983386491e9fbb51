"""Score the annotator on gold sets and write docs/quality.md.

    python bench/quality.py DATA        DATA holds gold/{dev,pfsa-dev}.jsonl

The gold is for measuring: no rule was written for it, no weight trained on it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from annotator import __version__, score

import calibrate

OUT = Path(__file__).parent.parent / "docs" / "quality.md"
PAGE = """# How good it is

Version {version}, whole pipeline with the shipped model, measured by `python bench/quality.py DATA`. No rule was
written for this gold, and no weight trained on it. It was annotated by reading and resolved to offsets; two annotations of
the same articles, made apart, agree at 0.99 on who said what. The articles belong to their outlets, so neither they nor the
gold are in the repository: DATA holds `gold/dev.jsonl` and `gold/pfsa-dev.jsonl` in the format of `annotate export jsonl`.
What anybody can measure is `make gold`: the articles of `corpus/`, which the rules were written with.

## {documents} articles of 16 outlets, all quotes and names

```
{table}
```

Does confidence mean what it says? Counted on other articles (`bench/calibrate.py`), looked at on these:

```
{reliability}
```

## {kompas} articles of one daily, direct quotes of public figures

Other people's quotes are not annotated there, so recall and the speakers count, not precision: of {quotes} quotes
{recall:.0%} are found, and {speaker:.0%} of those found have the right speaker.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    dev, daily = ([json.loads(line) for line in open(data / "gold" / name, encoding="utf-8")] for name in ("dev.jsonl", "pfsa-dev.jsonl"))
    result = score.score(dev, calibrate.predictions(dev))
    direct = score.score(daily, calibrate.predictions(daily), types=["direct"]).quotes
    page = PAGE.format(
        version=__version__,
        documents=len(dev),
        table=score.table(result),
        reliability=calibrate.table(dev),
        kompas=len(daily),
        quotes=direct.detection.right + direct.detection.missed,
        recall=direct.detection.recall,
        speaker=direct.speaker.value,
    )
    OUT.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
