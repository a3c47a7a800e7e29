"""Commands killed at random moments: what stands then is whole, and the next run leaves what an undisturbed one leaves."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

STUDY = """
title = "A small comparison"
question = "What does a drug add to a placebo?"
[population]
patients = 24
draws = 12
[follow_up]
until = "2 d"
[[arms]]
name = "7-OH tablet"
regimen = "15 mg 7oh_tablet oral every 8 h x 4"
[[arms]]
name = "Placebo"
regimen = "none"
[evidence]
networks = []
claims = false
risks = false
[benefit_risk]
reference = "Placebo"
samples = 1000
[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0.0
best = 4.0
"""
OBSERVED = "id,doses,analyte,metric,value,unit\n" + "".join(
    f"a{dose},{dose} mg oxymorphone oral,oxymorphone,Cmax,{dose / 5},ng/mL\n"
    for dose in (5, 10, 20)
)
TRIALS = "study,effect,se\na,0.1,0.2\nb,0.3,0.2\nc,-0.1,0.3\n"
COMMANDS = {
    "compare": (["compare", "study.toml", "--out", "out"], 20),
    "validate": (["validate", "observed.csv", "--draws", "20", "--out", "out/rows.csv"], 15),
    "meta": (["meta", "trials.csv", "--bayes", "half-normal:0.5", "--out", "out/page.html"], 15),
}
"""The command, and at how many moments it is killed."""


def begin(folder: Path, words: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "speciosa", *words]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0
    )


def content(folder: Path) -> dict[str, bytes]:
    """What a run leaves, but for what it keeps to go on from."""
    out = folder / "out"
    files = [path for path in out.rglob("*") if path.is_file() and "arms" not in path.parts]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


def folder_of(place: Path) -> Path:
    (place / "out").mkdir(parents=True)
    (place / "study.toml").write_text(STUDY)
    (place / "observed.csv").write_text(OBSERVED)
    (place / "trials.csv").write_text(TRIALS)
    return place


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_random_moments_it_leaves_the_same_in_the_end(name: str, tmp_path: Path) -> None:
    words, moments = COMMANDS[name]
    undisturbed = folder_of(tmp_path / "undisturbed")
    begin(undisturbed, words).communicate()  # compiles
    since = time.monotonic()
    process = begin(undisturbed, [*words, *(["--fresh"] if name == "compare" else [])])
    assert process.communicate()[1] is not None and process.returncode == 0
    takes_s = time.monotonic() - since
    expected = content(undisturbed)
    assert expected
    random = np.random.default_rng(19)
    killed = 0
    place = folder_of(tmp_path / "killed")
    for moment in range(moments):
        process = begin(place, words)
        try:
            process.wait(timeout=random.uniform(0, takes_s))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate()
        for file, found in content(place).items():
            assert file.endswith(".part") or found == expected[file], (moment, file)
    assert killed > moments // 3
    process = begin(place, words)
    assert process.communicate()[1] is not None and process.returncode == 0
    assert content(place) == expected
