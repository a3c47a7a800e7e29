"""Quartiles of network posteriors: of a normal in closed form, and the other way round for the turned pair."""

import numpy as np
import pytest
from scipy.special import ndtri

from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.bayes.summary import mixture_summary


def test_a_normal_has_quartiles_at_two_thirds_of_its_sd() -> None:
    found = mixture_summary(np.ones(1), np.full(1, 2.0), np.full(1, 3.0), 0.95)
    assert found["q25"] == pytest.approx(2 + 3 * ndtri(0.25))
    assert found["q75"] == pytest.approx(2 + 3 * ndtri(0.75))


def test_networks_say_them_for_effects_and_tau() -> None:
    rows = {"study": ["1", "2", "3"], "treat1": ["a", "a", "b"], "treat2": ["p"] * 3,
            "effect": [0.5, 0.9, 0.2], "se": [0.1, 0.1, 0.2]}  # fmt: skip
    found = bayesian_network(rows, reference="p")
    table = found.table
    one = table.filter(treat1="a", treat2="p").row(0, named=True)
    other = table.filter(treat1="p", treat2="a").row(0, named=True)
    assert one["low"] < one["q25"] < one["median"] < one["q75"] < one["high"]
    assert (other["q25"], other["q75"]) == (-one["q75"], -one["q25"])
    assert found.tau["low"] < found.tau["q25"] < found.tau["median"] < found.tau["q75"]
    told = next(e for e in found.to_json()["estimates"] if (e["treat1"], e["treat2"]) == ("a", "p"))
    assert told["q25"] == one["q25"] and told["median"] == one["median"]
