"""What each floor offers is pinned: a name that goes or comes is a change that users see."""

import json
from importlib import import_module
from pathlib import Path

import pytest

PINNED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "exports.json").read_text(encoding="utf-8")
)
FLOORS = (
    "",
    "care",
    "engine",
    "evidence",
    "facts",
    "model",
    "pharmacology",
    "population",
    "study",
    "trials",
    "trials.design",
    "workers",
)


def exported(floor: str) -> list[str]:
    """The public names of a floor, those of its face and no modules that happen to be loaded."""
    face = import_module(f"speciosa.{floor}".rstrip("."))
    named = getattr(face, "__all__", None)
    if named is not None:
        return sorted(named)
    return sorted(
        name
        for name, value in vars(face).items()
        if not name.startswith("_") and type(value).__name__ != "module"
    )


@pytest.mark.parametrize("floor", FLOORS)
def test_exports(floor: str) -> None:
    assert exported(floor) == PINNED[floor]


@pytest.mark.parametrize("floor", FLOORS)
def test_every_export_loads(floor: str) -> None:
    face = import_module(f"speciosa.{floor}".rstrip("."))
    assert all(getattr(face, name) is not None for name in PINNED[floor])
