"""The order of imports is held: floors one above the other, rooms within floors, no circles."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PLANTED = {
    "an arrow up between floors": ("speciosa/units.py", "from speciosa.study import Study"),
    "an arrow up between rooms": (
        "speciosa/evidence/pairwise/fit.py",
        "from speciosa.evidence.network.result import NetworkResult",
    ),
    "a circle of two files": (
        "speciosa/model/records.py",
        "from speciosa.model.equations import Equations",
    ),
    "a floor without a place": ("speciosa/cellar.py", ""),
}


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the package in `folder`, by the contracts of the project."""
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of_the_code(folder: Path) -> None:
    """The modules of the package, without its data."""
    shutil.copytree(
        REPOSITORY / "src" / "speciosa",
        folder / "speciosa",
        ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
    )


def test_the_order_of_imports_is_kept(tmp_path: Path) -> None:
    copy_of_the_code(tmp_path)
    found = checked(tmp_path)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_import_is_found(kind: str, tmp_path: Path) -> None:
    copy_of_the_code(tmp_path)
    place, line = PLANTED[kind]
    path = tmp_path / place
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    found = checked(tmp_path)
    assert found.returncode == 1, found.stdout


def test_no_folder_holds_more_than_twenty_files() -> None:
    crowded = {}
    for place in ("src", "tests", "benchmarks"):
        for folder in [REPOSITORY / place, *(REPOSITORY / place).rglob("*/")]:
            if "__pycache__" in folder.parts or ".egg-info" in str(folder):
                continue
            count = sum(item.is_file() for item in folder.iterdir())
            if count > 20:
                crowded[str(folder.relative_to(REPOSITORY))] = count
    assert crowded == {}
