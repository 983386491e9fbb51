"""A small grammar of the Indonesian news sentence over masked text.

Masked text has the length of its original, so offsets hold. Each character of a name, a quotation or noise is replaced
by one of the marks below; patterns then see “Presiden Rusia Vladimir Putin” as words and names, never as letters.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

import regex

from annotator import lexicon
from annotator.document import Mention, Span
from annotator.rules import any_of, expand

PER, ORG, LOC, QUOTED, THIS, CUE, NOISE = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006"
NAME = f"[{PER}{ORG}{LOC}]"
_MARKS = PER + ORG + LOC + QUOTED + THIS + CUE + NOISE
_PRIVATE = regex.compile("[\ue000-\ue006]")
_TYPES = {"LOC": LOC, "ORG": ORG, "PER": PER}  # where two overlap, the later one is read
# “kuasa hukum dari Setyo Wibowo”, in the form that `pattern` takes
RELATED = rf"{{words:relations}}(?:\s+{{words:relation_words}})*(?:\s+dari)?\s+(?:{{words:ranks}}\s+)*{PER}+"
# “S.H.”, “M.Kes.” after a name
DEGREE = r"(?:\p{Lu}\p{L}{0,5}\.\s?)+\p{L}{0,6}\.?"
WORD = regex.compile(r"[\ue000-\ue006]+|\w+(?:[-'’/.]\w+)*")
_VERB = regex.compile(r"(?:me[mnrlwy]\p{L}{2,}|(?:ber|ter)\p{L}{3,}|di\p{L}{4,}|(?:me|mem|men|meng|di|ber|ter)(?=-\p{L}{3}))(?:-\p{L}+)*", regex.IGNORECASE)


def mask(text: str, mentions: Sequence[Mention]) -> str:
    """Text with names replaced by marks, code point for code point; stray marks of the original become spaces, lost commas commas."""
    masked = cover(_PRIVATE.sub(" ", text), [(place, place + 1) for place in (*_lost_commas(text), *_cut(text))], ",")
    masked = cover(masked, [m.span() for m in _stopped_roles().finditer(text)], " ")
    for kind, mark in _TYPES.items():  # a type of another model’s own, such as a date, is no name to a rule
        masked = cover(masked, [m.span for m in mentions if m.type == kind], mark)
    return masked


def cover(masked: str, spans: Iterable[tuple[int, int]], mark: str) -> str:
    """The masked text with some spans replaced by one mark."""
    parts: list[str] = []
    done = 0
    for start, stop in sorted(spans):
        if stop > done:
            start = max(start, done)
            parts += masked[done:start], mark * (stop - start)
            done = stop
    return "".join((*parts, masked[done:]))


@functools.cache
def _stopped_roles() -> regex.Pattern:
    """Abbreviated roles with the full stop that would else end a phrase: “Plt. Direktur Jenderal”."""
    words = (regex.escape(w) for w in lexicon.words("abbreviations") if w[:-1].casefold() in lexicon.lower("roles"))
    return regex.compile(rf"\.(?<=\b(?:{'|'.join(words)}))(?=\s\p{{Lu}})", regex.IGNORECASE)


_LOST = regex.compile(r"(?<=\p{Ll}{2})\.(?=\s\p{Ll}{3})")
_KEPT = regex.compile(r"\p{L},\s\p{L}")


@functools.lru_cache(maxsize=8)
def loses_commas(text: str) -> bool:
    """Whether an article has been through a scraper that loses the letter before a comma and writes a full stop: no other is long and without commas."""
    return not _KEPT.search(text) and (len(text) > 600 or len(_LOST.findall(text)) > 1)


def _lost_commas(text: str) -> tuple[int, ...]:
    """Full stops before small letters in an article without commas."""
    return tuple(m.start() for m in _LOST.finditer(text)) if loses_commas(text) else ()


@functools.cache
def cut_cues() -> dict[str, str]:
    """Cues as a scraper leaves them that loses the letter before a comma and writes a full stop: “mengataka. C”; “merespon” is a spelling."""
    return {w[:-1]: w for name in ("cue_say", "cue_think", "cue_that") for w in lexicon.lower(name) if len(w) > 6 and " " not in w and not w.endswith("s")}


# sought at the full stop, for there are more words
_BEFORE_STOP = regex.compile(r"(?<=(?<!\w)(?P<word>\p{L}{3,}))\.(?=\s)")
_OPENS = regex.compile(r"(?<=[.!?]\s|^)", regex.MULTILINE)


def _cut(text: str) -> tuple[int, ...]:
    """Where words end that have lost their last letter before a comma, now a full stop: cues, and those in -nya (“Menurutny. C”)."""
    return tuple(
        m.start() for m in _BEFORE_STOP.finditer(text)
        if (word := m["word"]).casefold() in cut_cues() or word.endswith("ny") and (word.islower() or _OPENS.match(text, m.start("word")))
    )


def is_cut(word: str, opens: bool) -> bool:
    """Whether a word before a full stop has lost its last letter before a comma; one in -nya has sentences after it unless it opens its own."""
    return word.casefold() in cut_cues() or opens and len(word) > 4 and word.endswith("ny")


@functools.cache
def pattern(source: str) -> regex.Pattern:
    """A pattern with its macros and word lists written out, compiled once, without case."""
    return regex.compile(expand(source), regex.IGNORECASE)


def is_listed(name: str, word: str) -> bool:
    """Whether a word is an entry of a word list."""
    return word.casefold() in lexicon.lower(name)


def starts_with(names: str, masked: str) -> bool:
    """Whether the text starts with an entry of a word list (or of one of several, blanks between their names), -nya or not."""
    return masked[:1] not in _MARKS and bool(_opening(names).match(masked))  # no list has names


@functools.cache
def _opening(names: str) -> regex.Pattern:
    return regex.compile(r"\s*%s(?:nya)?\b" % any_of(word for name in names.split() for word in lexicon.words(name)), regex.IGNORECASE)


def is_clipped(word: str, words: Sequence[str]) -> bool:
    """Whether a word is made of the beginnings, two letters or more, of the first and later ones of some words, all case folded.

    So news clips names and offices: Jokowi (Joko Widodo), Menlu (Menteri Luar Negeri), Kemenparekraf.
    """
    return len(words) > 1 and len(word) > 3 and word[:2] == words[0][:2] and any(words[0].startswith(word[:n]) and _goes_on(word[n:], words, 1) for n in range(2, len(word) - 1))


def _goes_on(rest: str, words: Sequence[str], at: int) -> bool:
    """Whether the rest of a clipped word is made of the beginnings of the words from `at` on."""
    return not rest or any(words[i].startswith(rest[:n]) and _goes_on(rest[n:], words, i + 1) for i in range(at, len(words)) for n in range(2, len(rest) + 1))


def is_quoted(masked: str, place: int) -> bool:
    """Whether a quotation is open at a place of its paragraph."""
    before = masked[max(place - 4000, masked.rfind("\n", 0, place) + 1) : place]
    return bool(before.count('"') % 2) or before.count("“") > before.count("”")


# ----------------------------------------------------------------------------------------------- predicates and clauses


@functools.lru_cache(maxsize=1 << 14)
def is_predicate(word: str) -> bool:
    """Whether a word can be a predicate: on the list, or a verb by its prefix; a capital letter makes it part of a name or title."""
    if is_listed("predicates", word):
        return True
    return word[0].islower() and bool(_VERB.fullmatch(word)) and not is_listed("not_verbs", word) and not _NOMINALISED.fullmatch(word)


# “terganggunya pelajaran” is a noun, “menyerangnya” has an object
_NOMINALISED = regex.compile(r"(?:ter|ber)\p{L}{3,}nya", regex.IGNORECASE)


@functools.lru_cache(maxsize=1 << 14)
def opens_adjunct(word: str) -> str | None:
    """How a word takes the next predicate out of the main clause: at once (yang, untuk) or whenever it comes (karena, saat)."""
    if is_listed("adjunct_next", word):
        return "next"
    if is_listed("adjunct_later", word):
        return "later"
    return None


_MODALS = frozenset({"tidak", "tak", "bukan", "harus", "boleh", "bisa", "dapat", "perlu", "wajib", "segera", "akan", "telah", "sudah", "masih"})
_COPULAS = frozenset({"adalah", "ialah", "merupakan"})


def predicate_at(masked: str) -> int | None:
    """Where the first predicate of a main clause starts, or None: a noun phrase with relative clauses has none."""
    word = ""
    waiting: str | None = None
    skipping = False
    closed: regex.Match | None = None
    matches = list(WORD.finditer(masked))
    for match, following in zip(matches, [*matches[1:], None]):
        before, word = word, match.group().casefold()
        deictic = following is not None and following.group().casefold() in {"ini", "itu", "tersebut", "nanti", "seorang", "satu"}
        deictic = deictic or word == "sejak" and following is not None and following.group().casefold() in {"awal", "pertama", "mula", "dulu", "dahulu", "lama", "kemarin"}
        opens = None if deictic else opens_adjunct(word)
        if word == "mulai" and _RANGE.match(masked, match.start()):
            continue
        if closed and not waiting and not opens and _may_predicate(masked, closed, match):
            return match.start()
        if word[0] == NOISE:
            continue  # “yang [menurutnya] merupakan …”
        attached = not closed and not waiting and not skipping and _is_attached(before, word, following.group() if following else "")
        closed = match if _closes_phrase(masked, match) else None
        if opens:
            waiting, skipping = opens, False
        elif waiting == "next" and (is_listed("adverbs", word) or word in {"biasa", "akrab", "paling", "kini", "nanti", "nantinya", "sekarang", "dulu", "sedang", "tengah"} or before == "yang" and closed):
            continue  # “uang yang nilainya | mencapai …”
        elif skipping and word in {"dan", "atau", "serta"}:
            waiting = "next"
        elif not attached and is_predicate(word if match is matches[0] else match.group()) and not (deictic and word == "salah"):
            if skipping and not waiting and (word in _MODALS or word == "mencapai") and _VERB.fullmatch(before) and not is_listed("control", before):
                return match.start()  # “pihak yang membantu | tidak boleh diabaikan”
            if skipping and not waiting and _PASSIVE.fullmatch(before) and _ACTIVE.fullmatch(match.group()) and not _takes_verb(before):
                return match.start()  # “warga yang ditangkap | membawa senjata”
            if skipping and not waiting and is_listed("states", before) and _ACTIVE.fullmatch(match.group()):
                return match.start()  # “hutan yang rusak | membutuhkan waktu”
            if skipping and not waiting and word in _COPULAS:
                return match.start()  # “yang paling penting | adalah sabar”
            if waiting:
                skipping = True
            if not skipping:
                return match.start()
            waiting = None
        else:
            skipping = False
            if waiting == "next":
                waiting = None
    return None


_PASSIVE = regex.compile(r"di\p{Ll}{4,}")
_ACTIVE = regex.compile(r"(?:me[mnrlwy]|ber)\p{Ll}{3,}")


def _takes_verb(word: str) -> bool:
    """Whether a passive may go on with a verb of its own: “diminta membeli”, “dinilai melanggar”."""
    return any(is_listed(name, word) for name in ("control", "cue_asked", "cue_passive", "cue_deemed", "cue_relay", "cue_finding"))


# “tantangan, mulai dari banjir hingga kekeringan” lists; “bunganya mulai dari 5 persen” tells
_RANGE = regex.compile(r"mulai\s+dari\s+(?!\d|Rp|US)")


def _is_attached(before: str, word: str, following: str) -> bool:
    """Whether a word describes the noun before it, or opens “baik A maupun B”, “lebih dari 5”: no predicate."""
    if before and is_listed("pronouns", before) or word == "kembali" and following == "ke":
        return False
    if word == "lebih":
        return following == "dari"
    return is_listed("attributes", word) and bool(before or is_listed("prepositions", word))


def _closes_phrase(masked: str, match: regex.Match) -> bool:
    """A determiner, possessive or person ends a noun phrase: what follows it is its predicate (“pendaki itu | selamat”)."""
    word = match.group().casefold()
    if word[0] == PER:
        return not _GOVERNED.search(masked, max(0, match.start() - 14), match.start())
    if word in {"itu", "tersebut", "ini"}:
        return not _TEMPORAL.search(masked, max(0, match.start() - 20), match.start())
    return len(word) > 5 and word.endswith("nya") and not is_listed("not_possessed", word)


_TEMPORAL = regex.compile(r"(?:saat|hari|tahun|bulan|pekan|minggu|malam|pagi|siang|sore|kali|selama|sejauh|detik|masa|kini|seperti|oleh)\s+$", regex.IGNORECASE)


_GOVERNED = regex.compile(r"\b(?:kepada|oleh|dari|untuk|dengan|bersama|soal|tentang|bagi|pada|milik|asuhan)\s+$", regex.IGNORECASE)


def _may_predicate(masked: str, closed: regex.Match, match: regex.Match) -> bool:
    word = match.group().casefold()
    if masked[closed.end() : match.start()].strip() or word[0] in "\ue000\ue001\ue002\ue003\ue006" or not word[0].isalpha():
        return False
    return not (is_listed("prepositions", word) or is_listed("not_verbs", word) or word in {"dan", "atau", "serta", "itu", "ini", "tersebut", "pun", "lagi", "lainnya", "sendiri", "semua", "sekalian", "sehari", "sepekan", "setahun", "sebulan"})


def is_clause(masked: str) -> bool:
    return predicate_at(masked) is not None


_ACTS = r"(?:\s*\([^()]{1,40}\))?(?:\s+(?:{words:adverbs}|kini|saat\s+ini|tidak|tak|bukan|belum|bisa|dapat|harus|mampu))*\s+(?!{words:cue_say}\b)(?P<word>\p{L}[\p{L}-]*)"


def is_subject(masked: str, stop: int) -> bool:
    """Whether a name that ends at a place is the subject of a predicate that reports nothing: “Budi tak menyesal”."""
    acts = pattern(_ACTS).match(masked, stop, stop + 120)
    return bool(acts) and is_predicate(acts["word"])


# --------------------------------------------------------------------------------------------------- edges of content


_CONNECTIVES = r"[\s,;:–—-]*(?:{words:connectives}\b(?:\s+(?:lagi|juga|pula))?[\s,]*)+"


def skip_connectives(masked: str, start: int, stop: int) -> int:
    """First position after connectives that stand at the start (“Namun, selain itu,”)."""
    if masked[start : start + 1] in _MARKS:
        return start  # as most sentences do, it opens with a name
    match = pattern(_CONNECTIVES).match(masked, start, stop)
    return match.end() if match else start


_EDGE = " \t\r\n\u00a0\u200b,;:.!?…–—-" + NOISE
_TAIL_DATE = r"(?r)(?:,?\s*(?:pada\s+|hari\s+)*{ends:days}\b(?:\s+(?:lalu|pagi|siang|sore|malam|ini))*\s*(?:\([\d/., ]+\)|,?\s*\d{1,2}\s+\p{L}+\s+\d{4})?(?:\s+(?:lalu|pagi|siang|sore|malam))*)[\s.]*"  # from the end


def trim(text: str, masked: str, start: int, stop: int) -> Span | None:
    """Content without the connectives, complementisers and punctuation at its edges; None where nothing is left."""
    start = _strip_left(masked, start, stop)
    match = pattern(r"bahwa(?:sanya|sannya)?\b[\s,]*").match(masked, start, stop)
    if match and match.end() < stop:
        start = _strip_left(masked, match.end(), stop)
    date = pattern(_TAIL_DATE).match(masked[:stop], max(start, stop - 60))
    if date and date.start() <= start:
        return None  # “katanya, Rabu (1/2)”
    if date and masked[date.start()] == ",":
        stop = date.start()
    while stop > start and masked[stop - 1] in _EDGE:
        stop -= 1
    if stop <= start:
        return None
    # an unpaired bracket at the end belongs to what follows
    if text[stop - 1] in "([{":
        return trim(text, masked, start, stop - 1)
    return Span(start, stop)


def _strip_left(masked: str, start: int, stop: int) -> int:
    while start < stop and masked[start] in _EDGE:
        start += 1
    return start
