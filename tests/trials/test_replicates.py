"""Operating characteristics of trials whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.trials.pools import TIMES, leaving, normal_pool, plan

from speciosa.trials import design
from speciosa.trials.conduct.block import run_block
from speciosa.trials.conduct.calibration import calibrated
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.design.escalation import three_plus_three
from speciosa.trials.design.shapes import Shape
from speciosa.trials.operating.replicates import replicate
from speciosa.trials.operating.sizing import size_for
from speciosa.trials.operating.truth import truth

FULL = pytest.mark.slow
COUNTS = [1000, pytest.param(20_000, marks=FULL)]


def within(share, aim, trials, errors=3.0):
    return abs(share - aim) < errors * np.sqrt(aim * (1 - aim) / trials)


@pytest.mark.parametrize("trials", COUNTS)
@pytest.mark.parametrize("method", ["t test", "ancova", "mmrm", "wilcoxon"])
def test_error_of_the_first_kind_is_the_level(method, trials):
    trials = trials // 2 if method == "mmrm" and trials < 20_000 else trials
    found = replicate(normal_pool(0.5), plan(method), 60, trials, null=True, threads=1)
    assert within(found.power(), 0.025, trials)


@pytest.mark.parametrize("trials", COUNTS)
@pytest.mark.parametrize("method", ["crossover", "proportion", "log-rank", "cox"])
def test_so_it_is_of_orders_shares_and_times(method, trials):
    rule = leaving(-1.5) if method in ("log-rank", "cox") else None
    asked = plan(method, at=2, leaving=rule, change=-0.1)
    found = replicate(normal_pool(0.5, times=TIMES[:3]), asked, 200, trials, null=True, threads=1)
    assert within(found.power(), 0.025, trials)


@pytest.mark.parametrize("trials", COUNTS)
def test_power_of_the_t_test_is_that_of_its_formula(trials):
    """Without drop-out, rescue and placebo: a difference of 0.8, variance of level, slope and measurement together."""
    pool = normal_pool(0.8, people=200_000)
    found = replicate(pool, plan("t test", seed=10), 120, trials, threads=1)
    last = pool.arms[1].stay[0, :, -1]
    sd = np.sqrt(last.var() + 1.0)
    formula = design.size_means(0.8, sd=sd, size=120, alpha=0.025, sided=1).power
    assert within(found.power(), formula, trials)


@pytest.mark.parametrize("trials", COUNTS)
def test_looks_spend_the_error_that_they_should(trials):
    looks = design.group_sequential((0.5, 1.0), spending="pocock", alpha=0.025, futility=(0.0,))
    seen = plan("t test", fractions=looks.fractions, upper=looks.z_upper)
    found = replicate(normal_pool(), seen, 100, trials, null=True, threads=1)
    assert within(found.power(), 0.025, trials)
    first = (found.look == 0).mean()
    assert within(first, looks.alpha_spent[0], trials)
    assert found.people.mean() == pytest.approx(100 - 50 * first)
    stopped = replicate(
        normal_pool(), replace(seen, futility=looks.z_futility), 100, trials, null=True, threads=1
    )
    assert within(stopped.futile.mean(), looks.futility_H0[0], trials)


@pytest.mark.parametrize("trials", COUNTS)
def test_mixed_model_is_unbiased_at_random_and_biased_else(trials):
    pool = normal_pool(1.0)
    known = {"discontinued": "hypothetical"}
    bias = {}
    for name, rule in {
        "mar": leaving(-6.5, lack=5.0),
        "mnar": leaving(-6.5, lack=5.0, unseen=True),
    }.items():
        asked = plan("mmrm", leaving=rule, strategies=known)
        found = replicate(pool, asked, 150, trials // 5, threads=1)
        true = truth(pool, asked, 0, 20_000)
        assert true.value == pytest.approx(-1.0, abs=1e-9)
        gap = found.estimate[0] - true.value
        bias[name] = gap.mean() / (gap.std() / np.sqrt(len(gap)))
        held = (found.low[0] <= true.value) & (true.value <= found.high[0])
        if name == "mar":
            assert within(held.mean(), 0.95, len(gap))
    assert abs(bias["mar"]) < 3 < abs(bias["mnar"])


def test_stopping_leaves_what_the_treatment_policy_sees():
    """Everybody is seen on; half stop at once, and what they lose is what the truth under treatment policy lost."""
    pool = normal_pool(2.0, after=True)
    asked = plan("t test", leaving=leaving(-1.0, followed=1.0))
    policy = truth(pool, asked, 0, 20_000)
    hypothetical = truth(
        pool, replace(asked, strategies={"discontinued": "hypothetical"}), 0, 20_000
    )
    stays = 1 / (1 + np.exp(-1.0))
    assert hypothetical.value == pytest.approx(-2.0, abs=1e-9)
    assert policy.value == pytest.approx(-2.0 * stays**4, abs=0.03)
    found = replicate(pool, asked, 100, 1000, threads=1)
    assert found.estimate[0].mean() == pytest.approx(policy.value, abs=0.05)
    assert found.completed.mean() == pytest.approx(stays**4, abs=0.01)


def test_who_takes_nothing_has_the_course_without_treatment():
    pool = normal_pool(2.0, after=True)
    asked = plan("t test", leaving=leaving(-2.0, followed=1.0))
    asked = replace(asked, rules=replace(asked.rules, taken=0.75))
    hypothetical = replace(asked, strategies={"discontinued": "hypothetical"})
    assert truth(pool, hypothetical, 0, 20_000).value == pytest.approx(-2.0 * 0.75, abs=0.03)
    stays = (1 / (1 + np.exp(-2.0))) ** 4
    assert truth(pool, asked, 0, 20_000).value == pytest.approx(-2.0 * 0.75 * stays, abs=0.03)
    found = replicate(pool, asked, 100, 1000, threads=1)
    assert found.estimate[0].mean() == pytest.approx(-2.0 * 0.75 * stays, abs=0.05)


def test_strategies_give_the_truth_they_name():
    pool = normal_pool(2.0, after=True)
    rule = leaving(-1.0)

    def of(how):
        return truth(pool, plan(leaving=rule, strategies={"discontinued": how}), 0, 20_000)

    # a failure counts as no change: the difference is what completers gain, and they are the same people in both arms
    stays = (1 / (1 + np.exp(-1.0))) ** 4
    assert of("composite").value == pytest.approx(-2.0 * stays, abs=0.03)
    stratum = of("principal stratum")
    assert stratum.stratum == pytest.approx(stays, abs=0.01)
    assert stratum.value == pytest.approx(-2.0, abs=1e-9)
    assert -2.0 < of("while on treatment").value < of("composite").value


def test_drop_out_is_calibrated_to_what_is_asked():
    pool = normal_pool(1.0)
    asked = plan(leaving=leaving(0.0, lack=2.0))
    for shares in ((0.7,), (0.6, 0.9)):
        rules = calibrated(pool, asked.rules, shares, (1, 1), 5)
        arm = np.tile([0, 1], 5000)
        block = run_block(pool, rules, arm, Streams.of(9, range(1), 10_000))
        done = (block.stopped == block.last)[0]
        if len(shares) == 1:
            assert done.mean() == pytest.approx(0.7, abs=0.015)
        else:
            assert (done[arm == 0].mean(), done[arm == 1].mean()) == pytest.approx(
                (0.6, 0.9), abs=0.02
            )


def test_numbers_do_not_depend_on_chunks_and_threads():
    pool, asked = normal_pool(0.5), plan("mmrm", leaving=leaving(-3.0, lack=1.0))
    one = replicate(pool, asked, 60, 50, threads=1, chunk=50)
    two = replicate(pool, asked, 60, 50, threads=3, chunk=7)
    for name in ("estimate", "low", "high", "z", "rejected", "look", "completed"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


def test_each_trial_has_the_draw_of_its_number():
    """Of two draws, one without an effect and one with a great one, every other trial finds it, in whatever chunks."""
    flat, steep = (normal_pool(effect, people=2000, seed=1) for effect in (0.0, 5.0))
    arms = tuple(
        replace(
            one,
            **{
                name: np.concatenate((getattr(one, name), getattr(two, name)))
                for name in ("stay", "adverse", "withdrawal")
            },
        )
        for one, two in zip(flat.arms, steep.arms, strict=True)
    )
    pool = replace(flat, arms=arms)
    runs = [
        replicate(pool, plan("ancova"), 80, 40, by_draw=True, threads=1, chunk=chunk)
        for chunk in (40, 7)
    ]
    assert runs[0].z.tobytes() == runs[1].z.tobytes()
    assert runs[0].rejected[0, 1::2].all()
    assert runs[0].rejected[0, ::2].mean() < 0.2


@pytest.mark.parametrize("trials", COUNTS)
def test_a_margin_is_given_away_at_the_level(trials):
    """Who is worse by the whole margin is found not inferior at the level; who is equal, at the power of the formula."""
    pool, asked = normal_pool(0.0, people=100_000), plan("t test", margin=0.8)
    at_margin = replicate(pool, asked, 120, trials, null=True, threads=1)
    assert within(at_margin.power(), 0.025, trials)
    equal = replicate(pool, asked, 120, trials, threads=1)
    sd = np.sqrt(pool.arms[1].stay[0, :, -1].var() + 1.0)
    formula = design.size_means(0.8, sd=sd, size=120, alpha=0.025, sided=1).power
    assert within(equal.power(), formula, trials)


def test_a_size_is_found_that_the_formula_gives():
    pool = normal_pool(0.8, people=100_000)
    asked = plan("t test")
    sd = np.sqrt(pool.arms[1].stay[0, :, -1].var() + 1.0)
    formula = design.size_means(0.8, sd=sd, power=0.8, alpha=0.025, sided=1).n_total
    found = size_for(
        0.8, lambda size: replicate(pool, asked, size, 2000, threads=1), 2, 16, 5000, 0.025
    )
    assert found.low <= formula <= found.high
    assert found.low < found.size < found.high


def test_no_size_is_found_without_an_effect():
    pool = normal_pool(0.0)
    found = size_for(
        0.8, lambda size: replicate(pool, plan(), size, 100, threads=1), 2, 16, 200, 0.025
    )
    assert found.size is None
    assert found.tried[-1][0] == 200


def test_people_are_taken_in_by_a_measurement_that_regresses():
    pool = normal_pool(0.0, sd=1.0)
    asked = plan(visit_sd=1.0)
    from speciosa.trials.question.words import read_condition

    rules = replace(asked.rules, include=read_condition("pain_nrs >= 7"))
    block = run_block(pool, rules, np.zeros(2000, dtype=int), Streams.of(3, range(1), 2000))
    # of a level and an error of equal variance, half of what lifts a person over 7 is error
    above = stats.norm.pdf(0.5**0.5) / stats.norm.sf(0.5**0.5) * 2**0.5
    assert block.y[0].mean() == pytest.approx(6 + above / 2, abs=0.1)


def test_rescue_begins_after_the_visit_that_asked_for_it():
    pool = replace(normal_pool(0.0), rescue=np.full((1, 20_000), 0.5))
    from speciosa.trials.question.words import read_condition

    rules = replace(plan(visit_sd=0.0).rules, rescue=read_condition("pain_nrs > 7"))
    block = run_block(pool, rules, np.zeros(500, dtype=int), Streams.of(3, range(1), 500))
    course = pool.arms[0].stay[0, block.person[0]]
    needed = block.rescued[0] == 1
    assert needed.any()
    assert (needed == (course[:, 1] > 7)).all()
    assert block.y[1, 0, needed] == pytest.approx(course[needed, 1])
    assert block.y[2, 0, needed] == pytest.approx(course[needed, 2] / 2)


@pytest.mark.parametrize("trials", [200, pytest.param(4000, marks=FULL)])
def test_imputation_gives_the_estimand_of_its_reference(trials):
    """At random, MAR is for the treatment taken to its end; where who stops loses all of its effect, J2R is for the policy."""
    pool = normal_pool(1.0, after=True)
    rule = leaving(-6.0, lack=4.0)
    gaps = {}
    for name, how in (("MAR", "hypothetical"), ("J2R", "treatment policy")):
        asked = plan(
            "imputation",
            leaving=rule,
            strategies={"discontinued": how},
            imputation=name,
            imputations=10,
        )
        found = replicate(pool, asked, 120, trials, threads=1)
        true = truth(pool, asked, 0, 40_000)
        gap = found.estimate[0] - true.value
        gaps[name] = gap.mean()
        assert abs(gap.mean()) < 3 * np.hypot(gap.std() / np.sqrt(trials), true.se) + 0.01
        held = (found.low[0] <= true.value) & (true.value <= found.high[0])
        assert held.mean() > 0.9
    order = {
        name: replicate(
            pool, plan("imputation", leaving=rule, imputation=name, imputations=10), 120, 100, threads=1
        ).estimate[0].mean()
        for name in ("MAR", "CIR", "CR", "J2R")
    }  # fmt: skip
    assert order["MAR"] < order["CIR"] < order["J2R"]
    assert order["MAR"] < order["CR"] < order["J2R"]


def test_three_plus_three_is_what_its_rules_do():
    rates, rng = (0.1, 0.25, 0.4, 0.6), np.random.default_rng(1)
    chosen, people, trials = np.zeros(5), np.zeros(4), 20_000
    for _ in range(trials):
        dose = 0
        while dose < 4:
            hits, here = rng.binomial(3, rates[dose]), 3
            if hits == 1:
                hits, here = hits + rng.binomial(3, rates[dose]), 6
            people[dose] += here
            if hits > 1:
                break
            dose += 1
        chosen[dose] += 1
    found = three_plus_three(rates)
    assert sum(found.selected_percent) + found.percent_stop == pytest.approx(100)
    for exact, count in zip((found.percent_stop, *found.selected_percent), chosen, strict=True):
        assert within(count / trials, exact / 100, trials)
    assert list(found.patients) == pytest.approx(list(people / trials), rel=0.06)


@pytest.mark.parametrize("trials", COUNTS)
def test_dose_response_is_seen_as_its_formula_says(trials):
    doses, top = (0.0, 0.5, 1.0), 0.9
    pool = normal_pool(0.0, arms=3)
    arms = tuple(
        replace(worlds, stay=worlds.stay - top * dose * np.asarray(TIMES) / TIMES[-1])
        for worlds, dose in zip(pool.arms, doses, strict=True)
    )
    shapes = {"linear": Shape("linear"), "emax": Shape("emax", (0.2,))}
    asked = replace(plan(arms=3), doses=doses, shapes=shapes, reference=0)
    found = replicate(replace(pool, arms=arms), asked, 120, trials, threads=1)
    # changes vary by the slope of people and by two measurements
    power = design.contrast_power(doses, (40, 40, 40), shapes, max_effect=top, sd=3**0.5)
    assert within(found.power(), power["linear"], trials)
    nothing = replicate(pool, asked, 120, trials, null=True, threads=1)
    assert within(nothing.power(), 0.025, trials)
