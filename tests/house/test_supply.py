"""What Speciosa is built on is known: every part with its version and licence, none of a licence that binds its users."""

import json
import re
import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOOL = Path(__file__).parents[2] / "tools" / "supply.py"
CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


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


def test_whatever_is_needed_is_pinned() -> None:
    """Walks what the installed distributions ask for, from the dependencies and extras of this project.

    But those of benchmarks, which run against the newest peers.
    """
    project = tomllib.loads((TOOL.parents[1] / "pyproject.toml").read_text())["project"]
    every = project["optional-dependencies"].items()
    extras = [text for name, texts in every if not name.startswith("bench") for text in texts]
    pins = {canonicalize_name(line.split("==")[0]) for line in CONSTRAINTS.read_text().split()}
    waiting: list[tuple[Requirement, tuple[str, ...]]]
    waiting = [(Requirement(text), ()) for text in (*project["dependencies"], *extras)]
    met = set[str]()
    while waiting:
        need, extra = waiting.pop()
        name = canonicalize_name(need.name)
        holds = need.marker is None or any(need.marker.evaluate({"extra": e}) for e in (*extra, ""))
        if not holds or name in met:
            continue
        met.add(name)
        with suppress(PackageNotFoundError):  # of an extra that is not installed here
            waiting += [(Requirement(text), tuple(need.extras)) for text in requires(name) or ()]
    assert len(met) > 100
    assert met <= pins


def test_every_pin_has_the_hashes_of_its_files() -> None:
    lock = (TOOL.parents[1] / "requirements.lock").read_text().replace("\\\n", "")
    pins = CONSTRAINTS.read_text().split()
    assert [line.split()[0] for line in lock.splitlines()] == pins
    for line in lock.splitlines():
        assert re.fullmatch(r"\S+==\S+(?: +--hash=sha256:[0-9a-f]{64})+", line), line
