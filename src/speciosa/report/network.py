"""The network graph: what has been compared with what, how often and in how many people."""

import math

import altair as alt
import polars as pl

from speciosa.evidence.network_data import Network
from speciosa.report.colours import COLOURS
from speciosa.report.theme import unchecked

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
        sizes = [
            arm.n for study in studies for arm in study.arms if arm.treatment == name and arm.n
        ]
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
def network_chart(network: Network) -> alt.TopLevelMixin:
    """The graph: nodes by people (or studies), lines by the number of studies, which stands on each line."""
    nodes = nodes_table(network)
    places = nodes.select("treatment", "x", "y")
    edges = (
        edges_table(network)
        .join(places, on="treatment")
        .join(places.rename({"treatment": "versus", "x": "x2", "y": "y2"}), on="versus")
        .with_columns(mx=(pl.col("x") + pl.col("x2")) / 2, my=(pl.col("y") + pl.col("y2")) / 2)
    )
    nodes = nodes.with_columns(
        size=pl.col("people") if nodes["people"].null_count() == 0 else pl.col("studies"),
        lx=pl.col("x") * 1.16,
        ly=pl.col("y") * 1.16,
    )
    across, up = alt.Scale(domain=[-1.9, 1.9]), alt.Scale(domain=[-1.3, 1.3])

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=across, axis=None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=up, axis=None)

    lines = alt.Chart(alt.Data(values=edges.to_dicts()))
    dots = alt.Chart(alt.Data(values=nodes.to_dicts()))
    most = int(edges["studies"].max() or 1)  # type: ignore[arg-type]
    width = alt.StrokeWidth(
        "studies:Q", legend=None, scale=alt.Scale(domain=[1, max(most, 2)], range=[1.5, 9])
    )
    layers = [
        lines.mark_rule(color="#9aa5af", opacity=0.8).encode(
            x=x("x"), y=y("y"), x2="x2:Q", y2="y2:Q", strokeWidth=width
        ),
        lines.mark_text(fontSize=11, color="#1d2730", dy=-6).encode(
            x=x("mx"), y=y("my"), text="studies:Q"
        ),
        dots.mark_circle(color=COLOURS[0], opacity=1).encode(
            x=x("x"),
            y=y("y"),
            size=alt.Size("size:Q", legend=None, scale=alt.Scale(range=[60, 900])),
        ),
    ]
    for align, rule in (
        ("left", "datum.x > 0.05"),
        ("right", "datum.x < -0.05"),
        ("center", "abs(datum.x) <= 0.05"),
    ):
        label = dots.transform_filter(rule).mark_text(align=align, fontSize=12, color="#1d2730")  # type: ignore[arg-type]
        layers.append(label.encode(x=x("lx"), y=y("ly"), text="treatment:N"))
    return alt.layer(*layers).properties(width=SIDE * 1.46, height=SIDE, padding=ROOM)
