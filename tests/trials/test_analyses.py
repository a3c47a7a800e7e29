"""The analyses of many trials at once against others of one trial."""

import numpy as np
import pytest
from scipy import optimize, stats

import speciosa as sp
from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.events import cox, log_rank, proportion
from speciosa.trials.analysis.means import ancova, t_test, wilcoxon
from speciosa.trials.analysis.mixed import mmrm

TRIALS, PEOPLE, VISITS = 3, 46, 3


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    base = rng.normal(6, 1, (TRIALS, PEOPLE))
    own = rng.normal(0, 1, (TRIALS, PEOPLE))
    y = np.stack(
        [base * 0.7 + own * j + rng.normal(0, 1, base.shape) for j in range(1, VISITS + 1)]
    )
    treated = np.arange(PEOPLE) % 2 == 0
    y[:, :, treated] -= 0.5
    last = rng.integers(1, VISITS + 3, base.shape)
    seen = np.stack([last >= j for j in range(1, VISITS + 1)])
    time = rng.exponential(2, base.shape) * np.where(treated, 1.4, 1.0)
    return Compared(
        base, y, seen, treated, np.ones(base.shape, bool), np.minimum(time, 3), time < 3
    )


def groups(data, trial):
    here = data.seen[-1, trial]
    value = data.y[-1, trial]
    return value[here & data.treated], value[here & ~data.treated]


def test_t_test_is_students(data):
    found = t_test(data, -1, 0.0, 0.025)
    for trial in range(TRIALS):
        one, two = groups(data, trial)
        other = stats.ttest_ind(one, two, alternative="less")
        assert stats.norm.sf(found.z[trial]) == pytest.approx(other.pvalue, rel=1e-9)
        interval = stats.ttest_ind(one, two).confidence_interval(0.95)
        assert (found.low[trial], found.high[trial]) == pytest.approx(interval)


def test_a_margin_is_what_is_left_to_lose(data):
    shifted = Compared(
        data.baseline, np.where(data.treated, data.y - 0.8, data.y), data.seen, data.treated,
        data.kept, data.time, data.event,
    )  # fmt: skip
    assert t_test(data, -1, 0.8, 0.025).z == pytest.approx(t_test(shifted, -1, 0.0, 0.025).z)


def test_ancova_is_least_squares(data):
    found = ancova(data, -1, 0.0, 0.025)
    for trial in range(TRIALS):
        here = data.seen[-1, trial]
        x = np.column_stack((np.ones(PEOPLE), data.treated, data.baseline[trial]))[here]
        y = data.y[-1, trial][here]
        beta, rest, *_ = np.linalg.lstsq(x, y, rcond=None)
        se = np.sqrt(rest[0] / (len(y) - 3) * np.linalg.inv(x.T @ x)[1, 1])
        assert found.estimate[trial] == pytest.approx(beta[1])
        assert stats.norm.sf(found.z[trial]) == pytest.approx(
            stats.t.cdf(beta[1] / se, len(y) - 3), rel=1e-9
        )


def test_wilcoxon_is_mann_and_whitney(data):
    found = wilcoxon(data, -1, 0.025)
    for trial in range(TRIALS):
        one, two = groups(data, trial)
        other = stats.mannwhitneyu(
            one, two, alternative="less", use_continuity=False, method="asymptotic"
        )
        assert stats.norm.sf(found.z[trial]) == pytest.approx(other.pvalue)
        assert found.estimate[trial] + 0.5 == pytest.approx(other.statistic / len(one) / len(two))


@pytest.mark.parametrize("adjusted", [False, True])
def test_mixed_model_is_that_of_one_trial(data, adjusted):
    found = mmrm(data, -1, 0.0, 0.025, kenward_roger=adjusted)
    for trial in range(TRIALS):
        rows = {"id": [], "visit": [], "arm": [], "base": [], "change": []}
        for person, visit in np.ndindex(PEOPLE, VISITS):
            if data.seen[visit, trial, person]:
                rows["id"].append(person)
                rows["visit"].append(str(visit))
                rows["arm"].append("treated" if data.treated[person] else "control")
                rows["base"].append(data.baseline[trial, person])
                rows["change"].append(data.y[visit, trial, person] - data.baseline[trial, person])
        one = sp.mmrm(
            rows, "change ~ arm*visit + base*visit", subject="id", visit="visit", arm="arm",
            df="kenward-roger" if adjusted else "satterthwaite",
        )  # fmt: skip
        other = one.differences["treated - control", str(VISITS - 1)]
        assert one.structure == "unstructured"
        assert found.estimate[trial] == pytest.approx(other.estimate, abs=1e-6)
        assert found.low[trial] == pytest.approx(other.lower, abs=1e-5)


def test_proportion_has_newcombes_interval():
    """56 of 70 against 48 of 80, the first example of Newcombe 1998: 0.2000, method 10 0.0524 to 0.3339."""
    treated = np.arange(150) < 70
    hits = np.concatenate((np.arange(70) < 56, np.arange(80) < 48))
    ones = np.ones((1, 150))
    y = np.where(hits, 0.5, 1.0)[None, None, :]
    data = Compared(ones, y, np.ones(y.shape, bool), treated, ones > 0, ones, ones > 1)
    found = proportion(data, -0.3, 1, 0.025)
    assert found.estimate[0] == pytest.approx(0.2)
    assert (found.low[0], found.high[0]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_log_rank_is_mantels(data):
    found = log_rank(data, -1, 0.025)
    for trial in range(TRIALS):
        samples = [
            stats.CensoredData.right_censored(data.time[trial, group], ~data.event[trial, group])
            for group in (data.treated, ~data.treated)
        ]
        assert found.z[trial] == pytest.approx(-stats.logrank(*samples).statistic, rel=1e-9)


def test_cox_is_at_the_top_of_the_partial_likelihood(data):
    found = cox(data, -1, 0.025)
    for trial in range(TRIALS):
        order = np.argsort(data.time[trial])
        x, event = data.treated[order].astype(float), data.event[trial, order]

        def loss(beta, x=x, event=event):
            at_risk = np.cumsum(np.exp(beta * x)[::-1])[::-1]
            return -(beta * x - np.log(at_risk))[event].sum()

        best = optimize.minimize_scalar(
            loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}
        )
        assert found.estimate[trial] == pytest.approx(best.x, abs=1e-6)
        step = 1e-3
        curvature = (loss(best.x + step) - 2 * best.fun + loss(best.x - step)) / step**2
        half = (found.high[trial] - found.low[trial]) / 2 / stats.norm.ppf(0.975)
        assert half == pytest.approx(curvature**-0.5, rel=1e-4)
