"""Flow of evidence: which comparisons and studies carry an estimate."""

import csv
from pathlib import Path

import polars as pl
import pytest
from tests.evidence.network_reference import result

from speciosa.evidence.network.contributions import comparison_contributions, study_contributions
from speciosa.evidence.network.result import network_meta_analysis


@pytest.mark.parametrize("dataset", ["senn2013", "hasselblad1998", "parkinson"])
def test_shares_sum_to_one(dataset):
    for table in (
        comparison_contributions(result(dataset, "DL")),
        study_contributions(result(dataset, "DL")),
    ):
        sums = table.group_by("treat1", "treat2").agg(pl.col("share").sum())["share"]
        assert sums.to_list() == pytest.approx([1.0] * len(sums))
        assert (table["share"] >= -1e-12).all()


def test_a_triangle_by_hand():
    # Equal errors: two thirds of the flow take the direct way, one third the way round, split over two edges.
    rows = {
        "study": ["ab", "ac", "bc"],
        "treat1": ["a", "a", "b"],
        "treat2": ["b", "c", "c"],
        "effect": [0.1, 0.2, 0.1],
        "se": [0.2, 0.2, 0.2],
    }
    found = study_contributions(network_meta_analysis(rows, model="common")).filter(
        treat1="a", treat2="b"
    )
    shares = dict(found.select("study", "share").rows())
    assert shares == pytest.approx({"ab": 2 / 3, "ac": 1 / 6, "bc": 1 / 6})


def test_a_chain_splits_evenly():
    rows = {
        "study": ["1", "2"],
        "treat1": ["a", "b"],
        "treat2": ["b", "c"],
        "effect": [1.0, 2.0],
        "se": [0.1, 0.9],
    }
    found = study_contributions(network_meta_analysis(rows)).filter(treat1="a", treat2="c")
    assert found["share"].to_list() == pytest.approx([0.5, 0.5])


def test_studies_share_a_comparison_by_weight():
    rows = {
        "study": ["1", "2"],
        "treat1": ["a", "a"],
        "treat2": ["b", "b"],
        "effect": [1.0, 2.0],
        "se": [0.1, 0.2],
    }
    found = study_contributions(network_meta_analysis(rows, model="common"))
    assert found["share"].to_list() == pytest.approx([0.8, 0.2])


@pytest.mark.parametrize(("dataset", "count"), [("depression", 1100), ("linde2016", 2378)])
def test_shares_are_those_of_netmeta(dataset, count):
    data = Path(__file__).parent / "data"
    with (data / f"expected_contributions_{dataset}.csv").open(encoding="utf-8") as file:
        columns, *rows = list(csv.reader(file))
    network = network_meta_analysis(data / f"data_{dataset}_contrasts.csv", model="common")
    found = {
        (frozenset((one, other)), frozenset((first, second))): share
        for one, other, first, second, share in comparison_contributions(network).rows()
    }
    seen = 0
    for estimate, *shares in rows:
        for comparison, expected in zip(columns[1:], shares, strict=True):
            ours = found.get((frozenset(estimate.split(":")), frozenset(comparison.split(":"))), 0)
            assert ours == pytest.approx(float(expected), rel=1e-4), (estimate, comparison)
            seen += 1
    assert seen == count
