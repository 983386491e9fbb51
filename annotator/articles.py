"""A file to a document: decoding it, and reading its front matter and its head.

The head is what stands above the first sentence: headline, byline, date, dateline. It tells the outlet and the day of
publication where no front matter does; nothing below the head is searched for either.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import charset_normalizer
import regex
import yaml

from annotator import lexicon, rules
from annotator.document import Document, Span

FIELDS = ("outlet", "title", "url", "published", "author")
MAX_BYTES = 500_000  # ten times the longest article; time grows faster than length
MAX_FRONT_MATTER = 16_384  # characters
MAX_DEPTH = 8
HEAD_LINES = 8
# The single-byte encodings of older Indonesian archives; in others a decoder sees words where there are none.
ENCODINGS = ["cp1252", "cp1250", "latin_1", "mac_roman"]


class ArticleError(Exception):
    """A file that cannot be read as an article: which, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the first sentence. `dateline` ends where the sentence starts; `published` is an ISO date."""

    title: Span | None = None
    byline: Span | None = None
    date: Span | None = None
    dateline: Span | None = None
    captions: tuple[Span, ...] = ()
    outlet: str | None = None
    published: str | None = None


def read(path: Path | str) -> Document:
    """One file as a document; ArticleError where it is no article."""
    name = shown(path)
    with readable(path):
        if os.stat(path).st_size > MAX_BYTES:
            raise ArticleError(f"{name} is larger than {MAX_BYTES // 1000:,} kB; give each article a file of its own")
        data = Path(path).read_bytes()
    text = _decode(data, name)
    if not text.strip():
        raise ArticleError(f"{name} has no text; remove it or fill it")
    return document(name, text)


def shown(path: Path | str) -> str:
    """A path as it can be printed and stored, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


@contextmanager
def readable(path: Path | str) -> Iterator[None]:
    """What is done to a file in the block; ArticleError where it is no ordinary file, or may not or cannot be read."""
    name = shown(path)
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ArticleError(f"{name} is no ordinary file; save the article in one")
        yield
    except FileNotFoundError:
        raise ArticleError(f"{name} does not exist; check the path") from None
    except IsADirectoryError:
        raise ArticleError(f"{name} is a directory; name a file, or check that the directory may be listed") from None
    except PermissionError:
        raise ArticleError(f"{name} may not be read; check its permissions") from None
    except OSError as error:
        raise ArticleError(f"{name} cannot be read: {error.strerror or error}") from None


def document(path: str, text: str, given: Mapping[str, str] | None = None) -> Document:
    """A document of text already decoded. ArticleError where its front matter is malformed.

    `given` are FIELDS known from elsewhere; they go before the front matter, and `published` counts only if it can be read as a date.
    """
    block = front_matter(text)
    fields = _fields(block.of(text), path) if block else {}
    if block and not text[block.stop :].strip():
        raise ArticleError(f"{path} has no text below its front matter; remove it or fill it")
    day = _iso((given or {}).get("published", ""))
    fields |= {name: value for name, value in (given or {}).items() if name != "published"} | ({"published": day} if day else {})
    found = head(text, block.stop if block else 0)
    return Document(
        path=path,
        text=text,
        outlet=_outlet(fields.get("outlet")) or _host(fields.get("url")) or found.outlet,
        title=fields.get("title") or (found.title.of(text) if found.title else None),
        url=fields.get("url"),
        published=fields.get("published") or found.published,
        author=fields.get("author") or _author(found.byline.of(text) if found.byline else ""),
    )


def _author(byline: str) -> str | None:
    """The name in a byline: “Oleh: Ani Wijaya”, “Laporan Wartawan Contoh.com, Ani Wijaya”."""
    mark, _, name = byline.partition(":" if ":" in byline else ",")
    return (name.strip(" .") or None) if mark.lower().startswith(_BY) else None


