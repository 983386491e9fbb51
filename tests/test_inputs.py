import csv
import gzip
import io
import itertools
import json
import pickle
import random
import tracemalloc
from datetime import date, datetime
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from annotator import articles, columns, inputs, pages
from annotator.articles import ArticleError
from annotator.formats import jsonl
from annotator.inputs import Entry, LeftOut, Page

TEXT = "Harga beras naik, kata Budi Santoso.\n\n“Naik lagi,” ujarnya.\n"
ARTICLE = {"judul": "Harga Beras Naik Lagi", "Isi": TEXT, "media": "Warta Contoh", "tanggal": "2024-06-18", "penulis": "Ani Wijaya", "nomor": "7"}


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


def lines(*records):
    return "".join((record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)) + "\n" for record in records)


def rows(*records, delimiter=",", names=None):
    made = io.StringIO()
    writer = csv.writer(made, delimiter=delimiter)
    writer.writerows([names or list(records[0]), *(list(record.values()) if isinstance(record, dict) else record for record in records)])
    return made.getvalue()


def parquet(path, table, **options):
    pyarrow.parquet.write_table(pyarrow.table(table), path, **options)
    return path


def faults(path):
    return {entry.number: entry.fault for entry in inputs.entries(path) if entry.fault}


def texts(path):
    return {entry.number: entry.fields["text"] for entry in inputs.entries(path) if entry.fields}


# ---- files ----


def test_walk_is_sorted_recursive_and_skips_hidden_files(write, tmp_path):
    for name in ("b.txt", "a/2.TXT", "a/1.txt", ".hidden.txt", ".git/x.txt", "c.md"):
        write("x", name)
    assert [p.relative_to(tmp_path).as_posix() for p in inputs.walk([tmp_path])] == ["a/1.txt", "a/2.TXT", "b.txt"]


def test_walk_yields_whatever_was_named(write, tmp_path):
    named = [write("x", ".catatan"), tmp_path / "tiada.txt"]
    assert list(inputs.walk(named)) == named


def test_walk_does_not_follow_a_linked_directory_into_a_circle(write, tmp_path):
    path = write("x", "a/1.txt")
    (tmp_path / "a" / "lagi").symlink_to(tmp_path, target_is_directory=True)
    assert list(inputs.walk([tmp_path])) == [path]


def test_walk_starts_before_it_has_seen_everything(write, tmp_path):
    path = write("x")
    def named():
        yield path
        pytest.fail("the second path was asked for")

    assert next(inputs.walk(named())) == path


def test_a_large_directory_is_walked_as_it_is_listed(write, tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "MANY", 3)
    written = [write("x", f"{number}.txt") for number in range(7)]
    found = list(inputs.walk([tmp_path]))
    assert sorted(found) == written and found[:2] == sorted(found[:2])


def test_deep_directories_are_walked(tmp_path):
    deep = Path(tmp_path, *["d"] * 900)
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("x")
    assert list(inputs.walk([tmp_path])) == [deep / "a.txt"]


def test_walk_yields_archives_by_their_suffix(write, tmp_path):
    found = ("a.jsonl", "b.NDJSON.gz", "c.csv", "d.tsv.gz", "e.Parquet", "f.warc.gz", "g.txt", "h.warc")
    for name in (*found, "i.json", "j.gz", "k.parquet.gz", ".l.csv", "m.csv.zip"):
        write("x", name)
    assert [path.name for path in inputs.walk([tmp_path])] == list(found)
    assert [inputs.is_archive(tmp_path / name) for name in found] == [name != "g.txt" for name in found]


def test_a_file_that_changed_just_now_has_no_stamp(write, monkeypatch):
    path = write("x")
    monkeypatch.setattr(inputs, "SETTLED", -1)
    assert inputs.stamp(path) is not None
    monkeypatch.setattr(inputs, "SETTLED", 3_600_000_000_000)
    assert inputs.stamp(path) is None
    assert inputs.stamp(path.with_name("no.txt")) is None


# ---- every format ----


