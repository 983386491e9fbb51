"""The pages of the desk: a request in, a page out. What they show comes from store.py, figures.py and drawing.py."""

from __future__ import annotations

import asyncio
import json
from operator import index
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import sqlite_utils
from datasette.utils import tilde_decode, tilde_encode
from datasette.utils.asgi import Forbidden, NotFound, Response

from annotator import figures, store
from annotator.desk import drawing, plots
from annotator.document import Span

PERMISSION = "annotate-review"
# what the queue can be narrowed by: parameters of its address, columns of the view
FILTERS = ("outlet", "rule", "speaker")
SHOWN = 20
# what the front page counted: by database, period, and state of the database
_COUNTED: dict[tuple, dict] = {}


async def front(request, datasette):
    """What the database holds, plots that lead to the rows behind them, and the head of the queue."""
    name = await _visible(request, datasette)
    period = figures.Period(request.args.get("from", ""), request.args.get("to", ""))

    def read(db):
        key = name, period, store.state(db)
        if key not in _COUNTED:  # seconds on a large archive
            if len(_COUNTED) > 30:
                _COUNTED.clear()
            shown = [(figure, figure.rows(db, period)) for figure in figures.load() if figure.front]
            _COUNTED[key] = {"summary": store.summary(db), "agreement": store.agreement(db), "figures": shown, "queue": store.queue(db, limit=5)}
        return dict(_COUNTED[key])

    found = await _read(datasette, name, read)
    found["figures"] = [(figure, plots.draw(figure, rows), _rows_address(datasette, name, figure, period)) for figure, rows in found["figures"]]
    return await _page(request, datasette, name, "front", found | {"period": period})


async def article(request, datasette):
    """An article as it was, everything found in it marked, and its quotes beside it."""
    name = await _visible(request, datasette)
    document = int(request.url_vars["document"])
    found = await _read(datasette, name, lambda db: _article(db, document))
    return await _page(request, datasette, name, "article", found)


def _article(db, document: int) -> dict:
    annotation = store.one(db, str(document)) if store.holds(db, document) else None
    if annotation is None:
        raise NotFound(f"There is no article {document} in this database")
    numbers = store.quote_ids(db, annotation.document.path)
    reviews = store.reviews(db, document)
    return {
        "article": annotation.document,
        "document_id": document,
        "segments": drawing.segments(annotation, numbers),
        "quotes": drawing.quotes(annotation, numbers, store.run_of(db, annotation.document.path), reviews),
        "missed": [review for review in reviews if review["verdict"] == "missed" and review["quote"] is None],
        "names": drawing.names(annotation),
    }


async def speaker(request, datasette):
    """One speaker in all articles: names, roles, quotes over time, outlets."""
    name = await _visible(request, datasette)
    who, words = request.args.get("name", ""), request.args.get("q", "")

    def read(db):
        return store.speaker(db, who, words), [(f, f.rows(db, figures.Period(), who)) for f in figures.load() if f.speaker]

    found, shown = await _read(datasette, name, read)
    if not found["quotes"] and not words:
        raise NotFound(f"Nobody is named “{who}” in this database")
    drawn = [(figure, plots.draw(figure, rows), _rows_address(datasette, name, figure, figures.Period(), who)) for figure, rows in shown if rows]
    return await _page(request, datasette, name, "speaker", {"who": who, "words": words, "figures": drawn, **found})


async def queue(request, datasette):
    """The next quote to look at, and those after it."""
    name = await _visible(request, datasette)
    chosen = {key: request.args[key] for key in FILTERS if request.args.get(key)}
    after = request.args.get("after", "")[:9]  # as many digits as a number of SQLite's surely has
    after = int(after) if after.isdecimal() else 0

    def read(db):
        waiting = store.queue(db, limit=SHOWN + 1, offset=after, **chosen)
        head = next((row for row in waiting if row["quote"] is not None), None)
        found = _article(db, head["document"]) if head else {}
        if head:
            found["quotes"] = [quote for quote in found["quotes"] if quote["id"] == head["quote"]]
            found["segments"] = drawing.around(found["segments"], head["quote"])
        return found | {"head": head, "waiting": waiting[1:], "choices": store.queue_choices(db)}

    found = await _read(datasette, name, read)
    return await _page(request, datasette, name, "queue", {"chosen": chosen, "after": after, "filters": FILTERS, **found})


