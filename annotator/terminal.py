"""What people see on a terminal: the table of quotes, an article with its quotes marked, and how one quote was found.

Everything here gives lines of text; colours are ANSI codes. Words of articles pass through `visible`, so that none can steer the terminal.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from annotator.document import Annotation, Attribution, Span

STYLES = {
    "direct": {"fg": "green"},
    "indirect": {"fg": "cyan"},
    "mixed": {"fg": "yellow"},
    "cue": {"fg": "magenta", "bold": True},
    "source": {"bold": True, "underline": True},
    "via": {"fg": "blue", "underline": True},
    "zone": {"dim": True},
}
NUMBER = {"reverse": True}


def visible(words: str) -> str:
    """Words that cannot steer a terminal: control, direction and other unseen characters are written out.

    Soft hyphens, joiners and the zero-width space stay, as they move nothing.
    """
    if words.isprintable():
        return words
    return "".join(map(_visible, words.replace("\r\n", "\n")))


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in "\n\t\xad\u200b\u200c\u200d\ufeff" or unicodedata.category(letter) == "Zs":
        return letter
    return chr(0x2400 + ord(letter)) if letter < " " else f"⟨U+{ord(letter):04X}⟩"


def one_line(words: str) -> str:
    """Visible words with each run of whitespace made one space."""
    return visible(" ".join(words.split()))


def _words(span: Span | None, text: str) -> str:
    return one_line(span.of(text)) if span else ""


# A table -----------------------------------------------------------------------------------------


def table(said: Sequence[Mapping], width: int) -> Iterator[str]:
    """Rows of the view `said`, fit to a width in columns: speaker, words and article give way, words get what is left over."""
    head = ("quote", "speaker", "type", "words", "cue", "article")
    cells = [
        (str(row["quote"]), row["speaker"] or "?", row["type"], row["words"], row["cue"] or "–", f"{row['document']} {row['article']}")
        for row in said
    ]
    rows = [head, *([one_line(cell) for cell in row] for row in cells)]
    widths = {name: max(map(len, column)) for name, column in zip(head, zip(*rows))}
    yielding = {"speaker": 0.3, "article": 0.2, "words": 1.0}
    room = left = width - 2 * (len(head) - 1) - sum(widths[name] for name in widths.keys() - yielding)
    for name, share in yielding.items():
        widths[name] = max(len(name), min(widths[name], int(room * share), left))
        left -= widths[name]
    rows.insert(1, ["─" * w for w in widths.values()])
    for row in rows:
        yield "  ".join(f"{shortened(cell, w):{w}}" for cell, w in zip(row, widths.values())).rstrip()


def shortened(words: str, width: int) -> str:
    """Words cut to a width, with … where something is cut."""
    return words if len(words) <= width else words[: width - 1] + "…"


# An article --------------------------------------------------------------------------------------


def page(annotation: Annotation, numbers: Sequence[int], colour: bool, width: int | None) -> Iterator[str]:
    """An article with its quotes and zones marked, then who said each quote. `numbers` are those of its quotes."""
    document, text = annotation.document, annotation.document.text
    yield click.style(one_line(document.title or document.path), bold=True)
    yield " · ".join(one_line(field) for field in (document.outlet, document.published, document.path) if field)
    if colour:
        legend = " · ".join(click.style(label, **style) for label, style in STYLES.items())
        yield f"{click.style(' 1 ', **NUMBER)} number of a quote · {legend} (no running text)"
    yield ""
    marks = [mark for number, attribution in zip(numbers, annotation.attributions) for mark in _marks(attribution, number)]
    marks += [Mark(zone.span, zone.kind.replace("_", ""), None, "zone") for zone in annotation.zones]
    yield drawn(text, marks, 0, len(text), colour, width).strip("\n")
    yield "" if numbers else "\nNo quotes were found in this article."
    for number, attribution in zip(numbers, annotation.attributions):
        role, via = _words(attribution.role and attribution.role.span, text), _words(attribution.quote.via, text)
        within = "" if attribution.parent is None else f"within {numbers[attribution.parent]}"
        speaker = click.style(_words(attribution.speaker, text) or "?", bold=True)
        line = f"{number:>{len(str(max(numbers)))}}  {attribution.quote.type:8}  {attribution.confidence:.2f}  "
        yield line + " · ".join(part for part in (speaker, role, via and f"via {via}", within) if part)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch to be marked: its label, the number of its quote, and the name of its style."""

    span: Span
    label: str
    number: int | None
    style: str


def _marks(attribution: Attribution, number: int) -> Iterator[Mark]:
    quote = attribution.quote
    for part in quote.content:
        yield Mark(part, "content", number, quote.type)
    for label in ("source", "via", "cue"):
        if span := getattr(quote, label):
            yield Mark(span, label, number, label)


