"""How well predicted quotes and names agree with gold ones.

Both sides are documents of the JSONL exchange format, as dicts, and pair by their exact text. Quotes pair one to one
where the word tokens of their contents overlap with an intersection over union of at least one half, a leading
complementiser left out. Gold may also give entities as [start, end, type], quotes without `id` (`parent` is then an
index), `aliases` of a speaker, and `speaker_unscored` where it does not say who spoke.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

THRESHOLD = 0.5
TYPES = ("direct", "indirect", "mixed")
ENTITY_TYPES = ("PER", "ORG", "LOC")
COMPLEMENTISERS = frozenset("bahwa bahwasanya agar supaya untuk jika kalau apakah".split())
_WORD = regex.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of what both sides have, what only the prediction has, and what only gold has."""

    right: int
    spurious: int
    missed: int

    @property
    def precision(self) -> float:
        return _ratio(self.right, self.right + self.spurious)

    @property
    def recall(self) -> float:
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.right, 2 * self.right + self.spurious + self.missed)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many of those asked are right; `value` is None where nothing was asked."""

    right: int
    asked: int

    @property
    def value(self) -> float | None:
        return self.right / self.asked if self.asked else None

    @classmethod
    def of(cls, answers: Iterable[bool]) -> Accuracy:
        answers = [bool(answer) for answer in answers]
        return cls(sum(answers), len(answers))


@dataclass(frozen=True, slots=True)
class Measures:
    """The three F1 of quotes and the accuracy of their speakers, for all quotes or those of one type."""

    who_said_what: Agreement
    detection: Agreement
    exact: Agreement
    speaker: Accuracy


@dataclass(frozen=True, slots=True)
class Score:
    """All figures of one comparison. The accuracies are over matched quotes that have such a thing in gold.

    `false_via` counts matched quotes with a relaying medium that gold does not have. `missing` counts gold documents
    without a prediction. `entities` holds PER, ORG, LOC and all, over the gold documents that have entities.
    """

    documents: int
    missing: int
    quotes: Measures
    by_type: dict[str, Measures]
    type: Accuracy
    cue: Accuracy
    role: Accuracy
    via: Accuracy
    false_via: int
    parent: Accuracy
    entities: dict[str, Agreement]


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold quote and the predicted quote that matches it; `exact` where their tokens are the same."""

    gold: dict
    predicted: dict
    exact: bool


@dataclass(frozen=True, slots=True)
class Pairing:
    """One document on both sides; `predicted` is None where the prediction lacks it."""

    gold: dict
    predicted: dict | None
    pairs: tuple[Pair, ...]
    missed: tuple[dict, ...]
    spurious: tuple[dict, ...]


@dataclass(frozen=True, slots=True)
class Error:
    """A quote gone wrong: `kind` is missed, spurious or speaker; the speakers are what each side says."""

    kind: str
    type: str
    document: str
    content: str
    gold_speaker: str | None
    predicted_speaker: str | None


def score(gold: Iterable[dict], predicted: Iterable[dict], types: Iterable[str] | None = None) -> Score:
    """Compare documents; with `types`, only quotes of these types on either side."""
    pairings = list(pair(gold, predicted, types))
    pairs = [p for pairing in pairings for p in pairing.pairs]
    asked = [p for p in pairs if _asked(p)]
    missed = [quote for pairing in pairings for quote in pairing.missed]
    spurious = [quote for pairing in pairings for quote in pairing.spurious]

    def measures(kind: str | None = None) -> Measures:
        return _measures(
            [p for p in pairs if kind in (None, p.gold["type"])],
            sum(kind in (None, quote["type"]) for quote in spurious),
            sum(kind in (None, quote["type"]) for quote in missed),
        )

    return Score(
        documents=len(pairings),
        missing=sum(pairing.predicted is None for pairing in pairings),
        quotes=measures(),
        by_type={kind: measures(kind) for kind in TYPES},
        type=Accuracy.of(p.gold["type"] == p.predicted["type"] for p in pairs),
        cue=Accuracy.of(_overlap(p.gold["cue"], p.predicted.get("cue")) for p in asked if p.gold.get("cue")),
        role=Accuracy.of(_alike(p.gold["role"], p.predicted.get("role")) for p in asked if p.gold.get("role")),
        via=Accuracy.of(_words(p.gold["via"]) == _words(p.predicted.get("via")) for p in asked if p.gold.get("via")),
        false_via=sum(bool(p.predicted.get("via")) and not p.gold.get("via") for p in asked),
        parent=Accuracy.of(answer for pairing in pairings for answer in _parents(pairing)),
        entities=_entities(pairings),
    )


