"""Effect sizes against metafor, against closed forms and against their own symmetries."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.reference import effects, read

from speciosa.errors import EvidenceError, UnknownNameError
from speciosa.evidence.effects.effect_sizes import arm_values, effect_sizes, study_contrasts
from speciosa.evidence.effects.formulas import change_sd, small_sample_factor
from speciosa.evidence.effects.measures import MEASURES, measure

EXPECTED = read("expected_effect_sizes.csv")
SMALL = read("expected_small_tables.csv")
RTOL = 1e-9  # worst seen 4e-12
TETRACHORIC = 3e-5  # absolute; the reference iterates to about 1e-5, worst seen 2e-5


@pytest.mark.parametrize(
    ("dataset", "code"), EXPECTED.select("dataset", "measure").unique(maintain_order=True).rows()
)
def test_effect_sizes_are_those_of_metafor(dataset, code):
    rows = EXPECTED.filter((pl.col("dataset") == dataset) & (pl.col("measure") == code))
    found = effects(dataset, code)
    close = dict(rtol=0, atol=TETRACHORIC) if code == "RTET" else dict(rtol=RTOL)
    np.testing.assert_allclose(found.values, rows["yi"], **close)
    np.testing.assert_allclose(found.variances, rows["vi"], **close)


def test_every_expected_effect_size_is_tried():
    assert len(EXPECTED) == 8 * 13 + 3 * 6


GROUPS = dict(
    mean_t=[10, 5.5, 3.2], sd_t=[2, 1.5, 1.1], n_t=[20, 35, 12],
    mean_c=[8.5, 6, 2.5], sd_c=[2.5, 1.2, 0.9], n_c=[22, 30, 15],
)  # fmt: skip
PAIRED = dict(
    mean_post=[10, 5.5, 3.2], sd_post=[2, 1.5, 1.1], mean_pre=[8.5, 6, 2.5], sd_pre=[2.5, 1.2, 0.9],
    n=[20, 35, 12], correlation=[0.5, 0.6, 0.7],
)  # fmt: skip
SINGLE = dict(events=[3, 0, 10], n=[30, 25, 10], time=[120.5, 88, 31])
MEANS = dict(mean=[10, 5.5, 3.2], sd=[2, 1.5, 1.1], n=[20, 35, 12])
ZEROS = dict(
    events_t=[0, 5, 0], n_t=[20, 30, 25], events_c=[3, 30, 0], n_c=[22, 30, 24],
    time_t=[20, 30, 25], time_c=[22, 30, 24],
)  # fmt: skip
BY_DATA = {
    "events": ZEROS, "person_time": ZEROS, "means": GROUPS, "paired": PAIRED,
    "proportion": SINGLE, "rate": SINGLE, "mean": MEANS,
}  # fmt: skip


@pytest.mark.parametrize(
    "code", [c for c in SMALL["case"].unique(maintain_order=True) if c in MEASURES]
)
def test_means_proportions_rates_and_zero_cells_are_those_of_metafor(code):
    found = effect_sizes(code, BY_DATA[measure(code).data])
    rows = SMALL.filter(pl.col("case") == code)
    expected = rows.filter(pl.col("quantity") == "yi")["value"].cast(float, strict=False)
    np.testing.assert_allclose(found.values, expected.fill_null(np.nan), rtol=RTOL)


def test_ratio_of_means_is_corrected_to_second_order():
    found = effect_sizes("ROM", GROUPS)
    relative = [
        np.square(np.divide(GROUPS[f"sd_{g}"], GROUPS[f"mean_{g}"])) / GROUPS[f"n_{g}"]
        for g in "tc"
    ]
    plain = np.log(np.divide(GROUPS["mean_t"], GROUPS["mean_c"]))
    np.testing.assert_allclose(found.values, plain + (relative[0] - relative[1]) / 2)
    np.testing.assert_allclose(found.variances, relative[0] + relative[1])


def test_ratio_of_means_is_less_biased_than_the_plain_ratio():
    rng = np.random.default_rng(7)
    a = rng.normal(10, 6, (20000, 5))
    b = rng.normal(10, 1, (20000, 40))
    keep = (a.mean(1) > 1) & (b.mean(1) > 1)
    a, b = a[keep], b[keep]
    found = effect_sizes("ROM", dict(
        mean_t=a.mean(1), sd_t=a.std(1, ddof=1), n_t=np.full(len(a), 5),
        mean_c=b.mean(1), sd_c=b.std(1, ddof=1), n_c=np.full(len(b), 40)))  # fmt: skip
    plain = np.log(a.mean(1) / b.mean(1)).mean()
    assert abs(found.values.mean()) < abs(plain) / 2


def test_small_sample_factor_is_the_approximation_of_hedges():
    m = np.arange(10, 200)
    np.testing.assert_allclose(small_sample_factor(m), 1 - 3 / (4 * m - 1), atol=4e-4)


counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts, st.sampled_from(["RR", "OR", "RD", "AS", "PETO", "PHI", "YUQ"]))
def test_swapping_the_groups_turns_the_sign(one, two, code):
    there = effect_sizes(
        code, dict(events_t=[one[0]], n_t=[one[1]], events_c=[two[0]], n_c=[two[1]])
    )
    back = effect_sizes(
        code, dict(events_t=[two[0]], n_t=[two[1]], events_c=[one[0]], n_c=[one[1]])
    )
    np.testing.assert_allclose(there.values, -back.values, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(there.variances, back.variances, rtol=1e-9, atol=1e-12)


@given(counts, counts)
def test_counting_the_other_outcome_turns_the_odds_ratio(one, two):
    there = effect_sizes(
        "OR", dict(events_t=[one[0]], n_t=[one[1]], events_c=[two[0]], n_c=[two[1]])
    )
    other = effect_sizes("OR", dict(
        events_t=[one[1] - one[0]], n_t=[one[1]], events_c=[two[1] - two[0]], n_c=[two[1]]))  # fmt: skip
    np.testing.assert_allclose(there.values, -other.values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("code", ["RR", "OR", "RD", "AS"])
def test_two_arms_of_a_trial_are_its_effect_size(code):
    effect, covariance = study_contrasts(code, dict(events=[7, 12], n=[50, 48]))
    plain = effect_sizes(code, dict(events_t=[12], n_t=[48], events_c=[7], n_c=[50]))
    np.testing.assert_allclose(effect, plain.values)
    np.testing.assert_allclose(covariance[0], plain.variances)


@pytest.mark.parametrize("code", ["MD", "SMD", "ROM"])
def test_two_arms_of_means_are_their_effect_size(code):
    effect, covariance = study_contrasts(code, dict(mean=[5.0, 6], sd=[2.0, 1.5], n=[20, 30]))
    plain = effect_sizes(
        code, dict(mean_t=[6], sd_t=[1.5], n_t=[30], mean_c=[5], sd_c=[2], n_c=[20])
    )
    np.testing.assert_allclose(effect, plain.values)
    np.testing.assert_allclose(covariance[0], plain.variances)


@pytest.mark.parametrize("code", ["RR", "OR", "RD", "AS", "IRR", "IRD", "IRSD"])
def test_contrasts_of_three_arms_agree_whichever_arm_is_first(code):
    arms = dict(events=np.array([7.0, 12, 20]), n=np.array([50.0, 48, 61]))
    if code.startswith("IR"):
        arms["time"] = arms.pop("n")
    one, V = study_contrasts(code, arms)
    order = [2, 0, 1]
    two, W = study_contrasts(code, {k: v[order] for k, v in arms.items()})
    # From (b-a, c-a) to (a-c, b-c).
    T = np.array([[0, -1], [1, -1]])
    np.testing.assert_allclose(two, T @ one, rtol=1e-12)
    np.testing.assert_allclose(W, T @ V @ T.T, rtol=1e-12)


def test_a_zero_cell_changes_its_own_study_only():
    both = effect_sizes("OR", dict(events_t=[0, 5], n_t=[20, 30], events_c=[3, 9], n_c=[22, 30]))
    alone = effect_sizes("OR", dict(events_t=[5], n_t=[30], events_c=[9], n_c=[30]))
    assert both.adjusted.tolist() == [True, False]
    assert both.values[1] == alone.values[0]


def test_zero_cells_can_be_treated_otherwise():
    data = dict(events_t=[0, 5, 0], n_t=[20, 30, 9], events_c=[3, 9, 0], n_c=[22, 30, 8])
    assert effect_sizes("OR", data, to="if0all").adjusted.all()
    assert np.isnan(effect_sizes("OR", data, to="none").values[0])
    assert np.isnan(effect_sizes("OR", data, drop_double_zero=True).values).tolist() == [
        False,
        False,
        True,
    ]


def test_change_sd_is_that_of_simulated_changes():
    rng = np.random.default_rng(3)
    draws = rng.multivariate_normal([0, 0], [[4, 1.8], [1.8, 2.25]], 200000)
    assert change_sd(2.0, 1.5, 0.6) == pytest.approx((draws[:, 1] - draws[:, 0]).std(), rel=5e-3)


@pytest.mark.parametrize("code", [c for c, m in MEASURES.items() if m.data == "proportion"])
def test_a_proportion_comes_back_from_its_scale(code):
    p = measure(code).natural(effect_sizes(code, dict(events=[30], n=[120])).values, 120)
    assert float(p[0]) == pytest.approx(0.25, abs=1e-3 if code == "PFT" else 1e-12)


def test_missing_columns_and_unknown_measures_are_named():
    with pytest.raises(EvidenceError, match="n_c") as caught:
        effect_sizes("RR", dict(events_t=[1], n_t=[2]), to="sometimes")
    assert len(caught.value.faults) == 3
    with pytest.raises(UnknownNameError, match="RR"):
        effect_sizes("RRR", {})
    with pytest.raises(EvidenceError, match="difference of arms"):
        arm_values("SMD", {})
