"""Rules as a linguist writes them: `data/rules/*.toml`, in order of precedence.

A rule has an `id`, one sentence that `says` what it states, the `cues` (word lists) it hangs on, a `pattern` over
masked text (see grammar.py) in which `{name}` stands for an entry of macros.toml, and its proof: `yes` and `no`
examples in the marks of markup.py. Patterns are compiled once, without case, by `regex`.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files

import regex

from annotator import lexicon


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `options` name the conditions that direct.py, reported.py, relays.py and zones.py put on its match."""

    id: str
    says: str
    cues: tuple[str, ...]
    pattern: regex.Pattern
    options: frozenset[str]
    yes: tuple[str, ...]
    no: tuple[str, ...]


def _rule_text(name: str) -> str:
    return files("annotator").joinpath(f"data/rules/{name}.toml").read_text(encoding="utf-8")


@functools.cache
def _macros() -> dict[str, str]:
    """Macros, each of which may use those above it. A macro `{words:LIST}` becomes an alternation of that list."""
    macros: dict[str, str] = {}
    for name, pattern in tomllib.loads(_rule_text("macros"))["macro"].items():
        macros[name] = expand(pattern, macros)
    return macros


@functools.cache
def alternation(name: str) -> str:
    """A word list as one regex alternative, longest first, spaces loose."""
    entries = sorted(lexicon.words(name), key=len, reverse=True)
    return "(?:" + "|".join(regex.escape(entry, special_only=True, literal_spaces=True).replace(" ", r"\s+") for entry in entries) + ")"


def expand(pattern: str, macros: dict[str, str] | None = None) -> str:
    """The pattern with `{name}` and `{words:LIST}` written out; KeyError names an unknown macro."""
    known = _macros() if macros is None else macros
    return regex.sub(
        r"\{(?P<words>words:)?(?P<name>[a-z_]+)\}", lambda m: alternation(m["name"]) if m["words"] else known[m["name"]], pattern
    )


@functools.cache
def load(name: str) -> tuple[Rule, ...]:
    """The rules of one file in order. ValueError names a rule that lacks a field."""
    found = []
    for entry in tomllib.loads(_rule_text(name))["rule"]:
        missing = {"id", "says", "pattern", "yes", "no"} - entry.keys()
        if missing:
            raise ValueError(f"data/rules/{name}.toml: rule {entry.get('id', '?')} lacks {', '.join(sorted(missing))}")
        found.append(
            Rule(
                id=entry["id"],
                says=entry["says"],
                cues=tuple(entry.get("cues", ())),
                pattern=regex.compile(expand(entry["pattern"]), regex.IGNORECASE | regex.VERBOSE | regex.DOTALL),
                options=frozenset(entry.get("options", ())),
                yes=tuple(entry["yes"]),
                no=tuple(entry["no"]),
            )
        )
    return tuple(found)


@functools.cache
def sha256() -> str:
    """One digest of all rules, word lists and confidence.json: the data, beside the model, that stored attributions depend on."""
    data = files("annotator").joinpath("data")
    entries = [*data.joinpath("rules").iterdir(), *data.joinpath("lexicon").iterdir(), data.joinpath("confidence.json")]
    digest = hashlib.sha256()
    for entry in sorted(entries, key=lambda entry: entry.name):
        if entry.name.endswith((".toml", ".txt", ".json")):
            digest.update(entry.name.encode() + b"\0" + entry.read_bytes() + b"\0")
    return digest.hexdigest()