@pytest.mark.parametrize("name", ["a.jsonl", "a.JSONL", "a.ndjson.gz", "a.csv", "a.csv.gz", "a.tsv", "a.tsv.gz", "a.parquet"])
def test_articles_of_every_format(write, tmp_path, name):
    records = [ARTICLE, ARTICLE | {"Isi": "Jalan ditutup; warga “kecewa”,\tkata Sari."}]
    if name.endswith(".parquet"):
        path = parquet(tmp_path / name, {column: [record[column] for record in records] for column in ARTICLE})
    else:
        path = write(lines(*records) if "json" in name.lower() else rows(*records, delimiter="\t" if "tsv" in name else ","), name)
    found = list(inputs.entries(path))
    assert [(entry.number, entry.fields["text"], entry.fault, entry.page) for entry in found] == [(1, TEXT, None, None), (2, records[1]["Isi"], None, None)]
    assert 0.8 * path.stat().st_size < sum(entry.size for entry in found) <= path.stat().st_size
    d = inputs.document("a#1", pickle.loads(pickle.dumps(found[0])))
    assert (d.path, d.text, d.title, d.outlet) == ("a#1", TEXT, "Harga Beras Naik Lagi", "Warta Contoh")
    assert (d.published, d.author, d.url) == ("2024-06-18", "Ani Wijaya", None)


def test_numbers_are_those_people_count(write):
    assert texts(write(lines({"text": "a"}, "", "  ", {"text": "b"}), "a.jsonl")) == {1: "a", 4: "b"}
    assert texts(write("text,judul\r\n\"a\r\nb\",x\r\n\r\nc,y\r\n", "a.csv")) == {1: "a\r\nb", 2: "c"}


def test_a_csv_of_another_locale_is_parted_by_semicolons(write):
    assert texts(write("judul;isi\nSatu;naik, lagi\n", "a.csv")) == {1: "naik, lagi"}


def test_a_byte_order_mark_is_no_part_of_a_name(write):
    assert texts(write(b"\xef\xbb\xbftext\na\n", "a.csv")) == texts(write(b'\xef\xbb\xbf{"text": "a"}', "a.jsonl")) == {1: "a"}


def test_what_export_wrote_can_be_read(write):
    from annotator import pipeline

    class NoNames:
        def tag(self, batch):
            return [() for _ in batch]

    document = articles.document("a.txt", f"---\noutlet: Warta Contoh\nurl: https://contoh.id/1\ntitle: Beras\npublished: 2024-06-18\n---\n{TEXT}")
    [entry] = inputs.entries(write("\n".join(jsonl.lines(pipeline.annotate([document], NoNames()))), "a.jsonl"))
    assert inputs.document("a.txt", entry) == document


def test_the_first_known_column_that_is_there_wins(write):
    assert texts(write(lines({"content": "b", "TEXT": "a"}, {"text": None, "content": "b"}, {"text": "", "isi": "c"}), "a.jsonl")) == {1: "a", 2: "b", 3: "c"}
    assert texts(write("content,Text\nb,a\n", "a.csv")) == {1: "a"}


def test_columns_are_named_once():
    names = columns._names()
    assert set(names) == {"text", *articles.FIELDS}
    every = [name for known in names.values() for name in known]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    "given, published",
    [
        ("2024-06-18", "2024-06-18"),
        ("2024-06-18T23:10:00+07:00", "2024-06-18"),
        ("2024-06-18 10:00:00.000", "2024-06-18"),
        ("2024/06/18 10:00", "2024-06-18"),
        ("20240618", "2024-06-18"),
        ("20240618101500", "2024-06-18"),
        ("Selasa, 18 Juni 2024 10:00 WIB", "2024-06-18"),
        ("Tue, 18 Jun 2024 10:00:00 GMT", "2024-06-18"),
        ("June 18, 2024", "2024-06-18"),
        ("18/06/2024", "2024-06-18"),
        (datetime(2024, 6, 18, 23), "2024-06-18"),
        (date(2024, 6, 18), "2024-06-18"),
        ("2024-13-45", None),
        ("1718668800", None),
        (1718668800, None),
        ("kemarin", None),
    ],
)
def test_a_date_in_any_usual_form(given, published):
    found = columns.checked({"text": TEXT, "published": given})
    assert inputs.document("a#1", Entry(1, 0, fields=found)).published == published


