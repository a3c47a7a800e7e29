"""One look for every figure: quiet, readable in print and for the colour-blind."""

from collections.abc import Sequence
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from speciosa.report.figures.colours import COLOURS

WIDTH = 620
# Of a plot on a telephone, whose labels stand above what they name.
NARROW = 325
# Fonts whose widths the drawing program knows, so that a browser does not cut what was measured.
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_INK, _GREY, _LINE = "#1d2730", "#5a6672", "#d9dee3"

unchecked = debug_mode(False)
"""Builds a chart without comparing each of its parts with the schema, which takes longer than drawing it; tests do."""


@alt.theme.register("speciosa", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """The Vega-Lite configuration that all charts share."""
    axis: Any = {
        "labelColor": _GREY,
        "titleColor": _INK,
        "gridColor": _LINE,
        "domainColor": _GREY,
        "tickColor": _GREY,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": 500,
        "labelLimit": 260,
    }
    return {
        "config": {
            "background": "white",
            "padding": {"left": 10, "right": 14, "top": 6, "bottom": 6},
            "font": _FONT,
            "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": 260},
            "axis": axis,
            "legend": {
                "labelColor": _INK,
                "titleColor": _INK,
                "labelFontSize": 12,
                "labelLimit": 260,
            },
            "header": {"labelColor": _INK, "labelFontSize": 12, "titleColor": _INK},
            "title": {"color": _INK, "fontSize": 14, "fontWeight": 600, "anchor": "start"},
            "range": {"category": list(COLOURS)},
        }
    }


def colour_scale(names: Sequence[str]) -> alt.Scale:
    """The same colour for the same arm in every figure."""
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    return alt.Scale(domain=list(names), range=colours)


_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])


def dash_scale(names: Sequence[str]) -> alt.Scale:
    """A pattern of the line for each arm beside its colour, so that lines are told apart without colours."""
    return alt.Scale(
        domain=list(names), range=[_DASHES[place % len(_DASHES)] for place in range(len(names))]
    )
