import os

import pytest

from annotator import articles
from annotator.articles import ArticleError
from annotator.document import Span

BODY = "Jakarta (ANTARA) - Harga beras naik, kata Budi Santoso.\r\n\r\n“Naik lagi,” ujarnya.\r\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


# ---- read ----


def test_text_is_kept_character_for_character(write):
    assert articles.read(write(BODY)).text == BODY


def test_a_byte_order_mark_is_no_part_of_the_text(write):
    assert articles.read(write(b"\xef\xbb\xbf" + BODY.encode())).text == BODY


def test_text_of_an_older_encoding_is_decoded(write):
    text = "“Belum ada keputusan – kami menunggu,” kata Menteri Budi Santoso kepada wartawan di Jakarta, Selasa. " * 3
    assert articles.read(write(text.encode("cp1252"))).text == text


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "has no text"),
        (b" \n\t\n", "has no text"),
        (b"abc\0def", "byte 3 is NUL; only text files"),
        ("Harga naik.".encode("utf-16"), "convert it to UTF-8"),
        (bytes(range(1, 256)) * 40, "is not UTF-8 text"),
        (b"---\ntitle: a\n---\n \n", "no text below its front matter"),
    ],
)
def test_what_is_no_text_is_refused_with_a_reason(write, content, reason):
    with pytest.raises(ArticleError, match="a.txt.*" + reason):
        articles.read(write(content))


def test_a_missing_file_a_directory_and_a_huge_file_are_refused_with_a_reason(tmp_path, write, monkeypatch):
    with pytest.raises(ArticleError, match="does not exist"):
        articles.read(tmp_path / "tiada.txt")
    with pytest.raises(ArticleError, match="is a directory"):
        articles.read(tmp_path)
    os.mkfifo(tmp_path / "pipa.txt")
    with pytest.raises(ArticleError, match="no ordinary file"):
        articles.read(tmp_path / "pipa.txt")
    monkeypatch.setattr(articles, "MAX_BYTES", 10)
    with pytest.raises(ArticleError, match="larger than"):
        articles.read(write(BODY))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused_with_a_reason(write):
    path = write(BODY)
    path.chmod(0)
    with pytest.raises(ArticleError, match="may not be read"):
        articles.read(path)


