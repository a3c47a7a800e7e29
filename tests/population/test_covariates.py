"""Distributions of covariates against SciPy's, and truncation as an invariant."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from speciosa.errors import InputError
from speciosa.population import (
    ByGroup,
    Categorical,
    Constant,
    LogNormal,
    Normal,
    Population,
    Uniform,
)

GRID = (np.arange(1, 400) - 0.5) / 399


@pytest.mark.parametrize(
    ("low", "high"), [(-inf, inf), (50, 90), (60, inf), (110, 130), (-inf, 40), (-20, 30)]
)
def test_truncated_normal_is_scipys(low, high):
    ours = Normal(70, 12, low=low, high=high).at(GRID)
    theirs = stats.truncnorm((low - 70) / 12, (high - 70) / 12, 70, 12).ppf(GRID)
    assert np.allclose(ours, theirs, rtol=1e-9)


def test_truncated_lognormal_is_the_exponential_of_a_truncated_normal():
    sd = np.sqrt(np.log(1 + 0.25**2))
    low, high = (np.log(value / 70) / sd for value in (45, 140))
    theirs = 70 * np.exp(sd * stats.truncnorm(low, high).ppf(GRID))
    assert np.allclose(LogNormal(70, 0.25, low=45, high=140).at(GRID), theirs, rtol=1e-9)


@settings(max_examples=80, deadline=None)
@given(
    mean=st.floats(-100, 100),
    sd=st.floats(0.01, 50),
    low_z=st.floats(-6, 6),
    width=st.floats(0.01, 10),
)
def test_truncation_keeps_values_inside_and_in_order(mean, sd, low_z, width):
    low, high = mean + low_z * sd, mean + (low_z + width) * sd
    values = Normal(mean, sd, low=low, high=high).at(GRID)
    assert values.min() >= low and values.max() <= high
    assert (np.diff(values) >= 0).all()


def test_categorical_frequencies_and_labels():
    cyp2d6 = Categorical(
        {"poor": 0.07, "intermediate": 0.35, "normal": 0.55, "ultrarapid": 0.03},
        {"poor": 0, "intermediate": 0.75, "normal": 2, "ultrarapid": 3},
    )
    people = Population(covariates={"cyp2d6": cyp2d6}, seed=3).draw(100_000)
    share = np.bincount(people.members["cyp2d6"][0]) / 100_000
    assert np.allclose(share, list(cyp2d6.frequencies.values()), atol=0.005)
    frame = people.frame()
    assert set(frame["cyp2d6"].cast(str)) == set(cyp2d6.groups)
    assert people.values["cyp2d6"].mean() == pytest.approx(
        0.35 * 0.75 + 0.55 * 2 + 0.03 * 3, abs=0.02
    )


def test_height_by_sex_and_weight_correlated_with_height():
    people = Population(
        covariates={
            "sex": Categorical({"female": 0.5, "male": 0.5}),
            "height": ByGroup("sex", {"male": Normal(176, 7), "female": Normal(163, 6)}),
            "weight": LogNormal(75, 0.18, low=45, high=140),
        },
        covariate_correlations={("weight", "height"): 0.45},
        seed=5,
    ).draw(50_000)
    male = people.members["sex"][0] == 1
    height, weight = people.values["height"][0], people.values["weight"][0]
    assert height[male].mean() == pytest.approx(176, abs=0.2)
    assert height[~male].mean() == pytest.approx(163, abs=0.2)
    assert np.corrcoef(height[male], np.log(weight[male]))[0, 1] == pytest.approx(0.45, abs=0.02)


@pytest.mark.parametrize(
    ("covariate", "message"),
    [
        (Normal(70, -1), "sd of 0 or more"),
        (Normal(nan, 1), "a finite mean"),
        (Normal(70, 10, low=90, high=50), "low below high"),
        (Normal(70, 1, low=200, high=300), "a range that the distribution reaches"),
        (LogNormal(-70, 0.2), "a median above 0"),
        (LogNormal(70, 0.2, low=-5), "low of 0 or more"),
        (Uniform(5, 5), "low below high"),
        (Uniform(0, inf), "low below high"),
        (Constant(nan), "a finite value"),
        (Categorical({"a": 0.6, "b": 0.6}), "sum to 1"),
        (Categorical({"a": 1.5, "b": -0.5}), "a frequency from 0 to 1"),
        (Categorical({"a": 0.5, "b": 0.5}, {"a": 1, "c": 2}), "a value for each group"),
        (Categorical({"a": 0.5, "b": 0.5}, {"a": 1, "b": nan}), "a finite value"),
        (ByGroup("sex", {"female": Normal(1, 1)}), "a categorical covariate"),
    ],
)
def test_impossible_distributions_are_named(covariate, message):
    with pytest.raises(InputError) as error:
        Population(covariates={"weight": covariate})
    assert message in str(error.value)
    assert "covariate weight" in str(error.value)
