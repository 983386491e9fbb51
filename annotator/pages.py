"""Web pages to the text of articles in Indonesian: most pages of a crawl are neither, and are passed over at little cost."""

from __future__ import annotations

import functools
import io
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from annotator import lexicon
from annotator.articles import ArticleError

COMMON = 4  # different words of the list `frequent` on a page that is worth parsing
LEAST = 250  # characters of an article; of 8,156, none is shorter, as lists of headlines and captions are
SAMPLE = 4_000  # characters of a text that tell its language


class LeftOut(Exception):
    """A page that is no article in Indonesian. The message, one of few, says why: “not Indonesian”, “not Indonesian: en”, “no article text”."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched: HTML as bytes, its address, the day it was fetched as an ISO date, and the charset its server declared."""

    html: bytes
    url: str | None = None
    fetched: str | None = None
    charset: str | None = None


def of(record, limit: int) -> Page | str | None:
    """The page of a response, a record of FastWARC; None where it is none in HTML, or what is wrong with it, as with one of more than `limit` bytes.

    A page without Indonesian words is left empty, so that it need not be carried about. EOFError where the record is cut off.
    """
    from fastwarc.stream_io import BrotliReader, ChunkedReader, GzipReader
    from fastwarc.warc import WarcRecord

    held = min(record.content_length, limit)
    block = record.reader.read(held)
    if len(block) < held:
        raise EOFError("the last record is cut off")
    answer = WarcRecord()  # with a reader of its own: what is wrong with one page does not stop the iterator
    answer.set_bytes_content(block)
    answer.is_http = True
    try:
        answer.parse_http()
        http = answer.http_headers
        if not http or http.status_code != 200 or (answer.http_content_type or "").lower() not in ("text/html", "application/xhtml+xml"):
            return None
        if record.content_length > limit:
            return _too_large(limit)
        packed = f"{http.get('Transfer-Encoding', '')},{http.get('Content-Encoding', '')}".lower()
        html = answer.reader.read()
        for coding, reader in (("chunked", ChunkedReader), ("gzip", GzipReader), ("br", BrotliReader)):
            if re.search(rf"\b{coding}\b", packed):
                html = reader(io.BytesIO(html)).read(limit + 1)
    except OSError as error:
        return f"cannot be unpacked ({error}); leave it out"
    if len(html) > limit:
        return _too_large(limit)
    address = (record.headers.get("WARC-Target-URI") or "").strip("<>") or None
    return Page(html if may_be_indonesian(html) else b"", address, (record.headers.get("WARC-Date") or "")[:10] or None, answer.http_charset)


def _too_large(limit: int) -> str:
    return f"is larger than {limit // 1000:,} kB; leave it out, or save its text in a file"


def may_be_indonesian(html: bytes) -> bool:
    """Whether a page holds common words of Indonesian, or of a language related to it.

    Of 8,156 Indonesian articles, without the rest of their pages, all but 29 do. Most pages are passed over for want of the first two words.
    """
    common = _common()
    return any(word in html for word in common[:2]) and sum(word in html for word in common) >= COMMON


@functools.cache
def _common() -> tuple[bytes, ...]:
    return tuple(f" {word} ".encode() for word in lexicon.words("frequent"))


def article(name: str, page: Page) -> Mapping[str, str]:
    """The text of a page, and what the page tells of it: articles.FIELDS. LeftOut, or ArticleError where the page cannot be parsed."""
    if not may_be_indonesian(page.html):
        raise LeftOut("not Indonesian")
    bounds = {"original_date": True, "extensive_search": False} | ({"max_date": page.fetched} if page.fetched else {})
    options = {"favor_precision": True, "include_comments": False, "include_tables": False, "with_metadata": True}
    extract = libraries()[0]
    try:
        found = extract(_decoded(page), url=page.url, date_extraction_params=bounds, **options)
    except Exception as error:  # whatever a page can do to a parser
        raise ArticleError(f"{name} cannot be parsed ({type(error).__name__}); leave it out") from None
    if found is None or len(found.text or "") < LEAST:
        raise LeftOut("no article text")
    language = _language(found.text)
    if language != "id":
        raise LeftOut(f"not Indonesian: {language}")
    # A line is a paragraph here; lines with nothing between them would be taken for wrapped ones.
    values = {"text": found.text.replace("\n", "\n\n"), "title": found.title, "url": page.url or found.url, "published": found.date, "author": found.author}
    return values if values["url"] else values | {"outlet": found.sitename}


def _decoded(page: Page) -> str | bytes:
    """A page as text, or as bytes where only a guess can tell."""
    try:
        return page.html.decode()
    except UnicodeDecodeError:
        pass
    try:
        return page.html.decode(page.charset, "replace") if page.charset else page.html
    except (LookupError, ValueError):  # no such charset
        return page.html


@functools.cache
def libraries() -> tuple:
    """trafilatura's function and py3langid's, which are slow to import. trafilatura lists pages it cannot read on the terminal unless told not to."""
    from py3langid import classify
    from trafilatura import bare_extraction

    for library in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    return bare_extraction, classify


def _language(text: str) -> str:
    """The language of a text: “id”.

    Of 8,156 Indonesian articles, py3langid takes 11 for Malay, which hold prayers in Arabic, and none for another language. All 11 have more
    words that only Indonesian spells so than words that only Malay does.
    """
    language = libraries()[1](text[:SAMPLE])[0]
    if language != "ms":
        return language
    words = re.findall(r"\w+", text)
    own, malay = (sum(word in known for word in words) for known in map(frozenset, map(lexicon.words, ("indonesian", "malay"))))
    return "id" if own > malay else language
