r"""Marked sentences, as a linguist types them, to text and spans.

    [content “Belum ada keputusan,”] [cue ujar]nya kepada [via [ORG Antara]].
    => 1 type=direct speaker="Budi Santoso" implicit=yes

A mark is `[label words]`; marks nest. A number ties the marks of one quote together: `[content2 …] [cue2 …]`;
none means 1. Several content marks with one number are the parts of one quote. `\[` and `\]` are literal.
Lines that start with `=>` follow the text and give a quote what has no place in it: type, speaker, kind, role,
affiliation, via, parent, implicit.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import regex

from annotator.document import Span

QUOTE_LABELS = frozenset({"content", "cue", "source", "via"})
_LABEL = regex.compile(r"(?P<label>[A-Za-z]+)(?P<number>\d*) ")


class MarkupError(ValueError):
    """A mark that cannot be read; the message quotes the place."""


@dataclass(frozen=True, slots=True)
class Mark:
    label: str
    number: int
    span: Span


@dataclass(frozen=True, slots=True)
class Marked:
    """Plain text, its marks in order of their start, and the facts of each numbered quote."""

    text: str
    marks: tuple[Mark, ...]
    facts: dict[int, dict[str, str]]

    def spans(self, label: str, number: int | None = None) -> tuple[Span, ...]:
        """Spans of the marks with this label, of one quote where a number is given."""
        return tuple(m.span for m in self.marks if m.label == label and number in (None, m.number))

    def numbers(self) -> tuple[int, ...]:
        """Numbers of the quotes that have a content mark, ascending."""
        return tuple(sorted({m.number for m in self.marks if m.label == "content"}))


def parse(source: str) -> Marked:
    """Read marked text; MarkupError where a bracket has no label or no partner."""
    lines = source.split("\n")
    facts: dict[int, dict[str, str]] = {}
    while lines and (not lines[-1].strip() or lines[-1].startswith("=>")):
        if not any(line.startswith("=>") for line in lines):
            break
        line = lines.pop()
        if line.strip():
            number, *pairs = shlex.split(line[2:])
            facts[int(number)] = dict(pair.split("=", 1) for pair in pairs)
    text, marks = _read_marks("\n".join(lines))
    return Marked(text, marks, facts)


def _read_marks(source: str) -> tuple[str, tuple[Mark, ...]]:
    out: list[str] = []
    open_marks: list[tuple[str, int, int]] = []
    marks: list[Mark] = []
    position = 0
    while position < len(source):
        char = source[position]
        if char == "\\" and source[position + 1 : position + 2] in ("[", "]"):
            out.append(source[position + 1])
            position += 2
        elif char == "[":
            found = _LABEL.match(source, position + 1)
            if not found:
                raise MarkupError(f"“[” without a label at {source[position : position + 40]!r}; write \\[ for a bracket")
            open_marks.append((found["label"], int(found["number"] or 1), len(out)))
            position = found.end()
        elif char == "]":
            if not open_marks:
                raise MarkupError(f"“]” closes nothing at {source[max(0, position - 40) : position + 1]!r}")
            label, number, start = open_marks.pop()
            marks.append(Mark(label, number, Span(start, len(out))))
            position += 1
        else:
            out.append(char)
            position += 1
    if open_marks:
        label, _, start = open_marks[-1]
        raise MarkupError(f"“[{label}” is never closed: {''.join(out)[start : start + 40]!r}")
    return "".join(out), tuple(sorted(marks, key=lambda m: (m.span.start, -m.span.stop)))


def cases(source: str) -> list[tuple[str, int, str]]:
    """The cases of a file: (title, line number of the title, marked text). A case starts with `## `; text before the first is prose."""
    found: list[tuple[str, int, list[str]]] = []
    for number, line in enumerate(source.split("\n"), 1):
        if line.startswith("## "):
            found.append((line[3:].strip(), number, []))
        elif found:
            found[-1][2].append(line)
    return [(title, number, "\n".join(lines).strip("\n")) for title, number, lines in found]
