"""`speciosa check` reads a table as the command does that the table is made for, and says the same of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.check import faults_of, notes_of
from speciosa.cli.commands import register

FEWEST = "id,doses,analyte,metric,value,unit\n"
GOOD = {
    "observed.csv": FEWEST + "a,10 mg morphine PO,M6G,AUCinf,95,ng·h/mL\n",
    "counts.csv": "study,events_t,n_t,events_c,n_c\nA,1,10,2,10\nB,0,9,1,9\n",
    "means.csv": "study;mean_t;sd_t;n_t;mean_c;sd_c;n_c\nA;1,5;2;10;2,5;2;9\n",
    "effects.csv": "study,effect,se\nA,0.1,0.2\n",
    "arms.csv": "study,treatment,events,n\nA,x,1,10\nA,y,2,10\n",
    "contrasts.csv": "study,treat1,treat2,effect,se\nA,x,y,0.1,0.2\n",
}
FAULTY = {
    "observed.csv": (FEWEST + "a,10 mg morphine oral,morphine,Cpeak,-1,g\n", "Cmax"),
    "negative.csv": (FEWEST + "a,10 mg morphine oral,morphine,Cmax,-1,ng/mL\n", "0 or more"),
    "counts.csv": ("study,events_t,n_t,events_c,n_c\nA,11,10,2,10\n", "at most n"),
    "columns.csv": ("study,events_t,n_t,events_c\nA,1,10,2\n", "column 'n_c'"),
    "arms.csv": ("study,treatment,events,n\nA,x,1,10\nB,y,2,10\n", "A"),
    "facts.csv": ("id,parameter,seen\na,CL,recall\n", "columns of a fact table"),
}


@pytest.mark.parametrize("name", GOOD)
def test_tables_that_a_command_takes_have_no_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD[name], encoding="utf-8")
    assert faults_of(tmp_path / name) == []


STUDY = """
title = "Who takes it"
question = "Who takes it?"
indication = "pain"
[population]
patients = 4
draws = 2
covariates = "sex=female; weight=60 kg"
[follow_up]
until = "1 d"
outcomes = ["pain_relief"]
[[arms]]
name = "morphine"
regimen = "10 mg morphine oral every 6 h x 4"
covariates = "food=fed"
[[arms]]
name = "oxycodone"
regimen = "10 mg oxycodone oral every 6 h x 4"
"""


def test_what_a_study_says_of_patients_and_no_arm_uses_is_told(tmp_path: Path) -> None:
    """Sex acts on oxycodone and not on morphine; food acts on morphine by mouth."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    assert faults_of(path) == []
    told = [note for note in notes_of(path) if "no effect" in note]
    assert told == ["morphine: no effect of sex is modelled on the outcomes after morphine."]


def test_what_a_row_says_of_its_patients_and_no_model_uses_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "id,doses,covariates,analyte,metric,value,unit\n"
        "a,100 mg methadone oral,food=fed; weight=60 kg,methadone,Cmax,300,ng/mL\n",
        encoding="utf-8",
    )
    assert notes_of(path) == ("a: no effect of food is modelled on methadone after methadone.",)


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_those_of_the_command(tmp_path: Path, name: str) -> None:
    text, told = FAULTY[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert told in " ".join(map(str, faults_of(tmp_path / name)))


def test_a_folder_is_told_and_json_is_one_object(tmp_path: Path) -> None:
    if not app.registered_commands:
        register(app)
    done = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    assert done.exit_code == 2
    found = json.loads(done.stdout)
    assert (found["ok"], found["faults"][0]["found"]) == (False, "a folder")


def test_a_route_that_nobody_wrote_is_told(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'title = "t"\nquestion = "q?"\n\n[[arms]]\nname = "lozenge"\nregimen = "400 ug Actiq"\n\n'
        '[[arms]]\nname = "written"\nregimen = "10 mg morphine oral"\n',
        encoding="utf-8",
    )
    said = CliRunner().invoke(app, ["check", str(path)]).output.splitlines()
    (lozenge,) = [line for line in said if line.startswith("  lozenge;")]
    (written,) = [line for line in said if line.startswith("  written;")]
    assert lozenge.endswith("taken as fentanyl transmucosal") and "taken as" not in written
