"""The network graph: what has been compared with what, how often and in how many people."""

import math
from typing import Any

import altair as alt
import polars as pl

from speciosa.evidence.network.data import Network
from speciosa.report.figures.colours import COLOURS
from speciosa.report.figures.theme import NARROW, unchecked

SIDE = 420
# Browsers set text a little wider than it is measured when the figure is drawn.
ROOM = {"left": 40, "right": 40, "top": 5, "bottom": 5}


def nodes_table(network: Network) -> pl.DataFrame:
    """One row a treatment: place on a circle, studies, people (None where arms were not given)."""
    count = len(network.treatments)
    rows = []
    for place, name in enumerate(network.treatments):
        angle = math.pi / 2 - 2 * math.pi * place / count
        studies = [study for study in network.studies if name in study.treatments]
        arms = [arm for study in studies for arm in study.arms if arm.treatment == name]
        sizes = [arm.people for arm in arms if arm.people]
        rows.append(
            {
                "treatment": name,
                "x": math.cos(angle),
                "y": math.sin(angle),
                "studies": len(studies),
                "people": sum(sizes) if len(sizes) == len(studies) else None,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def edges_table(network: Network) -> pl.DataFrame:
    """One row a direct comparison and the number of studies behind it."""
    rows = [
        {"treatment": one, "versus": other, "studies": len(trials)}
        for (one, other), trials in sorted(network.comparisons.items())
    ]
    return pl.DataFrame(rows)


@unchecked
def network_chart(network: Network, *, narrow: bool = False) -> alt.TopLevelMixin:
    """The graph: nodes by people (or studies), lines by the number of studies, which stands on each line.

    Args:
        network: of trials.
        narrow: whether nodes have numbers whose treatments stand below the graph, for a telephone.
    """
    nodes = nodes_table(network)
    nodes = nodes.with_columns(
        size=pl.col("people") if nodes["people"].null_count() == 0 else pl.col("studies"),
        lx=pl.col("x") * 1.16,
        ly=pl.col("y") * 1.16,
        number=pl.int_range(1, pl.len() + 1),
    )
    across = 1.3 if narrow else 1.9
    dots = alt.Chart(alt.Data(values=nodes.to_dicts()))
    layers = [
        *_comparisons(nodes, edges_table(network), across),
        dots.mark_circle(color=COLOURS[0], opacity=1).encode(
            **_place("x", "y", across),
            size=alt.Size("size:Q", legend=None, scale=alt.Scale(range=[60, 900])),
        ),
    ]
    here = _place("lx", "ly", across)
    if not narrow:
        layers += _names(dots, here)
        return alt.layer(*layers).properties(width=SIDE * 1.46, height=SIDE, padding=ROOM)
    layers.append(dots.mark_text(fontSize=12, color="#1d2730").encode(**here, text="number:N"))
    graph = alt.layer(*layers).properties(width=NARROW, height=NARROW)
    key = dots.transform_calculate(line="datum.number + '  ' + datum.treatment").mark_text(
        align="left", fontSize=12, color="#1d2730", limit=NARROW
    )
    rows = alt.Y("number:O", axis=None)
    listed = key.encode(x=alt.value(0), y=rows, text="line:N")
    return alt.vconcat(graph, listed.properties(width=NARROW, height=18 * len(nodes)))


def _place(x: str, y: str, across: float) -> dict[str, Any]:
    sides, up = alt.Scale(domain=[-across, across]), alt.Scale(domain=[-1.3, 1.3])
    return {
        "x": alt.X(f"{x}:Q", scale=sides, axis=None),
        "y": alt.Y(f"{y}:Q", scale=up, axis=None),
    }


def _comparisons(nodes: pl.DataFrame, edges: pl.DataFrame, across: float) -> list[alt.Chart]:
    """A line for each pair of treatments that was compared, and the number of studies on it."""
    places = nodes.select("treatment", "x", "y")
    edges = (
        edges.join(places, on="treatment")
        .join(places.rename({"treatment": "versus", "x": "x2", "y": "y2"}), on="versus")
        .with_columns(mx=(pl.col("x") + pl.col("x2")) / 2, my=(pl.col("y") + pl.col("y2")) / 2)
    )
    lines = alt.Chart(alt.Data(values=edges.to_dicts()))
    most = int(edges["studies"].max() or 1)  # type: ignore[arg-type]
    width = alt.StrokeWidth(
        "studies:Q", legend=None, scale=alt.Scale(domain=[1, max(most, 2)], range=[1.5, 9])
    )
    return [
        lines.mark_rule(color="#9aa5af", opacity=0.8).encode(
            **_place("x", "y", across), x2="x2:Q", y2="y2:Q", strokeWidth=width
        ),
        lines.mark_text(fontSize=11, color="#1d2730", dy=-6).encode(
            **_place("mx", "my", across), text="studies:Q"
        ),
    ]


def _names(dots: alt.Chart, here: dict[str, Any]) -> list[alt.Chart]:
    """The treatments around the circle."""
    sides = (
        ("left", "datum.x > 0.05"),
        ("right", "datum.x < -0.05"),
        ("center", "abs(datum.x) <= 0.05"),
    )
    return [
        dots.transform_filter(rule)
        .mark_text(align=align, fontSize=12, color="#1d2730")  # type: ignore[arg-type]
        .encode(**here, text="treatment:N")
        for align, rule in sides
    ]
