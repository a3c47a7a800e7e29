"""docs/own-drug.md is followed to the letter, outside the package: a drug with effects, from an empty folder to a report."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "own-drug.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"(?:(Write|Replace)\s`([^`]+)`(?: by)?:\n\n)?```(\w+)\n(.*?)^```$",
    flags=re.DOTALL | re.MULTILINE,
)


def typed(line: str, folder: Path) -> str:
    """Runs a line of the page, and gives what it prints."""
    program, *words = shlex.split(line.removeprefix("$ "))
    assert program == "speciosa"
    done = subprocess.run(
        [sys.executable, "-m", "speciosa", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of somebody who followed the page, and what was printed."""
    folder = tmp_path_factory.mktemp("newcomer")
    printed = {}
    for what, place, language, text in STEP.findall(PAGE):
        path = folder / place
        if language == "console":
            for line in text.splitlines():
                printed[line.removeprefix("$ ")] = typed(line, folder)
        elif what == "Write":
            assert not path.exists(), place
            path.write_text(text, encoding="utf-8")
        else:
            assert path.exists(), f"{what} {place}: no command wrote it"
            path.write_text(text, encoding="utf-8")
    return folder, printed


def test_every_block_of_the_page_is_a_step() -> None:
    assert all(place or language == "console" for _, place, language, _ in STEP.findall(PAGE))
    assert len(STEP.findall(PAGE)) == PAGE.count("\n```") // 2


def test_the_monograph_tells_what_was_read_from_what_was_guessed(walked) -> None:
    shown = walked[1]["speciosa show levorphanol --facts my-facts"]
    assert "CL: range 0.78 to 1.1 L/h/kg" in shown and "levorphanol0000label" in shown
    assert "template" not in shown


def test_the_model_has_the_half_life_and_the_peak_of_the_label(walked) -> None:
    rows = walked[1]["speciosa validate rows.csv --facts my-facts"]
    assert rows.count(" inside") == 2 and "OUTSIDE" not in rows
    predicted = [float(found) for found in re.findall(r"predicted (\S+)", rows)]
    assert 11 < predicted[0] < 16 and predicted[1] == pytest.approx(1, rel=0.25)


def test_the_report_compares_its_effects(walked) -> None:
    outcomes = pl.read_parquet(walked[0] / "results" / "outcomes.parquet")
    medians = {
        (arm, outcome): value
        for arm, outcome, value in outcomes.group_by("arm", "outcome")
        .agg(pl.col("value").median())
        .iter_rows()
    }
    relief = {arm: medians[arm, "Pain relief"] for arm in ("Levorphanol", "Morphine", "Placebo")}
    assert relief["Levorphanol"] > relief["Placebo"] + 0.2
    breathing = "Largest fall of the drive to breathe"
    assert medians["Levorphanol", breathing] > 0.1 and medians["Placebo", breathing] < 0.01
    report = (walked[0] / "results" / "report.html").read_text(encoding="utf-8")
    assert "Levorphanol tartrate tablets label" in report
