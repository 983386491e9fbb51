"""Columns of other people's archives to the fields of an article; what columns are called is data that people edit: data/columns.toml."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files

from annotator import articles
from annotator.articles import ArticleError

MAX_FIELD = 1_000  # characters of a title and the like; what is longer is none
# Days as articles.document does not read them: 20240618, 2024/06/18, June 18, 2024.
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)([/.]?)(\d\d)\2(\d\d)(?=\D|\d{6}\b|$)")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? ((?:19|20)\d\d)\b")


@functools.cache
def _names() -> dict[str, list[str]]:
    """What columns are called: data/columns.toml."""
    table = tomllib.loads(files("annotator").joinpath("data/columns.toml").read_text(encoding="utf-8"))
    return {field: [name.casefold() for name in names] for field, names in table.items()}


def places(names: Iterable[str], archive: str) -> dict[str, int]:
    """Where the columns that hold a field stand. ArticleError if none holds the text."""
    names = [name.strip().casefold() for name in names]
    found = {field: next((names.index(one) for one in known if one in names), None) for field, known in _names().items()}
    if found["text"] is None:
        there = ", ".join(name[:30] for name in names[:10]) or "none"
        raise ArticleError(f"{archive} has no column that holds the text (columns: {there}); call it text, or add its name to data/columns.toml")
    return {field: at for field, at in found.items() if at is not None}


def of_object(record: Mapping[str, object]) -> Mapping[str, str] | str:
    """Fields of a JSON object, of which each may have others; what is empty is as if it was not there."""
    values = {name.strip().casefold(): value for name, value in record.items() if value not in (None, "")}
    found = {field: next((values[one] for one in known if one in values), None) for field, known in _names().items()}
    if found["text"] is None and values:
        return f"has no text (fields: {', '.join(name[:30] for name in list(values)[:10])}); call it text, or add its name to data/columns.toml"
    return checked(found)


def checked(values: Mapping[str, object]) -> Mapping[str, str] | str:
    """The text and what else is known of an article, or what is wrong with it."""
    text = values["text"]
    if not isinstance(text, str) or not text.strip():
        return "has no text; remove it or fill it"
    fault = _fault(text)
    if fault:
        return fault
    known = {field: _words(value) for field, value in values.items() if field != "text"}
    if known.get("published"):
        known["published"] = _MONTH_FIRST.sub(r"\2 \1 \3", _YEAR_FIRST.sub(r"\1-\3-\4 ", known["published"]))
    return {"text": text} | {field: value for field, value in known.items() if value}


def _fault(text: str) -> str | None:
    """Why a text cannot be stored, if it cannot."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        return f"is not UTF-8 text (character {error.start + 1:,}); convert it to UTF-8"
    if size > articles.MAX_BYTES:
        return f"is larger than {articles.MAX_BYTES // 1000:,} kB; divide it"
    return f"is not text: character {text.index(chr(0)) + 1:,} is NUL; remove it" if "\0" in text else None


def _words(value: object) -> str | None:
    """A title, an author, a day as it can be shown; None where it is none, or cannot be stored."""
    if isinstance(value, list):
        value = ", ".join(one for one in value if isinstance(one, str))
    elif isinstance(value, date):  # a datetime is one
        value = value.isoformat()
    words = " ".join(value.split()) if isinstance(value, str) and len(value) <= MAX_FIELD else ""
    return None if not words or _fault(words) else words
