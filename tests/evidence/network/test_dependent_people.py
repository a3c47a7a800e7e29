"""Trials of clusters and crossovers in networks: with two treatments they are what metafor pools from divided counts."""

import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis

# Estimate, standard error and tau2 by REML: metafor 3.8.1, counts and people divided by the design effects first
# (escalc, rma); standard errors of contrasts times their root.
COUNTS = {
    "study": ["A", "A", "B", "B"],
    "treatment": ["x", "p", "x", "p"],
    "events": [20, 24, 22, 16],
    "n": [50, 50, 60, 61],
    "icc": [0.05, 0.05, None, None],
    "cluster size": [10, 10, None, None],
}
RATES = {
    **{name: COUNTS[name] for name in ("study", "treatment", "events", "icc", "cluster size")},
    "time": [500, 500, 600, 610],
}
MEANS = {
    **{name: COUNTS[name] for name in ("study", "treatment", "n")},
    "mean": [20, 24, 22, 16],
    "sd": [5, 5, 6, 6],
    "deff": [1.5, 1.5, None, None],
}
CONTRASTS = {
    "study": ["A", "B"],
    "treat1": ["x", "x"],
    "treat2": ["p", "p"],
    "OR": [0.8, 1.1],
    "lower": [0.6, 0.8],
    "upper": [1.07, 1.51],
    "design_effect": [2, None],
}
SIDE_BY_SIDE = {
    "study": ["A", "B"],
    **{"treat1": ["x", "x"], "event1": [20, 22], "n1": [50, 60]},
    **{"treat2": ["p", "p"], "event2": [24, 16], "n2": [50, 61]},
    **{"ICC": [0.05, None], "cluster_size": [10, None]},
}


@pytest.mark.parametrize(
    ("table", "measure", "wanted"),
    [
        (COUNTS, "OR", (0.130581125884, 0.403447608994, 0.133689958449)),
        (SIDE_BY_SIDE, "OR", (0.130581125884, 0.403447608994, 0.133689958449)),
        (RATES, "IRR", (0.100457840141, 0.257524547611, 0.0133664132864)),
        (MEANS, "MD", (1.01549180328, 4.99997600035, 48.6549180328)),
        (CONTRASTS, "OR", (-0.0367631222996, 0.156894482718, 0.0157966459148)),
    ],
    ids=["counts", "side by side", "rates", "means", "contrasts"],
)
def test_clusters_count_for_fewer(table, measure, wanted):
    network = read_network(table, measure=measure, reference="p")
    result = network_meta_analysis(network, reference="p")
    row = result.against().row(0, named=True)
    assert (row["effect"], row["se"], result.tau2) == pytest.approx(wanted, rel=1e-6)
    assert any("A by " in note and "B by" not in note for note in network.notes)
    assert not any("whole numbers" in note for note in network.notes)


def test_half_of_a_design_effect_is_asked_for_once_a_study():
    table = {name: cells for name, cells in COUNTS.items() if name != "cluster size"}
    with pytest.raises(EvidenceError) as caught:
        read_network(table)
    assert len(caught.value.faults) == 1
    assert "study 'A', cluster_size" in str(caught.value)


def test_arms_of_a_crossover_are_asked_for_as_a_contrast():
    crossed = {name: MEANS[name] for name in ("study", "treatment", "mean", "sd", "n")}
    with pytest.raises(EvidenceError, match="study 'A', correlation.*give its contrast"):
        read_network(crossed | {"correlation": [0.5, 0.5, None, "NR"]})
    parallel = read_network(crossed | {"correlation": [None, None, "", "-"]})
    assert len(parallel.studies) == 2


def test_ways_out_of_what_cannot_be_pooled_as_it_stands():
    rows = {"study": ["A", "A"], "treatment": ["x", "p"], "n": [50, 50]}
    for extra, way in (
        ({"median": [10, 12], "q1": [5, 5], "q3": [15, 16]}, "mean_sd"),
        ({"percent": [20, 24]}, "events_from_percent"),
    ):
        with pytest.raises(EvidenceError, match=way):
            read_network(rows | extra)
    stated = {"study": ["A"], "treat1": ["x"], "treat2": ["p"], "HR": [0.8], "p": [0.1]}
    with pytest.raises(EvidenceError, match="se_from_p"):
        read_network(stated, measure="HR")


@pytest.mark.parametrize(
    ("measure", "means", "sds", "noted"),
    [
        ("MD", [4, 5, 40, 52], [2, 2, 20, 22], "one scale and unit"),
        ("SMD", [4, 5, 40, 52], [0.2, 0.2, 20, 22], "standard errors?"),
        ("SMD", [-4, -2, 40, 52], [2, 2, 20, 22], "Means of A are below 0"),
        ("SMD", [4, 5, 40, 52], [2, 2, 20, 22], ""),
    ],
)
def test_means_that_do_not_fit_together_are_noted(measure, means, sds, noted):
    table = {"study": ["A", "A", "B", "B"], "treatment": ["x", "p"] * 2, "n": [50] * 4}
    network = read_network(table | {"mean": means, "sd": sds}, measure=measure)
    assert any(noted in note for note in network.notes) if noted else not network.notes
