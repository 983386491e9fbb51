"""Word lists a linguist edits: `data/lexicon/NAME.txt`, one entry a line, `#` starts a comment. Why each list is there: its README.md."""

from __future__ import annotations

import functools
from importlib.resources import files


@functools.cache
def words(name: str) -> tuple[str, ...]:
    """Entries of one list in file order. FileNotFoundError where there is no such list."""
    lines = files("annotator").joinpath(f"data/lexicon/{name}.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.partition("#")[0].strip() for line in lines)
    return tuple(dict.fromkeys(entry for entry in entries if entry))


@functools.cache
def lower(name: str) -> frozenset[str]:
    """Entries of one list, case folded, to look words up in."""
    return frozenset(entry.casefold() for entry in words(name))


@functools.cache
def exact(name: str) -> frozenset[str]:
    """Entries of one list as they are written, to look words up in."""
    return frozenset(words(name))
