"""One look for every figure, as plain Vega-Lite: quiet, readable in print and for the colour-blind.

Charts that every report and each move of a slider draws are written as Vega-Lite themselves: a library that builds charts
takes longer to load and to build than the drawing takes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from speciosa.report.figures.colours import COLOURS, Ink

Spec = dict[str, Any]
"""A chart, or a part of one, as Vega-Lite."""

WIDTH = 620
# Of a plot on a telephone, whose labels stand above what they name.
NARROW = 325
# Fonts whose widths the drawing program knows, so that a browser does not cut what was measured.
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
INK, GREY, LINE = "#1d2730", "#5a6672", "#d9dee3"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
LONGEST_PX = 260
_WIDEST_LETTER_PX = 11.4


def config() -> Spec:
    """The configuration that all charts share."""
    return {
        "background": "white",
        "padding": {"left": 10, "right": 14, "top": 6, "bottom": 6},
        "font": _FONT,
        "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": 260},
        "axis": {
            "labelColor": GREY,
            "titleColor": INK,
            "gridColor": LINE,
            "domainColor": GREY,
            "tickColor": GREY,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 500,
            "labelLimit": LONGEST_PX,
        },
        # A limit has each label measured, which takes longer than drawing it; numbers are short.
        "axisQuantitative": {"labelLimit": 0},
        "legend": {
            "labelColor": INK,
            "titleColor": INK,
            "labelFontSize": 12,
            "labelLimit": LONGEST_PX,
        },
        "header": {"labelColor": INK, "labelFontSize": 12, "titleColor": INK},
        "title": {"color": INK, "fontSize": 14, "fontWeight": 600, "anchor": "start"},
        "range": {"category": list(COLOURS)},
    }


def whole(spec: Spec) -> Spec:
    """A chart that stands alone, in the look of all."""
    return {"config": config(), **spec, "$schema": _SCHEMA}


def limit(names: Sequence[str], most_px: int = LONGEST_PX) -> int:
    """The width at which names beside an axis are cut; 0, for no limit and no measuring, where none can reach it."""
    return most_px if max(map(len, names), default=0) * _WIDEST_LETTER_PX > most_px else 0


def colour_of(arms: Sequence[str], inks: Mapping[str, Ink], legend: Spec | None = None) -> Spec:
    """The encoding of the colour of each arm."""
    scale = {"domain": list(arms), "range": [inks[arm].colour for arm in arms]}
    return {
        "field": "arm",
        "type": "nominal",
        "scale": scale,
        "sort": list(arms),
        "legend": legend,
    }


def dash_of(arms: Sequence[str], inks: Mapping[str, Ink], legend: Spec | None = None) -> Spec:
    """The encoding of the pattern of each arm's line, so that lines are told apart without colours."""
    scale = {"domain": list(arms), "range": [list(inks[arm].dash) for arm in arms]}
    return {
        "field": "arm",
        "type": "nominal",
        "scale": scale,
        "sort": list(arms),
        "legend": legend,
    }


def quantity(field: str, **more: object) -> Spec:
    """The encoding of a number on an axis."""
    return {"field": field, "type": "quantitative", **more}
