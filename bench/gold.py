"""Print the gold of corpus/, tests/gold/, in the exchange format: the rules were written with it in sight, so it shows loss, not quality.

    python bench/gold.py > gold.jsonl
"""

import json
import sys
from pathlib import Path

from annotator import markup

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from marked import gold  # noqa: E402

for path in sorted((ROOT / "tests" / "gold").rglob("*.txt")):
    print(json.dumps(gold(markup.parse(path.read_bytes().decode("utf-8"))), ensure_ascii=False))
