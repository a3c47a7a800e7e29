"""Figures that a network's table leaves empty, and the baselines of BUGSnet."""

import math

import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis

# TSD 2, example 5 (Parkinson's disease), as BUGSnet and gemtc hold it.
ROWS = [
    (1, "1", None, None, None), (1, "3", -0.31, 0.6681, None), (2, "1", None, None, None), (2, "2", -1.7, 0.3826, None),
    (3, "1", None, None, 0.2547), (3, "2", -2.3, 0.7177, None), (3, "4", -0.9, 0.695, None), (4, "3", None, None, None),
    (4, "4", -0.35, 0.4419, None), (5, "3", None, None, None), (5, "4", 0.55, 0.5551, None), (6, "4", None, None, None),
    (6, "5", -0.3, 0.2742, None), (7, "4", None, None, None), (7, "5", -0.3, 0.3201, None),
]  # fmt: skip


def test_the_variance_of_the_baseline_may_stand_in_a_column_of_its_own() -> None:
    """The same network as with gemtc's standard errors in the rows of the baseline."""
    names = ["study", "treatment", "differences", "se.diffs", "var.arm1"]
    bugs = pl.DataFrame(ROWS, schema=names, orient="row")
    gemtc = [
        {"study": study, "treatment": arm, "diff": diff, "std.err": math.sqrt(var) if var else se}
        for study, arm, diff, se, var in ROWS
    ]
    one = network_meta_analysis(bugs, reference="1", model="common")
    other = network_meta_analysis(gemtc, reference="1", model="common")
    assert one.against()["effect"].to_list() == pytest.approx(other.against()["effect"].to_list())
    assert one.against()["se"].to_list() == pytest.approx(other.against()["se"].to_list())


def test_a_study_with_an_empty_figure_is_left_out_by_name() -> None:
    arms = [("A", "x", 4, 20), ("A", "p", 8, 20), ("B", "x", None, 30), ("B", "p", 5, 30)]
    table = pl.DataFrame(arms, schema=["study", "treatment", "events", "n"], orient="row")
    network = read_network(table)
    assert [study.name for study in network.studies] == ["A"]
    assert network.excluded == {"B": "events missing in x"}


def test_text_where_a_figure_belongs_is_refused_and_nothing_but_gaps_too() -> None:
    rows = {"study": ["A", "A"], "treatment": ["x", "p"], "events": ["four", "8"], "n": [20, 20]}
    with pytest.raises(EvidenceError, match="expected a number, found four"):
        read_network(rows)
    with pytest.raises(EvidenceError, match="at least one informative study"):
        read_network(rows | {"events": [None, "8"]})
