"""The one figure of the first screen: differences from the reference, simulated and in studies of people, on one axis."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from speciosa.comparison.findings import Finding
from speciosa.report.figures.figure import Figure, anchor_of
from speciosa.report.figures.theme import unchecked
from speciosa.report.texts import text

SIMULATED, STUDIES, GREY, INK = "#0b5fa5", "#b04a00", "#5a6672", "#1d2730"
_ROW_PX, _NARROW_ROW_PX = 21, 16
_WIDE_PX, _NARROW_PX = 158, 205
_SCHEMA = {
    "arm": pl.String,
    "outcome": pl.String,
    "unit": pl.String,
    "basis": pl.String,
    "median": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def panels_of(rows: Sequence[Finding], main: str) -> list[Finding]:
    """The main outcome, and the first serious harm, or harm, that the models tell."""
    first = [row for row in rows if row.key == main]
    others = [
        row
        for row in sorted(rows, key=lambda row: not row.serious)
        if row not in first
        and not row.benefit
        and any(cell.simulated for cell in row.cells.values())
        and row.key != "breathing_stops"
    ]
    return [*first, *others[:1]]


def differences_table(rows: Sequence[Finding]) -> pl.DataFrame:
    """One row an arm, outcome and basis: the difference with its interval; shares as people of 1,000."""
    found = []
    for row in rows:
        scale = 1000.0 if row.unit == "share" else 1.0
        unit = "of 1,000" if row.unit == "share" else row.unit
        for cell in row.cells.values():
            sets: list[tuple[str, float, float | None, float | None]] = []
            if cell.simulated is not None:
                s = cell.simulated
                sets.append(("simulated", s.median, s.low, s.high))
            if cell.trial is not None and cell.trial.kind == "difference":
                t = cell.trial
                sets.append(("studies", t.estimate, t.low, t.high))
            for basis, middle, low, high in sets:
                ends = (middle if end is None else end for end in (middle, low, high))
                found.append((cell.arm, row.title, unit, basis, *(scale * x for x in ends)))
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def first_figure(rows: Sequence[Finding], main: str, reference: str) -> Figure:
    """The figure as a wide drawing; `Figure.narrow` is the one for a telephone, of the main outcome only."""
    shown = panels_of(rows, main)
    table = differences_table(shown)
    arms = list(shown[0].cells) if shown else []
    sources = ("findings", *(anchor_of("made", arm) for arm in arms[:2]))
    return Figure(
        "answer",
        text("figure.title", reference=reference),
        text("figure.caption"),
        _drawing(shown, table, arms, _WIDE_PX),
        table,
        sources,
        narrow=_drawing(shown[:1], table, arms, _NARROW_PX),
    )


@unchecked
def _drawing(
    rows: Sequence[Finding], table: pl.DataFrame, arms: list[str], width: int
) -> alt.TopLevelMixin:
    panels = [_panel(row, table, arms, width, place == 0) for place, row in enumerate(rows)]
    chart: alt.TopLevelMixin = alt.hconcat(*panels, spacing=14)
    return chart


def _panel(
    row: Finding, table: pl.DataFrame, arms: list[str], width: int, first: bool
) -> alt.LayerChart | alt.FacetChart:
    mine = table.filter(pl.col("outcome") == row.title).drop("outcome").to_dicts()
    data = alt.Data(values=mine)
    y = alt.Y(
        "arm:N",
        sort=arms,
        title=None,
        scale=alt.Scale(domain=arms),
        axis=alt.Axis(labels=first, ticks=False, domain=False, labelPadding=6, labelLimit=150),
    )
    unit = "people of 1,000" if row.unit == "share" else row.unit
    x = alt.X("low:Q", title=unit, axis=alt.Axis(tickCount=4, grid=False))
    base = alt.Chart(data).encode(y=y)
    layers: list[alt.Chart] = [
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=GREY).encode(x="zero:Q")
    ]
    if row.least is not None:
        least = row.least if row.benefit else -row.least
        layers.append(
            alt.Chart(alt.Data(values=[{"least": least}]))
            .mark_rule(color=GREY, strokeDash=[4, 3])
            .encode(x="least:Q")
        )
    for basis, colour, shape, shift in (
        ("simulated", SIMULATED, "circle", -4),
        ("studies", STUDIES, "diamond", 5),
    ):
        one = base.transform_filter(f"datum.basis == '{basis}'")
        layers += [
            one.mark_rule(strokeWidth=2.5, color=colour, yOffset=shift).encode(x=x, x2="high:Q"),
            one.mark_point(
                filled=True, size=70, opacity=1, color=colour, shape=shape, yOffset=shift
            ).encode(x="median:Q"),
        ]
    title = alt.TitleParams(row.title, fontSize=12, offset=4, limit=width + 40)
    row_px = _NARROW_ROW_PX if width == _NARROW_PX else _ROW_PX
    return alt.layer(*layers).properties(width=width, height=row_px * len(arms), title=title)
