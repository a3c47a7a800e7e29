"""A comparison gives the same files with any number of threads, any chunk, from its lock file, and after being killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STUDY = """
title = "A small comparison"
question = "What does a drug add to a placebo?"
[population]
patients = 24
draws = 12
seed = 3
[follow_up]
until = "3 d"
[[arms]]
name = "7-OH tablet"
regimen = "15 mg 7oh_tablet oral every 8 h x 4"
[[arms]]
name = "Morphine"
regimen = "15 mg morphine oral every 6 h x 6"
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
[[benefit_risk.criteria]]
outcome = "breathing_fall"
worst = 0.5
best = 0.0
"""


def start(study: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "speciosa", "compare", str(study), "--out", str(out), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors.decode()


def content(out: Path) -> dict[str, bytes]:
    """Every file that a run leaves, but for what it keeps to go on from."""
    files = [path for path in out.rglob("*") if path.is_file() and "arms" not in path.parts]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def whole(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    finish(start(study, out))
    return out


@pytest.mark.parametrize("options", [("--threads", "1"), ("--threads", "3", "--chunk", "40")])
def test_threads_and_chunks_change_nothing(
    study: Path, whole: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    finish(start(study, tmp_path, *options))
    assert content(tmp_path) == content(whole)


def test_a_lock_file_gives_the_same_again(whole: Path, tmp_path: Path) -> None:
    finish(start(whole / "study.lock.toml", tmp_path))
    assert content(tmp_path) == content(whole)


def test_killed_anywhere_and_started_again_it_ends_the_same(
    study: Path, whole: Path, tmp_path: Path
) -> None:
    """Killed when it has an arm, when it draws, and at times in between; what stands then is what a whole run leaves."""
    expected = content(whole)
    waits = (lambda: any((tmp_path / "arms").glob("*.npz")), (tmp_path / "figures").is_dir)
    for ready, later_s in [(waits[0], 0.0), (waits[0], 0.7), (waits[1], 0.0), (waits[1], 0.4)]:
        process = start(study, tmp_path)
        while process.poll() is None and not ready():
            time.sleep(0.01)
        time.sleep(later_s)
        process.kill()
        process.communicate()
        for name, found in content(tmp_path).items():
            assert name.endswith(".part") or found == expected[name], name
    finish(start(study, tmp_path))
    assert content(tmp_path) == expected
    assert not [name for name in os.listdir(tmp_path / "arms") if name.endswith(".part")]


def test_interrupted_at_the_keyboard_it_says_so_and_keeps_what_is_finished(
    study: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.toml"
    long.write_text(
        study.read_text().replace("patients = 24\ndraws = 12", "patients = 300\ndraws = 40")
    )
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "speciosa", "compare", str(long), "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while process.poll() is None and not any((out / "arms").glob("*.npz")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=300)
    assert (process.returncode, said) == (130, b"")
    assert errors == b"Interrupted. What is finished is kept; files are whole.\n"
    assert any((out / "arms").glob("*.npz"))
    assert not (out / "report.html").exists()
