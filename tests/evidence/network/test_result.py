"""A network in plain values: every figure from the result's own parts, and against any treatment."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from speciosa.evidence.network.result import network_meta_analysis

LOOP = {
    "study": list("1234"),
    "treat1": ["a", "b", "a", "a"],
    "treat2": ["p", "p", "b", "p"],
    "effect": [1.0, 0.5, 0.6, 1.9],
    "se": [0.2, 0.2, 0.3, 0.25],
}


@pytest.mark.parametrize("model", ["random", "common"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_plain_values(model, level):
    found = network_meta_analysis(
        LOOP, model=model, method="DL", reference="p", level=level, small_values="undesirable"
    )
    told, parts = found.to_json(), found.heterogeneity
    head = {
        "measure": "MD",
        "model": model,
        "method": "DL",
        "reference": "p",
        "Q": parts.total,
        "Q_heterogeneity": parts.within,
        "Q_inconsistency": parts.between,
    }
    assert {name: told[name] for name in head} == head
    assert told["tau2"] == (0.0 if model == "common" else found.random.tau2)
    assert told["I2"] == pytest.approx(100 * (parts.total - parts.total_df) / parts.total)
    assert told["heterogeneity"] == {
        name: getattr(parts, name if name[0] in "wb" else f"total_{name[2:]}")
        for name in ("Q_df", "Q_p", "within_df", "within_p", "between_df", "between_p")
    }
    assert told["k"] == 4 and told["people"] is None and len(told["net_split"]) == 3
    assert len(told["estimates"]) == 6
    z = norm.ppf(0.5 + level / 2)
    for row in told["estimates"]:
        i, j = (found.treatments.index(row[name]) for name in ("treat1", "treat2"))
        values = found.random if model == "random" else found.common
        effect, se = values.effect[i, j], values.se[i, j]
        assert (row["effect"], row["se"]) == (effect, se)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((effect - z * se, effect + z * se))
        if model == "random":
            half = t.ppf(0.5 + level / 2, parts.total_df) * math.hypot(se, math.sqrt(values.tau2))
            assert (row["pi_low"], row["pi_high"]) == pytest.approx((effect - half, effect + half))
        else:
            assert (row["pi_low"], row["pi_high"]) == (None, None)
        assert row["proportion_direct"] == pytest.approx(values.proportion_direct[i, j])


def test_against_any_treatment_and_in_the_order_of_the_scores():
    found = network_meta_analysis(LOOP, reference="p", small_values="undesirable")
    assert found.against()["treat2"].unique().to_list() == ["p"]
    assert found.against("b")["treat1"].sort().to_list() == ["a", "p"]
    scores = found.p_scores
    assert list(found.order) == sorted(scores, key=lambda name: -scores[name])
    assert network_meta_analysis(LOOP, reference="p", small_values="desirable").order == tuple(
        reversed(found.order)
    )
    assert np.isclose(found.half_width, norm.ppf(0.975))


def test_nothing_estimates_heterogeneity_where_no_contrast_recurs():
    chain = {name: column[:2] for name, column in LOOP.items()}
    random, common = (
        network_meta_analysis(chain, model=model).to_json() for model in ("random", "common")
    )
    assert (random["tau2"], random["I2"], common["tau2"]) == (None, None, 0.0)
    assert all(row["pi_low"] is None for row in random["estimates"])
    same = LOOP | {"effect": [1.0, 0.5, 0.5, 1.0]}
    assert network_meta_analysis(same).I2 == 0.0
