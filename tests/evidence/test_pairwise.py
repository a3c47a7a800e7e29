"""Pairwise meta-analysis against metafor, closed forms and invariants."""

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.evidence.reference import DATA, effects, read, worst

from speciosa.errors import EvidenceError, UnknownNameError
from speciosa.evidence.pairwise.fit import Fit, fit
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.evidence.pairwise.tau2 import (
    METHODS,
    generalised_q,
    log_likelihood,
    q_profile,
    tau_squared,
)
from speciosa.evidence.pairwise.three_level import three_level

EXPECTED = read("expected_pairwise.csv")
SMALL = read("expected_small_tables.csv")
CLOSED, ITERATED = 1e-8, 1e-6  # worst seen 8e-10 and 5e-7 (trim and fill; 3e-8 without)
MODERATORS = {"": (), "ablat": ("ablat",), "ablat+year": ("ablat", "year"), "alloc": ("alloc",)}
NAMES = {
    "intrcpt": "intercept",
    "factor(alloc)random": "alloc[random]",
    "factor(alloc)systematic": "alloc[systematic]",
}
FILES = {"bcg": DATA / "data_bcg.csv", "hart1999": DATA / "data_hart1999.csv"}
MODELS = (
    EXPECTED.filter(pl.col("method").is_in(METHODS))
    .select("dataset", "measure", "method", "test")
    .unique(maintain_order=True)
    .rows()
)


def quantities(dataset: str, measure: str, method: str, test: str) -> dict[str, float]:
    """Every number that a model and what hangs on it gives, under the names of the reference."""
    code, _, moderators = measure.partition("~")
    r = meta_analysis(
        FILES[dataset], measure=code, method=method, test=test, moderators=MODERATORS[moderators]
    )  # fmt: skip
    riley = r.fit.prediction(np.eye(r.fit.p)[0], r.k - 2) or (np.nan, np.nan)
    low, high = r.tau2_interval()
    qm, qm_p, _ = r.fit.moderator_test()
    found = {
        "estimate": r.estimate, "se": r.se, "ci_lower": r.ci_low, "ci_upper": r.ci_high,
        "stat": r.statistic, "p": r.p, "tau2": r.tau2, "I2_percent": r.I2, "H2": r.H2, "Q": r.Q,
        "Q_p": r.Q_p, "pi_lower": r.pi_low, "pi_upper": r.pi_high, "pi_lower_riley_tkm2": riley[0],
        "pi_upper_riley_tkm2": riley[1], "logLik": r.fit.log_likelihood, "se_tau2": r.fit.tau2_se,
        "tau2_ci_lower_qprofile": low, "tau2_ci_upper_qprofile": high,
        "QM": qm, "QM_p": qm_p, "QE": r.Q, "R2_percent": r.R2(),
    }  # fmt: skip
    back = {v: k for k, v in NAMES.items()}
    for name, beta, se in r.coefficients().select("name", "estimate", "se").iter_rows():
        found[f"coef[{back.get(name, name)}]"] = beta
        found[f"se[{back.get(name, name)}]"] = se
    if (code, method, test, moderators) == ("RR", "REML", "z", ""):
        found |= around(r)
    return found


def around(r) -> dict[str, float]:
    """What is asked of one model: small-study tests, leave-one-out, weights, shrunken effects."""
    egger, trim = r.egger(), r.trim_and_fill()
    found = {
        "egger_regtest_z": egger.statistic, "egger_regtest_p": egger.p,
        "trimfill_k0": trim.missing, "trimfill_estimate": trim.estimate,
        "trimfill_se": float(trim.fit.se[0]),
    }  # fmt: skip
    shrunken, spread = r.blups()
    for i, step in enumerate(r.leave_one_out()):
        found[f"leave1out_estimate[{i + 1}]"] = step.estimate
        found[f"leave1out_tau2[{i + 1}]"] = step.fit.tau2
        found[f"weight_percent[{i + 1}]"] = float(r.weights[i])
        found[f"blup[{i + 1}]"] = float(shrunken[i])
        found[f"blup_se[{i + 1}]"] = float(spread[i])
    return found


def expected_of(dataset: str, measure: str, method: str, test: str) -> pl.DataFrame:
    return EXPECTED.filter(
        (pl.col("dataset") == dataset)
        & (pl.col("measure") == measure)
        & (pl.col("method") == method)
        & (pl.col("test").fill_null("") == (test or ""))
    )