def test_a_file_name_that_is_no_unicode_can_be_shown(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.txt"
    with open(path, "wb") as file:
        file.write(BODY.encode())
    assert articles.read(os.fsdecode(path)).path.endswith("\N{REPLACEMENT CHARACTER}.txt")


# ---- front matter ----


def document(front, body=BODY):
    return articles.document("a.txt", f"---\n{front}\n---\n{body}")


def test_front_matter_is_read_and_stays_in_the_text():
    known = 'outlet: contoh.id\ntitle: "Harga: naik"\nurl: https://contoh.id/1\npublished: 2024-06-18T10:00\nauthor: Ani\n'
    d = document(known + "tags: [beras, {a: b}]")
    assert (d.outlet, d.title, d.url, d.published, d.author) == ("contoh.id", "Harga: naik", "https://contoh.id/1", "2024-06-18", "Ani")
    assert d.text.startswith("---\noutlet") and articles.front_matter(d.text) == Span(0, len(d.text) - len(BODY))


@pytest.mark.parametrize("value", ["18 Juni 2024", "Selasa, 18 Jun 2024 10:00 WIB", "18/06/2024", '"2024-06-18"'])
def test_front_matter_takes_a_date_as_indonesian_papers_write_it(value):
    assert document(f"published: {value}").published == "2024-06-18"


@pytest.mark.parametrize(
    "front, line, reason",
    [
        ("title: [a, b]", 2, "name: text"),
        ("outlet: x\nauthor:\n  nama: Ani", 4, "name: text"),
        ("outlet: x\npublished: besok", 3, "is no date"),
        ("outlet: x\npublished: 2024-02-31", 3, "is no date"),
        ('outlet: x\ntitle: "a" b', 3, "in quotes"),
        ("title: &a x\nauthor: *a", 2, "may not use & or"),
        ("a: &a [x, x]\nb: [*a, *a]", 2, "may not use & or"),
        ("tags: " + "[" * 5000, 2, "name: text"),
    ],
)
def test_malformed_front_matter_is_an_error_that_tells_the_line(front, line, reason):
    with pytest.raises(ArticleError, match=f"a.txt, line {line}: .*{reason}"):
        document(front)


def test_front_matter_that_is_never_closed_is_text():
    text = "---\ntitle: Jembatan\n\nJembatan itu dibuka kembali kemarin pagi."
    assert articles.front_matter(text) is None
    assert articles.document("a.txt", text).text == text


def test_a_rule_above_the_text_is_no_front_matter():
    assert articles.front_matter("---\n\nHarga beras naik.") is None


def test_the_outlet_is_that_of_the_address():
    assert document("url: https://news.detik.com/berita/d-1").outlet == "detik.com"
    assert document("url: http://www.kontan.co.id/1").outlet == "kontan.co.id"
    assert document("url: http://[x").outlet == "antaranews.com"


# ---- the head ----


@pytest.mark.parametrize(
    "dateline, outlet",
    [
        ("JAKARTA, KOMPAS.com – ", "kompas.com"),
        ("TEMPO.CO, Jakarta - ", "tempo.co"),
        ("GELORA.CO - ", "gelora.co"),
        ("Liputan6.com, Jakarta ", "liputan6.com"),
        ("Suara.com-", "suara.com"),
        ("Moskow (ANTARA) - ", "antaranews.com"),
        ("Mataram, NTB (ANTARA News) - ", "antaranews.com"),
        ("KONTAN.CO.ID - JAKARTA. ", "kontan.co.id"),
        ("KONTAN.CO.ID - ", "kontan.co.id"),
        ("TRIBUNNEWS.CO. JAKARTA - ", "tribunnews.com"),
        ("Jakarta, CNN Indonesia -- ", "cnnindonesia.com"),
        ("Bisnis.com, JAKARTA—", "bisnis.com"),
        ("Washington, D.C., VOA Indonesia — ", "voaindonesia.com"),
        ("LABUAN BAJO - ", None),
        ("Jakarta - ", None),
    ],
)
def test_a_dateline_tells_the_outlet(dateline, outlet):
    text = dateline + "Presiden berangkat ke Moskow, kata juru bicaranya."
    head = articles.head(text)
    assert (head.dateline.of(text), head.outlet) == (dateline, outlet)


@pytest.mark.parametrize(
    "text",
    [
        "Indonesia-Malaysia sepakat menurunkan bea, kata Budi.",
        "Senin (3/3/2020) presiden berangkat, kata Budi.",
        "Menurut Kompas.com, harga beras naik.",
        "Presiden berangkat.\n" * 9 + "JAKARTA, KOMPAS.com - Presiden pulang.",
    ],
)
def test_what_only_looks_like_a_dateline(text):
    assert articles.head(text).dateline is None


@pytest.mark.parametrize(
    "line, published",
    [
        ("Selasa, 3 Maret 2020 14:25 WIB", "2020-03-03"),
        ("Kompas.com - 19/06/2024, 10:15 WIB", "2024-06-19"),
        ("01 Mei 2020 - 19:31 WIB", "2020-05-01"),
        ("Rabu, 12 Pebruari 2001", "2001-02-12"),
        ("Diterbitkan: 17 Agt 2021 pukul 08.00 WITA", "2021-08-17"),
        ("Selasa, 23 Februari 2016 15:06 WIB | 998 Views", "2016-02-23"),
        ("31/02/2020", None),
    ],
)
def test_a_date_line_tells_the_day_of_publication(line, published):
    text = f"Harga Beras Naik Lagi di Pasar\n{line}\n\nHarga beras naik, kata Budi."
    head = articles.head(text)
    assert (head.date.of(text), head.published) == (line, published)


def test_a_date_within_the_prose_is_not_the_day_of_publication():
    assert articles.head("Harga beras naik sejak 3 Maret 2020, kata Budi.\n\nIa menyebut 4 Maret 2020.").published is None


def test_a_first_line_above_the_text_is_the_title():
    text = "Harga Beras Naik Lagi di Pasar\n\n" + BODY
    assert articles.document("a", text).title == "Harga Beras Naik Lagi di Pasar"


@pytest.mark.parametrize(
    "first",
    [
        "Harga beras naik lagi di pasar.",
        "“Apa benar harga beras naik lagi di pasar?”",
        "“Naik lagi di pasar,” kata Budi",
        "Harga beras naik. Apa sebabnya?",
        "Harga beras",
        "Ilustrasi beras di pasar pagi",
        "Baca juga: Harga Beras Naik Lagi",
        "harga beras naik lagi di pasar",
    ],
)
def test_what_is_no_title(first):
    assert articles.head(first + "\n\nHarga beras naik lagi di pasar sejak Senin, kata Budi.").title is None


def test_text_wrapped_at_a_column_has_no_title():
    text = "Harga beras di Pasar Induk Cipinang naik lagi sejak Senin pagi dan kepala\n"
    text += "Badan Pangan Nasional Budi Santoso mengatakan kenaikan itu sudah ia\nduga."
    assert articles.head(text).title is None


def test_the_picture_caption_stands_between_title_and_dateline():
    text = "Harga Beras Naik Lagi di Pasar\n\nPedagang menimbang beras, Senin (3/3/2020).\n\nJAKARTA, KOMPAS.com - Harga naik."
    head = articles.head(text)
    assert [span.of(text) for span in head.captions] == ["Pedagang menimbang beras, Senin (3/3/2020)."]


def test_a_byline_glued_to_the_dateline():
    text = "Laporan Wartawan Contoh.com, Ani Wijaya TRIBUNNEWS.COM, JAKARTA - Harga beras naik."
    head = articles.head(text)
    assert head.byline.of(text).strip() == "Laporan Wartawan Contoh.com, Ani Wijaya"
    assert head.dateline.of(text) == "TRIBUNNEWS.COM, JAKARTA - "


@pytest.mark.parametrize(
    "byline, author",
    [
        ("Oleh: Ani Wijaya", "Ani Wijaya"),
        ("Penulis : Ani Wijaya", "Ani Wijaya"),
        ("Laporan Wartawan Contoh.com, Ani Wijaya", "Ani Wijaya"),
        ("Tim Ekonomi - detikFinance", None),
    ],
)
def test_a_byline_tells_the_author(byline, author):
    d = articles.document("a", f"Harga Beras Naik Lagi di Pasar\n{byline}\n\nHarga beras naik, kata Budi.")
    assert (d.author, articles.head(d.text).byline.of(d.text)) == (author, byline)


@pytest.mark.parametrize(
    "dateline, outlet",
    [
        ("HANOI, Warta Delta – ", "Warta Delta"),
        ("Radio Suara Pesisir, Tanjung Bira – ", "Radio Suara Pesisir"),
        ("Moskow (Khatulistiwa) – ", "Khatulistiwa"),
    ],
)
def test_an_outlet_no_list_knows_goes_by_its_name(dateline, outlet):
    head = articles.head(dateline + "Presiden berangkat.")
    assert (head.outlet, head.dateline) == (outlet, Span(0, len(dateline)))


def test_the_name_in_a_date_line_is_an_outlet_only_where_it_cannot_be_a_person():
    line = "{} - Rabu, 19 Juni 2024, 14.05 WITA\n\nHarga beras naik, kata Budi."
    assert articles.head(line.format("Warta Kota Pagi")).outlet == "Warta Kota Pagi"
    assert articles.head(line.format("Ani Wijaya")).outlet is None
