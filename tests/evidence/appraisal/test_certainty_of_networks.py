"""CINeMA's domains and GRADE's words of a network, by cases whose answer follows from the rules by hand."""

import numpy as np
import pytest
from scipy.stats import linregress

from speciosa.errors import EvidenceError
from speciosa.evidence.appraisal.certainty import certainty_of
from speciosa.evidence.appraisal.small_studies import small_studies
from speciosa.evidence.network.coherence import by_comparison
from speciosa.evidence.network.result import NetworkResult, network_meta_analysis
from speciosa.evidence.table.assessments import assessments

Z = 1.959963984540054


def pairs(effects: list[float], se: float | list[float], **columns: list[object]) -> NetworkResult:
    rows: dict[str, list[object]] = {
        "study": [f"s{i}" for i in range(len(effects))],
        "treat1": ["a"] * len(effects),
        "treat2": ["p"] * len(effects),
        "effect": list(effects),
        "se": se if isinstance(se, list) else [se] * len(effects),
    }
    return network_meta_analysis(rows | columns, measure="MD", reference="p")


def domains(result: NetworkResult, mid: float) -> dict[str, str]:
    (one,) = certainty_of(result, mid)
    return {domain.name: domain.concern for domain in one.domains}


def test_bias_is_the_mean_over_studies_by_what_each_contributes() -> None:
    """Two equal studies at low and high risk have mean 2: some concerns; three to one at high 2.5, then above: major."""
    assert (
        domains(pairs([2, 2], 0.1, rob=["low", "high"]), 1)["within-study bias"] == "some concerns"
    )
    assert domains(pairs([2, 2], 0.1, rob=["H", "H"]), 1)["within-study bias"] == "major concerns"
    assert domains(pairs([2, 2], 0.1, rob=[1, 1]), 1)["within-study bias"] == "no concerns"
    large = pairs([2, 2], [0.1, 1.0], rob=["high", "low"])
    assert domains(large, 1)["within-study bias"] == "major concerns"


def test_what_nobody_assessed_lowers_certainty_and_is_said() -> None:
    (one,) = certainty_of(pairs([2, 2], 0.1), 1)
    assert domains(pairs([2, 2], 0.1), 1)["within-study bias"] == "not judged"
    assert (one.level, one.complete) == ("low", False)
    assert "not judged: within-study bias, reporting bias, indirectness" in one.statement
    (other,) = certainty_of(pairs([2, 2], 0.1, rob=["L", "L"], indirectness=["L", "L"]), 1)
    assert other.level == "high"
    assert other.statement.startswith("A increases the outcome against p (mean difference 2.00")


@pytest.mark.parametrize(
    ("effect", "half_width", "concern"),
    [(2.0, 0.5, "no concerns"), (1.0, 0.5, "some concerns"), (0.2, 2.0, "major concerns"),
     (0.0, 0.5, "no concerns"), (-1.0, 1.5, "some concerns")],
)  # fmt: skip
def test_imprecision_counts_the_limits_inside_the_interval(
    effect: float, half_width: float, concern: str
) -> None:
    assert domains(pairs([effect], half_width / Z), 1.0)["imprecision"] == concern


def test_heterogeneity_counts_what_the_prediction_interval_crosses_beyond_the_interval() -> None:
    spread = pairs([1.0, 3.0, 2.0, 1.5, 2.5], 0.05)
    row = spread.against().row(0, named=True)
    assert row["ci_low"] > 1 > row["pi_low"] > -1
    assert domains(spread, 1.0)["heterogeneity"] == "some concerns"
    assert domains(pairs([2.0] * 5, 0.05), 1.0)["heterogeneity"] == "no concerns"
    assert domains(pairs([2.0], 0.05), 1.0)["heterogeneity"] == "not judged"


def test_incoherence_compares_the_parts_of_the_scale_that_direct_and_indirect_reach() -> None:
    rows = {"study": ["1", "2", "3"], "treat1": ["a", "b", "a"], "treat2": ["p", "p", "b"],
            "effect": [2.0, 0.0, -2.0], "se": [0.2, 0.2, 0.2]}  # fmt: skip
    result = network_meta_analysis(rows, measure="MD", reference="p", model="common")
    found = {one.treatment: one for one in certainty_of(result, 1.0)}
    told = {d.name: d for d in found["a"].domains}["incoherence"]
    assert told.concern == "major concerns" and "direct against indirect" in told.reason
    assert not result.coherence.coherent
    assert found["a"].level == "very low" and "very uncertain" in found["a"].statement


def test_a_network_whose_designs_disagree_has_no_comparison_without_concern() -> None:
    from speciosa.evidence.ledger.network_library import trial_network

    network = trial_network("oud_retention")
    result = network.pool()
    assert result.coherence.coherent is False
    found = network.certainty(result)
    assert len(found) == len(result.treatments) - 1
    for one in found:
        assert {d.name: d.concern for d in one.domains}["incoherence"] != "no concerns"
        assert one.level != "high"


def test_observational_studies_start_low() -> None:
    result = pairs([2, 2], 0.1, rob=["L", "L"], indirectness=["L", "L"])
    assert certainty_of(result, 1, observational=True)[0].level == "low"


@pytest.mark.parametrize("mid", [0.0, -1.0, float("nan")])
def test_a_difference_that_is_none_is_refused(mid: float) -> None:
    with pytest.raises(EvidenceError, match="minimal important difference"):
        certainty_of(pairs([1.0], 0.1), mid)


def test_rob2_domains_are_read_as_tools_write_them_and_doses_are_not() -> None:
    """The columns of robvis; a column D1 alone is a dose."""
    row = {"study": "A", "D1": "Low", "D2": "Some concerns", "D3": "Low", "D4": "Low", "D5": "Low"}
    found = assessments([row | {"Overall": ""}])["A"]
    assert found.bias == "some concerns" and found.domains["deviations"] == "some concerns"
    assert assessments([{"study": "A", "D1": 1, "D2": 2}]) == {}
    assert assessments([{"study": "A", "overall": 3}]) == {}


def test_the_funnel_test_is_the_regression_of_the_standard_normal_deviate() -> None:
    """Against scipy's regression; contrasts between active treatments have no direction and do not enter."""
    rng = np.random.default_rng(5)
    se = rng.uniform(0.1, 1.0, 14)
    rows = {"study": [f"s{i}" for i in range(14)], "treat1": ["a"] * 7 + ["b"] * 6 + ["a"],
            "treat2": ["p"] * 13 + ["b"], "effect": list(1 + 2 * se + rng.normal(0, se)), "se": list(se)}  # fmt: skip
    result = network_meta_analysis(rows, measure="MD", reference="p")
    found = small_studies(result)
    used = found.points.filter("directed")
    assert found.contrasts == len(used) == 13 and len(found.points) == 14
    y, s = used["adjusted"].to_numpy(), used["se"].to_numpy()
    against = linregress(1 / s, y / s)
    assert found.intercept == pytest.approx(against.intercept, rel=1e-9)
    assert found.se == pytest.approx(against.intercept_stderr, rel=1e-9)
    ordered = small_studies(result, ("p", "a", "b"))
    assert ordered.contrasts == 14
    with pytest.raises(EvidenceError, match="every treatment once"):
        small_studies(result, ("p", "a"))
    assert by_comparison(result).height == 2
