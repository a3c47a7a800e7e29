"""`speciosa new`: a study that holds, and never in the place of another file."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from speciosa.cli.check import faults_of
from speciosa.cli.commands import register
from speciosa.errors import InputError, StudyError, UnknownNameError
from speciosa.study import read_study
from speciosa.study.question.start import start_study


def run(*arguments: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["new", *arguments])


@pytest.mark.parametrize("like", ["start", "default", "withdrawal", "interactions"])
def test_what_is_written_has_no_fault(like: str, tmp_path: Path) -> None:
    path = start_study(tmp_path / "mine.toml", like)
    assert faults_of(path) == []
    if like != "start":
        assert read_study(path) == read_study(like)


def test_every_line_that_is_commented_out_holds_too(tmp_path: Path) -> None:
    path = start_study(tmp_path / "mine.toml")
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = ("# covariates =", "# comedication =", "# taper =")
    taken_in = [line.removeprefix("# ") if line.startswith(keys) else line for line in lines]
    assert sum(a != b for a, b in zip(lines, taken_in, strict=True)) == len(keys)
    path.write_text("\n".join(taken_in), encoding="utf-8")
    assert faults_of(path) == []
    study = read_study(path)
    assert study.population.covariates and study.arms[1].taper and study.arms[1].comedication


@pytest.mark.parametrize("kind", ["file", "folder", "link to nothing"])
def test_nothing_is_overwritten(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    if kind == "file":
        path.write_text("mine", encoding="utf-8")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere.toml")
    there = "a folder of this name" if kind == "folder" else "a file of this name"
    with pytest.raises(StudyError, match=f"a new file, found {there}"):
        start_study(path)
    assert kind != "file" or path.read_text(encoding="utf-8") == "mine"
    assert [item.name for item in tmp_path.iterdir()] == ["mine.toml"]


def test_other_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"ends in \.toml"):
        start_study(tmp_path / "mine.csv")
    with pytest.raises(UnknownNameError, match="withdrawal"):
        start_study(tmp_path / "mine.toml", "withdrawl")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError):
        start_study(tmp_path / "file" / "mine.toml")


def test_the_command_says_what_comes_next(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "mine.toml"
    done = run(str(path))
    assert done.exit_code == 0 and f"speciosa check {path}" in done.stdout
    done = run(str(path.with_name("other.toml")), "--like", "default", "--json")
    assert json.loads(done.stdout)["like"] == "default"
