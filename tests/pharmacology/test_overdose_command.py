"""`speciosa overdose` as it is called: the published outcome, the course as a file, faults together."""

import csv
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from speciosa.cli.commands import register
from speciosa.errors import InputError

NAIVE = ("overdose", "fentanyl", "1 mg", "--published", "--until", "30 min")


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


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("oxycodone", "5 mg"), "of 5 mg oxycodone iv."),
        (("hydrocodone", "5 mg"), "of 5 mg hydrocodone oral."),
        (("morphine", "5 mg", "--route", "oral"), "of 5 mg morphine oral."),
        (("fentanyl", "20 ug", "--with", "1 mg midazolam"), "; 1 mg midazolam oral."),
    ],
)
def test_the_route_is_told_that_was_taken(asked: tuple[str, ...], told: str) -> None:
    first = run("overdose", *asked, "--until", "10 min").stdout.splitlines()[0]
    assert first.startswith("No cardiac arrest within 600 s") and told in first


def test_every_fault_is_told_at_once() -> None:
    error = run("overdose", "fentanyl", "much", "--naloxone", "iv", "--gap", "later").exception
    assert isinstance(error, InputError)
    assert {fault.where for fault in error.faults} == {"dose", "--gap", "--doses"}


@pytest.mark.parametrize("dose", ["2 kg", "1e9 mg", "2e9 ug"])
def test_what_nobody_takes_at_once_is_a_mistaken_unit(dose: str) -> None:
    error = run("overdose", "fentanyl", dose).exception
    assert isinstance(error, InputError) and "at most 1 kg at once" in str(error)
    of_the_paper = run("overdose", "fentanyl", dose, "--published").exception
    assert isinstance(of_the_paper, InputError) and "0 to 1e+06" in str(of_the_paper)


def test_the_library_follows_any_opioid_and_what_is_taken_besides() -> None:
    alone, both = (
        json.loads(run("overdose", "fentanyl", "100 ug", "--json", *more).stdout)
        for more in ((), ("--with", "10 mg midazolam iv"))
    )
    assert not alone["arrest"] and alone["baseline_ventilation_l_min"] == pytest.approx(7, abs=0.3)
    assert both["lowest_ventilation_l_min"] < alone["lowest_ventilation_l_min"]
    leaf = json.loads(run("overdose", "kratom_leaf", "5 g", "--until", "2 h", "--json").stdout)
    assert not leaf["arrest"] and leaf["lowest_ventilation_l_min"] > 5


def test_tolerance_and_naloxone_save_from_a_dose_that_kills_others() -> None:
    dose = ("overdose", "fentanyl", "800 ug", "--json")
    naive = json.loads(run(*dose).stdout)
    assert naive["arrest"] and naive["collapse_s"] > 220
    assert not json.loads(run(*dose, "--user", "tolerant 400 MME").stdout)["arrest"]
    rescued = json.loads(run(*dose, "--naloxone", "iv", "--doses", "2 mg").stdout)
    assert not rescued["arrest"] and rescued["last_ventilation_l_min"] > 4


def test_the_note_says_whose_course_it_is() -> None:
    published = json.loads(run(*NAIVE, "--json").stdout)["note"]
    own = json.loads(run("overdose", "fentanyl", "1 mg", "--json").stdout)["note"]
    assert "Mann" in published and "Mann" not in own
