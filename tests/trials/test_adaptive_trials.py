"""Simulated trials that adapt, on pools whose answers are known; each analysis against another computation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t
from tests.trials.pools import TIMES, leaving, normal_pool, plan
from tests.trials.test_trial_files import SEVERAL

from speciosa.trials import design
from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.means import williams
from speciosa.trials.analysis.strategies import strategies, weights
from speciosa.trials.conduct.block import run_block
from speciosa.trials.conduct.rules import Switch
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.operating.plan import Again
from speciosa.trials.operating.replicates import replicate
from speciosa.trials.operating.truth import truth
from speciosa.trials.people.worlds import williams_square
from speciosa.trials.question.read import parse_trial
from speciosa.trials.question.schema import Embedded
from speciosa.trials.question.words import read_condition
from speciosa.trials.virtual import simulated

FULL = pytest.mark.slow
COUNTS = [1000, pytest.param(20_000, marks=FULL)]


def within(share, aim, trials, errors=3.0):
    return abs(share - aim) < errors * np.sqrt(aim * (1 - aim) / trials)


def sd_of(pool):
    return np.sqrt(pool.arms[-1].stay[0, :, -1].var() + 1.0)


def several():
    made = design.multi_arm(3, 2, spending="triangular", alpha=0.025)
    return made, plan(
        "t test", arms=4, several=True, fractions=made.fractions, upper=made.z_upper, futility=made.z_futility
    )  # fmt: skip


@pytest.mark.parametrize("trials", COUNTS)
def test_arms_are_dropped_and_found_as_the_integrals_say(trials):
    made, asked = several()
    nothing = replicate(normal_pool(arms=4), asked, 400, trials, null=True, threads=1)
    assert within(nothing.power(), 0.025, trials)
    first = made.at((0.0,) * 3)
    people = 100 * (np.diff(made.fractions, prepend=0) @ (first.running.sum(0) + first.going))
    spread = nothing.people.std() / np.sqrt(trials)
    assert abs(nothing.people.mean() - people) < 4 * spread
    pool = normal_pool(0.6, people=100_000, arms=4)
    found = replicate(pool, asked, 400, trials, threads=1)
    power = float(made.at((0.6 / sd_of(pool) * 10,) * 3).rejects[-1])
    # the statistic is a t and its people are a sample of the pool
    assert abs(found.power() - power) < 3 * np.sqrt(power * (1 - power) / trials) + 0.004
    assert (found.rejected.sum(0) >= 1).mean() == pytest.approx(found.power())
    dropped = found.dropped < 2
    assert not (dropped & found.rejected).any()


@pytest.mark.parametrize("trials", COUNTS)
def test_a_trial_that_grows_keeps_its_error_and_has_its_power(trials):
    looks = design.group_sequential((0.5, 1.0))
    asked = plan(
        "t test", again=Again(2.0, 0.9, 0.3, "inverse normal"), fractions=looks.fractions, upper=looks.z_upper,
        futility=(0.0,),
    )  # fmt: skip
    nothing = replicate(normal_pool(), asked, 120, trials, null=True, threads=1)
    rule = asked.again_at(120)
    formula = rule.at((0.0,))
    assert within(nothing.power(), formula.power[0], trials)
    assert formula.power[0] < 0.025  # futility is not relied on
    pool = normal_pool(0.7, people=200_000)
    found = replicate(pool, asked, 120, trials, threads=1)
    effect = 0.7 / sd_of(pool)
    at = rule.at((effect,))
    assert abs(found.power() - at.power[0]) < 3 * np.sqrt(0.25 / trials) + 0.01
    assert at.power[0] > at.fixed_power[0] + 0.04
    assert found.people.mean() == pytest.approx(at.expected_n[0], rel=0.05 if trials < 5000 else 0.015)  # fmt: skip
    assert found.people.max() == 240
    assert set(np.unique(found.people % 2)) == {0}


def test_people_harmed_are_those_of_the_arm_that_harms():
    """One bad arm does what rescue, leaving and harm there do; dropped at the first look, it has 50 of its 100 people."""
    made, asked = several()
    pool = normal_pool(arms=4, people=5000)
    harm = {"harm": np.ones((1, 5000))}
    bad = replace(pool.arms[0], stay=pool.arms[0].stay + 20, harms=harm)
    asked = replace(asked, rules=replace(asked.rules, rescue=read_condition("pain_nrs > 18")))
    pool = replace(pool, arms=(bad, *pool.arms[1:]), rescue=np.ones((1, 5000)))
    found = replicate(pool, asked, 400, 100, threads=1)
    assert (found.dropped[0] == 0).all()
    assert found.harmed["harm"] == pytest.approx(50.0)
    assert len(set(found.people)) > 1
    assert found.rescued == pytest.approx(50 / found.people, abs=0.02)


@pytest.mark.parametrize("size", [100, 101])
def test_a_trial_grows_only_where_its_result_is_promising(size):
    looks = design.group_sequential((0.5, 1.0))
    rule = Again(2.0, 0.9, 0.3, "inverse normal")
    asked = plan("t test", again=rule, fractions=looks.fractions, upper=looks.z_upper)
    found = replicate(normal_pool(people=5000), asked, size, 400, null=True, threads=1)
    formula = asked.again_at(size).at((0.0,)).grows[0]
    assert within((found.people > size).mean(), formula, 400)
    assert set(found.people[found.people > size] % 2) == {0}


@pytest.mark.parametrize("look", [0.05, 0.06, 0.94, 0.95])
def test_a_look_in_whole_people_is_one_that_may_be(look):
    asked = plan(again=Again(2.0, 0.9, None, "plain"), fractions=(look, 1.0), upper=(3.0, 1.96))
    for size in (8, 9, 10, 16, 30, 50, 150):
        rule = asked.again_at(size)
        assert rule.first == pytest.approx(asked.people(size)[0])
        assert 0.05 <= rule.fraction <= 0.95


def test_powers_are_held_against_their_like():
    """By one draw the assurance is the power: that any arm is found, of which the first arm's is a part."""
    asked = parse_trial(
        SEVERAL.replace(
            "[endpoint]",
            "[analysis]\nmethod = 'ancova'\n[simulation]\nreplicates = 30\ntruth = 200\n[endpoint]",
        )
    )
    pool = normal_pool(0.5, people=500, times=(0.0, 168.0, 336.0), arms=3)
    arms = tuple(
        replace(one, name=arm.name) for one, arm in zip(pool.arms, asked.arms, strict=True)
    )
    pool = replace(pool, arms=arms)
    found = simulated(asked, pool, pool, threads=1)
    assert found.assurance == found.power > found.comparisons[0].power
    assert any("of assurance and power" in line and "of it (0)" in line for line in found.warnings)
    error = found.replicates.power_se()
    assert any(f"error of power, {error:.2g}," in line for line in found.warnings)


