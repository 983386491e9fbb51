import pytest

from annotator import score
from annotator.score import Agreement

TEXT = "“Harga beras naik lagi,” kata Budi Santoso. Menurut Reuters, stok beras aman sampai akhir tahun. Ani menduga bahwa panen gagal."


def span(words, text=TEXT):
    start = text.index(words)
    return [start, start + len(words)]


def quote(content, type="direct", speaker="Budi Santoso", **more):
    return {"type": type, "content": [span(content)], "speaker": speaker, "speaker_kind": "person", "cue": None, "parent": None, **more}


BUDI = quote("Harga beras naik lagi", cue=span("kata"), role="Menteri Pangan", aliases=["Pak Menteri"])
STOCK = quote("stok beras aman sampai akhir tahun", "indirect", "Reuters", speaker_kind="organisation", via="Reuters")
ANI = quote("panen gagal", "indirect", "Ani")


def compare(gold, predicted, types=None, **more):
    return score.score([{"text": TEXT, "quotes": gold, **more}], [{"text": TEXT, "quotes": predicted, "entities": []}], types)


def test_gold_against_itself_is_perfect():
    result = compare([BUDI, STOCK, ANI], [BUDI, STOCK, ANI])
    assert result.quotes.who_said_what == result.quotes.detection == result.quotes.exact == Agreement(3, 0, 0)
    assert {a.value for a in (result.quotes.speaker, result.type, result.cue, result.role, result.via)} == {1.0}
    assert result.parent.value is None and result.false_via == 0


def test_nothing_against_gold_and_gold_against_nothing():
    assert compare([BUDI, ANI], []).quotes.detection == Agreement(0, 0, 2)
    assert compare([], [BUDI]).quotes.detection == Agreement(0, 1, 0)
    assert compare([], []).quotes.detection.f1 == 0.0


def test_a_wrong_speaker_counts_against_precision_and_recall():
    result = compare([BUDI, ANI], [BUDI, {**ANI, "speaker": "Budi Santoso"}])
    assert result.quotes.detection == Agreement(2, 0, 0)
    assert result.quotes.who_said_what == Agreement(1, 1, 1) and result.quotes.who_said_what.f1 == 0.5


def test_half_of_the_words_is_a_match_and_less_is_none():
    assert compare([BUDI], [quote("Harga beras")]).quotes.detection == Agreement(1, 0, 0)
    assert compare([BUDI], [quote("Harga beras")]).quotes.exact == Agreement(0, 1, 1)
    assert compare([BUDI], [quote("Harga")]).quotes.detection == Agreement(0, 1, 1)


def test_punctuation_and_a_leading_complementiser_do_not_count():
    assert compare([ANI], [quote("bahwa panen gagal.", "indirect", "Ani")]).quotes.exact == Agreement(1, 0, 0)
    assert compare([ANI], [quote("menduga bahwa panen gagal", "indirect", "Ani")]).quotes.exact == Agreement(0, 1, 1)


def test_a_quote_is_matched_once_and_by_the_best():
    worse = quote("Harga beras naik", speaker="Ani")
    result = compare([BUDI], [worse, BUDI])
    assert result.quotes.detection == Agreement(1, 1, 0) and result.quotes.speaker.right == 1


@pytest.mark.parametrize(
    "gold, predicted, right",
    [
        ({"speaker": "Budi Santoso", "speaker_kind": "person"}, "budi santoso", True),
        ({"speaker": "Budi Santoso", "speaker_kind": "person"}, "Santoso", True),
        ({"speaker": "Budi", "speaker_kind": "person"}, "Menteri Budi Santoso", True),
        ({"speaker": "Budi Santoso", "speaker_kind": "person"}, "Budi Wijaya", False),
        ({"speaker": "Budi Santoso", "speaker_kind": "person", "aliases": ["Busan"]}, "Busan", True),
        ({"speaker": "Badan Pangan Nasional", "speaker_kind": "organisation"}, "Pangan Nasional", True),
        ({"speaker": "Badan Pangan Nasional", "speaker_kind": "organisation"}, "Badan", False),
        ({"speaker": "seorang pedagang beras", "speaker_kind": "person"}, "pedagang beras", True),
        ({"speaker": "seorang pedagang beras", "speaker_kind": "person"}, "seorang", False),
        ({"speaker": None, "speaker_kind": None}, None, True),
        ({"speaker": None, "speaker_kind": None}, "Budi", False),
        ({"speaker": "Budi", "speaker_kind": "person"}, None, False),
        ({"speaker": "Budi", "speaker_kind": "person"}, "", False),
    ],
)
def test_who_is_the_same_speaker(gold, predicted, right):
    assert score.speaker_right(gold, {"speaker": predicted}) is right