def drawn(text: str, marks: Sequence[Mark], start: int, stop: int, colour: bool, width: int | None) -> str:
    """A part of a text with its marks, in colours or in the brackets of markup.py, its lines broken at `width` columns if given."""
    opening, ending = defaultdict(list), defaultdict(list)
    for mark in sorted(marks, key=lambda m: (m.span.start, -m.span.stop, m.label != "content")):
        opening[mark.span.start].append(mark)
        ending[mark.span.stop].append(mark)
    cells: list[tuple[str, dict]] = []
    active: list[Mark] = []
    style: dict = {}
    for position in range(start, stop + 1):
        if position in opening or position in ending:
            active = [mark for mark in active if mark not in ending[position]] + opening[position]
            if colour:
                cells += [(f" {mark.number} ", NUMBER) for mark in opening[position] if mark.label == "content"]
                layers = sorted(active, key=lambda mark: mark.label != "content")
                style = {key: value for mark in layers for key, value in STYLES[mark.style].items()}
            else:
                cells += [("]", {})] * len(ending[position])
                cells += [(letter, {}) for mark in opening[position] for letter in f"[{mark.label}{mark.number or ''} "]
        if position < stop:
            letter = text[position]
            cells.append(("\\" + letter if letter in "[]" and not colour else visible(letter), style))
    if width:
        _break_lines(cells, width)
    return _joined(cells)


def _break_lines(cells: list[tuple[str, dict]], width: int) -> None:
    """Turn the last blank before each line's end into a line feed."""
    column, blank, after = 0, None, 0
    for i, (letters, _) in enumerate(cells):
        column += len(letters)
        if letters == "\n":
            column, blank = 0, None
        elif letters == " ":
            blank, after = i, column
        if column > width and blank is not None:
            cells[blank] = ("\n", {})
            column, blank = column - after, None


def _joined(cells: Sequence[tuple[str, dict]]) -> str:
    """Cells as one string; no style runs over the end of a line, or `less` would lose it."""
    out = []
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        lines = "".join(letters for letters, _ in run).split("\n")
        out.append("\n".join(click.style(line, **style) if line and style else line for line in lines))
    return "".join(out)


# A quote -----------------------------------------------------------------------------------------


def account(
    annotation: Annotation, index: int, numbers: Sequence[int], run: Mapping, colour: bool, width: int | None
) -> Iterator[str]:
    """How the quote with an index in the annotation was found: its sentences, who said it, rules, candidates and run.

    `numbers` are those of the article's quotes; `run` is what store.run_of gives.
    """
    document, attribution, number = annotation.document, annotation.attributions[index], numbers[index]
    title = click.style(f"Quote {number}, {attribution.quote.type}", bold=True)
    yield f"{title}, in article {run['document']}: {one_line(document.title or document.path)}\n"
    marks = list(_marks(attribution, number))
    spans = [mark.span for mark in marks]
    spans += [s.span for s in annotation.sentences if any(s.span.overlaps(mark.span) for mark in marks)]
    start, stop = min(span.start for span in spans), max(span.stop for span in spans)
    yield drawn(document.text, marks, start, stop, colour, width) + "\n"
    for label, lines in grounds(annotation, attribution, numbers, run):
        for line in lines:
            yield click.style(f"{label:13}", bold=True) + visible(line)
            label = ""


def grounds(
    annotation: Annotation, attribution: Attribution, numbers: Sequence[int], run: Mapping
) -> Iterator[tuple[str, list[str]]]:
    """What is known about a quote and why: a label, and its lines."""
    text, quote, role = annotation.document.text, attribution.quote, attribution.role
    speaker = _words(attribution.speaker, text)
    yield "said by", [f"{speaker} ({attribution.kind})" if speaker else "nobody could be made out"]
    if role:
        yield "role", [_words(role.span, text), f"from {_surroundings(role.span, text)}", *_rule(role.rule)]
        if role.affiliation:
            yield "affiliation", [_words(role.affiliation, text)]
    if quote.via:
        yield "relayed by", [_words(quote.via, text)]
    if attribution.parent is not None:
        parent = annotation.attributions[attribution.parent]
        yield "within", [f"quote {numbers[attribution.parent]}, said by {_words(parent.speaker, text) or 'nobody known'}"]
    yield "found by", _rule(quote.rule)
    yield "speaker by", _rule(attribution.rule)
    yield "sure", [f"{attribution.confidence:.2f} of 1"]
    considered = sorted(attribution.candidates, key=lambda c: (c.name != attribution.speaker, -c.score))
    listed = [f"{candidate.score:.2f}  {_words(candidate.name, text)}: {candidate.reason}" for candidate in considered]
    yield "candidates", listed or ["nobody else came into question"]
    yield "run", [f"{run['id']}, {run['started']}, annotate {run['tool']}, model {run['model'][:12]}, rules {run['rules'][:12]}"]


def _surroundings(span: Span, text: str) -> str:
    start, stop = max(0, span.start - 30), span.stop + 30
    return f"“{'…' if start else ''}{one_line(text[start:stop])}{'…' if stop < len(text) else ''}”"


def _rule(id: str) -> list[str]:
    says = sayings()
    return [id, says[id]] if id in says else [id]


@functools.cache
def sayings() -> dict[str, str]:
    """What each rule of quotes, and each step that finds a speaker or a role, states in a sentence."""
    import tomllib
    from importlib.resources import files

    from annotator import rules

    steps = tomllib.loads(files("annotator").joinpath("data/rules/speakers.toml").read_text(encoding="utf-8"))["rule"]
    found = {rule.id: rule.says for name in ("direct", "indirect") for rule in rules.load(name)}
    return found | {step["id"]: step["says"] for step in steps}
