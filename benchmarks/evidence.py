"""How fast and how close: pooled evidence beside statsmodels and PyMARE, for what these can do.

Run: python -m benchmarks.evidence. Times are CPU time of one analysis, the best of several, after import.
"""

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from tests.evidence.reference import DATA, effects

from speciosa.evidence.bayes.pairwise import bayesian_meta_analysis
from speciosa.evidence.bayes.priors import TauPrior
from speciosa.evidence.pairwise.fit import fit
from speciosa.evidence.pairwise.pooling import meta_analysis

REPEATS = 7


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU time of one call in milliseconds, the best of `REPEATS` after a first one."""
    work()
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return 1000 * float(best)


def row(
    what: str, who: str, work: Callable[[], Any], number: Callable[[Any], tuple[float, float]]
) -> None:
    estimate, tau2 = number(work())
    print(f"{what:<44}{who:<14}{estimate:>12.6f}{tau2:>12.6f}{cpu_ms(work):>10.2f}")


def ours(y: np.ndarray, v: np.ndarray) -> None:
    for method in ("DL", "PM", "REML"):
        row(f"13 trials, {method}, Knapp-Hartung", "speciosa",
            lambda method=method: fit(y, v, method=method, test="knapp-hartung"),
            lambda r: (float(r.beta[0]), r.tau2))  # fmt: skip
    row("13 trials, file to result, REML", "speciosa",
        lambda: (lambda r: (r.pi_low, r.tau2_interval(), r)[2])(
            meta_analysis(DATA / "data_bcg.csv", measure="RR")),
        lambda r: (r.estimate, r.tau2))  # fmt: skip
    row("13 trials, posterior of mu, median", "speciosa",
        lambda: bayesian_meta_analysis(y, v, tau_prior=TauPrior("half-normal", 0.5)),
        lambda r: (r.mu.quantile(0.5), r.tau.quantile(0.5) ** 2))  # fmt: skip


def statsmodels(y: np.ndarray, v: np.ndarray) -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    for method, theirs in (("DL", "dl"), ("PM", "pm")):
        row(f"13 trials, {method}, Knapp-Hartung", "statsmodels",
            lambda theirs=theirs: combine_effects(y, v, method_re=theirs, use_t=True),
            lambda r: (float(r.mean_effect_re), float(r.tau2)))  # fmt: skip


def pymare(y: np.ndarray, v: np.ndarray) -> None:
    from pymare import Dataset
    from pymare.estimators import DerSimonianLaird, VarianceBasedLikelihoodEstimator

    data = Dataset(y=y, v=v)
    for method, estimator in (
        ("DL", DerSimonianLaird()),
        ("REML", VarianceBasedLikelihoodEstimator(method="REML")),
    ):
        row(f"13 trials, {method}", "PyMARE",
            lambda estimator=estimator: estimator.fit_dataset(data).summary(),
            lambda r: (float(r.get_fe_stats()["est"][0, 0]), float(np.ravel(r.tau2)[0])))  # fmt: skip


def main() -> None:
    e = effects("bcg", "RR")
    print(f"{'analysis':<44}{'by':<14}{'estimate':>12}{'tau2':>12}{'CPU ms':>10}")
    ours(e.values, e.variances)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for package, other in (("statsmodels", statsmodels), ("pymare", pymare)):
            if find_spec(package):
                other(e.values, e.variances)
            else:
                print(f"{package} is not installed: pip install 'speciosa[bench]'")
    if find_spec("benchmarks.evidence_network"):
        from benchmarks.evidence_network import rows

        rows(row)


if __name__ == "__main__":
    main()
