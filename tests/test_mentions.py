"""What the article itself corrects in the tagger's names, and that each correction says so."""

import pytest

from annotator import entities, grammar, markup, mentions
from annotator.document import Mention, Span
from annotator.segment import sentences


def corrected(marked: str):
    """The names after correction of a text whose marks are the tagger's."""
    parsed = markup.parse(marked)
    found = tuple(Mention(mark.span, mark.label, 0.9, "ner") for mark in parsed.marks)
    return [(m.span.of(parsed.text), m.type, m.rule) for m in mentions.correct(parsed.text, sentences(parsed.text), found)]


@pytest.mark.parametrize(
    ("marked", "wanted"),
    [
        ("Kata [PER Rina Lestari], benar.", ("Rina Lestari", "PER", "ner")),
        ("Kata [PER Rina Lestari\nEditor: Dewi].", ("Rina Lestari", "PER", "ner.cut")),
        ("Dikutip dari [PER kabarbaru.com], benar.", ("kabarbaru.com", "ORG", "ner.domain")),
        ("Hal itu ditulis [PER Vedomosti], Senin.", ("Vedomosti", "ORG", "ner.medium")),
        ("Pria berinisial [PER AS] itu lari.", ("AS", "PER", "ner")),
        ("Warga [LOC Malang] senang. Wali Kota [PER Malang Sutarji] hadir.", ("Sutarji", "PER", "ner.office")),
        ("Kata Jaksa [PER Agung Sutarji], benar.", ("Sutarji", "PER", "ner.office")),
        ("Kapolda Irjen Paulus [PER Wanggai] hadir.", ("Paulus Wanggai", "PER", "ner.rank")),
        ("Kata Kombes Pol [ORG Golkar] Sutarji, benar.", ("Golkar Sutarji", "PER", "ner.rank")),
        ("Kata Iptu Hadi Kapolsek [LOC Tambun], benar.", ("Tambun", "LOC", "ner")),
        ("[PER Sari Melatimengaku] lelah. Kata [PER Sari Melati], benar.", ("Sari Melati", "PER", "ner.unglued")),
        ("PresenterDewi [PER Lasmana] hadir. Kata [PER Dewi Lasmana], benar.", ("Dewi Lasmana", "PER", "ner.full")),
        ("Baca: Kenang [PER Arif Ilyas Gus Mansur] hadir. Kata [PER Gus Mansur], benar.", ("Gus Mansur", "PER", "ner.unglued")),
        ("[PER Kicky Anggara] hadir. “Murah,” tutup [LOC Kicky].", ("Kicky", "PER", "ner.speaks")),
        ("[ORG Coach IS], karibnya disapa, hadir.", ("Coach IS", "PER", "ner.speaks")),
        ("[ORG Badan Sagu], [ORG Rempah], dan [ORG Pala] ([ORG BSRP]) hadir.", ("Badan Sagu, Rempah, dan Pala", "ORG", "ner.joined")),
        ("Seorang pria berinisial BK ditahan. Polisi menangkap BK kemarin.", ("BK", "PER", "ner.initials")),
    ],
)
def test_a_name_is_corrected_by_a_named_rule(marked, wanted):
    assert wanted in corrected(marked)


def test_offices_are_no_people():
    assert corrected("Kata [PER Kapolres], benar.") == []


def test_a_degree_is_nobody():
    assert [words for words, _, _ in corrected("Kata [PER Rina Lestari], [PER M.Sc], benar.")] == ["Rina Lestari"]
    assert [words for words, _, _ in corrected("Kata [PER Rina Lestari], S.I.K., [PER M.Si.], benar.")] == ["Rina Lestari"]


def test_a_name_of_several_words_is_found_again():
    names = corrected("Kata [PER Rina Lestari] pada Senin. Lalu Rina Lestari pulang.")
    assert [(words, kind) for words, kind, _ in names] == [("Rina Lestari", "PER")] * 2 and names[1][2] != "ner"


def test_a_name_without_letters_is_a_name_of_its_own():
    text = "“&” dan Kementerian Kesehatan hadir."
    mentions = (Mention(Span(1, 2), "ORG", 1.0, "ner"), Mention(Span(8, 29), "ORG", 1.0, "ner"))
    assert [e.name for e in entities.find(text, grammar.mask(text, mentions), mentions)] == [m.span for m in mentions]
