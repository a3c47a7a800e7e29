"""Clusters and crossovers in closed form: design effects, what they divide, and variances of differences within people."""

import math

import numpy as np
import polars as pl
import pytest

from speciosa.evidence.effects.effect_sizes import effect_sizes
from speciosa.evidence.table.dependence import (
    correlations,
    deflated,
    design_effects,
    within_people,
)

NAN = float("nan")


def effects_of(**columns) -> tuple[list[float], list[str]]:
    table, faults = pl.DataFrame(columns, strict=False), []
    found = design_effects(table, [f"S{n}" for n in range(1, len(table) + 1)], faults)
    return found.tolist(), [fault.where for fault in faults]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"study": ["A"]}, [1.0]),
        ({"design_effect": [1.0, 2.5, None]}, [1.0, 2.5, 1.0]),
        ({"icc": [0.05, 0.0, 1.0, None], "cluster_size": [21, 9, 4, None]}, [2.0, 1.0, 4.0, 1.0]),
        ({"icc": [0.2], "cluster_size": [1]}, [1.0]),
        ({"deff": [3.0, None], "icc": [0.05, 0.05], "average cluster size": [21, 21]}, [3.0, 2.0]),
        ({"design_effect": [3.0], "icc": [0.05], "cluster_size": [None]}, [3.0]),
    ],
)
def test_design_effects_are_one_and_the_others_of_a_cluster_by_their_correlation(columns, expected):
    found, faults = effects_of(**columns)
    assert faults == [] and found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("columns", "where"),
    [
        ({"design_effect": [0.99]}, ["study 'S1', design_effect"]),
        ({"icc": [-0.01], "cluster_size": [3]}, ["study 'S1', icc"]),
        ({"icc": [1.01], "cluster_size": [3]}, ["study 'S1', icc"]),
        ({"icc": [0.1], "cluster_size": [0.9]}, ["study 'S1', cluster_size"]),
        ({"icc": [0.1, 0.1], "cluster_size": [5, None]}, ["study 'S2', cluster_size"]),
        ({"icc": [None, 0.1], "cluster_size": [5, 5]}, ["study 'S1', icc"]),
        ({"icc": [0.1]}, ["study 'S1', cluster_size"]),
        ({"cluster_size": [10]}, ["study 'S1', icc"]),
    ],
)
def test_design_effects_that_cannot_be(columns, where):
    assert effects_of(**columns)[1] == where


def test_people_and_events_are_divided_and_means_are_not():
    names = ("events_t", "events_c", "n_t", "n_c", "time_t", "n", "mean_t", "sd_c", "mean")
    found = deflated({name: np.array([12.0, 30.0]) for name in names}, np.array([1.0, 1.5]))
    for name, values in found.items():
        divided = name.split("_")[0] in ("events", "n", "time")
        assert values.tolist() == [12.0, 20.0 if divided else 30.0], name


N, R = 40.0, 0.6
MEANS = {"mean_t": 6.0, "sd_t": 2.0, "n_t": N, "mean_c": 8.0, "sd_c": 2.5, "n_c": N}
COUNTS = {"events_t": 12.0, "n_t": N, "events_c": 20.0, "n_c": N}


def paired(code: str, figures: dict[str, float], r: float = R) -> tuple[float, float]:
    """The variance where the first of two equal trials is a crossover, and that of parallel groups."""
    columns = {name: np.array([value, value]) for name, value in figures.items()}
    parallel = effect_sizes(code, columns).variances
    found = within_people(code, columns, np.array([r, NAN]), parallel)
    assert found[1] == parallel[1]
    return float(found[0]), float(parallel[0])


def rest(one: float, other: float, r: float = R) -> float:
    """Variance of a difference of two periods from those of both."""
    return one + other - 2 * r * math.sqrt(one * other)


