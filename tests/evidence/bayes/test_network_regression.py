"""Bayesian network meta-regression against the frequentist one and a dense integration over tau."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from speciosa.evidence.bayes.network_posterior import Priors
from speciosa.evidence.bayes.network_regression import bayesian_network_meta_regression
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network_models.regression import network_meta_regression, regression_rows

SMOKING = Path(__file__).parents[1] / "network_models" / "data" / "smoking.csv"


@pytest.mark.parametrize("interaction", ["common", "independent"])
def test_without_heterogeneity_and_vague_it_is_the_frequentist_one(interaction: str) -> None:
    network = read_network(SMOKING, reference="no_contact")
    options = {"interaction": interaction, "model": "common", "reference": "no_contact"}
    found = bayesian_network_meta_regression(network, "x", priors=Priors(1e4), **options)  # type: ignore[arg-type]
    plain = network_meta_regression(network, "x", **options)  # type: ignore[arg-type]
    for row in plain.slopes.to_dicts():
        got = found.slope(row["name"])
        assert (got["mean"], got["sd"]) == pytest.approx((row["estimate"], row["se"]), rel=1e-5)
    for row in plain.effects(1990.0).to_dicts():
        got = found.effect(row["treatment"], 1990.0)
        assert (got["mean"], got["sd"]) == pytest.approx((row["estimate"], row["se"]), rel=1e-5)


def test_tau_is_integrated_as_by_dense_matrices() -> None:
    network = read_network(SMOKING, reference="no_contact")
    found = bayesian_network_meta_regression(
        network, "x", reference="no_contact", priors=Priors(100.0, 2.0)
    )
    rows = regression_rows(found.frequentist)
    taus = np.linspace(1e-6, 4, 3001)
    log, mean = np.zeros(len(taus)), np.zeros((len(taus), 4))
    for place, tau in enumerate(taus):
        information, moment, value = np.eye(4) / 100.0**2, np.zeros(4), -0.5 * (tau / 2) ** 2
        for study, design in zip(network.studies, rows, strict=True):
            sigma = study.covariance + tau**2 * (np.eye(len(design)) + 1) / 2
            inverse = np.linalg.inv(sigma)
            information += design.T @ inverse @ design
            moment += design.T @ inverse @ study.contrasts
            value -= 0.5 * (
                np.linalg.slogdet(sigma)[1] + study.contrasts @ inverse @ study.contrasts
            )
        mean[place] = np.linalg.solve(information, moment)
        log[place] = value + 0.5 * moment @ mean[place] - 0.5 * np.linalg.slogdet(information)[1]
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    assert found.slope("x")["mean"] == pytest.approx(weight @ mean[:, 3], rel=1e-4)
    for place, name in enumerate(found.frequentist.treatments):
        assert found.effect(name)["mean"] == pytest.approx(weight @ mean[:, place], rel=1e-4)
    assert found.grid.tau_summary(0.95)["mean"] == pytest.approx(weight @ taus, rel=1e-4)


def test_the_command_prints_the_posterior_beside_the_estimate() -> None:
    command = [
        sys.executable,
        "-m",
        "speciosa",
        "nma",
        str(SMOKING),
        "--reference",
        "no_contact",
        "--bayes",
    ]
    done = subprocess.run([*command, "--covariate", "x", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["regression_posterior"]["slopes"]["x"]["median"] == pytest.approx(
        told["regression"]["slopes"][0]["estimate"], abs=0.02
    )
