"""One tau2 a group of trials, against metafor's location-scale models and a likelihood written out."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.network_models.unequal import unequal_heterogeneity

from .test_regression import DATA, expected


@pytest.mark.parametrize("case", expected("expected_unequal.csv"))
def test_metafor(case: str) -> None:
    """86 numbers of seven sets of trials to 1e-4 (a tau2 of 0 within 1e-8; near 0 by the likelihood, which is flat there)."""
    wanted = expected("expected_unequal.csv")[case]
    name, method = case.rsplit(" ", 1)
    network = read_network(DATA / f"{name.replace(' ', '_')}.csv", measure="MD")
    found = unequal_heterogeneity(network, "group", method=method, reference="c")
    row = found.effects.row(0, named=True)
    got = {"estimate": row["estimate"], "se": row["se"], "loglik": found.log_likelihood,
           "loglik_equal": found.log_likelihood_equal}  # fmt: skip
    if method == "REML":  # metafor adds half the log determinant of the design's cross product
        constant = 0.5 * np.log(len(network.studies))
        got |= {name: got[name] + constant for name in ("loglik", "loglik_equal")}
    got |= {f"tau2_{i}": value for i, value in enumerate(found.tau2.tolist(), 1)}
    for quantity, value in wanted.items():
        near_zero = quantity.startswith("tau2") and value < 1e-3
        close = 5e-3 * value + 2e-4 if near_zero else 1e-4 * abs(value)
        if quantity == "estimate":
            close = 1e-4 * max(abs(value), wanted["se"])
        assert abs(got[quantity] - value) <= close, (case, quantity, got[quantity], value)


def test_a_network_of_three_arms_by_the_likelihood_written_out() -> None:
    """The restricted likelihood with dense matrices, maximised by another algorithm, has the same top."""
    table = pl.read_csv(DATA / "smoking.csv").with_columns(
        era=pl.when(pl.col("x") < 1980).then(pl.lit("early")).otherwise(pl.lit("late"))
    )
    network = read_network(table, reference="no_contact")
    found = unequal_heterogeneity(network, "era", reference="no_contact")
    era = dict(table.select("study", "era").iter_rows())
    names = network.treatments

    def negative(log_tau2: np.ndarray) -> float:
        tau2 = dict(zip(found.names, np.exp(log_tau2), strict=True))
        information, moment, value, square = np.zeros((3, 3)), np.zeros(3), 0.0, 0.0
        for study in network.studies:
            size = len(study.treatments) - 1
            design = np.zeros((size, 3))
            for i, treatment in enumerate(study.treatments[1:]):
                for name, sign in ((treatment, 1.0), (study.treatments[0], -1.0)):
                    if names.index(name):
                        design[i, names.index(name) - 1] += sign
            sigma = study.covariance + tau2[era[study.name]] * (np.eye(size) + 1) / 2
            inverse = np.linalg.inv(sigma)
            information += design.T @ inverse @ design
            moment += design.T @ inverse @ study.contrasts
            square += study.contrasts @ inverse @ study.contrasts
            value += np.linalg.slogdet(sigma)[1]
        beta = np.linalg.solve(information, moment)
        return 0.5 * (value + np.linalg.slogdet(information)[1] + square - beta @ moment)

    top = minimize(
        negative,
        np.log([0.3, 0.3]),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000},
    )
    assert np.exp(top.x) == pytest.approx(found.tau2, rel=1e-4)


def test_one_group_is_the_ordinary_network() -> None:
    table = pl.read_csv(DATA / "smoking.csv").with_columns(all=pl.lit("one"))
    network = read_network(table, reference="no_contact")
    found = unequal_heterogeneity(network, "all", reference="no_contact")
    plain = network_meta_analysis(network, reference="no_contact")
    assert found.tau2[0] == pytest.approx(plain.tau2, rel=1e-6)
    wanted = dict(plain.against().select("treat1", "effect").iter_rows())
    assert dict(found.effects.select("treatment", "estimate").iter_rows()) == pytest.approx(wanted)
    assert found.test()[1] == 0


def test_groups_are_of_studies() -> None:
    table = pl.read_csv(DATA / "smoking.csv")
    network = read_network(table)
    with pytest.raises(EvidenceError, match="one value"):
        unequal_heterogeneity(network, "treatment")
    with pytest.raises(EvidenceError, match="REML or ML"):
        unequal_heterogeneity(network, "x", method="DL")
