"""Charts of trials arranged for a telephone: narrow enough, and with every name and number that the wide ones have."""

import re
from typing import Any

import vl_convert

from speciosa.comparison.trials import pooled as pooled_network
from speciosa.evidence.ledger.pools import pool_ids, pooled
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.report.figures.forest import forest
from speciosa.report.figures.network import network_chart
from speciosa.report.figures.network_forest import network_forest
from speciosa.study.question.check import networks
from speciosa.study.question.schema import Evidence

SCREEN_PX = 368


def width_and_words(chart: Any) -> tuple[float, list[str]]:
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    width = re.search(r'<svg[^>]* width="([\d.]+)"', svg)
    assert width
    return float(width[1]), re.findall(r"<text[^>]*>([^<]+)</text>", svg)


def test_every_forest_fits_and_names_its_studies() -> None:
    results = [found for name in pool_ids() if (found := pooled(name).result) is not None]
    assert results
    for result in results:
        width, words = width_and_words(forest(result, narrow=True))
        assert width <= SCREEN_PX
        assert set(result.table()["study"].to_list()) <= set(words)


def test_every_network_fits_and_names_its_treatments() -> None:
    pools = [pooled_network(name, Evidence(networks=(name,))) for name in networks()]
    results = [found.result for found in pools if found.result is not None]
    assert results
    for result in results:
        graph_px, listed = width_and_words(network_chart(result.network, narrow=True))
        forest_px, named = width_and_words(network_forest(result, narrow=True))
        assert max(graph_px, forest_px) <= SCREEN_PX
        assert {line.split(maxsplit=1)[-1] for line in listed} >= set(result.treatments)
        assert set(named) >= set(result.treatments) - {result.reference}


def test_risk_of_bias_stands_below_a_narrow_forest() -> None:
    trials = {
        "study": ["A", "B"],
        "effect": [0.1, 0.3],
        "se": [0.1, 0.2],
        "risk_of_bias": ["low", "high"],
    }
    result = meta_analysis(trials)
    width, words = width_and_words(forest(result, narrow=True))
    assert width <= SCREEN_PX
    assert "Risk of bias" in words
