"""A rule proves itself: it finds exactly its `yes`, and nothing in its `no`."""

import pytest

from annotator import markup, rules
from marked import annotate, differences

RULES = [pytest.param(rule, id=rule.id) for name in ("direct", "indirect", "via") for rule in rules.load(name)]


@pytest.mark.parametrize("rule", RULES)
def test_yes(rule):
    assert rule.yes
    for example in rule.yes:
        marked = markup.parse(example)
        assert differences(marked) == []
        if not rule.id.startswith("via"):
            assert rule.id in {a.quote.rule for a in annotate(marked)}


@pytest.mark.parametrize("rule", RULES)
def test_no(rule):
    assert rule.no
    for example in rule.no:
        found = annotate(markup.parse(example))
        assert not [a for a in found if a.quote.rule == rule.id]
        if rule.id.startswith("via"):
            assert [a.quote.via for a in found] == [None]


GOOD = {"id": "x", "says": "X.", "pattern": "{cue}", "cues": ["cue_say"], "options": ["clause"], "yes": ["a"], "no": ["b"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"options": ["klause"]}, "no option “klause”"),
        ({"cues": ["cue_sya"]}, "no word list cue_sya.txt"),
        ({"pattern": "{agnet}"}, "no macro {agnet}"),
        ({"pattern": "{words:cue_sya}"}, "no word list cue_sya.txt"),
        ({"pattern": "(a"}, "missing )"),
    ],
)
def test_a_rule_that_cannot_be_used_is_named_with_its_file(monkeypatch, change, said):
    monkeypatch.setattr(rules.tomllib, "loads", lambda text: {"rule": [GOOD, GOOD | {"id": "y"} | change]})
    with pytest.raises(rules.RuleError, match=r"data/rules/indirect.toml, rule y: ") as error:
        rules.load.__wrapped__("indirect")
    assert said in str(error.value)


def test_an_id_is_used_once(monkeypatch):
    monkeypatch.setattr(rules.tomllib, "loads", lambda text: {"rule": [GOOD, GOOD]})
    with pytest.raises(rules.RuleError, match="this id already"):
        rules.load.__wrapped__("indirect")
