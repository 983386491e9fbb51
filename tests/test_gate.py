"""Quality on corpus/ only goes up: the measures on its gold, names given, stay at or above the floors.

Whoever raises a figure raises its floor in the same commit; lowering one needs a reason in the changelog.
"""

from pathlib import Path

import pytest

from annotator import markup, score
from marked import gold, predicted

FLOORS = {"who_said_what": 0.96, "detection": 0.98, "exact": 0.97, "role": 0.95, "via": 1.0, "parent": 1.0, "speaker": 0.98}


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    texts = [markup.parse(path.read_bytes().decode("utf-8")) for path in sorted(Path(__file__).parent.joinpath("gold").rglob("*.txt"))]
    result = score.score([gold(t) for t in texts], [predicted(t) for t in texts])
    figures = {name: getattr(result.quotes, name).f1 for name in ("who_said_what", "detection", "exact")}
    return figures | {"speaker": result.quotes.speaker.value} | {name: getattr(result, name).value for name in ("role", "via", "parent")}


@pytest.mark.parametrize("measure", FLOORS)
def test_floor(measured, measure):
    assert measured[measure] >= FLOORS[measure]
