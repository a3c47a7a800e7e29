"""Figures of the report for the browser: the same Vega-Lite, drawn there, with caption, source, table and CSV beside it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl
from markupsafe import Markup

from speciosa.delimited import frame_as_csv
from speciosa.report.figures.colours import COLOURS, shaded
from speciosa.report.figures.figure import label, spec_of
from speciosa.report.number import table_html

if TYPE_CHECKING:
    from speciosa.report.figures.figure import Figure

COURSE_POINTS = 180
_NARROW_PANEL, _THIRD = 250, 250


_DARK = {
    "#1d2730": "#e6ebef",
    "#5a6672": "#aab6c0",
    "#d9dee3": "#3a444d",
    "#f4f6f7": "#1e262c",
    "#00735c": "#1fae8c",
    "#4cb89a": "#a5ead6",
    "#9a7d00": "#d8b53a",
    "#0b5fa5": "#5ea9ea",
    "#7a4fa3": "#b593dd",
    "#8a4b14": "#d9955a",
    "#a33b52": "#e58a9d",
}
DARK = {
    shaded(light, place): shaded(dark, lighter)
    for light, dark in {**{each: each for each in COLOURS}, **_DARK}.items()
    for place, lighter in ((1, 1), (2, 3), (3, 1))
} | _DARK
"""What the light colours of a drawing become where the page is dark: as far apart, and bright enough to read."""


@dataclass
class View:
    """What a page shows: text as HTML, and the drawings that stand in it, in order."""

    parts: list[Markup] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)

    def text(self, html: Markup) -> None:
        """Adds HTML."""
        self.parts.append(html)

    def heading(self, words: str, anchor: str = "") -> None:
        """Adds a heading; `anchor` is where a link or a list leads to."""
        place = Markup(' id="{}"').format(anchor) if anchor else ""
        self.parts.append(Markup("<h2{}>{}</h2>").format(place, words))

    def figure(self, figure: "Figure", *, narrow: bool = False) -> None:
        """Adds a figure of the report, with its sources and its table.

        Args:
            figure: of the report.
            narrow: whether its panels stand one below the other.
        """
        links = Markup(", ").join(
            Markup('<a href="#{}">{}</a>').format(anchor, label(anchor))
            for anchor in figure.sources
        )
        self.draw(
            figure.name,
            figure.title,
            Markup("{} Source: {}.").format(figure.caption, links),
            spec_of(figure.chart),
            figure.table,
            anchor=figure.sources[0],
            narrow=narrow,
        )

    def draw(
        self,
        name: str,
        title: str,
        caption: str,
        drawing: dict[str, Any],
        table: pl.DataFrame,
        *,
        anchor: str = "methods",
        narrow: bool = False,
    ) -> None:
        """Adds a chart, as Vega-Lite, with its caption and its table."""
        self.figures.append(fitted(drawing, narrow))
        data = base64.b64encode(frame_as_csv(table).encode()).decode()
        self.parts.append(
            Markup(
                '<figure id="fig-{name}" data-source="#{anchor}"><h3>{title}</h3>'
                '<div class="drawing" role="img" tabindex="0" aria-label="{alt}"><div data-figure="{place}"></div></div>'
                '<figcaption>{caption} <a download="{name}.csv" href="data:text/csv;base64,{data}">CSV</a> '
                '<button type="button" class="link" data-save="svg">SVG</button> '
                '<button type="button" class="link" data-save="png">PNG</button></figcaption>'
                '<details id="table-{name}"><summary>The numbers as a table</summary>{table}</details></figure>'
            ).format(
                name=name,
                anchor=anchor,
                title=title,
                alt=Markup("{}. {}").format(title, caption).striptags(),
                place=len(self.figures) - 1,
                caption=caption,
                data=data,
                table=table_html(table, anchor),
            )
        )

    def message(self, key: str, stage: str) -> dict[str, Any]:
        """The view as it goes to the browser."""
        return {
            "html": str(Markup("").join(self.parts)),
            "figures": self.figures,
            "key": key,
            "stage": stage,
        }


def thinned(course: pl.DataFrame) -> pl.DataFrame:
    """A time course with fewer points than a screen has columns, its last one kept."""
    step = max(1, len(course) // COURSE_POINTS)
    return course.filter(
        (pl.int_range(pl.len()) % step == 0) | (pl.int_range(pl.len()) == pl.len() - 1)
    )


def fitted(drawing: dict[str, Any], narrow: bool) -> dict[str, Any]:
    """A drawing of several panels, or one that is wide, arranged for the width of the screen."""
    if "facet" in drawing:
        panels, width = drawing["facet"]["sort"], drawing["spec"]["width"]
        if narrow:
            width = min(width, _NARROW_PANEL)
            columns = _NARROW_PANEL // width
        elif len(panels) == 3:
            width, columns = min(width, _THIRD), 3
        else:
            columns = drawing["columns"]
        return {**drawing, "columns": columns, "spec": {**drawing["spec"], "width": width}}
    if narrow and drawing.get("width", 0) > _NARROW_PANEL:
        config = drawing["config"]
        legend = {**config["legend"], "orient": "bottom"}
        return {**drawing, "width": _NARROW_PANEL, "config": {**config, "legend": legend}}
    return drawing


def columns_for(narrow: bool, wide: int = 3) -> int:
    """Panels side by side."""
    return 1 if narrow else wide


def joined(parts: Sequence[Markup]) -> Markup:
    """Parts without anything between them."""
    return Markup("").join(parts)
