"""Direct against indirect evidence: two ways that must agree, and where the disagreement sits."""

import numpy as np
import polars as pl
import pytest
from tests.evidence.network_reference import network, result

from speciosa.evidence.network.inconsistency import design_by_treatment, heat, net_split, node_split
from speciosa.evidence.network.result import network_meta_analysis

LOOP = {
    "study": ["1", "2", "3", "4"],
    "treat1": ["a", "a", "b", "a"],
    "treat2": ["b", "c", "c", "b"],
    "effect": [1.0, 1.5, 0.1, 0.8],
    "se": [0.2, 0.3, 0.25, 0.3],
}


def test_a_loop_by_hand():
    found = network_meta_analysis(LOOP, model="common")
    row = net_split(found).filter(treat1="a", treat2="c").row(0, named=True)
    ab = (1.0 / 0.04 + 0.8 / 0.09) / (1 / 0.04 + 1 / 0.09)
    assert row["direct"] == pytest.approx(1.5)
    assert row["indirect"] == pytest.approx(ab + 0.1)
    assert row["indirect_se"] == pytest.approx(np.sqrt(1 / (1 / 0.04 + 1 / 0.09) + 0.0625))


def test_node_split_and_back_calculation_agree_on_two_arm_trials():
    found = network_meta_analysis(LOOP)
    for row in net_split(found).iter_rows(named=True):
        split = node_split(found.network, row["treat1"], row["treat2"], tau2=found.tau2)
        for name in ("direct", "direct_se", "indirect", "indirect_se", "difference", "se", "p"):
            assert getattr(split, name) == pytest.approx(row[name], abs=1e-10)


@pytest.mark.parametrize("dataset", ["senn2013", "hasselblad1998", "parkinson"])
def test_node_split_and_back_calculation_agree_within_a_tenth_of_an_error_with_multi_arm_trials(
    dataset,
):
    found = result(dataset, "DL")
    for row in net_split(found).iter_rows(named=True):
        split = node_split(found.network, row["treat1"], row["treat2"], tau2=found.tau2)
        assert split.difference == pytest.approx(row["difference"], abs=0.1 * row["se"])
        assert split.p == pytest.approx(row["p"], abs=0.05)


def test_splitting_a_node_estimates_its_own_heterogeneity():
    found = node_split(network("hasselblad1998"), "ind_counseling", "no_contact")
    assert found.tau2 > 0
    turned = node_split(network("hasselblad1998"), "no_contact", "ind_counseling")
    assert turned.difference == pytest.approx(-found.difference)


def test_nothing_to_split_without_a_loop():
    chain = {key: values[:2] for key, values in LOOP.items()}
    found = network_meta_analysis(chain)
    assert node_split(found.network, "a", "b") is None
    assert net_split(found).is_empty()
    assert design_by_treatment(found.network).p is None


def test_q_of_designs_adds_up():
    parts = result("senn2013", "DL").heterogeneity
    assert parts.designs["Q"].sum() == pytest.approx(parts.within)
    assert parts.designs["df"].sum() == parts.within_df
    assert parts.within + parts.between == pytest.approx(parts.total)


def test_heat_points_at_the_trial_that_breaks_the_loop():
    broken = pl.DataFrame(LOOP).vstack(
        pl.DataFrame(
            {
                "study": ["5", "6", "7"],
                "treat1": ["c", "a", "b"],
                "treat2": ["d", "d", "d"],
                "effect": [5.0, 1.6, 0.2],
                "se": [0.2, 0.2, 0.2],
            }
        )
    )
    designs, matrix = heat(network_meta_analysis(broken).network)
    assert designs[int(np.diag(matrix).argmax())] == "c : d"
    # Setting it free removes more disagreement than setting any other design free.
    assert designs[int(matrix.sum(axis=0).argmax())] == "c : d"
