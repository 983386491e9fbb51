"""Rules as a linguist writes them: `data/rules/*.toml`, in order of precedence.

A rule has an `id`, one sentence that `says` what it states, the `cues` (word lists) it hangs on, a `pattern` over
masked text (see grammar.py) in which `{name}` stands for an entry of macros.toml, and its proof: `yes` and `no`
examples in the marks of markup.py. Patterns are compiled once, without case, by `regex`.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import regex

from annotator import lexicon


# what a rule's options ask of its match, by the file it stands in; docs/architecture.md prints them
OPTIONS = {
    "direct": {
        "floating": "the quotation must be an utterance, since no cue says so",
        "comma": "the quotation must end as one that an attribution follows",
        "speaker": "the source must be able to speak: a name, a role, a group",
        "inner": "only within the words of a quotation",
        "closed": "the quotation must end as a sentence does",
    },
    "indirect": {
        "clause": "the content must hold a predicate, unless a complementiser or a comma sets it off",
        "rest": "the content goes on after the phrase of the source",
        "final": "the source ends the sentence: nothing clausal follows it",
        "medial": "cue and source interrupt the content; both parts must be there",
        "within": "the cue stands within its content without commas: no adverbial may follow",
        "antecedent": "of what stands before the cue only what a relative clause hangs on is content",
        "unheld": "no other cue stands before it, whose speaker would judge",
        "predicate": "the content starts at the first predicate; who is asked stands before it",
        "previous": "the content is the sentence before",
        "after": "only after somebody's words",
        "ahead": "only before a quotation, whose speaker it is; nothing else in its sentence is reported",
        "inner": "the attribution stands within other content and does not end it",
        "other": "the content needs a subject of its own",
        "speaker": "the source must be named, or set off by a comma",
        "somebody": "the source must be able to speak: a name, a role, a group",
        "relay": "the source is a medium, and nobody else speaks",
        "evidence": "the source must be somebody's document",
    },
    "via": {"known": "the medium must be on the list of media", "channel": "the medium must be a channel of YouTube", "watched": "an institution's channel counts, too"},
    "zones": {
        "line": "a line of its own",
        "inside": "anywhere",
        "headline": "a mark anywhere, then the headline after it",
        "photographer": "a mark anywhere, then the name after it",
        "open": "headlines that never show where they end",
        "end": "near the end of the text",
    },
}


class RuleError(Exception):
    """A rule that cannot be used; the message names its file, the rule, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `options` name conditions on its match (OPTIONS)."""

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
def alternation(name: str, reverse: bool = False) -> str:
    """A word list as one regex alternative, longest first, spaces loose."""
    return any_of(lexicon.words(name), reverse)


def any_of(entries: Iterable[str], reverse: bool = False) -> str:
    """Some words as one regex alternative, longest first, spaces loose; those that begin alike share their beginning, which is many times faster.

    With `reverse`, for a pattern that is read from the end, those that end alike share their end.
    """
    ordered = sorted(entries, key=len, reverse=True)
    return "(?:" + _branches([entry[::-1] for entry in ordered] if reverse else ordered, reverse) + ")"


def _branches(entries: list[str], reverse: bool) -> str:
    """The alternatives of `any_of`, by their first letters. “Dr” and “dr” do not change places: without case, the longest is to come first still."""
    by_letter: dict[str, list[str]] = {}
    for entry in entries:
        by_letter.setdefault(entry[:1].casefold(), []).append(entry)
    ends = by_letter.pop("", [])
    branches = []
    for run in (list(run) for words in by_letter.values() for _, run in itertools.groupby(words, key=lambda entry: entry[0])):
        letter = r"\s+" if run[0][0] == " " else regex.escape(run[0][0], special_only=True)
        rest = _branches([entry[1:] for entry in run], reverse)
        branches.append(rest + letter if reverse else letter + rest)
    if ends and branches:
        branches.append("")  # not “?”, for which every match of the pattern would set up a counter
    return f"(?:{'|'.join(branches)})" if len(branches) > 1 else "".join(branches)


def expand(pattern: str, macros: dict[str, str] | None = None) -> str:
    """The pattern with `{name}` and `{words:LIST}`, in a pattern that is read from the end `{ends:LIST}`, written out; KeyError names an unknown macro."""
    known = _macros() if macros is None else macros
    return _MACRO.sub(lambda m: alternation(m["name"], m["list"] == "ends") if m["list"] else known[m["name"]], pattern)


_MACRO = regex.compile(r"\{(?:(?P<list>words|ends):)?(?P<name>[a-z_]+)\}")


@functools.cache
def load(name: str) -> tuple[Rule, ...]:
    """The rules of one file in order. RuleError names one that cannot be used."""
    try:
        entries = tomllib.loads(_rule_text(name))["rule"]
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"data/rules/{name}.toml: {error}") from None
    found: dict[str, Rule] = {}
    for entry in entries:
        try:
            rule = _rule(entry, OPTIONS[name])
            if rule.id in found:
                raise ValueError("there is a rule with this id already")
        except (ValueError, regex.error) as error:
            raise RuleError(f"data/rules/{name}.toml, rule {entry.get('id', '?')}: {error}") from None
        found[rule.id] = rule
    return tuple(found.values())


def check() -> None:
    """Load every file of rules; RuleError where one cannot be used."""
    for name in OPTIONS:
        load(name)


def _rule(entry: dict, options: Collection[str]) -> Rule:
    """A table of a file as a rule; ValueError says what is wrong with it."""
    missing = {"id", "says", "pattern", "yes", "no"} - entry.keys()
    if missing:
        raise ValueError(f"lacks {', '.join(sorted(missing))}")
    for unknown in set(entry.get("options", ())) - set(options):
        raise ValueError(f"no option “{unknown}”; there are {', '.join(options)}")
    try:
        for cue in entry.get("cues", ()):
            lexicon.words(cue.removesuffix("_nya"))
        pattern = regex.compile(expand(entry["pattern"]), regex.IGNORECASE | regex.VERBOSE | regex.DOTALL)
    except KeyError as error:
        raise ValueError(f"no macro {{{error.args[0]}}} in macros.toml") from None
    except FileNotFoundError as error:
        raise ValueError(f"no word list {Path(error.filename).name}") from None
    texts = {name: tuple(entry.get(name, ())) for name in ("cues", "yes", "no")}
    return Rule(entry["id"], entry["says"], pattern=pattern, options=frozenset(entry.get("options", ())), **texts)


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
