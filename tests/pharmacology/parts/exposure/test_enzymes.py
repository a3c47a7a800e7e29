"""Turnover of enzymes: the rate constants of the sources, by enzyme and organ."""

import pytest

from speciosa.model import Model
from speciosa.pharmacology.exposure.enzymes import turnover

HALF_LIFE_H = {
    ("cyp3a", "liver"): 59.8,
    ("cyp3a", "gut"): 23.1,
    ("cyp2d6", "liver"): 51.0,
    ("cyp2b6", "liver"): 31.9,
    ("cyp2c8", "liver"): 23.0,
    ("cyp2c9", "liver"): 103.5,
    ("cyp2c19", "liver"): 26.0,
    ("cyp1a2", "liver"): 38.9,
    ("ugt2b7", "liver"): 49.9,
    ("ugt2b7", "gut"): 49.9,
}
"""Half-lives, h, that the sources print (Yang 2008; of the gut Greenblatt 2003); 50 h where none is known."""


@pytest.mark.parametrize(("enzyme", "organ"), HALF_LIFE_H)
def test_half_lives_are_those_of_the_sources(enzyme, organ):
    m = Model("one enzyme")
    symbol = turnover(m, enzyme, organ)
    m.rate(m.state("enzyme", "1", 1), -symbol * m["enzyme"])
    (parameter,) = m.build().parameters
    assert parameter.name == str(symbol) and parameter.unit == "1/h"
    assert 0.693147 / parameter.value == pytest.approx(HALF_LIFE_H[enzyme, organ], rel=0.005)
    assert parameter.distribution == "lognormal"
    assert 0.2 < parameter.uncertainty_cv < 0.7 and parameter.between_patient_sd == 0.0
    assert parameter.source


def test_an_enzyme_of_an_organ_is_declared_once_and_its_organs_apart():
    m = Model("enzymes")
    assert turnover(m, "cyp3a", "liver") == turnover(m, "cyp3a", "liver")
    assert turnover(m, "cyp3a", "liver") != turnover(m, "cyp3a", "gut")
    assert turnover(m, "cyp2d6", "gut") == turnover(m, "cyp2d6", "liver")
