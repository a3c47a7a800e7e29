"""The league table: every treatment against every other, estimate and interval, ordered by rank."""

from typing import TYPE_CHECKING

import polars as pl

from speciosa.evidence.network.effects import display

if TYPE_CHECKING:
    from speciosa.evidence.network.result import NetworkResult


def league_table(result: "NetworkResult", digits: int = 2) -> pl.DataFrame:
    """A square of texts, ``estimate (low to high)``, row treatment against column treatment.

    The lower left triangle holds network estimates of row against column, the upper right one the direct evidence
    alone (column order read the same way: row against column), the diagonal the names. Best treatments come first
    by P-score; by name where ranks are withheld.

    Args:
        result: a network meta-analysis.
        digits: decimals shown; ratios are taken out of their logarithm.
    """
    order = result.order
    place = {name: index for index, name in enumerate(result.treatments)}
    values = result.estimates
    half = result.half_width
    show = display(result.network.measure)

    def text(effect: float, se: float) -> str:
        if not effect == effect:
            return ""
        low, high = show(effect - half * se), show(effect + half * se)
        return f"{show(effect):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    columns: dict[str, list[str]] = {"treatment": list(order)}
    for column, other in enumerate(order):
        cells = []
        for row, one in enumerate(order):
            i, j = place[one], place[other]
            if row == column:
                cells.append(one)
            elif row > column:
                cells.append(text(values.effect[i, j], values.se[i, j]))
            else:
                cells.append(text(values.direct[i, j], values.direct_se[i, j]))
        columns[other] = cells
    return pl.DataFrame(columns)
