"""The networks' part of `python -m benchmarks.evidence`; statsmodels and PyMARE have no network meta-analysis."""

from collections.abc import Callable
from typing import Any

from tests.evidence.network_reference import smoking_arms
from tests.evidence.reference import DATA

from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.network.result import network_meta_analysis

Row = Callable[[str, str, Callable[[], Any], Callable[[Any], tuple[float, float]]], None]


def rows(row: Row) -> None:
    """Prints one line an analysis: the effect of one comparison, tau2, CPU time."""
    path, arms = DATA / "data_senn2013_contrasts.csv", smoking_arms()

    def network(table: Any, **options: Any) -> Any:
        result = network_meta_analysis(table, **options)
        result.to_json()
        return result

    for method in ("DL", "REML"):
        row(f"network of 26 trials, {method}, file to result", "speciosa",
            lambda method=method: network(path, method=method, reference="plac"),
            lambda r: (r.against()["effect"][0], r.tau2))  # fmt: skip
    row("network of 24 trials, REML, table to result", "speciosa",
        lambda: network(arms, measure="OR", reference="no_contact"),
        lambda r: (r.against()["effect"][0], r.tau2))  # fmt: skip

    def posterior() -> Any:
        result = bayesian_network(arms, measure="OR", reference="no_contact")
        result.to_json()
        return result

    row("network of 24 trials, posterior by quadrature", "speciosa", posterior,
        lambda r: (r.contrast({"grp_counseling": 1.0})["mean"], r.grid.tau2_mean))  # fmt: skip
