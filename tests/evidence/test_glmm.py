"""Exact likelihoods of counts: against metafor's rma.glmm, against closed forms, and what they refuse."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom, nchypergeom_fisher
from tests.evidence.reference import bcg, hart, read

from speciosa.errors import ConvergenceError, EvidenceError
from speciosa.evidence.pairwise.glmm import _log_likelihood, count_model
from speciosa.evidence.pairwise.likelihoods import counts_of
from speciosa.evidence.pairwise.pooling import meta_analysis

EXPECTED = read("expected_glmm.csv")
RARE = {
    "events_t": [0, 6, 1, 2, 9, 3],
    "n_t": [50, 60, 45, 30, 80, 125],
    "events_c": [2, 2, 3, 1, 1, 7],
    "n_c": [50, 58, 47, 31, 78, 124],
}


def smoking():
    table = read("data_hasselblad1998_smoking.csv")
    one, two = (table.filter(pl.col("trt") == name) for name in ("ind_counseling", "no_contact"))
    pair = one.join(two, on="study", suffix="_c")
    names = {"events_t": "xi", "n_t": "ni", "events_c": "xi_c", "n_c": "ni_c"}
    return {ours: pair[theirs].to_numpy().astype(float) for ours, theirs in names.items()}


def data(name, measure):
    table = {"bcg": bcg, "hart": hart, "smoking": smoking}.get(
        name, lambda: {c: np.array(v, dtype=float) for c, v in RARE.items()}
    )()
    group = "c" if name == "bcg" else "t"
    if measure == "PLO":
        return {"events": table[f"events_{group}"], "n": table[f"n_{group}"]}
    if measure == "IRLN":
        return {"events": table["events_t"], "time": table["time_t"]}
    return table


@pytest.mark.parametrize("case", EXPECTED["case"].unique(maintain_order=True).to_list())
def test_the_numbers_of_rma_glmm(case):
    name, model, method = case.split()
    measure = model if model in ("PLO", "IRLN") else "IRR" if name == "hart" else "OR"
    likelihood = "unconditional" if model == "UM.FS" else "conditional"
    found = meta_analysis(
        data(name, measure),
        measure=measure,
        method="GLMM" if method == "ML" else "EXACT",
        likelihood=likelihood,
    )
    got = {
        "estimate": found.estimate,
        "se": found.se,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "tau2": found.tau2,
        "QE_LRT": found.Q,
        "k": found.k,
    }
    # lme4 stops a little below the maximum (next test); the numerical second derivatives of the program are good to
    # 3 in a thousand (the one after it).
    loose = 5e-4 if (model, method) == ("UM.FS", "ML") else 1e-4
    for quantity, value in EXPECTED.filter(case=case).select("quantity", "value").rows():
        wide = 3.5e-3 if model == "CM.EL" and quantity in ("se", "ci_low", "ci_high") else loose
        assert got[quantity] == pytest.approx(value, rel=wide, abs=2e-5), quantity


@pytest.mark.parametrize("name", ["rare", "smoking"])
def test_no_likelihood_is_higher_than_at_the_estimate(name):
    """Also not at the numbers of lme4, which differ in the fourth digit."""
    table = data(name, "OR")
    counts, found = counts_of("OR", table, False), count_model("OR", table, conditional=False)
    case = EXPECTED.filter(case=f"{name} UM.FS ML")
    theirs = dict(case.select("quantity", "value").rows())
    best = found.log_likelihood
    assert _log_likelihood(counts, theirs["estimate"], theirs["tau2"]) <= best + 1e-9
    for shift in (-0.05, 0.05):
        assert _log_likelihood(counts, found.estimate + shift, found.tau2) < best
        assert _log_likelihood(counts, found.estimate, found.tau2 * (1 + shift)) < best


@pytest.mark.parametrize("name", ["bcg", "rare"])
def test_the_conditional_model_is_the_noncentral_hypergeometric(name):
    """Its score is 0 at the estimate, and its information the sum of the variances."""
    d = data(name, "OR")
    found = count_model("OR", d, random=False)
    odds = np.exp(found.estimate)
    total, drawn = d["n_t"] + d["n_c"], d["events_t"] + d["events_c"]
    law = nchypergeom_fisher(total.astype(int), drawn.astype(int), d["n_t"].astype(int), odds)
    assert law.mean().sum() == pytest.approx(d["events_t"].sum(), rel=1e-7)
    assert found.se == pytest.approx(law.var().sum() ** -0.5, rel=1e-6)


def test_one_rate_ratio_is_conditional_binomial():
    d = {"events_t": [7.0], "time_t": [100.0], "events_c": [12.0], "time_c": [140.0]}
    found = count_model("IRR", {c: np.array(v) for c, v in d.items()})
    assert found.estimate == pytest.approx(np.log(7 / 100 / (12 / 140)), abs=1e-7)
    assert found.se == pytest.approx(np.sqrt(1 / 7 + 1 / 12), rel=1e-5)
    p = 7 / 19
    assert found.log_likelihood == pytest.approx(binom.logpmf(7, 19, p))


def test_what_the_exact_likelihood_cannot_take_is_refused():
    with pytest.raises(EvidenceError, match="one of OR, IRR, PLO, IRLN"):
        meta_analysis(RARE, measure="RR", method="GLMM")
    with pytest.raises(EvidenceError, match="whole numbers"):
        meta_analysis({**RARE, "design_effect": [1.5] * 6}, measure="OR", method="EXACT")
    none = {c: [0 if c == "events_t" else v[0]] for c, v in RARE.items()}
    with pytest.raises(ConvergenceError, match="rises without end"):
        meta_analysis(none, measure="OR", method="EXACT")


def test_a_study_that_says_nothing_changes_nothing():
    more = {c: [*v, 0 if c.startswith("e") else 40] for c, v in RARE.items()}
    one, two = (meta_analysis(t, measure="OR", method="GLMM") for t in (RARE, more))
    assert two.estimate == pytest.approx(one.estimate, rel=1e-9)
    assert any("says nothing" in note for note in two.notes)
    assert "not known" not in str(one.table()["effect"].to_list())
