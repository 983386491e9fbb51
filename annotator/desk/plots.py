"""Figures drawn as SVG, without script or network, by pygal. Words of articles are escaped by it, unseen letters written out here."""

from __future__ import annotations

from collections.abc import Sequence

import pygal
from markupsafe import Markup
from pygal.style import Style

from annotator import terminal
from annotator.figures import Figure

# Okabe and Ito's colours, darkened where they lack contrast with white (3:1, WCAG 1.4.11)
COLOURS = ("#0072b2", "#d55e00", "#007a5a", "#8a4f7d", "#9a6a00", "#1b6f99", "#555555", "#b0003a")
STYLE = Style(
    background="transparent", plot_background="transparent", colors=COLOURS, foreground="#333", foreground_strong="#111",
    foreground_subtle="#767676", font_family="inherit", label_font_size=13, major_label_font_size=13, legend_font_size=13,
    value_font_size=12, value_colors=("#ffffff",) * len(COLOURS), tooltip_font_size=12, opacity="1", opacity_hover=".8", guide_stroke_color="#ddd", major_guide_stroke_color="#ccc",
)


def draw(figure: Figure, rows: Sequence[dict]) -> Markup | None:
    """A figure's rows as an SVG element; None where there is nothing to draw."""
    if not rows:
        return None
    label, *columns = rows[0]
    if figure.plot == "lines":
        chart = _lines(rows, label, *columns)
    elif figure.plot == "stacked":
        chart = _bars(pygal.HorizontalStackedBar, rows, label, columns)
    else:
        chart = _bars(pygal.HorizontalBar, rows, label, columns[:1])
    chart.add_xml_filter(_still)
    return Markup(chart.render(is_unicode=True))


def _still(root):
    """The drawing without pygal's script; what that would show beside a bar becomes the bar's own title."""
    for parent in list(root.iter()):
        for child in [child for child in parent if str(child.tag).endswith("script")]:
            parent.remove(child)
        if parent.tag == "desc" and parent.get("class") == "value":
            parent.tag = "title"
    return root


def _chart(kind, height: int, **options):
    return kind(
        style=STYLE, width=720, height=height, js=(), show_legend=True, legend_at_bottom=True, margin=4, explicit_size=False,
        disable_xml_declaration=True, no_prefix=False, truncate_label=-1, truncate_legend=40, **options,
    )


def _bars(kind, rows: Sequence[dict], label: str, columns: Sequence[str]):
    """Horizontal bars, the first row on top: names are long."""
    chart = _chart(kind, 70 + 26 * len(rows) + 20 * (len(columns) > 1), print_values=len(columns) == 1)
    chart.show_legend = len(columns) > 1
    chart.x_labels = [_short(row[label]) for row in reversed(rows)]
    for column in columns:
        chart.add(column.replace("_", " "), [row[column] for row in reversed(rows)])
    return chart


def _lines(rows: Sequence[dict], label: str, series: str, value: str):
    """One line for each value of the second column, over those of the first."""
    steps = _months(min(row[label] for row in rows), max(row[label] for row in rows))
    chart = _chart(pygal.Line, 320, x_label_rotation=40, x_labels_major_count=12, show_minor_x_labels=False, dots_size=3, include_x_axis=True)
    chart.x_labels = steps
    for name in dict.fromkeys(row[series] for row in sorted(rows, key=lambda row: str(row[series]))):
        found = {row[label]: row[value] for row in rows if row[series] == name}
        chart.add(_short(name or "no outlet"), [found.get(step, 0) for step in steps])
    return chart


def _months(first: str, last: str) -> list[str]:
    """All months from one to another, as in 2024-06, those without quotes as well."""
    start, stop = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(start, stop + 1)]


def _short(words: object) -> str:
    return terminal.shortened(terminal.one_line(str(words)), 34)
