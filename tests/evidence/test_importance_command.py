"""`meta --mid`: where pooled and predicted intervals lie beside the smallest difference that matters."""

import json
import subprocess
import sys
from pathlib import Path

BCG = Path(__file__).parent / "data" / "data_bcg.csv"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "speciosa", "meta", str(BCG), "--measure", "RR", *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_bcg_trials() -> None:
    """0.49 (0.33 to 0.73), a new trial 0.14 to 1.76: with 1.25 the first is an important decrease, the second may be either."""
    found = json.loads(run("--mid", "1.25", "--json").stdout)["importance"]
    assert found == {
        "mid": 1.25,
        "pooled": "important decrease",
        "new_study": "important decrease to important increase",
    }
    assert "important decrease" in run("--mid", "0.8").stdout
    assert (
        json.loads(run("--mid", "2", "--json").stdout)["importance"]["pooled"]
        == "decrease, perhaps unimportant"
    )


def test_a_ratio_of_1_is_no_difference() -> None:
    done = run("--mid", "1")
    assert done.returncode == 2 and "minimal important difference" in done.stderr
