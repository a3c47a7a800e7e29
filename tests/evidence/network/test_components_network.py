"""Additive components: closed forms, the test of additivity, and networks that only components join."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from speciosa.errors import EvidenceError
from speciosa.evidence.network.components import component_network
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis


def contrasts(rows):
    names = ("study", "treat1", "treat2", "effect", "se")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


SINGLE = contrasts(
    [
        ("1", "a", "p", 1.0, 0.2),
        ("2", "b", "p", 0.5, 0.2),
        ("3", "a", "b", 0.7, 0.3),
        ("4", "a", "p", 0.6, 0.2),
    ]
)


def test_single_components_are_the_network_itself():
    whole = network_meta_analysis(SINGLE, method="DL", reference="p")
    found = component_network(SINGLE, inactive="p", method="DL")
    ours = dict(found.effects.select("component", "effect").rows())
    against = dict(whole.against().select("treat1", "effect").rows())
    assert ours == pytest.approx(against)
    assert found.tau2 == pytest.approx(whole.tau2)
    assert found.q_additivity == pytest.approx(0.0, abs=1e-12)
    assert found.df_additivity == 0


def test_a_combination_is_the_sum_of_its_parts_and_its_test_is_z_squared():
    rows = contrasts(
        [("1", "a", "p", 1.0, 0.2), ("2", "b", "p", 0.5, 0.2), ("3", "a+b", "p", 2.1, 0.2)]
    )
    found = component_network(rows, inactive="p", model="common")
    effects = dict(found.effects.select("component", "effect").rows())
    combined = dict(found.combinations.select("treatment", "effect").rows())
    assert combined["a+b"] == pytest.approx(effects["a"] + effects["b"])
    assert combined["p"] == 0.0
    # 2.1 - 1.0 - 0.5 with three equal variances.
    assert found.q_additivity == pytest.approx(0.6**2 / (3 * 0.04))
    assert found.df_additivity == 1


def test_components_join_islands():
    rows = contrasts(
        [("1", "a", "p", 1.0, 0.2), ("2", "a+b", "c", 0.5, 0.2), ("3", "b+c", "c", 0.3, 0.1)]
    )
    with pytest.raises(EvidenceError, match="2 islands"):
        network_meta_analysis(rows)
    found = component_network(rows, inactive="p", model="common")
    effects = dict(found.effects.select("component", "effect").rows())
    assert effects == pytest.approx({"a": 1.0, "b": 0.3, "c": 0.8})
    assert found.q_additivity is None


def test_what_cannot_be_told_apart_is_not_estimated():
    rows = contrasts([("1", "a+b", "p", 1.0, 0.2), ("2", "c", "p", 0.5, 0.2)])
    effects = dict(
        component_network(rows, inactive="p").effects.select("component", "effect").rows()
    )
    assert effects == {"a": None, "b": None, "c": pytest.approx(0.5)}


def test_a_component_that_does_not_exist_is_suggested():
    with pytest.raises(EvidenceError, match="Did you mean placebo"):
        component_network(contrasts([("1", "a", "placebo", 1.0, 0.2)]), inactive="placbo")


def test_components_by_weighted_least_squares_at_the_customary_level():
    rows = [
        ("1", "A", "P", 1.0, 0.2),
        ("2", "A+B", "P", 1.6, 0.3),
        ("3", "B", "P", 0.4, 0.25),
        ("4", "A+B", "A", 0.5, 0.4),
    ]
    table = [
        dict(zip(("study", "treat1", "treat2", "effect", "se"), row, strict=True)) for row in rows
    ]
    network = read_network(table)
    found = component_network(network, inactive="P", model="common")
    X = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    w, y = np.array([row[4] for row in rows]) ** -2.0, np.array([row[3] for row in rows])
    cov = np.linalg.inv(X.T @ (w[:, None] * X))
    beta = cov @ X.T @ (w * y)
    half = norm.ppf(0.975) * np.sqrt(np.diag(cov))
    shown = found.effects.to_dict(as_series=False)
    assert shown["component"] == ["A", "B"]
    assert shown["effect"] == pytest.approx(beta) and shown["se"] == pytest.approx(
        np.sqrt(np.diag(cov))
    )
    assert shown["ci_low"] == pytest.approx(beta - half) and shown["ci_high"] == pytest.approx(
        beta + half
    )
    assert shown["p"] == pytest.approx(2 * norm.sf(np.abs(beta) / np.sqrt(np.diag(cov))))
    left = float((w * (y - X @ beta) ** 2).sum())
    assert (found.q, found.df) == (pytest.approx(left), 2) and found.p == pytest.approx(
        chi2.sf(left, 2)
    )
    both = found.combinations.filter(treatment="A+B").row(0, named=True)
    assert both["effect"] == pytest.approx(beta.sum()) and both["se"] == pytest.approx(
        np.sqrt(cov.sum())
    )
    nothing = found.combinations.filter(treatment="P").row(0, named=True)
    assert (nothing["effect"], nothing["se"], nothing["p"]) == (0.0, 0.0, None)