async def review(request, datasette):
    """Store a review that a form sends, and go on to where the form says."""
    name = await _visible(request, datasette)
    if request.method != "POST":
        return Response.text("Reviews are sent by POST.", status=405)
    if not await _may_review(datasette, request.actor):
        raise Forbidden("You may not review. Sign in with an account that holds the permission annotate-review.")
    form = await request.post_vars()
    path = Path(datasette.get_database(name).path)

    def write() -> None:
        with store.open(path, create=False) as db:
            document, said = _review(form, request.actor["id"])
            store.add_review(db, document, said)

    try:
        await asyncio.to_thread(write)
    except (store.StoreError, ValueError) as error:
        return await _page(request, datasette, name, "refused", {"why": str(error)}, status=400)
    base = address(datasette, name)
    if form.get("then") == "queue":
        return Response.redirect(f"{base}/queue?{urlencode(parse_qsl(form.get('filters', '')))}")
    return Response.redirect(f"{base}/article/{int(form['document'])}#q{quote(form.get('quote', ''))}")


def _review(form: dict, reviewer: str) -> tuple[int, store.Review]:
    """A form's fields as a review; ValueError says what it lacks."""
    verdict = form.get("verdict", "")
    if verdict not in store.VERDICTS:
        raise ValueError(f"“{verdict}” is no verdict; there are {', '.join(store.VERDICTS)}")
    try:
        document, place = int(form["document"]), _spans(form["place"])
        content = _spans(form["content"]) if verdict in ("span", "missed") else place
    except (KeyError, ValueError, TypeError, RecursionError):
        raise ValueError("no words are marked; select the words of the quote in the article first") from None
    who, kind = (form.get("other") or form.get("speaker") or "").strip() or None, form.get("kind")
    if verdict == "accepted":  # whatever else is chosen in the form
        who, kind = form.get("found") or None, form.get("found-kind")
    gone = verdict == "no quote"
    return document, store.Review(
        verdict, content if verdict == "missed" else place, () if gone else content, None if gone else form.get("type"),
        None if gone else who, None if gone or not who else kind or "person", reviewer, form.get("note"),
    )


def _spans(offsets: str) -> tuple[Span, ...]:
    return tuple(Span(index(start), index(stop)) for start, stop in json.loads(offsets))


# Datasette ---------------------------------------------------------------------------------------


def address(datasette, name: str) -> str:
    """Where the desk of a database is."""
    return datasette.urls.path(f"/-/desk/{tilde_encode(name)}")


async def is_ours(datasette, name: str) -> bool:
    """Whether a database was made by the annotator, in the version that these pages read."""
    versions = await datasette.get_database(name).execute_fn(store.version)
    return versions == (store.APPLICATION_ID, store.VERSION)


async def _visible(request, datasette) -> str:
    """The name of the request's database; NotFound unless it is one of ours, Forbidden if the actor may not see it."""
    name = tilde_decode(request.url_vars["database"])
    if name not in datasette.databases or not await is_ours(datasette, name):
        raise NotFound(f"There is no database {name} of the annotator here")
    if not await _allowed(datasette, request.actor, "view-database", name):
        raise Forbidden(f"You may not see {name}")
    return name


async def _allowed(datasette, actor: dict | None, action: str, database: str | None = None) -> bool:
    try:
        from datasette.resources import DatabaseResource
    except ImportError:  # 0.65
        return await datasette.permission_allowed(actor, action, database, default=action != PERMISSION)
    return await datasette.allowed(action=action, actor=actor, resource=DatabaseResource(database) if database else None)


async def _may_review(datasette, actor: dict | None) -> bool:
    """Whether reviewing is on, and the actor holds the permission."""
    return bool((datasette.plugin_config("annotate") or {}).get("write")) and bool(actor) and await _allowed(datasette, actor, PERMISSION)


async def _read(datasette, name: str, fn):
    """What a function of a database gives, read by Datasette's own connection."""
    return await datasette.get_database(name).execute_fn(lambda connection: fn(sqlite_utils.Database(connection)))


def _rows_address(datasette, name: str, figure: figures.Figure, period: figures.Period, who: str = "") -> str:
    arguments = {"from": period.start, "to": period.end, "who": who}
    named = {key: value for key, value in arguments.items() if f":{key}" in figure.sql}
    return datasette.urls.database(name) + "?" + urlencode({"sql": figure.sql, **named})


async def _page(request, datasette, name: str, template: str, found: dict, status: int = 200) -> Response:
    ground = {"database": name, "desk": address(datasette, name), "may_review": await _may_review(datasette, request.actor)}
    html = await datasette.render_template(f"annotate/{template}.html", ground | found, request=request)
    return Response.html(html, status=status)
