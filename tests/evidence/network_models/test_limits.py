"""Limits of every effect of a network lie as many standard errors away as their level asks, on both sides."""

from collections.abc import Callable
from statistics import NormalDist

import polars as pl
import pytest

from speciosa.evidence.network.components import component_network
from speciosa.evidence.network.mantel_haenszel import mantel_haenszel_network
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network_models.bridge import bridged_network
from speciosa.evidence.network_models.regression import network_meta_regression
from speciosa.evidence.network_models.unequal import unequal_heterogeneity

from .test_regression import DATA

PAIRS = {
    "study": list("ABCD"), "treat1": ["x", "x", "y", "x"], "treat2": ["p", "p", "p", "y"],
    "effect": [1.0, 1.4, 0.3, 0.5], "se": [0.2, 0.3, 0.2, 0.4], "year": [0, 1, 2, 4], "blind": ["yes", "no"] * 2,
}  # fmt: skip
ARMS = {
    "study": ["A", "A", "B", "B", "C", "C"], "treatment": ["x", "p", "y", "p", "x", "y"],
    "events": [30, 10, 32, 22, 11, 9], "n": [50] * 6,
}  # fmt: skip
MODELS: dict[str, Callable[[float], pl.DataFrame]] = {
    "bridge": lambda level: (
        bridged_network(
            read_network(DATA / "smoking_islands.csv", connected=False), level=level
        ).effects
    ),
    "unequal": lambda level: (
        unequal_heterogeneity(read_network(PAIRS), "blind", level=level).effects
    ),
    "regression": lambda level: network_meta_regression(
        read_network(PAIRS), "year", level=level
    ).effects(1.0),
    "components": lambda level: component_network(PAIRS, inactive="p", level=level).effects,
    "mantel-haenszel": lambda level: mantel_haenszel_network(
        read_network(ARMS, measure="OR")
    ).frame(level),
}


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("model", MODELS)
def test_limits_are_as_far_as_their_level_asks(model: str, level: float) -> None:
    found = MODELS[model](level)
    middle = found["estimate" if "estimate" in found.columns else "effect"].to_numpy()
    away = NormalDist().inv_cdf(0.5 + level / 2) * found["se"].to_numpy()
    assert (away > 0).all()
    assert middle - found["ci_low"].to_numpy() == pytest.approx(away)
    assert found["ci_high"].to_numpy() - middle == pytest.approx(away)
