"""The heat of inconsistency: which design disagrees, and which design explains it."""

import altair as alt
import numpy as np
import polars as pl

from speciosa.evidence.network.data import Network
from speciosa.evidence.network.inconsistency import heat
from speciosa.report.figures.network import ROOM
from speciosa.report.figures.theme import unchecked

MOST_DESIGNS = 30


def heat_table(network: Network, tau2: float) -> pl.DataFrame:
    """One row a pair of designs: how much inconsistency of the first vanishes when the second is set free.

    Of a large network the `MOST_DESIGNS` designs with the largest changes are shown.
    """
    designs, matrix = heat(network, tau2)
    if len(designs) > MOST_DESIGNS:
        kept = np.sort(np.argsort(-np.abs(matrix).max(axis=1))[:MOST_DESIGNS])
        designs, matrix = [designs[place] for place in kept], matrix[np.ix_(kept, kept)]
    return pl.DataFrame(
        [
            {"design": one, "set_free": other, "q_change": float(matrix[i, j])}
            for i, one in enumerate(designs)
            for j, other in enumerate(designs)
        ],
        schema={"design": pl.String(), "set_free": pl.String(), "q_change": pl.Float64()},
    )


@unchecked
def heat_chart(table: pl.DataFrame) -> alt.TopLevelMixin:
    """Warm cells: freeing the column's design lowers the disagreement of the row's; cool cells: it raises it."""
    most = max(float(table["q_change"].abs().max() or 0.0), 1.0)  # type: ignore[arg-type]
    order = table["design"].unique(maintain_order=True).to_list()
    chart: alt.TopLevelMixin = (
        alt.Chart(alt.Data(values=table.to_dicts()))
        .mark_rect()
        .encode(
            x=alt.X(
                "set_free:N", sort=order, title="Design set free", axis=alt.Axis(labelAngle=-40)
            ),
            y=alt.Y("design:N", sort=order, title="Design"),
            color=alt.Color(
                "q_change:Q",
                title="Change of Q",
                scale=alt.Scale(domain=[-most, 0, most], range=["#0b5fa5", "#f7f7f7", "#d55e00"]),
            ),
        )
        .properties(width=26 * len(order) + 60, height=26 * len(order) + 40, padding=ROOM)
    )
    return chart
