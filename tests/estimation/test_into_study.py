"""From data to a comparison: a fit of a substance stands in a study, by files and the command line alone."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import speciosa as sp
from speciosa.cli import options
from speciosa.cli.commands import register
from speciosa.errors import StudyError
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen
from speciosa.study.fits import with_fits
from speciosa.study.question.read import parse_study, read_study
from speciosa.study.question.schema import Fitted

FIT = """
title = "Morphine in people who clear it fast"
[data]
file = "data.csv"
[model]
substance = "morphine"
routes = ["iv"]
[parameters]
CL = { start = 100.0, between = 0.1 }
V1 = { start = 30.0 }
[error.plasma]
kind = "proportional"
proportional = 0.1
"""
STUDY = """
title = "Morphine as fitted"
question = "What does fast clearance change?"
[population]
patients = 6
draws = 3
[[fitted]]
file = "results/fit.json"
[[arms]]
name = "Morphine"
regimen = "10 mg morphine iv every 6 h x 4"
[[arms]]
name = "None"
regimen = "none"
[follow_up]
until = "1 d"
outcomes = ["breathing_fall"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data of people whose clearance is twice the library's, fitted by the command."""
    made = tmp_path_factory.mktemp("fast")
    plan = schedule(parse_regimen("10 mg morphine iv"))
    model = system(("morphine",), ways=plan.ways).build(static=True)
    clearance = next(p for p in model.parameters if p.name == "morphine.disposition.CL")
    rng = np.random.default_rng(3)
    rows = ["ID,TIME,AMT,CMT,DV,WT"]
    for subject in range(10):
        own = clearance.value * 2 * np.exp(0.25 * rng.standard_normal())
        times = [0.25, 1.0, 2.0, 4.0, 6.0]
        course = sp.simulate(
            model, plan.regimen(model.target_names), parameters={clearance.name: own}, times=times
        )["morphine"][0]
        rows.append(f"{subject},0,7.5,1,.,70")
        noise = np.exp(0.1 * rng.standard_normal(len(times)))
        rows += [f"{subject},{t},.,1,{v * 0.28534 * e},70" for t, v, e in zip(times, course, noise, strict=True)]  # fmt: skip
    (made / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    (made / "fit.toml").write_text(FIT, encoding="utf-8")
    (made / "study.toml").write_text(STUDY, encoding="utf-8")
    run(made, "fit", "fit.toml", "--out", "results")
    return made, clearance.value


def run(made, *words):
    app = typer.Typer()
    app.callback()(options)
    register(app)
    placed = [str(made / w) if w.endswith(".toml") or w in ("results", "out") else w for w in words]
    done = CliRunner().invoke(app, placed)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_fit_says_what_it_is_in_the_library(folder):
    made, library = folder
    told = json.loads((made / "results" / "fit.json").read_text())["library"]
    assert told["substance"] == "morphine" and told["method"] == "FOCEI"
    number = told["parameters"]["morphine.disposition.CL"]
    assert number["value"] == pytest.approx(2 * library, rel=0.25)
    assert number["between"] == pytest.approx(0.25, abs=0.15)
    assert 0 < number["uncertainty"] < 0.3
    assert "between" not in told["parameters"]["morphine.disposition.V1"]


def test_the_study_takes_its_numbers(folder):
    made, library = folder
    study = read_study(made / "study.toml")
    (fit,) = study.fitted
    assert fit.substance == "morphine"
    plan = schedule(study.arms[0].doses)
    model = system(plan.substances, ways=plan.ways).build()
    taken = {p.name: p for p in with_fits(model, study.fitted).parameters}
    clearance = taken["morphine.disposition.CL"]
    assert clearance.value == fit.parameters["morphine.disposition.CL"].value
    assert clearance.between_patient_sd == fit.parameters["morphine.disposition.CL"].between
    assert clearance.source == "fit by FOCEI: results/fit.json"
    kept = {p.name: p for p in model.parameters}
    assert taken["morphine.disposition.V1"].between_patient_sd == kept["morphine.disposition.V1"].between_patient_sd  # fmt: skip


def test_numbers_without_standard_errors_keep_the_uncertainty_of_the_library(folder):
    made, _ = folder
    fit = sp.fit(made / "fit.toml")
    bare = {name: replace(number, se=math.nan) for name, number in fit.numbers.items()}
    told = json.loads(json.dumps(replace(fit, numbers=bare).as_dict()))["library"]
    model = system(("morphine",), ways=schedule(parse_regimen("10 mg morphine iv")).ways).build()
    taken = {p.name: p for p in with_fits(model, [Fitted.model_validate(told)]).parameters}
    kept = {p.name: p for p in model.parameters}
    for name, number in told["parameters"].items():
        assert taken[name].value == number["value"] != kept[name].value
        assert taken[name].uncertainty_cv == kept[name].uncertainty_cv > 0


@pytest.mark.slow
def test_compare_from_the_command_line(folder):
    made, _ = folder
    fitted = sp.compare(made / "study.toml")
    usual = STUDY.replace('[[fitted]]\nfile = "results/fit.json"\n', "")
    (made / "usual.toml").write_text(usual, encoding="utf-8")
    plain = sp.compare(made / "usual.toml")
    fall = [run_of(found) for found in (fitted, plain)]
    assert fall[0] < 0.97 * fall[1]  # what is cleared fast slows breathing less
    run(made, "compare", "study.toml", "--out", "out")
    page = (made / "out" / "report.html").read_text(encoding="utf-8")
    assert "fit by FOCEI: results/fit.json" in page


def run_of(found):
    table = found.outcomes.table
    return float(table.filter(table["arm"] == "Morphine")["value"].mean())


TRIAL = """
title = "Morphine as fitted"
indication = "pain"
[population]
patients = 20
draws = 1
[[fitted]]
file = "results/fit.json"
[[arms]]
name = "Morphine"
regimen = "10 mg morphine iv every 6 h x 4"
[[arms]]
name = "None"
regimen = "none"
[design]
size = 20
visits = ["0 h", "12 h", "24 h"]
[endpoint]
output = "acute_pain_nrs"
[simulation]
replicates = 20
truth = 1000
"""


@pytest.mark.slow
def test_a_virtual_trial_takes_the_fit_too(folder):
    made, _ = folder
    (made / "trial.toml").write_text(TRIAL, encoding="utf-8")
    usual = TRIAL.replace('[[fitted]]\nfile = "results/fit.json"\n', "")
    (made / "plain.toml").write_text(usual, encoding="utf-8")
    fitted, plain = (sp.trial(made / f"{name}.toml", threads=1) for name in ("trial", "plain"))
    truths = [found.comparisons[0].truth.value for found in (fitted, plain)]
    assert truths[1] < truths[0] < 0  # what is cleared fast relieves less


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('file = "results/none.json"', "line 8, fitted, 1 ('results/none.json'), file"),
        ('file = "study.toml"', "no JSON"),
        ('file = "plain.json"', "a fit of a substance of the library"),
        ("", "file"),
    ],
)
def test_what_is_no_fit_is_told(folder, entry, told):
    made, _ = folder
    (made / "plain.json").write_text('{"objective": 1}', encoding="utf-8")
    (made / "bad.toml").write_text(STUDY.replace('file = "results/fit.json"', entry))
    with pytest.raises(StudyError) as caught:
        read_study(made / "bad.toml")
    assert told in str(caught.value)


def test_a_substance_that_no_arm_gives(folder):
    made, _ = folder
    (made / "other.toml").write_text(STUDY.replace("10 mg morphine iv", "5 mg oxycodone oral"))
    with pytest.raises(StudyError, match="a substance that an arm gives: oxycodone"):
        read_study(made / "other.toml")
    with pytest.raises(StudyError, match="a study in a file"):
        parse_study(STUDY)


def test_no_fit_changes_nothing():
    model = system(("morphine",)).build(static=True)
    assert with_fits(model, ()) is model
    assert with_fits(model, (Fitted(substance="morphine"),)) is model
