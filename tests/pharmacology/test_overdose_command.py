"""`speciosa overdose` as it is called: the published outcome, the course as a file, faults together."""

import csv
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from speciosa.cli.commands import register
from speciosa.errors import InputError

NAIVE = ("overdose", "fentanyl", "1 mg", "--until", "30 min")


def run(*arguments: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, list(arguments))


def test_untreated_the_heart_stops_when_the_published_model_says(tmp_path: Path) -> None:
    out = tmp_path / "course.csv"
    found = json.loads(run(*NAIVE, "--json", "--out", str(out)).stdout)
    assert found["arrest"] and found["collapse_s"] == pytest.approx(428.5, abs=5)
    assert found["below_40_percent_s"] == pytest.approx(18.25, abs=1)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 1801 and min(float(row["brain_po2_mmhg"]) for row in rows) >= 0


def test_naloxone_in_time_saves_and_is_told() -> None:
    text = run(
        *NAIVE, "--naloxone", "im_generic", "--doses", "2000 ug", "--first", "1.5 min"
    ).stdout
    assert text.startswith("No cardiac arrest") and "Naloxone at 90 s" in text


def test_every_fault_is_told_at_once() -> None:
    error = run("overdose", "fentanyl", "much", "--naloxone", "iv", "--gap", "later").exception
    assert isinstance(error, InputError)
    assert {fault.where for fault in error.faults} == {"dose", "--gap", "--doses"}
