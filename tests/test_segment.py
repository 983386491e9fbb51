import pytest

from annotator.document import Span, Zone
from annotator.segment import sentences


def words(text: str) -> list[str]:
    return [token.of(text) for sentence in sentences(text) for token in sentence.tokens]


# One sentence a string; together, with what joins them, they are the text.
BROKEN = [
    (" ", ["Rapat itu batal.", "Kami pulang."]),
    (" ", ["Hadir pula Dr. H. M. Sastro, S.H., M.H. dari Jl. M.H. Thamrin No. 9, Rabu (19/6).", "Ia diam."]),
    (" ", ["“Kami siap.", "Semua siap,” kata J. Wirawan."]),
    (" ", ["“Benar begitu?” tanya dia.", "“Wah!” ujarnya.", "“Sudah.”", "Menurut dia, belum."]),
    (" ", ['"Kami siap."', '"Kapan?"', "Belum jelas."]),
    (" ", ["Uangnya Rp 1.250.000,00.", "2024 tahun sulit."]),
    (" ", ["Beras, gula, dll.", "Pedagang mengeluh."]),
    (" ", ["Ia diwakili Rina Dewi, S.H.", "Dia tidak datang."]),
    (" ", ["Saham PT Maju Jaya Tbk. (MAJU) naik.", "Laba PT Maju Jaya Tbk.", "Namun utangnya juga."]),
    (" ", ["Lalu... ia pergi...", "Tidak kembali."]),
    (" ", ["Gempa berkekuatan 7,4 SR.", "Pusatnya di laut.", "Tb. Wenas lari."]),
    (" ", ["1. Beli beras.", "2. Masak."]),
    (" ", ["Bagus! 😀", "Ayo."]),
    (" ", ["(Kami tahu itu.)", "[Foto lama.]", "Begitulah."]),
    (" ", ["Menurut a.n. Budi dan Prof. Ani, pukul 10.30 WIB."]),
    (" ", ["KOMPAS.com - Situs Liputan6.com dan GELORA.CO diblokir."]),
    ("", ["Ia bertemu Rudi Hartono.", "Sinta Dewi menyebut hal lain."]),
    ("", ['"Sudah," cuitnya.', "Dalam cuitan lain ia diam."]),
    ("", ["Itu salah, katanya.", '"Kami benar."', "Lalu ia pergi."]),
    ("", ["“Kami siap,” katanya, Jumat (1/5/2020)", "Hal senada disampaikan pada (1/5/2020) lalu."]),
    (" ", ["Ani, Plt. Direktur Jenderal Perikanan, datang.", "Kami pulang."]),
    ("", ["Keputusan ada di DPR.", "Menurut dia, pada 2024.", "Kami menunggu."]),
    ("", ["Kapal itu milik AS.", "Nahkodanya warga Filipina.", "Ia menunggu F.", "Kelima, ia pulang."]),
    ("\n", ["Judul tanpa titik", "JAKARTA - Isi", "“Satu.”"]),
]


@pytest.mark.parametrize(("between", "expected"), BROKEN, ids=[pieces[0][:30] for _, pieces in BROKEN])
def test_where_sentences_end(between, expected):
    text = between.join(expected)
    assert [sentence.span.of(text) for sentence in sentences(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "RS.Harapan penuh",
        "Situs contoh.co.id ditutup",
        "“Kapan?” tanya Ani",
        "Kata dia: “Pergi!”, lalu diam",
        "Naik 5.5 persen. dan turun lagi",
        "grup J.K. Wirawan",
    ],
)
def test_one_sentence(text):
    assert len(sentences(text)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rp 1,5 juta", ["Rp", "1,5", "juta"]),
        ("Rp1.250.000,00 dan 5,5 % lalu 7%", ["Rp1.250.000,00", "dan", "5,5", "%", "lalu", "7", "%"]),
        ("(18/6), 19/6/2024", ["(", "18/6", ")", ",", "19/6/2024"]),
        ("kata-kata ke-17 Covid-19 berlari-lari", ["kata-kata", "ke-17", "Covid-19", "berlari-lari"]),
        ("Rusia-Ukraina se-Indonesia di YouTube-nya", ["Rusia", "-", "Ukraina", "se", "-", "Indonesia", "di", "YouTube", "-", "nya"]),
        ("Jum'at Ma’ruf", ["Jum'at", "Ma’ruf"]),
        ("siap,\"kata 'dia' ”ya” «tidak»", ["siap", ",", '"', "kata", "'", "dia", "'", "”", "ya", "”", "«", "tidak", "»"]),
        ("''Siap,'' katanya", ["''", "Siap", ",", "''", "katanya"]),
        ("S.H., S.Pd, Ph.D. K.H. Ali", ["S.H.", ",", "S.Pd", ",", "Ph.D.", "K.H.", "Ali"]),
        ("KOMPAS.com, https://a.b/c?d=1. @budi_s #2024Ganti", ["KOMPAS.com", ",", "https://a.b/c?d=1", ".", "@budi_s", "#2024Ganti"]),
        ("satu\u00a0dua\u200btiga", ["satu", "dua", "tiga"]),
        ("cafe\u0301 👨‍👩‍👧🇮🇩👍🏽", ["cafe\u0301", "👨‍👩‍👧", "🇮🇩", "👍🏽"]),
        ("apa?! ya... tidak…", ["apa", "?!", "ya", "...", "tidak", "…"]),
        ("datang -- pergi", ["datang", "--", "pergi"]),
    ],
)
def test_tokens(text, expected):
    assert words(text) == expected


def test_zones_cut_sentences_and_are_segmented_too():
    text = "Ia datang Baca juga: Hal lain. Lalu pergi."
    zone = Zone(Span(10, 30), "related", "baca-juga")
    assert [s.span.of(text) for s in sentences(text, (zone,))] == ["Ia datang", "Baca juga: Hal lain.", "Lalu pergi."]


def test_every_letter_is_in_one_token_in_order():
    text = "“Ya. \u200bTidak?” katanya.Kami\r\n\tpergi 5.000 kali;\u2028a.n. X—selesai \u0301 \ufeff😀"
    tokens = [token for sentence in sentences(text) for token in sentence.tokens]
    assert all(a.stop <= b.start for a, b in zip(tokens, tokens[1:]))
    covered = {i for token in tokens for i in range(token.start, token.stop)}
    assert all(char.isspace() or char in "\u200b\ufeff" for i, char in enumerate(text) if i not in covered)
    for sentence in sentences(text):
        assert (sentence.span.start, sentence.span.stop) == (sentence.tokens[0].start, sentence.tokens[-1].stop)


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b"])
def test_nothing(text):
    assert sentences(text) == ()


HOSTILE = ["a.", "A.", '"', ". )", "www.", "a'", "1.", "http://,", "@a.", "a@", '."', "\U0001f1ee\U0001f1e9", "😀\u200d", "Tbk."]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_is_segmented(unit):
    text = unit * 40_000
    found = sentences(text)
    assert found[-1].span.stop <= len(text) and all(a.span.stop <= b.span.start for a, b in zip(found, found[1:]))