@pytest.mark.parametrize(("dataset", "measure", "method", "test"), MODELS)
def test_models_are_those_of_metafor(dataset, measure, method, test):
    rtol = CLOSED if method in ("EE", "DL", "HE", "HS", "SJ") else ITERATED
    found = quantities(dataset, measure, method, test)
    assert worst(found, expected_of(dataset, measure, method, test), rtol) == []


def test_every_expected_row_belongs_to_a_test():
    others = EXPECTED.filter(~pl.col("method").is_in(METHODS))
    assert set(others["method"]) == {"lm", "rank", "MH", "Peto", "rma.mv REML"}
    assert sum(len(expected_of(*model)) for model in MODELS) + len(others) == len(EXPECTED) == 1556


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_is_that_of_metafor(measure):
    r = meta_analysis(FILES["bcg"], measure=measure, method="MH")
    found = {"estimate": r.estimate, "se": r.se, "Q": r.Q}
    assert worst(found, expected_of("bcg", measure, "MH", "z"), CLOSED) == []


def test_peto_and_the_small_study_tests_are_those_of_metafor():
    r = meta_analysis(FILES["bcg"], measure="OR", method="PETO")
    assert (
        worst({"estimate": r.estimate, "se": r.se}, expected_of("bcg", "OR", "Peto", "z"), CLOSED)
        == []
    )
    r = meta_analysis(FILES["bcg"], measure="RR")
    linear, rank = r.egger("linear"), r.begg()
    found = {"egger_lm_t": linear.statistic, "egger_lm_p": linear.p}
    assert worst(found, expected_of("bcg", "RR", "lm", "t"), CLOSED) == []
    found = {"begg_tau": rank.statistic, "begg_p": rank.p}
    assert worst(found, expected_of("bcg", "RR", "rank", ""), CLOSED) == []


def test_three_levels_are_those_of_metafor():
    t = read("data_konstantopoulos2011.csv")
    r = three_level(t["yi"].to_numpy(), t["vi"].to_numpy(), t["district"].to_list())
    found = {
        "estimate": r.estimate,
        "se": r.se,
        "sigma2[district]": r.between,
        "sigma2[district/school]": r.within,
    }
    assert worst(found, EXPECTED.filter(pl.col("dataset") == "konstantopoulos2011"), ITERATED) == []


def small(case: str) -> pl.DataFrame:
    return SMALL.filter(pl.col("case") == case)


ZEROS = dict(
    events_t=[0, 5, 0, 7], n_t=[20, 30, 25, 40], events_c=[3, 30, 0, 9], n_c=[22, 30, 24, 41]
)


POOLED = [c for c in SMALL["case"].unique(maintain_order=True) if c[:4] in ("zero", "hart")]


@pytest.mark.parametrize("case", POOLED)
def test_zero_cells_and_rates_pool_as_in_metafor(case):
    of, method, measure = case.split()
    source = FILES["hart1999"] if of == "hart" else ZEROS
    # metafor keeps a study without events in both groups, as an odds or risk ratio of 1.
    r = meta_analysis(source, measure=measure, method=method, test="z", drop_double_zero=False)
    found = {"estimate": r.estimate, "se": r.se, "Q": r.Q}
    assert worst(found, small(case).select("quantity", pl.col("value").cast(float)), CLOSED) == []


def test_influence_trim_and_fill_and_cumulation_are_those_of_metafor():
    r = meta_analysis(FILES["bcg"], measure="RR", method="DL", test="z")
    i = r.influence()
    by_name = {"rstudent": i.residual, "dffits": i.dffits, "cook.d": i.cook, "cov.r": i.covariance_ratio,
               "tau2.del": i.tau2, "QE.del": i.Q, "hat": i.hat, "weight": i.weight}  # fmt: skip
    for name, values in by_name.items():
        rows = small("bcg influence").filter(pl.col("quantity") == name)["value"].cast(float)
        np.testing.assert_allclose(values, rows, rtol=1e-8, err_msg=name)
    for estimator in ("L0", "R0", "Q0"):
        for side in ("left", "right"):
            t = r.trim_and_fill(estimator, side)
            found = {"k0": float(t.missing), "estimate": t.estimate}
            rows = small(f"bcg trimfill {estimator} {side}").select(
                "quantity", pl.col("value").cast(float)
            )
            assert worst(found, rows, 1e-8) == []
    order = np.argsort(r.studies.table["year"].cast(int).to_numpy(), kind="stable")
    rows = small("bcg cumulative")["value"].cast(float)
    np.testing.assert_allclose([s.estimate for s in r.cumulative(order)], rows, rtol=1e-8)
    rows = small("bcg se_tau2")
    for method, value in rows.select("quantity", pl.col("value").cast(float)).iter_rows():
        e = effects("bcg", "RR")
        assert tau_squared(e.values, e.variances, method).se == pytest.approx(value, rel=1e-8)