def test_what_the_archive_tells_goes_before_what_the_text_tells(write):
    text = "Harga Beras Naik Lagi\nSelasa, 3 Maret 2020\n\nJAKARTA, KOMPAS.com - Harga beras naik, kata Budi."
    records = [{"text": text, "title": "Beras", "date": "2024-06-18", "url": "https://news.contoh.id/1"}, {"text": text, "date": "entah"}]
    one, two = (inputs.document("a", entry) for entry in inputs.entries(write(lines(*records), "a.jsonl")))
    assert (one.title, one.published, one.url, one.outlet) == ("Beras", "2024-06-18", "https://news.contoh.id/1", "contoh.id")
    assert (two.title, two.published, two.url, two.outlet) == ("Harga Beras Naik Lagi", "2020-03-03", None, "kompas.com")


def test_what_is_no_title_is_left_out_and_a_list_of_authors_is_one():
    odd = {"title": "x" * 2000, "outlet": 7, "url": "https://contoh.id/\ud800", "author": ["Ani Wijaya", "Budi Santoso", None]}
    assert columns.checked({"text": "a"} | odd) == {"text": "a", "author": "Ani Wijaya, Budi Santoso"}


# ---- faults ----


BAD_LINES = [
    ('{"text": "a"', "is no JSON (Expecting"),
    ("[1, 2]", "is no JSON object"),
    ('"a"', "is no JSON object"),
    ('{"judul": "a"}', "has no text (fields: judul); call it text"),
    ('{"text": " "}', "has no text; remove it or fill it"),
    ('{"text": ["a"]}', "has no text"),
    ("{}", "has no text"),
    ('{"text": "a\\u0000b"}', "is not text: character 2 is NUL"),
    ('{"text": "a\\ud800b"}', "is not UTF-8 text (character 2)"),
    (b'{"text": "a\xffb"}', "is not UTF-8 text (character 2)"),
    (json.dumps({"text": "é" * 300_000}), "is larger than 500 kB"),
    ("[" * 200_000, "nested too deep"),
    ('{"text": ' + "1" * 5_000 + "}", "is no JSON (Exceeds the limit"),
    ('{"text": "' + "a" * 9_000_000 + '"}', "is a line longer than 6,000 kB"),
]


