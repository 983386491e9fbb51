"""Figures on source diversity, each a query over the view `said` that a reader can run again: data/figures.toml."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Period:
    """Dates of publication, ISO 8601, both included; empty for no bound."""

    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it states, its query, and how it is drawn.

    The first column of the query labels a row; `plot` is bars, stacked (a series for each other column) or lines (the second column names the series).
    `front`, `report` and `speaker` say on which pages it stands.
    """

    id: str
    title: str
    says: str
    plot: str
    sql: str
    front: bool = False
    report: bool = False
    speaker: bool = False

    def rows(self, db: Database, period: Period, who: str = "") -> list[dict[str, object]]:
        """What the query gives for a period, and for one speaker where it asks for one."""
        return list(db.query(self.sql, {"from": period.start, "to": period.end, "who": who}))


@functools.cache
def load() -> tuple[Figure, ...]:
    """All figures in the order of the file."""
    table = tomllib.loads(files("annotator").joinpath("data/figures.toml").read_text(encoding="utf-8"))
    return tuple(Figure(id, **entry) for id, entry in table.items())
