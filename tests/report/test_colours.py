"""Colours by substance: the same in every study and in the app, and arms told apart without colour vision."""

from itertools import combinations

import pytest

from speciosa.report.figures.colours import NO_DRUG, colour_of_arm, inks
from speciosa.study import Arm, read_study

STUDIES = ("default", "acute", "withdrawal", "interactions")


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", STUDIES)
def test_every_arm_has_a_look_of_its_own(name: str) -> None:
    found = inks(read_study(name).arms)
    assert len(set(found.values())) == len(found)
    for one, other in combinations(found.values(), 2):
        if one.dash == other.dash:
            lights = sorted(luminance(ink.colour) + 0.05 for ink in (one, other))
            assert lights[1] / lights[0] > 1.1


def test_a_substance_keeps_its_colour() -> None:
    by_product = {
        name: colour_of_arm(Arm(name="a", regimen=regimen))
        for name, regimen in {
            "leaf": "5 g kratom_leaf oral every 8 h x 6",
            "tea": "4 g kratom_tea oral",
            "tablet": "15 mg 7oh_tablet oral",
            "patch": "20 ug/h buprenorphine_patch transdermal every 7 d x 2 over 7 d",
            "film": "8 mg buprenorphine sublingual",
            "none": "none",
        }.items()
    }
    assert by_product["leaf"] == by_product["tea"] != by_product["tablet"]
    assert by_product["patch"] == by_product["film"]
    assert by_product["none"] == NO_DRUG
    alone = read_study("default").arms
    assert inks(alone)["Oxycodone"].colour == inks(alone[5:6])["Oxycodone"].colour


def test_what_is_taken_beside_does_not_colour_an_arm() -> None:
    beside = Arm(name="a", regimen="none", comedication="20 mg paroxetine oral every 24 h x 5")
    assert colour_of_arm(beside) == NO_DRUG
