"""The recipes of CONTRIBUTING.md are followed on a copy of the package, to the letter, and do what they promise."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import polars as pl
import pytest

REPOSITORY = Path(__file__).parents[2]
STEP = re.compile(
    r"(Append to|Write|Change) `([^`]+)`:\n\n( *)```(\w+)\n(.*?)\n\3```", flags=re.DOTALL
)
STUDY = """
title = "A recipe"
question = "Does the recipe work?"
[population]
patients = 8
draws = 4
[follow_up]
until = "2 d"
outcomes = [{outcomes}]
[[arms]]
name = "Drug"
regimen = "{regimen}"
[[arms]]
name = "Placebo"
regimen = "none"
"""


def recipe(title: str) -> str:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def followed(title: str, folder: Path) -> None:
    """Does in a copy of the package what each step of a recipe says."""
    shutil.copytree(
        REPOSITORY / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__")
    )
    steps = STEP.findall(recipe(title))
    assert steps
    for what, place, _, language, block in steps:
        path, text = folder / place, textwrap.dedent(block) + "\n"
        if what == "Append to":
            kept = path.read_text(encoding="utf-8")
            gap = "" if language == "csv" else "\n"
            path.write_text(kept + gap + text, encoding="utf-8")
        elif what == "Write":
            assert not path.exists()
            path.write_text(text, encoding="utf-8")
        else:
            path.write_text(changed(path.read_text(encoding="utf-8"), text), encoding="utf-8")


def changed(text: str, difference: str) -> str:
    """The text with a difference: in each part, the lines that stand are found and the new ones put between them."""
    for part in difference.split("@@\n")[1:]:
        lines = part.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] == " ")
        assert text.count(before) == 1, before
        text = text.replace(before, "".join(line[1:] for line in lines))
    return text


def run(folder: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commands(title: str) -> list[list[str]]:
    """What the recipe types, without the program's name."""
    return [line.split() for line in re.findall(r"^ *\$ speciosa (.*)$", recipe(title), flags=re.M)]


def test_a_drug(tmp_path: Path) -> None:
    followed("Add a drug", tmp_path)
    outcomes, regimen = '"pain_relief", "breathing_fall"', "10 mg examplone oral every 6 h x 4"
    (tmp_path / "study.toml").write_text(STUDY.format(outcomes=outcomes, regimen=regimen))
    printed = [run(tmp_path, "-m", "speciosa", *words) for words in commands("Add a drug")]
    assert "rossi2031examplone" in printed[1]
    patients = pl.read_parquet(tmp_path / "patients.parquet")
    falls = patients.filter(pl.col("arm") == "Drug")["breathing_fall [share]"]
    assert falls.to_numpy().min() > 0.01  # it acts: what [effects] says is in the model
    # area = dose F / CL, with the typical values of the sheet: 10 mg x 0.4 / 60 L/h
    rows = "id,doses,analyte,metric,value,unit\na,10 mg examplone oral,examplone,AUC0-inf,66.7,ng*h/mL\n"
    (tmp_path / "rows.csv").write_text(rows)
    script = "import speciosa as sp; print(sp.validate('rows.csv').rows[0].predicted)"
    assert float(run(tmp_path, "-c", script)) == pytest.approx(66.7, rel=0.15)


def test_an_effect(tmp_path: Path) -> None:
    followed("Add an effect", tmp_path)
    regimen = "15 mg morphine oral every 6 h x 4"
    (tmp_path / "study.toml").write_text(STUDY.format(outcomes='"itch"', regimen=regimen))
    script = """
import speciosa as sp
outcomes = sp.compare("study.toml").outcomes.summary()
itch = {row["arm"]: row["median"] for row in outcomes.iter_rows(named=True) if row["outcome"] == "Itch"}
print(itch["Drug"], itch["Placebo"])
"""
    drug, placebo = map(float, run(tmp_path, "-c", script).split())
    assert 0.005 < placebo < 0.2  # logit -3, uncertain by 0.3 of it
    assert drug > 1.5 * placebo


def test_a_trial(tmp_path: Path) -> None:
    followed("Add a trial", tmp_path)
    (*_, before) = [
        subprocess.run(
            [sys.executable, "-m", "speciosa", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in commands("Add a trial")[1:]
    ]
    (_, after) = [run(tmp_path, "-m", "speciosa", *words) for words in commands("Add a trial")]
    assert before != after
    assert "Weber 2032" in run(tmp_path, "-m", "speciosa", "show", "weber2032retention")


def test_a_difference_that_does_not_fit_is_refused() -> None:
    assert changed("a\nb\nc\n", "@@\n b\n+x\n c\n") == "a\nb\nx\nc\n"
    with pytest.raises(AssertionError):
        changed("a\nc\n", "@@\n b\n+x\n c\n")
