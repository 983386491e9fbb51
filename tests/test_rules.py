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