def test_a_speaker_gold_does_not_tell_is_not_asked():
    result = compare([{**BUDI, "speaker_unscored": True}, ANI], [{**BUDI, "speaker": "Ani", "via": "AFP"}, ANI])
    assert (result.quotes.speaker.right, result.quotes.speaker.asked) == (1, 1)
    assert result.quotes.who_said_what == Agreement(1, 0, 0) and result.cue.asked == 0 and result.false_via == 0


def test_cue_role_and_via():
    predicted = [{**BUDI, "cue": span("kata Budi"), "role": "Menteri", "via": "AFP"}, {**STOCK, "via": "reuters"}]
    result = compare([BUDI, STOCK], predicted)
    assert (result.cue.value, result.role.value, result.via.value, result.false_via) == (1.0, 1.0, 1.0, 1)
    result = compare([BUDI, STOCK], [{**BUDI, "cue": span("Menurut"), "role": "Direktur Pangan Beras"}, {**STOCK, "via": None}])
    assert (result.cue.value, result.role.value, result.via.value) == (0.0, 0.0, 0.0)


def test_a_nested_quote_is_right_inside_the_match_of_its_parent():
    inner = quote("beras naik", parent=0)
    outer = {**BUDI, "id": 7}
    assert compare([BUDI, inner], [outer, {**inner, "id": 8, "parent": 7}]).parent.value == 1.0
    assert compare([BUDI, inner], [outer, {**inner, "id": 8, "parent": None}]).parent.value == 0.0
    by_id = [{**BUDI, "id": 3}, {**inner, "id": 4, "parent": 3}]
    assert compare(by_id, [outer, {**inner, "id": 8, "parent": 7}]).parent.value == 1.0


def test_types_are_counted_apart_and_can_be_chosen():
    result = compare([BUDI, STOCK, ANI], [BUDI, {**STOCK, "type": "mixed"}])
    assert result.by_type["direct"].detection == Agreement(1, 0, 0)
    assert result.by_type["indirect"].detection == Agreement(1, 0, 1)
    assert (result.type.right, result.type.asked) == (1, 2)
    assert compare([BUDI, STOCK, ANI], [BUDI, {**STOCK, "type": "mixed"}], {"direct"}).quotes.detection == Agreement(1, 0, 0)


def test_a_document_that_was_not_predicted_is_all_missed():
    result = score.score([{"text": TEXT, "quotes": [BUDI]}], [{"text": TEXT + " ", "quotes": [BUDI]}])
    assert result.missing == 1 and result.quotes.detection == Agreement(0, 0, 1)


def test_entities_by_span_and_type():
    gold = {"text": TEXT, "quotes": [], "entities": [[*span("Budi Santoso"), "PER"], [*span("Reuters"), "ORG"]]}
    predicted = {
        "text": TEXT,
        "quotes": [],
        "entities": [
            {"start": span("Budi Santoso")[0], "end": span("Budi Santoso")[1], "type": "PER"},
            {"start": span("Reuters")[0], "end": span("Reuters")[1], "type": "LOC"},
            {"start": span("Ani")[0], "end": span("Ani")[1], "type": "MISC"},
        ],
    }
    result = score.score([gold, {"text": "x", "quotes": [], "entities": None}], [predicted])
    assert result.entities == {"PER": Agreement(1, 0, 0), "ORG": Agreement(0, 0, 1), "LOC": Agreement(0, 1, 0), "all": Agreement(1, 1, 1)}


def test_errors_are_listed_with_both_speakers():
    gold, predicted = [BUDI, ANI], [{**BUDI, "speaker": "Ani"}, STOCK]
    found = list(score.errors([{"id": "a", "text": TEXT, "quotes": gold}], [{"text": TEXT, "quotes": predicted}]))
    assert [(e.kind, e.type, e.content, e.gold_speaker, e.predicted_speaker) for e in found] == [
        ("speaker", "direct", "Harga beras naik lagi", "Budi Santoso", "Ani"),
        ("missed", "indirect", "panen gagal", "Ani", None),
        ("spurious", "indirect", "stok beras aman sampai akhir tahun", None, "Reuters"),
    ]


def test_the_table_prints_every_figure():
    text = score.table(compare([BUDI, STOCK, ANI], [BUDI, {**STOCK, "speaker": "Budi Santoso"}], entities=[[0, 1, "PER"]]))
    rows = {line[:24].strip(): line.split() for line in text.splitlines()}
    assert rows["who said what"][-6:] == ["0.400", "0.500", "0.333", "1", "1", "2"]
    assert rows["speaker"][1:] == ["0.500", "1", "2"]
    assert {"detection", "exact content", "direct", "entities", "cue", "role", "via", "parent"} <= rows.keys()
