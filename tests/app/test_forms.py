"""Charts whose form is kept show what the report's charts show."""

import json
from collections import OrderedDict
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app.look import forms
from speciosa.report.figures.courses import time_course
from speciosa.report.sections.effects import interval_panels

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
    figure = forms.panels("b", "Title", "Caption.", table, SOURCES, 2)
    assert figure.spec == expected.chart.to_dict()
    assert figure.table.equals(expected.table)
    assert (figure.caption, figure.sources) == (expected.caption, expected.sources)


@pytest.mark.parametrize("shift", [0.0, 2.5])
@pytest.mark.parametrize("stop", [None, 2.0])
def test_courses_are_those_of_the_report(shift: float, stop: float | None) -> None:
    table = curves(shift)
    about = {"stop_d": stop, "population": "20 patients"}
    expected = time_course("c", "Pain", "points", table, SOURCES, **about)
    figure = forms.course("c", "Pain", "points", table, SOURCES, **about)
    assert figure.spec == expected.chart.to_dict()
    assert figure.table.equals(expected.table)
    assert figure.caption == expected.caption


def test_forms_of_the_last_start_are_taken_and_hold_no_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "forms.json"
    about = {"stop_d": 1.25, "population": "7 patients"}
    first = forms.course("c", "Pain", "points", curves(0.5), SOURCES, **about)
    forms.remember(path)
    kept = json.loads(path.read_text(encoding="utf-8"))["forms"]
    numbers = [row["median"] for form in kept.values() for row in rows_of(form["spec"])]
    assert numbers and not any(numbers)
    monkeypatch.setattr(forms, "_forms", OrderedDict())
    assert forms.recall(path)
    # The numbers stand in the drawing that was recalled, not in one that is built anew.
    monkeypatch.setattr("speciosa.report.figures.courses.time_course", None)
    again = forms.course("c", "Pain", "points", curves(0.5), SOURCES, **about)
    assert (again.spec, again.caption) == (first.spec, first.caption)


@pytest.mark.parametrize("content", ["", "[]", '{"made_by": "another version", "forms": {}}'])
def test_forms_of_another_version_are_left(tmp_path: Path, content: str) -> None:
    path = tmp_path / "forms.json"
    assert not forms.recall(path)
    path.write_text(content, encoding="utf-8")
    assert not forms.recall(path)


def rows_of(node: object) -> list[dict[str, float]]:
    """Rows of every data set in a drawing."""
    if isinstance(node, list):
        return [row for part in node for row in rows_of(part)]
    if not isinstance(node, dict):
        return []
    found = node.get("data", {}).get("values", [])
    return found + [row for key, part in node.items() if key != "data" for row in rows_of(part)]