# Closed forms.


def test_equal_variances_have_a_closed_form():
    y, v = np.array([0.1, 0.5, 0.9, 0.3]), np.full(4, 0.02)
    expected = y.var(ddof=1) - 0.02
    for method in ("DL", "HE", "PM", "EB", "REML"):
        assert tau_squared(y, v, method).value == pytest.approx(expected, rel=1e-10)
    assert tau_squared(y, v, "ML").value == pytest.approx(y.var() - 0.02, rel=1e-10)
    r = fit(y, v, test="knapp-hartung")
    assert r.se[0] == pytest.approx(y.std(ddof=1) / 2)


def test_one_study_is_itself():
    r = meta_analysis({"study": ["A"], "effect": [0.4], "se": [0.1]})
    assert (r.estimate, r.tau2, r.pi_low) == (pytest.approx(0.4), 0.0, None)
    assert r.ci_high == pytest.approx(0.4 + 1.959963984540054 * 0.1)


@pytest.mark.parametrize("method", ["REML", "MH", "PETO"])
def test_that_nothing_is_pooled_is_said_of_one_study_and_of_no_more(method):
    two = {"study": ["A", "B"], "events_t": [3, 4], "n_t": [20, 30], "events_c": [6, 9], "n_c": [20, 30]}  # fmt: skip
    one = {name: column[:1] for name, column in two.items()}
    for table, said in ((one, True), (two, False)):
        notes = meta_analysis(table, measure="OR", method=method).notes
        assert any(note.startswith("One study: nothing is pooled") for note in notes) is said


def test_a_moderator_with_two_levels_is_two_separate_means():
    data = {
        "study": list("ABCD"),
        "effect": [0.1, 0.3, 0.9, 1.1],
        "se": [0.1, 0.2, 0.1, 0.2],
        "arm": list("xxyy"),
    }
    r = meta_analysis(data, method="EE", test="z", moderators=["arm"])
    x = meta_analysis({k: v[:2] for k, v in data.items()}, method="EE", test="z")
    y = meta_analysis({k: v[2:] for k, v in data.items()}, method="EE", test="z")
    assert r.coefficients()["estimate"].to_list() == pytest.approx(
        [x.estimate, y.estimate - x.estimate]
    )
    groups = meta_analysis(data, method="EE", test="z").subgroups("arm")
    assert groups.Q_between == pytest.approx(r.fit.moderator_test()[0])


# Invariants.

effect_sets = st.integers(3, 8).flatmap(
    lambda k: st.tuples(
        arrays(float, k, elements=st.floats(-3, 3)), arrays(float, k, elements=st.floats(0.01, 2))
    )
)


@settings(deadline=None, max_examples=30)
@given(effect_sets, st.floats(-5, 5), st.floats(0.1, 10), st.sampled_from(METHODS))
def test_pooling_moves_and_scales_with_its_effects(data, shift, factor, method):
    y, v = data
    one = fit(y, v, method=method, test="t")
    two = fit(shift + factor * y, factor**2 * v, method=method, test="t")
    assert two.tau2 == pytest.approx(factor**2 * one.tau2, rel=1e-5, abs=1e-7 * factor**2)
    assert two.beta[0] == pytest.approx(shift + factor * one.beta[0], rel=1e-5, abs=1e-6 * factor)
    assert one.I2 == pytest.approx(two.I2, abs=1e-3)


