"""The estimates in the repository: of parameters that exist, of the present sheets, usable together."""

import numpy as np
import pytest

from speciosa.facts.sheets.sheet import names
from speciosa.pharmacology.calibrated import correlations, estimates
from speciosa.pharmacology.parameters import believed, parameters_of

PLASMA = {
    name: estimate
    for name, estimate in estimates().items()
    if name.split(".")[0] in names() and name.split(".", 1)[1] in parameters_of(name.split(".")[0])
}


def test_there_are_estimates_for_many_substances():
    assert len({name.split(".")[0] for name in PLASMA}) > 15


@pytest.mark.parametrize("name", sorted(PLASMA))
def test_an_estimate_is_of_the_present_sheet_and_near_its_prior(name):
    substance, path = name.split(".", 1)
    estimate, belief = PLASMA[name], believed(substance, path)
    assert estimate.prior_value == pytest.approx(belief.center, rel=1e-3), "run `make calibrate`"
    assert estimate.unit == parameters_of(substance)[path].unit
    assert 0 < estimate.cv < 2 and estimate.value > 0
    low, high = belief.interval(0.9999)
    assert low <= estimate.value <= high


def test_correlations_are_between_estimates_and_make_a_covariance():
    pairs = {pair: value for pair, value in correlations().items() if set(pair) <= set(PLASMA)}
    assert pairs
    order = sorted({name for pair in pairs for name in pair})
    matrix = np.eye(len(order))
    for (one, other), value in pairs.items():
        i, j = order.index(one), order.index(other)
        matrix[i, j] = matrix[j, i] = value
    assert np.linalg.eigvalsh(matrix)[0] > 0
