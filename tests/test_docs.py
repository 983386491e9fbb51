"""The documentation shows what the program prints, and names every command."""

import subprocess
import sys
from pathlib import Path

import pytest

from annotator.cli import main

ROOT = Path(__file__).parent.parent


def test_printed_parts_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "-I", "docs", "--check", "README.md", "docs/architecture.md"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun `make docs`"


@pytest.mark.parametrize("name", main.commands)
def test_every_command_is_in_the_readme(name):
    assert f"\n  {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(ROOT.glob("annotator/data/lexicon/*.txt")), ids=lambda p: p.stem)
def test_every_word_list_is_explained(path):
    assert f"`{path.stem}`" in path.with_name("README.md").read_text(encoding="utf-8")