@pytest.mark.parametrize("line, fault", BAD_LINES, ids=[fault for _, fault in BAD_LINES])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_line_that_cannot_be_read_is_a_fault_and_reading_goes_on(write, line, fault, name):
    line = line if isinstance(line, bytes) else line.encode()
    path = write(b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n', name)
    assert texts(path) == {1: "a", 3: "b"}
    assert list(faults(path)) == [2] and fault in faults(path)[2]
    with pytest.raises(ArticleError, match=r"^a\.jsonl#2 (is|has) "):
        inputs.document("a.jsonl#2", Entry(2, 0, fault=faults(path)[2]))


@pytest.mark.parametrize(
    "row, fault",
    [
        (b"x,a,b", "has 3 columns where the first line has 2; check its quotation marks"),
        (b"x", "has 1 columns"),
        (b"x,", "has no text"),
        (b"x,a\xffb", "is not UTF-8 text"),
        (b"x,a\0b", "is NUL"),
        (b"x," + b"a" * 600_000, "is larger than 500 kB"),
        (b"x," + b"a" * 7_000_000, "is a row longer than 6,000 kB"),
        (b"," * 7_000_000, "is a row longer than 6,000 kB"),
    ],
    ids=range(8),
)
def test_a_row_that_cannot_be_read_is_a_fault_and_reading_goes_on(write, row, fault):
    path = write(b"title,text\nx,a\n" + row + b"\nx,b\n", "a.csv")
    assert fault in faults(path)[2] and list(texts(path).values())[0] == "a" and list(texts(path).values())[-1] == "b"


def test_a_row_of_many_short_lines_is_not_held(write, monkeypatch):
    monkeypatch.setattr(inputs, "HELD", 60_000)
    found = faults(write("title,text\nx,a\n" + 'a,"\n",' * 20_000, "a.csv"))
    assert "is a row longer than 60 kB" in found[2]


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_an_archive(write):
    path = write("title,text\nx,a\n" + 'x,"b\n' + "x,c\n" * 2_000_000, "a.csv")
    found = list(itertools.islice(inputs.entries(path), 4))
    assert [bool(entry.fault) for entry in found] == [False, True, False, False] and "check its quotation marks" in found[1].fault


@pytest.mark.parametrize("text", [["a", "", "b"], ["a", None, "b"], ["a", "x" * 600_000, "b"], ["a", b"\xff\xfe", "b"], ["a", "x\0", "b"]], ids=range(5))
def test_a_row_of_parquet_that_cannot_be_read_is_a_fault(tmp_path, text):
    column = pyarrow.array([one.encode() if isinstance(one, str) else one for one in text], pyarrow.binary()).view(pyarrow.string())
    path = parquet(tmp_path / "a.parquet", {"text": column})
    assert texts(path) == {1: "a", 3: "b"} and list(faults(path)) == [2]


def test_dates_and_other_types_of_parquet(tmp_path):
    far = pyarrow.array([2**60, 1718668800_000_000], pyarrow.timestamp("us"))
    kinds = {"text": pyarrow.array(["a", "b"]).dictionary_encode(), "published": far, "title": [1, 2], "penulis": [["Ani", "Budi"], None]}
    path = parquet(tmp_path / "a.parquet", kinds)
    assert [entry.fields for entry in inputs.entries(path)] == [{"text": "a", "author": "Ani, Budi"}, {"text": "b", "published": "2024-06-18T00:00:00"}]


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("a.csv", b"", r"has no column that holds the text \(columns: none\)"),
        ("a.csv", b"judul,harga\nx,1\n", r"has no column that holds the text \(columns: judul, harga\); call it text, or add"),
        ("a.csv", b"a" * 7_000_000, "has no line of column names"),
        ("a.csv", "text\nx".encode("utf-16"), "is UTF-16; convert it to UTF-8"),
        ("a.jsonl", '{"text": "x"}'.encode("utf-16"), "is UTF-16; convert it to UTF-8"),
        ("a.parquet", b"PAR1 halo", "is damaged, or not what its name says"),
        ("a.warc", b"halo\n" * 100, "is damaged, or not what its name says"),
        ("a.zip", b"PK", "is no archive; its name must end in .jsonl"),
    ],
)
def test_an_archive_that_cannot_be_read_at_all_is_refused_with_a_reason(write, name, content, reason):
    with pytest.raises(ArticleError, match=f"{name} {reason}"):
        list(inputs.entries(write(content, name)))