def errors(gold: Iterable[dict], predicted: Iterable[dict], types: Iterable[str] | None = None) -> Iterator[Error]:
    """Wrong speakers, missed and spurious quotes, document by document."""
    for pairing in pair(gold, predicted, types):
        wrong = [(p.gold, p.predicted) for p in pairing.pairs if _asked(p) and not speaker_right(p.gold, p.predicted)]
        listed = [("speaker", g, g, p) for g, p in wrong]
        listed += [("missed", quote, quote, {}) for quote in pairing.missed]
        listed += [("spurious", quote, {}, quote) for quote in pairing.spurious]
        name = pairing.gold.get("id") or pairing.gold.get("path") or ""
        for kind, quote, g, p in listed:
            content = " … ".join(pairing.gold["text"][start:end] for start, end in quote["content"])
            yield Error(kind, quote["type"], str(name), content, g.get("speaker"), p.get("speaker"))


def pair(gold: Iterable[dict], predicted: Iterable[dict], types: Iterable[str] | None = None) -> Iterator[Pairing]:
    """Pair documents by text and their quotes by content: the best overlap first, each quote once."""
    wanted = frozenset(types or ())
    by_text = {document["text"]: document for document in predicted}
    for document in gold:
        text = document["text"]
        answer = by_text.get(text)
        left = _tokenised(text, document["quotes"], wanted)
        right = _tokenised(text, answer["quotes"] if answer else [], wanted)
        matched = _match([tokens for _, tokens in left], [tokens for _, tokens in right])
        yield Pairing(
            document,
            answer,
            tuple(Pair(left[i][0], right[j][0], left[i][1] == right[j][1]) for i, j in matched.items()),
            tuple(quote for i, (quote, _) in enumerate(left) if i not in matched),
            tuple(quote for j, (quote, _) in enumerate(right) if j not in matched.values()),
        )


def speaker_right(gold: dict, predicted: dict) -> bool:
    """Is it the same speaker? A person by name or part of it, others by half their words; none only where gold has none."""
    said = frozenset(_words(predicted.get("speaker")))
    if not gold.get("speaker") or not said:
        return not gold.get("speaker") and not said
    names = [frozenset(_words(name)) for name in (gold["speaker"], *gold.get("aliases", ()))]
    if gold.get("speaker_kind") == "person" and gold["speaker"][0].isupper():
        return any(name and (name <= said or said <= name) for name in names)
    return any(len(name & said) >= 0.5 * len(name | said) for name in names if name | said)


def table(result: Score) -> str:
    """The figures as text for a terminal."""
    lines = [f"{'':24}{'F1':>7}{'precision':>11}{'recall':>8}{'right':>8}{'spurious':>10}{'missed':>8}"]
    groups = {"": result.quotes, **{f"  {kind}": measures for kind, measures in result.by_type.items()}}
    for label, field in (("who said what", "who_said_what"), ("detection", "detection"), ("exact content", "exact")):
        lines += [_row(prefix or label, getattr(measures, field)) for prefix, measures in groups.items()]
    if any(a.right + a.missed for a in result.entities.values()):
        lines += [_row("entities" if name == "all" else f"  {name}", a) for name, a in reversed(result.entities.items())]
    lines += ["", f"{'accuracy':24}{'':>7}{'right':>11}{'of':>8}"]
    others = ((name, getattr(result, name)) for name in ("type", "cue", "role", "via", "parent"))
    for name, accuracy in (("speaker", result.quotes.speaker), *others):
        value = "–" if accuracy.value is None else f"{accuracy.value:.3f}"
        lines.append(f"{name:24}{value:>7}{accuracy.right:>11,}{accuracy.asked:>8,}")
    lines += ["", f"{result.documents:,} documents, {result.missing:,} without a prediction; {result.false_via:,} false via"]
    return "\n".join(lines)


