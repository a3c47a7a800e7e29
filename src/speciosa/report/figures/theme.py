"""The look of every figure for charts that Altair builds."""

from collections.abc import Sequence

import altair as alt
from altair.utils.schemapi import debug_mode

from speciosa.report.figures.colours import COLOURS
from speciosa.report.figures.look import NARROW as NARROW
from speciosa.report.figures.look import WIDTH as WIDTH
from speciosa.report.figures.look import config

unchecked = debug_mode(False)
"""Builds a chart without comparing each of its parts with the schema, which takes longer than drawing it; tests do."""


@alt.theme.register("speciosa", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """The Vega-Lite configuration that all charts share."""
    return {"config": config()}  # type: ignore[typeddict-item]


def colour_scale(names: Sequence[str]) -> alt.Scale:
    """The same colour for the same name of a result, which says nothing of its substance."""
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    return alt.Scale(domain=list(names), range=colours)
