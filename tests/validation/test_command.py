"""`speciosa validate` as it is called: JSON, exit status, faulty rows beside good ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from speciosa.validation.predict import Options
from speciosa.validation.run import validate

HEADER = "id,doses,versus,covariates,analyte,metric,at,statistic,value,unit,n\n"
GOOD = "a,10 mg morphine iv,,,morphine,AUC0-inf,,geomean,95,ng*h/mL,12\n"
RATIO = "r,10 mg morphine iv,5 mg morphine iv,,morphine,AUC0-inf_ratio,,mean,2,1,12\n"
BAD = "b,10 mg morphine iv,,,morphine,Cpeak,,mean,1,ng/mL,\n"
LOST = "c,10 mg morphine iv,,,oxycodone,Cmax,,mean,1,ng/mL,\n"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from speciosa.cli import main; main()",
        "validate",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    path.write_text(HEADER + GOOD + RATIO + BAD + LOST, encoding="utf-8")
    out = path.with_name("predicted.csv")
    done = run(str(path), "--json", "--draws", "20", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), out


def test_json_has_the_shape_of_the_contract(report):
    found, _ = report
    assert set(found) == {"summary", "rows", "not_predicted"}
    measures = {"n", "gmfe", "within_1_25", "within_1_5", "within_2", "coverage_90", "rmse"}
    assert set(found["summary"]) == measures | {"groups"}
    assert all(set(group) == measures for group in found["summary"]["groups"].values())
    keys = {"id", "observed", "predicted", "low", "high", "fold_error", "inside"}
    assert all(set(row) == keys for row in found["rows"])


def test_good_rows_are_predicted_and_each_faulty_one_is_named_with_its_reason(report):
    found, _ = report
    assert [row["id"] for row in found["rows"]] == ["a", "r"]
    reasons = {row["id"]: row["reason"] for row in found["not_predicted"]}
    assert set(reasons) == {"b", "c"}
    assert "AUC0-inf" in reasons["b"] and "morphine" in reasons["c"]


def test_a_ratio_of_doses_in_a_linear_model_is_theirs(report):
    found, _ = report
    ratio = found["rows"][1]
    assert ratio["predicted"] == pytest.approx(2.0, rel=0.1)
    assert ratio["low"] < ratio["predicted"] < ratio["high"]


def test_every_row_is_written(report):
    _, out = report
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5 and lines[0].startswith("id,analyte,metric")


def test_a_file_of_which_nothing_can_be_used_is_an_input_error(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + BAD, encoding="utf-8")
    done = run(str(path), "--json")
    assert done.returncode == 2 and "Cpeak" in done.stderr
    assert json.loads(done.stdout)["summary"]["n"] == 0


def test_a_file_that_is_not_there_is_an_input_error(tmp_path):
    done = run(str(tmp_path / "none.csv"))
    assert done.returncode == 2 and "none.csv" in done.stderr


def test_the_example_of_the_documentation_runs(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    path = tmp_path / "rows.csv"
    path.write_text(page.split("```csv\n")[1].split("```")[0], encoding="utf-8")
    report = validate(path, options=Options(draws=20))
    assert [row.id for row in report.rows] == ["tablet", "tea", "breathing", "trial"]
    assert [name for name, _ in report.not_predicted] == ["slip"]
