"""Designs that adapt: several arms with looks, re-estimated sizes, treatment strategies."""

import csv
import json
from math import inf, sqrt

import numpy as np
import pytest
import typer
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm
from tests.trials import reference as ref
from typer.testing import CliRunner

from speciosa.cli import options
from speciosa.cli.commands import register
from speciosa.errors import InputError
from speciosa.trials import design
from speciosa.trials.design.arms import stops

with (ref.DATA / "adaptive.csv").open(encoding="utf-8", newline="") as file:
    PUBLISHED = list(csv.DictReader(file))


def rows(start):
    return [row for row in PUBLISHED if row["case"].startswith(start)]


def near(found, row):
    return abs(found - float(row["value"])) <= float(row["tolerance"])


@pytest.mark.parametrize("row", rows("dunnett"), ids=ref.named)
def test_bounds_of_dunnett(row):
    found = design.multi_arm(int(row["index"]), 1, alpha=0.05)
    assert near(found.z_upper[0], row)


SIZED = {
    "mams_triangular_k1_j3": dict(arms=1, looks=3, spending="triangular", power=0.9, effect=1.0, sd=3.0),
    "mams_k3_j1_d0.2": dict(arms=3, looks=1, power=0.8, effect=2.0, sd=10.0),
    "mams_k1_j1_d0.2": dict(arms=1, looks=1, power=0.8, effect=2.0, sd=10.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def sized():
    return {name: design.multi_arm(alpha=0.05, **asked) for name, asked in SIZED.items()}


@pytest.mark.parametrize("row", rows("mams"), ids=ref.named)
def test_bounds_and_sizes_of_another_program(row, sized):
    found = getattr(sized[row["case"]], row["quantity"])
    assert near(found[int(row["index"]) - 1], row)


@pytest.mark.parametrize("row", rows("promising"), ids=ref.named)
def test_where_the_promising_zone_begins(row):
    _, most, interim = row["case"].split("_")
    rule = design.promising(
        400, interim=float(interim), most=float(most), aim=float(row["index"]), test="plain"
    )
    assert near(rule.cp_low, row)


def test_several_arms_are_a_multivariate_normal():
    """Two arms, two looks, unequal control: no stop at all is a probability of four correlated normals."""
    times, ratio, upper, drifts = (0.4, 1.0), 1.5, (2.4, 2.1), (1.3, 0.4)
    found = stops(times, ratio, (-inf, 2.1), upper, drifts)
    cells = [(arm, t) for arm in range(2) for t in times]
    between = 1 / (1 + ratio)  # correlation of two arms by their control
    shared = np.array(
        [[(1.0 if a == b else between) * sqrt(min(s, t) / max(s, t)) for b, t in cells] for a, s in cells]
    )  # fmt: skip
    scale = sqrt(ratio / (1 + ratio))
    mean = [drifts[arm] * sqrt(t) * scale for arm, t in cells]
    joint = multivariate_normal(mean, shared, seed=1, maxpts=2_000_000, abseps=1e-7, releps=1e-7)
    assert found.rejects[1] == pytest.approx(1 - joint.cdf(np.tile(upper, 2)), abs=2e-6)
    first = multivariate_normal(np.take(mean, (0, 2)), shared[np.ix_((0, 2), (0, 2))])
    assert found.rejects[0] == pytest.approx(1 - first.cdf([2.4, 2.4]), abs=1e-6)
    assert found.each[0] + found.each[1] > found.rejects[1] > found.best.sum() - 1e-9
    assert found.best.sum() == pytest.approx(found.rejects[1], abs=1e-7)


def test_one_arm_is_a_group_sequential_trial():
    several = design.multi_arm(1, 3, power=0.9, futility=(0.0, 0.5))
    one = design.group_sequential(3, power=0.9, futility=(0.0, 0.5))
    assert several.z_upper == pytest.approx(one.z_upper, abs=1e-6)
    assert several.drift / sqrt(2) == pytest.approx(one.drift, abs=1e-5)


def test_trials_of_several_arms_are_as_simulated():
    """Sums of people, arms dropped and stopped by the bounds, against the integrals."""
    found = design.multi_arm(
        3, 2, spending="triangular", effect=0.5, uninteresting=0.1, power=0.8, alpha=0.05
    )
    trials, rng, share = 200_000, np.random.default_rng(4), 0.2
    drifts = np.array([1.0, share, share, 0.0]) * found.drift
    increments = rng.standard_normal((2, trials, 4)) * sqrt(0.5) + drifts * 0.5
    sums = np.cumsum(increments, axis=0)
    active, going = np.ones((trials, 3), dtype=bool), np.ones(trials, dtype=bool)
    best, people = np.zeros(trials, dtype=bool), np.zeros(trials)
    for look, t in enumerate(found.fractions):
        people += going * 0.5 * (active.sum(1) + 1)
        z = (sums[look, :, :3] - sums[look, :, 3:]) / sqrt(2 * t)
        low = (*found.z_futility, found.z_upper[-1])[look]
        crossed = active & (z >= found.z_upper[look])
        ends = going & crossed.any(1)
        best[ends] = np.where(active, z, -9)[ends].argmax(1) == 0
        active &= z >= low
        going &= ~ends & active.any(1)
    error = sqrt(0.8 * 0.2 / trials)
    assert abs(best.mean() - 0.8) < 4 * error
    size = (found.drift / 0.5) ** 2
    assert people.mean() * size == pytest.approx(
        found.expected_n_H1, abs=4 * people.std() * size / sqrt(trials)
    )


def test_the_error_of_a_grown_trial_holds():
    """The combination keeps the level with every rule, the plain statistic only from a conditional power on."""
    asked = {"interim": 0.5, "most": 3.0, "aim": 0.9}
    for low in (0.05, 0.3, None):
        rule = design.promising(300, low=low, **asked)
        assert rule.at((0.0,)).power[0] == pytest.approx(0.025, abs=1e-7)
    plain = design.promising(300, test="plain", **asked)
    assert 0.02 < plain.at((0.0,)).power[0] < 0.025
    with pytest.raises(InputError, match="where the plain statistic keeps the error"):
        design.promising(300, test="plain", low=0.1, **asked)


def test_people_are_added_to_the_conditional_power_that_is_wanted():
    rule = design.promising(442, interim=208 / 442, most=2.0, aim=0.8)
    told = rule.as_dict()
    for z in (1.35, 1.5, 1.7):
        size = float(rule.size_after(z))
        assert 442 < size < 884
        assert float(rule.conditional_power(z, size - 208)) == pytest.approx(0.8, abs=1e-9)
    assert float(rule.conditional_power(told["z_low"])) == pytest.approx(rule.cp_low, abs=1e-9)
    assert float(rule.size_after(told["z_full"] - 1e-3)) == 884
    assert float(rule.size_after(told["z_low"] - 1e-3)) == 442
    assert float(rule.size_after(told["z_aim"] + 1e-3)) == 442
    # the plan has the power of its formula
    assert rule.at((2 / 7.5,)).fixed_power[0] == pytest.approx(
        norm.sf(1.959964 - 2 / 7.5 * sqrt(442) / 2), abs=1e-6
    )


def test_a_strategy_takes_more_people_than_an_arm():
    two_arms = 4 * (norm.isf(0.025) + norm.isf(0.2)) ** 2 / 0.3**2
    for again, factor in (("everybody", 2.0), ("non-responders", 1.6), ("non-responders of one", 1.3)):  # fmt: skip
        found = design.size_smart(0.3, response=0.4, power=0.8, again=again)
        assert found.n_total == pytest.approx(two_arms * factor)
        assert design.size_smart(
            0.3, response=0.4, size=found.n_total, again=again
        ).power == pytest.approx(0.8)
    adjusted = design.size_smart(0.3, response=(0.3, 0.5), power=0.8, correlation=0.6)
    assert adjusted.n_total == pytest.approx(two_arms * 1.6 * 0.64)


def test_a_bound_is_found_as_by_bisection():
    bound = brentq(lambda u: stops((1.0,), 2.0, (u,), (u,), (0.0,) * 5).rejects[0] - 0.01, 2, 4)
    assert design.multi_arm(5, 1, alpha=0.01, ratio=2.0).z_upper[0] == pytest.approx(bound, abs=1e-6)  # fmt: skip


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: design.multi_arm(0, 9, spending="x", alpha=0.7), ("arms", "1 to 4 looks", "triangular", "alpha")),
        (lambda: design.multi_arm(2, (0.5, 0.4, 1.0)), ("fractions that increase",)),
        (lambda: design.multi_arm(2, 10**12), ("1 to 4 looks",)),
        (lambda: design.multi_arm(2, 0.5), ("1 to 4 looks",)),
        (lambda: design.multi_arm(2, 2, futility=(0.0, 1.0)), ("1 finite bounds",)),
        (lambda: design.multi_arm(2, 2, futility=(4.0,)), ("a bound below that for rejection",)),
        (lambda: design.multi_arm(2, 2, spending="triangular", futility=(0.0,)), ("have their own",)),
        (lambda: design.multi_arm(2, 2, effect=0.2, uninteresting=0.3), ("an effect from 0 below 0.2",)),
        (lambda: design.multi_arm(2, 2, delta=0.1), ("belongs to wang-tsiatis",)),
        (lambda: design.multi_arm(2, 2, effect=0.5, uninteresting=0.4999), ("further below that of interest",)),
        (lambda: design.multi_arm(2, 2, futility=(3.5,), binding=True), ("futility", "3.5")),
        (lambda: design.promising(2, interim=0.99, most=0.5, aim=1.5, test="y"), ("size", "interim", "most", "aim", "plain")),
        (lambda: design.promising(200, low=0.95), ("low",)),
        (lambda: design.size_smart(0, response=(1, 2, 3), again="some"), ("effect", "response", "everybody", "neither")),
    ],
)  # fmt: skip
def test_bad_input_is_told_at_once(make, words):
    with pytest.raises(InputError) as caught:
        make()
    told = str(caught.value)
    assert all(word in told for word in words), told


def test_commands_print_what_python_finds():
    app = typer.Typer()
    app.callback()(options)
    register(app)

    def run(*words):
        done = CliRunner().invoke(app, ["design", *words, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    found = run("multi-arm", "--arms", "4", "--looks", "1", "--alpha", "0.05", "--effect", "0.5")
    assert found["z_upper"][0] == pytest.approx(2.160, abs=1e-3)
    grown = run("re-estimation", "--size", "442", "--z", "1.5", "--effects", "0,0.27")
    assert grown["looked_at"][0]["size"] > 442
    assert grown["operating"][0]["power"] == pytest.approx(0.025)
    words = ["design", "re-estimation", "--size", "442", "--effects", "0,0.27"]
    lines = CliRunner().invoke(app, words).output.splitlines()
    assert any(line.startswith("  effect 0.27, power 0.8") for line in lines)
    assert run("size", "smart", "--effect", "0.3", "--response", "0.4", "--power", "0.8")["people"] == 560  # fmt: skip
