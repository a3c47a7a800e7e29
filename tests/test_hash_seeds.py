"""What a command writes does not follow the seed with which Python orders its sets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = """
title = "Tea"
question = "What is written twice?"
[population]
patients = 3
draws = 2
[[arms]]
name = "Tea"
regimen = "2 g kratom_tea oral"
"""


def written(folder: Path, seed: str, words: list[str]) -> tuple[bytes, bytes]:
    (folder / "study.toml").write_text(STUDY)
    done = subprocess.run(
        [sys.executable, "-m", "speciosa", *words],
        cwd=folder,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    table = folder / "table.csv"
    return done.stdout, table.read_bytes() if table.exists() else b""


@pytest.mark.parametrize(
    "command",
    [
        "simulate study.toml --out table.csv",
        "nma chronic_pain --json",
        "interactions kratom_leaf citalopram fluconazole --json",
    ],
)
def test_two_seeds_write_the_same(tmp_path: Path, command: str) -> None:
    one, other = (written(tmp_path, seed, command.split()) for seed in ("1", "2"))
    assert one == other and one[0]
