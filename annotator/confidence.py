"""How sure an attribution is: how often its rules were right on annotated articles.

The counts in data/confidence.json come from bench/calibrate.py. Two steps have to be right, finding and naming, so their
rates are multiplied, each drawn towards PRIOR by WEIGHT imagined cases (additive smoothing) since rare rules were seen few times.
"""

from __future__ import annotations

import functools
import json
from importlib.resources import files

PRIOR = {"quote": 0.6, "speaker": 0.6}
WEIGHT = 3


@functools.cache
def _counts() -> dict[str, dict[str, list[int]]]:
    return json.loads(files("annotator").joinpath("data/confidence.json").read_text(encoding="utf-8"))


@functools.cache
def _rate(step: str, rule: str) -> float:
    right, seen = _counts()[step].get(rule, (0, 0))
    return (right + WEIGHT * PRIOR[step]) / (seen + WEIGHT)


def of_speaker(rule: str) -> float:
    """From 0 to 1, rounded to two digits, for the rule that named a speaker alone."""
    return round(_rate("speaker", rule), 2)


@functools.cache
def of(quote_rule: str, speaker_rule: str) -> float:
    """From 0 to 1, rounded to two digits, for the rule that found a quote and the rule that named its speaker."""
    return round(_rate("quote", quote_rule) * _rate("speaker", speaker_rule), 2)
