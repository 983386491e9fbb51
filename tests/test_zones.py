import time
from itertools import pairwise

import pytest

from annotator import articles, markup, rules, zones
from annotator.document import Document

RULES = rules.load("zones")
EXAMPLES = [pytest.param(rule, text, id=f"{rule.id}-{i}") for rule in RULES for i, text in enumerate(rule.yes)]
COUNTEREXAMPLES = [pytest.param(rule, text, id=f"{rule.id}-{i}") for rule in RULES for i, text in enumerate(rule.no)]


def find(text):
    return zones.find(articles.document("a.txt", text))


def words(text, kind=None):
    return [zone.span.of(text) for zone in find(text) if kind in (None, zone.kind)]


@pytest.mark.parametrize("rule, marked", EXAMPLES)
def test_a_rule_finds_its_yes(rule, marked):
    example = markup.parse(marked)
    found = tuple(zone.span for zone in find(example.text) if zone.rule == rule.id)
    assert found == example.spans(rule.id.partition(".")[0]) != ()


@pytest.mark.parametrize("rule, text", COUNTEREXAMPLES)
def test_a_rule_finds_nothing_in_its_no(rule, text):
    assert [zone for zone in find(text) if zone.rule == rule.id] == []


def test_every_rule_has_a_kind_a_place_and_both_kinds_of_example():
    for rule in RULES:
        assert rule.id.partition(".")[0] in zones.KINDS and rule.yes and rule.no, rule.id
        assert len(rule.options & {"line", "inside", "headline", "photographer", "end"}) == 1, rule.id


ARTICLE = """---
title: Harga Beras Naik
---
Harga Beras Naik Lagi di Pasar
Oleh: Ani Wijaya
Selasa, 3 Maret 2020 14:25 WIB

Pedagang menimbang beras di pasar, Senin (2/3/2020).

Jakarta (ANTARA) - Harga beras naik, kata Budi Santoso. (Baca: Stok Beras Menipis)

ADVERTISEMENT

“Naik lagi,” ujarnya.

Baca juga: Harga Gula Ikut Naik

Ia meminta warga bersabar.

Halaman 1 2 Selanjutnya
Editor: Citra Lestari
"""


def test_an_article_from_top_to_bottom():
    assert [(zone.kind, zone.span.of(ARTICLE)) for zone in find(ARTICLE)] == [
        ("front_matter", "---\ntitle: Harga Beras Naik\n---\n"),
        ("title", "Harga Beras Naik Lagi di Pasar"),
        ("byline", "Oleh: Ani Wijaya"),
        ("date", "Selasa, 3 Maret 2020 14:25 WIB"),
        ("caption", "Pedagang menimbang beras di pasar, Senin (2/3/2020)."),
        ("dateline", "Jakarta (ANTARA) - "),
        ("related", "(Baca: Stok Beras Menipis)"),
        ("advertisement", "ADVERTISEMENT"),
        ("related", "Baca juga: Harga Gula Ikut Naik"),
        ("navigation", "Halaman 1 2 Selanjutnya"),
        ("credit", "Editor: Citra Lestari"),
    ]
    assert {zone.kind for zone in find(ARTICLE)} == set(zones.KINDS)


def test_zones_are_the_same_where_lines_end_with_a_carriage_return():
    crlf = ARTICLE.replace("\n", "\r\n")
    assert [(z.kind, z.rule) for z in find(crlf)] == [(z.kind, z.rule) for z in find(ARTICLE)]


def test_headlines_glued_to_the_prose_end_where_it_starts():
    text = "Ia pulang. Baca Juga:Harga Gula Ikut Naik LagiStok Beras di Gudang Bulog MenipisBudi mengatakan harga akan turun."
    assert words(text) == ["Baca Juga:Harga Gula Ikut Naik LagiStok Beras di Gudang Bulog Menipis"]


@pytest.mark.parametrize(
    "text",
    [
        "Baca juga: Harga Gula Naik Budi Santoso mengatakan harga beras akan turun minggu depan, “Pasti turun,” ujarnya.",
        "“Baca juga: Alkitab dan Al-Quran tidak saya larang,” kata Budi sambil tertawa kepada para wartawan.",
    ],
)
def test_a_headline_without_an_end_gives_only_its_mark(text):
    assert words(text) == ["Baca juga:"]


@pytest.mark.parametrize(
    "text",
    [
        "“Kita simak saja video itu,” kata Budi.",
        "Sumber itu mengatakan harga beras akan turun.",
        "Foto itu, kata Budi, diambil pada Senin (2/3/2020).",
        "Budi menyebut “tag” dan “home” dalam pidatonya.",
        "Artikel ini, kata Budi, telah tayang di mana-mana.",
        "Editor majalah itu, Ani Wijaya, mengatakan ia tak tahu.",
        "Ia menunjuk Badan Pangan Nasional (BPN)",
        "“Iklan rokok kami larang,” ujar Budi (45).",
    ],
)
def test_prose_is_no_zone(text):
    assert words(text) == []


@pytest.mark.parametrize(
    "piece", ["Baca juga: ", "Simak Video \"", "(Foto: ", "Aa ", "Artikel ini telah tayang di ", "Editor: ", "\n", "[", "A.", "Jakarta, "]
)
def test_time_grows_with_length_and_no_faster(piece):
    def seconds(size):
        document = Document("a.txt", (piece * size)[: size * 4])
        started = time.process_time()
        zones.find(document)
        return time.process_time() - started

    seconds(1_000)
    assert seconds(40_000) < 20 * seconds(8_000) + 0.5


def test_zones_are_sorted_and_do_not_overlap():
    text = ARTICLE + ARTICLE[20:] * 3
    found = find(text)
    assert len(found) > 20 and all(a.span.stop <= b.span.start for a, b in pairwise(found))
