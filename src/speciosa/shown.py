"""What a notebook shows of a result: a table, a chart, and both as HTML.

The methods are here, on the ground floor, so that every result can have them; how a kind of result is drawn is known to
``speciosa.report.figures.of_results``, which is loaded when one is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

_DRAWS = "speciosa.report.figures.of_results"


class Shown:
    """Gives a result ``to_frame``, ``plot`` and its picture in a notebook."""

    __slots__ = ()

    def to_frame(self) -> "pl.DataFrame":
        """The result as a Polars table, one row a thing that it tells."""
        found: pl.DataFrame = import_module(_DRAWS).frame_of(self)
        return found

    def plot(self, **choices: Any) -> "alt.TopLevelMixin":
        """The result as an Altair chart.

        Args:
            choices: what the kind of result lets one choose, such as ``outcome`` of outcomes or ``output`` of a simulation.
        """
        found: alt.TopLevelMixin = import_module(_DRAWS).chart_of(self, **choices)
        return found

    def _repr_html_(self) -> str:
        return str(import_module(_DRAWS).html_of(self))
