"""Charts whose form is kept show what the report's charts show."""

import polars as pl
import pytest

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app import forms
from speciosa.report.courses import time_course
from speciosa.report.effects import interval_panels

SOURCES = ("made-tea", "made-placebo")


def effects(shift: float) -> pl.DataFrame:
    """Two outcomes, of which the second cannot be estimated for placebo."""
    rows = [("tea", "relief"), ("placebo", "relief"), ("tea", "sedation"), ("tea", "nausea")]
    return pl.DataFrame(
        [
            {
                "arm": arm,
                "outcome": outcome,
                "axis": "share",
                "median": 0.3 + shift + place,
                "low": 0.1 + shift + place,
                "high": 0.6 + shift + place,
            }
            for place, (arm, outcome) in enumerate(rows)
        ]
    )


def curves(shift: float) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"arm": arm, "time_h": 6.0 * n, "median": n + shift, "low": n - 1.0, "high": n + 2.0}
            for arm in ("tea", "placebo")
            for n in range(9)
        ]
    )


@pytest.mark.parametrize("shift", [0.0, 2.5])
def test_panels_are_those_of_the_report(shift: float) -> None:
    table = effects(shift)
    expected = interval_panels("b", "Title", "Caption.", table, SOURCES, columns=2)
    figure, drawing = forms.panels("b", "Title", "Caption.", table, SOURCES, 2)
    assert drawing == expected.chart.to_dict()
    assert figure.table.equals(expected.table)
    assert (figure.caption, figure.sources) == (expected.caption, expected.sources)


@pytest.mark.parametrize("shift", [0.0, 2.5])
@pytest.mark.parametrize("stop", [None, 2.0])
def test_courses_are_those_of_the_report(shift: float, stop: float | None) -> None:
    table = curves(shift)
    about = {"stop_d": stop, "population": "20 patients"}
    expected = time_course("c", "Pain", "points", table, SOURCES, **about)
    figure, drawing = forms.course("c", "Pain", "points", table, SOURCES, **about)
    assert drawing == expected.chart.to_dict()
    assert figure.table.equals(expected.table)
    assert figure.caption == expected.caption