@settings(deadline=None, max_examples=30)
@given(effect_sets, st.randoms(use_true_random=False), st.sampled_from(METHODS))
def test_the_order_of_studies_changes_nothing(data, random, method):
    y, v = data
    order = list(range(len(y)))
    random.shuffle(order)
    one, two = fit(y, v, method=method), fit(y[order], v[order], method=method)
    assert one.tau2 == pytest.approx(two.tau2, rel=1e-7, abs=1e-9)
    assert one.beta[0] == pytest.approx(two.beta[0], rel=1e-7, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(effect_sets, st.booleans())
def test_no_other_tau_is_more_likely(data, restricted):
    y, v = data
    X = np.ones((len(y), 1))
    best = tau_squared(y, v, "REML" if restricted else "ML").value
    height = log_likelihood(best, y, v, X, restricted)
    for other in np.concatenate([[0.0], np.geomspace(1e-6, 50, 60)]):
        assert log_likelihood(float(other), y, v, X, restricted) <= height + 1e-9


@settings(deadline=None, max_examples=30)
@given(effect_sets)
def test_the_q_profile_interval_holds_the_paule_mandel_estimate(data):
    y, v = data
    low, high = q_profile(y, v)
    assert low <= tau_squared(y, v, "PM").value <= high
    if high > 0:
        assert generalised_q(high, y, v, np.ones((len(y), 1))) < len(y) - 1


def test_the_floor_never_narrows_an_interval():
    y, v = np.array([0.10, 0.11, 0.12]), np.full(3, 0.04)
    plain, floor, wide = (fit(y, v, test=t) for t in ("knapp-hartung", "adhoc", "t"))
    assert plain.se[0] < floor.se[0] == pytest.approx(wide.se[0])


# Bad input and messages.


def test_every_fault_of_a_file_is_named_with_its_study(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "study,events_t,n_t,events_c,n_c\nA,12,10,1,20\nB,3,0,x,20\nC,-1,20,2,20\nA,1,20,2,20\n"
    )
    with pytest.raises(EvidenceError) as caught:
        meta_analysis(path, measure="RR")
    text = str(caught.value)
    for part in ("'A', events_t: expected at most n = 10, found 12", "'B', n_t", "a number, found 'x'",
                 "'C', events_t", "rows 1, 4 (duplicated)"):  # fmt: skip
        assert part in text
    assert len(caught.value.faults) == 5


@pytest.mark.parametrize("se", [0.0, -0.1])
def test_standard_errors_must_be_positive(se):
    with pytest.raises(EvidenceError, match="study 'B', se: expected a standard error above 0"):
        meta_analysis({"study": ["A", "B"], "effect": [0.1, 0.2], "se": [0.1, se]})


def test_missing_columns_suggest_the_nearest():
    with pytest.raises(EvidenceError, match="--columns events_c=event_ct says which"):
        meta_analysis(
            {"study": ["A"], "events_t": [1], "n_t": [9], "event_ct": [1], "n_c": [9]}, measure="RR"
        )
    with pytest.raises(EvidenceError, match="moderator 'lattitude'.*Did you mean latitude"):
        meta_analysis(
            {"study": ["A"], "effect": [1], "se": [1], "latitude": [3]}, moderators=["lattitude"]
        )
    with pytest.raises(EvidenceError, match="mean_t, sd_t"):
        meta_analysis({"study": ["A"], "age": [3]}, measure="MD")


def test_names_that_do_not_exist_list_those_that_do():
    data = {"study": ["A", "B"], "effect": [0.1, 0.2], "se": [0.1, 0.1]}
    with pytest.raises(UnknownNameError, match="REML"):
        meta_analysis(data, method="REM")
    with pytest.raises(UnknownNameError, match="knapp-hartung"):
        meta_analysis(data, test="knap-hartung")


def test_studies_without_figures_are_left_out_by_name():
    r = meta_analysis({"study": list("ABC"), "effect": [0.1, None, 0.3], "se": [0.1, 0.1, 0.1]})
    assert (r.k, r.labels) == (2, ("A", "C"))
    assert r.notes == ("Left out: B (figures missing).",)


def test_counts_and_stated_effects_pool_together():
    data = {"study": ["A", "B"], "events_t": [4, None], "n_t": [123, None], "events_c": [11, None],
            "n_c": [139, None], "effect": [None, -0.5], "se": [None, 0.2]}  # fmt: skip
    r = meta_analysis(data, measure="RR", test="z")
    assert r.values.tolist() == pytest.approx([-0.889311333, -0.5])


def test_extreme_data_give_no_warning():
    data = dict(events_t=[0, 10, 0, 10], n_t=[10] * 4, events_c=[0, 10, 10, 0], n_c=[10] * 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for measure in ("RR", "OR", "RD", "AS", "PETO", "YUQ"):
            r = meta_analysis(data, measure=measure, drop_double_zero=False)
            assert np.isfinite(r.estimate)
            r.leave_one_out(), r.trim_and_fill(), r.influence(), r.begg(), r.table()


def test_results_cannot_be_changed():
    r: Fit = fit(np.array([0.1, 0.2]), np.array([0.1, 0.1]))
    with pytest.raises(AttributeError):
        r.tau2 = 3.0


def test_the_default_interval_fits_the_model_and_a_stated_one_is_kept():
    data = {"study": list("ABC"), "effect": [0.1, 0.9, 0.3], "se": [0.1, 0.1, 0.1]}
    assert meta_analysis(data).test == "knapp-hartung"
    assert meta_analysis(data, method="EE").test == "z"
    assert meta_analysis(data, method="EE", test="knapp-hartung").test == "knapp-hartung"