def _row(label: str, a: Agreement) -> str:
    return f"{label:24}{a.f1:7.3f}{a.precision:11.3f}{a.recall:8.3f}{a.right:8,}{a.spurious:10,}{a.missed:8,}"


def _measures(pairs: list[Pair], spurious: int, missed: int) -> Measures:
    speaker = Accuracy.of(speaker_right(p.gold, p.predicted) for p in pairs if _asked(p))
    wrong = speaker.asked - speaker.right
    exact = sum(p.exact for p in pairs)
    return Measures(
        who_said_what=Agreement(speaker.right, spurious + wrong, missed + wrong),
        detection=Agreement(len(pairs), spurious, missed),
        exact=Agreement(exact, len(pairs) + spurious - exact, len(pairs) + missed - exact),
        speaker=speaker,
    )


def _asked(p: Pair) -> bool:
    return not p.gold.get("speaker_unscored")


def _tokenised(text: str, quotes: list[dict], types: frozenset[str]) -> list[tuple[dict, frozenset[int]]]:
    found = ((quote, _content(text, quote)) for quote in quotes if not types or quote["type"] in types)
    return [(quote, tokens) for quote, tokens in found if tokens]


def _content(text: str, quote: dict) -> frozenset[int]:
    """Where the word tokens of a quote's content start."""
    words = [(start + m.start(), m[0].lower()) for start, end in quote["content"] for m in _WORD.finditer(text[start:end])]
    first = next((i for i, (_, word) in enumerate(words) if word not in COMPLEMENTISERS), len(words))
    return frozenset(position for position, _ in words[first:])


def _match(gold: list[frozenset[int]], predicted: list[frozenset[int]]) -> dict[int, int]:
    overlaps = []
    for i, left in enumerate(gold):
        for j, right in enumerate(predicted):
            iou = len(left & right) / len(left | right)
            if iou >= THRESHOLD:
                overlaps.append((iou, -abs(len(left) - len(right)), i, j))
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in sorted(overlaps, reverse=True):
        if i not in matched and j not in taken:
            matched[i] = j
            taken.add(j)
    return matched


def _parents(pairing: Pairing) -> Iterator[bool]:
    """Of each matched, nested gold quote: is its prediction nested in the quote that matches its parent?"""
    quotes = {quote.get("id", index): quote for index, quote in enumerate(pairing.gold["quotes"])}
    predicted = {id(p.gold): p.predicted for p in pairing.pairs}
    for p in pairing.pairs:
        if _asked(p) and p.gold.get("parent") is not None:
            parent = predicted.get(id(quotes.get(p.gold["parent"])))
            yield parent is not None and p.predicted.get("parent") == parent.get("id")


def _entities(pairings: list[Pairing]) -> dict[str, Agreement]:
    counts = {kind: [0, 0, 0] for kind in ENTITY_TYPES}
    for pairing in pairings:
        if pairing.gold.get("entities") is not None:
            gold = {_entity(e) for e in pairing.gold["entities"]}
            predicted = {_entity(e) for e in (pairing.predicted or {}).get("entities") or ()}
            for kind, count in counts.items():
                both = (gold & predicted, predicted - gold, gold - predicted)
                counts[kind] = [n + sum(e[2] == kind for e in found) for n, found in zip(count, both)]
    return {**{kind: Agreement(*count) for kind, count in counts.items()}, "all": Agreement(*map(sum, zip(*counts.values())))}


def _entity(entity: dict | list) -> tuple[int, int, str]:
    return (entity["start"], entity["end"], entity["type"]) if isinstance(entity, dict) else tuple(entity[:3])


def _words(name: str | None) -> list[str]:
    return _WORD.findall((name or "").lower())


def _alike(gold: str, predicted: str | None) -> bool:
    """Do two phrases share at least half of their words?"""
    left, right = set(_words(gold)), set(_words(predicted))
    return bool(left | right) and len(left & right) >= 0.5 * len(left | right)


def _overlap(gold: list[int], predicted: list[int] | None) -> bool:
    return bool(predicted) and gold[0] < predicted[1] and predicted[0] < gold[1]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
