"""What the documentation shows is printed by the program: called from README.md and architecture.md by `make docs`."""

from __future__ import annotations

import ast
import functools
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import cog

from annotator import rules

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "110", "OMP_NUM_THREADS": "1"}

_TEMPORARY = tempfile.TemporaryDirectory(prefix="annotate-docs-")  # removed when the program ends


@functools.cache
def folder() -> Path:
    """A folder with corpus/ annotated in annotations.db, for as long as the program runs."""
    made = Path(_TEMPORARY.name)
    subprocess.run(["annotate", "corpus/", "--db", made / "annotations.db"], cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True)
    return made


def console(command: str, leave_out: str = "\0"):
    """A command and what it prints, lines that start with `leave_out` left out."""
    done = subprocess.run(command.split(), cwd=folder(), env=ENVIRONMENT, check=True, capture_output=True, text=True)
    kept = [line.rstrip() for line in done.stdout.rstrip().splitlines() if not line.startswith(leave_out)]
    cog.outl("\n".join(["```console", f"$ {command}", *kept, "```"]))


def why(condition: str):
    """`annotate why` for the first quote of the view `said` that meets an SQL condition; its run, which names a date, left out."""
    with sqlite3.connect(folder() / "annotations.db") as db:
        number = db.execute(f"SELECT quote FROM said WHERE {condition} ORDER BY quote").fetchone()[0]
    console(f"annotate why {number}", leave_out="run ")


def options():
    """What each option of a rule asks of its match, by the file of the rule."""
    for name, known in rules.OPTIONS.items():
        cog.outl(f"- `{name}.toml`: " + "; ".join(f"`{option}`: {meaning}" for option, meaning in known.items()) + ".")


def layers():
    """The modules in the order in which they may import each other, with the first sentence of each."""
    tree = ast.parse((ROOT / "tests" / "test_layers.py").read_text(encoding="utf-8"))
    value = next(node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "LAYERS")
    cog.outl("```")
    for name in ast.literal_eval(value.func.value).split():
        module = ROOT / "annotator" / f"{name}.py"
        path = module if module.exists() else ROOT / "annotator" / name / "__init__.py"
        if path.exists():
            cog.outl(f"{name:11} {ast.get_docstring(ast.parse(path.read_text(encoding='utf-8'))).splitlines()[0]}")
    cog.outl("```")
