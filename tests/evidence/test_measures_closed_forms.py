"""Every measure of effect from its definition, zero cells, scales, absolute effects and conversions by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import gamma
from scipy.stats import norm, t

from speciosa.errors import EvidenceError
from speciosa.evidence.effects.absolute import absolute_effect
from speciosa.evidence.effects.conversions import (
    events_from_percent,
    mean_sd,
    sd_from_se,
    se_from_interval,
    se_from_p,
)
from speciosa.evidence.effects.effect_sizes import arm_values, effect_sizes, study_contrasts
from speciosa.evidence.effects.measures import MEASURES, measure
from speciosa.evidence.effects.tables import mantel_haenszel

A, N1, C, N2 = 12.0, 80.0, 20.0, 75.0
B, D = N1 - A, N2 - C
T1, T2 = 130.0, 95.0
M1, S1, M2, S2 = 7.5, 2.0, 9.0, 3.0
POST, SPOST, PRE, SPRE, N, R = 6.0, 2.0, 8.0, 2.5, 40.0, 0.6
DATA = {
    "events": {"events_t": A, "n_t": N1, "events_c": C, "n_c": N2},
    "person_time": {"events_t": A, "time_t": T1, "events_c": C, "time_c": T2},
    "means": {"mean_t": M1, "sd_t": S1, "n_t": N1, "mean_c": M2, "sd_c": S2, "n_c": N2},
    "paired": {
        "mean_post": POST,
        "sd_post": SPOST,
        "mean_pre": PRE,
        "sd_pre": SPRE,
        "n": N,
        "correlation": R,
    },
    "proportion": {"events": A, "n": N1},
    "rate": {"events": A, "time": T1},
    "mean": {"mean": M1, "sd": S1, "n": N1},
    "given": {"effect": -0.4, "se": 0.15},
}


def unbiased(m: float) -> float:
    return float(gamma(m / 2) / (math.sqrt(m / 2) * gamma((m - 1) / 2)))


P, Q = A / N1, C / N2
ODDS = A * D / (B * C)
YULE = (ODDS - 1) / (ODDS + 1)
POOLED = math.sqrt(((N1 - 1) * S1**2 + (N2 - 1) * S2**2) / (N1 + N2 - 2))
G = unbiased(N1 + N2 - 2) * (M1 - M2) / POOLED
HALF = (S1**2 + S2**2) / 2
GB = unbiased(N1 + N2 - 2) * (M1 - M2) / math.sqrt(HALF)
CV1, CV2 = S1**2 / (N1 * M1**2), S2**2 / (N2 * M2**2)
CHANGE = math.sqrt(SPOST**2 + SPRE**2 - 2 * R * SPOST * SPRE)
GC = unbiased(N - 1) * (POST - PRE) / CHANGE
GR = unbiased(N - 1) * (POST - PRE) / SPRE
RP, RQ = SPOST / POST, SPRE / PRE
HYPER = (A + C) * (B + D) * N1 * N2 / ((N1 + N2) ** 2 * (N1 + N2 - 1))
BY_HAND = {
    "RR": (math.log(P / Q), 1 / A - 1 / N1 + 1 / C - 1 / N2),
    "OR": (math.log(ODDS), 1 / A + 1 / B + 1 / C + 1 / D),
    "RD": (P - Q, P * (1 - P) / N1 + Q * (1 - Q) / N2),
    "AS": (math.asin(math.sqrt(P)) - math.asin(math.sqrt(Q)), 0.25 / N1 + 0.25 / N2),
    "PETO": ((A - (A + C) * N1 / (N1 + N2)) / HYPER, 1 / HYPER),
    "YUQ": (YULE, (1 - YULE**2) ** 2 / 4 * (1 / A + 1 / B + 1 / C + 1 / D)),
    "IRR": (math.log(A / T1 / (C / T2)), 1 / A + 1 / C),
    "IRD": (A / T1 - C / T2, A / T1**2 + C / T2**2),
    "IRSD": (math.sqrt(A / T1) - math.sqrt(C / T2), 0.25 / T1 + 0.25 / T2),
    "MD": (M1 - M2, S1**2 / N1 + S2**2 / N2),
    "SMD": (G, 1 / N1 + 1 / N2 + G**2 / (2 * (N1 + N2))),
    "SMDH": (
        GB,
        GB**2 * (S1**4 / (N1 - 1) + S2**4 / (N2 - 1)) / (8 * HALF**2)
        + (S1**2 / (N1 - 1) + S2**2 / (N2 - 1)) / HALF,
    ),
    "ROM": (math.log(M1 / M2) + (CV1 - CV2) / 2, CV1 + CV2),
    "VR": (
        math.log(S1 / S2) + 1 / (2 * (N1 - 1)) - 1 / (2 * (N2 - 1)),
        1 / (2 * (N1 - 1)) + 1 / (2 * (N2 - 1)),
    ),
    "CVR": (
        math.log(S1 / M1 / (S2 / M2)) + 1 / (2 * (N1 - 1)) - 1 / (2 * (N2 - 1)) - (CV1 - CV2) / 2,
        1 / (2 * (N1 - 1)) + 1 / (2 * (N2 - 1)) + CV1 + CV2,
    ),
    "MC": (POST - PRE, CHANGE**2 / N),
    "SMCC": (GC, 1 / N + GC**2 / (2 * N)),
    "SMCR": (GR, 2 * (1 - R) / N + GR**2 / (2 * N)),
    "ROMC": (
        math.log(POST / PRE) + (RP**2 - RQ**2) / (2 * N),
        (RP**2 + RQ**2 - 2 * R * RP * RQ) / N,
    ),
    "PR": (P, P * (1 - P) / N1),
    "PLN": (math.log(P), 1 / A - 1 / N1),
    "PLO": (math.log(A / B), 1 / A + 1 / B),
    "PAS": (math.asin(math.sqrt(P)), 0.25 / N1),
    "PFT": (
        (math.asin(math.sqrt(A / (N1 + 1))) + math.asin(math.sqrt((A + 1) / (N1 + 1)))) / 2,
        1 / (4 * N1 + 2),
    ),
    "IR": (A / T1, A / T1**2),
    "IRLN": (math.log(A / T1), 1 / A),
    "IRS": (math.sqrt(A / T1), 0.25 / T1),
    "MN": (M1, S1**2 / N1),
    "MNLN": (math.log(M1), S1**2 / (N1 * M1**2)),
    "HR": (-0.4, 0.15**2),
    "GEN": (-0.4, 0.15**2),
}


@pytest.mark.parametrize("code", BY_HAND)
def test_every_measure_is_its_definition(code):
    found = effect_sizes(code, DATA[measure(code).data])
    value, variance = BY_HAND[code]
    assert found.values[0] == pytest.approx(value, rel=1e-9)
    assert found.variances[0] == pytest.approx(variance, rel=1e-9)
    assert not found.adjusted.any()


def test_the_others_have_a_reference():
    """Phi and the tetrachoric correlation have no short closed form for their variance."""
    assert set(MEASURES) - set(BY_HAND) == {"PHI", "RTET"}
    phi = effect_sizes("PHI", DATA["events"]).values[0]
    row, column = (A + B) * (C + D), (A + C) * (B + D)
    assert phi == pytest.approx((A * D - B * C) / math.sqrt(row * column))


@pytest.mark.parametrize(
    "code", [code for code, m in MEASURES.items() if m.scale != "double arcsine"]
)
def test_the_natural_scale_is_the_inverse_of_the_analysis(code):
    x = np.array([0.1, 0.4, 0.9])
    forward = {
        "identity": lambda v: v,
        "log": np.log,
        "logit": lambda v: np.log(v / (1 - v)),
        "arcsine": lambda v: np.arcsin(np.sqrt(v)),
        "square root": np.sqrt,
    }[measure(code).scale]
    assert measure(code).natural(forward(x)) == pytest.approx(x)


@pytest.mark.parametrize(
    ("x", "n"), [(1.0, 9.0), (12.0, 80.0), (40.0, 80.0), (79.0, 80.0), (5.0, 5.0)]
)
def test_the_double_arcsine_comes_back(x, n):
    found = effect_sizes("PFT", {"events": x, "n": n}).values
    assert measure("PFT").natural(found, n)[0] == pytest.approx(x / n, abs=1e-9)


@given(st.floats(-0.2, 1.8), st.floats(1.0, 500.0))
def test_the_double_arcsine_of_any_number_is_inverted_by_its_definition(x, n):
    """2 x = asin sqrt(np/(n+1)) + asin sqrt((np+1)/(n+1)); below that of no event 0, above that of nothing but events 1."""

    def twice(p):
        return np.arcsin(np.sqrt(n * p / (n + 1))) + np.arcsin(np.sqrt((n * p + 1) / (n + 1)))

    if 2 * x <= twice(0.0):
        expected = 0.0
    elif 2 * x >= twice(1.0):
        expected = 1.0
    else:
        expected = brentq(lambda p: twice(p) - 2 * x, 0.0, 1.0, xtol=1e-14)
    assert float(measure("PFT").natural(x, n)) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("to", "adjusted"),
    [
        ("only0", [True, False, True, True]),
        ("if0all", [True] * 4),
        ("all", [True] * 4),
        ("none", [False] * 4),
    ],
)
def test_zero_cells(to, adjusted):
    table = {
        "events_t": [0, 3, 9, 0],
        "n_t": [9, 9, 9, 9],
        "events_c": [2, 4, 5, 0],
        "n_c": [8] * 4,
    }
    found = effect_sizes("OR", table, to=to)
    assert found.adjusted.tolist() == adjusted
    extra = np.where(adjusted, 0.5, 0.0)
    a, c = np.array(table["events_t"]) + extra, np.array(table["events_c"]) + extra
    b, d = 9 + 2 * extra - a, 8 + 2 * extra - c
    with np.errstate(all="ignore"):
        expected = np.log(a * d / (b * c))
    expected[~np.isfinite(expected)] = np.nan
    np.testing.assert_allclose(found.values, expected)
    dropped = effect_sizes("OR", table, to=to, drop_double_zero=True)
    assert np.isnan(dropped.values[3]) and np.isnan(dropped.variances[3])
    more = effect_sizes("OR", table, add=1.0, to="only0")
    assert more.values[0] == pytest.approx(math.log(1 * 7 / (10 * 3)))


def test_without_a_zero_cell_nothing_is_added_if_needed_only():
    table = {"events_t": [3, 4], "n_t": [9, 9], "events_c": [2, 5], "n_c": [8, 8]}
    assert not effect_sizes("OR", table, to="if0all").adjusted.any()
    rates = {"events_t": [0], "time_t": [10.0], "events_c": [4], "time_c": [20.0]}
    found = effect_sizes("IRR", rates)
    assert found.values[0] == pytest.approx(math.log(0.5 / 10 / (4.5 / 20)))


def test_contrasts_of_one_trial_share_their_first_arm():
    arms = {"events": [4.0, 9.0, 12.0], "n": [40.0, 50.0, 60.0]}
    effects, covariance = study_contrasts("OR", arms)
    value, variance = arm_values("OR", arms)
    assert effects == pytest.approx(value[1:] - value[0])
    assert covariance == pytest.approx(
        np.array(
            [[variance[1] + variance[0], variance[0]], [variance[0], variance[2] + variance[0]]]
        )
    )
    zero, _ = study_contrasts("OR", {"events": [0.0, 9.0, 12.0], "n": [40.0, 50.0, 60.0]})
    odds = [0.5 / 40.5, 9.5 / 41.5, 12.5 / 48.5]
    assert zero == pytest.approx([math.log(odds[1] / odds[0]), math.log(odds[2] / odds[0])])
    means = {"mean": [5.0, 6.0, 4.0], "sd": [2.0, 2.5, 1.5], "n": [30.0, 40.0, 50.0]}
    g, spread = study_contrasts("SMD", means)
    pooled = math.sqrt((29 * 4 + 39 * 6.25 + 49 * 2.25) / 117)
    expected = unbiased(117) * np.array([1.0, -1.0]) / pooled
    assert g == pytest.approx(expected)
    assert spread[0, 1] == pytest.approx(1 / 30 + expected[0] * expected[1] / 240)
    assert spread[1, 1] == pytest.approx(1 / 30 + 1 / 50 + expected[1] ** 2 / 240)
    ratio, _ = study_contrasts("ROM", means)
    direct = effect_sizes(
        "ROM", {"mean_t": 6.0, "sd_t": 2.5, "n_t": 40.0, "mean_c": 5.0, "sd_c": 2.0, "n_c": 30.0}
    )
    assert ratio[0] == pytest.approx(direct.values[0])
    with pytest.raises(EvidenceError, match="difference of arms"):
        arm_values("PETO", arms)


@pytest.mark.parametrize(
    ("code", "effect", "risk"),
    [
        ("RR", math.log(0.5), 0.1),
        ("OR", math.log(0.5), 0.5 * 0.25 / (1 + 0.5 * 0.25)),
        ("PETO", math.log(2.0), 0.5 / 1.5),
        ("HR", math.log(0.5), 1 - 0.8**0.5),
        ("RD", -0.05, 0.15),
        ("RR", math.log(9.0), 1.0),
        ("RD", -0.5, 0.0),
    ],
)
def test_absolute_effects_of_a_fifth(code, effect, risk):
    found = absolute_effect(code, effect, effect - 0.01, effect + 0.01, 0.2, "a source")
    assert found.baseline == pytest.approx(200) and found.with_treatment == pytest.approx(
        1000 * risk
    )
    assert found.difference == pytest.approx(1000 * risk - 200)
    assert found.low <= found.with_treatment <= found.high
    assert found.difference_interval == pytest.approx((found.low - 200, found.high - 200))
    assert found.number_needed == pytest.approx(1000 / abs(1000 * risk - 200))


def test_no_number_needed_where_the_interval_holds_no_difference():
    unsure = absolute_effect("RR", math.log(0.8), math.log(0.6), math.log(1.1), 0.2, "a source")
    assert unsure.number_needed is None
    edge = absolute_effect("RR", math.log(0.8), math.log(0.6), 0.0, 0.2, "a source")
    assert edge.number_needed is None
    for arguments in (("MD", 0.2, "s"), ("RR", 0.0, "s"), ("RR", 1.0, "s"), ("RR", 0.2, " ")):
        with pytest.raises(EvidenceError):
            absolute_effect(arguments[0], 0.1, 0.0, 0.2, *arguments[1:])


def test_standard_errors_from_what_is_printed():
    assert sd_from_se(0.5, 64) == pytest.approx(4.0)
    assert se_from_interval(1.0, 5.0) == pytest.approx(4 / (2 * norm.ppf(0.975)))
    assert se_from_interval(1.0, 5.0, level=0.9) == pytest.approx(4 / (2 * norm.ppf(0.95)))
    assert se_from_interval(1.0, 5.0, df=9) == pytest.approx(4 / (2 * t.ppf(0.975, 9)))
    assert se_from_interval(0.5, 2.0, log=True) == pytest.approx(
        math.log(4) / (2 * norm.ppf(0.975))
    )
    assert se_from_p(-0.6, 0.03) == pytest.approx(0.6 / norm.ppf(0.985))
    assert se_from_p(0.6, 0.03, df=12) == pytest.approx(0.6 / t.ppf(0.985, 12))
    for low, high, log in ((2.0, 2.0, False), (3.0, 2.0, False), (0.0, 2.0, True)):
        with pytest.raises(EvidenceError):
            se_from_interval(low, high, log=log)
    for effect, p in ((0.0, 0.5), (1.0, 0.0), (1.0, 1.0)):
        with pytest.raises(EvidenceError):
            se_from_p(effect, p)


def test_means_and_spreads_from_quantiles():
    """Luo 2018 for means; Wan 2014 and Shi 2020 for standard deviations, their formulas by hand for 60 people."""
    n = 60.0
    wide = 2 * norm.ppf((n - 0.375) / (n + 0.25))
    inner = 2 * norm.ppf((0.75 * n - 0.125) / (n + 0.25))
    ranged = mean_sd(n, 10.0, low=2.0, high=30.0)
    w = 4 / (4 + n**0.75)
    assert (ranged.mean, ranged.sd) == pytest.approx((w * 16 + (1 - w) * 10, 28 / wide))
    quartiles = mean_sd(n, 10.0, q1=7.0, q3=15.0)
    w = 0.7 + 0.39 / n
    assert (quartiles.mean, quartiles.sd) == pytest.approx((w * 11 + (1 - w) * 10, 8 / inner))
    both = mean_sd(n, 10.0, low=2.0, q1=7.0, q3=15.0, high=30.0)
    ends, middle = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    share = 1 / (1 + 0.07 * n**0.6)
    assert both.mean == pytest.approx(ends * 16 + middle * 11 + (1 - ends - middle) * 10)
    assert both.sd == pytest.approx(share * 28 / wide + (1 - share) * 8 / inner)
    for known in ({}, {"low": 1.0}, {"q1": 12.0, "q3": 15.0}, {"low": 2.0, "high": 9.0}):
        with pytest.raises(EvidenceError):
            mean_sd(n, 10.0, **known)
    with pytest.raises(EvidenceError, match="3 people"):
        mean_sd(2, 10.0, q1=7.0, q3=15.0)
    assert mean_sd(3, 10.0, q1=7.0, q3=15.0).sd > 0


@pytest.mark.parametrize(
    ("percent", "n", "count"),
    [
        (50.0, 9, None),
        (33.3, 9, 3),
        (0.0, 9, 0),
        (100.0, 9, 9),
        (33.0, 9, 3),
        (34.0, 9, None),
        (101.0, 9, None),
    ],
)
def test_counts_from_percentages(percent, n, count):
    if count is None:
        with pytest.raises(EvidenceError):
            events_from_percent(percent, n)
    else:
        assert events_from_percent(percent, n) == count


@pytest.mark.parametrize("code", ["OR", "RR", "RD", "IRR", "IRD"])
@pytest.mark.parametrize("copies", [1, 4])
def test_equal_tables_pool_to_their_own_effect(code, copies):
    """By Mantel and Haenszel, one table gives its own effect and variance, and copies of it a smaller one."""
    columns = {name: np.full(copies, value) for name, value in DATA[measure(code).data].items()}
    estimate, se = mantel_haenszel(code, columns)
    value, variance = BY_HAND[code]
    assert estimate == pytest.approx(value, rel=1e-9)
    # Sato's variance of a risk difference is near, not equal, to that of one table
    tolerance = 0.02 if code == "RD" else 1e-9
    assert se == pytest.approx(math.sqrt(variance / copies), rel=tolerance)


def test_tables_of_unequal_size_are_weighted_by_their_information():
    columns = {
        "events_t": [A, 30.0],
        "time_t": [T1, 400.0],
        "events_c": [C, 20.0],
        "time_c": [T2, 150.0],
    }
    data = {name: np.array(values) for name, values in columns.items()}
    weight = data["time_t"] * data["time_c"] / (data["time_t"] + data["time_c"])
    gap = data["events_t"] / data["time_t"] - data["events_c"] / data["time_c"]
    estimate, _ = mantel_haenszel("IRD", data)
    assert estimate == pytest.approx((weight * gap).sum() / weight.sum())
    table = {"events_t": [A, 9.0], "n_t": [N1, 40.0], "events_c": [C, 6.0], "n_c": [N2, 90.0]}
    counts = {name: np.array(values) for name, values in table.items()}
    weight = counts["n_t"] * counts["n_c"] / (counts["n_t"] + counts["n_c"])
    gap = counts["events_t"] / counts["n_t"] - counts["events_c"] / counts["n_c"]
    assert mantel_haenszel("RD", counts)[0] == pytest.approx((weight * gap).sum() / weight.sum())
