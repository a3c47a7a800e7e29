"""What death and leaving are in a simulated trial: in its truth, its analysis and its counts."""

from dataclasses import replace

import numpy as np
import pytest
from tests.trials.pools import leaving, normal_pool, plan
from tests.trials.test_adaptive_trials import smart

from speciosa.trials.conduct.block import run_block
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.operating.truth import truth
from speciosa.trials.question.words import read_condition


def test_those_whose_breathing_stops_are_lost_and_failures():
    pool = normal_pool(1.0)
    dies = np.full((1, pool.people), 4)
    dies[:, ::5] = 1  # a fifth live to see the first visit and not the second
    arms = (replace(pool.arms[0], dies=dies), pool.arms[1])
    pool = replace(pool, arms=arms)
    block = run_block(pool, plan().rules, np.zeros(500, dtype=int), Streams.of(1, range(1), 500))
    dead = block.person[0] % 5 == 0
    assert (block.died[0][dead] == 1).all() and (block.stopped[0][dead] == 1).all()
    assert (block.died[0][~dead] == 5).all()
    composite = plan(strategies={"death": "composite"})
    assert truth(pool, composite, 0, 20_000).value == pytest.approx(-0.8 + 0.0, abs=0.06)
    stratum = truth(pool, plan(strategies={"death": "principal stratum"}), 0, 20_000)
    assert stratum.stratum == pytest.approx(0.8, abs=0.01)
    assert truth(pool, plan(strategies={"death": "hypothetical"}), 0, 20_000).value == pytest.approx(-1.0)  # fmt: skip


def mortal(effect=1.0, share=5, **more):
    """Whose breathing stops after the first visit is one in `share`, in the arm alone."""
    pool = normal_pool(effect, **more)
    dies = np.full((1, pool.people), len(pool.times_h) - 1)
    dies[:, ::share] = 1
    return replace(pool, arms=(replace(pool.arms[0], dies=dies), *pool.arms[1:]))


def test_death_has_one_strategy_in_truth_and_analysis_where_none_is_said():
    """The dead would have stopped as often as the others, had they lived: the truth is that of people who do not die."""
    pool, asked = mortal(after=True), plan(leaving=leaving(-1.0, followed=1.0))
    lives = truth(normal_pool(1.0, after=True), asked, 0, 20_000)
    assert truth(pool, asked, 0, 20_000) == lives
    assert truth(pool, replace(asked, strategies={"death": "hypothetical"}), 0, 20_000) == lives


def test_who_dies_is_not_retained_to_the_end():
    """Nobody else stops: under a failure a fifth has the event; else they are followed until they die."""
    pool, asked = mortal(), plan("log-rank")
    block = run_block(pool, asked.rules, np.tile([0, 1], 200), Streams.of(1, range(1), 400))
    dead = block.died[0] <= block.last
    assert dead.any()
    for how, event in (("hypothetical", False), ("while on treatment", False), ("composite", True)):
        data = replace(asked, strategies={"death": how}).data(block, 0)
        assert (data.event[0] == (dead & event)).all()
        assert (data.time[0][dead] < 2).all() and (data.time[0][~dead] == 4).all()


def test_rates_count_the_visits_up_to_that_of_the_endpoint():
    """Unwanted effects at the last visits alone: none is counted up to the second."""
    pool = normal_pool(0.0, people=2000)
    late = np.zeros((1, 2000, 5))
    late[:, :, 3:] = 1.0
    pool = replace(
        pool, arms=tuple(replace(arm, adverse=late) for arm in pool.arms), rescue=np.ones((1, 2000))
    )
    asked = plan("negative binomial", event="unwanted effect")
    rules = replace(asked.rules, rescue=read_condition("pain_nrs > -100"))
    block = run_block(pool, rules, np.tile([0, 1], 50), Streams.of(1, range(1), 100))
    for at, hurt, helped in ((2, 0, 1), (3, 1, 2), (4, 2, 3)):
        counts, under = replace(asked, at=at).data(block, 0).counts
        assert (counts == hurt).all() and (under == at).all()
        counts, under = replace(asked, at=at, event="rescue").data(block, 0).counts
        assert (counts == helped).all() and (under == at).all()


def test_who_is_given_what_kills_nobody_lives():
    """All would die under the first treatment after the decision; those who change are out of its reach."""
    pool, asked = smart()
    dies = np.full((1, pool.people), 3)
    arms = tuple(
        replace(worlds, dies=dies) if n < 2 else worlds for n, worlds in enumerate(pool.arms)
    )
    block = run_block(
        replace(pool, arms=arms), asked.rules, np.tile([0, 1], 100), Streams.of(4, range(1), 200)
    )
    changed = block.course != block.arm
    assert 0.1 < changed.mean() < 0.9
    assert ((block.died <= block.last) == ~changed).all()