def _decode(data: bytes, name: str) -> str:
    """UTF-8, its byte order mark dropped, or an encoding that leaves nothing but ordinary text."""
    if b"\0" in data:
        advice = "convert it to UTF-8" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "only text files can be annotated"
        raise ArticleError(f"{name} is not UTF-8 text: byte {data.index(0):,} is NUL; {advice}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = charset_normalizer.from_bytes(data, cp_isolation=ENCODINGS, preemptive_behaviour=False).best()
        text = str(guess) if guess else ""
        if not text or guess.chaos > 0.1 or _CONTROL.search(text) or len(_LETTER.findall(text)) < 0.6 * len(text):
            raise ArticleError(f"{name} is not UTF-8 text (byte {error.start:,}), nor any other; convert it to UTF-8") from None
        return text


_CONTROL = regex.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LETTER = regex.compile(r"[\p{L} ]")

# ---- front matter ----------------------------------------------------------------------------------------------------

_OPEN = regex.compile(r"---[ \t]*\r?\n(?=[a-z][\w-]*[ \t]*:)")
_CLOSE = regex.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", regex.MULTILINE)


def front_matter(text: str) -> Span | None:
    """The block between two `---` lines at the very start, both included; None where there is none or it is never closed."""
    opening = _OPEN.match(text)
    closing = opening and _CLOSE.search(text, opening.end(), opening.end() + MAX_FRONT_MATTER)
    return Span(0, closing.end()) if closing else None


def _fields(block: str, path: str) -> dict[str, str]:
    """The fields we know, as text; others are passed over, whatever they hold."""
    lines = block.splitlines(keepends=True)
    fields: dict[str, str] = {}
    key, depth = None, 0
    try:
        # Events, not objects: no aliases to expand, no types to guess, no depth to recurse into.
        for event in yaml.parse("".join(lines[1:-1]), Loader=yaml.SafeLoader):
            line = event.start_mark.line + 2
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ArticleError(f"{path}, line {line}: front matter may not use & or *; write the value out")
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
                key = None if depth == 1 else key
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                misplaced = depth == 1 and not isinstance(event, yaml.MappingStartEvent) or depth == 2 and key in (None, *FIELDS)
                if misplaced or depth > MAX_DEPTH:
                    raise ArticleError(f"{path}, line {line}: front matter needs lines of `name: text`")
            elif isinstance(event, yaml.ScalarEvent) and depth < 2:
                if depth == 0 and event.value:
                    raise ArticleError(f"{path}, line {line}: front matter needs lines of `name: text`")
                if key is None:
                    key = event.value
                    continue
                if key in FIELDS and event.value.strip() not in ("", "~", "null"):
                    fields[key] = " ".join(event.value.split())
                if key == "published" and key in fields:
                    fields[key] = _iso(fields[key]) or _bad_date(path, line, fields[key])
                key = None
    except yaml.YAMLError as error:
        line = error.problem_mark.line + 2 if getattr(error, "problem_mark", None) else 1
        problem = getattr(error, "problem", None) or "no YAML"
        raise ArticleError(f"{path}, line {line}: front matter cannot be read ({problem}); put the value in quotes") from None
    return fields


def _bad_date(path: str, line: int, value: str) -> str:
    raise ArticleError(f"{path}, line {line}: “{value[:40]}” is no date; write published: YYYY-MM-DD")


def _host(url: str | None) -> str | None:
    """The registered part of an address: news.detik.com -> detik.com, www.kontan.co.id -> kontan.co.id."""
    try:
        labels = (urlsplit(url or "").hostname or "").split(".")
    except ValueError:
        return None
    return ".".join(labels[-3 if len(labels) > 2 and labels[-2] in ("co", "or", "go", "ac", "web") else -2 :]) or None


# ---- the head --------------------------------------------------------------------------------------------------------

_OUTLETS = {name.strip().casefold(): address.strip() for name, _, address in (e.partition("=") for e in lexicon.words("outlets"))}
_MONTHS = {name.casefold(): number for number, names in enumerate(lexicon.words("months"), 1) for name in names.split()}
_PATTERNS = {
    "day": r"(?:(?i:\L<days>)[ ]?,?[ ]{1,3})",
    "date": r"(?P<d>\d{1,2})(?:[ ](?P<month>(?i:\L<months>))\.?[ ]|(?P<sep>[/-])(?P<m>\d{1,2})(?P=sep))(?P<y>(?:19|20)\d\d)(?!\d)",
    "iso": r"(?P<iso>(?:19|20)\d\d-\d\d-\d\d)(?!\d)(?:T\S{0,30})?",
    "time": r"[ ]?[,|/–-]?[ ]?(?:(?i:pukul|jam)[ ])?\d{1,2}[.:]\d\d(?::\d\d)?(?:[ ]?WI(?:B|TA|T)\b)?",
    "outlet": r"(?P<outlet>[A-Za-z][A-Za-z0-9-]{1,30}+\.[ ]?(?i:com|co\.[ ]?id|co(?!\.[ ]?id\b)|id|net|tv|org|news)\b"
    r"|(?i:\L<outlets>)(?!\w))",
    "place": r"\p{Lu}[\p{L}'’.]*+(?:[ /-]\p{Lu}[\p{L}'’.]*+){0,3}",
    "capitals": r"\p{Lu}[\p{Lu}'’.]{2,}+(?:[ -]\p{Lu}[\p{Lu}'’.]++){0,2}",
    "dash": r"[ ]{0,2}(?:[-–—]{1,3}[ ]?){1,2}(?<![ ])(?=[\s\p{Lu}\d“\"]|\Z)[ ]{0,2}",
}
_LISTS = {"days": lexicon.words("days"), "months": list(_MONTHS), "outlets": list(_OUTLETS), "papers": lexicon.words("outlet_words")}


def _compile(pattern: str) -> regex.Pattern:
    pattern = regex.sub(r"<<(\w+)>>", lambda m: _PATTERNS[m[1]], pattern)
    return regex.compile(pattern, **{name: entries for name, entries in _LISTS.items() if rf"\L<{name}>" in pattern})


_DATE = _compile(r"<<day>>?(?:<<date>>|<<iso>>)")
_DATE_LINE = _compile(
    r"(?:(?i:diterbitkan|dipublikasikan|diperbarui|terbit|tayang|rilis|published|updated?)[ ]?:?[ ]?)?"
    r"(?:(?P<name>[\p{L}\d.]++(?:[ ][\p{L}\d.]++){0,5})[ ]?[|–—-][ ]?)?<<day>>?(?:<<date>>|<<iso>>)(?:<<time>>)?(?:[ ]?\|[^\n]{0,20})?"
)
_DATE_PREFIX = _compile(r"(?:<<outlet>>[ ]?[|–—-][ ]?)?<<day>>?<<date>><<time>>[ ]?")
_BY = ("oleh", "penulis", "reporter", "pewarta", "wartawan", "laporan wartawan", "laporan reporter", "by")
_BYLINE = regex.compile(
    r"(?i:\L<by>)[ ]?:[ ]?[^\n]{2,80}|(?i:laporan (?:wartawan|reporter))[ ][^\n]{2,80}"
    r"|[^\n.,]{3,40}[ ][-–|][ ](?:detik|kumparan|CNN|CNBC)\w*(?:[ ]Indonesia)?|kumparan[A-Z]\w*",
    by=list(_BY),
)
_REPORT = regex.compile(r"Laporan Wartawan [^\n]{5,80}?(?=(?:[A-Z]{4,20}\. ?C|[A-Z]\w{2,20}\.com, [A-Z]))")
_COLUMN = regex.compile(r"(?:OLEH|Oleh) ?: ?\p{Lu}[^\n]{3,50}?(?<=\p{Ll}|\p{Lu}{2})(?=\p{Lu}\p{Ll})")
_DATELINES = tuple(
    map(
        _compile,
        (
            # REPUBLIKA.CO.ID, JAKARTA -- / KONTAN.CO.ID - JAKARTA.
            r"<<outlet>>(?:[ ]?[,.][ ]?|<<dash>>)<<place>>(?:<<dash>>|(?<=\p{Lu}{3}\.)[ ])",
            # Liputan6.com, Jakarta Polemik …
            r"<<outlet>>,[ ](?:(?:New|Los|San|Kuala|Hong|Abu|Banda|Bandar|Tanjung|Buenos|Den|Las|Tel|Phnom)[ ])?"
            r"\p{Lu}\p{L}++[ ]{1,2}(?=\p{Lu})",
            # SEMARANG, KOMPAS.com - / Jakarta, CNN Indonesia --
            r"<<place>>(?:,[ ]?<<place>>)?,[ ]?<<outlet>><<dash>>",
            # Moskow (ANTARA) - / ISTANBUL, 23 Februari 2016 (Antara/PRNewswire) --
            r"<<place>>(?:,[ ]?<<place>>)?(?:,[ ]?<<date>>)?[ ]?\(<<outlet>>[^()\n]{0,30}\)(?:<<dash>>|[ ]{1,2}|(?=\s))",
            # GELORA.CO -
            r"<<outlet>><<dash>>",
            # Radio Suara Pesisir, Tanjung Bira –
            r"(?P<outlet>(?:\p{Lu}\p{L}*+[ ]){0,3}(?:\L<papers>)(?:[ ]\p{Lu}\p{L}*+){0,3}),[ ]<<place>>[ ][-–—]{1,3}[ ]",
            # HANOI, Warta Delta – / MOSKOW (Khatulistiwa) –
            r"<<capitals>>,[ ](?P<outlet><<place>>)[ ][-–—]{1,3}[ ]",
            r"(?:<<capitals>>|\p{Lu}\p{Ll}++)[ ]\((?P<outlet><<place>>)\)[ ][-–—]{1,3}[ ]",
        ),
    )
)
# JAKARTA - / Jakarta -: told from a hyphenated name only by its capitals or its spaces.
_PLACE_ALONE = _compile(
    r"(?:<<capitals>>[ ]?[-–—]{1,3}|\p{Lu}\p{Ll}++(?:[ ]\p{Lu}\p{Ll}++)?[ ][-–—]{1,3}[ ])(?=[ \p{Lu}“\"])[ ]{0,2}"
)
_ADDRESS = regex.compile(r"[A-Za-z0-9-]+(?:\.[ ]?[A-Za-z]+)+")
_PAPER = _compile(r"\b(?:\L<papers>)\b")


def head(text: str, start: int = 0) -> Head:
    """Read the head of an article whose body starts at `start`."""
    parts: dict[str, Span] = {}
    outlet = published = None
    loose: list[Span] = []
    lines = list(_lines(text, start, HEAD_LINES + 1))
    for number, line in enumerate(lines[:HEAD_LINES]):
        words = line.of(text)
        if "date" not in parts and (m := _DATE_LINE.fullmatch(words)):
            parts["date"], published = line, _iso(words)
            outlet = _outlet(m["name"], strict=True)
            continue
        at = line.start
        glued = _REPORT.match(words) or _COLUMN.match(words)
        if "byline" not in parts and not glued and _BYLINE.fullmatch(words):
            parts["byline"] = line
            continue
        for part, pattern in (("byline", _REPORT), ("byline", _COLUMN), ("date", _DATE_PREFIX)):
            if part not in parts and (m := pattern.match(text, at, line.stop)):
                parts[part], at = Span(*m.span()), m.end()
                published = published or (_iso(m[0]) if part == "date" else None)
        m = next((m for p in _DATELINES if (m := p.match(text, at, line.stop))), None)
        if m is None and not loose and number < 4:
            m = _PLACE_ALONE.match(text, at, line.stop)
        if m:
            parts["dateline"] = Span(*m.span())
            outlet = _outlet(m.groupdict().get("outlet")) or outlet
            published = published or _iso(m[0])
            break
        if at > line.start:
            break
        if any(rule.pattern.fullmatch(words) for rule in rules.load("zones") if "line" in rule.options):
            continue
        following = lines[number + 1] if number + 1 < len(lines) else None
        if "title" not in parts and not loose and following and is_headline(text, line, following):
            parts["title"] = line
        elif _LETTER.search(words):
            loose.append(line)
    # What stands between the headline and a dateline is the caption of the picture there.
    captions = tuple(line for line in loose if line.stop - line.start <= 400) if "dateline" in parts and len(loose) <= 2 else ()
    return Head(**parts, captions=captions, outlet=outlet, published=published)


def is_headline(text: str, line: Span, following: Span) -> bool:
    """Is a line a headline: short, no sentence, and with the text on a line of its own below it?"""
    words, after = line.of(text), following.of(text)
    if not 15 <= len(words) <= 160 or not 3 <= len(words.split()) <= 25 or not (words[0].isupper() or words[0] in _TITLE_START):
        return False
    if words[-1] in ".,;:" and not words.endswith("...") or after[0].islower() or _SENTENCES.search(words):
        return False
    # Text wrapped at a column has lines of one length, most of them without an end of sentence.
    wrapped = text.count("\n", line.stop, following.start) == 1 and after[-1] not in _SENTENCE_END and len(after) < 1.3 * len(words)
    begins = any(p.match(after) for p in (_DATE_LINE, _BYLINE, _PLACE_ALONE, *_DATELINES))
    return len(text) - line.stop > len(words) and (begins or not wrapped)


_TITLE_START = "0123456789\"'“‘”’«[("
# A line of two sentences, or of nothing but what somebody says, is no headline.
_SENTENCES = regex.compile(r"(?<=\p{Ll}{2})[.?!]\s\p{Lu}|^[\"“”‘'][^\"“”’]*[\"”’']$|,[\"”]")
_SENTENCE_END = ".!?\"”'’:)"


def _lines(text: str, start: int, limit: int) -> Iterator[Span]:
    """The first lines that hold anything, without the space around them."""
    while limit and start < len(text):
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        words = text[start:stop]
        if words.strip():
            yield Span(start + len(words) - len(words.lstrip()), start + len(words.rstrip()))
            limit -= 1
        start = stop + 1


def _outlet(name: str | None, strict: bool = False) -> str | None:
    """The address of an outlet, or its name where no list knows it; with `strict`, only what cannot be a person."""
    name = (name or "").strip(" .")
    if name.casefold() in _OUTLETS:
        return _OUTLETS[name.casefold()]
    if _ADDRESS.fullmatch(name):
        return name.lower().replace(" ", "")
    if strict and not _PAPER.search(name):
        return None
    return name or None


def _iso(words: str) -> str | None:
    """The first date in the words as YYYY-MM-DD; None where there is none or no such day."""
    m = _DATE.search(words)
    if not m:
        return None
    try:
        if m["iso"]:
            return date.fromisoformat(m["iso"]).isoformat()
        month = _MONTHS[m["month"].casefold()] if m["month"] else int(m["m"])
        return date(int(m["y"]), month, int(m["d"])).isoformat()
    except ValueError:
        return None