def test_no_archive_and_no_gzip_are_refused_with_a_reason(write, tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_text('{"text": "a"}')
    with pytest.raises(ArticleError, match="is damaged, or not what its name says"):
        list(inputs.entries(path))
    with pytest.raises(ArticleError, match="does not exist"):
        list(inputs.entries(tmp_path / "tiada.jsonl"))
    (tmp_path / "b.jsonl").mkdir()
    with pytest.raises(ArticleError, match="is a directory"):
        list(inputs.entries(tmp_path / "b.jsonl"))


def test_parquet_without_a_column_of_text_is_refused(tmp_path):
    with pytest.raises(ArticleError, match=r"no column that holds the text \(columns: harga\)"):
        list(inputs.entries(parquet(tmp_path / "a.parquet", {"harga": [1]})))


@pytest.mark.parametrize("name, module", [("a.parquet", "pyarrow.parquet"), ("a.warc", "fastwarc.warc"), ("a.warc", "trafilatura"), ("a.warc", "py3langid")])
def test_a_missing_package_is_named(write, monkeypatch, name, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    pages.libraries.cache_clear()
    with pytest.raises(ArticleError, match=rf"reading \.{name[2:]} needs pip install 'annotator-id\[archives\]'"):
        list(inputs.entries(write(b"", name)))


def prose(number):
    """A text that does not compress well."""
    return " ".join(random.Random(number).choices("beras pasar harga naik turun warga kantor jalan hujan panen".split(), k=200))


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
@pytest.mark.parametrize("hurt", ["cut", "changed"])
def test_a_damaged_gzip_ends_with_a_fault(write, name, hurt):
    records = [{"text": prose(number)} for number in range(500)]
    path = write(lines(*records) if "json" in name else rows(*records), name)
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(data[:half] if hurt == "cut" else data[:half] + b"\xff" * 200 + data[half + 200 :])
    *found, last = inputs.entries(path)
    right = [entry.fields and entry.fields["text"] for entry in found] == [prose(number) for number in range(len(found))]
    assert len(found) > 50 and (right or hurt == "changed")
    assert last.number == found[-1].number + 1 and f"the archive is damaged after entry {found[-1].number} (" in last.fault
    assert sum(entry.size for entry in found) + last.size == path.stat().st_size


def test_a_damaged_parquet_ends_with_a_fault(tmp_path):
    path = parquet(tmp_path / "a.parquet", {"text": [prose(number) for number in range(2000)]}, row_group_size=200, compression="zstd", use_dictionary=False)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff" * 5000 + data[len(data) // 2 + 5000 :])
    *found, last = inputs.entries(path)
    assert [entry.fields["text"] for entry in found] == [prose(number) for number in range(len(found))] and len(found) >= 800
    assert f"the archive is damaged after entry {len(found)}" in last.fault
    assert sum(entry.size for entry in found) + last.size == path.stat().st_size


# ---- streaming ----


class Endless(io.RawIOBase):
    """A gzip file of a record again and again, made while it is read."""

    def __init__(self, record, times):
        self._members, self._left, self.given = gzip.compress(record), times, 0

    def readable(self):
        return True

    def seek(self, offset, whence=0):
        return self.given

    def readinto(self, buffer):
        if not self._left:
            return 0
        self._left -= 1
        buffer[: len(self._members)] = self._members
        self.given += len(self._members)
        return len(self._members)


def test_the_first_articles_are_there_before_the_archive_is_read():
    raw = Endless(lines({"text": TEXT}).encode() * 1000, times=1_000_000)
    found = list(itertools.islice(inputs._json_lines(io.BufferedReader(raw, 1 << 16), "a.jsonl.gz"), 3000))
    assert [number for number, *_ in found] == list(range(1, 3001)) and raw.given < 1_000_000


def peak(path):
    tracemalloc.start()
    count = sum(1 for _ in inputs.entries(path))
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, highest


def test_memory_does_not_grow_with_the_archive(tmp_path):
    record = lines({"text": prose(1) * 20}).encode()
    with gzip.open(tmp_path / "a.jsonl.gz", "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(record * (2_000_000 // len(record)))
    count, highest = peak(tmp_path / "a.jsonl.gz")
    assert count * len(record) > 190_000_000 and highest < 3_000_000


def test_a_row_group_of_parquet_is_not_held(tmp_path):
    text = [random.Random(number).randbytes(5_000).hex() for number in range(5_000)]
    path = parquet(tmp_path / "a.parquet", {"text": text, "other": text}, row_group_size=5_000, use_dictionary=False)
    assert path.stat().st_size > 90_000_000
    before = pyarrow.total_allocated_bytes()
    assert max(pyarrow.total_allocated_bytes() - before for _ in inputs.entries(path)) < 20_000_000  # what pyarrow holds
    assert peak(path)[1] < 20_000_000  # what it reads through Python's file


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_line_without_end_is_not_held(tmp_path, name):
    with gzip.open(tmp_path / name, "wb", compresslevel=1) as file:
        file.write(b'text\n"' if "csv" in name else b'{"text": "')
        for _ in range(100):
            file.write(b"a" * 2_000_000)
        file.write(b'\n\n{"text": "b"}\n')
    count, highest = peak(tmp_path / name)
    assert count == 2 and highest < 40_000_000


# ---- web pages ----

PARAGRAPHS = {
    "id": "Kepala Dinas Perhubungan Ratna Dewi mengatakan bahwa jembatan yang rusak di Kota Sawahan akan dibuka kembali pekan depan karena perbaikan telah "
    "selesai. Warga dari tiga desa tidak bisa menyeberang sejak jembatan itu ditutup, dan pedagang di pasar mengeluh.",
    "en": "The head of the transport office said that the broken bridge in the town would open again next week because the repairs are complete. People of "
    "three villages have not been able to cross since it was closed, and traders in the market complain.",
    "ms": "Ketua Polis Daerah berkata, siasatan masih dijalankan kerana suspek enggan memberikan kerjasama kepada polis dan beliau akan didakwa pada hari "
    "Isnin. Orang ramai yang mempunyai maklumat di kawasan itu boleh menghubungi balai polis, manakala kereta itu telah ditemui selepas kejadian.",
}
META = '<meta property="og:title" content="Jembatan Sawahan Dibuka Lagi"><meta name="author" content="Sari Wulandari">'
META += '<meta property="article:published_time" content="2024-06-18T10:00:00+07:00"><meta property="og:site_name" content="Warta Contoh">'


def page(language, head=META):
    body = "".join(f"<p>{PARAGRAPHS[language]} ({number})</p>" for number in range(1, 6))
    aside = "<div class='comments'><p>Komentar pembaca yang panjang.</p></div><table><tr><td>Harga</td></tr></table>"
    return f"<html><head><title>Jembatan</title>{head}</head><body><nav><a href='/'>Beranda</a></nav><article>{body}</article>{aside}</body></html>".encode()


def record(payload, kind="response", uri="https://news.contoh.id/1", status="200 OK", type="text/html; charset=utf-8", more="", length=None):
    http = f"HTTP/1.1 {status}\r\nContent-Type: {type}\r\n{more}\r\n".encode() if kind == "response" else b""
    block = http + payload
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-06-19T01:02:03Z\r\nWARC-Target-URI: {uri}\r\n"
    head += f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {length or len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def warc(write, *records, name="a.warc.gz"):
    path = write(b"", name)
    path.write_bytes(b"".join(gzip.compress(one) if name.endswith(".gz") else one for one in records))
    return path


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
def test_pages_of_a_warc(write, name):
    missing, other = record(page("id"), status="404 Not Found"), record(b"%PDF", type="application/pdf")
    others = [record(b"software: x", "warcinfo"), record(b"GET /", "request"), missing, other]
    path = warc(write, others[0], record(page("id")), *others[1:], record(page("en"), type="application/xhtml+xml"), others[1], name=name)
    found = list(inputs.entries(path))
    assert [(entry.number, entry.fault, entry.fields) for entry in found] == [(2, None, None), (6, None, None)]
    assert found[0].page == Page(page("id"), "https://news.contoh.id/1", "2024-06-19", "utf-8") and found[1].page.html == b""
    assert 0 < sum(entry.size for entry in found) <= path.stat().st_size
    d = inputs.document(f"{name}#2", pickle.loads(pickle.dumps(found[0])))
    assert d.text == "\n\n".join(f"{PARAGRAPHS['id']} ({number})" for number in range(1, 6))
    assert (d.path, d.title, d.author, d.published) == (f"{name}#2", "Jembatan Sawahan Dibuka Lagi", "Sari Wulandari", "2024-06-18")
    assert (d.url, d.outlet) == ("https://news.contoh.id/1", "contoh.id")


def chunked(html):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(html), html)


@pytest.mark.parametrize("more, pack", [("Content-Encoding: gzip\r\n", gzip.compress), ("Transfer-Encoding: chunked\r\n", chunked)])
def test_a_packed_page_is_unpacked(write, more, pack):
    [entry] = inputs.entries(warc(write, record(pack(page("id")), more=more)))
    assert entry.page.html == page("id")


def test_a_page_that_cannot_be_unpacked_or_is_too_large_is_a_fault_and_reading_goes_on(write):
    bomb = gzip.compress(page("id") + b" " * 50_000_000)
    path = warc(
        write,
        record(b"halo", more="Content-Encoding: gzip\r\n"),
        record(bomb, more="Content-Encoding: gzip\r\n"),
        record(page("id") + b" " * 7_000_000),
        record(page("id")),
    )
    *found, last = inputs.entries(path)
    assert [entry.fault.split(" (")[0] for entry in found] == ["cannot be unpacked"] + ["is larger than 6,000 kB; leave it out, or save its text in a file"] * 2
    assert last.number == 4 and last.page.html


@pytest.mark.parametrize("name, cut", [("a.warc.gz", 50), ("a.warc", 50), ("a.warc", 1), ("a.warc", len(record(page("en"))) - 30)])
def test_a_warc_that_is_cut_off_ends_with_a_fault(write, name, cut):
    path = warc(write, record(page("id")), record(page("id")), record(page("en")), name=name)
    path.write_bytes(path.read_bytes()[:-cut])
    *found, last = inputs.entries(path)
    assert [entry.number for entry in found] in ([1, 2], [1, 2, 3]) and not any(entry.fault for entry in found)
    assert last.number == len(found) + 1 and f"is damaged after entry {len(found)}" in last.fault
    assert (len(found) == 3) == (cut == 1)  # which is all there but for the line feed after it


@pytest.mark.parametrize("length", ["-5", "999999999999"])
def test_a_warc_with_a_wrong_length_ends_with_a_fault(write, length):
    *_, last = inputs.entries(warc(write, record(page("id")), record(page("id"), length=length), record(page("id"))))
    assert last.fault


@pytest.mark.parametrize(
    "html, reason",
    [
        (b"", "not Indonesian"),
        (page("en"), "not Indonesian"),
        (page("en") + b" yang dan di dengan untuk ", "not Indonesian: en"),
        (page("ms"), "not Indonesian: ms"),
        (b"<html><body><a href='/'> yang dan di dengan untuk </a></body></html>", "no article text"),
    ],
)
def test_what_is_no_article_in_indonesian_is_left_out(html, reason):
    with pytest.raises(LeftOut) as left:
        inputs.document("a.warc#1", Entry(1, 0, page=Page(html)))
    assert str(left.value) == reason


def test_indonesian_that_is_taken_for_malay_is_kept(monkeypatch):
    monkeypatch.setattr(pages, "libraries", lambda: (None, lambda _: ("ms", -1.0)))
    assert pages._language(PARAGRAPHS["id"]) == "id" and pages._language(PARAGRAPHS["ms"]) == "ms" and pages._language("Doa itu dibaca.") == "ms"


@pytest.mark.parametrize("charset, declared", [("cp1252", "windows-1252"), ("utf-8", "cp1252"), ("utf-8", "entah"), ("cp1252", None)])
def test_a_page_in_another_encoding(charset, declared):
    html = page("id").decode().replace("mengeluh.", "mengeluh: “mahal–sekali”.").encode(charset)
    assert "mengeluh: “mahal–sekali”." in inputs.document("a", Entry(1, 0, page=Page(html, charset=declared))).text


def test_a_page_that_breaks_a_parser_is_an_error_of_its_own(monkeypatch):
    def breaks(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(pages, "libraries", lambda: (breaks, None))
    with pytest.raises(ArticleError, match="a.warc#1 cannot be parsed"):
        inputs.document("a.warc#1", Entry(1, 0, page=Page(page("id"))))


def test_a_page_that_holds_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(articles, "MAX_BYTES", 100)
    with pytest.raises(ArticleError, match="a.warc#1 is larger than"):
        inputs.document("a.warc#1", Entry(1, 0, page=Page(page("id"))))


def test_a_day_after_the_page_was_fetched_is_none(write):
    html = page("id", '<meta property="article:published_time" content="2031-06-18T10:00:00+07:00">')
    assert inputs.document("a", Entry(1, 0, page=Page(html, fetched="2024-06-19"))).published is None
