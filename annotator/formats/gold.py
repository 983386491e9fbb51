"""Reviewed articles as gold, in the exchange format: what reviewers say in place of what the annotator found.

An article is gold once each of its quotes has been reviewed. Names were not reviewed, so `entities` is null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from annotator import rows
from annotator.document import Annotation
from annotator.formats import jsonl


def lines(reviewed: Iterable[tuple[Annotation, Sequence[Mapping]]]) -> Iterator[str]:
    """One line for each article that is gold. `reviewed` gives annotations with their rows of `store.reviews`."""
    for annotation, reviews in reviewed:
        if is_whole(annotation, reviews):
            yield json.dumps(record(annotation, reviews), ensure_ascii=False, separators=(",", ":"))


def is_whole(annotation: Annotation, reviews: Sequence[Mapping]) -> bool:
    """Whether each quote has been reviewed, and at least one."""
    places = _by_place(reviews)
    return bool(reviews) and all(rows.offsets(a.quote.content) in places for a in annotation.attributions)


def record(annotation: Annotation, reviews: Sequence[Mapping]) -> dict:
    """An article whose quotes are those that reviewers say are there."""
    made = jsonl.record(annotation)
    places, quotes, seen = _by_place(reviews), [], set()
    for quote in made["quotes"]:
        review = places[json.dumps(quote["content"], separators=(",", ":"))]
        seen.add(review["review"])
        if review["content"] is not None:
            quotes.append(quote | _said(review) | ({} if review["speaker"] == quote["speaker"] else {"role": None, "affiliation": None}))
    added = max((quote["id"] for quote in made["quotes"]), default=0)
    for review in reviews:
        if review["review"] not in seen and review["content"] is not None and review["verdict"] == "missed":
            added += 1
            quotes.append({"id": added, "cue": None, "source": None, "implicit": True, "role": None, "affiliation": None, "via": None, "parent": None} | _said(review))
    kept = {quote["id"] for quote in quotes}
    for quote in quotes:
        quote["parent"] = quote["parent"] if quote["parent"] in kept else None
        for name in ("confidence", "rule", "speaker_rule"):
            quote.pop(name, None)
    return made | {"entities": None, "quotes": quotes}


def _said(review: Mapping) -> dict:
    return {"type": review["type"], "content": json.loads(review["content"]), "speaker": review["speaker"], "speaker_kind": review["kind"]}


def _by_place(reviews: Sequence[Mapping]) -> dict[str, Mapping]:
    """Reviews by the offsets that were looked at, and by those that are right; the later one counts."""
    return {place: review for review in reviews for place in (review["offsets"], review["content"]) if place}