def smart(effect=0.0, people=50_000, seed=0):
    """Two first treatments, two options after each; the first strategies gain `effect` over the others at the end."""
    pool = normal_pool(0.0, people=people, arms=6, seed=seed)
    weeks = np.asarray(TIMES) / TIMES[-1]
    gains = (effect, 0.0, effect, effect, 0.0, 0.0)
    arms = tuple(
        replace(worlds, stay=worlds.stay - gain * weeks * (weeks > 0.4))
        for worlds, gain in zip(pool.arms, gains, strict=True)
    )
    paths = tuple(Embedded(f"s{n}", n // 2, 2 + n) for n in range(4))
    asked = plan("strategies", paths=paths, arms=2, leaving=None)
    rules = replace(asked.rules, switch=Switch(2, -0.05, ((2, 3), (4, 5))))
    return replace(pool, arms=arms), replace(asked, rules=rules, reference=3, allocation=(1, 1))


@pytest.mark.parametrize("trials", COUNTS)
def test_strategies_are_compared_at_their_level_without_bias(trials):
    pool, asked = smart(1.0)
    nothing = replicate(pool, asked, 200, trials, null=True, threads=1)
    assert within(nothing.power(), 0.025, trials)
    found = replicate(pool, asked, 200, trials, threads=1)
    true = truth(pool, asked, 0, 40_000)
    assert true.value == pytest.approx(-1.0, abs=1e-6)
    gap = found.estimate[0] - true.value
    assert abs(gap.mean()) < 3 * gap.std() / np.sqrt(trials)
    held = (found.low[0] <= true.value) & (true.value <= found.high[0])
    assert within(held.mean(), 0.95, trials)
    # two strategies that begin alike differ in those who did not answer alone
    other = replace(asked, reference=1)
    alike = truth(pool, other, 0, 20_000)
    assert alike.value == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("trials", COUNTS)
def test_power_of_strategies_is_that_of_the_formula(trials):
    """The formula takes one variance for those who answer and those who do not; here they are close to it."""
    pool, asked = smart(0.9, people=200_000)
    rules = replace(asked.rules, moves=replace(asked.rules.moves, visit_sd=3.0))
    asked = replace(asked, rules=rules)
    found = replicate(pool, asked, 300, trials, threads=1)
    block = run_block(pool, rules, np.tile([0, 1], 20_000), Streams.of(3, range(1), 40_000))
    answer = float((block.course == block.arm).mean())
    y, b = block.y[-1, 0], block.y[0, 0]
    here = block.arm == 1
    rho = np.corrcoef(y[here], b[here])[0, 1]
    formula = design.size_smart(
        0.9 / y[here].std(), response=answer, size=300, correlation=float(rho)
    ).power
    assert abs(found.power() - formula) < 3 * np.sqrt(formula * (1 - formula) / trials) + 0.025


def test_the_strategies_estimator_is_weighted_and_replicated_least_squares():
    """Rows of each strategy stacked, weighted, clustered by person, worked out person by person."""
    pool, asked = smart(0.5)
    arm = np.tile([0, 1], 60)
    block = run_block(pool, asked.rules, arm, Streams.of(5, range(2), 120))
    assert 0.1 < (block.course != block.arm).mean() < 0.9
    data = asked.data(block, 0)
    one, two = (
        weights(block, path.first, path.then, (0.5, 0.5), (2, 2))
        for path in (asked.paths[0], asked.paths[3])
    )
    ours = strategies(data, one, two, -1, 0.0, 0.025)
    for trial in range(2):
        rows = []
        for weight, x in ((one[trial], 1.0), (two[trial], 0.0)):
            rows += [
                (data.y[-1, trial, n], x, data.baseline[trial, n], weight[n], n) for n in np.flatnonzero(weight > 0)
            ]  # fmt: skip
        y, x, b, w, who = map(np.array, zip(*rows, strict=True))
        design_matrix = np.column_stack([np.ones_like(x), x, b])
        root = np.sqrt(w)[:, None]
        beta = np.linalg.lstsq(root * design_matrix, root[:, 0] * y, rcond=None)[0]
        scores = design_matrix * (w * (y - design_matrix @ beta))[:, None]
        persons = np.unique(who)
        of_person = np.stack([scores[who == n].sum(0) for n in persons])
        bread = np.linalg.inv(design_matrix.T @ (w[:, None] * design_matrix))
        count = len(persons)
        error = np.sqrt((bread @ of_person.T @ of_person @ bread)[1, 1] * count / (count - 3))
        assert ours.estimate[trial] == pytest.approx(beta[1], abs=1e-9)
        reach = t.isf(0.025, count - 3) * error
        assert ours.high[trial] - ours.estimate[trial] == pytest.approx(reach, rel=1e-8)


def test_orders_of_williams_are_balanced():
    for many in range(3, 7):
        orders = williams_square(many)
        assert len(orders) == many * (1 + many % 2)
        after = [pair for row in orders for pair in zip(row, row[1:], strict=False)]
        counts = {pair: after.count(pair) for pair in after}
        assert set(counts.values()) == {1 + many % 2}
        assert len(counts) == many * (many - 1)
        for place in range(many):
            assert sorted({row[place] for row in orders}) == list(range(many))


def periods(people=24, trials=3, seed=2, missing=0.1):
    rng = np.random.default_rng(seed)
    orders = np.asarray(williams_square(4))[np.arange(people) % 4].T
    y = rng.standard_normal((4, trials, people)) + 2 * rng.standard_normal((trials, people))
    y += np.array([0.0, 0.8, 0.3, 0.0])[orders][:, None, :] + 0.2 * np.arange(4)[:, None, None]
    seen = rng.random(y.shape) > missing
    none = np.zeros((trials, people))
    kept = np.ones((trials, people), dtype=bool)
    return Compared(none, y, seen, orders[0] == 0, kept, none, none > 0), orders


def test_a_crossover_of_four_is_least_squares_within_people():
    data, orders = periods()
    ours = williams(data, orders, 1, 3, 1, 0.0, 0.025)
    for trial in range(3):
        place, who = np.nonzero(data.seen[:, trial])
        y = data.y[place, trial, who]
        columns = [(who == n).astype(float) for n in np.unique(who)]
        columns += [(place == n).astype(float) for n in (1, 2, 3)]
        columns += [(orders[place, who] == n).astype(float) for n in (0, 1, 2)]
        x = np.column_stack(columns)
        beta, rest, rank, _ = np.linalg.lstsq(x, y, rcond=None)
        df = len(y) - rank
        error = np.sqrt(rest[0] / df * np.linalg.inv(x.T @ x)[-2, -2])
        assert ours.estimate[trial] == pytest.approx(beta[-2], abs=1e-9)
        assert ours.high[trial] - beta[-2] == pytest.approx(t.isf(0.025, df) * error, rel=1e-8)


def test_conclusions_tip_as_those_who_left_are_worse():
    pool = normal_pool(1.2, after=True)
    asked = plan("imputation", leaving=leaving(-2.0), imputation="MAR", imputations=5)
    powers, estimates = [], []
    for tip in (0.0, 1.0, 3.0):
        found = replicate(pool, replace(asked, tip=tip), 100, 200, threads=1)
        powers.append(found.power())
        estimates.append(found.estimate[0].mean())
    assert powers[0] > powers[1] + 0.05 > powers[2] + 0.1
    left = 1 - replicate(pool, asked, 100, 200, threads=1).retained[0].mean()
    # each who left the arm is worse by the tip; adjusting for the baseline changes nothing of that
    assert estimates[1] - estimates[0] == pytest.approx(left, rel=0.02)


def test_who_knows_moves_the_analysis_and_not_the_truth():
    pool, asked = normal_pool(1.0), plan("t test")
    told = replace(asked, rules=replace(asked.rules, knows=0.5, expectation=1.0, reference=1))
    assert truth(pool, told, 0, 20_000).value == pytest.approx(truth(pool, asked, 0, 20_000).value)
    bias = replicate(pool, told, 200, 300, threads=1).estimate[0].mean()
    # half of both arms move apart by 1 each, as far as it has come in twelve weeks
    rise = -np.expm1(-TIMES[-1] / 168 / told.rules.moves.tau_weeks)
    assert bias == pytest.approx(-1.0 - rise, abs=0.06)


def test_who_stops_may_go_on_with_something_else():
    """Half of those who stop take what lowers everybody by 3 from then on, the others lose the drug's effect of 2."""
    pool = normal_pool(2.0, after=True)
    weeks = np.asarray(TIMES)
    arms = tuple(
        replace(
            worlds,
            stopped=pool.arms[0].stopped if number == 0 else None,
            switched=tuple(
                np.where(np.arange(len(weeks)) > when, pool.arms[1].stay - 3.0, worlds.stay)
                for when in range(len(weeks) - 1)
            ),
        )
        for number, worlds in enumerate(pool.arms)
    )
    pool = replace(pool, arms=arms)
    asked = plan("t test", leaving=leaving(-1.0, followed=1.0))
    asked = replace(asked, rules=replace(asked.rules, goes_on=0.5))
    stays = (1 / (1 + np.exp(-1.0))) ** 4
    left = (1 - stays) / 2

    def of(**how):
        return truth(pool, replace(asked, strategies=how), 0, 40_000).value

    # of those who switch both arms lose their difference
    assert of() == pytest.approx(-2.0 * stays, abs=0.03)
    assert of(switch="hypothetical") == pytest.approx(-2.0 * (stays + left), abs=0.03)
    assert of(discontinued="hypothetical") == pytest.approx(-2.0 * (stays + left), abs=0.03)
    both = of(switch="hypothetical", discontinued="hypothetical")
    assert both == pytest.approx(-2.0, abs=1e-9)
    block = run_block(pool, asked.rules, np.zeros(4000, dtype=int), Streams.of(2, range(1), 4000))
    gone, other = block.stopped[0] < block.last, block.switches[0]
    assert (gone & other).mean() == pytest.approx(left, abs=0.02)
    at_end = block.y[-1, 0] - pool.arms[1].stay[0, block.person[0], -1]
    assert at_end[gone & other].mean() == pytest.approx(-3.0, abs=0.1)
    assert at_end[gone & ~other].mean() == pytest.approx(0.0, abs=0.1)
    assert at_end[~gone].mean() == pytest.approx(-2.0, abs=0.1)


@pytest.mark.parametrize("kind", ["several", "grows", "smart"])
def test_trials_that_adapt_do_not_depend_on_chunks_and_threads(kind):
    if kind == "smart":
        pool, asked = smart(0.5, people=5000)
    elif kind == "several":
        pool, asked = normal_pool(0.5, arms=4, people=5000), several()[1]
    else:
        looks = design.group_sequential((0.5, 1.0))
        asked = plan("ancova", again=Again(2.0, 0.9, None, "plain"), fractions=looks.fractions, upper=looks.z_upper)  # fmt: skip
        pool = normal_pool(0.5, people=5000)
    one = replicate(pool, asked, 80, 40, threads=1, chunk=40)
    two = replicate(pool, asked, 80, 40, threads=3, chunk=7)
    for name in ("estimate", "low", "high", "z", "rejected", "look", "people", "dropped"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
