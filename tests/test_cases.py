"""Every case a linguist wrote in cases/*.txt is found as marked, nothing else; a title that starts with “gagal:” is a known failure."""

from pathlib import Path

import pytest

from annotator import markup
from marked import differences

CASES = [
    pytest.param(text, id=f"{path.name}:{line} {title}", marks=[pytest.mark.xfail(strict=True, reason="known failure")] if title.startswith("gagal:") else [])
    for path in sorted(Path(__file__).parent.joinpath("cases").glob("*.txt"))
    for title, line, text in markup.cases(path.read_bytes().decode("utf-8"))
]


@pytest.mark.parametrize("text", CASES)
def test_case(text):
    assert differences(markup.parse(text)) == []


def test_there_are_enough_cases():
    assert len(CASES) >= 120
