"""A painkiller known from trials comes with one sheet from a folder outside the package, and joins what the program knows."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
PLASMA = """
[disposition]
compartments = 1
CL = { value = 7, unit = "L/h", guess = "0.24 L/kg and a half-life of 1.65 h" }
V1 = { value = 17, unit = "L", guess = "0.24 L/kg" }
fu = { value = 0.01, guess = "99% bound", scale = "logit" }
weight_on_clearance = { value = 0.75, guess = "allometry", fixed = true }
weight_on_volume = { value = 1.0, guess = "allometry", fixed = true }

[[pathways]]
enzyme = "ugt2b7"
fraction = { value = 1.0, guess = "conjugated", fixed = true }

[[absorption]]
route = "oral"
F = { value = 0.9, guess = "nearly all", scale = "logit" }
paths = [{ ka = { value = 3, unit = "1/h", guess = "peak within half an hour" } }]

[relief]
mechanism = "cyclooxygenase"
c50 = { value = 0.8, unit = "mg/L", cv = 0.5, how = "judgement", guess = "of the class at the labelled dose" }

[without]
mor = "no opioid"
"""
ROWS = """id,n,doses,versus,covariates,analyte,metric,at,value,unit
alone,200,25 mg dexketoprofen oral,none,surgery=dental,acute_pain_nrs,responders,0.5 @ 0 h to 6 h,0.4,1
tramadol,200,75 mg tramadol oral,none,surgery=dental,acute_pain_nrs,responders,0.5 @ 0 h to 6 h,0.1,1
both,200,25 mg dexketoprofen oral; 75 mg tramadol oral,none,surgery=dental,acute_pain_nrs,responders,0.5 @ 0 h to 6 h,0.5,1
"""


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder = tmp_path_factory.mktemp("painkiller")

    def speciosa(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "speciosa", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    speciosa("facts", "new", "dexketoprofen", "--facts", "mine")
    sheet = folder / "mine" / "sheets" / "dexketoprofen.toml"
    head = sheet.read_text(encoding="utf-8").partition("[disposition]")[0]
    head = re.sub(
        r"molar_mass = .*",
        'molar_mass = { value = 254.3, unit = "g/mol", guess = "formula", fixed = true }',
        head,
    )
    sheet.write_text(head + PLASMA, encoding="utf-8")
    named = folder / "mine" / "substances.toml"
    text = named.read_text(encoding="utf-8").replace("opioid agonist", "painkiller")
    named.write_text(text.replace("300.0", "254.3"), encoding="utf-8")
    (folder / "rows.csv").write_text(ROWS, encoding="utf-8")
    speciosa("validate", "rows.csv", "--facts", "mine", "--out", "predicted.csv")
    with (folder / "predicted.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: float(row["predicted"]) for row in csv.DictReader(file)}


def test_a_sheet_alone_relieves_as_its_class_does(predicted) -> None:
    assert 0.25 < predicted["alone"] < 0.6


def test_it_joins_an_opioid_as_the_shipped_ones_do(predicted) -> None:
    alone, tramadol, both = (predicted[name] for name in ("alone", "tramadol", "both"))
    assert max(alone, tramadol) < both < alone + tramadol + 0.05
