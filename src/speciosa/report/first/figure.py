"""The one figure of the first screen: differences from the reference, simulated and in studies of people, on one axis."""

from collections.abc import Sequence

import polars as pl

from speciosa.comparison.findings import Finding
from speciosa.report.figures.figure import Figure, anchor_of
from speciosa.report.figures.look import GREY, Spec, limit, quantity, whole
from speciosa.report.texts import text

SIMULATED, STUDIES = "#0b5fa5", "#b04a00"
_ROW_PX, _NARROW_ROW_PX = 21, 15
_WIDE_PX, _NARROW_PX = 158, 205
_NAME_PX = 150
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


def _drawing(rows: Sequence[Finding], table: pl.DataFrame, arms: list[str], width: int) -> Spec:
    panels = [_panel(row, table, arms, width, place == 0) for place, row in enumerate(rows)]
    return whole({"hconcat": panels, "spacing": 14})


def _panel(row: Finding, table: pl.DataFrame, arms: list[str], width: int, first: bool) -> Spec:
    layers: list[Spec] = [_line("zero", 0, {})]
    if row.least is not None:
        least = row.least if row.benefit else -row.least
        layers.append(_line("least", least, {"strokeDash": [4, 3]}))
    data = {"values": table.filter(pl.col("outcome") == row.title).drop("outcome").to_dicts()}
    y = {
        "field": "arm",
        "type": "nominal",
        "sort": arms,
        "title": None,
        "scale": {"domain": arms},
        "axis": {
            "labels": first,
            "ticks": False,
            "domain": False,
            "labelPadding": 6,
            "labelLimit": limit(arms, _NAME_PX),
        },
    }
    unit = "people of 1,000" if row.unit == "share" else row.unit
    low = quantity("low", title=unit, axis={"tickCount": 4, "grid": False})
    for basis, colour, shape, shift in (
        ("simulated", SIMULATED, "circle", -4),
        ("studies", STUDIES, "diamond", 5),
    ):
        one = {"data": data, "transform": [{"filter": f"datum.basis == '{basis}'"}]}
        bar = {"type": "rule", "strokeWidth": 2.5, "color": colour, "yOffset": shift}
        dot = {
            "type": "point",
            "filled": True,
            "size": 70,
            "opacity": 1,
            "color": colour,
            "shape": shape,
            "yOffset": shift,
        }
        layers += [
            {**one, "mark": bar, "encoding": {"y": y, "x": low, "x2": {"field": "high"}}},
            {**one, "mark": dot, "encoding": {"y": y, "x": quantity("median")}},
        ]
    row_px = _NARROW_ROW_PX if width == _NARROW_PX else _ROW_PX
    return {
        "layer": layers,
        "width": width,
        "height": row_px * len(arms),
        "title": {"text": row.title, "fontSize": 12, "offset": 4, "limit": width + 40},
    }


def _line(name: str, at: float, look: Spec) -> Spec:
    """A line across a panel."""
    return {
        "data": {"values": [{name: at}]},
        "mark": {"type": "rule", "color": GREY, **look},
        "encoding": {"x": quantity(name)},
    }
