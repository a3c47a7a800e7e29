"""Every part of the pharmacology is compared with its formula: one file of tests for each file of equations."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
CODE = HERE.parents[2] / "src" / "speciosa" / "pharmacology"
ROOMS = ("exposure", "effect", "breathing", "overdose")
NO_EQUATIONS = {
    "effects": "chooses parts; test_pd",
    "effect_outputs": "names outputs; test_effect_system",
    "effect_numbers": "reads numbers; test_pd",
    "gas_exchange": "every rate of the overdose model; overdose/test_model",
    "physiology": "every rate of the overdose model; overdose/test_model",
    "smooth": "every rate of the overdose model; overdose/test_model",
    "numbers": "reads numbers; overdose/test_model",
    "person": "runs effects; test_overdose",
    "course": "published runs; test_overdose",
}
"""Files without an equation of their own, or whose equations are compared with those of others, and where."""


@pytest.mark.parametrize("room", ROOMS)
def test_every_part_has_its_tests(room: str) -> None:
    parts = {file.stem for file in (CODE / room).glob("*.py")} - {"__init__"}
    tested = {file.stem.removeprefix("test_") for file in (HERE / room).glob("test_*.py")}
    without = parts - tested - set(NO_EQUATIONS)
    assert not without, f"write tests/pharmacology/parts/{room}/test_<part>.py of {sorted(without)}"
    assert tested <= parts, "tests of parts that are gone"
