"""The report on source diversity: one page that needs nothing else, or its tables as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from importlib.resources import files

import jinja2
from sqlite_utils import Database

from annotator import __version__, figures, store
from annotator.desk import plots


def html(db: Database, name: str, period: figures.Period) -> str:
    """The report on a database for a period, as a page with its plots inside and nothing to be fetched."""
    shown = [(figure, rows, plots.draw(figure, rows)) for figure, rows in _tables(db, period)]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, loader=jinja2.FileSystemLoader(str(files("annotator.desk") / "templates")))
    return environment.get_template("annotate/report.html").render(
        name=name, period=period, figures=shown, summary=store.summary(db), agreement=store.agreement(db), made=date.today(), version=__version__
    )


def tables(db: Database, period: figures.Period) -> Iterator[tuple[str, str]]:
    """The report's tables: the name of each, and it as CSV."""
    for figure, rows in _tables(db, period):
        out = io.StringIO()
        if rows:
            writer = csv.DictWriter(out, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows({key: _inert(value) for key, value in row.items()} for row in rows)
        yield figure.id, out.getvalue()


def _tables(db: Database, period: figures.Period) -> Iterator[tuple[figures.Figure, list[dict]]]:
    return ((figure, figure.rows(db, period)) for figure in figures.load() if figure.report)


def _inert(value: object) -> object:
    """Words that a spreadsheet would take for a formula, as words (OWASP, CSV injection)."""
    return "'" + value if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
