"""Phenotypes: shares of people that sum to one, quantiles, and activities relative to the typical adult."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pharmacology.parts.points import point

from speciosa.errors import UnknownNameError
from speciosa.model import Model
from speciosa.pharmacology.exposure.phenotypes import frequencies, polymorphic
from speciosa.pharmacology.exposure.physiology import phenotype

TABLE = {
    "cyp2d6": {0: 0.054, 0.5: 0.055, 1: 0.280, 1.5: 0.150, 2: 0.430, 3: 0.031},
    "cyp2b6": {0.4: 0.058, 0.6: 0.350, 1: 0.552, 4: 0.040},
}


def test_the_table_is_that_of_every_polymorphic_enzyme():
    assert set(polymorphic()) == set(TABLE)
    with pytest.raises(UnknownNameError, match="cyp2c9"):
        frequencies("cyp2c9")


@pytest.mark.parametrize("enzyme", TABLE)
def test_shares_and_mean(enzyme):
    found, shown = frequencies(enzyme), TABLE[enzyme]
    assert dict(zip(found.values, found.shares, strict=True)) == pytest.approx(
        {value: share / sum(shown.values()) for value, share in shown.items()}
    )
    assert sum(found.shares) == pytest.approx(1.0)
    expected = sum(value * share for value, share in shown.items()) / sum(shown.values())
    assert found.mean == pytest.approx(expected)
    assert found.source.startswith("10.") and found.enzyme == enzyme


@pytest.mark.parametrize("enzyme", TABLE)
@given(quantile=st.floats(0.0, 0.999999))
def test_a_quantile_is_the_first_value_that_as_many_do_not_exceed(enzyme, quantile):
    found = frequencies(enzyme)
    value = found.at(quantile)
    shares = np.array(found.shares)
    values = np.array(found.values)
    assert shares[values < value].sum() <= quantile + 1e-12
    assert quantile < shares[values <= value].sum() + 1e-12


@pytest.mark.parametrize("enzyme", TABLE)
def test_the_highest_quantile_is_the_highest_value(enzyme):
    assert frequencies(enzyme).at(1.0) == max(TABLE[enzyme])


@pytest.mark.parametrize(
    ("enzyme", "covariate", "activity"),
    [
        ("cyp2d6", 0.0, 0.0),
        ("cyp2d6", 1.5, 1.0),
        ("cyp2d6", 3.0, 2.0),
        ("cyp2b6", 0.4, 0.4),
        ("cyp2c9", 0.1, 0.1),
        ("cyp2c19", 0.0, 0.0),
        ("cyp3a", 0.6, 0.6),
    ],
)
def test_activity_by_phenotype(enzyme, covariate, activity):
    m = Model("phenotype")
    m.output("activity", phenotype(m, enzyme), "1")
    m.rate(m.state("idle", "1"), 0)
    at = point(m.build(), 1, **{enzyme: covariate})
    assert at.outputs["activity"] == pytest.approx(activity)


def test_an_enzyme_without_phenotypes_is_typical_in_everybody():
    assert phenotype(Model("none"), "ugt2b7") == 1