@pytest.mark.parametrize(
    ("code", "figures", "one", "other"),
    [
        ("MD", MEANS, 4 / N, 6.25 / N),
        ("ROM", MEANS, 4 / (N * 36), 6.25 / (N * 64)),
        ("RR", COUNTS, 1 / 12 - 1 / N, 1 / 20 - 1 / N),
        ("OR", COUNTS, 1 / 12 + 1 / 28, 1 / 20 + 1 / 20),
        ("RD", COUNTS, 0.3 * 0.7 / N, 0.25 / N),
        ("AS", COUNTS, 0.25 / N, 0.25 / N),
        # with a zero cell half a person is added to each cell of both periods
        ("OR", COUNTS | {"events_c": 0.0}, 1 / 12.5 + 1 / 28.5, 1 / 0.5 + 1 / 40.5),
        ("OR", COUNTS | {"events_t": 40.0}, 1 / 40.5 + 1 / 0.5, 1 / 20.5 + 1 / 20.5),
        ("RR", COUNTS | {"events_c": 40.0}, 1 / 12.5 - 1 / 41, 1 / 40.5 - 1 / 41),
        ("RD", COUNTS | {"events_t": 0.0}, 0.5 * 40.5 / 41**3, 20.5 * 20.5 / 41**3),
        ("AS", COUNTS | {"events_t": 0.0}, 0.25 / N, 0.25 / N),
    ],
)
def test_a_difference_within_people_has_less_than_both_variances(code, figures, one, other):
    found, parallel = paired(code, figures)
    assert found == pytest.approx(rest(one, other))
    assert parallel == pytest.approx(one + other)
    assert paired(code, figures, r=-0.3)[0] == pytest.approx(rest(one, other, -0.3))


def test_a_standardised_difference_within_people():
    """(1/n + g^2/(2n)) 2 (1 - r): Borenstein 2009, chapter 4, of matched groups."""
    g = float(effect_sizes("SMD", {k: np.array([v]) for k, v in MEANS.items()}).values[0])
    found, parallel = paired("SMD", MEANS)
    assert found == pytest.approx((1 / N + g**2 / (2 * N)) * 2 * (1 - R))
    assert parallel == pytest.approx(2 / N + g**2 / (4 * N))


def test_without_a_crossover_variances_stay_the_very_same():
    columns = {name: np.array([value]) for name, value in MEANS.items()}
    parallel = np.array([0.5])
    assert within_people("MD", columns, np.array([NAN]), parallel) is parallel


def correlated(code, raw, **columns):
    table, faults = pl.DataFrame(columns, strict=False), []
    labels = [f"S{n}" for n in range(1, len(table) + 1)]
    found = correlations(
        table, code, {k: np.array(v, float) for k, v in raw.items()}, labels, faults
    )
    return found.tolist(), [fault.where for fault in faults]


SAME = {"n_t": [30.0, 30.0, 30.0], "n_c": [30.0, 30.0, 30.0]}


def test_correlations_are_read_where_given():
    found, faults = correlated("MD", SAME, corr=[0.5, None, -0.99])
    assert not faults
    np.testing.assert_array_equal(found, [0.5, NAN, -0.99])


@pytest.mark.parametrize("code", ["HR", "GEN"])
def test_stated_effects_need_no_correlation(code):
    found, faults = correlated(code, {}, correlation=[0.5, 2.0, 0.1])
    assert np.isnan(found).all() and not faults


def test_changes_within_people_have_their_own_correlation():
    found, faults = correlated("MC", {"correlation": [0.5] * 3}, correlation=[0.5, 2.0, 0.1])
    assert np.isnan(found).all() and not faults
    assert np.isnan(correlated("MD", SAME, study=["A", "B", "C"])[0]).all()


@pytest.mark.parametrize(
    ("code", "r", "sizes", "where"),
    [
        ("MD", 1.0, SAME, ["study 'S2', correlation"]),
        ("MD", -1.0, SAME, ["study 'S2', correlation"]),
        ("IRR", 0.5, {}, ["study 'S2', correlation"]),
        ("MD", 0.5, SAME | {"n_c": [30.0, 31.0, 30.0]}, ["study 'S2', correlation, n_t and n_c"]),
        ("MD", 0.5, SAME | {"n_c": [30.0, 29.0, 30.0]}, ["study 'S2', correlation, n_t and n_c"]),
        ("MD", 0.5, SAME | {"n_c": [29.0, 30.0, 31.0]}, []),
        ("SMD", 0.999, SAME, []),
        ("AS", 0.5, {}, []),
    ],
)
def test_correlations_that_cannot_be(code, r, sizes, where):
    assert correlated(code, sizes, correlation=[None, r, None])[1] == where
