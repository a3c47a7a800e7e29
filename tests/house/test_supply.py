"""What Speciosa is built on is known: every part with its version and licence, none of a licence that binds its users."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "supply.py"


def said(*words: str) -> str:
    return subprocess.run([sys.executable, TOOL, *words], check=True, capture_output=True, text=True).stdout  # fmt: skip


def test_every_part_states_a_licence_that_does_not_bind_users() -> None:
    lines = said("licences").splitlines()
    assert {"numpy", "polars", "pydantic"} <= {line.split()[0] for line in lines}
    assert not [line for line in lines if "not stated" in line]
    assert not [line for line in lines if re.search(r"\bA?GPL", line)]


def test_the_bill_of_materials_names_each_part_with_its_version(tmp_path: Path) -> None:
    said("sbom", str(tmp_path / "bill.json"))
    bill = json.loads((tmp_path / "bill.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    parts = {part["name"]: part for part in bill["components"]}
    assert parts["numpy"]["version"] == version("numpy")
    assert parts["numpy"]["purl"] == f"pkg:pypi/numpy@{version('numpy')}"


def test_the_lowest_versions_are_those_of_the_project_file() -> None:
    lines = said("lowest").splitlines()
    assert "numpy==2.0" in lines and all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
