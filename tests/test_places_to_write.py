"""Places that cannot be written to are told in one line, before the work, by every command that writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = """
title = "Tea"
question = "Does tea work?"
[population]
patients = 2
draws = 1
[[arms]]
name = "Tea"
regimen = "2 g kratom_tea oral"
"""
TRIALS = "study,effect,se\na,0.1,0.2\nb,0.2,0.2\n"
NETWORK = "study,treat1,treat2,effect,se\na,x,y,0.1,0.2\n"
OBSERVED = (
    "id,doses,analyte,metric,value,unit\na,10 mg oxymorphone oral,oxymorphone,Cmax,1.9,ng/mL\n"
)
INPUTS = {
    "compare": ("study.toml", STUDY),
    "simulate": ("study.toml", STUDY),
    "meta": ("trials.csv", TRIALS),
    "nma": ("network.csv", NETWORK),
    "validate": ("observed.csv", OBSERVED),
}


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "speciosa", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.parametrize("command", INPUTS)
def test_a_place_that_cannot_be_written_to_is_told_before_the_work(
    tmp_path: Path, command: str
) -> None:
    name, text = INPUTS[command]
    (tmp_path / name).write_text(text)
    (tmp_path / "taken").write_text("")
    done = run(tmp_path, command, name, "--out", "taken/deep/out")
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "a folder to write to, found a file of this name" in done.stderr
    assert sorted(os.listdir(tmp_path)) == sorted([name, "taken"])


def test_a_folder_in_place_of_the_file_to_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "trials.csv").write_text(TRIALS)
    done = run(tmp_path, "meta", "trials.csv", "--out", ".")
    assert done.returncode == 2
    assert done.stderr == ".: expected a file to write to, found a folder of this name.\n"
