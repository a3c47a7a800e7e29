"""Designs against closed forms, other computations, and what must hold whatever the numbers."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit
from scipy.stats import beta, multivariate_normal, norm

from speciosa.errors import InputError
from speciosa.trials import design
from speciosa.trials.design.brownian import exits
from speciosa.trials.design.spending import FUNCTIONS, spent

OPTIONS = {
    "wang-tsiatis": {"delta": 0.2},
    "hwang-shih-decani": {"gamma": -2.0},
    "kim-demets": {"rho": 2.5},
}
NAMES = ("obrien-fleming", "pocock", *FUNCTIONS, "wang-tsiatis")


def test_two_looks_agree_with_the_bivariate_normal() -> None:
    bounds, drift, times = (2.3, 2.0), 2.1, (0.4, 1.0)
    above, _ = exits(times, (-inf, -inf), bounds, drift)
    mean, share = np.array([drift * sqrt(0.4), drift]), sqrt(0.4)
    inside = multivariate_normal(mean, [[1, share], [share, 1]]).cdf(bounds)
    assert above[0] == pytest.approx(norm.sf(bounds[0] - mean[0]), abs=1e-12)
    assert 1 - above.sum() == pytest.approx(inside, abs=2e-6)


@pytest.mark.parametrize("gap", [0.2, 0.01, 0.001])
def test_looks_however_close_keep_all_paths(gap: float) -> None:
    above, below = exits((0.5, 0.5 + gap, 1.0), (-1.0, -1.2, 1.5), (2.5, 2.4, 1.5), 1.0)
    assert above.sum() + below.sum() == pytest.approx(1, abs=1e-10)


def test_one_look_is_the_fixed_design() -> None:
    wide = design.group_sequential(1, alpha=0.125, power=0.5, sided=2)
    assert wide.inflation_factor == pytest.approx(1, abs=1e-8)
    found = design.group_sequential(1, power=0.8)
    assert found.z_upper[0] == pytest.approx(norm.isf(0.025), abs=1e-8)
    assert found.inflation_factor == pytest.approx(1, abs=1e-8)


@settings(max_examples=25)
@given(
    name=st.sampled_from(NAMES),
    steps=st.lists(st.floats(0.05, 1), min_size=1, max_size=6),
    alpha=st.floats(0.001, 0.2),
    power=st.floats(0.5, 0.99),
    sided=st.sampled_from((1, 2)),
)
def test_error_and_power_are_kept(
    name: str, steps: list[float], alpha: float, power: float, sided: int
) -> None:
    times = np.cumsum(steps) / sum(steps)
    times[-1] = 1.0
    found = design.group_sequential(
        times.tolist(),
        spending=name,
        alpha=alpha,
        power=power,
        sided=sided,
        **OPTIONS.get(name, {}),
    )
    assert found.alpha_spent[-1] == pytest.approx(alpha, abs=1e-8)
    assert found.power[-1] == pytest.approx(power, abs=1e-8)
    assert found.inflation_factor >= 1 - 1e-7
    assert found.average_n_ratio_H1 <= found.inflation_factor + 1e-12


@pytest.mark.parametrize("name", FUNCTIONS)
def test_spending_ends_at_alpha(name: str) -> None:
    shape = {"hwang-shih-decani": -700.0, "kim-demets": 3.0}.get(name, 0.0)
    levels = [spent(name, 0.03, t, 2, shape) for t in (0.1, 0.5, 0.99, 1.0)]
    assert levels == sorted(levels) and levels[-1] == pytest.approx(0.03, rel=1e-12)


def test_binding_futility_lowers_the_bounds_and_keeps_the_error() -> None:
    free = design.group_sequential(3, futility=(0.0, 0.5), power=0.8)
    bound = design.group_sequential(3, futility=(0.0, 0.5), power=0.8, binding=True)
    assert bound.z_upper[-1] < free.z_upper[-1]
    assert bound.alpha_spent[-1] == pytest.approx(0.025, abs=1e-9)
    assert sum(free.stops(0.0)[0]) < 0.025
    assert free.futility_H0[-1] > 0.5 > free.futility_H1[-1]


def test_simulated_paths_stop_as_often() -> None:
    found = design.group_sequential((0.3, 0.6, 1.0), futility=(-0.2, 0.6), power=0.85)
    steps = np.sqrt(np.diff((0.0, *found.fractions)))
    rng = np.random.default_rng(5)
    places = np.cumsum(rng.standard_normal((200_000, 3)) * steps, 1)
    z = (places + found.drift * np.array(found.fractions)) / np.sqrt(found.fractions)
    lower = np.array((*found.z_futility, found.z_upper[-1]))
    ends = (z >= np.array(found.z_upper)) | (z < lower)
    first = ends.argmax(1)
    won = z[np.arange(len(z)), first] >= np.array(found.z_upper)[first]
    share = np.cumsum([np.mean(won & (first == look)) for look in range(3)])
    assert share == pytest.approx(np.array(found.power), abs=0.004)


def test_sizes_and_powers_invert_each_other() -> None:
    for make, given_effect in (
        (design.size_means, (0.37, 1.2)),
        (design.size_rates, (0.5, 0.38)),
        (design.size_survival, (0.75, 8.0, 10.0, 6.0)),
    ):
        sized = make(*given_effect, power=0.85, sided=2, alpha=0.05, ratio=1.5)
        again = make(*given_effect, size=sized.n_total, sided=2, alpha=0.05, ratio=1.5)
        assert again.power == pytest.approx(0.85, abs=2e-3 if make is design.size_rates else 1e-6)
        assert sized.n_per_arm[0] == pytest.approx(1.5 * sized.n_per_arm[1])


def test_boin_eliminates_by_the_beta_posterior() -> None:
    found = design.boin(0.25, cohorts=8)
    for people, events in enumerate(found.eliminate_if_at_least, 1):
        if events is not None:
            assert beta.sf(0.25, events + 1, people - events + 1) > 0.95
            assert beta.sf(0.25, events, people - events + 2) <= 0.95


def test_a_trial_is_the_same_whatever_their_number() -> None:
    made = design.boin(0.3)
    few = design.boin_characteristics(made, (0.1, 0.3, 0.5), trials=1)
    assert few.trials == 1 and sum(few.patients) == 30
    many = design.boin_characteristics(made, (0.1, 0.3, 0.5), trials=25_000)
    assert many == design.boin_characteristics(made, (0.1, 0.3, 0.5), trials=25_000)
    assert sum(many.selected_percent) + many.percent_stop == pytest.approx(100)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("emax=0.2", (0.1, 2.0, 0.3)),
        ("exponential=0.5", (0.2, 0.4, 0.6)),
        ("logistic=0.5,0.1", (0.1, 1.5, 0.45, 0.08)),
        ("sigmoid-emax=0.3,2", (0.3, 1.8, 0.35, 3.0)),
        ("beta=0.5,1", (0.1, 1.0, 0.8, 1.3)),
    ],
)
def test_fits_agree_with_another_optimiser(text: str, parameters: tuple[float, ...]) -> None:
    shape = design.Shape.read(text)
    dose = np.repeat((0.0, 0.1, 0.25, 0.5, 0.75, 1.0), 25)

    def curve(x, e0, slope, *rest):
        return e0 + slope * design.Shape(shape.kind, rest).response(x, 1.0)

    noise = np.random.default_rng(11).normal(0, 0.15, len(dose))
    response = curve(dose, *parameters) + noise
    other, _ = curve_fit(curve, dose, response, p0=parameters, maxfev=20_000)
    gaps = response - curve(dose, *other)
    ours = design.fit_shape(dose.tolist(), response.tolist(), shape)
    assert ours.RSS == pytest.approx(float(gaps @ gaps), rel=1e-7)
    assert list(ours.coefficients.values()) == pytest.approx(other.tolist(), rel=2e-3)


def powered(shapes, doses=(0.0, 0.5, 1.0)):
    return design.contrast_power(doses, (9, 9, 9), shapes, max_effect=1, sd=1)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: design.group_sequential((0.5, 0.4, 1.0), alpha=0.7, spending="x"), 3),
        (lambda: design.group_sequential(3, gamma=1.0, futility=(0.0,), sided=2), 3),
        (lambda: design.group_sequential(3, futility=(0.0, 3.0)), 1),
        (lambda: design.group_sequential(0), 1),
        (lambda: design.size_means(0, -1, power=0.8, alpha=0.6), 3),
        (lambda: design.size_rates(0.3, 0.3), 2),
        (lambda: design.size_survival(1, 0, 0, 0, power=2.0), 4),
        (lambda: design.boin(0.9, cohorts=0, cohort_size=0), 3),
        (lambda: design.crm((0.1, 0.2), 0.2, (1, 3), (0, 2), model="x"), 3),
        (lambda: design.crm((0.1, 0.2), 0.2, (1, 2), (0, 0), method="mle"), 1),
        (lambda: design.Shape.read("emax"), 1),
        (lambda: design.group_sequential(2.5), 1),
        (lambda: design.boin(0.3, cohorts=inf), 1),
        (lambda: powered({"steep": design.Shape("exponential", (1e-4,))}), 1),
        (
            lambda: powered(
                {"flat": design.Shape("logistic", (50.0, 0.01)), "x": design.Shape("x")}
            ),
            2,
        ),
        (lambda: powered({"linear": design.Shape("linear")}, (0.0, float("nan"), 1.0)), 1),
        (lambda: design.mcpmod((0, 1), (0, 1), {}), 1),
    ],
)
def test_every_fault_is_told(call, told: int) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert len(caught.value.faults) >= told
