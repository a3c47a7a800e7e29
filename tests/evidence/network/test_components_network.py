"""Additive components: closed forms, the test of additivity, and networks that only components join."""

import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.components import component_network
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
